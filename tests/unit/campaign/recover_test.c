/* What a crash leaves becomes what the live path would have made of it, wherever it came. */
#include "kept.h"
#include "keep.h"
#include "log.h"
#include "recover.h"

/* libhdf5 1.10 itself loses memory when it gives up on a damaged file. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libhdf5";
}

#define TICKS 25

static char said[4096];

static void remember(enum log_level level, const char *line)
{
	(void)level;
	size_t used = strlen(said);
	snprintf(said + used, sizeof said - used, "%s\n", line);
}

/* A run of 2.5 s whose start edge comes at 1 s; with the note that ends it, or cut short before. */
static void write_journal_with(const char *name, const char *note)
{
	char path[256], *header = sample_header();
	struct error error = ERROR_INIT;
	struct journal *journal = journal_create(kept_path(name, path), header, &error);
	assert_non_null(journal);
	free(header);
	sample_put_anchor(journal, SAMPLE_T0 - NS_PER_S, &error);
	for (unsigned i = 0; i < TICKS; i++) {
		if (i == 10)
			sample_put_edge(journal, EDGE_START, "", SAMPLE_T0, &error);
		sample_put_tick(journal, i, &error);
	}
	if (note) {
		sample_put_edge(journal, EDGE_STOP, "", SAMPLE_T0 + NS_PER_S, &error);
		journal_note(journal, 2, note, &error);
	}
	assert_int_equal(journal_close(journal, &error), 0);
	assert_int_equal(error.code, ERROR_NONE);
}

static void write_journal(const char *name, bool finished)
{
	write_journal_with(name, finished ? "{\"exit_code\": 0, \"reason\": \"\", \"status\": \"ok\"}" : NULL);
}

static const char *recover(int expected)
{
	struct error error = ERROR_INIT;
	said[0] = '\0';
	log_set_sink(remember);
	if (recover_directory(kept_directory, &error) != expected)
		fail_msg("%s: %s\n%s", error.on, error.what, said);
	log_set_sink(NULL);
	return said;
}

static void assert_said(const char *part)
{
	if (strstr(said, part) == NULL)
		fail_msg("not said: %s\n%s", part, said);
}

static void read_run(struct run *run)
{
	char path[256];
	assert_int_equal(run_read(kept_path("runs/000007.h5", path), run, NULL), 0);
}

static const char *note_of(const struct run *run, const char *key)
{
	return json_string_value(json_object_get(run->notes, key));
}

/* As the live path does it: no more than journal -> run -> file. */
static void write_expected(void)
{
	char path[256];
	struct run run;
	assert_int_equal(run_from_journal(kept_path("runs/000007.journal", path), &run, NULL), 0);
	assert_int_equal(run_write(&run, kept_path("expected.h5", path), NULL), 0);
	run_free(&run);
}

static void a_finished_run_is_what_it_would_have_been(void **state)
{
	(void)state;
	write_journal("runs/000007.journal", true);
	write_expected();
	kept_write("runs/000007.h5.part", "half written", 12);
	recover(0);
	assert_said("run 7: ok");
	kept_assert_same("runs/000007.h5", "expected.h5");
	assert_false(kept_exists("runs/000007.journal") || kept_exists("runs/000007.h5.part"));
	assert_true(kept_exists("campaign.h5"));
	kept_copy("campaign.h5", "before.h5");
	assert_string_equal(recover(0), "");
	kept_assert_same("campaign.h5", "before.h5");
}

static void one_that_is_not_is_marked(void **state)
{
	(void)state;
	write_journal("runs/000007.journal", false);
	recover(0);
	struct run run;
	read_run(&run);
	assert_string_equal(note_of(&run, "status"), "interrupted");
	assert_string_equal(note_of(&run, "reason"), "found after a crash: cut short while the workload ran");
	assert_int_equal(run.channels[SAMPLE_WALL].n, TICKS);
	run_free(&run);
	struct campaign_file file;
	assert_int_equal(campaign_file_read(kept_directory, &file, NULL), 0);
	assert_int_equal(file.n_results, 1);
	assert_int_equal(file.results[0].status, RUN_INTERRUPTED);
	assert_int_equal(file.results[0].slot, 3);
	campaign_file_free(&file);
}

