#include "fixture.h"

#include "plain.h"
#include "run_detail.h"
#include "table.h"

static const struct table_options wide = { .columns = 120, .unicode = true };

static char *table_of(const struct campaign_file *file, const struct table_options *options)
{
	struct text text = TEXT_INIT;
	assert_int_equal(report_table(file, options, &text), 0);
	return text.bytes;
}

static void assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("`%s` is missing in:\n%s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("`%s` should not be in:\n%s", part, text);
}

static size_t widest_line(const char *text)
{
	size_t widest = 0;
	char *copy = strdup(text), *rest = copy;
	for (char *line; (line = strsep(&rest, "\n"));)
		widest = plain_width(line) > widest ? plain_width(line) : widest;
	free(copy);
	return widest;
}

static void test_says_which_runs_are_missing(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	json_object_set_new(file.facts, "unreadable_runs", json_pack("[i, i]", 3, 11));
	char *table = table_of(&file, &wide);
	assert_has(table, "missing: the files of these runs are damaged or gone: 3, 11 (joulerig analyse DIR says how)");
	free(table);
	fixture_free(&file);
}

static void test_says_what_was_skipped(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	json_object_set_new(file.facts, "skipped",
			    json_pack("[{s:s, s:s, s:s}, {s:s, s:s, s:s}, {s:s, s:s, s:s}, {s:s, s:s, s:s}]", "workload", "fft", "arm", "gil", "reason",
				      "no \x1b[1mnumpy", "workload", "fft", "arm", "ft", "reason", "no \x1b[1mnumpy", "workload", "blas", "arm", "ft",
				      "reason", "no \x1b[1mnumpy", "workload", "draw", "arm", "ft", "reason", "no screen"));
	char *table = table_of(&file, &wide);
	assert_has(table, "skipped: fft (gil, ft), blas (ft): no ");
	assert_has(table, "1mnumpy\n");
	assert_has(table, "skipped: draw (ft): no screen\n");
	assert_lacks(table, "\x1b");
	free(table);
	fixture_free(&file);
}

static void assert_stops(const char *answer, json_t *half_width, const char *expected)
{
	struct campaign_file file = fixture_campaign();
	json_t *comparison = json_pack("{s:s, s:s, s:s, s:s, s:f}", "workload", "draw", "point", "n=2", "arm", "ft", "of", "wall", "half_width", 0.0093);
	json_object_set_new(file.facts, "stopping",
			    json_pack("{s:f, s:i, s:i, s:f, s:{s:i, s:s, s:i, s:[o, {s:s, s:s, s:s, s:s, s:o}]}}", "half_width", 0.01, "at_least", 10,
				      "at_most", 40, "coverage", 0.935, "decision", "after", 12, "answer", answer, "expected", 17, "comparisons", comparison,
				      "workload", "fft", "point", "", "arm", "ft", "of", "wall\x1b", "half_width", half_width));
	char *table = table_of(&file, &(struct table_options){ .columns = 4000 });
	assert_has(table, expected);
	assert_has(table, ". Where the data say when to stop, a 95 % interval holds in at least 93.5 % of campaigns (measured, for normal scatter)\n");
	assert_lacks(table, "\x1b");
	free(table);
	fixture_free(&file);
}

static void test_says_when_it_stopped(void **state)
{
	(void)state;
	assert_stops("enough", json_real(0.0021), "planned stop: enough after 12 of at most 40 repetitions: no ratio's 95 % interval reaches further "
						  "from it than 1.0 %; the widest: draw n=2, ft, wall: 0.93 %.");
	assert_stops("go-on", json_real(0.031), "planned stop: not enough after 12 of at most 40 repetitions (about 17 expected) for 95 % intervals of "
						"ratios within 1.0 %; the widest: fft, ft, wall\\x1b: 3.1 %.");
	assert_stops("at-most", json_null(), "planned stop: all 12 repetitions were needed, and not all 95 % intervals of ratios are within the wanted "
					     "1.0 %; the widest: draw n=2, ft, wall: 0.93 %; unknown, for want of good runs: 1 of 2.");
	assert_stops("out-of-reach", json_real(0.02), "errors keeps an interval from the wanted 1.0 %, and no number of runs would change that; the widest: fft");
}

