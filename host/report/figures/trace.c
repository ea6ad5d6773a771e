/* The power of one run over its time: the wall's instruments and RAPL, with idle window, bracket, phases, marks, gaps and tail. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "number.h"
#include "parts.h"
#include "plain.h"
#include "power_curve.h"
#include "run.h"
#include "run_in.h"
#include "run_series.h"
#include "view.h"

#define LEFT 74.0
#define RIGHT 96.0
#define TOP 66.0
#define BOTTOM 58.0
#define HEIGHT 380
#define CURVES_MAX 8 /* colours */
#define GAPS_MAX 64  /* more are not told apart */
#define NAME_COLUMNS 20 /* of a phase */
#define LABELS_MAX 8 /* marks of a run that has more are not named */
#define AROUND 0.02  /* of the time: room on both sides */

struct trace_gap {
	double from, to; /* s: nothing is known of some channel's power */
	const char *why;
};

struct trace {
	const struct figures_of *of;
	const struct result *result; /* of the whole run */
	struct run run;
	struct device_times times;
	int64_t origin;
	double from, to;         /* s since the origin: what is shown */
	struct power_extent extent;
	struct drawing drawing;
	struct {
		char name[CHANNEL_NAME_SIZE];
		double last, y;  /* W at its end; px from the top: where its name stands */
		unsigned colour;
	} curves[CURVES_MAX];
	size_t n_curves;
	struct trace_gap gaps[GAPS_MAX];
	size_t n_gaps;
	struct text still;       /* zones of RAPL that counted nothing */
};

static double since(const struct trace *trace, int64_t t)
{
	return (double)(int64_t)((uint64_t)t - (uint64_t)trace->origin) / (double)NS_PER_S;
}

/* ---- what is shown ---- */

static bool is_power(const struct channel *channel)
{
	return channel->kind != CHANNEL_OBSERVE && (channel->role == ROLE_WALL || channel->role == ROLE_PACKAGE || channel->role == ROLE_DRAM);
}

static const struct run_edge *joulerigs_mark(const struct trace *trace, const char *name)
{
	return run_edge(&trace->run, EDGE_MARK, name);
}

/* From the idle window to the end of the quiet; of a run that was cut short, all that there is. */
static void find_span(struct trace *trace)
{
	const struct run_edge *idle = joulerigs_mark(trace, "idle-begin"), *tail = joulerigs_mark(trace, "tail-end");
	int64_t first = INT64_MAX, last = INT64_MIN;
	for (size_t i = 0; i < trace->run.n_channels; i++) {
		const struct run_channel *channel = &trace->run.channels[i];
		if (!is_power(&channel->channel) || channel->n == 0 || channel->channel.clock == CLOCK_ID_DEVICE)
			continue;
		first = channel->t[0] < first ? channel->t[0] : first;
		last = channel->t[channel->n - 1] > last ? channel->t[channel->n - 1] : last;
	}
	if (view_has_bracket(trace->result)) {
		first = first < trace->result->start ? first : trace->result->start;
		last = last > trace->result->stop ? last : trace->result->stop;
	}
	first = idle ? idle->t : first;
	last = tail ? tail->t : last;
	trace->origin = view_has_bracket(trace->result) ? trace->result->start : first;
	double room = last > first ? AROUND * since(trace, last) - AROUND * since(trace, first) : 0;
	trace->from = since(trace, first) - room;
	trace->to = since(trace, last) + room;
}

/* Those that meet become one. */
static void add_gap(struct trace *trace, double from, double to, const char *why)
{
	from = fmax(from, trace->from);
	to = fmin(to, trace->to);
	if (!(to >= from))
		return;
	for (size_t i = 0; i < trace->n_gaps;) {
		if (trace->gaps[i].from > to || from > trace->gaps[i].to) {
			i++;
			continue;
		}
		from = fmin(trace->gaps[i].from, from);
		to = fmax(trace->gaps[i].to, to);
		why = trace->gaps[i].why;
		trace->gaps[i] = trace->gaps[--trace->n_gaps];
	}
	if (trace->n_gaps == GAPS_MAX)
		return;
	trace->gaps[trace->n_gaps++] = (struct trace_gap){ from, to, why };
}

