/* campaign.h5: every field of every result comes back, and an older file stays until the newer one is whole. */
#include "campaign_file.h"

#include <signal.h>
#include <sys/resource.h>

#include "campaign_layout.h"
#include "h5.h"
#include "sample_campaign.h"
#include "unit.h"

/* libhdf5 1.10 itself loses memory when it gives up on a damaged file; that we close all we open is tested instead. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libhdf5";
}

static void assert_all_closed(void)
{
	assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}

static char directory[64];

static void write_campaign(const struct campaign_file *file)
{
	struct error error = ERROR_INIT;
	if (campaign_file_write(directory, file, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
}

static void read_campaign(struct campaign_file *file)
{
	struct error error = ERROR_INIT;
	if (campaign_file_read(directory, file, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
}

static void assert_same_campaign(const struct campaign_file *a, const struct campaign_file *b)
{
	assert_string_equal(a->plan_text, b->plan_text);
	assert_string_equal(a->bench_text, b->bench_text);
	assert_true(json_equal(a->facts, b->facts));
	assert_int_equal(a->n_results, b->n_results);
	/* All bytes: both come from zeroed memory, and assignments of whole structs are not made member by member here. */
	for (size_t i = 0; i < a->n_results; i++)
		assert_memory_equal(&a->results[i], &b->results[i], sizeof a->results[i]);
}

static void everything_comes_back(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 60; n += n < 3 ? 1 : 28) {
		struct campaign_file file, back;
		sample_campaign(&file, n);
		write_campaign(&file);
		read_campaign(&back);
		assert_same_campaign(&file, &back);
		campaign_file_free(&file);
		campaign_file_free(&back);
		assert_null(back.results);
	}
}

/* How many bytes of a struct no field names. */
static size_t unnamed(const struct field *fields, size_t n_fields, size_t size)
{
	unsigned char named[sizeof(struct result)] = { 0 };
	size_t n = 0;
	for (size_t i = 0; i < n_fields; i++)
		memset(named + fields[i].offset, 1, fields[i].size);
	for (size_t i = 0; i < size; i++)
		n += !named[i];
	return n;
}

/* A new member of a result would be lost silently: whoever adds one finds this test. */
static void no_member_is_forgotten(void **state)
{
	(void)state;
	assert_int_equal(unnamed(term_fields, term_n_fields, sizeof(struct term_row)), 3);
	/* Terms have a table of their own; the rest is padding. */
	assert_int_equal(unnamed(source_fields, source_n_fields, sizeof(struct source_row)) -
				 3 * sizeof(((struct budget *)0)->terms), 3 * 3 + 3 + 4 + 7 + 4);
	/* Sources have, too; n_sources follows from it. */
	assert_int_equal(unnamed(result_fields, result_n_fields, sizeof(struct result)) - sizeof(((struct result *)0)->sources) -
				 sizeof(int), 4 + 7 + 4 + 7);
}

static void texts_may_be_absent(void **state)
{
	(void)state;
	struct campaign_file file = { .facts = json_object() }, back;
	write_campaign(&file);
	read_campaign(&back);
	assert_null(back.plan_text);
	assert_null(back.bench_text);
	assert_int_equal(back.n_results, 0);
	campaign_file_free(&file);
	campaign_file_free(&back);
}

static void the_summary_says_what_results_say(void **state)
{
	(void)state;
	struct result result;
	struct summary_row row;
	srand(1);
	sample_result(&result, 2); /* with wall and RAPL */
	summary_row_make(&result, &row);
	assert_string_equal(row.arm, "ft");
	assert_string_equal(row.status, run_status_name(result.status));
	assert_string_equal(row.start_time, "2025-11-22T02:53:22.000000123Z");
	assert_near(row.duration, 2.499999998, 1e-12);
	assert_true(row.wall_gross == result.sources[0].energy.gross.value &&
		    row.wall_gross_U == result.sources[0].energy.gross.expanded.U);
	assert_true(row.wall_net == result.sources[0].energy.net.value &&
		    row.wall_caused == result.sources[0].energy.caused.value);
	assert_true(row.rapl_gross == result.sources[1].energy.gross.value &&
		    row.rapl_net_U == result.sources[1].energy.net.expanded.U);
	result.n_sources = 0;
	summary_row_make(&result, &row);
	assert_true(isnan(row.wall_gross) && isnan(row.wall_tail) && isnan(row.rapl_net_U));
}

