/* Figures: that they hold the numbers of tables, that text stays text, and that what gnuplot drew of them can stand in a page. */
#include <sys/stat.h>
#include <unistd.h>

#include "figures.h"
#include "figures/drawing.h"
#include "figures/gnuplot.h"
#include "figures/power_curve.h"
#include "figures/svg.h"
#include "claims_fixture.h"
#include "store/sample_whole.h"

#define HOSTILE "''''; system(\"touch pwned\"); ' `touch pwned` @c1 a_b^{2} \\n %s <script>alert(1)</script> \"\n!touch pwned\n"

/* ---- making ---- */

static void make_with(const struct campaign_file *file, const char *place, struct figures *figures)
{
	struct summary summary;
	struct crosscheck_set set;
	struct crosscheck check;
	struct error error = ERROR_INIT;
	assert_int_equal(summary_make(file, &summary), 0);
	struct figures_of of = { .place = place, .file = file, .summary = &summary };
	if (crosscheck_set_campaign(file, &set, &error) == 0) {
		crosscheck_fit(set.points, set.n, &check);
		of.set = &set;
		of.check = &check;
	}
	error = (struct error)ERROR_INIT;
	if (figures_make(&of, figures, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
	if (of.set)
		crosscheck_set_free(&set);
	summary_free(&summary);
}

static void make(const struct campaign_file *file, struct figures *figures)
{
	make_with(file, NULL, figures);
}

static const struct figure *figure_named(const struct figures *figures, const char *name)
{
	for (size_t i = 0; i < figures->n; i++)
		if (strcmp(figures->list[i].name, name) == 0)
			return &figures->list[i];
	return NULL;
}

/* Six workloads, two of them at 1, 2 and 4 threads, two arms, three runs each; w = 50 W + 1.2 RAPL but for what a workload has of its own. */
static struct campaign_file rich_campaign(void)
{
	static const char *const workloads[] = { "alpha", "beta", "gamma", "delta", "epsilon", "zeta" }, *const arms[] = { "gil", "ft" };
	struct campaign_file file = fixture_empty();
	file.results = realloc(file.results, 64 * sizeof *file.results);
	for (int i = 0; i < 60; i++) {
		int point = i / 6, workload = point < 6 ? point / 3 : point - 4, arm = i % 2;
		char label[40] = "";
		if (point < 6)
			snprintf(label, sizeof label, "threads=%d scale=0.25", 1 << point % 3);
		double seconds = 6 - (point < 6 ? point % 3 : 0) + arm + 0.01 * (i % 6), rapl = (60 + 12 * workload + 8 * arm + 0.2 * (i % 6)) * seconds;
		struct result *result = fixture_bare(&file, workloads[workload], label, arms[arm], seconds);
		fixture_source(result, "wall", ROLE_WALL, true, fixture_energy((50 + workload % 3) * seconds + 1.2 * rapl, seconds, 60, 0.0006));
		fixture_source(result, "rapl", ROLE_PACKAGE, true, fixture_energy(rapl, seconds, 20, 0));
	}
	return file;
}

/* ---- drawing ---- */

static bool has_gnuplot(void)
{
	return access("/usr/bin/gnuplot", X_OK) == 0 || access("/usr/local/bin/gnuplot", X_OK) == 0;
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;
	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

static void draw_page(struct figures *figures)
{
	struct error error = ERROR_INIT;
	if (figures_draw_page(figures, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
}

static void check_page(const struct figure *figure)
{
	static const char *const foreign[] = { "rgb(", "black", "white", "#", " id=", "href", "<script", "style=", "font-family", "<?xml", "<!DOCTYPE", " width=", "url(", "NaN" };
	assert_non_null(figure->svg);
	assert_int_equal(strncmp(figure->svg, "<svg ", 5), 0);
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
		if (strstr(figure->svg, foreign[i]))
			fail_msg("%s holds %s", figure->name, strstr(figure->svg, foreign[i]));
	assert_true(count(figure->svg, "class=\"mark\"") >= figure->marks);
	assert_int_equal(count(figure->svg, "<svg"), 1);
	assert_int_equal(count(figure->svg, "<text"), count(figure->svg, "</text>"));
	assert_non_null(strstr(figure->svg, "role=\"img\""));
	assert_non_null(strstr(figure->svg, "<title>"));
	assert_non_null(strstr(figure->svg, "var(--ink)"));
}

/* ---- numbers ---- */

static void assert_holds(const struct figure *figure, const double *numbers, size_t n)
{
	struct text row = TEXT_INIT;
	assert_non_null(figure);
	for (size_t i = 0; i < n; i++)
		text_addf(&row, "%s%.17g", i ? " " : "", numbers[i]);
	if (strstr(figure->script, text_string(&row)) == NULL)
		fail_msg("%s does not hold %s", figure->name, text_string(&row));
	text_free(&row);
}

static void numbers_are_the_summarys(void **state)
{
	struct campaign_file file = rich_campaign();
	struct summary summary;
	struct figures figures;
	(void)state;
	assert_int_equal(summary_make(&file, &summary), 0);
	make(&file, &figures);
	size_t ratios = 0;
	for (size_t i = 0; i < summary.n_groups; i++) {
		const struct summary_group *g = &summary.groups[i];
		bool threads = strcmp(g->workload, "alpha") == 0;
		const double wall[] = { g->ratio_wall.estimate, g->ratio_wall.low, g->ratio_wall.high };
		const double rapl[] = { g->ratio_rapl.estimate, g->ratio_rapl.low, g->ratio_rapl.high };
		const double pareto[] = { g->time.estimate, g->time.low, g->time.high, g->wall_gross.mean, g->wall_gross.expanded.U };
		if (!g->is_reference) {
			assert_holds(figure_named(&figures, "ratios"), wall, 3);
			assert_holds(figure_named(&figures, "ratios"), rapl, 3);
			ratios += 2;
		}
		if (threads) {
			assert_holds(figure_named(&figures, "threads-1"), (double[]){ g->wall_gross.mean, g->wall_gross.expanded.U }, 2);
			assert_holds(figure_named(&figures, "threads-1"), (double[]){ g->rapl_gross.mean, g->rapl_gross.expanded.U }, 2);
			assert_holds(figure_named(&figures, "pareto-1"), pareto, 5);
		}
	}
	assert_int_equal(figure_named(&figures, "ratios")->marks, ratios);
	assert_int_equal(figure_named(&figures, "threads-1")->marks, 12);
	assert_int_equal(figure_named(&figures, "pareto-1")->marks, 6);
	figures_free(&figures);
	summary_free(&summary);
	fixture_free(&file);
}

static void numbers_are_the_crosschecks(void **state)
{
	struct campaign_file file = rich_campaign();
	struct crosscheck_set set;
	struct crosscheck check;
	struct figures figures;
	struct error error = ERROR_INIT;
	(void)state;
	assert_int_equal(crosscheck_set_campaign(&file, &set, &error), 0);
	crosscheck_fit(set.points, set.n, &check);
	assert_null(check.refused);
	make(&file, &figures);
	const struct figure *rapl = figure_named(&figures, "rapl"), *residuals = figure_named(&figures, "residuals");
	for (size_t i = 0; i < set.n; i++)
		assert_holds(rapl, (double[]){ set.points[i].rapl / set.points[i].time, set.points[i].wall / set.points[i].time }, 2);
	for (size_t i = 0; i < set.n_classes; i++) {
		const struct interval *r = &check.classes[i].residual;
		assert_holds(residuals, (double[]){ r->estimate, r->low, r->high }, 3);
	}
	assert_holds(figure_named(&figures, "agreement"), &check.lower.low, 1);
	assert_holds(figure_named(&figures, "agreement"), &check.upper.estimate, 1);
	assert_int_equal(rapl->marks, set.n + 1);
	assert_int_equal(residuals->marks, set.n + set.n_classes);
	figures_free(&figures);
	crosscheck_set_free(&set);
	fixture_free(&file);
}

/* 0.2 J of noise, 0.001 of 400 J, 0.1 W of 3.4 s. */
static void a_budget_is_shared_out(void **state)
{
	struct campaign_file file = fixture_empty();
	struct figures figures;
	double noise = 0.2 * 0.2, gain = 0.4 * 0.4, range = 0.34 * 0.34, sum = noise + gain + range;
	(void)state;
	fixture_run(&file, "mandelbrot", "", "gil", 3.4, 400);
	make(&file, &figures);
	const struct figure *budget = figure_named(&figures, "budget");
	assert_non_null(budget);
	assert_int_equal(budget->marks, 3);
	const char *first = strstr(budget->script, "\n2 0 "), *last = strstr(budget->script, " 1\nEND"); /* the greatest first */
	assert_non_null(first);
	assert_near(strtod(first + 5, NULL), gain / sum, 1e-12);
	assert_non_null(last);
	while (last[-1] != ' ')
		last--;
	assert_near(strtod(last, NULL), (gain + range) / sum, 1e-12);
	figures_free(&figures);
	fixture_free(&file);
}

/* ---- claims ---- */

static void claims_are_bands(void **state)
{
	struct campaign_file file = rich_campaign();
	struct claims_fixture fixture;
	struct summary summary;
	struct figures figures;
	struct error error = ERROR_INIT;
	(void)state;
	claims_hold(&fixture, &file,
		    CLAIMS_HEAD CLAIM("C1", "metric: energy, points: [{ workload: alpha, at: { threads: [2] } }], interval: [1.19, 1.43]")
			    CLAIM("C2", "metric: energy, points: [{ workload: gamma }], quantifier: any, interval: [open, 0.77]")
				    CLAIM("C3", "metric: time, points: [{ workload: delta }], interval: [1.66, open]")
					    CLAIM("C4", "metric: energy, points: [{ workload: nobody }], interval: [1.55, 2]"));
	assert_int_equal(summary_make(&file, &summary), 0);
	const struct figures_of of = { .file = &file, .summary = &summary, .claims = &fixture.judged };
	assert_int_equal(figures_make(&of, &figures, &error), 0);
	const struct figure *claims = figure_named(&figures, "claims"), *ratios = figure_named(&figures, "ratios");
	assert_non_null(claims);
	assert_ptr_equal(claims, &figures.list[0]); /* verdicts first */
	for (size_t q = 0; q < CLAIM_QUANTITIES; q++) {
		const struct interval *found = &fixture.judged.list[0].quantities[q].interval;
		assert_holds(claims, (double[]){ found->estimate, found->low, found->high }, 3);
	}
	assert_int_equal(claims->marks, 4 + 4 + 1);
	assert_int_equal(count(claims->script, "set object rectangle"), 3);
	assert_non_null(strstr(claims->script, "from first 1.1899999999999999, first 0.58 to first 1.4299999999999999, first 1.42"));
	assert_null(strstr(claims->alternative, "C4"));
	/* Of the table's rows the first alone: the other claims are about some point, about time, or about nobody. */
	assert_int_equal(count(ratios->script, "set object rectangle"), 1);
	assert_non_null(strstr(ratios->script, "from first 1.1899999999999999, first 2.56 to first 1.4299999999999999, first 3.44"));
	assert_non_null(strstr(ratios->caption, "by C1"));
	if (has_gnuplot()) {
		draw_page(&figures);
		check_page(figure_named(&figures, "claims"));
		check_page(figure_named(&figures, "ratios"));
	}
	figures_free(&figures);
	summary_free(&summary);
	claims_drop(&fixture);
	fixture_free(&file);
}

/* ---- campaigns that lack something ---- */

static void an_empty_campaign_has_no_figures(void **state)
{
	struct campaign_file file = fixture_empty();
	struct figures figures;
	struct error error = ERROR_INIT;
	(void)state;
	make(&file, &figures);
	assert_int_equal(figures.n, 0);
	assert_int_equal(figures_draw_page(&figures, &error), 0);
	figures_free(&figures);
	const struct figures_of nothing = { .place = NULL };
	assert_int_equal(figures_make(&nothing, &figures, &error), 0);
	assert_int_equal(figures.n, 0);
	fixture_free(&file);
}

static size_t count_section(const struct figures *figures, enum figure_section section)
{
	size_t n = 0;
	for (size_t i = 0; i < figures->n; i++)
		n += figures->list[i].section == section;
	return n;
}

static void one_arm_has_no_ratios(void **state)
{
	struct campaign_file file = fixture_empty();
	struct figures figures;
	(void)state;
	for (int i = 0; i < 3; i++)
		fixture_run(&file, "nbody", "", "gil", 3.4, 400 + i);
	make(&file, &figures);
	assert_int_equal(count_section(&figures, FIGURE_RATIOS), 0);
	assert_int_equal(count_section(&figures, FIGURE_PARETO), 0);
	assert_int_equal(count_section(&figures, FIGURE_BUDGET), 1);
	figures_free(&figures);
	fixture_free(&file);
}

/* 30 J and 300 J: 165 J -+ 1715 J. What is least certain must not look the most exact. */
static void a_wide_interval_is_seen_to_be_wide(void **state)
{
	struct campaign_file file = fixture_empty();
	struct summary summary;
	struct figures figures;
	(void)state;
	for (int i = 0; i < 4; i++)
		fixture_run(&file, "nbody", "", i % 2 ? "ft" : "gil", 3.4 + i % 2, i % 2 ? 160 + i : i ? 300 : 30);
	assert_int_equal(summary_make(&file, &summary), 0);
	make(&file, &figures);
	const struct figure *pareto = figure_named(&figures, "pareto-1");
	for (size_t i = 0; i < summary.n_groups; i++) {
		const struct mean_energy *mean = &summary.groups[i].wall_gross;
		double U = mean->expanded.U;
		bool cut = mean->mean < 1.2 * U;
		assert_true(cut == (strcmp(summary.groups[i].arm, "gil") == 0));
		assert_holds(pareto, (double[]){ mean->mean, U, cut ? mean->mean / 4 : mean->mean - U, cut ? mean->mean * 4 : mean->mean + U, cut }, 5);
	}
	assert_non_null(strstr(pareto->caption, "cut"));
	if (has_gnuplot()) {
		draw_page(&figures);
		check_page(pareto);
	}
	figures_free(&figures);
	summary_free(&summary);
	fixture_free(&file);
}

static void one_run_of_each_has_no_intervals(void **state)
{
	(void)state;
	for (int runs = 1; runs <= 3; runs += 2) {
		struct campaign_file file = fixture_empty();
		struct figures figures;
		for (int i = 0; i < 2 * runs; i++)
			fixture_run(&file, "nbody", "", i % 2 ? "ft" : "gil", 3.4, 400 + i);
		make(&file, &figures);
		const struct figure *ratios = figure_named(&figures, "ratios");
		assert_int_equal(strstr(ratios->caption, "with 95 % intervals") == NULL, runs == 1);
		assert_non_null(strstr(ratios->alternative, runs == 1 ? "0 include 1, and 1 have no interval" : "and 0 have no interval"));
		figures_free(&figures);
		fixture_free(&file);
	}
}

static void without_wall_it_is_rapls(void **state)
{
	struct campaign_file file = fixture_empty();
	struct figures figures;
	(void)state;
	for (int i = 0; i < 6; i++)
		fixture_source(fixture_bare(&file, "nbody", i < 3 ? "threads=1" : "threads=2", i % 2 ? "gil" : "ft", 3), "rapl", ROLE_PACKAGE, true,
			       fixture_energy(200 + i, 3, 20, 0));
	make(&file, &figures);
	assert_int_equal(count_section(&figures, FIGURE_RAPL), 0);
	assert_int_equal(count_section(&figures, FIGURE_THREADS), 1);
	assert_non_null(strstr(figure_named(&figures, "ratios")->caption, "RAPL"));
	figures_free(&figures);
	fixture_free(&file);
}

static void without_energy_it_is_times(void **state)
{
	struct campaign_file file = fixture_empty();
	struct figures figures;
	(void)state;
	for (int i = 0; i < 6; i++)
		fixture_bare(&file, "nbody", "", i % 2 ? "gil" : "ft", 3 + 0.1 * i);
	make(&file, &figures);
	assert_int_equal(figures.n, 1);
	assert_non_null(strstr(figures.list[0].caption, "Time over"));
	figures_free(&figures);
	fixture_free(&file);
}

static void what_is_simulated_says_so(void **state)
{
	struct campaign_file file = fixture_campaign();
	struct figures figures;
	(void)state;
	make(&file, &figures);
	assert_true(figures.n > 0);
	for (size_t i = 0; i < figures.n; i++)
		assert_null(strstr(figures.list[i].script, "SIMULATED"));
	figures_free(&figures);
	fixture_simulate(&file);
	make(&file, &figures);
	for (size_t i = 0; i < figures.n; i++) {
		assert_non_null(strstr(figures.list[i].script, "SIMULATED"));
		assert_non_null(strstr(figures.list[i].caption, "SIMULATED"));
	}
	figures_free(&figures);
	fixture_free(&file);
}

/* Sixty groups: no figure is higher than one can look at, and none of them is lost. */
static void many_rows_are_several_figures(void **state)
{
	struct campaign_file file = fixture_empty();
	struct figures figures;
	size_t marks = 0;
	(void)state;
	for (int i = 0; i < 60; i++) {
		char workload[20], point[20];
		snprintf(workload, sizeof workload, "w%d", i / 24);
		snprintf(point, sizeof point, "n=%d", i / 2 % 12);
		fixture_run(&file, workload, point, i % 2 ? "gil" : "ft", 3, 300 + i);
	}
	make(&file, &figures);
	assert_int_equal(count_section(&figures, FIGURE_BUDGET), 3); /* a workload stays together */
	for (size_t i = 0; i < figures.n; i++)
		if (figures.list[i].section == FIGURE_BUDGET) {
			assert_in_range(figures.list[i].height, 100, 1000);
			marks += figures.list[i].marks;
		}
	assert_int_equal(marks, 60 * 3);
	figures_free(&figures);
	fixture_free(&file);
}

static void rows_are_named_by_what_differs(void **state)
{
	struct campaign_file file = fixture_empty();
	struct figures figures;
	(void)state;
	for (int i = 0; i < 8; i++)
		fixture_run(&file, "sort", i / 4 ? "threads=2 scale=0.25" : "threads=1 scale=0.25", i % 2 ? "gil" : "ft", 3, 300 + i);
	for (int i = 0; i < 4; i++)
		fixture_run(&file, "sieve", "limit=7", i % 2 ? "gil" : "ft", 3, 300 + i);
	make(&file, &figures);
	const char *script = figure_named(&figures, "budget")->script;
	assert_non_null(strstr(script, "\"sort scale=0.25\""));
	assert_non_null(strstr(script, "\"threads=1\""));
	assert_non_null(strstr(script, "\"threads=2\""));
	assert_non_null(strstr(script, "\"sieve limit=7\""));
	figures_free(&figures);
	fixture_free(&file);
}

/* ---- hostile text ---- */

static struct campaign_file hostile_campaign(void)
{
	struct campaign_file file = fixture_empty();
	for (int i = 0; i < 6; i++)
		fixture_run(&file, HOSTILE, i < 3 ? "x='a''b'\n`touch pwned`" : "threads=2 %n'\\", i % 2 ? "gil" : "'ft`$(touch pwned)`\n", 3, 400 + i);
	return file;
}

/* The end of the string that begins at `c`: nothing in it but what stands for itself, and bytes by their numbers. */
static const char *end_of_string(const char *c)
{
	for (c++; *c && *c != '"'; c++) {
		if (*c == '\\') {
			assert_true(strspn(c + 1, "01234567") >= 3);
			c += 3;
		} else if (strchr("`@'#$\n", *c))
			fail_msg("in a string: %.60s", c);
	}
	assert_int_equal(*c, '"');
	return c;
}

static void text_is_quoted(void **state)
{
	struct campaign_file file = hostile_campaign();
	struct figures figures;
	(void)state;
	make(&file, &figures);
	assert_true(figures.n >= 3);
	for (size_t i = 0; i < figures.n; i++)
		for (const char *c = figures.list[i].script; *c; c++) {
			if (*c == '"')
				c = end_of_string(c);
			else if (strchr("`@\\!;", *c) || strncmp(c, "touch", 5) == 0)
				fail_msg("%s: outside of strings: %.60s", figures.list[i].name, c);
		}
	figures_free(&figures);
	fixture_free(&file);
}

static void long_text_is_cut(void **state)
{
	struct text text = TEXT_INIT;
	(void)state;
	drawing_quote(&text, "gr\xc3\xb6\xc3\x9f" "er als Platz ist", 6);
	assert_string_equal(text_string(&text), "\"gr\\303\\266\\303\\237e\\342\\200\\246\"");
	text_free(&text);
	drawing_quote(&text, "a'b", 6);
	assert_string_equal(text_string(&text), "\"a\\047b\"");
	text_free(&text);
	drawing_quote(&text, "\xff\n", 9);
	assert_string_equal(text_string(&text), "\"\\357\\277\\275\\134x0a\""); /* U+FFFD \x0a */
	text_free(&text);
}

/* ---- gnuplot ---- */

static void a_page_is_drawn_in_its_colours(void **state)
{
	struct campaign_file file = rich_campaign();
	struct figures figures, again;
	(void)state;
	if (!has_gnuplot())
		skip();
	make(&file, &figures);
	make(&file, &again);
	draw_page(&figures);
	draw_page(&again);
	for (int section = FIGURE_RATIOS; section <= FIGURE_BUDGET; section++)
		assert_true(count_section(&figures, (enum figure_section)section) > 0);
	for (size_t i = 0; i < figures.n; i++) {
		check_page(&figures.list[i]);
		assert_string_equal(figures.list[i].svg, again.list[i].svg);
	}
	figures_free(&figures);
	figures_free(&again);
	fixture_free(&file);
}

static void hostile_text_is_shown(void **state)
{
	struct campaign_file file = hostile_campaign();
	struct figures figures;
	char before[512], directory[64];
	(void)state;
	if (!has_gnuplot())
		skip();
	assert_non_null(getcwd(before, sizeof before));
	assert_non_null(sample_directory(directory));
	assert_int_equal(chdir(directory), 0);
	make(&file, &figures);
	draw_page(&figures);
	for (size_t i = 0; i < figures.n; i++)
		assert_null(strstr(figures.list[i].svg, "<script"));
	const struct figure *ratios = figure_named(&figures, "ratios");
	assert_non_null(strstr(ratios->svg, ">''''; system(\"touch"));
	assert_non_null(strstr(ratios->svg, ">threads=2 %n'\\<"));
	assert_non_null(strstr(ratios->svg, ">x='a'"));
	assert_int_equal(access("pwned", F_OK), -1);
	assert_int_equal(access("/tmp/pwned", F_OK), -1);
	figures_free(&figures);
	assert_int_equal(chdir(before), 0);
	sample_remove(directory);
	fixture_free(&file);
}

static void files_are_written(void **state)
{
	struct campaign_file file = fixture_campaign();
	struct figures figures;
	struct error error = ERROR_INIT;
	char directory[64], path[256];
	size_t size;
	(void)state;
	if (!has_gnuplot())
		skip();
	assert_non_null(sample_directory(directory));
	make(&file, &figures);
	if (figures_draw_files(&figures, directory, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
	unsigned char *svg = sample_load(sample_path(directory, "ratios.svg", path), &size);
	svg[size] = '\0';
	assert_non_null(strstr((char *)svg, "#1a1a1a"));
	assert_null(strstr((char *)svg, "var("));
	unsigned char *pdf = sample_load(sample_path(directory, "ratios.pdf", path), &size);
	assert_memory_equal(pdf, "%PDF-", 5);
	free(svg);
	free(pdf);
	error = (struct error)ERROR_INIT;
	assert_int_equal(figures_draw_files(&figures, "/nonexistent", &error), -1);
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	figures_free(&figures);
	sample_remove(directory);
	fixture_free(&file);
}

static void gnuplot_may_be_missing(void **state)
{
	struct campaign_file file = fixture_campaign();
	struct figures figures;
	struct error error = ERROR_INIT;
	char path[4096];
	(void)state;
	snprintf(path, sizeof path, "%s", getenv("PATH"));
	make(&file, &figures);
	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(figures_draw_page(&figures, &error), -1);
	setenv("PATH", path, 1);
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	assert_non_null(strstr(error.remedy, "gnuplot"));
	assert_null(figures.list[0].svg);
	figures_free(&figures);
	fixture_free(&file);
}

static enum error_code run_script(const char *commands, int64_t limit, struct error *error)
{
	struct text script = TEXT_INIT;
	struct scratch scratch;
	*error = (struct error)ERROR_INIT;
	text_add(&script, commands);
	assert_int_equal(scratch_make(&scratch, error), 0);
	gnuplot_run(&scratch, &script, limit, error);
	scratch_remove(&scratch);
	assert_int_equal(access(scratch.path, F_OK), -1);
	text_free(&script);
	return error->code;
}

static void gnuplot_may_fail(void **state)
{
	struct error error;
	(void)state;
	if (!has_gnuplot())
		skip();
	assert_int_equal(run_script("set nonsense here\n", 20 * NS_PER_S, &error), ERROR_INTERNAL);
	assert_non_null(strstr(error.what, "nrecogni")); /* in its own words */
	assert_int_equal(run_script("while (1) { x = 1 }\n", NS_PER_S / 5, &error), ERROR_TIMEOUT);
	assert_int_equal(run_script("x = 1\n", 20 * NS_PER_S, &error), ERROR_NONE);
}

static void a_users_settings_do_nothing(void **state)
{
	char directory[64], path[256], home[4096];
	static const char settings[] = "this is no command\n";
	struct error error;
	(void)state;
	if (!has_gnuplot())
		skip();
	snprintf(home, sizeof home, "%s", getenv("HOME") ? getenv("HOME") : "/");
	assert_non_null(sample_directory(directory));
	sample_store(sample_path(directory, ".gnuplot", path), settings, strlen(settings));
	setenv("HOME", directory, 1);
	enum error_code code = run_script("x = 1\n", 20 * NS_PER_S, &error);
	setenv("HOME", home, 1);
	assert_int_equal(code, ERROR_NONE);
	sample_remove(directory);
}

static void a_figure_without_its_marks_is_refused(void **state)
{
	struct campaign_file file = fixture_campaign();
	struct figures figures;
	struct error error = ERROR_INIT;
	(void)state;
	if (!has_gnuplot())
		skip();
	make(&file, &figures);
	char *range = strstr(figures.list[0].script, "set xrange ["); /* far from all data */
	assert_non_null(range);
	memcpy(range, "set xrange [900:999]; #", 23);
	assert_int_equal(figures_draw_page(&figures, &error), -1);
	assert_non_null(strstr(error.what, "marks"));
	figures_free(&figures);
	fixture_free(&file);
}

/* ---- telling an SVG again ---- */

static int retell(const char *drawn, size_t marks, struct text *out, struct error *error)
{
	char caption[] = "A <b> & \"c\"\x1b", alternative[] = "]]>";
	struct figure figure = { .height = 400, .marks = marks, .caption = caption, .alternative = alternative, .name = "x" };
	*error = (struct error)ERROR_INIT;
	*out = (struct text)TEXT_INIT;
	return svg_retell(drawn, &figure, SVG_PAGE, out, error);
}

static void only_what_is_known_is_told(void **state)
{
	struct text out;
	struct error error;
	(void)state;
	assert_int_equal(retell("<?xml?><svg><title>t</title><script>alert(1)</script><style>*{}</style><defs><path id='a' stroke='red' d='M0,0'/></defs>"
				"<g stroke='rgb(  0,   2,   3)' stroke-width='2.00'><path d='M1,2\n\t\tL3,4' onclick='x'/><image href='http://x/'/></g></svg>", 1, &out, &error), 0);
	assert_non_null(strstr(text_string(&out), "<path class=\"mark\" d=\"M1,2 L3,4\" stroke=\"var(--c1)\" stroke-width=\"2.00\"/>"));
	assert_non_null(strstr(text_string(&out), "<title>A &lt;b&gt; &amp; \"c\"\\x1b</title>"));
	assert_null(strstr(text_string(&out), "alert"));
	assert_null(strstr(text_string(&out), "onclick"));
	assert_null(strstr(text_string(&out), "image"));
	text_free(&out);
}

static void what_is_foreign_is_refused(void **state)
{
	static const struct {
		const char *drawn, *what;
	} bad[] = {
		{ "<g stroke='rgb(255,0,0)'><path d='M0,0'/></g>", "colour" },
		{ "<g stroke='rgb(0,0,3)'><path d='M0,0'/></g>", "colour" },
		{ "<g stroke='rgb(0,2,99)'><path d='M0,0'/></g>", "colour" },
		{ "<g stroke='red'><path d='M0,0'/></g>", "colour" },
		{ "<g stroke='black'><path d='M0,0\" onload=\"x'/></g>", "numbers" },
		{ "<g stroke='black'><path d='M0,0", "cut short" },
		{ "</g><g", "groups" },
		{ "<g stroke='rgb(0,1,3)'><path d='M0,0'/></g>", "marks" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct text out;
		struct error error;
		assert_int_equal(retell(bad[i].drawn, 1, &out, &error), -1);
		if (strstr(error.what, bad[i].what) == NULL)
			fail_msg("%s: %s", bad[i].drawn, error.what);
		text_free(&out);
	}
}

/* ---- curves ---- */

#define VALUES 1000

struct values {
	int64_t t[VALUES], u_t[VALUES];
	uint32_t flags[VALUES];
	double value[VALUES];
	uint64_t count[VALUES];
	struct channel channel;
	struct series series;
};

static void fill(struct values *v, enum channel_kind kind, size_t n, int64_t refresh)
{
	memset(v, 0, sizeof *v);
	v->channel = sample_channel("a.b", kind, ROLE_WALL, UNIT_WATT, NUMBER_F64);
	v->channel.refresh = refresh;
	v->channel.window = kind == CHANNEL_MEAN ? refresh : 0;
	for (size_t i = 0; i < n; i++) {
		v->t[i] = 100 * NS_PER_S + (int64_t)i * refresh;
		v->u_t[i] = 1000;
		v->value[i] = 60;
	}
	v->series = (struct series){ .channel = &v->channel, .n = n, .t = v->t, .u_t = v->u_t, .flags = v->flags, .value = v->value };
}

/* A value stands for the window that ended its latency ago. */
static void windows_lie_where_they_were(void **state)
{
	static struct values v;
	struct power_curve curve;
	(void)state;
	fill(&v, CHANNEL_MEAN, 20, 100 * NS_PER_MS);
	v.channel.latency = 30 * NS_PER_MS;
	v.flags[7] = FLAG_NO_DATA;
	v.value[8] = 90;
	assert_int_equal(power_curve_make(&v.series, 100 * NS_PER_S, &curve), 0);
	assert_int_equal(curve.n, 19);
	assert_near(curve.list[7].watts, 90, 0);
	assert_near(curve.list[7].from, 0.67, 1e-6);
	assert_near(curve.list[7].to, 0.77, 1e-6);
	assert_near(curve.list[6].to, 0.57, 1e-6); /* the one between is not there */
	power_curve_free(&curve);
}

static void a_counter_turns_and_begins_anew(void **state)
{
	static struct values v;
	struct power_curve curve;
	(void)state;
	fill(&v, CHANNEL_COUNTER, 6, NS_PER_S);
	v.channel.scale = 1;
	v.channel.wrap = 1000;
	v.series.count = v.count;
	static const uint64_t counts[] = { 900, 950, 0, 60, 10, 70 }; /* 50 J each second and a turn; then a step back */
	for (size_t i = 0; i < 6; i++)
		v.value[i] = (double)(v.count[i] = counts[i]);
	assert_int_equal(power_curve_make(&v.series, 100 * NS_PER_S, &curve), 0);
	assert_int_equal(curve.n, 4);
	assert_near(curve.list[0].watts, 50, 1e-9);
	assert_near(curve.list[1].watts, 50, 1e-9);
	assert_near(curve.list[3].from, 4, 1e-9);
	power_curve_free(&curve);
}

static void a_spike_stays(void **state)
{
	static struct values v;
	struct power_curve curve;
	struct drawing drawing = DRAWING_INIT;
	struct power_extent extent = { 0, 0 };
	(void)state;
	fill(&v, CHANNEL_INSTANT, VALUES, NS_PER_MS);
	v.value[778] = 333;
	v.value[100] = -5;
	v.flags[500] = FLAG_OVER_RANGE;
	assert_int_equal(power_curve_make(&v.series, 100 * NS_PER_S, &curve), 0);
	size_t points = power_curve_draw(&curve, 0, 1, &drawing, &extent);
	assert_in_range(points, 300, 2 * POWER_CURVE_BINS + 2);
	assert_near(extent.most, 333, 0);
	assert_near(extent.least, -5, 0);
	assert_non_null(strstr(text_string(&drawing.data), " 333\n"));
	assert_non_null(strstr(text_string(&drawing.data), " -5\n"));
	assert_int_equal(count(text_string(&drawing.data), "\n\n"), 1); /* the line breaks where there is no value */
	drawing_drop(&drawing);
	power_curve_free(&curve);
}

static void zones_are_added_up(void **state)
{
	struct power_step one[] = { { 0, 1, 10 }, { 1, 2, 30 } }, other[] = { { 0.6, 2, 5 } };
	struct power_curve curves[] = { { one, 2 }, { other, 1 } }, sum;
	(void)state;
	assert_int_equal(power_curve_sum(curves, 2, 0, 2, 0.5, &sum), 0);
	assert_int_equal(sum.n, 2); /* before 0.6 s only one is known */
	assert_near(sum.list[0].from, 1, 1e-12);
	assert_near(sum.list[0].watts, 35, 1e-12);
	power_curve_free(&sum);
}

/* Of a zone that is read and never steps nothing is missing: it is 0 W. A meter's next pulse may be near. */
static void a_zone_that_stands_still_is_none_that_is_missing(void **state)
{
	static struct values live, dead;
	struct power_curve curves[2], sum;
	(void)state;
	fill(&live, CHANNEL_COUNTER, 100, NS_PER_S / 10);
	fill(&dead, CHANNEL_COUNTER, 100, NS_PER_S / 10);
	live.channel.role = ROLE_PACKAGE;
	dead.channel.role = ROLE_DRAM;
	live.channel.scale = dead.channel.scale = 1;
	live.channel.update_jitter = dead.channel.update_jitter = NS_PER_MS;
	for (int i = 0; i < 100; i++)
		live.value[i] = 5.0 * i;
	assert_int_equal(power_curve_make(&live.series, 100 * NS_PER_S, &curves[0]), 0);
	assert_int_equal(power_curve_make(&dead.series, 100 * NS_PER_S, &curves[1]), 0);
	assert_int_equal(power_curve_sum(curves, 2, 0, 9.9, 0.1, &sum), 0);
	assert_int_equal(sum.n, 99);
	assert_near(sum.list[50].watts, 50, 1e-6);
	power_curve_free(&curves[0]);
	power_curve_free(&curves[1]);
	power_curve_free(&sum);
	dead.channel.role = ROLE_WALL;
	assert_int_equal(power_curve_make(&dead.series, 100 * NS_PER_S, &curves[1]), 0);
	assert_int_equal(curves[1].n, 0);
	power_curve_free(&curves[1]);
}

/* ---- traces ---- */

/* The meter at the wall says nothing after a third of the bracket, and nobody wrote down a gap. */
static void fall_silent(const char *directory, const struct result *result)
{
	struct run run;
	struct error error = ERROR_INIT;
	char path[256];
	assert_int_equal(run_read(sample_run_path(directory, result->run, path), &run, &error), 0);
	for (size_t i = 0; i < run.n_channels; i++) {
		struct run_channel *channel = &run.channels[i];
		if (channel->channel.role == ROLE_WALL && channel->channel.kind != CHANNEL_OBSERVE) {
			while (channel->n > 0 && channel->t[channel->n - 1] > result->start + (result->stop - result->start) / 3)
				channel->n--;
			channel->n_gaps = 0;
		}
	}
	unlink(path);
	sample_whole_store(directory, result->run, &run);
	run_free(&run);
}

static void silence_until_the_end_is_shaded(void **state)
{
	char directory[64], shade[80];
	struct campaign_file file;
	struct figures figures;
	struct error error = ERROR_INIT;
	(void)state;
	assert_non_null(sample_directory(directory));
	sample_whole(directory, 1);
	assert_int_equal(campaign_file_read(directory, &file, &error), 0);
	file.results[0].stop = file.results[0].start + 65 * NS_PER_S / 100; /* while both still spoke */
	snprintf(shade, sizeof shade, "to first %.17g, graph 1 behind fc rgb c2", (double)(file.results[0].stop - file.results[0].start) / 1e9);
	for (int silent = 0; silent < 2; silent++) {
		if (silent)
			fall_silent(directory, &file.results[0]);
		make_with(&file, directory, &figures);
		const struct figure *trace = figure_named(&figures, "trace-000001");
		assert_int_equal(strstr(trace->script, shade) != NULL, silent);
		figures_free(&figures);
	}
	campaign_file_free(&file);
	sample_remove(directory);
}

static void every_run_has_its_trace(void **state)
{
	char directory[64], place[256];
	struct campaign_file file;
	struct figures figures;
	struct error error = ERROR_INIT;
	(void)state;
	assert_non_null(sample_directory(directory));
	sample_whole(directory, 2);
	for (int indirect = 0; indirect < 2; indirect++) {
		snprintf(place, sizeof place, "%s%s", directory, indirect ? "/campaign.h5" : "");
		assert_int_equal(campaign_file_read(place, &file, &error), 0);
		make_with(&file, place, &figures);
		assert_int_equal(count_section(&figures, FIGURE_TRACE), 2);
		const struct figure *trace = figure_named(&figures, "trace-000002");
		assert_non_null(trace);
		assert_int_equal(trace->run, 2);
		assert_int_equal(trace->marks, 2); /* wall and RAPL */
		assert_non_null(strstr(trace->script, "gap: "));
		assert_non_null(strstr(trace->alternative, "; 4 gaps")); /* a timeout, values that are none, steps back of RAPL, as far as they do not meet */
		if (has_gnuplot()) {
			draw_page(&figures);
			check_page(figure_named(&figures, "trace-000001"));
		}
		figures_free(&figures);
		campaign_file_free(&file);
	}
	assert_int_equal(campaign_file_read(directory, &file, &error), 0);
	snprintf(place, sizeof place, "%s/runs/000002.h5", directory);
	unlink(place);
	const struct figures_of of = { .place = directory, .file = &file };
	assert_int_equal(figures_make(&of, &figures, &error), -1);
	assert_int_equal(figures.n, 0);
	assert_non_null(strstr(error.on, "000002.h5"));
	campaign_file_free(&file);
	sample_remove(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_the_summarys),
		cmocka_unit_test(numbers_are_the_crosschecks),
		cmocka_unit_test(a_budget_is_shared_out),
		cmocka_unit_test(claims_are_bands),
		cmocka_unit_test(an_empty_campaign_has_no_figures),
		cmocka_unit_test(one_arm_has_no_ratios),
		cmocka_unit_test(a_wide_interval_is_seen_to_be_wide), cmocka_unit_test(one_run_of_each_has_no_intervals), cmocka_unit_test(without_wall_it_is_rapls),
		cmocka_unit_test(without_energy_it_is_times),
		cmocka_unit_test(what_is_simulated_says_so),
		cmocka_unit_test(many_rows_are_several_figures),
		cmocka_unit_test(rows_are_named_by_what_differs),
		cmocka_unit_test(text_is_quoted),
		cmocka_unit_test(long_text_is_cut),
		cmocka_unit_test(a_page_is_drawn_in_its_colours),
		cmocka_unit_test(hostile_text_is_shown),
		cmocka_unit_test(files_are_written),
		cmocka_unit_test(gnuplot_may_be_missing),
		cmocka_unit_test(gnuplot_may_fail),
		cmocka_unit_test(a_users_settings_do_nothing),
		cmocka_unit_test(a_figure_without_its_marks_is_refused),
		cmocka_unit_test(only_what_is_known_is_told),
		cmocka_unit_test(what_is_foreign_is_refused),
		cmocka_unit_test(windows_lie_where_they_were),
		cmocka_unit_test(a_counter_turns_and_begins_anew),
		cmocka_unit_test(a_spike_stays),
		cmocka_unit_test(zones_are_added_up),
		cmocka_unit_test(a_zone_that_stands_still_is_none_that_is_missing), cmocka_unit_test(silence_until_the_end_is_shaded),
		cmocka_unit_test(every_run_has_its_trace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
