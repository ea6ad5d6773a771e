/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blocks: which blocks of the ADC's ring DMA has completed, and which of them are still whole. Two DMA channels take turns, chained to
 * each other; block number i (from 0 at the start of sampling) is written to place i modulo n. When the interrupt tells block i, i + 1 is
 * being written, and where i + 2 will go the channel that is now idle is told in that interrupt.
 *
 * One producer (the DMA interrupt), one consumer (the main loop). Wait-free. DMA never waits: a consumer who is late loses blocks, and
 * is told how many. blocks_intact says afterwards whether what was read was overwritten in the meantime.
 */
#ifndef JOULERIG_FIRMWARE_BLOCKS_H
#define JOULERIG_FIRMWARE_BLOCKS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define BLOCKS_MAX 32u

struct blocks {
	uint64_t stamps[BLOCKS_MAX]; /* ticks at which a block was complete */
	_Atomic uint32_t done;       /* complete so far, modulo 2^32; the producer's */
	uint32_t taken;              /* modulo 2^32; the consumer's */
	uint32_t n;                  /* places in the ring: a power of two, 4 to BLOCKS_MAX */
};

/* While DMA is off: block 0 comes next. */
void blocks_begin(struct blocks *blocks, uint32_t n);

/* The producer's: the oldest block that was not yet told is complete. */
void blocks_done(struct blocks *blocks, uint64_t ticks);

/* The consumer's: the oldest block that is complete, whole and not yet taken. Returns false when there is none. Blocks that were
 * overwritten before are skipped, *skipped of them. */
bool blocks_take(struct blocks *blocks, uint32_t *place, uint64_t *ticks, uint32_t *skipped);
/* Whether the block last taken is still as it was. */
bool blocks_intact(const struct blocks *blocks);
/* The place of the block that comes next: once all are taken, the one that was being written. */
uint32_t blocks_next(const struct blocks *blocks);

#endif
