/*
 * claim: from estimates to verdicts on what somebody published. Pure.
 *
 * A claim says that a figure lies in an interval; the two probabilities it is judged by are those of data like these where it does
 * not, and where it does. A single figure's verdict is definite where its 95 % interval lies wholly inside, or wholly outside: 2.5 %
 * a side. Of several points, each of which must lie inside, the claim is reproduced by the least certain one (intersection-union
 * test) and contradicted by any that stays outside after Bonferroni; of several, one of which must, the other way round. Over the
 * claims of one file Holm's procedure keeps the probability of any false definite verdict within 5 %.
 */
#ifndef JOULERIG_ANALYSIS_CLAIM_H
#define JOULERIG_ANALYSIS_CLAIM_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "estimate.h"

#define CLAIM_FALSE_AT_MOST 0.05 /* probability of a false definite verdict, over all claims that are judged together */

enum claim_verdict { CLAIM_REPRODUCED, CLAIM_CONTRADICTED, CLAIM_UNDECIDED, CLAIM_NOT_TESTABLE, CLAIM_VERDICTS };
const char *claim_verdict_name(enum claim_verdict verdict); /* "reproduced", … "not testable" */

enum claim_quantifier {
	CLAIM_EACH, /* every point must lie inside */
	CLAIM_ANY,  /* at least one must */
	CLAIM_MEAN, /* the geometric mean of all points must */
	CLAIM_QUANTIFIERS
};
const char *claim_quantifier_name(enum claim_quantifier quantifier);

/* What a figure must lie in; ends may be infinite. Of ratios both are logarithms, as an estimate's value is. */
struct claim_bounds {
	double low, high;
};
struct claim_bounds claim_bounds_of_ratio(double low, double high); /* low may be 0, high INFINITY */

/* Two-sided probabilities: 0.05 is a 95 % interval that touches an end of the claim's. */
struct claim_p {
	double inside;  /* of a figure so far inside, were the true one not inside: small speaks for the claim */
	double outside; /* of a figure so far outside, were the true one inside: small speaks against it */
};
#define CLAIM_P_NONE ((struct claim_p){ NAN, NAN }) /* not a test */

/* CLAIM_P_NONE where the estimate has no interval. */
struct claim_p claim_p_of(const struct estimate *estimate, const struct claim_bounds *bounds);
/* Of n points together, CLAIM_EACH or CLAIM_ANY. A point that is not a test could lie anywhere: each cannot be said to be inside then, but one
 * outside still decides. `deciding` (may be NULL): the point that the answer rests on. */
struct claim_p claim_p_of_points(const struct claim_p *points, size_t n, enum claim_quantifier quantifier, size_t *deciding);

/* By the smaller of both, if it is at most `limit`; else undecided. */
enum claim_verdict claim_decide(const struct claim_p *p, double limit);

/* Holm (1979): `p` of n tests become those that may be held against one limit for all. NAN: not a test; stays.
 * -1 when memory is short. */
int claim_holm(const double *p, size_t n, double *adjusted);

/*
 * Elasticity of energy: the slope of ln energy over ln time, ratios both, point by point, of points of one group each with a level of
 * its own: `group[i]` is the workload of a point, and what differs between workloads is no slope. A run that takes longer by chance has
 * more energy by as much, which looks like a slope of 1; so it is taken as 1 plus the slope of ln power over ln time, which is the same
 * number and has the scatter of power. `value` is the elasticity itself, not its logarithm.
 *
 * Its scatter is that about the lines, or that between the slopes of groups where its interval is wider. Of few points either is small by luck
 * at times: so `shared` holds what the scatter of each point makes of the slope, too, beside what that of times flattens it by, and what
 * the points' shared parts can turn it by at most. NAN for fewer than three points in a group or two in each of two; or where more than
 * CLAIM_FLATTENED_AT_MOST of the variance of times is their scatter.
 */
#define CLAIM_FLATTENED_AT_MOST 0.2
struct estimate claim_elasticity(const struct estimate *time, const struct estimate *power, const size_t *group, size_t n);
/* Its interval, on its own scale. */
struct interval claim_elasticity_interval(const struct estimate *elasticity, double confidence);

#endif
