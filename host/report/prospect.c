#include "prospect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "c_locale.h"
#include "facts.h"
#include "number.h"
#include "plain.h"
#include "planning.h"
#include "skips.h"
#include "summary.h"
#include "view.h"

/* ---- one comparison ---- */

struct outlook {
	bool known;
	struct comparison_design design;
	size_t runs; /* that the scatter is from: the lesser number of both arms */
};

static const struct summary_group *find_group(const struct summary *summary, const struct prospect_comparison *c, const char *arm)
{
	for (size_t i = 0; i < summary->n_groups; i++) {
		const struct summary_group *group = &summary->groups[i];
		if (strcmp(group->workload, c->workload) == 0 && strcmp(group->point, c->point) == 0 && strcmp(group->arm, arm) == 0)
			return group;
	}
	return NULL;
}

static const struct mean_energy *mean_of(const struct summary *summary, const struct summary_group *group)
{
	return summary->has_wall ? &group->wall_gross : &group->rapl_gross;
}

static size_t take_joules(const struct summary_group *group, const char *source, const struct joules **joules)
{
	size_t n = 0;
	for (size_t i = 0; i < group->n; i++) {
		const struct energy *energy = view_energy(group->members[i], source);
		if (energy && isfinite(energy->gross.value))
			joules[n++] = &energy->gross;
	}
	return n;
}

/* What does not cancel between the arms. -1: no memory. */
static int find_shared(const struct summary_group *a, const struct summary_group *b, const char *source, double *shared)
{
	const struct joules **of_a = calloc(a->n + 1, sizeof *of_a), **of_b = calloc(b->n + 1, sizeof *of_b);
	int result = of_a && of_b ? 0 : -1;
	if (result == 0) {
		size_t n_a = take_joules(a, source, of_a), n_b = take_joules(b, source, of_b);
		*shared = n_a && n_b ? statistics_shared_ratio(of_a, n_a, of_b, n_b) : NAN;
	}
	free(of_a);
	free(of_b);
	return result;
}

static int look(const struct prospect *prospect, const struct summary *summary, const struct prospect_comparison *c, struct outlook *outlook)
{
	const struct summary_group *arm = find_group(summary, c, c->arm), *reference = find_group(summary, c, prospect->reference);
	*outlook = (struct outlook){ .known = false };
	if (arm == NULL || reference == NULL)
		return 0;
	const struct mean_energy *a = mean_of(summary, arm), *b = mean_of(summary, reference);
	outlook->design.cv_a = a->scatter / a->mean;
	outlook->design.cv_b = b->scatter / b->mean;
	outlook->runs = a->n < b->n ? a->n : b->n;
	if (outlook->runs < 2)
		return 0;
	if (find_shared(arm, reference, summary->has_wall ? "wall" : "rapl", &outlook->design.shared) != 0)
		return -1;
	outlook->known = isfinite(outlook->design.cv_a) && isfinite(outlook->design.cv_b) && isfinite(outlook->design.shared);
	return 0;
}

/* ---- all points of a workload under one arm ---- */

struct span {
	size_t points, known, runs;
	double least, most;       /* ratios that are found */
	double scatter_least, scatter_most; /* of a run, either arm */
};

static void span_add(struct span *span, const struct outlook *outlook, int repetitions)
{
	double ratio, low = fmin(outlook->design.cv_a, outlook->design.cv_b), high = fmax(outlook->design.cv_a, outlook->design.cv_b);
	span->points++;
	if (!outlook->known)
		return;
	ratio = planning_detectable(&outlook->design, (size_t)repetitions);
	bool first = span->known++ == 0;
	span->least = first ? ratio : fmin(span->least, ratio);
	span->most = first ? ratio : fmax(span->most, ratio);
	span->scatter_least = first ? low : fmin(span->scatter_least, low);
	span->scatter_most = first ? high : fmax(span->scatter_most, high);
	span->runs = first || outlook->runs < span->runs ? outlook->runs : span->runs;
}

/* With two digits of how far it is from 1. */
static void add_ratio(struct text *out, double ratio)
{
	double excess = ratio - 1;
	int decimals = excess > 0 && isfinite(excess) ? (int)ceil(-log10(excess)) + 1 : 2;
	if (isfinite(ratio))
		text_addf(out, "%.*f", decimals < 2 ? 2 : decimals > 9 ? 9 : decimals, ratio);
	else
		text_add(out, "none");
}

static void say_span(const struct prospect *prospect, const struct prospect_comparison *c, const struct span *span, struct text *note)
{
	plain_add(note, c->workload);
	text_add(note, ", ");
	plain_add(note, c->arm);
	text_add(note, " / ");
	plain_add(note, prospect->reference);
	text_add(note, ": ");
	if (span->known == 0) {
		text_add(note, "not known: there are not two runs of each of both arms");
		return;
	}
	add_ratio(note, span->least);
	if (span->known > 1) {
		text_add(note, " to ");
		add_ratio(note, span->most);
		text_addf(note, " at %zu points", span->known);
	}
	if (span->known < span->points)
		text_addf(note, ", not known at %zu", span->points - span->known);
	text_add(note, " (runs scatter by ");
	number_percent(note, span->scatter_least);
	text_add(note, " to ");
	number_percent(note, span->scatter_most);
	text_addf(note, ", from %zu runs)", span->runs);
}

