// The watchdog ends the program once: the chip is built anew (machine.mjs), scratch registers and the reason are carried over.
//
// Stock: it fires for ever, and nothing is reset. Its tick generator counts nothing; here it is held to what the timer needs.
import { complain } from '../complaints.mjs';

const TICK = 0x2c, TICK_ENABLE = 1 << 9, TICK_CYCLES = 0x1ff;
const FORCED = 2, CTRL = 0x00, TRIGGER = 1 << 31;

export function patchWatchdog(chip, onReset) {
	const watchdog = chip.peripherals[0x40058];
	chip.watchdog = watchdog;
	watchdog.ticks = false; // after a reset its CYCLES are 0 (datasheet 4.7.6)
	watchdog.onWatchdogTrigger = () => {
		watchdog.timer.enable = false;
		watchdog.alarm.enable = false;
		onReset(watchdog.reason === FORCED ? 'forced' : 'watchdog');
	};
	const write = watchdog.writeUint32;
	watchdog.writeUint32 = (offset, value) => {
		if (offset === TICK) {
			const reference = chip.clocks.refFreq;
			watchdog.ticks = !!(value & TICK_ENABLE) && (value & TICK_CYCLES) * 1e6 === reference;
			if (!watchdog.ticks)
				complain('WATCHDOG', `TICK is ${value & TICK_CYCLES} cycles of clk_ref, which has ${reference} Hz: the timer would not count us`);
		}
		if (offset === CTRL && value & TRIGGER)
			value &= ~(1 << 30); // nothing is left to watch
		write.call(watchdog, offset, value);
	};
}

// What a watchdog's reset leaves as it was.
export function carryWatchdog(from, to) {
	to.watchdog.scratchData.set(from.watchdog.scratchData);
	to.watchdog.reason = from.watchdog.reason;
}
