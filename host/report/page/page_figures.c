/* Figures by section; traces stand beside their runs, budgets with the uncertainty. */
#include "page_parts.h"

static const char *heading(enum figure_section section)
{
	switch (section) {
	case FIGURE_RATIOS: return "Energy ratios";
	case FIGURE_RAPL: return "RAPL against the wall";
	case FIGURE_RESIDUALS: return "What RAPL misses, by workload";
	case FIGURE_AGREEMENT: return "Agreement of RAPL and the wall";
	case FIGURE_THREADS: return "Energy over threads";
	case FIGURE_PARETO: return "Energy and time";
	default: return NULL;
	}
}

static void section(struct page *page, enum figure_section wanted)
{
	struct html *html = &page->html;
	const struct figures *figures = page->of->figures;
	size_t n = 0;
	for (size_t i = 0; i < figures->n; i++)
		n += figures->list[i].section == wanted;
	if (n == 0)
		return;
	html_element(html, "h3", heading(wanted));
	html_open(html, "div");
	html_attribute(html, "class", n > 1 ? "figures pair" : "figures");
	for (size_t i = 0; i < figures->n; i++)
		if (figures->list[i].section == wanted)
			page_figure(page, &figures->list[i]);
	html_close(html);
}

void page_figures(struct page *page)
{
	page_begin(page, "figures", "Figures");
	if (page->of->figures == NULL || page->of->figures->n == 0)
		html_element(&page->html, "p", "There are no runs to draw.");
	for (int s = 0; page->of->figures && s < FIGURE_SECTIONS; s++)
		if (heading((enum figure_section)s))
			section(page, (enum figure_section)s);
	html_close(&page->html);
}