static bool same_line(const struct prospect_comparison *a, const struct prospect_comparison *b)
{
	return strcmp(a->workload, b->workload) == 0 && strcmp(a->arm, b->arm) == 0;
}

static bool is_first(const struct prospect *prospect, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (same_line(&prospect->comparisons[i], &prospect->comparisons[index]))
			return false;
	return true;
}

static bool is_made(const struct prospect *prospect, const struct prospect_comparison *c)
{
	return !skips_have(prospect->skipped, c->workload, c->arm) && !skips_have(prospect->skipped, c->workload, prospect->reference);
}

static int say_line(const struct prospect *prospect, const struct summary *summary, size_t index, const struct table_options *options,
		    struct text *out)
{
	struct text note = TEXT_INIT;
	struct span span = { .points = 0 };
	for (size_t i = index; i < prospect->n; i++) {
		struct outlook outlook;
		if (!same_line(&prospect->comparisons[i], &prospect->comparisons[index]))
			continue;
		if (look(prospect, summary, &prospect->comparisons[i], &outlook) != 0)
			return -1;
		span_add(&span, &outlook, prospect->repetitions);
	}
	text_add(&note, "  ");
	say_span(prospect, &prospect->comparisons[index], &span, &note);
	layout_paragraph(out, options, EMPHASIS_NONE, 4, text_string(&note));
	out->failed |= note.failed;
	text_free(&note);
	return 0;
}

/* ---- the whole ---- */

static void say_repetitions(const struct prospect *prospect, struct text *note)
{
	if (prospect->at_least)
		text_addf(note, "%d repetitions, the most, ", prospect->repetitions);
	else
		text_addf(note, "%d repetition%s ", prospect->repetitions, prospect->repetitions == 1 ? "" : "s");
}

static int say_by_campaign(const struct prospect *prospect, const struct table_options *options, struct text *out)
{
	struct summary summary;
	struct text note = TEXT_INIT;
	int result = 0;
	if (summary_make(prospect->like, &summary) != 0)
		return -1;
	say_repetitions(prospect, &note);
	text_add(&note, "find, with 80 % probability, these ratios (or their inverses), if runs scatter as in ");
	plain_add(&note, prospect->place);
	text_add(&note, facts_simulated(prospect->like) == SIMULATED_NONE ? ":" : " (SIMULATED: a rehearsal, not evidence):");
	layout_paragraph(out, options, EMPHASIS_NONE, 2, text_string(&note));
	out->failed |= note.failed;
	text_free(&note);
	for (size_t i = 0; result == 0 && i < prospect->n; i++)
		if (is_first(prospect, i) && is_made(prospect, &prospect->comparisons[i]))
			result = say_line(prospect, &summary, i, options, out);
	summary_free(&summary);
	return result;
}

static void add_stated(struct text *note, int repetitions)
{
	static const double scatters[] = { 0.005, 0.01, 0.02 };
	static const char *const between[] = { "", ", ", " or " };
	for (size_t i = 0; i < 3; i++) {
		const struct comparison_design design = { scatters[i], scatters[i], 0 };
		text_add(note, between[i]);
		add_ratio(note, planning_detectable(&design, (size_t)repetitions));
	}
}

static void say_by_stated(const struct prospect *prospect, const struct table_options *options, struct text *out)
{
	struct text note = TEXT_INIT;
	say_repetitions(prospect, &note);
	text_add(&note, "find, with 80 % probability, a ratio of ");
	add_stated(&note, prospect->repetitions);
	if (prospect->at_least) {
		text_addf(&note, "; %d, the least, ", prospect->at_least);
		add_stated(&note, prospect->at_least);
	}
	text_add(&note, " (or its inverse) if runs scatter by 0.5, 1 or 2 %");
	layout_paragraph(out, options, EMPHASIS_NONE, 2, text_string(&note));
	out->failed |= note.failed;
	text_free(&note);
}

static bool any_made(const struct prospect *prospect)
{
	for (size_t i = 0; i < prospect->n; i++)
		if (is_made(prospect, &prospect->comparisons[i]))
			return true;
	return false;
}

int report_prospect(const struct prospect *prospect, const struct table_options *options, struct text *out)
{
	struct c_locale scope;
	int result = 0;
	if (!any_made(prospect))
		return 0;
	c_locale_enter(&scope);
	if (prospect->repetitions < 2)
		layout_paragraph(out, options, EMPHASIS_NONE, 2, "1 repetition finds no difference between arms, however large: nothing tells of its scatter");
	else if (prospect->like)
		result = say_by_campaign(prospect, options, out);
	else
		say_by_stated(prospect, options, out);
	c_locale_leave(&scope);
	return result != 0 || text_failed(out) ? -1 : 0;
}
