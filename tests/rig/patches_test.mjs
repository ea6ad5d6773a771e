// Each patch of the emulator: that the stock emulator has the fault (where it can be shown), and that the patch mends it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Complaint } from './emulator/complaints.mjs';
import { RP2040, Simulator, USBCDC } from './emulator/package.mjs';
import { ENTRY_CYCLES } from './emulator/patches/exceptions.mjs';
import { compile, loadStock, patched } from './emulator/programs.mjs';

const TIMER = 0x40054000, ADC = 0x4004c000, DMA = 0x50000000, WATCHDOG = 0x40058000, PADS = 0x4001c000, IO = 0x40014000, SIO = 0xd0000000;
const CLOCKS = 0x40008000, RESETS = 0x4000c000, USB = 0x50110000, DPRAM = 0x50100000, PLL_USB = 0x4002c000, I2C0 = 0x40044000;
const out = (chip, i) => chip.sramView.getUint32(4 * i, true);

// As long as the stock Simulator takes in one go: at most a million instructions or waits.
function runStock(simulator) {
	simulator.execute();
	simulator.stop();
	return simulator.rp2040;
}

const ticks = (chip) => chip.writeUint32(WATCHDOG + 0x2c, 12 | 1 << 9);

// 12 MHz from the crystal for clk_ref and clk_sys; 48 MHz for USB and the ADC.
function clocks(chip) {
	chip.writeUint32(CLOCKS + 0x30, 2);
	chip.writeUint32(PLL_USB + 0x08, 100);
	chip.writeUint32(PLL_USB + 0x0c, 5 << 16 | 5 << 12);
	chip.writeUint32(CLOCKS + 0x54, 1 << 11);
	chip.writeUint32(CLOCKS + 0x60, 1 << 11);
	ticks(chip);
	return chip;
}

test('wakeup: an interrupt that is pending before WFI ends it, and its handler waits for cpsie', () => {
	const program = compile(`
		void handler(void) { REG(TIMER + 0x34) = 1; OUT(1) = OUT(0); }
		void begin(void)
		{
			REG(0x40008030) = 2; REG(0x4005802c) = 12 | 1 << 9;
			OUT(0) = OUT(1) = OUT(2) = 0;
			REG(TIMER + 0x38) = 1;
			ENABLE_IRQ(0);
			__asm volatile("cpsid i");
			uint32_t due = REG(TIMER + 0x28) + 5;
			REG(TIMER + 0x10) = due;
			while ((int32_t)(REG(TIMER + 0x28) - due) < 3) ;
			__asm volatile("wfi" ::: "memory"); /* "check; wfi" with the interrupt in between */
			OUT(0) = 1;
			__asm volatile("cpsie i" ::: "memory");
			OUT(2) = 1;
			for (;;) __asm volatile("wfi");
		}`);
	const stock = new Simulator();
	loadStock(stock.rp2040, program);
	assert.equal(out(runStock(stock), 2), 0, 'the stock emulator has learned it: drop the patch');
	const machine = patched(program);
	machine.run(1e6);
	assert.deepEqual([out(machine.chip, 1), out(machine.chip, 2)], [1, 1]);
});

test('wakeup: an interrupt that comes during WFI with interrupts disabled is not taken before they are enabled', () => {
	const program = compile(`
		void handler(void) { REG(TIMER + 0x34) = 1; OUT(1) = OUT(0) + 1; }
		void begin(void)
		{
			REG(0x40008030) = 2; REG(0x4005802c) = 12 | 1 << 9;
			OUT(0) = OUT(1) = OUT(2) = 0;
			REG(TIMER + 0x38) = 1;
			ENABLE_IRQ(0);
			__asm volatile("cpsid i");
			REG(TIMER + 0x10) = REG(TIMER + 0x28) + 50;
			__asm volatile("wfi" ::: "memory");
			OUT(0) = 1;
			__asm volatile("cpsie i; nop" ::: "memory");
			OUT(2) = 1;
			for (;;) __asm volatile("wfi");
		}`);
	const stock = new Simulator();
	loadStock(stock.rp2040, program);
	assert.equal(out(runStock(stock), 1), 1, 'the stock emulator has learned it: drop the patch');
	const machine = patched(program);
	machine.run(1e6);
	assert.deepEqual([out(machine.chip, 1), out(machine.chip, 2)], [2, 1]);
});

