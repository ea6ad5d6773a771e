/* What plans have in common, and what they have not, whatever way they are written in. */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "plan_digest.h"
#include "unit.h"

#define WORKLOADS "arms: { gil: { python: /a/python3, gil: on }, ft: { python: /b/python3 } }\nworkloads: { w: { command: [\"{python}\", w.py, \"{n}\"], sweep: { n: [1, 2] }, measure: work } }\n"

static const char *value(const json_t *digest, const char *key)
{
	const char *text = json_string_value(json_object_get(digest, key));
	return text ? text : "";
}

static void the_same_said_otherwise(void **state)
{
	(void)state;
	json_t *a = plan_digest("joulerig: plan 1\ntitle: one\nseed: 3\nidle: 3000 ms\n" WORKLOADS);
	json_t *b = plan_digest("joulerig: plan 1\nrepetitions: 3 # the default\n" WORKLOADS);
	assert_non_null(a);
	assert_true(json_equal(a, b));
	assert_string_equal(value(a, "idle"), "3 s");
	assert_string_equal(value(a, "workload w"), "{python} w.py {n}, measures work");
	json_decref(a);
	json_decref(b);
}

static void each_key_that_matters(void **state)
{
	(void)state;
	static const char *const others[][2] = {
		{ "repetitions: 5\n", "repetitions" }, { "order: abba\n", "order" }, { "idle: 4 s\n", "idle" }, { "guard: 0.4 s\n", "guard" },
		{ "barrier: { quiet: 2 s }\n", "barrier" }, { "settle: { within: 2 W }\n", "settle" }, { "tail: { at_most: 9 s }\n", "tail" },
		{ "wall: integrator\n", "wall" }, { "stop: { half_width: 1 % }\nrepetitions: 20\n", "stop" },
	};
	json_t *plain = plan_digest("joulerig: plan 1\n" WORKLOADS);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		char text[500];
		const char *key, *it;
		json_t *member;
		snprintf(text, sizeof text, "joulerig: plan 1\n%s" WORKLOADS, others[i][0]);
		json_t *digest = plan_digest(text);
		assert_non_null(digest);
		assert_string_not_equal(value(digest, others[i][1]), "");
		json_object_foreach(digest, key, member) {
			it = json_string_value(member);
			bool differs = strcmp(it, value(plain, key)) != 0;
			assert_true(differs == (strcmp(key, others[i][1]) == 0) || (differs && strstr(others[i][0], key)));
		}
		json_decref(digest);
	}
	json_decref(plain);
}

static void what_is_no_plan_has_none(void **state)
{
	(void)state;
	assert_null(plan_digest("joulerig: plan 2\n"));
	assert_null(plan_digest(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_said_otherwise),
		cmocka_unit_test(each_key_that_matters),
		cmocka_unit_test(what_is_no_plan_has_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
