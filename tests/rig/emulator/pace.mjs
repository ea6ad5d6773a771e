// Real time: virtual time follows CLOCK_MONOTONIC (which process.hrtime is), never ahead of it, and how far it fell behind is kept.
//
// One instant of virtual time is one of CLOCK_MONOTONIC for the whole run, however late the emulator comes to compute it: what happened
// is dated right even when it is told late. What comes from outside is done at the virtual time at which it came, never earlier.

const SLICE = 2e6; // ns of virtual time between looks at the outside
const AWAKE = 3e6; // ns for which it looks all the time after something came from outside

export const monotonic = () => Number(process.hrtime.bigint());

export class Pace {
	// `ppm`: how much faster than CLOCK_MONOTONIC the rig's crystal is. `free`: virtual time goes as fast as it can, and is dated by itself.
	constructor(machine, { ppm = 0, free = false, onStep = () => {}, onError }) {
		this.machine = machine;
		this.free = free;
		this.rate = 1 + ppm * 1e-6;
		this.onStep = onStep;
		this.onError = onError;
		this.origin = this.virtualOrigin = 0; // from begin() on
		this.frozenUntil = 0;
		this.awakeUntil = 0;
		this.worst = 0; // ns behind
		this.late = new Map(); // ms behind -> ns of virtual time that were computed so late
		this.ended = false;
	}

	toVirtual(time) {
		if (this.free)
			return this.machine.now;
		return this.virtualOrigin + (time - this.origin) * this.rate;
	}

	toMonotonic(virtual) {
		if (this.free)
			return Math.round(virtual);
		return Math.round(this.origin + (virtual - this.virtualOrigin) / this.rate);
	}

	// Does `act` at the virtual time that is now.
	arrived(act) {
		const now = monotonic();
		this.machine.at(this.toVirtual(now), act);
		this.awakeUntil = now + AWAKE;
		this.wake();
	}

	freeze(nanos) {
		this.frozenUntil = monotonic() + nanos;
	}

	begin() {
		this.origin = monotonic();
		this.virtualOrigin = this.machine.now;
		this.wake();
	}

	end() {
		this.ended = true;
		clearTimeout(this.timer);
	}

	wake() {
		if (this.timer) {
			clearTimeout(this.timer);
			this.timer = null;
		}
		if (!this.immediate)
			this.immediate = setImmediate(() => {
				this.immediate = null;
				this.step();
			});
	}

	step() {
		if (this.ended)
			return;
		const now = monotonic();
		if (now < this.frozenUntil) {
			this.timer = setTimeout(() => this.wake(), (this.frozenUntil - now) / 1e6);
			return;
		}
		try {
			this.follow(now);
			this.onStep();
		} catch (error) {
			this.end();
			this.onError(error);
			return;
		}
		const after = monotonic();
		if (this.free || this.machine.now + SLICE < this.toVirtual(after) || after < this.awakeUntil)
			this.wake();
		else
			this.timer = setTimeout(() => this.wake(), 1);
	}

	follow(now) {
		if (this.free)
			return void this.machine.run(this.machine.now + SLICE);
		const target = this.toVirtual(now), behind = target - this.machine.now;
		this.machine.run(Math.min(target, this.machine.now + Math.max(SLICE, behind / 8)));
		const late = Math.max(0, monotonic() - this.toMonotonic(this.machine.now));
		this.worst = Math.max(this.worst, late);
		const ms = Math.floor(late / 1e6);
		this.late.set(ms, (this.late.get(ms) ?? 0) + Math.min(target, behind));
	}

	// How late: the worst, and what 99 of 100 ns of virtual time were below, ms.
	report() {
		const rows = [...this.late].sort((a, b) => a[0] - b[0]), total = rows.reduce((sum, row) => sum + row[1], 0);
		let sum = 0, p99 = 0;
		for (const [ms, nanos] of rows) {
			p99 = ms + 1;
			if ((sum += nanos) >= 0.99 * total)
				break;
		}
		return { behind_worst_ms: +(this.worst / 1e6).toFixed(2), behind_p99_ms: p99, virtual_s: +(this.machine.now / 1e9).toFixed(3), speed_ppm: (this.rate - 1) * 1e6 };
	}
}
