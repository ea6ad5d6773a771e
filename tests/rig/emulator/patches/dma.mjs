// DMA's pacing timers run at clk_sys X / Y (datasheet 2.5.7.2). Stock: X and Y are swapped, and timer 3's X is always 0.

const TIMER0 = 59, TIMER3 = 62;

export function patchDma(chip) {
	const { dma } = chip;
	// us between transfers at the pace of `treq`; 0: it does not pace
	dma.getTimer = (treq) => {
		if (treq < TIMER0 || treq > TIMER3)
			return 0;
		const value = dma[`timer${treq - TIMER0}`];
		const x = value >>> 16, y = value & 0xffff;
		return x && y ? (y / x) * (1e6 / chip.clkSys) : 0;
	};
}
