#include <math.h>

#include "clock.h"
#include "windows.h"

#define POST_WINDOWS 6 /* the quiet just after B, from which power is extrapolated back to the stop edge */
#define PRE_WINDOWS 10 /* the quiet just before A: not more, for it may still drift */
#define IDLE_MIN 3     /* windows */
#define LEAK 0.15      /* of the stop's step: a window that is off by more still holds energy of the run */

/* ---- geometry ---- */

/* The first segment that ends after `t`. */
static size_t segment_after(const struct profile *profile, int64_t t)
{
	size_t i = 0;
	while (i < profile->n && profile->segments[i].to <= t)
		i++;
	return i;
}

/* A: the last window end before the start edge, by the guard if there is quiet enough, else by what is surely before it. */
static int choose_a(struct windows *windows, struct energy *energy)
{
	struct padded *padded = &windows->padded;
	int64_t safe = padded->margin + padded->bracket->u_start;
	int64_t kept = padded->options->guard > safe ? padded->options->guard : safe;
	for (int attempt = 0; attempt < 2; attempt++) {
		padded->a = segment_after(&padded->profile, padded->bracket->start - (attempt ? safe : kept));
		if (padded->a < padded->profile.n && span_valid(&padded->profile, padded_quiet_before(padded)) > 0)
			return 0;
	}
	return energy_refuse(energy, "too little quiet before the start edge: not one whole window");
}

/* Is segment i still off the level that power has later on, by more than noise and a part of the step can explain? */
static bool off_level(const struct windows *windows, size_t i, double level, double step)
{
	const struct segment *segment = &windows->padded.profile.segments[i];
	double noise = sqrt(windows->padded.density.value / windows->width);
	return segment->valid && fabs(segment_power(segment) - level) > fmax(6 * noise, LEAK * fabs(step));
}

/* B: the first window end after all of the run has passed. The windows up to the guard are looked at: one that still holds the
 * load's power says that latency, lag or edge are not what the bench file claims, and B moves behind it. */
static int choose_b(struct windows *windows, struct energy *energy)
{
	struct padded *padded = &windows->padded;
	const struct bracket *bracket = padded->bracket;
	const struct profile *profile = &padded->profile;
	int64_t safe = bracket->stop + bracket->u_stop + padded->margin + padded->lag + windows->smear;
	padded->b = segment_after(profile, safe - 1) + 1;
	if (padded->b > profile->n || padded_quiet_after(padded).end == padded_quiet_after(padded).first)
		return energy_refuse(energy, "too little quiet after the stop edge: not one whole window");
	size_t guarded = segment_after(profile, safe + padded->options->guard);
	struct span late = profile_span(profile, safe + padded->options->guard, padded->options->quiet_to);
	if (late.end - late.first > POST_WINDOWS)
		late.end = late.first + POST_WINDOWS;
	double level = span_power(profile, late);
	if (isnan(level))
		return 0;
	double step = span_power(profile, padded->inside);
	step = (isnan(step) ? profile->segments[padded->b - 1].joules / windows->width : step) - level;
	for (size_t i = guarded < late.first ? guarded : late.first; i-- > padded->b;)
		if (off_level(windows, i, level, step)) {
			padded->b = i + 1;
			windows->leaked = true;
			break;
		}
	return 0;
}

static void choose_inside(struct windows *windows)
{
	struct padded *padded = &windows->padded;
	const struct bracket *bracket = padded->bracket;
	padded->inside =
		profile_span(&padded->profile, bracket->start + bracket->u_start + padded->margin + padded->lag + windows->smear,
			     bracket->stop - bracket->u_stop - padded->margin);
}

/* ---- levels ---- */

/* Least squares of power on time, which is in s from `origin`. */
struct line {
	double n, mean, slope;
	double centre, spread; /* s, s^2: of the segments' middles */
	double length;         /* s: from the first segment to the last */
	int64_t origin;
};

static double middle(const struct segment *segment, int64_t origin)
{
	return (double)(segment->from - origin + (segment->to - segment->from) / 2) / (double)NS_PER_S;
}

