// What others may know of the terminals: the truth log (JSON lines), and OUT1 and OUT2 for a twin whose integrator they gate.
//
//	OUT1 1 123456789012345     a transition: terminal, level, CLOCK_MONOTONIC ns of the instant at which it happened
//	now 123456789512345        until then everything has been told
//
// The levels at the beginning come first, dated then.
import { createWriteStream, statSync } from 'node:fs';
import { connect } from 'node:net';
import { OUTPUTS } from './board.mjs';

const TELL_NOW = 5e6; // ns

export class Truth {
	constructor(board, pace, path) {
		this.file = createWriteStream(path);
		this.pace = pace;
		board.onTransition.push(({ terminal, high, time, ticks }) => this.write({ edge: terminal, high: high ? 1 : 0, ticks, virtual_ns: time }));
	}

	write(row) {
		this.file.write(`${JSON.stringify({ ...row, monotonic_ns: this.pace.toMonotonic(row.virtual_ns) })}\n`);
	}

	end() {
		return new Promise((resolve) => this.file.end(resolve));
	}
}

export class Lines {
	// A FIFO, or a unix socket that somebody listens at.
	constructor(board, pace, path, onError) {
		this.pace = pace;
		this.board = board;
		this.told = null;
		this.to = statSync(path).isSocket() ? connect(path) : createWriteStream(path);
		this.to.on('error', onError);
		board.onTransition.push(({ terminal, high, time }) => OUTPUTS.includes(terminal) && this.tell(terminal, high, time));
	}

	tell(name, high, time) {
		this.to.write(`${name} ${high ? 1 : 0} ${this.pace.toMonotonic(time)}\n`);
	}

	step() {
		const { now } = this.pace.machine;
		if (this.told === null)
			OUTPUTS.forEach((name) => this.tell(name, this.board.levels[name], this.pace.virtualOrigin));
		else if (now < this.told + TELL_NOW)
			return;
		this.told = now;
		this.to.write(`now ${this.pace.toMonotonic(now)}\n`);
	}
}
