#include "page.h"

#include <string.h>
#include <time.h>

#include "c_locale.h"
#include "clock.h"
#include "page_parts.h"
#include "remaining.h"

#define POLICY "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

/* ---- what the sections share ---- */

void page_begin(struct page *page, const char *id, const char *heading)
{
	html_open(&page->html, "section");
	html_attribute(&page->html, "id", id);
	html_element(&page->html, "h2", heading);
}

void page_figure(struct page *page, const struct figure *figure)
{
	struct html *html = &page->html;
	html_open(html, "figure");
	html_attributef(html, "id", "figure-%s", figure->name);
	html_attribute(html, "data-figure-name", figure->name);
	html_attributef(html, "data-marks", "%zu", figure->marks);
	html_open(html, "div");
	html_attribute(html, "class", "plot");
	html_attribute(html, "role", "img");
	html_attribute(html, "aria-label", figure->alternative);
	page->drawing_refused |= html_svg(html, figure->svg) != 0;
	html_close(html);
	html_element(html, "figcaption", figure->caption);
	html_close(html);
}

bool page_same_point(const struct summary_group *a, const struct summary_group *b)
{
	return strcmp(a->workload, b->workload) == 0 && strcmp(a->point, b->point) == 0;
}

void page_point(struct page *page, const struct summary_group *group)
{
	html_text(&page->html, group->workload[0] ? group->workload : "command");
	if (group->point[0])
		html_textf(&page->html, " %s", group->point);
}

const char *page_arm(const struct summary_group *group)
{
	return group->arm[0] ? group->arm : "command";
}

void page_table(struct page *page, const char *class_name, const char *label)
{
	struct html *html = &page->html;
	html_open(html, "div");
	html_attribute(html, "class", "wide");
	html_attribute(html, "role", "region");
	html_attribute(html, "tabindex", "0"); /* so that it can be scrolled by keys */
	html_attribute(html, "aria-label", label);
	html_open(html, "table");
	html_attribute(html, "class", class_name);
}

void page_columns(struct page *page, const char *const *titles)
{
	struct html *html = &page->html;
	html_open(html, "thead");
	html_open(html, "tr");
	for (; *titles; titles++) {
		html_open(html, "th");
		html_attribute(html, "scope", "col");
		if (**titles == '>')
			html_attribute(html, "class", "number");
		html_text(html, *titles + (**titles == '>'));
		html_close(html);
	}
	html_close(html);
	html_close(html);
}

void page_begin_cell(struct page *page)
{
	html_open(&page->html, "td");
	html_attribute(&page->html, "class", "number");
}

/* ---- the page ---- */

static const char *banner(const struct page *page)
{
	switch (page->simulated) {
	case SIMULATED_ALL: return "SIMULATED: every energy below comes from a twin; a rehearsal, not evidence";
	case SIMULATED_SOME: return "SIMULATED: some energies below come from a twin; a rehearsal, not evidence";
	default: return NULL;
	}
}

static const char *title(const struct page *page)
{
	const char *named = facts_string(page->of->file, "title");
	return named[0] ? named : "untitled";
}

static void meta(struct html *html, const char *name, const char *content)
{
	html_void(html, "meta");
	html_attribute(html, "name", name);
	html_attribute(html, "content", content);
}

static void head(struct page *page)
{
	struct html *html = &page->html;
	html_open(html, "head");
	html_void(html, "meta");
	html_attribute(html, "charset", "utf-8");
	html_void(html, "meta");
	html_attribute(html, "http-equiv", "Content-Security-Policy");
	html_attribute(html, "content", POLICY);
	meta(html, "viewport", "width=device-width, initial-scale=1");
	meta(html, "color-scheme", "light dark");
	meta(html, "referrer", "no-referrer");
	meta(html, "generator", page->of->version);
	html_void(html, "link"); /* or a browser asks for /favicon.ico */
	html_attribute(html, "rel", "icon");
	html_attribute(html, "href", "data:,");
	html_open(html, "title");
	html_textf(html, "%s%s: joulerig", page->simulated == SIMULATED_NONE ? "" : "SIMULATED: ", title(page));
	html_close(html);
	page_style(page);
	html_close(html);
}

