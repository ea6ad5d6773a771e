#include "number.h"
#include "plain.h"
#include "table_parts.h"
#include "view.h"

static int side(const struct interval *ratio)
{
	return ratio->low > 1 ? 1 : ratio->high < 1 ? -1 : 0;
}

struct turned { /* points at which one quantity says the opposite of another */
	const struct summary_group *first;
	size_t n;
};

static const struct interval *gross_ratio(const struct summary_group *group)
{
	return &group->ratio_wall;
}

static const struct interval *net_ratio(const struct summary_group *group)
{
	return &group->ratio_net;
}

static const struct interval *caused_ratio(const struct summary_group *group)
{
	return &group->ratio_caused;
}

typedef const struct interval *ratio_of(const struct summary_group *group);

static struct turned find_turned(const struct summary *summary, ratio_of *a, ratio_of *b)
{
	struct turned turned = { .n = 0 };
	for (size_t i = 0; i < summary->n_groups; i++)
		if (side(a(&summary->groups[i])) * side(b(&summary->groups[i])) == -1 && turned.n++ == 0)
			turned.first = &summary->groups[i];
	return turned;
}

static void say_turned(const struct turned *turned, const char *head, ratio_of *a, const char *one, ratio_of *b, const char *other, struct text *note)
{
	text_add(note, head);
	view_title(note, turned->first->workload, turned->first->point);
	text_add(note, ", ");
	plain_add(note, turned->first->arm);
	text_addf(note, ": %s ", one);
	number_ratio(note, a(turned->first));
	text_addf(note, ", %s ", other);
	number_ratio(note, b(turned->first));
	if (turned->n > 1)
		text_addf(note, ", and %zu more like it", turned->n - 1);
}

/* What the ratio of gross energies does not tell. An arm that leaves something on behind it, a fan say, is flattered by its brackets; one
 * that is soon done, by the idle power that it is spared. Both ratios stand. */
void table_quantities(const struct summary *summary, const struct table_options *options, struct text *out)
{
	struct turned tail = find_turned(summary, net_ratio, caused_ratio), idle = find_turned(summary, gross_ratio, net_ratio);
	struct text note = TEXT_INIT;
	if (tail.n) {
		say_turned(&tail, "tail: ", net_ratio, "above idle within its runs", caused_ratio, "with what it leaves on behind it", &note);
		text_add(&note, ": which of them is meant turns the answer round");
		layout_paragraph(out, options, EMPHASIS_CAUTION, 2, text_string(&note));
		out->failed |= note.failed;
		text_free(&note);
	}
	if (idle.n) {
		say_turned(&idle, "idle: ", gross_ratio, "gross", net_ratio, "above idle", &note);
		text_add(&note, ": its time, and the idle power over it, decide");
		layout_paragraph(out, options, EMPHASIS_NONE, 2, text_string(&note));
		out->failed |= note.failed;
		text_free(&note);
	}
}
