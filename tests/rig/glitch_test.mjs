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
