// tests/rig/emulate: real time, the pty, the control channel, the truth log and the lines. Nothing here depends on how fast the machine is: what
// happened is dated by CLOCK_MONOTONIC, however late it is told.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { constants, createReadStream, existsSync, mkdtempSync, openSync, readFileSync, readlinkSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { ReadStream } from 'node:tty';
import { fileURLToPath } from 'node:url';
import { monotonic } from './emulator/pace.mjs';
import { BOARD, IMAGE } from './emulator/rig.mjs';
import { BOOT, LINE, REPLY, Reader, TYPE, WATCH, edgesOf, frame, make, read } from './emulator/wire.mjs';

const PATIENCE = 20e3; // ms
const folder = mkdtempSync(join(tmpdir(), 'rig-emulate-'));
const emulators = new Set();
after(() => {
	for (const emulator of emulators)
		emulator.kill('SIGKILL');
	rmSync(folder, { recursive: true });
});

async function within(promise, what) {
	let timer;
	const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`${what}: not within ${PATIENCE} ms`)), PATIENCE); });
	try {
		return await Promise.race([promise, late]);
	} finally {
		clearTimeout(timer);
	}
}

const until = (condition, what) => within((async () => {
	while (!condition())
		await new Promise((resolve) => setTimeout(resolve, 5));
})(), what);

// The emulator as a child, and a program that has its pty open.
class Bench {
	constructor(name, ...options) {
		this.link = join(folder, `${name}.tty`);
		this.child = spawn(fileURLToPath(new URL('emulate', import.meta.url)), [IMAGE, '--pty', this.link, '--board', BOARD, '--cap', '100', ...options],
			{ stdio: ['pipe', 'pipe', 'pipe'] });
		emulators.add(this.child);
		this.said = '';
		this.child.stderr.on('data', (data) => { this.said += data; });
		this.lines = [];
		this.waiting = [];
		createInterface({ input: this.child.stdout }).on('line', (line) => (this.waiting.shift() ?? ((l) => this.lines.push(l)))(line));
		this.frames = [];
		this.edges = [];
		this.tag = 0;
	}

	line() {
		return within(this.lines.length ? this.lines.shift() : new Promise((resolve) => this.waiting.push(resolve)), `a line (${this.said})`);
	}

	async begin() {
		assert.equal(await this.line(), `ready ${this.link}`);
		this.open();
		return this.hello();
	}

	open() {
		this.fd = openSync(this.link, constants.O_RDWR | constants.O_NOCTTY);
		this.reader = new Reader((received) => {
			this.frames.push(received);
			if (received.type === TYPE.EDGES)
				this.edges.push(...edgesOf(received.payload));
		});
		this.stream = new ReadStream(this.fd);
		this.stream.on('data', (data) => this.reader.take(data));
		this.stream.on('error', () => {});
		this.hung = new Promise((resolve) => this.stream.on('close', resolve).on('end', resolve));
	}

	async hello() {
		writeSync(this.fd, Buffer.of(0));
		return read('identity', await this.ask(TYPE.HELLO, make.hello()));
	}

	async ask(type, payload) {
		const tag = ++this.tag;
		writeSync(this.fd, frame(type, tag, payload));
		let answer;
		await until(() => (answer = this.frames.find((f) => f.tag === tag)), `the reply to ${type}`);
		assert.equal(answer.type, type | REPLY);
		return answer.payload;
	}

	async control(text) {
		this.child.stdin.write(`${text}\n`);
		const answer = await this.line();
		assert.match(answer, /^ok/, `${text}: ${answer}`);
		return answer.slice(3);
	}

	async end() {
		this.stream.destroy();
		const gone = new Promise((resolve) => this.child.on('exit', (code) => resolve(code)));
		this.child.stdin.write('quit\n');
		assert.equal(await within(gone, 'its end'), 0, this.said);
		assert.ok(!existsSync(this.link));
	}
}

