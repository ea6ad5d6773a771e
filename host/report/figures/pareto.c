/* Energy over time, a figure for each workload: who is both slower and hungrier than another stands behind the front. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "parts.h"
#include "plain.h"
#include "view.h"

#define LEFT 80.0
#define RIGHT 30.0
#define BOTTOM 58.0
#define AXES 320
#define SYMBOL 10.0 /* px */
#define WIDEST 4    /* a bar that leaves its mean by more than this factor is cut, and has arrows */

static bool is_known(const struct summary *summary, const struct summary_group *group)
{
	const struct mean_energy *mean = parts_energy(summary, group);
	return group->n > 0 && mean->n > 0 && mean->mean > 0 && group->time.estimate > 0;
}

static bool is_of(const struct summary *summary, const struct summary_group *group, const char *workload)
{
	return strcmp(group->workload, workload) == 0 && is_known(summary, group);
}

/* ---- bars ---- */

/* What is drawn of mean -+ U on a logarithmic axis; the mean alone where U is not known. */
struct bar {
	double low, high; /* J */
	bool cut;
};

static struct bar bar_of(const struct mean_energy *mean)
{
	double U = mean->expanded.U;
	if (!isfinite(U))
		return (struct bar){ mean->mean, mean->mean, false };
	return (struct bar){ fmax(mean->mean - U, mean->mean / WIDEST), fmin(mean->mean + U, mean->mean * WIDEST), mean->mean - U < mean->mean / WIDEST };
}

/* ---- axes ---- */

struct limits {
	double time_low, time_high, joules_low, joules_high;
	size_t n;
	bool cut; /* some bar is */
};

static struct limits limits_of(const struct summary *summary, const char *workload)
{
	struct limits limits = { INFINITY, 0, INFINITY, 0, 0, false };
	for (size_t i = 0; i < summary->n_groups; i++) {
		const struct summary_group *group = &summary->groups[i];
		if (!is_of(summary, group, workload))
			continue;
		struct bar bar = bar_of(parts_energy(summary, group));
		limits.time_low = fmin(limits.time_low, group->time.estimate);
		limits.time_high = fmax(limits.time_high, group->time.estimate);
		limits.joules_low = fmin(limits.joules_low, bar.low);
		limits.joules_high = fmax(limits.joules_high, bar.high);
		limits.cut |= bar.cut;
		limits.n++;
	}
	return limits;
}

static void set_axes(const struct limits *limits, struct drawing *drawing)
{
	double time_room = pow(limits->time_high / limits->time_low, 0.1) * 1.02, joules_room = pow(limits->joules_high / limits->joules_low, 0.1) * 1.02;
	struct unit_scale unit = parts_joules(limits->joules_high);
	char title[40];
	drawing_logarithmic(drawing, 'x', limits->time_low / time_room, limits->time_high * time_room);
	drawing_logarithmic(drawing, 'y', limits->joules_low / joules_room / unit.per, limits->joules_high * joules_room / unit.per);
	snprintf(title, sizeof title, "energy (%s)", unit.name);
	drawing_axis(drawing, 'x', "time (s)");
	drawing_axis(drawing, 'y', title);
}

/* ---- points ---- */

static void add_data(const struct summary *summary, const char *workload, const char *arm, size_t number, struct drawing *drawing)
{
	char block[32];
	snprintf(block, sizeof block, "arm%zu", number);
	drawing_begin(drawing, block);
	for (size_t i = 0; i < summary->n_groups; i++) {
		const struct summary_group *group = &summary->groups[i];
		if (!is_of(summary, group, workload) || strcmp(group->arm, arm) != 0)
			continue;
		const struct mean_energy *mean = parts_energy(summary, group);
		struct bar bar = bar_of(mean);
		drawing_row(drawing, (double[]){ group->time.estimate, group->time.low, group->time.high, mean->mean, mean->expanded.U, bar.low, bar.high,
						 bar.cut ? 1 : 0 }, 8);
		drawing->marks++;
	}
	drawing_end(drawing);
}

static void add_layers(size_t number, double per, bool cut, struct drawing *drawing)
{
	unsigned colour = drawing_colour(number);
	drawing_layer(drawing, "$arm%zu using 2:($4/%g):($3-$2):(0) with vectors nohead lw 1.2 lc rgb c%u", number, per, colour);
	drawing_layer(drawing, "$arm%zu using 1:($6/%g):(0):(($7-$6)/%g) with vectors nohead lw 1.2 lc rgb c%u", number, per, per, colour);
	if (cut)
		drawing_layer(drawing, "$arm%zu using ($8 > 0 ? $1 : NaN):($6/%g):(0):(($7-$6)/%g) with vectors heads lw 1.2 lc rgb c%u", number, per, per,
			      colour);
	drawing_layer(drawing, "$arm%zu using 1:($4/%g) with points pt %d ps 0.8 lc rgb m%u", number, per, drawing_filled(number), colour);
}

