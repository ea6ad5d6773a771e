#include "number.h"

#include <math.h>

/* A hair's breadth is not rounded up: 28.05 is 28, 28.47 is 29 (GUM 7.2.6); also hides the binary noise of 1.9 / 0.1. */
#define HAIR 0.05
#define DECIMALS_MAX 12

static const struct prefix {
	double above; /* J */
	double factor;
	const char *unit;
} prefixes[] = { { 1e8, 1e-6, "MJ" }, { 1e5, 1e-3, "kJ" }, { 1e-2, 1, "J" }, { 1e-5, 1e3, "mJ" }, { 0, 1e6, "µJ" } };

static bool is_known(double U)
{
	return isfinite(U) && U > 0;
}

/* The exponent of x's first digit, x > 0. */
static int magnitude(double x)
{
	int exponent = (int)floor(log10(x));
	if (x >= pow(10, exponent + 1))
		return exponent + 1;
	return x < pow(10, exponent) ? exponent - 1 : exponent;
}

double number_round_up(double U, int *place)
{
	*place = magnitude(U) - 1;
	double digits = ceil(U / pow(10, *place) - HAIR);
	if (digits >= 100) {
		digits = 10;
		++*place;
	}
	return digits * pow(10, *place);
}

/* x rounded to 10^place, never "-0.0". */
static void add_to_place(struct text *out, double x, int place)
{
	int decimals = place < 0 ? -place : 0;
	if (decimals > DECIMALS_MAX)
		decimals = DECIMALS_MAX;
	double unit = pow(10, place);
	if (place > 0)
		x = round(x / unit) * unit;
	/* printf rounds the rest, exactly; what it would round to zero has no sign */
	if (fabs(x) < 0.5 * pow(10, -decimals) || x == 0)
		x = 0;
	text_addf(out, "%.*f", decimals, fabs(x) <= 0 ? 0.0 : x);
}

/* The place of the last of `digits` significant digits of x, after rounding to them. */
static int place_of(double x, int digits)
{
	if (!(fabs(x) > 0))
		return 0;
	int place = magnitude(fabs(x)) - digits + 1;
	if (round(fabs(x) / pow(10, place)) >= pow(10, digits))
		place++;
	return place;
}

static const struct prefix *prefix_of(double value, double U)
{
	double size = fmax(fabs(value), is_known(U) ? U : 0);
	const struct prefix *joule = &prefixes[2], *prefix = prefixes;
	while (prefix->above > 0 && !(size > prefix->above))
		prefix++;
	return size > 0 ? prefix : joule;
}

void number_quantity(struct text *out, double value, double U, const char *unit)
{
	if (!isfinite(value)) {
		text_add(out, NUMBER_UNKNOWN);
		return;
	}
	if (!is_known(U)) {
		add_to_place(out, value, place_of(value, 4));
		text_addf(out, " %s ± " NUMBER_UNKNOWN, unit);
		return;
	}
	int place;
	double rounded = number_round_up(U, &place);
	add_to_place(out, value, place);
	text_addf(out, " %s ± ", unit);
	add_to_place(out, rounded, place);
	text_addf(out, " %s", unit);
}

void number_energy(struct text *out, double joules, double U)
{
	if (!isfinite(joules)) {
		text_add(out, NUMBER_UNKNOWN);
		return;
	}
	const struct prefix *prefix = prefix_of(joules, U);
	number_quantity(out, joules * prefix->factor, U * prefix->factor, prefix->unit);
}

void number_power(struct text *out, double watts, double U)
{
	if (!isfinite(watts)) {
		text_add(out, NUMBER_UNKNOWN);
		return;
	}
	int place = place_of(watts, 4);
	if (is_known(U))
		number_round_up(U, &place);
	add_to_place(out, watts, place);
	text_add(out, " W");
}

void number_time(struct text *out, double seconds)
{
	if (!isfinite(seconds)) {
		text_add(out, NUMBER_UNKNOWN);
		return;
	}
	double size = fabs(seconds), factor = 1;
	const char *unit = "s";
	if (size > 0 && size < 99.95e-6) {
		factor = 1e6;
		unit = "µs";
	} else if (size > 0 && size < 99.95e-3) {
		factor = 1e3;
		unit = "ms";
	}
	int place = place_of(seconds * factor, 3);
	if (size >= 99.95 && place > -1)
		place = -1;
	add_to_place(out, seconds * factor, size >= 9999.95 ? 0 : place);
	text_addf(out, " %s", unit);
}

static double outwards(double x, int decimals, bool up)
{
	double scaled = x * pow(10, decimals), near = round(scaled);
	if (fabs(scaled - near) > 1e-6) /* not just binary noise of a number that is there already */
		near = up ? ceil(scaled) : floor(scaled);
	return near / pow(10, decimals);
}

static bool hides_that_it_excludes_one(const struct interval *ratio, int decimals)
{
	return (ratio->low > 1 && outwards(ratio->low, decimals, false) <= 1) ||
	       (ratio->high < 1 && outwards(ratio->high, decimals, true) >= 1);
}

static int ratio_decimals(const struct interval *ratio)
{
	double half = (ratio->high - ratio->low) / 2;
	int decimals = half > 0 ? -magnitude(half) : 4;
	if (decimals < 2)
		decimals = 2;
	if (decimals > 5)
		decimals = 5;
	while (decimals < 6 && hides_that_it_excludes_one(ratio, decimals))
		decimals++;
	return decimals;
}

void number_ratio(struct text *out, const struct interval *ratio)
{
	if (!isfinite(ratio->estimate)) {
		text_add(out, NUMBER_UNKNOWN);
		return;
	}
	if (!isfinite(ratio->low) || !isfinite(ratio->high)) {
		add_to_place(out, ratio->estimate, -2);
		return;
	}
	int decimals = ratio_decimals(ratio);
	add_to_place(out, ratio->estimate, -decimals);
	text_add(out, " [");
	add_to_place(out, outwards(ratio->low, decimals, false), -decimals);
	text_add(out, ", ");
	add_to_place(out, outwards(ratio->high, decimals, true), -decimals);
	text_add(out, "]");
}

void number_percent(struct text *out, double fraction)
{
	if (!isfinite(fraction)) {
		text_add(out, NUMBER_UNKNOWN);
		return;
	}
	double percent = 100 * fraction;
	int place = place_of(percent, 2);
	add_to_place(out, percent, place > 0 ? 0 : place < -2 ? -2 : place);
	text_add(out, " %");
}

void number_bytes(struct text *out, double bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	if (!isfinite(bytes)) {
		text_add(out, NUMBER_UNKNOWN);
		return;
	}
	size_t i = 0;
	for (; i + 1 < sizeof units / sizeof *units && fabs(bytes) >= 1024; i++)
		bytes /= 1024;
	text_addf(out, i ? "%.1f %s" : "%.0f %s", bytes, units[i]);
}