static struct line line_through(const struct profile *profile, struct span span)
{
	const struct segment *segments = profile->segments;
	struct line line = {
		.n = (double)span_valid(profile, span), .mean = span_power(profile, span), .origin = segments[span.first].from};
	double products = 0;
	for (size_t i = span.first; i < span.end; i++)
		if (segments[i].valid)
			line.centre += middle(&segments[i], line.origin) / line.n;
	for (size_t i = span.first; i < span.end; i++)
		if (segments[i].valid) {
			double d = middle(&segments[i], line.origin) - line.centre;
			line.spread += d * d;
			products += d * (segment_power(&segments[i]) - line.mean);
		}
	line.slope = products / line.spread;
	line.length = (double)(segments[span.end - 1].to - line.origin) / (double)NS_PER_S;
	return line;
}

/* The line at the middle of [from, to], with u from the noise of the quiet. An exponential tail e exp(-t / tau) has the slope
 * -e / tau and the curvature slope^2 / e: what a line misses of it, at a distance x from the middle of a stretch of length L, is
 * curvature / 2 (x^2 - L^2 / 12). Returns that as a standard uncertainty; `rest` is the level the tail falls to. */
static double extrapolate(const struct windows *windows, const struct line *line, int64_t from, int64_t to, double rest,
			  struct level *level)
{
	double variance = windows->padded.density.value / windows->width, excess = line->mean - rest;
	double x = (double)(from - line->origin + (to - from) / 2) / (double)NS_PER_S - line->centre;
	level->power = line->mean + line->slope * x;
	level->u = sqrt(variance * (1 / line->n + x * x / line->spread));
	if (fabs(line->slope) <= 2 * sqrt(variance / line->spread) || excess == 0)
		return 0;
	return line->slope * line->slope / fabs(excess) / 2 * fabs(x * x - line->length * line->length / 12) / sqrt(3);
}

/* The quiet before a phase may still fall from what ran before: where it clearly does, its line is followed to the edge. */
static void follow_pre(struct windows *windows)
{
	struct padded *padded = &windows->padded;
	struct span span = padded_quiet_before(padded);
	if (span.end - span.first > PRE_WINDOWS)
		span.first = span.end - PRE_WINDOWS;
	if (span_valid(&padded->profile, span) < 4)
		return;
	struct line line = line_through(&padded->profile, span);
	if (fabs(line.slope) <= 4 * sqrt(padded->density.value / windows->width / line.spread))
		return;
	double rest = isnan(padded->idle.power) ? line.mean : padded->idle.power;
	padded->u_pre_shape =
		extrapolate(windows, &line, padded->profile.segments[padded->a].from, padded->bracket->start, rest, &padded->pre);
}

static void find_post(struct windows *windows)
{
	struct padded *padded = &windows->padded;
	struct span span = padded_quiet_after(padded);
	if (span.end - span.first > POST_WINDOWS)
		span.end = span.first + POST_WINDOWS;
	padded->post = level_of_windows(&padded->profile, span);
	padded->post.nu = padded->density.nu;
	if (padded->post.n >= 3) {
		struct line line = line_through(&padded->profile, span);
		padded->u_post_shape =
			extrapolate(windows, &line, padded->bracket->stop, padded->profile.segments[padded->b - 1].to,
				    isnan(padded->idle.power) ? padded->pre.power : padded->idle.power, &padded->post);
		return;
	}
	/* Too few to see a tail: there may be one of the size of the step between the levels. */
	padded->post.u = sqrt(padded->density.value / windows->width / fmax(1, (double)padded->post.n));
	padded->u_post_shape = fabs(padded->post.power - padded->pre.power) / sqrt(3);
}

static void find_idle(struct padded *padded, struct energy *energy)
{
	const struct energy_options *options = padded->options;
	padded->idle = (struct level){.power = NAN, .u = NAN};
	if (options->idle_from >= options->idle_to)
		return;
	struct span span = profile_span(&padded->profile, options->idle_from + options->guard, options->idle_to - options->guard);
	struct level level = level_of_windows(&padded->profile, span);
	if (level.n >= IDLE_MIN)
		padded->idle = level;
	else
		energy_degrade(energy, "no net: %zu valid windows in the idle window, %d are needed", level.n, IDLE_MIN);
}

