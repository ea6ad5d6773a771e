/* When a campaign stops by its plan's rule: at which block, by which runs, and what that costs in coverage. */
#include "stopping.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "estimate.h"
#include "unit.h"

/* ---- made-up campaigns: one workload "w" under arms a (the reference), b and c ---- */

#define RUNS_MAX 200

static struct campaign_file file;

static void open_campaign(double half_width, int at_least, int at_most, int every, const char *of, int per_block)
{
	file = (struct campaign_file){ .results = calloc(RUNS_MAX, sizeof *file.results) };
	file.facts = json_pack("{s:s, s:{s:s}, s:{s:f, s:i, s:i, s:i, s:[s], s:i}}", "reference", "a", "measures", "w", "", "stopping", "half_width",
			       half_width, "at_least", at_least, "at_most", at_most, "every", every, "of", of, "runs_per_block", per_block);
	assert_non_null(file.facts);
}

static void close_campaign(void)
{
	json_decref(file.facts);
	free(file.results);
}

static struct result *add(uint32_t block, uint32_t place, const char *arm, double wall, double seconds)
{
	struct result *result = &file.results[file.n_results++];
	*result = (struct result){ .run = (uint32_t)file.n_results, .slot = block * 10 + place, .block = block, .status = RUN_OK, .n_sources = 1,
				   .start = NS_PER_S, .stop = NS_PER_S + (int64_t)(seconds * NS_PER_S) };
	snprintf(result->workload, sizeof result->workload, "w");
	snprintf(result->arm, sizeof result->arm, "%s", arm);
	snprintf(result->sources[0].name, sizeof result->sources[0].name, "wall");
	result->sources[0].energy.gross.value = wall;
	return result;
}

/* Block after block of two arms whose logarithms scatter by turns: -s, +s, -s … */
static void add_blocks(uint32_t from, uint32_t to, double scatter)
{
	for (uint32_t b = from; b < to; b++) {
		double turn = b % 2 ? scatter : -scatter;
		add(b, 0, "a", 100 * exp(turn), 10 * exp(turn));
		add(b, 1, "b", 110 * exp(turn), 11 * exp(turn));
	}
}

static const json_t *decide(void)
{
	struct error error = ERROR_INIT;
	assert_int_equal(stopping_decide(&file, &error), 0);
	return json_object_get(json_object_get(file.facts, "stopping"), "decision");
}

static void assert_answer(const char *answer, int after)
{
	const json_t *decision = decide();
	assert_non_null(decision);
	assert_string_equal(json_string_value(json_object_get(decision, "answer")), answer);
	assert_int_equal(json_integer_value(json_object_get(decision, "after")), after);
	bool stops = strcmp(answer, "enough") == 0 || strcmp(answer, "out-of-reach") == 0;
	assert_int_equal(stopping_after(file.facts), stops ? after : 0);
}

/* Of comparison `index`; NAN: not known. */
static double half_width(size_t index)
{
	const json_t *list = json_object_get(json_object_get(json_object_get(file.facts, "stopping"), "decision"), "comparisons");
	const json_t *number = json_object_get(json_array_get(list, index), "half_width");
	return json_is_number(number) ? json_number_value(number) : NAN;
}

/* ---- blocks ---- */

static void no_look_before_at_least(void **state)
{
	(void)state;
	open_campaign(0.01, 5, 20, 1, "wall", 2);
	add_blocks(0, 4, 1e-4);
	assert_null(decide());
	add(4, 0, "a", 100, 10);
	assert_null(decide());
	assert_int_equal(stopping_after(file.facts), 0);
	add(4, 1, "b", 110, 10)->status = RUN_INTERRUPTED;
	assert_null(decide());
	add(4, 1, "b", 110, 10);
	assert_answer("enough", 5);
	close_campaign();
}

/* 2 n runs of +-s: Welch's t(2n - 2) * s * sqrt(2 / (n - 1)), checked at n = 10: 2.100922 * 0.01 * sqrt(2 / 9) = 0.0099039. */
static void as_narrow_as_wanted(void **state)
{
	(void)state;
	open_campaign(0.00994, 5, 20, 1, "wall", 2);
	add_blocks(0, 10, 0.01);
	assert_answer("go-on", 10);
	assert_near(half_width(0), expm1(0.00990384), 1e-7);
	close_campaign();
	open_campaign(0.00996, 5, 20, 1, "wall", 2);
	add_blocks(0, 10, 0.01);
	assert_answer("enough", 10);
	close_campaign();
}