const rows = (path) => readFileSync(path, 'utf8').trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));

test('over the pty in real time: exchanges hold what happened between them, edges are where the truth log has them', async () => {
	const truth = join(folder, 'truth'), lines = join(folder, 'lines');
	execFileSync('mkfifo', [lines]);
	const heard = [];
	createInterface({ input: createReadStream(lines) }).on('line', (line) => heard.push(line.split(' ')));
	const bench = new Bench('time', '--truth', truth, '--lines-to', lines, '--wire', 'OUT1=IN1:4000', '--start-ticks', String(2 ** 32 - 2e6), '--ppm', '80');
	const identity = await bench.begin();
	assert.deepEqual([identity.serial, identity.boot], ['SIM1', BOOT.POWER]);
	await bench.ask(TYPE.INPUT, make.input(LINE.IN1, WATCH.EDGES));
	await bench.ask(TYPE.INPUT, make.input(LINE.IN2, WATCH.EDGES));
	const syncs = [];
	for (let i = 0; i < 40; i++) {
		const sent = monotonic(), { received } = read('sync', await bench.ask(TYPE.SYNC));
		syncs.push([sent, received, monotonic()]);
		await bench.ask(TYPE.SET_OUTPUT, make.setOutput(LINE.OUT1, i % 2 === 0));
		await bench.control(`edge IN2 ${(i + 1) % 2} 3`);
	}
	await until(() => bench.edges.filter((edge) => edge.line === LINE.IN2).length === 40, 'the last edge');
	const { behind_worst_ms: behind } = JSON.parse(await bench.control('status'));
	await bench.end();
	const all = rows(truth), last = all.at(-1), rate = 1 + 80e-6;
	const toMonotonic = (ticks) => last.monotonic_ns + ((ticks - last.ticks) * 1000) / rate;
	for (const row of all)
		assert.ok(Math.abs(toMonotonic(row.ticks) - row.monotonic_ns) < 3000, 'one mapping for all of the run');
	for (const [sent, received, got] of syncs)
		assert.ok(sent - 2000 <= toMonotonic(received) && toMonotonic(received) <= got, `${sent} ${toMonotonic(received)} ${got}`);
	for (const name of ['IN1', 'IN2', 'OUT1']) {
		const planted = all.filter((row) => row.edge === name), seen = bench.edges.filter((edge) => edge.line === LINE[name]);
		assert.equal(seen.length, 40, name);
		seen.forEach((edge, i) => assert.ok(Math.abs(edge.ticks - planted[i].ticks) <= 2 && edge.high === planted[i].high, name));
	}
	assert.ok(bench.edges[0].ticks < 2 ** 32 && bench.edges.at(-1).ticks > bench.edges[0].ticks);
	const told = heard.filter(([name]) => name === 'OUT1').map(([, high, ns]) => [Number(high), Number(ns)]);
	assert.deepEqual(told.slice(1), all.filter((row) => row.edge === 'OUT1').map((row) => [row.high, row.monotonic_ns]));
	const clock = heard.filter(([name]) => name === 'now').map(([, ns]) => Number(ns));
	assert.ok(clock.length > 3 && clock.every((ns, i) => i === 0 || ns > clock[i - 1]));
	console.log(`# virtual time fell behind by at most ${behind} ms`);
});

