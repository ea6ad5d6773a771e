/* RAPL held against the wall: the points with the fit, what the fit leaves of each class, and how far the two agree. All in power: that is
 * what crosscheck.h fits. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "number.h"
#include "parts.h"

#define LEFT 74.0
#define RIGHT 16.0
#define BOTTOM 58.0
#define AXES 330 /* px: their height */
#define CURVE 48 /* points of it */

struct cloud {
	const struct crosscheck_set *set;
	const struct crosscheck *check;
	/* Of a point; NAN: it has none. */
	double (*x)(const struct crosscheck *, const struct crosscheck_point *);
	double (*y)(const struct crosscheck *, const struct crosscheck_point *);
};

static double wall_power(const struct crosscheck *check, const struct crosscheck_point *p)
{
	(void)check;
	return p->wall / p->time;
}

static double rapl_power(const struct crosscheck *check, const struct crosscheck_point *p)
{
	(void)check;
	return p->rapl / p->time;
}

static double fitted_power(const struct crosscheck *check, const struct crosscheck_point *p)
{
	return crosscheck_predict(check, p->rapl, p->time) / p->time;
}

static double off_the_fit(const struct crosscheck *check, const struct crosscheck_point *p)
{
	return wall_power(check, p) - fitted_power(check, p);
}

static double mean_of_both(const struct crosscheck *check, const struct crosscheck_point *p)
{
	return (wall_power(check, p) + fitted_power(check, p)) / 2;
}

/* ---- points, a symbol for each class ---- */

struct extent {
	double low, high;
};

static struct extent extent_of(const struct cloud *cloud, double (*value)(const struct crosscheck *, const struct crosscheck_point *))
{
	struct extent extent = { INFINITY, -INFINITY };
	for (size_t i = 0; i < cloud->set->n; i++) {
		double x = value(cloud->check, &cloud->set->points[i]);
		extent.low = fmin(extent.low, x);
		extent.high = fmax(extent.high, x);
	}
	return extent;
}

static void add_class(const struct cloud *cloud, size_t class, struct drawing *drawing)
{
	size_t n = 0;
	char block[32];
	snprintf(block, sizeof block, "class%zu", class);
	drawing_begin(drawing, block);
	for (size_t i = 0; i < cloud->set->n; i++) {
		const struct crosscheck_point *p = &cloud->set->points[i];
		double row[] = { cloud->x(cloud->check, p), cloud->y(cloud->check, p) };
		if (p->class != class || !isfinite(row[0]) || !isfinite(row[1]))
			continue;
		drawing_row(drawing, row, 2);
		n++;
	}
	drawing_end(drawing);
	drawing->marks += n;
	if (n > 0)
		drawing_layer(drawing, "$%s using 1:2 with points pt %d ps 0.7 lc rgb m%u", block, drawing_filled(class), drawing_colour(class));
}

static void add_cloud(const struct cloud *cloud, struct drawing *drawing)
{
	for (size_t class = 0; class < cloud->set->n_classes; class++)
		add_class(cloud, class, drawing);
}

static void classes_legend(const struct crosscheck_set *set, struct legend *legend)
{
	char colour[8];
	for (size_t class = 0; class < set->n_classes; class++) {
		snprintf(colour, sizeof colour, "c%u", drawing_colour(class));
		legend_add(legend, set->classes[class][0] ? set->classes[class] : "(unnamed)", colour, drawing_filled(class));
	}
}

/* A square of axes below the legend of all classes. */
static void begin(const struct crosscheck_set *set, struct drawing *drawing, double right)
{
	struct legend legend = { .n = 0 };
	classes_legend(set, &legend);
	double top = 14 + DRAWING_LINE * legend_lines(&legend);
	drawing->height = (unsigned)(top + BOTTOM) + AXES;
	drawing_margins(drawing, LEFT, right, top, BOTTOM);
	legend_draw(&legend, drawing, 4);
}

