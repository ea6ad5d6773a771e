/* Claims files: every field, and the mistakes that no schema can tell, each with its line and column. */
#include <stdio.h>

#include "claims_file.h"
#include "document.h"
#include "unit.h"

#define HEAD "joulerig: claims 1\nclaims:\n"
#define ONE(id, rest) "  " id ": { says: s, firmness: firm, " rest " }\n"
#define PLAIN "metric: energy, points: all, interval: [1, 2], contrast: { arm: ft, over: gil }"

struct taken {
	struct claims claims;
	struct problems problems;
	struct error error;
	int status;
};

static void take(struct taken *taken, const char *text)
{
	*taken = (struct taken){ .problems = PROBLEMS_INIT, .error = ERROR_INIT };
	taken->status = claims_parse("claims.yaml", text, strlen(text), &taken->claims, &taken->problems, &taken->error);
}

static void drop(struct taken *taken)
{
	claims_free(&taken->claims);
	problems_free(&taken->problems);
}

/* "LINE:COLUMN: " of the last `at` in the text. */
static void position_of(const char *text, const char *at, char *position, size_t size)
{
	const char *found = NULL, *line = text;
	int number = 1;
	for (const char *next = strstr(text, at); next; next = strstr(next + 1, at))
		found = next;
	assert_non_null(found);
	for (const char *c = text; c < found; c++)
		if (*c == '\n') {
			number++;
			line = c + 1;
		}
	snprintf(position, size, "%d:%d: ", number, (int)(found - line) + 1);
}

static void check_problem(const struct problems *problems, size_t index, const char *text, const char *at, const char *message)
{
	char line[700], expected[700];
	position_of(text, at, expected, sizeof expected);
	strcat(expected, message);
	problem_line(problems, index, line, sizeof line);
	assert_string_equal(line + strlen("claims.yaml:"), expected);
}

/* The text has this mistake at the last `at`, and no other. */
static void expect_mistake(const char *text, const char *at, const char *message)
{
	struct taken taken;
	take(&taken, text);
	assert_int_equal(taken.status, -1);
	assert_int_equal(taken.problems.n, 1);
	check_problem(&taken.problems, 0, text, at, message);
	assert_int_equal(taken.error.code, ERROR_CONFIG);
	assert_int_equal(taken.claims.n, 0);
	drop(&taken);
}

static void every_field_loads(void **state)
{
	(void)state;
	struct claims claims;
	struct problems problems = PROBLEMS_INIT;
	assert_int_equal(claims_load(TEST_SOURCE_DIR "/tests/config/good/claims-full.yaml", &claims, &problems, NULL), 0);
	assert_string_equal(claims.source, "A journal, 2026");
	assert_int_equal(claims.n, 4);
	const struct claim *c = &claims.list[0];
	assert_string_equal(c->id, "C1");
	assert_string_equal(c->says, "many points, any of them");
	assert_string_equal(c->source, "page 3");
	assert_string_equal(c->note, "read in a summary");
	assert_string_equal(c->published_python, "3.13");
	assert_int_equal(c->firmness, CLAIM_PROVISIONAL);
	assert_int_equal(c->metric, CLAIM_ENERGY);
	assert_int_equal(c->quantity, CLAIM_CAUSED);
	assert_int_equal(c->quantifier, CLAIM_ANY);
	assert_string_equal(c->arm, "ft");
	assert_string_equal(c->over, "gil");
	assert_string_equal(c->against, "other");
	assert_int_equal(c->baseline.n_variables, 0);
	assert_near(c->low, 0, 0);
	assert_near(c->high, 0.3, 0);
	assert_true(isnan(c->margin));
	assert_int_equal(c->min_cores, 8);
	assert_near(c->min_memory, 16.0 * (1 << 30), 0);
	assert_true(c->needs_wall);
	assert_int_equal(c->n_needs, 2);
	assert_string_equal(c->needs[0].arm, "ft");
	assert_int_equal(c->needs[0].gil, 0);
	assert_string_equal(c->needs[0].python, "3.14");
	assert_int_equal(c->needs[1].gil, 1);
	assert_null(c->needs[1].python);
	assert_int_equal(c->n_selections, 3);
	const struct claim_selection *s = c->selections;
	assert_string_equal(s[0].workload, "w");
	assert_int_equal(s[0].n_variables, 3);
	assert_int_equal(s[0].variables[0].n, 3);
	assert_string_equal(s[0].variables[0].values[2], "4");
	assert_string_equal(s[0].variables[1].values[0], "0.1");
	assert_int_equal(s[0].variables[2].n, 0); /* all */
	assert_null(s[1].workload);
	assert_string_equal(s[2].workload, "v");
	assert_int_equal(s[2].n_variables, 0);
	claims_free(&claims);
	problems_free(&problems);
}

