/* What a mark line's turns say of it. */
#include <errno.h>

#include "clock.h"
#include "mark_line.h"
#include "unit.h"

static void a_turn_that_failed_is_none(void **state)
{
	(void)state;
	struct mark_line line = { .high = false };
	assert_true(mark_line_turned(&line, 0, 5000));
	assert_true(line.high);
	assert_false(mark_line_turned(&line, EIO, 5000));
	assert_true(line.high); /* the next turn lowers it */
	assert_true(mark_line_turned(&line, 0, 5000));
	assert_false(line.high);
	assert_false(line.slow || line.lame || line.given_up);
}

static void slow_turns(void **state)
{
	(void)state;
	struct mark_line line = { .high = false };
	mark_line_turned(&line, 0, NS_PER_MS);
	assert_false(line.slow);
	mark_line_turned(&line, 0, NS_PER_MS + 1);
	assert_true(line.slow && line.lame && !line.given_up);
	mark_line_turned(&line, 0, 5000);
	assert_true(!line.slow && line.lame);
	mark_line_turned(&line, ETIMEDOUT, 100 * NS_PER_MS + 1);
	assert_true(line.given_up);
	mark_line_turned(&line, 0, 5000);
	assert_true(line.given_up);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_turn_that_failed_is_none),
		cmocka_unit_test(slow_turns),
	};
	return cmocka_run_group_tests_name("mark_line", tests, NULL, NULL);
}