static bool is_first_of_arm(const struct summary *summary, size_t index)
{
	const struct summary_group *group = &summary->groups[index];
	for (size_t i = 0; i < index; i++)
		if (is_of(summary, &summary->groups[i], group->workload) && strcmp(summary->groups[i].arm, group->arm) == 0)
			return false;
	return is_known(summary, group);
}

static void add_arms(const struct summary *summary, const char *workload, double per, bool cut, struct legend *legend, struct drawing *drawing)
{
	char colour[8];
	for (size_t i = 0; i < summary->n_groups; i++) {
		const struct summary_group *group = &summary->groups[i];
		if (strcmp(group->workload, workload) != 0 || !is_first_of_arm(summary, i))
			continue;
		size_t number = parts_arm(summary, group->arm);
		snprintf(colour, sizeof colour, "c%u", drawing_colour(number));
		legend_add(legend, parts_arm_name(group->arm), colour, drawing_filled(number));
		add_data(summary, workload, group->arm, number, drawing);
		add_layers(number, per, cut, drawing);
	}
}

/* Where names stand, px: none is put over another. */
struct names {
	struct {
		double x, y, width;
	} list[128];
	size_t n;
};

static void take_room(struct names *names, double x, double y, double width)
{
	if (names->n == sizeof names->list / sizeof *names->list)
		return;
	names->list[names->n].x = x;
	names->list[names->n].y = y;
	names->list[names->n++].width = width;
}

static bool has_room(const struct names *names, double x, double y, double width)
{
	for (size_t i = 0; i < names->n; i++)
		if (fabs(names->list[i].y - y) < 14 && x < names->list[i].x + names->list[i].width && names->list[i].x < x + width)
			return false;
	return names->n < sizeof names->list / sizeof *names->list;
}

/* By their threads where a workload's points differ in that alone, else by the point; not at all where there is but one. */
enum naming { BY_NOTHING, BY_THREADS, BY_POINT };

static enum naming naming_of(const struct summary *summary, const char *workload)
{
	const struct summary_group *first = NULL;
	enum naming naming = BY_NOTHING;
	for (size_t i = 0; i < summary->n_groups; i++) {
		const struct summary_group *group = &summary->groups[i];
		if (!is_of(summary, group, workload))
			continue;
		first = first ? first : group;
		if (!parts_same_family(first, group))
			return BY_POINT;
		if (strcmp(first->point, group->point) != 0)
			naming = BY_THREADS;
	}
	return naming;
}

static double share_of_log(double at, double low, double high)
{
	return high > low ? log(at / low) / log(high / low) : 0.5;
}

/* About where a point is, px from the lower left of what is drawn. */
static double across(const struct summary_group *group, const struct limits *limits)
{
	return (FIGURE_WIDTH - LEFT - RIGHT) / 1.2 * share_of_log(group->time.estimate, limits->time_low, limits->time_high);
}

static double up(const struct summary *summary, const struct summary_group *group, const struct limits *limits)
{
	return AXES / 1.2 * share_of_log(parts_energy(summary, group)->mean, limits->joules_low, limits->joules_high);
}

/* No name is put over a symbol. */
static void keep_symbols(const struct summary *summary, const char *workload, const struct limits *limits, struct names *names)
{
	for (size_t i = 0; i < summary->n_groups; i++)
		if (is_of(summary, &summary->groups[i], workload))
			take_room(names, across(&summary->groups[i], limits) - SYMBOL / 2, up(summary, &summary->groups[i], limits), SYMBOL);
}

static void name_points(const struct summary *summary, const char *workload, const struct limits *limits, struct drawing *drawing)
{
	struct names names = { .n = 0 };
	enum naming naming = naming_of(summary, workload);
	double per = parts_joules(limits->joules_high).per;
	keep_symbols(summary, workload, limits, &names);
	for (size_t i = 0; naming != BY_NOTHING && i < summary->n_groups; i++) {
		const struct summary_group *group = &summary->groups[i];
		char place[80], name[64];
		if (!is_of(summary, group, workload))
			continue;
		double joules = parts_energy(summary, group)->mean;
		snprintf(name, sizeof name, "%s", group->point);
		if (naming == BY_THREADS)
			snprintf(name, sizeof name, "%g", parts_family(group->point).threads);
		double x = across(group, limits) + SYMBOL, y = up(summary, group, limits) + SYMBOL / 2, width = DRAWING_COLUMN * (double)plain_width(name);
		if (!has_room(&names, x, y, width))
			continue;
		take_room(&names, x, y, width);
		snprintf(place, sizeof place, "first %.17g, first %.17g", group->time.estimate, joules / per);
		drawing_label(drawing, name, 20, place, "left offset 0.9,0.4 textcolor rgb ink");
	}
}

/* ---- fronts ---- */