static void defaults_and_ends(void **state)
{
	(void)state;
	struct claims claims;
	struct problems problems = PROBLEMS_INIT;
	assert_int_equal(claims_load(TEST_SOURCE_DIR "/tests/config/good/claims-full.yaml", &claims, &problems, NULL), 0);
	const struct claim *c = &claims.list[1];
	assert_string_equal(c->source, "A journal, 2026");
	assert_string_equal(c->published_python, "3.14.2");
	assert_string_equal(c->note, "");
	assert_int_equal(c->quantity, CLAIM_GROSS);
	assert_int_equal(c->n_selections, 1);
	assert_null(c->selections[0].workload);
	assert_near(c->margin, 0.05, 1e-15);
	assert_near(c->low, 1 / 1.05, 1e-15);
	assert_near(c->high, 1.05, 1e-15);
	assert_near(claims.list[2].low, -0.5, 0); /* a slope may be negative */
	assert_true(isinf(claims.list[2].high));
	assert_int_equal(claims.list[3].quantifier, CLAIM_EACH);
	assert_string_equal(claims.list[3].baseline.variables[0].name, "threads");
	assert_string_equal(claims.list[3].baseline.variables[0].values[0], "1");
	claims_free(&claims);
	problems_free(&problems);
}

static void impossible_intervals(void **state)
{
	(void)state;
#define INTERVAL(interval) HEAD ONE("C", "metric: energy, points: all, contrast: { arm: ft, over: gil }, interval: " interval)
	expect_mistake(INTERVAL("[1.43, 1.13]"), "[1.43", "interval: empty: nothing lies between 1.43 and 1.13");
	expect_mistake(INTERVAL("[1.13, 1.13]"), "[1.13", "interval: empty: nothing lies between 1.13 and 1.13");
	expect_mistake(INTERVAL("[open, 0]"), "[open", "interval: empty: nothing lies between open and 0");
	expect_mistake(INTERVAL("[-1, 2]"), "-1, 2", "interval: -1: a ratio is never negative");
	expect_mistake(INTERVAL("[nan, 2]"), "nan", "interval[1]: \"nan\" is not a number, or open");
	expect_mistake(INTERVAL("[1, .nan]"), ".nan", "interval[2]: \".nan\" is not a number, or open");
	expect_mistake(INTERVAL("[open, open]"), "[open", "interval: says nothing: everything lies in it");
	expect_mistake(INTERVAL("[0, open]"), "[0", "interval: says nothing: everything lies in it");
	expect_mistake(INTERVAL("[]"), "[]", "interval: 0 items are too few; expected at least 2");
	expect_mistake(INTERVAL("[1]"), "[1]", "interval: 1 items are too few; expected at least 2");
	expect_mistake(HEAD ONE("C", "metric: energy, points: all, contrast: { arm: ft, over: gil }"), "C: {", "C says neither an interval nor an equivalence");
	expect_mistake(HEAD ONE("C", PLAIN ", equivalence: 5 %"), "5 %", "equivalence: the claim says an interval already");
	expect_mistake(HEAD ONE("C", "metric: elasticity, points: all, contrast: { arm: ft, over: gil }, equivalence: 5 %"),
		       "5 %", "equivalence: an elasticity is a slope: give an interval");
	expect_mistake(INTERVAL("[1, 1e999]"), "1e999", "interval[2]: \"1e999\" is not a number, or open");
}

