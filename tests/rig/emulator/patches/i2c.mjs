// A controller that is switched off is idle, whatever it was at (datasheet 4.3.10.3). Stock: it stays busy with a transfer that nobody ends.

const IC_ENABLE = 0x6c, ENABLE = 1;

export function patchI2c(chip) {
	for (const i2c of chip.i2c) {
		const write = i2c.writeUint32;
		i2c.writeUint32 = (offset, value) => {
			if (offset === IC_ENABLE && !(value & ENABLE)) {
				i2c.onReset?.();
				Object.assign(i2c, { state: 0, busy: false, stop: false, pendingRestart: false, firstByte: false });
			}
			write.call(i2c, offset, value);
		};
	}
}