/* What instruments said was lost. */
static void find_gaps(struct trace *trace)
{
	for (size_t i = 0; i < trace->run.n_channels; i++) {
		const struct run_channel *channel = &trace->run.channels[i];
		for (size_t g = 0; is_power(&channel->channel) && g < channel->n_gaps; g++)
			add_gap(trace, since(trace, channel->gaps[g].from), since(trace, channel->gaps[g].to), gap_reason_name(channel->gaps[g].reason));
	}
}

static void find_hole(struct trace *trace, double from, double to)
{
	if (to - from > POWER_CURVE_JOINED)
		add_gap(trace, from, to, "no values");
}

/* Values that are none: between two, and of the bracket what lies before the first and beyond the last. */
static void find_holes(struct trace *trace, const struct power_curve *curve)
{
	for (size_t i = 1; i < curve->n; i++)
		find_hole(trace, curve->list[i - 1].to, curve->list[i].from);
	if (curve->n == 0 || !view_has_bracket(trace->result))
		return;
	double start = since(trace, trace->result->start), stop = since(trace, trace->result->stop);
	find_hole(trace, start, fmin(curve->list[0].from, stop));
	find_hole(trace, fmax(curve->list[curve->n - 1].to, start), stop);
}

static void add_curve(struct trace *trace, const char *name, const struct power_curve *curve)
{
	char block[32];
	if (trace->n_curves == CURVES_MAX)
		return;
	snprintf(block, sizeof block, "curve%zu", trace->n_curves);
	drawing_begin(&trace->drawing, block);
	size_t points = power_curve_draw(curve, trace->from, trace->to, &trace->drawing, &trace->extent);
	drawing_end(&trace->drawing);
	find_holes(trace, curve);
	if (points == 0)
		return;
	unsigned colour = drawing_colour(trace->n_curves);
	drawing_layer(&trace->drawing, "$%s using 1:2 with lines lw 1 lc rgb m%u", block, colour);
	trace->drawing.marks++;
	size_t last = curve->n - 1;
	while (last > 0 && curve->list[last].from >= trace->to)
		last--;
	trace->curves[trace->n_curves].last = curve->list[last].watts;
	trace->curves[trace->n_curves].colour = colour;
	snprintf(trace->curves[trace->n_curves++].name, CHANNEL_NAME_SIZE, "%s", name);
}

static int make_curve(struct trace *trace, const struct run_channel *channel, struct power_curve *curve, struct error *error)
{
	struct run_series series;
	if (run_series_make(&trace->run, channel, &trace->times, &series, error) != 0)
		return -1;
	int result = power_curve_make(&series.series, trace->origin, curve);
	run_series_free(&series);
	return result == 0 ? 0 : error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
}

static size_t count_wall(const struct run *run)
{
	size_t n = 0;
	for (size_t i = 0; i < run->n_channels; i++)
		n += is_power(&run->channels[i].channel) && run->channels[i].channel.role == ROLE_WALL;
	return n;
}

/* Each instrument by itself: their windows are not the same. */
static int add_wall(struct trace *trace, struct error *error)
{
	size_t n = count_wall(&trace->run);
	for (size_t i = 0; i < trace->run.n_channels; i++) {
		const struct run_channel *channel = &trace->run.channels[i];
		struct power_curve curve = { .n = 0 };
		if (!is_power(&channel->channel) || channel->channel.role != ROLE_WALL || trace->n_curves == CURVES_MAX - 1) /* RAPL's */
			continue;
		int result = make_curve(trace, channel, &curve, error);
		if (result == 0)
			add_curve(trace, n == 1 ? "wall" : channel->channel.name, &curve);
		power_curve_free(&curve);
		if (result != 0)
			return -1;
	}
	return 0;
}

#define ZONES_MAX 32

