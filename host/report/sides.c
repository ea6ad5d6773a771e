#include "sides.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "view.h"

const char *side_quantity_name(enum side_quantity quantity)
{
	static const char *const names[] = { "gross", "net", "caused", "time", "edp" };
	return names[quantity];
}

bool side_has_stopped(const struct side *side)
{
	const char *answer = facts_string(side->file, "stopping.decision.answer");
	return strcmp(answer, "enough") == 0 || strcmp(answer, "out-of-reach") == 0;
}

bool side_is_compared(const struct side_at *at)
{
	return at->group && at->refused[0] == '\0';
}

/* ---- campaigns ---- */

static const char *campaign_name(size_t i, char name[16])
{
	snprintf(name, 16, "campaign %c", (char)('A' + i));
	return name;
}

static bool has_arm(const struct campaign_file *file, const char *arm)
{
	for (size_t i = 0; i < file->n_results; i++)
		if (strcmp(file->results[i].arm, arm) == 0)
			return true;
	return false;
}

static const char *default_arm(const struct campaign_file *file)
{
	const char *reference = facts_reference(file);
	return reference[0] || file->n_results == 0 ? reference : file->results[0].arm;
}

/* Strings that live as long as the file: the caller's may not. */
static const char *own_arm(const struct campaign_file *file, const char *arm)
{
	for (size_t i = 0; i < file->n_results; i++)
		if (strcmp(file->results[i].arm, arm) == 0)
			return file->results[i].arm;
	return "";
}

static int check_twice(const struct sides *sides, const struct campaign_file *file, const char *on, struct error *error)
{
	const char *uuid = facts_string(file, "uuid");
	for (size_t i = 0; i < sides->n; i++)
		if (uuid[0] && strcmp(facts_string(sides->list[i].file, "uuid"), uuid) == 0)
			return error_set(error, ERROR_USAGE, on, "arms of one campaign are compared by joulerig show",
					 "it is campaign %c once more", sides->list[i].label);
	return 0;
}

static int add_side(struct sides *sides, const struct campaign_file *file, const char *arm, struct error *error)
{
	char on[16];
	struct side *side = &sides->list[sides->n];
	const char *wanted = arm ? arm : default_arm(file);
	campaign_name(sides->n, on);
	if (check_twice(sides, file, on, error) != 0)
		return -1;
	if (!has_arm(file, wanted))
		return error_set(error, ERROR_USAGE, on, "joulerig show lists its arms; say which with --arm", "it has no runs of arm \"%.60s\"", wanted);
	*side = (struct side){ .label = (char)('A' + sides->n), .file = file, .arm = own_arm(file, wanted) };
	if (summary_make(file, &side->summary) != 0)
		return error_errno(error, ENOMEM, on, NULL, "cannot hold its runs");
	sides->n++;
	if (!side->summary.has_wall)
		return error_set(error, ERROR_UNSUPPORTED, on, "RAPL of two machines is no common measure: what it leaves out differs",
				 "it has no energy at the wall");
	side->certificate = side_certificate(side);
	return side->certificate ? 0 : error_errno(error, ENOMEM, on, NULL, "cannot hold its certificate");
}

/* ---- points ---- */

static const struct summary_group *group_at(const struct side *side, const char *workload, const char *point)
{
	for (size_t i = 0; i < side->summary.n_groups; i++) {
		const struct summary_group *group = &side->summary.groups[i];
		if (strcmp(group->workload, workload) == 0 && strcmp(group->point, point) == 0 && strcmp(group->arm, side->arm) == 0)
			return group;
	}
	return NULL;
}

static bool is_listed(const struct sides *sides, const struct summary_group *group)
{
	for (size_t i = 0; i < sides->n_points; i++)
		if (strcmp(sides->points[i].workload, group->workload) == 0 && strcmp(sides->points[i].point, group->point) == 0)
			return true;
	return false;
}

static const char *checksum_of(const struct summary_group *group)
{
	for (size_t i = 0; i < group->n; i++)
		if (group->members[i]->checksum[0])
			return group->members[i]->checksum;
	return "";
}

static bool has_checksum(const struct sides *sides, const struct sides_point *point, size_t i)
{
	(void)sides;
	return checksum_of(point->at[i].group)[0] != '\0';
}

static bool tells_work(const struct sides *sides, const struct sides_point *point, size_t i)
{
	return side_work_told(&sides->list[i], point->at[i].group).unit != NULL;
}

/* The first that is compared and has what is asked for; `i` itself if none before it. */
static size_t first_that(const struct sides *sides, const struct sides_point *point, size_t i,
			 bool (*has)(const struct sides *, const struct sides_point *, size_t))
{
	for (size_t j = 0; j < i; j++)
		if (side_is_compared(&point->at[j]) && has(sides, point, j))
			return j;
	return i;
}

