/* What is JSON and what is not, what stands where in it, and numbers as they were written. */
#include <stdlib.h>

#include "meters/json_scan.h"
#include "unit.h"

static int scan(const char *text, struct json_place *places, size_t n)
{
	size_t size = strlen(text);
	static char copy[4096]; /* no NUL behind it */
	assert_true(size < sizeof copy);
	memset(copy, '"', sizeof copy);
	memcpy(copy, text, size);
	return json_scan(copy, size, places, n);
}

static void good_texts(void **state)
{
	(void)state;
	static const char *const good[] = {
		"{}", "[]", " { } ", "\t[\r\n]", "0", "-0", "1.5", "-12.25e3", "1E-7", "2e+8", "\"\"", "\"a\\n\\\"\\u00Af\\/\"", "true", "false", "null",
		"[1,2 , 3]", "{\"a\":1,\"b\":[{\"c\":null}],\"a b\":{}}", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", "{\"\":\"\xc3\xa4\"}",
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (scan(good[i], NULL, 0) != 0)
			fail_msg("refused: %s", good[i]);
}

static void bad_texts(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", " ", "{", "}", "[", "]", "{]", "[}", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{1:2}", "{\"a\"}", "{\"a\" 1}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1",
		"{\"a:1}", "{a:1}", "'a'", "01", "-", "+1", ".5", "1.", "1.e3", "1e", "1e+", "1.5.2", "0x10", "NaN", "nan", "Infinity", "-inf", "tru", "truex",
		"nul", "fals", "\"", "\"a", "\"\\x\"", "\"\\", "\"\\u12\"", "\"\\u12g4\"", "\"\\u", "\"\n\"", "\"\x01\"", "1 2", "{} {}", "[1]]", "{\"a\":[}",
		"[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", "{\"a\":\"b}", "\x00", "<html>", "{\"a\":1;\"b\":2}", "\"\\u1",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (scan(bad[i], NULL, 0) == 0)
			fail_msg("taken for JSON: %s", bad[i]);
}

static void places(void **state)
{
	(void)state;
	static const char text[] = "{\"a\":{\"b\":[10,{\"c\":-1.50}, \"x\\\"y\" ],\"d/e\":5,\"\\u0062\":6},\"f\":true,\"g\":false,\"h\":null,\"i\":[],\"b\":{\"\":7},\"s\":\"two words\","
				   "\"a name of more than forty characters, so it has\":{\"z\":9},\"z\":8}";
	struct json_place at[] = { { .path = "a/b/1/c" }, { .path = "a/b/2" }, { .path = "a/d/e" }, { .path = "f" }, { .path = "g" }, { .path = "h" }, { .path = "i" },
				   { .path = "a/b/0" }, { .path = "a/b/3" }, { .path = "s" }, { .path = "z" }, { .path = "a/b" }, { .path = "a name of more than forty characters, so it has/z" } };
	static const struct {
		enum json_type type;
		const char *text;
	} expected[] = { { JSON_IS_NUMBER, "-1.50" }, { JSON_IS_STRING, "x\\\"y" }, { JSON_IS_ABSENT, "" }, { JSON_IS_TRUE, "true" }, { JSON_IS_FALSE, "false" }, { JSON_IS_NULL, "null" },
			 { JSON_IS_ARRAY, "[]" }, { JSON_IS_NUMBER, "10" }, { JSON_IS_ABSENT, "" }, { JSON_IS_STRING, "two words" }, { JSON_IS_NUMBER, "8" },
			 { JSON_IS_ARRAY, "[10,{\"c\":-1.50}, \"x\\\"y\" ]" }, { JSON_IS_ABSENT, "" } };
	assert_int_equal(scan(text, at, sizeof at / sizeof *at), 0);
	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		assert_int_equal(at[i].type, expected[i].type);
		assert_int_equal(at[i].length, strlen(expected[i].text));
		assert_true(at[i].length == 0 || memcmp(at[i].text, expected[i].text, at[i].length) == 0);
	}
}

static void twice_is_neither(void **state)
{
	(void)state;
	struct json_place at[] = { { .path = "a/b" } };
	assert_int_equal(scan("{\"a\":{\"b\":1,\"b\":2}}", at, 1), -1);
	assert_int_equal(scan("{\"a\":{\"b\":1},\"a\":{\"b\":2}}", at, 1), -1);
	assert_int_equal(scan("{\"c\":1,\"c\":2,\"a\":{\"b\":1}}", at, 1), 0); /* of which nobody has asked */
}

static void many_elements(void **state)
{
	(void)state;
	char text[400] = "[";
	struct json_place at[] = { { .path = "9" }, { .path = "10" }, { .path = "100" } };
	for (int i = 0; i <= 100; i++)
		strcat(text, i == 9 ? "9," : i == 10 ? "10," : i == 100 ? "100]" : "0,");
	assert_int_equal(scan(text, at, 3), 0);
	for (int i = 0; i < 3; i++) {
		struct json_decimal decimal;
		assert_int_equal(json_decimal(&at[i], &decimal), 0);
		assert_int_equal(decimal.digits, atoi(at[i].path));
	}
}

static void decimals(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t digits;
		int decimals;
	} good[] = { { "0", 0, 0 }, { "12", 12, 0 }, { "-12.50", -1250, 2 }, { "0.000", 0, 3 }, { "1.5e3", 15, -2 }, { "1.5E-3", 15, 4 }, { "2e+1", 2, -1 },
		     { "123456789012345678", INT64_C(123456789012345678), 0 }, { "0.12345678901234567", INT64_C(12345678901234567), 17 } };
	static const char *const bad[] = { "1234567890123456789", "0.000000000000000001", "1e19", "1e-19", "\"1\"", "null", "[1]", "true" };
	struct json_decimal decimal;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct json_place at[] = { { .path = "0" } };
		char text[64] = "[";
		strcat(strcat(text, good[i].text), "]");
		assert_int_equal(scan(text, at, 1), 0);
		assert_int_equal(json_decimal(&at[0], &decimal), 0);
		assert_int_equal(decimal.digits, good[i].digits);
		assert_int_equal(decimal.decimals, good[i].decimals);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct json_place at[] = { { .path = "0" } };
		char text[64] = "[";
		strcat(strcat(text, bad[i]), "]");
		assert_int_equal(scan(text, at, 1), 0);
		assert_int_equal(json_decimal(&at[0], &decimal), -1);
	}
	struct json_place none = { .path = "0" };
	assert_int_equal(json_decimal(&none, &decimal), -1);
}

static void texts(void **state)
{
	(void)state;
	struct json_place at[] = { { .path = "a" }, { .path = "b" }, { .path = "c" }, { .path = "d" }, { .path = "e" }, { .path = "f" } };
	char text[6];
	assert_int_equal(scan("{\"a\":\"SIM\",\"b\":\"longer than\",\"c\":\"\",\"d\":\"a\\n\",\"e\":\"\xc3\xa4\"}", at, 6), 0);
	assert_true(json_text(&at[0], text, sizeof text));
	assert_string_equal(text, "SIM");
	assert_true(json_text(&at[1], text, sizeof text));
	assert_string_equal(text, "longe");
	assert_true(json_text(&at[2], text, sizeof text));
	for (int i = 2; i < 6; i++) {
		assert_int_equal(json_text(&at[i], text, sizeof text), i == 2);
		assert_string_equal(text, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_texts), cmocka_unit_test(bad_texts), cmocka_unit_test(places), cmocka_unit_test(twice_is_neither),
		cmocka_unit_test(many_elements), cmocka_unit_test(decimals), cmocka_unit_test(texts),
	};
	return cmocka_run_group_tests_name("json_scan", tests, NULL, NULL);
}
