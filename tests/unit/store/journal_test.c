/* The journal: what goes in comes out, up to the first byte that is not as written, and never anything else. */
#include "journal.h"

#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "journal_writer.h"
#include "sample.h"
#include "unit.h"

static char directory[64];

static const char *path_of(const char *name)
{
	static char path[256];
	return sample_path(directory, name, path);
}

/* A journal of `n` records that differ in kind, size and content, in several blocks; its bytes. */
static unsigned char *small_journal(unsigned n, size_t *size)
{
	struct error error = ERROR_INIT;
	unlink(path_of("small.journal"));
	struct journal *journal = journal_create(path_of("small.journal"), "{\"small\": true}", &error);
	assert_non_null(journal);
	for (unsigned i = 0; i < n; i++) {
		double value = i;
		assert_int_equal(sample_put(journal, RECORD_BLOCK, 1, i, i, 1, i * 10, &value, sizeof value, &error), 0);
		if (i % 4 == 3)
			assert_int_equal(journal_flush(journal, &error), 0);
	}
	assert_int_equal(journal_close(journal, &error), 0);
	return sample_load(path_of("small.journal"), size);
}

/* Reads small_journal's records back: they must be the first ones, unchanged. How many; -1 if the journal cannot be opened. */
static int count_good(const char *path, uint64_t *damage)
{
	const struct record *record;
	const void *payload;
	uint32_t size;
	struct error error = ERROR_INIT;
	struct journal_reader *reader = journal_open(path, &error);
	if (reader == NULL) {
		assert_int_not_equal(error.code, ERROR_NONE);
		return -1;
	}
	int n = 0, more;
	while ((more = journal_next(reader, &record, &payload, &size, &error)) == 1) {
		double value;
		assert_int_equal(record->kind, RECORD_BLOCK);
		assert_int_equal(record->seq, n);
		assert_int_equal(record->t, n * 10);
		assert_int_equal(size, sizeof value);
		memcpy(&value, payload, sizeof value);
		assert_true(value == n);
		n++;
	}
	assert_int_equal(more, 0);
	*damage = journal_damage(reader);
	journal_reader_close(reader);
	return n;
}

static void long_headers_come_back(void **state)
{
	(void)state;
	for (size_t length = 0; length < 20000; length += length < 16 || (length > 4040 && length < 4100) ? 1 : 997) {
		struct error error = ERROR_INIT;
		char *header = malloc(length + 1);
		for (size_t i = 0; i < length; i++)
			header[i] = (char)('a' + i % 26);
		header[length] = '\0';
		unlink(path_of("header.journal"));
		struct journal *journal = journal_create(path_of("header.journal"), header, &error);
		assert_non_null(journal);
		assert_int_equal(journal_close(journal, &error), 0);
		struct journal_reader *reader = journal_open(path_of("header.journal"), &error);
		assert_non_null(reader);
		assert_string_equal(journal_header(reader), header);
		assert_int_equal(journal_damage(reader), 0);
		journal_reader_close(reader);
		free(header);
	}
}

/* Payloads of every size up to the largest, so that records end blocks at every possible place. */
static void every_size_comes_back(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	unsigned char bytes[RECORD_PAYLOAD_MAX], zeros[8] = { 0 };
	const struct record *record;
	const void *payload;
	uint32_t size;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 7 + 1);
	struct journal *journal = journal_create(path_of("sizes.journal"), "{}", &error);
	for (uint32_t length = 0; length <= RECORD_PAYLOAD_MAX; length++)
		assert_int_equal(sample_put(journal, RECORD_NOTE, 0, length, 0, length, -1, bytes, length, &error), 0);
	assert_int_equal(sample_put(journal, RECORD_NOTE, 0, 0, 0, 0, 0, bytes, RECORD_PAYLOAD_MAX + 1, &error), -1);
	assert_int_equal(error.code, ERROR_INTERNAL);
	error.code = ERROR_NONE;
	assert_int_equal(journal_close(journal, &error), 0);
	struct journal_reader *reader = journal_open(path_of("sizes.journal"), &error);
	for (uint32_t length = 0; length <= RECORD_PAYLOAD_MAX; length++) {
		assert_int_equal(journal_next(reader, &record, &payload, &size, &error), 1);
		assert_int_equal(record->seq, length);
		assert_int_equal(size, (length + 7) / 8 * 8);
		assert_int_equal((uintptr_t)record % 8, 0);
		assert_memory_equal(payload, bytes, length);
		assert_memory_equal((const char *)payload + length, zeros, size - length);
	}
	assert_int_equal(journal_next(reader, &record, &payload, &size, &error), 0);
	assert_int_equal(journal_damage(reader), 0);
	journal_reader_close(reader);
}

