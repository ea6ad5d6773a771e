/*
 * Energy of a cumulative counter: differences of its native counts, exact across its wraps, and the slopes of the quiet for the
 * short slices between an edge and the read next to it.
 */
#include <math.h>

#include "clock.h"
#include "kinds.h"
#include "padded.h"

#define POST_NS NS_PER_S /* the quiet after B from which its slope is taken, or two of its register's steps */
#define AFTERMATH 3e-4   /* s: for so long the load, or who clears up behind it, may go on drawing power after the stop edge */
#define AFTERMATH_STEPS 64
#define LONG_READ 20     /* update steps: shorter intervals show the register's steps rather than power */
#define STALL_WAITS 4    /* times a usual wait: longer ones are no wait for the next step */
#define STALL_STEPS 10   /* times what a step of the register should take at the power of the quiet */
#define STALL_MOVES 16   /* fewer do not show how the counter goes */
#define STALL_ASIDE 2    /* the longest waits of the quiet, which may be stalls themselves */

struct reads {
	struct padded padded;
	int64_t latency;
	double scale;  /* J per native count */
	uint64_t wrap; /* native counts; 0: never */
	double jitter; /* s: the register's update step */
	size_t implausible, resets, silences;
	int64_t u_a, u_b; /* half-widths of the reads A and B */
};

