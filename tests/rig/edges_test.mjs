// Stamps of planted edges, in virtual time: none is missing or invented, none is farther from the truth than the device says.
import assert from 'node:assert/strict';
import test from 'node:test';
import { INPUTS } from './emulator/board.mjs';
import { random } from './emulator/random.mjs';
import { Rig } from './emulator/rig.mjs';
import { LINE, NO_SAMPLE, TYPE, WATCH, make, read } from './emulator/wire.mjs';

const LONG = !!process.env.RIG_LONG;

function watching(options = {}) {
	const rig = new Rig(options);
	const identity = rig.begin();
	for (const name of INPUTS)
		rig.ask(TYPE.INPUT, make.input(LINE[name], WATCH.EDGES));
	return { rig, identity };
}

// Every planted edge of every line against what came, in order. Returns signed distances, stamp - truth, in ns; the stamp is the tick's start.
function judge(rig, u_ns) {
	const origin = rig.machine.chip.peripherals[0x40054].originNanos(), distances = [];
	for (const name of [...INPUTS, 'OUT1', 'OUT2']) {
		const planted = rig.truth.filter((t) => t.terminal === name && t.counted !== false);
		const seen = rig.edges.filter((edge) => edge.line === LINE[name]);
		assert.equal(seen.length, planted.length, `${name}: ${seen.length} edges came of ${planted.length}`);
		seen.forEach((edge, i) => {
			const distance = edge.ticks * 1000 - (planted[i].time - origin);
			assert.equal(edge.high, planted[i].high ? 1 : 0, `${name}, edge ${i}`);
			assert.equal(edge.number, (seen[0].number + i) & 0xffff, `${name}, edge ${i}`);
			assert.ok(Math.abs(distance) <= u_ns, `${name}, edge ${i}: stamped ${distance} ns from the truth, and the device promises ${u_ns}`);
			distances.push(distance);
		});
	}
	const sorted = rig.edges.map((edge) => edge.ticks);
	assert.ok(sorted.every((t, i) => i === 0 || t >= sorted[i - 1]), 'edges come in the order of time');
	return distances;
}

// Of each frame's edges, too: what is planted while nothing else goes on is in the tick that it is stamped with.
test('alone, an edge has the tick in which it was: 0 ticks off', () => {
	const { rig, identity } = watching({ startTicks: 2 ** 32 - 1e6 });
	const origin = rig.machine.chip.peripherals[0x40054].originNanos(); // a tick begins a whole number of us after it
	const start = origin + Math.ceil((rig.machine.now - origin) / 1000) * 1000 + 5e6;
	const n = LONG ? 4000 : 400;
	for (let i = 0; i < n; i++)
		rig.board.plant(INPUTS[i % 4], (i >> 2) % 2 === 0, start + i * 5e6 + 8 * (i % 70)); // 0 to 0.55 us into a tick: the stamp comes up to 0.4 us later
	rig.run(n * 5e6 + 50e6);
	judge(rig, identity.stamp_u_ns);
	assert.equal(rig.edges.length, n);
	const truth = rig.truth.filter((t) => t.terminal.startsWith('IN'));
	const off = rig.edges.map((edge, i) => edge.ticks - Math.floor((truth[i].time - origin) / 1000));
	assert.deepEqual([...new Set(off)], [0]);
	assert.ok(rig.edges[0].ticks < 2 ** 32 && rig.edges.at(-1).ticks > 2 ** 32, 'the 32-bit counter rolled over in between');
	assert.ok(rig.edges.every((edge) => edge.sample === NO_SAMPLE));
});

test('at any instant, in bursts, on four lines at once, over the roll-over: within what the device promises, none lost', () => {
	for (const seed of LONG ? [1, 2, 3, 4, 5, 6, 7, 8] : [1, 2]) {
		const { rig, identity } = watching({ startTicks: 2 ** 32 - 0.4e6, seed });
		const draw = random(seed), start = rig.machine.now + 20e6;
		let at = start, planted = 0;
		const level = { IN1: false, IN2: false, IN3: false, IN4: false };
		const flip = (name, time) => {
			level[name] = !level[name];
			rig.board.plant(name, level[name], time);
			planted++;
		};
		while (planted < 600) {
			const what = draw();
			if (what < 0.5) {
				flip(INPUTS[Math.floor(draw() * 4)], at);
			} else if (what < 0.75) {
				for (const name of INPUTS) // all at the very same instant
					flip(name, at);
			} else { // a burst of one line, or of two that interleave
				const a = INPUTS[Math.floor(draw() * 4)], b = INPUTS[Math.floor(draw() * 4)];
				for (let i = 0; i < 8; i++)
					flip(i % 2 ? a : b, (at += 2500 + Math.floor(draw() * 4000)));
			}
			at += 10e3 + Math.floor(draw() * 3e6);
		}
		rig.run(at - rig.machine.now + 100e6);
		const distances = judge(rig, identity.stamp_u_ns);
		const lost = rig.lost();
		assert.deepEqual([rig.edges.length, lost.edges, lost.frames, rig.holes], [planted, 0, 0, 0]);
		assert.ok(rig.edges.some((edge) => edge.ticks < 2 ** 32) && rig.edges.some((edge) => edge.ticks >= 2 ** 32));
		console.log(`# seed ${seed}: ${planted} edges, stamps ${Math.min(...distances).toFixed(0)} to ${Math.max(...distances).toFixed(0)} ns from the truth, promised ${identity.stamp_u_ns}`);
	}
});

