/* Plan files: every field, the defaults, and the mistakes that no schema can tell. */
#include "clock.h"
#include "plan_text.h"

static const char full[] = "joulerig: plan 1\n"
			   "title: Everything\n"
			   "seed: 4711\n"
			   "repetitions: 17\n"
			   "stop: { half_width: 0.5 %, at_least: 12, of: [time, wall] }\n"
			   "order: abba\n"
			   "reference: ft\n"
			   "arms:\n"
			   "  gil: { python: \"3.13\", gil: on }\n"
			   "  ft:\n"
			   "    python: 3.13t\n"
			   "    gil: off\n"
			   "    environment: { PYTHON_GIL: \"0\", MALLOC_ARENA_MAX: 2 }\n"
			   "  any: { python: /usr/bin/python3 }\n"
			   "workloads:\n"
			   "  nbody:\n"
			   "    command: [\"{python}\", \"{plan}/nbody.py\", --threads, \"{threads}\", \"{scale}\"]\n"
			   "    sweep: { threads: [1, 2, 4], scale: [0.1, \"1e3\"] }\n"
			   "    measure: measured\n"
			   "    checksum: required\n"
			   "    timeout: 90 s\n"
			   "    expected: 2.5 s\n"
			   "    environment: { OMP_NUM_THREADS: 1 }\n"
			   "    requires: { imports: [numpy, scipy.fft] }\n"
			   "  whole:\n"
			   "    command: [\"{python}\", -c, pass]\n"
			   "    measure: run\n"
			   "    checksum: none\n"
			   "idle: 4 s\n"
			   "settle: { within: 500 mW, during: 3 s, at_most: 2 min }\n"
			   "guard: 250 ms\n"
			   "wall: integrator\n"
			   "tail: { within: 2 W, at_most: 20 s }\n"
			   "barrier: { quiet: 600 ms }\n"
			   "timeout: 5 min\n";

static void full_file_loads(void **state)
{
	(void)state;
	struct plan_text file;
	plan_text_must_load(&file, full);
	const struct plan *plan = &file.plan;
	assert_string_equal(plan->title, "Everything");
	assert_int_equal(plan->seed, 4711);
	assert_int_equal(plan->repetitions, 17);
	assert_near(plan->stop.half_width, 0.005, 1e-15);
	assert_int_equal(plan->stop.at_least, 12);
	assert_true(plan->stop.of[STOP_WALL] && plan->stop.of[STOP_TIME] && !plan->stop.of[STOP_RAPL]);
	assert_int_equal(plan->order, ORDER_ABBA);
	assert_int_equal(plan->reference, 1);
	assert_string_equal(plan->directory, file.directory);
	assert_string_equal(plan->text, full);
	assert_int_equal(plan->idle, 4 * NS_PER_S);
	assert_near(plan->settle_within, 0.5, 0);
	assert_int_equal(plan->settle_during, 3 * NS_PER_S);
	assert_int_equal(plan->settle_at_most, 120 * NS_PER_S);
	assert_int_equal(plan->guard, 250 * NS_PER_MS);
	assert_true(plan->integrator);
	assert_near(plan->tail_within, 2, 0);
	assert_int_equal(plan->tail_at_most, 20 * NS_PER_S);
	assert_int_equal(plan->barrier_quiet, 600 * NS_PER_MS);
	plan_text_free(&file);
}

static void arms_load(void **state)
{
	(void)state;
	struct plan_text file;
	plan_text_must_load(&file, full);
	const struct plan_arm *arms = file.plan.arms;
	assert_int_equal(file.plan.n_arms, 3);
	assert_string_equal(arms[0].name, "gil");
	assert_string_equal(arms[0].python, "3.13");
	assert_int_equal(arms[0].gil, 1);
	assert_int_equal(arms[0].environment.n, 0);
	assert_string_equal(arms[1].name, "ft");
	assert_string_equal(arms[1].python, "3.13t");
	assert_int_equal(arms[1].gil, 0);
	assert_int_equal(arms[1].environment.n, 2);
	assert_string_equal(arms[1].environment.names[0], "PYTHON_GIL");
	assert_string_equal(arms[1].environment.values[0], "0");
	assert_string_equal(arms[1].environment.names[1], "MALLOC_ARENA_MAX");
	assert_string_equal(arms[1].environment.values[1], "2");
	assert_int_equal(arms[2].gil, -1);
	plan_text_free(&file);
}

