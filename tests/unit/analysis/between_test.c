/* What cancels between two machines, by hand; and that each term the sources charge has been thought about. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "between.h"
#include "derived.h"
#include "unit.h"

static struct joules energy(double value)
{
	return (struct joules){ .value = value };
}

static struct joules with(double value, const char *name, double u, enum share share)
{
	struct joules joules = energy(value);
	budget_add(&joules.budget, name, 'B', u, INFINITY, share);
	joules.expanded = budget_expand(&joules.budget);
	return joules;
}

static struct between_shared between(const struct joules *a, const struct joules *b, bool one_meter, bool above_idle)
{
	return between_shared(&a, 1, &b, 1, (struct between_how){ .one_meter = one_meter, .above_idle = above_idle });
}

static void a_gain_cancels_of_one_meter_alone(void **state)
{
	(void)state;
	struct joules a = with(200, "gain", 0.2, SHARE_RELATIVE), b = with(1000, "gain", 1, SHARE_RELATIVE);
	assert_near(between(&a, &b, true, false).meter, 0, 1e-15);
	assert_near(between(&a, &b, true, true).meter, 0, 1e-15);
	assert_near(between(&a, &b, false, false).meter, 0.001 * sqrt(2), 1e-15);
	assert_near(between(&a, &b, false, false).machine, 0, 0);
	b = with(1000, "gain", 3, SHARE_RELATIVE); /* said to be known less well: the rest stays */
	assert_near(between(&a, &b, true, false).meter, 0.002, 1e-15);
	b = energy(1000);
	assert_near(between(&a, &b, true, false).meter, 0.001, 1e-15);
	assert_near(between(&b, &a, true, false).meter, 0.001, 1e-15);
}

static void an_offset_cancels_as_far_as_powers_are_alike(void **state)
{
	(void)state;
	static const char *const names[] = { "range", "certificate-3", "certificate-line-3" };
	for (size_t i = 0; i < 3; i++) {
		struct joules a = with(1000, names[i], 4, SHARE_ABSOLUTE), same = with(500, names[i], 2, SHARE_ABSOLUTE);
		struct joules half = with(2000, names[i], 4, SHARE_ABSOLUTE), far = with(4e9, names[i], 4, SHARE_ABSOLUTE);
		assert_near(between(&a, &same, true, false).meter, 0, 1e-12);
		assert_near(between(&a, &half, true, false).meter, sqrt(0.004 * 0.002), 1e-12);
		assert_near(between(&half, &a, true, false).meter, sqrt(0.004 * 0.002), 1e-12);
		assert_near(between(&a, &far, true, false).meter, 0.004, 1e-8);
		assert_near(between(&a, &same, true, true).meter, 0.004 * sqrt(2), 1e-12); /* it has gone out of either already */
		assert_near(between(&a, &same, false, false).meter, 0.004 * sqrt(2), 1e-12);
	}
}

static void a_meter_drifts(void **state)
{
	(void)state;
	struct joules a = with(200, "gain", 0.2, SHARE_RELATIVE), b = with(1000, "gain", 1, SHARE_RELATIVE);
	const struct joules *over = &a, *under = &b;
	struct between_how how = { .one_meter = true, .years = 0.25 };
	assert_near(between_shared(&over, 1, &under, 1, how).meter, 0.00025, 1e-12);
	how.years = 40; /* as two meters at worst */
	assert_near(between_shared(&over, 1, &under, 1, how).meter, 0.001 * sqrt(2), 1e-12);
	how.years = NAN;
	assert_near(between_shared(&over, 1, &under, 1, how).meter, 0.001 * sqrt(2), 1e-12);
	a = with(1000, "range", 4, SHARE_ABSOLUTE);
	b = with(500, "range", 2, SHARE_ABSOLUTE);
	how.years = 0.5;
	assert_near(between_shared(&over, 1, &under, 1, how).meter, 0.002, 1e-12);
}

