/* SPDX-License-Identifier: Apache-2.0 */
#include "blocks.h"

#include <string.h>

/* While block `done` is being written, a late interrupt may find DMA in the one after it: those two places are not ours. */
#define WRITTEN_NOW 2u

void blocks_begin(struct blocks *blocks, uint32_t n)
{
	memset(blocks, 0, sizeof *blocks);
	blocks->n = n;
}

void blocks_done(struct blocks *blocks, uint64_t ticks)
{
	uint32_t done = atomic_load_explicit(&blocks->done, memory_order_relaxed);
	blocks->stamps[done & (blocks->n - 1)] = ticks;
	atomic_store_explicit(&blocks->done, done + 1, memory_order_release);
}

bool blocks_take(struct blocks *blocks, uint32_t *place, uint64_t *ticks, uint32_t *skipped)
{
	uint32_t behind = atomic_load_explicit(&blocks->done, memory_order_acquire) - blocks->taken;
	uint32_t whole = blocks->n - WRITTEN_NOW;
	*skipped = behind > whole ? behind - whole : 0;
	blocks->taken += *skipped;
	if (behind == 0)
		return false;
	*place = blocks->taken & (blocks->n - 1);
	*ticks = blocks->stamps[*place];
	blocks->taken++;
	return true;
}

bool blocks_intact(const struct blocks *blocks)
{
	uint32_t behind = atomic_load_explicit(&blocks->done, memory_order_acquire) - (blocks->taken - 1);
	return behind <= blocks->n - WRITTEN_NOW;
}

uint32_t blocks_next(const struct blocks *blocks)
{
	return blocks->taken & (blocks->n - 1);
}
