// RESETS (datasheet 2.14): a block that is reset begins anew. Stock: nothing happens. Only what firmware resets while it runs needs it:
// I2C that hangs, DMA, the ADC; and the timer, which starts to count there.

const RESET = 0x0;
const BITS = { adc: 0, dma: 2, i2c0: 3, i2c1: 4, timer: 21 };

export function patchResets(chip) {
	const block = chip.peripherals[0x4000c];
	const begin = {
		adc: () => resetAdc(chip.adc),
		dma: () => resetDma(chip.dma),
		i2c0: () => resetI2c(chip.i2c[0]),
		i2c1: () => resetI2c(chip.i2c[1]),
		timer: () => chip.peripherals[0x40054].restart(),
	};
	const write = block.writeUint32;
	block.writeUint32 = (offset, value) => {
		const before = block.reset;
		write.call(block, offset, value);
		if (offset !== RESET)
			return;
		block.reset_done = ~value & 0x1ffffff;
		for (const [name, bit] of Object.entries(BITS))
			if (value & (1 << bit) && !(before & (1 << bit)))
				begin[name]();
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
