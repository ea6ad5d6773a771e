#include "run_energy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "closure.h"
#include "number.h"
#include "plain.h"
#include "share.h"

#define FREEDOM_SHOWN 1e4 /* more degrees of freedom are as good as infinite */

/* The sources of a result in the order of reading: each total, then the channels below it. */
struct reading {
	const struct source_result *sources[RESULT_SOURCES_MAX];
	int n;
};

/* An integrator stands with its meter's samples, which may be another meter's check. */
static bool is_of_check(const struct result *result, const struct source_result *part)
{
	for (int i = 0; i < result->n_sources; i++)
		if (result->sources[i].role == ROLE_CHECK && result_same_device(result->sources[i].name, part->name))
			return true;
	return part->role == ROLE_CHECK;
}

static bool is_part_of(const struct result *result, const struct source_result *part, const struct source_result *total)
{
	bool of_wall = part->role == ROLE_WALL || part->role == ROLE_RAIL || part->role == ROLE_INTEGRAL;
	return !part->is_total && !is_of_check(result, part) && strcmp(total->name, of_wall ? "wall" : "rapl") == 0;
}

static bool has_total(const struct result *result, const struct source_result *part)
{
	for (int i = 0; i < result->n_sources; i++)
		if (result->sources[i].is_total && is_part_of(result, part, &result->sources[i]))
			return true;
	return false;
}

static void read_next(struct reading *reading, const struct source_result *source)
{
	if (reading->n < RESULT_SOURCES_MAX)
		reading->sources[reading->n++] = source;
}

static struct reading reading_of(const struct result *result)
{
	struct reading reading = { .n = 0 };
	for (int i = 0; i < result->n_sources; i++) {
		const struct source_result *source = &result->sources[i];
		if (source->is_total || !has_total(result, source))
			read_next(&reading, source);
		for (int j = 0; source->is_total && j < result->n_sources; j++)
			if (is_part_of(result, &result->sources[j], source))
				read_next(&reading, &result->sources[j]);
	}
	return reading;
}

static void say_caption(struct text *out, const struct table_options *options, const char *caption)
{
	text_add(out, "\n");
	layout_paragraph(out, options, EMPHASIS_STRONG, 2, caption);
}

static void add_name(struct text *cell, const struct source_result *source)
{
	text_add(cell, source->is_total ? "" : "  ");
	plain_add(cell, source->name);
}

static void add_joules(struct text *cell, const struct joules *joules)
{
	number_energy(cell, joules->value, joules->expanded.U);
}

/* Joules without a U of their own, to the place of another's. */
static void add_bare_joules(struct text *cell, double joules)
{
	if (isfinite(joules))
		text_addf(cell, "%.4g J", joules);
	else
		text_add(cell, NUMBER_UNKNOWN);
}

static void add_source(struct grid *grid, const struct source_result *source)
{
	const struct energy *energy = &source->energy;
	grid_row(grid);
	add_name(grid_cell(grid, 0), source);
	if (source->role != ROLE_NONE)
		text_add(grid_cell(grid, 1), channel_role_name(source->role));
	text_add(grid_cell(grid, 2), energy_status_name(energy->status));
	if (energy->status == ENERGY_REFUSED)
		return;
	add_joules(grid_cell(grid, 3), &energy->gross);
	add_joules(grid_cell(grid, 4), &energy->net);
	add_joules(grid_cell(grid, 5), &energy->caused);
	add_bare_joules(grid_cell(grid, 6), energy->tail);
	number_power(grid_cell(grid, 7), energy->power, energy->gross.expanded.U / energy->duration);
	number_power(grid_cell(grid, 8), energy->idle_before, 2 * energy->u_idle_before);
	number_power(grid_cell(grid, 9), energy->idle_after, 2 * energy->u_idle_before);
}

static void say_reasons(const struct result *result, const struct table_options *options, struct text *out)
{
	for (int i = 0; i < result->n_sources; i++) {
		const struct source_result *source = &result->sources[i];
		if (source->energy.status == ENERGY_OK)
			continue;
		struct text line = TEXT_INIT;
		plain_add(&line, source->name);
		text_addf(&line, " %s: ", energy_status_name(source->energy.status));
		plain_add(&line, source->energy.reason);
		layout_paragraph(out, options, EMPHASIS_CAUTION, 2, text_string(&line));
		out->failed |= line.failed;
		text_free(&line);
	}
}

