/* The product of two channels: of each instant that both have, with the flags and the gaps of either, and what is known of both. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "run_series.h"
#include "unit.h"

static int64_t volts_t[] = { 100, 200, 300, 400, 600 }, amperes_t[] = { 100, 300, 400, 500, 600 }, u_t[] = { 7, 7, 7, 7, 9 };
static int64_t volts[] = { 10, 20, 30, 40, 60 }, amperes[] = { 1, 3, 4, 5, 6 };
static uint32_t volts_flags[] = { 0, 0, FLAG_OVER_RANGE, 0, 0 }, amperes_flags[] = { 0, 0, FLAG_IMPLAUSIBLE, 0, 0 };
static struct record_gap volts_gaps[] = { { GAP_MISSED, 1, 450, 550 } }, amperes_gaps[] = { { GAP_MISSED, 1, 150, 250 }, { GAP_MISSED, 1, 450, 550 } };

static struct run_channel channels[4];
static struct run run = { .channels = channels, .n_channels = 4 };
#define VOLTS (&channels[2])
#define AMPERES (&channels[1])
#define POWER (&channels[3])

/* Another device's channel comes first: factors are numbered within their own. */
static int begin(void **state)
{
	(void)state;
	memset(channels, 0, sizeof channels);
	snprintf(channels[0].device, sizeof channels[0].device, "wall");
	for (int i = 1; i < 4; i++) {
		snprintf(channels[i].device, sizeof channels[i].device, "rail");
		channels[i].channel = (struct channel){
			.kind = CHANNEL_INSTANT, .number = NUMBER_I16, .clock = CLOCK_ID_DEVICE, .scale = 0.5, .refresh = 100, .factor = { -1, -1 },
		};
	}
	VOLTS->channel.unit = UNIT_VOLT;
	VOLTS->channel.offset = 100;
	AMPERES->channel.unit = UNIT_AMPERE;
	POWER->channel.unit = UNIT_WATT;
	POWER->channel.number = NUMBER_F64;
	VOLTS->n = AMPERES->n = 5;
	VOLTS->t = volts_t;
	AMPERES->t = amperes_t;
	VOLTS->u_t = AMPERES->u_t = u_t;
	VOLTS->flags = volts_flags;
	AMPERES->flags = amperes_flags;
	VOLTS->values.i64 = volts;
	AMPERES->values.i64 = amperes;
	VOLTS->gaps = volts_gaps;
	VOLTS->n_gaps = 1;
	AMPERES->gaps = amperes_gaps;
	AMPERES->n_gaps = 2;
	POWER->channel.factor[1] = 1; /* in either order */
	POWER->channel.factor[0] = 0;
	return 0;
}

static void a_product(void **state)
{
	struct run_channel product;
	(void)state;
	assert_false(run_is_product(&VOLTS->channel));
	assert_true(run_is_product(&POWER->channel));
	for (int swapped = 0; swapped < 2; swapped++) {
		POWER->channel.factor[0] = swapped;
		POWER->channel.factor[1] = 1 - swapped;
		assert_int_equal(run_product_make(&run, POWER, &product, NULL), 0);
		static const int64_t times[] = { 100, 300, 400, 600 };
		static const double watts[] = { 105 * 0.5, 115 * 1.5, 120 * 2, 130 * 3 };
		static const uint32_t flags[] = { 0, FLAG_OVER_RANGE, FLAG_IMPLAUSIBLE, 0 };
		assert_int_equal(product.n, 4);
		for (size_t i = 0; i < 4; i++) {
			assert_int_equal(product.t[i], times[i]);
			assert_near(product.values.f64[i], watts[i], 1e-12);
			assert_int_equal(product.flags[i], flags[i]);
		}
		assert_int_equal(product.u_t[3], 9);
		assert_int_equal(product.n_gaps, 2);
		assert_int_equal(product.gaps[0].from, 150);
		assert_int_equal(product.gaps[1].from, 450);
		assert_true(product.channel.scale == 1 && product.channel.number == NUMBER_F64);
		run_product_free(&product);
	}
}

/* 105, 120 and 130 V are valid: 118.33 V on average. */
static void what_is_known_of_it(void **state)
{
	struct run_channel product;
	(void)state;
	VOLTS->channel.accuracy = (struct accuracy){ .reading = 0.003, .range = 1, .range_value = 0.5, .quantum = 0.25 };
	AMPERES->channel.accuracy = (struct accuracy){ .reading = 0.004, .range = 0.02, .range_value = 3, .quantum = 0.08, .coverage = 2 };
	POWER->channel.accuracy = (struct accuracy){ .reading = 0.012, .range = 0.01, .range_value = 600 };
	assert_int_equal(run_product_make(&run, POWER, &product, NULL), 0);
	const struct accuracy *a = &product.channel.accuracy;
	double mean = 355. / 3, k = sqrt(3) / 2;
	assert_near(a->reading, sqrt(0.003 * 0.003 + 0.004 * k * 0.004 * k + (0.25 + 0.0625) / mean / mean + 0.012 * 0.012), 1e-12);
	assert_near(a->range * a->range_value, sqrt((0.06 * k * 0.06 * k + 0.08 * 0.08) * mean * mean + 36), 1e-12);
	assert_true(a->coverage == 0);
	run_product_free(&product);
}

