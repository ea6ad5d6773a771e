/* The columns of each channel: order of time and records, flags, counts; that every hole has its gap; and that products can be made. */
#include <inttypes.h>
#include <math.h>

#include "run_model.h"
#include "verify_model.h"

#define FLAGS_KNOWN (FLAG_INVALID | FLAG_PEAK_OVER | FLAG_RANGE_CHANGED | FLAG_REQUESTED)

/* A device's own clock begins anew with the device. */
static bool began_anew(const struct run_channel *c)
{
	for (size_t i = 0; c->channel.clock == CLOCK_ID_DEVICE && i < c->n_gaps; i++)
		if (c->gaps[i].reason == GAP_RESET)
			return true;
	return false;
}

/* A stepped REALTIME is a fact about the machine, not about the file. Values of a stamped axis are seen one after another, asked
 * for or not; blocks of an affine one may overlap by what their times are uncertain. */
static bool goes_back(const struct run_channel *c, size_t i)
{
	if (i == 0 || c->channel.clock == CLOCK_ID_REALTIME || c->channel.clock == CLOCK_ID_TAI || c->t[i] >= c->t[i - 1] || began_anew(c))
		return false;
	return !run_is_affine(&c->channel) || (double)c->t[i - 1] - (double)c->t[i] > (double)c->u_t[i - 1] + (double)c->u_t[i];
}

static bool below_zero(const struct run_channel *c, size_t i)
{
	return c->u_t[i] < 0;
}

static bool unknown_bits(const struct run_channel *c, size_t i)
{
	return (c->flags[i] & ~(uint32_t)FLAGS_KNOWN) != 0;
}

/* Records are counted through the whole campaign, so they begin anywhere, and may turn over. */
static bool counts_back(const struct run_channel *c, size_t i)
{
	return i > 0 && c->seq[i] - c->seq[i - 1] > UINT32_MAX / 2;
}

static bool beyond_wrap(const struct run_channel *c, size_t i)
{
	return c->channel.kind == CHANNEL_COUNTER && c->channel.number == NUMBER_U64 && c->channel.wrap != 0 &&
	       (c->flags[i] & FLAG_INVALID) == 0 && c->values.u64[i] >= c->channel.wrap;
}

static bool no_number(const struct run_channel *c, size_t i)
{
	return c->channel.number == NUMBER_F64 && (c->flags[i] & FLAG_INVALID) == 0 && !isfinite(c->values.f64[i]);
}

static const struct check {
	const char *column, *what;
	bool (*wrong)(const struct run_channel *channel, size_t i);
} checks[] = {
	{ "t", "time goes back", goes_back },
	{ "u_t", "a half-width is below zero", below_zero },
	{ "flags", "a bit is set that has no meaning", unknown_bits },
	{ "seq", "records go back", counts_back },
	{ "value", "a valid count is not below the wrap", beyond_wrap },
	{ "value", "a value that is not flagged invalid is no number", no_number },
};

static void run_check(struct verify *verify, const struct run_channel *channel, const char *group, const struct check *check)
{
	char path[H5_PATH_SIZE];
	size_t n = 0, first = 0;
	for (size_t i = 0; i < channel->n; i++)
		if (check->wrong(channel, i) && n++ == 0)
			first = i;
	if (n > 0)
		verify_say(verify, FINDING_PROBLEM, h5_join(group, check->column, path), "%s: first at value %zu, %zu times in all",
			   check->what, first, n);
}

/* ---- holes ---- */

/* A stretch of time around a hole in seq, as doubles: no sum of what a damaged file says overflows. */
struct stretch {
	double from, to;
};

/* The clock of one value and the time of one gap are not read at the same instant: a refresh more or less. On a device's own clock, values
 * say nothing of where a gap, which is in the host's time, belongs: the order alone does. */
static struct stretch around(const struct run_channel *c, size_t i)
{
	if (c->channel.clock == CLOCK_ID_DEVICE)
		return (struct stretch){ -INFINITY, INFINITY };
	double slack = (double)c->channel.refresh + (double)c->u_t[i - 1] + (double)c->u_t[i];
	return (struct stretch){ (double)c->t[i - 1] - slack, (double)c->t[i] + slack };
}

/* GAP and RANGE records have numbers of the same row, which the file does not keep: in a hole of k, k of them must lie. Each is
 * used once; both lists are in the order in which they were recorded. */
struct others {
	const struct run *run;
	const struct run_channel *channel;
	uint16_t number;
	size_t gap, range;
};

static bool next_gap(struct others *others, struct stretch hole)
{
	const struct run_channel *c = others->channel;
	while (others->gap < c->n_gaps && (double)c->gaps[others->gap].to < hole.from)
		others->gap++;
	if (others->gap == c->n_gaps || (double)c->gaps[others->gap].from > hole.to)
		return false;
	others->gap++;
	return true;
}

static bool next_range(struct others *others, struct stretch hole)
{
	const struct run *run = others->run;
	while (others->range < run->n_ranges && (run->ranges[others->range].channel != others->number ||
						 (double)run->ranges[others->range].t < hole.from))
		others->range++;
	if (others->range == run->n_ranges || (double)run->ranges[others->range].t > hole.to)
		return false;
	others->range++;
	return true;
}

/* Of the records missing between value i - 1 and i, how many no gap or range accounts for. */
static uint32_t unaccounted(struct others *others, size_t i)
{
	const struct run_channel *c = others->channel;
	uint32_t missing = c->seq[i] - c->seq[i - 1];
	if (missing == 0 || counts_back(c, i))
		return 0;
	struct stretch hole = around(c, i);
	for (missing--; missing > 0; missing--)
		if (!next_gap(others, hole) && !next_range(others, hole))
			return missing;
	return 0;
}

static void find_holes(struct verify *verify, const struct run *run, size_t number, const char *group)
{
	char path[H5_PATH_SIZE];
	struct others others = { .run = run, .channel = &run->channels[number], .number = (uint16_t)number };
	uint64_t lost = 0;
	size_t first = 0;
	for (size_t i = 1; i < others.channel->n; i++) {
		uint32_t here = unaccounted(&others, i);
		if (here > 0 && lost == 0)
			first = i;
		lost += here;
	}
	if (lost > 0)
		verify_say(verify, FINDING_PROBLEM, h5_join(group, "seq", path),
			   "records are lost and no gap accounts for them: %" PRIu64 " in all, first before value %zu", lost, first);
}

/* A product is that of values, and has none. */
static void check_product(struct verify *verify, const struct run *run, const struct run_channel *channel, const char *group)
{
	const char *fault = run_is_product(&channel->channel) ? run_product_fault(run, channel) : NULL;
	if (fault)
		verify_say(verify, FINDING_PROBLEM, group, "it is called a product: %s", fault);
}

void verify_samples(struct verify *verify, const struct run *run)
{
	char group[RUN_GROUP_SIZE];
	for (size_t i = 0; i < run->n_channels; i++) {
		run_channel_group(&run->channels[i], group);
		for (size_t k = 0; k < sizeof checks / sizeof *checks; k++)
			run_check(verify, &run->channels[i], group, &checks[k]);
		find_holes(verify, run, i, group);
		check_product(verify, run, &run->channels[i], group);
	}
}
