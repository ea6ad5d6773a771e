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
	*scale = oddities_shortfall(n) * TO_NORMAL * median_of(work, n);
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

/* How many pairs are alike in each set of equal values, as Kendall's variance wants it; sorts them. */
static double ties_of(double *values, size_t n)
{
	double sum = 0;
	qsort(values, n, sizeof *values, ascending);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && values[end] == values[i];)
			end++;
		double t = (double)(end - i);
		sum += t * (t - 1) * (2 * t + 5);
	}
	return sum;
}

static double trend_p(const double *values, size_t n, double *work)
{
	double s = 0, m = (double)n;
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			s += (values[j] > values[i]) - (values[j] < values[i]);
	memcpy(work, values, n * sizeof *work);
	double variance = (m * (m - 1) * (2 * m + 5) - ties_of(work, n)) / 18;
	double beyond = fmax(fabs(s) - 1, 0); /* S goes in steps of two */
	return variance > 0 ? erfc(beyond / sqrt(2 * variance)) : 1;
}

static double memory_of(const double *values, size_t n, double slope, double *work)
{
	double sum = 0, product = 0, squares = 0;
	for (size_t i = 0; i < n; i++) {
		work[i] = values[i] - slope * (double)i;
		sum += work[i];
	}
	double mean = sum / (double)n;
	for (size_t i = 0; i < n; i++) {
		product += i ? (work[i] - mean) * (work[i - 1] - mean) : 0;
		squares += (work[i] - mean) * (work[i] - mean);
	}
	return squares > 0 ? product / squares : 0;
}

int oddities_of_order(const double *values, size_t n, struct order_oddities *oddities)
{
	*oddities = (struct order_oddities){ .n = n, .p = NAN, .slope = { NAN, NAN, NAN }, .memory = NAN, .inflation = 1 };
	if (n < ODDITIES_ORDER)
		return 0;
	double *order = calloc(2 * n, sizeof *order), *work = order + n;
	if (order == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		order[i] = (double)i;
	statistics_theil_sen(order, values, n, &oddities->slope);
	oddities->p = trend_p(values, n, work);
	oddities->drifts = oddities->p < ODDITIES_TREND;
	oddities->memory = memory_of(values, n, oddities->drifts ? oddities->slope.estimate : 0, work);
	oddities->remembers = oddities->memory > 2 / sqrt((double)n);
	if (oddities->remembers)
		oddities->inflation = sqrt((1 + oddities->memory) / (1 - oddities->memory));
	free(order);
	return 0;
}
