/*
 * counted: which readings of a cumulative energy counter to believe. A register that turns over, an operating system's extension of one,
 * a sum in a file: all of them may jump, begin anew, or have turned while nobody looked.
 */
#ifndef JOULERIG_DRIVERS_PLATFORM_COUNTED_H
#define JOULERIG_DRIVERS_PLATFORM_COUNTED_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"

struct counted_reading {
	int64_t t; /* ns */
	uint64_t count;
};

struct counted {
	uint64_t wrap;    /* counts of one turn; 0: it never turns, or nobody knows when */
	double joule;     /* of one count */
	double power_max; /* W: more is not plausible */
	bool has_good;
	struct counted_reading good; /* the last that was plausible */
	struct counted_reading odd;  /* the last that was not; t is 0 when the last was plausible */
};

/* So long (ns) after a reading the counter may have turned once without notice. NEVER: it does not turn. */
int64_t counted_blind(const struct counted *counted);
/* Half of it is the longest pause between reads that leaves no doubt about the number of turns, with a margin of two: `wanted`, or less.
 * -1 (ERROR_UNSUPPORTED) where that is no time at all. */
int64_t counted_interval(const struct counted *counted, int64_t wanted, const char *on, struct error *error);

/* What was before is forgotten. */
void counted_begin(struct counted *counted);
/* The flags of a reading. Emits a gap where the count since the last good one is not known. A jump is suspect by itself; when the next
 * reading goes on from there the counter has been reset (a suspend, a reloaded driver), and counts anew. */
uint32_t counted_judge(struct counted *counted, unsigned channel, struct counted_reading reading, struct sink *sink);
/* When the last believed reading was, or `otherwise`: the beginning of a gap. */
int64_t counted_since(const struct counted *counted, int64_t otherwise);

#endif
