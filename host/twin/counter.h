/*
 * counter: a RAPL energy counter. Its register moves about every millisecond, on its own beat, in whole units, and turns over.
 */
#ifndef JOULERIG_TWIN_COUNTER_H
#define JOULERIG_TWIN_COUNTER_H

#include <stdint.h>

#include "model.h"

struct counter {
	int quantity;
	double unit;      /* J of one count */
	double gain;      /* counted = true x (1 + gain) */
	uint64_t turn;    /* counts of one full turn */
	uint64_t initial; /* counts at the start */
	int64_t period, phase, jitter; /* ns: of the register's updates; the jitter is the largest */
	uint64_t seed;
};

/* The last instant, not after `t`, at which the register was updated. */
int64_t counter_updated(const struct counter *counter, int64_t t);
/* What a read at `t` gives, uJ: 0 … counter_range. */
uint64_t counter_read(const struct counter *counter, const struct model *model, int64_t t);
uint64_t counter_range(const struct counter *counter); /* max_energy_range_uj */
/* `turn` of a counter whose range is `joules`; at least one count. */
uint64_t counter_turn(double joules, double unit);

#endif
