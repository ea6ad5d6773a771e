/*
 * accuracy_oracle: the half-width that somebody would state who knows how each planted error is distributed, and the true load,
 * but not what was drawn: 1.96 times the root of the summed variances, each with its exact sensitivity in this very bracket.
 *
 * It shares no formula with host/analysis. What the phases of grid, windows and registers do to a bracket is drawn (a few hundred
 * times, from the distributions planted); limits are rectangular; noise is white. That it is right shows by itself: in each
 * stratum it must cover the truth as often as 95 % says, whatever U does.
 */
#ifndef JOULERIG_TESTS_ACCURACY_ORACLE_H
#define JOULERIG_TESTS_ACCURACY_ORACLE_H

#include "accuracy_bench.h"

/* `begin` and `end` enclose the bracket; figures must have their truths. Fills their oracle. */
void oracle_half_widths(const struct planted_bench *bench, const struct simulation_outcome *outcome,
			const struct simulation_instant *begin, const struct simulation_instant *end, struct measured *measured);

#endif