static void workloads_load(void **state)
{
	(void)state;
	struct plan_text file;
	plan_text_must_load(&file, full);
	assert_int_equal(file.plan.n_workloads, 2);
	const struct plan_workload *nbody = &file.plan.workloads[0], *whole = &file.plan.workloads[1];
	assert_string_equal(nbody->name, "nbody");
	assert_int_equal(nbody->n_arguments, 5);
	assert_string_equal(nbody->arguments[1], "{plan}/nbody.py");
	assert_string_equal(nbody->arguments[4], "{scale}");
	assert_int_equal(nbody->n_sweeps, 2);
	assert_string_equal(nbody->sweeps[0].name, "threads");
	assert_int_equal(nbody->sweeps[0].n, 3);
	assert_string_equal(nbody->sweeps[0].values[2], "4");
	assert_string_equal(nbody->sweeps[1].values[1], "1e3");
	assert_string_equal(nbody->measure, "measured");
	assert_int_equal(nbody->checksum, CHECKSUM_REQUIRED);
	assert_int_equal(nbody->timeout, 90 * NS_PER_S);
	assert_int_equal(nbody->expected, 2500 * NS_PER_MS);
	assert_int_equal(nbody->environment.n, 1);
	assert_string_equal(nbody->environment.names[0], "OMP_NUM_THREADS");
	assert_int_equal(nbody->n_imports, 2);
	assert_string_equal(nbody->imports[0], "numpy");
	assert_string_equal(nbody->imports[1], "scipy.fft");
	assert_int_equal(whole->n_imports, 0);
	assert_string_equal(whole->measure, "");
	assert_int_equal(whole->checksum, CHECKSUM_NONE);
	assert_int_equal(whole->timeout, 300 * NS_PER_S);
	assert_int_equal(whole->expected, 0);
	plan_text_free(&file);
}

static void defaults_are_those_of_the_schema(void **state)
{
	(void)state;
	struct plan_text file;
	plan_text_must_load(&file, "joulerig: plan 1\narms: { a: {}, b: {} }\nworkloads: { w: { command: [sleep, 1] } }\n");
	const struct plan *plan = &file.plan;
	assert_string_equal(plan->title, "untitled");
	assert_int_equal(plan->seed, 1);
	assert_int_equal(plan->repetitions, 3);
	assert_near(plan->stop.half_width, 0, 0);
	assert_int_equal(plan->order, ORDER_RANDOM);
	assert_int_equal(plan->reference, 0);
	assert_int_equal(plan->idle, 3 * NS_PER_S);
	assert_near(plan->settle_within, 1, 0);
	assert_int_equal(plan->settle_during, 2 * NS_PER_S);
	assert_int_equal(plan->settle_at_most, 60 * NS_PER_S);
	assert_int_equal(plan->guard, 500 * NS_PER_MS);
	assert_false(plan->integrator);
	assert_near(plan->tail_within, 1, 0);
	assert_int_equal(plan->tail_at_most, 30 * NS_PER_S);
	assert_int_equal(plan->barrier_quiet, 1500 * NS_PER_MS);
	assert_null(plan->arms[0].python);
	assert_int_equal(plan->arms[0].gil, -1);
	assert_int_equal(plan->workloads[0].checksum, CHECKSUM_OPTIONAL);
	assert_string_equal(plan->workloads[0].measure, "");
	assert_int_equal(plan->workloads[0].timeout, 600 * NS_PER_S);
	assert_int_equal(plan->workloads[0].n_sweeps, 0);
	assert_int_equal(plan_points(&plan->workloads[0]), 1);
	plan_text_free(&file);
}

/* ---- mistakes ---- */

