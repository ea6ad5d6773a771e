/* Figures by section; traces stand beside their runs, budgets with the uncertainty. */
#include "page_parts.h"

static const struct part {
	const char *heading;
	enum figure_section first, last;
} parts[] = {
	{ "Energy ratios", FIGURE_RATIOS, FIGURE_RATIOS },
	{ "RAPL and the wall", FIGURE_RAPL, FIGURE_AGREEMENT },
	{ "Energy over threads", FIGURE_THREADS, FIGURE_THREADS },
	{ "Energy and time", FIGURE_PARETO, FIGURE_PARETO },
};

static bool is_in(const struct figure *figure, const struct part *part)
{
	return figure->section >= part->first && figure->section <= part->last;
}

/* Returns how many there are. */
static size_t show(struct page *page, const struct part *part)
{
	struct html *html = &page->html;
	const struct figures *figures = page->of->figures;
	size_t n = 0;
	for (size_t i = 0; figures && i < figures->n; i++)
		n += is_in(&figures->list[i], part);
	if (n == 0)
		return 0;
	html_element(html, "h3", part->heading);
	html_open(html, "div");
	html_attribute(html, "class", n > 1 ? "figures pair" : "figures");
	for (size_t i = 0; i < figures->n; i++)
		if (is_in(&figures->list[i], part))
			page_figure(page, &figures->list[i]);
	html_close(html);
	return n;
}

void page_figures(struct page *page)
{
	size_t n = 0;
	page_begin(page, "figures", "Figures");
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		n += show(page, &parts[i]);
	if (n == 0)
		html_element(&page->html, "p", "There is nothing to draw.");
	html_close(&page->html);
}
