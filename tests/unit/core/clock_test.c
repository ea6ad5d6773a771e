/* Anchors come from the timebase: the host's own clocks, or those that a simulation has. */
#include "clock.h"

#include "unit.h"

static void real_time_has_the_hosts_anchors(void **state)
{
	(void)state;
	int64_t before = clock_now(CLOCK_ID_MONOTONIC);
	struct clock_anchor anchor = timebase_anchor(&timebase_real);
	int64_t after = clock_now(CLOCK_ID_MONOTONIC);
	assert_in_range(anchor.monotonic, before, after);
	assert_in_range(anchor.width, 1, after - before);
	assert_in_range(anchor.realtime, clock_now(CLOCK_ID_REALTIME) - NS_PER_S, clock_now(CLOCK_ID_REALTIME));
}

static struct clock_anchor planted(struct timebase *self)
{
	return (struct clock_anchor){ .monotonic = self->now(self), .boottime = 7 };
}

static int64_t noon(struct timebase *self)
{
	(void)self;
	return 12;
}

static void timebase_may_have_its_own(void **state)
{
	(void)state;
	struct timebase timebase = { .now = noon, .anchor = planted };
	struct clock_anchor anchor = timebase_anchor(&timebase);
	assert_int_equal(anchor.monotonic, 12);
	assert_int_equal(anchor.boottime, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_time_has_the_hosts_anchors),
		cmocka_unit_test(timebase_may_have_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
