#include "oddities.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 25         /* of neighbours, that a memory shows in */
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
	double *values;
	size_t *group, *place; /* place: in the whole order */
	size_t n;
	double *work;   /* n */
	double *slopes; /* of all pairs of one group, rising */
	size_t n_slopes;
};

static bool together(const struct order *order, size_t i, size_t j)
{
	return order->group[i] == order->group[j];
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
				order->slopes[order->n_slopes++] = (order->values[j] - order->values[i]) / (double)(order->place[j] - order->place[i]);
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
				sum += order->values[j] - slope * (double)order->place[j];
				n++;
			}
		order->work[i] = order->values[i] - slope * (double)order->place[i] - sum / (double)n;
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

/* All of them, or chunks that lie evenly over the whole order. */
static void take(const double *values, const size_t *group, size_t n, struct order *order)
{
	size_t chunks = ODDITIES_MOST / CHUNK, spare = n - CHUNK;
	for (size_t i = 0; i < order->n; i++) {
		order->place[i] = n <= ODDITIES_MOST ? i : i / CHUNK * spare / (chunks - 1) + i % CHUNK;
		order->values[i] = values[order->place[i]];
		order->group[i] = group ? group[order->place[i]] : 0;
	}
}

static int order_make(const double *values, const size_t *group, size_t n, struct order *order)
{
	size_t most = n < ODDITIES_MOST ? n : ODDITIES_MOST;
	*order = (struct order){ .n = most, .values = calloc(2 * most, sizeof *order->values), .place = calloc(2 * most, sizeof *order->place) };
	if (order->values == NULL || order->place == NULL)
		return -1;
	order->work = order->values + most;
	order->group = order->place + most;
	take(values, group, n, order);
	return find_slopes(order);
}

static void order_free(struct order *order)
{
	free(order->values);
	free(order->place);
	free(order->slopes);
}

int oddities_of_order(const double *values, const size_t *group, size_t n, struct order_oddities *oddities)
{
	struct order order;
	*oddities = (struct order_oddities){ .n = n, .p = NAN, .slope = { NAN, NAN, NAN }, .memory = NAN, .inflation = 1 };
	if (n < ODDITIES_ORDER)
		return 0;
	int failed = order_make(values, group, n, &order);
	if (!failed)
		look_at(&order, oddities);
	order_free(&order);
	return failed;
}
