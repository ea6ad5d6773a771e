/* What driver tests have in common: a clock that only moves when it is told to, and a sink that keeps records. */
#ifndef JOULERIG_TESTS_DRIVERS_COLLECT_H
#define JOULERIG_TESTS_DRIVERS_COLLECT_H

#include "device.h"
#include "unit.h"

struct fake_time {
	struct timebase timebase;
	int64_t now;
};

static inline int64_t fake_now(struct timebase *self)
{
	return ((struct fake_time *)self)->now;
}

static inline void fake_wait(struct timebase *self, int64_t deadline)
{
	struct fake_time *time = (struct fake_time *)self;
	if (time->now < deadline)
		time->now = deadline;
}

#define FAKE_TIME_INIT { .timebase = { .now = fake_now, .wait_until = fake_wait }, .now = 1000 * NS_PER_S }

#define COLLECT_MAX 65536

struct collected {
	struct record record;
	union {
		double value;
		uint64_t count;
		struct record_gap gap;
		struct record_range range;
		struct record_edge edge;
		struct record_sync sync;
		int16_t samples[32]; /* the first of a block */
	};
};

struct collect {
	struct sink sink;
	int n;
	struct collected list[COLLECT_MAX];
};

static inline bool collect_emit(struct sink *sink, struct record *record, const void *payload, uint32_t size)
{
	struct collect *collect = (struct collect *)sink;
	assert_true(collect->n < COLLECT_MAX);
	assert_true(record->u_t >= 0);
	struct collected *kept = &collect->list[collect->n++];
	size_t room = sizeof *kept - offsetof(struct collected, value);
	assert_true(size <= room || record->kind == RECORD_BLOCK);
	kept->record = *record;
	memcpy(&kept->value, payload, size < room ? size : room);
	return true;
}

/* One for all tests of a program: it is large. */
static inline struct collect *collect_begin(struct timebase *timebase)
{
	static struct collect collect;
	collect.n = 0;
	collect.sink = (struct sink){ .emit = collect_emit, .timebase = timebase };
	return &collect;
}

static inline int collect_count(const struct collect *collect, unsigned kind, unsigned channel)
{
	int count = 0;
	for (int i = 0; i < collect->n; i++)
		count += collect->list[i].record.kind == kind && collect->list[i].record.channel == channel;
	return count;
}

/* The nth (from 0) record of a kind on a channel; NULL when there are fewer. */
static inline const struct collected *collect_nth(const struct collect *collect, unsigned kind, unsigned channel, int nth)
{
	for (int i = 0; i < collect->n; i++)
		if (collect->list[i].record.kind == kind && collect->list[i].record.channel == channel && nth-- == 0)
			return &collect->list[i];
	return NULL;
}

/* Values reported missing for one reason. */
static inline unsigned collect_missing(const struct collect *collect, unsigned channel, unsigned reason)
{
	unsigned sum = 0;
	for (int i = 0; i < collect->n; i++)
		if (collect->list[i].record.kind == RECORD_GAP && collect->list[i].record.channel == channel &&
		    collect->list[i].gap.reason == reason)
			sum += collect->list[i].gap.values;
	return sum;
}

/* Steps a device as the bench does, until `until`. */
static inline void step_until(const struct driver *driver, void *device, struct collect *collect, int64_t until)
{
	struct timebase *timebase = collect->sink.timebase;
	int64_t next = timebase->now(timebase);
	for (long steps = 0; next < until; steps++) {
		assert_true(steps < 10000000);
		timebase->wait_until(timebase, next);
		next = driver->step(device, timebase->now(timebase), &collect->sink);
	}
	timebase->wait_until(timebase, until);
}

#endif
