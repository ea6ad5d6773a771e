// The image boots, a host finds it as Linux would, and says what it should: with line coding and DTR, and without.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Rig } from './emulator/rig.mjs';
import { CAN, BOOT, MAGIC, MAJOR, TYPE, frame, make, read } from './emulator/wire.mjs';

test('descriptors: CDC-ACM, with the serial number of the identity page', () => {
	const rig = new Rig({ serial: 'SIM-7' });
	rig.begin();
	const { vendor, product, usb, qualifier, strings, interfaces, functional, notify, in: bulkIn, out, power } = rig.host.found;
	assert.deepEqual([vendor, product, usb], [0x1209, 0x0001, 0x200]);
	assert.equal(qualifier, null, 'a full-speed device has no device qualifier');
	assert.deepEqual(strings, { product: 'joulerig rig 1', manufacturer: 'joulerig', serial: 'SIM-7' });
	assert.deepEqual(interfaces.map((i) => i.class), [2, 10]);
	assert.deepEqual(functional, [0, 1, 2, 6], 'header, call management, ACM, union');
	assert.ok(notify && bulkIn.size === 64 && out.size === 64 && power <= 100);
});

test('identity: who it is, from the flash page', () => {
	const delays = [250, 300, 251, 301, 252, 302, 253, 303, 2100, 8000, 2200, 8100];
	const identity = new Rig({ serial: 'SIM0123456789ABC', delays }).begin();
	assert.deepEqual([identity.magic, identity.major, identity.boot, identity.boots], [MAGIC, MAJOR, BOOT.POWER, 0]);
	assert.deepEqual([identity.board, identity.serial], ['joulerig rig 1', 'SIM0123456789ABC']);
	assert.deepEqual([identity.inputs, identity.outputs, identity.adc_channels], [4, 2, 2]);
	assert.deepEqual([...identity.input_delay_ns, ...identity.output_delay_ns], delays);
	assert.ok(identity.stamp_u_ns > 0 && identity.stamp_u_ns <= 2000, `${identity.stamp_u_ns} ns`);
	assert.equal(identity.capabilities, (CAN.EDGES | CAN.ADC | CAN.POWER | CAN.COUNT | CAN.SIMULATED) >>> 0);
});

test('identity: without a page there is no serial number, and nothing is calibrated', () => {
	for (const page of [null, Buffer.alloc(256)]) {
		const identity = new Rig({ page, power: false }).begin();
		assert.equal(identity.serial, '');
		assert.ok([...identity.input_delay_ns, ...identity.output_delay_ns].every((ns) => ns === -0x80000000));
		assert.equal(identity.capabilities, CAN.EDGES | CAN.ADC | CAN.COUNT);
	}
});

test('nothing depends on DTR, RTS or line coding', () => {
	const rig = new Rig({ modem: false });
	rig.begin();
	const { received, sent } = read('sync', rig.ask(TYPE.SYNC));
	assert.ok(sent >= received && sent - received < 1000);
});

test('sync: its ticks lie between what was sent and what came back', () => {
	const rig = new Rig({ startTicks: 2 ** 32 - 300e3 });
	rig.begin();
	let widest = 0;
	for (let i = 0; i < 200; i++) {
		rig.run(((i * 7919) % 1000) * 1000);
		const before = rig.machine.ticks;
		const { received, sent } = read('sync', rig.ask(TYPE.SYNC));
		assert.ok(before <= received && received <= sent && sent <= rig.machine.ticks, `${before} ${received} ${sent} ${rig.machine.ticks}`);
		widest = Math.max(widest, sent - received);
	}
	assert.ok(rig.machine.ticks > 2 ** 32);
	assert.ok(widest < 500, `${widest} us in the device`);
});

test('a command in packets of one byte, two commands in one packet, and empty packets', () => {
	const rig = new Rig();
	rig.begin();
	rig.host.packetSize = 1;
	rig.ask(TYPE.SYNC);
	rig.host.packetSize = 64;
	rig.send(Buffer.alloc(0));
	const seen = [];
	rig.onFrame = (received) => seen.push(received.tag);
	const first = rig.command(TYPE.SYNC);
	rig.send(Buffer.alloc(0));
	const second = rig.command(TYPE.SYNC);
	rig.until(() => seen.length === 2);
	assert.deepEqual(seen, [first, second]);
	assert.equal(rig.lost().malformed, 0);
});

