#include "pareto.h"

#include <math.h>

const char *pareto_name(enum pareto pareto)
{
	static const char *const names[] = { "front", "behind", "undecided" };
	return names[pareto];
}

static double known(double p)
{
	return isnan(p) ? 1 : p;
}

static double below(const struct estimate *ratio, double bound)
{
	return known(estimate_p_below(ratio, bound));
}

static double above(const struct estimate *ratio, double bound)
{
	return known(estimate_p_above(ratio, bound));
}

/* More of the one than the rival, and hardly less of the other: both must be shown. */
static double beaten(const struct estimate *one, const struct estimate *other)
{
	return fmax(above(one, 1), above(other, 1 / (1 + PARETO_MARGIN)));
}

/* Each rival must be met, in one of two ways; one rival will do to be behind, in one of two ways. */
struct pareto_p pareto_p_of(const struct estimate *energy, const struct estimate *time, size_t n)
{
	struct pareto_p p = { .front = n > 0 ? 0 : 1, .behind = 1 };
	for (size_t i = 0; i < n; i++) {
		double better = 2 * fmin(below(&energy[i], 1), below(&time[i], 1));
		double worse = 2 * (double)n * fmin(beaten(&energy[i], &time[i]), beaten(&time[i], &energy[i]));
		p.front = fmin(1, fmax(p.front, better));
		p.behind = fmin(p.behind, worse);
	}
	return p;
}

double pareto_least(const struct pareto_p *p)
{
	return fmin(p->front, p->behind);
}

enum pareto pareto_decide(const struct pareto_p *p, double least)
{
	if (!(least <= PARETO_ERROR))
		return PARETO_UNDECIDED;
	return p->front <= p->behind ? PARETO_FRONT : PARETO_BEHIND;
}
