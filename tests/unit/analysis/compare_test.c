/* En by hand, and how often it passes and fails by Monte Carlo. */
#include "unit.h"

#include "compare.h"
#include "planted.h"

static struct mean_power mean_of(double value, double u)
{
	struct mean_power mean = {.value = value};
	for (int i = 0; i < MEAN_PARTS; i++)
		mean.parts[i] = value;
	budget_add(&mean.instrument, "gain", 'B', u, INFINITY, SHARE_NONE);
	return mean;
}

/* ISO 13528: En = (100.5 - 100.2) / sqrt(0.3^2 + 0.4^2) = 0.6. */
static void test_En_by_hand(void **state)
{
	(void)state;
	struct comparison c;
	struct mean_power mean = mean_of(100.5, 0.4 / 1.959963984540054);
	compare_with_reference(&mean, 100.2, 0.3, &c);
	assert_near(c.U, 0.4, 1e-6);
	assert_near(c.U_difference, 0.5, 1e-6);
	assert_near(c.En, 0.6, 1e-6);
	struct mean_power other = mean_of(100.2, 0.3 / 1.959963984540054);
	compare_in_series(&mean, &other, &c);
	assert_near(c.En, 0.6, 1e-6);
	compare_in_series(&other, &mean, &c);
	assert_near(c.En, -0.6, 1e-6);
}

/* What the load does is in both meters: it must not widen U of their difference. */
static void test_a_restless_load_does_not_hide_a_difference(void **state)
{
	(void)state;
	struct comparison c;
	struct mean_power mean = mean_of(100.5, 0.05), other = mean_of(100, 0.05);
	for (int i = 0; i < MEAN_PARTS; i++) {
		double load = 20 * sin(i * 2.1);
		mean.parts[i] += load;
		other.parts[i] += load;
	}
	compare_in_series(&mean, &other, &c);
	assert_true(c.En > 3);
	compare_with_reference(&mean, 100, 0.1, &c);
	assert_true(c.En < 0.2); /* but against a fixed reference it is what makes the mean uncertain */
}

static void test_drift_counts(void **state)
{
	(void)state;
	struct comparison still, drifting;
	struct mean_power mean = mean_of(100, 0.01);
	compare_with_reference(&mean, 100, 0, &still);
	for (int i = 0; i < MEAN_PARTS; i++)
		mean.parts[i] += 0.1 * (i - 4.5);
	compare_with_reference(&mean, 100, 0, &drifting);
	assert_true(drifting.U > still.U + 0.2);
}

static void test_parts_come_from_the_right_windows(void **state)
{
	(void)state;
	struct channel channel = {.kind = CHANNEL_MEAN, .window = ns(0.1), .latency = ns(0.05)};
	static struct samples samples;
	struct bracket bracket = {.start = ns(2), .stop = ns(12)};
	struct energy energy = {.power = 50, .duration = 10};
	struct mean_power mean;
	samples.n = 0;
	for (int i = 0; i < 200; i++) { /* window i ends at 0.1 (i + 1), and is readable 50 ms later */
		samples_add(&samples, ns(0.1 * (i + 1) + 0.05), ns(0.001), floor((i * 0.1 + 0.05 - 2) / 1.0), 0);
		samples.flags[i] = i % 7 == 0 ? FLAG_NO_DATA : 0;
	}
	budget_add(&energy.gross.budget, "gain", 'B', -2, INFINITY, SHARE_RELATIVE);
	budget_add(&energy.gross.budget, "start-edge", 'B', 100, INFINITY, SHARE_NONE);
	assert_int_equal(mean_power_of(samples_series(&samples, &channel), &bracket, &energy, &mean), 0);
	for (int i = 0; i < MEAN_PARTS; i++)
		assert_near(mean.parts[i], i, 1e-12);
	assert_int_equal(mean.instrument.n, 1);
	assert_near(mean.instrument.terms[0].u, 0.2, 1e-12);
	for (int i = 50; i < 60; i++)
		samples.flags[i] = FLAG_OVER_RANGE; /* a whole tenth */
	assert_int_equal(mean_power_of(samples_series(&samples, &channel), &bracket, &energy, &mean), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_En_by_hand),
		cmocka_unit_test(test_a_restless_load_does_not_hide_a_difference),
		cmocka_unit_test(test_drift_counts),
		cmocka_unit_test(test_parts_come_from_the_right_windows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