static void test_says_the_numbers(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	char *table = table_of(&file, &wide);
	assert_has(table, "first light\n");
	assert_has(table, "wall = YOKOGAWA WT310E no. C3XE01; trigger software");
	assert_has(table, "Made-up CPU, 2 cores");
	assert_has(table, "gil = 3.13.5, GIL on; ft = 3.13.5, GIL off");
	assert_has(table, "mandelbrot threads=2\n");
	assert_has(table, "  gil  5  3.42 s  404.0 J ± 3.9 J  198.8 J ± 2.8 J   118.1 W  1  "
			  "                   242.4 J ± 2.3 J     60 %\n");
	assert_has(table, "\n  ft   5  1.72 s  202.0 J ± 2.0 J");
	assert_has(table, "0.500 [0.494, 0.506]");
	assert_has(table, "joulerig itself used 0.410 s CPU in 34.2 s of runs = 1.2 % of one core");
	assert_has(table, "ratios are arm / gil");
	assert_lacks(table, "SIMULATED");
	assert_lacks(table, "impossible");
	assert_lacks(table, "left out:");
	free(table);
	fixture_free(&file);
}

/* In the bracket ft takes half of what gil takes; with what it leaves on, more. And where ft is at least quick, it saves idle power. */
static void test_says_where_quantities_turn_a_ratio(void **state)
{
	(void)state;
	static const struct table_options one_line = { .columns = 0, .unicode = true };
	struct campaign_file file = fixture_campaign();
	char *table = table_of(&file, &one_line);
	assert_lacks(table, "tail:");
	assert_lacks(table, "idle:");
	free(table);
	for (size_t i = 0; i < file.n_results; i++)
		if (strcmp(file.results[i].arm, "ft") == 0)
			file.results[i].sources[0].energy.caused.value += 400;
	table = table_of(&file, &one_line);
	assert_has(table, "tail: mandelbrot threads=2, ft: above idle within its runs 0.497 [0.490, 0.504], with what it leaves on behind it 2.49 [");
	assert_lacks(table, "idle:");
	free(table);
	for (size_t i = 0; i < file.n_results; i++)
		if (strcmp(file.results[i].arm, "ft") == 0)
			file.results[i].sources[0].energy.net.value += 120;
	table = table_of(&file, &one_line);
	assert_has(table, "idle: mandelbrot threads=2, ft: gross 0.500 [0.494, 0.506], above idle 1.10 [");
	assert_lacks(table, "tail:");
	free(table);
	fixture_free(&file);
}

static void test_simulated_heads_the_table(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	fixture_simulate(&file);
	static const char banner[] = "SIMULATED: every energy below comes from a twin; a rehearsal, not evidence\n";
	char *table = table_of(&file, &wide);
	assert_memory_equal(table, banner, sizeof banner - 1);
	free(table);

	json_object_set_new(file.facts, "simulated", json_false()); /* the runs say so themselves */
	table = table_of(&file, &wide);
	assert_memory_equal(table, banner, sizeof banner - 1);
	free(table);

	for (size_t i = 0; i < file.n_results; i++)
		file.results[i].simulated = false;
	json_object_set_new(file.facts, "simulated", json_true()); /* the campaign does */
	table = table_of(&file, &wide);
	assert_memory_equal(table, banner, sizeof banner - 1);
	free(table);

	json_object_set_new(file.facts, "simulated", json_false());
	file.results[0].simulated = true;
	table = table_of(&file, &wide);
	assert_has(table, "SIMULATED: some energies below come from a twin");
	free(table);
	fixture_free(&file);
}

static void test_narrow_forms_fit_and_say_what_they_left_out(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	file.results[0].gate_failed = true;
	file.results[0].rapl_fraction = 1.5;
	static const struct {
		int columns;
		const char *left_out;
	} rows[] = { { 120, "caused, RAPL ratio, time ratio\n" }, { 100, "caused, RAPL ratio, time ratio, of wall\n" },
		{ 80, "caused, RAPL ratio, time ratio, of wall, net of idle,\n  power" } };
	for (size_t i = 0; i < 3; i++) {
		struct table_options options = { .columns = rows[i].columns, .unicode = true };
		char *table = table_of(&file, &options);
		assert_true(widest_line(table) <= (size_t)rows[i].columns);
		assert_has(table, rows[i].left_out);
		assert_has(table, "404.0 J ± 3.9 J");
		assert_has(table, "0.500 [0.494, 0.506]");
		assert_has(table, "242.4 J ± 2.3 J");
		free(table);
	}
	struct table_options all = { .columns = 0, .unicode = true };
	char *table = table_of(&file, &all);
	assert_lacks(table, "left out at this width");
	free(table);
	fixture_free(&file);
}

