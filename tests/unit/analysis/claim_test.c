/* Decisions: tables of estimates against what follows from them, at the ends of intervals in particular; t quantiles are scipy's. */
#include <string.h>

#include "claim.h"
#include "unit.h"

#define T4 2.7764451051977987 /* t.ppf(0.975, 4) */

/* A ratio whose 95 % interval ends `half` from `ratio` on either side (as logarithms), with four degrees of freedom. */
static struct estimate of(double ratio, double half)
{
	return (struct estimate){ log(ratio), half / T4, 4, 0 };
}

static enum claim_verdict verdict(double ratio, double half, double low, double high)
{
	const struct estimate estimate = of(ratio, half);
	const struct claim_bounds bounds = claim_bounds_of_ratio(low, high);
	struct claim_p p = claim_p_of(&estimate, &bounds);
	return claim_decide(&p, CLAIM_FALSE_AT_MOST);
}

static void a_verdict_is_definite_where_the_interval_is_clear_of_both_ends(void **state)
{
	(void)state;
	static const struct {
		double ratio, half, low, high;
		enum claim_verdict verdict;
	} table[] = {
		{ 1.25, 0.05, 1.13, 1.43, CLAIM_REPRODUCED },
		{ 1.25, 0.30, 1.13, 1.43, CLAIM_UNDECIDED }, /* across both ends */
		{ 1.13, 0.01, 1.13, 1.43, CLAIM_UNDECIDED }, /* on the end */
		{ 1.43, 0.01, 1.13, 1.43, CLAIM_UNDECIDED },
		{ 1.00, 0.05, 1.13, 1.43, CLAIM_CONTRADICTED },
		{ 1.00, 0.20, 1.13, 1.43, CLAIM_UNDECIDED },
		{ 1.60, 0.05, 1.13, 1.43, CLAIM_CONTRADICTED },
		{ 0.25, 0.10, 0, 0.30, CLAIM_REPRODUCED },
		{ 0.35, 0.10, 0, 0.30, CLAIM_CONTRADICTED },
		{ 0.30, 0.10, 0, 0.30, CLAIM_UNDECIDED },
		{ 1e-9, 0.10, 0, 0.30, CLAIM_REPRODUCED }, /* nothing is below an open end */
		{ 1.20, 0.10, 1, INFINITY, CLAIM_REPRODUCED },
		{ 0.80, 0.10, 1, INFINITY, CLAIM_CONTRADICTED },
		{ 1e99, 0.10, 1, INFINITY, CLAIM_REPRODUCED },
		{ 1.00, 0.04, 1 / 1.05, 1.05, CLAIM_REPRODUCED }, /* equivalent */
		{ 1.04, 0.04, 1 / 1.05, 1.05, CLAIM_UNDECIDED },
		{ 1.20, 0.00, 1.13, 1.43, CLAIM_REPRODUCED }, /* known exactly */
		{ 1.13, 0.00, 1.13, 1.43, CLAIM_UNDECIDED },
		{ 1.12, 0.00, 1.13, 1.43, CLAIM_CONTRADICTED },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (verdict(table[i].ratio, table[i].half, table[i].low, table[i].high) != table[i].verdict)
			fail_msg("row %zu: %s", i, claim_verdict_name(verdict(table[i].ratio, table[i].half, table[i].low, table[i].high)));
}

/* The interval touches the end exactly: p is 0.05, and a hair on either side of it decides. */
static void the_end_of_the_interval_is_where_p_is_5_percent(void **state)
{
	(void)state;
	const struct claim_bounds bounds = claim_bounds_of_ratio(1.13, 1.43);
	for (int beyond = -1; beyond <= 1; beyond++) {
		const struct estimate inside = { log(1.13) + 0.05 + 1e-6 * beyond, 0.05 / T4, 4, 0 };
		const struct estimate outside = { log(1.13) - 0.05 - 1e-6 * beyond, 0.05 / T4, 4, 0 };
		struct claim_p p = claim_p_of(&inside, &bounds);
		assert_near(p.inside, 0.05, 1e-4);
		if (beyond)
			assert_int_equal(claim_decide(&p, 0.05), beyond > 0 ? CLAIM_REPRODUCED : CLAIM_UNDECIDED);
		p = claim_p_of(&outside, &bounds);
		assert_near(p.outside, 0.05, 1e-4);
		if (beyond)
			assert_int_equal(claim_decide(&p, 0.05), beyond > 0 ? CLAIM_CONTRADICTED : CLAIM_UNDECIDED);
	}
}

static void what_does_not_cancel_counts(void **state)
{
	(void)state;
	const struct claim_bounds bounds = claim_bounds_of_ratio(1.13, 1.43);
	struct estimate estimate = { log(1.25), 0.001, 8, 0 };
	struct claim_p p = claim_p_of(&estimate, &bounds);
	assert_int_equal(claim_decide(&p, 0.05), CLAIM_REPRODUCED);
	estimate.shared = 0.1;
	p = claim_p_of(&estimate, &bounds);
	assert_int_equal(claim_decide(&p, 0.05), CLAIM_UNDECIDED);
}

static void without_an_interval_there_is_no_test(void **state)
{
	(void)state;
	const struct claim_bounds bounds = claim_bounds_of_ratio(0, 2);
	const struct estimate none[] = { { NAN, NAN, NAN, NAN }, { 0, NAN, NAN, 0 }, { 0, 0.1, 4, NAN } };
	for (int i = 0; i < 3; i++) {
		struct claim_p p = claim_p_of(&none[i], &bounds);
		assert_true(isnan(p.inside) && isnan(p.outside));
		assert_int_equal(claim_decide(&p, 0.05), CLAIM_UNDECIDED);
	}
}

/* ---- several points ---- */

static void each_is_as_certain_as_the_least_certain_point(void **state)
{
	(void)state;
	size_t deciding;
	const struct claim_p inside[] = { { 0.001, 1 }, { 0.04, 1 }, { 0.01, 1 } };
	struct claim_p p = claim_p_of_points(inside, 3, CLAIM_EACH, &deciding);
	assert_near(p.inside, 0.04, 0); /* no correction: all must be */
	assert_int_equal(deciding, 1);
	assert_int_equal(claim_decide(&p, 0.05), CLAIM_REPRODUCED);
	const struct claim_p one_out[] = { { 0.001, 1 }, { 1, 0.016 }, { 0.01, 1 } };
	p = claim_p_of_points(one_out, 3, CLAIM_EACH, &deciding);
	assert_near(p.outside, 0.048, 1e-15); /* three chances to come out so */
	assert_int_equal(deciding, 1);
	assert_int_equal(claim_decide(&p, 0.05), CLAIM_CONTRADICTED);
	const struct claim_p by_chance[] = { { 0.001, 1 }, { 1, 0.017 }, { 0.01, 1 } };
	p = claim_p_of_points(by_chance, 3, CLAIM_EACH, &deciding);
	assert_int_equal(claim_decide(&p, 0.05), CLAIM_UNDECIDED);
}

static void any_is_the_other_way_round(void **state)
{
	(void)state;
	size_t deciding;
	const struct claim_p one_in[] = { { 1, 0.001 }, { 1, 0.9 }, { 0.016, 1 } };
	struct claim_p p = claim_p_of_points(one_in, 3, CLAIM_ANY, &deciding);
	assert_near(p.inside, 0.048, 1e-15);
	assert_int_equal(deciding, 2);
	assert_int_equal(claim_decide(&p, 0.05), CLAIM_REPRODUCED);
	const struct claim_p all_out[] = { { 1, 0.001 }, { 1, 0.04 }, { 1, 0.02 } };
	p = claim_p_of_points(all_out, 3, CLAIM_ANY, &deciding);
	assert_near(p.outside, 0.04, 0);
	assert_int_equal(deciding, 1);
	assert_int_equal(claim_decide(&p, 0.05), CLAIM_CONTRADICTED);
}

static void a_point_that_was_not_tested_could_lie_anywhere(void **state)
{
	(void)state;
	const struct claim_p inside[] = { { 0.001, 1 }, CLAIM_P_NONE }, outside[] = { { 1, 0.001 }, CLAIM_P_NONE }, none[] = { CLAIM_P_NONE, CLAIM_P_NONE };
	struct claim_p p = claim_p_of_points(inside, 2, CLAIM_EACH, NULL);
	assert_int_equal(claim_decide(&p, 0.05), CLAIM_UNDECIDED);
	p = claim_p_of_points(inside, 2, CLAIM_ANY, NULL);
	assert_near(p.inside, 0.001, 0); /* nor does it count as a chance */
	assert_int_equal(claim_decide(&p, 0.05), CLAIM_REPRODUCED);
	p = claim_p_of_points(outside, 2, CLAIM_EACH, NULL);
	assert_int_equal(claim_decide(&p, 0.05), CLAIM_CONTRADICTED);
	p = claim_p_of_points(outside, 2, CLAIM_ANY, NULL);
	assert_int_equal(claim_decide(&p, 0.05), CLAIM_UNDECIDED);
	p = claim_p_of_points(none, 2, CLAIM_EACH, NULL);
	assert_true(isnan(p.inside) && isnan(p.outside));
	p = claim_p_of_points(none, 0, CLAIM_ANY, NULL);
	assert_true(isnan(p.inside) && isnan(p.outside));
}

/* ---- Holm ---- */

/* 0.005 x 4, 0.01 x 3, 0.03 x 2, and the last not below the one before it. */
static void holm_steps_down(void **state)
{
	(void)state;
	const double p[] = { 0.01, 0.04, 0.03, 0.005 }, expected[] = { 0.03, 0.06, 0.06, 0.02 };
	double adjusted[4];
	assert_int_equal(claim_holm(p, 4, adjusted), 0);
	for (int i = 0; i < 4; i++)
		assert_near(adjusted[i], expected[i], 1e-15);
}

static void holm_leaves_out_what_is_no_test(void **state)
{
	(void)state;
	const double p[] = { NAN, 0.02, 0.02, NAN, 0.9 };
	double adjusted[5];
	assert_int_equal(claim_holm(p, 5, adjusted), 0);
	assert_true(isnan(adjusted[0]) && isnan(adjusted[3]));
	assert_near(adjusted[1], 0.06, 1e-15);
	assert_near(adjusted[2], 0.06, 1e-15);
	assert_near(adjusted[4], 0.9, 1e-15);
	assert_int_equal(claim_holm(p, 0, adjusted), 0);
}

/* ---- elasticities ---- */

static struct estimate exactly(double logarithm)
{
	return (struct estimate){ logarithm, 0, INFINITY, 0 };
}

static const size_t one_group[4];

/* Reference: scipy.stats.linregress of ln energy { 0.1, -0.9, -1.8, -2.83 } on ln time. */
static void elasticity_is_least_squares(void **state)
{
	(void)state;
	const struct estimate time[] = { exactly(0), exactly(-1), exactly(-2), exactly(-3) };
	const struct estimate power[] = { exactly(0.1), exactly(0.1), exactly(0.2), exactly(0.17) };
	struct estimate elasticity = claim_elasticity(time, power, one_group, 4);
	assert_near(elasticity.value, 0.969, 1e-12);
	assert_near(elasticity.nu, 2, 0);
	struct interval interval = claim_elasticity_interval(&elasticity, 0.95);
	assert_near(interval.estimate, 0.969, 1e-12);
	assert_near(interval.high - 0.969, 4.302652729749462 * elasticity.scatter, 1e-9);
	assert_near(elasticity.scatter, 0.016941074346097, 1e-12);
}

static void it_needs_three_points_that_differ(void **state)
{
	(void)state;
	const struct estimate one[] = { exactly(1), exactly(1), exactly(1) }, some[] = { exactly(0), exactly(1), exactly(2) };
	assert_true(isnan(claim_elasticity(one, some, one_group, 3).value));
	assert_true(isnan(claim_elasticity(some, one, one_group, 2).value));
	assert_near(claim_elasticity(some, one, one_group, 3).value, 1, 1e-15);
}

static enum claim_verdict near_one(const struct estimate *time, const struct estimate *power, size_t n)
{
	const struct claim_bounds bounds = { 0.9, 1.1 };
	struct estimate elasticity = claim_elasticity(time, power, one_group, n);
	struct claim_p p = claim_p_of(&elasticity, &bounds);
	return claim_decide(&p, 0.05);
}

/* Times that differ by chance alone flatten the slope: that must not pass for a contradiction. */
static void scatter_of_times_widens_it(void **state)
{
	(void)state;
	struct estimate time[] = { exactly(-0.02), exactly(0), exactly(0.02) }, power[] = { exactly(0.005), exactly(0), exactly(-0.005) };
	assert_int_equal(near_one(time, power, 3), CLAIM_CONTRADICTED);
	for (int i = 0; i < 3; i++)
		time[i].scatter = 0.008;
	assert_int_equal(near_one(time, power, 3), CLAIM_UNDECIDED);
}

/* Three points that lie on a line by luck, although each scatters. */
static void luck_does_not_narrow_it(void **state)
{
	(void)state;
	struct estimate time[] = { exactly(-1), exactly(0), exactly(1) }, power[] = { exactly(0), exactly(0), exactly(0) };
	assert_int_equal(near_one(time, power, 3), CLAIM_REPRODUCED);
	for (int i = 0; i < 3; i++)
		power[i].scatter = 0.1;
	assert_near(claim_elasticity(time, power, one_group, 3).shared, 0.1 / sqrt(2), 1e-12);
	assert_int_equal(near_one(time, power, 3), CLAIM_UNDECIDED);
}

/* What differs between workloads is no slope. */
static void groups_have_levels_of_their_own(void **state)
{
	(void)state;
	const struct estimate time[] = { exactly(-1), exactly(-2), exactly(-3), exactly(1), exactly(2) };
	const struct estimate power[] = { exactly(0.5), exactly(0.51), exactly(0.5), exactly(-0.7), exactly(-0.71) };
	const size_t group[] = { 7, 7, 7, 2, 2 };
	struct estimate elasticity = claim_elasticity(time, power, group, 5);
	assert_near(elasticity.value, 1 - 0.005 / 2.5, 1e-12);
	assert_near(elasticity.nu, 1, 0); /* of two slopes */
	assert_true(isnan(claim_elasticity(time, power, group, 2).value));
	const size_t alone[] = { 1, 2, 3, 4, 5 };
	assert_true(isnan(claim_elasticity(time, power, alone, 5).value));
}

/* Slopes of 0.5 and 1.5: that they are 1 on average says nothing of the next. */
static void slopes_of_groups_that_differ_widen_it(void **state)
{
	(void)state;
	const struct estimate time[] = { exactly(0), exactly(1), exactly(2), exactly(0), exactly(1), exactly(2) };
	const struct estimate power[] = { exactly(0), exactly(0.5), exactly(1), exactly(0), exactly(-0.5), exactly(-1) };
	const size_t group[] = { 0, 0, 0, 3, 3, 3 };
	struct estimate elasticity = claim_elasticity(time, power, group, 6);
	assert_near(elasticity.value, 1, 1e-12);
	assert_near(elasticity.scatter, 0.5, 1e-12); /* of two slopes 0.5 from their mean: 0.7071 / sqrt(2) */
	assert_near(elasticity.nu, 1, 0);
}

/* Slopes 0.004 from their mean, points 0.01 from the lines: the scatter about the lines is greater, but two slopes say less of the next. */
static void few_groups_that_happen_to_agree_do_not_narrow_it(void **state)
{
	(void)state;
	struct estimate time[12], power[12];
	size_t group[12];
	for (size_t i = 0; i < 12; i++) {
		static const double zigzag[] = { 1, -1, 0, 0, -1, 1 };
		double x = (double)(i % 6) - 2.5;
		group[i] = i / 6;
		time[i] = exactly(x);
		power[i] = exactly((i < 6 ? 0.004 : -0.004) * x + 0.02 * zigzag[i % 6] * (fabs(x) > 2 ? 1 : 5.0 / 3));
	}
	struct estimate elasticity = claim_elasticity(time, power, group, 12);
	assert_near(elasticity.nu, 1, 0);
	assert_true(elasticity.scatter < 0.006);
}

static void times_that_hardly_differ_have_no_slope(void **state)
{
	(void)state;
	struct estimate time[] = { exactly(-0.01), exactly(0), exactly(0.01) }, power[] = { exactly(0), exactly(0), exactly(0) };
	assert_near(claim_elasticity(time, power, one_group, 3).value, 1, 0);
	for (int i = 0; i < 3; i++)
		time[i].scatter = 0.005;
	assert_true(isnan(claim_elasticity(time, power, one_group, 3).value));
}

static void what_does_not_cancel_turns_it(void **state)
{
	(void)state;
	const struct estimate time[] = { exactly(-1), exactly(0), exactly(1) };
	struct estimate power[] = { exactly(0), exactly(0), exactly(0) };
	power[0].shared = power[2].shared = 0.02;
	assert_near(claim_elasticity(time, power, one_group, 3).shared, 0.02, 1e-15);
}

static void names_are_those_of_files(void **state)
{
	(void)state;
	assert_string_equal(claim_verdict_name(CLAIM_NOT_TESTABLE), "not testable");
	assert_string_equal(claim_quantifier_name(CLAIM_ANY), "any");
	assert_string_equal(claim_verdict_name(CLAIM_VERDICTS), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_verdict_is_definite_where_the_interval_is_clear_of_both_ends),
		cmocka_unit_test(the_end_of_the_interval_is_where_p_is_5_percent),
		cmocka_unit_test(what_does_not_cancel_counts),
		cmocka_unit_test(without_an_interval_there_is_no_test),
		cmocka_unit_test(each_is_as_certain_as_the_least_certain_point),
		cmocka_unit_test(any_is_the_other_way_round),
		cmocka_unit_test(a_point_that_was_not_tested_could_lie_anywhere),
		cmocka_unit_test(holm_steps_down),
		cmocka_unit_test(holm_leaves_out_what_is_no_test),
		cmocka_unit_test(elasticity_is_least_squares),
		cmocka_unit_test(it_needs_three_points_that_differ),
		cmocka_unit_test(scatter_of_times_widens_it),
		cmocka_unit_test(luck_does_not_narrow_it),
		cmocka_unit_test(groups_have_levels_of_their_own),
		cmocka_unit_test(slopes_of_groups_that_differ_widen_it),
		cmocka_unit_test(few_groups_that_happen_to_agree_do_not_narrow_it),
		cmocka_unit_test(times_that_hardly_differ_have_no_slope),
		cmocka_unit_test(what_does_not_cancel_turns_it),
		cmocka_unit_test(names_are_those_of_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
