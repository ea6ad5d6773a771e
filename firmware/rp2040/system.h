/* SPDX-License-Identifier: Apache-2.0 */
/* What a block needs before it runs: resets (datasheet 2.14), power-on state machine (2.13), chip-level reset (2.12), clocks (2.15), crystal (2.16), PLLs (2.18). */
#ifndef RP2040_SYSTEM_H
#define RP2040_SYSTEM_H

#include "rp2040/register.h"

struct rp_resets {
	reg32 reset, wdsel, reset_done;
};
AT(rp_resets, reset_done, 0x8);
#define RESETS ((struct rp_resets *)0x4000c000u)
#define RESET_ADC BIT(0)
#define RESET_DMA BIT(2)
#define RESET_I2C0 BIT(3)
#define RESET_IO_BANK0 BIT(5)
#define RESET_PADS_BANK0 BIT(8)
#define RESET_PLL_SYS BIT(12)
#define RESET_PLL_USB BIT(13)
#define RESET_TIMER BIT(21)
#define RESET_USB BIT(24)

static inline void reset_cycle(uint32_t blocks)
{
	register_set(&RESETS->reset, blocks);
	register_clear(&RESETS->reset, blocks);
	while ((RESETS->reset_done & blocks) != blocks)
		;
}

struct rp_psm {
	reg32 frce_on, frce_off, wdsel, done;
};
AT(rp_psm, wdsel, 0x8);
#define PSM ((struct rp_psm *)0x40010000u)
#define PSM_ALL_BUT_OSCILLATORS (UINT32_C(0x1ffff) & ~(BIT(0) | BIT(1)))

struct rp_vreg_and_chip_reset {
	reg32 vreg, bod, chip_reset;
};
AT(rp_vreg_and_chip_reset, chip_reset, 0x8);
#define VREG_AND_CHIP_RESET ((struct rp_vreg_and_chip_reset *)0x40064000u)
#define CHIP_RESET_HAD_RUN BIT(16) /* the last reset of the whole chip, which a watchdog's is not, was by the RUN pin */

struct rp_clock {
	reg32 ctrl, div, selected;
};
struct rp_clocks {
	struct rp_clock gpout[4], ref, sys, peri, usb, adc, rtc;
};
AT(rp_clocks, ref, 0x30);
AT(rp_clocks, sys, 0x3c);
AT(rp_clocks, usb, 0x54);
AT(rp_clocks, adc, 0x60);
#define CLOCKS ((struct rp_clocks *)0x40008000u)
#define CLOCK_ENABLE BIT(11)
#define CLOCK_DIV_1 UINT32_C(0x100)
#define CLOCK_REF_SRC_XOSC 2u
#define CLOCK_SYS_SRC_REF 0u
#define CLOCK_SYS_SRC_AUX 1u
#define CLOCK_AUX_FIRST (UINT32_C(0) << 5) /* PLL_SYS for clk_sys, PLL_USB for clk_usb and clk_adc */

struct rp_xosc {
	reg32 ctrl, status, dormant, startup;
};
AT(rp_xosc, startup, 0xc);
#define XOSC ((struct rp_xosc *)0x40024000u)
#define XOSC_1_TO_15_MHZ 0xaa0u
#define XOSC_ENABLE (UINT32_C(0xfab) << 12)
#define XOSC_STABLE BIT(31)

struct rp_pll {
	reg32 cs, pwr, fbdiv, prim;
};
AT(rp_pll, prim, 0xc);
#define PLL_SYS ((struct rp_pll *)0x40028000u)
#define PLL_USB ((struct rp_pll *)0x4002c000u)
#define PLL_LOCK BIT(31)
#define PLL_PWR_MAIN BIT(0)
#define PLL_PWR_POST BIT(3)
#define PLL_PWR_VCO BIT(5)
#define PLL_DIVIDE(first, second) ((uint32_t)(first) << 16 | (uint32_t)(second) << 12)

#endif
