/*
 * Energy of point samples of power: trapezoids, gathered into short segments of equal length over which the padded bracket is
 * laid. Point samples of a slow meter alias: below 1 kHz the result is marked and charged for it.
 */
#include <math.h>

#include "clock.h"
#include "kinds.h"
#include "windows.h"

#define FAST_ENOUGH NS_PER_MS /* science: point samples below about 1 kHz are not to be trusted */
#define SEGMENT_MIN (100 * NS_PER_MS)      /* as meters' windows: what the load does within, and for longer than a sample, is noise to a level */
#define SEGMENT_HOLED (10 * NS_PER_MS)     /* where samples are missing: a hole costs no more of the run than this */
#define SEGMENT_SAMPLES 4
#define HOLE 1.5 /* steps between neighbours beyond which samples are missing */

struct instants {
	struct windows windows;
	int64_t step, length; /* ns: between samples; of a segment */
	size_t next;          /* first sample not before the segment being built */
};

static bool usable(const struct series *series, size_t i)
{
	return !(series->flags[i] & FLAG_INVALID) && isfinite(series->value[i]);
}

static int64_t time_of(const struct series *series, size_t i)
{
	return series->t[i] - series->channel->latency;
}

/* The straight line through samples i and j, at t. */
static double between(const struct series *series, size_t i, size_t j, int64_t t)
{
	double part = (double)(t - time_of(series, i)) / (double)(time_of(series, j) - time_of(series, i));
	return series->value[i] + part * (series->value[j] - series->value[i]);
}

static double trapezoid(const struct series *series, size_t i, size_t j, int64_t from, int64_t to)
{
	double a = between(series, i, j, from), b = between(series, i, j, to);
	return (a + b) / 2 * (double)(to - from) / (double)NS_PER_S;
}

/* Nothing is known between sample i and the next. */
static bool is_hole(const struct instants *instants, size_t i)
{
	const struct series *series = instants->windows.padded.series;
	bool far = (double)(time_of(series, i + 1) - time_of(series, i)) > HOLE * (double)instants->step;
	return far || !usable(series, i) || !usable(series, i + 1);
}

static bool has_holes(const struct instants *instants, const struct bracket *bracket)
{
	const struct series *series = instants->windows.padded.series;
	for (size_t i = 0; i + 1 < series->n; i++)
		if (time_of(series, i + 1) > bracket->start && time_of(series, i) < bracket->stop && is_hole(instants, i))
			return true;
	return false;
}

static int64_t segment_length(const struct instants *instants, const struct bracket *bracket)
{
	int64_t least = has_holes(instants, bracket) ? SEGMENT_HOLED : SEGMENT_MIN, samples = SEGMENT_SAMPLES * instants->step;
	return samples > least ? samples : least;
}

/* Integral of the sample line over [from, from + length]; NAN if a hole touches it. Moves `next` along. */
static double integrate(struct instants *instants, int64_t from)
{
	const struct series *series = instants->windows.padded.series;
	int64_t to = from + instants->length;
	double joules = 0;
	size_t i = instants->next;
	while (i + 1 < series->n && time_of(series, i + 1) <= from)
		i++;
	instants->next = i;
	for (; i + 1 < series->n && time_of(series, i) < to; i++) {
		int64_t a = time_of(series, i), b = time_of(series, i + 1);
		if (is_hole(instants, i))
			return NAN;
		joules += trapezoid(series, i, i + 1, a > from ? a : from, b < to ? b : to);
	}
	return joules;
}

static int check_times(const struct instants *instants, struct energy *energy)
{
	const struct series *series = instants->windows.padded.series;
	if (series->n < 2 || instants->step <= 0)
		return energy_refuse(energy, "too few samples");
	for (size_t i = 1; i < series->n; i++)
		if (series->t[i] <= series->t[i - 1])
			return energy_refuse(energy, "the samples' time does not move on");
	return 0;
}

static int64_t earliest(const struct energy_options *options)
{
	bool idle = options->idle_from < options->idle_to && options->idle_from < options->quiet_from;
	return idle ? options->idle_from : options->quiet_from;
}

static int build(struct instants *instants, struct energy *energy)
{
	const struct padded *padded = &instants->windows.padded;
	const struct series *series = padded->series;
	int64_t from = earliest(padded->options), first = time_of(series, 0), last = time_of(series, series->n - 1);
	from = first > from ? first : from;
	last = last < padded->options->quiet_to ? last : padded->options->quiet_to;
	if ((last - from) / instants->length > 16 * (int64_t)series->n + 1024)
		return energy_refuse(energy, "the meter was silent for most of the time");
	for (; from + instants->length <= last; from += instants->length) {
		double joules = integrate(instants, from);
		struct segment segment = {.from = from,
					  .to = from + instants->length,
					  .joules = joules,
					  .valid = isfinite(joules),
					  .recorded = false};
		if (profile_add(&instants->windows.padded.profile, &segment) != 0)
			return energy_refuse(energy, "out of memory");
	}
	return padded->profile.n > 0 ? 0 : energy_refuse(energy, "no samples");
}

