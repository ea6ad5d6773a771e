#include "time_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "statistics.h"

#define WINDOW_MAX 256 /* exchanges about an instant; of more, those nearest to it */
#define FASTEST_PART 4 /* the fastest quarter is fitted */

/* ---- segments ---- */

/* Both ends of what an exchange leaves for host - device. */
static int64_t offset_low(const struct record_sync *exchange)
{
	return exchange->sent - exchange->arrived;
}

static int64_t offset_high(const struct record_sync *exchange)
{
	return exchange->received - exchange->answered;
}

static bool has_sense(const struct record_sync *exchange)
{
	return exchange->sent <= exchange->received && exchange->arrived <= exchange->answered &&
	       offset_low(exchange) <= offset_high(exchange);
}

/* No clock that goes at about one rate can have shown both. */
static bool is_step(const struct record_sync *before, const struct record_sync *after)
{
	if (after->arrived < before->answered)
		return true;
	double drift = TIME_MAP_RATE_MAX * (double)(after->answered - before->arrived);
	return (double)offset_low(after) > (double)offset_high(before) + drift ||
	       (double)offset_high(after) < (double)offset_low(before) - drift;
}

/* Looks back over the last seconds, since a small step may hide behind slow exchanges: the latest that contradicts the new one, or
 * `at` when none does. */
static size_t contradicts(const struct time_map *map, const struct time_segment *segment, size_t at)
{
	const struct record_sync *new = &map->exchanges[at];
	for (size_t i = at; i-- > segment->first;) {
		const struct record_sync *old = &map->exchanges[i];
		if (!has_sense(old))
			continue;
		if (is_step(old, new))
			return i;
		if (new->arrived - old->answered > TIME_MAP_SPAN)
			break;
	}
	return at;
}

/* What lies between two exchanges that contradict each other may be of either side, and is of neither segment. */
void time_map_make(const struct record_sync *exchanges, size_t n, struct time_map *map)
{
	*map = (struct time_map){ .exchanges = exchanges, .n = n };
	struct time_segment *segment = NULL;
	for (size_t i = 0; i < n; i++) {
		size_t end = i;
		if (!has_sense(&exchanges[i])) {
			map->senseless++;
			continue;
		}
		int64_t trip = offset_high(&exchanges[i]) - offset_low(&exchanges[i]);
		if (segment) {
			end = contradicts(map, segment, i);
			segment->n = end + 1 - segment->first;
		}
		if (segment == NULL || end < i) {
			if (map->n_segments == TIME_MAP_SEGMENTS_MAX)
				return;
			segment = &map->segments[map->n_segments++];
			*segment = (struct time_segment){ .first = i, .n = 1, .least_trip = trip };
		}
		segment->least_trip = trip < segment->least_trip ? trip : segment->least_trip;
	}
}

/* ---- which segment ---- */

/* After a reset the device shows times again that it has shown before: the latest segment that the host may have heard of by then.
 * What the host heard of between two segments may be of either. */
static bool find_segment(const struct time_map *map, size_t begin, size_t end, int64_t instant, int64_t received, size_t *found)
{
	for (size_t s = end; s-- > begin;) {
		const struct time_segment *segment = &map->segments[s];
		const struct record_sync *first = &map->exchanges[segment->first], *last = first + segment->n - 1;
		int64_t before = s == 0 ? TIME_MAP_BEYOND : 0, after = s + 1 == map->n_segments ? TIME_MAP_BEYOND : 0;
		bool heard = first->sent - before <= received && (after > 0 || received == NEVER || received <= last->received);
		if (heard && instant >= first->arrived - before && instant <= last->answered + after) {
			*found = s;
			return true;
		}
	}
	return false;
}

bool time_map_began_anew(const struct time_map *map, size_t segment)
{
	if (segment == 0 || segment >= map->n_segments)
		return false;
	const struct time_segment *earlier = &map->segments[segment - 1];
	const struct record_sync *before = &map->exchanges[earlier->first + earlier->n - 1];
	const struct record_sync *after = &map->exchanges[map->segments[segment].first];
	return after->arrived < before->answered || offset_low(after) > offset_high(before);
}

/* ---- the line ---- */

struct point {
	double x, y;   /* ns: device time and offset of an exchange's middle, from the instant and from the segment's first offset */
	double trip;   /* ns: on the way, both ways together */
};

static int by_trip(const void *a, const void *b)
{
	double x = ((const struct point *)a)->trip, y = ((const struct point *)b)->trip;
	return (x > y) - (x < y);
}

