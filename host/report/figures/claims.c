/* Published claims and what the campaign says of each: the claim's interval as a band, the campaign's by each quantity, the verdict beside. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "claims_judged.h"
#include "parts.h"

#define LEFT 224.0
#define RIGHT 140.0
#define BOTTOM 58.0
#define LINE 36   /* px: room for four quantities */
#define WIDEST 4  /* as in ratios.c */
#define MOST 24   /* claims of one figure */

/* An elasticity is no ratio, and may be negative. */
static bool is_shown(const struct claim_judged *judged)
{
	bool any = false;
	for (size_t q = 0; q < judged->n_quantities; q++)
		any |= judged->quantities[q].interval.estimate > 0;
	return any && judged->claim->metric != CLAIM_ELASTICITY;
}

struct shown {
	const struct claim_judged *list[MOST];
	size_t n;
};

/* ---- the axis ---- */

struct limits {
	double low, high;
};

static void widen(struct limits *limits, double low, double high)
{
	if (low > 0 && isfinite(low))
		limits->low = fmin(limits->low, low);
	if (high > 0 && isfinite(high))
		limits->high = fmax(limits->high, high);
}

/* All that claims say and what was found, and of its intervals so much as leaves that readable. */
static struct limits limits_of(const struct shown *shown)
{
	struct limits limits = { 1, 1 }, intervals = { 1, 1 };
	for (size_t i = 0; i < shown->n; i++) {
		const struct claim *claim = shown->list[i]->claim;
		widen(&limits, claim->low > 0 ? claim->low : claim->high, isfinite(claim->high) ? claim->high : claim->low);
		for (size_t q = 0; q < shown->list[i]->n_quantities; q++) {
			const struct interval *found = &shown->list[i]->quantities[q].interval;
			widen(&limits, found->estimate, found->estimate);
			widen(&intervals, found->low, found->high);
		}
	}
	return (struct limits){ fmin(limits.low, fmax(intervals.low, limits.low / WIDEST)), fmax(limits.high, fmin(intervals.high, limits.high * WIDEST)) };
}

/* ---- rows ---- */

static void add_band(const struct claim *claim, size_t row, const struct limits *limits, struct drawing *drawing)
{
	double low = fmax(claim->low, limits->low), high = fmin(claim->high, limits->high);
	if (high > low)
		drawing_set(drawing, "object rectangle from first %.17g, first %.2f to first %.17g, first %.2f behind fc rgb grid fs transparent solid 0.7 noborder",
			    low, (double)row + 0.58, high, (double)row + 1.42);
}

static void add_words(const struct claims_judged *judged, const struct claim_judged *one, size_t row, struct drawing *drawing)
{
	char place[64];
	struct text verdict = TEXT_INIT;
	snprintf(place, sizeof place, "screen %.6f, first %zu", 10.0 / FIGURE_WIDTH, row + 1);
	drawing_label(drawing, one->claim->id, 13, place, "left textcolor rgb ink");
	snprintf(place, sizeof place, "screen %.6f, first %zu", (LEFT - 8) / FIGURE_WIDTH, row + 1);
	drawing_label(drawing, claim_metric_name(one->claim->metric), 12, place, "right textcolor rgb ink");
	text_addf(&verdict, judged->simulated ? "(%s)" : "%s", claim_verdict_name(one->verdict));
	rows_note(drawing, row, text_string(&verdict), 15);
	text_free(&verdict);
}

static double place_in_row(const struct claim_judged *one, size_t quantity)
{
	return one->n_quantities > 1 ? ((double)quantity + 0.5) / (double)one->n_quantities * 0.72 - 0.36 : 0;
}

static void add_quantity(const struct shown *shown, size_t quantity, struct drawing *drawing)
{
	char block[32];
	size_t marks = drawing->marks;
	snprintf(block, sizeof block, "quantity%zu", quantity);
	drawing_begin(drawing, block);
	for (size_t i = 0; i < shown->n; i++) {
		const struct claim_judged *one = shown->list[i];
		const struct interval *found = &one->quantities[quantity].interval;
		if (quantity >= one->n_quantities || !(found->estimate > 0))
			continue;
		drawing_row(drawing, (double[]){ (double)i + 1 + place_in_row(one, quantity), found->estimate, found->low, found->high }, 4);
		drawing->marks++;
	}
	drawing_end(drawing);
	if (drawing->marks == marks)
		return;
	drawing_layer(drawing, "$%s using 3:1:($4-$3):(0) with vectors nohead lw 1.4 lc rgb c%u", block, drawing_colour(quantity));
	drawing_layer(drawing, "$%s using 2:1 with points pt %d ps 0.6 lc rgb m%u", block, drawing_filled(quantity), drawing_colour(quantity));
}

