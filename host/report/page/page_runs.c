/* Every run, whether it counts or not, with its trace: folded away by workload, point and arm. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "page_parts.h"
#include "view.h"

/* One past the last result of the run that begins at `first`. */
static size_t end_of_run(const struct campaign_file *file, size_t first)
{
	size_t end = first + 1;
	while (end < file->n_results && file->results[end].run == file->results[first].run)
		end++;
	return end;
}

/* What the plan shows of it; of a run that did not come so far, its first. */
static const struct result *shown_result(const struct campaign_file *file, size_t first)
{
	const char *phase = facts_phase(file, file->results[first].workload);
	for (size_t i = first; i < end_of_run(file, first); i++)
		if (strcmp(file->results[i].phase, phase) == 0)
			return &file->results[i];
	return &file->results[first];
}

static bool belongs(const struct summary_group *group, const struct result *result)
{
	return strcmp(group->workload, result->workload) == 0 && strcmp(group->point, result->point) == 0 &&
	       strcmp(group->arm, result->arm) == 0;
}

static void energy_cell(struct page *page, const char *figure, const struct result *result, const char *source, bool net)
{
	const struct energy *energy = view_energy(result, source);
	const struct joules *joules = energy == NULL ? NULL : net ? &energy->net : &energy->gross;
	page_begin_cell(page);
	html_energy(&page->html, figure, joules ? joules->value : NAN, joules ? joules->expanded.U : NAN);
	html_close(&page->html);
}

static void status_cell(struct page *page, const struct summary_group *group, const struct result *result)
{
	struct html *html = &page->html;
	bool counts = false;
	for (size_t i = 0; i < group->n; i++)
		counts |= group->members[i] == result;
	html_open(html, "td");
	html_text(html, run_status_name(result->status));
	if (!counts)
		html_text(html, ", does not count");
	if (result->reason[0])
		html_textf(html, ": %s", result->reason);
	html_close(html);
}

static void run_row(struct page *page, const struct summary_group *group, const struct result *result)
{
	struct html *html = &page->html;
	const struct summary *summary = page->of->summary;
	html_open(html, "tr");
	html_attributef(html, "data-run", "%" PRIu32, result->run);
	html_attribute(html, "data-phase", result->phase);
	html_open(html, "th");
	html_attribute(html, "scope", "row");
	html_textf(html, "%" PRIu32, result->run);
	html_close(html);
	page_begin_cell(page);
	html_time(html, "time", view_duration(result));
	html_close(html);
	if (summary->has_wall) {
		energy_cell(page, "wall.gross", result, "wall", false);
		energy_cell(page, "wall.net", result, "wall", true);
	}
	if (summary->has_rapl)
		energy_cell(page, "rapl.gross", result, "rapl", false);
	status_cell(page, group, result);
	html_close(html);
}

static void columns(struct page *page)
{
	const struct summary *summary = page->of->summary;
	const char *titles[7] = { "run", ">time" };
	size_t n = 2;
	if (summary->has_wall) {
		titles[n++] = ">energy at the wall";
		titles[n++] = ">above idle";
	}
	if (summary->has_rapl)
		titles[n++] = ">RAPL";
	titles[n] = "status";
	page_columns(page, titles);
}

static void table_of_runs(struct page *page, const struct summary_group *group)
{
	struct html *html = &page->html;
	const struct campaign_file *file = page->of->file;
	page_table(page, "runs", "Runs");
	columns(page);
	html_open(html, "tbody");
	for (size_t i = 0; i < file->n_results; i = end_of_run(file, i))
		if (belongs(group, &file->results[i]))
			run_row(page, group, shown_result(file, i));
	html_close(html);
	html_close(html);
	html_close(html);
}

static bool is_run_of(const struct campaign_file *file, const struct summary_group *group, uint32_t run)
{
	for (size_t i = 0; i < file->n_results; i++)
		if (file->results[i].run == run)
			return belongs(group, &file->results[i]);
	return false;
}

static void traces(struct page *page, const struct summary_group *group)
{
	const struct figures *figures = page->of->figures;
	html_open(&page->html, "div");
	html_attribute(&page->html, "class", "figures pair");
	for (size_t i = 0; figures && i < figures->n; i++)
		if (figures->list[i].section == FIGURE_TRACE && is_run_of(page->of->file, group, figures->list[i].run))
			page_figure(page, &figures->list[i]);
	html_close(&page->html);
}

static void runs_of(struct page *page, const struct summary_group *group)
{
	struct html *html = &page->html;
	html_open(html, "details");
	html_open(html, "summary");
	page_point(page, group);
	html_textf(html, ", %s: %zu %s", page_arm(group), group->n + group->n_excluded, group->n + group->n_excluded == 1 ? "run" : "runs");
	if (group->n_excluded)
		html_textf(html, ", %zu of which %s not count", group->n_excluded, group->n_excluded == 1 ? "does" : "do");
	html_close(html);
	table_of_runs(page, group);
	traces(page, group);
	html_close(html);
}

void page_runs(struct page *page)
{
	const struct summary *summary = page->of->summary;
	page_begin(page, "runs", "Runs and their traces");
	html_classed(&page->html, "p", "soft", "Each line opens to its runs: numbers, and power over time with bracket, marks, gaps and tail. Lines "
					       "that are not open are not printed.");
	for (size_t i = 0; i < summary->n_groups; i++) {
		if (i == 0 || strcmp(summary->groups[i].workload, summary->groups[i - 1].workload) != 0)
			html_element(&page->html, "h3", summary->groups[i].workload[0] ? summary->groups[i].workload : "command");
		runs_of(page, &summary->groups[i]);
	}
	html_close(&page->html);
}
