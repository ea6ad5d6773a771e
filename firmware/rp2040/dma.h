/* SPDX-License-Identifier: Apache-2.0 */
/* The DMA controller (datasheet 2.5). */
#ifndef RP2040_DMA_H
#define RP2040_DMA_H

#include "rp2040/register.h"

struct rp_dma_channel {
	reg32 read_addr, write_addr, trans_count, ctrl_trig;
	reg32 al1_ctrl, al1_read_addr, al1_write_addr, al1_trans_count_trig;
	reg32 al2_ctrl, al2_trans_count, al2_read_addr, al2_write_addr_trig;
	reg32 al3_ctrl, al3_write_addr, al3_trans_count, al3_read_addr_trig;
};
struct rp_dma {
	struct rp_dma_channel channel[12];
	uint32_t reserved[64];
	reg32 intr, inte0, intf0, ints0;
	uint32_t reserved1[13];
	reg32 chan_abort;
};
AT(rp_dma_channel, al2_write_addr_trig, 0x2c);
AT(rp_dma, intr, 0x400);
AT(rp_dma, inte0, 0x404);
AT(rp_dma, ints0, 0x40c);
AT(rp_dma, chan_abort, 0x444);
#define DMA ((struct rp_dma *)0x50000000u)
#define DMA_EN BIT(0)
#define DMA_HIGH_PRIORITY BIT(1)
#define DMA_SIZE_16 (UINT32_C(1) << 2)
#define DMA_SIZE_32 (UINT32_C(2) << 2)
#define DMA_READ_STEPS BIT(4)
#define DMA_WRITE_STEPS BIT(5)
#define DMA_RING_BITS(n) ((uint32_t)(n) << 6)
#define DMA_RING_WRITE BIT(10) /* without it, the ring is what is read */
#define DMA_CHAIN_TO(n) ((uint32_t)(n) << 11)
#define DMA_PACE(n) ((uint32_t)(n) << 15)
#define DMA_PACE_ADC DMA_PACE(36)
#define DMA_PACE_NONE DMA_PACE(63)
#define DMA_QUIET BIT(21)
#define DMA_BUSY BIT(24)

#endif
