#include "latency.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "lattice.h"
#include "padded.h"

#define MAD_TO_SD 1.4826
#define LEVEL_WINDOWS 6   /* on each side of an edge, from which its level is found */
#define LEVEL_MIN 3
#define DELAY_MAX 3.0     /* s: the longest that is looked for, or three windows */
#define CORRELATION 0.7   /* with the pattern: less is another load than ours */
#define LOAD_ITSELF 1e-3  /* s: by so much the load's own steps may differ (waking up, clock frequency) */
#define ARRIVED 0.03      /* of the step: may still be missing in the first window wholly behind an edge */
#define DISTURBED 0.05    /* of the step: such residuals beside an edge are not noise */
#define GRID_OFF 1e-4     /* of its frequency: standard deviation that is surely reached (5 mHz of 50 Hz; a public grid: 20) */
#define CHI2_DEVIATE 3.09 /* normal quantile of 0.999 */

/* The meter's windows by their numbers; seconds from the lattice's base. */
struct track {
	struct lattice lattice;
	double *power; /* W; NAN where there is no valid value */
	size_t n;
	double origin, period; /* s: window k ends at origin + period * k, as stamped */
	double smear;          /* s: a window reaches back this much further than the one before */
	double unmeasured;     /* s */
	double lag;            /* s: bound of the supply's */
};

/* One edge as the windows show it. */
struct sighting {
	bool used;
	bool busy;
	size_t first, last; /* windows that may hold a part of the step */
	double delay;       /* s */
	double step;        /* W, signed */
	double late;        /* of the step: what the first window behind it still lacks */
	double noise;       /* sum of squared residuals of the levels' lines, W^2 */
	double noise_nu;
};