static void test_exclusions_and_the_gate_in_words(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	struct result *late = fixture_run(&file, "mandelbrot", "threads=2", "ft", 9, 900);
	late->status = RUN_TIMEOUT;
	snprintf(late->reason, sizeof late->reason, "ended at its limit\x1b[31m");
	file.results[3].gate_failed = true;
	file.results[3].rapl_fraction = 1.036;
	file.results[4].sources[0].energy.status = ENERGY_DEGRADED;
	char *table = table_of(&file, &wide);
	assert_has(table, "left out: mandelbrot threads=2, ft: 1 run timeout: ended at its limit\\x1b[31m (run 11)\n");
	assert_has(table, "\n  ft   5/6  ");
	assert_has(table, "impossible: in run 4 RAPL says 104 % of the wall");
	assert_has(table, "degraded: in 1 of the runs");
	assert_lacks(table, "\x1b");
	free(table);
	fixture_free(&file);
}

static void test_remarks_on_runs_that_stand(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	char *table = table_of(&file, &wide);
	assert_lacks(table, "remark");
	free(table);
	snprintf(file.results[2].reason, sizeof file.results[2].reason, "the clock of day was set");
	table = table_of(&file, &wide);
	assert_has(table, "remark: run 3: the clock of day was set\n");
	free(table);
	snprintf(file.results[1].reason, sizeof file.results[1].reason, "it was held up");
	table = table_of(&file, &wide);
	assert_has(table, "remark: run 2: it was held up (there are remarks on 2 runs");
	free(table);
	fixture_free(&file);
}

static void test_names_cannot_touch_the_terminal(void **state)
{
	(void)state;
	struct campaign_file file = fixture_empty();
	fixture_run(&file, "\x1b]0;owned\x07<script>", "x=\n\r\xff", "\x9bgil\u202e", 1, 100);
	json_object_set_new(file.facts, "title", json_string("t\x1b[2J"));
	json_object_set_new(json_object_get(json_object_get(file.facts, "machine"), "cpu"), "model", json_string("cpu\x08\x08"));
	char *table = table_of(&file, &wide);
	for (const char *c = table; *c; c++)
		assert_true((unsigned char)*c >= 0x20 || *c == '\n');
	assert_has(table, "\\x1b]0;owned\\x07<script> x=\\x0a\\x0d\uFFFD\n");
	assert_has(table, "\uFFFDgil\\u202e");
	assert_has(table, "t\\x1b[2J");
	free(table);
	fixture_free(&file);
}

static void test_colour_only_where_asked(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	fixture_simulate(&file);
	struct table_options coloured = { .columns = 120, .colour = true, .unicode = true };
	char *table = table_of(&file, &coloured);
	assert_has(table, "\x1b[1;37;41mSIMULATED");
	free(table);
	struct table_options ascii = { .columns = 120 };
	table = table_of(&file, &ascii);
	for (const char *c = table; *c; c++)
		assert_true((unsigned char)*c < 0x80);
	assert_has(table, "404.0 J +/- 3.9 J");
	free(table);
	fixture_free(&file);
}

