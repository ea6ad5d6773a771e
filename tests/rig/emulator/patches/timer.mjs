// The 64-bit timer of microseconds (datasheet 4.6): from its own reset, with alarms at the tick that they name.
//
// Stock: it is the emulator's own time, which no reset sets back; an alarm goes off up to 1 us early, and at once when it names
// a tick that has just passed. Here one that names the running tick, or an earlier one, goes off in 71 minutes: silicon promises no
// more, so that the firmware has to look after it has armed one.
import { complain } from '../complaints.mjs';

const ALARM0 = 0x10, ALARM3 = 0x1c, TIMEHW = 0x00, TIMELW = 0x04, DBGPAUSE = 0x2c;
const ROUND = 2 ** 32 * 1000; // ns until 32 bits roll over

// `startTicks`: what it reads after a reset, so that a test need not wait 71 minutes for a roll-over.
export function patchTimer(chip, startTicks = 0) {
	const timer = chip.peripherals[0x40054], { clock } = chip;
	let origin = clock.nanos - startTicks * 1000;
	timer.clock = {
		get nanos() {
			return clock.nanos - origin;
		},
	};
	timer.restart = () => {
		origin = clock.nanos - startTicks * 1000;
		for (const alarm of timer.alarms)
			timer.disarmAlarm(alarm);
		timer.intRaw = timer.intEnable = timer.intForce = 0;
		timer.checkInterrupts();
	};
	timer.originNanos = () => origin;
	const read = timer.readUint32, write = timer.writeUint32;
	timer.readUint32 = (offset) => {
		if (!chip.watchdog.ticks)
			complain('TIMER', 'it is read, but the watchdog makes no ticks of 1 us for it (WATCHDOG_TICK)');
		return offset === DBGPAUSE ? 7 : read.call(timer, offset);
	};
	timer.writeUint32 = (offset, value) => {
		if (offset === TIMEHW || offset === TIMELW || offset === DBGPAUSE)
			return; // setting it is not modelled: `startTicks` is what it starts at
		write.call(timer, offset, value);
		if (offset >= ALARM0 && offset <= ALARM3)
			exactly(timer, timer.alarms[(offset - ALARM0) / 4], value >>> 0);
	};
}

function exactly(timer, alarm, target) {
	const delta = target * 1000 - (timer.clock.nanos % ROUND);
	alarm.clockAlarm.schedule(delta > 0 ? delta : delta + ROUND);
}
