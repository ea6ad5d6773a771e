#include "flags.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "number.h"
#include "view.h"

#define NAMED_RUNS 5 /* more are not listed by number */

struct looked_at {
	const struct result *result;
	size_t group;
	double log, off, score; /* off: from the median of its group */
};

struct view {
	const struct summary *summary;
	struct looked_at *runs; /* of one group after the other, then in order of runs */
	double *work;           /* two numbers for each of them */
	size_t n;
};

static int ascending(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;
	return (a > b) - (a < b);
}

static int by_run(const void *left, const void *right)
{
	const struct looked_at *a = left, *b = right;
	return (a->result->run > b->result->run) - (a->result->run < b->result->run);
}

static void take_group(struct view *view, size_t index)
{
	const struct summary_group *group = &view->summary->groups[index];
	const char *source = view->summary->has_wall ? "wall" : "rapl";
	for (size_t i = 0; i < group->n; i++) {
		const struct energy *energy = view_energy(group->members[i], source);
		if (energy && energy->gross.value > 0 && isfinite(energy->gross.value))
			view->runs[view->n++] = (struct looked_at){ .result = group->members[i], .group = index, .log = log(energy->gross.value) };
	}
}

/* One past the last run of the group that begins at `first`. */
static size_t end_of_group(const struct view *view, size_t first)
{
	size_t end = first + 1;
	while (end < view->n && view->runs[end].group == view->runs[first].group)
		end++;
	return end;
}

static void centre_group(struct view *view, size_t first, size_t end)
{
	size_t n = end - first;
	for (size_t i = 0; i < n; i++)
		view->work[i] = view->runs[first + i].log;
	qsort(view->work, n, sizeof *view->work, ascending);
	double median = (view->work[(n - 1) / 2] + view->work[n / 2]) / 2;
	for (size_t i = first; i < end; i++)
		view->runs[i].off = view->runs[i].log - median;
}

/* Scatter of a run of this campaign: the groups' together, each made good for what its size falls short. */
static double common_scale(struct view *view)
{
	size_t n = 0;
	for (size_t first = 0, end; first < view->n; first = end) {
		end = end_of_group(view, first);
		for (size_t i = first; end - first >= ODDITIES_RUNS && i < end; i++)
			view->work[n++] = view->runs[i].off * oddities_shortfall(end - first);
	}
	return n > 0 ? oddities_scale(view->work, n) : NAN;
}

static int score_groups(struct view *view)
{
	double least = common_scale(view);
	for (size_t first = 0, end; first < view->n; first = end) {
		end = end_of_group(view, first);
		size_t n = end - first;
		double *logs = view->work, *scores = view->work + n;
		for (size_t i = 0; i < n; i++)
			logs[i] = view->runs[first + i].log;
		if (n >= ODDITIES_RUNS && oddities_scores(logs, n, least, scores) != 0)
			return -1;
		for (size_t i = 0; n >= ODDITIES_RUNS && i < n; i++)
			view->runs[first + i].score = scores[i];
	}
	return 0;
}

static int view_make(const struct summary *summary, struct view *view)
{
	size_t n = 0;
	for (size_t i = 0; i < summary->n_groups; i++)
		n += summary->groups[i].n;
	*view = (struct view){ summary, calloc(n + 1, sizeof *view->runs), calloc(2 * n + 1, sizeof *view->work), 0 };
	if (view->runs == NULL || view->work == NULL)
		return -1;
	for (size_t i = 0; i < summary->n_groups; i++)
		take_group(view, i);
	for (size_t first = 0, end; first < view->n; first = end) {
		end = end_of_group(view, first);
		centre_group(view, first, end);
	}
	return score_groups(view);
}

static void view_free(struct view *view)
{
	free(view->runs);
	free(view->work);
}

