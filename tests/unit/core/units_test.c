/* Quantities: what is taken, exactly; what is refused, and that is everything else. */
#include <stdbool.h>

#include "unit.h"
#include "units.h"

static void quantities_are_exact(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum dimension dimension;
		double value;
	} cases[] = {
		{ "250 ms", DIMENSION_TIME, 0.25 }, { "5ms", DIMENSION_TIME, 0.005 },
		{ "2 s", DIMENSION_TIME, 2 }, { "5 min", DIMENSION_TIME, 300 },
		{ "1.5 h", DIMENSION_TIME, 5400 }, { "100 us", DIMENSION_TIME, 1e-4 },
		{ "7 ns", DIMENSION_TIME, 7e-9 }, { "5  ms", DIMENSION_TIME, 0.005 },
		{ "+1 s", DIMENSION_TIME, 1 }, { "-1 s", DIMENSION_TIME, -1 },
		{ "1e3 ms", DIMENSION_TIME, 1 }, { "1E-3 s", DIMENSION_TIME, 0.001 },
		{ "500 mW", DIMENSION_POWER, 0.5 }, { "1.1 kW", DIMENSION_POWER, 1100 },
		{ "300 W", DIMENSION_POWER, 300 }, { "1.5 Wh", DIMENSION_ENERGY, 5400 },
		{ "2 kWh", DIMENSION_ENERGY, 7.2e6 }, { "61 uJ", DIMENSION_ENERGY, 61e-6 },
		{ "300 V", DIMENSION_VOLTAGE, 300 }, { "230 mV", DIMENSION_VOLTAGE, 0.23 },
		{ "500 mA", DIMENSION_CURRENT, 0.5 }, { "50 Hz", DIMENSION_FREQUENCY, 50 },
		{ "2.4 GHz", DIMENSION_FREQUENCY, 2.4e9 }, { "0.1 %", DIMENSION_RATIO, 0.001 },
		{ "0.05%", DIMENSION_RATIO, 0.0005 }, { "50 ppm", DIMENSION_RATIO, 50e-6 },
		{ "0.001", DIMENSION_RATIO, 0.001 }, { "23 degC", DIMENSION_TEMPERATURE, 23 },
		{ "64 KiB", DIMENSION_BYTES, 65536 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double value = -7;
		int result = quantity_parse(cases[i].text, cases[i].dimension, &value);
		if (result != 0 || value != cases[i].value) {
			print_error("\"%s\": %d, %.17g instead of %.17g\n", cases[i].text, result, value, cases[i].value);
			fail();
		}
	}
}

static void everything_else_is_refused(void **state)
{
	(void)state;
	static const char *const times[] = {
		"", " ", "s", "5", "5 ", " 5 ms", "5 ms ", "5 ms x", "5\tms", ".5 s", "5. s", "0x10 s", "nan s",
		"nan", "inf s", "infinity s", "1e s", "1e+ s", "1e999 s", "1e308 h", "0,01 s", "1'000 s", "1_000 s",
		"10k", "10 ks", "10 S", "10 MS", "10 msec", "10 W", "10 m", "--5 s", "+-5 s", "5 5 s", "5 ms5",
		"5 s\n", "\xc2\xb5s", "5 \xc2\xb5s", "5\xc2\xa0s", "1e-3 s s",
		"00000000000000000000000000000000000000000000000000000000000000001 s",
	};
	static const char *const ratios[] = {
		"", "0.01abc", "10k", "nan", "0,01", "1e", "%", "5 %%", "5 % ", "5 s", "1 pct",
	};
	for (size_t i = 0; i < sizeof times / sizeof *times + sizeof ratios / sizeof *ratios; i++) {
		bool time = i < sizeof times / sizeof *times;
		const char *text = time ? times[i] : ratios[i - sizeof times / sizeof *times];
		double value = -7;
		if (quantity_parse(text, time ? DIMENSION_TIME : DIMENSION_RATIO, &value) != -1 || value != -7) {
			print_error("\"%s\" was taken for %g\n", text, value);
			fail();
		}
	}
}

static void numbers_are_strict(void **state)
{
	(void)state;
	static const char *const refused[] = {
		"", "0.01abc", "10k", "nan", "NAN", "inf", "-inf", "0,01", "1e", "1e+", ".5", "5.", " 5", "5 ",
		"0x1", "1.2.3", "-", "+", "1e999", "1d3", "\xef\xbc\x95",
	};
	double value;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (number_parse(refused[i], &value) != -1)
			fail_msg("\"%s\" was taken for a number", refused[i]);
	assert_int_equal(number_parse("-12.5e-1", &value), 0);
	assert_true(value == -1.25);
	assert_int_equal(number_parse("0.1", &value), 0);
	assert_true(value == 0.1);
}

static void integers_are_strict(void **state)
{
	(void)state;
	static const char *const refused[] = {
		"", "-", "1.0", "1e3", "0x1", " 1", "1 ", "1a", "9223372036854775808", "99999999999999999999",
	};
	long long value;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (integer_parse(refused[i], &value) != -1)
			fail_msg("\"%s\" was taken for an integer", refused[i]);
	assert_int_equal(integer_parse("-9223372036854775808", &value), 0);
	assert_true(value == INT64_MIN);
	assert_int_equal(integer_parse("010", &value), 0);
	assert_true(value == 10);
}

static void names_of_units_and_dimensions_come_back(void **state)
{
	(void)state;
	for (int i = 0; i < UNITS; i++)
		assert_int_equal(unit_parse(unit_symbol((enum unit)i)), i);
	for (int i = 0; i < DIMENSIONS; i++) {
		assert_int_equal(dimension_parse(dimension_name((enum dimension)i)), i);
		assert_non_null(dimension_expected((enum dimension)i));
	}
	assert_int_equal(unit_parse("w"), -1);
	assert_int_equal(dimension_parse("duration"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantities_are_exact),
		cmocka_unit_test(everything_else_is_refused),
		cmocka_unit_test(numbers_are_strict),
		cmocka_unit_test(integers_are_strict),
		cmocka_unit_test(names_of_units_and_dimensions_come_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
