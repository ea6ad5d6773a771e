#include "oddities.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TO_NORMAL 1.4826 /* 1 / (quartile of the normal distribution) */

static int ascending(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;
	return (a > b) - (a < b);
}

double oddities_shortfall(size_t n)
{
	static const double of_few[] = { NAN, NAN, 1.194, 1.487, 1.364, 1.217, 1.188, 1.137, 1.127, 1.102 };
	return n < sizeof of_few / sizeof *of_few ? of_few[n] : (double)n / ((double)n - 0.8);
}

/* Sorts them. */
static double median_of(double *values, size_t n)
{
	qsort(values, n, sizeof *values, ascending);
	return n == 0 ? NAN : n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* The median and the scale; `work` holds n. */
static double centre_of(const double *values, size_t n, double *work, double *scale)
{
	memcpy(work, values, n * sizeof *work);
	double centre = median_of(work, n);
	for (size_t i = 0; i < n; i++)
		work[i] = fabs(values[i] - centre);
	*scale = n > 1 ? TO_NORMAL * median_of(work, n) : NAN;
	return centre;
}

double oddities_scale(const double *values, size_t n)
{
	double scale = NAN, *work = calloc(n + 1, sizeof *work);
	if (work)
		centre_of(values, n, work, &scale);
	free(work);
	return scale;
}

int oddities_scores(const double *values, size_t n, double least_scale, double *scores)
{
	double scale, *work = calloc(n + 1, sizeof *work);
	if (work == NULL)
		return -1;
	double centre = centre_of(values, n, work, &scale);
	for (size_t i = 0; i < n; i++)
		scores[i] = values[i] == centre ? 0 : (values[i] - centre) / fmax(scale, least_scale);
	free(work);
	return 0;
}

/* ---- order ---- */

struct order {
	const double *values;
	const size_t *group; /* NULL: all are of one */
	size_t n;
	double *work;   /* n */
	double *slopes; /* of all pairs of one group, rising */
	size_t n_slopes;
};

static bool together(const struct order *order, size_t i, size_t j)
{
	return order->group == NULL || order->group[i] == order->group[j];
}

/* Whether no earlier value is of this one's group. */
static bool leads(const struct order *order, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (together(order, i, j))
			return false;
	return true;
}

/* The values of the group that i leads, into `work`. */
static size_t members(const struct order *order, size_t i)
{
	size_t n = 0;
	for (size_t j = i; j < order->n; j++)
		if (together(order, i, j))
			order->work[n++] = order->values[j];
	return n;
}

static double kendalls_variance(double *values, size_t n)
{
	double m = (double)n, ties = 0;
	qsort(values, n, sizeof *values, ascending);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && values[end] == values[i];)
			end++;
		double t = (double)(end - i);
		ties += t * (t - 1) * (2 * t + 5);
	}
	return (m * (m - 1) * (2 * m + 5) - ties) / 18;
}

static double variance_of(const struct order *order)
{
	double sum = 0;
	for (size_t i = 0; i < order->n; i++)
		if (leads(order, i))
			sum += kendalls_variance(order->work, members(order, i));
	return sum;
}

static int find_slopes(struct order *order)
{
	size_t pairs = 0;
	for (size_t i = 0; i < order->n; i++)
		for (size_t j = i + 1; j < order->n; j++)
			pairs += together(order, i, j);
	order->slopes = calloc(pairs + 1, sizeof *order->slopes);
	if (order->slopes == NULL)
		return -1;
	for (size_t i = 0; i < order->n; i++)
		for (size_t j = i + 1; j < order->n; j++)
			if (together(order, i, j))
				order->slopes[order->n_slopes++] = (order->values[j] - order->values[i]) / (double)(j - i);
	return 0;
}

/* S: pairs that rise less pairs that fall; it goes in steps of two. */
static double trend_p(const struct order *order, double variance)
{
	double s = 0;
	for (size_t i = 0; i < order->n_slopes; i++)
		s += (order->slopes[i] > 0) - (order->slopes[i] < 0);
	return variance > 0 ? erfc(fmax(fabs(s) - 1, 0) / sqrt(2 * variance)) : 1;
}

static struct interval slope_of(const struct order *order, double variance)
{
	double count = (double)order->n_slopes, half = statistics_t_quantile(0.975, INFINITY) * sqrt(variance);
	double low = round((count - half) / 2), high = round((count + half) / 2);
	struct interval slope = { median_of(order->slopes, order->n_slopes), NAN, NAN };
	if (low >= 1 && high < count) {
		slope.low = order->slopes[(size_t)low - 1];
		slope.high = order->slopes[(size_t)high];
	}
	return slope;
}

/* Values less the trend and less the mean of their group, into `work`. */
static void flatten(const struct order *order, double slope)
{
	for (size_t i = 0; i < order->n; i++) {
		double sum = 0;
		size_t n = 0;
		for (size_t j = 0; j < order->n; j++)
			if (together(order, i, j)) {
				sum += order->values[j] - slope * (double)j;
				n++;
			}
		order->work[i] = order->values[i] - slope * (double)i - sum / (double)n;
	}
}

static double memory_of(const struct order *order, double slope)
{
	double product = 0, squares = 0;
	flatten(order, slope);
	for (size_t i = 0; i < order->n; i++) {
		product += i ? order->work[i] * order->work[i - 1] : 0;
		squares += order->work[i] * order->work[i];
	}
	return squares > 0 ? product / squares : 0;
}

static void look_at(struct order *order, struct order_oddities *oddities)
{
	double variance = variance_of(order);
	oddities->slope = slope_of(order, variance);
	oddities->p = trend_p(order, variance);
	oddities->drifts = oddities->p < ODDITIES_TREND;
	oddities->memory = memory_of(order, oddities->drifts ? oddities->slope.estimate : 0);
	oddities->remembers = oddities->memory > 2 / sqrt((double)order->n);
	if (oddities->remembers)
		oddities->inflation = sqrt((1 + oddities->memory) / (1 - oddities->memory));
}

int oddities_of_order(const double *values, const size_t *group, size_t n, struct order_oddities *oddities)
{
	*oddities = (struct order_oddities){ .n = n, .p = NAN, .slope = { NAN, NAN, NAN }, .memory = NAN, .inflation = 1 };
	if (n < ODDITIES_ORDER)
		return 0;
	struct order order = { .values = values, .group = group, .n = n, .work = calloc(n, sizeof *order.work) };
	int failed = order.work == NULL || find_slopes(&order) != 0;
	if (!failed)
		look_at(&order, oddities);
	free(order.slopes);
	free(order.work);
	return failed ? -1 : 0;
}