static void test_without_wall_without_anything_without_runs(void **state)
{
	(void)state;
	struct campaign_file file = fixture_empty();
	char *table = table_of(&file, &wide);
	assert_has(table, "no finished runs\n");
	free(table);

	struct result *gil = fixture_bare(&file, "mandelbrot", "", "gil", 2);
	table = table_of(&file, &wide);
	assert_has(table, "  gil  1  2.00 s\n");
	assert_lacks(table, "energy");
	assert_lacks(table, "ratio");
	free(table);

	fixture_source(gil, "rapl", ROLE_NONE, true, fixture_energy(120, 2, 20, 0));
	struct result *ft = fixture_bare(&file, "mandelbrot", "", "ft", 1);
	fixture_source(ft, "rapl", ROLE_NONE, true, fixture_energy(60, 1, 20, 0));
	table = table_of(&file, &wide);
	assert_lacks(table, "energy (wall)");
	assert_has(table, "RAPL ratio");
	assert_has(table, "0.50");
	assert_has(table, "120.00 J ± 0.57 J");
	free(table);

	struct campaign_file nothing = { .facts = NULL };
	table = table_of(&nothing, &wide);
	assert_has(table, "no finished runs\n");
	free(table);
	fixture_free(&file);
}

static void test_only_excluded_runs(void **state)
{
	(void)state;
	struct campaign_file file = fixture_empty();
	fixture_bare(&file, "mandelbrot", "", "gil", 2)->status = RUN_FAILED;
	char *table = table_of(&file, &wide);
	assert_has(table, "  gil  0/1     –\n");
	assert_has(table, "1 run failed (run 1)");
	free(table);
	fixture_free(&file);
}

static void test_one_run_in_full(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	fixture_simulate(&file);
	struct text text = TEXT_INIT;
	assert_int_equal(report_run(&file, 3, NULL, &wide, &text, NULL), 0);
	const char *detail = text_string(&text);
	assert_memory_equal(detail, "SIMULATED", 9);
	assert_has(detail, "run 3: mandelbrot threads=2, arm ft\n");
	assert_has(detail, "started     2025-11-22T03:03:04.123456789Z");
	assert_has(detail, "start edge  1000.000000000 s ± 12.0 µs");
	assert_has(detail, "stop edge   1001.710000000 s ± 40.0 µs");
	assert_has(detail, "budget of wall gross: 201.00 J ± 0.66 J  (u 0.331 J, ν 143, k 1.98)");
	const char *gain = strstr(detail, "gain "), *noise = strstr(detail, "noise "), *range = strstr(detail, "range ");
	assert_non_null(gain && noise && range ? detail : NULL);
	assert_true(range > noise && noise > gain); /* 0.201 gain, 0.2 noise, 0.171 range: by size */
	assert_has(detail, "37 %  common, relative");
	assert_has(detail, "(-2.00 %)");
	text_free(&text);
	fixture_free(&file);
}

static void test_what_a_workload_told(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	struct run raw = { .notes = json_pack("{s:{s:s, s:s, s:i}}", "facts", "pool", "fork", "tree_pss_kib", "42 \033[31m", "odd", 7) };
	struct text text = TEXT_INIT;
	assert_int_equal(report_run(&file, 3, &raw, &wide, &text, NULL), 0);
	assert_has(text_string(&text), "\n  told        pool fork, tree_pss_kib 42 ");
	assert_has(text_string(&text), ", odd ?\n");
	assert_lacks(text_string(&text), "\033");
	text_free(&text);
	json_decref(raw.notes);
	raw.notes = json_object();
	assert_int_equal(report_run(&file, 3, &raw, &wide, &text, NULL), 0);
	assert_lacks(text_string(&text), "told ");
	text_free(&text);
	json_decref(raw.notes);
	fixture_free(&file);
}

static void test_parts_stand_below_their_totals(void **state)
{
	(void)state;
	struct campaign_file file = fixture_empty();
	struct result *result = fixture_bare(&file, "mandelbrot", "", "gil", 2);
	fixture_source(result, "p0", ROLE_PACKAGE, false, fixture_energy(100, 2, 20, 0));
	fixture_source(result, "meter", ROLE_WALL, false, fixture_energy(200, 2, 20, 0));
	fixture_source(result, "rapl", ROLE_NONE, true, fixture_energy(100, 2, 20, 0));
	fixture_source(result, "wall", ROLE_WALL, true, fixture_energy(200, 2, 20, 0));
	struct text text = TEXT_INIT;
	assert_int_equal(report_run(&file, 1, NULL, &wide, &text, NULL), 0);
	static const char *const order[] = { "\nsource ", "\nrapl ", "\n  p0 ", "\nwall ", "\n  meter ", "\nsamples ",
		"\nrapl " };
	const char *at = text_string(&text);
	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		assert_has(at, order[i]);
		at = strstr(at, order[i]) + 1;
	}
	text_free(&text);
	result->n_sources = 2; /* no totals: each still has its line */
	assert_int_equal(report_run(&file, 1, NULL, &wide, &text, NULL), 0);
	assert_has(text_string(&text), "\n  p0 ");
	assert_has(text_string(&text), "\n  meter ");
	text_free(&text);
	fixture_free(&file);
}