test('faults on command: bytes lost and garbled, a host that stalls, an emulator that stands still', async () => {
	const bench = new Bench('faults', '--adc0', 'ramp:1');
	await bench.begin();
	const before = read('lost', await bench.ask(TYPE.STATUS));
	for (const fault of ['drop', 'garble']) {
		await bench.control(`${fault} out 3`);
		writeSync(bench.fd, frame(TYPE.SYNC, 0x1000));
		writeSync(bench.fd, Buffer.of(0));
		await bench.ask(TYPE.SYNC);
	}
	const lost = read('lost', await bench.ask(TYPE.STATUS));
	assert.equal(lost.malformed, before.malformed + 2);
	assert.equal(bench.reader.bad, 0);
	await bench.control('garble in 4');
	writeSync(bench.fd, frame(TYPE.SYNC, 0x1001));
	await until(() => bench.reader.bad === 1, 'a reply that is none');
	await bench.ask(TYPE.SYNC);
	await bench.ask(TYPE.ADC_START, make.adcStart(20000, 1));
	await bench.control('stall on');
	await new Promise((resolve) => setTimeout(resolve, 4000));
	await bench.control('stall off');
	await bench.ask(TYPE.ADC_STOP);
	assert.ok(read('lost', await bench.ask(TYPE.STATUS)).sets > 1000);
	await bench.control('freeze 300');
	const sent = monotonic();
	await bench.ask(TYPE.SYNC);
	assert.ok(monotonic() - sent > 100e6);
	assert.ok(JSON.parse(await bench.control('status')).behind_worst_ms >= 250);
	await bench.end();
});

test('free of real time: planted edges, dated by virtual time', async () => {
	const truth = join(folder, 'planted'), plan = join(folder, 'plan');
	writeFileSync(plan, '# a comment\n20 IN3 1\n20.000500 IN3 0\n60.5 IN3 1\n');
	const bench = new Bench('free', '--free', '--plant', plan, '--truth', truth), began = monotonic();
	await bench.begin();
	await bench.ask(TYPE.INPUT, make.input(LINE.IN3, WATCH.EDGES));
	await until(() => bench.edges.length === 3, 'the planted edges');
	const took = (monotonic() - began) / 1e9;
	await bench.end();
	const planted = rows(truth);
	assert.deepEqual(planted.map((row) => [row.edge, row.high]), [['IN3', 1], ['IN3', 0], ['IN3', 1]]);
	assert.ok(planted.every((row) => Math.abs(row.monotonic_ns - row.virtual_ns) <= 1));
	assert.deepEqual(planted.map((row) => Math.round((row.virtual_ns - planted[0].virtual_ns) / 1e3)), [0, 500, 40500000]);
	bench.edges.forEach((edge, i) => assert.ok(Math.abs(edge.ticks - planted[i].ticks) <= 2));
	console.log(`# 60.5 s in ${took.toFixed(1)} s`);
});

test('unplugged, plugged in, reset: the tty goes and comes, and the rig says why it began', async () => {
	const socket = join(folder, 'control'), bench = new Bench('gone', '--no-modem', '--no-ina', '--serial', 'SIM-GONE', '--control', socket);
	assert.equal((await bench.begin()).serial, 'SIM-GONE');
	const node = readlinkSync(bench.link);
	for (const [gone, back, boot, boots] of [['unplug', 'plug', BOOT.POWER, 0], ['reset pin', null, BOOT.PIN, 1], ['reset power', null, BOOT.POWER, 0]]) {
		await bench.control(gone);
		await within(bench.hung, 'the tty hangs up');
		bench.stream.destroy();
		if (back) {
			await until(() => !existsSync(bench.link), 'the link goes');
			await bench.control(back);
		}
		await until(() => existsSync(bench.link), 'the link is there again');
		bench.frames.length = 0;
		bench.open();
		const identity = await bench.hello();
		assert.deepEqual([identity.boot, identity.boots], [boot, boots], gone);
	}
	assert.ok(node);
	const other = connect(socket), said = createInterface({ input: other });
	other.write('status\n');
	assert.match(await within(new Promise((resolve) => said.once('line', resolve)), 'an answer over the socket'), /^ok \{.*"ready":true/);
	other.destroy();
	const wrong = ['edge IN5 1', 'edge IN1 x', 'nonsense', 'i2c bent', 'drop sideways 3'];
	for (const text of wrong) {
		bench.child.stdin.write(`${text}\n`);
		assert.match(await bench.line(), /^error /, text);
	}
	await bench.end();
});