static struct point point_of(const struct record_sync *exchange, int64_t instant, int64_t origin)
{
	int64_t low = offset_low(exchange), high = offset_high(exchange);
	return (struct point){ .x = (double)(exchange->arrived - instant) + (double)(exchange->answered - exchange->arrived) / 2,
			       .y = (double)(low - origin) + (double)(high - low) / 2,
			       .trip = (double)(high - low) };
}

/* The exchanges about an instant: to both sides the same number at most, so that none far away is taken before a near one. */
static size_t gather(const struct time_map *map, const struct time_segment *segment, int64_t instant, int64_t origin,
		     struct point points[WINDOW_MAX])
{
	size_t end = segment->first + segment->n, right = segment->first, n = 0;
	while (right < end && map->exchanges[right].arrived < instant)
		right++;
	size_t left = right;
	while (n < WINDOW_MAX && (left > segment->first || right < end)) {
		bool go_left = left > segment->first &&
			       (right == end || instant - map->exchanges[left - 1].arrived < map->exchanges[right].arrived - instant);
		const struct record_sync *next = &map->exchanges[go_left ? --left : right++];
		if (!has_sense(next))
			continue;
		struct point point = point_of(next, instant, origin);
		if (fabs(point.x) > (double)TIME_MAP_SPAN && n >= TIME_MAP_EXCHANGES_MIN)
			break;
		points[n++] = point;
	}
	return n;
}

struct line {
	double at, u, slope, residual;
};

/* Least squares at x = 0, where the instant is. */
static bool fit(const struct point *points, size_t n, struct line *line)
{
	double x = 0, y = 0, xx = 0, xy = 0, rr = 0;
	for (size_t i = 0; i < n; i++) {
		x += points[i].x / (double)n;
		y += points[i].y / (double)n;
	}
	for (size_t i = 0; i < n; i++) {
		xx += (points[i].x - x) * (points[i].x - x);
		xy += (points[i].x - x) * (points[i].y - y);
	}
	if (!(xx > 0))
		return false;
	line->slope = xy / xx;
	line->at = y - line->slope * x;
	for (size_t i = 0; i < n; i++) {
		double r = points[i].y - line->at - line->slope * points[i].x;
		rr += r * r;
	}
	double freedom = (double)(n - 2);
	line->residual = sqrt(rr / (double)n);
	line->u = statistics_t_quantile(0.975, freedom) * sqrt(rr / freedom * (1 / (double)n + x * x / xx));
	return true;
}

bool time_map_read(const struct time_map *map, int64_t instant, int64_t received, struct time_reading *reading)
{
	return time_map_read_within(map, 0, map->n_segments, instant, received, reading);
}

bool time_map_read_within(const struct time_map *map, size_t first, size_t end, int64_t instant, int64_t received,
			  struct time_reading *reading)
{
	struct point points[WINDOW_MAX];
	struct line line;
	size_t s;
	if (!find_segment(map, first, end, instant, received, &s))
		return false;
	const struct time_segment *segment = &map->segments[s];
	int64_t origin = offset_low(&map->exchanges[segment->first]);
	size_t n = gather(map, segment, instant, origin, points);
	if (n < TIME_MAP_EXCHANGES_MIN)
		return false;
	qsort(points, n, sizeof *points, by_trip);
	size_t used = n / FASTEST_PART > TIME_MAP_EXCHANGES_MIN ? n / FASTEST_PART : TIME_MAP_EXCHANGES_MIN;
	if (!fit(points, used, &line))
		return false;
	*reading = (struct time_reading){ .host = instant + origin + (int64_t)llround(line.at), .u_random = line.u,
					  .u_asymmetry = (double)segment->least_trip / 2, .rate = line.slope, .residual = line.residual,
					  .used = used, .segment = s };
	return true;
}

/* ---- both uncertainties together ---- */

/* Integral of the normal distribution function up to z. */
static double ramp(double z)
{
	return z * 0.5 * erfc(-z / sqrt(2)) + exp(-z * z / 2) / sqrt(2 * acos(-1));
}

/* The part of a rectangular distribution of half-width a, with one of standard deviation s on top, that lies within +-h. */
static double part_within(double h, double a, double s)
{
	return 2 * (s / (2 * a) * (ramp((h + a) / s) - ramp((h - a) / s))) - 1;
}

double time_reading_u(const struct time_reading *reading)
{
	double a = reading->u_asymmetry, s = reading->u_random / 1.96;
	if (s <= 0 || a <= 0 || a < s * 1e-3)
		return a > s * 1.96 ? 0.95 * a : 1.96 * s;
	double low = 0, high = a + 3 * s;
	for (int i = 0; i < 60; i++) {
		double middle = (low + high) / 2;
		*(part_within(middle, a, s) < 0.95 ? &low : &high) = middle;
	}
	return high;
}
