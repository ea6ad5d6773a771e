/* Energy over threads, a figure for each workload and what its points have in common beside threads. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "parts.h"
#include "view.h"

#define LEFT 80.0
#define RIGHT 118.0
#define TOP 44.0
#define BOTTOM 58.0
#define HEIGHT 400
#define LABEL_APART 20.0 /* px */

/* What one curve is of. */
struct curve {
	const char *arm;
	bool rapl;
	double last, y; /* J: its last value; px from the top: where its name stands */
	unsigned colour;
};
struct curves {
	struct curve list[16];
	size_t n;
	double least, most; /* threads */
	double joules;      /* the most */
};

static const struct mean_energy *energy(const struct summary_group *group, bool rapl)
{
	return rapl ? &group->rapl_gross : &group->wall_gross;
}

static bool is_of(const struct summary_group *group, const struct summary_group *family)
{
	return isfinite(parts_family(group->point).threads) && parts_same_family(group, family);
}

/* ---- what there is ---- */

static bool has_curve(const struct curves *curves, const char *arm, bool rapl)
{
	for (size_t i = 0; i < curves->n; i++)
		if (curves->list[i].rapl == rapl && strcmp(curves->list[i].arm, arm) == 0)
			return true;
	return false;
}

static void look_at(const struct summary *summary, const struct summary_group *group, bool rapl, struct curves *curves)
{
	const struct mean_energy *mean = energy(group, rapl);
	double threads = parts_family(group->point).threads, U = isfinite(mean->expanded.U) ? mean->expanded.U : 0;
	if (!(mean->mean > 0) || mean->n == 0)
		return;
	curves->least = fmin(curves->least, threads);
	curves->most = fmax(curves->most, threads);
	curves->joules = fmax(curves->joules, mean->mean + U);
	if (!has_curve(curves, group->arm, rapl) && curves->n < sizeof curves->list / sizeof *curves->list)
		curves->list[curves->n++] = (struct curve){ .arm = group->arm, .rapl = rapl, .colour = drawing_colour(parts_arm(summary, group->arm)) };
}

static void look(const struct summary *summary, const struct summary_group *family, struct curves *curves)
{
	*curves = (struct curves){ .least = INFINITY, .most = -INFINITY };
	for (int rapl = 0; rapl < 2; rapl++)
		for (size_t i = 0; i < summary->n_groups; i++)
			if (is_of(&summary->groups[i], family))
				look_at(summary, &summary->groups[i], rapl, curves);
}

/* ---- drawing ---- */

/* Groups of a family are by point: in the order of the plan, which need not be that of threads. */
static const struct summary_group *next_group(const struct summary *summary, const struct summary_group *family, const struct curve *curve,
					      double above)
{
	const struct summary_group *next = NULL;
	double least = INFINITY;
	for (size_t i = 0; i < summary->n_groups; i++) {
		const struct summary_group *group = &summary->groups[i];
		double threads = is_of(group, family) && strcmp(group->arm, curve->arm) == 0 ? parts_family(group->point).threads : NAN;
		if (threads > above && threads < least && energy(group, curve->rapl)->mean > 0) {
			least = threads;
			next = group;
		}
	}
	return next;
}

static void add_data(const struct summary *summary, const struct summary_group *family, struct curve *curve, size_t number, struct drawing *drawing)
{
	const struct summary_group *group;
	char block[32];
	snprintf(block, sizeof block, "curve%zu", number);
	drawing_begin(drawing, block);
	for (double threads = 0; (group = next_group(summary, family, curve, threads)) != NULL; threads = parts_family(group->point).threads) {
		const struct mean_energy *mean = energy(group, curve->rapl);
		drawing_row(drawing, (double[]){ parts_family(group->point).threads, mean->mean, mean->expanded.U }, 3);
		curve->last = mean->mean;
		drawing->marks++;
	}
	drawing_end(drawing);
}

static void add_layers(const struct curve *curve, size_t arm, size_t number, double per, struct drawing *drawing)
{
	drawing_layer(drawing, "$curve%zu using 1:($2/%g) with lines %s lc rgb c%u", number, per, curve->rapl ? "dt 2 lw 0.8" : "lw 1.2", curve->colour);
	drawing_layer(drawing, "$curve%zu using 1:(($2-$3)/%g):(0):(2*$3/%g) with vectors nohead lw 1.2 lc rgb c%u", number, per, per, curve->colour);
	drawing_layer(drawing, "$curve%zu using 1:($2/%g) with points pt %d ps %s lc rgb m%u", number, per,
		      curve->rapl ? drawing_open(arm) : drawing_filled(arm), curve->rapl ? "0.6" : "0.8", curve->colour);
}

/* ---- names at the curves' ends ---- */

static double px_of(double joules, double high)
{
	return TOP + (1 - joules / high) * (HEIGHT - TOP - BOTTOM);
}

/* Curves sorted from the top, then names pushed apart: downwards, and up again from the bottom. */
static void place_names(struct curves *curves, double high)
{
	struct curve *list = curves->list;
	for (size_t i = 0; i < curves->n; i++) {
		struct curve curve = list[i];
		size_t at = i;
		curve.y = px_of(curve.last, high);
		for (; at > 0 && list[at - 1].y > curve.y; at--)
			list[at] = list[at - 1];
		list[at] = curve;
	}
	for (size_t i = 1; i < curves->n; i++)
		list[i].y = fmax(list[i].y, list[i - 1].y + LABEL_APART);
	for (size_t i = curves->n; i-- > 0;)
		list[i].y = fmin(list[i].y, i + 1 < curves->n ? list[i + 1].y - LABEL_APART : HEIGHT - BOTTOM);
}

