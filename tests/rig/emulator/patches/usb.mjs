// The USB device controller at the level of transactions (datasheet 4.1): a buffer stays AVAILABLE until the host takes or fills it.
//
// Stock: an IN buffer counts as sent the moment it is offered, an OUT buffer has to be filled at once (an idle host floods the device
// with empty packets), nothing is ever NAKed or STALLed, data toggles are not looked at, and suspend is not modelled.
//
// `chip.sie` is what a host sees: setup(), out(), in() and the state of the bus. How long a packet takes is the host's affair (../usb-bus.mjs).
import { complain } from '../complaints.mjs';

const BUFFER0 = 0x80, BUFFERS_END = 0x100, EP0_DATA = 0x100, MEMORY_END = 0x1000;
const FULL = 1 << 15, DATA1 = 1 << 13, STALL = 1 << 11, AVAILABLE = 1 << 10, LENGTH = 0x3ff;
const EP_ENABLE = 1 << 31, EP_DOUBLE = 1 << 30, EP_INTERRUPT = 1 << 29;
const SIE_CTRL_PULLUP = 1 << 16, SIE_CTRL_EP0_INTERRUPT = 1 << 29;
const BUS_RESET = 1 << 19, SETUP_REC = 1 << 17, RESUME = 1 << 11, SUSPENDED = 1 << 4;
const SIE_STATUS = 0x50, SIE_CTRL = 0x4c, MAIN_CTRL = 0x40, USB_MUXING = 0x74, CONTROLLER_EN = 1;
const EP_ABORT = 0x60, SOF_RD = 0x48;
const FRAME = 1e6; // ns
const CLOCK_ENABLE = 1 << 11;

export function patchUsb(chip) {
	const { usb } = { usb: chip.usbCtrl };
	chip.sie = new Sie(chip, usb);
	usb.DPRAMUpdated = (offset, value) => chip.sie.bufferWritten(offset, value);
	const write = usb.writeUint32, read = usb.readUint32;
	usb.writeUint32 = (offset, value) => {
		const before = { asked: usb.epAbort, done: usb.epAbortDone };
		write.call(usb, offset, value);
		if (offset === SIE_STATUS) {
			if (!chip.sie.isIdle)
				usb.sieStatus &= ~(usb.rawWriteValue & SUSPENDED); // 4.1.4: DEV_SUSPEND is cleared by writing SIE_STATUS.SUSPENDED
			usb.sieStatusUpdated();
		} else if (offset === EP_ABORT) {
			chip.sie.takesBack(before);
		} else if (offset === SIE_CTRL || offset === MAIN_CTRL) {
			chip.sie.pullUpMayHaveChanged();
		}
	};
	usb.muxing = 0;
	usb.readUint32 = (offset) => (offset === USB_MUXING ? usb.muxing : offset === SOF_RD ? chip.sie.frame : read.call(usb, offset));
}

// As in EP_ABORT.
const bitOf = (endpoint, isOut) => 1 << (2 * endpoint + (isOut ? 1 : 0));

class Sie {
	constructor(chip, usb) {
		this.chip = chip;
		this.usb = usb;
		this.memory = chip.usbDPRAMView;
		this.written = new Uint32Array(32); // buffer controls as last seen, in the order of the memory
		this.connected = false;
		this.hangs = false; // erratum RP2040-E15: nothing helps but a reset of the block
		this.lastFrame = 0;
		this.isIdle = false; // no frames: as long as it is so, SUSPENDED cannot be cleared, and nothing but a write clears it
		this.underWay = 0; // transactions, a bit each as in EP_ABORT
		this.onConnect = () => {}; // the pull-up went on or off
		this.onArmed = () => {}; // (endpoint, isOut): a buffer has become available
	}

	pullUpMayHaveChanged() {
		const up = !!(this.usb.sieCtrl & SIE_CTRL_PULLUP) && !!(this.usb.mainCtrl & CONTROLLER_EN);
		if (up === this.connected)
			return;
		if (up && (!(this.chip.clocks.usbCtrl & CLOCK_ENABLE) || this.chip.pllUsb.frequency !== 48e6))
			complain('USB', 'it is switched on, but clk_usb is not enabled at 48 MHz');
		this.connected = up;
		this.isIdle = up; // a port has no frames until it was reset
		this.onConnect(up);
	}

