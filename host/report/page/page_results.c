/* The table of results: one block a workload and point, one row an arm. */
#include <math.h>

#include "page_parts.h"

/* In the order of interest: a phone shows the first three without being asked. */
enum column { ARM, ENERGY, RATIO, NET, CAUSED, POWER, TIME, TIME_RATIO, RAPL, RAPL_RATIO, SHARE, RUNS, COLUMNS };

static const char *const titles[COLUMNS] = {
	[ARM] = "arm", [ENERGY] = ">energy at the wall", [RATIO] = ">energy ratio", [NET] = ">above idle",
	[CAUSED] = ">caused", [POWER] = ">mean power", [TIME] = ">time", [TIME_RATIO] = ">time ratio", [RAPL] = ">RAPL",
	[RAPL_RATIO] = ">RAPL ratio", [SHARE] = ">RAPL of wall", [RUNS] = ">runs",
};

static bool is_shown(const struct summary *summary, enum column column)
{
	switch (column) {
	case ENERGY: case NET: case CAUSED: return summary->has_wall;
	case RATIO: return summary->has_wall && summary->compares;
	case POWER: return summary->has_wall || summary->has_rapl;
	case RAPL: return summary->has_rapl;
	case RAPL_RATIO: return summary->has_rapl && summary->compares;
	case TIME_RATIO: return summary->compares;
	case SHARE: return summary->has_wall && summary->has_rapl;
	default: return true;
	}
}

static void heading(struct page *page)
{
	const char *shown[COLUMNS + 1] = { NULL };
	size_t n = 0;
	for (int c = 0; c < COLUMNS; c++)
		if (is_shown(page->of->summary, (enum column)c))
			shown[n++] = titles[c];
	page_columns(page, shown);
}

static void point_row(struct page *page, const struct summary_group *group, size_t index)
{
	struct html *html = &page->html;
	int columns = 0;
	for (int c = 0; c < COLUMNS; c++)
		columns += is_shown(page->of->summary, (enum column)c);
	html_open(html, "tr");
	html_attribute(html, "class", "point");
	html_attributef(html, "id", "point-%zu", index);
	html_open(html, "th");
	html_attribute(html, "scope", "rowgroup");
	html_attributef(html, "colspan", "%d", columns);
	html_open(html, "span");
	page_point(page, group);
	html_close(html);
	if (group->phase[0])
		html_textf(html, ", phase %s", group->phase);
	html_close(html);
	html_close(html);
}

static void mean(struct html *html, const char *figure, const struct mean_energy *mean)
{
	html_energy(html, figure, mean->mean, mean->expanded.U);
}

static void ratio(struct html *html, const char *figure, const struct summary_group *group, const struct interval *ratio)
{
	if (group->is_reference && isfinite(ratio->estimate))
		html_text(html, "1");
	else
		html_ratio(html, figure, ratio);
}

static void power(struct html *html, const struct summary *summary, const struct summary_group *group)
{
	const struct mean_energy *energy = summary->has_wall ? &group->wall_gross : &group->rapl_gross;
	double watts = summary->has_wall ? group->wall_power : group->rapl_power;
	html_power(html, summary->has_wall ? "wall.power" : "rapl.power", watts, energy->expanded.U / fabs(energy->mean) * fabs(watts));
}

static void count(struct html *html, const struct summary_group *group)
{
	html_textf(html, "%zu", group->n);
	if (group->n_excluded)
		html_textf(html, " of %zu", group->n + group->n_excluded);
}

static void fill(struct html *html, const struct summary *summary, const struct summary_group *group, enum column column)
{
	switch (column) {
	case RUNS: count(html, group); break;
	case ENERGY: mean(html, "wall.gross", &group->wall_gross); break;
	case RATIO: ratio(html, "ratio.wall", group, &group->ratio_wall); break;
	case NET: mean(html, "wall.net", &group->wall_net); break;
	case CAUSED: mean(html, "wall.caused", &group->wall_caused); break;
	case POWER: power(html, summary, group); break;
	case TIME: html_time(html, "time", group->time.estimate); break;
	case TIME_RATIO: ratio(html, "ratio.time", group, &group->ratio_time); break;
	case RAPL: mean(html, "rapl.gross", &group->rapl_gross); break;
	case RAPL_RATIO: ratio(html, "ratio.rapl", group, &group->ratio_rapl); break;
	case SHARE: html_percent(html, "rapl_fraction", group->rapl_fraction); break;
	default: break;
	}
}

static void arm_row(struct page *page, const struct summary_group *group, size_t index)
{
	struct html *html = &page->html;
	html_open(html, "tr");
	html_attributef(html, "data-group", "%zu", index);
	html_open(html, "th");
	html_attribute(html, "scope", "row");
	html_text(html, page_arm(group));
	html_close(html);
	for (int c = ARM + 1; c < COLUMNS; c++) {
		if (!is_shown(page->of->summary, (enum column)c))
			continue;
		page_begin_cell(page);
		fill(html, page->of->summary, group, (enum column)c);
		html_close(html);
	}
	html_close(html);
}

static void explain(struct page *page)
{
	struct html *html = &page->html;
	const struct summary *summary = page->of->summary;
	html_open(html, "p");
	html_attribute(html, "class", "soft");
	if (summary->has_wall)
		html_text(html, "Energy at the wall is all that the machine drew from the start edge of a run to its stop edge; above idle, what it "
				"drew beyond the settled idle before; caused, all beyond idle from the start edge until power has settled again. ");
	if (summary->compares)
		html_textf(html, "Ratios are arm / %s with 95 %% intervals.", facts_reference(page->of->file));
	html_close(html);
}

void page_results(struct page *page)
{
	struct html *html = &page->html;
	const struct summary *summary = page->of->summary;
	page_begin(page, "results", "Results");
	if (summary->n_groups == 0)
		html_element(html, "p", "No run has finished.");
	else
		explain(page);
	if (summary->n_groups) {
		page_table(page, "results", "Results by workload, point and arm");
		heading(page);
		html_open(html, "tbody");
		for (size_t i = 0; i < summary->n_groups; i++) {
			if (i == 0 || !page_same_point(&summary->groups[i], &summary->groups[i - 1]))
				point_row(page, &summary->groups[i], i);
			arm_row(page, &summary->groups[i], i);
		}
		html_close(html);
		html_close(html);
		html_close(html);
	}
	html_close(html);
}
