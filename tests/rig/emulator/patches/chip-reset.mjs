// VREG_AND_CHIP_RESET (datasheet 2.10.6, 2.12.8), which rp2040js does not have: why the chip was last reset as a whole.
import { complain } from '../complaints.mjs';

const VREG = 0x00, BOD = 0x04, CHIP_RESET = 0x08;
const HAD_POR = 1 << 8, HAD_RUN = 1 << 16;
export const CAUSE = { power: HAD_POR, pin: HAD_RUN };

// `had`: CAUSE.power or CAUSE.pin; a watchdog's reset leaves it as it was.
export function patchChipReset(chip, had) {
	const block = chip.peripherals[0x40064];
	let vreg = 0xb1, bod = 0x91;
	chip.had = had;
	block.readUint32 = (offset) => {
		switch (offset) {
			case VREG:
				return vreg | 1 << 12; // regulating
			case BOD:
				return bod;
			case CHIP_RESET:
				return chip.had;
		}
		return complain('VREG_AND_CHIP_RESET', `no register at ${offset.toString(16)}`);
	};
	block.writeUint32 = (offset, value) => {
		if (offset === VREG)
			vreg = value & 0xf3;
		else if (offset === BOD)
			bod = value & 0xf1;
		else if (offset !== CHIP_RESET)
			complain('VREG_AND_CHIP_RESET', `no register at ${offset.toString(16)}`);
	};
}
