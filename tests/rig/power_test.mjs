// The INA228: what its registers hold is what comes, bit for bit; a part that stalls, or is not there, stops nothing else.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Rig } from './emulator/rig.mjs';
import { LINE, TYPE, WATCH, make, read } from './emulator/wire.mjs';

const readings = (rig) => rig.of(TYPE.POWER).map((frame) => read('power', frame.payload));
// Continuous, 540 us each of bus and shunt, no averaging.
const FAST = 0xb000 | 4 << 9 | 4 << 6;

function measuring(options = {}, start = {}) {
	const rig = new Rig(options);
	rig.begin();
	const log = []; // after each conversion
	rig.ina.onConversion = (ina) => log.push({
		time: rig.machine.now, energy: Math.floor(ina.energy), charge: Math.floor(ina.charge), power: ina.power, voltage: ina.bus, current: ina.current,
	});
	const started = read('power_started', rig.ask(TYPE.POWER_START, make.powerStart({ period: 10000, calibration: 4050, config: FAST, ...start }), 2e9));
	return { rig, log, started };
}

// The truth of the registers at an instant.
function truthAt(log, time) {
	let low = 0, high = log.length;
	while (low + 1 < high) {
		const middle = (low + high) >> 1;
		if (log[middle].time <= time)
			low = middle;
		else
			high = middle;
	}
	return log[low];
}

test('its settings are read back as they were written', () => {
	const { started } = measuring({}, { narrow: 1, calibration: 1234 });
	assert.deepEqual([started.device_id, started.config & 0x10, started.adc_config, started.shunt_cal], [0x2281, 0x10, FAST, 1234]);
});

test('readings are exact: energy of the instant it was read at, the rest of a conversion near it', () => {
	const { rig, log } = measuring({ startTicks: 2 ** 32 - 1e6 });
	rig.ina.inputs = (ns) => ({ volts: 12 + Math.sin(ns * 1e-8), shunt: 0.02 * Math.sin(ns * 3e-9) });
	rig.run(3e9);
	const origin = rig.machine.chip.peripherals[0x40054].originNanos(), all = readings(rig);
	assert.ok(all.length > 280, `${all.length} readings`);
	for (const reading of all) {
		const middle = reading.ticks * 1000 + origin, half = (reading.u_us + 1) * 1000;
		const energies = new Set([truthAt(log, middle - half).energy, truthAt(log, middle).energy, truthAt(log, middle + half).energy]);
		assert.ok(energies.has(reading.energy), `energy ${reading.energy} at ${reading.ticks}: ${[...energies]}`);
		for (const name of ['power', 'voltage', 'current', 'charge']) {
			const near = log.filter((row) => row.time > middle - 6e6 && row.time < middle + 6e6).map((row) => row[name]);
			assert.ok(near.includes(reading[name]), `${name} ${reading[name]} at ${reading.ticks}: ${near}`);
		}
		assert.equal(reading.temperature, 3200);
		assert.equal(reading.failed, 0);
	}
	assert.ok(all.some((r) => r.current < 0) && all.some((r) => r.current > 0));
	const gaps = all.slice(1).map((r, i) => r.ticks - all[i].ticks);
	assert.ok(gaps.every((us) => Math.abs(us - 10000) < 1500), `read each ${Math.min(...gaps)} to ${Math.max(...gaps)} us`);
	console.log(`# energy known to +-${Math.max(...all.map((r) => r.u_us))} us`);
});

test('the accumulator\'s overflow, and its reset', () => {
	const { rig } = measuring();
	rig.ina.inputs = () => ({ volts: 48, shunt: 0.1 });
	rig.ina.energy = 2 ** 40 - 1e5;
	rig.run(1e9);
	const all = readings(rig);
	assert.ok(all.some((r) => r.energy > 2 ** 39) && all.at(-1).energy < 2 ** 39, 'it rolled over');
	assert.ok(all.at(-1).energy > 0);
	rig.ask(TYPE.POWER_STOP);
	rig.run(50e6);
	rig.ask(TYPE.POWER_START, make.powerStart({ calibration: 4050, config: FAST, reset: 1 }), 2e9);
	const before = rig.of(TYPE.POWER).length;
	rig.run(50e6);
	assert.ok(readings(rig)[before].energy < all.at(-1).energy);
});

test('a part that stalls, or does not answer, stops nothing else; it comes back by itself', () => {
	const { rig } = measuring();
	rig.ask(TYPE.INPUT, make.input(LINE.IN1, WATCH.EDGES));
	rig.ask(TYPE.ADC_START, make.adcStart(10000, 1));
	for (const fault of ['stall', 'nak', 'data', 'stuck', 'stall']) {
		rig.run(200e6);
		const failed = readings(rig).at(-1).failed, edges = rig.edges.length, at = rig.machine.now;
		rig.i2c.setFault(fault);
		for (let i = 0; i < 20; i++)
			rig.board.plant('IN1', i % 2 === 0, at + 10e6 + i * 15e6);
		rig.run(400e6);
		const { received, sent } = read('sync', rig.ask(TYPE.SYNC, undefined, 5e6));
		assert.ok(sent - received < 1000, `${fault}: a reply after ${sent - received} us`);
		assert.equal(rig.edges.length, edges + 20, fault);
		if (fault === 'stuck')
			assert.equal(rig.i2c.fault, null, 'the bus was not clocked free');
		rig.i2c.setFault(null);
		rig.run(300e6);
		const last = readings(rig).at(-1), age = rig.machine.ticks - last.ticks;
		assert.ok(age < 50e3, `${fault}: the last reading is ${age} us old, ${JSON.stringify(last)}`);
		assert.ok(last.failed > failed, `${fault}: no failure was told`);
	}
	const lost = rig.lost();
	assert.deepEqual([lost.edges, lost.sets, lost.frames, rig.machine.resets.watchdog], [0, 0, 0, 0]);
});

test('without a part, or with one that does not answer, it is refused and the rest goes on', () => {
	for (const [options, fault] of [[{ power: false }, null], [{}, 'nak'], [{}, 'stall']]) {
		const rig = new Rig(options);
		rig.begin();
		rig.i2c.setFault(fault);
		assert.throws(() => rig.ask(TYPE.POWER_START, make.powerStart({}), 2e9), { reason: 5 });
		rig.ask(TYPE.SYNC);
	}
	assert.throws(() => measuring({}, { period: 999 }), { reason: 3, limit: 1000 });
});
