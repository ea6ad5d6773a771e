// The computer at the other end of the cable: it finds the rig, as usb-enumerate.mjs has it, and then there is a tty of bytes.
import { complain } from './complaints.mjs';
import { NoAnswer, POLL_NANOS, UsbBus } from './usb-bus.mjs';
import { IDLE_NANOS, enumerate, setLineCoding, setLineState } from './usb-enumerate.mjs';

export class UsbHost {
	// `modem`: does it say SET_LINE_CODING and SET_CONTROL_LINE_STATE?
	constructor(machine, { modem = true, resets = 2 } = {}) {
		this.machine = machine;
		this.bus = new UsbBus(machine);
		this.modem = modem;
		this.resets = resets; // of the bus, when it meets a device: Linux makes two, others one
		this.plugged = true;
		this.suspended = false;
		this.ready = false; // the tty is there
		this.open = false; // a program has it open, so that IN packets are asked for
		this.stalled = false; // and yet none are
		this.found = null;
		this.enumerations = 0;
		this.onBytes = () => {}; // (bytes) from the device
		this.onReady = () => {}; // (isThere)
		this.filterIn = this.filterOut = (bytes) => bytes; // faults
		this.losesAck = () => false; // the handshake of a bulk packet does not arrive: whoever sent it sends it again
		this.packetSize = 64;
		this.forget();
		machine.onChip.push((chip) => this.attach(chip));
		this.attach(machine.chip);
	}

	forget() {
		this.outQueue = [];
		this.pidIn = this.pidOut = 0;
		this.inBusy = this.outBusy = false;
		this.inAgain = this.outAgain = false; // the next packet is a repetition
		if (this.ready) {
			this.ready = false;
			this.onReady(false);
		}
	}

	attach(chip) {
		this.bus.cut();
		this.forget();
		chip.sie.onConnect = (up) => (up ? this.meet() : this.lose());
		chip.sie.onArmed = (endpoint, isOut) => endpoint && (isOut ? this.pumpOut() : this.pumpIn());
		if (chip.sie.connected)
			this.meet();
	}

	lose() {
		this.bus.cut();
		this.forget();
	}

	meet() {
		this.lose();
		if (this.plugged && this.bus.sie.connected)
			this.bus.spawn(this.enumerating(), (error) => complain('USB host', error.message));
	}

	*enumerating() {
		this.found = yield* enumerate(this.bus, 1 + (this.enumerations++ % 100), this.resets);
		if (this.modem)
			yield* setLineCoding(this.bus, this.found);
		this.ready = true;
		this.onReady(true);
		if (this.open)
			yield* this.opening();
		this.pumpIn();
		this.pumpOut();
	}

	*opening() {
		if (this.modem)
			yield* setLineState(this.bus, this.found, 3);
	}

	// ---- the cable and the bus ----

	unplug() {
		this.plugged = false;
		this.lose();
		this.machine.after(IDLE_NANOS, () => this.plugged || this.bus.sie.suspend());
	}

	plug() {
		this.plugged = true;
		this.meet();
	}

	// Its tty stays; nothing moves until resume().
	suspend() {
		this.suspended = true;
		this.machine.after(IDLE_NANOS, () => this.suspended && this.bus.sie.suspend());
	}

	resume() {
		this.suspended = false;
		this.bus.sie.resume();
		this.pumpIn();
		this.pumpOut();
	}

	// Any control transfer, beside what goes on. It may be cut short: `steps` of its generator, and then silence.
	request(words, done = () => {}) {
		const bus = this.bus;
		bus.spawn((function* () {
			done(yield* bus.control(...words));
		})(), (error) => done({ error }));
	}

	// ---- the tty ----

	setOpen(open) {
		if (open === this.open)
			return;
		this.open = open;
		if (!this.ready)
			return;
		if (this.modem)
			this.bus.spawn(setLineState(this.bus, this.found, open ? 3 : 0));
		this.pumpIn();
	}

	stall(stalled) {
		this.stalled = stalled;
		this.pumpIn();
	}

	// As one write() of a program, so one transfer. An empty one is an empty packet.
	write(bytes) {
		if (!this.ready)
			return;
		const sent = this.filterOut(Uint8Array.from(bytes));
		if (sent.length === 0 && bytes.length === 0)
			this.outQueue.push(sent);
		for (let at = 0; at < sent.length; at += this.packetSize)
			this.outQueue.push(sent.subarray(at, at + this.packetSize));
		this.pumpOut();
	}

	get isListening() {
		return this.ready && this.open && !this.stalled && !this.suspended;
	}

	pumpIn() {
		if (!this.isListening || this.inBusy || !this.bus.sie.isArmed(this.found.in.number, false))
			return;
		const { bus, found: { in: { number } } } = this, { life } = bus;
		const packet = bus.sie.in(number);
		if (packet === 'stall')
			complain('USB', `endpoint ${number} IN stalls`);
		this.inBusy = true;
		this.machine.after(bus.take(packet.data.length, POLL_NANOS), () => life === bus.life && this.inDone(number, packet));
	}

	inDone(number, packet) {
		this.inBusy = false;
		const isAgain = this.inAgain;
		if ((packet.pid === this.pidIn) === isAgain)
			complain('USB', `endpoint ${number} IN: DATA${packet.pid} came where DATA${this.pidIn} belongs: a host takes it for a repetition`);
		this.inAgain = this.losesAck();
		if (this.inAgain)
			this.bus.sie.ended(number, false);
		else
			this.bus.sie.inDone(number);
		if (!isAgain)
			this.inCame(packet.data);
		this.pumpIn();
	}

	inCame(data) {
		this.pidIn ^= 1;
		this.bus.packets.in++;
		const bytes = this.filterIn(data);
		if (bytes.length)
			this.onBytes(bytes);
	}

	pumpOut() {
		if (!this.ready || this.suspended || this.outBusy || !this.outQueue.length || !this.bus.sie.isArmed(this.found.out.number, true))
			return;
		const { bus, found: { out: { number } } } = this, { life } = bus;
		this.outBusy = true;
		bus.sie.begins(number, true);
		this.machine.after(bus.take(this.outQueue[0].length, POLL_NANOS), () => life === bus.life && this.outDone(number));
	}

	outDone(number) {
		this.outBusy = false;
		const how = this.bus.sie.out(number, this.outQueue[0], this.pidOut);
		const hasCome = how === (this.outAgain ? 'toggle' : 'ack'); // a repetition is acknowledged, and dropped
		if (hasCome && this.losesAck()) {
			this.outAgain = true;
		} else if (hasCome) {
			this.outAgain = false;
			this.bus.packets.out++;
			this.pidOut ^= 1;
			this.outQueue.shift();
		} else if (how !== 'nak') {
			complain('USB', `endpoint ${number} OUT answers ${how}`);
		}
		this.pumpOut();
	}
}

export { NoAnswer };
