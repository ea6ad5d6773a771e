/* A value is set in a bench file; what its writer wrote besides stays byte for byte. */
#include <stdlib.h>

#include "unit.h"

#include "edit.h"
#include "schemas.h"

static const struct edit edits[] = { { "latency", "61.2 ms" }, { "latency_uncertainty", "12 ms" } };

/* The text after both are set in device `wall`, checked for differing in nothing else; NULL if it cannot be set. */
static char *set_both(const char *text)
{
	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	struct text edited = TEXT_INIT;
	struct document *before = document_parse("bench.yaml", text, strlen(text), schema_bench, &problems, &error);
	assert_non_null(before);
	const struct node *wall = node_get(before, node_get(before, document_root(before), "devices"), "wall");
	if (document_edit(before, wall, edits, 2, &edited, &error) != 0) {
		document_free(before);
		text_free(&edited);
		return NULL;
	}
	struct document *after = document_parse("bench.yaml", edited.bytes, edited.length, schema_bench, &problems, &error);
	assert_non_null(after);
	assert_false(document_differs(before, after, "devices/wall", edits, 2));
	document_free(before);
	document_free(after);
	return edited.bytes;
}

static void check(const char *before, const char *after)
{
	char *edited = set_both(before);
	assert_non_null(edited);
	assert_string_equal(edited, after);
	free(edited);
}

#define HEAD "# ours: Ωm\njoulerig: bench 1\ndevices:\n"

static void test_present_values_give_way(void **state)
{
	(void)state;
	check(HEAD "  wall: # the meter\n    driver: yokogawa_wt\n    latency: 50 ms   # vendor\n    measures: wall\n"
		   "    latency_uncertainty:   \"50 ms\" # guessed\n\n# end\n",
	      HEAD "  wall: # the meter\n    driver: yokogawa_wt\n    latency: 61.2 ms   # vendor\n    measures: wall\n"
		   "    latency_uncertainty:   12 ms # guessed\n\n# end\n");
	check(HEAD "  wall: {driver: yokogawa_wt, latency_uncertainty: 5 ms, \"serial\": 'é', latency: 4 ms}\n",
	      HEAD "  wall: {driver: yokogawa_wt, latency_uncertainty: 12 ms, \"serial\": 'é', latency: 61.2 ms}\n");
}

static void test_new_ones_get_their_own_lines(void **state)
{
	(void)state;
	check(HEAD "  wall:\n    driver: yokogawa_wt # ours\n    ranges: { voltage: 300 V, current: 2 A }\n  rapl: { driver: powercap }\n",
	      HEAD "  wall:\n    driver: yokogawa_wt # ours\n    latency: 61.2 ms\n    latency_uncertainty: 12 ms\n"
		   "    ranges: { voltage: 300 V, current: 2 A }\n  rapl: { driver: powercap }\n");
	check(HEAD "  wall:\n        driver: yokogawa_wt\n        latency: 3 ms\n        measures: wall",
	      HEAD "  wall:\n        driver: yokogawa_wt\n        latency: 61.2 ms\n        measures: wall\n        latency_uncertainty: 12 ms");
	check("\xef\xbb\xbf" HEAD "  wall:\r\n    driver: yokogawa_wt\r\n",
	      "\xef\xbb\xbf" HEAD "  wall:\r\n    driver: yokogawa_wt\r\n    latency: 61.2 ms\r\n    latency_uncertainty: 12 ms\r\n");
}

static void test_new_ones_go_into_braces(void **state)
{
	(void)state;
	check(HEAD "  wall: { driver: yokogawa_wt, ranges: { voltage: 300 V } }\n",
	      HEAD "  wall: { driver: yokogawa_wt, latency: 61.2 ms, latency_uncertainty: 12 ms, ranges: { voltage: 300 V } }\n");
	check("{\"joulerig\": \"bench 1\", \"devices\": {\"wall\": {\"driver\": \"yokogawa_wt\"}}}",
	      "{\"joulerig\": \"bench 1\", \"devices\": {\"wall\": {\"driver\": \"yokogawa_wt\", \"latency\": \"61.2 ms\", "
	      "\"latency_uncertainty\": \"12 ms\"}}}");
}

static void test_what_cannot_be_edited_is_refused(void **state)
{
	(void)state;
	assert_null(set_both(HEAD "  wall:\n    driver:\n      yokogawa_wt\n"));
	assert_null(set_both(HEAD "  wall:\n    driver: yokogawa_wt\n    latency: >-\n      5\n      ms\n"));
}

static bool differ(const char *a, const char *b)
{
	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	struct document *first = document_parse("a", a, strlen(a), schema_bench, &problems, &error);
	struct document *second = document_parse("b", b, strlen(b), schema_bench, &problems, &error);
	assert_true(first && second);
	bool result = document_differs(first, second, "devices/wall", edits, 2);
	document_free(first);
	document_free(second);
	return result;
}

static void test_any_other_difference_is_seen(void **state)
{
	(void)state;
	const char *good = HEAD "  wall: {driver: a, latency: 61.2 ms, latency_uncertainty: 12 ms}\n  b: {driver: x}\n";
	assert_false(differ(HEAD "  wall: {driver: a}\n  b: {driver: x}\n", good));
	assert_true(differ(HEAD "  wall: {driver: b}\n  b: {driver: x}\n", good));
	assert_true(differ(HEAD "  wall: {driver: a, serial: s}\n  b: {driver: x}\n", good));
	assert_true(differ(HEAD "  wall: {driver: a}\n  b: {driver: x, latency: 1 ms}\n", good));
	assert_true(differ(HEAD "  wall: {driver: a}\n", good));
	assert_true(differ(good, HEAD "  wall: {driver: a, latency: 61.3 ms, latency_uncertainty: 12 ms}\n  b: {driver: x}\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_present_values_give_way),
		cmocka_unit_test(test_new_ones_get_their_own_lines),
		cmocka_unit_test(test_new_ones_go_into_braces),
		cmocka_unit_test(test_what_cannot_be_edited_is_refused),
		cmocka_unit_test(test_any_other_difference_is_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
