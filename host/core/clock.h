/*
 * clock: host time as int64 nanoseconds, and the anchors that join the host's clocks to each other.
 *
 * CLOCK_MONOTONIC is the host's time axis (the kernel stamps GPIO edges in it). The others are recorded beside it, never
 * used for durations. A `timebase` is where drivers, bench and campaign get "now", waits and anchors from, so that the same code
 * runs on real time and on simulated time.
 */
#ifndef JOULERIG_CORE_CLOCK_H
#define JOULERIG_CORE_CLOCK_H

#include <stdint.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_US INT64_C(1000)
#define NEVER INT64_MAX /* a deadline that is not reached */

enum clock_id {
	CLOCK_ID_MONOTONIC,
	CLOCK_ID_RAW,
	CLOCK_ID_BOOTTIME,
	CLOCK_ID_REALTIME,
	CLOCK_ID_TAI,
	CLOCK_ID_DEVICE, /* the instrument's own ticks; joined to MONOTONIC in analysis */
	CLOCK_IDS
};

/* All host clocks read back to back: each value is the mid-point of reads of MONOTONIC around it. */
struct clock_anchor {
	int64_t monotonic, raw, boottime, realtime, tai; /* ns */
	int64_t width;       /* ns from the first read to the last: the anchor's own uncertainty */
	int64_t maxerror_ns; /* adjtimex(2) maxerror and esterror */
	int64_t esterror_ns;
	int64_t frequency_ppb; /* adjtimex(2) freq */
	int64_t status;        /* adjtimex(2) status bits, or -1 when it failed */
	int64_t tai_offset_s;
};

int64_t clock_now(enum clock_id id); /* ns; MONOTONIC for CLOCK_ID_DEVICE */
struct clock_anchor clock_anchor_take(void);
const char *clock_name(enum clock_id id);

/* Where time comes from. `wait_until` returns at `deadline` (MONOTONIC ns) or earlier; callers check now() again. */
struct timebase {
	int64_t (*now)(struct timebase *self);
	void (*wait_until)(struct timebase *self, int64_t deadline);
	struct clock_anchor (*anchor)(struct timebase *self); /* NULL: clock_anchor_take */
};
extern struct timebase timebase_real; /* CLOCK_MONOTONIC; stateless, shared by all threads */

struct clock_anchor timebase_anchor(struct timebase *timebase);

#endif
