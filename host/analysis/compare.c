#include "compare.h"

#include <math.h>
#include <string.h>

/* What an energy's budget says of the instrument; the rest is of the load and of the bracket's edges, or found anew here. */
static bool is_of_instrument(const char *name)
{
	static const char *const names[] = {"gain", "range", "power-factor", "timebase", "quantisation", "missing",
					    "certificate", "certificate-line", "certificate-drift"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (budget_same_family(names[i], name))
			return true;
	return false;
}

static double mean_between(const struct series *series, int64_t from, int64_t to)
{
	int64_t late = series->channel->latency + series->channel->window / 2; /* a value is of its window's middle */
	double sum = 0, n = 0;
	for (size_t i = 0; i < series->n; i++)
		if (series->t[i] - late >= from && series->t[i] - late < to && !(series->flags[i] & FLAG_INVALID)) {
			sum += series->value[i];
			n++;
		}
	return sum / n; /* NAN without any */
}

int mean_power_of(const struct series *series, const struct bracket *bracket, const struct energy *energy, struct mean_power *mean)
{
	int64_t length = bracket->stop - bracket->start;
	*mean = (struct mean_power){.value = energy->power};
	for (int i = 0; i < MEAN_PARTS; i++) {
		mean->parts[i] = mean_between(series, bracket->start + length * i / MEAN_PARTS, bracket->start + length * (i + 1) / MEAN_PARTS);
		if (!isfinite(mean->parts[i]))
			return -1;
	}
	for (int i = 0; i < energy->gross.budget.n; i++) {
		const struct budget_term *term = &energy->gross.budget.terms[i];
		if (is_of_instrument(term->name))
			budget_add(&mean->instrument, term->name, term->type, fabs(term->u) / energy->duration, term->nu, SHARE_NONE);
	}
	return isfinite(mean->value) ? 0 : -1;
}

/* Scatter and drift of ten parts. */
static void add_parts(struct budget *budget, const double *parts)
{
	double mean = 0, squares = 0, halves = 0;
	for (int i = 0; i < MEAN_PARTS; i++)
		mean += parts[i] / MEAN_PARTS;
	for (int i = 0; i < MEAN_PARTS; i++) {
		squares += (parts[i] - mean) * (parts[i] - mean);
		halves += (i < MEAN_PARTS / 2 ? -parts[i] : parts[i]) / (MEAN_PARTS / 2);
	}
	budget_add(budget, "scatter", 'A', sqrt(squares / (MEAN_PARTS - 1) / MEAN_PARTS), MEAN_PARTS - 1, SHARE_NONE);
	budget_add(budget, "drift", 'B', fabs(halves) / 2 / sqrt(3), INFINITY, SHARE_NONE);
}

static void add_instrument(struct budget *budget, const struct mean_power *mean)
{
	for (int i = 0; i < mean->instrument.n; i++) {
		const struct budget_term *term = &mean->instrument.terms[i];
		budget_add(budget, term->name, term->type, term->u, term->nu, SHARE_NONE);
	}
}

static double U_alone(const struct mean_power *mean)
{
	struct budget budget = {.n = 0};
	add_instrument(&budget, mean);
	add_parts(&budget, mean->parts);
	return budget_expand(&budget).U;
}

void compare_with_reference(const struct mean_power *mean, double reference, double U_reference, struct comparison *comparison)
{
	*comparison = (struct comparison){.value = mean->value, .U = U_alone(mean), .reference = reference, .U_reference = U_reference};
	comparison->U_difference = hypot(comparison->U, U_reference);
	comparison->En = (mean->value - reference) / comparison->U_difference;
}

void compare_in_series(const struct mean_power *mean, const struct mean_power *other, struct comparison *comparison)
{
	double differences[MEAN_PARTS];
	struct budget budget = {.n = 0};
	for (int i = 0; i < MEAN_PARTS; i++)
		differences[i] = mean->parts[i] - other->parts[i];
	add_instrument(&budget, mean);
	add_instrument(&budget, other);
	add_parts(&budget, differences);
	*comparison = (struct comparison){.value = mean->value, .U = U_alone(mean), .reference = other->value, .U_reference = U_alone(other)};
	comparison->U_difference = budget_expand(&budget).U;
	comparison->En = (mean->value - other->value) / comparison->U_difference;
}
