// The I2C bus: each byte takes its nine bits at the speed that the controller was set to; a device that holds SCL stops it all.
import { complain } from './complaints.mjs';
import { GPIOPinState } from './package.mjs';

const STANDARD = 1;

// `device`: {address, start(isRead), write(byte) -> ack, read() -> byte, stop()}; `pins`: {sda, scl}; `fault`: null, 'nak' (no address is
// answered), 'data' (bytes that are written are not acknowledged), 'stall' (SCL is held low from the next byte on), 'stuck' (SDA is, until SCL has
// been clocked by hand: then the fault is over).
const STUCK_CLOCKS = 7; // bits that a part still had to send

export class I2cBus {
	constructor(machine, index, device, pins) {
		this.machine = machine;
		this.index = index;
		this.device = device;
		this.pins = pins;
		this.fault = null;
		this.clocks = 0;
		this.held = null; // what will go on when SCL is let go
		this.bytes = 0;
		machine.onChip.push((chip) => this.attach(chip));
		this.attach(machine.chip);
	}

	attach(chip) {
		const i2c = chip.i2c[this.index];
		this.life = (this.life ?? 0) + 1;
		this.held = null;
		i2c.onStart = () => this.later(i2c, 1, () => i2c.completeStart());
		i2c.onConnect = (address, mode) => this.later(i2c, 9, () => i2c.completeConnect(this.addressed(address, mode === 1)));
		i2c.onWriteByte = (byte) => this.later(i2c, 9, () => i2c.completeWrite(this.written(byte)));
		i2c.onReadByte = () => this.later(i2c, 9, () => i2c.completeRead(this.taken()));
		i2c.onStop = () => this.later(i2c, 1, () => {
			this.device.stop();
			i2c.completeStop();
		});
		i2c.onReset = () => {
			this.life++;
			this.held = null;
		};
		chip.gpio[this.pins.scl].drive(true); // both have a pull-up
		chip.gpio[this.pins.sda].drive(this.fault !== 'stuck');
		chip.gpio[this.pins.scl].addListener((state, before) => before === GPIOPinState.Low && this.clocked());
	}

	// SCL has gone high, not by the controller's doing.
	clocked() {
		if (this.fault === 'stuck' && ++this.clocks === STUCK_CLOCKS)
			this.setFault(null);
	}

	bitNanos(i2c) {
		i2c.checkHold();
		const low = i2c.sclLowPeriod, high = i2c.sclHighPeriod;
		if (i2c.speed > 2 || low < 8 || high < 6)
			complain('I2C', `SCL counts of ${high} and ${low} at speed ${i2c.speed} are none (4.3.14)`);
		return ((low + high + (i2c.speed === STANDARD ? 0 : i2c.spikelen)) * 1e9) / this.machine.chip.clkSys;
	}

	// `act` after so many bits; or when SCL is let go.
	later(i2c, bits, act) {
		const { life } = this;
		const go = () => life === this.life && act();
		if (this.fault === 'stall' || this.fault === 'stuck')
			this.held = go;
		else
			this.machine.after(bits * this.bitNanos(i2c), go);
	}

	setFault(fault) {
		this.fault = fault;
		const go = this.held;
		this.held = null;
		this.clocks = 0;
		this.machine.chip.gpio[this.pins.sda].drive(fault !== 'stuck');
		if (fault === null)
			go?.();
	}

	addressed(address, isRead) {
		if (this.fault === 'nak' || address !== this.device.address)
			return false;
		this.device.start(isRead);
		return true;
	}

	written(byte) {
		this.bytes++;
		return this.fault === 'data' ? false : this.device.write(byte);
	}

	taken() {
		this.bytes++;
		return this.device.read();
	}
}
