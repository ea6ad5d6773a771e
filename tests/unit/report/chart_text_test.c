/* Which checks belong to one chart, and what is said of it. */
#include <stdio.h>

#include "unit.h"

#include "chart_text.h"

#define NIGHTS 24

static struct check_entry night(int day, double watts, bool simulated)
{
	return (struct check_entry){
		.kind = "reference", .time = 1763790000. + 86400. * day, .device = "wall", .serial = "C2PH", .against = "100 W",
		.value = watts, .reference = 100, .passed = true, .simulated = simulated,
	};
}

static struct text charts_of(const struct check_entry *entries, size_t n, bool *in_control)
{
	struct text text = TEXT_INIT;
	assert_int_equal(report_charts(entries, n, NULL, &text, in_control), 0);
	return text;
}

static void test_what_is_simulated_has_a_chart_of_its_own(void **state)
{
	struct check_entry entries[2 * NIGHTS];
	bool in_control;
	(void)state;
	for (int i = 0; i < 2 * NIGHTS; i++) /* a twin that reads 5 % more, checked on the same evenings */
		entries[i] = night(i / 2, (i % 2 ? 105 : 100) + 0.01 * ((i / 2 * 7) % 5), i % 2);
	struct text text = charts_of(entries, 2 * NIGHTS, &in_control);
	assert_true(in_control);
	assert_non_null(strstr(text_string(&text), "\nSIMULATED  wall"));
	text_free(&text);
}

static void test_a_wild_night_is_said_to_be_left_out(void **state)
{
	struct check_entry entries[NIGHTS];
	bool in_control;
	(void)state;
	for (int i = 0; i < NIGHTS; i++)
		entries[i] = night(i, i == 10 ? 101 : 100 + 0.001 * ((i * 7) % 5), false);
	struct text text = charts_of(entries, NIGHTS, &in_control);
	assert_true(in_control);
	assert_non_null(strstr(text_string(&text), "from the first 20 points without 1 far off)"));
	text_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_simulated_has_a_chart_of_its_own),
		cmocka_unit_test(test_a_wild_night_is_said_to_be_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
