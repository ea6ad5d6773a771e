/* Every form that a reply of a Hioki PW333x has, and every one that it must not have. */
#include <math.h>

#include "captures.h"
#include "meters/hioki_reply.h"
#include "meters/idn.h"
#include "record.h"
#include "unit.h"

static void values(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		double value;
		int64_t nano;
	} good[] = {
		{ "+110.14E+0", 110.14, INT64_C(110140000000) }, { "+0.0000E+0", 0, 0 }, { "-02.390E+0", -2.39, -INT64_C(2390000000) },
		{ "+123.45E+3", 123450, INT64_C(123450000000000) }, { "+00.0333E+0", 0.0333, 33300000 }, { "+0.00001E+0", 1e-5, 10000 },
		{ "+123.456E+3", 123456, INT64_C(123456000000000) }, { "-001.234E+6", -1234000, -INT64_C(1234000000000000) },
		{ "+00123.E+0", 123, INT64_C(123000000000) }, { "+999.99E+3", 999990, INT64_C(999990000000000) },
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct hioki_value value;
		assert_int_equal(hioki_value_decode(good[i].text, strlen(good[i].text), &value), 0);
		assert_near(value.value, good[i].value, 1e-12 * fabs(good[i].value));
		assert_int_equal(value.flags, 0);
		assert_true(value.exact && value.nano == good[i].nano);
	}
}

static void codes_are_no_values(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint32_t flag;
	} codes[] = {
		{ "+777.77E+9", FLAG_NO_DATA }, { "-777.77E+9", FLAG_NO_DATA }, { "+7777.77E+9", FLAG_NO_DATA }, { "-7777.77E+9", FLAG_NO_DATA },
		{ "+888.88E+9", FLAG_NO_DATA }, { "-888.88E+9", FLAG_NO_DATA }, { "+8888.88E+9", FLAG_NO_DATA }, { "-8888.88E+9", FLAG_NO_DATA },
		{ "+999.99E+9", FLAG_OVER_RANGE }, { "-999.99E+9", FLAG_OVER_RANGE }, { "+9999.99E+9", FLAG_OVER_RANGE }, { "-9999.99E+9", FLAG_OVER_RANGE },
		{ "+123.45E+9", FLAG_IMPLAUSIBLE },
	};
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		struct hioki_value value;
		assert_int_equal(hioki_value_decode(codes[i].text, strlen(codes[i].text), &value), 0);
		assert_true(isnan(value.value) && !value.exact);
		assert_int_equal(value.flags, codes[i].flag);
	}
}

static void what_is_no_value(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", "+", "110.14E+0", "+110.14", "+110.14E", "+110.14E+", "+110.14E+00", "+110.14e+0", "+11.0.14E+0", "+12345678E+0", "+1.2E+0",
		"+110.14E+0 ", " +110.14E+0", "+110,14E+0", "+nanE+0", "+ 10.14E+0", "+110.14E*0", "++10.14E+0", "+110.14E+1", "+888788E+8",
		"+110.14E-2", "+110.14E+:",
	};
	struct hioki_value value;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (hioki_value_decode(bad[i], strlen(bad[i]), &value) == 0)
			fail_msg("taken for a value: %s", bad[i]);
	/* Beyond 9e9 of a unit nothing is exact in 1e-9 of it. */
	assert_int_equal(hioki_value_decode("+12345.6E+6", 11, &value), 0);
	assert_true(!value.exact && value.value > 1.23e10);
	/* Nor is what is less than that. */
	assert_int_equal(hioki_value_decode("+0.0012E-9", 10, &value), 0);
	assert_true(!value.exact);
	assert_near(value.value, 1.2e-12, 1e-24);
}

static void times(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "00001", "00001,02", "0001,02,030", "00001,60,00", "00001,00,60", "00001,0x,00", "00001,00,0x",
					   "00001,02;03", "00001;02;03", "0000a,02,03", "-0001,02,03" };
	struct hioki_value value;
	assert_int_equal(hioki_time_decode("00001,02,03", 11, &value), 0);
	assert_near(value.value, 3723, 0);
	assert_int_equal(hioki_time_decode("09999,59,59", 11, &value), 0);
	assert_near(value.value, 9999 * 3600. + 3599, 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(hioki_time_decode(bad[i], strlen(bad[i]), &value), -1);
}

