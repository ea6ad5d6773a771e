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
#include "rp2040/dma.h"

#define SAMPLER_PLACES BLOCKS_MAX

/* `done` is called from isr_dma for each block that is complete, in turn, with the low half of the ticks. */
void sampler_open(void (*done)(uint32_t stamp));
/* `asked` was checked; `samples` of a block, whole sets. `started`: when the first set began, as measured. Takes up to 1.1 ms. */
void sampler_start(const struct rig_adc_start *asked, uint32_t samples, struct rig_adc_started *started);
/* Ends at once; all blocks that are complete were told. Returns the samples of the one that is not. */
uint32_t sampler_stop(void);
const uint16_t *sampler_block(uint32_t place);

/* Where the ADC is, as isr_lines notes it, and what the main loop makes of it before the ADC is started or stopped: the set that was
 * being converted, or RIG_NO_SAMPLE. */
struct sampler_place {
	uint32_t done;    /* blocks, as far as isr_dma has come */
	uint32_t steerer; /* its read address: at the block after the one that is being filled */
	uint32_t left;    /* samples of that one; UINT32_MAX: the ADC does not run */
};
uint32_t sampler_set(const struct sampler_place *place);

#define SAMPLER_MOVER 0u /* DMA channels */
#define SAMPLER_STEERER 1u
extern volatile uint32_t sampler_done;
extern volatile bool sampler_runs;

/* Between a block's end and the mover's next start, some cycles, the counter is 0 and the steerer's place may have moved on or not:
 * then both are read again. 30 cycles, as a rule. */
static inline void sampler_note(struct sampler_place *place)
{
	const struct rp_dma_channel *mover = &DMA->channel[SAMPLER_MOVER], *steerer = &DMA->channel[SAMPLER_STEERER];
	uint32_t at, left = UINT32_MAX;
	if (sampler_runs) {
		int tries = 0;
		do {
			at = steerer->read_addr;
			left = mover->trans_count;
		} while ((left == 0 || at != steerer->read_addr) && ++tries < 8);
		place->steerer = at;
		place->done = sampler_done;
	}
	place->left = left;
}

/* The sum of `n` conversions of the temperature sensor, 2 us each; not while it runs. False: the ADC did not answer, or said ERR. */
bool sampler_temperature(uint32_t n, uint32_t *sum);

#endif