/* From zero, unless that would leave most of the axis bare. */
static void axis(struct drawing *drawing, char axis, struct extent extent)
{
	double room = (extent.high - extent.low) * 0.06;
	drawing_linear(drawing, axis, extent.low < extent.high / 2 && extent.low >= 0 ? 0 : extent.low - room, extent.high + room);
}

/* ---- RAPL against the wall ---- */

static void add_fit(const struct cloud *cloud, struct drawing *drawing)
{
	struct extent extent = extent_of(cloud, rapl_power);
	if (cloud->check->refused)
		return;
	drawing_begin(drawing, "fit");
	for (int i = 0; i <= CURVE; i++) {
		double x = extent.low + (extent.high - extent.low) * i / CURVE;
		drawing_row(drawing, (double[]){ x, crosscheck_predict(cloud->check, x, 1) }, 2);
	}
	drawing_end(drawing);
	drawing_layer(drawing, "$fit using 1:2 with lines lw 1.2 lc rgb mink");
	drawing->marks++;
}

static void say_fit(const struct crosscheck *check, struct text *out)
{
	text_addf(out, "wall = %.4g W %c %.4g RAPL", check->A.estimate, check->B.estimate < 0 ? '-' : '+', fabs(check->B.estimate));
	if (check->curved)
		text_addf(out, " %c %.3g/W RAPL²", check->C.estimate < 0 ? '-' : '+', fabs(check->C.estimate));
}

/* Where RAPL says more than a supply can pass on. */
static void add_gate(const struct crosscheck *check, struct drawing *drawing)
{
	if (check->impossible == 0)
		return;
	drawing_layer(drawing, "x/%g with lines dt 2 lw 0.8 lc rgb ink", CROSSCHECK_IMPOSSIBLE);
	drawing_label(drawing, "impossible below the dashed line", 40, "graph 0.98, graph 0.04", "right textcolor rgb ink");
}

static void describe_cloud(const struct cloud *cloud, struct drawing *drawing)
{
	const struct crosscheck *check = cloud->check;
	text_add(&drawing->caption, "Mean power at the wall against what RAPL says, a point a run");
	text_addf(&drawing->alternative, "Scatter plot of %zu runs of %zu workloads: RAPL says %.2f to %.2f of the wall.", check->n, check->n_classes,
		  check->least_share, check->most_share);
	if (check->refused) {
		text_addf(&drawing->caption, ". No fit: %s.", check->refused);
		return;
	}
	text_add(&drawing->caption, ", with the fit ");
	say_fit(check, &drawing->caption);
	text_addf(&drawing->caption, " (R² %.4f).", check->r_squared);
}

static int add_plot(const struct cloud *cloud, struct figures *figures)
{
	struct drawing drawing = DRAWING_INIT;
	begin(cloud->set, &drawing, RIGHT);
	axis(&drawing, 'x', extent_of(cloud, cloud->x));
	axis(&drawing, 'y', extent_of(cloud, cloud->y));
	drawing_axis(&drawing, 'x', "power by RAPL (W)");
	drawing_axis(&drawing, 'y', "power at the wall (W)");
	if (cloud->check->refused == NULL) {
		struct text fit = TEXT_INIT;
		say_fit(cloud->check, &fit);
		drawing_label(&drawing, text_string(&fit), 60, "graph 0.03, graph 0.95", "left textcolor rgb ink");
		text_free(&fit);
	}
	add_fit(cloud, &drawing);
	add_gate(cloud->check, &drawing);
	add_cloud(cloud, &drawing);
	describe_cloud(cloud, &drawing);
	return drawing_finish(&drawing, figures, FIGURE_RAPL, 0, "rapl");
}

/* ---- classes ---- */

#define CLASS_LEFT 200.0
#define CLASS_RIGHT 90.0

static double relative_residual(const struct crosscheck *check, const struct crosscheck_point *p)
{
	return off_the_fit(check, p) / wall_power(check, p);
}

