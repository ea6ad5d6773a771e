/* What is said below the table of calibration and ranges. */
#include "fixture.h"

#include "table_parts.h"

static const struct table_options wide = { .columns = 400, .unicode = true };

/* The notes on one device "wall" with these members, and these facts of its runs. */
static char *notes_of(const char *device, const char *ranges)
{
	struct campaign_file file = { .facts = json_object() };
	struct text text = TEXT_INIT;
	json_error_t error;
	json_t *bench = json_pack("{s:[o]}", "devices", json_loads(device, 0, &error)), *list = json_loads(ranges, 0, &error);
	assert_true(bench && list);
	json_object_set_new(file.facts, "bench", bench);
	json_object_set_new(file.facts, "ranges", list);
	table_instruments(&file, &wide, &text);
	json_decref(file.facts);
	return text.bytes ? text.bytes : strdup("");
}

static void assert_notes(const char *device, const char *ranges, const char *expected)
{
	char *notes = notes_of(device, ranges);
	if (strcmp(notes, expected) != 0)
		fail_msg("\"%s\"\nis not\n\"%s\"", notes, expected);
	free(notes);
}

#define RUN(run, volts, amperes, over, changed)                                                                                          \
	"{\"device\": \"wall\", \"run\": " #run ", \"voltage_V\": " #volts ", \"current_A\": " #amperes                                  \
	", \"voltage_range_V\": 300, \"current_range_A\": 2, \"peaks_over\": " #over ", \"changed\": " #changed "}"

static void ranges_that_were_enough(void **state)
{
	(void)state;
	assert_notes("{\"name\": \"wall\"}", "[" RUN(1, 231, 0.5, 0, false) "," RUN(2, 230, 1.6, 0, false) "]",
		     "ranges: wall: 300 V, 2 A, filled to at most 77 % of the voltage and 80 % of the current (run 2); it told of no peak beyond them\n");
	assert_notes("{\"name\": \"wall\", \"ranges_chosen\": \"history\"}", "[" RUN(7, 231, 0.5, 0, false) "]",
		     "ranges: wall: 300 V, 2 A, filled to at most 77 % of the voltage and 25 % of the current (run 7); it told of no peak beyond them; chosen from history\n");
}

static void ranges_that_were_not(void **state)
{
	(void)state;
	assert_notes("{\"name\": \"wall\"}", "[" RUN(1, 231, 2.1, 0, false) "]",
		     "ranges: wall: 300 V, 2 A, filled to at most 77 % of the voltage and 105 % of the current (run 1); NOT sufficient: values exceed the range\n");
	assert_notes("{\"name\": \"wall\"}", "[" RUN(1, 231, 1, 3, false) "," RUN(2, 231, 1, 0, true) "]",
		     "ranges: wall: 300 V, 2 A, filled to at most 77 % of the voltage and 50 % of the current (run 1); NOT sufficient: in 1 of 2 runs peaks exceeded it; in 1 of 2 "
		     "runs the meter left it by itself: such spans are void\n");
}

static void no_ranges_are_told(void **state)
{
	(void)state;
	assert_notes("{\"name\": \"wall\"}", "[{\"device\": \"wall\", \"run\": 1, \"values\": 10}]",
		     "ranges: wall: it tells of none: whether they were sufficient is not known\n");
	assert_notes("{\"name\": \"wall\"}", "[]", "");
	assert_notes("{\"name\": \"wall\"}",
		     "[{\"device\": \"wall\", \"run\": 1, \"voltage_range_V\": 300, \"current_range_A\": 2, \"peaks_over\": 0}]",
		     "ranges: wall: 300 V, 2 A; how far they were filled it does not tell; it told of no peak beyond them\n");
}

static void one_run(void **state)
{
	(void)state;
	struct campaign_file file = { .facts = json_object() };
	struct text text = TEXT_INIT;
	json_error_t error;
	json_object_set_new(file.facts, "ranges", json_loads("[" RUN(1, 231, 0.5, 0, false) "," RUN(2, 230, 1.6, 3, true) "]", 0, &error));
	run_ranges(&file, 1, &text);
	assert_string_equal(text_string(&text), "wall: 300 V, 2 A filled to 77 % of the voltage and 25 % of the current");
	text_free(&text);
	run_ranges(&file, 3, &text);
	assert_string_equal(text_string(&text), "");
	run_ranges(&file, 2, &text);
	assert_non_null(strstr(text_string(&text), ", exceeded by peaks in 3 of 0 values, left by the meter itself"));
	text_free(&text);
	json_decref(file.facts);
}

static void calibration(void **state)
{
	(void)state;
	assert_notes("{\"name\": \"wall\", \"certificate\": {\"number\": \"A-1\", \"issued\": \"2026-01-15\", \"expires\": \"2027-01-15\", \"points\": "
		     "[{\"power_W\": 20}, {\"power_W\": 420}]}}",
		     "[]",
		     "calibration: wall: certificate A-1 of 2026-01-15, valid until 2027-01-15: if it can be applied to all runs, "
		     "corrects what it shows from 20 W to 420 W; nothing is charged for drift within its validity\n");
	assert_notes("{\"name\": \"wall\", \"certificate\": {\"number\": \"A-1\", \"drift_per_year\": 0.0002}, \"warm_up\": {\"needed_s\": 1800, "
		     "\"said_to_be_over\": true}}",
		     "[]",
		     "calibration: wall: certificate A-1, whose points are not in the bench file: nothing is corrected; allowed drift 0.02 % a year; "
		     "warm-up 30 min, said to be over when the campaign began\n");
	assert_notes("{\"name\": \"wall\", \"zero_calibrated_realtime_ns\": 1780000000000000000}", "[]",
		     "calibration: wall: no certificate; zero calibrated 2026-05-28T20:26:40.000000000Z\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_that_were_enough), cmocka_unit_test(ranges_that_were_not), cmocka_unit_test(no_ranges_are_told), cmocka_unit_test(one_run),
		cmocka_unit_test(calibration),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
