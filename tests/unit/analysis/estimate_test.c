/* Estimates against scipy 1.10: ttest_ind (Welch) and ttest_rel on logarithms, their one-sided p, and intervals from their parts. */
#include "unit.h"

#include "estimate.h"

static const double a[] = { 101.2, 99.8, 100.5, 102.1, 98.9 }, b[] = { 80.1, 79.2, 81.5, 80.4 };
static const double c[] = { 50.1, 50.9, 49.7 }, e[] = { 61.0, 60.2, 60.9, 61.4 };

static void ratio_is_welch(void **state)
{
	(void)state;
	struct estimate ratio = estimate_ratio(a, 5, b, 4, 0);
	assert_near(ratio.value, 0.224379988962232, 1e-12);
	assert_near(ratio.scatter, 0.0080646963132988, 1e-12);
	assert_near(ratio.nu, 6.687051286730193, 1e-9);
	assert_near(ratio.shared, 0, 0);
	assert_near(2 * estimate_p_above(&ratio, 1), 3.652031200169499e-08, 1e-15);
	assert_near(estimate_p_above(&ratio, 1.24), 0.1449400553151002, 1e-9);
	assert_near(estimate_p_below(&ratio, 1.24), 0.8550599446848998, 1e-9);
	assert_near(estimate_p_below(&ratio, 1.26), 0.2163410994576686, 1e-9);
}

static void interval_at_any_confidence(void **state)
{
	(void)state;
	struct estimate ratio = estimate_ratio(a, 5, b, 4, 0);
	struct interval interval = estimate_interval(&ratio, 0.95);
	assert_near(interval.estimate, 1.251546502940235, 1e-12);
	assert_near(interval.low, 1.2276817003841334, 1e-9);
	assert_near(interval.high, 1.2758752114101122, 1e-9);
	interval = estimate_interval(&ratio, 0.9);
	assert_near(interval.low, 1.2324357800160592, 1e-9);
	assert_near(interval.high, 1.2709535656304312, 1e-9);
}

/* What is shared has no degrees of freedom of its own: it adds to u, and makes nu larger. */
static void shared_part_is_no_scatter(void **state)
{
	(void)state;
	struct estimate ratio = estimate_ratio(a, 5, b, 4, 0.004);
	assert_near(ratio.scatter, 0.0080646963132988, 1e-12);
	assert_near(estimate_u(&ratio), 0.009002184547415991, 1e-12);
	assert_near(estimate_nu(&ratio), 10.381837552473558, 1e-9);
	struct interval interval = estimate_interval(&ratio, 0.95);
	assert_near(interval.low, 1.2268150502900588, 1e-9);
	assert_near(interval.high, 1.2767765187194204, 1e-9);
	assert_near(estimate_p_above(&ratio, 1.24), 0.16329496715470826, 1e-9);
}

/* Two runs an arm, alike by luck: Welch-Satterthwaite's k falls from 4 to 2.1 as something shared is added. */
static void nothing_shared_makes_surer(void **state)
{
	(void)state;
	struct estimate alone = { .value = 0.04, .scatter = 0.01, .nu = 2, .shared = 0 }, both = alone;
	both.shared = 0.01;
	struct interval narrow = estimate_interval(&alone, 0.95), wide = estimate_interval(&both, 0.95);
	assert_near(narrow.low, exp(0.04 - 4.302652729911275 * 0.01), 1e-9);
	assert_near(wide.low, narrow.low, 1e-12);
	assert_near(estimate_p_above(&both, 1), estimate_p_above(&alone, 1), 0);
	assert_near(estimate_p_above(&both, wide.low), 0.025, 1e-12);
	both.shared = 0.1;
	assert_true(estimate_p_above(&both, 1) > estimate_p_above(&alone, 1) && estimate_interval(&both, 0.95).low < narrow.low);
	assert_near(estimate_p_above(&both, exp(0.04)), 0.5, 1e-12);
}

