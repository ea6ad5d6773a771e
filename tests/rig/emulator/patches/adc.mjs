// The ADC as the datasheet has it (4.9). Stock:
// - round robin stays on channel 0: the setter of the active channel masks with the wrong constant, and behind channel 4 comes 1, not 0;
// - the FIFO's interrupt stays when the FIFO has been read;
// - a conversion that was due when START_MANY was cleared starts all the same, in the middle of what was started since;
// - ERR_STICKY is never cleared: the write goes to another register.
// Also told here: when each conversion began and which value it took (`chip.adc.sample`).
import { complain } from '../complaints.mjs';

const CS = 0x00, FIFO = 0x0c;
const AINSEL_SHIFT = 12, AINSEL_MASK = 7, CHANNELS = 5, RROBIN_SHIFT = 16, RROBIN_MASK = 0x1f;
const ERR_STICKY = 1 << 10, START_MANY = 1 << 3, EN = 1, WRITABLE = 0x1f700f;
const CONVERSION_NANOS = 2000; // 96 cycles of 48 MHz
const CLOCK_ENABLE = 1 << 11;

export function patchAdc(chip) {
	const { adc } = chip;
	Object.defineProperty(adc, 'activeChannel', {
		get() {
			return (this.cs >> AINSEL_SHIFT) & AINSEL_MASK;
		},
		set(channel) {
			this.cs = (this.cs & ~(AINSEL_MASK << AINSEL_SHIFT)) | (following(this, channel) << AINSEL_SHIFT);
		},
	});
	adc.sample = (channel) => ({ value: adc.channelValues[channel], error: false });
	let taken;
	const done = chip.clock.createAlarm(() => adc.completeADCRead(taken.value, taken.error));
	adc.onADCRead = (channel) => {
		if (!(chip.clocks.adcCtrl & CLOCK_ENABLE) || chip.pllUsb.frequency !== 48e6)
			complain('ADC', 'it converts, but clk_adc is not enabled at 48 MHz');
		taken = adc.sample(channel, chip.clock.nanos);
		done.schedule(CONVERSION_NANOS);
	};
	adc.abandon = () => done.cancel();
	patchRegisters(adc);
}

// The channel after the active one in the round; `channel`, which the stock code has found, if there is no round.
function following(adc, channel) {
	const round = (adc.cs >> RROBIN_SHIFT) & RROBIN_MASK;
	if (!round)
		return channel;
	let next = adc.activeChannel;
	do
		next = (next + 1) % CHANNELS;
	while (!(round & (1 << next)));
	return next;
}

function patchRegisters(adc) {
	const write = adc.writeUint32, read = adc.readUint32;
	adc.writeUint32 = (offset, value) => {
		if (offset === CS) {
			adc.cs &= ~(adc.rawWriteValue & ERR_STICKY);
			value &= ~ERR_STICKY;
			if (!(value & START_MANY) || !(value & EN))
				adc.multiShotAlarm.cancel();
			else if (adc.cs & START_MANY && adc.multiShotAlarm.scheduled && !adc.busy)
				return void (adc.cs = (adc.cs & ~WRITABLE) | (value & WRITABLE)); // it goes on as it was
		}
		write.call(adc, offset, value);
	};
	adc.readUint32 = (offset) => {
		const value = read.call(adc, offset);
		if (offset === FIFO)
			adc.checkInterrupts();
		return value;
	};
}
