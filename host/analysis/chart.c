#include "chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lattice.h"

#define D2 1.1283791670955126  /* mean range of two normal deviates */
#define DRIFT_DEVIATE 2.5758   /* 1 %, two-sided */
#define ROW 8
#define PAIRED_MAX 1000        /* newest points that a slope is taken from */

/* Centre and sigma of a base of n points. */
static void find_centre(const double *value, size_t n, double least, struct chart *chart)
{
	double sum = value[0], moved = 0;
	for (size_t i = 1; i < n; i++) {
		sum += value[i];
		moved += fabs(value[i] - value[i - 1]);
	}
	chart->centre = sum / (double)n;
	chart->sigma = fmax(least, moved / (double)(n - 1) / D2);
}

/* Keeps those within 3 sigma of the median, which a wild point does not move. Returns how many. */
static size_t keep_near(double *value, size_t n, double sigma)
{
	double sorted[CHART_BASE];
	size_t kept = 0;
	memcpy(sorted, value, n * sizeof *value);
	double median = median_of(sorted, n);
	for (size_t i = 0; i < n; i++)
		if (fabs(value[i] - median) <= 3 * sigma)
			value[kept++] = value[i];
	return kept;
}

static void find_limits(const double *value, double least, struct chart *chart)
{
	double kept[CHART_BASE];
	chart->base = chart->n < CHART_LEAST ? 0 : chart->n < CHART_BASE ? chart->n : CHART_BASE;
	if (chart->base == 0)
		return;
	find_centre(value, chart->base, least, chart);
	memcpy(kept, value, chart->base * sizeof *kept);
	for (size_t n = chart->base, near; (near = keep_near(kept, n, chart->sigma)) < n && 2 * near > chart->base; n = near) {
		find_centre(kept, near, least, chart);
		chart->left_out = chart->base - near;
	}
	chart->lower = chart->centre - 3 * chart->sigma;
	chart->upper = chart->centre + 3 * chart->sigma;
}

/* Variance of Kendall's S where some values are equal. */
static double variance_of_S(const double *value, size_t n)
{
	double m = (double)n, variance = m * (m - 1) * (2 * m + 5);
	for (size_t i = 0; i < n; i++) { /* each member of a group of g equal values brings (g - 1) (2 g + 5) */
		double equal = 0;
		for (size_t j = 0; j < n; j++)
			equal += value[j] == value[i];
		variance -= (equal - 1) * (2 * equal + 5);
	}
	return variance / 18;
}

static int find_drift(const double *t, const double *value, size_t n, struct chart *chart)
{
	double *slopes = malloc((n * (n - 1) / 2 + 1) * sizeof *slopes), S = 0;
	size_t pairs = 0;
	if (slopes == NULL)
		return -1;
	for (size_t i = 1; i < n; i++)
		for (size_t j = 0; j < i; j++) {
			double rise = value[i] - value[j];
			S += (rise > 0) - (rise < 0);
			if (t[i] > t[j])
				slopes[pairs++] = rise / (t[i] - t[j]);
		}
	chart->slope = median_of(slopes, pairs);
	free(slopes);
	double variance = variance_of_S(value, n);
	chart->deviate = variance > 0 && S != 0 ? (S - copysign(1, S)) / sqrt(variance) : 0;
	chart->drifting = chart->base && fabs(chart->deviate) > DRIFT_DEVIATE && fabs(chart->slope * (t[n - 1] - t[0])) > chart->sigma;
	return 0;
}

int chart_of(const double *t, const double *value, size_t n, double least, struct chart *chart)
{
	*chart = (struct chart){.n = n, .centre = NAN, .sigma = NAN, .lower = NAN, .upper = NAN, .slope = NAN};
	find_limits(value, least, chart);
	size_t paired = n < PAIRED_MAX ? n : PAIRED_MAX;
	return n < 2 ? 0 : find_drift(t + n - paired, value + n - paired, paired, chart);
}

/* How many of points i, i - 1, … (at most `of`) lie beyond `limit` sigma on point i's side; `row`: without a break. */
static size_t count_beyond(const struct chart *chart, const double *value, size_t i, size_t of, double limit, bool row)
{
	double side = value[i] > chart->centre ? 1 : -1;
	size_t count = 0;
	for (size_t back = 0; back < of && back <= i; back++) {
		if (side * (value[i - back] - chart->centre) > limit * chart->sigma)
			count++;
		else if (row)
			break;
	}
	return count;
}

unsigned chart_signals(const struct chart *chart, const double *value, size_t i)
{
	unsigned signals = 0;
	if (chart->base == 0)
		return 0;
	if (count_beyond(chart, value, i, 1, 3, false))
		signals |= CHART_BEYOND;
	if (count_beyond(chart, value, i, 1, 2, false) && count_beyond(chart, value, i, 3, 2, false) >= 2)
		signals |= CHART_TWO_OF_THREE;
	if (count_beyond(chart, value, i, ROW, 0, true) == ROW)
		signals |= CHART_ONE_SIDE;
	return signals;
}
