/*
 * statistics: what a set of repeated runs says. The one file that uses GSL is statistics.c.
 *
 * Ratios are formed on logarithms, with Welch's t interval (default of choice: in simulation it keeps its coverage from n = 5
 * on, where bootstrap intervals do not). Terms common to both arms cancel; what does not cancel is added.
 */
#ifndef JOULERIG_ANALYSIS_STATISTICS_H
#define JOULERIG_ANALYSIS_STATISTICS_H

#include <stddef.h>

#include "energy.h"

double statistics_t_quantile(double probability, double nu); /* nu may be INFINITY */
double statistics_t_probability(double t, double nu);        /* of a value below t; likewise */

/* What the scatter of the runs does not show of their own terms of type B (window edges, quanta, missing stretches), as it acts on their
 * mean, J; 0 for n < 2. Repeated observations stand for what varies between them (GUM 4.2.3), and for nothing else: what they have in
 * common does not show (F.1.1.2: what stays constant during repetition must be evaluated otherwise). That those terms are independent
 * from run to run is a model: readings of one coarse display, or holes that are always at the same stretch, are one common error.
 *
 * Rule: of B^2, the mean of their squares, the scatter s^2 shows as much as there is of it. The rest is taken as common, whose sign
 * and size all runs share: mean(u) sqrt(1 - s^2 / B^2), which is sqrt(B^2 - s^2) where runs are alike; n does not divide it. By the value of s^2,
 * not a limit of it: five runs whose scatter is a third of their common term would not be found out by a chi-square limit (coverage
 * 0.78 against 0.99), and all that a small scatter by chance costs is a wider U. */
double statistics_unseen(const struct joules *const *runs, size_t n);

/* A mean over runs of one arm, with U that shrinks only where it may: scatter by sqrt(n), shared and unseen terms not at all. */
struct mean_energy {
	size_t n;
	double mean;     /* J */
	double scatter;  /* standard deviation between runs, J; NAN for n < 2 */
	double u_shared; /* J: gain, offset… common to the runs */
	struct expanded expanded;
};
void statistics_mean(const struct joules *const *runs, size_t n, struct mean_energy *mean);

/* Plain mean and t interval of numbers that carry no budget (times). */
struct interval {
	double estimate, low, high; /* low and high NAN when n is too small */
};
void statistics_interval(const double *values, size_t n, struct interval *interval);

/* exp(mean(ln a) - mean(ln b)) with its 95 % interval, for n >= 2 each; positive values only (else NAN). `shared_relative` is
 * a standard uncertainty of the ratio, relative, for what does not cancel between the arms (0 if all does). */
void statistics_ratio(const double *a, size_t n_a, const double *b, size_t n_b, double shared_relative, struct interval *ratio);

/* Relative standard uncertainty of mean(a)/mean(b) due to shared terms: what they do not do to both arms alike, and what is unseen in
 * either arm. NAN when an arm has more of them than a budget holds. */
double statistics_shared_ratio(const struct joules *const *a, size_t n_a, const struct joules *const *b, size_t n_b);

/* What is common to the runs of one arm, cause by cause, as it acts on their mean, J. A cause of which it has several parts cancels
 * nothing: it gets a name that no `arm` of another letter has. */
void statistics_shared_causes(const struct joules *const *runs, size_t n, char arm, struct budget *budget);

double statistics_chi_square_quantile(double probability, double nu);

/* Least squares of y on p columns (rows: n x p, row by row), n > p. `covariance` (p x p) of the coefficients, with the scatter about the
 * fit; may be NULL. -1 when the columns do not tell the coefficients apart. */
int statistics_least_squares(const double *rows, size_t n, size_t p, const double *y, double *coefficient, double *covariance);

/* The median of the slopes between any two points of different x, with the 95 % interval of Sen (1968); exact up to
 * STATISTICS_PAIRS points, then of a sample of them. NAN where there is none. */
#define STATISTICS_PAIRS 2000
void statistics_theil_sen(const double *x, const double *y, size_t n, struct interval *slope);

#endif
