#include "crosscheck_set.h"
#include "crosscheck_text.h"
#include "fixture.h"

static int read_csv(const char *text, bool power, struct crosscheck_set *set, struct error *error)
{
	return crosscheck_set_csv("table.csv", text, strlen(text), power, NULL, set, error);
}

static void a_table_in_any_order(void **state)
{
	(void)state;
	struct crosscheck_set set;
	struct error error = ERROR_INIT;
	assert_int_equal(read_csv("arm,rapl,note,wall,class,time,u_wall\r\nft,60,\"a, b\"\"c\",100,\"nbody, 2\",5,0.5\r\ngil,70,,110,sort,6,\r\nft,61,x,101,\"nbody, 2\",5,\r\n",
				  false, &set, &error), 0);
	assert_int_equal(set.n, 3);
	assert_int_equal(set.n_groups, 2);
	assert_string_equal(set.groups[0].class, "nbody, 2");
	assert_int_equal(set.groups[0].n, 2);
	assert_true(set.groups[0].is_reference && !set.groups[1].is_reference && !set.compares);
	assert_near(set.points[0].wall, 100, 0);
	assert_near(set.points[1].wall, 101, 0); /* of one group: beside the first, though it came last */
	assert_near(set.points[0].u_wall, 0.5, 0);
	assert_true(isnan(set.points[1].u_wall) && isnan(set.points[0].u_rapl));
	assert_int_equal(set.points[2].class, 1);
	assert_near(set.points[2].time, 6, 0);
	crosscheck_set_free(&set);
}

static void watts_become_joules(void **state)
{
	(void)state;
	struct crosscheck_set set;
	struct error error = ERROR_INIT;
	assert_int_equal(read_csv("wall,rapl\n100,60\n", true, &set, &error), 0);
	assert_near(set.points[0].wall, 100, 0);
	assert_near(set.points[0].time, 1, 0);
	crosscheck_set_free(&set);
	assert_int_equal(read_csv("wall,rapl,time,u_rapl\n100,60,3,2\n", true, &set, &error), 0);
	assert_near(set.points[0].wall, 300, 0);
	assert_near(set.points[0].u_rapl, 6, 0);
	crosscheck_set_free(&set);
}

