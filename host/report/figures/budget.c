/* Where uncertainty comes from: the share of each term in the variance of a run's energy, as stacked bars. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "number.h"
#include "parts.h"
#include "view.h"

#define LEFT 224.0
#define RIGHT 130.0
#define BOTTOM 56.0
#define TERMS 8     /* the greatest have colours, the rest is one of them */
#define LEAST 0.002 /* a share that is no bar */

static const char *source_of(const struct summary *summary)
{
	return summary->has_wall ? "wall" : "rapl";
}

/* The gross energy's budget; NULL: no number. */
static const struct budget *budget_of(const struct summary *summary, const struct result *result, double *u)
{
	const struct energy *energy = view_energy(result, source_of(summary));
	if (energy == NULL || !(energy->gross.expanded.u > 0) || !isfinite(energy->gross.expanded.u))
		return NULL;
	*u = energy->gross.expanded.u;
	return &energy->gross.budget;
}

static bool wanted(const struct summary *summary, const struct summary_group *group)
{
	double u;
	for (size_t i = 0; i < group->n; i++)
		if (budget_of(summary, group->members[i], &u))
			return true;
	return false;
}

/* ---- shares ---- */

static double sum_of_squares(const struct budget *budget)
{
	double sum = 0;
	for (int t = 0; t < budget->n; t++)
		if (budget->terms[t].share != SHARE_BESIDE)
			sum += budget->terms[t].u * budget->terms[t].u;
	return sum;
}

/* Mean over the runs of a group. */
static double share_of(const struct summary *summary, const struct summary_group *group, const char *term)
{
	double u, sum = 0;
	size_t n = 0;
	for (size_t i = 0; i < group->n; i++) {
		const struct budget *budget = budget_of(summary, group->members[i], &u);
		if (budget == NULL)
			continue;
		n++;
		for (int t = 0; t < budget->n; t++)
			if (budget->terms[t].share != SHARE_BESIDE && strcmp(budget->terms[t].name, term) == 0)
				sum += budget->terms[t].u * budget->terms[t].u / sum_of_squares(budget);
	}
	return n ? sum / (double)n : 0;
}

/* Expanded, relative; of a run, their mean. */
static double relative_U(const struct summary *summary, const struct summary_group *group)
{
	double u, sum = 0;
	size_t n = 0;
	for (size_t i = 0; i < group->n; i++) {
		const struct energy *energy = view_energy(group->members[i], source_of(summary));
		if (budget_of(summary, group->members[i], &u) == NULL)
			continue;
		sum += energy->gross.expanded.U / fabs(energy->gross.value);
		n++;
	}
	return n ? sum / (double)n : NAN;
}

struct term {
	char name[TERM_NAME_SIZE];
	double sum; /* of its shares over all groups */
};
struct terms {
	struct term list[64];
	size_t n;
};

static struct term *term_named(struct terms *terms, const char *name)
{
	for (size_t i = 0; i < terms->n; i++)
		if (strcmp(terms->list[i].name, name) == 0)
			return &terms->list[i];
	if (terms->n == sizeof terms->list / sizeof *terms->list)
		return NULL;
	struct term *term = &terms->list[terms->n++];
	*term = (struct term){ .sum = 0 };
	snprintf(term->name, sizeof term->name, "%s", name);
	return term;
}

static void add_run(const struct budget *budget, double weight, struct terms *terms)
{
	for (int t = 0; t < budget->n; t++) {
		struct term *term = budget->terms[t].share == SHARE_BESIDE ? NULL : term_named(terms, budget->terms[t].name);
		if (term)
			term->sum += weight * budget->terms[t].u * budget->terms[t].u / sum_of_squares(budget);
	}
}

/* The greatest first; of equals, the one seen first. */
static void sort(struct terms *terms)
{
	for (size_t i = 1; i < terms->n; i++)
		for (size_t j = i; j > 0 && terms->list[j - 1].sum < terms->list[j].sum; j--) {
			struct term term = terms->list[j];
			terms->list[j] = terms->list[j - 1];
			terms->list[j - 1] = term;
		}
}

/* Of all groups, so that a colour means the same in every figure. */
static void find_terms(const struct summary *summary, struct terms *terms)
{
	double u;
	terms->n = 0;
	for (size_t g = 0; g < summary->n_groups; g++)
		for (size_t i = 0; i < summary->groups[g].n; i++) {
			const struct budget *budget = budget_of(summary, summary->groups[g].members[i], &u);
			if (budget)
				add_run(budget, 1 / (double)summary->groups[g].n, terms);
		}
	sort(terms);
}

