/*
 * device_time: what the devices of a run stamped by clocks of their own, in the host's time: each clock joined to MONOTONIC by the run's
 * exchanges with it (analysis/time_map.h).
 */
#ifndef JOULERIG_CAMPAIGN_DEVICE_TIME_H
#define JOULERIG_CAMPAIGN_DEVICE_TIME_H

#include "run.h"
#include "time_map.h"

#define DEVICE_CLOCKS_MAX 16

struct device_clock {
	const char *device; /* the run's */
	struct record_sync *exchanges;
	size_t n;
	struct time_map map;
};
struct device_times {
	struct device_clock clocks[DEVICE_CLOCKS_MAX];
	size_t n;
};

/* `run` must outlive it. A device with a clock and no exchange is there, and its times cannot be told. */
int device_times_make(const struct run *run, struct device_times *times, struct error *error);
void device_times_free(struct device_times *times); /* and zeroes it */

/* NULL: that device's stamps are the host's already. */
const struct device_clock *device_clock_of(const struct device_times *times, const char *device);

/* `n` stamps become the host's, each with `u[i]` widened by what the map leaves open. They rise, but where the device began anew: that
 * many lives the exchanges must show, and a stamp that may be of more than one has no host time. Those that have none are marked by
 * `known[i]` = false and left as they are. Between readings of the map, DEVICE_TIME_KNOTS apart, times are interpolated. */
#define DEVICE_TIME_KNOTS (100 * NS_PER_MS)
void device_time_stamps(const struct device_clock *clock, const int64_t *stamps, size_t n, int64_t *host, int64_t *u, bool *known);

#define DEVICE_TIME_TEXT_SIZE 160
/* What is worth saying of a run whose numbers stand all the same: a clock that stepped. "" if nothing is. */
const char *device_times_remark(const struct device_times *times, char text[DEVICE_TIME_TEXT_SIZE]);

#endif