static bool is_beaten(const struct summary *summary, const struct summary_group *group)
{
	for (size_t i = 0; i < summary->n_groups; i++) {
		const struct summary_group *other = &summary->groups[i];
		if (other == group || !is_known(summary, other) || !parts_same_family(other, group))
			continue;
		double time = other->time.estimate - group->time.estimate;
		double joules = parts_energy(summary, other)->mean - parts_energy(summary, group)->mean;
		if (time <= 0 && joules <= 0 && (time < 0 || joules < 0))
			return true;
	}
	return false;
}

/* The next slower one of the front. */
static const struct summary_group *next_on_front(const struct summary *summary, const struct summary_group *family, double after)
{
	const struct summary_group *next = NULL;
	for (size_t i = 0; i < summary->n_groups; i++) {
		const struct summary_group *group = &summary->groups[i];
		if (is_known(summary, group) && parts_same_family(group, family) && group->time.estimate > after &&
		    (next == NULL || group->time.estimate < next->time.estimate) && !is_beaten(summary, group))
			next = group;
	}
	return next;
}

static bool is_first_of_family(const struct summary *summary, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (is_known(summary, &summary->groups[i]) && parts_same_family(&summary->groups[i], &summary->groups[index]))
			return false;
	return true;
}

/* Steps: what is better than all that was measured lies below and to the left of them. */
static bool add_fronts(const struct summary *summary, const char *workload, double per, struct drawing *drawing)
{
	bool any = false;
	drawing_begin(drawing, "front");
	for (size_t i = 0; i < summary->n_groups; i++) {
		const struct summary_group *family = &summary->groups[i], *at = NULL, *next;
		if (!is_of(summary, family, workload) || !is_first_of_family(summary, i))
			continue;
		while ((next = next_on_front(summary, family, at ? at->time.estimate : 0)) != NULL) {
			drawing_row(drawing, (double[]){ next->time.estimate, parts_energy(summary, next)->mean }, 2);
			any |= at != NULL;
			at = next;
		}
		drawing_break(drawing);
	}
	drawing_end(drawing);
	if (any)
		drawing_layer(drawing, "$front using 1:($2/%g) with steps lw 2.5 lc rgb grid", per);
	return any;
}

/* ---- the figure ---- */

static void describe(const struct summary *summary, const char *workload, const struct limits *limits, bool front, struct drawing *drawing)
{
	struct text title = TEXT_INIT;
	view_title(&title, workload, "");
	text_addf(&drawing->caption, "%s: %s over time with their intervals (95 %%)%s%s%s.", text_string(&title), parts_energy_name(summary),
		  naming_of(summary, workload) == BY_THREADS ? ", numbers are threads" : "",
		  front ? "; what lies on the grey line is beaten in time and in energy by nothing that does the same work" : "",
		  limits->cut ? "; bars with arrows are cut: they reach below a quarter of the mean" : "");
	text_addf(&drawing->alternative, "%zu points from %.3g s to %.3g s and from %.4g J to %.4g J.", limits->n, limits->time_low, limits->time_high,
		  limits->joules_low, limits->joules_high);
	drawing->caption.failed |= title.failed;
	text_free(&title);
}

static int add_figure(const struct summary *summary, const char *workload, const struct limits *limits, size_t number, struct figures *figures)
{
	struct drawing drawing = DRAWING_INIT;
	struct legend legend = { .n = 0 };
	double per = parts_joules(limits->joules_high).per;
	char name[64];
	bool front = add_fronts(summary, workload, per, &drawing);
	add_arms(summary, workload, per, limits->cut, &legend, &drawing);
	double top = 40 + DRAWING_LINE * legend_lines(&legend);
	drawing.height = (unsigned)(top + BOTTOM) + AXES;
	drawing_margins(&drawing, LEFT, RIGHT, top, BOTTOM);
	drawing_label(&drawing, workload[0] ? workload : "(unnamed)", 60, "graph 0, graph 1.05", "left textcolor rgb ink");
	legend_draw(&legend, &drawing, 4);
	set_axes(limits, &drawing);
	name_points(summary, workload, limits, &drawing);
	describe(summary, workload, limits, front, &drawing);
	snprintf(name, sizeof name, "pareto-%zu", number);
	return drawing_finish(&drawing, figures, FIGURE_PARETO, 0, name);
}

int figures_pareto(const struct figures_of *of, struct figures *figures)
{
	const char *before = NULL;
	size_t number = 0;
	int result = 0;
	for (size_t i = 0; result == 0 && i < of->summary->n_groups; i++) {
		const char *workload = of->summary->groups[i].workload;
		if (before && strcmp(before, workload) == 0)
			continue;
		before = workload;
		struct limits limits = limits_of(of->summary, workload);
		if (limits.n >= 2)
			result = add_figure(of->summary, workload, &limits, ++number, figures);
	}
	return result;
}