static struct extent residual_extent(const struct cloud *cloud)
{
	struct extent runs = extent_of(cloud, relative_residual), extent = { fmin(0, runs.low), fmax(0, runs.high) };
	for (size_t i = 0; i < cloud->set->n_classes; i++) {
		const struct interval *r = &cloud->check->classes[i].residual;
		extent.low = fmin(extent.low, fmin(r->estimate, r->low));
		extent.high = fmax(extent.high, fmax(r->estimate, r->high));
	}
	return extent;
}

static void add_runs(const struct cloud *cloud, struct drawing *drawing)
{
	drawing_begin(drawing, "runs");
	for (size_t i = 0; i < cloud->set->n; i++) {
		const struct crosscheck_point *p = &cloud->set->points[i];
		drawing_row(drawing, (double[]){ p->class + 1.0, relative_residual(cloud->check, p) }, 2);
	}
	drawing_end(drawing);
	drawing_layer(drawing, "$runs using (100*$2):1 with points pt 7 ps 0.3 lc rgb mgrid");
	drawing->marks += cloud->set->n;
}

static void add_residuals(const struct cloud *cloud, struct drawing *drawing)
{
	drawing_begin(drawing, "classes");
	for (size_t i = 0; i < cloud->set->n_classes; i++) {
		const struct interval *r = &cloud->check->classes[i].residual;
		if (!isfinite(r->estimate))
			continue;
		drawing_row(drawing, (double[]){ (double)i + 1, r->estimate, r->low, r->high }, 4);
		drawing->marks++;
	}
	drawing_end(drawing);
	drawing_layer(drawing, "$classes using (100*$3):1:(100*($4-$3)):(0) with vectors nohead lw 1.6 lc rgb c1");
	drawing_layer(drawing, "$classes using (100*$2):1 with points pt 7 ps 0.8 lc rgb m1");
}

static void name_classes(const struct cloud *cloud, struct drawing *drawing)
{
	char place[64], note[32];
	for (size_t i = 0; i < cloud->set->n_classes; i++) {
		const char *name = cloud->set->classes[i][0] ? cloud->set->classes[i] : "(unnamed)";
		snprintf(place, sizeof place, "screen %.6f, first %zu", (CLASS_LEFT - 8) / FIGURE_WIDTH, i + 1);
		drawing_label(drawing, name, 21, place, "right textcolor rgb ink");
		if (!isfinite(cloud->check->classes[i].residual.estimate))
			continue;
		snprintf(note, sizeof note, "%+.2f %%", 100 * cloud->check->classes[i].residual.estimate);
		rows_note(drawing, i, note, 12);
	}
}

static int add_classes(const struct cloud *cloud, struct figures *figures)
{
	struct drawing drawing = DRAWING_INIT;
	size_t n = cloud->set->n_classes;
	struct extent extent = residual_extent(cloud);
	double room = (extent.high - extent.low) * 0.06;
	drawing.height = (unsigned)(DRAWING_LINE * n + DRAWING_LINE / 2 + 12 + BOTTOM);
	drawing_margins(&drawing, CLASS_LEFT, CLASS_RIGHT, 12, BOTTOM);
	drawing_linear(&drawing, 'x', 100 * (extent.low - room), 100 * (extent.high + room));
	drawing_axis(&drawing, 'x', "wall beyond the fit (% of the wall)");
	drawing_set(&drawing, "yrange [%zu.75:0.25]", n);
	drawing_set(&drawing, "border 1 lw 0.8 lc rgb ink");
	text_add(&drawing.settings, "unset ytics\n");
	drawing_set(&drawing, "arrow from first 0, graph 0 to first 0, graph 1 nohead lw 0.8 lc rgb ink back");
	name_classes(cloud, &drawing);
	add_runs(cloud, &drawing);
	add_residuals(cloud, &drawing);
	text_add(&drawing.caption, "What the fit leaves of each workload: mean with its 95 % interval, and the single runs behind it.");
	text_addf(&drawing.alternative, "Residuals of %zu workloads; on average the fit misses by %.2g %% of the wall.", n, 100 * cloud->check->error);
	return drawing_finish(&drawing, figures, FIGURE_RESIDUALS, 0, "residuals");
}

