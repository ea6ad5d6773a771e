// Resets of every kind, each told: the reason, how many there were, and that time began anew.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Rig } from './emulator/rig.mjs';
import { BOOT, LINE, TYPE, WATCH, make, read } from './emulator/wire.mjs';

function again(rig) {
	rig.until(() => !rig.host.ready, 8e9, 'the reset');
	rig.sequence = null;
	rig.until(() => rig.host.ready, 3e9, 'the rig is there again');
	return rig.hello();
}

test('a main loop that hangs is ended by the watchdog, and it says so', () => {
	const rig = new Rig();
	rig.begin();
	rig.ask(TYPE.SET_OUTPUT, make.setOutput(LINE.OUT1, true));
	rig.ask(TYPE.ADC_START, make.adcStart(20000, 3));
	rig.ask(TYPE.INPUT, make.input(LINE.IN2, WATCH.EDGES));
	rig.run(100e6);
	const asked = rig.machine.now;
	rig.command(TYPE.RESET, make.reset(2));
	const identity = again(rig);
	assert.deepEqual([identity.boot, identity.boots, identity.serial], [BOOT.WATCHDOG, 1, 'SIM1']);
	assert.deepEqual(rig.machine.resets, { power: 1, pin: 0, watchdog: 1, forced: 0 });
	const low = rig.truth.filter((t) => t.terminal === 'OUT1').at(-1);
	assert.ok(!low.high && low.time - asked < 2e9, `OUT1 went low ${(low.time - asked) / 1e6} ms later`);
	console.log(`# the watchdog came after ${((low.time - asked) / 1e6).toFixed(0)} ms; the rig answered again after ${((rig.machine.now - asked) / 1e6).toFixed(0)}`);
	assert.ok(identity.now < 2e6, 'time began anew');
	rig.frames.length = 0;
	rig.board.set('IN2', true);
	rig.run(50e6);
	assert.deepEqual(rig.frames, [], 'nothing is watched or streamed that was not asked for since');
	rig.ask(TYPE.SYNC);
});

test('RUN, a command, power and the watchdog, in turn: boot and boots are right', () => {
	const rig = new Rig({ startTicks: 2 ** 32 - 3e6 });
	assert.deepEqual([rig.begin().boot, rig.hello().boots], [BOOT.POWER, 0]);
	const ways = [['pin', BOOT.PIN], ['command', BOOT.COMMAND], ['hang', BOOT.WATCHDOG], ['pin', BOOT.PIN], ['power', BOOT.POWER], ['command', BOOT.COMMAND], ['hang', BOOT.WATCHDOG], ['pin', BOOT.PIN]];
	let boots = 0;
	for (const [way, boot] of ways) {
		if (way === 'command')
			rig.ask(TYPE.RESET, make.reset(0));
		else if (way === 'hang')
			rig.command(TYPE.RESET, make.reset(2));
		else
			rig.machine.reset(way);
		boots = way === 'power' ? 0 : boots + 1;
		const identity = again(rig);
		assert.deepEqual([identity.boot, identity.boots], [boot, boots], way);
		rig.run(50e6);
	}
});

// What of the boot ROM (datasheet 2.8.2) the firmware calls: a lookup, and a bootloader that, like the ROM's, uses scratch 0 and 1, and begins
// the new image by way of the watchdog's timer.
const ROM = [
	[0x10, 0x754d, 0x0201, 0x0000, 0x0000, 0x0021], // "Mu"; tables; the lookup's address
	[0x20, 0x2031, 0x4770], // movs r0, #0x31; bx lr
	[0x30, 0x4b04, 0x2000, 0x60d8, 0x6118, 0x2164, 0x6059, 0x2201, 0x0792, 0x601a, 0xe7fe, 0x8000, 0x4005],
];

function withRom(chip) {
	const words = new Uint32Array(0x20), halves = new Uint16Array(words.buffer);
	for (const [at, ...code] of ROM)
		halves.set(code, at / 2);
	chip.bootrom.set(words);
}

test('the bootloader, and what was flashed with it: that was a command, and not the first boot', () => {
	const rig = new Rig();
	rig.machine.onChip.push(withRom);
	withRom(rig.machine.chip);
	rig.begin();
	for (const [boots, way, boot] of [[1, 1, BOOT.COMMAND], [2, 2, BOOT.WATCHDOG], [3, 1, BOOT.COMMAND], [4, 0, BOOT.COMMAND]]) {
		rig.command(TYPE.RESET, make.reset(way));
		const identity = again(rig);
		assert.deepEqual([identity.boot, identity.boots], [boot, boots]);
	}
	assert.deepEqual(rig.machine.resets, { power: 1, pin: 0, watchdog: 3, forced: 1 });
});

test('a reset that is not meant is refused', () => {
	const rig = new Rig();
	rig.begin();
	assert.throws(() => rig.ask(TYPE.RESET, make.reset(0, 0x12345678)), { reason: 3, offset: 0 });
	assert.throws(() => rig.ask(TYPE.RESET, make.reset(7)), { reason: 3, offset: 4 });
	rig.run(100e6);
	assert.equal(rig.machine.resets.forced + rig.machine.resets.watchdog, 0);
});

test('a healthy main loop feeds the watchdog, under load too', () => {
	const rig = new Rig();
	rig.begin();
	rig.ask(TYPE.ADC_START, make.adcStart(100000, 3));
	rig.host.stall(true);
	rig.run(4e9);
	rig.host.stall(false);
	rig.run(500e6);
	rig.ask(TYPE.ADC_STOP);
	rig.run(3e9);
	assert.deepEqual(rig.machine.resets, { power: 1, pin: 0, watchdog: 0, forced: 0 });
});
