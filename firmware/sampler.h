/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ADC, free running, its conversions moved by DMA into a ring of blocks without the processor: one channel moves a block, and
 * chains to another that gives it the next block's address from a table, round and round. What the main loop does not fetch in time
 * is overwritten, and counted (logic/blocks.h). An edge's sample is read from the DMA's own counters.
 */
#ifndef RIG_SAMPLER_H
#define RIG_SAMPLER_H

#include <stdbool.h>
#include <stdint.h>

#include "logic/blocks.h"
#include "rig_wire.h"

#define SAMPLER_PLACES BLOCKS_MAX

/* `done` is called from isr_dma for each block that is complete, in turn, with the low half of the ticks. */
void sampler_open(void (*done)(uint32_t stamp));
/* `asked` was checked; `samples` of a block, whole sets. `started`: when the first set began, as measured. Takes up to 1.1 ms. */
void sampler_start(const struct rig_adc_start *asked, uint32_t samples, struct rig_adc_started *started);
/* Ends at once; all blocks that are complete were told. Returns the samples of the one that is not. */
uint32_t sampler_stop(void);
const uint16_t *sampler_block(uint32_t place);

/* For isr_lines: the set that is being converted, or RIG_NO_SAMPLE. Takes less than 0.4 us. */
uint32_t sampler_set_now(void);

/* The sum of `n` conversions of the temperature sensor, 2 us each; not while it runs. False: the ADC did not answer, or said ERR. */
bool sampler_temperature(uint32_t n, uint32_t *sum);

#endif