	bufferWritten(offset, value) {
		if (offset < BUFFER0 || offset >= BUFFERS_END)
			return;
		const index = (offset - BUFFER0) >> 2, endpoint = index >> 1, isOut = !!(index & 1);
		const before = this.written[index];
		this.written[index] = value;
		if (before & AVAILABLE && !(this.usb.epAbort & this.usb.epAbortDone & bitOf(endpoint, isOut)))
			complain('USB', `endpoint ${endpoint} ${isOut ? 'OUT' : 'IN'}: its buffer is written to while the controller has it (EP_ABORT takes it back)`);
		if (!(value & AVAILABLE))
			return;
		if ((before | AVAILABLE) !== value)
			complain('USB', `endpoint ${endpoint} ${isOut ? 'OUT' : 'IN'}: AVAILABLE is set together with the rest (4.1.2.5.1)`);
		if (!isOut && !(value & FULL) && !(value & STALL))
			complain('USB', `endpoint ${endpoint} IN: offered, but not FULL`);
		this.onArmed(endpoint, isOut);
	}

	// RESETS: its registers are what they are after a reset; its memory is what it was.
	reset() {
		const { usb } = this;
		Object.assign(usb, {
			addrEndp: 0, mainCtrl: 0, sieCtrl: 0, sieStatus: 0, buffStatus: 0, epAbort: 0, epAbortDone: 0, epStallArm: 0, muxing: 0, usbPwr: 0,
			intRaw: 0, intEnable: 0, intForce: 0,
		});
		usb.checkInterrupts();
		this.underWay = 0;
		this.hangs = false;
		this.lastFrame = 0;
		this.pullUpMayHaveChanged();
	}

	control(endpoint, isOut) {
		const offset = BUFFER0 + 8 * endpoint + (isOut ? 4 : 0);
		return this.memory.getUint32(offset, true);
	}

	setControl(endpoint, isOut, value) {
		this.written[2 * endpoint + (isOut ? 1 : 0)] = value;
		this.memory.setUint32(BUFFER0 + 8 * endpoint + (isOut ? 4 : 0), value, true);
	}

	endpointControl(endpoint, isOut) {
		return this.memory.getUint32(8 * endpoint + (isOut ? 4 : 0), true);
	}

	// The number of the last frame that it saw the start of.
	get frame() {
		if (this.connected && !this.isIdle && !this.hangs)
			this.lastFrame = Math.floor(this.chip.clock.nanos / FRAME) & 0x7ff;
		return this.lastFrame;
	}

	hang() {
		this.lastFrame = this.frame;
		this.hangs = true;
	}

	// EP_ABORT was written: done at once where no transaction is under way.
	takesBack({ asked, done }) {
		const { usb } = this;
		if (usb.epAbort & ~asked & done)
			complain('USB', 'EP_ABORT is set for a buffer of which EP_ABORT_DONE still says that it was taken back before');
		usb.epAbortDone = done | (usb.epAbort & ~this.underWay);
	}

	// A transaction begins: it comes to its end, even if the buffer is being taken back meanwhile.
	begins(endpoint, isOut) {
		if (!this.isTakenBack(endpoint, isOut))
			this.underWay |= bitOf(endpoint, isOut);
	}

	ended(endpoint, isOut) {
		const bit = bitOf(endpoint, isOut), was = this.underWay & bit;
		this.underWay &= ~bit;
		this.usb.epAbortDone |= this.usb.epAbort & bit;
		return !!was;
	}

	// Whatever was under way is not any more.
	cut() {
		this.underWay = 0;
		this.usb.epAbortDone |= this.usb.epAbort;
	}

	isTakenBack(endpoint, isOut) {
		return !!(this.usb.epAbort & bitOf(endpoint, isOut));
	}

