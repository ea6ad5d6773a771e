/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks, all from the one crystal: clk_sys 125 MHz, clk_usb and clk_adc 48 MHz, the timer's tick 1 us; and the time they give. */
#ifndef RIG_CLOCKS_H
#define RIG_CLOCKS_H

#include "rp2040/timer.h"

#define CLK_SYS_HZ 125000000u

/* Once, first of all; takes some 2 ms. Without a crystal that swings it does not return, and the LED stays dark. */
void clocks_start(void);

/* Microseconds since reset: the low half for interrupts, which logic extends; all of it for the main loop. */
static inline uint32_t ticks_low(void)
{
	return TIMER->timerawl;
}

uint64_t ticks_now(void);

#endif
