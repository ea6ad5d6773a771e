/*
 * time_map: the clock of a device that has one of its own, joined to the host's MONOTONIC by exchanges with it (record_sync). Pure.
 *
 * An exchange bounds offset = host - device from both sides, whatever the line did: `arrived` was after `sent`, `answered` before
 * `received`, so the offset lies in [sent - arrived, received - answered]. Two exchanges that no line with a slope below
 * TIME_MAP_RATE_MAX joins have a step between them: the device was reset, or the host suspended (its MONOTONIC stands still then).
 * There the map is cut into segments, and what lies in such a cut has no host time.
 *
 * Within a segment the offset at an instant is that of a straight line through the exchanges about it. Of these the fastest quarter is
 * fitted, since a wait in either direction only ever makes an exchange longer (Mills's minimum filter, RFC 5905, 10); least squares,
 * with the residuals' own scatter and Student's t. Two things are not known afterwards, and are kept apart:
 *   u_random     95 % half-width of the fitted line at that instant
 *   u_asymmetry  half of the least round trip: how it divides between there and back cannot be seen from here. It is the same for
 *                all instants of a set-up, and whatever is measured as a difference to a known instant through the same map
 *                (edge_lags.h) is free of it
 * A shared edge, an instant that host and device both have stamped, is an exchange too: sent and received are the ends of what the host
 * knows of it, arrived and answered the device's stamp.
 *
 * Crystals wander: some 1e-8 a second while a board warms up. The line spans 15 s to either side, where that bends it by
 * 1 us. Fewer than TIME_MAP_EXCHANGES_MIN exchanges make no map.
 */
#ifndef JOULERIG_ANALYSIS_TIME_MAP_H
#define JOULERIG_ANALYSIS_TIME_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clock.h"
#include "record.h"

#define TIME_MAP_EXCHANGES_MIN 8
#define TIME_MAP_SPAN (15 * NS_PER_S)   /* to either side of the instant */
#define TIME_MAP_BEYOND (5 * NS_PER_S)  /* the first and the last segment are believed so far outside of their exchanges */
#define TIME_MAP_RATE_MAX 600e-6        /* NTP slews by 500e-6 at most, crystals are good for 100e-6 */
#define TIME_MAP_SEGMENTS_MAX 32

struct time_segment {
	size_t first, n;    /* exchanges; the first and the last are none of the senseless */
	int64_t least_trip; /* ns: the least time that one was on the way, there and back */
};
struct time_map {
	const struct record_sync *exchanges; /* the caller's; in the order in which they were received */
	size_t n;
	struct time_segment segments[TIME_MAP_SEGMENTS_MAX];
	size_t n_segments; /* one more than there were steps */
	size_t senseless;  /* exchanges that contradict themselves, and were passed over */
};
/* `exchanges` must outlive the map. More steps than there is room for end the map at the last that fits. */
void time_map_make(const struct record_sync *exchanges, size_t n, struct time_map *map);

struct time_reading {
	int64_t host;        /* MONOTONIC ns */
	double u_random;     /* ns, 95 % half-width */
	double u_asymmetry;  /* ns, half-width of a rectangular distribution */
	double rate;         /* of the host's clock against the device's, less 1 */
	double residual;     /* ns, root mean square of those exchanges that were fitted */
	size_t used;         /* so many */
	size_t segment;
};
/* The host's time of the device's `instant`, of which the host had learned by `received` (NEVER: not known when). False where there
 * is none: too few exchanges, or a step about it. */
bool time_map_read(const struct time_map *map, int64_t instant, int64_t received, struct time_reading *reading);
/* The same by the segments [first, end) alone, where the caller knows that it is of one of them. */
bool time_map_read_within(const struct time_map *map, size_t first, size_t end, int64_t instant, int64_t received,
			  struct time_reading *reading);
/* Did the device begin anew before this segment, so that its times may have been shown before? Else the host slept, or there is none
 * before. A device that begins anew stands still against the host, a host that sleeps against the device. */
bool time_map_began_anew(const struct time_map *map, size_t segment);
/* Half-width that holds the true time in 95 of 100 cases, ns: of u_random as a normal distribution, and u_asymmetry, together. */
double time_reading_u(const struct time_reading *reading);

#endif
