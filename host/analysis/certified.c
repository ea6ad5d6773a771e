#include "certified.h"

#include <math.h>
#include <stdio.h>

#include "clock.h"
#include "padded.h"

#define DAYS_A_YEAR 365.25
#define LONGER 10 /* as in padded.c: a tail that holds more than this of net is no tail of the run */

/* ---- days ---- */

static double days_since(const char *date, int64_t realtime)
{
	int64_t day = certificate_day(date);
	return day == INT64_MIN ? NAN : (double)realtime / (double)NS_PER_S / 86400 - (double)day;
}

double certificate_age(const struct certificate *certificate, int64_t realtime)
{
	return days_since(certificate->issued, realtime) / DAYS_A_YEAR;
}

enum certificate_standing certificate_standing(const struct certificate *certificate, int64_t realtime)
{
	if (days_since(certificate->issued, realtime) < 0)
		return CERTIFICATE_EARLY;
	if (!(days_since(certificate->expires, realtime) >= 1))
		return CERTIFICATE_HOLDS;
	return certificate->drift > 0 ? CERTIFICATE_DRIFTED : CERTIFICATE_EXPIRED;
}

/* ---- points ---- */

/* The one that is the lower end of the stretch that `power` lies in. */
static int stretch_of(const struct certificate *c, double power)
{
	int i = 0;
	while (i + 2 < c->n && c->points[i + 1].power < power)
		i++;
	return i;
}

static double part_of(const struct certificate_point *a, const struct certificate_point *b, double power)
{
	return b->power > a->power ? (power - a->power) / (b->power - a->power) : 0;
}

struct certificate_point certificate_at(const struct certificate *c, double power)
{
	int i = stretch_of(c, power);
	const struct certificate_point *a = &c->points[i], *b = &c->points[i + 1 < c->n ? i + 1 : i];
	double part = part_of(a, b, power);
	return (struct certificate_point){
		.power = power, .error = a->error + part * (b->error - a->error), .U = a->U + part * (b->U - a->U)};
}

/* Where the error is linear in power, so is what is shown: taken back exactly, however steep the error. */
double certificate_correct(const struct certificate *c, double reading)
{
	const struct certificate_point *first = &c->points[0], *last = &c->points[c->n - 1];
	if (c->n == 0 || !(reading >= first->power + first->error && reading <= last->power + last->error))
		return NAN;
	int i = 0;
	while (i + 2 < c->n && c->points[i + 1].power + c->points[i + 1].error < reading)
		i++;
	const struct certificate_point *a = &c->points[i], *b = &c->points[i + 1 < c->n ? i + 1 : i];
	double from = a->power + a->error, to = b->power + b->error;
	return to > from ? a->power + (reading - from) / (to - from) * (b->power - a->power) : a->power;
}

/* W: how far the error may be off the line between two points, as a standard uncertainty. */
static double interpolation(const struct certificate *c, double power)
{
	int i = stretch_of(c, power);
	const struct certificate_point *a = &c->points[i], *b = &c->points[i + 1 < c->n ? i + 1 : i];
	double part = part_of(a, b, power);
	return fabs(b->error - a->error) / 2 * 4 * part * (1 - part) / sqrt(3);
}

/* ---- terms ---- */

/* Errors at load and at idle have the laboratory's standard in common, which would take a part of them off net; how great a part is
 * not known, so none is taken. Nor is any off the ratio of loads in two stretches: the name has the stretch's number (budget.h). */
static void charge(struct energy *energy, const char *cause, int stretch, double at_load, double at_idle)
{
	char name[TERM_NAME_SIZE];
	snprintf(name, sizeof name, "%s-%d", cause, stretch + 1);
	double both = hypot(at_load, isnan(at_idle) ? 0 : at_idle) * energy->duration, n = energy->net.value, c = energy->caused.value;
	double longer = n != 0 && isfinite(c) ? fmin(fmax(1, fabs(c / n)), LONGER) : 1;
	energy_charge(energy, name, 'B', INFINITY, SHARE_ABSOLUTE, (struct effect){at_load * energy->duration, both, isnan(c) ? 0 : both * longer});
}

void certified_terms(const struct certified *certified, struct energy *energy)
{
	const struct certificate *c = certified->certificate;
	double drift = certified->drift / sqrt(3), caused = isnan(energy->caused.value) ? 0 : energy->caused.value;
	energy_charge(energy, "certificate-drift", 'B', INFINITY, SHARE_RELATIVE,
		      (struct effect){drift * energy->gross.value, drift * energy->net.value, drift * caused});
	if (!certified->replaces)
		return;
	double load = energy->gross.value / energy->duration, idle = energy->idle_before;
	double u_idle = isnan(idle) ? NAN : certificate_at(c, idle).U / c->coverage;
	int stretch = stretch_of(c, load);
	charge(energy, "certificate", stretch, certificate_at(c, load).U / c->coverage, u_idle);
	charge(energy, "certificate-line", stretch, interpolation(c, load), isnan(idle) ? NAN : interpolation(c, idle));
}

/* ---- an integrator's energy ---- */

/* An idle that is the mean channel's has been corrected. */
static double correct_idle(const struct certified *certified, bool gated, double idle)
{
	return gated || isnan(idle) ? idle : certificate_correct(certified->certificate, idle);
}

void certified_energy(const struct certified *certified, bool gated, struct energy *energy)
{
	if (!certified->replaces || energy->status == ENERGY_REFUSED)
		return;
	double load = certificate_correct(certified->certificate, energy->power);
	double idle = correct_idle(certified, gated, energy->idle_before), after = correct_idle(certified, gated, energy->idle_after);
	if (isnan(load) || (isnan(idle) && !isnan(energy->idle_before))) {
		energy_refuse(energy, "its power lies outside the certificate's points, though the meter's does not");
		return;
	}
	double above = energy->power - energy->idle_before, part = above != 0 ? (load - idle) / above : 1;
	energy->gross.value = load * energy->duration;
	energy->net.value = (load - idle) * energy->duration;
	energy->tail *= part;
	energy->caused.value = energy->net.value + energy->tail;
	energy->power = load;
	energy->idle_before = idle;
	energy->idle_after = after;
}
