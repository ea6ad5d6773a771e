/* Statistics against reference values of scipy 1.10 (t.ppf, and Welch's interval on logarithms from its parts). */
#include <stdio.h>

#include "unit.h"

#include "result.h"
#include "statistics.h"

static void quantiles_agree_with_scipy(void **state)
{
	(void)state;
	assert_near(statistics_t_quantile(0.975, 1), 12.706204736432095, 1e-9);
	assert_near(statistics_t_quantile(0.975, 2.5), 3.5746548420118773, 1e-9);
	assert_near(statistics_t_quantile(0.975, 4), 2.7764451051977987, 1e-9);
	assert_near(statistics_t_quantile(0.975, 10), 2.2281388519649385, 1e-9);
	assert_near(statistics_t_quantile(0.975, 30.5), 2.04086944518632, 1e-9);
	assert_near(statistics_t_quantile(0.975, 1e5), 1.9599877075346093, 1e-8);
	assert_near(statistics_t_quantile(0.95, 7), 1.894578605061305, 1e-9);
	assert_near(statistics_t_quantile(0.025, 3), -3.1824463052842638, 1e-9);
	assert_near(statistics_t_quantile(0.975, INFINITY), 1.959963984540054, 1e-12);
	assert_true(isnan(statistics_t_quantile(0.975, 0)));
	assert_true(isnan(statistics_t_quantile(1, 5)));
	assert_true(isnan(statistics_t_quantile(0.975, NAN)));
}

static void interval_of_times(void **state)
{
	(void)state;
	const double times[] = {101.2, 99.8, 100.5, 102.1, 98.9};
	struct interval interval;
	statistics_interval(times, 5, &interval);
	assert_near(interval.estimate, 100.5, 1e-12);
	assert_near(interval.low, 98.9666580734344, 1e-9);
	assert_near(interval.high, 102.0333419265656, 1e-9);
	statistics_interval(times, 1, &interval);
	assert_near(interval.estimate, 101.2, 0);
	assert_true(isnan(interval.low) && isnan(interval.high));
	statistics_interval(times, 0, &interval);
	assert_true(isnan(interval.estimate));
}

static void ratio_is_welch_on_logarithms(void **state)
{
	(void)state;
	const double a[] = {101.2, 99.8, 100.5, 102.1, 98.9}, b[] = {80.1, 79.2, 81.5, 80.4};
	struct interval ratio;
	statistics_ratio(a, 5, b, 4, 0, &ratio);
	assert_near(ratio.estimate, 1.251546502940235, 1e-12);
	assert_near(ratio.low, 1.2276817003841334, 1e-9);
	assert_near(ratio.high, 1.2758752114101122, 1e-9);
	statistics_ratio(a, 5, b, 4, 0.004, &ratio);
	assert_near(ratio.low, 1.2268150502900588, 1e-9);
	assert_near(ratio.high, 1.2767765187194204, 1e-9);
}

static void ratio_without_enough_says_so(void **state)
{
	(void)state;
	const double a[] = {2, 2.1}, b[] = {1, -1}, one[] = {1};
	struct interval ratio;
	statistics_ratio(a, 2, b, 2, 0, &ratio);
	assert_true(isnan(ratio.estimate));
	statistics_ratio(a, 2, one, 1, 0, &ratio);
	assert_near(ratio.estimate, sqrt(2 * 2.1), 1e-12);
	assert_true(isnan(ratio.low) && isnan(ratio.high));
	statistics_ratio(a, 2, one, 0, 0, &ratio);
	assert_true(isnan(ratio.estimate));
	const double same[] = {3, 3};
	statistics_ratio(same, 2, same, 2, 0, &ratio);
	assert_true(isnan(ratio.low) && isnan(ratio.high));
}

static struct joules joules(double value, double gain, double range)
{
	struct joules joules = {.value = value};
	budget_add(&joules.budget, "gain", 'B', gain * value, INFINITY, SHARE_RELATIVE);
	budget_add(&joules.budget, "range", 'B', range, INFINITY, SHARE_ABSOLUTE);
	budget_add(&joules.budget, "noise", 'A', 0.1, 20, SHARE_NONE);
	joules.expanded = budget_expand(&joules.budget);
	return joules;
}

