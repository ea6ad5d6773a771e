#include "claims_points.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "point_label.h"

struct finding {
	const struct claims_data *data;
	struct claim_judged *judged;
	bool failed; /* memory was short: a point that is left out would be left out of the verdict */
};

/* NULL if it is there already, by another selection. */
static struct claim_point *add(struct finding *f, const char *workload, const char *point)
{
	struct claim_judged *judged = f->judged;
	for (size_t i = 0; i < judged->n_points; i++)
		if (strcmp(judged->points[i].workload, workload) == 0 && strcmp(judged->points[i].point, point) == 0)
			return NULL;
	struct claim_point *list = realloc(judged->points, (judged->n_points + 1) * sizeof *list), *added;
	f->failed |= list == NULL;
	if (list == NULL)
		return NULL;
	judged->points = list;
	added = &list[judged->n_points++];
	*added = (struct claim_point){ .absent = false };
	snprintf(added->workload, sizeof added->workload, "%s", workload);
	snprintf(added->point, sizeof added->point, "%s", point);
	return added;
}

/* An arm held against itself somewhere else is not held against itself where it stands. */
static bool is_baseline(const struct claim *claim, const char *point)
{
	return claim->baseline.n_variables && strcmp(claim->arm, claim->over) == 0 && point_label_matches(point, &claim->baseline);
}

static bool selects(const struct claim *claim, const struct claim_selection *selection, const struct summary_group *group)
{
	if (strcmp(group->arm, claim->arm) != 0 && strcmp(group->arm, claim->over) != 0)
		return false;
	if (selection->workload ? strcmp(group->workload, selection->workload) != 0
				: claim->against && strcmp(group->workload, claim->against) == 0)
		return false;
	return point_label_matches(group->point, selection) && !is_baseline(claim, group->point);
}

static size_t add_present(struct finding *f, const struct claim_selection *selection)
{
	size_t found = 0;
	for (size_t i = 0; i < f->data->summary->n_groups; i++) {
		const struct summary_group *group = &f->data->summary->groups[i];
		if (selects(f->judged->claim, selection, group)) {
			add(f, group->workload, group->point);
			found++;
		}
	}
	return found;
}

static bool has_workload(const struct summary *summary, const char *workload)
{
	for (size_t i = 0; i < summary->n_groups; i++)
		if (strcmp(summary->groups[i].workload, workload) == 0)
			return true;
	return false;
}

static void say_missing(const struct claims_data *data, const struct claim *claim, const char *workload, const char *point, char *reason, size_t size)
{
	const char *arm = claim->arm, *skipped = claims_skipped(data->file, workload, arm);
	if (skipped == NULL)
		skipped = claims_skipped(data->file, workload, arm = claim->over);
	if (skipped)
		snprintf(reason, size, "%s was skipped under arm %s: %s", workload, arm, skipped);
	else if (workload[0] && !has_workload(data->summary, workload))
		snprintf(reason, size, "the campaign has no workload %s", workload);
	else
		snprintf(reason, size, "the campaign has no point%s%s%s%s", point[0] ? " " : "", point, workload[0] ? " of " : "", workload);
}

static void add_absent(struct finding *f, const char *workload, const char *point)
{
	struct claim_point *added = add(f, workload, point);
	if (added == NULL)
		return;
	added->absent = true;
	say_missing(f->data, f->judged->claim, workload, point, added->quantities[0].reason, sizeof added->quantities[0].reason);
}

/* Under an arm of the claim: a third one's runs say nothing of it. */
static bool any_has(const struct finding *f, const struct claim_selection *selection, const char *name, const char *value)
{
	for (size_t i = 0; i < f->data->summary->n_groups; i++) {
		const struct summary_group *group = &f->data->summary->groups[i];
		if (selects(f->judged->claim, selection, group) && point_label_has(group->point, name, value))
			return true;
	}
	return false;
}

/* Each value that the claim names of a workload must be there. */
static void add_missing_values(struct finding *f, const struct claim_selection *selection)
{
	char label[64];
	for (size_t v = 0; selection->workload && v < selection->n_variables; v++)
		for (size_t i = 0; i < selection->variables[v].n; i++) {
			const struct claim_variable *variable = &selection->variables[v];
			snprintf(label, sizeof label, "%s=%s", variable->name, variable->values[i]);
			if (!any_has(f, selection, variable->name, variable->values[i]))
				add_absent(f, selection->workload, label);
		}
}

/* "threads=2,8", as nearly as fits. */
static void describe(const struct claim_selection *selection, char *label, size_t size)
{
	label[0] = '\0';
	for (size_t v = 0; v < selection->n_variables; v++) {
		const struct claim_variable *variable = &selection->variables[v];
		size_t used = strlen(label);
		snprintf(label + used, size - used, "%s%s=%s", v ? " " : "", variable->name, variable->n ? "" : "all");
		for (size_t i = 0; i < variable->n; i++) {
			used = strlen(label);
			snprintf(label + used, size - used, "%s%s", i ? "," : "", variable->values[i]);
		}
	}
}

int claims_points(const struct claims_data *data, struct claim_judged *judged)
{
	const struct claim *claim = judged->claim;
	struct finding f = { .data = data, .judged = judged };
	char label[64];
	for (size_t i = 0; i < claim->n_selections; i++) {
		const struct claim_selection *selection = &claim->selections[i];
		describe(selection, label, sizeof label);
		if (add_present(&f, selection) == 0)
			add_absent(&f, selection->workload ? selection->workload : "", label);
		else
			add_missing_values(&f, selection);
	}
	return f.failed ? -1 : 0;
}
