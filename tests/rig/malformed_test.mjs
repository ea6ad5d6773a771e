// What is no frame, or no command, is refused and counted, and what follows it is taken.
import assert from 'node:assert/strict';
import test from 'node:test';
import { random } from './emulator/random.mjs';
import { Rig } from './emulator/rig.mjs';
import { BODY_MAX, LINE, REASON, TYPE, cobs, frame, make, read } from './emulator/wire.mjs';

const END = Buffer.of(0);
const refusals = (rig) => rig.of(TYPE.REFUSED).map((f) => ({ tag: f.tag, ...read('refused', f.payload) }));

test('garbage, a wrong checksum, bad COBS, too long: each is counted, and the next command is answered', () => {
	const rig = new Rig();
	rig.begin();
	const good = frame(TYPE.SYNC, 77);
	const broken = Buffer.from(good);
	broken[good.length - 3] ^= 4;
	const cases = [Buffer.from('hello\n\0'), broken, Buffer.from([9, 1, 2, 0]), Buffer.concat([Buffer.alloc(400, 0xaa), END]),
		Buffer.concat([good.subarray(0, -1).subarray(2), END]), Buffer.concat([cobs(Buffer.alloc(11)), END]), Buffer.concat([cobs(Buffer.alloc(BODY_MAX + 1, 1)), END])];
	let before = rig.lost();
	for (const [i, bytes] of cases.entries()) {
		rig.run(150e6); // it is told at most 10 times a second
		rig.send(bytes);
		rig.run(20e6);
		const lost = rig.lost(), told = refusals(rig).filter((r) => r.tag === 0);
		assert.equal(lost.malformed, before.malformed + 1, `case ${i}`);
		assert.deepEqual([told.length, told.at(-1)?.command, told.at(-1)?.reason], [i + 1, 0, REASON.MALFORMED], `case ${i}`);
		rig.ask(TYPE.SYNC);
		before = lost;
	}
	rig.send(Buffer.alloc(200)); // ends in a row mean nothing
	rig.run(20e6);
	assert.equal(rig.lost().malformed, before.malformed);
	assert.ok(rig.of(TYPE.LOST).length > 0, 'the count was told in band');
});

test('a command that is none, too short, or with a value that is none: refused with its reason', () => {
	const rig = new Rig();
	rig.begin();
	const cases = [
		[0x3f, Buffer.alloc(0), REASON.UNKNOWN], [0, Buffer.alloc(0), REASON.UNKNOWN], [TYPE.HELLO, Buffer.alloc(7), REASON.LENGTH],
		[TYPE.SET_OUTPUT, Buffer.alloc(3), REASON.LENGTH], [TYPE.SET_OUTPUT, make.setOutput(LINE.OUT1, 0).fill(2, 1, 2), REASON.VALUE, 1],
		[TYPE.SET_OUTPUT, make.setOutput(3, 1), REASON.VALUE, 0], [TYPE.INPUT, make.input(4, 1), REASON.VALUE, 0], [TYPE.INPUT, make.input(0, 3), REASON.VALUE, 1],
		[TYPE.INPUT, make.input(0, 1, 2), REASON.VALUE, 2], [TYPE.ADC_START, make.adcStart(0, 1), REASON.VALUE, 0], [TYPE.COUNT_START, make.countStart(9999), REASON.VALUE, 0],
		[TYPE.COUNT_START, make.countStart(60000001), REASON.VALUE, 0],
	];
	const before = rig.lost();
	for (const [type, payload, reason, offset] of cases)
		assert.throws(() => rig.ask(type, payload), (e) => e.reason === reason && e.command === type && (offset === undefined || e.offset === offset), `type ${type}, ${payload.toString('hex')}`);
	const lost = rig.lost();
	assert.deepEqual([lost.refused - before.refused, lost.malformed - before.malformed], [cases.length, 0]);
	rig.ask(TYPE.SET_OUTPUT, Buffer.concat([make.setOutput(LINE.OUT1, false), Buffer.alloc(30, 7)])); // longer than it knows: taken
});

test('a quiet command is answered only if it is refused', () => {
	const rig = new Rig();
	rig.begin();
	rig.frames.length = 0;
	rig.command(TYPE.SET_OUTPUT, make.setOutput(LINE.OUT2, true), 0x80000000);
	const bad = rig.command(TYPE.SET_OUTPUT, make.setOutput(LINE.OUT2, 1).fill(9, 1, 2), 0x80000000);
	rig.run(50e6);
	assert.equal(rig.board.levels.OUT2, true);
	assert.deepEqual(rig.frames.filter((f) => f.tag).map((f) => [f.type, f.tag]), [[TYPE.REFUSED, bad]]);
});

test('random damage in both directions for a while, then all is well; every good command is answered or refused once', () => {
	const draw = random(5), rig = new Rig();
	rig.begin();
	rig.ask(TYPE.ADC_START, make.adcStart(20000, 1));
	const answers = new Map();
	rig.onFrame = (f) => f.tag && answers.set(f.tag, (answers.get(f.tag) ?? 0) + 1);
	let damaged = 0, sent = [];
	for (let i = 0; i < 400; i++) {
		const bytes = Buffer.from(frame(TYPE.SYNC, ++rig.tag));
		if (draw() < 0.3) {
			bytes[Math.floor(draw() * (bytes.length - 1))] ^= 1 + Math.floor(draw() * 255);
			damaged++;
		} else {
			sent.push(rig.tag);
		}
		rig.send(END);
		rig.send(bytes);
		rig.run(1e6 + draw() * 2e6);
	}
	rig.run(50e6);
	assert.ok(sent.every((tag) => answers.get(tag) === 1), 'a good command was answered otherwise than once');
	assert.equal([...answers.values()].reduce((a, b) => a + b, 0), sent.length);
	const lost = rig.lost();
	assert.ok(lost.malformed > 0.8 * damaged && lost.malformed <= 2 * damaged, `${lost.malformed} counted, ${damaged} damaged`);
	const told = refusals(rig).filter((r) => r.tag === 0).length;
	assert.ok(told > 0 && told <= lost.malformed);
	assert.deepEqual([rig.holes, lost.sets], [0, 0], 'the stream did not suffer');
});

test('a broken line: half a frame, and then nothing for long', () => {
	const rig = new Rig();
	rig.begin();
	rig.send(frame(TYPE.SYNC, 9).subarray(0, 6));
	rig.run(3e9);
	rig.send(END);
	rig.ask(TYPE.SYNC);
	assert.equal(rig.lost().malformed, 1);
});
