#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "kinds.h"
#include "padded.h"

static const char *const status_names[ENERGY_STATUSES] = {
	[ENERGY_OK] = "ok",
	[ENERGY_DEGRADED] = "degraded",
	[ENERGY_REFUSED] = "refused",
};

const char *energy_status_name(enum energy_status status)
{
	return (unsigned)status < ENERGY_STATUSES ? status_names[status] : "unknown";
}

static struct joules no_joules(void)
{
	return (struct joules){.value = NAN, .expanded = {.u = NAN, .nu = NAN, .k = NAN, .U = NAN}};
}

static void forget_numbers(struct energy *energy)
{
	energy->gross = energy->net = energy->caused = no_joules();
	energy->tail = energy->power = energy->idle_before = energy->idle_after = energy->u_idle_before = NAN;
	energy->naive_mean = energy->naive_prorata = NAN;
	energy->settled = false;
}

int energy_refuse(struct energy *energy, const char *format, ...)
{
	va_list arguments;
	forget_numbers(energy);
	energy->status = ENERGY_REFUSED;
	va_start(arguments, format);
	vsnprintf(energy->reason, sizeof energy->reason, format, arguments);
	va_end(arguments);
	return -1;
}

void energy_degrade(struct energy *energy, const char *format, ...)
{
	va_list arguments;
	if (energy->status != ENERGY_OK)
		return;
	energy->status = ENERGY_DEGRADED;
	va_start(arguments, format);
	vsnprintf(energy->reason, sizeof energy->reason, format, arguments);
	va_end(arguments);
}

/* A value that is not finite has no uncertainty; a budget that overflowed takes the value with it. */
static void expand(struct joules *joules)
{
	joules->expanded = isfinite(joules->value) ? budget_expand(&joules->budget) : no_joules().expanded;
	if (!isfinite(joules->expanded.U))
		*joules = no_joules();
}

void energy_expand(struct energy *energy)
{
	if (energy->status == ENERGY_REFUSED)
		return;
	bool known = isfinite(energy->gross.value);
	expand(&energy->gross);
	expand(&energy->net);
	expand(&energy->caused);
	if (!isfinite(energy->gross.value))
		energy_refuse(energy, known ? "the uncertainty of the energy cannot be stated" : "the energy is not a number");
}

static void dispatch(const struct series *series, const struct bracket *bracket, const struct energy_options *options,
		     struct energy *energy)
{
	switch (series->channel->kind) {
	case CHANNEL_MEAN:
		energy_of_windows(series, bracket, options, energy);
		return;
	case CHANNEL_COUNTER:
		if (series->channel->gated) {
			energy_of_gated(series, bracket, options, energy);
			return;
		}
		(series->channel->window > 0 ? energy_of_integral : energy_of_counter)(series, bracket, options, energy);
		return;
	case CHANNEL_INSTANT:
		energy_of_instants(series, bracket, options, energy);
		return;
	default:
		energy_refuse(energy, "the channel measures no energy");
	}
}

void energy_of(const struct series *series, const struct bracket *bracket, const struct energy_options *options,
	       struct energy *energy)
{
	*energy = (struct energy){.status = ENERGY_OK};
	forget_numbers(energy);
	energy->duration = (double)(bracket->stop - bracket->start) / (double)NS_PER_S;
	if (bracket->start >= bracket->stop)
		energy_refuse(energy, "the stop edge does not come after the start edge");
	else if ((double)(bracket->stop - bracket->start) / 2 < (double)bracket->u_start + (double)bracket->u_stop)
		energy_refuse(energy, "the bracket of %.3g s is shorter than its edges are known", energy->duration);
	else if (series->n == 0)
		energy_refuse(energy, "no samples");
	else
		dispatch(series, bracket, options, energy);
	energy_expand(energy);
}
