// Pins as the datasheet has them (2.19). Stock:
// - what a pin drives is not read back at its input;
// - pads are disabled as inputs after a reset: PADS_BANK0 has IE set (its reset value is 0x56);
// - an input that is set to what it was latches an edge all the same, and so does a pad that is enabled.
import { GPIOPinState } from '../package.mjs';

const PAD_RESET = 0x56, LEVEL_LOW = 1;

export function patchGpio(chip) {
	for (const pin of chip.gpio)
		patchPin(chip, pin);
}

function patchPin(chip, pin) {
	const latch = pin.setInputValue;
	let seen = false;
	pin.padValue = PAD_RESET;
	pin.irqStatus = LEVEL_LOW;
	pin.lastValue = pin.value;
	pin.driven = false; // what the board drives it to
	pin.setInputValue = (value) => {
		pin.rawInputValue = value;
		const effective = value && pin.inputEnable;
		if (effective !== seen) {
			seen = effective;
			latch.call(pin, value);
		}
	};
	// What is at the pad: the pin's own output is stronger than the board, which has a series resistor in each of its lines.
	pin.drive = (value) => {
		pin.driven = value;
		if (!pin.outputEnable)
			pin.setInputValue(value);
	};
	pin.addListener((state) => {
		if (state === GPIOPinState.High || state === GPIOPinState.Low)
			pin.setInputValue(state === GPIOPinState.High);
		else
			pin.setInputValue(pin.driven);
	});
}
