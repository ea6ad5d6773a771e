/*
 * fake_drivers: a registry of the test's own, in place of drivers/registry.c (which the linker then leaves out).
 *
 *   ticker   two counting channels (the second moves at every tenth value of the first), and what its `options` make it do wrong
 *   deaf     one channel, cannot be sampled
 *   picky    options of each type; cannot be opened
 */
#ifndef JOULERIG_TESTS_UNIT_BENCH_FAKE_DRIVERS_H
#define JOULERIG_TESTS_UNIT_BENCH_FAKE_DRIVERS_H

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "device.h"
#include "unit.h"

static _Atomic int fake_opened, fake_started; /* now */
static _Atomic int fake_policy;               /* under which the last step was scheduled */

struct ticker {
	struct channel channels[2];
	struct identity identity;
	double burst, interval, block; /* values a step; s */
	bool fail_start, fail_stop;
	uint64_t count;
	int64_t last;
};

static const struct option_spec ticker_options[] = {
	{"burst", "values a step", OPTION_INTEGER, DIMENSION_RATIO, "1"},
	{"interval", "from step to step", OPTION_QUANTITY, DIMENSION_TIME, "1 ms"},
	{"block", "time a step takes", OPTION_QUANTITY, DIMENSION_TIME, "0 s"},
	{"fail", "what does not work: open, start or stop", OPTION_TEXT, DIMENSION_RATIO, "nothing"},
	{"simulated", "says so", OPTION_BOOLEAN, DIMENSION_RATIO, "false"},
	{.name = NULL},
};

static void ticker_describe(struct ticker *ticker, const struct device_config *config)
{
	for (int i = 0; i < 2; i++) {
		ticker->channels[i] = (struct channel){.kind = CHANNEL_COUNTER, .number = NUMBER_U64, .scale = 1};
		snprintf(ticker->channels[i].name, sizeof ticker->channels[i].name, "%.20s.%s", config->name,
			 i ? "slow" : "fast");
	}
}

static void *ticker_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	double simulated;
	(void)link;
	(void)timebase;
	const char *fail = device_option(config, ticker_options, "fail", NULL);
	if (strcmp(fail, "open") == 0) {
		error_set(error, ERROR_GONE, config->name, NULL, "cannot be opened");
		return NULL;
	}
	struct ticker *ticker = calloc(1, sizeof *ticker);
	assert_non_null(ticker);
	device_option(config, ticker_options, "burst", &ticker->burst);
	device_option(config, ticker_options, "interval", &ticker->interval);
	device_option(config, ticker_options, "block", &ticker->block);
	device_option(config, ticker_options, "simulated", &simulated);
	ticker->identity.simulated = simulated > 0;
	snprintf(ticker->identity.maker, sizeof ticker->identity.maker, "fakes");
	ticker->fail_start = strcmp(fail, "start") == 0;
	ticker->fail_stop = strcmp(fail, "stop") == 0;
	ticker_describe(ticker, config);
	fake_opened++;
	return ticker;
}

static const struct channel *ticker_channels(const void *device, int *count)
{
	*count = 2;
	return ((const struct ticker *)device)->channels;
}

static const struct identity *ticker_identity(const void *device)
{
	return &((const struct ticker *)device)->identity;
}

static int ticker_start(void *device, struct sink *sink, struct error *error)
{
	struct ticker *ticker = device;
	struct record_range range = {.voltage = 300};
	if (ticker->fail_start)
		return error_set(error, ERROR_PROTOCOL, "ticker", NULL, "does not start");
	sink_range(sink, 0, clock_now(CLOCK_ID_MONOTONIC), 0, &range);
	fake_started++;
	return 0;
}

static void ticker_emit(struct ticker *ticker, uint32_t flags, struct sink *sink)
{
	ticker->last = clock_now(CLOCK_ID_MONOTONIC);
	sink_count(sink, 0, ticker->last, 0, flags, ticker->count);
	if (ticker->count % 10 == 0 || flags)
		sink_count(sink, 1, ticker->last, 0, flags, ticker->count / 10);
	ticker->count++;
}

static void ticker_block(const struct ticker *ticker)
{
	struct timespec time = {.tv_nsec = (long)(ticker->block * 1e9)};
	if (ticker->block > 0)
		nanosleep(&time, NULL);
}

static int64_t ticker_step(void *device, int64_t now, struct sink *sink)
{
	struct ticker *ticker = device;
	fake_policy = sched_getscheduler(0);
	for (int i = 0; i < ticker->burst; i++)
		ticker_emit(ticker, 0, sink);
	ticker_block(ticker);
	return now + (int64_t)(ticker->interval * 1e9);
}

static void ticker_sample(void *device, struct sink *sink)
{
	ticker_emit(device, FLAG_REQUESTED, sink);
}

static int ticker_stop(void *device, struct error *error)
{
	fake_started--;
	return ((struct ticker *)device)->fail_stop ? error_set(error, ERROR_TIMEOUT, "ticker", NULL, "does not stop") : 0;
}

static void ticker_close(void *device)
{
	fake_opened--;
	free(device);
}

#define TICKER                                                                                                                   \
	.summary = "counts", .maturity = MATURITY_PROVEN, .schemes = (const char *const[]){"file", NULL},                        \
	.options = ticker_options, .open = ticker_open, .channels = ticker_channels, .identity = ticker_identity,                \
	.start = ticker_start, .step = ticker_step, .stop = ticker_stop, .close = ticker_close
static const struct driver driver_ticker = {.name = "ticker", TICKER, .sample = ticker_sample};
static const struct driver driver_deaf = {.name = "deaf", TICKER};

static const struct option_spec picky_options[] = {
	{"words", "anything", OPTION_TEXT, DIMENSION_RATIO, ""},
	{"place", "where it is", OPTION_PATH, DIMENSION_RATIO, NULL},
	{"number", "how many", OPTION_INTEGER, DIMENSION_RATIO, NULL},
	{"pause", "how long", OPTION_QUANTITY, DIMENSION_TIME, "1 s"},
	{"limit", "how much", OPTION_QUANTITY, DIMENSION_POWER, "1 W"},
	{"loud", "whether", OPTION_BOOLEAN, DIMENSION_RATIO, "false"},
	{.name = NULL},
};
static const struct driver driver_picky = {
	.name = "picky",
	.summary = "wants options",
	.schemes = (const char *const[]){"file", NULL},
	.options = picky_options,
};
static const struct trigger_ops fake_trigger = {.source = EDGE_SOFTWARE};
static const struct driver driver_software = {
	.name = "software",
	.schemes = (const char *const[]){NULL},
	.trigger = &fake_trigger,
};

/* ---- in place of drivers/registry.c ---- */

const struct driver *const drivers[] = {&driver_ticker, &driver_deaf, &driver_picky, &driver_software, NULL};
const struct link_ops *const link_kinds[] = {NULL};

const struct driver *driver_find(const char *name)
{
	for (const struct driver *const *driver = drivers; *driver; driver++)
		if (strcmp((*driver)->name, name) == 0)
			return *driver;
	return NULL;
}

const struct link_ops *link_ops_find(const char *scheme)
{
	(void)scheme;
	return NULL;
}

#endif
