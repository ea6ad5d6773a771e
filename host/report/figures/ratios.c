/* A forest plot: what each arm draws over the reference arm, by the wall and by RAPL, each with its interval, on a logarithmic axis. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "claims_judged.h"
#include "number.h"
#include "parts.h"

#define LEFT 224.0  /* px of the axes' edges from the canvas' */
#define RIGHT 184.0
#define BOTTOM 56.0
#define RAPL_BELOW 0.3 /* rows: RAPL's mark stands so far below the wall's */
#define WIDEST 4       /* an interval that leaves the figures by more than this factor leaves the axes */

static const struct interval *main_ratio(const struct summary *summary, const struct summary_group *group)
{
	return summary->has_wall ? &group->ratio_wall : summary->has_rapl ? &group->ratio_rapl : &group->ratio_time;
}

static bool wanted(const struct summary *summary, const struct summary_group *group)
{
	return !group->is_reference && isfinite(main_ratio(summary, group)->estimate);
}

static bool has_both(const struct summary *summary)
{
	return summary->has_wall && summary->has_rapl;
}

/* ---- what was published ---- */

/* Only what holds of each point by itself, of the wall's gross energy, between these two arms. */
static bool says_of_each(const struct claim *claim)
{
	return claim->metric == CLAIM_ENERGY && claim->quantity == CLAIM_GROSS && claim->quantifier == CLAIM_EACH && claim->against == NULL &&
	       claim->baseline.n_variables == 0;
}

static bool bands_wanted(const struct figures_of *of)
{
	return of->claims && of->summary->has_wall;
}

static bool says_of(const struct claim_judged *judged, const struct summary_group *group, const struct summary_group *reference)
{
	const struct claim *claim = judged->claim;
	if (reference == NULL || !says_of_each(claim) || strcmp(claim->arm, group->arm) != 0 || strcmp(claim->over, reference->arm) != 0)
		return false;
	for (size_t i = 0; i < judged->n_points; i++)
		if (!judged->points[i].absent && strcmp(judged->points[i].workload, group->workload) == 0 &&
		    strcmp(judged->points[i].point, group->point) == 0)
			return true;
	return false;
}

/* ---- the axis ---- */

struct limits {
	double low, high;         /* of estimates */
	double interval_low, interval_high;
};

static void widen(struct limits *limits, const struct interval *ratio)
{
	if (!isfinite(ratio->estimate))
		return;
	limits->low = fmin(limits->low, ratio->estimate);
	limits->high = fmax(limits->high, ratio->estimate);
	limits->interval_low = fmin(limits->interval_low, ratio->low); /* fmin passes over NAN */
	limits->interval_high = fmax(limits->interval_high, ratio->high);
}

static void widen_by_claims(const struct figures_of *of, const struct summary_group *group, struct limits *limits)
{
	for (size_t c = 0; bands_wanted(of) && c < of->claims->n; c++) {
		const struct claim *claim = of->claims->list[c].claim;
		if (!says_of(&of->claims->list[c], group, summary_reference(of->summary, group)))
			continue;
		widen(limits, &(struct interval){ claim->low > 0 ? claim->low : 1, NAN, NAN });
		widen(limits, &(struct interval){ isfinite(claim->high) ? claim->high : 1, NAN, NAN });
	}
}

static struct limits limits_of(const struct figures_of *of, const struct rows *rows)
{
	const struct summary *summary = of->summary;
	struct limits limits = { 1, 1, 1, 1 };
	for (size_t i = 0; i < rows->n; i++)
		if (rows->list[i].group) {
			widen(&limits, main_ratio(summary, rows->list[i].group));
			widen_by_claims(of, rows->list[i].group, &limits);
			if (has_both(summary))
				widen(&limits, &rows->list[i].group->ratio_rapl);
		}
	return limits;
}

static void set_axes(const struct figures_of *of, const struct rows *rows, struct drawing *drawing)
{
	const struct summary *summary = of->summary;
	struct limits limits = limits_of(of, rows);
	double low = fmin(limits.low, fmax(limits.interval_low, limits.low / WIDEST)), high = fmax(limits.high, fmin(limits.interval_high, limits.high * WIDEST));
	double room = pow(high / low, 0.06);
	drawing_logarithmic(drawing, 'x', low / room, high * room);
	drawing_axis(drawing, 'x', summary->has_wall ? "energy over the reference arm's" : summary->has_rapl ? "RAPL energy over the reference arm's"
													      : "time over the reference arm's");
	drawing_set(drawing, "arrow from first 1, graph 0 to first 1, graph 1 nohead lw 0.8 lc rgb ink back");
}