/* Loads `text`, which must give exactly these problems, "LINE:COLUMN: beginning of the message", in this order. */
static void assert_mistakes(const char *text, const char *const *expected, size_t n)
{
	struct plan_text file;
	assert_int_equal(plan_text_load(&file, text), -1);
	assert_int_equal(file.error.code, ERROR_CONFIG);
	for (size_t i = 0; i < file.problems.n; i++) {
		char line[700];
		const char *said = problem_line(&file.problems, i, line, sizeof line) + strlen(file.path) + 1;
		if (i >= n || strncmp(said, expected[i], strlen(expected[i])) != 0)
			fail_msg("said \"%s\", not \"%s\"", said, i < n ? expected[i] : "");
	}
	assert_int_equal(file.problems.n, n);
	plan_text_free(&file);
}

static void mistakes_are_told_all_at_once(void **state)
{
	(void)state;
	static const char text[] = "joulerig: plan 1\n"                                                 /* 1 */
				   "reference: gill\n"                                                  /* 2 */
				   "arms:\n"                                                            /* 3 */
				   "  gil: { python: \"3.13\", gil: on }\n"                             /* 4 */
				   "  bare: {}\n"                                                       /* 5 */
				   "workloads:\n"                                                       /* 6 */
				   "  one:\n"                                                           /* 7 */
				   "    command: [\"{python}\", --threads, \"{thread}\", \"{plan}\"]\n" /* 8 */
				   "    sweep: { threads: [1, 2] }\n"                                   /* 9 */
				   "idle: 1 s\n"                                                        /* 10 */
				   "guard: 600 ms\n"                                                    /* 11 */
				   "barrier: { quiet: 900 ms }\n";                                      /* 12 */
	static const char *const expected[] = {
		"2:12: reference: there is no arm \"gill\"",
		"8:15: {python} is used, but arm bare names no python",
		"8:38: \"{thread}\" is not swept",
		"9:14: threads is swept, but neither command nor environment uses {threads}",
		"10:7: idle: 1 s of quiet is less than twice the guard of 0.6 s",
		"12:19: barrier: 0.9 s of quiet is less than twice the guard of 0.6 s",
	};
	assert_mistakes(text, expected, sizeof expected / sizeof *expected);
}

static void gil_needs_a_python(void **state)
{
	(void)state;
	static const char *const expected[] = {"3:8: gil: is allowed only together with key \"python\""};
	assert_mistakes("joulerig: plan 1\narms:\n  a: { gil: on }\nworkloads: { w: { command: [sleep, 1] } }\n", expected, 1);
}

#define STOPS(arms, stop) "joulerig: plan 1\narms: " arms "\nworkloads: { w: { command: [sleep, 1] } }\nrepetitions: 10\nstop: " stop "\n"

static void a_stop_by_default(void **state)
{
	(void)state;
	struct plan_text file;
	plan_text_must_load(&file, "joulerig: plan 1\narms: { a: {}, b: {} }\nworkloads: { w: { command: [sleep, 1] } }\nrepetitions: 11\n"
				   "stop: { half_width: 0.01 }\n");
	assert_int_equal(file.plan.stop.at_least, 10);
	assert_true(file.plan.stop.of[STOP_WALL] && !file.plan.stop.of[STOP_TIME] && !file.plan.stop.of[STOP_RAPL]);
	plan_text_free(&file);
	plan_text_must_load(&file, STOPS("{ a: {}, b: {} }", "{ half_width: 2 %, at_least: 5 }"));
	plan_text_free(&file);
}

static void stops_that_would_be_by_luck(void **state)
{
	(void)state;
	static const char *const luck[] = {"5:36: 4 repetitions show too little of the scatter: who stops by them stops by luck, and a 95 % interval "
					   "may hold in 90 % of campaigns only; at least 5, better 10"};
	static const char *const useless[] = {"5:7: stop: at_least is 10, and there are 10 repetitions: nothing could be spared"};
	static const char *const alone[] = {"5:7: stop: with one arm there is nothing to compare"};
	assert_mistakes(STOPS("{ a: {}, b: {} }", "{ half_width: 1 %, at_least: 4 }"), luck, 1);
	assert_mistakes(STOPS("{ a: {}, b: {} }", "{ half_width: 1 % }"), useless, 1);
	assert_mistakes(STOPS("{ a: {} }", "{ half_width: 1 %, at_least: 9 }"), alone, 1);
}

