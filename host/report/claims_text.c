#include "claims_text.h"

#include <math.h>

#include "c_locale.h"
#include "facts.h"
#include "heading.h"
#include "number.h"
#include "plain.h"
#include "view.h"

#define LABEL_WIDTH 10
#define LABEL "  %-8s"

static const char *const quantity_titles[CLAIM_QUANTITIES] = { "gross", "net", "caused", "RAPL" };

static void lay(struct text *out, const struct table_options *options, enum emphasis emphasis, int hanging, struct text *said)
{
	layout_paragraph(out, options, emphasis, hanging, text_string(said));
	out->failed |= said->failed;
	text_free(said);
}

static enum emphasis emphasis_of(enum claim_verdict verdict)
{
	static const enum emphasis of[CLAIM_VERDICTS] = { EMPHASIS_STRONG, EMPHASIS_ALARM, EMPHASIS_CAUTION, EMPHASIS_FAINT };
	return of[verdict];
}

static void add_p(struct text *cell, double p)
{
	if (isnan(p))
		return;
	if (p < 1e-4)
		text_add(cell, "< 0.0001");
	else
		text_addf(cell, "%.2g", p);
}

static void add_figure(struct text *cell, const struct interval *interval)
{
	if (isfinite(interval->estimate))
		number_ratio(cell, interval);
}

/* ---- all verdicts ---- */

static void add_counts(const struct claims_judged *judged, const struct table_options *options, struct text *out)
{
	struct text said = TEXT_INIT;
	const char *separator = judged->simulated ? ", rehearsed: " : ": ";
	text_addf(&said, "%zu claim%s", judged->n, judged->n == 1 ? "" : "s");
	for (int verdict = 0; verdict < CLAIM_VERDICTS; verdict++) {
		if (judged->n_verdicts[verdict] == 0)
			continue;
		text_addf(&said, "%s%zu %s", separator, judged->n_verdicts[verdict], claims_verdict_words(judged, (enum claim_verdict)verdict));
		separator = ", ";
	}
	lay(out, options, EMPHASIS_STRONG, 2, &said);
	text_addf(&said, "Intervals are 95 %%. p is Holm's, over the %zu claim%s that can be tested here: of all definite verdicts together, the probability "
			 "that any is wrong is 5 %% at most, where no caution says otherwise.", judged->n_tested, judged->n_tested == 1 ? "" : "s");
	lay(out, options, EMPHASIS_FAINT, 0, &said);
}

static void add_verdict_row(const struct claims_judged *judged, const struct claim_judged *one, struct grid *grid)
{
	const struct claim_judgement *judgement = &one->quantities[one->quantity];
	grid_row(grid);
	plain_add(grid_cell(grid, 0), one->claim->id);
	claims_verdict_text(grid_cell(grid, 1), judged, one->verdict);
	text_add(grid_cell(grid, 2), one->claim->firmness == CLAIM_PROVISIONAL ? "provisional" : "");
	add_figure(grid_cell(grid, 3), &judgement->interval);
	claims_bounds_text(grid_cell(grid, 4), one->claim);
	add_p(grid_cell(grid, 5), judgement->adjusted);
	text_add(grid_cell(grid, 6), one->conflict ? "in conflict" : one->disagreement[0] ? "differ" : "");
}

static void add_verdicts(const struct claims_judged *judged, const struct table_options *options, struct text *out)
{
	static const char *const titles[] = { "claim", "verdict", "firmness", "here", "claimed", "p", "quantities" };
	struct grid grid = GRID_INIT;
	for (int i = 0; i < 7; i++)
		grid_column(&grid, titles[i], i == 5 ? ALIGN_RIGHT : ALIGN_LEFT, i < 4 ? 0 : i);
	for (size_t i = 0; i < judged->n; i++)
		add_verdict_row(judged, &judged->list[i], &grid);
	text_add(out, "\n");
	grid_render(&grid, options, out, NULL);
	out->failed |= grid.failed;
	grid_free(&grid);
}

/* ---- one claim ---- */

static void add_line(struct text *out, const struct table_options *options, enum emphasis emphasis, const char *label, const char *string)
{
	struct text said = TEXT_INIT;
	if (string[0] == '\0')
		return;
	text_addf(&said, LABEL, label);
	plain_add(&said, string);
	lay(out, options, emphasis, LABEL_WIDTH, &said);
}

static void add_title(const struct claims_judged *judged, const struct claim_judged *one, const struct table_options *options, struct text *out)
{
	struct text said = TEXT_INIT;
	text_add(out, "\n");
	plain_add(&said, one->claim->id);
	text_add(&said, ": ");
	claims_verdict_text(&said, judged, one->verdict);
	text_add(&said, one->claim->firmness == CLAIM_PROVISIONAL ? " (PROVISIONAL claim)" : "");
	lay(out, options, emphasis_of(one->verdict), 2, &said);
}

static void add_place(struct text *cell, const struct claim_judged *one, const struct claim_judgement *judgement)
{
	if (judgement->point == SIZE_MAX || one->n_points < 2)
		text_add(cell, one->n_points > 1 && isfinite(judgement->interval.estimate) ? "all points together" : "");
	else
		view_title(cell, one->points[judgement->point].workload, one->points[judgement->point].point);
}

