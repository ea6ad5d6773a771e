#include "scpi.h"

#include <stdlib.h>

#include "unit.h"

static void numbers_as_the_instrument_writes_them(void **state)
{
	(void)state;
	static const struct {
		double value;
		int exponent;
		const char *text;
	} cases[] = {
		{ 104.753, -2, "104.75E+00" }, { 60.119, -2, "60.12E+00" }, { 0.4512, -4, "451.2E-03" }, { 1, -3, "1.000E+00" },
		{ 300, -1, "300.0E+00" }, { 0.1, -4, "100.0E-03" }, { 0, -2, "0.00E+00" }, { -0.5, -2, "-500E-03" },
		{ 9.9999, -2, "10.00E+00" }, { 0.004, -2, "0.00E+00" }, { 1234.56, -2, "1.23456E+03" }, { 5e-3, -6, "5.000E-03" },
		{ 0.25, -4, "250.0E-03" }, { 20, -2, "20.00E+00" }, { NAN, -2, "NAN" }, { INFINITY, -2, "INF" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct text text = TEXT_INIT;
		scpi_nr3(&text, cases[i].value, cases[i].exponent);
		assert_string_equal(text_string(&text), cases[i].text);
		if (isfinite(cases[i].value)) /* and they mean what was meant, to the last digit */
			assert_near(strtod(text_string(&text), NULL), cases[i].value, 0.5001 * pow(10, cases[i].exponent));
		text_free(&text);
	}
}

static void headers(void **state)
{
	(void)state;
	static const struct {
		const char *pattern, *header;
		bool matches;
		int suffix;
	} cases[] = {
		{ "[:INPut]:VOLTage:RANGe", ":INP:VOLT:RANG", true, -1 },
		{ "[:INPut]:VOLTage:RANGe", ":voltage:range", true, -1 },
		{ "[:INPut]:VOLTage:RANGe", ":INPU:VOLT:RANG", false, -1 }, { "[:INPut]:VOLTage:RANGe", ":INP:VOLT", false, -1 },
		{ "[:INPut]:VOLTage:RANGe", "INP:VOLT:RANG", false, -1 },
		{ ":NUMeric[:NORMal]:ITEM<x>", ":NUM:NORM:ITEM12", true, 12 },
		{ ":NUMeric[:NORMal]:ITEM<x>", ":NUM:ITEM", true, -1 },
		{ ":STATus:FILTer<x>", ":STAT:FILT1", true, 1 }, { ":STATus:FILTer<x>", ":STAT:FILTER16", true, 16 },
		{ ":STATus:EESR", ":STAT:EESR1", false, -1 }, { "*IDN", "*idn", true, -1 }, { "*IDN", ":IDN", false, -1 },
		{ ":MEASure:AVERaging[:STATe]", ":MEAS:AVER", true, -1 },
		{ ":MEASure:AVERaging[:STATe]", ":MEAS:AVER:STAT", true, -1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int suffix;
		bool matches = scpi_match(cases[i].pattern, cases[i].header, &suffix);
		if (matches != cases[i].matches)
			fail_msg("%s against %s", cases[i].header, cases[i].pattern);
		if (matches)
			assert_int_equal(suffix, cases[i].suffix);
	}
}

static void quantities(void **state)
{
	(void)state;
	static const struct {
		const char *text, *unit;
		bool fine;
		double value;
	} cases[] = {
		{ "150V", "V", true, 150 }, { "5MV", "V", true, 5e-3 }, { "100MS", "S", true, 0.1 }, { "500MA", "A", true, 0.5 },
		{ "0.5", "A", true, 0.5 }, { "1e-1", "S", true, 0.1 }, { "2 A", "A", true, 2 }, { "1KV", "V", true, 1000 },
		{ "nan", "V", false, 0 }, { "inf", "V", false, 0 }, { "", "V", false, 0 }, { "10A", "V", false, 0 },
		{ "ON", "", false, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double value = 0;
		if (scpi_number(cases[i].text, cases[i].unit, &value) != cases[i].fine)
			fail_msg("%s as %s", cases[i].text, cases[i].unit);
		if (cases[i].fine)
			assert_near(value, cases[i].value, 1e-12);
	}
}

static void units_on_a_line(void **state)
{
	(void)state;
	const char *cursor = " :INP:VOLT:RANG 150V ; AUTO? ;*CLS;:NUM:NORM:VAL? 3;;";
	static const struct {
		const char *header, *arguments;
		bool query;
	} expected[] = {
		{ ":INP:VOLT:RANG", "150V", false }, { ":INP:VOLT:AUTO", "", true }, { "*CLS", "", false },
		{ ":NUM:NORM:VAL", "3", true },
	};
	struct scpi_unit unit;
	char path[96] = "";
	for (int i = 0; i < 4; i++) {
		assert_true(scpi_next(&cursor, &unit));
		scpi_resolve(&unit, path);
		assert_string_equal(unit.header, expected[i].header);
		assert_string_equal(unit.arguments, expected[i].arguments);
		assert_int_equal(unit.query, expected[i].query);
	}
	assert_false(scpi_next(&cursor, &unit));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_as_the_instrument_writes_them), cmocka_unit_test(headers), cmocka_unit_test(quantities),
		cmocka_unit_test(units_on_a_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
