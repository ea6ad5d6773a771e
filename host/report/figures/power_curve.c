#include "power_curve.h"

#include <math.h>
#include <stdlib.h>

#include "clock.h"
#include "lattice.h"

#define HOLE 1.5    /* refresh times between samples beyond which some are missing */

static double since(int64_t t, int64_t origin)
{
	return (double)(int64_t)((uint64_t)t - (uint64_t)origin) / (double)NS_PER_S;
}

static bool usable(const struct series *series, size_t i)
{
	return !(series->flags[i] & FLAG_INVALID) && isfinite(series->value[i]);
}

static void add(struct power_curve *curve, double from, double to, double watts)
{
	if (to > from && isfinite(watts))
		curve->list[curve->n++] = (struct power_step){ from, to, watts };
}

void power_curve_free(struct power_curve *curve)
{
	free(curve->list);
	*curve = (struct power_curve){ .n = 0 };
}

/* ---- means over windows ---- */

static bool rises(const struct series *series)
{
	for (size_t i = 1; i < series->n; i++)
		if (series->t[i] <= series->t[i - 1])
			return false;
	return true;
}

static int64_t period_of(const struct channel *channel)
{
	return channel->refresh > 0 ? channel->refresh : channel->window;
}

/* Of a meter that no clock fits: what it said was of the time before it. */
static void add_by_stamps(const struct series *series, int64_t origin, struct power_curve *curve)
{
	for (size_t i = 0; i < series->n; i++) {
		int64_t to = series->t[i] - series->channel->latency;
		if (usable(series, i))
			add(curve, since(to - period_of(series->channel), origin), since(to, origin), series->value[i]);
	}
}

static void add_by_lattice(const struct series *series, const struct lattice *lattice, const int64_t *number, int64_t origin,
			   struct power_curve *curve)
{
	int64_t latency = series->channel->latency;
	for (size_t i = 0; i < series->n; i++)
		if (usable(series, i) && (i == 0 || number[i] > number[i - 1]))
			add(curve, since(lattice_end(lattice, number[i] - 1) - latency, origin), since(lattice_end(lattice, number[i]) - latency, origin),
			    series->value[i]);
}

static int add_windows(const struct series *series, int64_t origin, struct power_curve *curve)
{
	struct lattice lattice;
	const struct channel *channel = series->channel;
	int64_t *number = malloc(series->n * sizeof *number);
	int result = -1;
	if (number == NULL)
		return -1;
	if (!rises(series)) {
		add_by_stamps(series, origin, curve);
		result = 0;
	} else if (lattice_fit(series->t, series->u_t, series->n, period_of(channel), channel->accuracy.timebase, number, &lattice) == 0) {
		if (lattice.period >= 1 && isfinite(lattice.origin) && number[series->n - 1] <= 16 * (int64_t)series->n + 1024)
			add_by_lattice(series, &lattice, number, origin, curve);
		else
			add_by_stamps(series, origin, curve);
		result = 0;
	}
	free(number);
	return result;
}

/* ---- counters ---- */

/* From read i to read j; NAN: it went back, or further than it can. */
static double counted(const struct series *series, size_t i, size_t j)
{
	const struct channel *channel = series->channel;
	double seconds = since(series->t[j], series->t[i]), joules = series->value[j] - series->value[i];
	if (series->count) {
		uint64_t a = series->count[i], b = series->count[j], turned = b >= a ? b - a : a < channel->wrap ? channel->wrap - a + b : UINT64_MAX;
		if (turned == UINT64_MAX || (channel->wrap > 0 && turned > channel->wrap / 2))
			return NAN;
		joules = (double)turned * channel->scale;
	}
	bool implausible = channel->power_max > 0 && joules > 2 * channel->power_max * seconds + channel->accuracy.quantum + channel->scale;
	return joules < 0 || implausible ? NAN : joules;
}

/* Of a coarse counter from one of its steps to the next: between them nothing is known of its power. */
static bool is_step(const struct series *series, size_t i, size_t j, double least)
{
	return since(series->t[j], series->t[i]) >= least && series->value[j] != series->value[i];
}

/* A zone of RAPL that was read, and never stepped, counted nothing: its quantum is small. A pulse of a meter at the wall may be far off. */
static void add_standstill(const struct series *series, int64_t origin, struct power_curve *curve)
{
	size_t first = 0, last = series->n;
	while (first < last && !usable(series, first))
		first++;
	while (last > first && !usable(series, last - 1))
		last--;
	if (series->channel->role != ROLE_WALL && last > first + 1 && series->value[last - 1] == series->value[first])
		add(curve, since(series->t[first] - series->channel->latency, origin), since(series->t[last - 1] - series->channel->latency, origin), 0);
}

static void add_reads(const struct series *series, int64_t origin, struct power_curve *curve)
{
	int64_t latency = series->channel->latency;
	double least = POWER_CURVE_UPDATES * since(series->channel->update_jitter, 0);
	size_t last = series->n;
	for (size_t i = 0; i < series->n; i++) {
		if (!usable(series, i) || (last < series->n && series->t[i] <= series->t[last]))
			continue;
		if (last < series->n && !is_step(series, last, i, least))
			continue;
		if (last < series->n)
			add(curve, since(series->t[last] - latency, origin), since(series->t[i] - latency, origin),
			    counted(series, last, i) / since(series->t[i], series->t[last]));
		last = i;
	}
	if (curve->n == 0)
		add_standstill(series, origin, curve);
}

/* ---- point samples ---- */

