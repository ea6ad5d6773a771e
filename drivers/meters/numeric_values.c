/* From an update of the instrument to records. */
#include <math.h>

#include "meters/numeric_parts.h"

#define READ_TRIES 3

/* ---- what is missing ---- */

void numeric_report_gap(struct numeric_meter *meter, enum gap_reason reason, uint32_t values, int64_t to)
{
	if (to < meter->accounted)
		to = meter->accounted;
	for (unsigned i = 0; i < (unsigned)meter->n_channels; i++)
		sink_gap(meter->sink, i, reason, values, meter->accounted, to);
	meter->gap_values += values;
	meter->gap_reason = reason;
	meter->accounted = to;
}

/* The updates since the last value are missing, as far as that has not been told; one that may be due just now is left to the
 * next report. The first failure is told in any case. */
void numeric_report_failure(struct numeric_meter *meter, enum gap_reason reason, int64_t at)
{
	int64_t missing = (at - meter->value_at - meter->pace.step) / meter->update - meter->gap_values;
	if (missing < 1 && meter->gap_values > 0)
		return;
	numeric_report_gap(meter, reason, missing > 1 ? (uint32_t)missing : 1, at);
}

/* ---- what is there ---- */

static enum io ask_updated(struct numeric_meter *meter, bool *updated)
{
	char reply[32];
	unsigned events = 0;
	int64_t sent = numeric_now(meter);
	enum io io = link_query(meter->link, ":STAT:EESR?", reply, sizeof reply, sent + NUMERIC_PATIENCE);
	if (io == IO_OK && numeric_register_decode(reply, &events) < 0)
		io = IO_GARBLED;
	*updated = events & NUMERIC_UPDATED;
	if (*updated) {
		meter->yes_sent = sent;
		meter->yes_at = numeric_now(meter);
	} else if (io == IO_OK) {
		meter->no_since = sent;
		meter->asked++;
	}
	return io;
}

static uint32_t condition_flags(const struct numeric_source *source, unsigned condition)
{
	return (condition & source->over ? FLAG_OVER_RANGE : 0) | (condition & source->peak ? FLAG_PEAK_OVER : 0);
}

/* The sum of the source's items. It is no number where one of them is none. */
struct numeric_value numeric_value_of(const struct numeric_source *source, const struct numeric_reading *reading)
{
	struct numeric_value sum = { .flags = condition_flags(source, reading->condition) };
	for (int i = source->first; i < source->first + source->n; i++) {
		sum.value += reading->item[i].value;
		sum.flags |= reading->item[i].flags;
	}
	if (fabs(sum.value) > source->plausible)
		sum.flags |= FLAG_IMPLAUSIBLE;
	return sum;
}

/* The integrator's: exact, since its 15 digits at most are those of a double. One that has stopped by itself shows what it had then. */
static void emit_count(struct numeric_meter *meter, unsigned channel, const struct numeric_reading *reading,
		       struct numeric_value value, int64_t t, int64_t u_t)
{
	double count = value.value * meter->sources[channel].count;
	bool known = count >= 0 && count < 0x1p53;
	if (!(reading->condition & NUMERIC_INTEGRATING))
		sink_gap(meter->sink, channel, GAP_STALLED, 1, meter->accounted, t);
	else
		sink_count(meter->sink, channel, t, u_t, value.flags | (known ? 0 : FLAG_NO_DATA), known ? (uint64_t)llround(count) : 0);
}

static void emit_values(struct numeric_meter *meter, const struct numeric_reading *reading, int64_t t, int64_t u_t)
{
	for (int i = 0; i < meter->n_channels; i++) {
		struct numeric_value value = numeric_value_of(&meter->sources[i], reading);
		if (meter->range_changed)
			value.flags |= FLAG_RANGE_CHANGED;
		if (meter->sources[i].count > 0)
			emit_count(meter, (unsigned)i, reading, value, t, u_t);
		else
			sink_value(meter->sink, (unsigned)i, t, u_t, value.flags, value.value);
	}
}

/* The update happened between `no_since` and `yes_at`. When these are more than a period apart there were several, and the
 * values are of the newest: no further one had come when they were asked for, at `sent`, so it is within a period of that. */
static void emit_reading(struct numeric_meter *meter, const struct numeric_reading *reading, int64_t sent)
{
	int64_t from = meter->no_since > sent - meter->update ? meter->no_since : sent - meter->update;
	if (from > meter->yes_at)
		from = meter->yes_at; /* the pace of the meter is not exactly ours */
	int64_t t = from + (meter->yes_at - from) / 2, u_t = (meter->yes_at - from + 1) / 2;
	uint32_t missed = pace_missed(&meter->pace, from, meter->yes_at);
	if (missed > meter->gap_values)
		numeric_report_gap(meter, meter->gap_values ? meter->gap_reason : GAP_MISSED, missed - meter->gap_values, t);
	emit_values(meter, reading, t, u_t);
	meter->sense = true;
	meter->gap_values = 0;
	meter->value_at = t;
	meter->accounted = t;
	pace_seen(&meter->pace, from, meter->yes_at, meter->asked);
	meter->asked = 0;
}

/* IO_OK without a value emitted: updates come faster than they can be read; they will show as missed. */
static enum io read_values(struct numeric_meter *meter, unsigned *condition)
{
	static const char question[] = ":STAT:COND?;:NUM:NORM:VAL?;:STAT:EESR?";
	char reply[NUMERIC_REPLY_SIZE];
	struct numeric_reading reading;
	for (int i = 0; i < READ_TRIES; i++) {
		int64_t sent = numeric_now(meter);
		enum io io = link_query(meter->link, question, reply, sizeof reply, sent + NUMERIC_PATIENCE);
		if (io == IO_OK && numeric_reading_decode(reply, meter->n_items, &reading) < 0)
			io = IO_GARBLED;
		if (io != IO_OK)
			return io;
		*condition = reading.condition;
		if (!(reading.events & NUMERIC_UPDATED)) {
			emit_reading(meter, &reading, sent);
			meter->no_since = sent;
			return IO_OK;
		}
		/* Another update: after the question before this one, before this answer. */
		meter->no_since = meter->yes_sent;
		meter->yes_sent = sent;
		meter->yes_at = numeric_now(meter);
	}
	return IO_OK;
}

static bool exceeded(const struct numeric_meter *meter, unsigned condition)
{
	bool any = false;
	for (int i = 0; i < meter->n_channels; i++)
		any |= condition_flags(&meter->sources[i], condition) != 0;
	return any;
}

enum io numeric_read_update(struct numeric_meter *meter, bool *read, bool *over)
{
	unsigned condition = 0;
	enum io io = ask_updated(meter, read);
	if (io == IO_OK && *read)
		io = read_values(meter, &condition);
	*over = exceeded(meter, condition);
	return io;
}
