/*
 * Energy of a channel that gives mean power over windows: the padded bracket over window ends fitted to the meter's own clock.
 */
#include <math.h>
#include <stdlib.h>

#include "clock.h"
#include "kinds.h"
#include "lattice.h"
#include "windows.h"

#define MAD_TO_SD 1.4826 /* of normal deviates */
#define HIDDEN 1.2
#define STALL 8          /* equal values in a row */
#define GRID_WANDER 0.02 /* Hz: standard deviation of a 50 or 60 Hz grid's frequency */

struct meter {
	struct windows windows;
	struct lattice lattice;
	double unmeasured; /* s: part of an update interval that may not have been measured */
};

/* ---- samples to segments ---- */

struct range {
	size_t first, n;
};

/* The samples that can matter, so that an hour of record does not cost an hour's windows for each phase. */
static struct range samples_about(const struct series *series, const struct energy_options *options, int64_t period)
{
	bool idle = options->idle_from < options->idle_to;
	int64_t from = idle && options->idle_from < options->quiet_from ? options->idle_from : options->quiet_from;
	int64_t reach = series->channel->latency + series->channel->u_latency + 2 * period;
	struct range range = {.first = 0};
	while (range.first < series->n && series->t[range.first] < from - reach)
		range.first++;
	while (range.first + range.n < series->n && series->t[range.first + range.n] <= options->quiet_to + reach)
		range.n++;
	return range;
}

static int64_t period_of(const struct channel *channel)
{
	return channel->refresh > 0 ? channel->refresh : channel->window;
}

static int check_times(const struct series *series, struct range range, struct energy *energy)
{
	for (size_t i = range.first + 1; i < range.first + range.n; i++)
		if (series->t[i] <= series->t[i - 1])
			return energy_refuse(energy, "the samples' time does not move on");
	return 0;
}

static int add_window(struct meter *meter, int64_t number, double power, uint32_t flags, bool recorded)
{
	int64_t shift = -meter->windows.padded.series->channel->latency;
	struct segment segment = {
		.from = lattice_end(&meter->lattice, number - 1) + shift,
		.to = lattice_end(&meter->lattice, number) + shift,
		.flags = flags,
		.recorded = recorded,
		.valid = recorded && !(flags & FLAG_INVALID) && isfinite(power),
	};
	segment.joules = segment.valid ? power * segment_seconds(&segment) : NAN;
	return profile_add(&meter->windows.padded.profile, &segment);
}

/* Every number of the lattice becomes a segment, with or without a record. */
static int add_windows(struct meter *meter, struct range range, const int64_t *number, struct energy *energy)
{
	const struct series *series = meter->windows.padded.series;
	if (!(meter->lattice.period >= 1) || !isfinite(meter->lattice.origin))
		return energy_refuse(energy, "the meter's updates are irregular: no clock fits them");
	if (number[range.n - 1] > 16 * (int64_t)range.n + 1024)
		return energy_refuse(energy, "the meter was silent for most of the time");
	int64_t next = 0;
	for (size_t i = 0; i < range.n; i++) {
		for (; next < number[i]; next++)
			if (add_window(meter, next, NAN, FLAG_NO_DATA, false) != 0)
				return energy_refuse(energy, "out of memory");
		if (next > number[i])
			continue; /* a second value for one update */
		if (add_window(meter, next++, series->value[range.first + i], series->flags[range.first + i], true) != 0)
			return energy_refuse(energy, "out of memory");
	}
	return 0;
}

static int build(struct meter *meter, struct energy *energy)
{
	const struct series *series = meter->windows.padded.series;
	const struct channel *channel = series->channel;
	struct range range = samples_about(series, meter->windows.padded.options, period_of(channel));
	if (range.n == 0)
		return energy_refuse(energy, "no samples");
	if (check_times(series, range, energy) != 0)
		return -1;
	int64_t *number = malloc(range.n * sizeof *number);
	int result = -1;
	if (!number || lattice_fit(series->t + range.first, series->u_t + range.first, range.n, period_of(channel),
				   channel->accuracy.timebase, number, &meter->lattice) != 0)
		energy_refuse(energy, "out of memory");
	else
		result = add_windows(meter, range, number, energy);
	free(number);
	return result;
}

static void measure(struct meter *meter)
{
	const struct channel *channel = meter->windows.padded.series->channel;
	const struct lattice *lattice = &meter->lattice;
	double window = channel->window > 0 ? (double)channel->window : lattice->period;
	double excess = window - lattice->period;
	meter->windows.width = lattice->period / (double)NS_PER_S;
	meter->windows.smear = excess > lattice->period / 100 ? llround(excess) : 0;
	meter->unmeasured = fmax((double)channel->unmeasured, excess < -lattice->period / 100 ? -excess : 0) / (double)NS_PER_S;
	meter->windows.padded.margin = channel->u_latency + llround(lattice->half_width + 3 * lattice->scatter);
}

