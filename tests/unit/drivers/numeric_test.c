/* The pure decoders of the :NUMeric dialect, and the comparison of settings with what an instrument reports. */
#include "captures.h"
#include "meters/idn.h"
#include "meters/numeric.h"
#include "meters/settings.h"
#include "record.h"
#include "unit.h"

static void test_values(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		double value; /* NAN: none */
		uint32_t flags;
	} good[] = {
		{ "1.000E+00", 1, 0 },
		{ "103.35E+00", 103.35, 0 },
		{ "-0.45E-03", -0.00045, 0 },
		{ "+2.3E+2", 230, 0 },
		{ "0", 0, 0 },
		{ "0.0000E+00", 0, 0 },
		{ "9.92E+37", 9.92e37, 0 },
		{ "9.8E+37", 9.8e37, 0 },
		{ "NAN", NAN, FLAG_NO_DATA },
		{ "nan", NAN, FLAG_NO_DATA },
		{ "-NaN", NAN, FLAG_NO_DATA },
		{ "9.91E+37", NAN, FLAG_NO_DATA },
		{ "9.9100E+37", NAN, FLAG_NO_DATA },
		{ "9.90999969E+37", NAN, FLAG_NO_DATA }, /* 0x7E951BEE */
		{ "99.1E+36", NAN, FLAG_NO_DATA },
		{ "INF", NAN, FLAG_OVER_RANGE },
		{ "+INF", NAN, FLAG_OVER_RANGE },
		{ "-inf", NAN, FLAG_OVER_RANGE },
		{ "INFINITY", NAN, FLAG_OVER_RANGE },
		{ "9.9E+37", NAN, FLAG_OVER_RANGE },
		{ "-9.9E+37", NAN, FLAG_OVER_RANGE },
		{ "9.89999988E+37", NAN, FLAG_OVER_RANGE }, /* 0x7E94F56A */
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct numeric_value value;
		if (numeric_value_decode(good[i].text, strlen(good[i].text), &value) < 0)
			fail_msg("%s", good[i].text);
		assert_int_equal(value.flags, good[i].flags);
		assert_true(isnan(good[i].value) ? isnan(value.value) : value.value == good[i].value);
	}
	static const char *const bad[] = { "", " ", "1.0E", "1.0E+", "E+00", "1,0", "0x10", "1.0E+00 ", " 1.0", "--1", "N",
					   "NANA",
					   "IN", "1e400", "1.0W", "#4", "OVER", ".", "1.", ".5",
					   "1111111111111111111111111111111111111111111111111111111111111" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct numeric_value value;
		if (numeric_value_decode(bad[i], strlen(bad[i]), &value) == 0)
			fail_msg("'%s' was taken for %g", bad[i], value.value);
	}
	struct numeric_value value;
	assert_int_equal(numeric_value_decode("1\0002", 3, &value), -1);
}

