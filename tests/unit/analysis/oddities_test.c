/* Oddities against scipy 1.10: median_abs_deviation, kendalltau's S (its normal p with the step of two, which scipy leaves out), theilslopes. */
#include "unit.h"

#include "oddities.h"
#include "planted.h"

static const double one_far_off[] = { 100.1, 99.7, 100.4, 103.9, 100.0, 99.8, 100.3, 100.2, 99.6, 100.5 };
static const double rising[] = { 1.0, 1.2, 1.1, 1.4, 1.3, 1.5, 1.8, 1.6, 1.7, 2.0, 1.9, 2.2 };
static const double with_ties[] = { 3, 1, 2, 2, 5, 3, 4, 4, 6, 5, 5, 7 };
static const double with_memory[] = { .5, .9, .7, .1, -.4, -.8, -.3, .2, .6, .8, .3, -.1, -.6, -.5, -.2, .1 };

static void scale_is_that_of_normal_values(void **state)
{
	(void)state;
	assert_near(oddities_scale(one_far_off, 10), 0.3 * 1.4826, 1e-9);
	assert_true(isnan(oddities_scale(one_far_off, 0)) && isnan(oddities_scale(one_far_off, 1)));
	struct dice dice = { 3 };
	for (size_t n = 2; n < 14; n++) {
		double sum = 0, values[14];
		for (int i = 0; i < 20000; i++) {
			for (size_t k = 0; k < n; k++)
				values[k] = dice_normal(&dice);
			sum += oddities_shortfall(n) * oddities_scale(values, n) / 20000;
		}
		assert_near(sum, 1, 0.02);
	}
}

static void one_run_is_far_off(void **state)
{
	(void)state;
	double scores[10];
	assert_int_equal(oddities_scores(one_far_off, 10, 0, scores), 0);
	for (int i = 0; i < 10; i++)
		assert_true((fabs(scores[i]) > ODDITIES_SCORE) == (i == 3));
	assert_near(scores[3], 8.43113449345752, 1e-9);
	assert_near(scores[1], -1.011736139214909, 1e-9);
	oddities_scores(one_far_off, 10, 2, scores);
	assert_near(scores[3], 3.75 / 2, 1e-9);
}

static void what_does_not_scatter_is_not_divided_by_nothing(void **state)
{
	(void)state;
	const double same[] = { 2, 2, 2, 2, 2, 2 }, all_but_one[] = { 2, 2, 3, 2, 2, 2 };
	double scores[6];
	oddities_scores(same, 6, 0, scores);
	for (int i = 0; i < 6; i++)
		assert_near(scores[i], 0, 0);
	oddities_scores(all_but_one, 6, 0, scores);
	assert_true(isinf(scores[2]) && scores[0] == 0);
	assert_int_equal(oddities_scores(same, 0, 0, scores), 0);
}

static void trend_is_kendalls(void **state)
{
	(void)state;
	struct order_oddities oddities;
	assert_int_equal(oddities_of_order(rising, NULL, 12, &oddities), 0);
	assert_near(oddities.p, 0.00016227556647604302, 1e-12);
	assert_near(oddities.slope.estimate, 0.1, 1e-12);
	assert_near(oddities.slope.low, 0.075, 1e-12);
	assert_near(oddities.slope.high, 0.125, 1e-12);
	assert_true(oddities.drifts);
	oddities_of_order(with_ties, NULL, 12, &oddities);
	assert_near(oddities.p, 0.002735895304394913, 1e-12);
	assert_near(oddities.slope.estimate, 0.4722222222222222, 1e-12);
	oddities_of_order(one_far_off, NULL, 10, &oddities);
	assert_false(oddities.drifts || oddities.remembers);
}

static void memory_is_told_with_what_it_costs(void **state)
{
	(void)state;
	struct order_oddities oddities;
	oddities_of_order(with_memory, NULL, 16, &oddities);
	assert_near(oddities.memory, 0.6747756748605036, 1e-12);
	assert_true(oddities.remembers && !oddities.drifts);
	assert_near(oddities.inflation, sqrt(1.6747756748605036 / 0.3252243251394964), 1e-9);
	/* A drift alone is no memory. */
	oddities_of_order(rising, NULL, 12, &oddities);
	assert_true(oddities.memory < 0 && !oddities.remembers);
	assert_near(oddities.inflation, 1, 0);
}

