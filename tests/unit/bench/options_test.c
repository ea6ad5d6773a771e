/* A driver's own options in a bench file: each type, its mistakes, and what must be given. */
#include "bench_text.h"
#include "fake_drivers.h"

#define HEAD "joulerig: bench 1\ndevices:\n  it:\n    driver: picky\n"

static double number(const struct bench_text *file, const char *name)
{
	double value = NAN;
	assert_non_null(device_option(&file->config.devices[0], picky_options, name, &value));
	return value;
}

static void each_type_loads(void **state)
{
	(void)state;
	struct bench_text file;
	bench_text_must_load(
		&file,
		HEAD "    options: { words: on the shelf, place: ./here, number: -12, pause: 250 ms, limit: 2 kW, loud: on }\n");
	const struct device_config *it = &file.config.devices[0];
	assert_string_equal(device_option(it, picky_options, "words", NULL), "on the shelf");
	assert_string_equal(device_option(it, picky_options, "place", NULL), "./here");
	assert_near(number(&file, "number"), -12, 0);
	assert_near(number(&file, "pause"), 0.25, 0);
	assert_near(number(&file, "limit"), 2000, 0);
	assert_near(number(&file, "loud"), 1, 0);
	bench_text_free(&file);
}

static void fallbacks_of_the_driver(void **state)
{
	(void)state;
	struct bench_text file;
	bench_text_must_load(&file, HEAD "    options: { place: x, number: 1 }\n");
	assert_near(number(&file, "pause"), 1, 0);
	assert_near(number(&file, "loud"), 0, 0);
	assert_string_equal(device_option(&file.config.devices[0], picky_options, "words", NULL), "");
	bench_text_free(&file);
}

static void truth_is_spelled_as_elsewhere(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		double value;
	} cases[] = {{"true", 1}, {"on", 1}, {"yes", 1}, {"false", 0}, {"off", 0}, {"no", 0}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bench_text file;
		char text[200];
		snprintf(text, sizeof text, HEAD "    options: { place: x, number: 1, loud: %s }\n", cases[i].text);
		bench_text_must_load(&file, text);
		assert_near(number(&file, "loud"), cases[i].value, 0);
		bench_text_free(&file);
	}
}

static void wrong_values(void **state)
{
	(void)state;
	static const char *const expected[] = {
		"6:14: option place: \"\" is not a path",
		"7:15: option number: \"1.5\" is not an integer",
		"8:14: option pause: \"2 W\" is not a time such as",
		"9:14: option limit: \"3\" is not a power such as",
		"10:13: option loud: \"maybe\" is not true or false",
		"11:7: driver picky has no option \"colour\"",
	};
	assert_bench_mistakes(HEAD "    options:\n      place: \"\"\n      number: 1.5\n      pause: 2 W\n      limit: 3\n"
				   "      loud: maybe\n      colour: red\n",
			      expected, 6);
}

static void what_must_be_given(void **state)
{
	(void)state;
	static const char *const none[] = {
		"4:5: driver picky needs option place: where it is",
		"4:5: driver picky needs option number: how many",
	};
	static const char *const one[] = {"5:14: driver picky needs option number: how many"};
	assert_bench_mistakes(HEAD, none, 2);
	assert_bench_mistakes(HEAD "    options: { place: x }\n", one, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type_loads),
		cmocka_unit_test(fallbacks_of_the_driver),
		cmocka_unit_test(truth_is_spelled_as_elsewhere),
		cmocka_unit_test(wrong_values),
		cmocka_unit_test(what_must_be_given),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
