/* What an input line tells, and how losses show. */
#include "collect.h"
#include "triggers/line_input.h"

static struct line_input input;
static struct collect *collect;

static void begin(bool high)
{
	static struct fake_time time;
	time = (struct fake_time)FAKE_TIME_INIT;
	collect = collect_begin(&time.timebase);
	line_input_describe(&input, "lines", EDGE_KERNEL, false);
	line_input_begin(&input, 1000, high);
}

static void assert_edges(int n)
{
	assert_int_equal(collect_count(collect, RECORD_EDGE, 0), n);
}

static void assert_lost(unsigned n)
{
	assert_int_equal(collect_missing(collect, 0, GAP_MISSED), n);
}

static void test_edges_that_alternate(void **state)
{
	(void)state;
	begin(false);
	for (int i = 0; i < 6; i++)
		line_input_edge(&input, &collect->sink, 2000 + i, 1, i % 2 == 0, 0);
	assert_edges(6);
	assert_lost(0);
	const struct collected *first = collect_nth(collect, RECORD_EDGE, 0, 0);
	assert_int_equal(first->record.t, 2000);
	assert_string_equal(input.channel.name, "lines.level");
	assert_string_equal(input.edge.name, "lines.input");
	assert_int_equal(input.edge.source, EDGE_KERNEL);
}

static void test_two_of_a_kind(void **state)
{
	(void)state;
	begin(false);
	line_input_edge(&input, &collect->sink, 2000, 1, true, 0);
	line_input_edge(&input, &collect->sink, 3000, 1, true, 0);
	assert_edges(2);
	assert_lost(1);
	const struct collected *gap = collect_nth(collect, RECORD_GAP, 0, 0);
	assert_true(gap->gap.from == 2000 && gap->gap.to == 3000);
	line_input_edge(&input, &collect->sink, 4000, 1, false, 0);
	assert_lost(1);
	begin(true); /* the first one counts, too */
	line_input_edge(&input, &collect->sink, 2000, 1, true, 0);
	assert_lost(1);
}

static void test_a_hole_in_the_numbers(void **state)
{
	(void)state;
	begin(false);
	line_input_edge(&input, &collect->sink, 2000, 1, true, 0);
	line_input_edge(&input, &collect->sink, 9000, 1, true, 7); /* seven between: that it is a rise again is no further loss */
	assert_edges(2);
	assert_lost(7);
}

/* An edge may be on its way when the level is read: only what stays is a loss. */
static void test_a_level_that_contradicts(void **state)
{
	(void)state;
	begin(false);
	line_input_look(&input, &collect->sink, 2000, 0, true);
	assert_lost(0);
	line_input_edge(&input, &collect->sink, 1999, 1, true, 0);
	line_input_look(&input, &collect->sink, 3000, FLAG_REQUESTED, true);
	assert_lost(0);
	line_input_look(&input, &collect->sink, 4000, 0, false);
	assert_lost(0);
	line_input_look(&input, &collect->sink, 5000, 0, false);
	assert_lost(1);
	line_input_look(&input, &collect->sink, 6000, 0, false);
	assert_lost(1);
	const struct collected *gap = collect_nth(collect, RECORD_GAP, 0, 0);
	assert_true(gap->gap.from == 3000 && gap->gap.to == 5000);
	assert_int_equal(collect_count(collect, RECORD_BLOCK, 0), 5);
	assert_int_equal(collect_nth(collect, RECORD_BLOCK, 0, 1)->record.flags, FLAG_REQUESTED);
	assert_int_equal(collect_nth(collect, RECORD_BLOCK, 0, 1)->count, 1);
}

static void test_a_line_that_is_away(void **state)
{
	(void)state;
	begin(false);
	line_input_edge(&input, &collect->sink, 2000, 1, true, 0);
	for (int64_t now = 3000; now <= 5000; now += 1000)
		line_input_away(&input, &collect->sink, now);
	assert_int_equal(collect_missing(collect, 0, GAP_GONE), 3);
	for (int i = 0; i < 3; i++) {
		const struct collected *gap = collect_nth(collect, RECORD_GAP, 0, i);
		assert_true(gap->gap.from == 2000 + 1000 * i && gap->gap.to == 3000 + 1000 * i);
	}
	assert_int_equal(collect_count(collect, RECORD_BLOCK, 0), 0);
}

static void test_lines_that_are_not_there(void **state)
{
	(void)state;
	static const struct {
		const char *endpoint;
		enum error_code code;
	} cases[] = {
		{ "gpio:///dev/gpiochip-nowhere", ERROR_NOT_FOUND },
		{ "gpio://no-such-label", ERROR_NOT_FOUND },
		{ "gpio:///dev/null", ERROR_CODES },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct device_config config = { .name = "lines", .driver = "gpiod" };
		struct error error = ERROR_INIT;
		assert_int_equal(endpoint_parse(cases[i].endpoint, &config.endpoint, &error), 0);
		assert_null(driver_find("gpiod")->open(&config, NULL, &timebase_real, &error));
		assert_int_not_equal(error.code, ERROR_NONE);
		if (cases[i].code != ERROR_CODES)
			assert_int_equal(error.code, cases[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges_that_alternate),  cmocka_unit_test(test_two_of_a_kind),
		cmocka_unit_test(test_a_hole_in_the_numbers), cmocka_unit_test(test_a_level_that_contradicts),
		cmocka_unit_test(test_a_line_that_is_away),   cmocka_unit_test(test_lines_that_are_not_there),
	};
	return cmocka_run_group_tests_name("line_input", tests, NULL, NULL);
}
