/*
 * collector: takes what a bench hands out and checks what must hold of every record: the bench's channel number, sequence
 * numbers without holes.
 */
#ifndef JOULERIG_TESTS_UNIT_BENCH_COLLECTOR_H
#define JOULERIG_TESTS_UNIT_BENCH_COLLECTOR_H

#include <poll.h>
#include <time.h>

#include "bench.h"
#include "unit.h"

#define COLLECTOR_CHANNELS 16

struct collector {
	struct seen {
		uint32_t next_seq;
		unsigned records, values, requested, ranges, gaps;
		uint64_t lost, last;     /* as GAP_OVERRUN tells; the last value */
		int64_t last_t, longest; /* ns: of the gaps */
		uint64_t pending;        /* lost since the last value: several gaps may follow each other */
		bool any;
	} channels[COLLECTOR_CHANNELS];
	int n_channels;
	bool counts; /* the device counts: check that a value is its predecessor's successor, less what a gap tells */
};

static inline void collect_gap(struct seen *seen, const struct record *record, const void *payload)
{
	struct record_gap gap;
	memcpy(&gap, payload, sizeof gap);
	assert_int_equal(gap.reason, GAP_OVERRUN);
	assert_true(gap.values > 0);
	assert_true(gap.from >= seen->last_t);
	assert_true(gap.to >= gap.from);
	assert_true(record->t >= gap.from);
	seen->last_t = gap.to;
	if (gap.to - gap.from > seen->longest)
		seen->longest = gap.to - gap.from;
	seen->pending += gap.values;
	seen->lost += gap.values;
	seen->gaps++;
}

static inline void collect_value(struct collector *collector, struct seen *seen, const struct record *record, const void *payload)
{
	uint64_t value;
	memcpy(&value, payload, sizeof value);
	assert_int_equal(record->n, 1);
	assert_true(record->t >= seen->last_t);
	if (collector->counts && seen->any && !(record->flags & FLAG_REQUESTED))
		assert_int_equal(value - seen->last - 1, seen->pending);
	seen->any = true;
	seen->pending = 0;
	seen->last = value;
	seen->last_t = record->t;
	seen->values++;
	seen->requested += (record->flags & FLAG_REQUESTED) != 0;
}

static inline int collect(void *context, const struct record *record, const void *payload, uint32_t size, struct error *error)
{
	struct collector *collector = context;
	(void)error;
	assert_in_range(record->channel, 0, collector->n_channels - 1);
	assert_int_equal(size, record_payload_size(record, NUMBER_U64));
	struct seen *seen = &collector->channels[record->channel];
	assert_int_equal(record->seq, seen->next_seq);
	seen->next_seq++;
	seen->records++;
	if (record->kind == RECORD_GAP)
		collect_gap(seen, record, payload);
	else if (record->kind == RECORD_RANGE)
		seen->ranges++;
	else
		collect_value(collector, seen, record, payload);
	return 0;
}

static inline void collector_drain(struct collector *collector, struct bench *bench)
{
	struct error error = ERROR_INIT;
	assert_int_equal(bench_drain(bench, collect, collector, &error), 0);
}

/* Waits until records wait, at most `ns`. */
static inline void await_records(struct bench *bench, int64_t ns)
{
	struct pollfd none[1];
	bench_wait(bench, clock_now(CLOCK_ID_MONOTONIC) + ns, none, 0);
}

/* Drains as the campaign does, whenever records wait. */
static inline void collector_run(struct collector *collector, struct bench *bench, int64_t ns)
{
	int64_t until = clock_now(CLOCK_ID_MONOTONIC) + ns;
	while (clock_now(CLOCK_ID_MONOTONIC) < until) {
		await_records(bench, 10 * NS_PER_MS);
		collector_drain(collector, bench);
	}
}

static inline void pass_time(int64_t ns)
{
	struct timespec time = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
	nanosleep(&time, NULL);
}

#endif
