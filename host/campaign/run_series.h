/*
 * run_series: a channel of a run file as analysis takes it: scaled values beside stamps of the host's clock and flags. What a device
 * stamped by its own clock is put on the host's; a value that has no host time is not there. The values of a product are made of its
 * factors' (run_product.h).
 */
#ifndef JOULERIG_CAMPAIGN_RUN_SERIES_H
#define JOULERIG_CAMPAIGN_RUN_SERIES_H

#include "device_time.h"
#include "energy.h"
#include "run_product.h"

struct run_series {
	struct series series;
	/* What `series` points at, as far as it is not the channel's own. */
	double *values;
	int64_t *t, *u_t;
	uint32_t *flags;
	uint64_t *count;
	struct run_channel product; /* where the channel is one */
};
/* `source` is a channel of `run`, which must outlive it. On failure there is nothing to be freed. */
int run_series_make(const struct run *run, const struct run_channel *source, const struct device_times *times, struct run_series *made,
		    struct error *error);
void run_series_free(struct run_series *made);

#endif