/* Two runs that are alike against five: what is known of the two does not come from the five. */
static void a_few_runs_do_not_borrow_freedom(void **state)
{
	(void)state;
	static const double two[] = { 104.01, 103.99 };
	struct estimate ratio = estimate_ratio(two, 2, a, 5, 0);
	assert_near(ratio.nu, 1, 0);
	assert_near(estimate_ratio(a, 5, two, 2, 0).nu, 1, 0);
	assert_true(estimate_interval(&ratio, 0.95).low < 1);
	assert_near(estimate_ratio(a, 3, a, 5, 0).nu, 2, 0);
	assert_true(estimate_ratio(a, 4, a, 5, 0).nu > 4 && estimate_ratio(c, 3, e, 4, 0).nu > 2);
}

static void blocks_are_pairs(void **state)
{
	(void)state;
	struct estimate ratio = estimate_blocks(a, b, 4, 0);
	assert_near(ratio.value, 0.2283770108785257, 1e-12);
	assert_near(ratio.scatter, 0.006476923479213295, 1e-12);
	assert_near(ratio.nu, 3, 0);
	assert_near(estimate_p_above(&ratio, 1), 2.508036141106206e-05, 1e-13);
	struct interval interval = estimate_interval(&ratio, 0.95);
	assert_near(interval.low, 1.2309233141417932, 1e-9);
	assert_near(interval.high, 1.282728528528412, 1e-9);
	assert_near(estimate_blocks(a, b, 4, 0.002).shared, 0.002, 0);
}

/* A drift of 1 % a block is in both arms of it: pairs do not see it, arms by themselves do. */
static void blocks_lose_a_drift(void **state)
{
	(void)state;
	double up[6], down[6];
	for (int i = 0; i < 6; i++) {
		up[i] = 110 * pow(1.01, i) * (1 + 1e-4 * (i % 2));
		down[i] = 100 * pow(1.01, i);
	}
	struct estimate pairs = estimate_blocks(up, down, 6, 0), arms = estimate_ratio(up, 6, down, 6, 0);
	assert_near(pairs.value, arms.value, 1e-12);
	assert_near(pairs.scatter, 2.2e-5, 1e-6);
	assert_true(arms.scatter > 0.01);
}

static void ratio_of_ratios_and_means(void **state)
{
	(void)state;
	struct estimate parts[] = { estimate_ratio(a, 5, b, 4, 0.001), estimate_ratio(c, 3, e, 4, 0.003) };
	struct estimate over = estimate_over(&parts[0], &parts[1]), mean = estimate_mean(parts, 2);
	assert_near(over.value, 0.4165476739681977, 1e-12);
	assert_near(over.scatter, 0.011447461688667834, 1e-12);
	assert_near(over.nu, 8.876726380839763, 1e-9);
	assert_near(over.shared, 0.004, 1e-15);
	assert_near(mean.value, 0.016106151978133143, 1e-12);
	assert_near(mean.scatter, 0.005723730844333917, 1e-12);
	assert_near(mean.nu, 8.876726380839763, 1e-9);
	assert_near(mean.shared, 0.002, 1e-15);
}

/* A mean of a hundred ratios has next to no scatter left, and all of what the bench does to each of them. */
static void no_mean_makes_the_shared_part_smaller(void **state)
{
	(void)state;
	struct estimate parts[100];
	for (int i = 0; i < 100; i++)
		parts[i] = estimate_ratio(a, 5, b, 4, 0.005);
	struct estimate mean = estimate_mean(parts, 100);
	assert_near(mean.scatter, 0.00080646963132988, 1e-12);
	assert_near(mean.nu, 668.7051286730193, 1e-6);
	assert_near(estimate_u(&mean), hypot(0.00080646963132988, 0.005), 1e-12);
}