test('wakeup: a run ends at its time, though the core waits for ever', () => {
	const stock = new Simulator();
	assert.equal(runStock(Object.assign(stock, { rp2040: loadStock(stock.rp2040) })).clock.nanos < 100, true);
	const machine = patched();
	machine.run(5e9);
	assert.equal(machine.now, 5e9);
});

test('exceptions: a handler is entered 15 cycles after its interrupt', () => {
	const program = compile(`
		void handler(void) { OUT(0) = REG(PPB + 0xe018); REG(TIMER + 0x34) = 1; }
		void begin(void)
		{
			REG(0x40008030) = 2; REG(0x4005802c) = 12 | 1 << 9;
			REG(PPB + 0xe014) = 0xffffff; REG(PPB + 0xe018) = 0; REG(PPB + 0xe010) = 5;
			REG(TIMER + 0x38) = 1;
			ENABLE_IRQ(0);
			REG(TIMER + 0x10) = REG(TIMER + 0x28) + 50;
			for (;;) __asm volatile("wfi");
		}`);
	const machine = patched(program), entered = [];
	let due = 0;
	machine.chip.core.setInterrupt = ((pend) => (irq, value) => {
		if (value && irq === 0)
			due = machine.now;
		pend(irq, value);
	})(machine.chip.core.setInterrupt);
	const enter = machine.chip.core.exceptionEntry;
	machine.chip.core.exceptionEntry = (n) => { enter(n); entered.push([n, machine.now]); };
	const before = () => machine.chip.core.IPSR === 16 && machine.chip.core.extraCycles === 0;
	machine.run(1e6, before);
	assert.equal(entered.length, 1);
	const cycles = Math.round((machine.now - due) / machine.chip.cycleNanos);
	assert.ok(cycles >= ENTRY_CYCLES && cycles <= ENTRY_CYCLES + 4, `${cycles} cycles`); // and the first instruction
});

test('clock: a cycle takes as long as the firmware has made it', () => {
	const program = compile(`
		void begin(void)
		{
			REG(0x40008030) = 2; REG(0x4005802c) = 12 | 1 << 9;
			REG(0x4000803c) = 0; /* clk_sys is clk_ref, the crystal: 12 MHz */
			uint32_t began = REG(TIMER + 0x28);
			for (uint32_t i = 1200; i; i--) __asm volatile("nop");
			OUT(0) = REG(TIMER + 0x28) - began;
			for (;;) __asm volatile("wfi");
		}`);
	const stock = new Simulator();
	loadStock(stock.rp2040, program);
	const at125 = out(runStock(stock), 0);
	const machine = patched(program);
	machine.run(10e6);
	const at12 = out(machine.chip, 0);
	assert.ok(at125 < 100, 'the stock emulator has learned it: drop the patch');
	assert.ok(Math.abs(at12 - (at125 * 125) / 12) < 20, `${at12} us, and at 125 MHz ${at125} us`);
});

test('pio: a state machine runs in step with the processor, at its divider', () => {
	const begin = (chip) => {
		chip.writeUint32(0x50200048, 0xe081); // set pindirs, 1
		chip.writeUint32(0x5020004c, 0xe001); // set pins, 1
		chip.writeUint32(0x50200050, 0xe000); // set pins, 0; wraps to 1
		chip.writeUint32(0x502000c8, 125 << 16); // 1 us an instruction
		chip.writeUint32(0x502000cc, 2 << 12 | 1 << 7);
		chip.writeUint32(0x502000dc, 1 << 26 | 9 << 5); // one SET pin, GPIO 9
		chip.writeUint32(IO + 9 * 8 + 4, 6);
		chip.writeUint32(0x50200000, 1);
	};
	const edges = [];
	const machine = patched();
	machine.chip.gpio[9].addListener(() => edges.push(machine.now));
	begin(machine.chip);
	machine.run(1e6);
	assert.ok(edges.length > 990 && edges.length < 1010, `${edges.length} edges in 1 ms`);
	const gaps = new Set(edges.slice(3).map((t, i) => Math.round(t - edges[i + 2])));
	assert.deepEqual([...gaps], [1000]);
	const stock = new Simulator(), seen = [];
	loadStock(stock.rp2040);
	stock.rp2040.gpio[9].addListener(() => seen.push(stock.rp2040.clock.nanos));
	begin(stock.rp2040);
	stock.rp2040.pio[0].stop();
	assert.ok(seen.length > 300 && seen.every((t) => t === 0), 'the stock emulator has learned it: drop the patch');
});

