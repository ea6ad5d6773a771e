#include "range_choice.h"

#include <math.h>

#include "range_advice.h"

static double peak_of(double peak, double mean, double crest)
{
	return isnan(peak) ? crest * mean : peak;
}

static bool holds(const struct range_offer *offer, const struct range_need *need)
{
	double voltage_peak = peak_of(need->voltage_peak, need->voltage, RANGE_CREST_SINE);
	double current_peak = peak_of(need->current_peak, need->current, RANGE_CREST);
	bool over = need->peaks_over > 0 && offer->current <= need->current_range * (1 + 1e-6);
	/* A hair: 1.1 times a range's tenth is not quite eleven hundredths of it. */
	double room = RANGE_ROOM * (1 - 1e-9);
	return !over && offer->voltage >= room * need->voltage && offer->current >= room * need->current &&
	       offer->voltage_peak >= room * voltage_peak && offer->current_peak >= room * current_peak;
}

static bool smaller(const struct range_offer *a, const struct range_offer *b)
{
	double x = a->voltage * a->current, y = b->voltage * b->current;
	return fabs(x - y) > 1e-9 * y ? x < y : a->voltage < b->voltage;
}

int range_choose(const struct range_need *need, const struct range_offer *offers, size_t n)
{
	int best = -1;
	for (size_t i = 0; i < n; i++)
		if (holds(&offers[i], need) && (best < 0 || smaller(&offers[i], &offers[best])))
			best = (int)i;
	return best;
}

int range_largest(const struct range_offer *offers, size_t n)
{
	int best = -1;
	for (size_t i = 0; i < n; i++)
		if (best < 0 || smaller(&offers[best], &offers[i]))
			best = (int)i;
	return best;
}
