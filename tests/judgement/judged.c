#include "judged.h"

#include <stdio.h>
#include <stdlib.h>

#include "document.h"
#include "table.h"

static void die(const char *doing, const struct error *error)
{
	fprintf(stderr, "verdicts: %s: %s: %s\n", doing, error->on, error->what);
	exit(1);
}

/* Held until the program ends, as the plants' statements are. */
struct claims *judged_claims_file(const char *list)
{
	struct claims *claims = calloc(1, sizeof *claims);
	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	struct text text = TEXT_INIT;
	text_addf(&text, "joulerig: claims 1\nclaims:\n%s", list);
	if (claims == NULL || claims_parse("made", text_string(&text), text.length, claims, &problems, &error) != 0)
		die("claims", &error);
	text_free(&text);
	return claims;
}

struct claims *judged_claims(const char *statement, size_t n)
{
	struct text text = TEXT_INIT;
	for (size_t i = 0; i < n; i++)
		text_addf(&text,
			  "  c%zu:\n    says: made\n    firmness: firm\n    metric: energy\n    contrast: {arm: ft, over: gil}\n"
			  "    points: [{workload: w%zu}]\n    %s\n",
			  i, i, statement);
	struct claims *claims = judged_claims_file(text_string(&text));
	text_free(&text);
	return claims;
}

struct claims_judged judged_by(const struct claims *claims, const struct made *made)
{
	struct claims_judged judged;
	struct error error = ERROR_INIT;
	if (claims_judge(claims, &made->file, &judged, &error) != 0)
		die("claims_judge", &error);
	return judged;
}

enum claim_verdict judged_verdict(const struct claims *claims, const struct made *made)
{
	struct claims_judged judged = judged_by(claims, made);
	enum claim_verdict verdict = judged.list[0].verdict;
	claims_judged_free(&judged);
	return verdict;
}

static void summarise(const struct made *made, struct summary *summary)
{
	if (summary_make(&made->file, summary) != 0) {
		fprintf(stderr, "verdicts: no memory\n");
		exit(1);
	}
}

struct interval judged_ratio(const struct made *made, const char *workload)
{
	struct summary summary;
	struct interval ratio = { NAN, NAN, NAN };
	summarise(made, &summary);
	for (size_t i = 0; i < summary.n_groups; i++)
		if (strcmp(summary.groups[i].workload, workload) == 0 && strcmp(summary.groups[i].arm, "ft") == 0)
			ratio = summary.groups[i].ratio_wall;
	summary_free(&summary);
	return ratio;
}

bool judged_table_says(const struct made *made, const char *part)
{
	static const struct table_options options = { .columns = 0, .unicode = true };
	struct text text = TEXT_INIT;
	if (report_table(&made->file, &options, &text) != 0) {
		fprintf(stderr, "verdicts: no memory\n");
		exit(1);
	}
	bool says = strstr(text_string(&text), part) != NULL;
	text_free(&text);
	return says;
}

static enum crosscheck_verdict conclude(const struct crosscheck_set *set)
{
	struct crosscheck check;
	struct crosscheck_conclusion conclusion = { .verdict = CROSSCHECK_UNDECIDED };
	crosscheck_fit(set->points, set->n, &check);
	for (size_t i = 0; i < set->n_groups; i++) {
		const struct crosscheck_group *a = &set->groups[i], *b = crosscheck_set_reference(set, a);
		if (strcmp(a->class, "w0") == 0 && b && b != a)
			crosscheck_conclude(&check, set->points + a->first, a->n, set->points + b->first, b->n, a->shared_wall, &conclusion);
	}
	return conclusion.verdict;
}

struct cross_checked judged_crosscheck(const struct made *made)
{
	struct cross_checked checked = { .verdict = CROSSCHECK_UNDECIDED };
	struct crosscheck_set set;
	struct error error = ERROR_INIT;
	if (crosscheck_set_campaign(&made->file, &set, &error) != 0) {
		checked.refused = true;
		snprintf(checked.why, sizeof checked.why, "%s", error.what);
		return checked;
	}
	checked.verdict = conclude(&set);
	crosscheck_set_free(&set);
	return checked;
}

struct flags judged_flags(const struct made *made, struct summary *summary)
{
	struct flags flags;
	summarise(made, summary);
	if (flags_find(summary, &flags) != 0) {
		fprintf(stderr, "verdicts: no memory\n");
		exit(1);
	}
	return flags;
}
