/*
 * estimate: the logarithm of a ratio with its standard uncertainty and degrees of freedom: what verdicts are made of. Pure.
 *
 * Two parts are kept apart until the end: the scatter between runs, which shrinks with their number and is independent from one
 * ratio to the next, and what does not cancel between the arms of a ratio (an offset, another range), which is one cause in all
 * ratios of a bench: it adds linearly, and no mean makes it smaller.
 */
#ifndef JOULERIG_ANALYSIS_ESTIMATE_H
#define JOULERIG_ANALYSIS_ESTIMATE_H

#include <stddef.h>

#include "statistics.h"

struct estimate {
	double value;   /* natural logarithm of the ratio; NAN: none */
	double scatter; /* standard uncertainty by the scatter between runs; NAN: unknown (fewer than two runs) */
	double nu;      /* degrees of freedom of it */
	double shared;  /* standard uncertainty, type B, common to all ratios of the bench */
};

/* ln(a / b) by the means of the logarithms, Welch-Satterthwaite (two or three runs against at least two more: the degrees of freedom of
 * the few); positive values only (else all NAN). Scatter is unknown below two runs an arm, and
 * where neither arm has any nor anything is shared. `shared_relative` as
 * statistics_ratio has it. */
struct estimate estimate_ratio(const double *a, size_t n_a, const double *b, size_t n_b, double shared_relative);
/* The same of n pairs, each from one block: what a whole block shifts (drift, a warm room) cancels; n - 1 degrees of freedom. */
struct estimate estimate_blocks(const double *a, const double *b, size_t n, double shared_relative);
/* a / b, of independent runs: a ratio of ratios. */
struct estimate estimate_over(const struct estimate *a, const struct estimate *b);
/* Geometric mean of n independent ratios. */
struct estimate estimate_mean(const struct estimate *parts, size_t n);

double estimate_u(const struct estimate *estimate);  /* combined standard uncertainty */
double estimate_nu(const struct estimate *estimate); /* effective degrees of freedom; INFINITY possible */
/* Half of the two-sided interval at `confidence`, of the logarithm: Student's t of u and nu (Welch-Satterthwaite), but no less than that
 * of the scatter alone. A few runs whose scatter is small by chance have many effective degrees of freedom once anything is shared:
 * through k, a further uncertainty would make the interval narrower. */
double estimate_half(const struct estimate *estimate, double confidence);
/* The ratio, no more a logarithm, with its two-sided interval at `confidence` (0.95). */
struct interval estimate_interval(const struct estimate *estimate, double confidence);
/* Probability of an estimate this far above (below) `bound`, a ratio, were the true ratio `bound`: one-sided p of "it is above"
 * ("below"). NAN where nothing is known. */
double estimate_p_above(const struct estimate *estimate, double bound);
double estimate_p_below(const struct estimate *estimate, double bound);

#endif
