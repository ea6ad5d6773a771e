#include "clock.h"
#include "meters/pace.h"
#include "unit.h"

#define MS NS_PER_MS

/* Asks at the pace's instants whether an update (each `period`, at a phase) has come; returns the questions per update. */
static double questions(struct pace *pace, int64_t period, int64_t phase, int updates, int64_t *worst)
{
	int64_t now = phase - period / 3, seen = 0, no = now;
	int asked = 0, total = 0;
	*worst = 0;
	for (int k = 0; k < updates;) {
		total++;
		int64_t index = now < phase ? 0 : (now - phase) / period + 1;
		if (index > seen) {
			assert_int_equal(index, seen + 1);
			if (k > updates / 2 && now - no > *worst)
				*worst = now - no;
			pace_seen(pace, no, now, asked);
			seen = index;
			asked = 0;
			k++;
		} else {
			asked++;
		}
		no = now;
		int64_t next = pace_next(pace, now);
		assert_true(next > now);
		now = next;
	}
	return (double)total / updates;
}

static void test_steady(void **state)
{
	(void)state;
	static const int64_t periods[] = { 100 * MS, 250 * MS, 500 * MS, 1000 * MS, 2000 * MS, 5000 * MS };
	for (size_t i = 0; i < sizeof periods / sizeof *periods; i++) {
		for (int ppm = -200; ppm <= 200; ppm += 100) { /* the meter's own clock */
			struct pace pace = pace_begin(periods[i], 0);
			int64_t worst;
			int64_t true_period = periods[i] + periods[i] / 1000000 * ppm;
			double each = questions(&pace, true_period, 7 * periods[i], 400, &worst);
			assert_true(each < 5.5);
			assert_true(worst <= pace.step);
			assert_true(pace.step <= 25 * MS && pace.step <= periods[i] / 20);
		}
	}
}

static void test_missed(void **state)
{
	(void)state;
	struct pace pace = pace_begin(100 * MS, 0);
	assert_int_equal(pace_missed(&pace, 500 * MS, 600 * MS), 0); /* none seen yet */
	pace_seen(&pace, 1000 * MS, 1004 * MS, 2);
	assert_int_equal(pace_missed(&pace, 1100 * MS, 1105 * MS), 0);
	assert_int_equal(pace_missed(&pace, 1190 * MS, 1210 * MS), 1);
	assert_int_equal(pace_missed(&pace, 1920 * MS, 2010 * MS), 9);
	assert_int_equal(pace_missed(&pace, 1050 * MS, 1060 * MS), 0);
	/* Nearly a whole period of doubt: 1302 is the only instant in it. */
	assert_int_equal(pace_missed(&pace, 1205 * MS, 1305 * MS), 2);
	/* Back in time: not a number at all. */
	assert_int_equal(pace_missed(&pace, 500 * MS, 600 * MS), 0);
}

static void test_phase_outlives_a_pause(void **state)
{
	(void)state;
	struct pace pace = pace_begin(100 * MS, 0);
	for (int k = 10; k < 20; k++)
		pace_seen(&pace, (k * 100 - 2) * MS, (k * 100 + 2) * MS, 2);
	pace_seen(&pace, 2410 * MS, 2505 * MS, 0);
	assert_in_range(pace.last, 2497 * MS, 2503 * MS);
	assert_true(pace.u_last < 4 * MS);
	/* A meter that has left its pace is followed. */
	pace_seen(&pace, 2648 * MS, 2652 * MS, 2);
	assert_in_range(pace.last, 2648 * MS, 2652 * MS);
}

static void test_overdue(void **state)
{
	(void)state;
	struct pace pace = pace_begin(100 * MS, 0);
	pace_seen(&pace, 1000 * MS, 1004 * MS, 2);
	assert_in_range(pace_next(&pace, 1005 * MS), 1085 * MS, 1095 * MS);
	assert_int_equal(pace_next(&pace, 1110 * MS), 1115 * MS);
	assert_int_equal(pace_next(&pace, 1400 * MS), 1425 * MS); /* no longer expected: slower */
	pace_search(&pace, 1500 * MS);
	assert_int_equal(pace_next(&pace, 1500 * MS), 1505 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steady), cmocka_unit_test(test_missed), cmocka_unit_test(test_phase_outlives_a_pause),
		cmocka_unit_test(test_overdue),
	};
	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