/* Scatter of the samples in the bracket about their segments is not kept; neighbours' differences say how fast power moves. */
static double sample_scatter(const struct series *series, const struct bracket *bracket, double *n)
{
	double sum = 0, squares = 0;
	*n = 0;
	for (size_t i = 0; i < series->n; i++)
		if (usable(series, i) && time_of(series, i) >= bracket->start && time_of(series, i) <= bracket->stop) {
			sum += series->value[i];
			(*n)++;
		}
	for (size_t i = 0; i < series->n; i++)
		if (usable(series, i) && time_of(series, i) >= bracket->start && time_of(series, i) <= bracket->stop)
			squares += (series->value[i] - sum / *n) * (series->value[i] - sum / *n);
	return *n > 1 ? sqrt(squares / (*n - 1)) : 0;
}

/* A step dP somewhere between two samples h apart is drawn as a slope over both: dP h / sqrt 12 each. Slow samples see a
 * fluctuating power at random: its standard deviation over sqrt n. */
static void sampling_terms(const struct instants *instants, struct energy *energy)
{
	const struct padded *padded = &instants->windows.padded;
	double up = padded->start_power - padded->pre.power, down = padded->end_power - padded->post.power, n;
	double edges = hypot(up, down) * (double)instants->step / (double)NS_PER_S / sqrt(12);
	double phase = (double)padded->series->channel->u_latency / (double)NS_PER_S / sqrt(3) *
		       (padded->post.power - padded->pre.power);
	energy_charge(energy, "sampling", 'B', INFINITY, SHARE_NONE, (struct effect){edges, edges, edges});
	energy_charge(energy, "window-phase", 'B', INFINITY, SHARE_ABSOLUTE, (struct effect){phase, phase, 0});
	if (instants->step <= FAST_ENOUGH)
		return;
	double alias = sample_scatter(padded->series, padded->bracket, &n) * padded->duration / sqrt(fmax(1, n));
	energy_charge(energy, "aliasing", 'A', fmax(1, n - 1), SHARE_NONE, (struct effect){alias, alias, alias});
	energy_degrade(energy, "point samples each %.3g ms miss what happens between them; 1 kHz is needed",
		       (double)instants->step / (double)NS_PER_MS);
}

/* The largest half-width of the samples' own times in the bracket, s. */
static double time_u(const struct padded *padded)
{
	const struct series *series = padded->series;
	const struct segment *segments = padded->profile.segments;
	int64_t from = segments[padded->a].from, to = segments[padded->b - 1].to, u = 0;
	for (size_t i = 0; i < series->n; i++)
		if (time_of(series, i) >= from && time_of(series, i) <= to && series->u_t[i] > u)
			u = series->u_t[i];
	return (double)u / (double)NS_PER_S;
}

/* Samples that lie elsewhere than their times say move what lies between the levels across an edge. Those that may lie beyond the guard
 * are of an unknown side. */
static void time_terms(const struct instants *instants, struct energy *energy)
{
	const struct padded *padded = &instants->windows.padded;
	double up = padded->start_power - padded->pre.power, down = padded->end_power - padded->post.power, u_t = time_u(padded);
	double u = hypot(up, down) * u_t / sqrt(3);
	if (u_t * (double)NS_PER_S > (double)padded->options->guard) {
		energy_refuse(energy, "the samples' times are known to %.3g s only", u_t);
		return;
	}
	energy_charge(energy, "sample-time", 'B', INFINITY, SHARE_NONE, (struct effect){u, u, u});
}

void energy_of_instants(const struct series *series, const struct bracket *bracket, const struct energy_options *options,
			struct energy *energy)
{
	struct instants instants = {.windows = windows_start(series, bracket, options), .step = series->channel->refresh};
	struct padded *padded = &instants.windows.padded;
	instants.length = segment_length(&instants, bracket);
	instants.windows.width = (double)instants.length / (double)NS_PER_S;
	padded->margin = series->channel->u_latency + instants.step;
	if (check_times(&instants, energy) == 0 && build(&instants, energy) == 0 && windows_lay(&instants.windows, energy) == 0) {
		windows_terms(&instants.windows, energy);
		sampling_terms(&instants, energy);
		time_terms(&instants, energy);
	}
	profile_free(&padded->profile);
}