/* Two one-sided tests at 2.5 % a side say what the 95 % interval says: it lies within the margin. */
static void equivalence_is_two_one_sided_tests(void **state)
{
	(void)state;
	const double x[] = { 100.4, 99.6, 100.9, 100.2, 99.5, 100.6 }, y[] = { 99.9, 100.3, 99.4, 100.1, 100.8 };
	struct estimate ratio = estimate_ratio(x, 6, y, 5, 0);
	assert_near(estimate_p_above(&ratio, 0.98), 5.529175947810384e-05, 1e-13);
	assert_near(estimate_p_below(&ratio, 1.03), 5.436347307689162e-06, 1e-14);
	struct interval interval = estimate_interval(&ratio, 0.95);
	assert_near(estimate_p_above(&ratio, interval.low), 0.025, 1e-12);
	assert_near(estimate_p_below(&ratio, interval.high), 0.025, 1e-12);
}

static void too_little_says_so(void **state)
{
	(void)state;
	const double one[] = { 2 }, negative[] = { -1, -2 }, infinite[] = { 1, INFINITY };
	struct estimate single = estimate_ratio(a, 5, one, 1, 0.001);
	assert_near(exp(single.value), exp(log(1.251546502940235) + (log(80.1) + log(79.2) + log(81.5) + log(80.4)) / 4) / 2, 1e-9);
	assert_true(isnan(single.scatter) && isnan(estimate_u(&single)) && isnan(estimate_nu(&single)));
	struct interval interval = estimate_interval(&single, 0.95);
	assert_true(isfinite(interval.estimate) && isnan(interval.low) && isnan(interval.high));
	assert_true(isnan(estimate_p_above(&single, 1)) && isnan(estimate_p_below(&single, 1)));
	assert_true(isnan(estimate_ratio(a, 2, negative, 2, 0).value));
	assert_true(isnan(estimate_ratio(infinite, 2, a, 2, 0).value));
	assert_true(isnan(estimate_ratio(a, 0, a, 2, 0).value));
	assert_true(isnan(estimate_blocks(negative, negative, 2, 0).value)); /* whose ratio would be positive */
	assert_true(isnan(estimate_blocks(a, b, 0, 0).value));
	assert_true(isnan(estimate_blocks(a, b, 1, 0).scatter));
	struct estimate mixed[] = { estimate_ratio(a, 5, b, 4, 0), single };
	struct estimate over = estimate_over(&mixed[0], &mixed[1]), mean = estimate_mean(mixed, 2);
	assert_true(isnan(estimate_u(&over)) && isnan(estimate_u(&mean)));
	assert_true(isnan(estimate_mean(mixed, 0).value));
}

/* Counts of pages, alike to the last: the next run may be a page off. */
static void without_any_scatter_nothing_is_known_of_it(void **state)
{
	(void)state;
	const double two[] = { 2, 2 }, three[] = { 3, 3 };
	struct estimate ratio = estimate_ratio(three, 2, two, 2, 0);
	struct interval interval = estimate_interval(&ratio, 0.95);
	assert_near(interval.estimate, 1.5, 1e-12);
	assert_true(isnan(interval.low) && isnan(interval.high));
	assert_true(isnan(estimate_p_above(&ratio, 1)) && isnan(estimate_p_below(&ratio, 1)));
	ratio = estimate_ratio(three, 2, two, 2, 0.01); /* but what is charged for their step is */
	assert_near(estimate_u(&ratio), 0.01, 1e-12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ratio_is_welch),
		cmocka_unit_test(interval_at_any_confidence),
		cmocka_unit_test(shared_part_is_no_scatter),
		cmocka_unit_test(nothing_shared_makes_surer),
		cmocka_unit_test(a_few_runs_do_not_borrow_freedom),
		cmocka_unit_test(blocks_are_pairs),
		cmocka_unit_test(blocks_lose_a_drift),
		cmocka_unit_test(ratio_of_ratios_and_means),
		cmocka_unit_test(no_mean_makes_the_shared_part_smaller),
		cmocka_unit_test(equivalence_is_two_one_sided_tests),
		cmocka_unit_test(too_little_says_so),
		cmocka_unit_test(without_any_scatter_nothing_is_known_of_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
