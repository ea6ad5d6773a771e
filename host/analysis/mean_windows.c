/*
 * Energy of a channel that gives mean power over windows: the padded bracket over window ends fitted to the meter's own clock.
 */
#include <math.h>
#include <stdlib.h>

#include "clock.h"
#include "kinds.h"
#include "meter_windows.h"

#define MAD_TO_SD 1.4826 /* of normal deviates */
#define STALL 8          /* equal values in a row */

/* ---- samples to segments ---- */

static int add_window(struct meter *meter, int64_t number, double power, uint32_t flags, bool recorded)
{
	struct segment segment = meter_window(meter, number);
	segment.flags = flags;
	segment.recorded = recorded;
	segment.valid = recorded && !(flags & FLAG_INVALID) && isfinite(power);
	segment.joules = segment.valid ? power * segment_seconds(&segment) : NAN;
	return profile_add(&meter->windows.padded.profile, &segment);
}

/* Every number of the lattice becomes a segment, with or without a record. */
static int add_windows(struct meter *meter, struct meter_samples samples, const int64_t *number, struct energy *energy)
{
	const struct series *series = meter->windows.padded.series;
	int64_t next = 0;
	for (size_t i = 0; i < samples.n; i++) {
		for (; next < number[i]; next++)
			if (add_window(meter, next, NAN, FLAG_NO_DATA, false) != 0)
				return energy_refuse(energy, "out of memory");
		if (next > number[i])
			continue; /* a second value for one update */
		if (add_window(meter, next++, series->value[samples.first + i], series->flags[samples.first + i], true) != 0)
			return energy_refuse(energy, "out of memory");
	}
	return 0;
}

/* ---- terms ---- */

static double edge_variance(const struct meter *meter)
{
	const struct padded *padded = &meter->windows.padded;
	struct crossing crossing = meter_crossing(meter);
	double up = padded->start_power - padded->pre.power, down = padded->end_power - padded->post.power;
	return fmax(0, (up * up + down * down) * crossing.own - 2 * up * down * crossing.common);
}

static double median_difference(const struct profile *profile, struct span span, double *work)
{
	size_t n = 0;
	for (size_t i = span.first + 1; i < span.end; i++) {
		double d = segment_power(&profile->segments[i]) - segment_power(&profile->segments[i - 1]);
		if (isfinite(d))
			work[n++] = fabs(d);
	}
	return median_of(work, n);
}

/* What z costs within the run, J^2. A fluctuation that is white over a window, density S, costs S z W / (W - z) in each, and
 * neighbours then differ by d with E(d^2) = 2 S / (W - z), beyond the meter's noise: d^2 / 2 W z a window. A step (a difference
 * beyond 5 robust deviations) has no partner to cancel with: dP z / sqrt 6; it shows as two differences whose squares make 2/3
 * of its own on average. A pulse shorter than a window, of energy e, is missed with the probability z / W and else weighs W / (W - z):
 * e^2 z / (W - z); those that are seen show as d = e / (W - z) up and down again, so each d is worth d^2 / 2 W z as above. */
struct inside {
	double steps, pulses, fluctuation;
	size_t differences;
};

static double difference_at(const struct padded *padded, size_t i)
{
	if (i <= padded->inside.first || i >= padded->inside.end)
		return 0;
	return segment_power(&padded->profile.segments[i]) - segment_power(&padded->profile.segments[i - 1]);
}

/* Up and at once down again, or the other way round. */
static bool is_pulse(const struct padded *padded, size_t i)
{
	double d = difference_at(padded, i);
	return fabs(d + difference_at(padded, i - 1)) < fabs(d) / 2 || fabs(d + difference_at(padded, i + 1)) < fabs(d) / 2;
}

static struct inside look_inside(const struct meter *meter, double typical)
{
	const struct padded *padded = &meter->windows.padded;
	double z = meter->unmeasured, width = meter->windows.width, noise = 2 * padded->density.value / width, squares = 0;
	struct inside inside = {.differences = 0};
	for (size_t i = padded->inside.first + 1; i < padded->inside.end; i++) {
		double d = difference_at(padded, i);
		if (!isfinite(d))
			continue;
		if (fabs(d) > 5 * MAD_TO_SD * typical) {
			if (is_pulse(padded, i))
				inside.pulses += d * d / 2 * width * z;
			else
				inside.steps += 1.5 * d * d * z * z / 6;
			continue;
		}
		squares += d * d - noise;
		inside.differences++;
	}
	if (inside.differences > 0)
		inside.fluctuation = fmax(0, squares) / (double)inside.differences / 2 * z * padded->duration;
	return inside;
}