/* Stamps off the line: a few are polls that came late beyond their own half-width; many are a meter that is not steady. */
static int check_lattice(struct meter *meter, struct energy *energy)
{
	const struct lattice *lattice = &meter->lattice;
	double share = (double)lattice->irregular / (double)meter->windows.padded.profile.n;
	if (share > 0.3)
		return energy_refuse(energy, "the meter's updates are irregular: %zu of %zu are off its clock",
				     lattice->irregular, meter->windows.padded.profile.n);
	if (share > 0.1)
		energy_degrade(energy, "the meter's updates are irregular: %zu of %zu are off its clock", lattice->irregular,
			       meter->windows.padded.profile.n);
	return 0;
}

static int prepare(struct meter *meter, struct energy *energy)
{
	if (build(meter, energy) != 0)
		return -1;
	measure(meter);
	double duration = meter->windows.padded.duration;
	if (duration < 2 * meter->unmeasured)
		return energy_refuse(energy, "the bracket of %.3g s is shorter than twice what a window may leave unmeasured",
				     duration);
	return check_lattice(meter, energy);
}

/* ---- terms ---- */

/* Zero-cross synchronisation: of an update interval W = (k + f) c, c the mains' cycle, the part before the first crossing, x in
 * [0, c), goes unmeasured, and as much at the end as whole cycles leave: z = f c in all when x < f c, else (1 + f) c; c on average.
 * A step dP in such a window is charged wrongly by dP times something uniform over z, its centre at x - z / 2 (simulated). Over
 * all x the centre is a saw tooth of the interval's place on the grid, whose variance is that of its two teeth, f c and
 * (1 - f) c. While the grid keeps its phase to the meter both edges have the same centre, which cancels between a step up and a
 * step down, less the grid's wander over the run: moved by a fraction w of a tooth p the centres differ by p^2 w (1 - w). Only
 * teeth of equal length, f = 0 or 1/2 (250 ms at 50 Hz), give all intervals the same centre. */
struct crossing {
	double own;    /* s^2: variance of one edge's error */
	double common; /* s^2: covariance of two edges' */
};

static double cube(double x)
{
	return x * x * x;
}

static struct crossing crossing_of(const struct meter *meter)
{
	double z = meter->unmeasured, cycles = z > 0 ? meter->windows.width / z : 0, f = cycles - floor(cycles);
	double teeth = cube(f) + cube(1 - f), uniform = cube(f) + (1 - f) * (1 + f) * (1 + f);
	struct crossing crossing = {.own = (uniform + teeth) * z * z / 12};
	bool whole = fabs(cycles - rint(cycles)) < 0.02, half = fabs(2 * cycles - rint(2 * cycles)) < 0.04;
	double tooth = whole ? z : z / 2;
	double wander = sqrt(2 / 3.14159265358979) * GRID_WANDER * meter->windows.padded.duration * z / tooth; /* mean of |w| */
	if (half && wander < 0.2)
		crossing.common = tooth * tooth * fmax(0, 1.0 / 12 - wander * (1 - wander) / 2);
	return crossing;
}