static int keep_outliers(const struct view *view, struct flags *flags)
{
	flags->outliers = calloc(view->n + 1, sizeof *flags->outliers);
	if (flags->outliers == NULL)
		return -1;
	flags->n_runs = view->n;
	for (size_t i = 0; i < view->n; i++)
		if (fabs(view->runs[i].score) > ODDITIES_SCORE)
			flags->outliers[flags->n_outliers++] =
				(struct flagged_run){ view->runs[i].result, expm1(view->runs[i].off), view->runs[i].score };
	return 0;
}

/* Mean place of a group's runs in the order; NAN: it has none. */
static double place_of(const struct view *view, size_t group)
{
	double sum = 0, n = 0;
	for (size_t i = 0; i < view->n; i++)
		if (view->runs[i].group == group) {
			sum += (double)i;
			n++;
		}
	return sum / n;
}

/* Arms that take turns have about the same mean place, and a drift is in both alike. */
static double most_moved(const struct view *view, double slope)
{
	double most = 0;
	for (size_t i = 0; i < view->summary->n_groups; i++) {
		const struct summary_group *reference = summary_reference(view->summary, &view->summary->groups[i]);
		double apart = reference ? place_of(view, i) - place_of(view, (size_t)(reference - view->summary->groups)) : 0;
		most = fmax(most, fabs(apart * slope));
	}
	return expm1(most);
}

static int look_at_order(struct view *view, struct flags *flags)
{
	qsort(view->runs, view->n, sizeof *view->runs, by_run);
	size_t *groups = calloc(view->n + 1, sizeof *groups);
	for (size_t i = 0; groups && i < view->n; i++) {
		view->work[i] = view->runs[i].log;
		groups[i] = view->runs[i].group;
	}
	int failed = groups == NULL || oddities_of_order(view->work, groups, view->n, &flags->order) != 0;
	free(groups);
	if (failed)
		return -1;
	if (flags->order.drifts) {
		flags->change = expm1(flags->order.slope.estimate * (double)(view->n - 1));
		flags->moved = most_moved(view, flags->order.slope.estimate);
	}
	return 0;
}

int flags_find(const struct summary *summary, struct flags *flags)
{
	struct view view;
	*flags = (struct flags){ 0 };
	int failed = view_make(summary, &view) || look_at_order(&view, flags) || keep_outliers(&view, flags);
	view_free(&view);
	if (failed)
		flags_free(flags);
	return failed ? -1 : 0;
}

void flags_free(struct flags *flags)
{
	free(flags->outliers);
	*flags = (struct flags){ 0 };
}

/* ---- in words ---- */

static void signed_percent(struct text *text, double fraction)
{
	text_add(text, fraction < 0 ? "-" : "+");
	number_percent(text, fabs(fraction));
}

void flags_say_outliers(const struct flags *flags, struct text *text)
{
	if (flags->n_outliers == 0)
		return;
	text_addf(text, "far off: %s ", flags->n_outliers == 1 ? "run" : "runs");
	for (size_t i = 0; i < flags->n_outliers && i < NAMED_RUNS; i++) {
		text_addf(text, "%s%" PRIu32 " (", i ? ", " : "", flags->outliers[i].result->run);
		signed_percent(text, flags->outliers[i].off);
		text_add(text, ")");
	}
	text_addf(text, "%s of %zu, from the median of the group by more than %.1f times its scatter: not left out; look at what ran then",
		  flags->n_outliers > NAMED_RUNS ? ", …" : "", flags->n_runs, ODDITIES_SCORE);
}

void flags_say_order(const struct flags *flags, struct text *text)
{
	if (flags->order.drifts) {
		text_add(text, "drift: energies changed by ");
		signed_percent(text, flags->change);
		text_addf(text, " over the campaign (p = %.1g); ratios, of arms that took turns, moved by no more than ", flags->order.p);
		number_percent(text, flags->moved);
	}
	if (flags->order.remembers) {
		text_addf(text, "%sruns resemble the ones before them (correlation %.2f): means are less certain than stated, by up to %.1f times",
			  text->length ? "; " : "memory: ", flags->order.memory, flags->order.inflation);
	}
}
