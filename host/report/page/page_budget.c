/* Where the uncertainty comes from: of the means, and term by term of one run each. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "page_parts.h"
#include "share.h"
#include "view.h"

#define FREEDOM_SHOWN 1e4 /* more degrees of freedom are as good as infinite */

static const char *source_of(const struct page *page)
{
	return page->of->summary->has_wall ? "wall" : "rapl";
}

static const struct mean_energy *mean_of(const struct page *page, const struct summary_group *group)
{
	return page->of->summary->has_wall ? &group->wall_gross : &group->rapl_gross;
}

static void cell(struct page *page, const char *figure, double value, const char *format, const char *unit)
{
	struct text words = TEXT_INIT;
	page_begin_cell(page);
	if (strcmp(format, "%.0f") == 0 && value >= FREEDOM_SHOWN)
		text_add(&words, "∞");
	else if (isfinite(value))
		text_addf(&words, format[2] == '0' ? "%.0f" : format[2] == '2' ? "%.2f" : "%.3g", value);
	text_add(&words, unit);
	if (isinf(value))
		html_text(&page->html, text_string(&words));
	else
		html_number(&page->html, figure, value, text_string(&words));
	page->html.out->failed |= words.failed;
	text_free(&words);
	html_close(&page->html);
}

/* ---- of the means ---- */

static void mean_row(struct page *page, const struct summary_group *group, size_t index)
{
	struct html *html = &page->html;
	const struct mean_energy *mean = mean_of(page, group);
	html_open(html, "tr");
	html_attributef(html, "data-budget-of", "%zu", index);
	html_open(html, "th");
	html_attribute(html, "scope", "row");
	page_point(page, group);
	html_textf(html, ", %s", page_arm(group));
	html_close(html);
	cell(page, "n", (double)mean->n, "%.0f", "");
	page_begin_cell(page);
	html_energy(html, "mean", mean->mean, mean->expanded.U);
	html_close(html);
	page_begin_cell(page);
	html_percent(html, "relative", mean->mean > 0 ? mean->expanded.U / mean->mean : NAN);
	html_close(html);
	cell(page, "scatter", mean->scatter, "%.3g", " J");
	cell(page, "u_shared", mean->u_shared, "%.3g", " J");
	cell(page, "nu", mean->expanded.nu, "%.0f", "");
	cell(page, "k", mean->expanded.k, "%.2f", "");
	html_close(html);
}

static void means(struct page *page)
{
	static const char *const titles[] = { "workload, arm", ">runs", ">mean ± U", ">U", ">scatter of runs", ">shared by all", ">ν", ">k", NULL };
	struct html *html = &page->html;
	const struct summary *summary = page->of->summary;
	page_table(page, "sticky budget", "Uncertainty of the mean energies");
	page_columns(page, titles);
	html_open(html, "tbody");
	for (size_t i = 0; i < summary->n_groups; i++)
		if (mean_of(page, &summary->groups[i])->n)
			mean_row(page, &summary->groups[i], i);
	html_close(html);
	html_close(html);
	html_close(html);
}

/* ---- of one run ---- */

static int by_size(const void *left, const void *right)
{
	const struct budget_term *a = left, *b = right;
	double x = fabs(a->u), y = fabs(b->u);
	return x < y ? 1 : x > y ? -1 : strcmp(a->name, b->name);
}

static void term_row(struct page *page, const struct budget_term *term, double variance)
{
	struct html *html = &page->html;
	html_open(html, "tr");
	html_open(html, "th");
	html_attribute(html, "scope", "row");
	html_text(html, term->name);
	html_close(html);
	html_element(html, "td", term->type == 'A' ? "A" : "B");
	cell(page, "u", term->u, "%.3g", " J");
	cell(page, "nu", term->nu, "%.0f", "");
	page_begin_cell(page);
	if (term->share != SHARE_BESIDE)
		html_percent(html, "variance", variance > 0 ? term->u * term->u / variance : NAN);
	html_close(html);
	html_element(html, "td", share_words(term->share));
	html_close(html);
}

static void terms(struct page *page, const struct budget *budget)
{
	static const char *const titles[] = { "term", "type", ">u", ">ν", ">of variance", "from run to run", NULL };
	struct html *html = &page->html;
	struct budget sorted = *budget;
	double variance = 0;
	for (int i = 0; i < sorted.n; i++)
		variance += sorted.terms[i].share == SHARE_BESIDE ? 0 : sorted.terms[i].u * sorted.terms[i].u;
	qsort(sorted.terms, (size_t)sorted.n, sizeof *sorted.terms, by_size);
	page_table(page, "terms", "Terms of the budget");
	page_columns(page, titles);
	html_open(html, "tbody");
	for (int i = 0; i < sorted.n; i++)
		term_row(page, &sorted.terms[i], variance);
	html_close(html);
	html_close(html);
	html_close(html);
}

static void budget_of(struct page *page, const struct summary_group *group)
{
	struct html *html = &page->html;
	const struct result *first = group->n ? group->members[0] : NULL;
	const struct energy *energy = first ? view_energy(first, source_of(page)) : NULL;
	if (energy == NULL || energy->gross.budget.n == 0)
		return;
	html_open(html, "details");
	html_open(html, "summary");
	page_point(page, group);
	html_textf(html, ", %s: run %" PRIu32 ", ", page_arm(group), first->run);
	html_energy(html, "gross", energy->gross.value, energy->gross.expanded.U);
	html_close(html);
	terms(page, &energy->gross.budget);
	html_close(html);
}

/* ---- the section ---- */

static void drawings(struct page *page)
{
	const struct figures *figures = page->of->figures;
	html_open(&page->html, "div");
	html_attribute(&page->html, "class", "figures pair");
	for (size_t i = 0; figures && i < figures->n; i++)
		if (figures->list[i].section == FIGURE_BUDGET)
			page_figure(page, &figures->list[i]);
	html_close(&page->html);
}

void page_budget(struct page *page)
{
	struct html *html = &page->html;
	const struct summary *summary = page->of->summary;
	page_begin(page, "uncertainty", "Uncertainty");
	html_open(html, "p");
	html_attribute(html, "class", "soft");
	html_textf(html, "Of energy %s, gross. U is at 95 %% coverage: k u, with k from Student’s t for ν degrees of freedom. The scatter of runs "
			 "shrinks with their number; what all runs share (the meter’s gain, offset, linearity) does not, but much of it cancels in a "
			 "ratio.", summary->has_wall ? "at the wall" : "as RAPL has it");
	html_close(html);
	drawings(page);
	means(page);
	html_element(html, "h3", "Term by term, of one run each");
	for (size_t i = 0; i < summary->n_groups; i++)
		budget_of(page, &summary->groups[i]);
	html_close(html);
}
