#include "fixture.h"

#include "summary.h"

static const struct summary_group *group_of(const struct summary *summary, const char *point, const char *arm)
{
	for (size_t i = 0; i < summary->n_groups; i++)
		if (strcmp(summary->groups[i].point, point) == 0 && strcmp(summary->groups[i].arm, arm) == 0)
			return &summary->groups[i];
	fail_msg("no group %s %s", point, arm);
	return NULL;
}

static void test_groups_in_the_order_of_the_plan(void **state)
{
	(void)state;
	struct campaign_file file = fixture_empty();
	fixture_run(&file, "nbody", "", "ft", 1, 100);
	fixture_run(&file, "mandelbrot", "threads=10", "other", 1, 100);
	fixture_run(&file, "mandelbrot", "threads=10", "ft", 1, 100);
	fixture_run(&file, "mandelbrot", "threads=2", "ft", 1, 100);
	fixture_run(&file, "mandelbrot", "threads=10", "gil", 1, 100);
	fixture_run(&file, "nbody", "", "ft", 1, 100);
	static const char *const expected[] = { "mandelbrot threads=2 ft", "mandelbrot threads=10 gil",
						"mandelbrot threads=10 ft",
						"mandelbrot threads=10 other", "nbody  ft" };
	struct summary summary;
	assert_int_equal(summary_make(&file, &summary), 0);
	assert_int_equal(summary.n_groups, 5);
	for (size_t i = 0; i < 5; i++) {
		char name[200];
		const struct summary_group *g = &summary.groups[i];
		snprintf(name, sizeof name, "%s %s %s", g->workload, g->point, g->arm);
		assert_string_equal(name, expected[i]);
	}
	assert_int_equal(summary.groups[4].n, 2);
	summary_free(&summary);
	fixture_free(&file);
}

static void test_means_and_ratio_direction(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	struct summary summary;
	assert_int_equal(summary_make(&file, &summary), 0);
	const struct summary_group *gil = group_of(&summary, "threads=2", "gil"), *ft = group_of(&summary, "threads=2", "ft");
	assert_true(gil->is_reference && !ft->is_reference && summary.compares);
	assert_true(summary.has_wall && summary.has_rapl);
	assert_int_equal(ft->n, 5);
	assert_near(ft->wall_gross.mean, 202, 1e-9);
	assert_near(gil->wall_gross.mean, 404, 1e-9);
	assert_near(ft->wall_net.mean, 202 - 60 * 1.72, 1e-9);
	assert_near(ft->wall_caused.mean, 204 - 60 * 1.72, 1e-9);
	assert_near(ft->rapl_gross.mean, 0.6 * 202, 1e-9);
	assert_near(ft->time.estimate, 1.72, 1e-9);
	assert_true(ft->time.low < 1.72 && ft->time.high > 1.72);
	assert_near(ft->rapl_fraction, 0.6, 1e-12);
	assert_near(ft->wall_power, 202 / 1.72, 0.1);
	assert_near(ft->ratio_wall.estimate, 0.5, 1e-4); /* the arm over the reference: below 1 is less energy */
	assert_true(ft->ratio_wall.low < 0.5 && ft->ratio_wall.high > 0.5 && ft->ratio_wall.high < 0.52);
	assert_near(ft->ratio_rapl.estimate, 0.5, 1e-4);
	assert_near(ft->ratio_time.estimate, 1.72 / 3.42, 1e-4);
	assert_near(gil->ratio_wall.estimate, 1, 0);
	assert_near(gil->ratio_wall.low, 1, 0);
	assert_ptr_equal(summary_reference(&summary, ft), gil);
	summary_free(&summary);
	fixture_free(&file);
}

/* A gain common to all runs stays in U of the mean, and out of the ratio. */
static void test_shared_gain_is_in_the_mean_not_in_the_ratio(void **state)
{
	(void)state;
	double widths[2], U[2];
	for (int i = 0; i < 2; i++) {
		struct campaign_file file = fixture_campaign();
		for (size_t r = 0; i && r < file.n_results; r++) {
			struct energy *wall = &file.results[r].sources[0].energy;
			*wall = fixture_energy(wall->gross.value, wall->duration, 60, 0.05);
		}
		struct summary summary;
		assert_int_equal(summary_make(&file, &summary), 0);
		const struct summary_group *ft = group_of(&summary, "threads=2", "ft");
		widths[i] = ft->ratio_wall.high - ft->ratio_wall.low;
		U[i] = ft->wall_gross.expanded.U;
		summary_free(&summary);
		fixture_free(&file);
	}
	assert_near(widths[1], widths[0], 1e-9);
	assert_true(U[1] > 5 * U[0]);
}

static void exclude(struct campaign_file *file, enum run_status status, const char *reason)
{
	struct result *result = fixture_run(file, "mandelbrot", "threads=2", "ft", 9, 5000);
	result->status = status;
	snprintf(result->reason, sizeof result->reason, "%s", reason);
}

static void test_exclusions_are_counted_with_their_reasons(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	exclude(&file, RUN_TIMEOUT, "limit of 9 s");
	exclude(&file, RUN_SIGNALLED, "SIGSEGV");
	exclude(&file, RUN_TIMEOUT, "limit of 9 s");
	exclude(&file, RUN_OK, "");
	struct source_result *wall = &file.results[file.n_results - 1].sources[0];
	wall->energy.status = ENERGY_REFUSED;
	snprintf(wall->energy.reason, sizeof wall->energy.reason, "over range");
	struct summary summary;
	assert_int_equal(summary_make(&file, &summary), 0);
	const struct summary_group *ft = group_of(&summary, "threads=2", "ft");
	assert_int_equal(ft->n, 5);
	assert_int_equal(ft->n_excluded, 4);
	assert_near(ft->wall_gross.mean, 202, 1e-9);
	assert_int_equal(summary.n_exclusions, 3);
	assert_int_equal(summary.exclusions[0].status, RUN_TIMEOUT);
	assert_int_equal(summary.exclusions[0].n, 2);
	assert_int_equal(summary.exclusions[0].run, 11);
	assert_string_equal(summary.exclusions[0].reason, "limit of 9 s");
	assert_int_equal(summary.exclusions[1].status, RUN_SIGNALLED);
	assert_int_equal(summary.exclusions[2].status, RUN_OK);
	assert_string_equal(summary.exclusions[2].reason, "wall: over range");
	assert_ptr_equal(&summary.groups[summary.exclusions[0].group], ft);
	summary_free(&summary);
	fixture_free(&file);
}

