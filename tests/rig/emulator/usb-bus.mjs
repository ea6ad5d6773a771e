// A full-speed bus between a host of ours and the chip's controller: one transaction after the other, each as long as its bits take.
//
// What a host does stands in generators: `yield 500` waits 500 ns of virtual time, `yield*` calls another one. All of them end when the
// bus is reset or the cable pulled.
import { complain } from './complaints.mjs';

const OVERHEAD_BYTES = 13, STUFFING = 1.05; // token, sync, CRC, handshake, gaps (USB 2.0, 5.11.3): 54 us for 64 bytes
export const POLL_NANOS = 10e3; // until a host comes round to an endpoint that has been NAKing
const PATIENCE = 1e9; // in a control transfer

export const packetNanos = (bytes) => Math.round(((OVERHEAD_BYTES + bytes) * 8 * STUFFING * 1e9) / 12e6);

export class NoAnswer extends Error {}

export class UsbBus {
	constructor(machine) {
		this.machine = machine;
		this.free = 0; // when the last transaction ends
		this.address = 0; // that the host talks to
		this.life = 0; // counts bus resets and pulled cables: what belongs to an earlier one is dead
		this.packets = { in: 0, out: 0, setup: 0, stalled: 0 };
	}

	get sie() {
		return this.machine.chip.sie;
	}

	spawn(generator, failed) {
		const { life } = this;
		const go = () => {
			if (life !== this.life)
				return;
			try {
				const { value, done } = generator.next();
				if (!done)
					this.machine.after(value, go);
			} catch (error) {
				if (!(error instanceof NoAnswer) || !failed)
					throw error;
				failed(error);
			}
		};
		this.machine.after(0, go);
	}

	// Everything that goes on ends.
	cut() {
		this.life++;
		this.free = this.machine.now;
		this.address = 0;
		this.sie.cut();
	}

	// ns until a packet of `bytes` that starts as soon as it can is over
	take(bytes, gap = 0) {
		const start = Math.max(this.machine.now + gap, this.free);
		this.free = start + packetNanos(bytes);
		return this.free - this.machine.now;
	}

	answers() {
		return this.sie.connected && !this.sie.hangs && this.sie.address === this.address;
	}

	// ---- control transfers (USB 2.0, 8.5.3) ----

	// Resolves to {data} or {stalled: true}.
	*control(requestType, request, value, index, length, data = null) {
		yield* this.setup(Uint8Array.of(requestType, request, value & 255, value >> 8, index & 255, index >> 8, length & 255, length >> 8));
		if (requestType & 0x80) {
			const got = yield* this.dataIn(length);
			return got === 'stall' ? { stalled: true } : (yield* this.dataOut(0, new Uint8Array(0), 1)) === 'stall' ? { stalled: true } : { data: got };
		}
		let pid = 1;
		for (let sent = 0; sent < length; sent += 64, pid ^= 1)
			if ((yield* this.dataOut(0, data.subarray(sent, sent + 64), pid)) === 'stall')
				return { stalled: true };
		const status = yield* this.dataIn(0);
		return status === 'stall' ? { stalled: true } : { data: status };
	}

	*setup(bytes) {
		yield this.take(8);
		if (!this.answers())
			throw new NoAnswer(`no answer to SETUP ${[...bytes]} at address ${this.address}`);
		this.packets.setup++;
		this.sie.setup(bytes);
		yield 2000;
	}

	// The data stage of an IN transfer, or with `length` 0 the status stage of another.
	*dataIn(length) {
		const bytes = [];
		for (let pid = 1, more = true; more; pid ^= 1) {
			const packet = yield* this.inPacket(0);
			if (packet === 'stall')
				return 'stall';
			if (packet.pid !== pid)
				complain('USB', `endpoint 0 IN: DATA${packet.pid} came where DATA${pid} belongs`);
			bytes.push(...packet.data);
			more = packet.data.length === 64 && bytes.length < length;
		}
		if (bytes.length > length)
			complain('USB', `endpoint 0 IN: ${bytes.length} bytes, ${length} were asked for`);
		return Uint8Array.from(bytes);
	}

	*inPacket(endpoint) {
		for (const until = this.machine.now + PATIENCE; this.machine.now < until; yield POLL_NANOS) {
			if (!this.answers())
				throw new NoAnswer(`no answer from endpoint ${endpoint} IN at address ${this.address}`);
			const packet = this.sie.in(endpoint);
			if (packet === null)
				throw new NoAnswer(`there is no endpoint ${endpoint} IN`);
			if (packet === 'stall') {
				this.packets.stalled++;
				return packet;
			}
			if (packet === 'nak')
				continue;
			yield this.take(packet.data.length);
			this.packets.in++;
			this.sie.inDone(endpoint);
			yield 2000;
			return packet;
		}
		throw new NoAnswer(`endpoint ${endpoint} IN NAKs`);
	}

	*dataOut(endpoint, data, pid) {
		for (const until = this.machine.now + PATIENCE; this.machine.now < until; yield POLL_NANOS) {
			this.sie.begins(endpoint, true);
			yield this.take(data.length);
			const how = this.answers() ? this.sie.out(endpoint, data, pid) : null;
			if (how === null)
				throw new NoAnswer(`no answer from endpoint ${endpoint} OUT at address ${this.address}`);
			if (how === 'toggle')
				complain('USB', `endpoint ${endpoint} OUT: the device waits for DATA${pid ^ 1}, DATA${pid} is sent`);
			if (how !== 'nak') {
				this.packets[how === 'stall' ? 'stalled' : 'out']++;
				return how;
			}
		}
		throw new NoAnswer(`endpoint ${endpoint} OUT NAKs`);
	}
}
