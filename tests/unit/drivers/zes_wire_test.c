/* What a ZES LMG sends. */
#include <math.h>
#include <stdio.h>

#include "captures.h"
#include "meters/idn.h"
#include "meters/zes_wire.h"
#include "record.h"

static void values(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		double value;
	} good[] = {
		{ "1.0475E+02", 104.75 }, { "-2.5e-3", -0.0025 }, { "+230.12", 230.12 }, { "0", 0 }, { ".5", 0.5 }, { "7.", 7 }, { " 118 ", 118 }, { "1E2", 100 },
		{ "1.00000E+12", 1e12 }, { "-0.05", -0.05 },
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct zes_value value;
		if (zes_value_decode(good[i].text, strlen(good[i].text), &value) != 0)
			fail_msg("%s", good[i].text);
		assert_near(value.value, good[i].value, 1e-12 * fabs(good[i].value));
		assert_int_equal(value.flags, 0);
	}
}

static void what_is_no_number(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint32_t flags;
	} all[] = {
		{ "9.91E+37", FLAG_NO_DATA }, { "9.91e37", FLAG_NO_DATA }, { "9.9100000E+37", FLAG_NO_DATA }, { "-9.91E+37", FLAG_NO_DATA }, { "9.90999960E+37", FLAG_NO_DATA },
		{ "9.9E+37", FLAG_OVER_RANGE }, { "-9.9E+37", FLAG_OVER_RANGE }, { "9.90000000E+37", FLAG_OVER_RANGE }, { "9.89999978E+37", FLAG_OVER_RANGE },
		{ "3.4E+38", FLAG_NO_DATA }, { "1E+99", FLAG_NO_DATA }, { "1.1E+12", FLAG_IMPLAUSIBLE }, { "-8.9E+37", FLAG_IMPLAUSIBLE },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct zes_value value;
		assert_int_equal(zes_value_decode(all[i].text, strlen(all[i].text), &value), 0);
		assert_int_equal(value.flags, all[i].flags);
		assert_true(isnan(value.value));
	}
}

static void what_is_no_value(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", " ", "-", ".", "-.", "+.E1", "1E", "1E+", "1E+100", "1.2.3", "NAN", "inf", "0x1p3", "1,5", "1 2", "5 W", "#14abcd", "1.0000000000000000000000000000001",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct zes_value value;
		if (zes_value_decode(bad[i], strlen(bad[i]), &value) != -1)
			fail_msg("%s", bad[i]);
		assert_true(isnan(value.value));
	}
}

static void cycles(void **state)
{
	(void)state;
	struct zes_value v[3];
	assert_int_equal(zes_cycle_decode("1.0475E+02;2.3012E+02;4.552E-01", 3, v), 0);
	assert_near(v[2].value, 0.4552, 1e-12);
	static const char *const bad[] = { "", "1", "1;2", "1;2;3;4", "1;2;3;", ";1;2", "1;;3", "1,2,3", "0,\"No error\"", "1;2;x" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (zes_cycle_decode(bad[i], 3, v) != -1)
			fail_msg("%s", bad[i]);
}

static void counts(void **state)
{
	(void)state;
	assert_int_equal(zes_cycles_lost(117, 118), 0);
	assert_int_equal(zes_cycles_lost(117, 120), 2);
	assert_int_equal(zes_cycles_lost(117, 117), 0);
	assert_int_equal(zes_cycles_lost(117, 3), 0); /* it began anew */
	assert_int_equal(zes_cycles_lost(0, 1e9), 0);
	assert_int_equal(zes_cycles_lost(0, 1e6), 999999);
	assert_int_equal(zes_cycles_lost(NAN, 5), 0);
}

static void words(void **state)
{
	(void)state;
	assert_true(zes_no_error("0,\"No error\""));
	assert_false(zes_no_error("-113,\"Undefined header\"") || zes_no_error("0,\"No error\";1") || zes_no_error(""));
	assert_int_equal(zes_model("LMG670"), 670);
	assert_int_equal(zes_model("lmg 95"), 95);
	assert_int_equal(zes_model("LMG450e"), 450);
	assert_int_equal(zes_model("LMG"), 0);
	assert_int_equal(zes_model("LMG12345"), 0);
	assert_int_equal(zes_model("WT310E"), 0);
	assert_int_equal(zes_model("LM"), 0);
}

static void print(const char *bytes, size_t size, struct text *text)
{
	static const char *const names[] = { "count", "P", "U", "I" };
	struct zes_value v[4];
	struct idn idn;
	char line[256];
	(void)size;
	snprintf(line, sizeof line, "%.*s", (int)strcspn(bytes, "\r\n"), bytes);
	int n = zes_cycle_decode(line, 3, v) == 0 ? 3 : zes_cycle_decode(line, 4, v) == 0 ? 4 : 0;
	for (int i = 0; i < n; i++) {
		text_addf(text, "%s %.9g", names[4 - n + i], v[i].value);
		text_addf(text, v[i].flags ? " flags %#x\n" : "\n", v[i].flags);
	}
	if (n > 0)
		return;
	if (idn_decode(line, &idn) == 0 && zes_model(idn.model) > 0)
		text_addf(text, "identity LMG%d serial %s firmware %s\n", zes_model(idn.model), idn.serial, idn.firmware);
	else
		text_add(text, zes_no_error(line) ? "no error\n" : "nothing\n");
}

static void captures(void **state)
{
	(void)state;
	captures_replay("zes", print);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values), cmocka_unit_test(what_is_no_number), cmocka_unit_test(what_is_no_value), cmocka_unit_test(cycles), cmocka_unit_test(counts),
		cmocka_unit_test(words), cmocka_unit_test(captures),
	};
	return cmocka_run_group_tests_name("zes_wire", tests, NULL, NULL);
}