test('while the ADC streams at 200 kS/s, the INA228 is read, outputs are set and exchanges asked for: within what the device promises', () => {
	const { rig, identity } = watching();
	rig.ask(TYPE.ADC_START, make.adcStart(100000, 3));
	rig.ask(TYPE.POWER_START, make.powerStart({ period: 2000, config: 0xb000 | 4 << 9 | 4 << 6 }), 2e9);
	const draw = random(11), start = rig.machine.now, n = LONG ? 20000 : 1500;
	let at = start;
	for (let i = 0; i < n; i++)
		rig.board.plant(INPUTS[i % 3], (Math.floor(i / 3) & 1) === 0, (at += 20e3 + Math.floor(draw() * 600e3)));
	for (let i = 0; rig.machine.now < at; i++) {
		rig.command(TYPE.SET_OUTPUT, make.setOutput(i & 1 ? LINE.OUT2 : LINE.OUT1, (i & 2) === 0), 0x80000000);
		rig.command(TYPE.SYNC);
		rig.run(400e3 + draw() * 900e3);
	}
	rig.run(50e6);
	const distances = judge(rig, identity.stamp_u_ns), lost = rig.lost();
	assert.deepEqual([lost.edges, lost.sets, lost.frames, rig.holes], [0, 0, 0, 0]);
	console.log(`# ${distances.length} edges, stamps ${Math.min(...distances).toFixed(0)} to ${Math.max(...distances).toFixed(0)} ns from the truth, promised ${identity.stamp_u_ns}`);
});

test('an input that is said to be inverted tells the opposite level, from its watching on', () => {
	const rig = new Rig();
	rig.begin();
	rig.ask(TYPE.INPUT, make.input(LINE.IN4, WATCH.EDGES, 1));
	for (let i = 0; i < 6; i++)
		rig.board.plant('IN4', i % 2 === 0, rig.machine.now + (i + 1) * 1e6);
	rig.run(20e6);
	assert.deepEqual(rig.edges.map((edge) => edge.high), [0, 1, 0, 1, 0, 1]);
});

test('an output, its edge and what it is wired to', () => {
	const { rig, identity } = watching({ wires: [{ from: 'OUT1', to: 'IN1', delay: 3000 }, { from: 'OUT2', to: 'IN4', delay: 700 }] });
	for (let i = 0; i < 60; i++) {
		const line = i % 2 ? 'OUT2' : 'OUT1', high = (i >> 1) % 2 === 0;
		const { ticks } = read('output_set', rig.ask(TYPE.SET_OUTPUT, make.setOutput(LINE[line], high)));
		rig.run(1e6 + i * 12345);
		const told = rig.edges.filter((edge) => edge.line === LINE[line]).at(-1);
		assert.deepEqual([told.ticks, told.high], [ticks, high ? 1 : 0]);
	}
	judge(rig, identity.stamp_u_ns);
	const before = rig.edges.length;
	rig.ask(TYPE.SET_OUTPUT, make.setOutput(LINE.OUT1, rig.board.levels.OUT1));
	rig.run(5e6);
	assert.equal(rig.edges.length, before, 'an output that stays as it is has no edge');
	assert.throws(() => rig.ask(TYPE.SET_OUTPUT, make.setOutput(LINE.IN1, true)), { reason: 3 });
});

test('a line that is not watched tells nothing, nor what happened before it was', () => {
	const rig = new Rig();
	rig.begin();
	rig.board.set('IN2', true);
	rig.run(2e6);
	rig.ask(TYPE.INPUT, make.input(LINE.IN2, WATCH.EDGES));
	rig.run(2e6);
	assert.equal(rig.edges.length, 0);
	rig.board.set('IN2', false);
	rig.run(2e6);
	assert.deepEqual(rig.edges.map((edge) => [edge.line, edge.high]), [[LINE.IN2, 0]]);
	rig.ask(TYPE.INPUT, make.input(LINE.IN2, WATCH.OFF));
	rig.board.set('IN2', true);
	rig.run(2e6);
	assert.equal(rig.edges.length, 1);
});

test('edges too many to be told are counted, and each line\'s numbers have a hole just so wide', () => {
	const { rig } = watching();
	rig.host.stall(true); // nobody reads
	const start = rig.machine.now + 1e6, n = 12000;
	for (let i = 0; i < n; i++)
		rig.board.plant('IN3', i % 2 === 0, start + i * 20e3);
	rig.run(n * 20e3 + 10e6);
	rig.host.stall(false);
	rig.run(400e6);
	const lost = rig.lost(), seen = rig.edges.filter((edge) => edge.line === LINE.IN3);
	const holes = seen.reduce((sum, edge, i) => sum + (i ? (edge.number - seen[i - 1].number - 1) & 0xffff : edge.number), 0);
	rig.board.set('IN3', true); // its number says how many there were after the last one that came
	rig.run(5e6);
	const tail = (rig.edges.at(-1).number - seen.at(-1).number - 1) & 0xffff;
	assert.ok(seen.length < n && seen.length > 500, `${seen.length} came`);
	assert.equal(seen.length + holes + tail, n);
	assert.ok(lost.edges + 15 * lost.frames >= n - seen.length, `${JSON.stringify(lost)} for ${n - seen.length} edges that are missing`);
	assert.ok(rig.of(TYPE.LOST).length > 0, 'the loss was told in band');
	assert.equal(rig.holes, lost.frames);
});