/* RAPL refused in one run: the run still counts at the wall, RAPL's mean has one less. */
static void test_rapl_refused_alone(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	file.results[0].sources[1].energy.status = ENERGY_REFUSED;
	struct summary summary;
	assert_int_equal(summary_make(&file, &summary), 0);
	const struct summary_group *ft = group_of(&summary, "threads=2", "ft");
	assert_int_equal(ft->n, 5);
	assert_int_equal(ft->wall_gross.n, 5);
	assert_int_equal(ft->rapl_gross.n, 4);
	assert_near(ft->rapl_gross.mean, 0.6 * 202.5, 1e-9);
	summary_free(&summary);
	fixture_free(&file);
}

static struct result *phase_run(struct campaign_file *file, uint32_t run, const char *phase, double joules)
{
	struct result *result = fixture_run(file, "mandelbrot", "threads=2", "ft", 2, joules);
	result->run = run;
	snprintf(result->phase, sizeof result->phase, "%s", phase);
	return result;
}

static void test_only_the_phase_that_the_plan_shows(void **state)
{
	(void)state;
	struct campaign_file file = fixture_empty();
	json_object_set_new(json_object_get(file.facts, "measures"), "mandelbrot", json_string("measured"));
	phase_run(&file, 1, "", 900);
	phase_run(&file, 1, "setup", 100);
	phase_run(&file, 1, "measured", 500);
	phase_run(&file, 2, "", 900);
	phase_run(&file, 3, "", 900)->status = RUN_FAILED;
	struct summary summary;
	assert_int_equal(summary_make(&file, &summary), 0);
	assert_int_equal(summary.n_groups, 1);
	assert_string_equal(summary.groups[0].phase, "measured");
	assert_int_equal(summary.groups[0].n, 1);
	assert_int_equal(summary.groups[0].n_excluded, 2);
	assert_near(summary.groups[0].wall_gross.mean, 500, 1e-9);
	assert_string_equal(summary.exclusions[0].reason, "phase measured was not recorded");
	assert_int_equal(summary.exclusions[1].status, RUN_FAILED);
	assert_false(summary.compares);
	summary_free(&summary);
	fixture_free(&file);
}

static void test_without_a_wall_meter_rapl_decides(void **state)
{
	(void)state;
	struct campaign_file file = fixture_empty();
	for (int i = 0; i < 4; i++) {
		struct result *result = fixture_bare(&file, "mandelbrot", "", i % 2 ? "ft" : "gil", 2 + 0.01 * i);
		fixture_source(result, "rapl", ROLE_NONE, true, fixture_energy(i % 2 ? 60 + i : 120 + i, 2, 20, 0));
	}
	file.results[3].sources[0].energy.status = ENERGY_REFUSED;
	struct summary summary;
	assert_int_equal(summary_make(&file, &summary), 0);
	assert_true(!summary.has_wall && summary.has_rapl);
	const struct summary_group *ft = group_of(&summary, "", "ft");
	assert_int_equal(ft->n, 1);
	assert_int_equal(ft->n_excluded, 1);
	assert_int_equal(ft->wall_gross.n, 0);
	assert_true(isnan(ft->wall_gross.mean) && isnan(ft->ratio_wall.estimate));
	assert_near(ft->ratio_rapl.estimate, 61 / sqrt(120.0 * 122), 1e-9);
	summary_free(&summary);
	fixture_free(&file);
}

static void test_with_no_energy_at_all_time_remains(void **state)
{
	(void)state;
	struct campaign_file file = fixture_empty();
	for (int i = 0; i < 4; i++)
		fixture_bare(&file, "mandelbrot", "", i % 2 ? "ft" : "gil", i % 2 ? 1 + 0.01 * i : 2);
	struct summary summary;
	assert_int_equal(summary_make(&file, &summary), 0);
	assert_int_equal(group_of(&summary, "", "ft")->n, 2);
	assert_near(group_of(&summary, "", "ft")->ratio_time.estimate, sqrt(1.01 * 1.03) / 2, 1e-9);
	summary_free(&summary);
	fixture_free(&file);
}

static void test_nothing(void **state)
{
	(void)state;
	struct campaign_file file = { .facts = NULL };
	struct summary summary;
	assert_int_equal(summary_make(&file, &summary), 0);
	assert_int_equal(summary.n_groups, 0);
	summary_free(&summary);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups_in_the_order_of_the_plan),
		cmocka_unit_test(test_means_and_ratio_direction),
		cmocka_unit_test(test_shared_gain_is_in_the_mean_not_in_the_ratio),
		cmocka_unit_test(test_exclusions_are_counted_with_their_reasons),
		cmocka_unit_test(test_rapl_refused_alone),
		cmocka_unit_test(test_only_the_phase_that_the_plan_shows),
		cmocka_unit_test(test_without_a_wall_meter_rapl_decides),
		cmocka_unit_test(test_with_no_energy_at_all_time_remains),
		cmocka_unit_test(test_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
