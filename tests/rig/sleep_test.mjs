// The core sleeps when there is nothing to do: what this emulator's speed rests on, and on silicon the quiet that the ADC wants.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Rig } from './emulator/rig.mjs';
import { LINE, TYPE, WATCH, make } from './emulator/wire.mjs';

// Share of virtual time in which instructions are executed, while `nanos` pass.
function busy(rig, nanos) {
	const { machine } = rig, { instruct } = machine;
	let spent = 0;
	machine.instruct = (chip) => {
		const begun = chip.clock.nanos;
		instruct.call(machine, chip);
		spent += chip.clock.nanos - begun;
	};
	rig.run(nanos);
	machine.instruct = instruct;
	return spent / nanos;
}

test('at rest it works for less than one part in 500, and samples cost what they cost', () => {
	const rig = new Rig();
	rig.begin();
	const shares = { 'at rest': busy(rig, 1e9) };
	for (const name of ['IN1', 'IN2', 'IN3', 'IN4'])
		rig.ask(TYPE.INPUT, make.input(LINE[name], WATCH.EDGES));
	for (const [rate, channels] of [[1000, 1], [50000, 1], [50000, 3], [200000, 3]]) {
		rig.ask(TYPE.ADC_START, make.adcStart(rate, channels));
		rig.run(20e6);
		shares[`${rate}/s of ${channels === 3 ? 2 : 1}`] = busy(rig, 100e6);
		rig.ask(TYPE.ADC_STOP);
		rig.frames.length = 0;
	}
	console.log(`# busy: ${Object.entries(shares).map(([what, share]) => `${what} ${(100 * share).toFixed(2)} %`).join(', ')}`);
	assert.ok(shares['at rest'] < 0.002);
	assert.ok(shares['50000/s of 1'] < 0.07);
	assert.ok(shares['200000/s of 2'] < 0.5);
});
