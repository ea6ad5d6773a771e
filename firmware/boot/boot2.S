/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The RP2040's second stage: its ROM copies these 256 bytes to SRAM, checks their CRC (make-image appends it) and calls them. They let
 * the flash be read at 0x10000000 by the plain command 03h, which every serial flash knows without being set up, and go on to the
 * vector table behind them. Slow, and fast enough: all code is copied to SRAM once. Registers: RP2040 datasheet 4.10.13.
 */
	.syntax unified
	.cpu cortex-m0plus
	.thumb

	.equ SSI_BASE, 0x18000000
	.equ CTRLR0, 0x00
	.equ CTRLR1, 0x04
	.equ SSIENR, 0x08
	.equ BAUDR, 0x14
	.equ SPI_CTRLR0_FROM_BASE, 0xf4
	.equ CTRLR0_READ_32, (31 << 16) | (3 << 8)                   /* 32-bit frames; command and address out, data in; one data line */
	.equ SPI_CTRLR0_03H, (0x03 << 24) | (2 << 8) | (24 / 4 << 2) /* command 03h, 8 bits of it, 24 bits of address */
	.equ VECTORS, 0x10000100
	.equ VTOR, 0xe000ed08

	.section .boot2, "ax"
	.global boot2
	.type boot2, %function
boot2:
	ldr r3, =SSI_BASE
	movs r0, #0
	str r0, [r3, #SSIENR]
	movs r0, #4 /* clk_sys / 4: 31 MHz at 125 MHz, where 03h may have 50 */
	str r0, [r3, #BAUDR]
	ldr r0, =CTRLR0_READ_32
	str r0, [r3, #CTRLR0]
	ldr r0, =SPI_CTRLR0_03H
	movs r1, #SPI_CTRLR0_FROM_BASE
	str r0, [r3, r1]
	movs r0, #0
	str r0, [r3, #CTRLR1] /* one frame a read */
	movs r0, #1
	str r0, [r3, #SSIENR]
	ldr r0, =VECTORS
	ldr r1, =VTOR
	str r0, [r1]
	ldm r0, {r0, r1}
	msr msp, r0
	bx r1
	.ltorg
	.size boot2, . - boot2
