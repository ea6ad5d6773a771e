/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How registers are written down here: one struct per block, each field at its offset in the RP2040 datasheet (Raspberry Pi Ltd,
 * RP-008371-DS), held by AT(). Blocks on APB and AHB-lite (not SIO, not the core's own) have aliases of all their registers in which
 * a write sets, clears or flips the bits that are one: register_set and its like use them, and so cannot lose an interrupt's change.
 */
#ifndef RP2040_REGISTER_H
#define RP2040_REGISTER_H

#include <stddef.h>
#include <stdint.h>

typedef volatile uint32_t reg32;

#define AT(type, field, offset) _Static_assert(offsetof(struct type, field) == (offset), #type "." #field)
#define BIT(n) (UINT32_C(1) << (n))

static inline void register_set(reg32 *reg, uint32_t bits)
{
	*(reg32 *)((uintptr_t)reg | 0x2000u) = bits;
}

static inline void register_clear(reg32 *reg, uint32_t bits)
{
	*(reg32 *)((uintptr_t)reg | 0x3000u) = bits;
}

/* For a memory that another master reads: what was written before is there before what is written after. */
static inline void memory_barrier(void)
{
	__asm__ volatile("dmb" ::: "memory");
}

#endif
