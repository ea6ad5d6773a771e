/* Verdicts: claims, and of each comparison of two arms a sentence that can be quoted. */
#include <math.h>
#include <string.h>

#include "page_parts.h"

/* ---- one comparison ---- */

struct comparison {
	const struct summary_group *arm, *reference;
	bool concluded;                          /* RAPL was held against the wall */
	struct crosscheck_conclusion conclusion;
};

static const struct crosscheck_group *crosscheck_group_of(const struct crosscheck_set *set, const struct summary_group *group)
{
	for (size_t i = 0; i < set->n_groups; i++) {
		const struct crosscheck_group *g = &set->groups[i];
		if (strcmp(g->class, group->workload) == 0 && strcmp(g->point, group->point) == 0 && strcmp(g->arm, group->arm) == 0)
			return g;
	}
	return NULL;
}

static void conclude(const struct page_of *of, struct comparison *c)
{
	const struct crosscheck_group *a = of->set ? crosscheck_group_of(of->set, c->arm) : NULL;
	const struct crosscheck_group *b = a ? crosscheck_set_reference(of->set, a) : NULL;
	c->concluded = a && b && a != b;
	if (c->concluded)
		crosscheck_conclude(of->check, of->set->points + a->first, a->n, of->set->points + b->first, b->n, a->shared_wall, &c->conclusion);
}

/* False: the group is compared with nothing. */
static bool compare(const struct page_of *of, size_t group, struct comparison *c)
{
	*c = (struct comparison){ .arm = &of->summary->groups[group] };
	c->reference = summary_reference(of->summary, c->arm);
	if (c->reference == NULL || c->reference == c->arm || c->arm->n == 0)
		return false;
	conclude(of, c);
	return true;
}

static bool agrees(const struct comparison *c)
{
	return c->concluded && c->conclusion.verdict == CROSSCHECK_AGREE;
}

static const char *class_of(const struct comparison *c)
{
	if (!c->concluded || c->conclusion.verdict == CROSSCHECK_UNDECIDED)
		return "open";
	return agrees(c) ? "agree" : "conflict";
}

static void say_energy(struct page *page, const struct comparison *c)
{
	struct html *html = &page->html;
	const struct summary *summary = page->of->summary;
	bool energy = summary->has_wall || summary->has_rapl;
	html_textf(html, ": %s takes ", page_arm(c->arm));
	if (energy) {
		html_ratio(html, summary->has_wall ? "ratio.wall" : "ratio.rapl", summary->has_wall ? &c->arm->ratio_wall : &c->arm->ratio_rapl);
		html_textf(html, " of %s’s energy %s, in ", page_arm(c->reference), summary->has_wall ? "at the wall" : "as RAPL has it");
	}
	html_ratio(html, "ratio.time", &c->arm->ratio_time);
	html_textf(html, " of %s time", energy ? "its" : page_arm(c->reference));
	if (summary->has_wall && isfinite(c->arm->ratio_rapl.estimate)) {
		html_text(html, "; RAPL says ");
		html_ratio(html, "ratio.rapl", &c->arm->ratio_rapl);
	}
}

static void say_verdict(struct page *page, const struct comparison *c)
{
	struct html *html = &page->html;
	if (!c->concluded)
		return;
	html_text(html, "; ");
	html_open(html, "span");
	html_attribute(html, "class", "chip");
	html_text(html, crosscheck_verdict_name(c->conclusion.verdict));
	html_close(html);
	if (c->conclusion.size_differs)
		html_text(html, ", but not in size");
}

static void say_comparison(struct page *page, size_t group, const struct comparison *c)
{
	struct html *html = &page->html;
	html_open(html, "li");
	html_attribute(html, "class", class_of(c));
	html_attributef(html, "data-comparison", "%zu", group);
	if (page->simulated != SIMULATED_NONE)
		html_text(html, "Rehearsal: ");
	html_open(html, "b");
	page_point(page, c->arm);
	html_close(html);
	say_energy(page, c);
	say_verdict(page, c);
	html_text(html, ".");
	html_close(html);
}

/* ---- all of them ---- */

static const char *meaning(enum crosscheck_verdict verdict)
{
	switch (verdict) {
	case CROSSCHECK_AGREE: return "the wall and RAPL see the same sign, or neither sees a difference";
	case CROSSCHECK_WALL_ONLY: return "the wall tells the arms apart, RAPL does not";
	case CROSSCHECK_RAPL_ONLY: return "RAPL tells the arms apart, the wall does not";
	case CROSSCHECK_SIGN_CONFLICT: return "each tells the arms apart, the other way round: by RAPL alone the conclusion would have been wrong";
	case CROSSCHECK_RAPL_INVALID: return "RAPL says what cannot be, or falls as the wall rises";
	default: return "too few runs, or too few other workloads for a fit that does not rest on these runs";
	}
}

