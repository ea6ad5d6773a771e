/* Claims that were held against the campaign: each with its verdict, and what it rests on. */
#include <math.h>
#include <string.h>

#include "page_parts.h"

static const char *class_of(enum claim_verdict verdict)
{
	return verdict == CLAIM_REPRODUCED ? "agree" : verdict == CLAIM_CONTRADICTED ? "conflict" : "open";
}

static void verdict_words(struct page *page, enum claim_verdict verdict)
{
	struct text words = TEXT_INIT;
	claims_verdict_text(&words, page->of->claims, verdict);
	html_open(&page->html, "span");
	html_attributef(&page->html, "class", "chip %s", class_of(verdict));
	html_text(&page->html, text_string(&words));
	html_close(&page->html);
	page->html.out->failed |= words.failed;
	text_free(&words);
}

/* ---- counts ---- */

static void counts(struct page *page)
{
	const struct claims_judged *claims = page->of->claims;
	struct html *html = &page->html;
	size_t n = 0;
	html_open(html, "p");
	html_attribute(html, "class", "counts");
	html_textf(html, "%zu published claims: ", claims->n);
	for (int v = 0; v < CLAIM_VERDICTS; v++) {
		if (claims->n_verdicts[v] == 0)
			continue;
		html_textf(html, "%s%zu ", n++ ? ", " : "", claims->n_verdicts[v]);
		verdict_words(page, (enum claim_verdict)v);
	}
	html_text(html, ".");
	html_close(html);
	if (claims->claims->source && claims->claims->source[0]) {
		html_open(html, "p");
		html_attribute(html, "class", "soft");
		html_textf(html, "Claims of: %s.", claims->claims->source);
		html_close(html);
	}
}

/* ---- a figure ---- */

static const char *const names[CLAIM_QUANTITIES] = { "gross", "net", "caused", "RAPL" };

/* Not a ratio's way of rounding: an elasticity is none. */
static void figure(struct page *page, const char *name, const struct interval *interval, enum claim_metric metric)
{
	struct text words = TEXT_INIT;
	if (metric != CLAIM_ELASTICITY || !isfinite(interval->low)) {
		html_ratio(&page->html, name, interval);
		return;
	}
	text_addf(&words, "%.2f [%.2f, %.2f]", interval->estimate, interval->low, interval->high);
	html_interval(&page->html, name, interval, text_string(&words));
	page->html.out->failed |= words.failed;
	text_free(&words);
}

/* ---- all of them ---- */

#define FEW 4 /* so many are seen at a glance */

static void overview_row(struct page *page, const struct claim_judged *judged)
{
	struct html *html = &page->html;
	const struct claim_judgement *j = &judged->quantities[judged->quantity];
	html_open(html, "tr");
	html_open(html, "th");
	html_attribute(html, "scope", "row");
	html_open(html, "a");
	html_attributef(html, "href", "#claim-%s", judged->claim->id);
	html_text(html, judged->claim->id);
	html_close(html);
	html_close(html);
	html_open(html, "td");
	verdict_words(page, judged->verdict);
	html_close(html);
	page_begin_cell(page);
	figure(page, "claim", &j->interval, judged->claim->metric);
	html_close(html);
	html_element(html, "td", judged->claim->says);
	html_close(html);
}

static void overview(struct page *page)
{
	static const char *const titles[] = { "claim", "verdict", ">figure", "what was published", NULL };
	const struct claims_judged *claims = page->of->claims;
	struct html *html = &page->html;
	if (claims->n <= FEW)
		return;
	page_table(page, "claim-figures overview", "Verdicts at a glance");
	page_columns(page, titles);
	html_open(html, "tbody");
	for (size_t i = 0; i < claims->n; i++)
		overview_row(page, &claims->list[i]);
	html_close(html);
	html_close(html);
	html_close(html);
}

/* ---- one claim ---- */

static void more_runs(struct html *html, double more)
{
	if (isinf(more))
		html_text(html, "no number of runs would decide it");
	else if (more > 0)
		html_textf(html, "%.0f more runs an arm and point would probably decide it, if the figure stays", ceil(more));
}

static void quantity_row(struct page *page, const struct claim_judged *judged, int q)
{
	struct html *html = &page->html;
	const struct claim_judgement *j = &judged->quantities[q];
	html_open(html, "tr");
	html_attribute(html, "data-quantity", claim_quantity_name((enum claim_quantity)q));
	html_open(html, "th");
	html_attribute(html, "scope", "row");
	html_text(html, judged->n_quantities > 1 ? names[q] : claim_metric_name(judged->claim->metric));
	html_close(html);
	page_begin_cell(page);
	figure(page, "claim", &j->interval, judged->claim->metric);
	html_close(html);
	html_open(html, "td");
	verdict_words(page, j->verdict);
	html_close(html);
	html_open(html, "td");
	html_text(html, j->reason);
	more_runs(html, j->verdict == CLAIM_UNDECIDED && j->reason[0] == '\0' ? j->more_runs : NAN);
	html_close(html);
	html_close(html);
}

