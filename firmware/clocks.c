/* SPDX-License-Identifier: Apache-2.0 */
#include "clocks.h"

#include "board.h"
#include "rp2040/system.h"

#define VCO_SYS_HZ 1500000000u
#define VCO_USB_HZ 1200000000u
_Static_assert(VCO_SYS_HZ % RIG_CRYSTAL_HZ == 0 && VCO_USB_HZ % RIG_CRYSTAL_HZ == 0, "the PLLs multiply by whole numbers");
_Static_assert(VCO_SYS_HZ / (6 * 2) == CLK_SYS_HZ && VCO_USB_HZ / (5 * 5) == 48000000u, "and divide by two of 1 to 7");

static void crystal_start(void)
{
	XOSC->ctrl = XOSC_1_TO_15_MHZ;
	XOSC->startup = RIG_CRYSTAL_HZ / 1000 * 2 / 256; /* 2 ms, in 256 cycles */
	register_set(&XOSC->ctrl, XOSC_ENABLE);
	while (!(XOSC->status & XOSC_STABLE))
		;
}

static void pll_start(struct rp_pll *pll, uint32_t multiply, uint32_t divide)
{
	pll->cs = 1; /* the crystal undivided */
	pll->fbdiv = multiply;
	register_clear(&pll->pwr, PLL_PWR_MAIN | PLL_PWR_VCO);
	while (!(pll->cs & PLL_LOCK))
		;
	pll->prim = divide;
	register_clear(&pll->pwr, PLL_PWR_POST);
}

static void clock_select(struct rp_clock *clock, uint32_t source)
{
	clock->ctrl = CLOCK_AUX_FIRST | source;
	while (!(clock->selected & BIT(source)))
		;
}

void clocks_start(void)
{
	clock_select(&CLOCKS->sys, CLOCK_SYS_SRC_REF); /* off the PLL, should it run */
	crystal_start();
	clock_select(&CLOCKS->ref, CLOCK_REF_SRC_XOSC);
	WATCHDOG->tick = RIG_CRYSTAL_HZ / 1000000 | WATCHDOG_TICK_ENABLE;
	reset_cycle(RESET_PLL_SYS | RESET_PLL_USB);
	pll_start(PLL_SYS, VCO_SYS_HZ / RIG_CRYSTAL_HZ, PLL_DIVIDE(6, 2));
	pll_start(PLL_USB, VCO_USB_HZ / RIG_CRYSTAL_HZ, PLL_DIVIDE(5, 5));
	CLOCKS->sys.div = CLOCK_DIV_1;
	clock_select(&CLOCKS->sys, CLOCK_SYS_SRC_AUX);
	CLOCKS->usb.ctrl = CLOCK_AUX_FIRST | CLOCK_ENABLE;
	CLOCKS->adc.ctrl = CLOCK_AUX_FIRST | CLOCK_ENABLE;
	reset_cycle(RESET_TIMER);
}

uint64_t ticks_now(void)
{
	for (;;) {
		uint32_t high = TIMER->timerawh;
		uint32_t low = TIMER->timerawl;
		if (TIMER->timerawh == high)
			return (uint64_t)high << 32 | low;
	}
}
