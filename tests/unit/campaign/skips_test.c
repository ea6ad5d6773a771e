/* What is skipped: what an interpreter's answer means for an arm, under which environment it is asked, and when two campaigns skip alike. */
#include <jansson.h>
#include <sys/stat.h>

#include "interpreter.h"
#include "plan_text.h"
#include "skips.h"

/* Answers as a shell script would have it, but for its folder. */
static void write_script(const char *directory, const char *text, struct interpreter *interpreter)
{
	snprintf(interpreter->path, sizeof interpreter->path, "%s/python", directory);
	FILE *file = fopen(interpreter->path, "w");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s\n", text);
	fclose(file);
	assert_int_equal(chmod(interpreter->path, 0755), 0);
}

/* One workload that needs something under an arm that claims a GIL as said (or nothing). NULL: an error. */
static json_t *ask(const char *gil, const char *script, struct error *error)
{
	char text[512];
	struct plan_text file;
	struct interpreter interpreters[PLAN_ARMS_MAX] = { { .path = "" } };
	snprintf(text, sizeof text,
		 "joulerig: plan 1\narms: { a: { python: \"3\"%s, environment: { ARMS: 1 } } }\n"
		 "workloads:\n  w: { command: [x, \"{n}\"], sweep: { n: [7, 8] }, environment: { N: \"n{n}\" }, requires: { imports: [m, n.o] } }\n"
		 "  free: { command: [x] }\n", gil);
	plan_text_must_load(&file, text);
	write_script(file.directory, script, &interpreters[0]);
	json_t *skipped = skips_find(&file.plan, interpreters, error);
	unlink(interpreters[0].path);
	plan_text_free(&file);
	return skipped;
}

static void assert_runs(const char *gil, const char *script)
{
	struct error error = ERROR_INIT;
	json_t *skipped = ask(gil, script, &error);
	if (skipped == NULL || json_array_size(skipped))
		fail_msg("%s: %s", error.what, json_string_value(json_object_get(json_array_get(skipped, 0), "reason")));
	json_decref(skipped);
}

static void assert_skips(const char *gil, const char *script, const char *reason)
{
	struct error error = ERROR_INIT;
	json_t *skipped = ask(gil, script, &error);
	if (skipped == NULL)
		fail_msg("%s", error.what);
	assert_int_equal(json_array_size(skipped), 1);
	assert_true(skips_have(skipped, "w", "a"));
	assert_false(skips_have(skipped, "free", "a"));
	assert_string_equal(json_string_value(json_object_get(json_array_get(skipped, 0), "reason")), reason);
	json_decref(skipped);
}

#define ON "echo '{\"why\": \"\", \"gil_enabled\": true}'"
#define OFF "echo '{\"why\": \"\", \"gil_enabled\": false}'"

static void answers(void **state)
{
	(void)state;
	assert_runs("", ON);
	assert_runs("", OFF);
	assert_runs(", gil: on", ON);
	assert_runs(", gil: off", OFF);
	assert_skips("", "echo '{\"why\": \"no m\", \"gil_enabled\": true}'", "no m");
	assert_skips("", "kill -11 $$", "cannot import m, n.o: it was ended by signal 11 when asked");
}

/* A module that is not made for a free-threaded build switches the GIL on: such runs would not be what the arm says. */
static void the_gil_must_stay_off(void **state)
{
	(void)state;
	assert_skips(", gil: off", ON, "what it imports switches the GIL on, and the arm claims that it is off");
}

static void asked_as_a_run_would_be(void **state)
{
	(void)state;
	assert_runs("", "test \"$ARMS-$N-$4-$5\" = 1-n7-n.o- && " ON " || exit 1");
}

static void no_answer_is_no_skip(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	assert_null(ask("", "echo nonsense", &error));
	assert_int_equal(error.code, ERROR_PROTOCOL);
}

static void alike(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	json_t *one = json_pack("[{s:s, s:s, s:s}]", "workload", "w", "arm", "a", "reason", "no m"),
	       *same = json_pack("[{s:s, s:s, s:s}]", "workload", "w", "arm", "a", "reason", "no m today"),
	       *two = json_pack("[{s:s, s:s, s:s}, {s:s, s:s, s:s}]", "workload", "w", "arm", "a", "reason", "no m", "workload", "w", "arm",
				"b", "reason", "no m either"),
	       *none = json_array();
	assert_int_equal(skips_compare(one, same, "x", &error), 0);
	assert_int_equal(skips_compare(NULL, none, "x", &error), 0);
	assert_int_equal(skips_compare(two, one, "x", &error), -1);
	assert_int_equal(error.code, ERROR_CONFIG);
	assert_string_equal(error.on, "w under arm b");
	assert_string_equal(error.what, "it could be run now, and was skipped when the campaign began: no m either");
	error = (struct error)ERROR_INIT;
	assert_int_equal(skips_compare(NULL, one, "x", &error), -1);
	assert_string_equal(error.on, "w under arm a");
	assert_string_equal(error.what, "it was run when the campaign began, and cannot be now: no m");
	json_decref(one);
	json_decref(same);
	json_decref(two);
	json_decref(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers), cmocka_unit_test(the_gil_must_stay_off), cmocka_unit_test(asked_as_a_run_would_be),
		cmocka_unit_test(no_answer_is_no_skip), cmocka_unit_test(alike),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
