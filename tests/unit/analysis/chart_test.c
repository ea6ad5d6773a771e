/* Control charts: textbook figures, each rule at the point where it fires, and how rarely they fire for nothing. */
#include "unit.h"

#include "chart.h"
#include "planted.h"

#define MANY 4000

static double times[MANY];

static struct chart made(const double *value, size_t n, double least)
{
	struct chart chart;
	for (size_t i = 0; i < n; i++)
		times[i] = (double)i;
	assert_int_equal(chart_of(times, value, n, least, &chart), 0);
	return chart;
}

/* NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2: ten flow rates. Mean 50.81, mean moving range 1.8778, limits at
 * 50.81 -+ 3 (1.8778) / 1.128 = 55.8041 and 45.8159. */
static void test_individuals_of_the_handbook(void **state)
{
	static const double flow[] = {49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1};
	(void)state;
	struct chart chart = made(flow, 10, 0);
	assert_near(chart.centre, 50.81, 1e-9);
	assert_near(chart.sigma, 1.8778 / 1.128, 1e-3);
	assert_near(chart.upper, 55.8041, 3e-3);
	assert_near(chart.lower, 45.8159, 3e-3);
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(chart_signals(&chart, flow, i), 0);
}

/* By hand: of the 28 pairs of 1 3 2 4 5 5 6 7 one falls and one is a tie, so S = 26 - 1; its variance is
 * (8 7 21 - 2 1 9) / 18 = 64.333, and the deviate (25 - 1) / 8.0208 = 2.992. */
static void test_slope_and_sign_test_by_hand(void **state)
{
	static const double value[] = {1, 3, 2, 4, 5, 5, 6, 7};
	(void)state;
	struct chart chart = made(value, 8, 0);
	assert_near(chart.deviate, 2.992, 1e-3);
	assert_near(chart.slope, 0.8166666666666667, 1e-12); /* the 14th and 15th of 28 slopes */
	assert_true(chart.drifting);
	static const double line[] = {10, 12, 14, 16, 18, 20, 22, 24};
	chart = made(line, 8, 0);
	assert_near(chart.slope, 2, 1e-12);
	assert_near(chart.deviate, 27 / sqrt(8 * 7 * 21 / 18.), 1e-9);
	static const double still[] = {5, 5, 5, 5, 5, 5, 5, 5};
	chart = made(still, 8, 0);
	assert_near(chart.slope, 0, 0);
	assert_false(chart.drifting);
}

/* One point far off does not move the slope: that is why it is Theil's and Sen's. */
static void test_slope_withstands_one_wild_point(void **state)
{
	double value[12];
	(void)state;
	for (int i = 0; i < 12; i++)
		value[i] = 0.5 * i;
	value[11] = 1e6;
	assert_near(made(value, 12, 0).slope, 0.5, 1e-12);
}

/* Twenty points about 0 with a mean moving range of 1.128: sigma is 1 to a per mille. */
static void base(double *value)
{
	for (int i = 0; i < CHART_BASE; i++)
		value[i] = i % 2 ? 0.564 : -0.564;
}

static unsigned at_end(const double *more, size_t n)
{
	double value[CHART_BASE + 16];
	base(value);
	memcpy(value + CHART_BASE, more, n * sizeof *more);
	struct chart chart = made(value, CHART_BASE + n, 0);
	assert_near(chart.sigma, 1, 1e-3);
	assert_near(chart.centre, 0, 1e-12);
	return chart_signals(&chart, value, CHART_BASE + n - 1);
}

static void test_each_rule_fires_where_it_should(void **state)
{
	(void)state;
	assert_int_equal(at_end((double[]){2.99}, 1), 0);
	assert_int_equal(at_end((double[]){3.01}, 1), CHART_BEYOND);
	assert_int_equal(at_end((double[]){-3.01}, 1), CHART_BEYOND);
	assert_int_equal(at_end((double[]){2.1, 2.1}, 2), CHART_TWO_OF_THREE);
	assert_int_equal(at_end((double[]){2.1, -0.1, 2.1}, 3), CHART_TWO_OF_THREE);
	assert_int_equal(at_end((double[]){2.1, -0.1, 0.2, 2.1}, 4), 0);
	assert_int_equal(at_end((double[]){2.1, -2.1}, 2), 0);      /* not on one side */
	assert_int_equal(at_end((double[]){2.1, 2.1, 0.1}, 3), 0);  /* told at the second; the third is fine */
	assert_int_equal(at_end((double[]){.3, .1, .2, .1, .4, .1, .2}, 7), CHART_ONE_SIDE); /* with the last of the base: eight */
	assert_int_equal(at_end((double[]){-.1, .1, .2, .1, .4, .1, .2, .3}, 8), 0);
	assert_int_equal(at_end((double[]){-.1, .1, .2, .1, .4, .1, .2, .3, .1}, 9), CHART_ONE_SIDE);
	assert_int_equal(at_end((double[]){-.1, .1, .2, .1, .4, .1, .2, .3, .1, 3.5}, 10), CHART_ONE_SIDE | CHART_BEYOND);
}

static void test_limits_stay_when_points_come(void **state)
{
	double value[60];
	(void)state;
	base(value);
	for (int i = CHART_BASE; i < 60; i++)
		value[i] = 50;
	struct chart chart = made(value, 60, 0);
	assert_near(chart.centre, 0, 1e-12);
	assert_near(chart.sigma, 1, 1e-3);
}

