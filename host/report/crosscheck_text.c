#include "crosscheck_text.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "c_locale.h"
#include "json_out.h"
#include "number.h"
#include "plain.h"
#include "view.h"

#define LABEL "%-18s"

static void line(struct text *out, const struct table_options *options, struct text *said)
{
	layout_paragraph(out, options, EMPHASIS_NONE, 18, text_string(said));
	out->failed |= said->failed;
	text_free(said);
}

static void add_interval(struct text *out, const struct interval *i, int digits, const char *unit)
{
	text_addf(out, "%.*g%s", digits, i->estimate, unit);
	if (isfinite(i->low))
		text_addf(out, " [%.*g, %.*g]", digits, i->low, digits, i->high);
}

static void add_heading(const struct crosscheck_set *set, const struct crosscheck *check, bool simulated, const struct table_options *options,
			struct text *out)
{
	struct text said = TEXT_INIT;
	if (simulated)
		layout_paragraph(out, options, EMPHASIS_ALARM, 0, "SIMULATED: some of these energies come from a twin; a rehearsal, not evidence");
	text_addf(&said, "RAPL held against the wall: %zu points of %zu classes", check->n, check->n_classes);
	if (set->left_out > 0)
		text_addf(&said, "; %zu runs without both figures left out", set->left_out);
	line(out, options, &said);
	if (check->n == 0)
		return;
	text_addf(&said, LABEL "%.2f to %.2f of the wall", "RAPL says", check->least_share, check->most_share);
	if (check->impossible > 0)
		text_addf(&said, "; IMPOSSIBLE at %zu points: more than %.2f", check->impossible, CROSSCHECK_IMPOSSIBLE);
	line(out, options, &said);
}

static void add_model(const struct crosscheck *check, const struct table_options *options, struct text *out)
{
	struct text said = TEXT_INIT;
	text_addf(&said, LABEL "A T + B E%s:  A = ", "wall", check->curved ? " + C E²/T" : "");
	add_interval(&said, &check->A, 4, " W");
	text_add(&said, ", B = ");
	add_interval(&said, &check->B, 4, "");
	if (check->curved) {
		text_add(&said, ", C = ");
		add_interval(&said, &check->C, 3, " /W");
	}
	text_add(&said, check->clustered ? " (95 %, between classes)" : " (95 %, of single points: too few classes to tell what lies between them)");
	line(out, options, &said);
	text_addf(&said, LABEL "%.3g W rms, %.2g %% on average, R² %.4f", "misses by", check->rms, 100 * check->error, check->r_squared);
	if (isfinite(check->left_out))
		text_addf(&said, "; a class predicted by the others: %.2g %%", 100 * check->left_out);
	line(out, options, &said);
}

static void add_slopes(const struct crosscheck *check, const struct table_options *options, struct text *out)
{
	struct text said = TEXT_INIT;
	text_addf(&said, LABEL "least squares %.4g, the other way round %.4g; Theil-Sen ", "slope of a line", check->slope, check->slope_inverse);
	add_interval(&said, &check->theil_sen, 4, "");
	if (check->no_deming)
		text_addf(&said, "; no Deming fit: %s", check->no_deming);
	else
		text_addf(&said, "; Deming %.4g", check->deming);
	if (isfinite(check->chi_square))
		text_addf(&said, " (reduced chi-square %.3g)", check->chi_square);
	line(out, options, &said);
}

static void add_agreement(const struct crosscheck *check, const struct table_options *options, struct text *out)
{
	struct text said = TEXT_INIT;
	text_addf(&said, LABEL "bias %.2g W, limits ", "Bland-Altman", fabs(check->bias) < 1e-9 ? 0 : check->bias);
	add_interval(&said, &check->lower, 3, " W");
	text_add(&said, " and ");
	add_interval(&said, &check->upper, 3, " W");
	text_add(&said, ", trend ");
	add_interval(&said, &check->trend, 2, "");
	line(out, options, &said);
}

static void add_percent(struct text *cell, double fraction)
{
	if (isfinite(fraction))
		text_addf(cell, "%+.2f %%", 100 * fraction);
	else
		text_add(cell, NUMBER_UNKNOWN);
}