static void mistakes_have_a_place(void **state)
{
	(void)state;
	static const struct {
		const char *text, *where, *what;
	} bad[] = {
		{ "", "table.csv", "empty" },
		{ "wall,time\n1,2\n", "table.csv, line 1", "no column" },
		{ "wall,rapl\n1,2\n", "table.csv, line 1", "no column time" },
		{ "wall,rapl,time,wall\n", "table.csv, line 1, column 4", "two columns" },
		{ "wall,rapl,time\n1,2,3\n4,0x10,6\n", "table.csv, line 3, column 2", "positive number" },
		{ "wall,rapl,time\n1,2,3 s\n", "table.csv, line 2, column 3", "positive number" },
		{ "wall,rapl,time\n1,nan,3\n", "table.csv, line 2, column 2", "positive number" },
		{ "wall,rapl,time\n-1,2,3\n", "table.csv, line 2, column 1", "positive number" },
		{ "wall,rapl,time\n1,0,3\n", "table.csv, line 2, column 2", "positive number" },
		{ "wall,rapl,time\n1,,3\n", "table.csv, line 2, column 2", "positive number" },
		{ "wall,rapl,time\n1,2\n", "table.csv, line 2", "missing" },
		{ "wall,rapl,time\n1,\"2\"x,3\n", "table.csv, line 2", "RFC 4180" },
		{ "wall,rapl,time\n1,\"2,3\n", "table.csv, line 2", "RFC 4180" },
		{ "wall,rapl,time,class\n1,2,3,"
		  "0123456789012345678901234567890123456789012345678901234567890123456789\n", "table.csv, line 2, column 4", "too long" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct crosscheck_set set;
		struct error error = ERROR_INIT;
		assert_int_equal(read_csv(bad[i].text, false, &set, &error), -1);
		if (strncmp(error.on, bad[i].where, strlen(bad[i].where)) != 0 || strstr(error.what, bad[i].what) == NULL)
			fail_msg("%s: \"%s\", \"%s\"", bad[i].text, error.on, error.what);
		assert_null(set.points);
	}
}

static void more_fields_than_the_head_names(void **state)
{
	(void)state;
	struct crosscheck_set set;
	struct error error = ERROR_INIT;
	assert_int_equal(read_csv("wall,rapl,time\n1,2,3,4\n", false, &set, &error), -1);
	assert_non_null(strstr(error.what, "more fields"));
}

/* What its authors found: 17.43 W + 1.46756 P - 2.89117e-4 P^2, 0.1963 % off on average. */
static void the_public_table(void **state)
{
	(void)state;
	struct crosscheck_set set;
	struct error error = ERROR_INIT;
	struct crosscheck check;
	static char bytes[65536];
	FILE *file = fopen(TEST_SOURCE_DIR "/tests/data/power9-occ.csv", "r");
	assert_non_null(file);
	size_t size = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	assert_int_equal(crosscheck_set_csv("power9", bytes, size, true, NULL, &set, &error), 0);
	crosscheck_fit(set.points, set.n, &check);
	assert_null(check.refused);
	assert_int_equal(check.n, 308);
	assert_int_equal(set.n_classes, 7);
	assert_true(check.curved && check.clustered);
	assert_near(check.A.estimate, 17.4344899, 1e-6);
	assert_near(check.B.estimate, 1.46756176, 1e-8);
	assert_near(check.C.estimate, -2.89117207e-4, 1e-12);
	assert_near(check.error, 0.0019632013864494127, 1e-12);
	assert_near(check.slope, 1.07867492, 1e-8);
	crosscheck_set_free(&set);
}

/* RAPL that a hypervisor makes, or a filter alters, is not held against the wall; a twin's is, whatever the machine is. */
static void a_campaign_with_doubtful_counters(void **state)
{
	(void)state;
	static const struct {
		const char *driver;
		int simulated;
		const char *machine, *doubt; /* doubt: in the refusal; NULL: none on that account */
	} cases[] = {
		{ "powercap", 0, "{\"virtual\": true}", "virtualised" },
		{ "perf_event", 0, "{\"virtual\": false, \"rapl\": {\"filter\": \"on\"}}", "filtered" },
		{ "powercap", 0, "{\"virtual\": false, \"rapl\": {\"filter\": \"off\"}}", NULL },
		{ "powercap", 1, "{\"virtual\": true}", NULL },
		{ "yokogawa_wt", 0, "{\"virtual\": true}", NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct campaign_file file = { .facts = json_pack("{s:s, s:{s:[{s:s, s:b}]}, s:o}", "reference", "gil", "bench", "devices", "driver",
								 cases[i].driver, "simulated", cases[i].simulated, "machine",
								 json_loads(cases[i].machine, 0, NULL)) };
		struct crosscheck_set set;
		struct error error = ERROR_INIT;
		int result = crosscheck_set_campaign(&file, &set, &error);
		bool doubted = error.code == ERROR_UNSUPPORTED;
		assert_true(doubted == (cases[i].doubt != NULL));
		if (doubted)
			assert_non_null(strstr(error.what, cases[i].doubt));
		if (result == 0)
			crosscheck_set_free(&set);
		json_decref(file.facts);
	}
}

/* Six workloads, two arms, at 50 W + 1.2 RAPL; one run without RAPL. */
static void a_campaign(void **state)
{
	(void)state;
	struct campaign_file file = { .facts = json_pack("{s:s, s:[s,s], s:[]}", "reference", "gil", "arms", "gil", "ft", "workloads"),
				      .results = calloc(FIXTURE_RUNS, sizeof *file.results) };
	static const char *const workloads[] = { "a", "b", "c", "d", "e", "f" }, *const arms[] = { "gil", "ft" };
	struct crosscheck_set set;
	struct crosscheck check;
	struct error error = ERROR_INIT;
	struct text text = TEXT_INIT;
	const struct table_options options = { .columns = 100 };
	for (int i = 0; i < 36; i++) {
		double seconds = 4 + i % 6 + (i / 6 % 2) * 2, rapl = (60 + 20 * (i % 6) + 10 * (i / 6 % 2) + 0.3 * (i / 12)) * seconds;
		struct result *result = fixture_bare(&file, workloads[i % 6], "", arms[i / 6 % 2], seconds);
		fixture_source(result, "wall", ROLE_WALL, true, fixture_energy(50 * seconds + 1.2 * rapl, seconds, 60, 0.0006));
		fixture_source(result, "rapl", ROLE_PACKAGE, true, fixture_energy(rapl, seconds, 20, 0));
	}
	fixture_source(fixture_bare(&file, "a", "", "gil", 4), "wall", ROLE_WALL, true, fixture_energy(500, 4, 60, 0.0006));
	assert_int_equal(crosscheck_set_campaign(&file, &set, &error), 0);
	assert_int_equal(set.n, 36);
	assert_int_equal(set.left_out, 1);
	assert_int_equal(set.n_groups, 12);
	crosscheck_fit(set.points, set.n, &check);
	assert_null(check.refused);
	assert_near(check.A.estimate, 50, 1e-6);
	assert_near(check.B.estimate, 1.2, 1e-8);
	assert_true(set.points[0].u_wall > 0.19 && set.points[0].u_wall < 0.21); /* the noise; gain and range are every run's */
	assert_true(set.compares);
	assert_true(set.groups[3].shared_wall > 0);
	assert_int_equal(report_crosscheck(&set, &check, true, &options, &text), 0);
	assert_non_null(strstr(text_string(&text), "SIMULATED"));
	assert_non_null(strstr(text_string(&text), "AGREE"));
	text_free(&text);
	assert_int_equal(report_crosscheck_json(&set, &check, true, &text), 0);
	json_t *json = json_loads(text_string(&text), 0, NULL);
	assert_near(json_real_value(json_object_get(json_object_get(json, "B"), "estimate")), 1.2, 1e-8);
	assert_int_equal(json_array_size(json_object_get(json, "comparisons")), 6);
	json_decref(json);
	text_free(&text);
	crosscheck_set_free(&set);
	json_decref(file.facts);
	free(file.results);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_in_any_order), cmocka_unit_test(watts_become_joules), cmocka_unit_test(mistakes_have_a_place),
		cmocka_unit_test(more_fields_than_the_head_names), cmocka_unit_test(the_public_table), cmocka_unit_test(a_campaign), cmocka_unit_test(a_campaign_with_doubtful_counters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