static void imports_need_a_python(void **state)
{
	(void)state;
	static const char *const expected[] = {"4:63: imports are required, but arm b names no python"};
	assert_mistakes("joulerig: plan 1\narms: { a: { python: \"3\" }, b: {} }\nworkloads:\n"
			"  w: { command: [sleep, 1], timeout: 2 s, requires: {imports: [json]} }\n",
			expected, 1);
}

/* What is missing is pointed at from above. */
static void default_idle_is_held_against_the_guard(void **state)
{
	(void)state;
	static const char *const expected[] = {"1:1: idle: 3 s of quiet", "1:1: barrier: 1.5 s of quiet"};
	assert_mistakes("joulerig: plan 1\narms: { a: {} }\nworkloads: { w: { command: [sleep, 1] } }\nguard: 2 s\n", expected,
			2);
}

static void twice_the_guard_is_enough(void **state)
{
	(void)state;
	struct plan_text file;
	plan_text_must_load(&file, "joulerig: plan 1\narms: { a: {} }\nworkloads: { w: { command: [sleep, 1] } }\n"
				   "idle: 1.2 s\nguard: 600 ms\nbarrier: { quiet: 1200 ms }\n");
	plan_text_free(&file);
}

static void built_in_names_cannot_be_swept(void **state)
{
	(void)state;
	static const char *const expected[] = {"5:14: {plan} is built in", "5:28: {python} is built in"};
	assert_mistakes("joulerig: plan 1\narms: { a: { python: \"3.13\" } }\nworkloads:\n  w:\n    sweep: { plan: [1, 2], "
			"python: [3] }\n"
			"    command: [\"{python}\", \"{plan}\"]\n",
			expected, 2);
}

static void too_many_runs(void **state)
{
	(void)state;
	char text[8000] = "joulerig: plan 1\nrepetitions: 1000\narms: { a: {} }\nworkloads:\n  w:\n"
			  "    command: [x, \"{a}{b}{c}{d}{e}{f}\"]\n    sweep:\n";
	for (char name = 'a'; name <= 'f'; name++) {
		size_t used = strlen(text);
		used += (size_t)snprintf(text + used, sizeof text - used, "      %c: [", name);
		for (int i = 0; i < 64; i++)
			used += (size_t)snprintf(text + used, sizeof text - used, "%s%d", i ? ", " : "", i);
		snprintf(text + used, sizeof text - used, "]\n");
	}
	static const char *const expected[] = {"5:3: 68719476736000 runs (points x arms x repetitions)"};
	assert_mistakes(text, expected, 1);
}

/* More than campaign.h5 could be read back with. */
static void as_many_runs_as_a_campaign_holds(void **state)
{
	(void)state;
	struct plan_text file;
#define PLAN(a, b) "joulerig: plan 1\nrepetitions: 1000\narms: { x: {} }\nworkloads:\n  w:\n    command: [x, \"{a}{b}\"]\n" \
		   "    sweep: { a: [1, 2, 3, 4, 5" a "], b: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11" b "] }\n"
	plan_text_must_load(&file, PLAN("", ", 12, 13"));
	plan_text_free(&file);
	static const char *const expected[] = {"5:3: 66000 runs (points x arms x repetitions): a campaign holds at most 65000"};
	assert_mistakes(PLAN(", 6", ""), expected, 1);
#undef PLAN
}