static void quantities(struct page *page, const struct claim_judged *judged)
{
	static const char *const titles[] = { "of", ">figure", "verdict", "", NULL };
	struct html *html = &page->html;
	page_table(page, "claim-figures", "Figures of the claim");
	page_columns(page, titles);
	html_open(html, "tbody");
	for (size_t q = 0; q < judged->n_quantities; q++)
		quantity_row(page, judged, (int)q);
	html_close(html);
	html_close(html);
	html_close(html);
}

static void point_row(struct page *page, const struct claim_judged *judged, const struct claim_point *point)
{
	struct html *html = &page->html;
	html_open(html, "tr");
	html_open(html, "th");
	html_attribute(html, "scope", "row");
	html_textf(html, "%s%s%s", point->workload, point->point[0] ? " " : "", point->point);
	html_close(html);
	page_begin_cell(page);
	html_textf(html, "%zu / %zu", point->n_arm, point->n_over);
	html_close(html);
	for (size_t q = 0; q < judged->n_quantities; q++) {
		page_begin_cell(page);
		figure(page, "claim.point", &point->quantities[q].interval, judged->claim->metric);
		html_close(html);
	}
	html_element(html, "td", point->quantities[judged->quantity].reason);
	html_close(html);
}

static void points(struct page *page, const struct claim_judged *judged)
{
	struct html *html = &page->html;
	const char *titles[CLAIM_QUANTITIES + 4] = { "point", ">runs" };
	static const char *const columns[CLAIM_QUANTITIES] = { ">gross", ">net", ">caused", ">RAPL" };
	size_t n = 2;
	if (judged->n_points < 2 || judged->claim->metric == CLAIM_ELASTICITY)
		return;
	for (size_t q = 0; q < judged->n_quantities; q++)
		titles[n++] = judged->n_quantities > 1 ? columns[q] : ">figure";
	titles[n] = "";
	html_open(html, "details");
	html_open(html, "summary");
	html_textf(html, "%zu points", judged->n_points);
	html_close(html);
	page_table(page, "claim-points", "Points of the claim");
	page_columns(page, titles);
	html_open(html, "tbody");
	for (size_t i = 0; i < judged->n_points; i++)
		point_row(page, judged, &judged->points[i]);
	html_close(html);
	html_close(html);
	html_close(html);
	html_close(html);
}

static void statement(struct page *page, const struct claim_judged *judged)
{
	struct html *html = &page->html;
	const struct claim *claim = judged->claim;
	const char *file_source = page->of->claims->claims->source;
	struct text words = TEXT_INIT;
	claims_statement_text(&words, claim);
	html_open(html, "p");
	html_attribute(html, "class", "soft");
	bool elsewhere = claim->source && file_source && strcmp(claim->source, file_source) != 0;
	html_text(html, text_string(&words));
	html_textf(html, "; %s%s%s", elsewhere ? claim->source : "", elsewhere ? "; " : "", claim->firmness == CLAIM_FIRM ? "firm" : "provisional");
	if (claim->note && claim->note[0])
		html_textf(html, ": %s", claim->note);
	html_text(html, ".");
	html_close(html);
	page->html.out->failed |= words.failed;
	text_free(&words);
}

static void caution(struct html *html, const char *words)
{
	if (words[0])
		html_classed(html, "p", "open", words);
}

static void one(struct page *page, const struct claim_judged *judged)
{
	struct html *html = &page->html;
	html_open(html, "div");
	html_attribute(html, "class", "claim");
	html_attributef(html, "id", "claim-%s", judged->claim->id);
	html_attribute(html, "data-claim", judged->claim->id);
	html_open(html, "h4");
	html_text(html, judged->claim->says);
	html_close(html);
	html_open(html, "p");
	verdict_words(page, judged->verdict);
	html_textf(html, " (%s)%s%s", judged->claim->id, judged->reason && judged->reason[0] ? ": " : "", judged->reason ? judged->reason : "");
	html_close(html);
	statement(page, judged);
	caution(html, judged->disagreement);
	caution(html, judged->caution);
	if (judged->verdict != CLAIM_NOT_TESTABLE)
		quantities(page, judged);
	points(page, judged);
	html_close(html);
}

void page_claims(struct page *page)
{
	const struct claims_judged *claims = page->of->claims;
	if (claims == NULL)
		return;
	counts(page);
	html_element(&page->html, "h3", claims->claims->title && claims->claims->title[0] ? claims->claims->title : "Claims");
	overview(page);
	for (size_t i = 0; i < claims->n; i++)
		one(page, &claims->list[i]);
	html_element(&page->html, "h3", "RAPL and the wall");
}