test('a control transfer that breaks off does not hinder the next', () => {
	const rig = new Rig();
	rig.begin();
	const { bus } = rig.host;
	for (const cut of [[0x80, 6, 0x0200, 0, 75], [0x80, 6, 0x0302, 0x0409, 255], [0x21, 0x20, 0, 0, 7], [0, 5, 99, 0, 0], [0xa1, 0x21, 0, 0, 7]]) {
		for (const steps of [1, 2, 3]) {
			const half = bus.control(...cut, cut[0] === 0x21 ? Uint8Array.of(0x80, 0x25, 0, 0, 0, 0, 8) : null);
			for (let i = 0; i < steps && cut[1] !== 5; i++) {
				const { value, done } = half.next();
				if (done)
					break;
				rig.run(value);
			}
			let answer = null;
			rig.host.request([0x80, 6, 0x0100, 0, 18], (got) => { answer = got; });
			rig.until(() => answer);
			assert.equal(answer.data?.length, 18, `after ${steps} steps of ${cut}: ${JSON.stringify(answer)}`);
		}
	}
	rig.ask(TYPE.SYNC);
});

test('requests that there are none of are stalled, and the next one is answered', () => {
	const rig = new Rig();
	rig.begin();
	for (const words of [[0x80, 6, 0x0f00, 0, 5], [0xc0, 1, 0, 0, 8], [0x80, 6, 0x0309, 0x0409, 255], [0x21, 0x77, 0, 0, 0], [0, 9, 5, 0, 0]]) {
		let answer = null;
		rig.host.request(words, (got) => { answer = got; });
		rig.until(() => answer);
		assert.equal(answer.stalled, true, `${words}: ${JSON.stringify(answer)}`);
		rig.ask(TYPE.SYNC);
	}
});

test('hello: another major version is refused, and until one is said every command is', () => {
	const rig = new Rig();
	rig.host.setOpen(true);
	rig.until(() => rig.host.ready, 3e9);
	rig.send(Buffer.of(0));
	assert.throws(() => rig.ask(TYPE.SYNC), { reason: 6 });
	assert.throws(() => rig.ask(TYPE.HELLO, make.hello(MAJOR + 1)), { reason: 6 });
	assert.throws(() => rig.ask(TYPE.HELLO, make.hello(MAJOR, 0, 0x12345678)), { reason: 3 });
	assert.equal(read('identity', rig.ask(TYPE.HELLO, make.hello(MAJOR, 99))).magic, MAGIC);
	rig.ask(TYPE.SYNC);
});

test('endpoints that begin anew while packets are under way both ways', () => {
	const CLEAR_FEATURE = 1, SET_INTERFACE = 11, rig = new Rig();
	rig.begin();
	rig.ask(TYPE.ADC_START, make.adcStart(100000, 3));
	const { host } = rig, { onBytes } = host;
	host.onBytes = () => {}; // what was under way is lost, so there is no telling frames
	const { sie } = host.bus, setup = sie.setup;
	let waited = 0;
	sie.setup = (bytes) => {
		setup.call(sie, bytes);
		host.stall(true);
		host.outQueue.length = host.outBusy ? 1 : 0;
		waited += sie.underWay ? 1 : 0;
	};
	for (let i = 0; i < 60; i++) {
		rig.run(2e6 + i * 1009);
		host.write(frame(TYPE.SYNC, 1000 + i));
		let done = false;
		const clear = (endpoint) => [0x02, CLEAR_FEATURE, 0, endpoint, 0];
		const words = [[clear(0x82), clear(0x02)], [clear(0x02), clear(0x82)], [[0x01, SET_INTERFACE, 0, 1, 0]]][i % 3];
		host.bus.spawn((function* () {
			for (const what of words)
				assert.ok(!(yield* host.bus.control(...what)).stalled);
			done = true;
		})());
		rig.until(() => done);
		rig.until(() => !host.inBusy && !host.outBusy);
		host.outQueue.length = host.pidIn = host.pidOut = 0;
		host.stall(false);
	}
	assert.ok(waited > 5, `${waited} times one was under way`);
	rig.run(20e6);
	sie.setup = setup;
	host.stall(false);
	host.onBytes = onBytes;
	host.meet();
	rig.until(() => !host.ready);
	rig.until(() => host.ready, 3e9);
	rig.reader.pending = [];
	rig.sequence = null;
	rig.hello();
	assert.equal(rig.machine.resets.watchdog, 0);
});

test('handshakes that are lost: every packet is sent again, and none is told twice', () => {
	const rig = new Rig();
	rig.begin();
	let packets = 0, repeated = 0;
	rig.host.losesAck = () => {
		const isLost = ++packets % 7 === 0;
		repeated += isLost ? 1 : 0;
		return isLost;
	};
	rig.ask(TYPE.ADC_START, make.adcStart(50000, 3));
	for (let i = 0; i < 100; i++) {
		rig.run(2e6);
		rig.ask(TYPE.SYNC);
	}
	rig.ask(TYPE.ADC_STOP);
	const { sets, frames, malformed } = rig.lost();
	assert.deepEqual([rig.holes, sets, frames, malformed], [0, 0, 0, 0]);
	assert.ok(repeated > 100, `${repeated}`);
});
