/* What it was measured with: bench, machine, interpreters, plan, joulerig itself. */
#include <math.h>
#include <string.h>

#include "page_parts.h"

static const char *member(const json_t *object, const char *key)
{
	const char *string = json_string_value(json_object_get(object, key));
	return string ? string : "";
}

/* ---- facts as they stand in the file ---- */

static bool is_empty(const json_t *value)
{
	return value == NULL || json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0) ||
	       (json_is_object(value) && json_object_size(value) == 0) || (json_is_array(value) && json_array_size(value) == 0);
}

static void scalar(struct html *html, const json_t *value)
{
	if (json_is_string(value))
		html_text(html, json_string_value(value));
	else if (json_is_integer(value))
		html_textf(html, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		html_textf(html, "%.6g", json_real_value(value));
	else if (json_is_boolean(value))
		html_text(html, json_is_true(value) ? "yes" : "no");
}

#define FACTS_DEPTH 6

static void facts_list(struct html *html, const json_t *object, int depth);

static void items(struct html *html, const json_t *array)
{
	size_t i;
	json_t *item;
	json_array_foreach(array, i, item) {
		html_text(html, i ? ", " : "");
		scalar(html, item);
	}
}

static void fact(struct html *html, const char *key, const json_t *value, int depth)
{
	if (is_empty(value))
		return;
	html_element(html, "dt", key);
	html_open(html, "dd");
	if (json_is_object(value) && depth < FACTS_DEPTH)
		facts_list(html, value, depth + 1);
	else if (json_is_array(value))
		items(html, value);
	else
		scalar(html, value);
	html_close(html);
}

static void facts_list(struct html *html, const json_t *object, int depth)
{
	const char *key;
	json_t *value;
	html_open(html, "dl");
	html_attribute(html, "class", "facts");
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
		fact(html, key, value, depth);
	html_close(html);
}

static void folded(struct page *page, const char *heading, const json_t *object)
{
	struct html *html = &page->html;
	if (is_empty(object))
		return;
	html_open(html, "details");
	html_element(html, "summary", heading);
	facts_list(html, object, 0);
	html_close(html);
}

/* ---- instruments ---- */

static void device_row(struct page *page, const json_t *device)
{
	static const char *const keys[] = { "driver", "maker", "model", "serial", "firmware" };
	struct html *html = &page->html;
	html_open(html, "tr");
	html_open(html, "th");
	html_attribute(html, "scope", "row");
	html_text(html, member(device, "name"));
	html_close(html);
	for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
		html_element(html, "td", member(device, keys[k]));
	html_open(html, "td");
	html_text(html, json_is_true(json_object_get(device, "simulated")) ? "SIMULATED: a twin" : "");
	html_close(html);
	html_close(html);
}

static void instruments(struct page *page)
{
	static const char *const titles[] = { "name", "driver", "maker", "model", "number", "firmware", "", NULL };
	struct html *html = &page->html;
	size_t i;
	json_t *device;
	html_element(html, "h3", "Instruments");
	page_table(page, "devices", "Instruments");
	page_columns(page, titles);
	html_open(html, "tbody");
	json_array_foreach(facts_at(page->of->file, "bench.devices"), i, device)
		device_row(page, device);
	html_close(html);
	html_close(html);
	html_close(html);
	html_open(html, "p");
	html_textf(html, "Edges of runs: trigger %s.", facts_string(page->of->file, "trigger.name"));
	html_close(html);
	json_array_foreach(facts_at(page->of->file, "bench.devices"), i, device)
		folded(page, member(device, "name"), device);
	folded(page, "trigger", facts_at(page->of->file, "trigger"));
}

/* ---- interpreters ---- */

static void interpreter_row(struct page *page, const char *arm, const json_t *facts)
{
	struct html *html = &page->html;
	const json_t *gil = json_object_get(facts, "gil_enabled");
	html_open(html, "tr");
	html_open(html, "th");
	html_attribute(html, "scope", "row");
	html_text(html, arm);
	html_close(html);
	html_element(html, "td", member(facts, "version"));
	html_element(html, "td", json_is_boolean(gil) ? json_is_true(gil) ? "on" : "off" : "");
	html_element(html, "td", member(facts, "path"));
	html_close(html);
}

static void interpreters(struct page *page)
{
	static const char *const titles[] = { "arm", "version", "GIL", "path", NULL };
	struct html *html = &page->html;
	const json_t *all = facts_at(page->of->file, "interpreters");
	const char *arm;
	json_t *facts;
	if (is_empty(all))
		return;
	html_element(html, "h3", "Interpreters");
	page_table(page, "interpreters", "Interpreters");
	page_columns(page, titles);
	html_open(html, "tbody");
	json_object_foreach((json_t *)(uintptr_t)all, arm, facts)
		interpreter_row(page, arm, facts);
	html_close(html);
	html_close(html);
	html_close(html);
	json_object_foreach((json_t *)(uintptr_t)all, arm, facts)
		folded(page, arm, facts);
}

/* ---- machine ---- */

static void machine(struct page *page)
{
	struct html *html = &page->html;
	const struct campaign_file *file = page->of->file;
	if (is_empty(facts_at(file, "machine")))
		return;
	html_element(html, "h3", "Machine");
	html_open(html, "p");
	html_textf(html, "%s%s%s", facts_string(file, "machine.cpu.model"), facts_string(file, "machine.distribution.name")[0] ? ", " : "",
		   facts_string(file, "machine.distribution.name"));
	if (facts_string(file, "machine.kernel.release")[0])
		html_textf(html, ", kernel %s", facts_string(file, "machine.kernel.release"));
	if (page->simulated == SIMULATED_ALL)
		html_text(html, ". This is where the rehearsal ran: nothing of it was measured");
	html_text(html, ".");
	html_close(html);
	folded(page, "All that is known of the machine", facts_at(file, "machine"));
}

/* ---- texts ---- */

static void source_text(struct page *page, const char *heading, const char *text)
{
	struct html *html = &page->html;
	if (text == NULL || text[0] == '\0')
		return;
	html_open(html, "details");
	html_attribute(html, "open", "");
	html_element(html, "summary", heading);
	html_open(html, "pre");
	html_attribute(html, "tabindex", "0");
	html_lines(html, text);
	html_close(html);
	html_close(html);
}

static void origin(struct page *page)
{
	static const char *const keys[] = { "uuid", "started", "seed", "version", "repetitions", "slots", "plan_sha256", "bench_sha256",
		"working_directory", "overhead" };
	struct html *html = &page->html;
	html_element(html, "h3", "Campaign");
	html_open(html, "dl");
	html_attribute(html, "class", "facts");
	for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
		fact(html, keys[k], facts_at(page->of->file, keys[k]), 0);
	html_element(html, "dt", "page made by");
	html_open(html, "dd");
	html_textf(html, "joulerig %s", page->of->version);
	html_close(html);
	html_close(html);
}

void page_bench(struct page *page)
{
	page_begin(page, "bench", "Bench and plan");
	instruments(page);
	machine(page);
	interpreters(page);
	origin(page);
	html_element(&page->html, "h3", "Plan and bench as read");
	source_text(page, "plan", page->of->file->plan_text);
	source_text(page, "bench", page->of->file->bench_text);
	html_close(&page->html);
}
