#include "pareto.h"

#include <math.h>
#include <stdbool.h>

const char *pareto_name(enum pareto pareto)
{
	static const char *const names[] = { "front", "behind", "undecided" };
	return names[pareto];
}

/* False where nothing is known. */
static bool is_below(const struct estimate *ratio, double bound, double error)
{
	return estimate_p_below(ratio, bound) <= error;
}

static bool is_above(const struct estimate *ratio, double bound, double error)
{
	return estimate_p_above(ratio, bound) <= error;
}

/* The rival needs less of the one, and hardly more of the other. */
static bool is_beaten_in(const struct estimate *one, const struct estimate *other, double error)
{
	return is_above(one, 1, error) && is_above(other, 1 / (1 + PARETO_MARGIN), error);
}

enum pareto pareto_of(const struct estimate *energy, const struct estimate *time, size_t n)
{
	size_t better = 0, beaten = 0;
	for (size_t i = 0; i < n; i++) {
		double error = PARETO_ERROR / (double)n;
		better += is_below(&energy[i], 1, PARETO_ERROR / 2) || is_below(&time[i], 1, PARETO_ERROR / 2);
		beaten += is_beaten_in(&energy[i], &time[i], error) || is_beaten_in(&time[i], &energy[i], error);
	}
	return better == n ? PARETO_FRONT : beaten > 0 ? PARETO_BEHIND : PARETO_UNDECIDED;
}
