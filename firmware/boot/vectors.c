/* SPDX-License-Identifier: Apache-2.0 */
/* The vector table, first in the image: read from flash at reset, used from SRAM. make-image knows where `image_check` stands. */
#include "isr.h"
#include "rp2040/cortex.h"

#include <stddef.h>

extern uint32_t stack_end[], code_bytes[]; /* the linker's; the second's address is a number of bytes */
void reset(void);

struct vectors {
	const void *stack;
	void (*reset)(void), (*nmi)(void), (*hard_fault)(void);
	const void *reserved0[3];
	const void *code_bytes; /* what the checksum goes over, from behind this table */
	uint32_t image_check;
	const void *reserved1[2];
	void (*svcall)(void);
	const void *reserved2[2];
	void (*pendsv)(void), (*systick)(void), (*irq[32])(void);
};
AT(vectors, image_check, 32);
AT(vectors, irq, 64);
_Static_assert(sizeof(struct vectors) == 192, "16 exceptions and 32 interrupts: code_bytes begin behind it");

extern const struct vectors vectors;
const struct vectors __attribute__((section(".vectors"), used)) vectors = {
	.stack = stack_end,
	.reset = reset,
	.nmi = isr_fault,
	.hard_fault = isr_fault,
	.code_bytes = code_bytes,
	.svcall = isr_fault,
	.pendsv = isr_fault,
	.systick = isr_fault,
	.irq = {
		[IRQ_TIMER0] = isr_timer,
		[IRQ_TIMER1] = isr_bus,
		[IRQ_USB] = isr_usb,
		[IRQ_DMA0] = isr_dma,
		[IRQ_IO_BANK0] = isr_lines,
	},
};