static void add_classes(const struct crosscheck_set *set, const struct crosscheck *check, const struct table_options *options, struct text *out)
{
	struct grid grid = GRID_INIT;
	grid_column(&grid, "class", ALIGN_LEFT, 0);
	grid_column(&grid, "n", ALIGN_RIGHT, 0);
	grid_column(&grid, "wall beyond the fit", ALIGN_RIGHT, 0);
	grid_column(&grid, "from", ALIGN_RIGHT, 1);
	grid_column(&grid, "to", ALIGN_RIGHT, 1);
	grid_column(&grid, "missed when left out", ALIGN_RIGHT, 2);
	for (size_t i = 0; i < set->n_classes; i++) {
		const struct crosscheck_class *class = &check->classes[i];
		grid_row(&grid);
		plain_add(grid_cell(&grid, 0), set->classes[i][0] ? set->classes[i] : NUMBER_UNKNOWN);
		text_addf(grid_cell(&grid, 1), "%zu", class->n);
		add_percent(grid_cell(&grid, 2), class->residual.estimate);
		add_percent(grid_cell(&grid, 3), class->residual.low);
		add_percent(grid_cell(&grid, 4), class->residual.high);
		if (isfinite(class->left_out))
			text_addf(grid_cell(&grid, 5), "%.2f %%", 100 * class->left_out);
	}
	text_add(out, "\n");
	grid_render(&grid, options, out, NULL);
	out->failed |= grid.failed;
	grid_free(&grid);
}

static void conclude(const struct crosscheck_set *set, const struct crosscheck *check, const struct crosscheck_group *a,
		     const struct crosscheck_group *b, struct crosscheck_conclusion *conclusion)
{
	crosscheck_conclude(check, set->points + a->first, a->n, set->points + b->first, b->n, a->shared_wall, conclusion);
}

static void add_comparison(const struct crosscheck_group *a, const struct crosscheck_group *b, const struct crosscheck_conclusion *c, struct grid *grid)
{
	grid_row(grid);
	view_title(grid_cell(grid, 0), a->class, a->point);
	plain_add(grid_cell(grid, 1), a->arm);
	text_add(grid_cell(grid, 1), " / ");
	plain_add(grid_cell(grid, 1), b->arm);
	number_ratio(grid_cell(grid, 2), &c->wall);
	number_ratio(grid_cell(grid, 3), &c->rapl);
	text_addf(grid_cell(grid, 4), "%.3f", c->rapl_alone);
	text_addf(grid_cell(grid, 5), "%s%s", crosscheck_verdict_name(c->verdict), c->size_differs ? ", but not in size" : "");
}

static void add_comparisons(const struct crosscheck_set *set, const struct crosscheck *check, const struct table_options *options, struct text *out)
{
	static const char *const titles[] = { "workload", "arms", "energy ratio (wall)", "as RAPL has it", "RAPL alone", "verdict" };
	struct grid grid = GRID_INIT;
	struct crosscheck_conclusion conclusion;
	for (int i = 0; i < 6; i++)
		grid_column(&grid, titles[i], i == 4 ? ALIGN_RIGHT : ALIGN_LEFT, i == 4);
	for (size_t i = 0; i < set->n_groups; i++) {
		const struct crosscheck_group *reference = crosscheck_set_reference(set, &set->groups[i]);
		if (reference == NULL || reference == &set->groups[i])
			continue;
		conclude(set, check, &set->groups[i], reference, &conclusion);
		add_comparison(&set->groups[i], reference, &conclusion, &grid);
	}
	text_add(out, "\n");
	grid_render(&grid, options, out, NULL);
	out->failed |= grid.failed;
	grid_free(&grid);
}

static void add_fit(const struct crosscheck_set *set, const struct crosscheck *check, const struct table_options *options, struct text *out)
{
	add_model(check, options, out);
	add_slopes(check, options, out);
	add_agreement(check, options, out);
	add_classes(set, check, options, out);
}

int report_crosscheck(const struct crosscheck_set *set, const struct crosscheck *check, bool simulated, const struct table_options *options,
		      struct text *out)
{
	struct c_locale scope;
	struct text said = TEXT_INIT;
	c_locale_enter(&scope);
	add_heading(set, check, simulated, options, out);
	if (check->refused) {
		text_addf(&said, LABEL "%s", "no fit:", check->refused);
		line(out, options, &said);
	} else {
		add_fit(set, check, options, out);
	}
	if (set->compares)
		add_comparisons(set, check, options, out);
	c_locale_leave(&scope);
	return text_failed(out) ? -1 : 0;
}

/* ---- JSON ---- */