static const char *const items[] = { "U1", "I1", "P1", "WP1", "TIME" };

static void readings(void **state)
{
	(void)state;
	static const char *const good[] = {
		"U1 +048.02E+0;I1 +02.390E+0;P1 +114.77E+0;WP1 +00.0319E+0;TIME 00000,00,01",
		"U1 +048.02E+0,I1 +02.390E+0,P1 +114.77E+0,WP1 +00.0319E+0,TIME 00000,00,01",
		"+048.02E+0;+02.390E+0;+114.77E+0;+00.0319E+0;00000,00,01", "+048.02E+0,+02.390E+0,+114.77E+0,+00.0319E+0,00000,00,01",
		"u1 +048.02E+0;i1 +02.390E+0;p1 +114.77E+0;wp1 +00.0319E+0;time 00000,00,01",
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct hioki_value v[5];
		assert_int_equal(hioki_reading_decode(good[i], items, 5, v), 0);
		assert_near(v[0].value, 48.02, 1e-9);
		assert_near(v[2].value, 114.77, 1e-9);
		assert_int_equal(v[3].nano, 31900000);
		assert_near(v[4].value, 1, 0);
	}
	/* TIME in the middle. */
	static const char *const other[] = { "P", "TIME", "WP" };
	struct hioki_value v[5];
	assert_int_equal(hioki_reading_decode("+114.77E+0,00010,20,30,+00.0319E+0", other, 3, v), 0);
	assert_near(v[1].value, 37230, 0);
	assert_int_equal(v[2].nano, 31900000);
}

static void what_is_no_reading(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", "U1 +048.02E+0", "+048.02E+0;+02.390E+0;+114.77E+0;+00.0319E+0", "+048.02E+0;+02.390E+0;+114.77E+0;+00.0319E+0;00000,00",
		"+048.02E+0;+02.390E+0;+114.77E+0;+00.0319E+0;00000,00,01;", "+048.02E+0;+02.390E+0;+114.77E+0;+00.0319E+0;00000,00,01,00",
		"U +048.02E+0;I1 +02.390E+0;P1 +114.77E+0;WP1 +00.0319E+0;TIME 00000,00,01", /* of no channel */
		"U2 +048.02E+0;I1 +02.390E+0;P1 +114.77E+0;WP1 +00.0319E+0;TIME 00000,00,01", /* another channel's */
		"U1 +048.02E+0;I1 +02.390E+0;P1 +114.77E+0;WH1 +00.0319E+0;TIME 00000,00,01", ";;;;", "U1 +048.02E+0 I1 +02.390E+0",
	};
	struct hioki_value v[HIOKI_ITEMS_MAX + 1];
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (hioki_reading_decode(bad[i], items, 5, v) == 0)
			fail_msg("taken for a reading: %s", bad[i]);
	assert_int_equal(hioki_reading_decode("", items, HIOKI_ITEMS_MAX + 1, v), -1);
}