static void add_legend(struct legend *legend)
{
	static const char *const names[CLAIM_QUANTITIES] = { "wall, gross", "wall, net", "wall, caused", "RAPL" };
	char colour[8];
	for (size_t q = 0; q < CLAIM_QUANTITIES; q++) {
		snprintf(colour, sizeof colour, "c%u", drawing_colour(q));
		legend_add(legend, names[q], colour, drawing_filled(q));
	}
	legend_add(legend, "as published", "grid", 5);
}

/* ---- the figure ---- */

static void set_axes(const struct shown *shown, struct limits *limits, struct drawing *drawing)
{
	double room;
	*limits = limits_of(shown);
	room = pow(limits->high / limits->low, 0.06);
	limits->low /= room;
	limits->high *= room;
	drawing_logarithmic(drawing, 'x', limits->low, limits->high);
	drawing_axis(drawing, 'x', "one arm over the other");
	drawing_set(drawing, "yrange [%zu.6:0.4]", shown->n);
	drawing_set(drawing, "border 1 lw 0.8 lc rgb ink");
	text_add(&drawing->settings, "unset ytics\n");
	drawing_set(drawing, "arrow from first 1, graph 0 to first 1, graph 1 nohead lw 0.8 lc rgb ink back");
}

static void describe(const struct claims_judged *judged, const struct shown *shown, size_t number, struct drawing *drawing)
{
	text_addf(&drawing->caption, "What was published (grey) and what this campaign says, with 95 %% intervals%s%s.",
		  judged->simulated ? "; verdicts in brackets are rehearsals, since energies came from a twin" : "", number ? " (continued)" : "");
	text_addf(&drawing->alternative, "%zu claims:", shown->n);
	for (size_t i = 0; i < shown->n; i++) {
		text_addf(&drawing->alternative, "%s %s ", i ? "," : "", shown->list[i]->claim->id);
		claims_verdict_text(&drawing->alternative, judged, shown->list[i]->verdict);
	}
	text_add(&drawing->alternative, ".");
}

static int add_figure(const struct claims_judged *judged, const struct shown *shown, size_t number, struct figures *figures)
{
	struct drawing drawing = DRAWING_INIT;
	struct legend legend = { .n = 0 };
	struct limits limits;
	char name[64];
	add_legend(&legend);
	double top = 10 + DRAWING_LINE * legend_lines(&legend);
	drawing.height = (unsigned)(top + BOTTOM) + (unsigned)shown->n * LINE + LINE / 3;
	drawing_margins(&drawing, LEFT, RIGHT, top, BOTTOM);
	set_axes(shown, &limits, &drawing);
	legend_draw(&legend, &drawing, 4);
	for (size_t i = 0; i < shown->n; i++) {
		add_band(shown->list[i]->claim, i, &limits, &drawing);
		add_words(judged, shown->list[i], i, &drawing);
	}
	for (size_t q = 0; q < CLAIM_QUANTITIES; q++)
		add_quantity(shown, q, &drawing);
	describe(judged, shown, number, &drawing);
	snprintf(name, sizeof name, number ? "claims-%zu" : "claims", number + 1);
	return drawing_finish(&drawing, figures, FIGURE_RATIOS, 0, name);
}

int figures_claims(const struct figures_of *of, struct figures *figures)
{
	int result = 0;
	for (size_t next = 0, number = 0; result == 0 && next < of->claims->n; number++) {
		struct shown shown = { .n = 0 };
		for (; next < of->claims->n && shown.n < MOST; next++)
			if (is_shown(&of->claims->list[next]))
				shown.list[shown.n++] = &of->claims->list[next];
		if (shown.n > 0)
			result = add_figure(of->claims, &shown, number, figures);
	}
	return result;
}
