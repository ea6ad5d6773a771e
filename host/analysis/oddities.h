/*
 * oddities: what repeated runs should not show if they were alike: one far off, a drift over their order, a memory of the run before. Pure.
 *
 * A flag says where to look. It deletes nothing and corrects nothing: a run that is left out because its number is not liked is a
 * wrong result with a narrow interval.
 *
 * Sources: B. Iglewicz, D. C. Hoaglin, How to Detect and Handle Outliers (1993): 0.6745 (x - median) / MAD beyond 3.5; H. B. Mann,
 * Econometrica 13 (1945) 245, and M. G. Kendall, Rank Correlation Methods (1975): the test for a trend, with ties; P. K. Sen, JASA 63
 * (1968) 1379: its slope; R. M. Hirsch et al., Water Resour. Res. 18 (1982) 107: both over groups that only compare within themselves.
 */
#ifndef JOULERIG_ANALYSIS_ODDITIES_H
#define JOULERIG_ANALYSIS_ODDITIES_H

#include <stdbool.h>
#include <stddef.h>

#include "statistics.h"

#define ODDITIES_SCORE 3.5 /* beyond: an outlier */
#define ODDITIES_RUNS 5    /* of fewer, none can be told */
#define ODDITIES_ORDER 10  /* of fewer, neither a drift nor a memory */
#define ODDITIES_MOST 2000 /* of more, so many are looked at, in chunks spread over the whole order */
#define ODDITIES_TREND 0.01 /* a trend at least as clear comes by chance in so many series */

/* Scatter by the median of the distances from the median, as the standard deviation of (many) normal values; NAN for n < 2. */
double oddities_scale(const double *values, size_t n);
/* By how much that falls short for n values, on average: the scatter over it (200000 normal samples of each size, measured; from 10 on
 * n / (n - 0.8)). */
double oddities_shortfall(size_t n);
/* How many such scatters each value is from the median; at least `least_scale` is taken for one, for few runs are alike by chance: of
 * five alone one in twenty is an outlier by this measure, of twelve such groups that share their scatter one in 250. 0 where the value
 * is the median, even if nothing scatters. -1 when memory is short. */
int oddities_scores(const double *values, size_t n, double least_scale, double *scores);

struct order_oddities {
	size_t n;              /* that there are */
	double p;              /* of a trend like this if there were none, two-sided (Mann-Kendall); NAN: fewer than ODDITIES_ORDER */
	struct interval slope; /* per step of the order (Theil-Sen) */
	bool drifts;
	double memory;    /* correlation of a value with the one before, the trend taken off; NAN likewise */
	bool remembers;   /* it is above 2 / sqrt(n) */
	double inflation; /* so many times larger is the standard uncertainty of a mean of such values than that of independent ones; 1 unless
			     it remembers */
};
/* Of values in the order in which they were made. `group` (NULL: one): values of different ones are not comparable, and a trend is that
 * within all of them, whichever way they take turns. -1 when memory is short. */
int oddities_of_order(const double *values, const size_t *group, size_t n, struct order_oddities *oddities);

#endif
