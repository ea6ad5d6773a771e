/* SPDX-License-Identifier: Apache-2.0 */
#include "counts.h"

#include <string.h>

#define LATE_US 1000u

void counts_init(struct counts *counts)
{
	memset(counts, 0, sizeof *counts);
}

void counts_watch(struct counts *counts, uint8_t line, bool on, uint32_t settle_us)
{
	if (line < RIG_INPUTS)
		counts->inputs[line] = (struct counts_input){ .settle_us = settle_us, .on = on };
}

static void count(struct counts_input *input)
{
	input->pulses++;
	input->last = input->began;
	input->pending = false;
}

void counts_edge(struct counts *counts, uint8_t line, bool high, uint64_t ticks)
{
	if (line >= RIG_INPUTS || !counts->inputs[line].on)
		return;
	struct counts_input *input = &counts->inputs[line];
	if (input->pending && ticks - input->began >= input->settle_us)
		count(input);
	input->pending = high;
	input->began = ticks;
}

uint64_t counts_settle(struct counts *counts, uint64_t now)
{
	uint64_t next = UINT64_MAX;
	for (int line = 0; line < (int)RIG_INPUTS; line++) {
		struct counts_input *input = &counts->inputs[line];
		uint64_t settled = input->began + input->settle_us + LATE_US;
		if (input->pending && settled <= now)
			count(input);
		if (input->pending && settled < next)
			next = settled;
	}
	return next;
}

void counts_read(const struct counts *counts, uint64_t now, struct rig_counts *out)
{
	memset(out, 0, sizeof *out);
	out->ticks = now;
	for (int line = 0; line < (int)RIG_INPUTS; line++) {
		out->inputs[line].pulses = counts->inputs[line].pulses;
		out->inputs[line].last = counts->inputs[line].last;
	}
}
