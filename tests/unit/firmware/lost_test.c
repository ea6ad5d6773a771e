/* When the host is told of losses. */
#include "unit.h"

#include "lost.h"

static void a_count_that_grew_is_told_but_not_too_often(void **state)
{
	struct lost lost = {0};
	struct rig_lost now = { .ticks = 50 };
	(void)state;
	assert_true(lost_due(&lost, &now) == UINT64_MAX);
	now.frames = 1;
	assert_true(lost_due(&lost, &now) == 0); /* the first at once, however young the device */
	lost_told(&lost, &now);
	now.ticks = 70;
	assert_true(lost_due(&lost, &now) == UINT64_MAX);
	now.frames = 2;
	assert_true(lost_due(&lost, &now) == 50 + LOST_PERIOD_US);
}

static void each_count_is_looked_at(void **state)
{
	(void)state;
	for (size_t offset = offsetof(struct rig_lost, edges); offset < sizeof(struct rig_lost); offset += 4) {
		struct lost lost = {0};
		struct rig_lost now = {0};
		((uint8_t *)&now)[offset] = 1;
		assert_true(lost_due(&lost, &now) == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_count_that_grew_is_told_but_not_too_often),
		cmocka_unit_test(each_count_is_looked_at),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
