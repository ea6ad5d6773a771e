/* Flags of whole campaigns, and how they are told: a run far off, a drift, a memory; nothing where nothing is planted. */
#include "fixture.h"

#include "export.h"
#include "flags.h"
#include "table.h"

/* Twenty-four runs of two arms that take turns; a pattern of +-0.3 % that no trend nor memory is in. */
static struct campaign_file alternating(double (*plant)(int run))
{
	static const double scatter[] = { 1, -2, 2, -1, 0, 3, -3, 1, -1, 2, -2, 0 };
	struct campaign_file file = fixture_empty();
	for (int i = 0; i < 24; i++) {
		double factor = (1 + 0.001 * scatter[(i / 2 + (i % 2 ? 5 : 0)) % 12]) * (plant ? plant(i) : 1);
		fixture_run(&file, "sort", "", i % 2 ? "ft" : "gil", i % 2 ? 2 : 4, (i % 2 ? 200 : 400) * factor);
	}
	return file;
}

static double one_far_off(int run)
{
	return run == 9 ? 1.05 : 1;
}

static double warming(int run)
{
	return 1 + 0.001 * run;
}

static double slow_wave(int run)
{
	return 1 + 0.02 * sin(2 * 3.14159265 * run / 24 * 2 + 0.4);
}

static struct flags flags_of(const struct campaign_file *file, struct summary *summary)
{
	struct flags flags;
	assert_int_equal(summary_make(file, summary), 0);
	assert_int_equal(flags_find(summary, &flags), 0);
	return flags;
}

static void alike_runs_have_no_flags(void **state)
{
	(void)state;
	struct campaign_file file = alternating(NULL);
	struct summary summary;
	struct text text = TEXT_INIT;
	struct flags flags = flags_of(&file, &summary);
	assert_int_equal(flags.n_outliers, 0);
	assert_int_equal(flags.n_runs, 24);
	assert_false(flags.order.drifts || flags.order.remembers);
	flags_say_outliers(&flags, &text);
	flags_say_order(&flags, &text);
	assert_int_equal(text.length, 0);
	flags_free(&flags);
	summary_free(&summary);
	fixture_free(&file);
}

static void a_run_far_off_is_named(void **state)
{
	(void)state;
	struct campaign_file file = alternating(one_far_off);
	struct summary summary;
	struct text text = TEXT_INIT;
	struct flags flags = flags_of(&file, &summary);
	assert_int_equal(flags.n_outliers, 1);
	assert_int_equal(flags.outliers[0].result->run, 10);
	assert_near(flags.outliers[0].off, 0.05, 0.004);
	assert_true(flags.outliers[0].score > ODDITIES_SCORE);
	flags_say_outliers(&flags, &text);
	assert_non_null(strstr(text_string(&text), "far off: run 10 (+"));
	assert_non_null(strstr(text_string(&text), "not left out"));
	assert_int_equal(summary.groups[1].n, 12); /* it counts all the same */
	text_free(&text);
	flags_free(&flags);
	summary_free(&summary);
	fixture_free(&file);
}

static void a_drift_is_told_with_what_it_does_to_ratios(void **state)
{
	(void)state;
	struct campaign_file file = alternating(warming);
	struct summary summary;
	struct text text = TEXT_INIT;
	struct flags flags = flags_of(&file, &summary);
	assert_true(flags.order.drifts);
	assert_near(flags.change, 0.023, 0.004);
	assert_near(flags.moved, 0.001, 0.0002); /* arms that take turns are one run apart */
	flags_say_order(&flags, &text);
	assert_non_null(strstr(text_string(&text), "drift: energies changed by +2"));
	text_free(&text);
	flags_free(&flags);
	summary_free(&summary);
	fixture_free(&file);
}

static void one_arm_after_the_other_takes_the_drift(void **state)
{
	(void)state;
	struct campaign_file file = fixture_empty();
	for (int i = 0; i < 24; i++)
		fixture_run(&file, "sort", "", i < 12 ? "ft" : "gil", 2, (i < 12 ? 200 : 300) * warming(i) * (1 + 1e-4 * (i % 3)));
	struct summary summary;
	struct flags flags = flags_of(&file, &summary);
	assert_true(flags.order.drifts);
	assert_near(flags.moved, 0.012, 0.002);
	flags_free(&flags);
	summary_free(&summary);
	fixture_free(&file);
}

static void a_memory_is_told(void **state)
{
	(void)state;
	struct campaign_file file = alternating(slow_wave);
	struct summary summary;
	struct text text = TEXT_INIT;
	struct flags flags = flags_of(&file, &summary);
	assert_true(flags.order.remembers);
	assert_true(flags.order.inflation > 1.5);
	flags_say_order(&flags, &text);
	assert_non_null(strstr(text_string(&text), "resemble the ones before"));
	text_free(&text);
	flags_free(&flags);
	summary_free(&summary);
	fixture_free(&file);
}

static void groups_of_few_are_not_judged(void **state)
{
	(void)state;
	struct campaign_file file = fixture_empty();
	for (int i = 0; i < 4; i++)
		fixture_run(&file, "sort", "", "gil", 2, i == 2 ? 300 : 200);
	struct summary summary;
	struct flags flags = flags_of(&file, &summary);
	assert_int_equal(flags.n_outliers, 0);
	flags_free(&flags);
	summary_free(&summary);
	file.n_results = 0;
	flags = flags_of(&file, &summary);
	assert_int_equal(flags.n_runs, 0);
	flags_free(&flags);
	summary_free(&summary);
	fixture_free(&file);
}

static void table_and_export_say_it(void **state)
{
	(void)state;
	static const struct table_options options = { .columns = 400, .unicode = true };
	struct campaign_file file = alternating(one_far_off);
	struct text table = TEXT_INIT, json = TEXT_INIT;
	assert_int_equal(report_table(&file, &options, &table), 0);
	assert_non_null(strstr(text_string(&table), "far off: run 10"));
	assert_int_equal(report_json(&file, &json), 0);
	json_t *root = json_loads(text_string(&json), 0, NULL), *outliers = json_object_get(json_object_get(root, "flags"), "outliers");
	assert_int_equal(json_array_size(outliers), 1);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(outliers, 0), "run")), 10);
	json_decref(root);
	text_free(&table);
	text_free(&json);
	fixture_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alike_runs_have_no_flags),
		cmocka_unit_test(a_run_far_off_is_named),
		cmocka_unit_test(a_drift_is_told_with_what_it_does_to_ratios),
		cmocka_unit_test(one_arm_after_the_other_takes_the_drift),
		cmocka_unit_test(a_memory_is_told),
		cmocka_unit_test(groups_of_few_are_not_judged),
		cmocka_unit_test(table_and_export_say_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
