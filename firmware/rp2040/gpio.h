/* SPDX-License-Identifier: Apache-2.0 */
/* Pins: single-cycle IO (datasheet 2.3.1), IO bank 0 (2.19.6.1) and its pads (2.19.6.3). SIO has no aliases that set and clear. */
#ifndef RP2040_GPIO_H
#define RP2040_GPIO_H

#include "rp2040/register.h"

struct rp_sio {
	reg32 cpuid, gpio_in, gpio_hi_in, reserved, gpio_out, gpio_out_set, gpio_out_clr, gpio_out_xor, gpio_oe, gpio_oe_set, gpio_oe_clr;
};
AT(rp_sio, gpio_in, 0x04);
AT(rp_sio, gpio_out_set, 0x14);
AT(rp_sio, gpio_oe_clr, 0x28);
#define SIO ((struct rp_sio *)0xd0000000u)

#define GPIOS 30
struct rp_io_bank0 {
	struct {
		reg32 status, ctrl;
	} gpio[GPIOS];
	reg32 intr[4];
	struct {
		reg32 inte[4], intf[4], ints[4];
	} proc0;
};
AT(rp_io_bank0, intr, 0x0f0);
AT(rp_io_bank0, proc0.inte, 0x100);
AT(rp_io_bank0, proc0.ints, 0x120);
#define IO_BANK0 ((struct rp_io_bank0 *)0x40014000u)
#define GPIO_FUNCTION_I2C 3u
#define GPIO_FUNCTION_SIO 5u
#define GPIO_FUNCTION_NONE 31u
#define GPIO_FALL BIT(2) /* of 4 bits a pin, 8 pins a register */
#define GPIO_RISE BIT(3)

struct rp_pads_bank0 {
	reg32 voltage_select, gpio[GPIOS], swclk, swd;
};
AT(rp_pads_bank0, gpio, 0x04);
AT(rp_pads_bank0, swd, 0x80);
#define PADS_BANK0 ((struct rp_pads_bank0 *)0x4001c000u)
#define PAD_SCHMITT BIT(1)
#define PAD_PULL_DOWN BIT(2)
#define PAD_PULL_UP BIT(3)
#define PAD_DRIVE_4MA (UINT32_C(1) << 4)
#define PAD_DRIVE_12MA (UINT32_C(3) << 4)
#define PAD_INPUT BIT(6)
#define PAD_NO_OUTPUT BIT(7)

#endif
