#include "platform/counted.h"

#include <math.h>

#define SLACK (20 * NS_PER_MS) /* of full power: more than one step of a register holds (8 ms with the energy filter) */
#define INTERVAL_MIN (1 * NS_PER_MS)

int64_t counted_blind(const struct counted *counted)
{
	double seconds = (double)(counted->wrap - 1) * counted->joule / counted->power_max;
	return counted->wrap && seconds < 1e9 ? llround(seconds * 1e9) : NEVER;
}

int64_t counted_interval(const struct counted *counted, int64_t wanted, const char *on, struct error *error)
{
	int64_t longest = counted_blind(counted) / 2;
	if (longest >= INTERVAL_MIN)
		return wanted < longest ? wanted : longest;
	return error_set(error, ERROR_UNSUPPORTED, on, "state the real 'power_max' in the bench file", "the counter wraps every %g ms at %g W",
			 (double)longest / 5e5, counted->power_max);
}

void counted_begin(struct counted *counted)
{
	counted->has_good = false;
	counted->odd.t = 0;
}

/* Whether the counter can have gone from one reading to the other with no more than power_max. */
static bool plausible(const struct counted *counted, const struct counted_reading *from, const struct counted_reading *to)
{
	uint64_t counts = to->count - from->count;
	if (to->count < from->count)
		counts += counted->wrap;
	double most = counted->power_max * (double)(to->t - from->t + SLACK) * 1e-9;
	return (double)counts * counted->joule <= most;
}

static void accept(struct counted *counted, const struct counted_reading *reading)
{
	counted->good = *reading;
	counted->odd.t = 0;
	counted->has_good = true;
}

uint32_t counted_judge(struct counted *counted, unsigned channel, struct counted_reading reading, struct sink *sink)
{
	bool known = counted->has_good && reading.t - counted->good.t < counted_blind(counted);
	bool goes_on = known && plausible(counted, &counted->good, &reading);
	if (known && !goes_on && !(counted->odd.t && plausible(counted, &counted->odd, &reading))) {
		counted->odd = reading;
		return FLAG_IMPLAUSIBLE;
	}
	if (counted->has_good && !goes_on)
		sink_gap(sink, channel, GAP_MISSED, 1, counted->good.t, reading.t);
	accept(counted, &reading);
	return 0;
}

int64_t counted_since(const struct counted *counted, int64_t otherwise)
{
	return counted->has_good ? counted->good.t : otherwise;
}
