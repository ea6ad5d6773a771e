// Tiny programs for tests of the emulator itself, compiled when the test runs.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootImage } from './boot.mjs';
import { Machine } from './machine.mjs';

const PREFIX = process.env.RIG_CROSS ?? 'arm-none-eabi-';
const HEAD = `
#include <stdint.h>
#define REG(address) (*(volatile uint32_t *)(address))
#define PPB 0xe0000000u
#define TIMER 0x40054000u
#define ENABLE_IRQ(n) (REG(PPB + 0xe100) = 1u << (n))
#define OUT(i) REG(0x20000000u + 4 * (i)) /* what the test reads */
void irq(void);
void begin(void);
void handler(void) __attribute__((weak));
__attribute__((section(".vectors"), used)) const void *const vectors[48] = { (void *)0x20040000, (void *)begin, [2 ... 47] = (void *)handler };
`;

// The flash content of a C program with `void begin(void)` and perhaps `void handler(void)`, for every interrupt.
export function compile(source) {
	const folder = mkdtempSync(join(tmpdir(), 'rig-program-'));
	try {
		const c = join(folder, 'p.c'), elf = join(folder, 'p.elf'), bin = join(folder, 'p.bin');
		writeFileSync(c, HEAD + source);
		writeFileSync(join(folder, 'p.ld'), 'SECTIONS { . = 0x10000100; .text : { KEEP(*(.vectors)) *(.text*) *(.rodata*) } }\nENTRY(begin)\n');
		execFileSync(`${PREFIX}gcc`, ['-mcpu=cortex-m0plus', '-mthumb', '-Os', '-ffreestanding', '-nostdlib', '-Wall', '-Werror', '-T', join(folder, 'p.ld'), '-o', elf, c]);
		execFileSync(`${PREFIX}objcopy`, ['-O', 'binary', elf, bin]);
		return Buffer.concat([Buffer.alloc(256), readFileSync(bin)]);
	} finally {
		rmSync(folder, { recursive: true });
	}
}

// A program that waits for interrupts and has none: for tests that poke registers.
const IDLE = (() => {
	const bytes = Buffer.alloc(0x100 + 0xc0 + 4);
	for (let i = 0; i < 48; i++)
		bytes.writeUInt32LE(i ? 0x100001c1 : 0x20040000, 0x100 + 4 * i);
	bytes.writeUInt16LE(0xbf30, 0x1c0); // wfi
	bytes.writeUInt16LE(0xe7fd, 0x1c2); // and again
	return bytes;
})();

export function patched(flash = IDLE, options = {}) {
	return new Machine({ flash, start: bootImage, ...options });
}

// As it comes from npm, ready to run the same program.
export function loadStock(chip, flash = IDLE) {
	chip.logger = { debug() {}, info() {}, warn() {}, error() {} };
	chip.flash.set(flash);
	bootImage(chip);
	return chip;
}