/* It goes on as it was going to, whatever is found of the blocks before. */
static void what_has_begun_is_not_stopped(void **state)
{
	(void)state;
	open_campaign(0.01, 5, 20, 1, "wall", 2);
	add_blocks(0, 6, 0);
	add(6, 1, "b", 110, 11)->status = RUN_INTERRUPTED;
	assert_answer("go-on", 6);
	add(6, 1, "b", 110, 11);
	assert_answer("go-on", 6);
	add(6, 0, "a", 100, 10);
	assert_answer("enough", 7);
	close_campaign();
}

static void a_pair_of_blocks_with_abba(void **state)
{
	(void)state;
	open_campaign(0.01, 5, 7, 2, "wall", 2);
	add_blocks(0, 5, 0);
	assert_answer("go-on", 5);
	add_blocks(5, 6, 0);
	assert_answer("enough", 6);
	add_blocks(6, 7, 0.9);
	assert_answer("at-most", 7);
	close_campaign();
}

static void all_of_them_and_not_enough(void **state)
{
	(void)state;
	open_campaign(0.001, 5, 8, 1, "wall", 2);
	add_blocks(0, 7, 0.01);
	assert_answer("go-on", 7);
	add_blocks(7, 8, 0.01);
	assert_answer("at-most", 8);
	close_campaign();
}

/* ---- which runs count ---- */

/* One comparison that is not known well enough holds up the others. */
static void every_arm(void **state)
{
	(void)state;
	open_campaign(0.01, 5, 20, 1, "wall", 3);
	for (uint32_t b = 0; b < 6; b++) {
		add_blocks(b, b + 1, 0);
		add(b, 2, "c", b % 2 ? 100 : 105, 10);
	}
	assert_answer("go-on", 6);
	assert_near(half_width(0), 0, 1e-12);
	assert_true(half_width(1) > 0.02);
	close_campaign();
}

/* A run that went wrong is of its block, but says nothing: with fewer good ones than at_least nothing is decided. */
static void good_runs_only(void **state)
{
	(void)state;
	open_campaign(0.01, 5, 20, 1, "wall", 2);
	add_blocks(0, 5, 0);
	file.results[3].status = RUN_FAILED;
	file.results[3].sources[0].energy.gross.value = 1;
	assert_answer("go-on", 5);
	assert_true(isnan(half_width(0)));
	add_blocks(5, 6, 0);
	assert_answer("enough", 6);
	file.results[5].sources[0].energy.status = ENERGY_REFUSED;
	assert_answer("go-on", 6);
	snprintf(file.results[5].phase, sizeof file.results[5].phase, "part");
	file.results[5].sources[0].energy.status = ENERGY_OK;
	assert_answer("go-on", 6);
	close_campaign();
}

static void of_what_is_asked(void **state)
{
	(void)state;
	for (int time = 0; time < 2; time++) {
		open_campaign(0.01, 5, 20, 1, time ? "time" : "wall", 2);
		for (uint32_t b = 0; b < 6; b++) {
			add(b, 0, "a", 100, 10);
			add(b, 1, "b", 100, b % 2 ? 10 : 11);
		}
		assert_answer(time ? "go-on" : "enough", 6);
		close_campaign();
	}
}

/* 0.45 % that the arms do not share: 0.9 % is left, however many runs there are. */
static void what_no_run_makes_narrower(void **state)
{
	(void)state;
	open_campaign(0.008, 5, 20, 1, "wall", 2);
	add_blocks(0, 6, 0);
	for (size_t i = 0; i < file.n_results; i++)
		budget_add(&file.results[i].sources[0].energy.gross.budget, "range", 'B', i % 2 ? 0.05 : 0.5, INFINITY, SHARE_ABSOLUTE);
	assert_answer("out-of-reach", 6);
	json_object_set_new(json_object_get(file.facts, "stopping"), "half_width", json_real(0.011));
	assert_answer("enough", 6);
	json_object_set_new(json_object_get(file.facts, "stopping"), "half_width", json_real(0.008));
	for (size_t i = 0; i < file.n_results; i++)
		file.results[i].sources[0].energy.gross.value *= i / 2 % 2 ? 1.02 : 1;
	assert_answer("go-on", 6); /* there is much that runs can do yet */
	close_campaign();
}

/* Only the reference's arm is left, say, since all others were skipped. */
static void nothing_to_compare(void **state)
{
	(void)state;
	open_campaign(0.01, 5, 6, 1, "wall", 1);
	for (uint32_t b = 0; b < 5; b++)
		add(b, 0, "b", 100, 10);
	assert_answer("go-on", 5);
	add(5, 0, "b", 100, 10);
	assert_answer("at-most", 6);
	close_campaign();
}

