// The host goes away and comes back: outputs go low, streams end, and it is counted. And the self-test.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Rig } from './emulator/rig.mjs';
import { CHECK, LINE, TYPE, WATCH, make, read, samplesOf } from './emulator/wire.mjs';

function busy() {
	const rig = new Rig();
	rig.begin();
	rig.ask(TYPE.SET_OUTPUT, make.setOutput(LINE.OUT1, true));
	rig.ask(TYPE.SET_OUTPUT, make.setOutput(LINE.OUT2, true));
	rig.ask(TYPE.INPUT, make.input(LINE.IN1, WATCH.EDGES));
	rig.ask(TYPE.ADC_START, make.adcStart(20000, 3));
	rig.ask(TYPE.POWER_START, make.powerStart({}), 2e9);
	rig.run(100e6);
	return rig;
}

const outputsLow = (rig) => !rig.board.levels.OUT1 && !rig.board.levels.OUT2;
// A device that streams still would say so.
function silent(rig) {
	rig.run(20e6); // what was under way
	rig.frames.length = rig.edges.length = 0;
	rig.board.set('IN1', !rig.board.levels.IN1);
	rig.run(200e6);
	return rig.frames.filter((f) => f.type >= 0x80 && f.type !== TYPE.LOST).length === 0;
}

test('unplugged: outputs go low within 10 ms; plugged in again it is the same rig, at rest', () => {
	const rig = busy(), at = rig.machine.now;
	rig.host.unplug();
	rig.until(() => outputsLow(rig), 100e6, 'outputs low');
	assert.ok(rig.machine.now - at < 10e6, `${(rig.machine.now - at) / 1e6} ms`);
	rig.run(2e9);
	rig.host.plug();
	rig.until(() => rig.host.ready, 3e9);
	rig.sequence = null;
	rig.reader.pending = [];
	const identity = rig.hello();
	assert.deepEqual([identity.boots, rig.machine.resets.watchdog], [0, 0]);
	assert.ok(silent(rig));
	assert.ok(rig.lost().host_left >= 1);
});

test('suspended: outputs go low, streams end; resumed it answers', () => {
	const rig = busy();
	rig.host.suspend();
	rig.until(() => outputsLow(rig), 100e6, 'outputs low');
	rig.run(1e9);
	rig.host.resume();
	rig.run(100e6);
	rig.reader.pending = [];
	rig.sequence = null;
	rig.hello();
	assert.ok(silent(rig));
	assert.ok(rig.lost().host_left >= 1);
});

test('suspended and resumed time and again, by a host that resets a device once when it meets it: outputs go low each time', () => {
	const rig = new Rig({ resets: 1 });
	rig.begin();
	for (let i = 1; i <= 3; i++) {
		rig.ask(TYPE.SET_OUTPUT, make.setOutput(LINE.OUT2, true));
		rig.host.suspend();
		rig.until(() => outputsLow(rig), 10e6, 'outputs low');
		rig.run(50e6);
		rig.host.resume();
		rig.run(20e6);
		rig.reader.pending = [];
		rig.sequence = null;
		rig.hello();
		assert.equal(rig.lost().host_left, i);
	}
});

test('a bus reset, and being configured anew: the same', () => {
	const rig = busy();
	rig.host.meet();
	rig.until(() => !rig.host.ready);
	rig.until(() => outputsLow(rig), 300e6, 'outputs low');
	rig.until(() => rig.host.ready, 3e9);
	rig.sequence = null;
	rig.reader.pending = [];
	rig.hello();
	assert.ok(silent(rig));
	assert.ok(rig.lost().host_left >= 1);
});

test('a USB controller that hangs is reset: outputs go low, and the host finds the rig again', () => {
	const rig = busy(), at = rig.machine.now;
	rig.machine.chip.sie.hang();
	rig.until(() => outputsLow(rig), 300e6, 'outputs low');
	const low = (rig.machine.now - at) / 1e6;
	rig.until(() => !rig.host.ready, 300e6, 'it is seen to be gone');
	rig.until(() => rig.host.ready, 3e9, 'it is found again');
	rig.sequence = null;
	rig.reader.pending = [];
	const identity = rig.hello();
	assert.deepEqual([identity.boots, rig.machine.resets.watchdog], [0, 0]);
	assert.ok(silent(rig));
	assert.equal(rig.lost().host_left, 1);
	console.log(`# outputs were low ${low.toFixed(0)} ms after the controller hung`);
	rig.run(3e9);
	assert.equal(rig.host.enumerations, 2, 'and it is left alone');
});