static void add_samples(const struct series *series, int64_t origin, struct power_curve *curve)
{
	int64_t latency = series->channel->latency, step = series->channel->refresh;
	for (size_t i = 0; i < series->n; i++) {
		int64_t next = i + 1 < series->n ? series->t[i + 1] : series->t[i] + step;
		if (step > 0 && (double)(next - series->t[i]) > HOLE * (double)step)
			next = series->t[i] + step;
		if (usable(series, i))
			add(curve, since(series->t[i] - latency, origin), since(next - latency, origin), series->value[i]);
	}
}

int power_curve_make(const struct series *series, int64_t origin, struct power_curve *curve)
{
	*curve = (struct power_curve){ .list = malloc((series->n + 1) * sizeof *curve->list) };
	if (curve->list == NULL)
		return -1;
	if (series->n == 0)
		return 0;
	switch (series->channel->kind) {
	case CHANNEL_MEAN: return add_windows(series, origin, curve);
	case CHANNEL_COUNTER: add_reads(series, origin, curve); break;
	case CHANNEL_INSTANT: add_samples(series, origin, curve); break;
	case CHANNEL_OBSERVE: case CHANNEL_KINDS: break;
	}
	return 0;
}

/* ---- sums ---- */

/* Mean over [from, to], of which nearly all must be known. *at is where to look first, and moves on. */
static double mean(const struct power_curve *curve, double from, double to, size_t *at)
{
	double joules = 0, known = 0;
	while (*at < curve->n && curve->list[*at].to <= from)
		(*at)++;
	for (size_t i = *at; i < curve->n && curve->list[i].from < to; i++) {
		double part = fmin(to, curve->list[i].to) - fmax(from, curve->list[i].from);
		joules += part > 0 ? part * curve->list[i].watts : 0;
		known += part > 0 ? part : 0;
	}
	return known > 0.9 * (to - from) ? joules / known : NAN;
}

int power_curve_sum(const struct power_curve *curves, size_t n, double from, double to, double width, struct power_curve *sum)
{
	double steps = ceil((to - from) / width);
	size_t *at = calloc(n + 1, sizeof *at);
	*sum = (struct power_curve){ .list = steps < 1e6 ? malloc(((size_t)fmax(steps, 0) + 1) * sizeof *sum->list) : NULL };
	if (at == NULL || sum->list == NULL) {
		free(at);
		return -1;
	}
	for (double i = 0; i < steps; i++) {
		double watts = 0, begin = from + i * width;
		for (size_t k = 0; k < n; k++)
			watts += mean(&curves[k], begin, begin + width, &at[k]);
		add(sum, begin, begin + width, watts);
	}
	free(at);
	return 0;
}

/* ---- drawing ---- */

/* Of the drawing: the point that came last. */
struct pen {
	struct drawing *drawing;
	double at; /* s; NAN: none */
	size_t points;
};

static void point(struct pen *pen, double t, double watts)
{
	drawing_row(pen->drawing, (double[]){ t, watts }, 2);
	pen->points++;
}

static void lift_unless_at(struct pen *pen, double t)
{
	if (fabs(pen->at - t) > POWER_CURVE_JOINED)
		drawing_break(pen->drawing);
}

static void draw_steps(const struct power_curve *curve, size_t first, size_t end, struct pen *pen)
{
	for (size_t i = first; i < end; i++) {
		const struct power_step *step = &curve->list[i];
		lift_unless_at(pen, step->from);
		point(pen, step->from, step->watts);
		point(pen, step->to, step->watts);
		pen->at = step->to;
	}
}

static double middle(const struct power_step *step)
{
	return (step->from + step->to) / 2;
}

/* Steps [first, end) of one part of the time: its least and its greatest, in the order in which they came. */
static void draw_bin(const struct power_curve *curve, size_t first, size_t end, struct pen *pen)
{
	size_t low = first, high = first;
	if (end == first + 1) { /* a point alone would be no line */
		point(pen, curve->list[first].from, curve->list[first].watts);
		point(pen, curve->list[first].to, curve->list[first].watts);
		return;
	}
	for (size_t i = first; i < end; i++) {
		low = curve->list[i].watts < curve->list[low].watts ? i : low;
		high = curve->list[i].watts > curve->list[high].watts ? i : high;
	}
	size_t earlier = low < high ? low : high, later = low < high ? high : low == high ? end - 1 : low;
	point(pen, middle(&curve->list[earlier]), curve->list[earlier].watts);
	point(pen, middle(&curve->list[later]), curve->list[later].watts);
}

static void draw_bins(const struct power_curve *curve, size_t first, size_t end, double from, double width, struct pen *pen)
{
	while (first < end) {
		double bin = floor((middle(&curve->list[first]) - from) / width);
		size_t last = first + 1;
		lift_unless_at(pen, curve->list[first].from);
		while (last < end && floor((middle(&curve->list[last]) - from) / width) <= bin &&
		       curve->list[last].from - curve->list[last - 1].to <= POWER_CURVE_JOINED)
			last++;
		draw_bin(curve, first, last, pen);
		pen->at = curve->list[last - 1].to;
		first = last;
	}
}

size_t power_curve_draw(const struct power_curve *curve, double from, double to, struct drawing *drawing, struct power_extent *extent)
{
	struct pen pen = { .drawing = drawing, .at = INFINITY };
	size_t first = 0, end;
	while (first < curve->n && curve->list[first].to <= from)
		first++;
	for (end = first; end < curve->n && curve->list[end].from < to; end++) {
		extent->least = fmin(extent->least, curve->list[end].watts);
		extent->most = fmax(extent->most, curve->list[end].watts);
	}
	if (end > first)
		pen.at = curve->list[first].from;
	if (end - first <= POWER_CURVE_BINS)
		draw_steps(curve, first, end, &pen);
	else
		draw_bins(curve, first, end, from, (to - from) / POWER_CURVE_BINS, &pen);
	return pen.points;
}
