/* A campaign that is not finished says so, and one that is does not. */
#include <stdio.h>

#include "remaining.h"
#include "unit.h"

#define PLAN "joulerig: plan 1\nrepetitions: 2\norder: sequence\narms: { a: {}, b: {} }\nworkloads: { nap: { command: [sleep, 1] } }\n"

static struct result rows[4];

static const char *said_of(size_t n, enum run_status last, json_t *facts, struct text *text)
{
	struct campaign_file file = { .plan_text = PLAN, .facts = facts, .results = rows, .n_results = n };
	for (size_t i = 0; i < n; i++) {
		rows[i] = (struct result){ .run = (uint32_t)i + 1, .slot = (uint32_t)i, .attempt = 1, .status = i + 1 == n ? last : RUN_OK };
		snprintf(rows[i].workload, sizeof rows[i].workload, "nap");
		snprintf(rows[i].arm, sizeof rows[i].arm, "%c", "ab"[i % 2]);
	}
	text_free(text);
	remaining_say(&file, text);
	return text_string(text);
}

static void it_says_what_is_left(void **state)
{
	(void)state;
	struct text text = TEXT_INIT;
	json_t *facts = json_object(), *skipped = json_pack("{s:[{s:s, s:s, s:s}]}", "skipped", "workload", "nap", "arm", "b", "reason", "x");
	assert_string_equal(said_of(3, RUN_FAILED, facts, &text), "unfinished: 1 of 4 runs are still to be made; what is said here is of the others");
	assert_string_equal(said_of(4, RUN_INTERRUPTED, facts, &text), "unfinished: 1 of 4 runs are still to be made; what is said here is of the others");
	assert_string_equal(said_of(4, RUN_FAILED, facts, &text), "");
	assert_string_equal(said_of(1, RUN_OK, skipped, &text), "unfinished: 1 of 2 runs are still to be made; what is said here is of the others");
	text_free(&text);
	json_decref(facts);
	json_decref(skipped);
}

static void without_a_plan_nothing_is_known(void **state)
{
	(void)state;
	struct text text = TEXT_INIT;
	remaining_say(&(struct campaign_file){ .plan_text = NULL }, &text);
	remaining_say(&(struct campaign_file){ .plan_text = "not: a plan\n" }, &text);
	assert_int_equal(text.length, 0);
	text_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_what_is_left),
		cmocka_unit_test(without_a_plan_nothing_is_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
