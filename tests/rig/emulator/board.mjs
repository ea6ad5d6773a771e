// The board around the microcontroller: terminals and pins, wires between terminals, what is at the analog inputs. Which pin is which
// stands in firmware/board.h, whether its opto-couplers invert in schemas/rig_board.h, and nowhere else.
//
// Terminals are 'IN1' to 'IN4', 'OUT1', 'OUT2'. An output's terminal is high while its pin is: its contact is closed, and an input that it is
// wired to gets its current. PIN_SENSE is what PIN_OUT1 is.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GPIOPinState } from './package.mjs';

export const INPUTS = ['IN1', 'IN2', 'IN3', 'IN4'], OUTPUTS = ['OUT1', 'OUT2'];
const TEMPERATURE_CHANNEL = 4, ROOM = 876; // 0.706 V of 3.3 V: 27 degrees C (datasheet 4.9.5)

// {PIN_IN1: 2, …} of a board.h, and `inverted`, of the rig_board.h that describes the same board.
export function readPins(path, described = join(dirname(path), '..', 'schemas', 'rig_board.h')) {
	const pins = { inverted: /^#define RIG_INPUT_INVERTED 1\b/m.test(readFileSync(described, 'utf8')) };
	for (const [, name, value] of readFileSync(path, 'utf8').matchAll(/^#define (PIN_\w+) (\d+)u?\b/gm))
		pins[name] = Number(value);
	for (const name of [...INPUTS, ...OUTPUTS, 'SENSE', 'ADC0', 'ADC1', 'I2C_SDA', 'I2C_SCL'])
		if (!(`PIN_${name}` in pins))
			throw new Error(`${path} has no PIN_${name}`);
	return pins;
}

export class Board {
	// `wires`: [{from: 'OUT1', to: 'IN1', delay: ns}]
	constructor(machine, pins, { wires = [] } = {}) {
		this.machine = machine;
		this.pins = pins;
		this.wires = wires;
		this.levels = Object.fromEntries([...INPUTS, ...OUTPUTS].map((name) => [name, false]));
		this.i2cPins = { sda: pins.PIN_I2C_SDA, scl: pins.PIN_I2C_SCL };
		this.onTransition = []; // ({terminal, high, time, ticks})
		this.analog = [() => 0, () => 0]; // codes at ADC0 and ADC1, as a function of virtual ns
		this.analogFault = null; // (channel, ns) -> bool: the conversion has its ERR bit set
		this.onConversion = null; // (channel 0 or 1, value, error, ns)
		this.temperature = ROOM;
		machine.onChip.push((chip) => this.attach(chip));
		this.attach(machine.chip);
	}

	attach(chip) {
		for (const name of INPUTS)
			this.drivePin(chip, name);
		for (const name of OUTPUTS) {
			const pin = chip.gpio[this.pins[`PIN_${name}`]];
			this.moved(name, false);
			pin.addListener((state) => this.moved(name, state === GPIOPinState.High));
		}
		chip.adc.sample = (channel, time) => this.convert(channel, time);
	}

	drivePin(chip, name) {
		chip.gpio[this.pins[`PIN_${name}`]].drive(this.levels[name] !== this.pins.inverted);
	}

	// ---- lines ----

	set(name, high) {
		if (this.levels[name] === high)
			return;
		this.levels[name] = high;
		this.tell(name, high);
		this.drivePin(this.machine.chip, name);
	}

	plant(name, high, time) {
		this.machine.at(time, () => this.set(name, high));
	}

	moved(name, high) {
		if (this.levels[name] === high)
			return;
		this.levels[name] = high;
		this.tell(name, high);
		if (name === 'OUT1')
			this.machine.chip.gpio[this.pins.PIN_SENSE].drive(high);
		for (const { from, to, delay = 0 } of this.wires)
			if (from === name)
				this.machine.after(delay, () => this.set(to, high));
	}

	tell(terminal, high) {
		const { now: time, ticks } = this.machine;
		for (const listener of this.onTransition)
			listener({ terminal, high, time, ticks });
	}

	// ---- the ADC's inputs ----

	convert(channel, time) {
		if (channel === TEMPERATURE_CHANNEL)
			return { value: this.temperature, error: false };
		const index = [this.pins.PIN_ADC0, this.pins.PIN_ADC1].indexOf(channel + 26);
		if (index < 0)
			return { value: 0, error: false };
		const value = this.analog[index](time) & 0xfff, error = !!this.analogFault?.(index, time);
		this.onConversion?.(index, value, error, time);
		return { value, error };
	}
}