static void labels_must_not_be_cut(void **state)
{
	(void)state;
	struct plan_text file;
	static const char fits[] =
		"joulerig: plan 1\narms: { a: {} }\nworkloads:\n  w:\n    command: [x, \"{a}{long}\"]\n    sweep:\n"
		"      a: [1, 12]\n"
		"      long: [0, 0123456789012345678901234567890123456789012345678901x]\n";
	static const char does_not[] =
		"joulerig: plan 1\narms: { a: {} }\nworkloads:\n  w:\n    command: [x, \"{a}{long}\"]\n    sweep:\n"
		"      a: [1, 123]\n"
		"      long: [0, 0123456789012345678901234567890123456789012345678901x]\n";
	static const char *const expected[] = {
		"7:7: names and values of a point are 64 characters long together; at most 63 fit"};
	plan_text_must_load(&file, fits);
	char label[PLAN_LABEL_SIZE];
	plan_point_label(&file.plan.workloads[0], 3, label, sizeof label);
	assert_string_equal(label, "a=12 long=0123456789012345678901234567890123456789012345678901x");
	plan_text_free(&file);
	assert_mistakes(does_not, expected, 1);
}

/* Braces that hold no name are the program's own. */
static void other_braces_are_no_mistake(void **state)
{
	(void)state;
	struct plan_text file;
	plan_text_must_load(&file, "joulerig: plan 1\narms: { a: {} }\nworkloads:\n  w:\n"
				   "    command: [awk, \"{ print $1 }\", \"{}\", \"${\", \"{a,b}\", \"}{\", \"{\"]\n");
	plan_text_free(&file);
}

static void file_that_is_not_there(void **state)
{
	(void)state;
	struct plan plan;
	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	assert_int_equal(plan_load("/nonexistent/plan.yaml", &plan, &problems, &error), -1);
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	assert_int_equal(problems.n, 0);
	problems_free(&problems);
}

/* ---- points ---- */

static void points_of_a_sweep(void **state)
{
	(void)state;
	static const struct {
		const char *threads, *scale, *label;
	} expected[] = {
		{"1", "0.1", "threads=1 scale=0.1"}, {"1", "1e3", "threads=1 scale=1e3"}, {"2", "0.1", "threads=2 scale=0.1"},
		{"2", "1e3", "threads=2 scale=1e3"}, {"4", "0.1", "threads=4 scale=0.1"}, {"4", "1e3", "threads=4 scale=1e3"},
	};
	struct plan_text file;
	plan_text_must_load(&file, full);
	const struct plan_workload *nbody = &file.plan.workloads[0];
	assert_int_equal(plan_points(nbody), 6);
	for (int i = 0; i < 6; i++) {
		struct plan_variables values;
		char label[PLAN_LABEL_SIZE];
		plan_point(nbody, i, &values);
		plan_point_label(nbody, i, label, sizeof label);
		assert_int_equal(values.n, 2);
		assert_string_equal(values.names[0], "threads");
		assert_string_equal(values.values[0], expected[i].threads);
		assert_string_equal(values.names[1], "scale");
		assert_string_equal(values.values[1], expected[i].scale);
		assert_string_equal(label, expected[i].label);
	}
	char label[PLAN_LABEL_SIZE];
	plan_point_label(&file.plan.workloads[1], 0, label, sizeof label);
	assert_string_equal(label, "");
	plan_text_free(&file);
}

static void label_is_cut_at_its_end(void **state)
{
	(void)state;
	struct plan_text file;
	plan_text_must_load(&file, full);
	char label[16];
	for (size_t size = 1; size <= sizeof label; size++) {
		memset(label, 'x', sizeof label);
		plan_point_label(&file.plan.workloads[0], 0, label, size);
		assert_int_equal(strlen(label), size - 1);
		assert_memory_equal(label, "threads=1 scale=0.1", size - 1);
	}
	plan_text_free(&file);
}

/* ---- a bare command ---- */

static void bare_command_is_a_plan(void **state)
{
	(void)state;
	char *argv[] = {"/usr/bin/sort", "-n", "{plan}", NULL};
	struct plan plan;
	assert_int_equal(plan_from_command(argv, 3, 5, &plan, NULL), 0);
	assert_int_equal(plan.repetitions, 5);
	assert_int_equal(plan.n_arms, 1);
	assert_int_equal(plan.n_workloads, 1);
	assert_string_equal(plan.workloads[0].name, "sort");
	assert_int_equal(plan.workloads[0].n_arguments, 3);
	assert_string_equal(plan.workloads[0].measure, "");
	assert_true(plan.idle >= 2 * plan.guard && plan.barrier_quiet >= 2 * plan.guard);
	plan_free(&plan);
}