function convert(chip, advance, mask, n) {
	chip.adc.channelValues = [100, 101, 102, 103, 104];
	chip.writeUint32(ADC + 0x08, 1 | 1 << 24); // FIFO
	chip.writeUint32(ADC + 0x10, 95 << 8);
	chip.writeUint32(ADC, 1 | 1 << 3 | mask << 16);
	const seen = [];
	while (seen.length < n) {
		advance();
		while (!(chip.readUint32(ADC + 8) & 1 << 8))
			seen.push(chip.readUint32(ADC + 0x0c));
	}
	return seen;
}

test('adc: round robin takes each channel of the mask in turn, from the temperature sensor back to 0', () => {
	const stock = loadStock(new RP2040());
	assert.deepEqual(new Set(convert(stock, () => stock.clock.tick(1000), 0b00011, 6)), new Set([100]), 'the stock emulator has learned it: drop the patch');
	const machine = patched();
	clocks(machine.chip);
	assert.deepEqual(convert(machine.chip, () => machine.run(machine.now + 1000), 0b10011, 7), [100, 101, 104, 100, 101, 104, 100]);
});

test('adc: the interrupt of the FIFO ends when it has been read', () => {
	const pends = (chip, advance) => {
		chip.writeUint32(ADC + 0x18, 1);
		chip.writeUint32(ADC + 0x08, 1 | 1 << 24);
		chip.writeUint32(ADC, 1 | 1 << 2);
		advance();
		const before = !!(chip.core.pendingInterrupts & 1 << 22);
		chip.readUint32(ADC + 0x0c);
		return [before, !!(chip.core.pendingInterrupts & 1 << 22)];
	};
	const stock = loadStock(new RP2040());
	assert.deepEqual(pends(stock, () => stock.clock.tick(5000)), [true, true], 'the stock emulator has learned it: drop the patch');
	const machine = patched();
	clocks(machine.chip);
	assert.deepEqual(pends(machine.chip, () => machine.run(5000)), [true, false]);
});

test('adc: stopped and started again, it converts at its rate from there', () => {
	const starts = (chip, now, advance) => {
		const seen = [];
		const original = chip.adc.onADCRead;
		chip.adc.onADCRead = (channel) => {
			seen.push(now());
			original.call(chip.adc, channel);
		};
		chip.writeUint32(ADC + 0x10, (4800 - 1) << 8); // 100 us
		chip.writeUint32(ADC, 1 | 1 << 3);
		advance(99e3);
		chip.writeUint32(ADC, 1);
		chip.writeUint32(ADC, 1 | 1 << 3);
		advance(250e3);
		return seen.map(Math.round);
	};
	const stock = loadStock(new RP2040());
	assert.equal(starts(stock, () => stock.clock.nanos, (ns) => stock.clock.tick(ns))[2], 100e3, 'the stock emulator has learned it: drop the patch');
	const machine = patched();
	clocks(machine.chip);
	assert.deepEqual(starts(machine.chip, () => machine.now, (ns) => machine.run(machine.now + ns)), [0, 99e3, 199e3, 299e3]);
});

