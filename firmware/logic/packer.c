/* SPDX-License-Identifier: Apache-2.0 */
#include "packer.h"

#include <string.h>

_Static_assert((3 * PACKER_SAMPLES_MAX + 1) / 2 <= RIG_SAMPLES_PACKED_MAX, "as many samples as fit");
_Static_assert(PACKER_SAMPLES_MAX <= UINT8_MAX, "as many errors as can be told");

#define SAMPLE_BITS 0x0fffu
#define SAMPLE_ERROR 0x8000u

static uint8_t samples_of_a_set(uint8_t channels)
{
	return (uint8_t)((channels & 1) + (channels >> 1 & 1));
}

uint32_t packer_block_sets(uint32_t rate, uint8_t channels)
{
	uint32_t most = PACKER_SAMPLES_MAX / samples_of_a_set(channels);
	uint32_t soon = rate / 50;
	if (soon == 0)
		return 1;
	return soon < most ? soon : most;
}

void packer_begin(struct packer *packer, uint8_t channels)
{
	*packer = (struct packer){ .channels = channels, .each = samples_of_a_set(channels) };
}

static void count_errors(const uint16_t *samples, uint32_t n, uint32_t each, uint32_t errors[RIG_ADC_CHANNELS])
{
	for (uint32_t i = 0; i < n; i++)
		errors[each == 2 ? i & 1 : 0] += (samples[i] & SAMPLE_ERROR) != 0;
}

void packer_pack(uint8_t *out, const uint16_t *samples, uint32_t n, uint32_t each, uint32_t errors[RIG_ADC_CHANNELS])
{
	uint32_t any = 0;
	uint32_t i = 0;
	for (; i + 1 < n; i += 2) { /* per sample: some ten cycles */
		uint32_t a = samples[i], b = samples[i + 1];
		any |= a | b;
		out[0] = (uint8_t)a;
		out[1] = (uint8_t)((a >> 8 & 15) | b << 4);
		out[2] = (uint8_t)(b >> 4);
		out += 3;
	}
	if (i < n) {
		any |= samples[i];
		out[0] = (uint8_t)samples[i];
		out[1] = (uint8_t)(samples[i] >> 8 & 15);
	}
	errors[0] = errors[1] = 0;
	if (any & SAMPLE_ERROR)
		count_errors(samples, n, each, errors);
}

/* Head and samples into `out`, which has RIG_PAYLOAD_MAX bytes. Returns its size. */
static size_t fill(const struct packer *packer, struct rig_samples *out, const uint16_t *samples, uint32_t n, uint64_t ticks)
{
	uint32_t errors[RIG_ADC_CHANNELS];
	packer_pack((uint8_t *)(out + 1), samples, n, packer->each, errors);
	*out = (struct rig_samples){ .first = packer->next, .ticks = ticks, .lost = packer->lost, .channels = packer->channels,
				     .sets = (uint16_t)(packer->each == 2 ? n / 2 : n) };
	out->errors[0] = (uint8_t)errors[0];
	out->errors[1] = (uint8_t)errors[1];
	if (packer->channels == 2) { /* ADC1 alone */
		out->errors[1] = out->errors[0];
		out->errors[0] = 0;
	}
	return sizeof *out + (3 * n + 1) / 2;
}

void packer_block(struct packer *packer, struct outbox *outbox, const uint16_t *samples, uint32_t n, uint64_t ticks,
		  const struct blocks *blocks)
{
	struct rig_samples *out = outbox_begin(outbox, OUTBOX_SAMPLES);
	uint32_t sets = packer->each == 2 ? n / 2 : n;
	size_t size = out == NULL ? 0 : fill(packer, out, samples, n, ticks);
	if (out == NULL) {
		outbox_drop(outbox);
		packer_skip(packer, sets);
	} else if (blocks != NULL && !blocks_intact(blocks)) {
		packer_skip(packer, sets);
	} else {
		outbox_commit(outbox, RIG_SAMPLES, 0, size, OUTBOX_NO_STAMP);
		packer->next += sets;
	}
}

void packer_skip(struct packer *packer, uint32_t sets)
{
	packer->next += sets;
	packer->lost += sets;
}
