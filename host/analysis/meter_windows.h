/*
 * meter_windows: the windows of a meter that renews its values at a pace of its own: their ends fitted to its clock, what that
 * leaves unknown, and what its flags and the fall of power at the stop edge say. What a window holds is the kind's to add.
 */
#ifndef JOULERIG_ANALYSIS_METER_WINDOWS_H
#define JOULERIG_ANALYSIS_METER_WINDOWS_H

#include "lattice.h"
#include "windows.h"

struct meter {
	struct windows windows;
	struct lattice lattice;
	double unmeasured; /* s: part of an update interval that may not have been measured */
	double wobble;     /* s: a window may have ended so much earlier than its update interval */
};

/* The samples that can matter: [first, first + n) of the series. */
struct meter_samples {
	size_t first, n;
};

/* Adds the windows to the profile, from the samples and the numbers that the lattice gives them. */
typedef int meter_add(struct meter *meter, struct meter_samples samples, const int64_t *number, struct energy *energy);

/* The window that ends as number `number` of the lattice: where it lies, without latency; it holds nothing yet. */
struct segment meter_window(const struct meter *meter, int64_t number);

/* From samples to a finished profile. */
int meter_prepare(struct meter *meter, meter_add *add, struct energy *energy);

/* What zero-cross synchronisation makes of a step at an edge, for each watt of it. */
struct crossing {
	double own;    /* s^2: variance of one edge's error */
	double common; /* s^2: covariance of two edges' */
};
struct crossing meter_crossing(const struct meter *meter);

/* Where the windows lie: u of the period (of the energy above the quiet), of the phase, of single ends. */
void meter_clock_terms(const struct meter *meter, struct energy *energy);

void meter_judge_flags(const struct meter *meter, struct energy *energy);
void meter_judge_fall(const struct meter *meter, struct energy *energy);

#endif
