#include "summary_groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "view.h"

static bool same_group(const struct summary_group *group, const struct result *result)
{
	return strcmp(group->workload, result->workload) == 0 && strcmp(group->point, result->point) == 0 &&
	       strcmp(group->arm, result->arm) == 0;
}

static struct summary_group *find_group(const struct summary *summary, const struct result *result)
{
	for (size_t i = 0; i < summary->n_groups; i++)
		if (same_group(&summary->groups[i], result))
			return &summary->groups[i];
	return NULL;
}

/* The phase a run's result must have to count. */
static bool is_shown_phase(const struct campaign_file *file, const struct result *result)
{
	return strcmp(result->phase, facts_phase(file, result->workload)) == 0;
}

/* One past the last result of the run that begins at `first`. */
static size_t end_of_run(const struct campaign_file *file, size_t first)
{
	size_t end = first + 1;
	while (end < file->n_results && file->results[end].run == file->results[first].run)
		end++;
	return end;
}

/* The run's result for the phase the plan shows; when it has none (it ended before that phase) its first. */
static const struct result *chosen_result(const struct campaign_file *file, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++)
		if (is_shown_phase(file, &file->results[i]))
			return &file->results[i];
	return &file->results[first];
}

static const char *refusal(const struct result *result, const char *source)
{
	const struct source_result *found = result_source(result, source);
	if (found == NULL)
		return "not measured in this run";
	return found->energy.reason[0] ? found->energy.reason : "no energy could be given";
}

/* Writes why a run does not enter its group; false if it does. */
static bool why_excluded(const struct campaign_file *file, const struct summary *summary, const struct result *result,
			 char *why, size_t size)
{
	const char *source = summary->has_wall ? "wall" : summary->has_rapl ? "rapl" : NULL;
	if (result->status != RUN_OK)
		snprintf(why, size, "%s", result->reason);
	else if (!is_shown_phase(file, result))
		snprintf(why, size, "phase %s was not recorded", facts_phase(file, result->workload));
	else if (source && view_energy(result, source) == NULL)
		snprintf(why, size, "%s: %s", source, refusal(result, source));
	else
		return false;
	return true;
}

static void count_exclusion(struct summary *summary, const struct summary_group *group, const struct result *result,
			    const char *why)
{
	size_t index = (size_t)(group - summary->groups);
	for (size_t i = 0; i < summary->n_exclusions; i++) {
		struct summary_exclusion *e = &summary->exclusions[i];
		if (e->group == index && e->status == result->status && strcmp(e->reason, why) == 0) {
			e->n++;
			return;
		}
	}
	struct summary_exclusion *e = &summary->exclusions[summary->n_exclusions++];
	*e = (struct summary_exclusion){ .group = index, .n = 1, .run = result->run, .status = result->status };
	snprintf(e->reason, sizeof e->reason, "%s", why);
}

static void place_run(const struct campaign_file *file, struct summary *summary, const struct result *result)
{
	char why[sizeof summary->exclusions->reason];
	struct summary_group *group = find_group(summary, result);
	if (why_excluded(file, summary, result, why, sizeof why)) {
		group->n_excluded++;
		count_exclusion(summary, group, result, why);
	} else {
		group->members[group->n++] = result;
	}
}

static void add_group(const struct campaign_file *file, struct summary *summary, const struct result *result)
{
	const char *reference = facts_reference(file);
	summary->groups[summary->n_groups++] = (struct summary_group){
		.workload = result->workload,
		.point = result->point,
		.arm = result->arm,
		.phase = facts_phase(file, result->workload),
		.is_reference = reference[0] && strcmp(result->arm, reference) == 0,
	};
}

struct ordered_group { /* for qsort, which has no context */
	struct summary_group group;
	size_t workload, arm, first_seen;
};

static int compare_sizes(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int compare_groups(const void *left, const void *right)
{
	const struct ordered_group *a = left, *b = right;
	int order = compare_sizes(a->workload, b->workload);
	if (order == 0)
		order = strcmp(a->group.workload, b->group.workload);
	if (order == 0)
		order = strverscmp(a->group.point, b->group.point); /* threads=2 before threads=10 */
	if (order == 0)
		order = compare_sizes(a->arm, b->arm);
	return order ? order : compare_sizes(a->first_seen, b->first_seen);
}

static int sort_groups(const struct campaign_file *file, struct summary *summary)
{
	struct ordered_group *ordered = calloc(summary->n_groups + 1, sizeof *ordered);
	if (ordered == NULL)
		return -1;
	for (size_t i = 0; i < summary->n_groups; i++) {
		const struct summary_group *group = &summary->groups[i];
		ordered[i] = (struct ordered_group){ *group, facts_workload_order(file, group->workload),
						     facts_arm_order(file, group->arm), i };
	}
	qsort(ordered, summary->n_groups, sizeof *ordered, compare_groups);
	for (size_t i = 0; i < summary->n_groups; i++)
		summary->groups[i] = ordered[i].group;
	free(ordered);
	return 0;
}

static int compare_exclusions(const void *left, const void *right)
{
	const struct summary_exclusion *a = left, *b = right;
	int order = compare_sizes(a->group, b->group);
	return order ? order : compare_sizes(a->run, b->run);
}

static void find_sources(const struct campaign_file *file, struct summary *summary)
{
	for (size_t i = 0; i < file->n_results; i++) {
		summary->has_wall |= result_source(&file->results[i], "wall") != NULL;
		summary->has_rapl |= result_source(&file->results[i], "rapl") != NULL;
	}
}

/* Each array is as long as it could ever need to be; counts of runs are in the thousands. */
static int reserve(const struct campaign_file *file, struct summary *summary)
{
	summary->groups = calloc(file->n_results + 1, sizeof *summary->groups);
	summary->exclusions = calloc(file->n_results + 1, sizeof *summary->exclusions);
	return summary->groups && summary->exclusions ? 0 : -1;
}

static int reserve_members(const struct campaign_file *file, struct summary *summary)
{
	size_t *counts = calloc(summary->n_groups + 1, sizeof *counts);
	if (counts == NULL)
		return -1;
	for (size_t i = 0; i < file->n_results; i = end_of_run(file, i))
		counts[find_group(summary, &file->results[i]) - summary->groups]++;
	int failed = 0;
	for (size_t i = 0; i < summary->n_groups; i++) {
		summary->groups[i].members = calloc(counts[i], sizeof *summary->groups[i].members);
		failed |= summary->groups[i].members == NULL;
	}
	free(counts);
	return failed ? -1 : 0;
}

int summary_group_runs(const struct campaign_file *file, struct summary *summary)
{
	if (reserve(file, summary) != 0)
		return -1;
	find_sources(file, summary);
	for (size_t i = 0; i < file->n_results; i = end_of_run(file, i))
		if (find_group(summary, &file->results[i]) == NULL)
			add_group(file, summary, &file->results[i]);
	if (sort_groups(file, summary) != 0 || reserve_members(file, summary) != 0)
		return -1;
	for (size_t i = 0; i < file->n_results; i = end_of_run(file, i))
		place_run(file, summary, chosen_result(file, i, end_of_run(file, i)));
	qsort(summary->exclusions, summary->n_exclusions, sizeof *summary->exclusions, compare_exclusions);
	return 0;
}