/* ---- data ---- */

struct ratio_series {
	const char *block;
	bool rapl;
	const char *arm;
	size_t number;
};

static const struct interval *ratio_of(const struct summary *summary, const struct ratio_series *series, const struct summary_group *group)
{
	return series->rapl ? &group->ratio_rapl : main_ratio(summary, group);
}

static void add_series(const struct summary *summary, const struct rows *rows, const struct ratio_series *series, struct drawing *drawing)
{
	size_t n = 0;
	unsigned colour = drawing_colour(series->number);
	drawing_begin(drawing, series->block);
	for (size_t i = 0; i < rows->n; i++) {
		const struct summary_group *group = rows->list[i].group;
		if (group == NULL || strcmp(group->arm, series->arm) != 0)
			continue;
		const struct interval *r = ratio_of(summary, series, group);
		if (!isfinite(r->estimate))
			continue;
		drawing_row(drawing, (double[]){ (double)i + 1 + (series->rapl ? RAPL_BELOW : 0), r->estimate, r->low, r->high }, 4);
		n++;
	}
	drawing_end(drawing);
	drawing->marks += n;
	if (n == 0)
		return;
	drawing_layer(drawing, "$%s using 3:1:($4-$3):(0) with vectors nohead lw %s lc rgb c%u", series->block, series->rapl ? "0.8" : "1.6", colour);
	drawing_layer(drawing, "$%s using 2:1 with points pt %d ps %s lc rgb m%u", series->block,
		      series->rapl ? drawing_open(series->number) : drawing_filled(series->number), series->rapl ? "0.6" : "0.8", colour);
}

static bool is_first_of_arm(const struct rows *rows, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (rows->list[i].group && strcmp(rows->list[i].group->arm, rows->list[index].group->arm) == 0)
			return false;
	return true;
}

static void add_all(const struct summary *summary, const struct rows *rows, struct drawing *drawing)
{
	char block[32];
	for (size_t i = 0; i < rows->n; i++) {
		if (rows->list[i].group == NULL || !is_first_of_arm(rows, i))
			continue;
		const char *arm = rows->list[i].group->arm;
		struct ratio_series series = { .block = block, .arm = arm, .number = parts_arm(summary, arm) };
		snprintf(block, sizeof block, "ratio%zu", series.number);
		add_series(summary, rows, &series, drawing);
		series.rapl = true;
		snprintf(block, sizeof block, "rapl%zu", series.number);
		if (has_both(summary))
			add_series(summary, rows, &series, drawing);
	}
}

/* ---- bands ---- */

static void add_band(const struct claim *claim, size_t row, struct drawing *drawing)
{
	char low[40] = "graph 0", high[40] = "graph 1";
	if (claim->low > 0)
		snprintf(low, sizeof low, "first %.17g", claim->low);
	if (isfinite(claim->high))
		snprintf(high, sizeof high, "first %.17g", claim->high);
	drawing_set(drawing, "object rectangle from %s, first %.2f to %s, first %.2f behind clip fc rgb grid fs transparent solid 0.7 noborder", low,
		    (double)row + 0.56, high, (double)row + 1.44);
}

/* Their names are added to `names`. */
static void add_bands(const struct figures_of *of, const struct rows *rows, struct drawing *drawing, struct text *names)
{
	bool any = false;
	for (size_t c = 0; bands_wanted(of) && c < of->claims->n; c++) {
		const struct claim_judged *judged = &of->claims->list[c];
		bool named = false;
		for (size_t i = 0; i < rows->n; i++) {
			const struct summary_group *group = rows->list[i].group, *reference = group ? summary_reference(of->summary, group) : NULL;
			if (group == NULL || !says_of(judged, group, reference))
				continue;
			add_band(judged->claim, i, drawing);
			if (!named)
				text_addf(names, "%s%s", any ? ", " : "", judged->claim->id);
			named = any = true;
		}
	}
}

/* ---- what stands beside ---- */