static double seconds(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

static double quantum_of(const struct reads *reads)
{
	const struct series *series = reads->padded.series;
	return fmax(series->channel->accuracy.quantum, series->count ? reads->scale : 0);
}

/* ---- reads to segments ---- */

struct step {
	double joules;
	bool forward; /* false: it went back, and cannot wrap */
	bool wrapped;
};

/* From read i to read j, by integers: (c_j - c_i) mod wrap. */
static struct step step_between(const struct reads *reads, size_t i, size_t j)
{
	const struct series *series = reads->padded.series;
	if (!series->count)
		return (struct step){series->value[j] - series->value[i], series->value[j] >= series->value[i], false};
	uint64_t a = series->count[i], b = series->count[j];
	if (b >= a)
		return (struct step){(double)(b - a) * reads->scale, true, false};
	if (reads->wrap == 0 || a >= reads->wrap)
		return (struct step){NAN, false, false};
	return (struct step){(double)(reads->wrap - a + b) * reads->scale, true, true};
}

static double reads_apart(const struct reads *reads, size_t i, size_t j)
{
	return seconds(reads->padded.series->t[j] - reads->padded.series->t[i]);
}

/* Could the channel's greatest power have moved the counter from i to j? Without that figure more than half a turn is a step
 * back, not a step forward. */
static bool plausible(const struct reads *reads, size_t i, size_t j)
{
	const struct series *series = reads->padded.series;
	struct step step = step_between(reads, i, j);
	double most = series->channel->power_max;
	if (!step.forward)
		return false;
	if (!(most > 0))
		return reads->wrap == 0 || step.joules <= (double)(reads->wrap / 2) * reads->scale;
	double slack = reads->jitter + seconds(series->u_t[i] + series->u_t[j]);
	return step.joules <= most * (reads_apart(reads, i, j) + slack) + quantum_of(reads);
}

/* A silence in which the counter may have turned right round: what it says afterwards is ambiguous. */
static bool ambiguous(const struct reads *reads, size_t i, size_t j)
{
	double most = reads->padded.series->channel->power_max;
	return reads->wrap > 0 && most > 0 && reads_apart(reads, i, j) * most >= (double)reads->wrap * reads->scale;
}

static bool readable(const struct series *series, size_t i)
{
	return !(series->flags[i] & FLAG_INVALID) && (series->count || isfinite(series->value[i]));
}

static size_t next_readable(const struct series *series, size_t i)
{
	do
		i++;
	while (i < series->n && !readable(series, i));
	return i;
}

/* `recorded` tells the two kinds of unusable segments apart: a reset was seen, a silence was not. */
static int add_interval(struct reads *reads, size_t i, size_t j, bool valid, bool recorded)
{
	const struct series *series = reads->padded.series;
	struct step step = step_between(reads, i, j);
	struct segment segment = {.from = series->t[i] - reads->latency,
				  .to = series->t[j] - reads->latency,
				  .joules = valid ? step.joules : NAN,
				  .flags = series->flags[j],
				  .valid = valid,
				  .recorded = recorded,
				  .begin = i,
				  .end = j};
	return profile_add(&reads->padded.profile, &segment);
}

enum verdict { TAKE, DROP_LATER, DROP_EARLIER, RESET };

/* Two reads that contradict each other: the one after them is the witness. */
static enum verdict judge_reads(const struct reads *reads, size_t a, size_t b)
{
	size_t c = next_readable(reads->padded.series, b);
	if (plausible(reads, a, b))
		return TAKE;
	if (c >= reads->padded.series->n || plausible(reads, a, c) || !plausible(reads, b, c))
		return DROP_LATER;
	return reads->padded.profile.n == 0 ? DROP_EARLIER : RESET;
}

static int build(struct reads *reads, struct energy *energy)
{
	const struct series *series = reads->padded.series;
	size_t a = 0;
	while (a < series->n && !readable(series, a))
		a++;
	if (a == series->n)
		return energy_refuse(energy, "no valid reading of the counter");
	for (size_t b = next_readable(series, a); b < series->n; b = next_readable(series, b)) {
		if (series->t[b] <= series->t[a])
			return energy_refuse(energy, "the samples' time does not move on");
		bool silent = ambiguous(reads, a, b);
		enum verdict verdict = silent ? TAKE : judge_reads(reads, a, b);
		reads->implausible += verdict != TAKE;
		reads->resets += verdict == RESET;
		if (verdict == DROP_LATER)
			continue;
		if (verdict != DROP_EARLIER && add_interval(reads, a, b, verdict == TAKE && !silent, verdict == RESET) != 0)
			return energy_refuse(energy, "out of memory");
		a = b;
	}
	return 0;
}

/* ---- geometry ---- */

/* A: the last read before the start edge. The read that the edge asked for comes surely before it, though perhaps by less than
 * the edge is known to: register_terms charges that. */
static int choose_a(struct reads *reads, struct energy *energy)
{
	struct padded *padded = &reads->padded;
	const struct profile *profile = &padded->profile;
	int64_t start = padded->bracket->start - padded->margin;
	if (profile->n == 0 || profile->segments[0].from > start)
		return energy_refuse(energy, "the counter was not read before the start edge");
	while (padded->a + 1 < profile->n && profile->segments[padded->a + 1].from <= start)
		padded->a++;
	if (profile->segments[padded->a].from < padded->options->quiet_from)
		return energy_refuse(energy, "the counter was not read in the quiet before the start edge");
	return 0;
}

static int choose_b(struct reads *reads, struct energy *energy)
{
	struct padded *padded = &reads->padded;
	const struct profile *profile = &padded->profile;
	int64_t stop = padded->bracket->stop + padded->margin + padded->lag;
	padded->b = padded->a;
	while (padded->b < profile->n && profile->segments[padded->b].to < stop)
		padded->b++;
	if (padded->b == profile->n)
		return energy_refuse(energy, "the counter was not read after the stop edge");
	padded->b++;
	if (profile->segments[padded->b - 1].to > padded->options->quiet_to)
		return energy_refuse(energy, "the counter was not read in the quiet after the stop edge");
	return 0;
}

/* What a counter counted while its input left its range is in all later counts, too little. */
static bool left_range(const struct reads *reads)
{
	const struct padded *padded = &reads->padded;
	for (size_t i = padded->profile.segments[padded->a].begin; i <= padded->profile.segments[padded->b - 1].end; i++)
		if (padded->series->flags[i] & FLAG_OVER_RANGE)
			return true;
	return false;
}

static int check_bracket(const struct reads *reads, struct energy *energy)
{
	const struct padded *padded = &reads->padded;
	double joules = 0;
	if (left_range(reads))
		return energy_refuse(energy, "the counter's input left its range within the bracket");
	for (size_t i = padded->a; i < padded->b; i++) {
		const struct segment *segment = &padded->profile.segments[i];
		if (!segment->valid && segment->recorded)
			return energy_refuse(energy, "the counter was reset within the bracket");
		if (!segment->valid)
			return energy_refuse(energy,
					     "ambiguous: the counter was not read for %.1f s, in which it may have wrapped",
					     segment_seconds(segment));
		joules += segment->joules;
	}
	if (joules == 0 && padded->duration > 10 * reads->jitter)
		return energy_refuse(energy, "the counter stands still");
	return 0;
}

/* ---- standstills ---- */

/* How long the counter waits for its next step where nothing runs, and for how long it showed one count at all. */
struct waits {
	double standstill;               /* s: the longest between reads of one count, in the bracket or its quiet */
	double longest[STALL_ASIDE + 1]; /* s: from one move to the next, in the quiet alone; falling */
	double joules, seconds;          /* of the quiet */
	size_t moves;
};

static bool is_quiet(const struct padded *padded, size_t i)
{
	const struct segment *segment = &padded->profile.segments[i];
	const struct energy_options *options = padded->options;
	bool beside = i < padded->a ? segment->from >= options->quiet_from : i >= padded->b && i < padded->s;
	return beside || (segment->from >= options->idle_from && segment->to <= options->idle_to);
}

static void add_wait(struct waits *waits, double wait)
{
	for (size_t i = 0; i < sizeof waits->longest / sizeof *waits->longest; i++) {
		double longer = fmax(wait, waits->longest[i]);
		wait = fmin(wait, waits->longest[i]);
		waits->longest[i] = longer;
	}
	waits->moves++;
}

static struct waits find_waits(const struct padded *padded)
{
	struct waits waits = {.moves = 0};
	double still = 0; /* s */
	for (size_t i = 0; i < padded->s; i++) {
		const struct segment *segment = &padded->profile.segments[i];
		bool quiet = is_quiet(padded, i), looked_at = quiet || (i >= padded->a && i < padded->b);
		double length = segment_seconds(segment);
		if (!looked_at || !segment->valid) {
			still = 0;
			continue;
		}
		waits.joules += quiet ? segment->joules : 0;
		waits.seconds += quiet ? length : 0;
		if (segment->joules != 0 && quiet)
			add_wait(&waits, still + length);
		still = segment->joules != 0 ? 0 : still + length;
		waits.standstill = fmax(waits.standstill, still);
	}
	return waits;
}

/* A counter that shows one count for far longer than it takes to its next step at the power of the quiet, the least that is drawn, is
 * not counting: what was drawn meanwhile is lost, or comes later, maybe beyond an edge. How long it takes is what it took elsewhere
 * in the quiet; few and far moves (great steps, a core that sleeps, a domain that nobody uses) show nothing to hold it against. */
static int check_stall(const struct reads *reads, struct energy *energy)
{
	struct waits waits = find_waits(&reads->padded);
	double usual = waits.longest[STALL_ASIDE], step = quantum_of(reads) * waits.seconds / waits.joules + reads->jitter;
	if (waits.moves < STALL_MOVES || !(waits.standstill > STALL_WAITS * usual) || !(waits.standstill > STALL_STEPS * step))
		return 0;
	return energy_refuse(energy, "the counter stood still for %.2g s, though it moves every %.2g s when idle", waits.standstill, usual);
}

/* ---- levels ---- */

static void find_pre(struct padded *padded)
{
	const struct energy_options *options = padded->options;
	int64_t a = padded->profile.segments[padded->a].from;
	struct span span = profile_span(&padded->profile, options->quiet_from + options->guard, a);
	if (span.end == span.first)
		span = profile_span(&padded->profile, options->quiet_from, a);
	padded->pre = level_of_reads(&padded->profile, span);
}

static void find_post(struct reads *reads)
{
	struct padded *padded = &reads->padded;
	int64_t enough = 2 * padded->series->channel->update_jitter > POST_NS ? 2 * padded->series->channel->update_jitter : POST_NS;
	int64_t b = padded->profile.segments[padded->b - 1].to, end = padded->options->quiet_to;
	struct span span = profile_span(&padded->profile, b, end);
	padded->s = span.end > padded->b ? span.end : padded->b;
	struct span first = profile_span(&padded->profile, b, b + enough < end ? b + enough : end);
	padded->post = level_of_reads(&padded->profile, first.end > first.first ? first : span);
}

/* A slope of too few reads has no scatter to judge it by, and a missing one is taken from the other side: what they may be off
 * by is bounded by the greater of them. */
static void complete_levels(struct padded *padded)
{
	double greatest = fmax(fabs(padded->pre.power), fabs(padded->post.power));
	if (isnan(padded->post.power))
		padded->post.power = padded->pre.power;
	if (isnan(padded->pre.u)) {
		padded->pre.u = greatest / sqrt(3);
		padded->pre.nu = INFINITY;
	}
	if (isnan(padded->post.u)) {
		padded->post.u = greatest / sqrt(3);
		padded->post.nu = INFINITY;
	}
	if (isnan(padded->density.value))
		padded->density = (struct density){.value = 0, .nu = INFINITY};
}

/* ---- the register's steps ---- */

/* A read shows the register as it was up to J earlier, l uniform in [0, J]. At A, before the start edge, that is P_pre l. At B,
 * d after the stop edge, it is P_post l, and dP (l - d) more when l > d: the load's last energy is not shown yet. So
 * E(A, B) - truth = P_pre l_A - g(l_B), g(l) = P_post l + dP max(0, l - d). */
struct behind {
	double mean, u; /* J */
};

static struct behind behind_at_stop(double jitter, double post, double step, double d)
{
	double rest = fmax(0, jitter - d), late = 0;
	if (!(jitter > 0))
		return (struct behind){0, 0};
	if (rest > 0) /* E[l (l - d)+] */
		late = ((pow(jitter, 3) - pow(d, 3)) / 3 - d * (jitter * jitter - d * d) / 2) / jitter;
	double mean = post * jitter / 2 + step * rest * rest / (2 * jitter);
	double square = post * post * jitter * jitter / 3 + 2 * post * step * late + step * step * pow(rest, 3) / (3 * jitter);
	return (struct behind){mean, sqrt(fmax(0, square - mean * mean))};
}

static double after_stop(const struct padded *padded)
{
	return fmax(0, padded->slice_post - seconds(padded->lag));
}

/* What of the load's power lasts for a random part of AFTERMATH, a, behind the stop edge the read B shows: min(a, d - l), if l < d. Per
 * watt of it. */
static struct behind aftermath_shown(double jitter, double d)
{
	double sum = 0, squares = 0;
	for (int i = 0; i < AFTERMATH_STEPS; i++) {
		double s = d - jitter * (i + 0.5) / AFTERMATH_STEPS;
		if (s <= 0)
			continue;
		sum += s < AFTERMATH ? s - s * s / (2 * AFTERMATH) : AFTERMATH / 2;
		squares += s < AFTERMATH ? s * s - 2 * s * s * s / (3 * AFTERMATH) : AFTERMATH * AFTERMATH / 3;
	}
	double mean = sum / AFTERMATH_STEPS;
	return (struct behind){mean, sqrt(fmax(0, squares / AFTERMATH_STEPS - mean * mean))};
}

/* Nobody measured the power of the last milliseconds: the last interval between reads says what it was on average, while whatever
 * ended there was on a CPU. Nor does the load stop to draw at once: the kernel clears up, and the launcher and joulerig wake, while
 * the slice up to B passes; where that is shown, none of the load's end is missing. Neither exceeds the highest power seen in the
 * bracket. */
static double highest_power(const struct reads *reads)
{
	const struct padded *padded = &reads->padded;
	double highest = padded->end_power;
	for (size_t i = padded->a; i < padded->b; i++) {
		const struct segment *segment = &padded->profile.segments[i];
		if (segment->valid && segment_seconds(segment) > LONG_READ * reads->jitter)
			highest = fmax(highest, segment->joules / segment_seconds(segment));
	}
	return highest;
}

static double stop_power_u(const struct reads *reads, double u_known, double d)
{
	const struct padded *padded = &reads->padded;
	double post = padded->post.power, above = fmax(0, highest_power(reads) - post), unseen = highest_power(reads) - padded->end_power;
	double rest = fmax(0, reads->jitter - d), unshown = reads->jitter > 0 ? rest * rest / (2 * reads->jitter) : 0;
	double most = behind_at_stop(reads->jitter, post, above, d).u; /* if the highest power lasted to the edge */
	double spread = sqrt(fmax(0, most * most - u_known * u_known));
	struct behind shown = aftermath_shown(reads->jitter, d);
	double aftermath = above * sqrt(shown.u * shown.u + 2 * shown.mean * unshown);
	return hypot(spread, hypot(unseen * unshown / sqrt(3), aftermath));
}

/* The reads' own times, and the edges against them: an edge that may lie beyond its read by `over` leaves load on the wrong side.
 * `exposed` is the power that a shift of B sees, W. */
static void read_terms(const struct reads *reads, double d, double exposed, struct energy *energy)
{
	const struct padded *padded = &reads->padded;
	const struct bracket *bracket = padded->bracket;
	double pre = padded->pre.power, post = padded->post.power, u_a = seconds(reads->u_a), u_b = seconds(reads->u_b);
	double over_a = fmax(0, seconds(bracket->u_start) + u_a - padded->slice_pre) * (padded->start_power - pre);
	double over_b = fmax(0, seconds(bracket->u_stop) + u_b - d) * (padded->end_power - post);
	double lag = (exposed - post) * seconds(bracket->u_stop);
	double times = hypot(pre * u_a, exposed * u_b), edges = hypot(over_a, hypot(over_b, lag));
	double u = hypot(times, edges) / sqrt(3);
	energy_charge(energy, "read-time", 'B', INFINITY, SHARE_NONE, (struct effect){u, u, u});
}

static void register_terms(const struct reads *reads, struct energy *energy)
{
	const struct padded *padded = &reads->padded;
	double pre = padded->pre.power, post = padded->post.power, jitter = reads->jitter, step = padded->end_power - post;
	double d = after_stop(padded), exposed = jitter > d ? post + step * (jitter - d) / jitter : post;
	struct behind stop = behind_at_stop(jitter, post, step, d), later = behind_at_stop(jitter, post, 0, 0);
	double start = pre * jitter / sqrt(12);
	double both = hypot(start, stop.u), tail = hypot(start, padded->s > padded->b ? later.u : stop.u);
	energy_charge(energy, "update-jitter", 'B', INFINITY, SHARE_NONE, (struct effect){both, both, tail});
	double unknown = stop_power_u(reads, stop.u, d);
	energy_charge(energy, "stop-power", 'B', INFINITY, SHARE_ABSOLUTE, (struct effect){unknown, unknown, 0});
	read_terms(reads, d, exposed, energy);
}

static double seconds_of(const struct level *level)
{
	return seconds(level->to - level->from);
}

/* A level is taken from two counts, each cut to a multiple of q: of few steps in its quiet it is whatever they make of it, and their
 * scatter does not show that. The slices, and what the register is behind by, see it. */
static double coarse_levels(const struct reads *reads, double quantum)
{
	const struct padded *padded = &reads->padded;
	double pre = (padded->slice_pre + reads->jitter / 2) / seconds_of(&padded->pre);
	double post = (padded->slice_post + reads->jitter / 2) / seconds_of(&padded->post);
	return quantum * hypot(pre, isfinite(post) ? post : pre) / sqrt(3);
}

static void counter_terms(const struct reads *reads, struct energy *energy)
{
	const struct padded *padded = &reads->padded;
	double quantum = quantum_of(reads), coarse = coarse_levels(reads, quantum);
	double idle = isfinite(padded->idle.power) ? quantum * padded->duration / seconds_of(&padded->idle) / sqrt(3) : 0;
	/* A difference of two values cut to multiples of q: triangular over +-q. */
	double steps = quantum / sqrt(6);
	double slices = sqrt(padded->density.value * (padded->slice_pre + padded->slice_post));
	double before = sqrt(padded->density.value * padded->slice_pre);
	register_terms(reads, energy);
	energy_charge(energy, "quantum", 'B', INFINITY, SHARE_NONE, (struct effect){steps, steps, steps});
	energy_charge(energy, "slope-steps", 'B', INFINITY, SHARE_NONE, (struct effect){coarse, hypot(coarse, idle), hypot(coarse, idle)});
	energy_charge(energy, "slope-noise", 'A', padded->density.nu, SHARE_NONE, (struct effect){slices, slices, before});
}

static void count_reads(const struct reads *reads, struct energy *energy)
{
	const struct padded *padded = &reads->padded;
	const struct segment *segments = padded->profile.segments;
	energy->used = padded->b - padded->a + 1;
	energy->invalid = segments[padded->b - 1].end - segments[padded->a].begin + 1 - energy->used;
	for (size_t i = padded->a; i < padded->b; i++)
		energy->wraps += step_between(reads, segments[i].begin, segments[i].end).wrapped;
	if (reads->implausible > reads->resets)
		energy_degrade(energy, "%zu implausible readings of the counter were left out",
			       reads->implausible - reads->resets);
}

static int lay_bracket(struct reads *reads, struct energy *energy)
{
	struct padded *padded = &reads->padded;
	if (build(reads, energy) != 0 || choose_a(reads, energy) != 0 || choose_b(reads, energy) != 0 ||
	    check_bracket(reads, energy) != 0)
		return -1;
	const struct segment *segments = padded->profile.segments;
	padded->slice_pre = seconds(padded->bracket->start - segments[padded->a].from);
	padded->slice_post = seconds(segments[padded->b - 1].to - padded->bracket->stop);
	padded->inside = profile_span(&padded->profile, padded->bracket->start, padded->bracket->stop);
	reads->u_a = padded->series->u_t[segments[padded->a].begin];
	reads->u_b = padded->series->u_t[segments[padded->b - 1].end];
	find_pre(padded);
	find_post(reads);
	if (check_stall(reads, energy) != 0)
		return -1;
	if (isnan(padded->pre.power))
		return energy_refuse(energy, "the counter was read only once in the quiet before the start edge");
	double shortest = isnan(padded->post.power) ? seconds_of(&padded->pre) : fmin(seconds_of(&padded->pre), seconds_of(&padded->post));
	if (reads->jitter > shortest)
		return energy_refuse(energy, "the counter moves in steps of %.3g s, and the quiet of %.3g s beside the run does not show its power",
				     reads->jitter, shortest);
	return 0;
}

void energy_of_counter(const struct series *series, const struct bracket *bracket, const struct energy_options *options,
		       struct energy *energy)
{
	const struct channel *channel = series->channel;
	struct reads reads = {.padded = {.series = series,
					 .bracket = bracket,
					 .options = options,
					 .lag = supply_lag_of(series, options),
					 .margin = channel->u_latency},
			      .latency = channel->latency,
			      .scale = channel->scale,
			      .wrap = channel->wrap,
			      .jitter = seconds(channel->update_jitter)};
	struct padded *padded = &reads.padded;
	padded->duration = seconds(bracket->stop - bracket->start);
	if (lay_bracket(&reads, energy) == 0 && padded_holes(padded, energy) == 0) {
		padded->density = density_of(&padded->profile, padded_quiet_before(padded), LONG_READ * reads.jitter);
		complete_levels(padded);
		padded_idle(padded, level_of_reads, energy);
		padded_load(padded);
		double step = padded->end_power - padded->post.power;
		padded->behind = padded->pre.power * reads.jitter / 2;
		padded->behind -= behind_at_stop(reads.jitter, padded->post.power, step, after_stop(padded)).mean;
		padded->behind += fmax(0, step) * aftermath_shown(reads.jitter, after_stop(padded)).mean;
		padded_values(padded, energy);
		padded_terms(padded, energy);
		counter_terms(&reads, energy);
		count_reads(&reads, energy);
	}
	profile_free(&padded->profile);
}
