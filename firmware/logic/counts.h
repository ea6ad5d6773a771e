/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counts: pulses on inputs (S0 of meters, IEC 62053-31: at least 30 ms long). A leading edge counts once the level has held for the input's
 * settle time; its ticks are the pulse's. The main loop's alone.
 */
#ifndef JOULERIG_FIRMWARE_COUNTS_H
#define JOULERIG_FIRMWARE_COUNTS_H

#include <stdbool.h>

#include "rig_wire.h"

struct counts_input {
	uint64_t began, last; /* ticks: of the leading edge that may become a pulse; of the last pulse's */
	uint32_t pulses, settle_us;
	bool pending, on;
};
struct counts {
	struct counts_input inputs[RIG_INPUTS];
};

void counts_init(struct counts *counts);
/* Counting on `line` (RIG_IN1 to RIG_IN4) begins at 0, or ends. */
void counts_watch(struct counts *counts, uint8_t line, bool on, uint32_t settle_us);
/* The terminal of `line` went high or low, in the order of time. */
void counts_edge(struct counts *counts, uint8_t line, bool high, uint64_t ticks);
/* Counts pulses that go on, a millisecond later than they are ones, so that an edge up to `now` may be told that late. Returns when it
 * should be called again; UINT64_MAX: no pulse is pending. */
uint64_t counts_settle(struct counts *counts, uint64_t now);
/* As they are, for RIG_COUNTS. */
void counts_read(const struct counts *counts, uint64_t now, struct rig_counts *out);

#endif