test('adc: ERR_STICKY is cleared by writing it', () => {
	const sticky = (chip) => {
		chip.adc.cs |= 1 << 10;
		chip.writeUint32(ADC, 1 | 1 << 10);
		return !!(chip.readUint32(ADC) & 1 << 10);
	};
	assert.equal(sticky(loadStock(new RP2040())), true, 'the stock emulator has learned it: drop the patch');
	assert.equal(sticky(clocks(patched().chip)), false);
});

test('adc: it does not convert without its clock', () => {
	const { chip } = patched();
	assert.throws(() => chip.writeUint32(ADC, 1 | 1 << 2), Complaint);
});

test('dma: a pacing timer of X/Y lets clk_sys X/Y transfers through', () => {
	const paced = (chip, timer, now, advance) => {
		const times = [];
		chip.writeUint32(DMA + 0x420 + 4 * timer, 1 << 16 | 1250); // 100 kHz of 125 MHz
		chip.writeUint32(DMA, 0x20000000);
		chip.writeUint32(DMA + 4, 0x20000100);
		chip.writeUint32(DMA + 8, 5);
		const original = chip.dma.channels[0].transferFn;
		chip.writeUint32(DMA + 12, 1 | 2 << 2 | (59 + timer) << 15);
		const copy = chip.dma.channels[0].transferFn;
		chip.dma.channels[0].transferFn = () => { times.push(now()); copy(); };
		advance(100e3);
		return times.map(Math.round).slice(1).map((t, i) => t - Math.round(times[i]));
	};
	const stock = loadStock(new RP2040());
	assert.notDeepEqual(paced(stock, 0, () => stock.clock.nanos, (ns) => stock.clock.tick(ns)), [10e3, 10e3, 10e3, 10e3], 'the stock emulator has learned it: drop the patch');
	for (const timer of [0, 1, 2, 3]) {
		const machine = patched();
		assert.deepEqual(paced(machine.chip, timer, () => machine.now, (ns) => machine.run(ns)), [10e3, 10e3, 10e3, 10e3]);
	}
});

test('watchdog: it resets the chip once, with its reason; scratch and SRAM stay, and time goes on', () => {
	const stock = loadStock(new RP2040());
	let fired = 0;
	stock.peripherals[0x40058].onWatchdogTrigger = () => {
		if (++fired === 10)
			throw new Error('for ever');
	};
	stock.writeUint32(WATCHDOG + 4, 2000);
	stock.writeUint32(WATCHDOG, 1 << 30);
	assert.throws(() => stock.clock.tick(20e6), /for ever/, 'the stock emulator has learned it: drop the patch');
	const machine = patched();
	const { chip } = machine;
	clocks(chip);
	chip.writeUint32(WATCHDOG + 0x0c, 0x12345678);
	chip.writeUint32(0x20001000, 0xcafe);
	chip.writeUint32(WATCHDOG + 4, 2000); // 1 ms: it counts twice a tick (RP2040-E1)
	chip.writeUint32(WATCHDOG, 1 << 30);
	machine.run(20e6);
	assert.equal(machine.resets.watchdog, 1);
	assert.notEqual(machine.chip, chip);
	assert.deepEqual([machine.chip.readUint32(WATCHDOG + 8), machine.chip.readUint32(WATCHDOG + 0x0c), machine.chip.readUint32(0x20001000)], [1, 0x12345678, 0xcafe]);
	assert.equal(machine.now, 20e6);
	clocks(machine.chip);
	assert.equal(machine.chip.readUint32(TIMER + 0x28), 19000, 'the timer begins anew');
	machine.chip.writeUint32(WATCHDOG, 1 << 31);
	machine.run(21e6);
	assert.equal(machine.chip.readUint32(WATCHDOG + 8), 2);
	machine.reset('pin');
	machine.run(22e6);
	assert.deepEqual([machine.chip.readUint32(WATCHDOG + 8), machine.chip.readUint32(WATCHDOG + 0x0c), machine.chip.readUint32(0x20001000)], [0, 0, 0xcafe]);
	machine.reset('power');
	machine.run(23e6);
	assert.notEqual(machine.chip.readUint32(0x20001000), 0xcafe);
});

