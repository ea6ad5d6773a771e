/* Which slots are done: everything that was tried to its end, whatever came of it. */
#include <stdio.h>
#include <stdlib.h>

#include "stock.h"
#include "unit.h"

static struct plan_workload workload = { .name = "nap", .n_sweeps = 1, .sweeps = { { .name = "s", .n = 2, .values = { "1", "2" } } } };
static const struct plan the_plan = {
	.repetitions = 1, .order = ORDER_SEQUENCE, .n_arms = 2, .arms = { { .name = "a" }, { .name = "b" } }, .n_workloads = 1,
	.workloads = &workload,
};
#define SLOTS 4 /* s=1 a, s=1 b, s=2 a, s=2 b */

static struct result rows[8];
static struct campaign_file file;

static void add(uint32_t slot, uint32_t attempt, enum run_status status)
{
	struct result *row = &rows[file.n_results++];
	*row = (struct result){ .run = (uint32_t)file.n_results, .slot = slot, .attempt = attempt, .status = status };
	snprintf(row->workload, sizeof row->workload, "nap");
	snprintf(row->point, sizeof row->point, "s=%u", slot / 2 + 1);
	snprintf(row->arm, sizeof row->arm, "%c", "ab"[slot % 2]);
}

static int forget(void **state)
{
	(void)state;
	file = (struct campaign_file){ .results = rows };
	return 0;
}

static void assert_stock(const char *done, const char *attempts)
{
	size_t n, expected = 0;
	struct slot *slots = schedule_make(&the_plan, &n, NULL);
	assert_int_equal(n, SLOTS);
	assert_int_equal(stock_take(&file, &the_plan, slots, n, NULL), 0);
	for (size_t i = 0; i < SLOTS; i++) {
		assert_int_equal(slots[i].state, done[i] == '+' ? SLOT_DONE : done[i] == 's' ? SLOT_SKIPPED : SLOT_OPEN);
		assert_int_equal(slots[i].attempt, attempts[i] - '0');
		expected += done[i] == '+';
	}
	assert_int_equal(stock_count(slots, n, SLOT_DONE), expected);
	free(slots);
}

static void nothing_is_done_at_first(void **state)
{
	(void)state;
	assert_stock("----", "1111");
	assert_true(stock_is_good(&file));
}

static void interrupted_is_tried_again(void **state)
{
	(void)state;
	add(0, 1, RUN_OK);
	add(1, 1, RUN_INTERRUPTED);
	assert_stock("+---", "2211");
	assert_false(stock_is_good(&file));
	add(1, 2, RUN_INTERRUPTED);
	assert_stock("+---", "2311");
	add(1, 3, RUN_OK);
	assert_stock("++--", "2411");
	assert_true(stock_is_good(&file));
}

/* A phase's result is of the same run. */
static void what_went_wrong_is_done(void **state)
{
	(void)state;
	add(0, 1, RUN_FAILED);
	add(1, 1, RUN_TIMEOUT);
	add(2, 1, RUN_UNMEASURED);
	add(2, 1, RUN_OK);
	add(3, 1, RUN_NOT_STARTED);
	assert_stock("++++", "2222");
	assert_false(stock_is_good(&file));
}

/* Whatever else there is: an arm that could not run it then has no runs. */
static void what_was_skipped_is_never_tried(void **state)
{
	(void)state;
	file.facts = json_pack("{s:[{s:s, s:s, s:s}, {s:s, s:s}]}", "skipped", "workload", "nap", "arm", "b", "reason", "no bed", "workload",
			       "other", "arm", "a");
	assert_stock("-s-s", "1111");
	add(0, 1, RUN_OK);
	assert_stock("+s-s", "2111");
	add(1, 1, RUN_OK);
	size_t n;
	struct error error = ERROR_INIT;
	struct slot *slots = schedule_make(&the_plan, &n, NULL);
	assert_int_equal(stock_take(&file, &the_plan, slots, n, &error), -1);
	assert_int_equal(error.code, ERROR_CORRUPT);
	free(slots);
	json_decref(file.facts);
}

/* Two blocks, of which the second is not needed; but what was run of it was run. */
static void what_is_not_needed_is_never_tried(void **state)
{
	(void)state;
	struct plan plan = the_plan;
	size_t n;
	plan.repetitions = 2;
	file.facts = json_pack("{s:{s:{s:s, s:i}}}", "stopping", "decision", "answer", "enough", "after", 1);
	add(0, 1, RUN_OK);
	add(1, 1, RUN_OK);
	rows[1].slot = 5;
	struct slot *slots = schedule_make(&plan, &n, NULL);
	assert_int_equal(stock_take(&file, &plan, slots, n, NULL), 0);
	assert_int_equal(stock_count(slots, n, SLOT_DONE), 2);
	assert_int_equal(stock_count(slots, n, SLOT_OPEN), 3);
	assert_int_equal(stock_count(slots, n, SLOT_NOT_NEEDED), 3);
	assert_int_equal(slots[5].state, SLOT_DONE);
	assert_int_equal(slots[4].state, SLOT_NOT_NEEDED);
	free(slots);
	json_decref(file.facts);
}

static void assert_foreign(void)
{
	size_t n;
	struct error error = ERROR_INIT;
	struct slot *slots = schedule_make(&the_plan, &n, NULL);
	assert_int_equal(stock_take(&file, &the_plan, slots, n, &error), -1);
	assert_int_equal(error.code, ERROR_CORRUPT);
	free(slots);
}

static void runs_of_another_schedule(void **state)
{
	(void)state;
	add(0, 1, RUN_OK);
	rows[0].slot = SLOTS;
	assert_foreign();
	rows[0].slot = 1; /* arm b's */
	assert_foreign();
	rows[0].slot = 2; /* s=2's */
	assert_foreign();
	rows[0].slot = 0;
	assert_stock("+---", "2111");
	snprintf(rows[0].workload, sizeof rows[0].workload, "other");
	assert_foreign();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_is_done_at_first, forget), cmocka_unit_test_setup(interrupted_is_tried_again, forget),
		cmocka_unit_test_setup(what_went_wrong_is_done, forget), cmocka_unit_test_setup(what_was_skipped_is_never_tried, forget),
		cmocka_unit_test_setup(what_is_not_needed_is_never_tried, forget), cmocka_unit_test_setup(runs_of_another_schedule, forget),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
