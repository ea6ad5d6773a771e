/* The page as text: what must never be missing, and what must never be in it, whatever a campaign holds. A browser looks at it in page_test.py. */
#include <string.h>

#include "fixture.h"
#include "page/page.h"

static char *make(const struct campaign_file *file, const struct figures *figures, int expected)
{
	struct summary summary;
	struct crosscheck_set set = { 0 };
	static struct crosscheck check;
	struct error error = ERROR_INIT;
	struct text out = TEXT_INIT;
	assert_int_equal(summary_make(file, &summary), 0);
	bool both = summary.has_wall && summary.has_rapl;
	if (both && crosscheck_set_campaign(file, &set, &error) != 0)
		fail_msg("%s", error.what);
	crosscheck_fit(set.points, set.n, &check);
	struct page_of of = {
		.file = file, .summary = &summary, .set = both ? &set : NULL, .check = both ? &check : NULL, .figures = figures, .version = "0",
	};
	if (report_page(&of, &out, &error) != expected)
		fail_msg("%s: %s", error.on, error.what);
	crosscheck_set_free(&set);
	summary_free(&summary);
	return out.bytes;
}

static void assert_has(const char *page, const char *text)
{
	if (strstr(page, text) == NULL)
		fail_msg("the page does not say %s", text);
}

static void assert_has_not(const char *page, const char *text)
{
	const char *at = strstr(page, text);
	if (at)
		fail_msg("the page says %.80s", at);
}

static void what_is_imported_says_so_and_when_it_was_measured(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	for (size_t i = 0; i < file.n_results; i++)
		file.results[i].start_realtime = INT64_C(1767571200) * 1000000000 + (int64_t)(file.n_results - i) * 1000000000;
	char *page = make(&file, NULL, 0);
	assert_has(page, "Begun 2025-11-22");
	assert_has_not(page, "Imported");
	free(page);
	json_object_set_new(file.facts, "imported", json_true());
	page = make(&file, NULL, 0);
	assert_has(page, "Imported from logs");
	assert_has(page, "Begun 2026-01-05");
	assert_has_not(page, "Begun 2025");
	free(page);
	fixture_free(&file);
}

static void verdicts_come_first(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	char *page = make(&file, NULL, 0);
	static const char *const order[] = { "<!DOCTYPE html>", "Content-Security-Policy", "<h1>", "id=\"verdicts\"", "id=\"results\"", "id=\"figures\"",
		"id=\"notes\"", "id=\"runs\"", "id=\"uncertainty\"", "id=\"bench\"", "</html>" };
	const char *at = page;
	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		at = strstr(at, order[i]);
		if (at == NULL)
			fail_msg("%s is not where it should be", order[i]);
	}
	assert_has(page, "<b>mandelbrot threads=2</b>: ft takes <data value=\"0.5");
	assert_has(page, " of gil’s energy at the wall, in ");
	assert_has_not(page, "SIMULATED");
	assert_has_not(page, "Rehearsal");
	free(page);
	fixture_free(&file);
}

static void what_is_simulated_says_so(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	file.results[3].simulated = true;
	char *page = make(&file, NULL, 0);
	assert_has(page, "<title>SIMULATED: first light: joulerig</title>");
	assert_has(page, "SIMULATED: some energies below come from a twin; a rehearsal, not evidence");
	assert_has(page, "Rehearsal: <b>mandelbrot");
	assert_has(page, "@top-center{content:\"SIMULATED");
	free(page);
	fixture_simulate(&file);
	page = make(&file, NULL, 0);
	assert_has(page, "SIMULATED: every energy below comes from a twin; a rehearsal, not evidence");
	free(page);
	fixture_free(&file);
}

