// What is in the flash: the image, and the identity page, whose serial number here always begins with SIM, so that whatever comes from
// this rig says that it is simulated. The page as firmware/logic/identity.h has it, written anew.
import { readFileSync } from 'node:fs';

const IDENTITY_OFFSET = 0x1ff000, IDENTITY_SIZE = 256, MAGIC = 0x4449524a, VERSION = 1, NOT_CALIBRATED = -0x80000000;
const FLASH_BYTES = 2 * 1024 * 1024;

export function crc32(bytes) {
	let crc = 0xffffffff;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++)
			crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
	}
	return ~crc >>> 0;
}

// `delays`: 12 of them, IN1 rise and fall to OUT2 rise and fall, ns; none: not calibrated.
export function identityPage(serial, delays = []) {
	if (!/^SIM[!-~]{0,13}$/.test(serial))
		throw new Error(`a simulated rig's serial number begins with SIM and has at most 16 characters: '${serial}'`);
	const page = Buffer.alloc(IDENTITY_SIZE);
	page.writeUInt32LE(MAGIC, 0);
	page.writeUInt32LE(VERSION, 4);
	page.write(serial, 8, 'ascii');
	for (let i = 0; i < 12; i++)
		page.writeInt32LE(delays[i] ?? NOT_CALIBRATED, 24 + 4 * i);
	page.writeUInt32LE(crc32(page.subarray(0, IDENTITY_SIZE - 4)), IDENTITY_SIZE - 4);
	return page;
}

export function flashOf(image, { serial = 'SIM1', delays = [], page = identityPage(serial, delays) } = {}) {
	const flash = Buffer.alloc(FLASH_BYTES, 0xff), bytes = readFileSync(image);
	if (bytes.length > IDENTITY_OFFSET)
		throw new Error(`${image}: ${bytes.length} bytes do not fit`);
	flash.set(bytes, 0);
	if (page)
		flash.set(page, IDENTITY_OFFSET);
	return flash;
}
