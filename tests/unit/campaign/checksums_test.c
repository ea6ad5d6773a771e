/* Which of a campaign's runs computed something else. */
#include <stdio.h>

#include "evaluate.h"
#include "unit.h"

#define ROWS 8
static struct result rows[ROWS]; /* too big for a stack */
static size_t n_rows;

static int forget_rows(void **state)
{
	(void)state;
	memset(rows, 0, sizeof rows);
	n_rows = 0;
	return 0;
}

static struct result *add(const char *workload, const char *point, const char *checksum, enum run_status status)
{
	struct result *row = &rows[n_rows++];
	snprintf(row->workload, sizeof row->workload, "%s", workload);
	snprintf(row->point, sizeof row->point, "%s", point);
	snprintf(row->checksum, sizeof row->checksum, "%s", checksum);
	row->status = status;
	return row;
}

static void assert_statuses(const enum run_status *expected)
{
	for (size_t i = 0; i < n_rows; i++)
		if (rows[i].status != expected[i])
			fail_msg("row %zu is %s, not %s", i, run_status_name(rows[i].status), run_status_name(expected[i]));
}

static void odd_one_out(void **state)
{
	(void)state;
	add("w", "p", "odd", RUN_OK);
	add("w", "p", "abc", RUN_OK);
	add("w", "p", "abc", RUN_OK);
	static const enum run_status expected[] = {RUN_MISMATCH, RUN_OK, RUN_OK};
	evaluate_checksums(rows, n_rows);
	assert_statuses(expected);
	assert_string_equal(rows[0].reason, "checksum odd, other runs have abc");
	evaluate_checksums(rows, n_rows);
	assert_statuses(expected);
	assert_string_equal(rows[0].reason, "checksum odd, other runs have abc");
}

/* Called after each run: an early verdict is taken back when the majority turns out to be another. */
static void verdict_follows_the_majority(void **state)
{
	(void)state;
	add("w", "p", "first", RUN_OK);
	evaluate_checksums(rows, n_rows);
	assert_int_equal(rows[0].status, RUN_OK);
	add("w", "p", "abc", RUN_OK);
	evaluate_checksums(rows, n_rows);
	static const enum run_status tie[] = {RUN_OK, RUN_MISMATCH}, turned[] = {RUN_MISMATCH, RUN_OK, RUN_OK};
	assert_statuses(tie);
	add("w", "p", "abc", RUN_OK);
	evaluate_checksums(rows, n_rows);
	assert_statuses(turned);
	assert_string_equal(rows[1].reason, "");
}

static void points_and_workloads_are_apart(void **state)
{
	(void)state;
	add("w", "p", "a", RUN_OK);
	add("w", "p", "a", RUN_OK);
	add("w", "q", "b", RUN_OK);
	add("v", "p", "c", RUN_OK);
	add("v", "p", "a", RUN_OK);
	evaluate_checksums(rows, n_rows);
	static const enum run_status expected[] = {RUN_OK, RUN_OK, RUN_OK, RUN_OK, RUN_MISMATCH};
	assert_statuses(expected);
}

/* A run that failed has no say, and keeps its own status. */
static void failed_runs_do_not_vote(void **state)
{
	(void)state;
	add("w", "p", "bad", RUN_FAILED);
	add("w", "p", "bad", RUN_TIMEOUT);
	add("w", "p", "bad", RUN_WRONG_GIL);
	add("w", "p", "good", RUN_OK);
	add("w", "p", "", RUN_MISMATCH); /* a required checksum was missing: stays */
	evaluate_checksums(rows, n_rows);
	static const enum run_status expected[] = {RUN_FAILED, RUN_TIMEOUT, RUN_WRONG_GIL, RUN_OK, RUN_MISMATCH};
	assert_statuses(expected);
}

/* What was computed does not depend on whether its energy was measured. */
static void unmeasured_runs_vote_and_stay(void **state)
{
	(void)state;
	add("w", "p", "a", RUN_OK);
	add("w", "p", "b", RUN_UNMEASURED);
	add("w", "p", "b", RUN_UNMEASURED);
	evaluate_checksums(rows, n_rows);
	static const enum run_status expected[] = {RUN_MISMATCH, RUN_UNMEASURED, RUN_UNMEASURED};
	assert_statuses(expected);
}

static void nothing_to_compare(void **state)
{
	(void)state;
	evaluate_checksums(rows, 0);
	add("w", "p", "", RUN_OK);
	add("w", "p", "", RUN_OK);
	evaluate_checksums(rows, n_rows);
	static const enum run_status expected[] = {RUN_OK, RUN_OK};
	assert_statuses(expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(odd_one_out, forget_rows),
		cmocka_unit_test_setup(verdict_follows_the_majority, forget_rows),
		cmocka_unit_test_setup(points_and_workloads_are_apart, forget_rows),
		cmocka_unit_test_setup(failed_runs_do_not_vote, forget_rows),
		cmocka_unit_test_setup(unmeasured_runs_vote_and_stay, forget_rows),
		cmocka_unit_test_setup(nothing_to_compare, forget_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