static void mean_does_not_shrink_what_is_shared(void **state)
{
	(void)state;
	struct joules runs[] = {joules(100, 0.001, 0.5), joules(103, 0.001, 0.5), joules(98, 0.001, 0.5)};
	const struct joules *const list[] = {&runs[0], &runs[1], &runs[2]};
	struct mean_energy mean;
	statistics_mean(list, 3, &mean);
	assert_near(mean.mean, 100.33333333333333, 1e-12);
	assert_near(mean.scatter, 2.5166114784235836, 1e-12);
	assert_near(mean.u_shared, 0.509967428153777, 1e-12);
	assert_near(mean.expanded.u, 1.5398629448392118, 1e-12);
	assert_near(mean.expanded.nu, 2.5231094240509746, 1e-9);
	assert_near(mean.expanded.U, 5.468574802549147, 1e-8);
}

static void mean_of_many_keeps_the_shared_part(void **state)
{
	(void)state;
	struct joules run = joules(100, 0.001, 0.5);
	const struct joules *list[400];
	struct mean_energy mean;
	for (size_t i = 0; i < 400; i++)
		list[i] = &run;
	statistics_mean(list, 400, &mean);
	assert_near(mean.expanded.u, hypot(0.1, 0.5), 1e-12);
	statistics_mean(list, 1, &mean);
	assert_near(mean.expanded.U, run.expanded.U, 0);
	assert_true(isnan(mean.scatter));
	statistics_mean(list, 0, &mean);
	assert_true(isnan(mean.mean) && isnan(mean.expanded.U));
}

/* +1 J in one run and -1 J in the next by one cause: nothing is left of it in their mean. */
static void shared_terms_keep_their_signs(void **state)
{
	(void)state;
	struct joules runs[] = {joules(100, 0.001, 1), joules(100, 0.001, -1)};
	const struct joules *const list[] = {&runs[0], &runs[1]};
	struct mean_energy mean;
	statistics_mean(list, 2, &mean);
	assert_near(mean.u_shared, 0.1, 1e-12);
}

/* Offset o: |o / P_a - o / P_b| relative; gain cancels. */
static void shared_ratio_is_what_does_not_cancel(void **state)
{
	(void)state;
	struct joules a = joules(3000, 0.001, 10 * 0.3), b = joules(1000, 0.001, 8 * 0.3); /* 300 W over 10 s, 125 W over 8 s */
	const struct joules *const list_a[] = {&a, &a}, *const list_b[] = {&b};
	assert_near(statistics_shared_ratio(list_a, 2, list_b, 1), 0.3 * (1 / 125.0 - 1 / 300.0), 1e-12);
	assert_near(statistics_shared_ratio(list_a, 2, list_a, 2), 0, 1e-15);
	struct joules c = joules(1000, 0.001, 0); /* a meter without the term */
	const struct joules *const list_c[] = {&c};
	assert_near(statistics_shared_ratio(list_c, 1, list_b, 1), 2.4 / 1000, 1e-12);
	assert_near(statistics_shared_ratio(list_b, 1, list_c, 1), 2.4 / 1000, 1e-12);
}

/* One arm has been corrected by a certificate, or was measured in another range: its gain is not the other's. */
static void shared_ratio_keeps_a_gain_of_one_arm(void **state)
{
	(void)state;
	struct joules a = joules(1500, 0.001, 0), b = joules(2050, 0, 0), c = joules(2050, 0.004, 0), d = joules(2050, 0.001, 0);
	const struct joules *const list_a[] = {&a}, *const list_b[] = {&b}, *const list_c[] = {&c}, *const list_d[] = {&d};
	assert_near(statistics_shared_ratio(list_a, 1, list_b, 1), 0.001, 1e-12);
	assert_near(statistics_shared_ratio(list_b, 1, list_a, 1), 0.001, 1e-12);
	assert_near(statistics_shared_ratio(list_a, 1, list_c, 1), 0.003, 1e-12);
	assert_near(statistics_shared_ratio(list_a, 1, list_d, 1), 0, 1e-15);
}