/* Its text is what --resume compares, and what plan_load makes the same plan of. */
static void bare_command_has_a_text(void **state)
{
	(void)state;
	char *argv[] = {"/usr/bin/sort", "-n", "a \"b\"\t{}", "\xc3\xa9", NULL};
	struct plan plan, other;
	struct plan_text file;
	assert_int_equal(plan_from_command(argv, 4, 5, &plan, NULL), 0);
	plan_text_must_load(&file, plan.text);
	const struct plan *back = &file.plan;
	assert_string_equal(back->title, plan.title);
	assert_int_equal(back->seed, plan.seed);
	assert_int_equal(back->repetitions, 5);
	assert_int_equal(back->order, plan.order);
	assert_string_equal(back->arms[0].name, plan.arms[0].name);
	assert_int_equal(back->idle, plan.idle);
	assert_int_equal(back->guard, plan.guard);
	assert_int_equal(back->barrier_quiet, plan.barrier_quiet);
	assert_true(back->settle_within == plan.settle_within && back->tail_within == plan.tail_within);
	assert_int_equal(back->settle_during, plan.settle_during);
	assert_int_equal(back->settle_at_most, plan.settle_at_most);
	assert_int_equal(back->tail_at_most, plan.tail_at_most);
	assert_string_equal(back->workloads[0].name, plan.workloads[0].name);
	assert_string_equal(back->workloads[0].measure, plan.workloads[0].measure);
	assert_int_equal(back->workloads[0].checksum, plan.workloads[0].checksum);
	assert_int_equal(back->workloads[0].timeout, plan.workloads[0].timeout);
	assert_int_equal(back->workloads[0].n_arguments, 4);
	for (int i = 0; i < 4; i++)
		assert_string_equal(back->workloads[0].arguments[i], argv[i]);
	assert_int_equal(plan_from_command(argv, 3, 5, &other, NULL), 0);
	assert_string_not_equal(other.text, plan.text);
	plan_free(&other);
	plan_free(&plan);
	plan_text_free(&file);
}

static void bare_command_may_be_too_long(void **state)
{
	(void)state;
	char *argv[PLAN_ARGUMENTS_MAX + 2];
	for (int i = 0; i <= PLAN_ARGUMENTS_MAX; i++)
		argv[i] = "x";
	struct plan plan;
	struct error error = ERROR_INIT;
	assert_int_equal(plan_from_command(argv, PLAN_ARGUMENTS_MAX + 1, 1, &plan, &error), -1);
	assert_int_equal(error.code, ERROR_USAGE);
	assert_int_equal(plan_from_command(argv, PLAN_ARGUMENTS_MAX, 1, &plan, NULL), 0);
	plan_free(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_file_loads),
		cmocka_unit_test(arms_load),
		cmocka_unit_test(workloads_load),
		cmocka_unit_test(defaults_are_those_of_the_schema),
		cmocka_unit_test(mistakes_are_told_all_at_once),
		cmocka_unit_test(gil_needs_a_python),
		cmocka_unit_test(imports_need_a_python),
		cmocka_unit_test(a_stop_by_default),
		cmocka_unit_test(stops_that_would_be_by_luck),
		cmocka_unit_test(default_idle_is_held_against_the_guard),
		cmocka_unit_test(twice_the_guard_is_enough),
		cmocka_unit_test(built_in_names_cannot_be_swept),
		cmocka_unit_test(too_many_runs),
		cmocka_unit_test(as_many_runs_as_a_campaign_holds),
		cmocka_unit_test(labels_must_not_be_cut),
		cmocka_unit_test(other_braces_are_no_mistake),
		cmocka_unit_test(file_that_is_not_there),
		cmocka_unit_test(points_of_a_sweep),
		cmocka_unit_test(label_is_cut_at_its_end),
		cmocka_unit_test(bare_command_is_a_plan),
		cmocka_unit_test(bare_command_has_a_text),
		cmocka_unit_test(bare_command_may_be_too_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
