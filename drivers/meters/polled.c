#include "meters/polled.h"

#include <math.h>

#define PATIENCE NS_PER_S
#define RECOVER_PATIENCE (2 * NS_PER_S)
#define RETRY NS_PER_S       /* from one attempt to come back to the next */
#define RANGE_CHECK NS_PER_S
#define STALLED_AFTER 10     /* updates that change nothing */
#define REST 4               /* of a slow line's time, questions take 1 - 1/REST at most */
#define SILENT_PERIODS 3     /* without a message that should have come by itself */

uint64_t polled_mark(const void *bytes, size_t size)
{
	const unsigned char *byte = bytes;
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a, 64 bits */
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ byte[i]) * 0x100000001b3u;
	return hash;
}

static int64_t now_of(const struct polled *polled)
{
	return polled->timebase->now(polled->timebase);
}

static int64_t patience(const struct polled *polled)
{
	return polled->patience > 0 ? polled->patience : PATIENCE;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* ---- what is missing ---- */

static void report_gap(struct polled *polled, enum gap_reason reason, int64_t missing, int64_t to)
{
	uint32_t values = missing < 1 ? 1 : missing > UINT32_MAX ? UINT32_MAX : (uint32_t)missing;
	to = later(to, polled->accounted);
	for (int i = 0; i < polled->n_channels; i++)
		sink_gap(polled->sink, (unsigned)i, reason, values, polled->accounted, to);
	polled->accounted = to;
}

static void report_missing(struct polled *polled, enum gap_reason reason, int64_t to)
{
	report_gap(polled, reason, (to - polled->accounted) / polled->period, to);
}

/* Returns the next deadline. A connection of which nothing sensible comes is made anew, at a bounded pace: one that tells who is there and
 * nothing else, too. */
static int64_t fail(struct polled *polled, enum io io)
{
	int64_t at = now_of(polled);
	bool again = polled->state != POLLED_MEASURING || !polled->sense;
	polled->reason = io == IO_TIMEOUT ? GAP_TIMEOUT : io == IO_GARBLED ? GAP_GARBLED : GAP_GONE;
	if (!again || at - polled->accounted >= polled->period)
		report_missing(polled, polled->reason, at);
	polled->state = again || io == IO_GONE ? POLLED_LOST : POLLED_CONFUSED;
	return again ? at + RETRY : at;
}

void polled_failed(struct polled *polled, enum io io)
{
	fail(polled, io);
}

/* ---- ranges ---- */

/* A change was between `from` and `to`. */
static void report_ranges(struct polled *polled, bool changed, int64_t from, int64_t to)
{
	struct record_range range = polled->ranges;
	if (polled->range_channel < 0)
		return;
	if (polled->range_changed)
		range.voltage = range.current = 0;
	range.changed = changed;
	sink_range(polled->sink, (unsigned)polled->range_channel, from + (to - from) / 2, (to - from + 1) / 2, &range);
}

static enum io check_ranges(struct polled *polled, int64_t deadline)
{
	bool hold = true;
	if (polled->ops->ranges_hold == NULL)
		return IO_OK;
	enum io io = polled->ops->ranges_hold(polled->device, &hold, deadline);
	if (io != IO_OK)
		return io;
	int64_t at = now_of(polled), before = polled->ranges_checked;
	polled->ranges_checked = at;
	if (hold == !polled->range_changed)
		return IO_OK;
	polled->range_changed = !hold;
	report_ranges(polled, true, before, at);
	return IO_OK;
}

/* ---- values ---- */

static void emit_one(struct polled *polled, int i, const struct polled_value *value, uint32_t flags, int64_t t, int64_t u_t)
{
	const struct channel *channel = &polled->channels[i];
	if (channel->number == NUMBER_U64) {
		sink_count(polled->sink, (unsigned)i, t, u_t, flags, value->count);
		return;
	}
	double scaled = value->value * channel->scale + channel->offset;
	if (!isfinite(scaled) && !(flags & FLAG_INVALID))
		flags |= FLAG_IMPLAUSIBLE;
	if (channel->kind != CHANNEL_OBSERVE && channel->power_max > 0 && fabs(scaled) > channel->power_max)
		flags |= FLAG_IMPLAUSIBLE;
	sink_value(polled->sink, (unsigned)i, t, u_t, flags, value->value);
}

/* What the instrument's status tells concerns what is measured, not what is merely kept beside it. */
static void emit(struct polled *polled, const struct polled_reading *reading, uint32_t status, uint32_t flags, int64_t t, int64_t u_t)
{
	flags |= reading->flags | (polled->range_changed ? FLAG_RANGE_CHANGED : 0);
	for (int i = 0; i < polled->n_channels; i++) {
		const struct polled_value *value = &reading->of[i];
		bool measured = polled->channels[i].kind != CHANNEL_OBSERVE;
		if (!value->absent)
			emit_one(polled, i, value, flags | value->flags | (measured ? status : 0), t, u_t);
	}
}

static enum io read_one(struct polled *polled, struct polled_reading *reading, int64_t deadline)
{
	*reading = (struct polled_reading){ .flags = 0 };
	enum io io = polled->ops->read(polled->device, reading, deadline);
	polled->sense = polled->sense || io == IO_OK;
	return io;
}

/* ---- CHANGES ---- */

/* The update happened between `from` and `to`. What a status tells may be of the one before, and of this one. */
static enum io take_update(struct polled *polled, const struct polled_reading *reading, int64_t from, int64_t to)
{
	uint32_t status = 0;
	int64_t t = from + (to - from) / 2;
	enum io io = polled->ops->status ? polled->ops->status(polled->device, &status, now_of(polled) + patience(polled)) : IO_OK;
	if (io != IO_OK)
		return io;
	uint32_t missed = pace_missed(&polled->pace, from, to);
	if (missed > 0)
		report_gap(polled, GAP_MISSED, missed, t);
	emit(polled, reading, status | polled->status, 0, t, (to - from + 1) / 2);
	polled->status = status;
	polled->accounted = t;
	polled->resumed = false;
	pace_seen(&polled->pace, from, to, polled->asked);
	polled->asked = 0;
	return IO_OK;
}

/* Nothing is made of what it shows before that changes. */
static bool waits_for_a_change(const struct polled *polled)
{
	return polled->resumed || !polled->pace.known;
}

/* What was shown behind `sent` is the same although an update was due a while before: it came, and brought that, unless it goes on. */
static enum io take_the_same(struct polled *polled, const struct polled_reading *reading, int64_t sent, int64_t at)
{
	int64_t half = polled->period / 2, due = polled->pace.last + polled->period;
	if (waits_for_a_change(polled) && at - polled->accounted >= STALLED_AFTER * polled->period) {
		report_missing(polled, GAP_STALLED, at);
		polled->resumed = polled->pace.known = false;
	}
	if (waits_for_a_change(polled) || sent < due + half)
		return IO_OK;
	if (++polled->unchanged <= STALLED_AFTER)
		return take_update(polled, reading, due - half, due + half);
	report_missing(polled, GAP_STALLED, at);
	polled->pace.known = false;
	polled->unchanged = 0;
	return IO_OK;
}

/* The answer is of an instant behind `sent`, and what was shown then was no older than a period; it may have been long on its way. */
static enum io take_changed(struct polled *polled, const struct polled_reading *reading, int64_t sent, int64_t at)
{
	bool first = !polled->seen;
	polled->seen = true;
	polled->mark = reading->mark;
	polled->unchanged = 0;
	if (first) /* since when it has been shown is not known */
		return IO_OK;
	int64_t from = later(polled->no_since, sent - polled->period);
	if (!polled->pace.known && from - polled->accounted > polled->period)
		report_missing(polled, GAP_STALLED, from); /* it moves again */
	return take_update(polled, reading, from, at);
}

static enum io read_change(struct polled *polled)
{
	struct polled_reading reading;
	int64_t sent = now_of(polled);
	enum io io = read_one(polled, &reading, sent + patience(polled));
	if (io != IO_OK)
		return io;
	int64_t at = now_of(polled);
	bool same = polled->seen && reading.mark == polled->mark;
	io = same ? take_the_same(polled, &reading, sent, at) : take_changed(polled, &reading, sent, at);
	polled->asked += same;
	polled->no_since = sent; /* what was shown then is old */
	return io;
}

/* ---- ANEW ---- */

static enum io read_anew(struct polled *polled, uint32_t flags, int64_t missed)
{
	struct polled_reading reading;
	int64_t sent = now_of(polled);
	enum io io = read_one(polled, &reading, sent + patience(polled));
	if (io != IO_OK)
		return io;
	int64_t at = now_of(polled), t = sent + (at - sent) / 2;
	missed = later(missed, reading.lost);
	if (missed > 0)
		report_gap(polled, GAP_MISSED, missed, t);
	emit(polled, &reading, 0, flags, t, (at - sent + 1) / 2);
	if (!(flags & FLAG_REQUESTED))
		polled->accounted = t;
	return IO_OK;
}

/* Questions for which it was too late are not asked in a burst. */
static enum io read_due(struct polled *polled)
{
	int64_t missed = (now_of(polled) - polled->next) / polled->period;
	polled->next += (missed + 1) * polled->period;
	return read_anew(polled, 0, missed);
}

/* ---- PUSHED ---- */

/* A message was complete between `from` and `to`. Where nobody has looked for long (a late wake-up, several that waited), it is taken for
 * the next one at the instrument's pace, within half a period. */
static enum io take_message(struct polled *polled, const struct polled_reading *reading, int64_t from, int64_t to)
{
	int64_t due = polled->pace.last + (1 + (int64_t)reading->lost) * polled->period, width = polled->period / 2 + polled->pace.u_last;
	int64_t low = later(from, due - width), high = due + width < to ? due + width : to;
	if (polled->pace.known && polled->steady && low >= high)
		return from >= due ? IO_TIMEOUT : IO_GARBLED;
	if (polled->pace.known && low < high) {
		from = low;
		to = high;
	}
	int64_t missed = later(pace_missed(&polled->pace, from, to), reading->lost), earliest = from - polled->push_most;
	int64_t t = earliest + (to - earliest) / 2;
	if (missed > 0)
		report_gap(polled, GAP_MISSED, missed, t);
	emit(polled, reading, 0, 0, t, (to - earliest + 1) / 2);
	polled->accounted = later(t, polled->accounted);
	pace_seen(&polled->pace, from, to, polled->asked);
	polled->asked = 0;
	polled->unchanged = 0;
	polled->heard = to;
	return IO_OK;
}

static int64_t due_to_listen(const struct polled *polled)
{
	return polled->pace.last + polled->period - polled->pace.lead;
}

/* Looks, or listens for a slice round the time at which one is due. When it ends without a message, none was complete when it began. */
static enum io read_message(struct polled *polled)
{
	struct polled_reading reading;
	int64_t began = now_of(polled);
	bool listens = !polled->pace.known || began >= due_to_listen(polled);
	enum io io = read_one(polled, &reading, listens ? began + polled->pace.step : began);
	if (io == IO_OK)
		return take_message(polled, &reading, polled->no_since, now_of(polled));
	if (io != IO_TIMEOUT)
		return io;
	polled->no_since = began;
	polled->asked += listens;
	return began - polled->heard > later(patience(polled), SILENT_PERIODS * polled->period) ? IO_TIMEOUT : IO_OK;
}

/* Right behind a message, for another that waits; half a period before one is due, so that it is seen if one comes so early. */
static int64_t next_look(const struct polled *polled, int64_t at)
{
	int64_t listen = due_to_listen(polled), early = polled->pace.last + polled->period / 2;
	if (!polled->pace.known || polled->no_since < polled->heard)
		return at;
	return at < early && early < listen ? early : later(listen, at);
}

/* ---- life ---- */

/* Up to when it is certain that no message was complete, measuring begun at `at`. */
static int64_t nothing_before(const struct polled *polled, int64_t at)
{
	return polled->mode == POLLED_PUSHED && polled->told > 0 ? polled->told : at;
}

static void begin_measuring(struct polled *polled)
{
	int64_t at = now_of(polled);
	polled->state = POLLED_MEASURING;
	polled->seen = polled->resumed = false;
	polled->no_since = nothing_before(polled, at);
	polled->accounted = polled->ranges_checked = polled->next = polled->heard = at;
	polled->asked = polled->unchanged = 0;
	polled->pace = pace_begin(polled->period, at);
}

void polled_start(struct polled *polled, struct sink *sink)
{
	polled->sink = sink;
	polled->range_changed = false;
	polled->sense = true;
	polled->status = 0;
	begin_measuring(polled);
	report_ranges(polled, false, polled->accounted, polled->accounted);
}

/* The instrument has kept its pace meanwhile, unless it was off: then it is learned anew. */
static void resume(struct polled *polled)
{
	struct pace pace = polled->pace;
	begin_measuring(polled);
	polled->sense = false;
	if (polled->mode != POLLED_CHANGES || !pace.known)
		return;
	pace.last += (polled->accounted - pace.last) / pace.period * pace.period;
	pace.awake = polled->accounted;
	polled->pace = pace;
	polled->resumed = true;
}

/* Brings the conversation back into step. Another instrument is no replacement for the one that went. */
static enum io find_again(struct polled *polled, int64_t deadline)
{
	bool same = false;
	if (polled->link && polled->state == POLLED_LOST && link_reopen(polled->link, deadline) != IO_OK)
		return IO_GONE;
	enum io io = polled->link ? link_clear(polled->link, deadline) : IO_OK;
	if (io == IO_OK)
		io = polled->ops->meet(polled->device, &same, deadline);
	return io == IO_OK && !same ? IO_GONE : io;
}

static int64_t recover(struct polled *polled)
{
	enum io io = find_again(polled, now_of(polled) + RECOVER_PATIENCE);
	int64_t deadline = now_of(polled) + (polled->set_up_patience > 0 ? polled->set_up_patience : RECOVER_PATIENCE);
	if (io == IO_OK && polled->ops->set_up)
		io = polled->ops->set_up(polled->device, deadline);
	if (io == IO_OK)
		io = check_ranges(polled, deadline);
	if (io != IO_OK)
		return fail(polled, io);
	int64_t at = now_of(polled);
	if (at - polled->accounted > polled->period)
		report_missing(polled, polled->reason, at);
	resume(polled);
	return at;
}

/* When to ask again, having asked from `began` on: a slow line has its rest. */
static int64_t next_question(const struct polled *polled, int64_t began)
{
	int64_t at = now_of(polled);
	if (polled->mode == POLLED_PUSHED)
		return next_look(polled, at);
	int64_t next = polled->mode == POLLED_ANEW ? polled->next : pace_next(&polled->pace, at);
	return later(next, at + (at - began) / REST);
}

int64_t polled_step(struct polled *polled)
{
	int64_t began = now_of(polled);
	if (polled->state != POLLED_MEASURING)
		return recover(polled);
	if (polled->mode == POLLED_ANEW && began < polled->next)
		return polled->next;
	enum io io = polled->mode == POLLED_CHANGES ? read_change(polled) : polled->mode == POLLED_ANEW ? read_due(polled) : read_message(polled);
	int64_t at = now_of(polled);
	if (io == IO_OK && polled->mode != POLLED_PUSHED && at - polled->ranges_checked >= RANGE_CHECK)
		io = check_ranges(polled, at + patience(polled));
	return io == IO_OK ? next_question(polled, began) : fail(polled, io);
}

void polled_sample(struct polled *polled)
{
	if (polled->state != POLLED_MEASURING || polled->mode != POLLED_ANEW)
		return;
	enum io io = read_anew(polled, FLAG_REQUESTED, 0);
	if (io != IO_OK)
		fail(polled, io);
}

void polled_look(struct polled *polled, int64_t deadline)
{
	if (polled->state != POLLED_MEASURING)
		return;
	enum io io = check_ranges(polled, deadline);
	if (io != IO_OK) {
		fail(polled, io);
		return;
	}
	int64_t at = now_of(polled);
	report_missing(polled, GAP_MISSED, at);
	polled->pace = pace_begin(polled->period, at);
	polled->no_since = nothing_before(polled, at);
	polled->heard = at;
	polled->asked = 0;
}

enum io polled_end(struct polled *polled, int64_t deadline)
{
	int64_t at = now_of(polled);
	if (polled->state == POLLED_MEASURING && polled->mode == POLLED_CHANGES && waits_for_a_change(polled) && at - polled->accounted > polled->period)
		report_missing(polled, GAP_STALLED, at);
	enum io io = polled->state == POLLED_MEASURING ? check_ranges(polled, deadline) : IO_OK;
	if (io != IO_OK) /* what came last may be no answer to it */
		polled->state = io == IO_GONE ? POLLED_LOST : POLLED_CONFUSED;
	return polled->state == POLLED_MEASURING ? IO_OK : find_again(polled, deadline);
}
