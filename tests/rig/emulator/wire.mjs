// The host's side of schemas/rig_wire.h, for tests: written from the header, sharing nothing with the driver or the firmware.
import { crc32 } from './flash.mjs';

export const MAGIC = 0x4749524a, MAJOR = 1, MINOR = 0, REPLY = 0x40, QUIET = 0x80000000, NO_SAMPLE = 0xffffffff;
export const PAYLOAD_MAX = 240, BODY_MAX = 252, EDGES_MAX = 15;
export const TYPE = {
	HELLO: 1, SYNC: 2, SET_OUTPUT: 3, INPUT: 4, ADC_START: 5, ADC_STOP: 6, POWER_START: 7, POWER_STOP: 8, COUNT_START: 9, COUNT_STOP: 10,
	STATUS: 11, SELF_TEST: 12, STOP: 13, RESET: 14, REFUSED: 0x7f, EDGES: 0x80, SAMPLES: 0x81, POWER: 0x82, COUNTS: 0x83, LOST: 0x84,
};
export const REASON = { UNKNOWN: 1, LENGTH: 2, VALUE: 3, BUSY: 4, NOT_PRESENT: 5, VERSION: 6, MALFORMED: 7 };
export const LINE = { IN1: 0, IN2: 1, IN3: 2, IN4: 3, OUT1: 16, OUT2: 17 };
export const WATCH = { OFF: 0, EDGES: 1, COUNT: 2 };
export const BOOT = { POWER: 1, PIN: 2, WATCHDOG: 3, COMMAND: 4 };
export const CAN = { EDGES: 1, ADC: 2, POWER: 4, COUNT: 8, SIMULATED: 0x80000000 };
export const CHECK = { CODE: 1, MEMORY: 2, TIMER: 4, ADC: 8, OUT1: 16, LOOP: 32, POWER: 64, SERIAL: 128 };

// ---- frames ----

export function cobs(bytes) {
	const out = [];
	let at = out.push(0) - 1, run = 1;
	for (const byte of bytes) {
		if (byte !== 0) {
			out.push(byte);
			run++;
		}
		if (byte === 0 || run === 255) {
			out[at] = run;
			at = out.push(0) - 1;
			run = 1;
		}
	}
	out[at] = run;
	return Uint8Array.from(out);
}

// null: it is none.
export function uncobs(bytes) {
	const out = [];
	for (let at = 0; at < bytes.length;) {
		const run = bytes[at++];
		if (run === 0 || at + run - 1 > bytes.length)
			return null;
		for (let i = 1; i < run; i++)
			out.push(bytes[at++]);
		if (run < 255 && at < bytes.length)
			out.push(0);
	}
	return Uint8Array.from(out);
}

// With its end.
export function frame(type, tag, payload = new Uint8Array(0), sequence = 0) {
	const body = Buffer.alloc(8 + payload.length + 4);
	body[0] = type;
	body.writeUInt16LE(sequence, 2);
	body.writeUInt32LE(tag >>> 0, 4);
	body.set(payload, 8);
	body.writeUInt32LE(crc32(body.subarray(0, -4)), body.length - 4);
	return Buffer.concat([cobs(body), Buffer.of(0)]);
}

// Cuts a stream into frames. `onFrame({type, sequence, tag, payload})`, payload a Buffer; `bad` counts what was none.
export class Reader {
	constructor(onFrame) {
		this.onFrame = onFrame;
		this.pending = [];
		this.bad = 0;
		this.frames = 0;
	}

	take(bytes) {
		for (const byte of bytes)
			if (byte !== 0)
				this.pending.push(byte);
			else if (this.pending.length)
				this.end();
	}

	end() {
		const body = this.pending.length <= 253 && uncobs(this.pending);
		this.pending = [];
		if (!body || body.length < 12 || crc32(body.subarray(0, -4)) !== Buffer.from(body).readUInt32LE(body.length - 4)) {
			this.bad++;
			return;
		}
		const buffer = Buffer.from(body);
		this.frames++;
		this.onFrame({ type: buffer[0], sequence: buffer.readUInt16LE(2), tag: buffer.readUInt32LE(4), payload: buffer.subarray(8, -4) });
	}
}

// ---- payloads ----

// A struct: [[name, kind, offset, (count)]…]. Kinds: u8 u16 u32 u64 i16 i32 i64 text16; 64 bits become numbers.
const READ = {
	u8: (b, o) => b.readUInt8(o), u16: (b, o) => b.readUInt16LE(o), u32: (b, o) => b.readUInt32LE(o), u64: (b, o) => Number(b.readBigUInt64LE(o)),
	i16: (b, o) => b.readInt16LE(o), i32: (b, o) => b.readInt32LE(o), i64: (b, o) => Number(b.readBigInt64LE(o)),
	text: (b, o) => b.toString('ascii', o, o + 16).replace(/\0+$/, ''),
};
const SIZE = { u8: 1, u16: 2, u32: 4, u64: 8, i16: 2, i32: 4, i64: 8, text: 16 };

