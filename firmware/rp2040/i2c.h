/* SPDX-License-Identifier: Apache-2.0 */
/* The I2C controller, a Synopsys DW_apb_i2c (datasheet 4.3), as a master. */
#ifndef RP2040_I2C_H
#define RP2040_I2C_H

#include "rp2040/register.h"

struct rp_i2c {
	reg32 con, tar, sar, reserved0, data_cmd, ss_hcnt, ss_lcnt, fs_hcnt, fs_lcnt, reserved1[2], intr_stat, intr_mask, raw_intr_stat;
	reg32 rx_tl, tx_tl, clr_intr, clr_each[10], enable, status, txflr, rxflr, sda_hold, tx_abrt_source, reserved2[6], enable_status, fs_spklen;
};
AT(rp_i2c, data_cmd, 0x10);
AT(rp_i2c, fs_hcnt, 0x1c);
AT(rp_i2c, raw_intr_stat, 0x34);
AT(rp_i2c, clr_intr, 0x40);
AT(rp_i2c, enable, 0x6c);
AT(rp_i2c, rxflr, 0x78);
AT(rp_i2c, sda_hold, 0x7c);
AT(rp_i2c, tx_abrt_source, 0x80);
AT(rp_i2c, enable_status, 0x9c);
AT(rp_i2c, fs_spklen, 0xa0);
#define I2C0 ((struct rp_i2c *)0x40044000u)
#define I2C_MASTER BIT(0)
#define I2C_FAST (UINT32_C(2) << 1)
#define I2C_RESTART_EN BIT(5)
#define I2C_SLAVE_OFF BIT(6)
#define I2C_TX_EMPTY_CTRL BIT(8)
#define I2C_CMD_READ BIT(8)
#define I2C_CMD_STOP BIT(9)
#define I2C_CMD_RESTART BIT(10)
#define I2C_INT_RX_FULL BIT(2)
#define I2C_INT_ABORT BIT(6)
#define I2C_INT_STOP BIT(9)
#define I2C_ENABLE BIT(0)
#define I2C_HOLD BIT(2) /* TX_CMD_BLOCK */

#endif
