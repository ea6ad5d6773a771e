#include "claims_caution.h"

#include <stdio.h>
#include <string.h>

#include "claims_needs.h"
#include "facts.h"
#include "point_label.h"

static void add(struct text *said, const char *what)
{
	text_addf(said, "%s%s", said->length ? "; " : "", what);
}

/* A workload's variable of that name scales how much it does; 1 is what it does where it comes from. */
static bool is_scaled(const char *point)
{
	static const struct claim_selection any_scale = { .n_variables = 1, .variables = { { .name = "scale" } } };
	return point_label_matches(point, &any_scale) && !point_label_has(point, "scale", "1");
}

static void add_scaled(const struct claim_judged *judged, struct text *said)
{
	size_t scaled = 0, present = 0;
	char what[160];
	for (size_t i = 0; i < judged->n_points; i++) {
		present += !judged->points[i].absent;
		scaled += !judged->points[i].absent && is_scaled(judged->points[i].point);
	}
	snprintf(what, sizeof what, "the scale is not 1 at %zu of %zu point%s: another amount of work than the source's", scaled, present,
		 present == 1 ? "" : "s");
	if (scaled)
		add(said, what);
}

static void add_unmeasured(const struct claim_judged *judged, const struct claim_work *work, struct text *said)
{
	size_t points = 0;
	for (size_t i = 0; i < judged->n_points; i++) {
		const char *caution = claim_work_figure(work, i, judged->quantity)->caution;
		if (caution[0] && points++ == 0)
			add(said, caution);
	}
	if (points > 1)
		text_addf(said, " (and so at %zu of %zu points)", points, judged->n_points);
}

static bool is_of_all(const struct claim *claim)
{
	for (size_t i = 0; i < claim->n_selections; i++)
		if (claim->selections[i].workload == NULL)
			return true;
	return false;
}

static bool is_skipped(const struct campaign_file *file, const struct claim *claim, const char *workload)
{
	return claims_skipped(file, workload, claim->arm) || claims_skipped(file, workload, claim->over);
}

/* "All points" are those that the campaign has. A workload stands as often in the list of skipped ones as there are arms. */
static void add_skipped(const struct campaign_file *file, const struct claim *claim, struct text *said)
{
	const json_t *skipped = facts_at(file, "skipped");
	const char *last = NULL;
	size_t i;
	json_t *entry;
	if (!is_of_all(claim))
		return;
	json_array_foreach(skipped, i, entry) {
		const char *workload = json_string_value(json_object_get(entry, "workload"));
		if (workload == NULL || (last && strcmp(last, workload) == 0) || !is_skipped(file, claim, workload))
			continue;
		if (last)
			text_add(said, ", ");
		else
			add(said, "skipped, and not among the points: ");
		text_add(said, last = workload);
	}
}

static void add_stopping(const struct campaign_file *file, struct text *said)
{
	double coverage = facts_number(file, "stopping.coverage");
	char what[120];
	if (!(coverage < 0.95))
		return;
	snprintf(what, sizeof what, "by the rule that may stop the campaign, intervals of 95 %% cover %.3g %%", 100 * coverage);
	add(said, what);
}

void claims_caution(const struct campaign_file *file, struct claim_judged *judged, const struct claim_work *work)
{
	struct text said = TEXT_INIT;
	char interpreters[CLAIM_REASON_SIZE];
	claims_interpreters(file, judged->claim, interpreters, sizeof interpreters);
	text_add(&said, interpreters);
	add_scaled(judged, &said);
	add_skipped(file, judged->claim, &said);
	add_stopping(file, &said);
	add_unmeasured(judged, work, &said);
	snprintf(judged->caution, sizeof judged->caution, "%s", text_string(&said));
	text_free(&said);
}
