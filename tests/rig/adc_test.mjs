// The ADC's stream, in virtual time: every code that was converted comes, in order; edges name the set that was being converted; what a host that
// stalls makes the device lose is said in band.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Rig } from './emulator/rig.mjs';
import { wave } from './emulator/waves.mjs';
import { LINE, TYPE, WATCH, edgesOf, make, read, samplesOf } from './emulator/wire.mjs';

const LONG = !!process.env.RIG_LONG;

// A stream and what it was made of: `codes`, as converted, with the instants at which their conversions began.
class Stream {
	constructor(rig, rate, channels) {
		this.rig = rig;
		this.rate = rate;
		this.width = channels === 3 ? 2 : 1;
		this.codes = new Uint16Array(1 << 16);
		this.times = new Float64Array(1 << 16);
		this.converted = 0;
		this.blocks = [];
		this.received = 0;
		this.wrong = 0;
		this.gaps = 0; // sets
		this.next = 0;
		this.keepCodes = channels;
		rig.board.onConversion = (channel, value, error, time) => this.convert(value, time);
		const before = rig.onFrame;
		rig.onFrame = (frame) => {
			before?.(frame);
			if (frame.type === TYPE.SAMPLES)
				this.take(samplesOf(frame.payload));
		};
		rig.keep = false;
		this.started = read('adc_started', rig.ask(TYPE.ADC_START, make.adcStart(rate, channels)));
	}

	convert(value, time) {
		if (this.converted === this.codes.length) {
			const codes = new Uint16Array(2 * this.converted), times = new Float64Array(2 * this.converted);
			codes.set(this.codes);
			times.set(this.times);
			Object.assign(this, { codes, times });
		}
		this.codes[this.converted] = value;
		this.times[this.converted++] = time;
	}

	take(block) {
		assert.ok(block.first >= this.next, `set ${block.first} came, ${this.next} was next`);
		this.gaps += block.first - this.next;
		this.next = block.first + block.sets;
		const at = block.first * this.width;
		for (let i = 0; i < block.codes.length; i++)
			if (block.codes[i] !== this.codes[at + i])
				this.wrong++;
		this.received += block.sets;
		const { codes, ...head } = block;
		this.blocks.push(head);
	}

	stop() {
		this.rig.ask(TYPE.ADC_STOP);
		this.sets = Math.floor(this.converted / this.width);
	}
}

// Where the device says that the first set was, and how far apart they are, against what was converted.
function judgeAxis(stream, what = '') {
	const { started, rig, width, times, converted } = stream;
	const origin = rig.machine.chip.peripherals[0x40054].originNanos();
	const first = times[0] - origin, period = (times[converted - converted % width - width] - times[0]) / (Math.floor(converted / width) - 1);
	const said = (started.period_256 / 256) * (1e9 / 48e6);
	assert.ok(Math.abs(started.ticks * 1000 - first) <= started.u_ns, `${what}: the first set began at ${first} ns, not ${started.ticks * 1000} +- ${started.u_ns}`);
	assert.ok(Math.abs(said / period - 1) < 1e-9, `a period of ${period} ns, not ${said}`);
	assert.ok(Math.abs(1e9 / period / stream.rate - 1) < 0.01);
	for (const block of stream.blocks) {
		const end = first + (block.first + block.sets) * period;
		assert.ok(block.ticks * 1000 > end - 3e3 - 2 * period && block.ticks * 1000 < end + 20e3 + period, `block at ${block.first}: complete at ${end} ns, stamped ${block.ticks} us`);
	}
}

test('50 kS/s of both channels for 20 s: no gap, each code as planted, edges name their sets', () => {
	const rig = new Rig();
	rig.begin();
	for (const name of ['IN1', 'IN3'])
		rig.ask(TYPE.INPUT, make.input(LINE[name], WATCH.EDGES));
	rig.board.analog = [wave('sine:2048,1900,50'), wave('ramp:0.137')];
	const seconds = LONG ? 120 : 20, began = performance.now();
	const stream = new Stream(rig, 50000, 3), start = rig.machine.now, edges = 100 * seconds;
	for (let i = 0; i < edges; i++)
		rig.board.plant(i % 2 ? 'IN3' : 'IN1', (i >> 1) % 2 === 0, start + 5e6 + i * 9.973e6 + ((i * 7919) % 5000));
	rig.run(seconds * 1e9);
	stream.stop();
	assert.ok(stream.sets >= 50000 * seconds * 0.999, `${stream.sets} sets`);
	assert.deepEqual([stream.received, stream.gaps, stream.wrong, stream.next, rig.holes], [stream.sets, 0, 0, stream.sets, 0]);
	assert.ok(stream.blocks.every((block) => block.lost === 0 && block.errors[0] === 0 && block.errors[1] === 0));
	judgeAxis(stream);
	const truth = rig.truth.filter((t) => t.terminal.startsWith('IN'));
	let off = 0; // ns before or after the time in which the set that an edge names was the first that was not complete
	rig.edges.sort((a, b) => a.ticks - b.ticks).forEach((edge, i) => {
		const at = truth[i].time, complete = (set) => stream.times[2 * set + 1] + 2000;
		off = Math.max(off, complete(edge.sample - 1) - at, at - complete(edge.sample));
	});
	assert.equal(rig.edges.length, truth.length);
	console.log(`# ${stream.sets} sets in ${((performance.now() - began) / 1e3).toFixed(1)} s; edges at most ${off.toFixed(0)} ns from the time of their sets`);
	assert.ok(off <= 2000, `an edge was ${off} ns from the time of the set that it names`);
});

