/* SPDX-License-Identifier: Apache-2.0 */
/* packer: samples as the ADC's FIFO gives them (12 bits, bit 15: the conversion failed), to the payload of RIG_SAMPLES. */
#ifndef JOULERIG_FIRMWARE_PACKER_H
#define JOULERIG_FIRMWARE_PACKER_H

#include <stdbool.h>

#include "blocks.h"
#include "outbox.h"

#define PACKER_SAMPLES_MAX 138u /* as many as RIG_SAMPLES_PACKED_MAX bytes hold, and even, so that a set is never torn */

struct packer {
	uint64_t next;    /* number of the set that comes next */
	uint32_t lost;    /* sets that were not sent since the start, modulo 2^32 */
	uint8_t channels; /* bits, as in struct rig_adc_start */
	uint8_t each;     /* samples of a set */
};

/* Sets of a DMA block: one frame's worth, but no more than come in 20 ms (at least one), so that slow samples are not kept waiting.
 * `rate` in sets/s. */
uint32_t packer_block_sets(uint32_t rate, uint8_t channels);

void packer_begin(struct packer *packer, uint8_t channels);

/* One block: `n` samples of whole sets, at most PACKER_SAMPLES_MAX, complete at `ticks`. Where the outbox has no room the frame is
 * dropped. `blocks` is asked before the frame is sent whether the block last taken is intact: if not, its samples are lost; NULL: it is. */
void packer_block(struct packer *packer, struct outbox *outbox, const uint16_t *samples, uint32_t n, uint64_t ticks,
		  const struct blocks *blocks);

/* So many sets never came. */
void packer_skip(struct packer *packer, uint32_t sets);

/* `n` samples of 12 bits to (3 n + 1) / 2 bytes; returns how many had the ADC's ERR bit, by turns of `each` into errors[0..each). */
void packer_pack(uint8_t *out, const uint16_t *samples, uint32_t n, uint32_t each, uint32_t errors[RIG_ADC_CHANNELS]);

#endif
