/* SPDX-License-Identifier: Apache-2.0 */
/* The Cortex-M0+ core: NVIC, SysTick, system control (ARM DDI 0419, B3), and the RP2040's interrupt numbers (datasheet 2.3.2). */
#ifndef RP2040_CORTEX_H
#define RP2040_CORTEX_H

#include "rp2040/register.h"

struct cortex_ppb {
	uint32_t reserved0[4];
	reg32 syst_csr, syst_rvr, syst_cvr, syst_calib;
	uint32_t reserved1[56];
	reg32 nvic_iser;
	uint32_t reserved2[31];
	reg32 nvic_icer;
	uint32_t reserved3[31];
	reg32 nvic_ispr;
	uint32_t reserved4[31];
	reg32 nvic_icpr;
	uint32_t reserved5[95];
	reg32 nvic_ipr[8];
	uint32_t reserved6[568];
	reg32 cpuid, icsr, vtor, aircr, scr;
};
AT(cortex_ppb, syst_csr, 0x010);
AT(cortex_ppb, nvic_iser, 0x100);
AT(cortex_ppb, nvic_icer, 0x180);
AT(cortex_ppb, nvic_icpr, 0x280);
AT(cortex_ppb, nvic_ipr, 0x400);
AT(cortex_ppb, vtor, 0xd08);
#define CORTEX ((struct cortex_ppb *)0xe000e000u)

#define SYSTICK_ENABLE BIT(0)
#define SYSTICK_FROM_CPU BIT(2)
#define SYSTICK_MAX 0xffffffu

enum irq { IRQ_TIMER0 = 0, IRQ_TIMER1 = 1, IRQ_USB = 5, IRQ_DMA0 = 11, IRQ_IO_BANK0 = 13 };

/* Of 4 levels: 0 goes before all others. Before interrupts are enabled. */
static inline void irq_priority(enum irq irq, unsigned level)
{
	unsigned shift = 8 * (irq % 4) + 6;
	reg32 *reg = &CORTEX->nvic_ipr[irq / 4];
	*reg = (*reg & ~(UINT32_C(3) << shift)) | (uint32_t)level << shift;
}

static inline void irq_enable(enum irq irq)
{
	CORTEX->nvic_icpr = BIT(irq);
	CORTEX->nvic_iser = BIT(irq);
}

/* What stands between these two is not interrupted by `irq`; others are, so that no edge waits for it. */
static inline void irq_hold(enum irq irq)
{
	CORTEX->nvic_icer = BIT(irq);
	__asm__ volatile("dsb\n\tisb" ::: "memory");
}

static inline void irq_release(enum irq irq)
{
	__asm__ volatile("" ::: "memory");
	CORTEX->nvic_iser = BIT(irq);
}

#endif