static void cut_anywhere(void **state)
{
	(void)state;
	size_t size;
	uint64_t damage;
	int last = -1;
	unsigned char *bytes = small_journal(22, &size);
	for (size_t length = 0; length <= size; length++) {
		sample_store(path_of("cut.journal"), bytes, length);
		int n = count_good(path_of("cut.journal"), &damage);
		assert_true(n >= last && (n <= 0 || n % 4 == 0 || n == 22));
		assert_true(n < 0 || damage < 16 + 4 * 48 + 16 + 16);
		last = n;
	}
	assert_int_equal(last, 22);
	assert_int_equal(damage, 0);
	free(bytes);
}

/* Whatever bit is wrong, the reader stops before its block. */
static void one_wrong_bit_anywhere(void **state)
{
	(void)state;
	size_t size;
	uint64_t damage;
	unsigned char *bytes = small_journal(22, &size);
	for (size_t bit = 0; bit < 8 * size; bit++) {
		bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
		sample_store(path_of("bit.journal"), bytes, size);
		int n = count_good(path_of("bit.journal"), &damage);
		assert_true(n < 22);
		assert_true(n < 0 || (damage > 0 && size - damage <= bit / 8));
		bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
	free(bytes);
}

static void garbage_and_what_follows_it(void **state)
{
	(void)state;
	size_t size;
	uint64_t damage;
	unsigned char *bytes = small_journal(22, &size), *twice = malloc(2 * size);
	memcpy(twice, bytes, size);
	memcpy(twice + size, bytes, size); /* good blocks, but out of sequence */
	sample_store(path_of("twice.journal"), twice, 2 * size);
	assert_int_equal(count_good(path_of("twice.journal"), &damage), 22);
	assert_int_equal(damage, size);
	memset(twice + size, 0, size); /* what a file system may leave after a power cut */
	sample_store(path_of("twice.journal"), twice, 2 * size);
	assert_int_equal(count_good(path_of("twice.journal"), &damage), 22);
	assert_int_equal(damage, size);
	srand(1);
	for (int i = 0; i < 200; i++) {
		for (size_t k = 0; k < size; k++)
			twice[k] = (unsigned char)rand();
		sample_store(path_of("twice.journal"), twice, size);
		assert_int_equal(count_good(path_of("twice.journal"), &damage), -1);
	}
	free(twice);
	free(bytes);
}

/* Whole blocks, each good in itself, where they do not belong. */
static void blocks_out_of_order(void **state)
{
	(void)state;
	enum { FIRST = 16 + 32, BLOCK = 16 + 4 * 48 }; /* the header's block; then four records a block */
	size_t size;
	uint64_t damage;
	unsigned char *bytes = small_journal(22, &size), *moved = malloc(size + BLOCK);
	memcpy(moved, bytes, FIRST + BLOCK); /* the second block of records is missing */
	memcpy(moved + FIRST + BLOCK, bytes + FIRST + 2 * BLOCK, size - FIRST - 2 * BLOCK);
	sample_store(path_of("moved.journal"), moved, size - BLOCK);
	assert_int_equal(count_good(path_of("moved.journal"), &damage), 4);
	memcpy(moved + FIRST + BLOCK, bytes + FIRST, size - FIRST); /* the first one is there twice */
	sample_store(path_of("moved.journal"), moved, size + BLOCK);
	assert_int_equal(count_good(path_of("moved.journal"), &damage), 4);
	assert_int_equal(damage, size - FIRST);
	free(moved);
	free(bytes);
}

static void names_and_missing_files(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	size_t size;
	free(small_journal(4, &size));
	assert_null(journal_create(path_of("small.journal"), "{}", &error));
	assert_int_equal(error.code, ERROR_EXISTS);
	error.code = ERROR_NONE;
	assert_null(journal_open(path_of("absent.journal"), &error));
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	error.code = ERROR_NONE;
	assert_null(journal_create(path_of("absent/x.journal"), "{}", &error));
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	error.code = ERROR_NONE;
	sample_store(path_of("empty.journal"), "", 0);
	assert_null(journal_open(path_of("empty.journal"), &error));
	assert_int_equal(error.code, ERROR_CORRUPT);
	assert_int_equal(journal_close(NULL, NULL), 0);
	journal_reader_close(NULL);
}

/* What has been synced is in the file, while the journal is still open. */
static void synced_records_can_be_read(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	uint64_t damage;
	struct journal *journal = journal_create(path_of("open.journal"), "{}", &error);
	for (unsigned i = 0; i < 1000; i++) {
		double value = i;
		assert_int_equal(sample_put(journal, RECORD_BLOCK, 1, i, 0, 1, i * 10, &value, sizeof value, &error), 0);
		if (i % 100 == 99) {
			assert_int_equal(i % 200 == 99 ? journal_sync(journal, &error) : journal_sync_soon(journal, &error), 0);
			assert_int_equal(count_good(path_of("open.journal"), &damage), i + 1);
		}
	}
	assert_int_equal(journal_close(journal, &error), 0);
}

/* Fills the disk; the error is clear and lasting, and what was written before it is read. */
static void fill(const char *path)
{
	struct error error = ERROR_INIT;
	uint64_t damage;
	unsigned i = 0;
	double value;
	struct journal *journal = journal_create(path, "{}", &error);
	assert_non_null(journal);
	do
		value = i;
	while (sample_put(journal, RECORD_BLOCK, 1, i, 0, 1, i * 10, &value, sizeof value, &error) == 0 && ++i < 100000);
	assert_int_equal(error.code, ERROR_NO_SPACE);
	assert_string_not_equal(error.remedy, "");
	for (int k = 0; k < 2; k++) {
		error.code = ERROR_NONE;
		assert_int_equal(journal_sync_soon(journal, &error), -1);
		assert_int_equal(error.code, ERROR_NO_SPACE);
	}
	error.code = ERROR_NONE;
	assert_int_equal(journal_close(journal, &error), -1);
	assert_int_equal(error.code, ERROR_NO_SPACE);
	int n = count_good(path, &damage);
	assert_true(n > 1000 && n <= (int)i && (int)i - n <= 2 * 4096 / 48);
}

static void a_file_size_limit(void **state)
{
	(void)state;
	struct rlimit before, limit;
	getrlimit(RLIMIT_FSIZE, &before);
	limit = before;
	limit.rlim_cur = 100000;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	fill(path_of("limit.journal"));
	setrlimit(RLIMIT_FSIZE, &before);
}

static void a_full_disk(void **state)
{
	(void)state;
	char path[256];
	mkdir(path_of("disk"), 0700);
	if (mount("tmpfs", path_of("disk"), "tmpfs", 0, "size=128k") != 0) {
		print_message("no tmpfs can be mounted here: %s\n", strerror(errno));
		skip();
	}
	fill(sample_path(path_of("disk"), "full.journal", path));
	umount(path_of("disk"));
}

/* The helper thread meets the error; the appending thread is told. A pipe can be written to, but not synced. */
static void a_sync_that_fails_later(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	int ends[2], calls = 0;
	double value = 1;
	struct journal *journal = journal_create(path_of("pipe.journal"), "{}", &error);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[1], journal->fd), journal->fd);
	assert_int_equal(journal_sync_soon(journal, &error), 0);
	while (sample_put(journal, RECORD_BLOCK, 0, 0, 0, 1, 0, &value, sizeof value, &error) == 0 && calls++ < 5000)
		usleep(1000);
	assert_true(calls < 5000);
	assert_int_equal(error.code, ERROR_IO);
	assert_non_null(strstr(error.what, "sync"));
	error.code = ERROR_NONE;
	assert_int_equal(journal_close(journal, &error), -1);
	assert_int_equal(error.code, ERROR_IO);
	close(ends[0]);
	close(ends[1]);
}

static int make_directory(void **state)
{
	(void)state;
	return sample_directory(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	umount(path_of("disk"));
	sample_remove(directory);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_headers_come_back),
		cmocka_unit_test(every_size_comes_back),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(one_wrong_bit_anywhere),
		cmocka_unit_test(garbage_and_what_follows_it),
		cmocka_unit_test(blocks_out_of_order),
		cmocka_unit_test(names_and_missing_files),
		cmocka_unit_test(synced_records_can_be_read),
		cmocka_unit_test(a_sync_that_fails_later),
		cmocka_unit_test(a_file_size_limit),
		cmocka_unit_test(a_full_disk),
	};
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