/* A constant error of either is what the product's limits say: both are moved by it, and the energy moves within the limit. */
static void limits_hold(void **state)
{
	struct run_channel product, moved;
	(void)state;
	VOLTS->flags = AMPERES->flags = (uint32_t[]){ 0, 0, 0, 0, 0 };
	for (int which = 0; which < 2; which++) {
		struct run_channel *factor = which ? VOLTS : AMPERES;
		factor->channel.accuracy = (struct accuracy){ .range = 1, .range_value = 0.1 };
		assert_int_equal(run_product_make(&run, POWER, &product, NULL), 0);
		factor->channel.offset += 0.1;
		assert_int_equal(run_product_make(&run, POWER, &moved, NULL), 0);
		factor->channel.offset -= 0.1;
		factor->channel.accuracy = (struct accuracy){ .range = 0 };
		double sum = 0, error = 0;
		for (size_t i = 0; i < product.n; i++) {
			sum += product.values.f64[i];
			error += moved.values.f64[i] - product.values.f64[i];
		}
		const struct accuracy *a = &product.channel.accuracy;
		double limit = a->reading * sum + a->range * a->range_value * (double)product.n;
		assert_near(error, limit, 0.05 * limit);
		run_product_free(&product);
		run_product_free(&moved);
	}
}

static void expect_fault(const char *what)
{
	struct run_channel product;
	struct run_series series;
	struct error error = ERROR_INIT, again = ERROR_INIT;
	static const struct device_times times;
	assert_int_equal(run_product_make(&run, POWER, &product, &error), -1);
	assert_int_equal(error.code, ERROR_CORRUPT);
	if (strstr(error.what, what) == NULL)
		fail_msg("%s", error.what);
	assert_int_equal(run_series_make(&run, POWER, &times, &series, &again), -1);
	begin(NULL);
}

static void what_is_no_product(void **state)
{
	(void)state;
	POWER->channel.factor[1] = 3; /* the device has three */
	expect_fault("no channel of its device");
	POWER->channel.factor[0] = -1;
	expect_fault("no channel of its device");
	POWER->channel.factor[1] = 2;
	expect_fault("a product itself");
	POWER->channel.factor[1] = 0;
	expect_fault("voltage and a current");
	POWER->channel.unit = UNIT_VOLT;
	expect_fault("voltage and a current");
	VOLTS->channel.unit = UNIT_AMPERE;
	expect_fault("voltage and a current");
	VOLTS->channel.refresh = 101;
	expect_fault("not sampled at once");
	AMPERES->channel.clock = CLOCK_ID_MONOTONIC;
	expect_fault("not sampled at once");
	VOLTS->channel.kind = CHANNEL_OBSERVE;
	expect_fault("not sampled at once");
	AMPERES->channel.number = NUMBER_U64;
	expect_fault("not sampled at once");
	POWER->n = 1;
	expect_fault("values of its own");
}

static void nothing_in_common(void **state)
{
	struct run_channel product;
	(void)state;
	AMPERES->n = 0;
	assert_int_equal(run_product_make(&run, POWER, &product, NULL), 0);
	assert_int_equal(product.n, 0);
	assert_true(isinf(product.channel.accuracy.reading)); /* of no voltage nothing is known */
	run_product_free(&product);
}

/* One whose clock began anew: of two samples with one stamp nobody knows whether they were taken at once. */
static void a_clock_that_went_back(void **state)
{
	struct run_channel product;
	(void)state;
	AMPERES->t = (int64_t[]){ 100, 300, 400, 100, 300 };
	assert_int_equal(run_product_make(&run, POWER, &product, NULL), 0);
	assert_int_equal(product.n, 0);
	run_product_free(&product);
}

static void a_series_of_it(void **state)
{
	static const struct device_times times;
	struct run_series made;
	(void)state;
	assert_int_equal(run_series_make(&run, POWER, &times, &made, NULL), 0);
	assert_int_equal(made.series.n, 4);
	assert_near(made.series.value[3], 390, 1e-12);
	assert_ptr_equal(made.series.channel, &made.product.channel);
	assert_int_equal(made.series.n_gaps, 2);
	run_series_free(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_product, begin),	   cmocka_unit_test_setup(what_is_known_of_it, begin),
		cmocka_unit_test_setup(limits_hold, begin),	   cmocka_unit_test_setup(what_is_no_product, begin),
		cmocka_unit_test_setup(nothing_in_common, begin), cmocka_unit_test_setup(a_clock_that_went_back, begin),
		cmocka_unit_test_setup(a_series_of_it, begin),
	};
	return cmocka_run_group_tests_name("run_product", tests, NULL, NULL);
}