/* A meter's two figures, and what is to be thought of their difference. */
static void say_closure(const struct source_result *samples, const struct energy *integral, const struct table_options *options,
			struct text *out)
{
	struct closure closure = closure_of(integral, &samples->energy);
	struct text line = TEXT_INIT;
	if (!closure.known)
		return;
	plain_add(&line, samples->name);
	text_addf(&line, ": the integrator says %+.3g J (%+.3f %%); up to %.3g J may be", closure.difference, 100 * closure.relative,
		  CLOSURE_LIMIT * fabs(samples->energy.gross.value) + closure.expected);
	if (closure.fails)
		text_add(&line, ": were samples lost?");
	layout_paragraph(out, options, closure.fails ? EMPHASIS_CAUTION : EMPHASIS_NONE, 2, text_string(&line));
	out->failed |= line.failed;
	text_free(&line);
}

static void say_closures(const struct result *result, const struct table_options *options, struct text *out)
{
	struct energy integral;
	for (int i = 0; i < result->n_sources; i++) {
		const struct source_result *source = &result->sources[i];
		bool summed = !source->is_total && (source->role == ROLE_WALL || source->role == ROLE_CHECK);
		if (summed && result_integral(result, source, &integral))
			say_closure(source, &integral, options, out);
	}
}

void run_energy_sources(const struct result *result, const struct table_options *options, struct text *out)
{
	if (result->n_sources == 0)
		return;
	struct grid grid = GRID_INIT;
	static const struct grid_column columns[] = { { "source", ALIGN_LEFT, 0 }, { "role", ALIGN_LEFT, 5 },
		{ "status", ALIGN_LEFT, 4 }, { "gross", ALIGN_SIGN, 0 }, { "net of idle", ALIGN_SIGN, 0 },
		{ "caused", ALIGN_SIGN, 1 }, { "tail", ALIGN_RIGHT, 2 }, { "power", ALIGN_RIGHT, 3 },
		{ "idle before", ALIGN_RIGHT, 6 }, { "after", ALIGN_RIGHT, 7 } };
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		grid_column(&grid, columns[i].title, columns[i].align, columns[i].rank);
	struct reading reading = reading_of(result);
	for (int i = 0; i < reading.n; i++)
		add_source(&grid, reading.sources[i]);
	text_add(out, "\n");
	grid_render(&grid, options, out, NULL);
	grid_free(&grid);
	say_reasons(result, options, out);
	say_closures(result, options, out);
}

static void add_naive(struct text *cell, double naive, const struct joules *gross)
{
	if (!isfinite(naive)) {
		text_add(cell, NUMBER_UNKNOWN);
		return;
	}
	add_bare_joules(cell, naive);
	if (isfinite(gross->value) && gross->value > 0)
		text_addf(cell, " (%+.2f %%)", 100 * (naive / gross->value - 1));
}

static void add_samples(struct grid *grid, const struct source_result *source)
{
	const struct energy *energy = &source->energy;
	grid_row(grid);
	add_name(grid_cell(grid, 0), source);
	text_addf(grid_cell(grid, 1), "%zu", energy->used);
	text_addf(grid_cell(grid, 2), "%zu", energy->missing);
	text_addf(grid_cell(grid, 3), "%zu", energy->invalid);
	number_percent(grid_cell(grid, 4), energy->missing_fraction);
	if (energy->wraps)
		text_addf(grid_cell(grid, 5), "%u", energy->wraps);
	if (energy->status != ENERGY_REFUSED && (isfinite(energy->naive_mean) || isfinite(energy->naive_prorata))) {
		add_naive(grid_cell(grid, 6), energy->naive_mean, &energy->gross);
		add_naive(grid_cell(grid, 7), energy->naive_prorata, &energy->gross);
	}
}

void run_energy_samples(const struct result *result, const struct table_options *options, struct text *out)
{
	if (result->n_sources == 0)
		return;
	struct grid grid = GRID_INIT;
	static const struct grid_column columns[] = { { "samples", ALIGN_LEFT, 0 }, { "used", ALIGN_RIGHT, 0 },
		{ "missing", ALIGN_RIGHT, 0 }, { "invalid", ALIGN_RIGHT, 0 }, { "time missing", ALIGN_RIGHT, 2 },
		{ "wraps", ALIGN_RIGHT, 1 }, { "naive: mean × time", ALIGN_RIGHT, 3 }, { "naive: pro rata", ALIGN_RIGHT, 4 } };
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		grid_column(&grid, columns[i].title, columns[i].align, columns[i].rank);
	struct reading reading = reading_of(result);
	for (int i = 0; i < reading.n; i++)
		add_samples(&grid, reading.sources[i]);
	text_add(out, "\n");
	grid_render(&grid, options, out, NULL);
	grid_free(&grid);
}

