/* A certificate's points against what the bench file claims, by hand. And the mean power of a planned run. */
#include <stdio.h>
#include <stdlib.h>

#include "planned_run.h"

#include "bench_check.h"

/* Claimed: 0.1 % of reading + 0.05 % of 600 W = 0.3 W + P / 1000. */
static const struct accuracy claimed = { .reading = 0.001, .range = 0.0005, .range_value = 600 };

static struct certificate_verdict judge(const struct certificate_point *points, int n, double low, double high)
{
	struct certificate certificate = { .n = n };
	struct certificate_verdict verdict;
	memcpy(certificate.points, points, (size_t)n * sizeof *points);
	certificate_judge(&certificate, &claimed, low, high, &verdict);
	return verdict;
}

static void test_verdicts(void **state)
{
	(void)state;
	const struct certificate_point good[] = {{50, 0.1, 0.1}, {100, -0.3, 0.05}, {500, 0.5, 0.2}};
	struct certificate_verdict v = judge(good, 3, 60, 400);
	assert_int_equal(v.verdict, CERTIFICATE_WITHIN); /* at 100 W: 0.35 <= 0.4; at 400 W: error 0.3 + U 0.2 <= 0.7 */
	assert_near(v.power, 100, 0);
	assert_near(v.limit, 0.4, 1e-12);
	const struct certificate_point bad[] = {{50, 0.1, 0.1}, {100, -0.6, 0.1}, {500, 0.5, 0.2}};
	v = judge(bad, 3, 60, 400);
	assert_int_equal(v.verdict, CERTIFICATE_OUTSIDE);
	assert_near(v.error, -0.6, 0);
	assert_int_equal(judge(bad, 3, 300, 400).verdict, CERTIFICATE_WITHIN); /* where the loads were not, it does not matter */
	const struct certificate_point vague[] = {{50, 0.1, 0.1}, {100, -0.35, 0.1}, {500, 0.5, 0.2}};
	v = judge(vague, 3, 60, 400);
	assert_int_equal(v.verdict, CERTIFICATE_OPEN);
	assert_non_null(strstr(v.reason, "uncertainty"));
	assert_int_equal(judge(good, 3, 40, 400).verdict, CERTIFICATE_OPEN); /* below the lowest point nothing is known */
	assert_int_equal(judge(good, 3, 60, 501).verdict, CERTIFICATE_OPEN);
	assert_int_equal(judge(bad, 3, 60, 501).verdict, CERTIFICATE_OUTSIDE);
	assert_int_equal(judge(good, 1, 50, 50).verdict, CERTIFICATE_WITHIN);
}

static void test_between_points(void **state)
{
	(void)state;
	const struct certificate_point points[] = {{100, 0, 0.01}, {200, 0.4, 0.05}};
	struct certificate_verdict v = judge(points, 2, 150, 150);
	assert_near(v.error, 0.2, 1e-12);
	assert_near(v.U, 0.03, 1e-12);
	assert_near(v.limit, 0.45, 1e-12);
	assert_near(judge(points, 2, 200, 200).U, 0.05, 1e-12); /* at a point, its own */
	const struct certificate_point next[] = {{100, 0.3, 0.05}, {200, 0, 5}};
	assert_int_equal(judge(next, 2, 100, 100).verdict, CERTIFICATE_WITHIN); /* whatever the neighbour's is */
}

/* What is printed is what decides: |error| + U for who claims conformity, |error| - U against him. */
static void test_the_point_that_decides(void **state)
{
	(void)state;
	const struct certificate_point vague[] = {{100, 0.3, 0.05}, {200, 0.2, 0.6}};
	struct certificate_verdict v = judge(vague, 2, 100, 200);
	assert_int_equal(v.verdict, CERTIFICATE_OPEN);
	assert_near(v.power, 200, 0);
	assert_near(v.U, 0.6, 1e-12);
	const struct certificate_point bad[] = {{100, 0.6, 0.05}, {200, 0.8, 1}};
	v = judge(bad, 2, 100, 200);
	assert_int_equal(v.verdict, CERTIFICATE_OUTSIDE);
	assert_near(v.power, 100, 0);
}

static void test_nothing_claimed(void **state)
{
	static const struct accuracy nothing = { .range_value = 600 };
	struct certificate certificate = { .n = 2, .points = {{100, 0.3, 0.05}, {200, 0.2, 0.1}} };
	struct certificate_verdict v;
	(void)state;
	certificate_judge(&certificate, &nothing, 120, 180, &v);
	assert_int_equal(v.verdict, CERTIFICATE_OPEN);
	assert_string_equal(v.reason, "no accuracy is claimed");
	assert_true(isnan(v.limit) && isnan(v.error));
}

static void test_mean_power_of_a_run(void **state)
{
	struct run run;
	struct mean_power mean;
	struct error error = ERROR_INIT;
	(void)state;
	planned_run(&run);
	for (size_t i = 0; i < run.n_channels; i++)
		snprintf(run.channels[i].device, sizeof run.channels[i].device, "%s", i == 0 ? "wall" : "other");
	assert_int_equal(bench_check_mean(&run, "wall", &mean, &error), 0);
	assert_near(mean.value, planned_between(PLANNED_START, PLANNED_STOP) / (PLANNED_STOP - PLANNED_START), 0.3);
	assert_near(mean.parts[5], 200, 1e-6);
	assert_int_equal(bench_check_mean(&run, "nobody", &mean, &error), -1);
	assert_int_equal(error.code, ERROR_CONFIG);
	error = (struct error)ERROR_INIT;
	run.channels[0].channel.role = ROLE_NONE;
	assert_int_equal(bench_check_mean(&run, "wall", &mean, &error), -1);
	assert_int_equal(error.code, ERROR_CONFIG);
	run_free(&run);
}

/* A second meter in series: a source of its own, and not in the wall's sum. */
static void test_a_check_meter_is_not_added(void **state)
{
	struct run run;
	struct result *results;
	size_t n;
	struct error error = ERROR_INIT;
	(void)state;
	planned_run_bare(&run);
	planned_meter(&run, "wall.power", ROLE_WALL, 1);
	planned_meter(&run, "check.power", ROLE_CHECK, 1);
	assert_int_equal(evaluate_run(&run, &results, &n, &error), 0);
	const struct source_result *wall = result_source(&results[0], "wall"), *check = result_source(&results[0], "check.power");
	assert_true(wall && check && check->role == ROLE_CHECK && !check->is_total);
	assert_near(wall->energy.gross.value, result_source(&results[0], "wall.power")->energy.gross.value, 0);
	assert_near(check->energy.gross.value, wall->energy.gross.value, 1e-9);
	free(results);
	run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_between_points),
		cmocka_unit_test(test_the_point_that_decides),
		cmocka_unit_test(test_nothing_claimed),
		cmocka_unit_test(test_mean_power_of_a_run),
		cmocka_unit_test(test_a_check_meter_is_not_added),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
