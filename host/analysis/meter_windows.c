#include <math.h>
#include <stdlib.h>

#include "clock.h"
#include "meter_windows.h"

#define HIDDEN 1.2
#define GRID_WANDER 0.02 /* Hz: standard deviation of a 50 or 60 Hz grid's frequency */

/* ---- from samples to windows ---- */

/* The samples that can matter, so that an hour of record does not cost an hour's windows for each phase. */
static struct meter_samples samples_about(const struct series *series, const struct energy_options *options, int64_t period)
{
	bool idle = options->idle_from < options->idle_to;
	int64_t from = idle && options->idle_from < options->quiet_from ? options->idle_from : options->quiet_from;
	int64_t reach = series->channel->latency + series->channel->u_latency + 2 * period;
	struct meter_samples range = {.first = 0};
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

static int check_times(const struct series *series, struct meter_samples range, struct energy *energy)
{
	for (size_t i = range.first + 1; i < range.first + range.n; i++)
		if (series->t[i] <= series->t[i - 1])
			return energy_refuse(energy, "the samples' time does not move on");
	return 0;
}

struct segment meter_window(const struct meter *meter, int64_t number)
{
	int64_t shift = -meter->windows.padded.series->channel->latency;
	return (struct segment){
		.from = lattice_end(&meter->lattice, number - 1) + shift,
		.to = lattice_end(&meter->lattice, number) + shift,
	};
}

static int add_checked(struct meter *meter, meter_add *add, struct meter_samples range, const int64_t *number,
		       struct energy *energy)
{
	if (!(meter->lattice.period >= 1) || !isfinite(meter->lattice.origin))
		return energy_refuse(energy, "the meter's updates are irregular: no clock fits them");
	if (number[range.n - 1] > 16 * (int64_t)range.n + 1024)
		return energy_refuse(energy, "the meter was silent for most of the time");
	return add(meter, range, number, energy);
}

static int build(struct meter *meter, meter_add *add, struct energy *energy)
{
	const struct series *series = meter->windows.padded.series;
	const struct channel *channel = series->channel;
	struct meter_samples range = samples_about(series, meter->windows.padded.options, period_of(channel));
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
		result = add_checked(meter, add, range, number, energy);
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
	double wobble = fmin(fmax(0, (double)channel->update_jitter), lattice->period);
	meter->wobble = wobble / (double)NS_PER_S;
	meter->windows.padded.margin = channel->u_latency + llround(lattice->half_width + 3 * lattice->scatter + wobble);
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

int meter_prepare(struct meter *meter, meter_add *add, struct energy *energy)
{
	if (build(meter, add, energy) != 0)
		return -1;
	measure(meter);
	double duration = meter->windows.padded.duration;
	if (duration < 2 * meter->unmeasured)
		return energy_refuse(energy, "the bracket of %.3g s is shorter than twice what a window may leave unmeasured",
				     duration);
	return check_lattice(meter, energy);
}

/* ---- what zero crossings leave out ---- */

/* Zero-cross synchronisation: of an update interval W = (k + f) c, c the mains' cycle, the part before the first crossing, x in
 * [0, c), goes unmeasured, and as much at the end as whole cycles leave: z = f c in all when x < f c, else (1 + f) c; c on average.
 * A step dP in such a window is charged wrongly by dP times something uniform over z, its centre at x - z / 2 (simulated). Over
 * all x the centre is a saw tooth of the interval's place on the grid, whose variance is that of its two teeth, f c and
 * (1 - f) c. While the grid keeps its phase to the meter both edges have the same centre, which cancels between a step up and a
 * step down, less the grid's wander over the run: moved by a fraction w of a tooth p the centres differ by p^2 w (1 - w). Only
 * teeth of equal length, f = 0 or 1/2 (250 ms at 50 Hz), give all intervals the same centre. */
static double cube(double x)
{
	return x * x * x;
}

struct crossing meter_crossing(const struct meter *meter)
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

/* ---- terms ---- */

/* The window ends are common to A and B: their error shifts both, and only the difference of the levels counts. Of an
 * irregular meter each end has its own error. */
void meter_clock_terms(const struct meter *meter, struct energy *energy)
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

/* ---- what the flags, and the fall at the end, say ---- */

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
void meter_judge_fall(const struct meter *meter, struct energy *energy)
{
	const struct padded *padded = &meter->windows.padded;
	double step = padded->end_power - padded->post.power;
	if (padded->inside.end == padded->inside.first || meter->windows.smear > 0 || !(step > 0))
		return;
	struct fall fall = look_at_fall(meter, step);
	double u = fall.late / sqrt(2), hidden = hypot(sqrt(meter_crossing(meter).own), meter->lattice.u_origin / (double)NS_PER_S);
	hidden += meter->wobble;
	if (!(fall.late > 0))
		return;
	energy_charge(energy, "late", 'B', INFINITY, SHARE_ABSOLUTE, (struct effect){u, u, 0});
	if (fall.late - fall.explained > HIDDEN * step * hidden)
		energy_degrade(energy, "power fell %.0f ms later than the stop edge explains: is latency, supply lag or the trigger wrong?",
			       1000 * fall.late / step);
}

void meter_judge_flags(const struct meter *meter, struct energy *energy)
{
	const struct padded *padded = &meter->windows.padded;
	uint32_t flags = 0;
	for (size_t i = padded->a; i < padded->b; i++)
		flags |= padded->profile.segments[i].flags;
	if (flags & FLAG_PEAK_OVER)
		energy_refuse(energy, "peaks exceeded the meter's range: readings may be low");
	if (flags & FLAG_RANGE_CHANGED)
		energy_refuse(energy, "the meter had left its range by itself: its accuracy is not known");
}
