#include "device_time.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct device_clock *device_clock_of(const struct device_times *times, const char *device)
{
	for (size_t i = 0; i < times->n; i++)
		if (strcmp(times->clocks[i].device, device) == 0)
			return &times->clocks[i];
	return NULL;
}

static bool is_of(const struct run *run, const struct run_sync *sync, const char *device)
{
	return sync->channel < run->n_channels && strcmp(run->channels[sync->channel].device, device) == 0;
}

static int add_clock(const struct run *run, const char *device, struct device_times *times, struct error *error)
{
	if (times->n == DEVICE_CLOCKS_MAX)
		return error_set(error, ERROR_CORRUPT, device, NULL, "more than %d devices have clocks of their own", DEVICE_CLOCKS_MAX);
	struct device_clock *clock = &times->clocks[times->n++];
	*clock = (struct device_clock){ .device = device, .exchanges = calloc(run->n_syncs + 1, sizeof *clock->exchanges) };
	if (clock->exchanges == NULL)
		return error_set(error, ERROR_INTERNAL, device, NULL, "no memory for %zu exchanges", run->n_syncs);
	for (size_t i = 0; i < run->n_syncs; i++)
		if (is_of(run, &run->syncs[i], device))
			clock->exchanges[clock->n++] = run->syncs[i].sync;
	time_map_make(clock->exchanges, clock->n, &clock->map);
	return 0;
}

int device_times_make(const struct run *run, struct device_times *times, struct error *error)
{
	memset(times, 0, sizeof *times);
	for (size_t i = 0; i < run->n_channels; i++) {
		const struct run_channel *c = &run->channels[i];
		if (c->channel.clock != CLOCK_ID_DEVICE || device_clock_of(times, c->device) != NULL)
			continue;
		if (add_clock(run, c->device, times, error) != 0) {
			device_times_free(times);
			return -1;
		}
	}
	return 0;
}

void device_times_free(struct device_times *times)
{
	for (size_t i = 0; i < times->n; i++)
		free(times->clocks[i].exchanges);
	memset(times, 0, sizeof *times);
}

/* ---- stamps ---- */

struct knot {
	int64_t device;
	bool known;
	struct time_reading reading;
	double u;
};

static struct knot knot_at(const struct device_clock *clock, int64_t device)
{
	struct knot knot = { .device = device };
	knot.known = time_map_read(&clock->map, device, NEVER, &knot.reading);
	if (knot.known)
		knot.u = time_reading_u(&knot.reading);
	return knot;
}

/* Both ends on one side of all steps: the clock went evenly between them. */
static bool joined(const struct knot *a, const struct knot *b)
{
	return a->known && b->known && a->reading.segment == b->reading.segment;
}

static int64_t interpolated(const struct knot *a, const struct knot *b, int64_t device)
{
	int64_t offset_a = a->reading.host - a->device, offset_b = b->reading.host - b->device;
	if (b->device == a->device)
		return device + offset_a;
	double part = (double)(device - a->device) / (double)(b->device - a->device);
	return device + offset_a + (int64_t)llround(part * (double)(offset_b - offset_a));
}

/* The end of the stretch that begins at `stamps[from]`: a knot's distance on, or the last stamp before that. */
static int64_t stretch_end(const int64_t *stamps, size_t from, size_t n)
{
	int64_t end = stamps[from] + DEVICE_TIME_KNOTS;
	return stamps[n - 1] < end && stamps[n - 1] >= stamps[from] ? stamps[n - 1] : end;
}

void device_time_stamps(const struct device_clock *clock, const int64_t *stamps, size_t n, int64_t *host, int64_t *u, bool *known)
{
	struct knot a = { .known = false }, b = a;
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || stamps[i] < a.device || stamps[i] > b.device) {
			a = knot_at(clock, stamps[i]);
			b = knot_at(clock, stretch_end(stamps, i, n));
		}
		struct knot here = joined(&a, &b) || stamps[i] == a.device ? a : knot_at(clock, stamps[i]);
		known[i] = here.known;
		if (!here.known)
			continue;
		host[i] = joined(&a, &b) ? interpolated(&a, &b, stamps[i]) : here.reading.host;
		u[i] += (int64_t)ceil(joined(&a, &b) ? fmax(a.u, b.u) : here.u);
	}
}

const char *device_times_remark(const struct device_times *times, char text[DEVICE_TIME_TEXT_SIZE])
{
	text[0] = '\0';
	for (size_t i = 0; i < times->n && text[0] == '\0'; i++)
		if (times->clocks[i].map.n_segments > 1)
			snprintf(text, DEVICE_TIME_TEXT_SIZE, "%.40s: its clock stepped %zu times: it began anew, or this host slept",
				 times->clocks[i].device, times->clocks[i].map.n_segments - 1);
	return text;
}
