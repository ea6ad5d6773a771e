#include <math.h>
#include <string.h>

#include "certified.h"
#include "clock.h"
#include "padded.h"

#define MISSING_MAX 0.05 /* of the bracket's time */
#define MOVED 0.02       /* of net: an idle level that moved by more is said, beside being charged */
#define NEIGHBOURS 2     /* on each side of a hole */
#define LOAD_SEGMENTS 3
#define STRETCH 0.5    /* s */
#define IDLE_MIN 4 /* segments; fewer have no scatter to speak of */
#define LONGER 10 /* a tail that holds more than this of net is no tail of the run */

static double seconds(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

/* Energy of the segments [first, end), holes filled. */
static double joules_between(const struct profile *profile, size_t first, size_t end)
{
	double sum = 0;
	for (size_t i = first; i < end; i++)
		sum += profile->segments[i].joules;
	return sum;
}

/* Power reaches the wall through the supply's store; a rail or a CPU's own counter stands behind it. */
int64_t supply_lag_of(const struct series *series, const struct energy_options *options)
{
	enum channel_role role = series->channel->role;
	bool wall = role == ROLE_WALL || role == ROLE_INTEGRAL || role == ROLE_CHECK || role == ROLE_NONE;
	return wall ? options->supply_lag : 0;
}

struct span padded_quiet_before(const struct padded *padded)
{
	const struct profile *profile = &padded->profile;
	int64_t a = padded->a < profile->n ? profile->segments[padded->a].from : padded->bracket->start;
	return profile_span(profile, padded->options->quiet_from + padded->options->guard, a);
}

struct span padded_quiet_after(const struct padded *padded)
{
	return profile_span(&padded->profile, padded->profile.segments[padded->b - 1].to, padded->options->quiet_to);
}

void padded_idle(struct padded *padded, struct level (*level_of)(const struct profile *, struct span), struct energy *energy)
{
	const struct energy_options *options = padded->options;
	padded->idle = (struct level){.power = NAN, .u = NAN};
	if (options->idle_from >= options->idle_to)
		return;
	struct span span = profile_span(&padded->profile, options->idle_from + options->guard, options->idle_to - options->guard);
	struct level level = level_of(&padded->profile, span);
	if (level.n >= IDLE_MIN && isfinite(level.u))
		padded->idle = level;
	else
		energy_degrade(energy, "no net: %zu valid samples in the idle window, %d are needed", level.n, IDLE_MIN);
}

/* ---- holes ---- */

struct around {
	double left, right;     /* W: of the nearest valid segments */
	double lowest, highest; /* W: of the neighbours on both sides */
	size_t n;
};

static void look_at(struct around *around, double power, double *nearest)
{
	if (isnan(*nearest))
		*nearest = power;
	around->lowest = around->n == 0 ? power : fmin(around->lowest, power);
	around->highest = around->n == 0 ? power : fmax(around->highest, power);
	around->n++;
}

static struct around look_around(const struct profile *profile, size_t first, size_t end)
{
	struct around around = {.left = NAN, .right = NAN};
	size_t left = 0, right = 0;
	for (size_t i = first; i-- > 0 && left < NEIGHBOURS;)
		if (profile->segments[i].valid) {
			look_at(&around, segment_power(&profile->segments[i]), &around.left);
			left++;
		}
	for (size_t i = end; i < profile->n && right < NEIGHBOURS; i++)
		if (profile->segments[i].valid) {
			look_at(&around, segment_power(&profile->segments[i]), &around.right);
			right++;
		}
	if (isnan(around.left))
		around.left = around.right;
	if (isnan(around.right))
		around.right = around.left;
	return around;
}

/* One hole [first, end): the mean of its neighbours, rectangular within their spread; `scatter` is the load's own, W. */
static double fill_hole(struct profile *profile, size_t first, size_t end, double scatter)
{
	struct around around = look_around(profile, first, end);
	double power = (around.left + around.right) / 2, length = 0;
	for (size_t i = first; i < end; i++) {
		struct segment *segment = &profile->segments[i];
		segment->joules = power * segment_seconds(segment);
		length += segment_seconds(segment);
	}
	return fmax((around.highest - around.lowest) / 2 / sqrt(3), scatter) * length;
}

static double scatter_in(const struct profile *profile, size_t first, size_t end)
{
	double sum = 0, squares = 0, n = 0;
	for (size_t i = first; i < end; i++)
		if (profile->segments[i].valid) {
			sum += segment_power(&profile->segments[i]);
			n++;
		}
	for (size_t i = first; i < end; i++)
		if (profile->segments[i].valid)
			squares += pow(segment_power(&profile->segments[i]) - sum / n, 2);
	return n > 1 ? sqrt(squares / (n - 1)) : 0;
}

/* Fills every hole of [first, end); returns the standard uncertainty, holes independent of each other. */
static double fill_holes(struct profile *profile, size_t first, size_t end, double scatter, double *missing)
{
	double variance = 0;
	for (size_t i = first; i < end; i++) {
		if (profile->segments[i].valid)
			continue;
		size_t j = i;
		for (; j < end && !profile->segments[j].valid; j++)
			*missing += segment_seconds(&profile->segments[j]);
		double u = fill_hole(profile, i, j, scatter);
		variance += u * u;
		i = j;
	}
	return sqrt(variance);
}

/* A hole in a segment that an edge may lie in cannot be bounded by its neighbours. */
static bool edge_in_hole(const struct padded *padded, int64_t from, int64_t to)
{
	for (size_t i = padded->a; i < padded->b; i++) {
		const struct segment *segment = &padded->profile.segments[i];
		if (!segment->valid && segment->to > from && segment->from < to)
			return true;
	}
	return false;
}

/* Power left the meter's range: it was higher than its neighbours, so they cannot stand for it. */
static bool left_range(const struct padded *padded)
{
	for (size_t i = padded->a; i < padded->b; i++) {
		const struct segment *segment = &padded->profile.segments[i];
		if (!segment->valid && segment->recorded && segment->flags & (FLAG_OVER_RANGE | FLAG_IMPLAUSIBLE))
			return true;
	}
	return false;
}

static void count_samples(const struct padded *padded, struct energy *energy)
{
	energy->used = energy->invalid = energy->missing = 0;
	for (size_t i = padded->a; i < padded->b; i++) {
		const struct segment *segment = &padded->profile.segments[i];
		energy->used += segment->valid;
		energy->invalid += !segment->valid && segment->recorded;
		energy->missing += !segment->valid && !segment->recorded;
	}
}

int padded_holes(struct padded *padded, struct energy *energy)
{
	const struct bracket *bracket = padded->bracket;
	int64_t before = bracket->u_start + padded->margin, after = bracket->u_stop + padded->margin;
	double ignored = 0;
	count_samples(padded, energy);
	if (edge_in_hole(padded, bracket->start - before, bracket->start + before + padded->lag))
		return energy_refuse(energy, "no valid sample at the start edge");
	if (edge_in_hole(padded, bracket->stop - after, bracket->stop + after + padded->lag))
		return energy_refuse(energy, "no valid sample at the stop edge");
	if (left_range(padded))
		return energy_refuse(energy, "power left the meter's range: what it was then is not known");
	double load = scatter_in(&padded->profile, padded->inside.first, padded->inside.end);
	padded->u_holes = fill_holes(&padded->profile, padded->a, padded->b, load, &padded->hole_seconds);
	energy->missing_fraction = padded->hole_seconds / padded->duration;
	if (energy->missing_fraction > MISSING_MAX)
		return energy_refuse(energy, "%.1f %% of the bracket has no valid samples", 100 * energy->missing_fraction);
	if (padded->hole_seconds > 0)
		energy_degrade(energy, "%zu samples missing, %zu invalid in the bracket", energy->missing, energy->invalid);
	padded->u_tail_holes = fill_holes(&padded->profile, padded->b, padded->s, 0, &ignored);
	padded->joules = joules_between(&padded->profile, padded->a, padded->b);
	padded->tail_joules = joules_between(&padded->profile, padded->b, padded->s);
	return 0;
}

/* ---- values ---- */

void padded_load(struct padded *padded)
{
	const struct profile *profile = &padded->profile;
	struct span first = padded->inside, last = padded->inside;
	if (first.end - first.first > LOAD_SEGMENTS)
		first.end = first.first + LOAD_SEGMENTS;
	if (last.end - last.first > LOAD_SEGMENTS)
		last.first = last.end - LOAD_SEGMENTS;
	padded->start_power = span_power(profile, first);
	padded->end_power = span_power(profile, last);
	/* No segment wholly inside: the mean over the bracket is all that is known. */
	double mean = (padded->joules - padded->pre.power * padded->slice_pre - padded->post.power * padded->slice_post) /
		      padded->duration;
	if (isnan(padded->start_power))
		padded->start_power = mean;
	if (isnan(padded->end_power))
		padded->end_power = mean;
}

/* The load's last `lag` of energy passes the wall after the stop edge, where E(A, B) counts it and gross must not. What the
 * supply holds back at the start needs nothing: it is missing in [t0, t1] and in E(A, B) alike. */
static double spill_per_second(const struct padded *padded)
{
	return padded->end_power - padded->post.power;
}

/* Power at the end of the record: over its last second, or segment. Without any after B, what is known of B. */
static struct level last_level(const struct padded *padded)
{
	const struct profile *profile = &padded->profile;
	const struct segment *last = &profile->segments[padded->s - 1];
	int64_t record = last->to - profile->segments[padded->b - 1].to;
	int64_t length = last->to - last->from;
	if (length < NS_PER_S)
		length = NS_PER_S;
	if (length > record)
		length = record;
	struct span span = profile_span(profile, last->to - length, last->to);
	struct level level = {.n = span_valid(profile, span), .power = span_power(profile, span)};
	if (level.n == 0)
		return padded->post;
	level.u = sqrt(padded->density.value / span_seconds(profile, span));
	return level;
}

/* From the last segment's end to the end of the quiet: less than two segments, or samples are missing there. */
static double unrecorded(const struct padded *padded)
{
	const struct segment *last = &padded->profile.segments[padded->s - 1];
	double rest = seconds(padded->options->quiet_to - last->to);
	return rest < 0 || padded->s == padded->b ? 0 : fmin(rest, 2 * segment_seconds(last));
}

static double settled_until(const struct padded *padded)
{
	return seconds(padded->profile.segments[padded->s - 1].to - padded->bracket->start);
}

void padded_values(const struct padded *padded, struct energy *energy)
{
	double pads = padded->pre.power * padded->slice_pre + padded->post.power * padded->slice_post;
	double spill = spill_per_second(padded) * seconds(padded->lag) / 2;
	energy->duration = padded->duration;
	energy->gross.value = padded->joules - pads - spill - padded->behind;
	energy->power = energy->gross.value / padded->duration;
	energy->idle_before = padded->idle.power;
	energy->u_idle_before = padded->idle.u;
	energy->idle_after = padded->post.power;
	energy->net.value = energy->gross.value - padded->idle.power * padded->duration;
	energy->caused.value = padded->joules + padded->tail_joules - padded->pre.power * padded->slice_pre -
			       padded->idle.power * settled_until(padded) +
			       (last_level(padded).power - padded->idle.power) * unrecorded(padded);
	energy->tail = energy->caused.value - energy->net.value;
}

/* ---- terms ---- */

void energy_charge(struct energy *energy, const char *name, char type, double nu, enum share share, struct effect u)
{
	budget_add(&energy->gross.budget, name, type, u.gross, nu, share);
	if (isnan(energy->net.value))
		return;
	budget_add(&energy->net.budget, name, type, u.net, nu, share);
	budget_add(&energy->caused.budget, name, type, u.caused, nu, share);
}

/* GUM 4.3.7: a limit of error a without more is rectangular, u = a / sqrt 3; a certificate's U with its k is U / k. */
static double standard(const struct accuracy *accuracy, double limit)
{
	return accuracy->coverage > 0 ? limit / accuracy->coverage : limit / sqrt(3);
}

/* The meter's specification, of which a certificate takes the place of all but the power factor's part: it was calibrated at one. The range part bounds offset and non-linearity together: an offset alone would cancel in net and
 * caused, non-linearity could double; with a correlation of 1/2 between load and idle it counts once, u^2 = 2 u^2 (1 - 1/2). In
 * the tail of `caused` power is away from idle by a part of the load's step, and so is its error: the tail counts as so much
 * longer a run. */
void padded_specification(const struct padded *padded, struct energy *energy)
{
	const struct accuracy *accuracy = &padded->series->channel->accuracy;
	double factor = padded->options->power_factor, lambda = factor > 0 && factor <= 1 ? factor : 0.95;
	double gain = standard(accuracy, accuracy->reading);
	double range = standard(accuracy, accuracy->range * accuracy->range_value) * padded->duration;
	double phase = standard(accuracy, accuracy->power_factor) * sqrt(1 - lambda * lambda) / lambda;
	double g = energy->gross.value, n = energy->net.value, c = energy->caused.value;
	const struct certified *certified = padded->options->certified;
	if (certified)
		certified_terms(certified, energy);
	if (certified && certified->replaces)
		gain = range = 0;
	energy_charge(energy, "gain", 'B', INFINITY, SHARE_RELATIVE, (struct effect){gain * g, gain * n, gain * c});
	double longer = n != 0 ? fmax(1, fabs(c / n)) : 1;
	energy_charge(energy, "range", 'B', INFINITY, SHARE_ABSOLUTE, (struct effect){range, range, range * fmin(longer, LONGER)});
	energy_charge(energy, "power-factor", 'B', INFINITY, SHARE_RELATIVE, (struct effect){phase * g, phase * n, phase * c});
}

/* Only the baseline depends on the edges: d gross / d t0 = -P_pre, d net / d t0 = P_idle - P_pre, and so on. Edges that are stamps of
 * a convention bound the load no more than the trigger does that is not there: it may run at the stamp already, or still, and what it then
 * draws beyond it is counted. */
static void edge_terms(const struct padded *padded, struct energy *energy)
{
	double start = seconds(padded->bracket->u_start) / sqrt(3), stop = seconds(padded->bracket->u_stop) / sqrt(3);
	double pre = padded->pre.power, post = padded->post.power, idle = padded->idle.power, beyond = 0;
	bool common = padded->options->edges_common;
	enum share share = common ? SHARE_ABSOLUTE : SHARE_NONE;
	if (common) {
		pre = fmax(pre, padded->start_power);
		post = fmax(post, padded->end_power);
		beyond = (post - idle) * stop;
	}
	energy_charge(energy, "start-edge", 'B', INFINITY, share,
		      (struct effect){-pre * start, (idle - pre) * start, (idle - pre) * start});
	energy_charge(energy, "stop-edge", 'B', INFINITY, share, (struct effect){post * stop, (post - idle) * stop, beyond});
}

/* The lag is anything from 0 to its bound: its mean was corrected, the rest is rectangular. One supply, one lag for all runs. */
static void lag_term(const struct padded *padded, struct energy *energy)
{
	double u = -spill_per_second(padded) * seconds(padded->lag) / sqrt(12);
	energy_charge(energy, "supply-lag", 'B', INFINITY, SHARE_ABSOLUTE, (struct effect){u, u, 0});
}

static bool idle_holds_pre(const struct padded *padded)
{
	return padded->idle.n > 0 && padded->idle.from < padded->pre.to && padded->pre.from < padded->idle.to;
}

/* Where P_pre and P_idle come from the same time their errors are one, and add. */
static void baseline_terms(const struct padded *padded, struct energy *energy)
{
	double before = padded->pre.u * padded->slice_pre, after = padded->post.u * padded->slice_post;
	double until = settled_until(padded), shared = idle_holds_pre(padded) ? padded->slice_pre : 0;
	double alone = shared > 0 ? 0 : before;
	double shape_pre = padded->u_pre_shape * padded->slice_pre;
	double shape = hypot(shape_pre, padded->u_post_shape * padded->slice_post);
	energy_charge(energy, "pad-noise", 'A', padded->density.nu, SHARE_NONE,
		      (struct effect){hypot(before, after), hypot(alone, after), alone});
	energy_charge(energy, "tail-shape", 'B', INFINITY, SHARE_ABSOLUTE, (struct effect){shape, shape, shape_pre});
	if (padded->idle.n > 0)
		energy_charge(
			energy, "idle-noise", 'A', padded->idle.nu, SHARE_NONE,
			(struct effect){0, padded->idle.u * (padded->duration + shared), padded->idle.u * (until + shared)});
}

/* How far the idle window's level is from that just before the run, less what noise explains: as neighbours differ, for a step
 * inside the window makes the scatter of it all great. */
static double idle_moved(const struct padded *padded)
{
	double length = seconds(padded->idle.to - padded->idle.from);
	double noise = hypot(padded->pre.u, fmin(padded->idle.u, sqrt(padded->density.value / length)));
	double moved = padded->idle.power - padded->pre.power;
	return copysign(fmax(0, fabs(moved) - 3 * noise), moved);
}

/* Something ran between the idle window and this quiet: a phase. */
static bool idle_is_apart(const struct padded *padded)
{
	return padded->options->quiet_from > padded->options->idle_to;
}

/* An idle window that is not at the level before the run is off by the whole difference: a limit of error, and said. */
static void idle_term(const struct padded *padded, struct energy *energy)
{
	double moved = idle_moved(padded), u = moved / sqrt(3);
	if (idle_is_apart(padded))
		return;
	energy_charge(energy, "idle-moved", 'B', INFINITY, SHARE_ABSOLUTE,
		      (struct effect){0, u * padded->duration, u * settled_until(padded)});
	if (fabs(moved) > padded->options->tail_settled && fabs(moved) * padded->duration > MOVED * fabs(energy->net.value))
		energy_degrade(energy, "idle power moved by %+.2f W between the idle window and the run",
			       padded->pre.power - padded->idle.power);
}

/* Net stands against the idle before the run, by its definition. Who has the baseline before and after the run in mind, and none
 * better than the other, has it open between the two: rectangular, |P_post - P_pre| / (2 sqrt 3); between the idle window and the
 * quiet before a phase likewise. Beside U, not in it. */
static void definition_term(const struct padded *padded, struct energy *energy)
{
	double around = padded->post.power - padded->pre.power, before = idle_is_apart(padded) ? idle_moved(padded) : 0;
	double open = hypot(around, before) / 2 / sqrt(3) * padded->duration;
	energy_charge(energy, "definition", 'B', INFINITY, SHARE_BESIDE, (struct effect){0, open, 0});
}

static void hole_term(const struct padded *padded, struct energy *energy)
{
	double u = padded->u_holes;
	energy_charge(energy, "missing", 'B', INFINITY, SHARE_NONE, (struct effect){u, u, hypot(u, padded->u_tail_holes)});
}

/* What is left above idle when the record ends is no part of `caused` once it is small; if it is not, the rest of the tail is
 * charged: an exponential that fell from e0 to e1 while giving E joules has tau = E / (e0 - e1), and e1 tau is still to come. One
 * that does not fall is taken to last as long again. */
static void settling_term(const struct padded *padded, struct energy *energy)
{
	const struct profile *profile = &padded->profile;
	struct level last = last_level(padded);
	double first = padded->post.power - padded->idle.power, left = last.power - padded->idle.power, drop = first - left;
	double noise = hypot(last.u, padded->idle.u);
	/* A quarter more than the bound: the mean over the last second of a falling tail is above its end. */
	energy->settled = fabs(left) <= 1.25 * padded->options->tail_settled + 3 * noise;
	if (energy->settled)
		return;
	double recorded = seconds(profile->segments[padded->s - 1].to - profile->segments[padded->b - 1].to);
	double tau = drop > 4 * hypot(noise, padded->post.u) ? energy->tail / drop : recorded;
	energy_charge(energy, "settling", 'B', INFINITY, SHARE_NONE, (struct effect){0, 0, left * fabs(tau) / sqrt(3)});
}

/* Power falls, or stays, behind a run. Where it rises again something else has begun to draw it: nobody knows how much of what is
 * above the lowest level before belongs to the run. Looked at in stretches of STRETCH, by what noise and `tail_settled` allow. */
static void rise_term(const struct padded *padded, struct energy *energy)
{
	const struct profile *profile = &padded->profile;
	double lowest = INFINITY, u_lowest = 0, excess = 0, highest = 0;
	for (size_t i = padded->b; i < padded->s;) {
		double length = 0, joules = 0;
		for (; i < padded->s && length < STRETCH; i++) {
			length += segment_seconds(&profile->segments[i]);
			joules += profile->segments[i].joules;
		}
		double power = joules / length, u = sqrt(padded->density.value / length), rise = power - lowest;
		if (rise > padded->options->tail_settled + 6 * hypot(u, u_lowest)) {
			excess += rise * length;
			highest = fmax(highest, rise);
		}
		if (power < lowest) {
			lowest = power;
			u_lowest = u;
		}
	}
	if (excess == 0)
		return;
	energy_charge(energy, "rise", 'B', INFINITY, SHARE_NONE, (struct effect){0, 0, excess / sqrt(3)});
	energy_degrade(energy, "power rose again by %.2f W in the quiet after the run: something else was busy", highest);
}

void padded_terms(const struct padded *padded, struct energy *energy)
{
	padded_specification(padded, energy);
	edge_terms(padded, energy);
	lag_term(padded, energy);
	baseline_terms(padded, energy);
	hole_term(padded, energy);
	if (padded->idle.n == 0)
		return;
	idle_term(padded, energy);
	definition_term(padded, energy);
	settling_term(padded, energy);
	rise_term(padded, energy);
}