struct tally {
	size_t less, more, neither; /* by the wall, else by RAPL */
	size_t compared, verdicts[CROSSCHECK_VERDICTS], concluded;
};

static void count(const struct page_of *of, struct tally *tally)
{
	struct comparison c;
	for (size_t i = 0; i < of->summary->n_groups; i++) {
		if (!compare(of, i, &c))
			continue;
		const struct interval *ratio = of->summary->has_wall ? &c.arm->ratio_wall : &c.arm->ratio_rapl;
		tally->compared++;
		tally->less += ratio->high < 1;
		tally->more += ratio->low > 1;
		tally->neither += !(ratio->high < 1) && !(ratio->low > 1);
		tally->concluded += c.concluded;
		if (c.concluded)
			tally->verdicts[c.conclusion.verdict]++;
	}
}

static void say_counts(struct page *page, const struct tally *tally)
{
	struct html *html = &page->html;
	const char *reference = facts_reference(page->of->file);
	html_open(html, "p");
	html_attribute(html, "class", "counts");
	html_textf(html, "Of %zu comparisons with %s, the other arm takes less energy in %zu and more in %zu; %zu %s not decided by these runs"
			 " (95 %% intervals, each for itself).",
		   tally->compared, reference[0] ? reference : "the reference", tally->less, tally->more, tally->neither, tally->neither == 1 ? "is" : "are");
	html_close(html);
}

/* Why RAPL was not held against the wall, where it cannot be trusted to be this machine's. */
static void say_doubt(struct page *page)
{
	struct text doubt = TEXT_INIT;
	facts_rapl_doubt(page->of->file, &doubt);
	if (doubt.length)
		html_element(&page->html, "p", text_string(&doubt));
	page->html.out->failed |= doubt.failed;
	text_free(&doubt);
}

static void say_meanings(struct page *page, const struct tally *tally)
{
	struct html *html = &page->html;
	if (tally->concluded == 0) {
		say_doubt(page);
		return;
	}
	html_element(html, "p", "Would RAPL alone have led to the same conclusion? What it says is first carried over to the wall by a fit to the "
				"other workloads.");
	html_open(html, "dl");
	html_attribute(html, "class", "facts");
	for (int v = 0; v < CROSSCHECK_VERDICTS; v++) {
		if (tally->verdicts[v] == 0)
			continue;
		html_open(html, "dt");
		html_textf(html, "%zu %s", tally->verdicts[v], crosscheck_verdict_name((enum crosscheck_verdict)v));
		html_close(html);
		html_element(html, "dd", meaning((enum crosscheck_verdict)v));
	}
	html_close(html);
}

enum which { THAT_AGREE, THAT_DO_NOT, ALL };

static bool is_wanted(const struct comparison *c, enum which which)
{
	return which == ALL || agrees(c) == (which == THAT_AGREE);
}

static void say_each(struct page *page, enum which which)
{
	struct comparison c;
	html_open(&page->html, "ul");
	html_attribute(&page->html, "class", "verdicts");
	for (size_t i = 0; i < page->of->summary->n_groups; i++)
		if (compare(page->of, i, &c) && is_wanted(&c, which))
			say_comparison(page, i, &c);
	html_close(&page->html);
}

/* What most readers want to pass over can be folded away. */
static void say_folding(struct page *page, const char *heading, enum which which)
{
	struct html *html = &page->html;
	html_open(html, "details");
	html_attribute(html, "open", "");
	html_open(html, "summary");
	html_element(html, "h3", heading);
	html_close(html);
	say_each(page, which);
	html_close(html);
}

static void say_comparisons(struct page *page, const struct tally *tally)
{
	size_t agree = tally->verdicts[CROSSCHECK_AGREE];
	if (tally->concluded == 0) {
		say_folding(page, "Each comparison", ALL);
		return;
	}
	if (tally->compared > agree) {
		html_element(&page->html, "h3", "Where RAPL and the wall part, or nothing can be said");
		say_each(page, THAT_DO_NOT);
	}
	if (agree)
		say_folding(page, "Where RAPL and the wall agree", THAT_AGREE);
}

void page_verdicts(struct page *page)
{
	struct html *html = &page->html;
	struct tally tally = { 0 };
	page_begin(page, "verdicts", "Verdicts");
	page_claims(page);
	count(page->of, &tally);
	if (tally.compared) {
		if (page->of->summary->has_wall || page->of->summary->has_rapl)
			say_counts(page, &tally);
		say_meanings(page, &tally);
		say_comparisons(page, &tally);
	} else {
		html_element(html, "p", "No two arms of one workload have runs that count: there is nothing to compare.");
	}
	html_close(html);
}