static double rapl_width(const struct trace *trace)
{
	double width = (trace->to - trace->from) / POWER_CURVE_BINS * (double)NS_PER_S;
	for (size_t i = 0; i < trace->run.n_channels; i++) {
		const struct channel *channel = &trace->run.channels[i].channel;
		if (is_power(channel) && channel->role != ROLE_WALL)
			width = fmax(width, fmax((double)(POWER_CURVE_UPDATES * channel->update_jitter), (double)channel->refresh));
	}
	return width / (double)NS_PER_S;
}

static bool is_still(const struct power_curve *zone)
{
	for (size_t i = 0; i < zone->n; i++)
		if (zone->list[i].watts != 0)
			return false;
	return zone->n > 0;
}

/* All zones that are counted together. */
static int add_rapl(struct trace *trace, struct error *error)
{
	struct power_curve zones[ZONES_MAX], sum = { .n = 0 };
	size_t n = 0;
	int result = 0;
	for (size_t i = 0; result == 0 && i < trace->run.n_channels && n < ZONES_MAX; i++) {
		const struct run_channel *channel = &trace->run.channels[i];
		if (!is_power(&channel->channel) || channel->channel.role == ROLE_WALL)
			continue;
		zones[n] = (struct power_curve){ .n = 0 };
		result = make_curve(trace, channel, &zones[n], error);
		if (result == 0 && is_still(&zones[n]))
			text_addf(&trace->still, "%s%s", trace->still.length ? ", " : "", channel->channel.name);
		n++;
	}
	if (result == 0 && n > 1) {
		result = power_curve_sum(zones, n, trace->from, trace->to, rapl_width(trace), &sum);
		if (result != 0)
			error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	}
	if (result == 0)
		add_curve(trace, "RAPL", n == 1 ? &zones[0] : &sum);
	power_curve_free(&sum);
	while (n > 0)
		power_curve_free(&zones[--n]);
	return result;
}

/* ---- what happened ---- */

static double px_per_second(const struct trace *trace)
{
	return (FIGURE_WIDTH - LEFT - RIGHT) / (trace->to - trace->from);
}

static void shade(struct trace *trace, double from, double to, const char *colour, const char *opacity)
{
	double least = 2 / px_per_second(trace); /* so that it is seen */
	if (to - from < least) {
		from = (from + to - least) / 2;
		to = from + least;
	}
	from = fmax(from, trace->from);
	to = fmin(to, trace->to);
	if (to > from)
		drawing_set(&trace->drawing, "object rectangle from first %.17g, graph 0 to first %.17g, graph 1 behind fc rgb %s fs transparent solid %s noborder",
			    from, to, colour, opacity);
}

/* At `height` (of the axes), in the middle between two times, if there is room for it. */
static void name_span(struct trace *trace, const char *name, double from, double to, double height, const char *colour)
{
	char place[80], options[64];
	size_t columns = (size_t)((to - from) * px_per_second(trace) / DRAWING_COLUMN);
	if (columns < 3)
		return;
	snprintf(place, sizeof place, "first %.17g, graph %.3f", (from + to) / 2, height);
	snprintf(options, sizeof options, "center textcolor rgb %s", colour);
	drawing_label(&trace->drawing, name, columns, place, options);
}

static void line(struct trace *trace, double at, const char *style)
{
	if (at >= trace->from && at <= trace->to)
		drawing_set(&trace->drawing, "arrow from first %.17g, graph 0 to first %.17g, graph 1 nohead %s", at, at, style);
}

static void add_windows(struct trace *trace)
{
	const struct run_edge *from = joulerigs_mark(trace, "idle-begin"), *to = joulerigs_mark(trace, "idle-end"), *tail = joulerigs_mark(trace, "tail-end");
	if (from && to) {
		shade(trace, since(trace, from->t), since(trace, to->t), "grid", "0.3");
		name_span(trace, "idle", since(trace, from->t), since(trace, to->t), 0.95, "ink");
	}
	if (tail && view_has_bracket(trace->result) && tail->t > trace->result->stop) {
		double stop = since(trace, trace->result->stop);
		shade(trace, stop, since(trace, tail->t), "grid", "0.3");
		name_span(trace, "tail", stop, since(trace, tail->t), 0.95, "ink");
	}
}

