/* What is said below the table of a campaign that may end early by its plan's rule (host/campaign/stopping.h; the facts' `stopping`). */
#include <math.h>
#include <string.h>

#include "facts.h"
#include "number.h"
#include "plain.h"
#include "table_parts.h"
#include "view.h"

static const char *member(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* Of those whose width is known; NULL: none. */
static const json_t *widest(const json_t *comparisons)
{
	size_t i;
	const json_t *comparison, *found = NULL;
	json_array_foreach(comparisons, i, comparison)
		if (json_is_number(json_object_get(comparison, "half_width")) &&
		    (found == NULL || json_number_value(json_object_get(comparison, "half_width")) >
					      json_number_value(json_object_get(found, "half_width"))))
			found = comparison;
	return found;
}

static size_t count_unknown(const json_t *comparisons)
{
	size_t i, n = 0;
	const json_t *comparison;
	json_array_foreach(comparisons, i, comparison)
		n += !json_is_number(json_object_get(comparison, "half_width"));
	return n;
}

static void say_widest(const json_t *decision, struct text *note)
{
	const json_t *comparisons = json_object_get(decision, "comparisons"), *found = widest(comparisons);
	size_t unknown = count_unknown(comparisons);
	if (found) {
		text_add(note, "; the widest: ");
		view_title(note, member(found, "workload"), member(found, "point"));
		text_add(note, ", ");
		plain_add(note, member(found, "arm"));
		text_add(note, ", ");
		plain_add(note, member(found, "of"));
		text_add(note, ": ");
		number_percent(note, json_number_value(json_object_get(found, "half_width")));
	}
	if (unknown)
		text_addf(note, "; unknown, for want of good runs: %zu of %zu", unknown, json_array_size(comparisons));
}

static void say_answer(const struct campaign_file *file, const json_t *decision, struct text *note)
{
	const char *answer = member(decision, "answer");
	int after = (int)json_integer_value(json_object_get(decision, "after"));
	int most = (int)json_integer_value(facts_at(file, "stopping.at_most"));
	if (strcmp(answer, "enough") == 0)
		text_addf(note, "enough after %d of at most %d repetitions: no ratio's 95 %% interval reaches further from it than ", after, most);
	else if (strcmp(answer, "out-of-reach") == 0)
		text_addf(note, "enough after %d of at most %d repetitions, as far as runs can do it: what the arms of a ratio do not share of the meter's "
			  "errors keeps an interval from the wanted ",
			  after, most);
	else if (strcmp(answer, "at-most") == 0)
		text_addf(note, "all %d repetitions were needed, and not all 95 %% intervals of ratios are within the wanted ", after);
	else
		text_addf(note, "not enough after %d of at most %d repetitions (about %d expected) for 95 %% intervals of ratios within ", after, most,
			  (int)json_integer_value(json_object_get(decision, "expected")));
	number_percent(note, facts_number(file, "stopping.half_width"));
	if (strcmp(answer, "out-of-reach") == 0)
		text_add(note, ", and no number of runs would change that");
}

void table_stopping(const struct campaign_file *file, const struct table_options *options, struct text *out)
{
	const json_t *decision = facts_at(file, "stopping.decision");
	struct text note = TEXT_INIT;
	if (decision == NULL)
		return;
	text_add(&note, "planned stop: ");
	say_answer(file, decision, &note);
	say_widest(decision, &note);
	text_addf(&note, ". Where the data say when to stop, a 95 %% interval holds in at least %.1f %% of campaigns (measured, for normal scatter)",
		  100 * facts_number(file, "stopping.coverage"));
	layout_paragraph(out, options, EMPHASIS_NONE, 2, text_string(&note));
	out->failed |= note.failed;
	text_free(&note);
}
