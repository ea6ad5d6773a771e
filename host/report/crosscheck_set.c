#include "crosscheck_set.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crosscheck_rows.h"
#include "facts.h"
#include "summary.h"
#include "view.h"

/* ---- rows, in any order, become groups ---- */

static int class_number(struct crosscheck_set *set, const char *class)
{
	for (size_t i = 0; i < set->n_classes; i++)
		if (strcmp(set->classes[i], class) == 0)
			return (int)i;
	if (set->n_classes == CROSSCHECK_CLASSES_MAX)
		return -1;
	snprintf(set->classes[set->n_classes], CROSSCHECK_LABEL, "%s", class);
	return (int)set->n_classes++;
}

static bool same_group(const struct crosscheck_row *a, const struct crosscheck_row *b)
{
	return strcmp(a->class, b->class) == 0 && strcmp(a->spot, b->spot) == 0 && strcmp(a->arm, b->arm) == 0;
}

static int compare_rows(const void *left, const void *right)
{
	const struct crosscheck_row *a = left, *b = right;
	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

/* Groups in order of their first row; rows of a group in their own order. */
static void order_rows(struct crosscheck_row *rows, size_t n)
{
	size_t groups = 0;
	for (size_t i = 0; i < n; i++) {
		size_t j = 0;
		while (j < i && !same_group(&rows[j], &rows[i]))
			j++;
		rows[i].group = j < i ? rows[j].group : groups++;
		rows[i].order = i;
	}
	qsort(rows, n, sizeof *rows, compare_rows);
}

static void add_row(struct crosscheck_set *set, const struct crosscheck_row *row, bool begins, const char *reference)
{
	if (begins) {
		struct crosscheck_group *group = &set->groups[set->n_groups++];
		*group = (struct crosscheck_group){ .first = set->n, .is_reference = strcmp(row->arm, reference) == 0, .shared_wall = row->shared_wall };
		memcpy(group->class, row->class, sizeof group->class);
		memcpy(group->point, row->spot, sizeof group->point);
		memcpy(group->arm, row->arm, sizeof group->arm);
	}
	set->groups[set->n_groups - 1].n++;
	set->points[set->n++] = row->point;
}

int crosscheck_set_of_rows(const char *name, struct crosscheck_row *rows, size_t n, const char *reference, struct crosscheck_set *set,
			   struct error *error)
{
	set->points = calloc(n + 1, sizeof *set->points);
	set->groups = calloc(n + 1, sizeof *set->groups);
	if (set->points == NULL || set->groups == NULL)
		return error_errno(error, ENOMEM, name, NULL, "cannot hold its runs");
	for (size_t i = 0; i < n; i++) {
		int class = class_number(set, rows[i].class);
		if (class < 0)
			return error_set(error, ERROR_CONFIG, name, "leave some out, or join alike ones in one class", "it has more than %d classes",
					 CROSSCHECK_CLASSES_MAX);
		rows[i].point.class = (unsigned)class;
	}
	order_rows(rows, n);
	for (size_t i = 0; i < n; i++)
		add_row(set, &rows[i], i == 0 || rows[i].group != rows[i - 1].group, reference);
	for (size_t i = 0; i < set->n_groups; i++) {
		const struct crosscheck_group *other = crosscheck_set_reference(set, &set->groups[i]);
		set->compares |= other && other != &set->groups[i];
	}
	return 0;
}

const struct crosscheck_group *crosscheck_set_reference(const struct crosscheck_set *set, const struct crosscheck_group *group)
{
	for (size_t i = 0; i < set->n_groups; i++) {
		const struct crosscheck_group *other = &set->groups[i];
		if (other->is_reference && strcmp(other->class, group->class) == 0 && strcmp(other->point, group->point) == 0)
			return other;
	}
	return NULL;
}

void crosscheck_set_free(struct crosscheck_set *set)
{
	free(set->points);
	free(set->groups);
	*set = (struct crosscheck_set){ 0 };
}

/* ---- from a campaign ---- */

/* Of what varies from run to run; what all runs share is no scatter. */
static double own_uncertainty(const struct joules *joules)
{
	double sum = 0;
	for (int i = 0; i < joules->budget.n; i++)
		if (joules->budget.terms[i].share == SHARE_NONE)
			sum += joules->budget.terms[i].u * joules->budget.terms[i].u;
	return sqrt(sum);
}

static bool row_of(const struct result *result, struct crosscheck_row *row)
{
	const struct energy *wall = view_energy(result, "wall"), *rapl = view_energy(result, "rapl");
	if (wall == NULL || rapl == NULL || !(wall->gross.value > 0) || !(rapl->gross.value > 0) || !(wall->duration > 0))
		return false;
	*row = (struct crosscheck_row){
		.point = { .wall = wall->gross.value, .rapl = rapl->gross.value, .time = wall->duration, .u_wall = own_uncertainty(&wall->gross),
			   .u_rapl = own_uncertainty(&rapl->gross) },
	};
	snprintf(row->class, sizeof row->class, "%s", result->workload);
	snprintf(row->spot, sizeof row->spot, "%s", result->point);
	snprintf(row->arm, sizeof row->arm, "%s", result->arm);
	return true;
}

/* The runs' wall energies, for what their ratio to the reference's shares. */
static size_t wall_joules(const struct summary_group *group, const struct joules **joules)
{
	size_t n = 0;
	for (size_t i = 0; i < group->n; i++) {
		const struct energy *wall = view_energy(group->members[i], "wall");
		if (wall)
			joules[n++] = &wall->gross;
	}
	return n;
}

static double shared_wall(const struct campaign_file *file, const struct summary *summary, const struct summary_group *group)
{
	const struct summary_group *reference = summary_reference(summary, group);
	const struct joules **joules = calloc(2 * file->n_results + 2, sizeof *joules);
	double shared = 0;
	if (joules && reference && reference != group) {
		size_t n = wall_joules(group, joules), m = wall_joules(reference, joules + n);
		shared = n && m ? statistics_shared_ratio(joules, n, joules + n, m) : 0;
	}
	free(joules);
	return shared;
}

static size_t rows_of(const struct campaign_file *file, const struct summary *summary, struct crosscheck_row *rows, size_t *left_out)
{
	size_t n = 0;
	for (size_t i = 0; i < summary->n_groups; i++) {
		double shared = shared_wall(file, summary, &summary->groups[i]);
		for (size_t k = 0; k < summary->groups[i].n; k++) {
			bool usable = row_of(summary->groups[i].members[k], &rows[n]);
			rows[n].shared_wall = shared;
			n += usable;
			*left_out += !usable;
		}
		*left_out += summary->groups[i].n_excluded;
	}
	return n;
}

static const char *reference_arm(const struct summary *summary)
{
	for (size_t i = 0; i < summary->n_groups; i++)
		if (summary->groups[i].is_reference)
			return summary->groups[i].arm;
	return "\x01"; /* which no arm is called */
}

/* What RAPL's own makers alter, or a hypervisor makes up, says nothing of the wall. */
static int refuse_doubtful(const struct campaign_file *file, struct error *error)
{
	struct text doubt = TEXT_INIT;
	facts_rapl_doubt(file, &doubt);
	int result = doubt.length == 0 ? 0 : error_set(error, ERROR_UNSUPPORTED, "campaign", "the wall's figures stand: joulerig show", "%s",
						       text_string(&doubt));
	text_free(&doubt);
	return result;
}

int crosscheck_set_campaign(const struct campaign_file *file, struct crosscheck_set *set, struct error *error)
{
	struct summary summary;
	*set = (struct crosscheck_set){ 0 };
	if (refuse_doubtful(file, error) != 0)
		return -1;
	struct crosscheck_row *rows = calloc(file->n_results + 1, sizeof *rows);
	int status = -1;
	if (rows == NULL || summary_make(file, &summary) != 0) {
		free(rows);
		return error_errno(error, ENOMEM, "campaign", NULL, "cannot hold its runs");
	}
	size_t n = rows_of(file, &summary, rows, &set->left_out);
	status = crosscheck_set_of_rows("campaign", rows, n, reference_arm(&summary), set, error);
	summary_free(&summary);
	free(rows);
	if (status != 0)
		crosscheck_set_free(set);
	return status;
}
