/*
 * profile: a channel's samples as joules per segment of MONOTONIC time: what all kinds are turned into before a bracket is laid
 * over them. Segments follow each other without holes: what was lost is a segment that is not valid.
 */
#ifndef JOULERIG_ANALYSIS_PROFILE_H
#define JOULERIG_ANALYSIS_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct segment {
	int64_t from, to;     /* MONOTONIC ns */
	double joules;        /* NAN unless valid */
	uint32_t flags;       /* of the record that ended it; FLAG_NO_DATA without one: nothing came */
	bool valid, recorded; /* recorded: there was a record, valid or not */
	size_t begin, end;    /* counter: the samples it lies between */
};

struct profile {
	struct segment *segments;
	size_t n, capacity;
};

/* A mean power and how well it is known. */
struct level {
	size_t n;         /* segments used; 0: unknown */
	double power;     /* W; NAN if unknown */
	double u;         /* W, type A */
	double nu;        /* its degrees of freedom */
	int64_t from, to; /* the time it was taken from, ns */
};

struct span {
	size_t first, end; /* segments [first, end) */
};

int profile_add(struct profile *profile, const struct segment *segment); /* -1: no memory */
void profile_free(struct profile *profile);

double segment_seconds(const struct segment *segment);
double segment_power(const struct segment *segment);

/* Segments wholly inside [from, to]; first == end if none. */
struct span profile_span(const struct profile *profile, int64_t from, int64_t to);
size_t span_valid(const struct profile *profile, struct span span);   /* how many are valid */
double span_seconds(const struct profile *profile, struct span span); /* of the valid ones */
double span_joules(const struct profile *profile, struct span span);  /* of the valid ones */
double span_power(const struct profile *profile, struct span span);   /* of the valid ones; NAN if none */

/* Mean of equal windows. Its u allows for the correlation of neighbours: n_eff = n (1 - r1) / (1 + r1), r1 >= 0. */
struct level level_of_windows(const struct profile *profile, struct span span);
/* Mean of unequal intervals between reads of a counter, by batch means. */
struct level level_of_reads(const struct profile *profile, struct span span);

/* Spectral density of the noise, W^2 s: the integral over t seconds of white noise has the variance density * t. From
 * differences of neighbours, so that a slow drift does not count; segments of less than `shortest` s are passed over. NAN when
 * fewer than 3 valid segments. */
struct density {
	double value; /* W^2 s */
	double nu;
};
struct density density_of(const struct profile *profile, struct span span, double shortest);

#endif