/* ---- drawing ---- */

static void add_bar(struct drawing *drawing, size_t row, double from, double to)
{
	if (to - from < LEAST)
		return;
	drawing_row(drawing, (double[]){ (double)row + 1, from, to }, 3);
	drawing->marks++;
}

/* Where term `number` begins in a row: behind all greater ones. */
static double before(const struct summary *summary, const struct summary_group *group, const struct terms *terms, size_t number)
{
	double sum = 0;
	for (size_t t = 0; t < number; t++)
		sum += share_of(summary, group, terms->list[t].name);
	return sum;
}

static void add_term(const struct summary *summary, const struct rows *rows, const struct terms *terms, size_t number, bool rest,
		     struct drawing *drawing)
{
	char block[32];
	size_t marks = drawing->marks;
	snprintf(block, sizeof block, "term%zu", number);
	drawing_begin(drawing, block);
	for (size_t i = 0; i < rows->n; i++) {
		const struct summary_group *group = rows->list[i].group;
		if (group == NULL)
			continue;
		double from = before(summary, group, terms, number);
		add_bar(drawing, i, from, rest ? 1 : from + share_of(summary, group, terms->list[number].name));
	}
	drawing_end(drawing);
	if (drawing->marks == marks)
		return;
	drawing_layer(drawing, "$%s using (50*($2+$3)):1:(100*$2):(100*$3):($1-0.36):($1+0.36) with boxxyerror fs solid 1 noborder fc rgb m%s", block,
		      rest ? "grid" : (char[]){ (char)('0' + drawing_colour(number)), '\0' });
}

static void add_legend(const struct terms *terms, struct legend *legend)
{
	char colour[8];
	for (size_t t = 0; t < terms->n && t < TERMS; t++) {
		snprintf(colour, sizeof colour, "c%u", drawing_colour(t));
		legend_add(legend, terms->list[t].name, colour, 5);
	}
	if (terms->n > TERMS)
		legend_add(legend, "all others", "grid", 5);
}

static void add_notes(const struct summary *summary, const struct rows *rows, struct drawing *drawing)
{
	for (size_t i = 0; i < rows->n; i++) {
		struct text note = TEXT_INIT;
		if (rows->list[i].group == NULL)
			continue;
		text_add(&note, "U = ");
		number_percent(&note, relative_U(summary, rows->list[i].group));
		rows_note(drawing, i, text_string(&note), 14);
		drawing->settings.failed |= note.failed;
		text_free(&note);
	}
}

static int add_figure(const struct summary *summary, const struct rows *rows, const struct terms *terms, size_t number, struct figures *figures)
{
	struct drawing drawing = DRAWING_INIT;
	struct legend legend = { .n = 0 };
	char name[64];
	add_legend(terms, &legend);
	double top = 8 + DRAWING_LINE * legend_lines(&legend);
	drawing.height = (unsigned)(top + BOTTOM) + rows_height(rows);
	drawing_margins(&drawing, LEFT, RIGHT, top, BOTTOM);
	drawing_linear(&drawing, 'x', 0, 100);
	drawing_axis(&drawing, 'x', "share of the variance (%)");
	rows_label(rows, &drawing, LEFT);
	add_notes(summary, rows, &drawing);
	legend_draw(&legend, &drawing, 4);
	for (size_t t = 0; t < terms->n && t < TERMS; t++)
		add_term(summary, rows, terms, t, false, &drawing);
	if (terms->n > TERMS)
		add_term(summary, rows, terms, TERMS, true, &drawing);
	text_addf(&drawing.caption, "Where the uncertainty of a run's %s comes from: shares of its variance, mean over the runs, with the expanded uncertainty U%s.",
		  parts_energy_name(summary), number ? " (continued)" : "");
	text_addf(&drawing.alternative, "Stacked bars of %zu terms; over all groups the greatest is %s.", terms->n, terms->list[0].name);
	snprintf(name, sizeof name, number ? "budget-%zu" : "budget", number + 1);
	return drawing_finish(&drawing, figures, FIGURE_BUDGET, 0, name);
}

int figures_budget(const struct figures_of *of, struct figures *figures)
{
	struct rows rows;
	struct terms terms;
	int result = 0;
	find_terms(of->summary, &terms);
	for (size_t next = 0, number = 0; result == 0; number++) {
		rows_take(of->summary, wanted, &next, &rows);
		if (rows.n == 0)
			return 0;
		result = add_figure(of->summary, &rows, &terms, number, figures);
	}
	return result;
}
