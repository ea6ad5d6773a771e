// The microcontroller in virtual time, and the loop that runs it. Virtual time is in ns since power came; it never goes back, not at a
// reset either. Nothing here looks at a real clock (pace.mjs does).
import './complaints.mjs';
import { Agenda } from './agenda.mjs';
import { boot } from './boot.mjs';
import { complain, logger } from './complaints.mjs';
import { RP2040, SimulationClock } from './package.mjs';
import { CAUSE } from './patches/chip-reset.mjs';
import { patch } from './patches/index.mjs';
import { stepPio } from './patches/pio.mjs';
import { isWoken } from './patches/wakeup.mjs';
import { carryWatchdog } from './patches/watchdog.mjs';

export class Machine {
	// `flash`: its content, from 0x10000000. `startTicks`: what the timer reads after each reset. `start`: boot(), or another way in.
	constructor({ flash, startTicks = 0, start = boot, seed = 1 }) {
		this.agenda = new Agenda();
		this.flash = flash;
		this.startTicks = startTicks;
		this.start = start;
		this.seed = seed;
		this.resets = { power: 0, pin: 0, watchdog: 0, forced: 0 };
		this.onChip = []; // called with each new chip, before it runs
		this.instructions = 0;
		this.pendingReset = null;
		this.build('power', null);
	}

	get now() {
		return this.chip.clock.nanos;
	}

	// What the device's timer reads.
	get ticks() {
		return Math.floor((this.now - this.chip.peripherals[0x40054].originNanos()) / 1000);
	}

	at(time, act) {
		return this.agenda.at(Math.max(time, this.now), act);
	}

	after(nanos, act) {
		return this.agenda.at(this.now + nanos, act);
	}

	// ---- resets ----

	build(cause, old) {
		const clock = new SimulationClock();
		clock.nanosCounter = old ? old.clock.nanos : 0;
		const chip = new RP2040(clock);
		chip.logger = logger;
		patch(chip, {
			had: cause in CAUSE ? CAUSE[cause] : old.had,
			startTicks: this.startTicks,
			onReset: (how) => {
				this.pendingReset = how;
			},
		});
		if (old && cause !== 'power')
			chip.sram.set(old.sram);
		else
			this.noise(chip.sram);
		chip.flash.set(this.flash);
		if (cause === 'watchdog' || cause === 'forced')
			carryWatchdog(old, chip);
		this.resets[cause]++;
		this.chip = chip;
		this.start(chip);
		for (const attach of this.onChip)
			attach(chip, cause);
	}

	// What is in SRAM when power comes.
	noise(sram) {
		let state = this.seed | 1;
		for (let i = 0; i < sram.length; i++) {
			state = (Math.imul(state, 1664525) + 1013904223) | 0;
			sram[i] = state >>> 24;
		}
	}

	// 'power': it was without; 'pin': RUN went low.
	reset(cause) {
		this.pendingReset = cause;
	}

	// ---- time ----

	advance(clock, end) {
		const { agenda } = this;
		while (agenda.next <= end && !this.pendingReset) {
			if (agenda.next > clock.nanos)
				clock.tick(agenda.next - clock.nanos);
			clock.nanosCounter = Math.max(agenda.next, clock.nanos);
			agenda.perform();
		}
		if (end > clock.nanos)
			clock.tick(end - clock.nanos);
	}

	// Runs until virtual time is `until`, or `stopped` says so (asked after each instruction and each wait).
	run(until, stopped = null) {
		while (this.now < until) {
			if (this.pendingReset) {
				const cause = this.pendingReset;
				this.pendingReset = null;
				this.build(cause, this.chip);
			}
			this.runChip(this.chip, until, stopped);
			if (stopped?.())
				return true;
		}
		return false;
	}

	runChip(chip, until, stopped) {
		const { core, clock } = chip;
		while (clock.nanos < until && !this.pendingReset) {
			if (core.waiting && !isWoken(core)) {
				this.sleep(chip, until);
			} else {
				core.waiting = false;
				this.instruct(chip);
			}
			if (stopped?.())
				return;
		}
	}

	instruct(chip) {
		const { core, clock } = chip;
		let cycles = core.executeInstruction();
		this.instructions++;
		if (core.extraCycles) {
			cycles += core.extraCycles;
			core.extraCycles = 0;
		}
		if (chip.pioRunning)
			for (let i = 0; i < cycles; i++)
				stepPio(chip);
		const end = clock.nanos + cycles * chip.cycleNanos;
		if (this.agenda.next <= end)
			this.advance(clock, end);
		else
			clock.tick(end - clock.nanos);
	}

	// To the next thing that happens: to one cycle from now, while state machines run.
	sleep(chip, until) {
		const { clock } = chip;
		let end = Math.min(until, this.agenda.next, clock.nextAlarm ? clock.nextAlarm.nanos : Infinity);
		if (chip.pioRunning) {
			stepPio(chip);
			end = Math.min(end, clock.nanos + chip.cycleNanos);
		}
		if (end === Infinity)
			complain('run', 'the core waits for an interrupt that never comes, and there is no time to run to');
		this.advance(clock, Math.max(end, clock.nanos));
	}
}
