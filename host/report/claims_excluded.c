#include "claims_excluded.h"

#include <stdio.h>

struct claims_title claims_title(const struct summary_group *group)
{
	struct claims_title title;
	snprintf(title.text, sizeof title.text, "%.40s%s%.40s under arm %s", group->workload, group->point[0] ? " " : "", group->point, group->arm);
	return title;
}

/* Whether how long a run takes, or what it needs, may have made it end so. */
static bool is_of_the_run(enum run_status status)
{
	return status != RUN_OK && status != RUN_UNMEASURED && status != RUN_INTERRUPTED;
}

/* How many runs of the group are out for reasons of one kind; `first`: the first of those reasons. */
static size_t count(const struct summary *summary, const struct summary_group *group, bool of_the_run, const struct summary_exclusion **first)
{
	size_t n = 0;
	for (size_t i = 0; i < summary->n_exclusions; i++) {
		const struct summary_exclusion *exclusion = &summary->exclusions[i];
		if (&summary->groups[exclusion->group] != group || is_of_the_run(exclusion->status) != of_the_run)
			continue;
		if (n == 0)
			*first = exclusion;
		n += exclusion->n;
	}
	return n;
}

static bool say(const struct summary *summary, const struct summary_group *group, bool of_the_run, const char *what, char *why, size_t size)
{
	const struct summary_exclusion *first = NULL;
	size_t n = count(summary, group, of_the_run, &first);
	if (n)
		snprintf(why, size, "%zu of %zu runs of %s %s: %.120s%s", n, group->n + group->n_excluded, claims_title(group).text, what, first->reason,
			 n > first->n ? ", and others" : "");
	return n > 0;
}

bool claims_censored(const struct summary *summary, const struct summary_group *group, char *why, size_t size)
{
	return say(summary, group, true, "did not count", why, size);
}

bool claims_unmeasured(const struct summary *summary, const struct summary_group *group, char *why, size_t size)
{
	return say(summary, group, false, "have no figure", why, size);
}