static int by_size(const void *left, const void *right)
{
	const struct budget_term *a = left, *b = right;
	double x = fabs(a->u), y = fabs(b->u);
	return x < y ? 1 : x > y ? -1 : strcmp(a->name, b->name);
}

static void add_freedom(struct text *out, double nu)
{
	if (isnan(nu))
		text_add(out, NUMBER_UNKNOWN);
	else if (nu < FREEDOM_SHOWN)
		text_addf(out, "%.0f", nu);
	else
		text_add(out, "∞");
}

static void add_term(struct grid *grid, const struct budget_term *term, double variance)
{
	grid_row(grid);
	text_add(grid_cell(grid, 0), "  ");
	plain_add(grid_cell(grid, 0), term->name);
	text_addf(grid_cell(grid, 1), "%c", term->type == 'A' ? 'A' : 'B');
	text_addf(grid_cell(grid, 2), "%.3g J", term->u);
	add_freedom(grid_cell(grid, 3), term->nu);
	if (term->share != SHARE_BESIDE)
		number_percent(grid_cell(grid, 4), variance > 0 ? term->u * term->u / variance : NAN);
	text_add(grid_cell(grid, 5), share_words(term->share));
}

static void say_budget(const struct source_result *source, const char *quantity, const struct joules *joules,
		       const struct table_options *options, struct text *out)
{
	struct text caption = TEXT_INIT;
	text_add(&caption, "budget of ");
	plain_add(&caption, source->name);
	text_addf(&caption, " %s: ", quantity);
	number_energy(&caption, joules->value, joules->expanded.U);
	text_addf(&caption, "  (u %.3g J, ν ", joules->expanded.u);
	add_freedom(&caption, joules->expanded.nu);
	text_addf(&caption, ", k %.2f)", joules->expanded.k);
	say_caption(out, options, text_string(&caption));
	out->failed |= caption.failed;
	text_free(&caption);
}

static void say_terms(const struct budget *budget, const struct table_options *options, struct text *out)
{
	struct budget sorted = *budget;
	double variance = 0;
	for (int i = 0; i < sorted.n; i++)
		if (sorted.terms[i].share != SHARE_BESIDE)
			variance += sorted.terms[i].u * sorted.terms[i].u;
	qsort(sorted.terms, (size_t)sorted.n, sizeof *sorted.terms, by_size);
	struct grid grid = GRID_INIT;
	static const struct grid_column columns[] = { { "  term", ALIGN_LEFT, 0 }, { "type", ALIGN_LEFT, 0 },
		{ "u", ALIGN_RIGHT, 0 }, { "ν", ALIGN_RIGHT, 1 }, { "of variance", ALIGN_RIGHT, 0 },
		{ "from run to run", ALIGN_LEFT, 2 } };
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		grid_column(&grid, columns[i].title, columns[i].align, columns[i].rank);
	for (int i = 0; i < sorted.n; i++)
		add_term(&grid, &sorted.terms[i], variance);
	grid_render(&grid, options, out, NULL);
	grid_free(&grid);
}

static void say_joules(const struct source_result *source, const char *quantity, const struct joules *joules,
		       const struct table_options *options, struct text *out)
{
	if (!isfinite(joules->value))
		return;
	say_budget(source, quantity, joules, options, out);
	if (joules->budget.n)
		say_terms(&joules->budget, options, out);
}

void run_energy_budgets(const struct result *result, const struct table_options *options, struct text *out)
{
	for (int i = 0; i < result->n_sources; i++) {
		const struct source_result *source = &result->sources[i];
		if (!source->is_total || source->energy.status == ENERGY_REFUSED)
			continue;
		say_joules(source, "gross", &source->energy.gross, options, out);
		say_joules(source, "net", &source->energy.net, options, out);
		say_joules(source, "caused", &source->energy.caused, options, out);
	}
}
