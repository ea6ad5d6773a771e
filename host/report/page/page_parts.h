/* page_parts: the page's sections, in the order in which they stand. Each writes one <section>, or nothing if it has nothing to say. */
#ifndef JOULERIG_REPORT_PAGE_PARTS_H
#define JOULERIG_REPORT_PAGE_PARTS_H

#include "facts.h"
#include "html.h"
#include "page.h"

struct page {
	const struct page_of *of;
	struct html html;
	enum simulated simulated;
	bool drawing_refused; /* a figure that html_svg would not take */
};

void page_style(struct page *page);
void page_verdicts(struct page *page);
void page_claims(struct page *page); /* a part of the verdicts */
void page_results(struct page *page);
void page_figures(struct page *page);
void page_cost(struct page *page);
void page_notes(struct page *page);
void page_runs(struct page *page);
void page_budget(struct page *page);
void page_bench(struct page *page);

/* ---- what they share ---- */

void page_begin(struct page *page, const char *id, const char *heading); /* a section; end it with html_close */
void page_figure(struct page *page, const struct figure *figure);
bool page_same_point(const struct summary_group *a, const struct summary_group *b);
/* "mandelbrot threads=2", of a group. */
void page_point(struct page *page, const struct summary_group *group);
const char *page_arm(const struct summary_group *group);
/* A wide table, which scrolls in its own box; two elements to close. `label` tells what it is to who cannot see it. */
void page_table(struct page *page, const char *class_name, const char *label);
/* Its heading: titles up to a NULL; what stands below one that begins with > are numbers. */
void page_columns(struct page *page, const char *const *titles);
void page_begin_cell(struct page *page); /* a number's */

#endif