/* A bar above the axes, named where that does not run into a name that ends at *taken (s), which moves on. */
static void bar(struct trace *trace, const char *name, double from, double to, int row, const char *colour, double *taken)
{
	double height = 1.03 + 0.09 * row, half = NAME_COLUMNS * DRAWING_COLUMN / 2 / px_per_second(trace), middle = (from + to) / 2;
	drawing_set(&trace->drawing, "arrow from first %.17g, graph %.3f to first %.17g, graph %.3f nohead lw 3 lc rgb %s", from, height, to, height, colour);
	half = fmin(half, ((double)plain_width(name) + 1) * DRAWING_COLUMN / 2 / px_per_second(trace));
	if (middle - half < *taken)
		return;
	name_span(trace, name, middle - half, middle + half, height + 0.045, colour);
	*taken = middle + half;
}

static void add_brackets(struct trace *trace)
{
	const struct campaign_file *file = trace->of->file;
	if (!view_has_bracket(trace->result))
		return;
	double start = since(trace, trace->result->start), stop = since(trace, trace->result->stop), taken = -INFINITY, taken_by_phases = -INFINITY;
	line(trace, start, "lw 0.8 lc rgb ink");
	line(trace, stop, "lw 0.8 lc rgb ink");
	bar(trace, "run", start, stop, 0, "ink", &taken);
	for (size_t i = 0; i < file->n_results; i++) {
		const struct result *phase = &file->results[i];
		if (phase->run != trace->result->run || phase->phase[0] == '\0' || !view_has_bracket(phase))
			continue;
		bar(trace, phase->phase, since(trace, phase->start), since(trace, phase->stop), 1, "c3", &taken_by_phases);
	}
}

static bool is_own(const struct run_edge *edge)
{
	return strcmp(edge->edge.name, "idle-begin") == 0 || strcmp(edge->edge.name, "idle-end") == 0 || strcmp(edge->edge.name, "tail-end") == 0;
}

static void add_marks(struct trace *trace)
{
	size_t n = 0;
	for (size_t i = 0; i < trace->run.n_edges; i++) {
		const struct run_edge *edge = &trace->run.edges[i];
		char place[80], name[sizeof edge->edge.name + 1];
		bool barrier = edge->edge.what == EDGE_BARRIER || edge->edge.what == EDGE_GO;
		if ((edge->edge.what != EDGE_MARK || is_own(edge)) && !barrier)
			continue;
		line(trace, since(trace, edge->t), barrier ? "dt 3 lw 0.8 lc rgb grid" : "dt 3 lw 0.8 lc rgb c4");
		if (barrier || n++ >= LABELS_MAX)
			continue;
		snprintf(name, sizeof name, "%.*s", (int)sizeof edge->edge.name, edge->edge.name);
		snprintf(place, sizeof place, "first %.17g, graph %.3f", since(trace, edge->t), 0.88 - 0.06 * (double)(n % 3));
		drawing_label(&trace->drawing, name, 14, place, "left offset 0.4,0 textcolor rgb c4");
	}
}

static void add_gaps(struct trace *trace)
{
	for (size_t i = 0; i < trace->n_gaps; i++)
		shade(trace, trace->gaps[i].from, trace->gaps[i].to, "c2", "0.25");
	if (trace->n_gaps > 0) {
		char place[80], name[80];
		snprintf(place, sizeof place, "first %.17g, graph 0.05", trace->gaps[0].to);
		snprintf(name, sizeof name, "gap: %s", trace->gaps[0].why);
		drawing_label(&trace->drawing, name, 20, place, "left offset 0.4,0 textcolor rgb c2");
	}
	for (size_t i = 0; i < trace->run.n_ranges; i++)
		if (trace->run.ranges[i].range.changed)
			line(trace, since(trace, trace->run.ranges[i].t), "dt 2 lw 1.2 lc rgb c5");
}

/* ---- the figure ---- */

