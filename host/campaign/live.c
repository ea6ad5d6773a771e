#include "live.h"

#include <string.h>

#include "clock.h"

#define APART (20 * NS_PER_MS) /* counts that are closer show the register's steps */

/* What was counted since the last one; false when it began anew: a step forward is no more than half a turn. */
static bool counted(const struct live_channel *live, const struct channel *channel, uint64_t count, double *counts)
{
	uint64_t last = live->last_count, wrap = channel->wrap;
	*counts = (double)(count >= last ? count - last : wrap - last + count);
	return count >= last || (last < wrap && wrap - last + count <= wrap / 2);
}

static void take_count(struct live_channel *live, const struct channel *channel, int64_t t, int64_t shown, uint64_t count)
{
	double counts;
	bool back = live->has_last && t < live->last_t;
	if (live->has_last && !back && t - live->last_t <= APART)
		return;
	if (live->has_last && !back && counted(live, channel, count, &counts))
		steady_add(&live->steady, shown, counts * channel->scale * (double)NS_PER_S / (double)(t - live->last_t));
	live->has_last = true;
	live->last_t = t;
	live->last_count = count;
}

void live_take(struct live_channel *live, const struct channel *channel, const struct record *record, const void *payload, int64_t now)
{
	int64_t shown = channel->clock == CLOCK_ID_DEVICE ? now : record->t;
	if (record->kind != RECORD_BLOCK || record->n == 0 || (record->flags & FLAG_INVALID))
		return;
	if (channel->kind == CHANNEL_MEAN && channel->number == NUMBER_F64) {
		double value;
		memcpy(&value, payload, sizeof value);
		steady_add(&live->steady, shown, value * channel->scale + channel->offset);
	} else if (channel->kind == CHANNEL_COUNTER && channel->number == NUMBER_U64) {
		uint64_t count;
		memcpy(&count, payload, sizeof count);
		take_count(live, channel, record->t, shown, count);
	}
}