static void no_rule_no_decision(void **state)
{
	(void)state;
	open_campaign(0.01, 5, 6, 1, "wall", 2);
	add_blocks(0, 6, 0);
	json_object_del(file.facts, "stopping");
	assert_null(decide());
	assert_int_equal(stopping_after(file.facts), 0);
	close_campaign();
}

/* ---- the rule as it is kept ---- */

static void the_rule_in_the_facts(void **state)
{
	(void)state;
	struct plan_workload workloads[] = { { .name = "w", .n_sweeps = 1, .sweeps = { { .name = "n", .n = 3, .values = { "1", "2", "3" } } } },
					     { .name = "v" } };
	struct plan plan = { .repetitions = 40, .order = ORDER_ABBA, .n_arms = 2, .arms = { { .name = "a" }, { .name = "b" } }, .n_workloads = 2,
			     .workloads = workloads, .stop = { .half_width = 0.02, .at_least = 12, .of = { [STOP_RAPL] = true } } };
	json_t *skipped = json_pack("[{s:s, s:s}]", "workload", "w", "arm", "b"), *rule = stopping_rule(&plan, skipped),
	       *expected = json_pack("{s:f, s:i, s:i, s:i, s:[s], s:i, s:f}", "half_width", 0.02, "at_least", 12, "at_most", 40, "every", 2, "of",
				     "rapl", "runs_per_block", 5, "coverage", stopping_coverage(12));
	assert_true(json_equal(rule, expected));
	json_decref(rule);
	json_decref(skipped);
	json_decref(expected);
	plan.stop.half_width = 0;
	assert_null(stopping_rule(&plan, NULL));
}

/* ---- coverage ---- */

static uint64_t dice;

static double normal(void)
{
	double u[2];
	for (int i = 0; i < 2; i++) {
		dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		u[i] = ((double)(dice >> 11) + 0.5) / 9007199254740992.0;
	}
	return sqrt(-2 * log(u[0])) * cos(2 * 3.14159265358979323846 * u[1]);
}

#define TRIALS 20000
#define MOST 80

/* Campaigns of which one arm has all the scatter, whose interval is to be `target` of a run's: how often it holds the truth. */
static double coverage_of(int at_least, double target)
{
	static double quantile[MOST];
	int held = 0;
	for (int n = 2; n < MOST; n++)
		quantile[n] = statistics_t_quantile(0.975, n - 1);
	for (int trial = 0; trial < TRIALS; trial++) {
		double sum = 0, squares = 0, half = INFINITY;
		int n = 0;
		while (n < at_least || (half > target && n < MOST - 1)) {
			double x = normal();
			n++;
			sum += x;
			squares += x * x;
			half = n > 1 ? quantile[n] * sqrt((squares - sum * sum / n) / (n - 1) / n) : INFINITY;
		}
		held += fabs(sum / n) <= half;
	}
	return (double)held / TRIALS;
}

/* What is said to be covered is, to within what 20000 trials can show (0.0018), and not by much more. */
static void coverage_is_as_stated(void **state)
{
	(void)state;
	static const int at_least[] = { 5, 6, 8, 10, 15 };
	for (size_t i = 0; i < sizeof at_least / sizeof *at_least; i++) {
		double least = 1;
		for (double target = 0.6; target < 1; target += 0.1)
			least = fmin(least, coverage_of(at_least[i], target / sqrt(2)));
		print_message("at_least %d: %.4f, stated %.3f\n", at_least[i], least, stopping_coverage(at_least[i]));
		assert_true(least > stopping_coverage(at_least[i]) - 0.006 && least < stopping_coverage(at_least[i]) + 0.008);
	}
	assert_true(coverage_of(3, 0.8 / sqrt(2)) < 0.91); /* what is refused */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_look_before_at_least), cmocka_unit_test(as_narrow_as_wanted), cmocka_unit_test(what_has_begun_is_not_stopped),
		cmocka_unit_test(a_pair_of_blocks_with_abba), cmocka_unit_test(all_of_them_and_not_enough), cmocka_unit_test(every_arm),
		cmocka_unit_test(good_runs_only), cmocka_unit_test(of_what_is_asked), cmocka_unit_test(what_no_run_makes_narrower),
		cmocka_unit_test(nothing_to_compare), cmocka_unit_test(no_rule_no_decision), cmocka_unit_test(the_rule_in_the_facts),
		cmocka_unit_test(coverage_is_as_stated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