/* The integrator stands below the wall, of which it is no part, and its difference from the samples is judged. */
static void test_integrator_in_detail(void **state)
{
	(void)state;
	for (int fails = 0; fails < 2; fails++) {
		struct campaign_file file = fixture_empty();
		struct result *result = fixture_bare(&file, "mandelbrot", "", "gil", 2);
		fixture_source(result, "wall.power", ROLE_WALL, false, fixture_energy(2000, 2, 20, 0));
		fixture_source(result, "wall.energy", ROLE_INTEGRAL, false, fixture_energy(fails ? 2100 : 2001, 2, 20, 0));
		fixture_source(result, "rapl", ROLE_NONE, true, fixture_energy(100, 2, 20, 0));
		fixture_source(result, "wall", ROLE_WALL, true, fixture_energy(2000, 2, 20, 0));
		struct text text = TEXT_INIT;
		assert_int_equal(report_run(&file, 1, NULL, &wide, &text, NULL), 0);
		const char *detail = text_string(&text), *wall = strstr(detail, "\nwall ");
		assert_true(wall && strstr(detail, "\n  wall.energy ") > wall);
		assert_has(detail, fails ? "the integrator says +100 J (+5.000 %)" : "the integrator says +1 J (+0.050 %)");
		(fails ? assert_has : assert_lacks)(detail, "were samples lost?");
		text_free(&text);
		fixture_free(&file);
	}
}

static void test_refused_source_and_missing_bracket_in_detail(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	struct energy *wall = &file.results[0].sources[0].energy;
	wall->status = ENERGY_REFUSED;
	snprintf(wall->reason, sizeof wall->reason, "the meter answered INF");
	file.results[1].stop = file.results[1].start;
	struct text text = TEXT_INIT;
	assert_int_equal(report_run(&file, 1, NULL, &wide, &text, NULL), 0);
	assert_has(text_string(&text), "wall refused: the meter answered INF\n");
	assert_lacks(text_string(&text), "200.00 J");
	text_free(&text);
	assert_int_equal(report_run(&file, 2, NULL, &wide, &text, NULL), 0);
	assert_lacks(text_string(&text), "start edge");
	text_free(&text);
	fixture_free(&file);
}

static void test_a_run_that_is_not_there(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	struct text text = TEXT_INIT;
	struct error error = ERROR_INIT;
	assert_int_equal(report_run(&file, 99, NULL, &wide, &text, &error), -1);
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	text_free(&text);
	fixture_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_says_what_was_skipped),
		cmocka_unit_test(test_says_when_it_stopped),
		cmocka_unit_test(test_says_the_numbers),
		cmocka_unit_test(test_says_which_runs_are_missing),
		cmocka_unit_test(test_says_where_quantities_turn_a_ratio),
		cmocka_unit_test(test_simulated_heads_the_table),
		cmocka_unit_test(test_narrow_forms_fit_and_say_what_they_left_out),
		cmocka_unit_test(test_exclusions_and_the_gate_in_words),
		cmocka_unit_test(test_remarks_on_runs_that_stand),
		cmocka_unit_test(test_names_cannot_touch_the_terminal),
		cmocka_unit_test(test_colour_only_where_asked),
		cmocka_unit_test(test_without_wall_without_anything_without_runs),
		cmocka_unit_test(test_only_excluded_runs),
		cmocka_unit_test(test_one_run_in_full),
		cmocka_unit_test(test_what_a_workload_told),
		cmocka_unit_test(test_parts_stand_below_their_totals),
		cmocka_unit_test(test_integrator_in_detail),
		cmocka_unit_test(test_refused_source_and_missing_bracket_in_detail),
		cmocka_unit_test(test_a_run_that_is_not_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
