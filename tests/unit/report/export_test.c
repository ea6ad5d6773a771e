#include "fixture.h"

#include <sys/wait.h>

#include "export.h"

#define HEADER                                                                                                                \
	"run,slot,attempt,repetition,block,order,workload,point,arm,phase,status,reason,checksum,exit_code,signal,start_time," \
	"start_ns,stop_ns,u_start_ns,u_stop_ns,duration_s,wall_gross_J,wall_gross_U_J,wall_net_J,wall_net_U_J,wall_caused_J," \
	"wall_caused_U_J,wall_tail_J,wall_power_W,rapl_gross_J,rapl_gross_U_J,rapl_net_J,rapl_net_U_J,rapl_fraction,"         \
	"gate_failed,cpu_s,peak_rss_B,peak_vms_B,overhead_cpu_s,simulated\r\n"

static void assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("`%s` is missing in:\n%s", part, text);
}

static char *csv_of(const struct campaign_file *file)
{
	struct text text = TEXT_INIT;
	assert_int_equal(report_csv(file, &text), 0);
	return text.bytes;
}

static json_t *json_of(const struct campaign_file *file)
{
	struct text text = TEXT_INIT;
	json_error_t error;
	assert_int_equal(report_json(file, &text), 0);
	json_t *json = json_loads(text_string(&text), JSON_REJECT_DUPLICATES, &error);
	if (json == NULL)
		fail_msg("%s, line %d", error.text, error.line);
	text_free(&text);
	return json;
}

static const json_t *at(const json_t *json, const char *key, size_t index)
{
	return json_array_get(json_object_get(json, key), index);
}

static double number_at(const json_t *json, const char *a, const char *b)
{
	const json_t *object = b ? json_object_get(json, a) : json;
	const json_t *value = json_object_get(object, b ? b : a);
	assert_true(json_is_number(value));
	return json_number_value(value);
}

static void test_csv_header_and_unknown_fields(void **state)
{
	(void)state;
	struct campaign_file file = fixture_empty();
	char *csv = csv_of(&file);
	assert_string_equal(csv, HEADER);
	free(csv);
	struct result *result = fixture_bare(&file, "w", "", "gil", 2);
	result->stop = result->start;
	result->start_realtime = 0;
	result->cpu_seconds = result->peak_rss = result->overhead_cpu = NAN;
	csv = csv_of(&file);
	assert_string_equal(csv + strlen(HEADER), "1,1,1,1,1,1,w,,gil,,ok,,5f3a,0,0,,,,,,,,,,,,,,,,,,,,false,,,,,false\r\n");
	free(csv);
	fixture_free(&file);
}

/* A value that only 17 digits bring back. */
static void test_csv_loses_no_digit(void **state)
{
	(void)state;
	struct campaign_file file = fixture_empty();
	struct result *result = fixture_run(&file, "w", "", "gil", 1.7, 400);
	result->sources[0].energy.gross.value = nextafter(412.6, 500);
	char *csv = csv_of(&file), *field = csv + strlen(HEADER), *end;
	for (int comma = 0; comma < 21; comma++)
		field = strchr(field, ',') + 1;
	assert_true(strtod(field, &end) == nextafter(412.6, 500));
	assert_int_equal(*end, ',');
	assert_has(csv, ",2025-11-22T03:03:04.123456789Z,1000000000000,1001700000000,12000,40000,1.7,");
	free(csv);
	fixture_free(&file);
}

static void test_csv_quotes_and_guards(void **state)
{
	(void)state;
	static const struct {
		const char *name, *expected;
	} rows[] = {
		{ "plain", ",plain," },
		{ "a,b", ",\"a,b\"," },
		{ "say \"hi\"", ",\"say \"\"hi\"\"\"," },
		{ "two\nlines", ",\"two\nlines\"," },
		{ "cr\rx", ",\"cr\rx\"," },
		{ "=HYPERLINK(1)", ",'=HYPERLINK(1)," },
		{ "+1", ",'+1," },
		{ "-1", ",'-1," },
		{ "@SUM(A1,2)", ",\"'@SUM(A1,2)\"," },
		{ "\t=1", ",'\t=1," },
		{ "1-2", ",1-2," },
		{ "gr\xc3\xbc\xff", ",gr\xc3\xbc\uFFFD," },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct campaign_file file = fixture_empty();
		fixture_run(&file, rows[i].name, "", "gil", 1, 100);
		char *csv = csv_of(&file);
		assert_has(csv + strlen(HEADER), rows[i].expected);
		free(csv);
		fixture_free(&file);
	}
}