/* ---- Bland-Altman ---- */

#define AGREEMENT_RIGHT 128.0

static void add_limit(struct drawing *drawing, const struct interval *limit, const char *what)
{
	char text[64], place[64];
	if (!isfinite(limit->estimate))
		return;
	if (isfinite(limit->low) && isfinite(limit->high))
		drawing_set(drawing, "object rectangle from graph 0, first %.17g to graph 1, first %.17g behind fc rgb grid fs transparent solid 0.45 noborder",
			    limit->low, limit->high);
	drawing_set(drawing, "arrow from graph 0, first %.17g to graph 1, first %.17g nohead lw 0.9 dt 2 lc rgb ink back", limit->estimate,
		    limit->estimate);
	snprintf(text, sizeof text, "%s %.2g W", what, fabs(limit->estimate) < 1e-9 ? 0 : limit->estimate);
	snprintf(place, sizeof place, "graph 1.015, first %.17g", limit->estimate);
	drawing_label(drawing, text, 24, place, "left textcolor rgb ink");
}

static struct extent agreement_extent(const struct cloud *cloud)
{
	struct extent extent = extent_of(cloud, cloud->y);
	const struct crosscheck *c = cloud->check;
	extent.low = fmin(extent.low, fmin(c->lower.estimate, c->lower.low));
	extent.high = fmax(extent.high, fmax(c->upper.estimate, c->upper.high));
	return extent;
}

static int add_agreement(const struct cloud *cloud, struct figures *figures)
{
	struct drawing drawing = DRAWING_INIT;
	const struct crosscheck *c = cloud->check;
	const struct interval bias = { c->bias, NAN, NAN };
	struct extent x = extent_of(cloud, cloud->x), y = agreement_extent(cloud);
	begin(cloud->set, &drawing, AGREEMENT_RIGHT);
	drawing_linear(&drawing, 'x', x.low - (x.high - x.low) * 0.05, x.high + (x.high - x.low) * 0.05);
	drawing_linear(&drawing, 'y', y.low - (y.high - y.low) * 0.05, y.high + (y.high - y.low) * 0.05);
	drawing_axis(&drawing, 'x', "mean of wall and fit (W)");
	drawing_axis(&drawing, 'y', "wall - fit (W)");
	add_limit(&drawing, &c->lower, "lower");
	add_limit(&drawing, &bias, "bias");
	add_limit(&drawing, &c->upper, "upper");
	add_cloud(cloud, &drawing);
	text_add(&drawing.caption, "Agreement after Bland and Altman: what the wall says beyond the fit, with the limits between which 95 % of the runs lie, and "
				   "the intervals of these limits.");
	text_addf(&drawing.alternative, "The limits of agreement are %.3g W and %.3g W about a bias of %.2g W.", c->lower.estimate, c->upper.estimate,
		  fabs(c->bias) < 1e-9 ? 0 : c->bias);
	return drawing_finish(&drawing, figures, FIGURE_AGREEMENT, 0, "agreement");
}

int figures_rapl(const struct figures_of *of, struct figures *figures)
{
	const struct cloud plot = { of->set, of->check, rapl_power, wall_power }, agreement = { of->set, of->check, mean_of_both, off_the_fit };
	if (of->set->n == 0 || add_plot(&plot, figures) != 0)
		return of->set->n == 0 ? 0 : -1;
	if (of->check->refused)
		return 0;
	return add_classes(&agreement, figures) != 0 || add_agreement(&agreement, figures) != 0 ? -1 : 0;
}