static void refuse_another_checksum(const struct sides *sides, struct sides_point *point, size_t i)
{
	size_t j = first_that(sides, point, i, has_checksum);
	const char *mine = checksum_of(point->at[i].group), *its = checksum_of(point->at[j].group);
	if (mine[0] && strcmp(mine, its) != 0)
		snprintf(point->at[i].refused, sizeof point->at[i].refused,
			 "not the same work: its result has checksum %.12s…, that of %c has %.12s…", mine, sides->list[j].label, its);
}

static void refuse_another_amount(const struct sides *sides, struct sides_point *point, size_t i)
{
	size_t j = first_that(sides, point, i, tells_work);
	struct side_work mine = side_work_told(&sides->list[i], point->at[i].group), its = side_work_told(&sides->list[j], point->at[j].group);
	if (mine.unit && (mine.amount != its.amount || strcmp(mine.unit, its.unit) != 0))
		snprintf(point->at[i].refused, sizeof point->at[i].refused, "not the same work: its runs did %.12g %.40s, those of %c %.12g %.40s",
			 mine.amount, mine.unit, sides->list[j].label, its.amount, its.unit);
}

/* Of a side that has the point; those before it have been judged. */
static void refuse(const struct sides *sides, struct sides_point *point, size_t i)
{
	struct side_at *at = &point->at[i];
	const struct summary_group *first = point->at[point->baseline].group;
	char label = sides->list[point->baseline].label;
	if (at->group->n == 0)
		snprintf(at->refused, sizeof at->refused, "none of its runs has an energy");
	else if (strcmp(at->group->phase, first->phase) != 0)
		snprintf(at->refused, sizeof at->refused, "it measures %s%.40s, and %c %s%.40s", at->group->phase[0] ? "phase " : "the whole run",
			 at->group->phase, label, first->phase[0] ? "phase " : "the whole run", first->phase);
	else if (side_work_varies(&sides->list[i], at->group))
		snprintf(at->refused, sizeof at->refused, "its runs did different amounts of work");
	else
		refuse_another_checksum(sides, point, i);
	if (at->refused[0] == '\0')
		refuse_another_amount(sides, point, i);
}

/* The first that has runs of one work there; the first that has the point, if none does. */
static size_t baseline_of(const struct sides *sides, const struct sides_point *point)
{
	for (size_t i = 0; i < sides->n; i++)
		if (point->at[i].group && point->at[i].group->n > 0 && !side_work_varies(&sides->list[i], point->at[i].group))
			return i;
	size_t i = 0;
	while (point->at[i].group == NULL)
		i++;
	return i;
}

static void judge_point(const struct sides *sides, struct sides_point *point)
{
	point->baseline = baseline_of(sides, point);
	for (size_t i = 0; i < sides->n; i++)
		if (point->at[i].group) {
			refuse(sides, point, i);
			point->n_compared += side_is_compared(&point->at[i]);
		}
}

static void add_point(struct sides *sides, const struct summary_group *group)
{
	struct sides_point *point = &sides->points[sides->n_points];
	size_t have = 0;
	*point = (struct sides_point){ .workload = group->workload, .point = group->point, .phase = group->phase };
	for (size_t i = 0; i < sides->n; i++) {
		point->at[i].group = group_at(&sides->list[i], group->workload, group->point);
		have += point->at[i].group != NULL;
	}
	if (have < 2 && sides->n > 1) {
		sides->alone++;
		return;
	}
	judge_point(sides, point);
	sides->n_points++;
}

static int add_points(struct sides *sides)
{
	size_t most = 0;
	for (size_t i = 0; i < sides->n; i++)
		most += sides->list[i].summary.n_groups;
	sides->points = calloc(most + 1, sizeof *sides->points);
	if (sides->points == NULL)
		return -1;
	for (size_t i = 0; i < sides->n; i++) {
		const struct side *side = &sides->list[i];
		for (size_t g = 0; g < side->summary.n_groups; g++)
			if (strcmp(side->summary.groups[g].arm, side->arm) == 0 && !is_listed(sides, &side->summary.groups[g]))
				add_point(sides, &side->summary.groups[g]);
	}
	return 0;
}

/* ---- all ---- */

int sides_make(const struct campaign_file *files, const char *const *arms, size_t n, struct sides *sides, struct error *error)
{
	int result = 0;
	*sides = (struct sides){ .n = 0 };
	if (n > SIDES_MAX)
		return error_set(error, ERROR_USAGE, NULL, NULL, "at most %d campaigns are compared at once", SIDES_MAX);
	for (size_t i = 0; result == 0 && i < n; i++)
		result = add_side(sides, &files[i], arms[i], error);
	if (result == 0 && (add_points(sides) != 0 || sides_figure(sides) != 0))
		result = error_errno(error, ENOMEM, NULL, NULL, "cannot hold the campaigns' figures");
	if (result != 0)
		sides_free(sides);
	return result;
}

void sides_free(struct sides *sides)
{
	for (size_t i = 0; i < sides->n; i++) {
		summary_free(&sides->list[i].summary);
		free(sides->list[i].certificate);
	}
	free(sides->points);
	*sides = (struct sides){ .n = 0 };
}
