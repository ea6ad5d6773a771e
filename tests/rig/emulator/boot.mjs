// What the boot ROM does (datasheet 2.8.1.2, 2.8.1.3): it copies the first 256 bytes of flash to the end of SRAM, holds them against their
// checksum, and jumps there. Its code is Raspberry Pi's, and none of it is here.
import { complain } from './complaints.mjs';

const BOOT2_BYTES = 256, BOOT2_AT = 0x20041f00;
const FLASH = 0x10000000, FLASH_VECTORS = 0x10000100, SRAM = 0x20000000;
const BOOTROM_STACK = 0x20041f00;

export function bootChecksum(bytes) {
	let crc = 0xffffffff;
	for (const byte of bytes) {
		crc ^= byte << 24;
		for (let bit = 0; bit < 8; bit++)
			crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
	}
	return crc >>> 0;
}

export function boot(chip) {
	chip.holdBlocks(true);
	const { core, flash, sram } = chip;
	const boot2 = flash.subarray(0, BOOT2_BYTES);
	const checksum = chip.flashView.getUint32(BOOT2_BYTES - 4, true);
	if (bootChecksum(boot2.subarray(0, BOOT2_BYTES - 4)) !== checksum)
		complain('boot ROM', 'the second stage has the wrong checksum: silicon would wait for an image on USB');
	sram.set(boot2, BOOT2_AT - SRAM);
	core.VTOR = FLASH;
	core.SP = BOOTROM_STACK;
	core.LR = 0; // "go on with the image in flash"
	core.PC = BOOT2_AT;
}

// Straight into the image, for programs that have no second stage.
export function bootImage(chip, vectors = FLASH_VECTORS) {
	const { core } = chip;
	core.VTOR = vectors;
	core.SP = chip.readUint32(vectors);
	core.PC = chip.readUint32(vectors + 4) & ~1;
}