static void add_quantities(const struct claims_judged *judged, const struct claim_judged *one, const struct table_options *options, struct text *out)
{
	static const char *const titles[] = { "", "figure", "verdict", "p", "rests on" };
	struct grid grid = GRID_INIT;
	for (int i = 0; i < 5; i++)
		grid_column(&grid, titles[i], i == 3 ? ALIGN_RIGHT : ALIGN_LEFT, i < 3 ? 0 : i);
	for (size_t q = 0; q < one->n_quantities; q++) {
		const struct claim_judgement *judgement = &one->quantities[q];
		grid_row(&grid);
		text_addf(grid_cell(&grid, 0), "  %s", one->n_quantities > 1 ? quantity_titles[q] : "value");
		add_figure(grid_cell(&grid, 1), &judgement->interval);
		claims_verdict_text(grid_cell(&grid, 2), judged, judgement->verdict);
		add_p(grid_cell(&grid, 3), judgement->adjusted);
		add_place(grid_cell(&grid, 4), one, judgement);
	}
	grid_render(&grid, options, out, NULL);
	out->failed |= grid.failed;
	grid_free(&grid);
}

static bool any_tested(const struct claim_judged *one)
{
	for (size_t q = 0; q < one->n_quantities; q++)
		if (one->quantities[q].verdict != CLAIM_NOT_TESTABLE)
			return true;
	return false;
}

static bool any_figure(const struct claim_judged *one)
{
	for (size_t i = 0; i < one->n_points; i++)
		for (size_t q = 0; q < one->n_quantities; q++)
			if (isfinite(one->points[i].quantities[q].interval.estimate))
				return true;
	return false;
}

static void add_points(const struct claim_judged *one, const struct table_options *options, struct text *out)
{
	struct grid grid = GRID_INIT;
	if (one->n_points < 2 || !any_figure(one))
		return;
	grid_column(&grid, "  point", ALIGN_LEFT, 0);
	grid_column(&grid, "n", ALIGN_LEFT, 5);
	for (size_t q = 0; q < one->n_quantities; q++)
		grid_column(&grid, one->n_quantities > 1 ? quantity_titles[q] : "value", ALIGN_LEFT, q == one->quantity ? 0 : (int)q + 1);
	grid_column(&grid, "lies", ALIGN_LEFT, 6);
	for (size_t i = 0; i < one->n_points; i++) {
		const struct claim_point *point = &one->points[i];
		grid_row(&grid);
		text_add(grid_cell(&grid, 0), "  ");
		view_title(grid_cell(&grid, 0), point->workload, point->point);
		if (!point->absent)
			text_addf(grid_cell(&grid, 1), "%zu, %zu", point->n_arm, point->n_over);
		for (size_t q = 0; q < one->n_quantities; q++)
			add_figure(grid_cell(&grid, 2 + (int)q), &point->quantities[q].interval);
		text_add(grid_cell(&grid, 2 + (int)one->n_quantities), claims_place_text(point->quantities[one->quantity].verdict));
	}
	grid_render(&grid, options, out, NULL);
	out->failed |= grid.failed;
	grid_free(&grid);
}

static void add_disagreement(const struct claim_judged *one, const struct table_options *options, struct text *out)
{
	struct text said = TEXT_INIT;
	if (one->disagreement[0] == '\0')
		return;
	text_addf(&said, LABEL "%s%s", "but", one->disagreement, one->conflict ? "; what is found depends on what is counted" : "");
	lay(out, options, one->conflict ? EMPHASIS_ALARM : EMPHASIS_CAUTION, LABEL_WIDTH, &said);
}

static void add_claim(const struct claims_judged *judged, const struct claim_judged *one, const struct table_options *options, struct text *out)
{
	const struct claim *claim = one->claim;
	struct text statement = TEXT_INIT;
	add_title(judged, one, options, out);
	add_line(out, options, EMPHASIS_NONE, "says", claim->says);
	add_line(out, options, EMPHASIS_NONE, "source", claim->source);
	claims_statement_text(&statement, claim);
	add_line(out, options, EMPHASIS_NONE, "tested", text_string(&statement));
	out->failed |= statement.failed;
	text_free(&statement);
	add_line(out, options, EMPHASIS_FAINT, "note", claim->note);
	add_line(out, options, emphasis_of(one->verdict), "why", one->reason);
	add_disagreement(one, options, out);
	if (!any_tested(one))
		return;
	add_line(out, options, EMPHASIS_CAUTION, "caution", one->caution);
	add_quantities(judged, one, options, out);
	add_points(one, options, out);
}

static void add_title_of_claims(const struct claims_judged *judged, const struct table_options *options, struct text *out)
{
	struct text said = TEXT_INIT;
	text_addf(&said, "%-14s", "claims");
	plain_add(&said, judged->claims->title);
	if (judged->claims->source[0]) {
		text_add(&said, ": ");
		plain_add(&said, judged->claims->source);
	}
	lay(out, options, EMPHASIS_NONE, 14, &said);
}

static void add_doubt(const struct campaign_file *file, const struct table_options *options, struct text *out)
{
	struct text said = TEXT_INIT;
	facts_rapl_doubt(file, &said);
	if (said.length)
		lay(out, options, EMPHASIS_CAUTION, 2, &said);
	else
		text_free(&said);
}

int report_claims(const struct campaign_file *file, const struct claims_judged *judged, const struct table_options *options, struct text *out)
{
	struct c_locale scope;
	c_locale_enter(&scope);
	heading_campaign(file, options, out);
	add_title_of_claims(judged, options, out);
	text_add(out, "\n");
	add_counts(judged, options, out);
	add_doubt(file, options, out);
	add_verdicts(judged, options, out);
	for (size_t i = 0; i < judged->n; i++)
		add_claim(judged, &judged->list[i], options, out);
	c_locale_leave(&scope);
	return text_failed(out) ? -1 : 0;
}
