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

struct line {
	double mean_x, mean_y, xx, xy; /* sums of squares and products about the means */
};

static struct line line_of(const struct estimate *x, const struct estimate *y, size_t n)
{
	struct line line = { 0 };
	for (size_t i = 0; i < n; i++) {
		line.mean_x += x[i].value / (double)n;
		line.mean_y += y[i].value / (double)n;
	}
	for (size_t i = 0; i < n; i++) {
		line.xx += (x[i].value - line.mean_x) * (x[i].value - line.mean_x);
		line.xy += (x[i].value - line.mean_x) * (y[i].value - line.mean_y);
	}
	return line;
}

/* Scatter in x flattens a slope, by as much of it as the spread of x is scatter. */
static double flattening(const struct estimate *x, size_t n, const struct line *line)
{
	double variance = 0;
	for (size_t i = 0; i < n; i++)
		variance += x[i].scatter * x[i].scatter;
	return fabs(line->xy / line->xx) * variance / line->xx;
}

static double turned(const struct estimate *x, const struct estimate *y, size_t n, const struct line *line)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += fabs(x[i].value - line->mean_x) / line->xx * y[i].shared;
	return sum;
}

struct estimate claim_slope(const struct estimate *x, const struct estimate *y, size_t n)
{
	struct line line = line_of(x, y, n);
	double squares = 0, slope = line.xy / line.xx;
	if (n < 3 || !(line.xx > 0) || !isfinite(slope))
		return (struct estimate){ NAN, NAN, NAN, NAN };
	for (size_t i = 0; i < n; i++)
		squares += pow(y[i].value - line.mean_y - slope * (x[i].value - line.mean_x), 2);
	return (struct estimate){
		.value = slope,
		.scatter = sqrt(squares / (double)(n - 2) / line.xx),
		.nu = (double)(n - 2),
		.shared = turned(x, y, n, &line) + flattening(x, n, &line),
	};
}

struct interval claim_slope_interval(const struct estimate *slope, double confidence)
{
	struct interval interval = estimate_interval(slope, confidence);
	return (struct interval){ log(interval.estimate), log(interval.low), log(interval.high) };
}
