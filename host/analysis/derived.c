#include "derived.h"

#include <string.h>

#define CLOCK "host-clock"

static double times_clock(const struct budget_term *term, double others, double clock)
{
	return strcmp(term->name, CLOCK) == 0 ? clock : others;
}

/* Every term times `others`, that of the clock times `clock`. */
static void derive(const struct joules *energy, double value, double others, double clock, struct joules *derived)
{
	*derived = (struct joules){ .value = value, .budget.overflowed = energy->budget.overflowed };
	for (int i = 0; i < energy->budget.n; i++) {
		const struct budget_term *term = &energy->budget.terms[i];
		budget_add(&derived->budget, term->name, term->type, term->u * times_clock(term, others, clock), term->nu, term->share);
	}
	derived->expanded = budget_expand(&derived->budget);
}

void derived_edp(const struct joules *energy, double seconds, struct joules *edp)
{
	derive(energy, energy->value * seconds, seconds, 2 * seconds, edp);
}

void derived_time(const struct joules *energy, double seconds, struct joules *time)
{
	derive(energy, seconds, 0, seconds / energy->value, time);
}

void derived_scaled(const struct joules *energy, double factor, struct joules *scaled)
{
	derive(energy, energy->value * factor, factor, factor, scaled);
}
