/* The product of two channels: of each instant that both have, with the flags of either. */
#include <stdio.h>
#include <stdlib.h>

#include "run_product.h"
#include "unit.h"

static int64_t volts_t[] = { 100, 200, 300, 400, 600 }, amperes_t[] = { 100, 300, 400, 500, 600 }, u_t[] = { 7, 7, 7, 7, 9 };
static int64_t volts[] = { 10, 20, 30, 40, 60 }, amperes[] = { 1, 3, 4, 5, 6 };
static uint32_t volts_flags[] = { 0, 0, FLAG_OVER_RANGE, 0, 0 }, amperes_flags[] = { 0, 0, FLAG_IMPLAUSIBLE, 0, 0 };

static struct run_channel channels[4];
static struct run run = { .channels = channels, .n_channels = 4 };

/* Another device's channel comes first: factors are numbered within their own. */
static void begin(void)
{
	memset(channels, 0, sizeof channels);
	snprintf(channels[0].device, sizeof channels[0].device, "wall");
	for (int i = 1; i < 4; i++) {
		snprintf(channels[i].device, sizeof channels[i].device, "rig");
		channels[i].channel = (struct channel){ .kind = CHANNEL_INSTANT, .number = NUMBER_I16, .scale = 0.5, .factor = { -1, -1 } };
	}
	channels[1].channel.offset = 100;
	channels[1].n = channels[2].n = 5;
	channels[1].t = volts_t;
	channels[2].t = amperes_t;
	channels[1].u_t = channels[2].u_t = u_t;
	channels[1].flags = volts_flags;
	channels[2].flags = amperes_flags;
	channels[1].values.i64 = volts;
	channels[2].values.i64 = amperes;
	channels[3].channel.factor[0] = 0;
	channels[3].channel.factor[1] = 1;
}

static void a_product(void **state)
{
	struct run_channel product;
	(void)state;
	begin();
	assert_false(run_is_product(&channels[1]));
	assert_true(run_is_product(&channels[3]));
	assert_int_equal(run_product_make(&run, &channels[3], &product, NULL), 0);
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
	assert_true(product.channel.scale == 1 && product.channel.number == NUMBER_F64);
	run_product_free(&product);
}

static void a_factor_that_is_not_there(void **state)
{
	struct run_channel product;
	struct error error = ERROR_INIT;
	(void)state;
	begin();
	channels[3].channel.factor[1] = 3; /* the device has three */
	assert_int_equal(run_product_make(&run, &channels[3], &product, &error), -1);
	assert_int_equal(error.code, ERROR_CORRUPT);
}

static void nothing_in_common(void **state)
{
	struct run_channel product;
	(void)state;
	begin();
	channels[2].n = 0;
	assert_int_equal(run_product_make(&run, &channels[3], &product, NULL), 0);
	assert_int_equal(product.n, 0);
	run_product_free(&product);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_product), cmocka_unit_test(a_factor_that_is_not_there), cmocka_unit_test(nothing_in_common),
	};
	return cmocka_run_group_tests_name("run_product", tests, NULL, NULL);
}
