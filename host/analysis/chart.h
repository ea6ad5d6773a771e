/*
 * chart: a control chart of individual values: is what is measured night after night still the same?
 *
 * Centre and sigma come from the first points (CHART_LEAST to CHART_BASE), sigma from their mean moving range over
 * d2(2) = 2 / sqrt(pi) = 1.128 (Shewhart; ISO 7870-2), so that a drift or a jump does not widen the limits that should show it;
 * and without points that lie beyond 3 sigma themselves, as long as these are the fewer.
 * Rules (Western Electric): a point beyond 3 sigma; 2 of 3 beyond 2 sigma on one side; 8 in a row on one side. A slow drift: the
 * Theil-Sen slope over all points, where the sign test of its pairs (Kendall's S, corrected for ties) says at 1 % that it is one,
 * and it has moved by more than a sigma.
 */
#ifndef JOULERIG_ANALYSIS_CHART_H
#define JOULERIG_ANALYSIS_CHART_H

#include <stdbool.h>
#include <stddef.h>

#define CHART_LEAST 8 /* fewer points are not judged */
#define CHART_BASE 20

enum chart_signal {
	CHART_BEYOND = 1,      /* this point is beyond 3 sigma */
	CHART_TWO_OF_THREE = 2, /* it is the second of three beyond 2 sigma */
	CHART_ONE_SIDE = 4,    /* it is the eighth in a row on one side, or a later one */
};

struct chart {
	size_t n, base;             /* points; of which the first `base` gave centre and sigma; base 0: too few, no verdict */
	size_t left_out;            /* of these: too far off to count */
	double centre, sigma;
	double lower, upper;        /* centre -+ 3 sigma */
	double slope;               /* Theil-Sen, per unit of t; NAN for n < 2 or equal times */
	double deviate;             /* of Kendall's S, in standard deviations */
	bool drifting;
};

/* Values in order of time t. `least` is the smallest sigma that makes sense (a display's resolution); 0: none. -1: no memory. */
int chart_of(const double *t, const double *value, size_t n, double least, struct chart *chart);
/* Which rules fire at point i: bits of enum chart_signal; 0 also while there is no verdict. */
unsigned chart_signals(const struct chart *chart, const double *value, size_t i);

#endif
