#include "pace.h"

#include "clock.h"

#define STEP_MIN (2 * NS_PER_MS)
#define STEP_MAX (25 * NS_PER_MS)

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

struct pace pace_begin(int64_t period, int64_t now)
{
	int64_t step = clamp(period / 20, STEP_MIN, STEP_MAX);
	return (struct pace){ .period = period, .step = step, .lead = 2 * step, .awake = now };
}

int64_t pace_next(const struct pace *pace, int64_t now)
{
	int64_t due = pace->last + pace->period - pace->lead;
	if (pace->known && now < due)
		return due;
	return now + (now - pace->awake < 3 * pace->period ? pace->step : pace->period / 4);
}

/* An update met by the very first question may be older than thought: begin earlier next time. One that took many questions
 * was waited for too long. In between lies a steady state: one or two times "no", then "yes". */
static int64_t better_lead(const struct pace *pace, int asked)
{
	if (asked == 0)
		return clamp(pace->lead + pace->step, pace->step, pace->period / 2);
	if (asked > 3)
		return clamp(pace->lead - pace->step / 2, 3 * pace->step / 2, pace->period / 2);
	return pace->lead;
}

/* The meter keeps its pace, so the update is a whole number of periods after the last: the instant nearest to the middle. That
 * is the only one, where the interval is shorter than a period. */
uint32_t pace_missed(const struct pace *pace, int64_t from, int64_t to)
{
	int64_t middle = from + (to - from) / 2 - pace->last;
	if (!pace->known || middle <= 0)
		return 0;
	int64_t periods = (middle + pace->period / 2) / pace->period;
	return periods > 1 ? (uint32_t)clamp(periods - 1, 0, UINT32_MAX) : 0;
}

/* Where the update is by what was known before, met with what was seen now: so the phase outlives a pause of the host, after
 * which an update is seen to within a period only. A meter that has left its pace leaves no overlap: what was seen counts. */
static void learn_phase(struct pace *pace, int64_t from, int64_t to)
{
	int64_t periods = (int64_t)pace_missed(pace, from, to) + 1;
	int64_t expected = pace->last + periods * pace->period, width = pace->u_last + pace->step / 4;
	int64_t low = expected - width > from ? expected - width : from;
	int64_t high = expected + width < to ? expected + width : to;
	if (!pace->known || low > high) {
		low = from;
		high = to;
	}
	pace->last = low + (high - low) / 2;
	pace->u_last = (high - low + 1) / 2;
}

void pace_seen(struct pace *pace, int64_t from, int64_t to, int asked)
{
	if (pace->known && to - from < pace->period)
		pace->lead = better_lead(pace, asked);
	learn_phase(pace, from, to);
	pace->awake = pace->last;
	pace->known = true;
}

void pace_search(struct pace *pace, int64_t now)
{
	pace->awake = now;
}
