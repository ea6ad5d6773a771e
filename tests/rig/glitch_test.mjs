// Edges of one line that come faster than the interrupt can tell them apart: none is missing, levels alternate, the last one is true.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Rig } from './emulator/rig.mjs';
import { LINE, TYPE, WATCH, make } from './emulator/wire.mjs';

// Bursts of a line's edges, `gaps` ns apart, one burst a millisecond.
function judge(bursts) {
	const rig = new Rig();
	const { stamp_u_ns } = rig.begin();
	rig.ask(TYPE.INPUT, make.input(LINE.IN2, WATCH.EDGES));
	rig.run(5e6);
	rig.edges.length = rig.truth.length = 0;
	let at = rig.machine.now, level = false;
	bursts.forEach((gaps, i) => {
		at += 1e6 + (i % 125) * 8;
		for (let n = 0, edge = at; n <= gaps.length; n++) {
			rig.board.plant('IN2', (level = !level), edge);
			edge += gaps[n];
		}
	});
	rig.run(at - rig.machine.now + 10e6);
	const origin = rig.machine.chip.peripherals[0x40054].originNanos();
	rig.edges.forEach((edge, i) => {
		assert.equal(edge.high, rig.truth[i].high ? 1 : 0, `edge ${i}`);
		assert.equal(edge.number, (rig.edges[0].number + i) & 0xffff);
		const distance = edge.ticks * 1000 - (rig.truth[i].time - origin);
		assert.ok(Math.abs(distance) <= stamp_u_ns, `edge ${i} is stamped ${distance} ns from the truth`);
	});
	assert.equal(rig.edges.length, rig.truth.length);
}

const sweep = (from, to, step) => Array.from({ length: Math.floor((to - from) / step) }, (_, i) => from + i * step);

test('a pulse of any width, from 16 ns to 3 us', () => judge(sweep(16, 3000, 8).map((width) => [width])));

test('three edges before the interrupt looks', () => judge(sweep(16, 96, 8).map((gap) => [gap, gap])));

test('a short pulse, and one edge more that comes while it is told', () => judge(sweep(16, 1800, 8).map((gap) => [40, gap])));

test('an edge, and a pulse of 40 ns that comes while it is told', () => judge(sweep(16, 1800, 8).map((gap) => [gap, 40])));

test('inputs that oscillate at 1 MHz, watched and counted: it is said that edges were lost, the rest goes on, and then all is well', () => {
	const rig = new Rig();
	rig.begin();
	for (const [name, watch] of [['IN1', WATCH.EDGES], ['IN2', WATCH.EDGES], ['IN3', WATCH.COUNT]])
		rig.ask(TYPE.INPUT, make.input(LINE[name], watch));
	rig.ask(TYPE.ADC_START, make.adcStart(10000, 1));
	rig.run(5e6);
	const stop = rig.machine.now + 300e6;
	let high = false;
	const swing = () => {
		rig.board.set('IN2', (high = !high));
		rig.board.set('IN3', high);
		if (rig.machine.now < stop)
			rig.machine.after(500, swing);
	};
	swing();
	rig.run(100e6);
	rig.ask(TYPE.SYNC);
	rig.run(250e6);
	const { edges, sets } = rig.lost();
	const seen = rig.edges.filter((edge) => edge.line === LINE.IN2);
	const holes = seen.reduce((sum, edge, i) => sum + (i && ((edge.number - seen[i - 1].number) & 0xffff) > 1 ? 1 : 0), 0);
	assert.ok(edges > 1000 && holes > 20, `${edges} lost, ${holes} holes`);
	assert.equal(sets, 0);
	rig.board.set('IN2', false);
	rig.board.set('IN3', false);
	rig.run(20e6);
	rig.edges.length = rig.truth.length = 0;
	for (let i = 0; i < 20; i++)
		rig.board.plant(i % 2 ? 'IN1' : 'IN2', (i >> 1) % 2 === 0, rig.machine.now + 1e6 + i * 1e6);
	rig.run(50e6);
	assert.deepEqual(rig.edges.map((edge) => [edge.line, edge.high]), rig.truth.map((t) => [LINE[t.terminal], t.high ? 1 : 0]));
	assert.equal(rig.machine.resets.watchdog, 0);
});

test('a short storm, which the queues can hold: its loss is said all the same', () => {
	const rig = new Rig();
	rig.begin();
	rig.ask(TYPE.INPUT, make.input(LINE.IN2, WATCH.EDGES));
	rig.ask(TYPE.INPUT, make.input(LINE.IN3, WATCH.COUNT));
	rig.run(5e6);
	for (let i = 0, at = rig.machine.now + 1e6; i < 1200; i++, at += 520)
		rig.board.plant(i % 2 ? 'IN3' : 'IN2', (i >> 1) % 2 === 0, at);
	rig.run(50e6);
	rig.board.set('IN2', true);
	rig.run(5e6);
	const last = rig.edges.at(-1), { edges } = rig.lost();
	const seen = rig.edges.length, told = last.number + 1;
	assert.ok(edges > 0 && edges >= told - seen, `${edges} lost; numbers say ${told}, ${seen} came`);
	assert.ok(seen < 601 ? told > seen : true, 'the hole is seen in the numbers');
});
