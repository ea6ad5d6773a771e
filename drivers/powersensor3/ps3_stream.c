#include "powersensor3/ps3_stream.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK 1024                      /* values in a record at most */
#define GRAIN 20                        /* a level at an end of its range flags this many about it */
#define WINDOW (NS_PER_S / 2)           /* in which the least lag is looked for */
#define LEAP (1000 * NS_PER_S)          /* no clock of a host makes such a step */
#define AT_ONCE (5 * NS_PER_MS)         /* from the command to stream to the first set */
#define RESOLUTION (1 * NS_PER_US)      /* of a stamp */
#define PERIOD_LEAST 20                 /* us */
#define PERIOD_MOST 500

static int step_of(uint16_t from, uint16_t to)
{
	return (to - from) & (PS3_TURN - 1);
}

/* How many periods a step is; 0: it is no whole number of them. */
static int periods_in(const struct ps3_stream *stream, int step)
{
	int64_t ns = step * NS_PER_US, periods = (ns + stream->period / 2) / stream->period;
	return periods > 0 && llabs(ns - periods * stream->period) <= PS3_STEP_SLACK * NS_PER_US ? (int)periods : 0;
}

/* ---- the axis ---- */

static void forget_held(struct ps3_stream *stream)
{
	stream->n = 0;
	stream->held_since = 0;
	stream->exchange.held = false;
}

void ps3_stream_begin(struct ps3_stream *stream, int64_t now)
{
	int64_t away = now - stream->heard;
	stream->clock += ((away > 0 ? away : 0) + LEAP) / NS_PER_US;
	stream->begun = stream->least_known = stream->said_any = false;
	forget_held(stream);
}

static void hold(struct ps3_stream *stream, const struct ps3_set *set)
{
	int at = stream->n++;
	stream->times[at] = stream->clock;
	stream->garbled[at] = set->dropped > 0;
	for (size_t i = 0; i < PS3_SENSORS; i++)
		stream->levels[i][at] = (int16_t)set->levels[i];
}

/* One whose stamp cannot follow was garbled, and is missing. If none can any more, the device is another one, and nothing will settle. */
bool ps3_stream_take(struct ps3_stream *stream, const struct ps3_set *set)
{
	int step = step_of(stream->stamp, set->stamp);
	if (stream->n == PS3_HELD || (stream->begun && periods_in(stream, step) == 0))
		return false;
	stream->clock += stream->begun ? step : 0;
	stream->begun = true;
	stream->stamp = set->stamp;
	hold(stream, set);
	return true;
}

static void begin_window(struct ps3_stream *stream, int64_t before, int64_t lag, int64_t arrived)
{
	stream->least[0] = before;
	stream->least[1] = lag;
	stream->window_began = arrived;
}

bool ps3_stream_settled(struct ps3_stream *stream, int64_t arrived)
{
	int64_t lag = arrived / NS_PER_US - stream->clock;
	stream->held_since = stream->held_since ? stream->held_since : arrived;
	if (!stream->begun || stream->n == PS3_HELD)
		return false;
	if (!stream->least_known)
		begin_window(stream, lag, lag, arrived);
	stream->least_known = true;
	int64_t least = stream->least[0] < stream->least[1] ? stream->least[0] : stream->least[1];
	if (lag - least > PS3_LAG_SLACK)
		return false;
	if (arrived - stream->window_began > WINDOW)
		begin_window(stream, stream->least[1], lag, arrived);
	else if (lag < stream->least[1])
		stream->least[1] = lag;
	return true;
}

bool ps3_stream_lost(const struct ps3_stream *stream, int64_t now)
{
	bool long_held = stream->n > 0 && stream->held_since && now - stream->held_since > PS3_HELD_MOST;
	return stream->n == PS3_HELD || long_held;
}

/* ---- records ---- */

static uint32_t at_least_one(int64_t values)
{
	return values < 1 ? 1 : values > UINT32_MAX ? UINT32_MAX : (uint32_t)values;
}

static void gap(const struct ps3_stream *stream, struct sink *sink, enum gap_reason reason, int64_t values, int64_t from, int64_t to)
{
	for (size_t i = 0; i < PS3_SENSORS; i++)
		if (stream->channels[i] >= 0)
			sink_gap(sink, (unsigned)stream->channels[i], reason, at_least_one(values), from, to);
}

void ps3_stream_gap(struct ps3_stream *stream, struct sink *sink, enum gap_reason reason, int64_t now)
{
	int64_t from = stream->heard < now ? stream->heard : now;
	forget_held(stream);
	gap(stream, sink, reason, (now - from) / stream->period, from, now);
	stream->heard = now;
}