static struct joules with_own(double value, const char *name, char type, double u)
{
	struct joules joules = {.value = value};
	budget_add(&joules.budget, name, type, u, INFINITY, SHARE_NONE);
	joules.expanded = budget_expand(&joules.budget);
	return joules;
}

/* Two readings of one coarse counter are alike: their scatter says nothing, and the step stays. */
static void identical_readings_are_no_certainty(void **state)
{
	(void)state;
	struct joules run = with_own(2160, "quantum", 'B', 150);
	const struct joules *const list[] = {&run, &run};
	struct mean_energy mean;
	statistics_mean(list, 2, &mean);
	assert_near(mean.expanded.u, 150, 1e-9);
	assert_near(mean.expanded.U, 1.959963984540054 * 150, 1e-6);
	double shared = statistics_shared_ratio(list, 2, list, 2);
	assert_near(shared, 150 / 2160.0 * sqrt(2), 1e-12);
	const double values[] = {2160, 2160};
	struct interval ratio;
	statistics_ratio(values, 2, values, 2, shared, &ratio);
	assert_near(ratio.high, exp(1.959963984540054 * shared), 1e-9);
	struct joules noise = with_own(2160, "noise", 'A', 150); /* noise has been seen */
	const struct joules *const noisy[] = {&noise, &noise};
	assert_near(statistics_unseen(noisy, 2), 0, 0);
	assert_near(statistics_unseen(list, 1), 0, 0);
}

/* Always the same stretch is missing. */
static void one_gap_in_all_runs_stays(void **state)
{
	(void)state;
	const double values[] = {1798, 1803, 1800, 1796, 1803}, others[] = {2001, 1997, 2004, 1999, 1999};
	struct joules runs[5], whole[5];
	const struct joules *list[5], *against[5];
	for (int i = 0; i < 5; i++) {
		runs[i] = with_own(values[i], "missing", 'B', 300);
		whole[i] = with_own(others[i], "zero-cross", 'B', 0.5);
		list[i] = &runs[i];
		against[i] = &whole[i];
	}
	struct mean_energy mean;
	statistics_mean(list, 5, &mean);
	double hidden = sqrt(300 * 300 - mean.scatter * mean.scatter);
	assert_near(mean.expanded.u, hypot(hidden, mean.scatter / sqrt(5)), 1e-9);
	assert_near(statistics_shared_ratio(list, 5, against, 5), hidden / 1800, 1e-12);
	struct interval ratio;
	statistics_ratio(values, 5, others, 5, statistics_shared_ratio(list, 5, against, 5), &ratio);
	assert_true(ratio.low < 0.7 && ratio.high > 1.1);
	runs[0] = with_own(1800, "missing", 'B', 300); /* of one run alone: a fifth of it is in the mean */
	for (int i = 1; i < 5; i++)
		runs[i] = with_own(1800, "missing", 'B', 0);
	assert_near(statistics_unseen(list, 5), 60, 1e-9);
}

static void scatter_that_shows_its_terms_is_all(void **state)
{
	(void)state;
	const double values[] = {100, 103, 98};
	struct joules plain[3], edges[3];
	const struct joules *without[3], *with[3];
	for (int i = 0; i < 3; i++) {
		plain[i] = with_own(values[i], "noise", 'A', 0.1);
		edges[i] = with_own(values[i], "start-edge", 'B', 2.5); /* the scatter is 2.517 */
		without[i] = &plain[i];
		with[i] = &edges[i];
	}
	struct mean_energy a, b;
	statistics_mean(without, 3, &a);
	statistics_mean(with, 3, &b);
	assert_near(b.expanded.U, a.expanded.U, 0);
	assert_near(b.expanded.nu, a.expanded.nu, 0);
	assert_near(statistics_shared_ratio(with, 3, without, 3), 0, 0);
	for (int i = 0; i < 3; i++)
		edges[i] = with_own(values[i], "start-edge", 'B', 2.6);
	statistics_mean(with, 3, &b);
	assert_near(b.expanded.U, a.expanded.U, 0); /* no less than without it, whatever k it has */
	assert_near(statistics_unseen(with, 3), sqrt(2.6 * 2.6 - 19.0 / 3), 1e-9);
}

