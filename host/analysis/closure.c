#include "closure.h"

#include <math.h>
#include <string.h>

/* One meter, one bracket: these are the same errors in both. All else each has for itself. */
static bool common_term(const struct budget_term *term)
{
	static const char *const names[] = { "gain", "range", "power-factor", "supply-lag", "window-phase", "start-edge", "stop-edge",
					     "certificate", "certificate-line", "certificate-drift" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (budget_same_family(term->name, names[i]))
			return true;
	return term->share == SHARE_BESIDE;
}

static double own_variance(const struct budget *budget)
{
	double variance = 0;
	for (int i = 0; i < budget->n; i++)
		if (!common_term(&budget->terms[i]))
			variance += budget->terms[i].u * budget->terms[i].u;
	return variance;
}

struct closure closure_of(const struct energy *integral, const struct energy *samples)
{
	struct closure closure = { .known = integral->status != ENERGY_REFUSED && samples->status != ENERGY_REFUSED };
	if (!closure.known)
		return closure;
	closure.difference = integral->gross.value - samples->gross.value;
	closure.relative = closure.difference / samples->gross.value;
	closure.expected = 2 * sqrt(own_variance(&integral->gross.budget) + own_variance(&samples->gross.budget));
	closure.fails = !(fabs(closure.difference) <= CLOSURE_LIMIT * fabs(samples->gross.value) + closure.expected);
	return closure;
}
