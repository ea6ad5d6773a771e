/*
 * software: the trigger that every host has. Nothing is wired: the gated child stamps the start edge itself, and the launcher
 * stamps the stop edge when it learns that the child has ended. This file knows what these stamps are worth.
 *
 * Start. The stamp is the last thing before execve(2), and the run is defined to begin with it. What is uncertain is the read
 * of the clock (some 50 ns) and the entry into the kernel (about 1 us with mitigations): START_U.
 *
 * Stop. The launcher wakes up after the child has ended, never before: its stamps are late by a lag that is measured before
 * each campaign, with children that stamp and exit at once. The lags have a hard lower end and a tail (a busy CPU, a late
 * wake-up), so: the median is subtracted, and the half-width is the distance from the median that 95 % of the measured lags do
 * not exceed, taken as the order statistic that errs upwards (with n lags, the ceil(0.95 (n + 1))th smallest distance). The
 * budget takes it as a rectangular bound. The one in twenty beyond is what it is; `p99` and `max` are kept beside it.
 */
#include <stdlib.h>
#include <string.h>

#include "device.h"

#define START_U (2 * NS_PER_US)
#define LAGS_MAX 1000
#define LAGS_MIN 20 /* fewer hold no 95 % */

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static int64_t middle(const int64_t *sorted, int n)
{
	return n % 2 ? sorted[n / 2] : sorted[n / 2 - 1] + (sorted[n / 2] - sorted[n / 2 - 1]) / 2;
}

/* The smallest value that at least `percent` of n + 1 stand at or below. */
static int64_t quantile_up(const int64_t *sorted, int n, int percent)
{
	int rank = (percent * (n + 1) + 99) / 100;
	return sorted[(rank < n ? rank : n) - 1];
}

static int software_figure(const int64_t *lags, int n, struct trigger_figure *figure, struct error *error)
{
	int64_t sorted[LAGS_MAX];
	if (n < LAGS_MIN || n > LAGS_MAX)
		return error_set(error, ERROR_INTERNAL, "software trigger", NULL, "%d lags were measured; %d to %d are of use", n,
				 LAGS_MIN, LAGS_MAX);
	memcpy(sorted, lags, (size_t)n * sizeof *lags);
	qsort(sorted, (size_t)n, sizeof *sorted, ascending);
	if (sorted[0] < 0)
		return error_set(error, ERROR_INTERNAL, "software trigger", NULL, "a child's end was seen before it happened");
	*figure = (struct trigger_figure){
		.start_u = START_U, .stop_lag = middle(sorted, n), .p50 = middle(sorted, n),
		.p99 = quantile_up(sorted, n, 99), .max = sorted[n - 1], .n = n,
	};
	for (int i = 0; i < n; i++)
		sorted[i] = llabs(sorted[i] - figure->stop_lag);
	qsort(sorted, (size_t)n, sizeof *sorted, ascending);
	figure->stop_u = quantile_up(sorted, n, 95);
	return 0;
}

/* ---- as a device it has no channels, and nothing to do ---- */

static const struct identity identity = { .maker = "joulerig", .model = "software trigger" };

static void *software_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	static char nothing; /* stateless: one for all */
	(void)config;
	(void)link;
	(void)timebase;
	(void)error;
	return &nothing;
}

static const struct channel *software_channels(const void *device, int *count)
{
	static const struct channel none;
	(void)device;
	*count = 0;
	return &none;
}

static const struct identity *software_identity(const void *device)
{
	(void)device;
	return &identity;
}

static int software_start(void *device, struct sink *sink, struct error *error)
{
	(void)device;
	(void)sink;
	(void)error;
	return 0;
}

static int64_t software_step(void *device, int64_t now, struct sink *sink)
{
	(void)device;
	(void)now;
	(void)sink;
	return NEVER;
}

static int software_stop(void *device, struct error *error)
{
	(void)device;
	(void)error;
	return 0;
}

static void software_close(void *device)
{
	(void)device;
}

static const struct trigger_ops trigger = { .source = EDGE_SOFTWARE, .figure = software_figure };
static const char *const schemes[] = { NULL };

const struct driver driver_software = {
	.name = "software",
	.summary = "edges stamped by the launcher and the gated child; no hardware",
	.maturity = MATURITY_PROVEN,
	.schemes = schemes,
	.open = software_open,
	.channels = software_channels,
	.identity = software_identity,
	.start = software_start,
	.step = software_step,
	.stop = software_stop,
	.close = software_close,
	.trigger = &trigger,
};
