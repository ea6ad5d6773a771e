#include "claim.h"

#include <math.h>
#include <stdlib.h>

const char *claim_verdict_name(enum claim_verdict verdict)
{
	static const char *const names[] = { "reproduced", "contradicted", "undecided", "not testable" };
	return (unsigned)verdict < CLAIM_VERDICTS ? names[verdict] : "unknown";
}

const char *claim_quantifier_name(enum claim_quantifier quantifier)
{
	static const char *const names[] = { "each", "any", "mean" };
	return (unsigned)quantifier < CLAIM_QUANTIFIERS ? names[quantifier] : "unknown";
}

struct claim_bounds claim_bounds_of_ratio(double low, double high)
{
	return (struct claim_bounds){ log(low), log(high) };
}

/* One-sided, of an estimate's own scale: it is beyond an end of the interval. There is nothing beyond an open end. */
static double p_above(const struct estimate *estimate, double bound)
{
	return isinf(bound) ? bound < 0 ? 0 : 1 : estimate_p_above(estimate, exp(bound));
}

static double p_below(const struct estimate *estimate, double bound)
{
	return isinf(bound) ? bound > 0 ? 0 : 1 : estimate_p_below(estimate, exp(bound));
}

static double two_sided(double p)
{
	return fmin(1, 2 * p);
}

struct claim_p claim_p_of(const struct estimate *estimate, const struct claim_bounds *bounds)
{
	if (isnan(estimate->value) || isnan(estimate_u(estimate)) || isnan(estimate_nu(estimate)))
		return CLAIM_P_NONE;
	return (struct claim_p){
		.inside = two_sided(fmax(p_above(estimate, bounds->low), p_below(estimate, bounds->high))),
		.outside = two_sided(fmin(p_below(estimate, bounds->low), p_above(estimate, bounds->high))),
	};
}

static double side(const struct claim_p *p, bool inside)
{
	return inside ? p->inside : p->outside;
}

/* Of all points: the largest p. A point that could not be tested could be anywhere. */
static double all_of(const struct claim_p *points, size_t n, bool inside, size_t *where)
{
	double largest = NAN;
	for (size_t i = 0; i < n; i++) {
		double p = isnan(side(&points[i], inside)) ? 1 : side(&points[i], inside);
		if (!(p <= largest)) {
			largest = p;
			*where = i;
		}
	}
	return largest;
}

/* Of any point: the smallest p, times the number of those that had the chance to have it (Bonferroni). */
static double one_of(const struct claim_p *points, size_t n, bool inside, size_t *where)
{
	size_t tested = 0;
	double smallest = 1;
	for (size_t i = 0; i < n; i++) {
		double p = side(&points[i], inside);
		tested += !isnan(p);
		if (p < smallest) {
			smallest = p;
			*where = i;
		}
	}
	return fmin(1, smallest * (double)tested);
}

static bool any_tested(const struct claim_p *points, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isnan(points[i].inside))
			return true;
	return false;
}

struct claim_p claim_p_of_points(const struct claim_p *points, size_t n, enum claim_quantifier quantifier, size_t *deciding)
{
	bool each = quantifier == CLAIM_EACH;
	size_t of_all = 0, of_one = 0;
	if (!any_tested(points, n))
		return CLAIM_P_NONE;
	double all = all_of(points, n, each, &of_all), one = one_of(points, n, !each, &of_one);
	if (deciding)
		*deciding = one < all ? of_one : of_all;
	return each ? (struct claim_p){ .inside = all, .outside = one } : (struct claim_p){ .inside = one, .outside = all };
}

enum claim_verdict claim_decide(const struct claim_p *p, double limit)
{
	if (p->inside <= limit && p->inside <= p->outside)
		return CLAIM_REPRODUCED;
	return p->outside <= limit ? CLAIM_CONTRADICTED : CLAIM_UNDECIDED;
}

struct test {
	double p;
	size_t of;
};

static int compare_tests(const void *left, const void *right)
{
	const struct test *a = left, *b = right;
	return a->p != b->p ? (a->p > b->p) - (a->p < b->p) : (a->of > b->of) - (a->of < b->of);
}

/* The smallest p times the number of tests, the next times one less…, and none less than the one before it. */
int claim_holm(const double *p, size_t n, double *adjusted)
{
	size_t tests = 0;
	double least = 0;
	struct test *list = malloc((n + 1) * sizeof *list);
	if (list == NULL)
		return -1;
	for (size_t i = 0; i < n; i++) {
		adjusted[i] = NAN;
		if (!isnan(p[i]))
			list[tests++] = (struct test){ p[i], i };
	}
	qsort(list, tests, sizeof *list, compare_tests);
	for (size_t i = 0; i < tests; i++) {
		least = fmax(least, fmin(1, list[i].p * (double)(tests - i)));
		adjusted[list[i].of] = least;
	}
	free(list);
	return 0;
}

struct slope {
	const struct estimate *time, *power;
	const size_t *group;
	size_t n;
	double value, xx;  /* of ln power over ln time; sum of squares of x */
	size_t free, groups; /* points beyond what the groups' means and the slope take; groups with more than one point */
};

