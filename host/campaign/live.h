/*
 * live: the watts of a channel as they come, for the eye and for whoever waits until power has settled. Nothing that is kept. Pure.
 */
#ifndef JOULERIG_CAMPAIGN_LIVE_H
#define JOULERIG_CAMPAIGN_LIVE_H

#include "channel.h"
#include "record.h"
#include "steady.h"

/* Starts zeroed, but for steady_span. */
struct live_channel {
	struct steady steady; /* by the host's clock */
	uint64_t last_count;
	int64_t last_t; /* by the channel's clock */
	bool has_last;
	bool has_range;
	struct record_range range; /* in force, as last heard */
};

/* `now` (MONOTONIC ns): where the channel has a clock of its own its value stands at the time at which it came. */
void live_take(struct live_channel *live, const struct channel *channel, const struct record *record, const void *payload, int64_t now);

#endif