test('rates from 1 to 200 kS/s, one channel and two: no gap', () => {
	for (const [rate, channels] of [[1000, 1], [1000, 3], [48000, 2], [100000, 1], [200000, 1], [200000, 2], [100000, 3], [200000, 3]]) {
		const rig = new Rig();
		rig.begin();
		rig.board.analog = [wave('sine:2000,1000,997'), wave('ramp:0.01')];
		const began = performance.now(), stream = new Stream(rig, rate, channels), seconds = LONG ? 20 : 1;
		rig.run(seconds * 1e9);
		stream.stop();
		const { gaps, wrong, received, sets } = stream;
		console.log(`# ${rate} sets/s, channels ${channels}: ${received} of ${sets} sets came; ${((seconds * 1e3) / ((performance.now() - began) / 1)).toFixed(2)} times real time`);
		assert.equal(wrong, 0);
		assert.deepEqual([gaps, received], [0, sets]);
		judgeAxis(stream);
		assert.ok(stream.blocks.every((block) => block.channels === channels));
	}
});

test('a host that stalls: what was lost is said in band, and is what is missing', () => {
	const rig = new Rig();
	rig.begin();
	rig.board.analog = [wave('ramp:0.9'), wave('sine:2000,2000,3')];
	const told = [];
	rig.onFrame = (frame) => frame.type === TYPE.LOST && told.push(read('lost', frame.payload));
	const stream = new Stream(rig, 50000, 3);
	rig.run(300e6);
	for (const ms of [400, 2500]) {
		rig.host.stall(true);
		rig.run(ms * 1e6);
		rig.host.stall(false);
		rig.run(700e6);
	}
	stream.stop();
	const last = stream.blocks.at(-1);
	assert.ok(stream.gaps > 40000, `${stream.gaps} sets are missing`);
	assert.equal(stream.wrong, 0);
	assert.deepEqual([stream.received + stream.gaps, last.lost], [stream.sets, stream.gaps]);
	assert.equal(rig.lost().sets, stream.gaps);
	assert.ok(told.length > 0 && told.at(-1).sets > 0);
	assert.equal(rig.holes, rig.lost().frames);
});

test('conversions that failed are counted where they were', () => {
	const rig = new Rig();
	rig.begin();
	let n = 0;
	rig.board.analogFault = (channel) => channel === 1 && ++n % 1000 === 0;
	const stream = new Stream(rig, 10000, 3);
	rig.run(1e9);
	stream.stop();
	const failed = stream.blocks.reduce((sum, block) => [sum[0] + block.errors[0], sum[1] + block.errors[1]], [0, 0]);
	assert.deepEqual([failed, stream.wrong, stream.gaps], [[0, Math.floor(n / 1000)], 0, 0]);
	assert.ok(n > 9000);
});

test('started and stopped many times, each stream begins at set 0 and is whole', () => {
	const rig = new Rig();
	rig.begin();
	rig.board.analog = [wave('ramp:0.05'), wave('sine:2048,2000,441')];
	for (let i = 0; i < 25; i++) {
		const stream = new Stream(rig, 1000 + ((i * 7717) % 99000), 1 + (i % 3));
		assert.throws(() => rig.ask(TYPE.ADC_START, make.adcStart(5000, 1)), { reason: 4 });
		rig.run(1e6 + ((i * 31337) % 60) * 1e6);
		stream.stop();
		assert.deepEqual([stream.gaps, stream.wrong, stream.received], [0, 0, stream.sets], `stream ${i}: ${stream.rate}/s of ${stream.width}`);
		judgeAxis(stream, `stream ${i}: ${stream.rate}/s of ${stream.width}`);
		rig.onFrame = null;
		rig.run(((i * 13) % 5) * 1e6);
	}
	for (const [rate, channels, offset, limit] of [[999, 1, 0, 1000], [200001, 1, 0, 200000], [5000, 0, 4, undefined], [5000, 4, 4, undefined]])
		assert.throws(() => rig.ask(TYPE.ADC_START, make.adcStart(rate, channels)), (e) => e.reason === 3 && e.offset === offset && (limit === undefined || e.limit === limit));
});