static void unmeasured_terms(const struct meter *meter, struct energy *energy)
{
	const struct padded *padded = &meter->windows.padded;
	size_t n = padded->inside.end - padded->inside.first;
	struct inside inside = {.differences = 0};
	double *work = malloc((n + 1) * sizeof *work);
	if (work)
		inside = look_inside(meter, median_difference(&padded->profile, padded->inside, work));
	free(work);
	/* Without memory no U can be stated. */
	double edges = work ? sqrt(edge_variance(meter) + inside.steps) : NAN, within = sqrt(inside.fluctuation + inside.pulses);
	energy_charge(energy, "zero-cross", 'B', INFINITY, SHARE_NONE, (struct effect){edges, edges, edges});
	energy_charge(energy, "fluctuation", 'A', fmax(1, 2.0 * (double)inside.differences / 3), SHARE_NONE,
		      (struct effect){within, within, within});
}

/* Steps of the display: where noise moves the value over several steps they are part of the noise; else one common error. */
static double quantisation(const struct meter *meter)
{
	double quantum = meter->windows.padded.series->channel->accuracy.quantum;
	double noise = sqrt(meter->windows.padded.density.value / meter->windows.width);
	return noise >= quantum / 2 ? 0 : quantum / sqrt(12) * meter->windows.padded.duration;
}

static void meter_terms(const struct meter *meter, struct energy *energy)
{
	double steps = quantisation(meter);
	unmeasured_terms(meter, energy);
	meter_clock_terms(meter, energy);
	energy_charge(energy, "quantisation", 'B', INFINITY, SHARE_NONE, (struct effect){steps, steps, steps});
}

/* ---- what the flags say ---- */

/* Equal values: energy and window ends were rounded, by less than this. */
static bool equal(double a, double b)
{
	return fabs(a - b) <= 1e-9 * fabs(a);
}

/* The smallest step between neighbouring values seen: a display's quantum that nobody stated. */
static double quantum_seen(const struct profile *profile)
{
	double smallest = INFINITY;
	for (size_t i = 1; i < profile->n; i++) {
		double a = segment_power(&profile->segments[i - 1]), b = segment_power(&profile->segments[i]);
		if (isfinite(a) && isfinite(b) && !equal(a, b))
			smallest = fmin(smallest, fabs(a - b));
	}
	return smallest;
}

/* The longest row of equal values that reaches into the padded bracket. */
static size_t longest_row(const struct padded *padded, size_t first)
{
	size_t longest = 0, row = 1;
	for (size_t i = first + 1; i < padded->s; i++) {
		bool same = equal(segment_power(&padded->profile.segments[i]), segment_power(&padded->profile.segments[i - 1]));
		row = same ? row + 1 : 1;
		if (i >= padded->a && i + 1 - row < padded->b && row > longest)
			longest = row;
	}
	return longest;
}

/* A meter whose noise moves its last digits does not show one value many times: it no longer measures. Without any noise at all
 * that cannot be told from a steady load. */
static void check_stall(const struct meter *meter, struct energy *energy)
{
	const struct padded *padded = &meter->windows.padded;
	size_t first = padded_quiet_before(padded).first, row = longest_row(padded, first);
	double noise = sqrt(padded->density.value / meter->windows.width);
	double stated = padded->series->channel->accuracy.quantum, quantum = stated > 0 ? stated : quantum_seen(&padded->profile);
	if (row >= STALL && isfinite(quantum) && noise > 2 * quantum)
		energy_refuse(energy, "the meter stood still: %zu times the same value", row);
	else if (row >= STALL && row == padded->s - first)
		energy_degrade(energy, "all %zu values are identical: does the meter stand still?", row);
}

void energy_of_windows(const struct series *series, const struct bracket *bracket, const struct energy_options *options,
		       struct energy *energy)
{
	struct meter meter = {.windows = windows_start(series, bracket, options)};
	if (meter_prepare(&meter, add_windows, energy) == 0 && windows_lay(&meter.windows, energy) == 0) {
		windows_terms(&meter.windows, energy);
		meter_terms(&meter, energy);
		meter_judge_flags(&meter, energy);
		check_stall(&meter, energy);
		meter_judge_fall(&meter, energy);
		windows_naive(&meter.windows, energy);
	}
	profile_free(&meter.windows.padded.profile);
}
