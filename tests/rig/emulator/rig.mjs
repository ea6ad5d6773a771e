// A rig on a bench of virtual time, and a host that talks to it: what most tests begin with.
//
//	const rig = new Rig();
//	rig.begin();                                  // enumerated, open, HELLO said
//	rig.ask(TYPE.SYNC);                           // runs until the reply is there
//	rig.run(1e9);                                 // ns
//
// Everything the device sent is in `frames`, and held to its sequence numbers; what was no frame fails at once.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Board, readPins } from './board.mjs';
import { flashOf } from './flash.mjs';
import { I2cBus } from './i2c-bus.mjs';
import { Ina228 } from './ina228.mjs';
import { Machine } from './machine.mjs';
import { UsbHost } from './usb-host.mjs';
import { REPLY, Reader, TYPE, edgesOf, frame, make, read } from './wire.mjs';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
export const IMAGE = process.env.RIG_IMAGE ?? join(process.env.JOULERIG_BUILD ?? join(ROOT, 'build-ci'), 'firmware', 'rig.bin');
export const BOARD = process.env.RIG_BOARD ?? join(ROOT, 'firmware', 'board.h');

export class Refusal extends Error {
	constructor(refused) {
		super(`refused: ${JSON.stringify(refused)}`);
		Object.assign(this, refused);
	}
}

export class Rig {
	constructor({ startTicks = 0, seed = 1, wires = [], modem = true, resets = 2, power = true, image = IMAGE, pins = readPins(BOARD), ...flash } = {}) {
		this.machine = new Machine({ flash: flashOf(image, flash), startTicks, seed });
		this.board = new Board(this.machine, pins, { wires });
		this.truth = []; // each transition of a terminal
		this.board.onTransition.push((transition) => this.truth.push(transition));
		this.ina = power ? new Ina228(this.machine) : null;
		this.i2c = new I2cBus(this.machine, 0, this.ina ?? { address: -1, stop() {} }, this.board.i2cPins);
		this.host = new UsbHost(this.machine, { modem, resets });
		this.reader = new Reader((received) => this.received(received));
		this.host.onBytes = (bytes) => this.reader.take(bytes);
		this.frames = [];
		this.tag = 0;
		this.sequence = null;
		this.holes = 0; // frames that the device wished to send and did not
		this.edges = [];
		this.keep = true;
		this.onFrame = null;
	}

	// ---- time ----

	run(nanos) {
		this.machine.run(this.machine.now + nanos);
	}

	// Runs until `condition()`, asked each 50 us; `cap` in ns.
	until(condition, cap = 1e9, what = 'it') {
		for (const end = this.machine.now + cap; !condition();) {
			if (this.machine.now >= end)
				throw new Error(`${what} did not happen in ${cap / 1e6} ms`);
			this.machine.run(this.machine.now + 50e3);
		}
	}

	// ---- the host ----

	begin() {
		this.host.setOpen(true);
		this.until(() => this.host.ready, 3e9, 'enumeration');
		return this.hello();
	}

	hello() {
		this.send(Buffer.of(0));
		return read('identity', this.ask(TYPE.HELLO, make.hello()));
	}

	send(bytes) {
		this.host.write(bytes);
	}

	// Sends a command and returns its tag.
	command(type, payload, quiet = 0) {
		const tag = (++this.tag | quiet) >>> 0;
		this.send(frame(type, tag, payload));
		return tag;
	}

	// The reply's payload; a refusal is thrown.
	ask(type, payload, cap = 1e9) {
		const tag = this.command(type, payload);
		let answer = null;
		const before = this.onFrame;
		this.onFrame = (received) => {
			if (received.tag === tag)
				answer = received;
			before?.(received);
		};
		try {
			this.until(() => answer, cap, `the reply to command ${type}`);
		} finally {
			this.onFrame = before;
		}
		if (answer.type === TYPE.REFUSED)
			throw new Refusal(read('refused', answer.payload));
		if (answer.type !== (type | REPLY))
			throw new Error(`command ${type} was answered by type ${answer.type}`);
		return answer.payload;
	}

	received(received) {
		if (this.reader.bad)
			throw new Error(`the device sent what is no frame, behind frame ${this.reader.frames}`);
		if (this.sequence !== null)
			this.holes += (received.sequence - this.sequence - 1) & 0xffff;
		this.sequence = received.sequence;
		if (this.keep)
			this.frames.push(received);
		if (received.type === TYPE.EDGES)
			this.edges.push(...edgesOf(received.payload));
		this.onFrame?.(received);
	}

	of(type) {
		return this.frames.filter((received) => received.type === type);
	}

	lost() {
		return read('lost', this.ask(TYPE.STATUS));
	}
}