test('watchdog: a tick that makes no us, and a timer without ticks, are complained of', () => {
	const { chip } = patched();
	assert.throws(() => chip.readUint32(TIMER + 0x28), Complaint);
	chip.writeUint32(CLOCKS + 0x30, 2);
	assert.throws(() => chip.writeUint32(WATCHDOG + 0x2c, 125 | 1 << 9), Complaint);
});

test('complaints: what is not there fails the run', () => {
	const { chip } = patched();
	for (const [address, what] of [[DMA + 0x444, 'CHAN_ABORT'], [0x40060000, 'ROSC'], [0xd00000fc + 0x100, 'SIO'], [0x30000000, 'nothing']])
		assert.throws(() => chip.readUint32(address), Complaint, what);
	assert.throws(() => chip.readUint32(0x20000002), Complaint);
	const machine = patched(compile('void begin(void) { __asm volatile(".short 0xde00"); __asm volatile(".short 0xb7ff"); for (;;) ; }'));
	assert.throws(() => machine.run(1e6), Complaint);
});

test('timer: an alarm goes off at the tick that it names, and not when that has passed', () => {
	const fires = (chip, start, delta) => {
		chip.clock.tick(start);
		chip.writeUint32(TIMER + 0x38, 1);
		const began = chip.clock.nanos;
		let at = null;
		const original = chip.core.setInterrupt;
		chip.core.setInterrupt = (irq, value) => {
			if (irq === 0 && value && at === null)
				at = chip.clock.nanos;
			original.call(chip.core, irq, value);
		};
		chip.writeUint32(TIMER + 0x10, (Math.floor(began / 1000) + delta) >>> 0);
		chip.clock.tick(50e3);
		return at;
	};
	assert.equal(fires(loadStock(new RP2040()), 100700, 5), 104700, 'the stock emulator has learned it: drop the patch');
	for (const [delta, expected] of [[5, 105000], [1, 101000], [0, null], [-3, null]]) {
		const { chip } = patched();
		clocks(chip);
		assert.equal(fires(chip, 100700, delta), expected);
	}
	const late = patched(undefined, { startTicks: 2 ** 32 - 10 }).chip;
	clocks(late);
	late.clock.tick(4000);
	assert.deepEqual([late.readUint32(TIMER + 0x28), late.readUint32(TIMER + 0x24)], [2 ** 32 - 6, 0]);
	late.writeUint32(TIMER + 0x38, 1);
	late.writeUint32(TIMER + 0x10, 3);
	late.clock.tick(8999);
	assert.equal(late.readUint32(TIMER + 0x34), 0);
	late.clock.tick(1);
	assert.equal(late.readUint32(TIMER + 0x34), 1);
	assert.deepEqual([late.readUint32(TIMER + 0x28), late.readUint32(TIMER + 0x24)], [3, 1]);
});

test('gpio: what a pin drives is read back', () => {
	const drive = (chip) => {
		chip.writeUint32(PADS + 4 + 4 * 6, 0x56);
		chip.writeUint32(IO + 6 * 8 + 4, 5);
		chip.writeUint32(SIO + 0x14, 1 << 6);
		chip.writeUint32(SIO + 0x24, 1 << 6);
		return !!(chip.readUint32(SIO + 4) & 1 << 6);
	};
	assert.equal(drive(loadStock(new RP2040())), false, 'the stock emulator has learned it: drop the patch');
	assert.equal(drive(patched().chip), true);
});

test('gpio: pads are inputs after a reset', () => {
	assert.equal(loadStock(new RP2040()).readUint32(PADS + 4), 0x36, 'the stock emulator has learned it: drop the patch');
	assert.equal(patched().chip.readUint32(PADS + 4), 0x56);
});