static void add_numbers(const struct summary *summary, const struct rows *rows, struct drawing *drawing)
{
	for (size_t i = 0; i < rows->n; i++) {
		struct text number = TEXT_INIT;
		if (rows->list[i].group == NULL)
			continue;
		number_ratio(&number, main_ratio(summary, rows->list[i].group));
		rows_note(drawing, i, text_string(&number), 21);
		drawing->settings.failed |= number.failed;
		text_free(&number);
	}
}

static void add_legend(const struct summary *summary, const struct rows *rows, struct legend *legend)
{
	const char *reference = "";
	char colour[8];
	for (size_t i = 0; i < summary->n_groups; i++)
		if (summary->groups[i].is_reference)
			reference = summary->groups[i].arm;
	for (size_t i = 0; i < rows->n; i++) {
		if (rows->list[i].group == NULL || !is_first_of_arm(rows, i))
			continue;
		struct text name = TEXT_INIT;
		size_t number = parts_arm(summary, rows->list[i].group->arm);
		snprintf(colour, sizeof colour, "c%u", drawing_colour(number));
		text_addf(&name, "%s / %s", parts_arm_name(rows->list[i].group->arm), reference);
		legend_add(legend, text_string(&name), colour, drawing_filled(number));
		text_free(&name);
	}
	if (has_both(summary))
		legend_add(legend, "filled: wall, open: RAPL", "ink", 0);
}

static void describe(const struct summary *summary, const struct rows *rows, size_t from, const char *claims, struct drawing *drawing)
{
	const char *by = summary->has_wall ? "Energy at the wall" : summary->has_rapl ? "Energy by RAPL" : "Time";
	size_t n = 0, below = 0, above = 0, bare = 0;
	for (size_t i = 0; i < rows->n; i++) {
		const struct interval *ratio = rows->list[i].group ? main_ratio(summary, rows->list[i].group) : NULL;
		n += ratio != NULL;
		below += ratio && ratio->high < 1;
		above += ratio && ratio->low > 1;
		bare += ratio && !(isfinite(ratio->low) && isfinite(ratio->high));
	}
	text_addf(&drawing->caption, "%s over the reference arm's, %s%s%s%s%s%s.", by,
		  bare == n ? "without intervals, for which there are too few runs" : "with 95 % intervals",
		  bare > 0 && bare < n ? " (a mark without one has too few runs)" : "", has_both(summary) ? "; the same by RAPL below each" : "", claims[0] ? "; grey: what was published, by " : "", claims,
		  from ? " (continued)" : "");
	text_addf(&drawing->alternative, "Forest plot of %zu ratios: %zu of them are below 1 with their whole interval, %zu above; %zu include 1, and %zu have no interval.", n,
		  below, above, n - below - above - bare, bare);
}

static int add_figure(const struct figures_of *of, const struct rows *rows, size_t number, struct figures *figures)
{
	const struct summary *summary = of->summary;
	struct text claims = TEXT_INIT;
	struct drawing drawing = DRAWING_INIT;
	struct legend legend = { .n = 0 };
	char name[64];
	add_legend(summary, rows, &legend);
	double top = 8 + DRAWING_LINE * legend_lines(&legend);
	drawing.height = (unsigned)(top + BOTTOM) + rows_height(rows);
	drawing_margins(&drawing, LEFT, RIGHT, top, BOTTOM);
	set_axes(of, rows, &drawing);
	rows_label(rows, &drawing, LEFT);
	add_numbers(summary, rows, &drawing);
	legend_draw(&legend, &drawing, 4);
	add_all(summary, rows, &drawing);
	add_bands(of, rows, &drawing, &claims);
	describe(summary, rows, number, text_string(&claims), &drawing);
	drawing.caption.failed |= claims.failed;
	text_free(&claims);
	snprintf(name, sizeof name, number ? "ratios-%zu" : "ratios", number + 1);
	return drawing_finish(&drawing, figures, FIGURE_RATIOS, 0, name);
}

int figures_ratios(const struct figures_of *of, struct figures *figures)
{
	struct rows rows;
	int result = 0;
	for (size_t next = 0, number = 0; result == 0; number++) {
		rows_take(of->summary, wanted, &next, &rows);
		if (rows.n == 0)
			return 0;
		result = add_figure(of, &rows, number, figures);
	}
	return result;
}