static void put_fit(json_t *json, const struct crosscheck *check, bool *failed)
{
	write_member(json, "A_W", interval_json(&check->A, failed), failed);
	write_member(json, "B", interval_json(&check->B, failed), failed);
	write_member(json, "C_per_W", interval_json(&check->C, failed), failed);
	write_member(json, "curved", json_boolean(check->curved), failed);
	write_member(json, "between_classes", json_boolean(check->clustered), failed);
	write_member(json, "rms_W", number_json(check->rms), failed);
	write_member(json, "r_squared", number_json(check->r_squared), failed);
	write_member(json, "error", number_json(check->error), failed);
	write_member(json, "left_out", number_json(check->left_out), failed);
	write_member(json, "slope", number_json(check->slope), failed);
	write_member(json, "slope_inverse", number_json(check->slope_inverse), failed);
	write_member(json, "theil_sen", interval_json(&check->theil_sen, failed), failed);
	write_member(json, "deming", number_json(check->deming), failed);
	write_member(json, "reduced_chi_square", number_json(check->chi_square), failed);
	write_member(json, "bias_W", number_json(check->bias), failed);
	write_member(json, "lower_W", interval_json(&check->lower, failed), failed);
	write_member(json, "upper_W", interval_json(&check->upper, failed), failed);
	write_member(json, "trend", interval_json(&check->trend, failed), failed);
}

static json_t *classes_json(const struct crosscheck_set *set, const struct crosscheck *check, bool *failed)
{
	json_t *list = json_array();
	for (size_t i = 0; i < set->n_classes; i++) {
		json_t *json = json_object();
		write_member(json, "class", words_json(set->classes[i]), failed);
		write_member(json, "n", json_integer((json_int_t)check->classes[i].n), failed);
		write_member(json, "residual", interval_json(&check->classes[i].residual, failed), failed);
		write_member(json, "left_out", number_json(check->classes[i].left_out), failed);
		*failed |= json_array_append_new(list, json) != 0;
	}
	return list;
}

static json_t *comparisons_json(const struct crosscheck_set *set, const struct crosscheck *check, bool *failed)
{
	json_t *list = json_array();
	struct crosscheck_conclusion c;
	for (size_t i = 0; i < set->n_groups; i++) {
		const struct crosscheck_group *a = &set->groups[i], *b = crosscheck_set_reference(set, a);
		if (b == NULL || a == b)
			continue;
		json_t *json = json_object();
		conclude(set, check, a, b, &c);
		write_member(json, "class", words_json(a->class), failed);
		write_member(json, "point", words_json(a->point), failed);
		write_member(json, "arm", words_json(a->arm), failed);
		write_member(json, "reference", words_json(b->arm), failed);
		write_member(json, "wall", interval_json(&c.wall, failed), failed);
		write_member(json, "rapl", interval_json(&c.rapl, failed), failed);
		write_member(json, "rapl_alone", number_json(c.rapl_alone), failed);
		write_member(json, "size_differs", json_boolean(c.size_differs), failed);
		write_member(json, "verdict", json_string(crosscheck_verdict_name(c.verdict)), failed);
		*failed |= json_array_append_new(list, json) != 0;
	}
	return list;
}

int report_crosscheck_json(const struct crosscheck_set *set, const struct crosscheck *check, bool simulated, struct text *out)
{
	bool failed = false;
	json_t *json = json_object();
	write_member(json, "format", json_string("joulerig crosscheck 1"), &failed);
	write_member(json, "simulated", json_boolean(simulated), &failed);
	write_member(json, "points", json_integer((json_int_t)check->n), &failed);
	write_member(json, "left_out_runs", json_integer((json_int_t)set->left_out), &failed);
	write_member(json, "impossible", json_integer((json_int_t)check->impossible), &failed);
	write_member(json, "least_share", number_json(check->least_share), &failed);
	write_member(json, "most_share", number_json(check->most_share), &failed);
	write_member(json, "refused", check->refused ? json_string(check->refused) : json_null(), &failed);
	if (check->refused == NULL) {
		put_fit(json, check, &failed);
		write_member(json, "classes", classes_json(set, check, &failed), &failed);
	}
	write_member(json, "comparisons", comparisons_json(set, check, &failed), &failed);
	char *dumped = failed ? NULL : json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
	if (dumped) {
		text_add(out, dumped);
		text_add(out, "\n");
	}
	free(dumped);
	json_decref(json);
	return dumped && !text_failed(out) ? 0 : -1;
}