test('gpio: only a change latches an edge, that of a pad that is enabled too', () => {
	const intr = (chip) => chip.readUint32(IO + 0xf0) >>> 8 & 0xf; // GPIO 2
	const clear = (chip) => chip.writeUint32(IO + 0xf0, 0xf00);
	const stock = loadStock(new RP2040());
	stock.gpio[2].setInputValue(false);
	assert.equal(intr(stock), 0b0101, 'the stock emulator has learned it: drop the patch');
	const { chip } = patched();
	assert.equal(intr(chip), 0b0001);
	chip.gpio[2].drive(false);
	assert.equal(intr(chip), 0b0001);
	chip.gpio[2].drive(true);
	assert.equal(intr(chip), 0b1010);
	clear(chip);
	chip.gpio[2].drive(true);
	assert.equal(intr(chip), 0b0010);
	chip.writeUint32(PADS + 4 + 8, 0x16);
	assert.equal(intr(chip), 0b0101);
	clear(chip);
	chip.writeUint32(PADS + 4 + 8, 0x56);
	assert.equal(intr(chip), 0b1010);
});

test('chip-reset: CHIP_RESET says whether power came or RUN was low', () => {
	const machine = patched();
	assert.equal(loadStock(new RP2040()).readUint32(0x40064008) >>> 0, 0xffffffff, 'the stock emulator has learned it: drop the patch');
	assert.equal(machine.chip.readUint32(0x40064008), 1 << 8);
	machine.reset('pin');
	machine.run(1e3);
	assert.equal(machine.chip.readUint32(0x40064008), 1 << 16);
	machine.chip.writeUint32(WATCHDOG, 1 << 31);
	machine.run(2e3);
	assert.equal(machine.chip.readUint32(0x40064008), 1 << 16);
});

test('resets: a block that is reset begins anew', () => {
	const stuck = (chip) => {
		chip.i2c[0].onStart = () => {}; // SCL is held
		chip.writeUint32(I2C0 + 0x6c, 1);
		chip.writeUint32(I2C0 + 0x10, 1);
		chip.writeUint32(RESETS, 1 << 3);
		chip.writeUint32(RESETS, 0);
		return chip.readUint32(I2C0 + 0x70) & 0x20;
	};
	assert.equal(stuck(loadStock(new RP2040())), 0x20, 'the stock emulator has learned it: drop the patch');
	const { chip } = patched();
	assert.equal(stuck(chip), 0);
	clocks(chip);
	chip.clock.tick(5e6);
	chip.writeUint32(ADC, 1 | 1 << 3);
	chip.writeUint32(RESETS, 1 | 1 << 21);
	assert.equal(chip.readUint32(RESETS + 8) & (1 | 1 << 21), 0);
	chip.writeUint32(RESETS, 0);
	assert.deepEqual([chip.readUint32(TIMER + 0x28), chip.readUint32(ADC)], [0, 1 << 8]);
	chip.clock.tick(5e6);
	assert.equal(chip.readUint32(ADC + 4), 0, 'a conversion went on over the reset');
});

test('resets: who is held there answers nobody', () => {
	const held = new RP2040();
	loadStock(held).writeUint32(RESETS, 0x1ffffff);
	assert.equal(held.readUint32(ADC), 1 << 8, 'the stock emulator has learned it: drop the patch');
	const { chip } = patched();
	chip.holdBlocks(true);
	for (const address of [ADC, I2C0, TIMER + 0x28, USB + 0x40, 0x40014000, 0x4001c000, 0x40028000, 0x50000000])
		assert.throws(() => chip.readUint32(address), /held in reset/, address.toString(16));
	assert.throws(() => chip.writeUint32(DPRAM, 0), /held in reset/);
	assert.throws(() => chip.writeUint32(ADC + 0x2000, 1), /held in reset/);
	chip.writeUint32(RESETS + 0x3000, 1 | 1 << 24);
	assert.equal(chip.readUint32(RESETS + 8), 1 | 1 << 24);
	chip.readUint32(ADC);
	chip.writeUint32(DPRAM, 0);
	assert.throws(() => chip.readUint32(I2C0), /held in reset/);
});