/* Between other points of one certificate the error is another one. */
static void another_stretch_of_a_certificate_is_another_cause(void **state)
{
	(void)state;
	struct joules a = with(1000, "certificate-3", 3, SHARE_ABSOLUTE), b = with(1000, "certificate-4", 4, SHARE_ABSOLUTE);
	assert_near(between(&a, &b, true, false).meter, 0.005, 1e-12);
	const struct joules *several[] = { &a, &b };
	assert_near(between_shared(several, 2, several, 2, (struct between_how){ .one_meter = true }).meter, sqrt(2) * 0.0035, 1e-12);
}

static void what_is_of_a_machine_never_cancels(void **state)
{
	(void)state;
	struct joules a = with(1000, "supply-lag", 3, SHARE_ABSOLUTE), b = with(1000, "supply-lag", 4, SHARE_ABSOLUTE);
	assert_near(between(&a, &b, true, false).machine, 0.005, 1e-12);
	assert_near(between(&a, &b, true, false).meter, 0, 0);
	a = with(1000, "power-factor", 3, SHARE_RELATIVE);
	b = with(1000, "power-factor", 4, SHARE_RELATIVE);
	assert_near(between(&a, &b, true, false).meter, 0.005, 1e-12);
	a = with(1000, "not thought of", 3, SHARE_RELATIVE);
	b = with(1000, "not thought of", 4, SHARE_RELATIVE);
	assert_near(between(&a, &b, true, false).machine, 0.005, 1e-12);
}

static void scatter_and_what_stands_beside_do_not_count(void **state)
{
	(void)state;
	struct joules a = with(1000, "noise", 3, SHARE_NONE), b = with(1000, "definition", 4, SHARE_BESIDE);
	assert_near(between(&a, &b, true, false).machine, 0, 0);
	assert_near(between(&a, &b, true, false).meter, 0, 0);
}

/* Two readings of a coarse display, alike: no scatter tells of its step. */
static void what_scatter_does_not_show_counts_for_the_meter(void **state)
{
	(void)state;
	struct joules a = with(1000, "quantum", 3, SHARE_NONE), b = with(500, "quantum", 2, SHARE_NONE);
	const struct joules *over[] = { &a, &a }, *under[] = { &b, &b };
	struct between_shared shared = between_shared(over, 2, under, 2, (struct between_how){ .one_meter = true });
	assert_near(shared.meter, 0.005, 1e-12);
	assert_near(shared.machine, 0, 0);
}

static struct between_meter meter(void)
{
	return (struct between_meter){ .maker = "YOKOGAWA", .model = "WT310E", .serial = "C3", .firmware = "F1.04", .certificate = "{}",
				       .voltage = 300, .current = 2 };
}

static void one_meter_in_one_state(void **state)
{
	(void)state;
	struct between_meter a = meter(), b = meter();
	assert_null(between_difference(&a, &b));
	b.serial = "C4";
	assert_string_equal(between_difference(&a, &b), "another meter");
	b = meter();
	b.maker = "Hioki";
	assert_string_equal(between_difference(&a, &b), "another meter");
	b = meter();
	b.simulated = true;
	assert_string_equal(between_difference(&a, &b), "another meter");
	b = meter();
	a.serial = b.serial = "";
	assert_non_null(strstr(between_difference(&a, &b), "no serial number"));
	a = b = meter();
	b.firmware = "F1.05";
	assert_non_null(strstr(between_difference(&a, &b), "firmware"));
	b = meter();
	b.certificate = "{\"number\":2}";
	assert_non_null(strstr(between_difference(&a, &b), "certificate"));
	b = meter();
	b.current = 5;
	assert_non_null(strstr(between_difference(&a, &b), "range"));
	b.current = NAN;
	assert_non_null(strstr(between_difference(&a, &b), "range"));
	assert_non_null(strstr(between_difference(&b, &a), "range"));
	a.current = a.voltage = b.voltage = NAN;
	assert_string_equal(between_difference(&a, &b), "which range the meter was in is not told");
	a.no_ranges = true;
	assert_string_equal(between_difference(&a, &b), "which range the meter was in is not told");
	b.no_ranges = true;
	assert_null(between_difference(&a, &b));
	a = b = meter();
	b.integrated = true;
	assert_non_null(strstr(between_difference(&a, &b), "integrator"));
	b.doubt = "it had several";
	assert_string_equal(between_difference(&a, &b), "it had several");
	assert_string_equal(between_difference(&b, &a), "it had several");
}