/* Noise is what neighbours differ by, in the idle window where there is one, else in the quiet before. */
static int find_pre(struct padded *padded, struct energy *energy)
{
	const struct energy_options *options = padded->options;
	struct span idle = profile_span(&padded->profile, options->idle_from + options->guard, options->idle_to - options->guard);
	struct span before = padded_quiet_before(padded);
	bool longer = options->idle_from < options->idle_to && idle.end - idle.first > before.end - before.first;
	padded->density = density_of(&padded->profile, longer ? idle : before, 0);
	if (before.end - before.first > PRE_WINDOWS)
		before.first = before.end - PRE_WINDOWS;
	padded->pre = level_of_windows(&padded->profile, before);
	if (isnan(padded->density.value) && padded->pre.n >= 2) /* two windows: their one difference */
		padded->density = (struct density){
			.value = padded->pre.u * padded->pre.u * span_seconds(&padded->profile, before), .nu = 1};
	if (isnan(padded->density.value))
		return energy_refuse(energy, "too little quiet before the start edge: one whole window, and no idle window");
	if (padded->pre.n < 2)
		padded->pre.u = sqrt(padded->density.value / span_seconds(&padded->profile, before));
	return 0;
}

static void find_slices(struct padded *padded)
{
	const struct segment *segments = padded->profile.segments;
	padded->slice_pre = (double)(padded->bracket->start - segments[padded->a].from) / (double)NS_PER_S;
	padded->slice_post = (double)(segments[padded->b - 1].to - padded->bracket->stop) / (double)NS_PER_S;
}

/* ---- all of it ---- */

struct windows windows_start(const struct series *series, const struct bracket *bracket, const struct energy_options *options)
{
	return (struct windows){.padded = {.series = series,
					   .bracket = bracket,
					   .options = options,
					   .lag = supply_lag_of(series, options),
					   .duration = (double)(bracket->stop - bracket->start) / (double)NS_PER_S}};
}

int windows_lay(struct windows *windows, struct energy *energy)
{
	struct padded *padded = &windows->padded;
	choose_inside(windows);
	if (choose_a(windows, energy) != 0 || find_pre(padded, energy) != 0 || choose_b(windows, energy) != 0)
		return -1;
	padded->s = padded_quiet_after(padded).end;
	find_slices(padded);
	if (padded_holes(padded, energy) != 0)
		return -1;
	find_idle(padded, energy);
	follow_pre(windows);
	find_post(windows);
	padded_load(padded);
	padded_values(padded, energy);
	padded_terms(padded, energy);
	return 0;
}

void windows_terms(const struct windows *windows, struct energy *energy)
{
	const struct padded *padded = &windows->padded;
	const struct segment *segments = padded->profile.segments;
	double bracketed = (double)(segments[padded->b - 1].to - segments[padded->a].from) / (double)NS_PER_S;
	double settled = (double)(segments[padded->s - 1].to - segments[padded->a].from) / (double)NS_PER_S;
	double noise = sqrt(padded->density.value * bracketed), noise_caused = sqrt(padded->density.value * settled);
	energy_charge(energy, "noise", 'A', padded->density.nu, SHARE_NONE, (struct effect){noise, noise, noise_caused});
	if (windows->leaked) {
		double leak = fabs(padded->post.power - padded->pre.power) * padded->slice_post / sqrt(3);
		energy_charge(energy, "leak", 'B', INFINITY, SHARE_ABSOLUTE, (struct effect){leak, leak, 0});
		energy_degrade(energy,
			       "power was not quiet right after the stop edge: is latency, supply lag or the trigger wrong?");
	}
}

void windows_naive(const struct windows *windows, struct energy *energy)
{
	const struct padded *padded = &windows->padded;
	const struct bracket *bracket = padded->bracket;
	energy->naive_mean =
		span_power(&padded->profile, profile_span(&padded->profile, bracket->start, bracket->stop)) * padded->duration;
	energy->naive_prorata = 0;
	for (size_t i = padded->a; i < padded->b; i++) {
		const struct segment *segment = &padded->profile.segments[i];
		int64_t from = segment->from > bracket->start ? segment->from : bracket->start;
		int64_t to = segment->to < bracket->stop ? segment->to : bracket->stop;
		if (to > from)
			energy->naive_prorata += segment->joules * (double)(to - from) / (double)(segment->to - segment->from);
	}
}
