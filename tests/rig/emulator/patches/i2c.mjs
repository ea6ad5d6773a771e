// The I2C controller, as far as it is told what to do (datasheet 4.3.10, 4.3.14, 4.3.17). Stock:
// - IC_SDA_HOLD cannot be written, and IC_FS_SPKLEN only with an even value;
// - a controller that is disabled in the midst of a transfer is enabled anew at once. Silicon is disabled only once the byte has ended, and
//   takes no IC_CON or IC_TAR until then: while a part holds SCL, only a reset of the block helps.
import { complain } from '../complaints.mjs';

const ENABLE = 0x6c, SDA_HOLD = 0x7c, FS_SPKLEN = 0xa0, ON = 1, IDLE = 0;
const LEAST_HOLD_NANOS = 10; // SDA after SCL has gone low: INA228 (SBOS886, 6.6)

export function patchI2c(chip) {
	for (const i2c of chip.i2c) {
		const read = i2c.readUint32, write = i2c.writeUint32;
		i2c.sdaHold = 1;
		i2c.readUint32 = (offset) => (offset === SDA_HOLD ? i2c.sdaHold : read.call(i2c, offset));
		i2c.writeUint32 = (offset, value) => {
			const isOff = !(i2c.enable & ON);
			if (offset === SDA_HOLD && isOff)
				i2c.sdaHold = value & 0xffffff;
			else if (offset === FS_SPKLEN && isOff && value & 0xff)
				i2c.spikelen = value & 0xff;
			else if (offset === ENABLE && !(value & ON) && i2c.state !== IDLE)
				complain('I2C', 'it is disabled in the midst of a transfer: not before the byte has ended, so never, where SCL is held (4.3.10.3)');
			else if (offset !== SDA_HOLD && offset !== FS_SPKLEN)
				write.call(i2c, offset, value);
		};
		i2c.checkHold = () => {
			const hold = i2c.sdaHold & 0xffff, nanos = (hold * 1e9) / chip.clkSys;
			if (nanos < LEAST_HOLD_NANOS || hold > i2c.sclLowPeriod - 2)
				complain('I2C', `SDA is held for ${nanos} ns after SCL: at least ${LEAST_HOLD_NANOS}, and two cycles less than SCL is low (4.3.14.1)`);
		};
	}
}
