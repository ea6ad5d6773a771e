/* A slot's command line and environment. */
#include <stdlib.h>

#include "command.h"
#include "plan_text.h"

static const char text[] =
	"joulerig: plan 1\n"
	"arms:\n"
	"  strong: { python: \"3.13\", environment: { SHARED: arm, ARM_ONLY: 1, PYTHON_GIL: \"1\" } }\n"
	"  plain: { python: \"3.13\" }\n"
	"workloads:\n"
	"  w:\n"
	"    command: [\"{python}\", \"{plan}/w.py\", \"--threads={threads}\", \"{threads}{scale}{threads}\", \"{ print $1 }\",\n"
	"              \"{}\", \"{\", \"{{threads}}\", \"${threads\", \"\", \"{quoted}\"]\n"
	"    sweep: { threads: [1, 2], scale: [a, \"{threads}\"], quoted: [\"{python}\"] }\n"
	"    environment: { SHARED: workload, OURS: workload, WORKLOAD_ONLY: \"a=b\", THREADS: \"{threads}\" }\n";

struct fixture {
	struct plan_text file;
	struct command command;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	assert_non_null(fixture);
	plan_text_must_load(&fixture->file, text);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	command_free(&fixture->command);
	command_free(&fixture->command); /* again is fine */
	plan_text_free(&fixture->file);
	free(fixture);
	return 0;
}

static void make(struct fixture *fixture, int arm, int point, const char *python)
{
	const struct plan *plan = &fixture->file.plan;
	struct error error = ERROR_INIT;
	assert_int_equal(command_make(plan, &plan->workloads[0], &plan->arms[arm], point, python, &fixture->command, &error), 0);
}

static void placeholders_are_filled_in(void **state)
{
	struct fixture *fixture = *state;
	char script[128];
	make(fixture, 0, 2, "/opt/python3.13"); /* threads=2 scale=a */
	char **argv = fixture->command.argv;
	snprintf(script, sizeof script, "%s/w.py", fixture->file.directory);
	assert_string_equal(argv[0], "/opt/python3.13");
	assert_string_equal(argv[1], script);
	assert_string_equal(argv[2], "--threads=2");
	assert_string_equal(argv[3], "2a2");
	assert_null(argv[11]);
}

static void other_braces_stay(void **state)
{
	struct fixture *fixture = *state;
	make(fixture, 0, 0, "/opt/python3.13");
	char **argv = fixture->command.argv;
	assert_string_equal(argv[4], "{ print $1 }");
	assert_string_equal(argv[5], "{}");
	assert_string_equal(argv[6], "{");
	assert_string_equal(argv[7], "{1}");
	assert_string_equal(argv[8], "${threads");
	assert_string_equal(argv[9], "");
}

/* A value is text: braces in it are not looked at again. */
static void values_are_not_filled_in(void **state)
{
	struct fixture *fixture = *state;
	make(fixture, 0, 1, "/opt/python3.13"); /* threads=1 scale={threads} */
	assert_string_equal(fixture->command.argv[3], "1{threads}1");
	assert_string_equal(fixture->command.argv[10], "{python}");
}

static void without_an_interpreter_the_word_stays(void **state)
{
	struct fixture *fixture = *state;
	make(fixture, 0, 0, NULL);
	assert_string_equal(fixture->command.argv[0], "{python}");
}

/* ---- environment ---- */

/* The value of a variable that is set exactly once; NULL if it is not set. */
static const char *value_of(char **environment, const char *name)
{
	const char *found = NULL;
	size_t length = strlen(name);
	for (; *environment; environment++)
		if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=') {
			assert_null(found);
			found = *environment + length + 1;
		}
	return found;
}

static void our_environment_is_kept_but_for_what_misleads(void **state)
{
	struct fixture *fixture = *state;
	setenv("OURS", "ours", 1);
	setenv("UNTOUCHED", "un=touched", 1);
	setenv("EMPTY", "", 1);
	setenv("PYTHONPATH", "/somewhere", 1);
	setenv("PYTHON_GIL", "0", 1);
	setenv("JOULERIG_MARK_FD", "7", 1);
	setenv("JOULERIG_SECRET", "x", 1);
	setenv("MYPYTHON", "kept", 1);
	make(fixture, 1, 0, "/opt/python3.13");
	char **environment = fixture->command.environment;
	assert_string_equal(value_of(environment, "UNTOUCHED"), "un=touched");
	assert_string_equal(value_of(environment, "EMPTY"), "");
	assert_string_equal(value_of(environment, "MYPYTHON"), "kept");
	assert_string_equal(value_of(environment, "PATH"), getenv("PATH"));
	assert_null(value_of(environment, "PYTHONPATH"));
	assert_null(value_of(environment, "PYTHON_GIL"));
	assert_null(value_of(environment, "JOULERIG_MARK_FD"));
	assert_null(value_of(environment, "JOULERIG_SECRET"));
}

static void arm_wins_over_workload_wins_over_ours(void **state)
{
	struct fixture *fixture = *state;
	setenv("SHARED", "ours", 1);
	setenv("OURS", "ours", 1);
	setenv("ARM_ONLY", "ours", 1);
	setenv("SHARED_NOT", "ours", 1); /* begins like a variable that is set */
	make(fixture, 0, 0, "/opt/python3.13");
	char **environment = fixture->command.environment;
	assert_string_equal(value_of(environment, "SHARED"), "arm");
	assert_string_equal(value_of(environment, "OURS"), "workload");
	assert_string_equal(value_of(environment, "ARM_ONLY"), "1");
	assert_string_equal(value_of(environment, "WORKLOAD_ONLY"), "a=b");
	assert_string_equal(value_of(environment, "THREADS"), "1"); /* of the point */
	assert_string_equal(value_of(environment, "PYTHON_GIL"), "1"); /* the arm's own is meant */
	assert_string_equal(value_of(environment, "SHARED_NOT"), "ours");
}

static void asking_an_interpreter_needs_no_workload(void **state)
{
	struct fixture *fixture = *state;
	setenv("SHARED", "ours", 1);
	unsetenv("WORKLOAD_ONLY");
	char **environment = command_environment(&fixture->file.plan.arms[0], NULL);
	assert_non_null(environment);
	assert_string_equal(value_of(environment, "SHARED"), "arm");
	assert_null(value_of(environment, "WORKLOAD_ONLY"));
	command_free_strings(environment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(placeholders_are_filled_in, set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_braces_stay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(values_are_not_filled_in, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_an_interpreter_the_word_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(our_environment_is_kept_but_for_what_misleads, set_up, tear_down),
		cmocka_unit_test_setup_teardown(arm_wins_over_workload_wins_over_ours, set_up, tear_down),
		cmocka_unit_test_setup_teardown(asking_an_interpreter_needs_no_workload, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
