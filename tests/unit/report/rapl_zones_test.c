/* Zones of RAPL that no run by itself shows to be wrong: dead ones, mirrored ones; and that the cross-check then refuses. */
#include "fixture.h"

#include "crosscheck_set.h"
#include "rapl_zones.h"
#include "table.h"

static struct source_result *source(struct campaign_file *file, size_t run, const char *name)
{
	struct result *result = &file->results[run];
	for (int i = 0; i < result->n_sources; i++)
		if (strcmp(result->sources[i].name, name) == 0)
			return &result->sources[i];
	fail();
	return NULL;
}

static void set(struct campaign_file *file, const char *name, double joules)
{
	for (size_t i = 0; i < file->n_results; i++)
		source(file, i, name)->energy.gross.value = joules;
}

/* A second package; `ratio` of the first one's energy. */
static void add_package(struct campaign_file *file, double (*ratio)(size_t run))
{
	for (size_t i = 0; i < file->n_results; i++) {
		double joules = source(file, i, "package-0.energy")->energy.gross.value * ratio(i);
		fixture_source(&file->results[i], "package-1.energy", ROLE_PACKAGE, false, fixture_energy(joules, 2, 15, 0));
	}
}

static double same(size_t run)
{
	return run == 3 ? 1.0003 : 1; /* a step fell between its reads, once */
}

static double another(size_t run)
{
	return 1 + 0.001 * ((double)(run % 3) - 1);
}

static void assert_doubt(const struct campaign_file *file, const char *part)
{
	struct text text = TEXT_INIT;
	rapl_zones_doubt(file, &text);
	if (part == NULL)
		assert_string_equal(text_string(&text), "");
	else if (strstr(text_string(&text), part) == NULL)
		fail_msg("`%s` is missing in `%s`", part, text_string(&text));
	text_free(&text);
}

static void refuse(struct energy *energy)
{
	energy->status = ENERGY_REFUSED;
	snprintf(energy->reason, sizeof energy->reason, "the counter stands still");
}

static void sound_zones_are_not_doubted(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	assert_doubt(&file, NULL);
	add_package(&file, another);
	assert_doubt(&file, NULL);
	set(&file, "dram-0.energy", 0);
	source(&file, 4, "dram-0.energy")->energy.gross.value = 0.1; /* counted once */
	assert_doubt(&file, NULL);
	fixture_free(&file);
}

static void a_zone_that_counts_nothing_is_told(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	set(&file, "dram-0.energy", 0);
	assert_doubt(&file, "dram-0.energy counted nothing in 10 runs");
	for (size_t i = 0; i < file.n_results; i++)
		source(&file, i, "dram-0.energy")->energy.duration = 0.05; /* too short to say so */
	assert_doubt(&file, NULL);
	for (size_t i = 0; i < file.n_results; i++)
		refuse(&source(&file, i, "dram-0.energy")->energy);
	assert_doubt(&file, "dram-0.energy gave no energy in 10 runs that went well (the counter stands still)");
	fixture_free(&file);
}

static void a_mirrored_zone_is_told(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	add_package(&file, same);
	assert_doubt(&file, "package-1.energy says what package-0.energy says, to the joule, in 9 of 10 runs");
	file.n_results = RAPL_ZONES_RUNS - 1;
	assert_doubt(&file, NULL);
	fixture_free(&file);
}

static void zones_of_another_role_may_be_alike(void **state)
{
	(void)state;
	struct campaign_file file = fixture_campaign();
	add_package(&file, same);
	for (size_t i = 0; i < file.n_results; i++)
		source(&file, i, "package-1.energy")->role = ROLE_SUBZONE;
	assert_doubt(&file, NULL);
	fixture_free(&file);
}

static void cross_check_and_table_say_it(void **state)
{
	(void)state;
	static const struct table_options options = { .columns = 400, .unicode = true };
	struct campaign_file file = fixture_campaign();
	struct crosscheck_set rows;
	struct error error = ERROR_INIT;
	struct text table = TEXT_INIT;
	set(&file, "dram-0.energy", 0);
	assert_int_equal(crosscheck_set_campaign(&file, &rows, &error), -1);
	assert_non_null(strstr(error.what, "dram-0.energy counted nothing"));
	assert_int_equal(report_table(&file, &options, &table), 0);
	assert_non_null(strstr(text_string(&table), "dram-0.energy counted nothing"));
	text_free(&table);
	fixture_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_zones_are_not_doubted),
		cmocka_unit_test(a_zone_that_counts_nothing_is_told),
		cmocka_unit_test(a_mirrored_zone_is_told),
		cmocka_unit_test(zones_of_another_role_may_be_alike),
		cmocka_unit_test(cross_check_and_table_say_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
