// RESETS (datasheet 2.14): all blocks begin in reset, one that is reset begins anew, and one that is held there answers nobody. Stock: nothing
// happens. To begin anew is modelled for what firmware resets while it runs: I2C that hangs, DMA, the ADC, USB; and the timer, which starts to
// count there.
import { complain } from '../complaints.mjs';

const RESET = 0x0, ALL = 0x1ffffff;
const BITS = { adc: 0, dma: 2, i2c0: 3, i2c1: 4, timer: 21, usb: 24 };
// Bits of RESETS, by the place of the block's registers. Those of the QSPI pins are left out: the boot ROM has let them go.
const PLACES = {
	0x4004c: 0, 0x40030: 1, 0x50000: 2, 0x40044: 3, 0x40048: 4, 0x40014: 5, 0x4001c: 8, 0x50200: 10, 0x50300: 11, 0x40028: 12, 0x4002c: 13,
	0x40050: 14, 0x4005c: 15, 0x4003c: 16, 0x40040: 17, 0x40004: 18, 0x40000: 19, 0x4006c: 20, 0x40054: 21, 0x40034: 22, 0x40038: 23, 0x50110: 24,
};
const USB_MEMORY = 0x50100, USB = 24;

export function patchResets(chip) {
	const block = chip.peripherals[0x4000c], isOut = (bit) => !(block.reset & (1 << bit));
	for (const [place, bit] of Object.entries(PLACES))
		guard(chip.peripherals[place], () => isOut(bit));
	guardMemory(chip, () => isOut(USB));
	const begin = {
		adc: () => resetAdc(chip.adc),
		dma: () => resetDma(chip.dma),
		i2c0: () => resetI2c(chip.i2c[0]),
		i2c1: () => resetI2c(chip.i2c[1]),
		timer: () => chip.peripherals[0x40054].restart(),
		usb: () => chip.sie.reset(),
	};
	const write = block.writeUint32;
	block.writeUint32 = (offset, value) => {
		const before = block.reset;
		write.call(block, offset, value);
		if (offset !== RESET)
			return;
		block.reset_done = ~block.reset & ALL;
		for (const [name, bit] of Object.entries(BITS))
			if (block.reset & (1 << bit) && !(before & (1 << bit)))
				begin[name]();
	};
	// For programs that say nothing of resets.
	chip.holdBlocks = (hold) => {
		block.reset = hold ? ALL : 0;
		block.reset_done = ~block.reset & ALL;
	};
	chip.holdBlocks(false);
}

// Silicon would read what was read last, and write nowhere.
function guard(block, isOut) {
	for (const access of ['readUint32', 'writeUint32Atomic']) {
		const go = block[access];
		block[access] = function (offset, ...more) {
			if (!isOut())
				complain(this.name, `its register at ${offset.toString(16)} is asked for, but it is held in reset (RESETS)`);
			return go.call(this, offset, ...more);
		};
	}
}

function guardMemory(chip, isOut) {
	const { writeUint32 } = chip;
	chip.writeUint32 = (address, value) => {
		if (address >>> 12 === USB_MEMORY && !isOut())
			complain('USB', 'its memory is written to, but it is held in reset (RESETS)');
		writeUint32.call(chip, address, value);
	};
}

function resetAdc(adc) {
	adc.multiShotAlarm.cancel();
	adc.sampleAlarm.cancel();
	adc.fifo.reset();
	Object.assign(adc, { cs: 0, fcs: 0, clockDiv: 0, intEnable: 0, intForce: 0, result: 0, busy: false, err: false });
	adc.abandon();
	adc.checkInterrupts();
}

function resetDma(dma) {
	for (const channel of dma.channels) {
		channel.abort();
		channel.reset();
	}
	Object.assign(dma, { intRaw: 0, intEnable0: 0, intForce0: 0, intEnable1: 0, intForce1: 0 });
	dma.checkInterrupts();
}

function resetI2c(i2c) {
	i2c.txFIFO.reset();
	i2c.rxFIFO.reset();
	Object.assign(i2c, {
		state: 0, busy: false, stop: false, pendingRestart: false, firstByte: false, enable: 0, rxThreshold: 0, txThreshold: 0,
		targetAddress: 0x55, abortSource: 0, intRaw: 0, intEnable: 0, sdaHold: 1, spikelen: 7,
	});
	i2c.onReset?.();
	i2c.checkInterrupts();
}