static void name_curves(struct trace *trace, double low, double high)
{
	for (size_t i = 0; i < trace->n_curves; i++) {
		char place[64], options[64];
		double y = TOP + (high - trace->curves[i].last) / (high - low) * (HEIGHT - TOP - BOTTOM);
		for (size_t j = 0; j < i; j++) /* few, and seldom close */
			if (fabs(trace->curves[j].y - y) < 20)
				y = trace->curves[j].y + 20;
		trace->curves[i].y = y;
		snprintf(place, sizeof place, "screen %.6f,%.6f", 1 - (RIGHT - 8) / FIGURE_WIDTH, 1 - y / HEIGHT);
		snprintf(options, sizeof options, "left textcolor rgb c%u", trace->curves[i].colour);
		drawing_label(&trace->drawing, trace->curves[i].name, (size_t)((RIGHT - 8) / DRAWING_COLUMN), place, options);
	}
}

static void describe(struct trace *trace)
{
	const struct result *r = trace->result;
	struct text *caption = &trace->drawing.caption, *alternative = &trace->drawing.alternative;
	text_addf(caption, "Run %" PRIu32 ": ", r->run);
	view_title(caption, r->workload, r->point);
	text_addf(caption, ", arm %s, %s: power over time.", parts_arm_name(r->arm), run_status_name(r->status));
	if (trace->still.length)
		text_addf(caption, " Of RAPL, %s counted nothing.", text_string(&trace->still));
	caption->failed |= trace->still.failed;
	text_addf(alternative, "%zu curves over %.3g s, up to %.4g W", trace->n_curves, trace->to - trace->from, trace->extent.most);
	if (view_has_bracket(r))
		text_addf(alternative, "; the run takes %.4g s of it", view_duration(r));
	if (trace->n_gaps > 0)
		text_addf(alternative, "; %zu gaps", trace->n_gaps);
	text_add(alternative, ".");
}

static int draw(struct trace *trace, struct figures *figures)
{
	struct drawing *drawing = &trace->drawing;
	char name[64];
	double high = trace->extent.most > 0 ? 1.08 * trace->extent.most : 1, low = 1.08 * trace->extent.least;
	drawing_margins(drawing, LEFT, RIGHT, TOP, BOTTOM);
	drawing_linear(drawing, 'x', trace->from, trace->to);
	drawing_linear(drawing, 'y', low, high);
	drawing_axis(drawing, 'x', view_has_bracket(trace->result) ? "time since the start edge (s)" : "time (s)");
	drawing_axis(drawing, 'y', "power (W)");
	add_windows(trace);
	add_gaps(trace);
	add_brackets(trace);
	add_marks(trace);
	name_curves(trace, low, high);
	describe(trace);
	snprintf(name, sizeof name, "trace-%06" PRIu32, trace->result->run);
	return drawing_finish(drawing, figures, FIGURE_TRACE, trace->result->run, name);
}

static int add_trace(struct trace *trace, struct figures *figures, struct error *error)
{
	find_span(trace);
	if (!(trace->to > trace->from))
		return 0;
	find_gaps(trace);
	if (add_wall(trace, error) != 0 || add_rapl(trace, error) != 0)
		return -1;
	return draw(trace, figures) == 0 ? 0 : error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
}

static int trace_run(const struct figures_of *of, const struct result *result, struct figures *figures, struct error *error)
{
	struct trace trace = { .of = of, .result = result, .drawing = DRAWING_INIT, .still = TEXT_INIT };
	trace.drawing.height = HEIGHT;
	if (run_in(of->place, result->run, &trace.run, error) != 0)
		return -1;
	int done = device_times_make(&trace.run, &trace.times, error);
	if (done == 0)
		done = add_trace(&trace, figures, error);
	device_times_free(&trace.times);
	text_free(&trace.still);
	drawing_drop(&trace.drawing);
	run_free(&trace.run);
	return done;
}

int figures_traces(const struct figures_of *of, struct figures *figures, struct error *error)
{
	for (size_t i = 0; i < of->file->n_results; i++) {
		const struct result *result = &of->file->results[i];
		if (result->phase[0] == '\0' && trace_run(of, result, figures, error) != 0)
			return -1;
	}
	return 0;
}
