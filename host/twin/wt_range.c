/* The ranges of a WT310E and what makes it leave one. */
#include <math.h>

#include "wt.h"

static const double volts[] = { 15, 30, 60, 150, 300, 600 };
static const double amperes[] = { 5e-3, 10e-3, 20e-3, 50e-3, 100e-3, 200e-3, 0.5, 1, 2, 5, 10, 20 };
#define SMALL 6 /* of these a meter with several elements has none */

int wt_ranges(const struct wt *wt, bool voltage, double list[WT_RANGES])
{
	int small = wt->elements != 1 ? SMALL : 0;
	const double *from = voltage ? volts : amperes + small;
	int n = (int)(voltage ? sizeof volts / sizeof *volts : sizeof amperes / sizeof *amperes) - (voltage ? 0 : small);
	for (int i = 0; i < n; i++)
		list[i] = wt->crest_factor == 6 ? from[i] / 2 : from[i];
	return n;
}

bool wt_range_valid(const struct wt *wt, bool voltage, double range, double *exact)
{
	double list[WT_RANGES];
	int n = wt_ranges(wt, voltage, list);
	for (int i = 0; i < n; i++) {
		if (fabs(range - list[i]) <= 1e-6 * list[i]) {
			*exact = list[i];
			return true;
		}
	}
	return false;
}

static double nearest_range(const struct wt *wt, bool voltage, double at_least)
{
	double list[WT_RANGES];
	int n = wt_ranges(wt, voltage, list);
	for (int i = 0; i < n; i++)
		if (list[i] >= at_least * (1 - 1e-9))
			return list[i];
	return list[n - 1];
}

/* Up above 130 %, down at 30 % if the lower range would then read at most 125 %. One step for each update. */
static double follow(const struct wt *wt, bool voltage, double range, double rms, double peak)
{
	double list[WT_RANGES];
	int n = wt_ranges(wt, voltage, list), i = 0;
	while (i < n - 1 && list[i] < range * (1 - 1e-9))
		i++;
	double peaks = wt->crest_factor; /* peak over range that auto ranging allows */
	if ((rms > 1.3 * range || peak > peaks * range) && i < n - 1)
		return list[i + 1];
	if (rms <= 0.3 * range && i > 0 && rms <= 1.25 * list[i - 1] && peak <= peaks * list[i - 1])
		return list[i - 1];
	return range;
}

static bool force_range(struct wt *wt, double current)
{
	if (!wt->config->forces_range || wt->current_auto || wt->current_range > 0.2 || current <= 1.4 * wt->current_range)
		return false;
	wt->current_range = nearest_range(wt, false, wt->crest_factor == 6 ? 0.5 : 1);
	wt->current_auto = true;
	return true;
}

void wt_auto_range(struct wt *wt, double u, double i)
{
	if (force_range(wt, i) || wt->integration.state == WT_START)
		return; /* auto ranging is frozen during integration */
	if (wt->voltage_auto)
		wt->voltage_range = follow(wt, true, wt->voltage_range, u, u * M_SQRT2);
	if (wt->current_auto)
		wt->current_range = follow(wt, false, wt->current_range, i, i * wt->config->crest);
}

void wt_change_range(struct wt *wt)
{
	wt->current_range = nearest_range(wt, false, wt->current_range * 1.5);
	wt->current_auto = true;
}
