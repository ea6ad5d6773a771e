#include <math.h>

#include "clock.h"
#include "statistics.h"
#include "windows.h"

#define POST_WINDOWS 6 /* the quiet just after B, from which power is extrapolated back to the stop edge */
#define PRE_WINDOWS 10 /* the quiet just before A: not more, for it may still drift */
#define POST_MIN 3     /* to see a tail in it */
#define LAGS 3         /* a store that empties exponentially has a twentieth left after so many of its lags */
#define LEAK 0.005     /* s: a window that holds more of the stop's step than in so long a time holds energy of the run… */
#define LINGERS 0.002  /* s: of the step, in all of them together, that B waits for */
#define LEAK_MIN 0.015 /* …but a tail explains this part of the step, in each window… */
#define LEAK_MAX 0.05  /* …and not this one */

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

/* B: the first window end after all of the run has passed, by what bench file and trigger claim. If power is not quiet there,
 * latency, lag or edge are others: then the first one after the guard as well. Here the later of the two, as far as there is
 * quiet enough to know a level behind it. */
static int choose_b(struct windows *windows, struct energy *energy)
{
	struct padded *padded = &windows->padded;
	const struct bracket *bracket = padded->bracket;
	const struct profile *profile = &padded->profile;
	int64_t safe = bracket->stop + bracket->u_stop + padded->margin + LAGS * padded->lag + windows->smear;
	size_t first = segment_after(profile, safe - 1) + 1;
	padded->b = segment_after(profile, safe + padded->options->guard - 1) + 1;
	if (padded->b > profile->n || span_valid(profile, padded_quiet_after(padded)) < POST_MIN)
		padded->b = first;
	if (padded->b > profile->n || padded_quiet_after(padded).end == padded_quiet_after(padded).first)
		return energy_refuse(energy, "too little quiet after the stop edge: not one whole window");
	windows->quiet = first;
	return 0;
}

static void choose_inside(struct windows *windows)
{
	struct padded *padded = &windows->padded;
	const struct bracket *bracket = padded->bracket;
	padded->inside =
		profile_span(&padded->profile, bracket->start + bracket->u_start + padded->margin + LAGS * padded->lag + windows->smear,
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

/* What noise cannot explain of the distance between a window and a level of many, W: one in ten million. Noise that is known from a
 * few values only has long tails. */
static double not_noise(const struct padded *padded, double width)
{
	double noise = sqrt(padded->density.value / width) * statistics_t_quantile(1 - 1e-7, padded->density.nu);
	return fmax(padded->options->tail_settled, noise);
}

/* Energy between the run and B above the level that power has later on, J, in windows that are off it by more than noise and a
 * part of the step can explain. Late windows that fall lead back to higher levels. */
static void look_for_leak(struct windows *windows)
{
	const struct padded *padded = &windows->padded;
	struct span late = padded_quiet_after(padded);
	if (late.end - late.first > POST_WINDOWS)
		late.end = late.first + POST_WINDOWS;
	double level = span_power(&padded->profile, late), load = span_power(&padded->profile, padded->inside);
	if (isnan(level) || windows->quiet >= padded->b)
		return;
	if (isnan(load))
		load = padded->profile.segments[windows->quiet - 1].joules / windows->width;
	double part = fmin(LEAK_MAX, fmax(LEAK_MIN, LEAK / windows->width));
	double limit = fmax(not_noise(padded, windows->width), part * fabs(load - level));
	struct line line = line_through(&padded->profile, late);
	double rest = 0;
	bool falls = line.n >= POST_MIN && line.slope * (level - load) > 0;
	for (size_t i = windows->quiet; i < padded->b; i++) {
		const struct segment *segment = &padded->profile.segments[i];
		double expected = level + (falls ? line.slope * (middle(segment, line.origin) - line.centre) : 0);
		double off = segment_power(segment) - expected;
		if (segment->valid && fabs(off) > limit)
			windows->leak += off * windows->width;
		rest += segment->valid ? off * windows->width : 0;
	}
	double noise = 3 * sqrt(padded->density.value * windows->width * (double)(padded->b - windows->quiet) * 2);
	windows->lingers = windows->leak != 0 || rest > noise + LINGERS * fmax(0, load - level);
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

/* The windows of the guard, surely before the start edge, have the level of the quiet before them; else something began to draw
 * power there that is no part of the run, or the start is earlier than thought. */
static void look_for_early(struct windows *windows)
{
	const struct padded *padded = &windows->padded;
	double limit = not_noise(padded, windows->width);
	int64_t sure = padded->bracket->start - padded->bracket->u_start - padded->margin;
	for (size_t i = padded->a; i < padded->b && padded->profile.segments[i].to <= sure; i++) {
		const struct segment *segment = &padded->profile.segments[i];
		double off = segment_power(segment) - padded->pre.power;
		if (!segment->valid || fabs(off) <= limit)
			continue;
		windows->early += off * windows->width;
		windows->early_power = off;
	}
}

static void find_post(struct windows *windows)
{
	struct padded *padded = &windows->padded;
	struct span span = padded_quiet_after(padded);
	if (span.end - span.first > POST_WINDOWS)
		span.end = span.first + POST_WINDOWS;
	padded->post = level_of_windows(&padded->profile, span);
	padded->post.nu = padded->density.nu;
	if (padded->post.n >= POST_MIN) {
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
	look_for_leak(windows);
	if (!windows->lingers)
		padded->b = windows->quiet;
	padded->s = padded_quiet_after(padded).end;
	find_slices(padded);
	if (padded_holes(padded, energy) != 0)
		return -1;
	padded_idle(padded, level_of_windows, energy);
	follow_pre(windows);
	look_for_early(windows);
	find_post(windows);
	padded_load(padded);
	padded_values(padded, energy);
	padded_terms(padded, energy);
	return 0;
}

/* If it stays it belongs to the baseline, which net then has too low, or too high, by all of it. */
static void early_term(const struct windows *windows, struct energy *energy)
{
	const struct padded *padded = &windows->padded;
	double early = windows->early / sqrt(3), power = windows->early_power / sqrt(3);
	double until = (double)(padded->profile.segments[padded->s - 1].to - padded->bracket->start) / (double)NS_PER_S;
	if (windows->early == 0)
		return;
	energy_charge(energy, "early", 'B', INFINITY, SHARE_ABSOLUTE,
		      (struct effect){early, hypot(early, power * padded->duration), hypot(early, power * until)});
	energy_degrade(energy, "power was not quiet right before the start edge: it changed by %+.2f W", windows->early_power);
}

void windows_terms(const struct windows *windows, struct energy *energy)
{
	const struct padded *padded = &windows->padded;
	const struct segment *segments = padded->profile.segments;
	double bracketed = (double)(segments[padded->b - 1].to - segments[padded->a].from) / (double)NS_PER_S;
	double settled = (double)(segments[padded->s - 1].to - segments[padded->a].from) / (double)NS_PER_S;
	double noise = sqrt(padded->density.value * bracketed), noise_caused = sqrt(padded->density.value * settled);
	energy_charge(energy, "noise", 'A', padded->density.nu, SHARE_NONE, (struct effect){noise, noise, noise_caused});
	if (windows->leak != 0) {
		double leak = windows->leak / sqrt(3);
		energy_charge(energy, "leak", 'B', INFINITY, SHARE_ABSOLUTE, (struct effect){leak, leak, 0});
		energy_degrade(energy,
			       "power was not quiet right after the stop edge: is latency, supply lag or the trigger wrong?");
	}
	early_term(windows, energy);
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
