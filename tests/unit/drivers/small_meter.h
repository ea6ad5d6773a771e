/* What the tests of small meters against their twins share: a run of some seconds, and what came of it. */
#ifndef JOULERIG_TESTS_DRIVERS_SMALL_METER_H
#define JOULERIG_TESTS_DRIVERS_SMALL_METER_H

#include <stdio.h>

#include "collect.h"
#include "twin_bench.h"

struct small_meter {
	struct twin_bench *bench;
	struct device_config config;
	const struct driver *driver;
	struct link *link;
	void *device;
	struct collect *collect;
	const struct channel *channels;
	int n;
	int64_t began;
	struct error error;
};

/* Opens; `device` is NULL, and `error` filled, where the driver refuses. `role`: what it measures; `update`: s, or 0. */
static inline struct small_meter small_meter_open(const char *instrument, const char *rest, enum channel_role role, double update)
{
	struct small_meter m = { .error = ERROR_INIT };
	char line[400];
	snprintf(line, sizeof line, "%s, measures: check", instrument);
	m.bench = twin_bench_open(line, rest, &m.error);
	if (m.bench == NULL)
		fail_msg("no bench: %s", m.error.what);
	m.config = *twin_bench_device(m.bench);
	m.config.measures = role;
	m.config.update = update;
	m.driver = driver_find(m.config.driver);
	m.link = twin_bench_link(m.bench, &m.error);
	assert_non_null(m.link);
	m.device = m.driver->open(&m.config, m.link, twin_bench_timebase(m.bench), &m.error);
	if (m.device)
		m.channels = m.driver->channels(m.device, &m.n);
	return m;
}

static inline void small_meter_start(struct small_meter *m)
{
	struct timebase *timebase = twin_bench_timebase(m->bench);
	if (m->device == NULL)
		fail_msg("not opened: %s (%s)", m->error.what, m->error.remedy);
	m->collect = collect_begin(timebase);
	m->began = timebase->now(timebase);
	assert_int_equal(m->driver->start(m->device, &m->collect->sink, &m->error), 0);
}

static inline void small_meter_run(struct small_meter *m, double seconds)
{
	small_meter_start(m);
	step_until(m->driver, m->device, m->collect, m->began + (int64_t)(seconds * 1e9));
}

static inline void small_meter_close(struct small_meter *m)
{
	if (m->device)
		m->driver->close(m->device);
	link_close(m->link);
	twin_bench_close(m->bench);
}

static inline int small_meter_channel(const struct small_meter *m, const char *quantity)
{
	for (int i = 0; i < m->n; i++)
		if (strcmp(strrchr(m->channels[i].name, '.') + 1, quantity) == 0)
			return i;
	fail_msg("no channel %s", quantity);
	return -1;
}

/* How many values of a channel between two instants, s after the start, have any of `flags`: all of them, of at least one; or none. */
static inline int small_meter_flagged(const struct small_meter *m, int channel, double from, double to, uint32_t flags, int *all)
{
	int n = 0;
	*all = 0;
	for (int i = 0; i < m->collect->n; i++) {
		const struct record *r = &m->collect->list[i].record;
		double at = (double)(r->t - m->began) * 1e-9;
		if (r->kind != RECORD_BLOCK || r->channel != (uint16_t)channel || at < from || at > to)
			continue;
		(*all)++;
		n += (r->flags & flags) != 0;
	}
	assert_true(*all > 0);
	return n;
}

static inline void small_meter_expect_all(const struct small_meter *m, int channel, double from, double to, uint32_t flags)
{
	int all, n = small_meter_flagged(m, channel, from, to, flags, &all);
	assert_int_equal(n, all);
}

static inline void small_meter_expect_none(const struct small_meter *m, int channel, double from, double to, uint32_t flags)
{
	int all;
	assert_int_equal(small_meter_flagged(m, channel, from, to, flags, &all), 0);
}

static inline unsigned small_meter_gaps(const struct small_meter *m, int channel)
{
	return (unsigned)collect_count(m->collect, RECORD_GAP, (unsigned)channel);
}

/* The mean of a channel's valid values between two instants, s after the start. */
static inline double small_meter_mean(const struct small_meter *m, int channel, double from, double to)
{
	double sum = 0;
	int n = 0;
	for (int i = 0; i < m->collect->n; i++) {
		const struct record *r = &m->collect->list[i].record;
		double at = (double)(r->t - m->began) * 1e-9;
		if (r->kind != RECORD_BLOCK || r->channel != (uint16_t)channel || r->flags & FLAG_INVALID || at < from || at > to)
			continue;
		sum += m->collect->list[i].value * m->channels[channel].scale;
		n++;
	}
	assert_true(n > 0);
	return sum / n;
}

/* Of the machine's plug between two instants, s after the start; at most 30 s ago. */
static inline double small_meter_truth(const struct small_meter *m, double from, double to)
{
	int64_t t0 = m->began + (int64_t)(from * 1e9), t1 = m->began + (int64_t)(to * 1e9);
	return twin_bench_joules(m->bench, QUANTITY_WALL, t0, t1) / (to - from);
}

#endif