static void test_readings(void **state)
{
	(void)state;
	struct numeric_reading reading;
	assert_int_equal(numeric_reading_decode("64;230.12E+00,INF,NAN;1", 3, &reading), 0);
	assert_int_equal(reading.condition, 64);
	assert_int_equal(reading.events, 1);
	assert_near(reading.item[0].value, 230.12, 0);
	assert_int_equal(reading.item[1].flags, FLAG_OVER_RANGE);
	assert_int_equal(reading.item[2].flags, FLAG_NO_DATA);
	assert_int_equal(numeric_reading_decode("0;1;65535", 1, &reading), 0);
	assert_int_equal(numeric_reading_decode("0;1,2,3,4,5,6,7,8,9,10;0", 10, &reading), 0);
	assert_near(reading.item[9].value, 10, 0);
	static const char *const bad[] = { "", ";", ";;", "0;1,2,3", "0;1,2;0", "0;1,2,3,4;0", "0;1,2,;0", "0;,2,3;0", "0;1,2,3;",
					   "0;1,2,3;65536", "0;1,2,3;0;0", "-1;1,2,3;0", " 0;1,2,3;0", "0;1,2,3;0 ", "x;1,2,3;0",
					   "0;1, 2,3;0", "1,2,3", "123456;1,2,3;0", "0;1,2,3;999999" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (numeric_reading_decode(bad[i], 3, &reading) == 0)
			fail_msg("'%s' was taken", bad[i]);
	assert_int_equal(numeric_reading_decode("0;1;0", 0, &reading), -1);
	assert_int_equal(numeric_reading_decode("0;1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16;0", NUMERIC_ITEMS_MAX, &reading), 0);
	assert_int_equal(numeric_reading_decode("0;1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17;0", NUMERIC_ITEMS_MAX + 1, &reading), -1);
}

static void test_values_alone(void **state)
{
	(void)state;
	struct numeric_value item[NUMERIC_ITEMS_MAX];
	assert_int_equal(numeric_values_decode("127.58,INF,NAN", 3, item), 0);
	assert_near(item[0].value, 127.58, 0);
	assert_int_equal(item[1].flags, FLAG_OVER_RANGE);
	assert_int_equal(item[2].flags, FLAG_NO_DATA);
	assert_int_equal(numeric_values_decode("127.58,INF", 3, item), -1);
	assert_int_equal(numeric_values_decode("127.58,INF,NAN,1", 3, item), -1);
	assert_int_equal(numeric_values_decode("1", 0, item), -1);
	assert_int_equal(numeric_values_decode("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", NUMERIC_ITEMS_MAX + 1, item), -1);
}

static void test_names(void **state)
{
	(void)state;
	char names[3][NUMERIC_NAME_SIZE];
	assert_int_equal(numeric_names_decode("Urms,LAMBDA,P", 3, names), 0);
	assert_string_equal(names[0], "Urms");
	assert_string_equal(names[1], "LAMBDA");
	assert_string_equal(names[2], "P");
	assert_int_equal(numeric_names_decode("ABCDEFGHIJKLMNO", 1, names), 0); /* the longest */
	static const char *const bad[] = { "", "U,I", "U,I,P,Q", "U,,P", ",I,P", "U,I,", "U,I,P,", "U,I P,P", "U,I\x7f,P", "U,\xc3\xa9,P", "U,I,ABCDEFGHIJKLMNOP" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (numeric_names_decode(bad[i], 3, names) == 0)
			fail_msg("'%s' was taken", bad[i]);

	static const struct {
		const char *shown, *name;
	} cases[] = {
		{ "Urms", "U" }, { "UDC", "U" }, { "Uac", "U" }, { "Uacdc", "U" }, { "Irms", "I" }, { "idc", "I" }, { "Iac", "I" }, { "Iacdc", "I" },
		{ "PF", "LAMBDA" }, { "P", "P" }, { "UPPeak", "UPPeak" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(numeric_item_name(cases[i].shown), cases[i].name);
}

static void test_registers_ranges_errors(void **state)
{
	(void)state;
	unsigned value;
	assert_int_equal(numeric_register_decode("4660", &value), 0);
	assert_int_equal(value, 4660);
	assert_int_equal(numeric_register_decode("", &value), -1);
	assert_int_equal(numeric_register_decode("1 ", &value), -1);
	assert_int_equal(numeric_register_decode("+1", &value), -1);

	struct numeric_ranges ranges;
	assert_int_equal(numeric_ranges_decode("300.0E+00;0;1.000E+00;1", &ranges), 0);
	assert_near(ranges.voltage, 300, 0);
	assert_near(ranges.current, 1, 0);
	assert_false(ranges.voltage_auto);
	assert_true(ranges.current_auto);
	static const char *const bad[] = { "", "300;0;1", "300;0;1;2", "300;0;1;1;", "300;0;1;10", "300;x;1;1", "NAN;0;1;1", "300;0;INF;1", "300;0;1A;1",
					   ";0;1;1",
					   "3000000000000000000000000000000;0;1;1" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (numeric_ranges_decode(bad[i], &ranges) == 0)
			fail_msg("'%s' was taken", bad[i]);

	int code;
	assert_int_equal(numeric_error_decode("813,\"Invalid operation\"", &code), 0);
	assert_int_equal(code, 813);
	assert_int_equal(numeric_error_decode("-113", &code), 0);
	assert_int_equal(code, -113);
	assert_int_equal(numeric_error_decode("", &code), -1);
	assert_int_equal(numeric_error_decode(",\"x\"", &code), -1);
	assert_int_equal(numeric_error_decode("none", &code), -1);
	assert_int_equal(numeric_error_decode("32767", &code), 0);
	assert_int_equal(numeric_error_decode("32768", &code), -1);
	assert_int_equal(numeric_error_decode("-32768", &code), 0);
	assert_int_equal(numeric_error_decode("-32769", &code), -1);
	assert_int_equal(numeric_error_decode("000000000113", &code), -1);
	assert_int_equal(numeric_error_decode("99999999999", &code), -1);
}

static void test_identities(void **state)
{
	(void)state;
	struct idn idn;
	assert_int_equal(idn_decode_padded("YOKOGAWA,WT310,C2PH13047V,F1.03", &idn), 0);
	assert_string_equal(idn.maker, "YOKOGAWA");
	assert_string_equal(idn.model, "WT310");
	assert_string_equal(idn.serial, "C2PH13047V");
	assert_string_equal(idn.firmware, "F1.03");
	assert_int_equal(idn_decode_padded("YOKOGAWA, WT310E ,1,F1", &idn), 0);
	assert_string_equal(idn.model, "WT310E");
	static const char *const bad[] = { "", "YOKOGAWA", "A,B,C", "A,B,C,", "A,,C,D", "A,B,C,D,E", "A,B,C\x07,D",
					   "A, ,C,D", "A,B,\xc3\xa9,D", "A,B,\x7f,D",
					   "A,B,CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC,D" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (idn_decode_padded(bad[i], &idn) == 0)
			fail_msg("'%s' was taken", bad[i]);
}

static void test_settings_match(void **state)
{
	(void)state;
	static const struct {
		enum setting_type type;
		const char *want;
		double number;
		const char *reply;
		bool same;
	} cases[] = {
		{ SETTING_NUMBER, "300V", 300, "300.0E+00", true },
		{ SETTING_NUMBER, "300V", 300, ":INPUT:VOLTAGE:RANGE 300.0E+00", true },
		{ SETTING_NUMBER, "300V", 300, "150.0E+00", false },
		{ SETTING_NUMBER, "0.005A", 0.005, "5.00E-03", true },
		{ SETTING_NUMBER, "0.1S", 0.1, "AUTO", false },
		{ SETTING_NUMBER, "0.1S", 0.1, "", false },
		{ SETTING_BOOLEAN, "OFF", 0, "0", true },
		{ SETTING_BOOLEAN, "OFF", 0, "1", false },
		{ SETTING_BOOLEAN, "ON", 0, "1", true },
		{ SETTING_BOOLEAN, "OFF", 0, "", false },
		{ SETTING_WORD, "VOLT", 0, "VOLTAGE", true },
		{ SETTING_WORD, "ASCII", 0, "ASC", true },
		{ SETTING_WORD, "RMS", 0, "rms", true },
		{ SETTING_WORD, "RMS", 0, "DC", false },
		{ SETTING_WORD, "FALL", 0, "NEV", false },
		{ SETTING_WORD, "FALL", 0, "F", false },
		{ SETTING_WORD, "FALL", 0, "", false },
		{ SETTING_WORD, "P,1", 0, "P,1", true },
		{ SETTING_WORD, "P,1", 0, "P,2", false },
		{ SETTING_WORD, "P,1", 0, "P,12", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct setting setting = { .type = cases[i].type, .number = cases[i].number };
		memcpy(setting.want, cases[i].want, strlen(cases[i].want) + 1);
		if (setting_matches(&setting, cases[i].reply) != cases[i].same)
			fail_msg("%s and '%s'", cases[i].want, cases[i].reply);
	}
}

/* ---- what a WT was heard to say, and what its manual says ---- */

static void print_value(const struct numeric_value *value, struct text *text)
{
	if (value->flags)
		text_addf(text, " %s", value->flags == FLAG_NO_DATA ? "no-data" : value->flags == FLAG_OVER_RANGE ? "over" : "?");
	else
		text_addf(text, " %.10g", value->value);
}

/* A reading has two semicolons, ranges three; an identity and an error say themselves what they are. */
static void print(const char *bytes, size_t size, struct text *text)
{
	struct idn idn;
	struct numeric_reading reading;
	struct numeric_ranges ranges;
	int code, items = 1;
	char line[NUMERIC_REPLY_SIZE];
	assert_true(size < sizeof line);
	snprintf(line, sizeof line, "%.*s", (int)strcspn(bytes, "\n"), bytes);
	for (const char *c = line; *c; c++)
		items += *c == ',';
	if (numeric_reading_decode(line, items, &reading) == 0) {
		text_addf(text, "condition %u events %u:", reading.condition, reading.events);
		for (int i = 0; i < items; i++)
			print_value(&reading.item[i], text);
		text_add(text, "\n");
	} else if (numeric_ranges_decode(line, &ranges) == 0)
		text_addf(text, "ranges %g V%s, %g A%s\n", ranges.voltage, ranges.voltage_auto ? " auto" : "", ranges.current, ranges.current_auto ? " auto" : "");
	else if (idn_decode_padded(line, &idn) == 0)
		text_addf(text, "identity %s | %s | %s | %s\n", idn.maker, idn.model, idn.serial, idn.firmware);
	else if (numeric_error_decode(line, &code) == 0)
		text_addf(text, "error %d\n", code);
	else
		text_add(text, "nothing\n");
}

static void captures(void **state)
{
	(void)state;
	captures_replay("yokogawa_wt", print);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),          cmocka_unit_test(test_readings),
		cmocka_unit_test(test_values_alone),    cmocka_unit_test(test_names),
		cmocka_unit_test(test_registers_ranges_errors), cmocka_unit_test(test_identities),
		cmocka_unit_test(test_settings_match),  cmocka_unit_test(captures),
	};
	return cmocka_run_group_tests_name("numeric", tests, NULL, NULL);
}