test('many times over, in the midst of everything', () => {
	const rig = busy();
	for (let i = 0; i < 12; i++) {
		if (i % 3 === 0)
			rig.host.unplug();
		rig.run((i * 3.7e6) % 40e6);
		rig.host.plug();
		rig.until(() => rig.host.ready, 3e9);
		rig.sequence = null;
		rig.reader.pending = [];
		rig.reader.bad = 0;
		rig.hello();
		rig.ask(TYPE.SET_OUTPUT, make.setOutput(LINE.OUT1, true));
		rig.ask(TYPE.ADC_START, make.adcStart(50000, 3));
		rig.run(i * 1.1e6);
	}
	assert.equal(rig.machine.resets.watchdog, 0);
});

test('STOP: streams end and outputs go low, with the host there', () => {
	const rig = busy();
	rig.ask(TYPE.STOP);
	assert.ok(outputsLow(rig));
	assert.ok(silent(rig));
	assert.equal(rig.lost().host_left, 0);
});

test('self-test: all is well, wired or not', () => {
	for (const [wires, delays] of [[[], null], [[{ from: 'OUT1', to: 'IN1', delay: 4000 }], 4000]]) {
		const rig = new Rig({ wires });
		rig.begin();
		const result = read('self_test', rig.ask(TYPE.SELF_TEST, undefined, 3e9));
		const expected = CHECK.CODE | CHECK.MEMORY | CHECK.TIMER | CHECK.ADC | CHECK.OUT1 | CHECK.POWER | CHECK.SERIAL | (delays ? CHECK.LOOP : 0);
		assert.deepEqual([result.passed, result.failed], [expected, 0]);
		assert.ok(Math.abs(result.temperature_mc - 27000) < 1000 && result.stack_left > 256, JSON.stringify(result));
		for (const ns of result.loop_delay_ns)
			assert.ok(delays ? Math.abs(ns - delays) <= 2000 : ns === -0x80000000, `${ns} ns`);
		rig.run(10e6);
		assert.ok(outputsLow(rig));
	}
});

// Suspended in the midst of it: OUT1 stays low, and the next host's stream is whole.
test('self-test: it ends with its host', () => {
	const sets = 7500;
	for (let after = 0; after < 36; after += 2) {
		const rig = new Rig();
		rig.begin();
		rig.board.analog[0] = () => 100;
		rig.command(TYPE.SELF_TEST);
		rig.run(after * 1e6);
		rig.host.suspend();
		rig.run(4e6);
		const left = rig.machine.now;
		assert.ok(outputsLow(rig), `${after} ms`);
		rig.host.resume();
		rig.sequence = null;
		rig.reader.pending = [];
		rig.hello();
		rig.frames.length = 0;
		rig.ask(TYPE.ADC_START, make.adcStart(50000, 1));
		rig.run(sets * 20e3);
		const codes = rig.of(TYPE.SAMPLES).flatMap((frame) => [...samplesOf(frame.payload).codes]);
		assert.ok(codes.length > 0.9 * sets && codes.every((code) => code === 100), `${after} ms: ${codes.length} of ${sets} sets`);
		assert.deepEqual(rig.truth.filter((t) => t.terminal === 'OUT1' && t.high && t.time > left), [], `${after} ms`);
		rig.ask(TYPE.ADC_STOP);
		const { failed } = read('self_test', rig.ask(TYPE.SELF_TEST, undefined, 3e9));
		assert.equal(failed, 0, `${after} ms: and then it is made anew`);
	}
});

test('self-test: what is wrong fails, and nothing else does', () => {
	const wrong = {
		ADC: (rig) => { rig.board.temperature = 0; },
		POWER: (rig) => { rig.ina.registers[0x3e] = 0x1234; },
		OUT1: (rig) => { rig.machine.chip.gpio[rig.board.pins.PIN_SENSE].drive = () => {}; },
		CODE: (rig) => { rig.machine.chip.sram[0x180] ^= 1; },
		SERIAL: (rig) => { rig.machine.chip.flash[0x1ff000 + 20] ^= 1; },
	};
	for (const [name, spoil] of Object.entries(wrong)) {
		const rig = new Rig();
		if (name === 'SERIAL' || name === 'POWER')
			spoil(rig);
		rig.begin();
		if (name !== 'SERIAL')
			spoil(rig);
		const result = read('self_test', rig.ask(TYPE.SELF_TEST, undefined, 3e9));
		assert.equal(result.failed, CHECK[name], `${name}: failed is ${result.failed.toString(2)}`);
	}
	const rig = new Rig();
	rig.begin();
	rig.ask(TYPE.ADC_START, make.adcStart(1000, 1));
	assert.throws(() => rig.ask(TYPE.SELF_TEST), { reason: 4 });
});
