/* What is said of a plan before it is run. The figures are planning.h's, whose test holds them against simulated campaigns. */
#include "prospect.h"

#include "fixture.h"
#include "planning.h"

static const struct table_options wide = { .unicode = true };

static const struct prospect_comparison two_points[] = {
	{ "mandelbrot", "threads=2", "ft" }, { "mandelbrot", "threads=2", "ft-gil-on" }, { "mandelbrot", "threads=4", "ft" },
};

static struct prospect prospect_of(size_t n)
{
	return (struct prospect){ .repetitions = 5, .reference = "gil", .comparisons = two_points, .n = n, .place = "some\x1b/where" };
}

static char *said(const struct prospect *prospect)
{
	struct text text = TEXT_INIT;
	assert_int_equal(report_prospect(prospect, &wide, &text), 0);
	char *copy = strdup(text_string(&text));
	text_free(&text);
	return copy;
}

static void assert_says(const struct prospect *prospect, const char *expected)
{
	char *text = said(prospect);
	if (strcmp(text, expected) != 0)
		fail_msg("said:\n%s\nnot:\n%s", text, expected);
	free(text);
}

static void assert_has(const struct prospect *prospect, const char *part, bool there)
{
	char *text = said(prospect);
	if ((strstr(text, part) != NULL) != there)
		fail_msg("`%s` %s in:\n%s", part, there ? "is missing" : "should not be", text);
	free(text);
}

/* 2 x 5 runs of 1 %: noncentral t with 8 degrees of freedom gives 2.0 %; Welch's interval is a little wider. */
static void by_stated_scatters(void **state)
{
	(void)state;
	struct prospect prospect = prospect_of(2);
	const struct comparison_design design = { 0.01, 0.01, 0 };
	assert_true(planning_detectable(&design, 5) > 1.0195 && planning_detectable(&design, 5) < 1.0215);
	assert_says(&prospect, "5 repetitions find, with 80 % probability, a ratio of 1.010, 1.021 or 1.043 (or its inverse) if runs scatter by 0.5, 1 "
			       "or 2 %\n");
	prospect.repetitions = 40;
	prospect.at_least = 10;
	assert_says(&prospect, "40 repetitions, the most, find, with 80 % probability, a ratio of 1.0032, 1.0064 or 1.013; 10, the least, 1.0067, 1.013 "
			       "or 1.027 (or its inverse) if runs scatter by 0.5, 1 or 2 %\n");
	prospect.repetitions = 1;
	prospect.at_least = 0;
	assert_says(&prospect, "1 repetition finds no difference between arms, however large: nothing tells of its scatter\n");
}

static void nothing_where_nothing_is_compared(void **state)
{
	(void)state;
	struct prospect prospect = prospect_of(0);
	assert_says(&prospect, "");
	prospect = prospect_of(3);
	json_t *skipped = json_pack("[{s:s, s:s}, {s:s, s:s}]", "workload", "mandelbrot", "arm", "ft", "workload", "mandelbrot", "arm", "ft-gil-on");
	prospect.skipped = skipped;
	assert_says(&prospect, "");
	json_decref(skipped);
	skipped = json_pack("[{s:s, s:s}]", "workload", "mandelbrot", "arm", "gil"); /* the reference */
	prospect.skipped = skipped;
	assert_says(&prospect, "");
	json_decref(skipped);
}

/* Energies of 400, 402 … 408 J and of 200, 201 … 204 J: both scatter by 0.78 %. */
static void by_an_earlier_campaign(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	struct prospect prospect = prospect_of(3);
	prospect.like = &file;
	assert_has(&prospect, "5 repetitions find, with 80 % probability, these ratios (or their inverses), if runs scatter as in some\\x1b/where:\n", true);
	assert_has(&prospect, "\n  mandelbrot, ft / gil: 1.016, not known at 1 (runs scatter by 0.78 % to 0.78 %, from 5 runs)\n", true);
	assert_has(&prospect, "\n  mandelbrot, ft-gil-on / gil: not known: there are not two runs of each of both arms\n", true);
	assert_has(&prospect, "SIMULATED", false);
	fixture_simulate(&file);
	assert_has(&prospect, "where (SIMULATED: a rehearsal, not evidence):\n", true);
	json_t *skipped = json_pack("[{s:s, s:s}]", "workload", "mandelbrot", "arm", "ft-gil-on");
	prospect.skipped = skipped;
	assert_has(&prospect, "ft-gil-on", false);
	json_decref(skipped);
	fixture_free(&file);
}

/* More runs than those it is known from find less. */
static void repetitions_are_the_plans(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	struct prospect prospect = prospect_of(1);
	prospect.like = &file;
	prospect.repetitions = 20;
	assert_has(&prospect, "20 repetitions find,", true);
	assert_has(&prospect, "mandelbrot, ft / gil: 1.0072 (runs", true);
	fixture_free(&file);
}

/* Both arms scatter differently at another point: the span of both. */
static void points_are_spanned(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	for (int i = 0; i < 5; i++) {
		fixture_run(&file, "mandelbrot", "threads=4", "gil", 3, 300 + 0.3 * i);
		fixture_run(&file, "mandelbrot", "threads=4", "ft", 1, 100 + 4 * i);
	}
	struct prospect prospect = prospect_of(3);
	prospect.like = &file;
	assert_has(&prospect, "  mandelbrot, ft / gil: 1.016 to 1.1", true);
	assert_has(&prospect, " at 2 points (runs scatter by 0.16 % to 5.9 %, from 5 runs)\n", true);
	fixture_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_stated_scatters), cmocka_unit_test(nothing_where_nothing_is_compared), cmocka_unit_test(by_an_earlier_campaign),
		cmocka_unit_test(repetitions_are_the_plans), cmocka_unit_test(points_are_spanned),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
