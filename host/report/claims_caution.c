#include "claims_caution.h"

#include <stdio.h>
#include <string.h>

#include "claims_needs.h"
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

void claims_caution(const struct campaign_file *file, struct claim_judged *judged, const struct claim_work *work)
{
	struct text said = TEXT_INIT;
	char interpreters[CLAIM_REASON_SIZE];
	claims_interpreters(file, judged->claim, interpreters, sizeof interpreters);
	text_add(&said, interpreters);
	add_scaled(judged, &said);
	add_unmeasured(judged, work, &said);
	snprintf(judged->caution, sizeof judged->caution, "%s", text_string(&said));
	text_free(&said);
}