/* From the axis of the block that begins at `first`. */
static int64_t slip_of(const struct ps3_stream *stream, int first, int i)
{
	return llabs((stream->times[i] - stream->times[first]) * NS_PER_US - (i - first) * stream->period);
}

/* Where the block that begins at `first` ends: at a hole, where the stamps leave its axis, or where it is full. */
static int block_end(const struct ps3_stream *stream, int first, int64_t *slip)
{
	int end = first + 1;
	*slip = 0;
	for (; end < stream->n && end - first < BLOCK; end++) {
		int64_t here = slip_of(stream, first, end);
		if (here > PS3_SLIP_MOST)
			break;
		*slip = here > *slip ? here : *slip;
	}
	return end;
}

static bool at_an_end(const int16_t *levels, int first, int end)
{
	for (int i = first; i < end; i++)
		if (levels[i] == 0 || levels[i] == PS3_LEVEL_MAX)
			return true;
	return false;
}

static int grain_end(int first, int end)
{
	return first + GRAIN < end ? first + GRAIN : end;
}

/* One channel's values in a block: as many records as its flags change. All of them lie on the block's one axis. */
static void emit(const struct ps3_stream *stream, struct sink *sink, size_t sensor, int first, int end, int64_t u_t)
{
	const int16_t *levels = stream->levels[sensor];
	for (int from = first, to; from < end; from = to) {
		to = grain_end(from, end);
		bool over = at_an_end(levels, from, to);
		while (to < end && at_an_end(levels, to, grain_end(to, end)) == over)
			to = grain_end(to, end);
		struct record record = {
			.kind = RECORD_BLOCK, .channel = (uint16_t)stream->channels[sensor], .flags = over ? FLAG_OVER_RANGE : 0,
			.n = (uint32_t)(to - from), .t = stream->times[first] * NS_PER_US + (from - first) * stream->period, .u_t = u_t,
		};
		sink->emit(sink, &record, levels + from, record.n * (uint32_t)sizeof *levels);
	}
}

static void emit_block(const struct ps3_stream *stream, struct sink *sink, int first, int end, int64_t slip)
{
	for (size_t i = 0; i < PS3_SENSORS; i++)
		if (stream->channels[i] >= 0)
			emit(stream, sink, i, first, end, RESOLUTION + slip);
}

/* Sets that are missing before one that is held, less than a turn of them. */
static void tell_of_hole(const struct ps3_stream *stream, struct sink *sink, int at, int64_t arrived)
{
	int64_t before = at > 0 ? stream->times[at - 1] : stream->said;
	int missing = at > 0 || stream->said_any ? periods_in(stream, (int)(stream->times[at] - before)) - 1 : 0;
	if (missing > 0)
		gap(stream, sink, stream->garbled[at] ? GAP_GARBLED : GAP_MISSED, missing, stream->heard, arrived);
}

/* It was asked to stream, and did so later. */
static void tell_of_wait(const struct ps3_stream *stream, struct sink *sink, int64_t arrived)
{
	int64_t waited = arrived - stream->heard - stream->n * stream->period;
	if (!stream->said_any && stream->n > 0 && waited > AT_ONCE)
		gap(stream, sink, GAP_TIMEOUT, waited / stream->period, stream->heard, arrived);
}

void ps3_stream_flush(struct ps3_stream *stream, struct sink *sink, int64_t arrived)
{
	int64_t slip;
	tell_of_wait(stream, sink, arrived);
	for (int first = 0, end; first < stream->n; first = end) {
		tell_of_hole(stream, sink, first, arrived);
		end = block_end(stream, first, &slip);
		emit_block(stream, sink, first, end, slip);
		stream->said = stream->times[end - 1];
		stream->said_any = true;
	}
	if (stream->exchange.held)
		sink_sync(sink, 0, &stream->exchange.sync);
	forget_held(stream);
	stream->heard = arrived;
}

/* ---- the period ---- */

static int most_frequent_step(const uint16_t *stamps, size_t n)
{
	uint16_t counts[PS3_TURN] = { 0 };
	int most = 0;
	for (size_t i = 1; i < n; i++) {
		int step = step_of(stamps[i - 1], stamps[i]);
		if (++counts[step] > counts[most])
			most = step;
	}
	return most;
}

int64_t ps3_period(const uint16_t *stamps, size_t n)
{
	int64_t sum = 0, used = 0;
	int most = most_frequent_step(stamps, n);
	for (size_t i = 1; i < n; i++) {
		int step = step_of(stamps[i - 1], stamps[i]);
		if (abs(step - most) > PS3_STEP_SLACK)
			continue;
		sum += step;
		used++;
	}
	bool even = used > 0 && used * 4 >= 3 * ((int64_t)n - 1) && most >= PERIOD_LEAST && most <= PERIOD_MOST;
	return even ? (sum * NS_PER_US + used / 2) / used : 0;
}