static double edge_variance(const struct meter *meter)
{
	const struct padded *padded = &meter->windows.padded;
	struct crossing crossing = crossing_of(meter);
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

/* The window ends are common to A and B: their error shifts both, and only the difference of the levels counts. Of an
 * irregular meter each end has its own error. */
static void clock_terms(const struct meter *meter, struct energy *energy)
{
	const struct padded *padded = &meter->windows.padded;
	const struct segment *segments = padded->profile.segments;
	double latency = (double)padded->series->channel->u_latency / sqrt(3);
	double phase = hypot(meter->lattice.u_origin, latency) / (double)NS_PER_S, scatter = 0;
	double pre = padded->pre.power, post = padded->post.power;
	if (energy->status == ENERGY_DEGRADED && meter->lattice.irregular * 10 > padded->profile.n)
		scatter = meter->lattice.scatter / (double)NS_PER_S;
	double base = (pre + post) / 2 * (double)(segments[padded->b - 1].to - segments[padded->a].from) / (double)NS_PER_S;
	double above = (padded->joules - base) * meter->lattice.u_period;
	double caused = energy->caused.value * meter->lattice.u_period;
	energy_charge(energy, "timebase", 'B', INFINITY, SHARE_RELATIVE, (struct effect){above, above, caused});
	energy_charge(energy, "window-phase", 'B', INFINITY, SHARE_ABSOLUTE,
		      (struct effect){(post - pre) * phase, (post - pre) * phase, (padded->idle.power - pre) * phase});
	energy_charge(energy, "window-edge", 'A', (double)padded->profile.n, SHARE_NONE,
		      (struct effect){hypot(pre, post) * scatter, hypot(pre, post) * scatter, pre * scatter});
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
	clock_terms(meter, energy);
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

/* How far the powers of the last windows inside the bracket are apart: a load that does so cannot be told from one that ends late. */
static double last_spread(const struct padded *padded)
{
	double low = INFINITY, high = -INFINITY;
	size_t half = (padded->inside.end - padded->inside.first) / 2, most = half > 6 ? 6 : half < 3 ? 3 : half;
	for (size_t i = padded->inside.end, n = 0; i-- > padded->inside.first && n < most; n++) {
		double power = segment_power(&padded->profile.segments[i]);
		low = fmin(low, power);
		high = fmax(high, power);
	}
	return high - low;
}

/* Energy that the windows show behind the stop edge beyond what edge, lag and latency admit, and what of that a load which does
 * not keep its power to the edge explains, with the meter's noise; J. */
struct fall {
	double late, explained;
};

static struct fall look_at_fall(const struct meter *meter, double step)
{
	const struct padded *padded = &meter->windows.padded;
	const struct segment *segments = padded->profile.segments;
	double before = (double)(padded->bracket->stop - segments[padded->inside.end - 1].to) / (double)NS_PER_S, joules = 0;
	for (size_t i = padded->inside.end; i < padded->b; i++)
		joules += segments[i].joules;
	int64_t admitted = padded->lag + padded->bracket->u_stop + padded->series->channel->u_latency;
	double known = step * (double)admitted / (double)NS_PER_S, spread = last_spread(padded) * (before + meter->windows.width);
	double noise = sqrt(padded->density.value * (before + padded->slice_post));
	return (struct fall){joules - padded->end_power * before - padded->post.power * padded->slice_post - known,
			     3 * noise + 2 * spread};
}

/* A load that keeps its power to the stop edge tells when it was seen to end. What is late is wrong with gross when the
 * supply is to blame, and not when the meter's latency is: all of it or nothing, u = late / sqrt 2. It is said where HIDDEN
 * standard deviations of what zero crossings hide, and of the window's ends, do not explain it either: on top of all bounds at
 * once, that happens to one good run in a hundred. */
static void check_fall(const struct meter *meter, struct energy *energy)
{
	const struct padded *padded = &meter->windows.padded;
	double step = padded->end_power - padded->post.power;
	if (padded->inside.end == padded->inside.first || meter->windows.smear > 0 || !(step > 0))
		return;
	struct fall fall = look_at_fall(meter, step);
	double u = fall.late / sqrt(2), hidden = hypot(sqrt(crossing_of(meter).own), meter->lattice.u_origin / (double)NS_PER_S);
	if (!(fall.late > 0))
		return;
	energy_charge(energy, "late", 'B', INFINITY, SHARE_ABSOLUTE, (struct effect){u, u, 0});
	if (fall.late - fall.explained > HIDDEN * step * hidden)
		energy_degrade(energy, "power fell %.0f ms later than the stop edge explains: is latency, supply lag or the trigger wrong?",
			       1000 * fall.late / step);
}

static void judge(const struct meter *meter, struct energy *energy)
{
	const struct padded *padded = &meter->windows.padded;
	uint32_t flags = 0;
	for (size_t i = padded->a; i < padded->b; i++)
		flags |= padded->profile.segments[i].flags;
	if (flags & FLAG_PEAK_OVER)
		energy_refuse(energy, "peaks exceeded the meter's range: readings may be low");
	if (flags & FLAG_RANGE_CHANGED)
		energy_refuse(energy, "the meter had left its range by itself: its accuracy is not known");
	check_stall(meter, energy);
	check_fall(meter, energy);
}

void energy_of_windows(const struct series *series, const struct bracket *bracket, const struct energy_options *options,
		       struct energy *energy)
{
	struct meter meter = {.windows = windows_start(series, bracket, options)};
	if (prepare(&meter, energy) == 0 && windows_lay(&meter.windows, energy) == 0) {
		windows_terms(&meter.windows, energy);
		meter_terms(&meter, energy);
		judge(&meter, energy);
		windows_naive(&meter.windows, energy);
	}
	profile_free(&meter.windows.padded.profile);
}
