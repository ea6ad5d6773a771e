/* Pulses: what held long enough counts once, at its leading edge. */
#include "unit.h"

#include "counts.h"

#define MS UINT64_C(1000)

static struct counts counts;
static struct rig_counts told;

static int begin(void **state)
{
	(void)state;
	memset(&counts, 0xaa, sizeof counts);
	counts_init(&counts);
	counts_watch(&counts, RIG_IN2, true, 30000);
	return 0;
}

static void expect_pulses(uint32_t pulses, uint64_t last)
{
	counts_read(&counts, 42, &told);
	assert_int_equal(told.ticks, 42);
	assert_int_equal(told.inputs[RIG_IN2].pulses, pulses);
	assert_int_equal(told.inputs[RIG_IN2].last, last);
}

static void pulse(uint64_t at, uint64_t us)
{
	counts_edge(&counts, RIG_IN2, true, at);
	counts_edge(&counts, RIG_IN2, false, at + us);
}

static void a_pulse_counts_from_30_ms_on(void **state)
{
	(void)state;
	pulse(100 * MS, 29999);
	expect_pulses(0, 0);
	pulse(200 * MS, 30000);
	expect_pulses(1, 200 * MS);
	pulse(300 * MS, 90000);
	expect_pulses(2, 300 * MS);
}

static void a_level_that_holds_counts_without_its_end(void **state)
{
	(void)state;
	assert_true(counts_settle(&counts, 1000 * MS) == UINT64_MAX);
	counts_edge(&counts, RIG_IN2, true, 1000 * MS);
	assert_true(counts_settle(&counts, 1001 * MS) == 1031 * MS);
	assert_true(counts_settle(&counts, 1031 * MS - 1) == 1031 * MS);
	expect_pulses(0, 0);
	assert_true(counts_settle(&counts, 1031 * MS) == UINT64_MAX);
	expect_pulses(1, 1000 * MS);
	counts_settle(&counts, 5000 * MS);
	counts_edge(&counts, RIG_IN2, false, 6000 * MS);
	expect_pulses(1, 1000 * MS); /* once */
}

/* An edge that is told after the time is read. */
static void a_pulse_that_was_too_short_does_not_count_however_late_its_end_is_told(void **state)
{
	(void)state;
	counts_edge(&counts, RIG_IN2, true, 1000 * MS);
	counts_settle(&counts, 1030 * MS + 500);
	counts_edge(&counts, RIG_IN2, false, 1030 * MS - 1);
	counts_settle(&counts, 9000 * MS);
	expect_pulses(0, 0);
}

/* Contacts that bounce at both ends, and a burst of noise. */
static void bounces_do_not_count(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		pulse((100 + (uint64_t)i) * MS, 500);
	counts_edge(&counts, RIG_IN2, true, 110 * MS);
	counts_edge(&counts, RIG_IN2, false, 160 * MS);
	for (int i = 0; i < 10; i++)
		pulse((161 + (uint64_t)i) * MS, 500);
	counts_settle(&counts, 1000 * MS);
	expect_pulses(1, 110 * MS);
}

static void each_input_has_its_own(void **state)
{
	(void)state;
	counts_watch(&counts, RIG_IN4, true, 0); /* whatever comes */
	counts_edge(&counts, RIG_IN1, true, 5);  /* not counted */
	counts_edge(&counts, RIG_IN4, true, 7);
	counts_edge(&counts, RIG_IN4, false, 7);
	counts_edge(&counts, RIG_IN2, true, 8);
	counts_edge(&counts, RIG_IN4, true, 9);
	assert_true(counts_settle(&counts, 9) == 1009); /* IN4 */
	counts_edge(&counts, 4, true, 10); /* no input */
	counts_watch(&counts, 4, true, 10);
	assert_true(counts_settle(&counts, 40000) == UINT64_MAX);
	expect_pulses(1, 8);
	assert_int_equal(told.inputs[RIG_IN1].pulses, 0);
	assert_int_equal(told.inputs[RIG_IN4].pulses, 2);
	assert_int_equal(told.inputs[RIG_IN4].last, 9);
	counts_watch(&counts, RIG_IN2, true, 10); /* begins at 0 */
	expect_pulses(0, 0);
	counts_edge(&counts, RIG_IN2, true, 50000);
	counts_watch(&counts, RIG_IN2, false, 10);
	assert_true(counts_settle(&counts, 90000) == UINT64_MAX);
	expect_pulses(0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_pulse_counts_from_30_ms_on, begin),
		cmocka_unit_test_setup(a_level_that_holds_counts_without_its_end, begin),
		cmocka_unit_test_setup(a_pulse_that_was_too_short_does_not_count_however_late_its_end_is_told, begin),
		cmocka_unit_test_setup(bounces_do_not_count, begin),
		cmocka_unit_test_setup(each_input_has_its_own, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
