// An INA228 from its data sheet (Texas Instruments SBOS886, 7.6 and 8.1.2), sharing nothing with the firmware or with any driver.
//
// It converts continuously: every cycle of ADC_CONFIG's conversion times and averages it takes what is at its inputs, fills its result
// registers, and adds to its accumulators.
//
//   VSHUNT   312.5 nV (ADCRANGE: 78.125 nV)       VBUS   195.3125 uV       DIETEMP   7.8125 m degC
//   CURRENT  = VSHUNT x 4096 / SHUNT_CAL           POWER  = CURRENT x VBUS / 16384
//   ENERGY  += POWER x seconds / 16                CHARGE += CURRENT x seconds

const CONFIG = 0x00, ADC_CONFIG = 0x01, SHUNT_CAL = 0x02, SHUNT_TEMPCO = 0x03, VSHUNT = 0x04, VBUS = 0x05, DIETEMP = 0x06, CURRENT = 0x07;
const POWER = 0x08, ENERGY = 0x09, CHARGE = 0x0a, DIAG_ALRT = 0x0b, MANUFACTURER_ID = 0x3e, DEVICE_ID = 0x3f;
const BYTES = { [VSHUNT]: 3, [VBUS]: 3, [CURRENT]: 3, [POWER]: 3, [ENERGY]: 5, [CHARGE]: 5 };
const RESET = 1 << 15, RESET_ACCUMULATORS = 1 << 14, NARROW = 1 << 4;
const CONVERSION_READY = 1 << 1, ENERGY_OVERFLOW = 1 << 11, CHARGE_OVERFLOW = 1 << 10, MATH_OVERFLOW = 1 << 9, MEMORY_GOOD = 1;
const CONVERSION_US = [50, 84, 150, 280, 540, 1052, 2074, 4120], AVERAGES = [1, 4, 16, 64, 128, 256, 512, 1024];
const LIMITS = { 0x0c: 0x7fff, 0x0d: 0x8000, 0x0e: 0x7fff, 0x0f: 0, 0x10: 0x7fff, 0x11: 0xffff };

export class Ina228 {
	// `inputs(ns)` -> {volts, shunt} (V between IN+ and IN-), `celsius`
	constructor(machine, { address = 0x40, inputs = () => ({ volts: 0, shunt: 0 }), celsius = 25 } = {}) {
		this.machine = machine;
		this.address = address;
		this.inputs = inputs;
		this.celsius = celsius;
		this.conversions = 0;
		this.onConversion = null;
		this.powerOn();
	}

	powerOn() {
		this.registers = { [CONFIG]: 0, [ADC_CONFIG]: 0xfb68, [SHUNT_CAL]: 0x1000, [SHUNT_TEMPCO]: 0, [MANUFACTURER_ID]: 0x5449, [DEVICE_ID]: 0x2281, ...LIMITS };
		this.diagnosis = MEMORY_GOOD;
		this.shunt = this.bus = this.current = this.power = this.temperature = 0;
		this.clear();
		this.pointer = 0;
		this.restart();
	}

	clear() {
		this.energy = this.charge = 0; // in register units, with what is still less than one
		this.diagnosis &= ~(ENERGY_OVERFLOW | CHARGE_OVERFLOW | MATH_OVERFLOW);
	}

	// ---- conversions ----

	get cycleNanos() {
		const config = this.registers[ADC_CONFIG], mode = config >> 12;
		let us = 0;
		if (mode & 1)
			us += CONVERSION_US[(config >> 9) & 7];
		if (mode & 2)
			us += CONVERSION_US[(config >> 6) & 7];
		if (mode & 4)
			us += CONVERSION_US[(config >> 3) & 7];
		return us * AVERAGES[config & 7] * 1000;
	}

	restart() {
		this.machine.agenda.cancel(this.due);
		this.due = null;
		if (this.registers[ADC_CONFIG] & 0x8000 && this.cycleNanos)
			this.due = this.machine.after(this.cycleNanos, () => this.convert());
	}

	convert() {
		const { volts, shunt } = this.inputs(this.machine.now), seconds = this.cycleNanos / 1e9;
		const narrow = this.registers[CONFIG] & NARROW;
		this.shunt = clamp(Math.round(shunt / (narrow ? 78.125e-9 : 312.5e-9)), 19);
		this.bus = clamp(Math.round(volts / 195.3125e-6), 19);
		this.temperature = clamp(Math.round(this.celsius / 7.8125e-3), 15);
		const calibration = this.registers[SHUNT_CAL];
		this.current = clamp(calibration ? Math.round((this.shunt * 4096) / calibration) : 0, 19);
		this.power = Math.round((Math.abs(this.current) * Math.abs(this.bus)) / 16384);
		this.energy += (this.power * seconds) / 16;
		this.charge += this.current * seconds;
		if (this.energy >= 2 ** 40) {
			this.energy -= 2 ** 40;
			this.diagnosis |= ENERGY_OVERFLOW;
		}
		if (this.charge >= 2 ** 39 || this.charge < -(2 ** 39)) {
			this.charge -= Math.sign(this.charge) * 2 ** 40;
			this.diagnosis |= CHARGE_OVERFLOW;
		}
		this.diagnosis |= CONVERSION_READY;
		this.conversions++;
		this.onConversion?.(this);
		this.restart();
	}

	// ---- registers ----

	get(register) {
		switch (register) {
			case VSHUNT:
				return (this.shunt & 0xfffff) << 4 >>> 0;
			case VBUS:
				return (this.bus & 0xfffff) << 4 >>> 0;
			case CURRENT:
				return (this.current & 0xfffff) << 4 >>> 0;
			case POWER:
				return this.power;
			case DIETEMP:
				return this.temperature & 0xffff;
			case ENERGY:
				this.diagnosis &= ~ENERGY_OVERFLOW;
				return Math.floor(this.energy);
			case CHARGE:
				this.diagnosis &= ~CHARGE_OVERFLOW;
				return Math.floor(this.charge) + (this.charge < 0 ? 2 ** 40 : 0);
			case DIAG_ALRT: {
				const value = this.diagnosis;
				this.diagnosis &= ~CONVERSION_READY;
				return value;
			}
		}
		return this.registers[register] ?? 0;
	}

	set(register, value) {
		if (register === CONFIG) {
			if (value & RESET)
				return this.powerOn();
			if (value & RESET_ACCUMULATORS)
				this.clear();
			value &= ~RESET_ACCUMULATORS;
		}
		if (register in this.registers && register < MANUFACTURER_ID)
			this.registers[register] = value;
		if (register === SHUNT_CAL)
			this.registers[register] &= 0x7fff;
		if (register === CONFIG || register === ADC_CONFIG)
			this.restart();
	}

	// ---- the bus: a pointer, then two bytes to write; or what the pointer is at, most significant byte first ----

	start(isRead) {
		if (isRead) {
			let value = this.get(this.pointer);
			this.out = [];
			for (let i = BYTES[this.pointer] ?? 2; i > 0; i--, value = Math.floor(value / 256))
				this.out.unshift(value % 256);
		} else {
			this.in = [];
		}
	}

	write(byte) {
		this.in.push(byte);
		if (this.in.length === 1)
			this.pointer = byte;
		if (this.in.length === 3)
			this.set(this.pointer, (this.in[1] << 8) | this.in[2]);
		return true;
	}

	read() {
		return this.out.length ? this.out.shift() : 0xff;
	}

	stop() {}
}

function clamp(value, bits) {
	return Math.max(-(2 ** bits), Math.min(2 ** bits - 1, value));
}
