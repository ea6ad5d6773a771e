/* Whole sample files. As a test: they can be made. With a directory as argument: leaves there NNNNNN.h5 files under runs/ and
 * campaign.h5, for tests/files_test.py, which opens them as a user would. */
#include "sample_campaign.h"
#include "unit.h"

static char directory[256];

static void make_runs(unsigned n)
{
	char journal[300], path[300], runs[300];
	snprintf(runs, sizeof runs, "%s/runs", directory);
	assert_int_equal(mkdir(runs, 0755), 0);
	for (unsigned i = 1; i <= n; i++) {
		struct error error = ERROR_INIT;
		struct run run;
		snprintf(journal, sizeof journal, "%s/runs/%06u.journal", directory, i);
		snprintf(path, sizeof path, "%s/runs/%06u.h5", directory, i);
		assert_int_equal(sample_journal(journal, 20 + i, &error), 0);
		assert_int_equal(run_from_journal(journal, &run, &error), 0);
		if (run_write(&run, path, &error) != 0)
			fail_msg("%s: %s", error.on, error.what);
		run_free(&run);
		unlink(journal);
	}
}

static void make_samples(void **state)
{
	(void)state;
	struct campaign_file file;
	struct error error = ERROR_INIT;
	make_runs(4);
	sample_campaign(&file, 8);
	assert_int_equal(campaign_file_write(directory, &file, &error), 0);
	campaign_file_free(&file);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(make_samples) };
	char own[64];
	snprintf(directory, sizeof directory, "%s", argc > 1 ? argv[1] : sample_directory(own));
	int result = cmocka_run_group_tests(tests, NULL, NULL);
	if (argc <= 1)
		sample_remove(own);
	return result;
}