/* Cut anywhere: a run file with as many samples as reached it, or a journal set aside; and always the same again. */
static void cut_anywhere(void **state)
{
	(void)state;
	char path[256];
	size_t size, last = 0, unreadable = 0, step;
	write_journal("journal", true);
	unsigned char *bytes = sample_load(kept_path("journal", path), &size);
	step = size / 60;
	for (size_t cut = 0; cut < size; cut += cut < 6 * step ? step / 5 : step) {
		kept_write("runs/000007.journal", bytes, cut);
		recover(0);
		assert_false(kept_exists("runs/000007.journal"));
		if (!kept_exists("runs/000007.h5")) {
			assert_said("set aside as 000007.journal.unreadable");
			assert_int_equal(last, 0);
			kept_remove("runs/000007.journal.unreadable");
			unreadable++;
			continue;
		}
		struct run run;
		read_run(&run);
		assert_string_equal(note_of(&run, "status"), "interrupted");
		assert_true(run.channels[SAMPLE_WALL].n >= last);
		last = run.channels[SAMPLE_WALL].n;
		run_free(&run);
		kept_remove("runs/000007.h5");
	}
	assert_true(unreadable > 0);
	assert_in_range(last, TICKS - 8, TICKS); /* all but what was in the last block, of 4 KiB at most */
	free(bytes);
}

static void both_are_there(void **state)
{
	(void)state;
	for (int finished = 0; finished < 2; finished++) {
		write_journal("runs/000007.journal", finished);
		kept_copy("runs/000007.journal", "journal");
		recover(0);
		kept_copy("runs/000007.h5", "expected.h5");
		kept_copy("journal", "runs/000007.journal");
		recover(0);
		assert_said("was removed");
		assert_false(kept_exists("runs/000007.journal"));
		kept_assert_same("runs/000007.h5", "expected.h5");
		kept_remove("runs/000007.h5");
	}
}

static void both_but_the_run_file_is_damaged(void **state)
{
	(void)state;
	write_journal("runs/000007.journal", true);
	write_expected();
	kept_write("runs/000007.h5", "not all of it", 13);
	recover(0);
	assert_said("000007.h5 cannot be read, and was set aside as 000007.h5.unreadable");
	kept_assert_same("runs/000007.h5", "expected.h5");
	assert_true(kept_exists("runs/000007.h5.unreadable"));
}

static void both_but_they_differ(void **state)
{
	(void)state;
	write_journal("runs/000007.journal", true);
	write_expected();
	kept_copy("expected.h5", "runs/000007.h5");
	kept_remove("runs/000007.journal");
	write_journal("runs/000007.journal", false);
	recover(-1);
	assert_true(kept_exists("runs/000007.h5") && kept_exists("runs/000007.journal"));
	kept_assert_same("runs/000007.h5", "expected.h5");
}

/* Of a later joulerig: it was finished, so it must not pass for one that can be tried again. */
static void one_whose_status_is_not_known(void **state)
{
	(void)state;
	char path[256];
	struct run run;
	struct error error = ERROR_INIT;
	write_journal_with("runs/000007.journal", "{\"exit_code\": 0, \"reason\": \"\", \"status\": \"throttled\"}");
	assert_int_equal(keep_load(kept_path("runs/000007.journal", path), &run, &error), -1);
	assert_int_equal(error.code, ERROR_UNSUPPORTED);
	assert_non_null(strstr(error.what, "throttled"));
	assert_null(run.header);
	recover(-1);
	assert_true(kept_exists("runs/000007.journal"));
	assert_false(kept_exists("runs/000007.h5"));
}

static void one_that_fails_does_not_stop_the_others(void **state)
{
	(void)state;
	static const unsigned char other_order[] = { 0x48, 0x52, 0x4a, 0x0a, 0, 0, 0, 8, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0 };
	kept_write("runs/000003.journal", other_order, sizeof other_order);
	write_journal("runs/000007.journal", true);
	recover(-1);
	assert_said("run 7: ok");
	assert_true(kept_exists("runs/000003.journal") && kept_exists("runs/000007.h5") && kept_exists("campaign.h5"));
}

#define KEPT_TEST(test) cmocka_unit_test_setup_teardown(test, kept_make, kept_forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KEPT_TEST(a_finished_run_is_what_it_would_have_been), KEPT_TEST(one_that_is_not_is_marked), KEPT_TEST(cut_anywhere),
		KEPT_TEST(both_are_there), KEPT_TEST(both_but_the_run_file_is_damaged), KEPT_TEST(both_but_they_differ),
		KEPT_TEST(one_whose_status_is_not_known), KEPT_TEST(one_that_fails_does_not_stop_the_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