static void statuses(void **state)
{
	(void)state;
	uint32_t status;
	assert_int_equal(hioki_status_decode("U +110.14E+0;TIME 00000,00,00;STATUS 00000010;P +000.00E+0", &status), 0);
	assert_int_equal(status, 0x10);
	assert_int_equal(hioki_status_flags(status), FLAG_PEAK_OVER);
	assert_int_equal(hioki_status_decode("STAT 0100AbCd", &status), 0);
	assert_int_equal(status, 0x100abcd);
	static const char *const bad[] = { "", "U +110.14E+0", "STATUS ", "STATUS 123456789", "STATUS 0x10", "00000010", "STATUS" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(hioki_status_decode(bad[i], &status), -1);
	static const struct {
		uint32_t status, flags;
	} all[] = {
		{ 0, 0 }, { 1u << 0, FLAG_PEAK_OVER }, { 1u << 4, FLAG_PEAK_OVER }, { 1u << 8, FLAG_OVER_RANGE }, { 1u << 12, FLAG_OVER_RANGE },
		{ 1u << 16, FLAG_IMPLAUSIBLE }, { 1u << 20, FLAG_OVER_RANGE }, { 1u << 24, FLAG_OVER_RANGE }, { 1u << 28, 0 }, { 1u << 5, FLAG_PEAK_OVER },
		{ 0x111, FLAG_PEAK_OVER | FLAG_OVER_RANGE },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		assert_int_equal(hioki_status_flags(all[i].status), all[i].flags);
}

static void identities(void **state)
{
	(void)state;
	struct idn id;
	assert_int_equal(idn_decode("HIOKI,PW3336,123456789,V1.00", &id), 0);
	assert_string_equal(id.maker, "HIOKI");
	assert_string_equal(id.model, "PW3336");
	assert_string_equal(id.serial, "123456789");
	assert_string_equal(id.firmware, "V1.00");
	static const char *const bad[] = { "", "HIOKI", "HIOKI,PW3336", "HIOKI,PW3336,1", "HIOKI,,1,V1", ",PW3336,1,V1", "HIOKI,PW3336,1,",
					   "HIOKI,PW3336,1,V1,X", "HIOKI,PW33\t36,1,V1",
					   "HIOKI,PW3336,123456789012345678901234567890123456789012345678,V1" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(idn_decode(bad[i], &id), -1);
	assert_string_equal(hioki_argument(":VOLTAGE:RANGE 300"), "300");
	assert_string_equal(hioki_argument("300"), "300");
}

/* ---- what an instrument was heard to say, and what its manual says ---- */

static void print_value(const char *item, const struct hioki_value *value, struct text *text)
{
	text_addf(text, "%s ", item);
	if (value->flags)
		text_add(text, value->flags == FLAG_NO_DATA ? "no-data" : value->flags == FLAG_OVER_RANGE ? "over" : "?");
	else
		text_addf(text, "%.10g", value->value);
}

/* A reading of what the examples ask for: one channel's four items, or the voltage and current of two. */
static void print(const char *bytes, size_t size, struct text *text)
{
	static const char *const asked[2][4] = { { "U", "I", "P", "WP" }, { "U1", "I1" } };
	static const int counts[2] = { 4, 2 };
	char line[200];
	uint32_t status;
	struct idn id;
	struct hioki_value values[4];
	assert_true(size < sizeof line);
	snprintf(line, sizeof line, "%.*s", (int)strcspn(bytes, "\r\n"), bytes);
	for (int i = 0; i < 2; i++)
		if (hioki_reading_decode(line, asked[i], counts[i], values) == 0) {
			for (int k = 0; k < counts[i]; k++) {
				text_add(text, k ? ", " : "");
				print_value(asked[i][k], &values[k], text);
			}
			text_add(text, "\n");
			return;
		}
	if (hioki_status_decode(line, &status) == 0) {
		uint32_t flags = hioki_status_flags(status);
		text_addf(text, "status %x:%s%s%s\n", (unsigned)status, flags & FLAG_PEAK_OVER ? " peak-over" : "",
			  flags & FLAG_OVER_RANGE ? " over" : "", flags & FLAG_IMPLAUSIBLE ? " implausible" : "");
	} else if (idn_decode(line, &id) == 0)
		text_addf(text, "identity %s | %s | %s | %s\n", id.maker, id.model, id.serial, id.firmware);
	else
		text_add(text, "nothing\n");
}

static void captures(void **state)
{
	(void)state;
	captures_replay("hioki", print);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values), cmocka_unit_test(codes_are_no_values), cmocka_unit_test(what_is_no_value), cmocka_unit_test(times),
		cmocka_unit_test(readings), cmocka_unit_test(what_is_no_reading), cmocka_unit_test(statuses), cmocka_unit_test(identities),
		cmocka_unit_test(captures),
	};
	return cmocka_run_group_tests_name("hioki_reply", tests, NULL, NULL);
}