static void test_refused_energy_is_in_neither(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	struct energy *wall = &file.results[0].sources[0].energy;
	wall->status = ENERGY_REFUSED;
	snprintf(wall->reason, sizeof wall->reason, "over range");
	char *csv = csv_of(&file);
	assert_has(csv, ",1.7,,,,,,,,,120,");
	free(csv);
	json_t *json = json_of(&file);
	const json_t *source = at(at(json, "runs", 0), "sources", 0);
	assert_string_equal(json_string_value(json_object_get(source, "status")), "refused");
	assert_string_equal(json_string_value(json_object_get(source, "reason")), "over range");
	assert_true(json_is_null(json_object_get(json_object_get(source, "gross"), "value")));
	json_decref(json);
	fixture_free(&file);
}

static void test_json_says_what_the_results_say(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	fixture_simulate(&file);
	json_t *json = json_of(&file);
	assert_string_equal(json_string_value(json_object_get(json, "joulerig")), "export 1");
	assert_true(json_is_true(json_object_get(json, "simulated")));
	assert_string_equal(json_string_value(json_object_get(json_object_get(json, "campaign"), "title")), "first light");
	assert_int_equal(json_array_size(json_object_get(json, "runs")), 10);
	const json_t *gross = json_object_get(at(at(json, "runs", 2), "sources", 0), "gross");
	const struct joules *joules = &file.results[2].sources[0].energy.gross;
	assert_true(number_at(gross, "value", NULL) == joules->value);
	assert_true(number_at(gross, "U", NULL) == joules->expanded.U);
	assert_true(number_at(at(gross, "budget", 1), "u", NULL) == joules->budget.terms[1].u);
	assert_true(json_is_null(json_object_get(at(gross, "budget", 1), "nu"))); /* infinite */
	assert_string_equal(json_string_value(json_object_get(at(gross, "budget", 1), "share")), "relative");
	const json_t *ft = at(json, "summary", 1);
	assert_string_equal(json_string_value(json_object_get(ft, "arm")), "ft");
	assert_near(number_at(json_object_get(ft, "ratio"), "wall", "estimate"), 0.5, 1e-4);
	assert_near(number_at(json_object_get(ft, "wall"), "gross", "mean"), 202, 1e-9);
	json_decref(json);
	fixture_free(&file);
}

static void test_json_of_hostile_names_and_of_nothing(void **state)
{
	(void)state;
	struct campaign_file file = fixture_empty();
	fixture_run(&file, "\x1b<b>\"\\\n\xff", "\xc3", "gil", 1, 100);
	json_t *json = json_of(&file);
	assert_string_equal(json_string_value(json_object_get(at(json, "runs", 0), "workload")), "\x1b<b>\"\\\n\uFFFD");
	json_decref(json);
	fixture_free(&file);
	struct campaign_file nothing = { .facts = NULL };
	json = json_of(&nothing);
	assert_true(json_is_false(json_object_get(json, "simulated")));
	json_decref(json);
}

static void write_file(const char *path, const char *bytes)
{
	FILE *stream = fopen(path, "wb");
	assert_non_null(stream);
	assert_int_equal(fwrite(bytes, 1, strlen(bytes), stream), strlen(bytes));
	assert_int_equal(fclose(stream), 0);
}

/* All kinds of runs at once, held against the schema, and CSV against JSON, by tests/export_test.py. */
static void test_schema_and_agreement(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	file.results[0].sources[0].energy.status = ENERGY_REFUSED;
	file.results[1].sources[1].energy.status = ENERGY_DEGRADED;
	struct result *bare = fixture_bare(&file, "=odd, \"name\"\n", "\xff", "ft", 3);
	bare->stop = bare->start;
	bare->status = RUN_TIMEOUT;
	fixture_bare(&file, "mandelbrot", "threads=2", "ft-gil-on", 3)->status = RUN_WRONG_GIL;
	struct text json = TEXT_INIT;
	assert_int_equal(report_json(&file, &json), 0);
	char *csv = csv_of(&file);
	write_file("export-sample.json", text_string(&json));
	write_file("export-sample.csv", csv);
	int status = system("/usr/bin/python3 " TEST_SOURCE_DIR "/tests/export_test.py export-sample.json export-sample.csv >&2");
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	free(csv);
	text_free(&json);
	fixture_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv_header_and_unknown_fields),
		cmocka_unit_test(test_csv_loses_no_digit),
		cmocka_unit_test(test_csv_quotes_and_guards),
		cmocka_unit_test(test_refused_energy_is_in_neither),
		cmocka_unit_test(test_json_says_what_the_results_say),
		cmocka_unit_test(test_json_of_hostile_names_and_of_nothing),
		cmocka_unit_test(test_schema_and_agreement),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
