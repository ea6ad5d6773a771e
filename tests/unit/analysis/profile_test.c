/* Levels and noise of segments: small sums by hand, and noise whose correlation is planted. */
#include "unit.h"

#include "planted.h"
#include "profile.h"

static struct profile profile;

static void add(double seconds, double power, bool valid)
{
	int64_t from = profile.n ? profile.segments[profile.n - 1].to : 0;
	struct segment segment = {
		.from = from, .to = from + ns(seconds), .joules = valid ? power * seconds : NAN, .valid = valid};
	assert_int_equal(profile_add(&profile, &segment), 0);
}

static int clear(void **state)
{
	(void)state;
	profile_free(&profile);
	return 0;
}

static void spans_are_wholly_inside(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		add(1, 10 * i, i != 4);
	struct span span = profile_span(&profile, ns(2), ns(6));
	assert_int_equal(span.first, 2);
	assert_int_equal(span.end, 6);
	assert_int_equal(span_valid(&profile, span), 3);
	assert_near(span_joules(&profile, span), 20 + 30 + 50, 1e-12);
	assert_near(span_power(&profile, span), 100.0 / 3, 1e-12);
	span = profile_span(&profile, ns(2.001), ns(5.999));
	assert_int_equal(span.first, 3);
	assert_int_equal(span.end, 5);
	span = profile_span(&profile, ns(2.5), ns(2.7));
	assert_int_equal(span.first, span.end);
	span = profile_span(&profile, ns(8), ns(2));
	assert_int_equal(span.first, span.end);
	span = profile_span(&profile, ns(-5), ns(50));
	assert_int_equal(span.end - span.first, 10);
	assert_true(isnan(span_power(&profile, (struct span){4, 5})));
}

static void a_level_by_hand(void **state)
{
	(void)state;
	const double power[] = {9, 12, 11, 8};
	for (int i = 0; i < 4; i++)
		add(1, power[i], true);
	struct level level = level_of_windows(&profile, (struct span){0, 4});
	assert_near(level.power, 10, 1e-12);
	assert_near(level.u, sqrt(10.0 / 3 / 4), 1e-12); /* squares 1 + 4 + 1 + 4 */
	assert_near(level.nu, 3, 0);
	struct density density = density_of(&profile, (struct span){0, 4}, 0);
	assert_near(density.value, (9 + 1 + 9) / 3.0 / 2, 1e-12);
	assert_near(density.nu, 2, 1e-12);
	assert_true(isnan(density_of(&profile, (struct span){0, 4}, 1.5).value));
	assert_true(isnan(level_of_windows(&profile, (struct span){0, 1}).u));
}

/* An autoregressive level with r1 = 0.7: the mean of n varies by s^2 (1 + r1) / (1 - r1) / n. */
static void correlated_noise_counts_less(void **state)
{
	(void)state;
	struct dice dice = {.state = 12};
	double x = 0;
	for (int i = 0; i < 4000; i++) {
		x = 0.7 * x + sqrt(1 - 0.49) * dice_normal(&dice);
		add(0.1, 100 + x, true);
	}
	double expected = sqrt(1.7 / 0.3 / 4000);
	struct level windows = level_of_windows(&profile, (struct span){0, 4000});
	assert_near(windows.u, expected, 0.15 * expected);
	assert_near(windows.nu, 4000 * 0.3 / 1.7 - 1, 100);
	struct level reads = level_of_reads(&profile, (struct span){0, 4000});
	assert_near(reads.u, expected, 0.5 * expected); /* 16 batches */
	assert_near(reads.power, windows.power, 1e-9);
	assert_true(reads.nu >= 10 && reads.nu <= 16);
}

static void density_does_not_depend_on_the_cut(void **state)
{
	(void)state;
	struct dice dice = {.state = 5};
	for (int i = 0; i < 3000; i++) {
		double seconds = i % 3 ? 0.1 : 0.02;
		add(seconds, 50 + sqrt(0.4 / seconds) * dice_normal(&dice), true);
	}
	assert_near(density_of(&profile, (struct span){0, 3000}, 0).value, 0.4, 0.04);
	assert_near(density_of(&profile, (struct span){0, 3000}, 0.05).value, 0.4, 0.06);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(spans_are_wholly_inside, clear),
		cmocka_unit_test_teardown(a_level_by_hand, clear),
		cmocka_unit_test_teardown(correlated_noise_counts_less, clear),
		cmocka_unit_test_teardown(density_does_not_depend_on_the_cut, clear),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