static void test_few_points_are_not_judged(void **state)
{
	static const double value[] = {0, 0, 0, 0, 0, 0, 1e9};
	(void)state;
	struct chart chart = made(value, 7, 0);
	assert_int_equal(chart.base, 0);
	assert_int_equal(chart_signals(&chart, value, 6), 0);
	assert_false(chart.drifting);
	chart = made(value, 0, 0);
	assert_true(isnan(chart.slope));
}

static unsigned later(double *value, size_t from, size_t n, double shift, double sigma, struct dice *dice)
{
	unsigned signals = 0;
	for (size_t i = from; i < from + n; i++)
		value[i] = shift + sigma * dice_normal(dice);
	struct chart chart = made(value, from + n, 0);
	for (size_t i = from; i < from + n; i++)
		signals |= chart_signals(&chart, value, i) & CHART_BEYOND;
	return signals;
}

/* Somebody plugged in a lamp for one night: that night stands out, and the chart is as sharp afterwards as without it. */
static void test_a_wild_point_of_the_base_does_not_blind(void **state)
{
	struct dice dice = {.state = 9};
	size_t cried = 0, blind = 0;
	(void)state;
	for (int trial = 0; trial < 200; trial++) {
		double value[40];
		for (int i = 0; i < CHART_BASE; i++)
			value[i] = 0.003 * dice_normal(&dice);
		value[10] = 1;
		value[3] = trial % 2 ? 0.9 : value[3];
		cried += later(value, CHART_BASE, 5, 0, 0.003, &dice) != 0;
		blind += later(value, CHART_BASE, 5, 0.1, 0.003, &dice) == 0;
		struct chart chart = made(value, CHART_BASE, 0);
		assert_true(chart.left_out > (size_t)(trial % 2));
		assert_true(chart_signals(&chart, value, 10) & CHART_BEYOND);
	}
	print_message("with wild points in the base: five good nights cry in %zu of 200, a shift is missed in %zu\n", cried, blind);
	assert_true(cried < 24);
	assert_int_equal(blind, 0);
}

/* Half here, half there: nobody can say which half is the wild one, and all of them stay and stand out. */
static void test_a_base_in_two_halves(void **state)
{
	double value[CHART_BASE];
	(void)state;
	for (int i = 0; i < CHART_BASE; i++)
		value[i] = (i >= CHART_BASE / 2) + (i % 2 ? 0.001 : -0.001);
	struct chart chart = made(value, CHART_BASE, 0);
	assert_int_equal(chart.left_out, 0);
	assert_true(chart_signals(&chart, value, CHART_BASE - 1) & CHART_BEYOND);
}

/* A display that shows one and the same digit has a sigma of nothing; its resolution stands in. */
static void test_least_sigma(void **state)
{
	static const double value[] = {5, 5, 5, 5, 5, 5, 5, 5, 5.01};
	(void)state;
	struct chart chart = made(value, 9, 0);
	assert_int_equal(chart_signals(&chart, value, 8) & CHART_BEYOND, chart.sigma < 0.003 ? CHART_BEYOND : 0);
	chart = made(value, 9, 0.01);
	assert_int_equal(chart_signals(&chart, value, 8), 0);
}

/* Normal noise: 0.27 % beyond 3 sigma were the limits exact; estimated from 20 points somewhat more. A jump of 3 sigma shows soon. */
static void test_how_often_it_cries(void **state)
{
	struct dice dice = {.state = 7};
	size_t cried = 0, drifting = 0, points = 0, seen = 0;
	(void)state;
	for (int trial = 0; trial < 400; trial++) {
		double value[40];
		for (int i = 0; i < 40; i++)
			value[i] = dice_normal(&dice);
		struct chart chart = made(value, 40, 0);
		for (size_t i = CHART_BASE; i < 40; i++, points++)
			cried += (chart_signals(&chart, value, i) & CHART_BEYOND) != 0;
		drifting += chart.drifting;
		unsigned signals = 0;
		for (int i = 30; i < 34; i++) {
			value[i] += 3;
			signals |= chart_signals(&chart, value, (size_t)i);
		}
		seen += signals != 0;
	}
	print_message("beyond 3 sigma for nothing: %.2f %% of points; drift for nothing: %.1f %%; a jump of 3 sigma seen within 4 points: %.0f %%\n",
		      100. * (double)cried / (double)points, (double)drifting / 4, (double)seen / 4);
	assert_true((double)cried / (double)points < 0.02);
	assert_true(drifting <= 12);
	assert_true(seen > 360);
}

static void test_a_slow_drift_is_seen(void **state)
{
	struct dice dice = {.state = 8};
	size_t found = 0;
	(void)state;
	for (int trial = 0; trial < 100; trial++) {
		double value[40];
		for (int i = 0; i < 40; i++)
			value[i] = dice_normal(&dice) - 0.07 * i; /* 2.8 sigma in all: no single point stands out */
		found += made(value, 40, 0).drifting;
	}
	print_message("a drift of 2.8 sigma over 40 points is seen in %zu of 100\n", found);
	assert_true(found > 85);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_individuals_of_the_handbook),
		cmocka_unit_test(test_slope_and_sign_test_by_hand),
		cmocka_unit_test(test_slope_withstands_one_wild_point),
		cmocka_unit_test(test_each_rule_fires_where_it_should),
		cmocka_unit_test(test_limits_stay_when_points_come),
		cmocka_unit_test(test_few_points_are_not_judged),
		cmocka_unit_test(test_a_wild_point_of_the_base_does_not_blind),
		cmocka_unit_test(test_a_base_in_two_halves),
		cmocka_unit_test(test_least_sigma),
		cmocka_unit_test(test_how_often_it_cries),
		cmocka_unit_test(test_a_slow_drift_is_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