/* A point's logarithm beyond the mean of its group. */
static double beyond_group(const struct slope *slope, const struct estimate *values, size_t i)
{
	double sum = 0;
	size_t members = 0;
	for (size_t k = 0; k < slope->n; k++)
		if (slope->group[k] == slope->group[i]) {
			sum += values[k].value;
			members++;
		}
	return values[i].value - sum / (double)members;
}

static double x_of(const struct slope *slope, size_t i)
{
	return beyond_group(slope, slope->time, i);
}

/* What the slope leaves over. */
static double residual(const struct slope *slope, size_t i)
{
	return beyond_group(slope, slope->power, i) - slope->value * x_of(slope, i);
}

static bool is_first_of_group(const struct slope *slope, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (slope->group[k] == slope->group[i])
			return false;
	return true;
}

static size_t members_of(const struct slope *slope, size_t i)
{
	size_t members = 0;
	for (size_t k = 0; k < slope->n; k++)
		members += slope->group[k] == slope->group[i];
	return members;
}

static bool fit(struct slope *slope)
{
	double xy = 0;
	size_t taken = 1;
	for (size_t i = 0; i < slope->n; i++) {
		double x = x_of(slope, i);
		bool first = is_first_of_group(slope, i);
		slope->xx += x * x;
		xy += x * beyond_group(slope, slope->power, i);
		taken += first;
		slope->groups += first && members_of(slope, i) > 1;
	}
	slope->value = xy / slope->xx;
	slope->free = slope->n > taken ? slope->n - taken : 0;
	return slope->free > 0 && slope->xx > 0 && isfinite(slope->value);
}

/* Part of the spread of times that is their own scatter: it flattens a slope by as much. */
static double flattened(const struct slope *slope)
{
	double variance = 0;
	for (size_t i = 0; i < slope->n; i++)
		variance += slope->time[i].scatter * slope->time[i].scatter * (1 - 1 / (double)members_of(slope, i));
	return variance / slope->xx;
}

/* By what lies between the points of all groups. */
static double scatter_of_points(const struct slope *slope)
{
	double squares = 0;
	for (size_t i = 0; i < slope->n; i++)
		squares += pow(residual(slope, i), 2);
	return sqrt(squares / (double)slope->free / slope->xx);
}

/* By what lies between the slopes of groups. */
static double scatter_of_groups(const struct slope *slope)
{
	double squares = 0;
	for (size_t i = 0; i < slope->n; i++) {
		double pull = 0;
		if (!is_first_of_group(slope, i))
			continue;
		for (size_t k = i; k < slope->n; k++)
			if (slope->group[k] == slope->group[i])
				pull += x_of(slope, k) * residual(slope, k);
		squares += pull * pull;
	}
	return sqrt(squares * (double)slope->groups / (double)(slope->groups - 1)) / slope->xx;
}

/* What the scatter of the points themselves does to it. */
static double propagated(const struct slope *slope)
{
	double variance = 0;
	for (size_t i = 0; i < slope->n; i++)
		variance += pow(x_of(slope, i) / slope->xx * hypot(slope->power[i].scatter, slope->value * slope->time[i].scatter), 2);
	return sqrt(variance);
}

static double turned(const struct slope *slope)
{
	double sum = 0;
	for (size_t i = 0; i < slope->n; i++)
		sum += fabs(x_of(slope, i)) / slope->xx * slope->power[i].shared;
	return sum;
}

/* Few groups may have slopes that are alike by luck: what t makes of a scatter is compared, not the scatter. */
static bool is_of_groups(const struct slope *slope, double of_points, double of_groups)
{
	double enough = 1 - CLAIM_FALSE_AT_MOST / 2;
	return slope->groups > 1 && statistics_t_quantile(enough, (double)(slope->groups - 1)) * of_groups >
					    statistics_t_quantile(enough, (double)slope->free) * of_points;
}

struct estimate claim_elasticity(const struct estimate *time, const struct estimate *power, const size_t *group, size_t n)
{
	struct slope slope = { .time = time, .power = power, .group = group, .n = n };
	if (!fit(&slope) || !(flattened(&slope) <= CLAIM_FLATTENED_AT_MOST))
		return (struct estimate){ NAN, NAN, NAN, NAN };
	double flat = flattened(&slope), of_points = scatter_of_points(&slope), of_groups = slope.groups > 1 ? scatter_of_groups(&slope) : 0;
	bool by_groups = is_of_groups(&slope, of_points, of_groups);
	return (struct estimate){
		.value = 1 + slope.value,
		.scatter = by_groups ? of_groups : of_points,
		.nu = (double)(by_groups ? slope.groups - 1 : slope.free),
		.shared = hypot(turned(&slope) + fabs(slope.value) * flat / (1 - flat), propagated(&slope)),
	};
}

struct interval claim_elasticity_interval(const struct estimate *elasticity, double confidence)
{
	struct interval interval = estimate_interval(elasticity, confidence);
	return (struct interval){ log(interval.estimate), log(interval.low), log(interval.high) };
}