test('i2c: it is set up while it is off, and not switched off while it is busy', () => {
	const SDA_HOLD = I2C0 + 0x7c, SPKLEN = I2C0 + 0xa0, setUp = (chip) => {
		chip.writeUint32(SDA_HOLD, 38);
		chip.writeUint32(SPKLEN, 13);
		return [chip.readUint32(SDA_HOLD), chip.readUint32(SPKLEN)];
	};
	assert.deepEqual(setUp(loadStock(new RP2040())), [1, 7], 'the stock emulator has learned it: drop the patch');
	const { chip } = patched();
	assert.deepEqual(setUp(chip), [38, 13]);
	chip.i2c[0].onStart = () => {}; // SCL is held
	chip.writeUint32(I2C0 + 0x6c, 1);
	chip.writeUint32(SDA_HOLD, 1);
	assert.equal(chip.readUint32(SDA_HOLD), 38);
	chip.writeUint32(I2C0 + 0x10, 1);
	assert.throws(() => chip.writeUint32(I2C0 + 0x6c, 0), /midst of a transfer/);
});

// ---- USB ----

function usbOn(chip) {
	clocks(chip);
	chip.writeUint32(USB + 0x40, 1);
	chip.writeUint32(USB + 0x4c, 1 << 16 | 1 << 29);
	chip.writeUint32(DPRAM + 0x10, (1 << 31 | 1 << 29 | 2 << 26 | 0x180) >>> 0); // endpoint 2 IN
	chip.writeUint32(DPRAM + 0x14, (1 << 31 | 1 << 29 | 2 << 26 | 0x1c0) >>> 0); // and OUT
}

test('usb: an IN buffer is the controller\'s until the host has taken it', () => {
	const offer = (chip) => {
		chip.writeUint32(DPRAM + 0x180, 0x64636261);
		chip.writeUint32(DPRAM + 0x90, 1 << 15 | 4);
		chip.writeUint32(DPRAM + 0x90, 1 << 15 | 1 << 10 | 4);
		return [!!(chip.readUint32(DPRAM + 0x90) & 1 << 10), chip.readUint32(USB + 0x58)];
	};
	const stock = loadStock(new RP2040());
	usbOn(stock);
	assert.deepEqual(offer(stock), [false, 1 << 4], 'the stock emulator has learned it: drop the patch');
	const { chip } = patched();
	usbOn(chip);
	assert.deepEqual(offer(chip), [true, 0]);
	const packet = chip.sie.in(2);
	assert.deepEqual([Buffer.from(packet.data).toString(), packet.pid], ['abcd', 0]);
	chip.sie.inDone(2);
	assert.deepEqual([chip.readUint32(DPRAM + 0x90) & (1 << 10 | 1 << 15), chip.readUint32(USB + 0x58)], [0, 1 << 4]);
	assert.equal(chip.sie.in(2), 'nak');
});

test('usb: a host with nothing to say sends nothing', () => {
	const arm = (chip) => {
		chip.writeUint32(DPRAM + 0x94, 64);
		chip.writeUint32(DPRAM + 0x94, 1 << 10 | 64);
	};
	const stock = loadStock(new RP2040());
	usbOn(stock);
	const cdc = new USBCDC(stock.usbCtrl);
	cdc.outEndpoint = 2;
	arm(stock);
	stock.clock.tick(1e6);
	assert.equal(stock.readUint32(USB + 0x58), 1 << 5, 'the stock emulator has learned it: drop the patch');
	const machine = patched();
	usbOn(machine.chip);
	arm(machine.chip);
	machine.run(1e6);
	assert.equal(machine.chip.readUint32(USB + 0x58), 0);
	assert.equal(machine.chip.sie.out(2, Uint8Array.of(1), 1), 'toggle');
	assert.equal(machine.chip.sie.out(2, Uint8Array.of(1, 2, 3), 0), 'ack');
	assert.deepEqual([machine.chip.readUint32(DPRAM + 0x94) & 0x87ff, machine.chip.readUint32(DPRAM + 0x1c0) & 0xffffff], [1 << 15 | 3, 0x030201]);
	assert.equal(machine.chip.sie.out(2, Uint8Array.of(1), 1), 'nak');
});

