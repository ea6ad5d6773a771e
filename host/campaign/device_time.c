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

/* Segments in which the device did not begin anew. */
struct life {
	size_t first, end;
};
struct lives {
	struct life list[TIME_MAP_SEGMENTS_MAX];
	size_t n;
};

static struct lives lives_of(const struct time_map *map)
{
	struct lives lives = { .n = 0 };
	for (size_t s = 0; s < map->n_segments; s++) {
		if (s == 0 || time_map_began_anew(map, s))
			lives.list[lives.n++].first = s;
		lives.list[lives.n - 1].end = s + 1;
	}
	return lives;
}

struct knot {
	int64_t device;
	bool known;
	struct time_reading reading;
	double u;
};

/* A time that was shown in two lives is of neither. */
static struct knot knot_at(const struct device_clock *clock, const struct lives *lives, int64_t device)
{
	struct knot knot = { .device = device };
	size_t found = 0;
	for (size_t i = 0; i < lives->n; i++)
		found += time_map_read_within(&clock->map, lives->list[i].first, lives->list[i].end, device, NEVER, &knot.reading);
	knot.known = found == 1;
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

/* Stamps of a device that did not begin anew between them, in one of these lives. */
static void place(const struct device_clock *clock, const struct lives *lives, const int64_t *stamps, size_t n, int64_t *host, int64_t *u,
		  bool *known)
{
	struct knot a = { .known = false }, b = a;
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || stamps[i] > b.device) {
			a = knot_at(clock, lives, stamps[i]);
			b = knot_at(clock, lives, stretch_end(stamps, i, n));
		}
		struct knot here = joined(&a, &b) || stamps[i] == a.device ? a : knot_at(clock, lives, stamps[i]);
		known[i] = here.known;
		if (!here.known)
			continue;
		host[i] = joined(&a, &b) ? interpolated(&a, &b, stamps[i]) : here.reading.host;
		u[i] += (int64_t)ceil(joined(&a, &b) ? fmax(a.u, b.u) : here.u);
	}
}

static size_t piece_end(const int64_t *stamps, size_t from, size_t n)
{
	size_t end = from + 1;
	while (end < n && stamps[end] >= stamps[end - 1])
		end++;
	return end;
}

/* As many pieces as lives: each is of its own. Fewer: one life may have left none, or two look like one where nothing was told for a
 * while. More: the map lacks a life, and nobody knows which. */
void device_time_stamps(const struct device_clock *clock, const int64_t *stamps, size_t n, int64_t *host, int64_t *u, bool *known)
{
	const struct lives lives = lives_of(&clock->map);
	size_t pieces = 0, piece = 0;
	for (size_t from = 0; from < n; from = piece_end(stamps, from, n))
		pieces++;
	for (size_t from = 0, end; from < n; from = end, piece++) {
		struct lives may = pieces > lives.n ? (struct lives){ .n = 0 } : lives;
		if (pieces == lives.n)
			may = (struct lives){ .list = { lives.list[piece] }, .n = 1 };
		end = piece_end(stamps, from, n);
		place(clock, &may, stamps + from, end - from, host + from, u + from, known + from);
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
