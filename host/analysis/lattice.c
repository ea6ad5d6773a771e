#include <math.h>
#include <stdlib.h>

#include "lattice.h"

#define FIT_MIN 8               /* stamps below which only the position is fitted */
#define TIMEBASE_UNKNOWN 100e-6 /* a quartz that states nothing */
#define MAD_TO_SD 1.4826        /* of normal deviates */

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double median_of(double *values, size_t n)
{
	if (n == 0)
		return NAN;
	qsort(values, n, sizeof *values, compare_doubles);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static double median_spacing(const int64_t *t, size_t n, double *work)
{
	for (size_t i = 1; i < n; i++)
		work[i - 1] = (double)(t[i] - t[i - 1]);
	return n > 1 ? median_of(work, n - 1) : 0;
}

/* A stamp that comes late may be numbered as if an update had been lost before it; the next one, on time, shows that none was. */
static bool take_back(int64_t *number, size_t i)
{
	if (i < 2 || number[i - 1] - number[i - 2] < 2)
		return false;
	number[i - 1]--;
	return true;
}

/* Follows the updates with a slow first-order filter, so that neither a late poll nor a period slightly off shifts the numbers.
 * Returns how many stamps had no number of their own. */
static size_t number_stamps(const int64_t *t, size_t n, double period, int64_t *number)
{
	double expected = 0; /* when update number[i - 1] should have been seen, relative to t[0] */
	size_t doubled = 0;
	number[0] = 0;
	for (size_t i = 1; i < n; i++) {
		double now = (double)(t[i] - t[0]);
		int64_t step = llround((now - expected) / period);
		number[i] = number[i - 1] + step;
		if (step < 1) {
			number[i] = number[i - 1];
			if (!take_back(number, i)) {
				number[i]++;
				doubled++;
			}
		}
		expected += (double)step * period;
		if (step < 1)
			expected = now;
		else
			expected += (now - expected) / 8;
	}
	return doubled;
}

struct fit {
	double position, slope; /* t = position + slope * (number - centre) */
	double centre, spread;  /* mean and sum of squared deviations of the numbers kept */
	size_t kept;
};

/* Least squares of the stamps kept; with `slope` > 0 that slope is imposed. */
static struct fit fit_line(const int64_t *t, const int64_t *number, const bool *keep, size_t n, double slope)
{
	struct fit fit = {.slope = slope};
	double sum_t = 0, products = 0;
	for (size_t i = 0; i < n; i++)
		if (keep[i]) {
			fit.kept++;
			fit.centre += (double)number[i];
			sum_t += (double)(t[i] - t[0]);
		}
	if (fit.kept == 0)
		return fit;
	fit.centre /= (double)fit.kept;
	fit.position = sum_t / (double)fit.kept;
	for (size_t i = 0; i < n; i++)
		if (keep[i]) {
			double d = (double)number[i] - fit.centre;
			fit.spread += d * d;
			products += d * ((double)(t[i] - t[0]) - fit.position);
		}
	if (slope <= 0 && fit.spread > 0)
		fit.slope = products / fit.spread;
	return fit;
}

static double residual(const struct fit *fit, int64_t t, int64_t base, int64_t number)
{
	return (double)(t - base) - fit->position - fit->slope * ((double)number - fit->centre);
}

/* Robust standard deviation and centre of the residuals of all stamps with a usual half-width. */
static double spread_of(const struct fit *fit, const int64_t *t, const int64_t *number, const bool *usual, size_t n, double *work,
			double *centre)
{
	size_t m = 0;
	for (size_t i = 0; i < n; i++)
		if (usual[i])
			work[m++] = residual(fit, t[i], t[0], number[i]);
	*centre = median_of(work, m);
	for (size_t i = 0; i < m; i++)
		work[i] = fabs(work[i] - *centre);
	return MAD_TO_SD * median_of(work, m);
}

struct workspace {
	double *work;
	bool *usual, *keep;
};

/* Trimmed least squares: late polls are outliers on one side, and must not pull the line. */
static struct fit fit_trimmed(const int64_t *t, const int64_t *number, size_t n, double imposed, const struct workspace *space,
			      double *scatter)
{
	struct fit fit;
	for (size_t i = 0; i < n; i++)
		space->keep[i] = space->usual[i];
	for (int round = 0;; round++) {
		double centre;
		fit = fit_line(t, number, space->keep, n, imposed);
		*scatter = spread_of(&fit, t, number, space->usual, n, space->work, &centre);
		if (round == 3)
			return fit;
		double limit = 3 * *scatter + 1000; /* 1 us: stamps are no better */
		size_t left = 0;
		for (size_t i = 0; i < n; i++) {
			space->keep[i] = space->usual[i] && fabs(residual(&fit, t[i], t[0], number[i]) - centre) <= limit;
			left += space->keep[i];
		}
		if (left < 2)
			return fit;
	}
}

/* Combines the fitted period with the nominal one by their variances; a fit that contradicts the nominal stands alone. Polls
 * locked to the meter's clock repeat one and the same lateness, so the fit is taken as no better than two stamps at its ends. */
static void settle_period(struct lattice *lattice, const struct fit *fit, double span, double nominal, double timebase)
{
	double by_scatter = fit->spread > 0 ? lattice->scatter / sqrt(fit->spread) : INFINITY;
	double by_ends = span > 0 ? lattice->half_width * sqrt(2.0 / 3) / span : INFINITY;
	double u_fit = fmax(by_scatter, by_ends), u_nominal = nominal * timebase / sqrt(3);
	lattice->period = fit->slope;
	lattice->u_period = u_fit / fit->slope;
	if (nominal <= 0 || fabs(fit->slope - nominal) > 4 * hypot(u_fit, u_nominal))
		return;
	double w_fit = 1 / (u_fit * u_fit), w_nominal = 1 / (u_nominal * u_nominal);
	if (!isfinite(w_fit))
		return;
	lattice->period = (w_fit * fit->slope + w_nominal * nominal) / (w_fit + w_nominal);
	lattice->u_period = 1 / sqrt(w_fit + w_nominal) / nominal;
	lattice->nominal_period = true;
}

static size_t count_irregular(const struct lattice *lattice, const int64_t *t, const int64_t *u_t, const int64_t *number,
			      size_t n)
{
	size_t irregular = 0;
	for (size_t i = 0; i < n; i++) {
		double off = (double)(t[i] - lattice->base) - lattice->origin - lattice->period * (double)number[i];
		irregular += fabs(off) > lattice->period / 4 + (double)u_t[i];
	}
	return irregular;
}

static void fit_with(const int64_t *t, const int64_t *u_t, size_t n, double nominal, double timebase, int64_t *number,
		     struct lattice *lattice, const struct workspace *space)
{
	for (size_t i = 0; i < n; i++)
		space->work[i] = (double)u_t[i];
	lattice->half_width = median_of(space->work, n);
	for (size_t i = 0; i < n; i++)
		space->usual[i] = (double)u_t[i] <= 2 * lattice->half_width;
	double period = nominal > 0 ? nominal : median_spacing(t, n, space->work);
	if (period <= 0)
		period = 1;
	size_t doubled = number_stamps(t, n, period, number);
	struct fit fit = fit_trimmed(t, number, n, n < FIT_MIN ? period : 0, space, &lattice->scatter);
	lattice->base = t[0];
	if (n < FIT_MIN) {
		lattice->period = period;
		lattice->u_period = timebase / sqrt(3);
		lattice->nominal_period = nominal > 0;
	} else {
		settle_period(lattice, &fit, (double)(number[n - 1] - number[0]), nominal, timebase);
		fit = fit_trimmed(t, number, n, lattice->period, space, &lattice->scatter);
	}
	lattice->origin = fit.position - lattice->period * fit.centre;
	lattice->u_origin = fmax(lattice->scatter / sqrt((double)n), lattice->half_width / sqrt(3));
	lattice->irregular = doubled + count_irregular(lattice, t, u_t, number, n);
}

int lattice_fit(const int64_t *t, const int64_t *u_t, size_t n, int64_t nominal, double timebase, int64_t *number,
		struct lattice *lattice)
{
	*lattice = (struct lattice){.base = t[0]};
	struct workspace space = {.work = malloc(n * sizeof *space.work), .usual = malloc(n), .keep = malloc(n)};
	int result = -1;
	if (space.work && space.usual && space.keep) {
		fit_with(t, u_t, n, (double)nominal, timebase > 0 ? timebase : TIMEBASE_UNKNOWN, number, lattice, &space);
		result = 0;
	}
	free(space.work);
	free(space.usual);
	free(space.keep);
	return result;
}

int64_t lattice_end(const struct lattice *lattice, int64_t number)
{
	return lattice->base + llround(lattice->origin + lattice->period * (double)number);
}
