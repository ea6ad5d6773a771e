/* SPDX-License-Identifier: Apache-2.0 */
/* The first instructions, in flash: everything else is copied to SRAM and runs there, so that no cache decides how long an edge waits. */
	.syntax unified
	.cpu cortex-m0plus
	.thumb

	.equ VTOR, 0xe000ed08
	.equ STACK_UNUSED, 0x5afe57ac /* stack_left counts the words that still hold it */

	.section .reset, "ax"
	.global reset
	.type reset, %function
	.thumb_func
reset:
	cpsid i
	ldr r0, =image_flash
	ldr r1, =image_start
	ldr r2, =image_end
1:	ldm r0!, {r3}
	stm r1!, {r3}
	cmp r1, r2
	blo 1b
	ldr r1, =bss_start
	ldr r2, =bss_end
	movs r3, #0
	b 3f
2:	stm r1!, {r3}
3:	cmp r1, r2
	blo 2b
	ldr r1, =stack_start
	ldr r2, =stack_end
	ldr r3, =STACK_UNUSED
4:	stm r1!, {r3}
	cmp r1, r2
	blo 4b
	mov sp, r2
	ldr r0, =VTOR
	ldr r1, =image_start
	str r1, [r0]
	ldr r0, =main
	bx r0
	.ltorg
	.size reset, . - reset