static void the_delay_product_has_the_clock_twice(void **state)
{
	(void)state;
	struct joules run = with(300, "host-clock", 0.3, SHARE_ABSOLUTE), edp, time, scaled;
	budget_add(&run.budget, "gain", 'B', 0.6, INFINITY, SHARE_RELATIVE);
	derived_edp(&run, 10, &edp);
	assert_near(edp.value, 3000, 1e-12);
	assert_near(budget_term(&edp.budget, "gain")->u, 6, 1e-12);
	assert_near(budget_term(&edp.budget, "host-clock")->u, 6, 1e-12);
	assert_near(edp.expanded.u, 6 * sqrt(2), 1e-12);
	derived_time(&run, 10, &time);
	assert_near(time.value, 10, 0);
	assert_null(budget_term(&time.budget, "gain"));
	assert_near(budget_term(&time.budget, "host-clock")->u, 0.01, 1e-15);
	derived_scaled(&run, 0.5, &scaled);
	assert_near(scaled.value, 150, 0);
	assert_near(budget_term(&scaled.budget, "gain")->u, 0.3, 1e-15);
	run.budget.overflowed = true;
	derived_edp(&run, 10, &edp);
	assert_true(isnan(edp.expanded.U));
}

/* ---- every name that is charged ---- */

static void judge_names_in(const char *path, size_t *seen)
{
	char line[1000], name[40];
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	for (bool open = false; fgets(line, sizeof line, file);) {
		const char *charge = strstr(line, "energy_charge(energy,"), *quote = strchr(charge ? charge : line, '"');
		open = charge || open;
		if (!open || !quote || sscanf(quote, "\"%39[a-z-]\"", name) != 1)
			continue;
		bool common = strstr(quote, "SHARE_RELATIVE") || strstr(quote, "SHARE_ABSOLUTE") || strstr(quote, ", share,");
		if (common && between_rule_of(name) == BETWEEN_UNJUDGED)
			fail_msg("%s charges \"%s\": say in between.h whether it cancels between machines", path, name);
		*seen += common;
		open = false;
	}
	fclose(file);
}

static void every_term_has_been_thought_about(void **state)
{
	(void)state;
	char path[500];
	size_t seen = 0;
	DIR *folder = opendir(TEST_SOURCE_DIR "/host/analysis");
	assert_non_null(folder);
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		snprintf(path, sizeof path, TEST_SOURCE_DIR "/host/analysis/%s", entry->d_name);
		if (strstr(entry->d_name, ".c"))
			judge_names_in(path, &seen);
	}
	closedir(folder);
	assert_true(seen >= 18);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gain_cancels_of_one_meter_alone),
		cmocka_unit_test(an_offset_cancels_as_far_as_powers_are_alike),
		cmocka_unit_test(a_meter_drifts),
		cmocka_unit_test(another_stretch_of_a_certificate_is_another_cause),
		cmocka_unit_test(what_is_of_a_machine_never_cancels),
		cmocka_unit_test(scatter_and_what_stands_beside_do_not_count),
		cmocka_unit_test(what_scatter_does_not_show_counts_for_the_meter),
		cmocka_unit_test(one_meter_in_one_state),
		cmocka_unit_test(the_delay_product_has_the_clock_twice),
		cmocka_unit_test(every_term_has_been_thought_about),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
