/* Has power settled? Of traces that are known. */
#include "clock.h"
#include "steady.h"
#include "unit.h"

#define STEP (100 * NS_PER_MS) /* a 10 Hz meter */
#define DURING (2 * NS_PER_S)
#define NOW (100 * NS_PER_S)
#define WITHIN 1.0

/* Values each STEP up to `now`, the last one `base`, those before it `slope` W/s lower each second, with a noise of +-`noise`. */
static struct steady trace(int64_t span, double base, double slope, double noise)
{
	struct steady steady = {.n = 0};
	int sign = 1;
	for (int64_t t = NOW - span; t <= NOW; t += STEP, sign = -sign)
		steady_add(&steady, t, base - slope * (double)(NOW - t) / NS_PER_S + sign * noise);
	return steady;
}

static bool settled(const struct steady *steady, double level)
{
	return steady_settled(steady, NOW, DURING, WITHIN, level);
}

static void constant_power_has_settled(void **state)
{
	(void)state;
	struct steady steady = trace(10 * NS_PER_S, 60, 0, 0);
	assert_true(settled(&steady, NAN));
	assert_near(steady_mean(&steady, NOW, DURING), 60, 1e-9);
}

static void nothing_heard_is_not_settled(void **state)
{
	(void)state;
	struct steady steady = {.n = 0};
	assert_false(settled(&steady, NAN));
	assert_true(isnan(steady_mean(&steady, NOW, DURING)));
}

/* Drift across the halves of 2 s is slope x 1 s. */
static void drift_is_what_counts(void **state)
{
	(void)state;
	struct steady slow = trace(10 * NS_PER_S, 60, 0.9, 0), fast = trace(10 * NS_PER_S, 60, 1.1, 0);
	struct steady cooling = trace(10 * NS_PER_S, 60, -1.1, 0);
	assert_true(settled(&slow, NAN));
	assert_false(settled(&fast, NAN));
	assert_false(settled(&cooling, NAN));
}

static void noise_does_not_count(void **state)
{
	(void)state;
	struct steady noisy = trace(10 * NS_PER_S, 60, 0, 20);
	assert_true(settled(&noisy, NAN));
}

static void level_must_be_met(void **state)
{
	(void)state;
	struct steady steady = trace(10 * NS_PER_S, 60, 0, 0);
	assert_true(settled(&steady, 60.9));
	assert_true(settled(&steady, 59.1));
	assert_false(settled(&steady, 61.1));
	assert_false(settled(&steady, 58.9));
}

/* A step in the middle of the span is seen, and forgotten once it has left the span. */
static void step_passes_through_the_span(void **state)
{
	(void)state;
	struct steady steady = {.n = 0};
	for (int64_t t = 0; t <= NOW; t += STEP)
		steady_add(&steady, t, t < 90 * NS_PER_S ? 200 : 60);
	assert_false(steady_settled(&steady, 90 * NS_PER_S + DURING / 2, DURING, WITHIN, NAN));
	assert_true(steady_settled(&steady, 90 * NS_PER_S + DURING + STEP, DURING, WITHIN, NAN));
	assert_false(steady_settled(&steady, 89 * NS_PER_S, DURING, WITHIN, 60));
}

static void forgets_what_was_before_an_edge(void **state)
{
	(void)state;
	struct steady steady = trace(10 * NS_PER_S, 60, 0, 0);
	steady_forget(&steady, NOW - DURING / 2);
	assert_false(settled(&steady, NAN)); /* the span reaches back behind the edge */
	assert_near(steady_mean(&steady, NOW, DURING), 60, 1e-9);
	steady_forget(&steady, NOW);
	assert_true(isnan(steady_mean(&steady, NOW, DURING)));
	for (int64_t t = NOW + STEP; t <= NOW + DURING; t += STEP)
		steady_add(&steady, t, 80);
	assert_false(steady_settled(&steady, NOW + DURING - 1, DURING, WITHIN, NAN));
	assert_true(steady_settled(&steady, NOW + DURING, DURING, WITHIN, NAN));
	assert_near(steady_mean(&steady, NOW + DURING, 10 * NS_PER_S), 80, 1e-9);
}

/* A meter that has fallen silent says nothing of the time since. */
static void silence_is_not_settled(void **state)
{
	(void)state;
	struct steady steady = trace(10 * NS_PER_S, 60, 0, 0);
	assert_true(steady_settled(&steady, NOW + DURING / 4, DURING, WITHIN, NAN));
	assert_false(steady_settled(&steady, NOW + DURING / 2, DURING, WITHIN, NAN));
	assert_false(steady_settled(&steady, NOW + 10 * NS_PER_S, DURING, WITHIN, NAN));
}

static void each_half_needs_two_values(void **state)
{
	(void)state;
	static const int64_t back[] = {1900, 1500, 900, 100}; /* ms */
	for (size_t missing = 0; missing <= 4; missing++) {
		struct steady steady = {.n = 0};
		for (size_t i = 0; i < 4; i++)
			if (i != missing)
				steady_add(&steady, NOW - back[i] * NS_PER_MS, 60);
		assert_int_equal(settled(&steady, NAN), missing == 4);
	}
}

/* 3000 values in 30 s, and in 5 minutes: more than are kept one by one. */
static void long_spans_and_fast_meters(void **state)
{
	(void)state;
	struct steady fast = {.n = 0}, slow = {.n = 0};
	steady_span(&fast, 30 * NS_PER_S);
	steady_span(&slow, 300 * NS_PER_S);
	for (int64_t t = 1; t <= 400 * NS_PER_S; t += 10 * NS_PER_MS)
		steady_add(&fast, t, 60);
	for (int64_t t = 1; t <= 400 * NS_PER_S; t += STEP)
		steady_add(&slow, t, t < 200 * NS_PER_S ? 70 : 60);
	assert_true(steady_settled(&fast, 400 * NS_PER_S, 30 * NS_PER_S, WITHIN, NAN));
	assert_false(steady_settled(&slow, 400 * NS_PER_S, 300 * NS_PER_S, WITHIN, NAN));
	assert_true(steady_settled(&slow, 400 * NS_PER_S, 100 * NS_PER_S, WITHIN, NAN));
	assert_near(steady_mean(&slow, 400 * NS_PER_S, 300 * NS_PER_S), (70. + 60 * 2) / 3, 0.1);
	assert_near(steady_mean(&slow, 400 * NS_PER_S, 600 * NS_PER_MS), 60, 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constant_power_has_settled),
		cmocka_unit_test(nothing_heard_is_not_settled),
		cmocka_unit_test(drift_is_what_counts),
		cmocka_unit_test(noise_does_not_count),
		cmocka_unit_test(level_must_be_met),
		cmocka_unit_test(step_passes_through_the_span),
		cmocka_unit_test(forgets_what_was_before_an_edge),
		cmocka_unit_test(silence_is_not_settled),
		cmocka_unit_test(each_half_needs_two_values),
		cmocka_unit_test(long_spans_and_fast_meters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
