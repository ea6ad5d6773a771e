/*
 * lattice: when a meter's windows ended, from the instants at which its values were seen to be new.
 *
 * A meter refreshes by its own steady clock while polls come late by a random part of the polling interval: numbering the
 * updates (a hole in the records is a hole in the numbers) and fitting a line through them tells the window ends better than any
 * single stamp, and shows a meter that is not steady.
 */
#ifndef JOULERIG_ANALYSIS_LATTICE_H
#define JOULERIG_ANALYSIS_LATTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lattice {
	int64_t base;        /* MONOTONIC ns of the first stamp; the rest is relative to it */
	double origin;       /* ns: end of window number 0 */
	double period;       /* ns from one window's end to the next */
	double u_period;     /* relative standard uncertainty of the period */
	double scatter;      /* ns: robust standard deviation of the stamps around the line */
	double u_origin;     /* ns: standard uncertainty of the line's position, without the meter's latency */
	double half_width;   /* ns: median half-width of the stamps */
	size_t irregular;    /* stamps further than a quarter period off the line, or doubly numbered */
	bool nominal_period; /* the fit agrees with the nominal period, which was combined with it */
};

/* Numbers the n >= 1 stamps `t` (increasing) into `number` and fits. `nominal` ns may be 0: unknown. `timebase` is the relative
 * limit of error of the meter's clock. -1: no memory. */
int lattice_fit(const int64_t *t, const int64_t *u_t, size_t n, int64_t nominal, double timebase, int64_t *number,
		struct lattice *lattice);

double median_of(double *values, size_t n); /* sorts `values`; NAN for n = 0 */

int64_t lattice_end(const struct lattice *lattice, int64_t number); /* MONOTONIC ns */

#endif
