#include <math.h>
#include <stdlib.h>

#include "lattice.h"

#define FIT_MIN 8               /* stamps below which only the position is fitted */
#define TIMEBASE_UNKNOWN 100e-6 /* a quartz that states nothing */
#define DRIFT 0.01              /* of a period: so far may the meter's clock be off from one update to the next */
#define NARROW 0.125            /* of a period: a half-width that leaves no doubt of the phase */
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

/* Where an update was, ns relative to the first stamp, within `half` of `at`. */
struct place {
	double at, half;
};

static struct place place_of(const int64_t *t, const int64_t *u_t, size_t i)
{
	return (struct place){.at = (double)(t[i] - t[0]), .half = (double)u_t[i]};
}

static struct place further(const struct place *place, int64_t steps, double period)
{
	double half = place->half + DRIFT * period * (double)llabs(steps);
	return (struct place){.at = place->at + (double)steps * period, .half = fmin(half, period / 2)};
}

/* What was expected of an update met with its stamp. Of a stamp that is elsewhere a part counts: a poll may come late beyond its
 * own half-width, and a period be slightly off. */
static struct place meet(const struct place *expected, const struct place *stamp)
{
	double low = fmax(expected->at - expected->half, stamp->at - stamp->half);
	double high = fmin(expected->at + expected->half, stamp->at + stamp->half);
	if (low <= high)
		return (struct place){.at = (low + high) / 2, .half = (high - low) / 2};
	return (struct place){.at = expected->at + (stamp->at - expected->at) / 8, .half = expected->half};
}

/* A first stamp that encloses most of a period says little of the phase: the first narrow one says more. */
static struct place first_place(const int64_t *t, const int64_t *u_t, size_t n, double period)
{
	struct place first = place_of(t, u_t, 0);
	for (size_t i = 1; i < n && first.half > NARROW * period; i++) {
		struct place stamp = place_of(t, u_t, i), back = further(&stamp, -llround(stamp.at / period), period);
		if (stamp.half <= NARROW * period)
			return meet(&first, &back);
	}
	return first;
}

/* By how many periods a stamp is further than `last`: the nearest, but one where that is within what both enclose. */
static int64_t steps_to(const struct place *last, const struct place *stamp, double period)
{
	struct place next = further(last, 1, period);
	return fabs(next.at - stamp->at) <= next.half + stamp->half ? 1 : llround((stamp->at - last->at) / period);
}

/* Whether the update of a stamp may as well have been the one before or after that at `expected`. */
static bool is_doubtful(const struct place *expected, const struct place *stamp, double period)
{
	return period - fabs(stamp->at - expected->at) <= stamp->half + expected->half;
}

/* Three stamps in a row; which update the middle one saw is open. Where none was lost it is clear after all; else the value has
 * no place, and is numbered as a second one of the first's. */
static void decide(int64_t *number, size_t middle)
{
	number[middle] = number[middle - 1] + (number[middle + 1] - number[middle - 1] <= 2);
}

/* A stamp that comes late may be numbered as if an update had been lost before it; the next one, on time, shows that none was. */
static bool take_back(int64_t *number, size_t i)
{
	if (i < 2 || number[i - 1] - number[i - 2] < 2)
		return false;
	number[i - 1]--;
	return true;
}

/* Follows the updates by what their stamps enclose, so that neither a late poll nor a period slightly off shifts the numbers.
 * Returns how many stamps had no number of their own. */
static size_t number_stamps(const int64_t *t, const int64_t *u_t, size_t n, double period, int64_t *number)
{
	struct place last = first_place(t, u_t, n, period);
	size_t doubled = 0;
	bool doubtful = false;
	number[0] = 0;
	for (size_t i = 1; i < n; i++) {
		struct place stamp = place_of(t, u_t, i);
		int64_t step = steps_to(&last, &stamp, period);
		struct place expected = further(&last, step, period);
		last = meet(&expected, &stamp);
		number[i] = number[i - 1] + step;
		if (step < 1) {
			number[i] = number[i - 1];
			if (!take_back(number, i)) {
				number[i]++;
				doubled++;
				last = stamp;
			}
		}
		if (doubtful)
			decide(number, i - 1);
		doubtful = is_doubtful(&expected, &stamp, period);
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
	size_t doubled = number_stamps(t, u_t, n, period, number);
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
