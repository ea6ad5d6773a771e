#include "accuracy_tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "energy.h"

static double *grown(double *values, size_t capacity)
{
	double *more = realloc(values, capacity * sizeof *more);
	if (more == NULL)
		abort();
	return more;
}

static void make_room(struct tally *t)
{
	if (t->n < t->capacity)
		return;
	t->capacity = 2 * t->capacity + 64;
	t->error = grown(t->error, t->capacity);
	t->of_U = grown(t->of_U, t->capacity);
	t->over_oracle = grown(t->over_oracle, t->capacity);
	t->relative = grown(t->relative, t->capacity);
}

void tally_add(struct tally *t, const struct verdict *v)
{
	if (v->status == ENERGY_REFUSED || !isfinite(v->value)) {
		t->refused++;
		return;
	}
	double error = v->value - v->truth, of_U = fabs(error) / v->U;
	make_room(t);
	t->degraded += v->status == ENERGY_DEGRADED;
	t->covered += of_U <= 1;
	t->oracle_covered += fabs(error) <= v->oracle;
	if (!(of_U <= 1) && v->status == ENERGY_OK) /* also where there is no U */ {
		t->silent++;
		t->worst_silent = fmax(t->worst_silent, of_U);
	}
	t->error[t->n] = error;
	t->of_U[t->n] = of_U;
	t->over_oracle[t->n] = v->U / v->oracle;
	t->relative[t->n++] = error / v->truth;
}

void tally_join(struct tally *into, const struct tally *from)
{
	for (size_t i = 0; i < from->n; i++) {
		make_room(into);
		into->error[into->n] = from->error[i];
		into->of_U[into->n] = from->of_U[i];
		into->over_oracle[into->n] = from->over_oracle[i];
		into->relative[into->n++] = from->relative[i];
	}
	into->refused += from->refused;
	into->degraded += from->degraded;
	into->covered += from->covered;
	into->silent += from->silent;
	into->oracle_covered += from->oracle_covered;
	into->worst_silent = fmax(into->worst_silent, from->worst_silent);
}

void tally_free(struct tally *t)
{
	free(t->error);
	free(t->of_U);
	free(t->over_oracle);
	free(t->relative);
	memset(t, 0, sizeof *t);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double tally_percentile(const double *values, size_t n, double part)
{
	if (n == 0)
		return NAN;
	double *sorted = grown(NULL, n);
	memcpy(sorted, values, n * sizeof *sorted);
	qsort(sorted, n, sizeof *sorted, ascending);
	double at = fmin(1, fmax(0, part)) * (double)(n - 1), value = sorted[(size_t)at];
	free(sorted);
	return value;
}

double tally_mean(const double *values, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += values[i];
	return n ? sum / (double)n : NAN;
}

double tally_rms(const double *values, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += values[i] * values[i];
	return n ? sqrt(sum / (double)n) : NAN;
}

double tally_error_of_mean(const double *values, size_t n)
{
	double mean = tally_mean(values, n), sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += (values[i] - mean) * (values[i] - mean);
	return n > 1 ? sqrt(sum / (double)(n - 1) / (double)n) : NAN;
}

double tally_share(size_t k, size_t n)
{
	return n ? (double)k / (double)n : NAN;
}