static void a_full_disk_leaves_the_older_file(void **state)
{
	(void)state;
	struct campaign_file file, larger, back;
	struct rlimit before, limit;
	char part[256];
	sample_campaign(&file, 5);
	sample_campaign(&larger, 50);
	write_campaign(&file);
	getrlimit(RLIMIT_FSIZE, &before);
	limit = before;
	limit.rlim_cur = 20000;
	signal(SIGXFSZ, SIG_IGN);
	struct error error = ERROR_INIT;
	setrlimit(RLIMIT_FSIZE, &limit);
	int result = campaign_file_write(directory, &larger, &error);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(result, -1);
	assert_int_equal(error.code, ERROR_NO_SPACE);
	assert_int_not_equal(access(sample_path(directory, "campaign.h5.part", part), F_OK), 0);
	read_campaign(&back);
	assert_same_campaign(&file, &back);
	campaign_file_free(&file);
	campaign_file_free(&larger);
	campaign_file_free(&back);
}

static void wrong_bytes_anywhere(void **state)
{
	(void)state;
	struct campaign_file file, back;
	char path[256];
	size_t size;
	unsigned refused = 0, tried = 0;
	sample_campaign(&file, 9);
	write_campaign(&file);
	sample_path(directory, "campaign.h5", path);
	unsigned char *bytes = sample_load(path, &size);
	for (size_t at = 0; at < size; at += 31, tried++) {
		struct error error = ERROR_INIT;
		bytes[at] ^= (unsigned char)(1u << at % 8);
		sample_store(path, bytes, size);
		bytes[at] ^= (unsigned char)(1u << at % 8);
		if (campaign_file_read(directory, &back, &error) == 0) {
			assert_same_campaign(&file, &back);
			campaign_file_free(&back);
		} else {
			assert_int_not_equal(error.code, ERROR_NONE);
			refused++;
		}
		assert_all_closed();
	}
	print_message("%u of %u files with a wrong bit refused\n", refused, tried);
	assert_true(refused > tried / 3);
	free(bytes);
	campaign_file_free(&file);
}

/* Rows that no joulerig would write, with right checksums. */
static void nonsense_in_rows_is_refused(void **state)
{
	(void)state;
	for (int what = 0; what < 4; what++) {
		struct campaign_file file, back;
		struct error error = ERROR_INIT;
		sample_campaign(&file, 4);
		file.results[3].sources[0].energy.net.budget.n = 3;
		if (what == 0)
			file.results[2].status = RUN_STATUSES;
		else if (what == 1)
			file.results[3].sources[1].role = CHANNEL_ROLES;
		else if (what == 2)
			file.results[3].sources[1].energy.status = ENERGY_STATUSES;
		else
			file.results[3].sources[0].energy.net.budget.terms[2].share = SHARES;
		write_campaign(&file);
		assert_int_equal(campaign_file_read(directory, &back, &error), -1);
		assert_int_equal(error.code, ERROR_CORRUPT);
		assert_non_null(strstr(error.what, "makes no sense"));
		campaign_file_free(&file);
	}
}

static void a_missing_file(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	struct campaign_file file;
	assert_int_equal(campaign_file_read("/nonexistent", &file, &error), -1);
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	error.code = ERROR_NONE;
	sample_campaign(&file, 1);
	assert_int_equal(campaign_file_write("/nonexistent", &file, &error), -1);
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	campaign_file_free(&file);
}

static int make_directory(void **state)
{
	(void)state;
	return sample_directory(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	sample_remove(directory);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_comes_back),
		cmocka_unit_test(no_member_is_forgotten),
		cmocka_unit_test(texts_may_be_absent),
		cmocka_unit_test(the_summary_says_what_results_say),
		cmocka_unit_test(a_full_disk_leaves_the_older_file),
		cmocka_unit_test(wrong_bytes_anywhere),
		cmocka_unit_test(nonsense_in_rows_is_refused),
		cmocka_unit_test(a_missing_file),
	};
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