/* In everything that a file can hold. */
static void markup_is_text(void **state)
{
	(void)state;
	static const char markup[] = "</style><script>x</script>\"'&\x1b\xe2\x80\xae";
	struct campaign_file file = fixture_campaign();
	fixture_run(&file, markup, markup, markup, 2, 300)->status = RUN_FAILED;
	struct result *last = &file.results[file.n_results - 1];
	snprintf(last->reason, sizeof last->reason, "%s", markup);
	snprintf(last->phase, sizeof last->phase, "%s", "</td><b>");
	snprintf(last->sources[0].energy.reason, sizeof last->sources[0].energy.reason, "%s", markup);
	file.plan_text = file.bench_text = (char[]){ "</pre><script>\n\tx\x01" };
	json_object_set_new(file.facts, "title", json_string(markup));
	json_object_set_new(file.facts, "version", json_string(markup));
	json_object_set_new(file.facts, "reference", json_string(markup));
	json_object_set_new(file.facts, "machine", json_pack("{s:{s:s}, s:[s,s], s:s}", "cpu", "model", markup, markup, "a", markup, "b", markup));
	json_object_set_new(file.facts, "interpreters", json_pack("{s:{s:s, s:s}}", markup, "version", markup, "path", markup));
	json_object_set_new(file.facts, "bench", json_pack("{s:s, s:[{s:s, s:s, s:s, s:{s:s}}]}", "name", markup, "devices", "name", markup, "serial", markup,
							   "model", markup, "options", markup, markup));
	char *page = make(&file, NULL, 0);
	assert_has_not(page, "<script");
	assert_has_not(page, "</style><");
	assert_has_not(page, "\x1b");
	assert_has_not(page, "\x01");
	assert_has_not(page, "\xe2\x80\xae");
	assert_has_not(page, "<b></td>");
	assert_has(page, "&lt;/style&gt;&lt;script&gt;x&lt;/script&gt;&quot;&#39;&amp;\\x1b\\u202e");
	assert_has(page, "&lt;/pre&gt;&lt;script&gt;\n\tx\\x01");
	free(page);
	fixture_free(&file);
}

static void a_campaign_without_runs_has_a_page(void **state)
{
	(void)state;
	struct campaign_file file = fixture_empty();
	char *page = make(&file, NULL, 0);
	assert_has(page, "No run has finished.");
	assert_has(page, "there is nothing to compare");
	free(page);
	fixture_free(&file);
	file = fixture_empty();
	fixture_bare(&file, "", "", "", 1); /* one command, without any meter */
	page = make(&file, NULL, 0);
	assert_has(page, ">command<");
	assert_has_not(page, "energy at the wall");
	free(page);
	fixture_free(&file);
}

static void each_figure_is_shown_once(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	char svg[] = "<svg></svg>", words[] = "x";
	struct figure list[FIGURE_SECTIONS];
	for (int s = 0; s < FIGURE_SECTIONS; s++) {
		list[s] = (struct figure){ .section = (enum figure_section)s, .run = 3, .caption = words, .alternative = words, .marks = 1, .svg = svg };
		snprintf(list[s].name, sizeof list[s].name, "n%d", s);
	}
	char *page = make(&file, &(struct figures){ .list = list, .n = FIGURE_SECTIONS }, 0);
	for (int s = 0; s < FIGURE_SECTIONS; s++) {
		char id[32];
		snprintf(id, sizeof id, "id=\"figure-n%d\"", s);
		const char *first = strstr(page, id);
		assert_non_null(first);
		assert_null(strstr(first + 1, id));
	}
	free(page);
	fixture_free(&file);
}

static void a_figure_that_does_more_than_show_is_refused(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	char svg[] = "<svg><path class='mark'/></svg>", active[] = "<svg><script>1</script></svg>", words[] = "<i>";
	struct figure one = { .section = FIGURE_RATIOS, .name = "one", .caption = words, .alternative = words, .marks = 1, .svg = svg };
	struct figures figures = { .list = &one, .n = 1 };
	char *page = make(&file, &figures, 0);
	assert_has(page, "<figure id=\"figure-one\" data-figure-name=\"one\" data-marks=\"1\">");
	assert_has(page, "aria-label=\"&lt;i&gt;\"><svg><path class='mark'/></svg>");
	assert_has(page, "<figcaption>&lt;i&gt;</figcaption>");
	free(page);
	one.svg = active;
	free(make(&file, &figures, -1));
	fixture_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_come_first), cmocka_unit_test(what_is_imported_says_so_and_when_it_was_measured),
		cmocka_unit_test(what_is_simulated_says_so),
		cmocka_unit_test(markup_is_text),
		cmocka_unit_test(a_campaign_without_runs_has_a_page),
		cmocka_unit_test(each_figure_is_shown_once),
		cmocka_unit_test(a_figure_that_does_more_than_show_is_refused),
	};
	return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
