/* What the energies cost and emit, by a user's factors: a view, beside the factors it was made with. */
#include <math.h>

#include "layout.h"
#include "page_parts.h"
#include "sides_cost.h"

#define RUNS 1000 /* for so many: a single run costs next to nothing */

static void cell(struct page *page, const char *figure, double value, double U, const char *unit)
{
	page_begin_cell(page);
	html_quantity(&page->html, figure, value, U, unit);
	html_close(&page->html);
}

static void row(struct page *page, const struct summary_group *group, size_t index)
{
	struct html *html = &page->html;
	const struct factors *factors = page->of->factors;
	struct cost cost;
	cost_of(RUNS * group->wall_gross.mean, RUNS * group->wall_gross.expanded.U, factors, &cost);
	html_open(html, "tr");
	html_attributef(html, "data-cost-of", "%zu", index);
	html_open(html, "th");
	html_attribute(html, "scope", "row");
	page_point(page, group);
	html_textf(html, ", %s", page_arm(group));
	html_close(html);
	cell(page, "kWh", cost.kWh, cost.U_kWh, "kWh");
	if (factors->price.source)
		cell(page, "money", cost.money, cost.U_money, factors->currency);
	if (factors->carbon.source)
		cell(page, "co2e", cost.co2e, cost.U_co2e, "g");
	html_close(html);
}

static void rows(struct page *page)
{
	const struct factors *factors = page->of->factors;
	const struct summary *summary = page->of->summary;
	const char *titles[5] = { "workload, arm", ">energy" };
	size_t n = 2;
	if (factors->price.source)
		titles[n++] = ">price";
	if (factors->carbon.source)
		titles[n++] = ">CO2e";
	page_table(page, "sticky cost", "Cost and emissions of 1000 runs");
	page_columns(page, titles);
	html_open(&page->html, "tbody");
	for (size_t i = 0; i < summary->n_groups; i++)
		if (isfinite(summary->groups[i].wall_gross.mean))
			row(page, &summary->groups[i], i);
	html_close(&page->html);
	html_close(&page->html);
	html_close(&page->html);
}

static void item(void *context, enum emphasis emphasis, const char *paragraph)
{
	(void)emphasis;
	html_element((struct html *)context, "li", paragraph);
}

void page_cost(struct page *page)
{
	struct html *html = &page->html;
	struct table_options options = { .unicode = true, .paragraph = item, .context = html };
	if (page->of->factors == NULL || !page->of->summary->has_wall)
		return;
	page_begin(page, "cost", "Cost and emissions");
	html_classed(html, "p", "soft", "Of 1000 runs, from the energy at the wall (gross). These are views through factors that the reader of this page may not "
					"share: the factors are");
	html_open(html, "ul");
	html_attribute(html, "class", "notes");
	sides_factors_text(page->of->factors, &options, html->out);
	html_close(html);
	rows(page);
	html_close(html);
}
