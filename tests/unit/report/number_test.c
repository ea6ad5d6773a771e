#include "unit.h"

#include <locale.h>

#include "c_locale.h"
#include "number.h"

static void check(struct text *text, const char *expected)
{
	assert_string_equal(text_string(text), expected);
	text_free(text);
}

static void test_energy(void **state)
{
	(void)state;
	static const struct {
		double value, U;
		const char *expected;
	} rows[] = {
		{ 412.6, 1.9, "412.6 J ± 1.9 J" },
		{ 412.64, 1.86, "412.6 J ± 1.9 J" },
		{ 412.649, 1.91, "412.6 J ± 2.0 J" },     /* up, not to the nearest */
		{ 412.6, 1.9004, "412.6 J ± 1.9 J" },     /* but not for a hair */
		{ 412.6, 9.96, "413 J ± 10 J" },          /* one more digit: one place less */
		{ 412.6, 9.94, "413 J ± 10 J" },
		{ 412.6, 9.9, "412.6 J ± 9.9 J" },
		{ 412.6, 99.6, "410 J ± 100 J" },
		{ 412.6, 123, "410 J ± 130 J" },
		{ 1234.5, 1000, "1200 J ± 1000 J" },
		{ 412.6, 0.1, "412.60 J ± 0.10 J" },
		{ 412.6, 0.0996, "412.60 J ± 0.10 J" },
		{ 412.6, 0.099, "412.600 J ± 0.099 J" },
		{ 12345.67, 12, "12346 J ± 12 J" },       /* thousands stay plain */
		{ 99999.4, 19, "99999 J ± 19 J" },
		{ 100000, 19, "100000 J ± 19 J" },
		{ 100000.5, 190, "100.00 kJ ± 0.19 kJ" },
		{ 1234567, 2300, "1234.6 kJ ± 2.3 kJ" },
		{ 2.5e8, 1.1e6, "250.0 MJ ± 1.1 MJ" },
		{ 0.0042, 0.0001, "4.20 mJ ± 0.10 mJ" },
		{ 4.2e-6, 1e-7, "4.20 µJ ± 0.10 µJ" },
		{ -0.04, 1.9, "0.0 J ± 1.9 J" },          /* never -0.0 */
		{ -0.06, 1.9, "-0.1 J ± 1.9 J" },
		{ -0.3, 25, "0 J ± 25 J" },
		{ -4, 123, "0 J ± 130 J" },
		{ -12.34, 1.0, "-12.3 J ± 1.0 J" },
		{ 0, 0.5, "0.00 J ± 0.50 J" },
		{ 412.6432, NAN, "412.6 J ± –" },
		{ 412.6432, INFINITY, "412.6 J ± –" },
		{ 412.6432, 0, "412.6 J ± –" },
		{ 0, 0, "0 J ± –" },
		{ 999.96, NAN, "1000 J ± –" },
		{ NAN, 1.9, "–" },
		{ INFINITY, 1.9, "–" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct text text = TEXT_INIT;
		number_energy(&text, rows[i].value, rows[i].U);
		check(&text, rows[i].expected);
	}
}

static void test_round_up_is_never_down_by_more_than_a_hair(void **state)
{
	(void)state;
	for (double U = 1.3e-9; U < 1e9; U *= 1.0137) {
		int place;
		double rounded = number_round_up(U, &place), digits = rounded / pow(10, place);
		assert_true(rounded >= U * (1 - 0.0051));
		assert_true(rounded <= U * 1.1);
		assert_near(digits, round(digits), 1e-6);
		assert_true(digits > 9.5 && digits < 99.5);
	}
}

static void test_power(void **state)
{
	(void)state;
	static const struct {
		double value, U;
		const char *expected;
	} rows[] = { { 120.63, 0.55, "120.63 W" }, { 120.63, 1.9, "120.6 W" }, { 120.63, 19, "121 W" },
		{ 120.63, NAN, "120.6 W" },
		{ 999.97, NAN, "1000 W" }, { 0.0101, NAN, "0.01010 W" }, { NAN, 1, "–" } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct text text = TEXT_INIT;
		number_power(&text, rows[i].value, rows[i].U);
		check(&text, rows[i].expected);
	}
}

static void test_time(void **state)
{
	(void)state;
	static const struct {
		double seconds;
		const char *expected;
	} rows[] = { { 3.4200001, "3.42 s" }, { 3.425001, "3.43 s" }, { 9.996, "10.0 s" }, { 34.21, "34.2 s" },
		{ 99.96, "100.0 s" },
		{ 342.14, "342.1 s" }, { 9999.96, "10000 s" }, { 12345.6, "12346 s" }, { 0.0981, "98.1 ms" },
		{ 0.09996, "0.100 s" },
		{ 0.5, "0.500 s" }, { 12e-6, "12.0 µs" }, { 99.96e-6, "0.100 ms" }, { 0, "0 s" }, { NAN, "–" } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct text text = TEXT_INIT;
		number_time(&text, rows[i].seconds);
		check(&text, rows[i].expected);
	}
}

static void test_ratio(void **state)
{
	(void)state;
	static const struct {
		struct interval ratio;
		const char *expected;
	} rows[] = {
		{ { 0.53, 0.51, 0.55 }, "0.53 [0.51, 0.55]" },
		{ { 0.5312, 0.5101, 0.5499 }, "0.53 [0.51, 0.55]" },
		{ { 0.5312, 0.5099, 0.5501 }, "0.53 [0.50, 0.56]" }, /* outwards */
		{ { 0.53123, 0.53001, 0.53299 }, "0.531 [0.530, 0.533]" },
		{ { 1.2, 0.9, 1.5 }, "1.20 [0.90, 1.50]" },
		{ { 1.01, 1.002, 1.0181 }, "1.010 [1.002, 1.019]" },
		{ { 0.98, 0.961, 0.9991 }, "0.9800 [0.9610, 0.9991]" }, /* seen to exclude 1 */
		{ { 1, 0.99999, 1.00001 }, "1.00000 [0.99999, 1.00001]" },
		{ { 0.5, NAN, NAN }, "0.50" },
		{ { NAN, NAN, NAN }, "–" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct text text = TEXT_INIT;
		number_ratio(&text, &rows[i].ratio);
		check(&text, rows[i].expected);
	}
}

static void test_percent_and_bytes(void **state)
{
	(void)state;
	static const struct {
		double fraction;
		const char *expected;
	} rows[] = { { 0.606, "61 %" }, { 0.012, "1.2 %" }, { 0.0996, "10 %" }, { 0.00042, "0.04 %" }, { 1.036, "104 %" },
		{ 0, "0 %" },
		{ 1e-9, "0.00 %" }, { NAN, "–" } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct text text = TEXT_INIT;
		number_percent(&text, rows[i].fraction);
		check(&text, rows[i].expected);
	}
	struct text text = TEXT_INIT;
	number_bytes(&text, 1023);
	check(&text, "1023 B");
	number_bytes(&text, 35e6);
	check(&text, "33.4 MiB");
	number_bytes(&text, NAN);
	check(&text, "–");
}

/* Any locale with a decimal comma will do; where none is installed there is nothing to show. */
static void test_decimal_point_in_any_locale(void **state)
{
	(void)state;
	locale_t comma = newlocale(LC_ALL_MASK, "de_DE.UTF-8", (locale_t)0);
	if (!comma) {
		skip();
		return;
	}
	locale_t before = uselocale(comma);
	struct c_locale scope;
	struct text text = TEXT_INIT;
	c_locale_enter(&scope);
	number_energy(&text, 412.6, 1.9);
	c_locale_leave(&scope);
	assert_true(uselocale((locale_t)0) == comma);
	uselocale(before);
	freelocale(comma);
	check(&text, "412.6 J ± 1.9 J");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_energy),
		cmocka_unit_test(test_round_up_is_never_down_by_more_than_a_hair),
		cmocka_unit_test(test_power),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_ratio),
		cmocka_unit_test(test_percent_and_bytes),
		cmocka_unit_test(test_decimal_point_in_any_locale),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