/* RAPL's curves have the colours of the wall's. */
static struct curves named(const struct summary *summary, const struct curves *curves)
{
	struct curves kept = { .n = 0 };
	for (size_t i = 0; i < curves->n; i++)
		if (!summary->has_wall || !curves->list[i].rapl)
			kept.list[kept.n++] = curves->list[i];
	return kept;
}

static void add_names(const struct summary *summary, const struct curves *all, double high, struct drawing *drawing)
{
	char place[64], colour[40];
	struct curves curves = named(summary, all);
	place_names(&curves, high);
	for (size_t i = 0; i < curves.n; i++) {
		const struct curve *curve = &curves.list[i];
		snprintf(place, sizeof place, "screen %.6f,%.6f", 1 - (RIGHT - 12) / FIGURE_WIDTH, 1 - curve->y / HEIGHT);
		snprintf(colour, sizeof colour, "left textcolor rgb c%u", curve->colour);
		drawing_label(drawing, parts_arm_name(curve->arm), (size_t)((RIGHT - 12) / DRAWING_COLUMN), place, colour);
	}
	if (curves.n < all->n)
		drawing_label(drawing, "solid: wall, dashed: RAPL", 30, "screen 0.985, graph 1.06", "right textcolor rgb ink");
}

/* ---- axes ---- */

static void add_tics(const struct summary *summary, const struct summary_group *family, struct drawing *drawing)
{
	double before = 0;
	text_add(&drawing->settings, "set xtics (");
	for (;;) {
		double next = INFINITY;
		for (size_t i = 0; i < summary->n_groups; i++)
			if (is_of(&summary->groups[i], family) && parts_family(summary->groups[i].point).threads > before)
				next = fmin(next, parts_family(summary->groups[i].point).threads);
		if (isinf(next))
			break;
		text_addf(&drawing->settings, "%s'%g' %.17g", before > 0 ? ", " : "", next, next);
		before = next;
	}
	text_add(&drawing->settings, ") offset 0,0.4\n");
}

static void set_axes(const struct summary *summary, const struct summary_group *family, const struct curves *curves, double high,
		     struct drawing *drawing)
{
	struct unit_scale unit = parts_joules(high);
	char title[40];
	drawing_logarithmic(drawing, 'x', curves->least / 1.1, curves->most * 1.1);
	add_tics(summary, family, drawing);
	drawing_linear(drawing, 'y', 0, high / unit.per);
	snprintf(title, sizeof title, "energy (%s)", unit.name);
	drawing_axis(drawing, 'x', "threads");
	drawing_axis(drawing, 'y', title);
}

static void describe(const struct summary *summary, const struct summary_group *family, const struct curves *curves, struct drawing *drawing)
{
	struct text title = TEXT_INIT;
	view_title(&title, family->workload, parts_family(family->point).rest);
	text_addf(&drawing->caption, "%s: energy over threads with its uncertainty (95 %%)%s.", text_string(&title),
		  summary->has_wall && summary->has_rapl ? "; solid by the wall, dashed by RAPL" : "");
	text_addf(&drawing->alternative, "%zu curves from %g to %g threads, up to %.4g J.", curves->n, curves->least, curves->most, curves->joules);
	drawing_label(drawing, text_string(&title), 32, "graph 0, graph 1.06", "left textcolor rgb ink");
	drawing->caption.failed |= title.failed;
	text_free(&title);
}

static int add_figure(const struct summary *summary, const struct summary_group *family, struct curves *curves, size_t number,
		      struct figures *figures)
{
	struct drawing drawing = DRAWING_INIT;
	char name[64];
	double high = curves->joules * 1.06;
	drawing.height = HEIGHT;
	drawing_margins(&drawing, LEFT, RIGHT, TOP, BOTTOM);
	set_axes(summary, family, curves, high, &drawing);
	for (size_t i = 0; i < curves->n; i++) {
		add_data(summary, family, &curves->list[i], i, &drawing);
		add_layers(&curves->list[i], parts_arm(summary, curves->list[i].arm), i, parts_joules(high).per, &drawing);
	}
	add_names(summary, curves, high, &drawing);
	describe(summary, family, curves, &drawing);
	snprintf(name, sizeof name, "threads-%zu", number);
	return drawing_finish(&drawing, figures, FIGURE_THREADS, 0, name);
}

static bool is_first_of_family(const struct summary *summary, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (is_of(&summary->groups[i], &summary->groups[index]))
			return false;
	return is_of(&summary->groups[index], &summary->groups[index]);
}

int figures_threads(const struct figures_of *of, struct figures *figures)
{
	struct curves curves;
	size_t number = 0;
	int result = 0;
	for (size_t i = 0; result == 0 && i < of->summary->n_groups; i++) {
		if (!is_first_of_family(of->summary, i))
			continue;
		look(of->summary, &of->summary->groups[i], &curves);
		if (curves.n > 0 && curves.most > curves.least && curves.joules > 0)
			result = add_figure(of->summary, &of->summary->groups[i], &curves, ++number, figures);
	}
	return result;
}
