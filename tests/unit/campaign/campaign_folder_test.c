/* A campaign's directory: who may write, what is taken for what, and which number comes next. */
#include "kept.h"

static void texts_come_back(void **state)
{
	(void)state;
	struct campaign_file file;
	struct error error = ERROR_INIT;
	assert_int_equal(campaign_folder_read(kept_directory, &file, &error), 0);
	assert_string_equal(file.plan_text, "plan\n");
	assert_string_equal(file.bench_text, "bench\n");
	assert_string_equal(json_string_value(json_object_get(file.facts, "uuid")), KEPT_UUID);
	assert_true(json_real_value(json_object_get(file.facts, "real")) == 0.1);
	campaign_file_free(&file);
}

static void a_detected_bench_has_no_text(void **state)
{
	(void)state;
	struct campaign_file texts = { .plan_text = (char *)(uintptr_t) "", .facts = json_pack("{s:s}", "uuid", "x") }, file;
	assert_int_equal(campaign_folder_keep(kept_directory, &texts, NULL), 0); /* over a bench.yaml of before */
	assert_int_equal(campaign_folder_read(kept_directory, &file, NULL), 0);
	assert_null(file.bench_text);
	json_decref(texts.facts);
	campaign_file_free(&file);
}

static void assert_unreadable(const char *facts, enum error_code code)
{
	struct campaign_file file;
	struct error error = ERROR_INIT;
	kept_write("facts.json", facts, strlen(facts));
	assert_int_equal(campaign_folder_read(kept_directory, &file, &error), -1);
	assert_int_equal(error.code, code);
	assert_null(file.facts);
}

static void facts_that_are_none(void **state)
{
	(void)state;
	assert_unreadable("", ERROR_CORRUPT);
	assert_unreadable("{\"uuid\": \"cut", ERROR_CORRUPT);
	assert_unreadable("[1]", ERROR_CORRUPT);
	assert_unreadable("{\"title\": \"no uuid\"}", ERROR_CORRUPT);
	kept_remove("facts.json");
	struct campaign_file file;
	struct error error = ERROR_INIT;
	assert_int_equal(campaign_folder_read(kept_directory, &file, &error), -1);
	assert_int_equal(error.code, ERROR_NOT_FOUND);
}

static void one_writer_at_a_time(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	int lock = campaign_folder_lock(kept_directory, &error);
	assert_true(lock >= 0);
	assert_int_equal(campaign_folder_lock(kept_directory, &error), -1);
	assert_int_equal(error.code, ERROR_EXISTS);
	close(lock);
	lock = campaign_folder_lock(kept_directory, NULL);
	assert_true(lock >= 0);
	close(lock);
}

/* The check before says what the making says. */
static void assert_made(bool leftovers, bool expected)
{
	struct error error = ERROR_INIT, before = ERROR_INIT;
	assert_int_equal(campaign_folder_check(kept_directory, leftovers, &before), expected ? 0 : -1);
	int lock = campaign_folder_make(kept_directory, leftovers, &error);
	assert_int_equal(lock >= 0, expected);
	assert_int_equal(error.code, expected ? ERROR_NONE : ERROR_EXISTS);
	assert_int_equal(before.code, error.code);
	assert_string_equal(before.what, error.what);
	assert_int_equal(strstr(error.remedy, "--resume") != NULL, campaign_folder_state(kept_directory) != FOLDER_FOREIGN && !expected);
	if (lock >= 0)
		close(lock);
}