static void mistakes_in_words(void **state)
{
	(void)state;
	expect_mistake(HEAD ONE("C", "metric: enery, points: all, interval: [1, 2], contrast: { arm: ft, over: gil }"),
		       "enery", "metric: \"enery\" is not one of energy, power, elasticity, time, speed_up, cpu_time, peak_rss, peak_vms or vms_over_rss");
	expect_mistake(HEAD ONE("C", "metric: energy, points: all, interval: [1, 2], contrast: { arm: ft, over: ft }"),
		       "ft }", "over: arm \"ft\" would be contrasted with itself");
	expect_mistake(HEAD ONE("C", "metric: time, quantity: net, points: all, interval: [1, 2], contrast: { arm: ft, over: gil }"),
		       "net", "quantity: time is one figure, it has no net");
	expect_mistake(HEAD ONE("C", "metric: elasticity, quantifier: any, points: all, interval: [1, 2], contrast: { arm: ft, over: gil }"),
		       "any", "quantifier: an elasticity is one figure of all points");
	expect_mistake(HEAD ONE("C", "metric: energy, points: [{ workload: w }], interval: [1, 2], contrast: { arm: ft, over: gil, against: w }"),
		       "w }", "against: w would be divided by itself");
	expect_mistake(HEAD ONE("C", "metric: time, quantifier: mean, points: all, interval: [1, 2], contrast: { arm: ft, over: ft, baseline: { n: 1 } }"),
		       "mean", "quantifier: a mean of points that share a baseline: say each, or any");
	expect_mistake(HEAD ONE("C", "metric: time, quantifier: mean, points: all, interval: [1, 2], contrast: { arm: ft, over: gil, against: w }"),
		       "mean", "quantifier: a mean of points that are divided by those of one workload: say each, or any");
	expect_mistake(HEAD ONE("C", PLAIN) ONE("C", PLAIN), "C: {", "duplicate key \"C\" (already on line 3); expected each key once");
	expect_mistake(HEAD ONE("C", PLAIN ", sourse: x"), "sourse", "unknown key \"sourse\" (did you mean \"source\"?)");
}

static void absent_arms_are_mistakes_of_the_file(void **state)
{
	(void)state;
	static const char *const names[] = { "gil", "nogil" };
	static const char text[] = HEAD ONE("A", PLAIN)
		ONE("B", "metric: energy, points: all, interval: [1, 2], contrast: { arm: nogil, over: jit }, requires: { arms: { pypy: { gil: on } } }");
	struct taken taken;
	take(&taken, text);
	assert_int_equal(taken.status, 0);
	assert_int_equal(claims_check_arms(&taken.claims, names, 2, &taken.problems, &taken.error), -1);
	assert_int_equal(taken.problems.n, 3);
	check_problem(&taken.problems, 0, text, "ft", "arm: the campaign has no arm \"ft\"");
	check_problem(&taken.problems, 1, text, "jit", "over: the campaign has no arm \"jit\"");
	check_problem(&taken.problems, 2, text, "pypy", "requires: the campaign has no arm \"pypy\"");
	assert_int_equal(taken.error.code, ERROR_CONFIG);
	drop(&taken);
	take(&taken, HEAD ONE("A", PLAIN));
	assert_int_equal(claims_check_arms(&taken.claims, (const char *const[]){ "ft", "gil" }, 2, &taken.problems, &taken.error), 0);
	drop(&taken);
}

static void a_missing_file_is_an_error(void **state)
{
	(void)state;
	struct taken taken = { .error = ERROR_INIT };
	assert_int_equal(claims_load("/nowhere/claims.yaml", &taken.claims, &taken.problems, &taken.error), -1);
	assert_int_equal(taken.error.code, ERROR_NOT_FOUND);
	drop(&taken);
}

/* The file of the paper's own claims is in order. */
static void the_papers_claims_load(void **state)
{
	(void)state;
	struct claims claims;
	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	char line[700];
	int status = claims_load(TEST_SOURCE_DIR "/scripts/campaigns/unlocking-pythons-cores/claims.yaml", &claims, &problems, &error);
	for (size_t i = 0; i < problems.n; i++)
		print_error("%s\n", problem_line(&problems, i, line, sizeof line));
	assert_int_equal(status, 0);
	for (size_t i = 0; i < claims.n; i++)
		if (strncmp(claims.list[i].id, "C6", 2) == 0 || strncmp(claims.list[i].id, "C7", 2) == 0 || strncmp(claims.list[i].id, "C8", 2) == 0 ||
		    strncmp(claims.list[i].id, "D8", 2) == 0)
			assert_int_equal(claims.list[i].firmness, CLAIM_PROVISIONAL);
	claims_free(&claims);
	problems_free(&problems);
}

static void names_are_those_of_the_file(void **state)
{
	(void)state;
	assert_string_equal(claim_metric_name(CLAIM_VMS_OVER_RSS), "vms_over_rss");
	assert_string_equal(claim_quantity_name(CLAIM_RAPL), "rapl");
	assert_true(claim_metric_has_quantities(CLAIM_ELASTICITY));
	assert_false(claim_metric_has_quantities(CLAIM_TIME));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_loads),
		cmocka_unit_test(defaults_and_ends),
		cmocka_unit_test(impossible_intervals),
		cmocka_unit_test(mistakes_in_words),
		cmocka_unit_test(absent_arms_are_mistakes_of_the_file),
		cmocka_unit_test(a_missing_file_is_an_error),
		cmocka_unit_test(the_papers_claims_load),
		cmocka_unit_test(names_are_those_of_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