static void few_runs_have_no_order(void **state)
{
	(void)state;
	struct order_oddities oddities;
	const double same[] = { 2, 2, 2, 2, 2, 2, 2, 2, 2, 2 };
	oddities_of_order(rising, NULL, ODDITIES_ORDER - 1, &oddities);
	assert_true(isnan(oddities.p) && isnan(oddities.memory) && !oddities.drifts && !oddities.remembers);
	oddities_of_order(same, NULL, 10, &oddities);
	assert_near(oddities.p, 1, 0);
	assert_true(oddities.memory == 0 && !oddities.drifts && !oddities.remembers);
}

/* Three kinds that take turns, each rising by as much; and one kind after the other, which nothing else tells from a difference. */
static void trend_is_that_within_groups(void **state)
{
	(void)state;
	struct order_oddities oddities;
	double turns[18], after[18];
	size_t of_turns[18], of_after[18];
	for (size_t i = 0; i < 18; i++) {
		of_turns[i] = i % 3;
		turns[i] = 10.0 * (double)(i % 3) + 0.1 * (double)i;
		of_after[i] = i / 6;
		after[i] = 5 - 3.0 * (double)(i / 6) + 0.1 * (double)i;
	}
	oddities_of_order(turns, of_turns, 18, &oddities);
	assert_true(oddities.drifts);
	assert_near(oddities.slope.estimate, 0.1, 1e-12);
	assert_near(oddities.p, erfc(44 / sqrt(2 * 3 * 6 * 5 * 17 / 18.0)), 1e-12); /* S is three times 15 */
	oddities_of_order(after, of_after, 18, &oddities);
	assert_true(oddities.drifts);
	assert_near(oddities.slope.estimate, 0.1, 1e-12);
	oddities_of_order(after, NULL, 18, &oddities);
	assert_true(oddities.slope.estimate < 0);
}

/* A drift of three scatters over 50000 runs, and a memory; neither where there is none. */
static void of_very_many_some_are_looked_at(void **state)
{
	(void)state;
	static double values[50000];
	struct dice dice = { 19 };
	struct order_oddities oddities;
	double last = 0;
	for (size_t i = 0; i < 50000; i++)
		values[i] = dice_normal(&dice);
	assert_int_equal(oddities_of_order(values, NULL, 50000, &oddities), 0);
	assert_false(oddities.drifts || oddities.remembers);
	for (size_t i = 0; i < 50000; i++)
		values[i] += 6e-5 * (double)i;
	oddities_of_order(values, NULL, 50000, &oddities);
	assert_true(oddities.drifts && !oddities.remembers);
	assert_near(oddities.slope.estimate, 6e-5, 1e-5);
	for (size_t i = 0; i < 50000; i++)
		last = values[i] = 0.5 * last + dice_normal(&dice);
	oddities_of_order(values, NULL, 50000, &oddities);
	assert_near(oddities.memory, 0.5, 0.06);
}

/* How often alike runs are flagged, and a plant is. */
static void flags_are_rare_where_there_is_nothing(void **state)
{
	(void)state;
	struct dice dice = { 5 };
	struct order_oddities oddities;
	double values[40], last;
	int drifts = 0, remembers = 0, drift_found = 0, memory_found = 0;
	for (int i = 0; i < 2000; i++) {
		for (int k = 0; k < 40; k++)
			values[k] = dice_normal(&dice);
		oddities_of_order(values, NULL, 40, &oddities);
		drifts += oddities.drifts;
		remembers += oddities.remembers;
		for (int k = 0; k < 40; k++)
			values[k] += 3.0 * k / 39;
		oddities_of_order(values, NULL, 40, &oddities);
		drift_found += oddities.drifts;
		last = 0;
		for (int k = 0; k < 40; k++)
			last = values[k] = 0.7 * last + dice_normal(&dice);
		oddities_of_order(values, NULL, 40, &oddities);
		memory_found += oddities.remembers;
	}
	assert_true(drifts <= 40 && remembers <= 60);
	assert_true(drift_found >= 1900 && memory_found >= 1700);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scale_is_that_of_normal_values),
		cmocka_unit_test(one_run_is_far_off),
		cmocka_unit_test(what_does_not_scatter_is_not_divided_by_nothing),
		cmocka_unit_test(trend_is_kendalls),
		cmocka_unit_test(memory_is_told_with_what_it_costs),
		cmocka_unit_test(trend_is_that_within_groups),
		cmocka_unit_test(few_runs_have_no_order),
		cmocka_unit_test(of_very_many_some_are_looked_at),
		cmocka_unit_test(flags_are_rare_where_there_is_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