static struct joules in_stretch(double value, int stretch)
{
	struct joules joules = {.value = value};
	char name[TERM_NAME_SIZE];
	snprintf(name, sizeof name, "certificate-%d", stretch);
	budget_add(&joules.budget, name, 'B', 0.0005 * value, INFINITY, SHARE_ABSOLUTE);
	joules.expanded = budget_expand(&joules.budget);
	return joules;
}

/* What is of one stretch between a certificate's points cancels within that alone; in a mean nothing says that stretches differ. */
static void parts_of_a_cause(void **state)
{
	(void)state;
	struct joules low = in_stretch(1000, 1), other = in_stretch(1200, 1), high = in_stretch(2000, 3);
	const struct joules *const list_low[] = {&low}, *const list_other[] = {&other}, *const list_high[] = {&high};
	const struct joules *const list_both[] = {&low, &high};
	struct mean_energy mean;
	assert_near(statistics_shared_ratio(list_low, 1, list_other, 1), 0, 1e-15);
	assert_near(statistics_shared_ratio(list_low, 1, list_high, 1), 0.0005 * sqrt(2), 1e-12);
	assert_near(statistics_shared_ratio(list_both, 2, list_low, 1), 0.0005 * sqrt(2), 1e-12);
	assert_near(statistics_shared_ratio(list_both, 2, list_both, 2), 0.0005 * sqrt(2), 1e-12);
	statistics_mean(list_both, 2, &mean);
	assert_near(mean.u_shared, 0.75, 1e-12);
}

static void families_of_names(void **state)
{
	(void)state;
	assert_true(budget_same_family("certificate-12", "certificate-3") && budget_same_family("certificate", "certificate-3"));
	assert_false(budget_same_family("certificate-line-3", "certificate-3"));
	assert_false(budget_same_family("certificate-3x", "certificate-3"));
	assert_false(budget_same_family("-3", "-4"));
}

static void names_and_lookups(void **state)
{
	(void)state;
	for (int i = 0; i < RUN_STATUSES; i++)
		assert_int_equal(run_status_parse(run_status_name((enum run_status)i)), i);
	assert_int_equal(run_status_parse("nonsense"), -1);
	assert_string_equal(run_status_name(RUN_WRONG_GIL), "wrong-gil");
	assert_string_equal(run_status_name((enum run_status)99), "unknown");
	assert_string_equal(energy_status_name(ENERGY_DEGRADED), "degraded");
	static struct result result;
	result.n_sources = 2;
	strcpy(result.sources[0].name, "wall.power");
	strcpy(result.sources[1].name, "wall");
	assert_ptr_equal(result_source(&result, "wall"), &result.sources[1]);
	assert_null(result_source(&result, "rapl"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_agree_with_scipy),
		cmocka_unit_test(interval_of_times),
		cmocka_unit_test(ratio_is_welch_on_logarithms),
		cmocka_unit_test(ratio_without_enough_says_so),
		cmocka_unit_test(mean_does_not_shrink_what_is_shared),
		cmocka_unit_test(mean_of_many_keeps_the_shared_part),
		cmocka_unit_test(shared_terms_keep_their_signs),
		cmocka_unit_test(identical_readings_are_no_certainty),
		cmocka_unit_test(one_gap_in_all_runs_stays),
		cmocka_unit_test(scatter_that_shows_its_terms_is_all),
		cmocka_unit_test(shared_ratio_is_what_does_not_cancel), cmocka_unit_test(shared_ratio_keeps_a_gain_of_one_arm),
		cmocka_unit_test(parts_of_a_cause), cmocka_unit_test(families_of_names),
		cmocka_unit_test(names_and_lookups),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