test('usb: stalls, and a SETUP ends that of endpoint 0', () => {
	const { chip } = patched();
	usbOn(chip);
	chip.writeUint32(DPRAM + 0x80, 1 << 11);
	assert.equal(chip.sie.in(0), 'nak', 'EP_STALL_ARM is not set');
	chip.writeUint32(USB + 0x68, 1);
	assert.equal(chip.sie.in(0), 'stall');
	chip.sie.setup(new Uint8Array(8));
	assert.equal(chip.sie.in(0), 'nak');
	assert.equal(chip.sie.in(5), null, 'an endpoint that is not there');
});

test('usb: suspend and resume are told, and cleared by writing SIE_STATUS', () => {
	const { chip } = patched();
	usbOn(chip);
	chip.writeUint32(USB + 0x90, 1 << 14 | 1 << 15);
	chip.sie.suspend();
	assert.equal(chip.readUint32(USB + 0x98), 1 << 14);
	chip.writeUint32(USB + 0x50, 1 << 4);
	assert.equal(chip.readUint32(USB + 0x98), 1 << 14, 'the bus is still silent');
	chip.sie.resume();
	assert.equal(chip.readUint32(USB + 0x98), 1 << 14 | 1 << 15, 'latched');
	chip.sie.busReset();
	chip.writeUint32(USB + 0x50, 1 << 11);
	assert.equal(chip.readUint32(USB + 0x98), 1 << 14, 'a bus reset does not clear it either');
	chip.writeUint32(USB + 0x50, 1 << 4);
	assert.equal(chip.readUint32(USB + 0x98), 0);
});

test('usb: a buffer is taken back with EP_ABORT, once what is under way has ended', () => {
	const { chip } = patched(), ABORT = USB + 0x60, DONE = USB + 0x64, BUFFER = DPRAM + 0x90, BIT4 = 1 << 4;
	usbOn(chip);
	chip.writeUint32(DPRAM + 0x10, (1 << 31 | 1 << 29 | 2 << 26 | 0x180) >>> 0); // endpoint 2 IN
	const offer = () => [1 << 15 | 4, 1 << 15 | 1 << 10 | 4].forEach((value) => chip.writeUint32(BUFFER, value));
	offer();
	assert.throws(() => chip.writeUint32(BUFFER, 0), /EP_ABORT takes it back/);
	for (const underWay of [false, true]) {
		chip.writeUint32(ABORT, BIT4);
		chip.writeUint32(BUFFER, 0);
		chip.writeUint32(DONE, BIT4);
		chip.writeUint32(ABORT, 0);
		offer();
		if (underWay)
			chip.sie.in(2);
		chip.writeUint32(ABORT, BIT4);
		assert.equal(chip.readUint32(DONE), underWay ? 0 : BIT4);
		assert.equal(chip.sie.in(2), 'nak');
		if (underWay) {
			assert.throws(() => chip.writeUint32(BUFFER, 0), /while the controller has it/);
			chip.sie.inDone(2);
			assert.equal(chip.readUint32(DONE), BIT4);
		}
	}
	chip.writeUint32(ABORT, 0);
	assert.throws(() => chip.writeUint32(ABORT, BIT4), /EP_ABORT_DONE/);
});

test('usb: what silicon would not take is complained of', () => {
	const fresh = () => {
		const { chip } = patched();
		usbOn(chip);
		return chip;
	};
	assert.throws(() => fresh().writeUint32(DPRAM + 0x90, 1 << 15 | 1 << 10 | 4), /together/);
	assert.throws(() => {
		const chip = fresh();
		for (const value of [1 << 15 | 4, 1 << 15 | 1 << 10 | 4, 1 << 15 | 1 << 10 | 5])
			chip.writeUint32(DPRAM + 0x90, value);
	}, /while the controller has it/);
	assert.throws(() => {
		const chip = fresh();
		chip.writeUint32(DPRAM + 0x90, 4);
		chip.writeUint32(DPRAM + 0x90, 1 << 10 | 4);
	}, /not FULL/);
	const { chip } = patched();
	assert.throws(() => {
		chip.writeUint32(USB + 0x40, 1);
		chip.writeUint32(USB + 0x4c, 1 << 16);
	}, /clk_usb/);
});
