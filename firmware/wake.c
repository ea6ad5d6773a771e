/* SPDX-License-Identifier: Apache-2.0 */
#include "wake.h"

#include "clocks.h"
#include "isr.h"
#include "rp2040/cortex.h"

#define ALARM 0

volatile bool woken;

void wake_open(void)
{
	register_set(&TIMER->inte, BIT(ALARM));
	irq_priority(IRQ_TIMER0, 3);
	irq_enable(IRQ_TIMER0);
}

/* The alarm: some 0.2 us. */
void isr_timer(void)
{
	TIMER->intr = BIT(ALARM);
	wake();
}

/* An interrupt that comes while they are off ends WFI, and is served when they are on again: so none is slept through. Off for some 12
 * cycles, beside WFI. */
static void sleep_unless_woken(void)
{
	__asm__ volatile("cpsid i" ::: "memory");
	if (!woken)
		__asm__ volatile("dsb\n\twfi" ::: "memory");
	__asm__ volatile("cpsie i\n\tisb" ::: "memory");
}

void sleep_until(uint64_t deadline)
{
	TIMER->alarm[ALARM] = (uint32_t)deadline; /* fires when the low halves are equal: so time is looked at after it */
	while (!woken && (int64_t)(deadline - ticks_now()) > 0)
		sleep_unless_woken(); /* also interrupts that wake nobody end a WFI */
	woken = false;
}
