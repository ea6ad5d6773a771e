/*
 * Energy of a meter's own integrator: its counts at the ends of the meter's windows. The difference of two counts is the energy of
 * all windows between them, whether they were read or not, so a lost update loses nothing between steps of power; the padded bracket is laid over the
 * windows as over those of mean power, of which these differ in that nothing of a window goes unmeasured.
 */
#include <math.h>

#include "clock.h"
#include "kinds.h"
#include "meter_windows.h"

/* ---- counts to segments ---- */

static bool readable(const struct series *series, size_t i)
{
	return series->count && !(series->flags[i] & FLAG_INVALID);
}

static bool holds(const struct padded *padded, const struct segment *stretch, int64_t edge, int64_t u)
{
	return stretch->from < edge + u + padded->margin + padded->lag && stretch->to > edge - u - padded->margin;
}

/* A stretch of several windows is spread evenly: only its whole energy is known. So it must not hold a step of power: an edge, or
 * an end of the quiet, beyond which another load may be. */
static bool holds_step(const struct meter *meter, const struct segment *stretch)
{
	const struct padded *padded = &meter->windows.padded;
	const struct bracket *bracket = padded->bracket;
	const struct energy_options *options = padded->options;
	return holds(padded, stretch, bracket->start, bracket->u_start) || holds(padded, stretch, bracket->stop, bracket->u_stop) ||
	       holds(padded, stretch, options->quiet_from, bracket->u_start) ||
	       holds(padded, stretch, options->quiet_to, bracket->u_stop);
}

/* The windows (from, to] between the samples a and b. Power that left the range in between was not counted as what it was. */
static int add_stretch(struct meter *meter, int64_t from, int64_t to, size_t a, size_t b, uint32_t flags)
{
	const struct series *series = meter->windows.padded.series;
	struct segment stretch = {.from = meter_window(meter, from + 1).from, .to = meter_window(meter, to).to};
	bool forward = series->count[b] >= series->count[a], over = flags & (FLAG_OVER_RANGE | FLAG_IMPLAUSIBLE);
	bool valid = forward && !over && !(to > from + 1 && holds_step(meter, &stretch));
	double joules = valid ? (double)(series->count[b] - series->count[a]) * series->channel->scale / (double)(to - from) : NAN;
	for (int64_t number = from + 1; number <= to; number++) {
		struct segment segment = meter_window(meter, number);
		segment.joules = joules;
		segment.flags = flags;
		segment.valid = valid;
		segment.recorded = number == to || over;
		if (profile_add(&meter->windows.padded.profile, &segment) != 0)
			return -1;
	}
	return 0;
}

static int add_counts(struct meter *meter, struct meter_samples samples, const int64_t *number, struct energy *energy)
{
	const struct series *series = meter->windows.padded.series;
	size_t a = samples.n;
	uint32_t flags = 0;
	for (size_t i = 0; i < samples.n; i++) {
		size_t at = samples.first + i;
		flags |= series->flags[at];
		if (!readable(series, at) || (a < samples.n && number[i] <= number[a]))
			continue;
		if (a < samples.n && add_stretch(meter, number[a], number[i], samples.first + a, at, flags) != 0)
			return energy_refuse(energy, "out of memory");
		a = i;
		flags = 0;
	}
	return meter->windows.padded.profile.n > 0 ? 0 : energy_refuse(energy, "the integrator was read only once, or its count has a sign");
}

/* ---- its steps ---- */

/* As many digits are shown whatever the energy has grown to, so the steps grow with it. The one at a count is the greatest power of
 * ten that divides all counts of its decade: of a few it may be found too great, never too small. */
double integral_step(const struct series *series, uint64_t count)
{
	uint64_t decade = 1, step = 1;
	while (count / decade >= 10)
		decade *= 10;
	for (step = decade; step > 1; step /= 10) {
		bool divides = true;
		for (size_t i = 0; divides && i < series->n; i++)
			if (readable(series, i) && series->count[i] / decade > 0 && series->count[i] / decade < 10)
				divides = series->count[i] % step == 0;
		if (divides)
			break;
	}
	return (double)step * series->channel->scale;
}

/* The count at the window end nearest to `t`. */
static uint64_t count_near(const struct meter *meter, int64_t t)
{
	const struct series *series = meter->windows.padded.series;
	int64_t seen = t + series->channel->latency, best = INT64_MAX;
	uint64_t count = 0;
	for (size_t i = 0; i < series->n; i++) {
		int64_t off = series->t[i] > seen ? series->t[i] - seen : seen - series->t[i];
		if (readable(series, i) && series->count[i] > 0 && off < best) {
			best = off;
			count = series->count[i];
		}
	}
	return count;
}

/* Both ends are within half a step of what is shown, or up to a whole one above it, if the digits that are not shown are cut off: then
 * unequal steps do not cancel in the mean. */
static double steps_between(const struct meter *meter, int64_t from, int64_t to)
{
	const struct series *series = meter->windows.padded.series;
	double a = integral_step(series, count_near(meter, from)), b = integral_step(series, count_near(meter, to));
	return hypot(hypot(a, b) / sqrt(12), (b - a) / 2 / sqrt(3));
}

/* ---- terms ---- */

/* The ends of the windows are those of update intervals, or lie up to `wobble` before, at a zero crossing: nobody says. */
static void wobble_term(const struct meter *meter, struct energy *energy)
{
	const struct padded *padded = &meter->windows.padded;
	double pre = padded->pre.power, post = padded->post.power, u = meter->wobble / sqrt(12);
	double both = hypot(hypot(pre, post), pre - post) * u, end = hypot(pre, padded->s > padded->b ? padded->idle.power : post) * u;
	energy_charge(energy, "update-jitter", 'B', INFINITY, SHARE_NONE, (struct effect){both, both, end});
}

static void integral_terms(const struct meter *meter, struct energy *energy)
{
	const struct padded *padded = &meter->windows.padded;
	const struct segment *segments = padded->profile.segments;
	double clock = padded->series->channel->accuracy.timebase / sqrt(3);
	double steps = steps_between(meter, segments[padded->a].from, segments[padded->b - 1].to);
	double later = steps_between(meter, segments[padded->a].from, segments[padded->s - 1].to);
	wobble_term(meter, energy);
	energy_charge(energy, "quantum", 'B', INFINITY, SHARE_NONE, (struct effect){steps, steps, later});
	energy_charge(energy, "integrator-clock", 'B', INFINITY, SHARE_RELATIVE,
		      (struct effect){clock * energy->gross.value, clock * energy->net.value, clock * energy->caused.value});
	meter_clock_terms(meter, energy);
}

void energy_of_integral(const struct series *series, const struct bracket *bracket, const struct energy_options *options,
			struct energy *energy)
{
	struct meter meter = {.windows = windows_start(series, bracket, options)};
	if (meter_prepare(&meter, add_counts, energy) == 0 && windows_lay(&meter.windows, energy) == 0) {
		windows_terms(&meter.windows, energy);
		integral_terms(&meter, energy);
		meter_judge_flags(&meter, energy);
		meter_judge_fall(&meter, energy);
		windows_naive(&meter.windows, energy);
		if (meter.windows.padded.joules == 0)
			energy_refuse(energy, "the integrator stands still");
	}
	profile_free(&meter.windows.padded.profile);
}