function struct(description) {
	let offset = 0;
	const fields = description.trim().split(/\s+/).map((word) => {
		const [, kind, name, count] = /^(\w+?):(\w+)(?:\*(\d+))?$/.exec(word);
		const field = { kind, name, offset, count: count ? Number(count) : 0 };
		offset += SIZE[kind] * (field.count || 1);
		return field;
	});
	return { size: offset, fields };
}

const STRUCT = {
	identity: struct(`u32:magic u16:major u16:minor u16:firmware_major u16:firmware_minor u16:firmware_patch u16:boot u32:boots u32:capabilities
		text:board text:serial u64:now u32:stamp_u_ns u8:inputs u8:outputs u8:adc_channels u8:zero i32:input_delay_ns*8 i32:output_delay_ns*4`),
	refused: struct('u8:command u8:reason u16:offset u32:limit'),
	sync: struct('u64:received u64:sent'),
	output_set: struct('u64:ticks'),
	edge: struct('u64:ticks u32:sample u8:line u8:high u16:number'),
	adc_started: struct('u64:ticks u32:period_256 u32:u_ns'),
	samples: struct('u64:first u64:ticks u32:lost u16:sets u8:channels u8:zero u8:errors*2 u8:zeros*6'),
	power_started: struct('u64:ticks u16:device_id u16:config u16:adc_config u16:shunt_cal'),
	power: struct('u64:ticks u64:energy i64:charge u32:power i32:voltage i32:current u16:diagnosis i16:temperature u16:u_us u16:failed'),
	lost: struct('u64:ticks u32:edges u32:sets u32:frames u32:malformed u32:refused u32:host_left'),
	self_test: struct('u32:passed u32:failed i32:loop_delay_ns*2 i32:temperature_mc u32:stack_left'),
};

export function read(name, payload, at = 0) {
	const { size, fields } = STRUCT[name];
	if (payload.length - at < size)
		throw new Error(`${name} has ${payload.length - at} bytes, not ${size}`);
	const found = {};
	for (const { kind, name: field, offset, count } of fields)
		found[field] = count ? Array.from({ length: count }, (_, i) => READ[kind](payload, at + offset + i * SIZE[kind])) : READ[kind](payload, at + offset);
	return found;
}

export const edgesOf = (payload) => Array.from({ length: payload.length / 16 }, (_, i) => read('edge', payload, 16 * i));

export function countsOf(payload) {
	return {
		ticks: READ.u64(payload, 0),
		inputs: [0, 1, 2, 3].map((i) => ({ pulses: READ.u32(payload, 8 + 16 * i), last: READ.u64(payload, 16 + 16 * i) })),
	};
}

// The head and the samples, in the order in which they were taken.
export function samplesOf(payload) {
	const head = read('samples', payload);
	const n = head.sets * (head.channels === 3 ? 2 : 1), packed = payload.subarray(32), codes = new Uint16Array(n);
	if (packed.length !== Math.ceil((n * 3) / 2))
		throw new Error(`${n} samples stand in ${packed.length} bytes`);
	for (let i = 0; i < n; i++) {
		const at = (i >> 1) * 3;
		codes[i] = i & 1 ? (packed[at + 1] >> 4) | (packed[at + 2] << 4) : packed[at] | ((packed[at + 1] & 15) << 8);
	}
	return { ...head, codes };
}

function bytes(size, fill) {
	const buffer = Buffer.alloc(size);
	fill(buffer);
	return buffer;
}

export const make = {
	hello: (major = MAJOR, minor = MINOR, magic = MAGIC) => bytes(8, (b) => { b.writeUInt32LE(magic, 0); b.writeUInt16LE(major, 4); b.writeUInt16LE(minor, 6); }),
	setOutput: (line, high) => Buffer.of(line, high ? 1 : 0, 0, 0),
	input: (line, watch, inverted = 0, settle = 0) => bytes(8, (b) => { b[0] = line; b[1] = watch; b[2] = inverted; b.writeUInt32LE(settle, 4); }),
	adcStart: (rate, channels) => bytes(8, (b) => { b.writeUInt32LE(rate, 0); b[4] = channels; }),
	powerStart: ({ period = 10000, calibration = 0, config = 0, narrow = 0, reset = 1 }) => bytes(12, (b) => {
		b.writeUInt32LE(period, 0); b.writeUInt16LE(calibration, 4); b.writeUInt16LE(config, 6); b[8] = narrow; b[9] = reset;
	}),
	countStart: (period) => bytes(4, (b) => b.writeUInt32LE(period, 0)),
	reset: (to, magic = MAGIC) => bytes(8, (b) => { b.writeUInt32LE(magic, 0); b.writeUInt32LE(to, 4); }),
};