static void contents(struct page *page)
{
	static const char *const sections[][2] = { { "#verdicts", "Verdicts" }, { "#results", "Results" }, { "#figures", "Figures" },
		{ "#notes", "Notes" }, { "#runs", "Runs" }, { "#uncertainty", "Uncertainty" }, { "#bench", "Bench and plan" } };
	struct html *html = &page->html;
	html_open(html, "nav");
	html_attribute(html, "aria-label", "Sections");
	html_open(html, "ul");
	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
		html_open(html, "li");
		html_open(html, "a");
		html_attribute(html, "href", sections[i][0]);
		html_text(html, sections[i][1]);
		html_close(html);
		html_close(html);
	}
	html_close(html);
	html_close(html);
}

/* What was imported was measured before the campaign was made of it. */
static void say_begin(struct page *page)
{
	const struct campaign_file *file = page->of->file;
	int64_t first = INT64_MAX;
	char moment[32];
	for (size_t i = 0; i < file->n_results; i++)
		if (file->results[i].start_realtime > 0 && file->results[i].start_realtime < first)
			first = file->results[i].start_realtime;
	if (!json_is_true(facts_at(file, "imported"))) {
		if (facts_string(file, "started")[0])
			html_textf(&page->html, "Begun %s.", facts_string(file, "started"));
		return;
	}
	html_text(&page->html, "Imported from logs that another program kept.");
	if (first < INT64_MAX) {
		time_t second = (time_t)(first / NS_PER_S);
		struct tm utc;
		strftime(moment, sizeof moment, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&second, &utc));
		html_textf(&page->html, " Begun %s.", moment);
	}
}

static void lede(struct page *page)
{
	const struct campaign_file *file = page->of->file;
	struct html *html = &page->html;
	html_open(html, "p");
	html_attribute(html, "class", "lede");
	html_textf(html, "Energy of program runs%s, with its uncertainty", page->of->summary->has_wall ? " at the wall socket" : "");
	html_text(html, page->of->summary->has_rapl && page->of->summary->has_wall ? ", beside what the processor's own counters (RAPL) say" : "");
	html_text(html, ". ");
	if (facts_string(file, "bench.name")[0])
		html_textf(html, "Bench: %s. ", facts_string(file, "bench.name"));
	say_begin(page);
	html_close(html);
}

static void say_remaining(struct page *page)
{
	struct text said = TEXT_INIT;
	remaining_say(page->of->file, &said);
	if (said.length)
		html_element(&page->html, "p", text_string(&said));
	page->html.out->failed |= said.failed;
	text_free(&said);
}

static void say_simulated(struct page *page)
{
	struct html *html = &page->html;
	if (banner(page) == NULL)
		return;
	html_open(html, "p");
	html_attribute(html, "class", "banner");
	html_attribute(html, "role", "note");
	html_text(html, banner(page));
	html_close(html);
}

static void body(struct page *page)
{
	struct html *html = &page->html;
	html_open(html, "body");
	html_open(html, "a");
	html_attribute(html, "class", "skip");
	html_attribute(html, "href", "#verdicts");
	html_text(html, "to the verdicts");
	html_close(html);
	say_simulated(page);
	html_open(html, "header");
	html_element(html, "h1", title(page));
	lede(page);
	say_remaining(page);
	contents(page);
	html_close(html);
	html_open(html, "main");
	page_verdicts(page);
	page_results(page);
	page_figures(page);
	page_cost(page);
	page_notes(page);
	page_runs(page);
	page_budget(page);
	page_bench(page);
	html_close(html);
	html_close(html);
}

static void compose(struct page *page)
{
	struct html *html = &page->html;
	text_add(html->out, "<!DOCTYPE html>\n");
	html_open(html, "html");
	html_attribute(html, "lang", "en");
	head(page);
	body(page);
	html_close(html);
}

int report_page(const struct page_of *of, struct text *out, struct error *error)
{
	struct page page = { .of = of, .html = { .out = out }, .simulated = facts_simulated(of->file) };
	struct c_locale scope;
	c_locale_enter(&scope);
	compose(&page);
	c_locale_leave(&scope);
	if (page.drawing_refused)
		return error_set(error, ERROR_INTERNAL, "a figure", "report this: gnuplot is of a version that was never tried", "it holds more than a drawing");
	if (text_failed(out) || page.html.broken || page.html.depth)
		return error_set(error, ERROR_INTERNAL, "the page", NULL, text_failed(out) ? "out of memory" : "its elements do not nest");
	return 0;
}
