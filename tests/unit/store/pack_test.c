/* A packed campaign: all of it comes back, the same bytes each time, and nothing is written over. */
#include "pack.h"

#include <signal.h>
#include <sys/resource.h>

#include "durable.h"
#include "sample_whole.h"

static char directory[64], whole[256];

static const char *path_of(const char *name)
{
	static char path[256];
	return sample_path(directory, name, path);
}

static void pack(const char *name)
{
	struct error error = ERROR_INIT;
	if (pack_write(whole, path_of(name), &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
	assert_int_not_equal(access(path_of("a.h5.part"), F_OK), 0);
}

static void every_run_comes_back(void **state)
{
	(void)state;
	pack("a.h5");
	for (unsigned number = 1; number <= 3; number++) {
		char path[256];
		struct error error = ERROR_INIT;
		struct run original, packed;
		assert_int_equal(run_read(sample_run_path(whole, number, path), &original, &error), 0);
		assert_int_equal(run_read_packed(path_of("a.h5"), number, &packed, &error), 0);
		assert_null(run_difference(&original, &packed));
		run_free(&original);
		/* Written out again it is the run file, byte for byte. */
		size_t size, again;
		if (run_write(&packed, path_of("unpacked.h5"), &error) != 0)
			fail_msg("%s: %s", error.on, error.what);
		unsigned char *a = sample_load(path, &size), *b = sample_load(path_of("unpacked.h5"), &again);
		assert_int_equal(size, again);
		assert_memory_equal(a, b, size);
		free(a);
		free(b);
		run_free(&packed);
		unlink(path_of("unpacked.h5"));
	}
	unlink(path_of("a.h5"));
}

static void runs_that_are_not_in_it(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	struct run run;
	pack("a.h5");
	assert_int_equal(run_read_packed(path_of("a.h5"), 4, &run, &error), -1);
	assert_int_equal(error.code, ERROR_CORRUPT);
	unlink(path_of("a.h5"));
}

static void the_results_come_back(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	struct campaign_file a, b;
	pack("a.h5");
	assert_int_equal(campaign_file_read(whole, &a, &error), 0);
	assert_int_equal(campaign_file_read(path_of("a.h5"), &b, &error), 0);
	assert_true(json_equal(a.facts, b.facts));
	assert_string_equal(a.plan_text, b.plan_text);
	assert_string_equal(a.bench_text, b.bench_text);
	assert_int_equal(a.n_results, b.n_results);
	for (size_t i = 0; i < a.n_results; i++)
		assert_memory_equal(&a.results[i], &b.results[i], sizeof a.results[i]);
	campaign_file_free(&b);
	assert_int_equal(campaign_file_read(path_of("whole/campaign.h5"), &b, &error), 0);
	assert_int_equal(a.n_results, b.n_results);
	campaign_file_free(&a);
	campaign_file_free(&b);
	unlink(path_of("a.h5"));
}

static void the_same_bytes_each_time(void **state)
{
	(void)state;
	size_t size, again;
	pack("a.h5");
	pack("b.h5");
	unsigned char *a = sample_load(path_of("a.h5"), &size), *b = sample_load(path_of("b.h5"), &again);
	assert_int_equal(size, again);
	assert_memory_equal(a, b, size);
	free(a);
	free(b);
	unlink(path_of("b.h5"));
}

static void nothing_is_written_over(void **state)
{
	(void)state;
	size_t size;
	struct error error = ERROR_INIT;
	sample_store(path_of("taken"), "mine", 4);
	assert_int_equal(pack_write(whole, path_of("taken"), &error), -1);
	assert_int_equal(error.code, ERROR_EXISTS);
	unsigned char *bytes = sample_load(path_of("taken"), &size);
	assert_int_equal(size, 4);
	assert_memory_equal(bytes, "mine", 4);
	free(bytes);
}

static void fails(const char *name, enum error_code code)
{
	struct error error = ERROR_INIT;
	char part[280];
	assert_int_equal(pack_write(whole, path_of(name), &error), -1);
	assert_int_equal(error.code, code);
	snprintf(part, sizeof part, "%s.part", path_of(name));
	assert_int_not_equal(access(part, F_OK), 0);
	assert_int_not_equal(access(path_of(name), F_OK), 0);
}

static void what_cannot_be_packed(void **state)
{
	(void)state;
	char path[256], away[256];
	struct rlimit before, limit;
	sample_run_path(whole, 2, path);
	snprintf(away, sizeof away, "%s", path_of("away"));
	assert_int_equal(rename(path, away), 0);
	fails("no-run.h5", ERROR_NOT_FOUND);
	assert_int_equal(rename(away, path), 0);
	snprintf(path, sizeof path, "%s", path_of("whole/facts.json"));
	assert_int_equal(rename(path, away), 0);
	fails("no-facts.h5", ERROR_NOT_FOUND);
	assert_int_equal(rename(away, path), 0);
	getrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_IGN);
	limit = before;
	limit.rlim_cur = 100000;
	setrlimit(RLIMIT_FSIZE, &limit);
	fails("full.h5", ERROR_NO_SPACE);
	setrlimit(RLIMIT_FSIZE, &before);
}

static int set_up(void **state)
{
	(void)state;
	sample_directory(directory);
	snprintf(whole, sizeof whole, "%s", path_of("whole"));
	mkdir(whole, 0755);
	sample_whole(whole, 3);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	sample_remove(directory);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_run_comes_back),
		cmocka_unit_test(runs_that_are_not_in_it),
		cmocka_unit_test(the_results_come_back),
		cmocka_unit_test(the_same_bytes_each_time),
		cmocka_unit_test(nothing_is_written_over),
		cmocka_unit_test(what_cannot_be_packed),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