	// Where its data is; null: it is not there, so that the host gets no answer at all.
	buffer(endpoint, isOut) {
		if (this.hangs)
			return null;
		if (endpoint === 0)
			return EP0_DATA;
		const control = this.endpointControl(endpoint, isOut);
		if (!(control & EP_ENABLE))
			return null;
		if (control & EP_DOUBLE)
			complain('USB', `endpoint ${endpoint}: double buffering is not modelled`);
		const address = control & 0xffc0;
		if (address < 0x180 || address + 64 > MEMORY_END)
			complain('USB', `endpoint ${endpoint}: its buffer at ${address.toString(16)} is none`);
		return address;
	}

	completed(endpoint, isOut) {
		const tell = endpoint === 0 ? this.usb.sieCtrl & SIE_CTRL_EP0_INTERRUPT : this.endpointControl(endpoint, isOut) & EP_INTERRUPT;
		if (tell)
			this.usb.indicateBufferReady(endpoint, isOut);
	}

	stalls(endpoint, isOut) {
		if (!(this.control(endpoint, isOut) & STALL))
			return false;
		return endpoint !== 0 || !!(this.usb.epStallArm & (isOut ? 2 : 1));
	}

	isArmed(endpoint, isOut) {
		return this.buffer(endpoint, isOut) !== null && (this.stalls(endpoint, isOut) || (!!(this.control(endpoint, isOut) & AVAILABLE) && !this.isTakenBack(endpoint, isOut)));
	}

	// ---- what a host does ----

	busReset() {
		if (this.hangs)
			return;
		this.isIdle = false;
		this.usb.sieStatus |= BUS_RESET;
		this.usb.sieStatusUpdated();
	}

	suspend() {
		if (this.hangs)
			return;
		this.isIdle = true;
		this.usb.sieStatus |= SUSPENDED;
		this.usb.sieStatusUpdated();
	}

	resume() {
		this.isIdle = false;
		this.usb.sieStatus |= RESUME;
		this.usb.sieStatusUpdated();
	}

	get address() {
		return this.usb.addrEndp & 0x7f;
	}

	// A SETUP is always taken; it ends a STALL of endpoint 0.
	setup(bytes) {
		this.chip.usbDPRAM.set(bytes, 0);
		this.usb.epStallArm = 0;
		this.ended(0, false); // whatever it was, the host has given it up
		this.ended(0, true);
		this.usb.sieStatus |= SETUP_REC;
		this.usb.sieStatusUpdated();
	}

	// {data, pid} of what the device has to send, 'nak', 'stall', or null: no such endpoint. inDone() when it has gone out.
	in(endpoint) {
		const buffer = this.buffer(endpoint, false), control = this.control(endpoint, false);
		if (buffer === null)
			return null;
		if (this.stalls(endpoint, false))
			return 'stall';
		if (!(control & AVAILABLE) || this.isTakenBack(endpoint, false))
			return 'nak';
		this.begins(endpoint, false);
		return { data: this.chip.usbDPRAM.slice(buffer, buffer + (control & LENGTH)), pid: control & DATA1 ? 1 : 0 };
	}

	inDone(endpoint) {
		if (this.hangs)
			return;
		this.ended(endpoint, false);
		this.setControl(endpoint, false, this.control(endpoint, false) & ~(AVAILABLE | FULL));
		this.completed(endpoint, false);
	}

	// 'ack', 'nak', 'stall', 'toggle' (it is dropped: the device waits for the other one), or null.
	out(endpoint, data, pid) {
		const hadBegun = this.ended(endpoint, true);
		const buffer = this.buffer(endpoint, true), control = this.control(endpoint, true);
		if (buffer === null)
			return null;
		if (this.stalls(endpoint, true))
			return 'stall';
		if (!(control & AVAILABLE) || (this.isTakenBack(endpoint, true) && !hadBegun))
			return 'nak';
		if ((control & DATA1 ? 1 : 0) !== pid)
			return 'toggle';
		if (data.length > (control & LENGTH))
			complain('USB', `endpoint ${endpoint} OUT: ${data.length} bytes came for a buffer of ${control & LENGTH}`);
		this.chip.usbDPRAM.set(data, buffer);
		this.setControl(endpoint, true, (control & ~(AVAILABLE | LENGTH)) | FULL | data.length);
		this.completed(endpoint, true);
		return 'ack';
	}
}
