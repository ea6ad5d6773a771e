/*
 * clocks: what the anchors of a run (core/clock.h) say of its time. Pure.
 *
 * On Linux REALTIME, TAI and BOOTTIME are MONOTONIC plus something that changes only when it is set: NTP's slewing moves all
 * four alike (clock_gettime(2)). So between two anchors, beyond their widths,
 *   BOOTTIME against MONOTONIC grows by the time the machine was suspended,
 *   REALTIME against BOOTTIME moves when the clock of day was stepped: if TAI goes on, by a leap second,
 *   MONOTONIC against MONOTONIC_RAW, the bare crystal, drifts by what NTP does to it.
 */
#ifndef JOULERIG_ANALYSIS_CLOCKS_H
#define JOULERIG_ANALYSIS_CLOCKS_H

#include <stddef.h>

#include "clock.h"
#include "energy.h"

/* Something that happened between two anchors. */
struct clock_event {
	int64_t by;       /* ns; 0: it did not happen */
	int64_t from, to; /* MONOTONIC ns of the anchors before and after */
};
struct clock_marks {
	struct clock_event suspend; /* the longest */
	struct clock_event step;    /* of REALTIME, the greatest; positive: forward */
	struct clock_event leap;    /* likewise, and TAI went on */
	struct clock_event silence; /* the longest time without an anchor, where one was overdue: who takes them was held up */
	size_t suspends, steps;
};
/* Anchors in order of time; fewer than two say nothing. */
struct clock_marks clocks_compare(const struct clock_anchor *anchors, size_t n);

#define CLOCKS_TEXT_SIZE 160
/* Why such a run is not measured: it was suspended. "" if it was not. `start`: MONOTONIC ns, which times are counted from. */
const char *clocks_fault(const struct clock_marks *marks, int64_t start, char text[CLOCKS_TEXT_SIZE]);
/* What is worth saying of a run whose numbers stand all the same. "" if nothing is. */
const char *clocks_remark(const struct clock_marks *marks, int64_t start, char text[CLOCKS_TEXT_SIZE]);

/* The rate of MONOTONIC against MONOTONIC_RAW less 1, the greatest between anchors about [from, to]; 0 where it is not beyond
 * what a crystal may be off by itself. */
double clocks_rate(const struct clock_anchor *anchors, size_t n, int64_t from, int64_t to);
/* Charges an energy that is power x host time ("host-clock"), and says so where it is much. A counter's joules are its own. */
void clocks_charge(double rate, enum channel_kind kind, struct energy *energy);

#endif