static int refuse(struct latency *latency, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int refuse(struct latency *latency, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(latency->reason, sizeof latency->reason, format, arguments);
	va_end(arguments);
	latency->found = false;
	latency->value = latency->delay = NAN;
	return -1;
}

/* ---- samples to windows ---- */

static int64_t period_of(const struct channel *channel)
{
	return channel->refresh > 0 ? channel->refresh : channel->window;
}

static int place_values(const struct series *series, const int64_t *number, struct track *track)
{
	track->n = (size_t)number[series->n - 1] + 1;
	track->power = malloc(track->n * sizeof *track->power);
	if (track->power == NULL)
		return -1;
	for (size_t k = 0; k < track->n; k++)
		track->power[k] = NAN;
	for (size_t i = 0; i < series->n; i++)
		if (number[i] >= 0 && (size_t)number[i] < track->n && !(series->flags[i] & FLAG_INVALID))
			track->power[number[i]] = series->value[i];
	return 0;
}

static int build(const struct series *series, struct track *track, struct latency *latency)
{
	const struct channel *channel = series->channel;
	int64_t *number = malloc((series->n + 1) * sizeof *number);
	int result = -1;
	for (size_t i = 1; i < series->n; i++)
		if (series->t[i] <= series->t[i - 1]) {
			refuse(latency, "the samples' time does not move on");
			goto free_number;
		}
	if (series->n < 2) {
		refuse(latency, "no samples");
	} else if (!number || lattice_fit(series->t, series->u_t, series->n, period_of(channel), channel->accuracy.timebase, number,
					  &track->lattice) != 0) {
		refuse(latency, "out of memory");
	} else if (!(track->lattice.period >= 1) || number[series->n - 1] > 16 * (int64_t)series->n + 1024) {
		refuse(latency, "the meter's updates are irregular: no clock fits them");
	} else {
		result = place_values(series, number, track);
		if (result != 0)
			refuse(latency, "out of memory");
	}
free_number:
	free(number);
	return result;
}

static void measure(const struct series *series, int64_t supply_lag, struct track *track)
{
	const struct channel *channel = series->channel;
	struct energy_options options = {.supply_lag = supply_lag};
	double excess;
	track->origin = track->lattice.origin / NS_PER_S;
	track->period = track->lattice.period / NS_PER_S;
	excess = (double)channel->window / NS_PER_S - track->period;
	track->smear = channel->window > 0 && excess > track->period / 100 ? excess : 0;
	track->unmeasured = (double)channel->unmeasured / NS_PER_S;
	track->lag = (double)supply_lag_of(series, &options) / NS_PER_S;
}

static int check_clock(const struct track *track, const struct channel *channel, struct latency *latency)
{
	if (track->lattice.irregular * 10 > track->n)
		return refuse(latency, "the meter's updates are irregular: %zu of %zu are off its clock", track->lattice.irregular, track->n);
	size_t seen = 0;
	for (size_t k = 0; k < track->n; k++)
		seen += !isnan(track->power[k]);
	if (seen * 4 < track->n * 3)
		return refuse(latency, "of %zu updates only %zu gave a value: is 'update' right?", track->n, seen);
	if (!track->lattice.nominal_period)
		return refuse(latency, "the meter's values come each %.6g ms, not each %.6g ms: is 'update' right?", track->period * 1e3,
			      (double)period_of(channel) / 1e6);
	return 0;
}

/* ---- the pattern as a whole: a first figure ---- */

/* Seconds of load up to t; `next` remembers the edge, for growing t. */
struct load_clock {
	const struct load_edge *edges;
	size_t n, next;
	int64_t base;
	double sum, since; /* s */
};

static double load_until(struct load_clock *clock, double t)
{
	for (; clock->next < clock->n; clock->next++) {
		const struct load_edge *edge = &clock->edges[clock->next];
		double at = (double)(edge->t - clock->base) / NS_PER_S;
		if (at > t)
			break;
		if (edge->busy)
			clock->since = at;
		else if (!isnan(clock->since)) {
			clock->sum += at - clock->since;
			clock->since = NAN;
		}
	}
	return clock->sum + (isnan(clock->since) ? 0 : t - clock->since);
}

static double correlation_at(const struct track *track, const struct load_edge *edges, size_t n, double delay)
{
	struct load_clock clock = {.edges = edges, .n = n, .base = track->lattice.base, .since = NAN};
	double before = load_until(&clock, track->origin - track->period - delay);
	double m = 0, sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
	for (size_t k = 0; k < track->n; k++) {
		double until = load_until(&clock, track->origin + track->period * (double)k - delay);
		double x = (until - before) / track->period, y = track->power[k];
		before = until;
		if (isnan(y))
			continue;
		m++;
		sx += x, sy += y, sxx += x * x, syy += y * y, sxy += x * y;
	}
	double below = (m * sxx - sx * sx) * (m * syy - sy * sy);
	return below > 0 ? (m * sxy - sx * sy) / sqrt(below) : NAN;
}

static int find_roughly(const struct track *track, const struct load_edge *edges, size_t n, double *delay, struct latency *latency)
{
	double best = -1, step = track->period / 8, longest = fmax(DELAY_MAX, 3 * track->period);
	for (double candidate = -track->period; candidate < longest; candidate += step) {
		double r = correlation_at(track, edges, n, candidate);
		if (r > best) {
			best = r;
			*delay = candidate;
		}
	}
	if (!(best >= CORRELATION))
		return refuse(latency, "the power does not follow the load's pattern (correlation %.2f): does the meter feed this machine, and is it "
			      "idle otherwise?", best);
	return 0;
}

/* ---- one edge ---- */

/* Power on one side of an edge, on time in s from it. */
struct side {
	size_t n;
	double at, slope; /* W at the edge, W/s */
	double squares;   /* of the residuals */
	double first_off; /* W: the window next to the edge against the line through the others */
};

static double window_end(const struct track *track, size_t k)
{
	return track->origin + track->period * (double)k;
}

struct regression {
	double n, x, y, slope; /* x, y: means */
};

/* Least squares through windows [first, end) without `skip`. */
static struct regression line_of(const struct track *track, size_t first, size_t end, size_t skip, double origin)
{
	struct regression line = {.n = 0};
	double sxx = 0, sxy = 0;
	for (size_t k = first; k < end; k++)
		if (k != skip && !isnan(track->power[k])) {
			line.n++;
			line.x += window_end(track, k) - track->period / 2 - origin;
			line.y += track->power[k];
		}
	line.x /= line.n;
	line.y /= line.n;
	for (size_t k = first; k < end; k++)
		if (k != skip && !isnan(track->power[k])) {
			double dx = window_end(track, k) - track->period / 2 - origin - line.x;
			sxx += dx * dx;
			sxy += dx * (track->power[k] - line.y);
		}
	line.slope = sxx > 0 ? sxy / sxx : 0;
	return line;
}

/* Windows [first, end); `nearest` is the one next to the edge. False if there are too few. */
static bool find_side(const struct track *track, size_t first, size_t end, size_t nearest, double edge, struct side *level)
{
	struct regression line = line_of(track, first, end, SIZE_MAX, edge);
	if (!(line.n >= LEVEL_MIN))
		return false;
	*level = (struct side){.n = (size_t)line.n, .at = line.y - line.slope * line.x, .slope = line.slope, .first_off = NAN};
	for (size_t k = first; k < end; k++)
		if (!isnan(track->power[k])) {
			double r = track->power[k] - line.y - line.slope * (window_end(track, k) - track->period / 2 - edge - line.x);
			level->squares += r * r;
		}
	struct regression others = line_of(track, first, end, nearest, edge);
	if (others.n >= LEVEL_MIN)
		level->first_off = track->power[nearest] - others.y -
				   others.slope * (window_end(track, nearest) - track->period / 2 - edge - others.x);
	return true;
}

/* Its integral from 0 to t, J. */
static double side_joules(const struct side *level, double t)
{
	return level->at * t + level->slope * t * t / 2;
}

/* The instant at which `before` gave way to `after`, so that the windows [from, to] hold `joules`; s from the expected edge. */
static double find_instant(const struct side *before, const struct side *after, double from, double to, double joules)
{
	double t = 0;
	for (int i = 0; i < 4; i++) {
		double have = side_joules(before, t) - side_joules(before, from) + side_joules(after, to) - side_joules(after, t);
		double slope = before->at + before->slope * t - after->at - after->slope * t;
		t -= (have - joules) / slope;
	}
	return t;
}

/* The first window that ends after `t`. */
static size_t window_after(const struct track *track, double t)
{
	double k = floor((t - track->origin) / track->period) + 1;
	return k < 0 ? 0 : k > (double)track->n ? track->n : (size_t)k;
}

/* Where edge `i` of the load shows, given roughly by how much it is delayed; `guard` s around it may hold a part of the step. */
static struct sighting see_edge(const struct track *track, const struct load_edge *edges, size_t n, size_t i, double delay, double guard)
{
	struct sighting seen = {.busy = edges[i].busy};
	double at = (double)(edges[i].t - track->lattice.base) / NS_PER_S + delay, joules = 0;
	double earliest = i > 0 ? (double)(edges[i - 1].t - track->lattice.base) / NS_PER_S + delay + guard + track->smear : -INFINITY;
	double latest = i + 1 < n ? (double)(edges[i + 1].t - track->lattice.base) / NS_PER_S + delay - guard : INFINITY;
	seen.first = window_after(track, at - guard);
	size_t behind = window_after(track, at + guard + track->smear + track->period);
	size_t begin = seen.first, end = behind;
	while (begin > 0 && seen.first - begin < LEVEL_WINDOWS && window_end(track, begin - 1) - track->period > earliest)
		begin--;
	while (end < track->n && end - behind < LEVEL_WINDOWS && window_end(track, end) < latest)
		end++;
	struct side before, after;
	if (seen.first == 0 || behind >= track->n || behind <= seen.first ||
	    !find_side(track, begin, seen.first, seen.first - 1, at, &before) || !find_side(track, behind, end, behind, at, &after))
		return seen;
	seen.last = behind - 1;
	for (size_t k = seen.first; k <= seen.last; k++)
		joules += track->power[k] * track->period; /* NAN stays */
	double shift = find_instant(&before, &after, window_end(track, seen.first) - track->period - at, window_end(track, seen.last) - at, joules);
	seen.step = after.at - before.at;
	seen.delay = delay + shift;
	seen.late = after.first_off / seen.step;
	seen.noise = before.squares + after.squares;
	seen.noise_nu = (double)(before.n + after.n) - 4;
	seen.used = isfinite(shift) && fabs(shift) < guard + track->period && (seen.step > 0) == seen.busy;
	return seen;
}

/* ---- all edges ---- */

struct sightings {
	struct sighting *all;
	size_t n;
	double *work;
	double median, limit; /* s: of the delays; further off is left out */
};

static double median_over(struct sightings *s, double (*of)(const struct sightings *, const struct sighting *))
{
	size_t m = 0;
	for (size_t i = 0; i < s->n; i++)
		if (s->all[i].used && !isnan(of(s, &s->all[i])))
			s->work[m++] = of(s, &s->all[i]);
	return median_of(s->work, m);
}

static double delay_of(const struct sightings *s, const struct sighting *seen)
{
	(void)s;
	return seen->delay;
}

static double deviation_of(const struct sightings *s, const struct sighting *seen)
{
	return fabs(seen->delay - s->median);
}

static double step_of(const struct sightings *s, const struct sighting *seen)
{
	(void)s;
	return fabs(seen->step);
}

static double noise_of(const struct sightings *s, const struct sighting *seen)
{
	(void)s;
	return seen->noise / seen->noise_nu;
}

/* Another step beside an edge spoils its levels. */
static void leave_out_disturbed(struct sightings *s)
{
	double usual = median_over(s, noise_of), step = median_over(s, step_of);
	for (size_t i = 0; i < s->n; i++)
		if (s->all[i].used && noise_of(s, &s->all[i]) > 100 * usual + DISTURBED * DISTURBED * step * step)
			s->all[i].used = false;
}

static size_t see_all(const struct track *track, const struct load_edge *edges, double delay, double guard, struct sightings *s)
{
	size_t used = 0;
	for (size_t i = 0; i < s->n; i++) {
		s->all[i] = see_edge(track, edges, s->n, i, delay, guard);
	}
	leave_out_disturbed(s);
	s->median = median_over(s, delay_of);
	for (size_t i = 0; i < s->n; i++)
		used += s->all[i].used;
	return used;
}

/* Standard deviation of one edge's delay that zero crossings, at one phase of the mains, and noise explain. */
static double expected_scatter(const struct track *track, struct sightings *s)
{
	double squares = 0, nu = 0, step = median_over(s, step_of), windows = 0, used = 0;
	for (size_t i = 0; i < s->n; i++)
		if (s->all[i].used) {
			squares += s->all[i].noise;
			nu += s->all[i].noise_nu;
			windows += (double)(s->all[i].last - s->all[i].first + 1);
			used++;
		}
	windows /= used;
	/* Of the windows that hold the step, and of two lines drawn on to it from about four windows away. */
	double noise = nu > 0 ? squares / nu * (windows + windows * windows / 2) : 0, crossing = track->unmeasured * track->unmeasured / 12;
	return sqrt(crossing + noise * track->period * track->period / (step * step) + LOAD_ITSELF * LOAD_ITSELF);
}

/* Leaves out what is far off the others. */
static void trim(struct sightings *s, double expected)
{
	double spread = MAD_TO_SD * median_over(s, deviation_of);
	s->limit = 4 * fmax(spread, expected);
	for (size_t i = 0; i < s->n; i++)
		if (s->all[i].used && deviation_of(s, &s->all[i]) > s->limit)
			s->all[i].used = false;
}

struct moments {
	double n, mean, sd;
};

static struct moments moments_of(const struct sightings *s, int busy)
{
	struct moments m = {.n = 0};
	double squares = 0;
	for (size_t i = 0; i < s->n; i++)
		if (s->all[i].used && (busy < 0 || s->all[i].busy == (busy == 1))) {
			double d = s->all[i].delay - m.mean;
			m.n++;
			m.mean += d / m.n;
			squares += d * (s->all[i].delay - m.mean);
		}
	m.sd = m.n > 1 ? sqrt(squares / (m.n - 1)) : NAN;
	return m;
}

/* ---- does the model hold? ---- */

/* Wilson and Hilferty's approximation of the chi-square quantile over nu. */
static double chi2_limit(double nu)
{
	double a = 2 / (9 * nu), root = 1 - a + CHI2_DEVIATE * sqrt(a);
	return root * root * root;
}

static int check_arrival(const struct sightings *s, struct latency *latency)
{
	double n = 0, sum = 0, squares = 0;
	for (size_t i = 0; i < s->n; i++)
		if (s->all[i].used && !isnan(s->all[i].late)) {
			n++;
			sum += s->all[i].late;
			squares += s->all[i].late * s->all[i].late;
		}
	double mean = n > 0 ? sum / n : 0, u = n > 1 ? sqrt(fmax(0, squares / n - mean * mean) / (n - 1)) : INFINITY;
	if (fabs(mean) > ARRIVED && fabs(mean) > 4 * u)
		return refuse(latency, "a window wholly behind an edge still lacks %.0f %% of the step: is averaging on, or a window longer than "
			      "the bench file says?", 100 * fabs(mean));
	return 0;
}

/* From one edge to the next, so that the mains' phase, which moves slowly and at most twice turns over by a whole period, hardly
 * counts. Half the mean square of successive differences has the variance of a mean of (n - 1) / 1.5 squares. */
static int check_scatter(const struct track *track, const struct sightings *s, struct latency *latency)
{
	double nu = (double)latency->used - 1, squares = 0, last = NAN, z = track->unmeasured;
	for (size_t i = 0; i < s->n; i++)
		if (s->all[i].used) {
			squares += isnan(last) ? 0 : (s->all[i].delay - last) * (s->all[i].delay - last);
			last = s->all[i].delay;
		}
	if (squares / 2 / nu > latency->expected * latency->expected * chi2_limit(nu / 1.5) + z * z / nu)
		return refuse(latency, "single edges scatter by %.3g ms where %.3g ms are to be expected: is the window what the bench file says, "
			      "and does nothing else run?", sqrt(squares / 2 / nu) * 1e3, latency->expected * 1e3);
	return 0;
}

/* ---- uncertainty ---- */

/* How far the middle of what is measured lies behind the middle of the window, for a first crossing x after its start. */
static double middle_off(double width, double z, double x)
{
	return x + floor((width - x) / z) * z / 2 - width / 2;
}

/* What all edges together are off, for windows at a phase x of the mains that moves by `drift` s a second. */
static double mean_off(const struct track *track, const struct sightings *s, double x, double drift)
{
	double z = track->unmeasured, width = track->period + track->smear, sum = 0, n = 0;
	for (size_t i = 0; i < s->n; i++)
		if (s->all[i].used) {
			double at = fmod(x - track->period * (1 + drift) * (double)s->all[i].first, z);
			sum += middle_off(width, z, at < 0 ? at + z : at);
			n++;
		}
	return sum / n;
}

/* Its root mean square over the mains' phase, and over what the grid's frequency may be off; three points stand for a normal
 * distribution. */
static double phase_term(const struct track *track, const struct sightings *s)
{
	enum { PHASES = 64 };
	static const struct { double at, weight; } grid[] = {{-1.7320508, 1. / 6}, {0, 2. / 3}, {1.7320508, 1. / 6}};
	double z = track->unmeasured, squares = 0;
	if (z <= 0 || track->period + track->smear <= z)
		return z > 0 ? z / sqrt(12) : 0;
	for (int g = 0; g < 3; g++)
		for (int phase = 0; phase < PHASES; phase++) {
			double off = mean_off(track, s, (phase + 0.5) / PHASES * z, grid[g].at * GRID_OFF);
			squares += grid[g].weight * off * off / PHASES;
		}
	return sqrt(squares);
}

/* Steps up and down that are delayed differently say that the load, or the supply, is not what the model is. */
static double asymmetry(const struct sightings *s)
{
	struct moments up = moments_of(s, 1), down = moments_of(s, 0);
	double differ = fabs(up.mean - down.mean), u = sqrt(up.sd * up.sd / up.n + down.sd * down.sd / down.n);
	return differ > 2 * u ? differ / 2 / sqrt(3) : 0;
}

static void charge(const struct track *track, const struct load_edge *edges, const struct sightings *s, struct latency *latency)
{
	struct budget *budget = &latency->budget;
	double n = (double)latency->used, widest = 0;
	for (size_t i = 0; i < s->n; i++)
		widest = fmax(widest, (double)edges[i].u_t / NS_PER_S);
	budget_add(budget, "edges", 'A', latency->scatter / sqrt(n), n - 1, SHARE_NONE);
	budget_add(budget, "zero-cross", 'B', phase_term(track, s), INFINITY, SHARE_NONE);
	budget_add(budget, "supply-lag", 'B', track->lag / 2 / sqrt(3), INFINITY, SHARE_NONE);
	budget_add(budget, "stamps", 'B', track->lattice.u_origin / NS_PER_S, INFINITY, SHARE_NONE);
	budget_add(budget, "load-stamps", 'B', widest / sqrt(3), INFINITY, SHARE_NONE);
	budget_add(budget, "asymmetry", 'B', asymmetry(s), INFINITY, SHARE_NONE);
	latency->expanded = budget_expand(budget);
}

static int conclude(const struct track *track, const struct load_edge *edges, struct sightings *s, struct latency *latency)
{
	latency->expected = expected_scatter(track, s);
	trim(s, latency->expected + track->unmeasured / 2);
	struct moments all = moments_of(s, -1);
	latency->used = (size_t)all.n;
	latency->left_out = s->n - latency->used;
	latency->step = median_over(s, step_of);
	if (latency->used < LATENCY_EDGES_MIN || latency->left_out * 3 > s->n)
		return refuse(latency, "only %zu of %zu edges of the load can be seen clearly; at least %d and two thirds are needed", latency->used,
			      s->n, LATENCY_EDGES_MIN);
	latency->scatter = all.sd;
	if (check_arrival(s, latency) != 0 || check_scatter(track, s, latency) != 0)
		return -1;
	latency->delay = all.mean - track->smear / 2;
	latency->value = latency->delay - track->lag / 2;
	charge(track, edges, s, latency);
	if (latency->value + latency->expanded.U < 0)
		return refuse(latency, "the values come %.3g ms before the load: is the window what the bench file says?", -latency->value * 1e3);
	latency->found = true;
	return 0;
}

static int find(const struct track *track, const struct load_edge *edges, size_t n, struct latency *latency)
{
	struct sightings s = {.all = calloc(n, sizeof *s.all), .n = n, .work = malloc(n * sizeof *s.work)};
	double delay = 0, guard = fmax(track->unmeasured, track->lag) + LOAD_ITSELF;
	int result = -1;
	if (s.all == NULL || s.work == NULL) {
		refuse(latency, "out of memory");
	} else if (find_roughly(track, edges, n, &delay, latency) == 0) {
		/* The first figure is good to an eighth of a window; the second, to the zero crossings. */
		if (see_all(track, edges, delay, guard + track->period / 4, &s) > 0)
			see_all(track, edges, s.median, guard, &s);
		result = conclude(track, edges, &s, latency);
	}
	free(s.all);
	free(s.work);
	return result;
}

void latency_of(const struct series *series, const struct load_edge *edges, size_t n, int64_t supply_lag, struct latency *latency)
{
	struct track track = {.power = NULL};
	memset(latency, 0, sizeof *latency);
	latency->value = latency->delay = NAN;
	if (n < LATENCY_EDGES_MIN) {
		refuse(latency, "the load has %zu edges; at least %d are needed", n, LATENCY_EDGES_MIN);
		return;
	}
	if (build(series, &track, latency) == 0) {
		measure(series, supply_lag, &track);
		if (check_clock(&track, series->channel, latency) == 0)
			find(&track, edges, n, latency);
	}
	free(track.power);
}
