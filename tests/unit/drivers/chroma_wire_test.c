/* What a Chroma 66202 to 66205 answers. */
#include <math.h>
#include <stdio.h>

#include "captures.h"
#include "meters/chroma_wire.h"
#include "meters/idn.h"
#include "record.h"

static void values(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		double value;
	} good[] = {
		{ "48.02", 48.02 }, { "+0.4532", 0.4532 }, { ".123", 0.123 }, { "0123", 123 }, { "12.", 12 }, { "-48.02", -48.02 }, { " 7.5 ", 7.5 },
		{ "1.5E-3", 0.0015 }, { "2e+02", 200 }, { "1E2", 100 }, { "-4", -4 }, { "-1.0001", -1.0001 }, { "-0.9999", -0.9999 }, { "1", 1 }, { "3.000", 3 },
		{ "-2.5", -2.5 }, { "0", 0 }, { "12345678901234567890.12", 12345678901234567890.12 },
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct chroma_value value;
		if (chroma_value_decode(good[i].text, strlen(good[i].text), &value) != 0)
			fail_msg("%s", good[i].text);
		assert_near(value.value, good[i].value, 1e-12 * fabs(good[i].value));
		assert_true(value.flags == 0 && value.code == 0);
	}
}

static void codes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int code;
		uint32_t flags;
	} all[] = {
		{ "-1", -1, FLAG_NO_DATA }, { "-1.0", -1, FLAG_NO_DATA }, { "-1.000000", -1, FLAG_NO_DATA }, { "-01.", -1, FLAG_NO_DATA },
		{ "-1.0E+00", -1, FLAG_NO_DATA }, { "-10E-1", -1, FLAG_NO_DATA }, { "-2", -2, FLAG_NO_DATA | FLAG_RANGE_CHANGED },
		{ "-2.00", -2, FLAG_NO_DATA | FLAG_RANGE_CHANGED }, { "-3", -3, FLAG_OVER_RANGE }, { "-3.0000", -3, FLAG_OVER_RANGE },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct chroma_value value;
		assert_int_equal(chroma_value_decode(all[i].text, strlen(all[i].text), &value), 0);
		assert_true(isnan(value.value));
		assert_int_equal(value.flags, all[i].flags);
		assert_int_equal(value.code, all[i].code);
	}
}

static void what_is_no_value(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", " ", "-", "+", ".", "-.", "1.2.3", "1,2", "NAN", "INF", "1E", "1E+", "1E+100", "E5", "0x10", "--1", "4 8", "1.5V", "***", "123456789012345678901.12",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct chroma_value value;
		if (chroma_value_decode(bad[i], strlen(bad[i]), &value) != -1)
			fail_msg("%s", bad[i]);
		assert_true(isnan(value.value));
	}
}

static void readings(void **state)
{
	(void)state;
	struct chroma_value v[3];
	assert_int_equal(chroma_reading_decode("1;2;3", 3, v), 0);
	assert_near(v[2].value, 3, 0);
	assert_int_equal(chroma_reading_decode("1,2,3", 3, v), 0);
	assert_int_equal(chroma_reading_decode("1;2", 3, v), -1);
	assert_int_equal(chroma_reading_decode("1;2;3;4", 3, v), -1);
	assert_int_equal(chroma_reading_decode("1;2;3;", 3, v), -1);
	assert_int_equal(chroma_reading_decode("1;;3", 3, v), -1);
	assert_int_equal(chroma_reading_decode(":FETCH 1;2;3", 3, v), -1);
	assert_int_equal(chroma_reading_decode("", 3, v), -1);
}

static void alarms(void **state)
{
	(void)state;
	unsigned found = 0;
	assert_int_equal(chroma_alarms_decode("32768", 1, &found), 0);
	assert_int_equal(found, 32768);
	assert_int_equal(chroma_alarms_decode("4", 3, &found), 0); /* the only ones that are told */
	assert_int_equal(found, 4);
	assert_int_equal(chroma_alarms_decode("0,1, 2;8", 4, &found), 0);
	assert_int_equal(found, 8);
	assert_int_equal(chroma_alarms_decode("0,1,2,8", 2, &found), 0);
	assert_int_equal(found, 1);
	static const char *const bad[] = { "", " ", "-1", "65536", "1,", "1,2,3,4,5", "0,1 2", "OVR", "0,x" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (chroma_alarms_decode(bad[i], 1, &found) != -1)
			fail_msg("%s", bad[i]);
	assert_int_equal(chroma_alarms_decode("1,2", 3, &found), -1);
}

static void identities(void **state)
{
	(void)state;
	struct idn identity;
	assert_int_equal(idn_decode("Chroma ATE,66202,A66200110997,1.20", &identity), 0);
	assert_string_equal(identity.maker, "Chroma ATE");
	assert_string_equal(identity.serial, "A66200110997");
	static const char *const bad[] = {
		"", "Chroma ATE", "Chroma ATE,66202,A1", "Chroma ATE,66202,A1,1.20,5", "Chroma ATE,,A1,1.20", "Chroma ATE,66202,A1,", "Chroma ATE,66\a202,A1,1.20",
		"Chroma ATE,66202,A1,1.20 of a firmware whose name is as long as no firmware's is",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (idn_decode(bad[i], &identity) != -1)
			fail_msg("%s", bad[i]);
}

static void print_value(const char *name, const struct chroma_value *value, struct text *text)
{
	text_addf(text, "%s %.9g", name, value->value);
	if (value->code)
		text_addf(text, " flags %#x code %d", value->flags, value->code);
	text_add(text, "\n");
}

static void print_reading(const struct chroma_value *v, struct text *text)
{
	static const char *const names[] = { "V", "I", "W" };
	for (int i = 0; i < 3; i++)
		print_value(names[i], &v[i], text);
}

static void print(const char *bytes, size_t size, struct text *text)
{
	char line[256];
	struct idn identity;
	struct chroma_value v[3];
	unsigned found;
	snprintf(line, sizeof line, "%.*s", (int)strcspn(bytes, "\r\n"), bytes);
	(void)size;
	if (idn_decode(line, &identity) == 0 && strncmp(identity.maker, "Chroma", 6) == 0)
		text_addf(text, "identity %s|%s|%s|%s\n", identity.maker, identity.model, identity.serial, identity.firmware);
	else if (chroma_reading_decode(line, 3, v) == 0)
		print_reading(v, text);
	else if (chroma_alarms_decode(line, 2, &found) == 0)
		text_addf(text, "alarms %#x of channel 2\n", found);
	else
		text_add(text, "nothing\n");
}

static void captures(void **state)
{
	(void)state;
	captures_replay("chroma", print);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values), cmocka_unit_test(codes), cmocka_unit_test(what_is_no_value), cmocka_unit_test(readings), cmocka_unit_test(alarms),
		cmocka_unit_test(identities), cmocka_unit_test(captures),
	};
	return cmocka_run_group_tests_name("chroma_wire", tests, NULL, NULL);
}
