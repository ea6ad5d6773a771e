// S0 pulses: each is counted once, with its leading edge; what is shorter than settle_us, and bouncing, is none.
import assert from 'node:assert/strict';
import test from 'node:test';
import { INPUTS } from './emulator/board.mjs';
import { Rig } from './emulator/rig.mjs';
import { LINE, TYPE, WATCH, countsOf, make } from './emulator/wire.mjs';

const SETTLE = 30e3; // us: IEC 62053-31

function counting(settle = SETTLE, period = 100e3) {
	const rig = new Rig({ startTicks: 2 ** 32 - 2e6 });
	rig.begin();
	for (const name of INPUTS)
		rig.ask(TYPE.INPUT, make.input(LINE[name], WATCH.COUNT, 0, settle));
	rig.ask(TYPE.COUNT_START, make.countStart(period));
	return rig;
}

const counts = (rig) => rig.of(TYPE.COUNTS).map((frame) => countsOf(frame.payload));
const tick = (rig, time) => Math.floor((time - rig.machine.chip.peripherals[0x40054].originNanos()) / 1000);

test('pulses at planted instants: exact counts, and when the last one began', () => {
	const rig = counting(), start = rig.machine.now + 10e6;
	const pulses = { IN1: [60, 40], IN2: [25, 90], IN3: [40, 31], IN4: [3, 500] }; // how many, how many ms long
	for (const [name, [n, ms]] of Object.entries(pulses))
		for (let i = 0; i < n; i++) {
			rig.board.plant(name, true, start + i * (ms + 35) * 1e6);
			rig.board.plant(name, false, start + i * (ms + 35) * 1e6 + ms * 1e6);
		}
	rig.run(6e9);
	const last = counts(rig).at(-1);
	INPUTS.forEach((name, i) => {
		const begun = start + (pulses[name][0] - 1) * (pulses[name][1] + 35) * 1e6;
		assert.equal(last.inputs[i].pulses, pulses[name][0], name);
		assert.ok(Math.abs(last.inputs[i].last - tick(rig, begun)) <= 2, `${name}: ${last.inputs[i].last}, not ${tick(rig, begun)}`);
	});
	const gaps = counts(rig).slice(1).map((c, i) => c.ticks - counts(rig)[i].ticks);
	assert.ok(gaps.every((us) => Math.abs(us - 100e3) < 12e3), `told each ${Math.min(...gaps)} to ${Math.max(...gaps)} us`);
	assert.equal(rig.edges.length, 0, 'a line that is counted tells no edges');
});

test('bounces and spikes are no pulses, and a pulse that bounces is one', () => {
	const rig = counting(), start = rig.machine.now + 10e6;
	let at = start;
	const bounce = (name, into) => {
		for (let i = 0; i < 7; i++, at += 0.3e6)
			rig.board.plant(name, i % 2 === 0 ? into : !into, at);
	};
	for (let i = 0; i < 20; i++) {
		bounce('IN2', true);
		at += 45e6;
		bounce('IN2', false);
		at += 45e6;
		rig.board.plant('IN1', true, at); // a spike of 29 ms
		rig.board.plant('IN1', false, at + 29e6);
		at += 60e6;
	}
	rig.run(at - rig.machine.now + 200e6);
	const last = counts(rig).at(-1);
	assert.deepEqual(last.inputs.map((input) => input.pulses), [0, 20, 0, 0]);
});

test('fast pulses without settling: all of them', () => {
	const rig = counting(0, 50e3), start = rig.machine.now + 10e6, n = 3000;
	for (let i = 0; i < n; i++) {
		rig.board.plant('IN3', true, start + i * 200e3);
		rig.board.plant('IN3', false, start + i * 200e3 + 40e3);
	}
	rig.run(n * 200e3 + 200e6);
	assert.equal(counts(rig).at(-1).inputs[2].pulses, n);
	rig.ask(TYPE.COUNT_STOP);
	const told = counts(rig).length;
	rig.run(300e6);
	assert.equal(counts(rig).length, told);
});

test('beside an ADC at 100 kS/s', () => {
	const rig = counting(), start = rig.machine.now + 10e6;
	rig.ask(TYPE.ADC_START, make.adcStart(100000, 3));
	for (let i = 0; i < 15; i++) {
		rig.board.plant('IN4', true, start + i * 120e6);
		rig.board.plant('IN4', false, start + i * 120e6 + 60e6);
	}
	rig.run(2e9);
	assert.equal(counts(rig).at(-1).inputs[3].pulses, 15);
	rig.ask(TYPE.ADC_STOP);
});