static void what_is_taken_for_what(void **state)
{
	(void)state;
	assert_int_equal(campaign_folder_state(kept_directory), FOLDER_BEGUN);
	assert_made(true, false);
	kept_remove("facts.json");
	kept_write("facts.json.part", "half", 4);
	assert_int_equal(campaign_folder_state(kept_directory), FOLDER_UNBEGUN);
	assert_made(false, false);
	assert_made(true, true);
	kept_write("runs/000001.journal", "", 0); /* a campaign without facts, that has runs: nobody begins another one in it */
	assert_int_equal(campaign_folder_state(kept_directory), FOLDER_FOREIGN);
	assert_made(true, false);
	kept_remove("runs/000001.journal");
	kept_write("letter.txt", "", 0);
	assert_int_equal(campaign_folder_state(kept_directory), FOLDER_FOREIGN);
	assert_made(true, false);
	sample_remove(kept_directory);
	assert_int_equal(campaign_folder_state(kept_directory), FOLDER_UNBEGUN);
	assert_int_equal(campaign_folder_check(kept_directory, false, NULL), 0);
	assert_int_equal(access(kept_directory, F_OK), -1); /* it only looks */
	assert_made(false, true);
}

/* Names made from it would be cut short, and name something else. */
static void one_whose_name_is_too_long(void **state)
{
	(void)state;
	static char directory[PATH_MAX];
	struct error error = ERROR_INIT;
	snprintf(directory, sizeof directory, "%s", kept_directory);
	while (strlen(directory) < PATH_MAX - 32)
		strcat(directory, "/.");
	assert_int_equal(access(directory, F_OK), 0); /* the directory itself can be named */
	assert_int_equal(campaign_folder_lock(directory, &error), -1);
	assert_non_null(strstr(error.what, "too long"));
	assert_int_equal(campaign_folder_make(directory, true, NULL), -1);
	assert_int_equal(campaign_folder_check(directory, true, NULL), -1);
}

static void the_next_number(void **state)
{
	(void)state;
	struct folder_runs runs;
	assert_int_equal(campaign_folder_list(kept_directory, &runs, NULL), 0);
	assert_int_equal(runs.n, 0);
	assert_int_equal(runs.highest, 0);
	static const char *const names[] = {
		"runs/000012.h5", "runs/000003.h5", "runs/000003.journal", "runs/000007.journal", "runs/000019.journal.unreadable",
		"runs/000020", "runs/1000000.h5", "runs/000000.h5", "runs/00005.h5", "runs/notes.h5",
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		kept_write(names[i], "", 0);
	assert_int_equal(campaign_folder_list(kept_directory, &runs, NULL), 0);
	static const struct folder_run expected[] = { { 3, true, true }, { 7, false, true }, { 12, true, false } };
	assert_int_equal(runs.n, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(runs.list[i].number, expected[i].number);
		assert_int_equal(runs.list[i].file, expected[i].file);
		assert_int_equal(runs.list[i].journal, expected[i].journal);
	}
	assert_int_equal(runs.highest, 19); /* what was set aside has used its number up */
	campaign_folder_free(&runs);
	kept_write("logs/000023.log", "", 0); /* so has a run that was taken away, or of which a crash left no more */
	kept_write("logs/000007.log", "", 0);
	assert_int_equal(campaign_folder_list(kept_directory, &runs, NULL), 0);
	assert_int_equal(runs.n, 3);
	assert_int_equal(runs.highest, 23);
	campaign_folder_free(&runs);
}

static void only_our_own_parts_are_removed(void **state)
{
	(void)state;
	kept_write("campaign.h5.part", "", 0);
	kept_write("runs/000004.h5.part", "", 0);
	kept_write("film.part", "", 0);
	kept_write("runs/film.h5.part", "", 0);
	assert_int_equal(campaign_folder_clean(kept_directory, NULL), 2);
	assert_int_equal(campaign_folder_clean(kept_directory, NULL), 0);
	assert_true(kept_exists("film.part") && kept_exists("runs/film.h5.part"));
}

#define KEPT_TEST(test) cmocka_unit_test_setup_teardown(test, kept_make, kept_forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KEPT_TEST(texts_come_back), KEPT_TEST(a_detected_bench_has_no_text), KEPT_TEST(facts_that_are_none),
		KEPT_TEST(one_writer_at_a_time), KEPT_TEST(what_is_taken_for_what), KEPT_TEST(one_whose_name_is_too_long),
		KEPT_TEST(the_next_number), KEPT_TEST(only_our_own_parts_are_removed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
