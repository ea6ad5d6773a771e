/* The log of checks: what was written comes back; what a crash cut short hides nothing. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit.h"

#include "check_log.h"

static char path[] = "check_log_test.jsonl";

static struct check_entry sample(double value)
{
	return (struct check_entry){
		.kind = "reference", .time = 1763790000.125, .bench = "lab \"3\"", .device = "wall", .serial = "C2PH", .against = "100.2 W",
		.value = value, .U = 0.25, .reference = 100.2, .U_reference = 0.3, .U_difference = NAN, .En = -0.5, .passed = true,
		.campaign = "results/é", .when = "before",
	};
}

static void add(double value)
{
	struct check_entry entry = sample(value);
	struct error error = ERROR_INIT;
	assert_int_equal(check_log_append(path, &entry, &error), 0);
}

static size_t read_all(struct check_entry **entries, size_t *damaged)
{
	size_t n;
	struct error error = ERROR_INIT;
	assert_int_equal(check_log_read(path, entries, &n, damaged, &error), 0);
	return n;
}

static void write_raw(const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void test_what_was_written_comes_back(void **state)
{
	struct check_entry *entries;
	size_t damaged;
	(void)state;
	unlink(path);
	assert_int_equal(read_all(&entries, &damaged), 0);
	add(100.1);
	add(1. / 3);
	assert_int_equal(read_all(&entries, &damaged), 2);
	assert_int_equal(damaged, 0);
	struct check_entry expected = sample(1. / 3);
	assert_true(entries[1].value == expected.value && entries[1].time == expected.time && isnan(entries[1].U_difference));
	assert_string_equal(entries[1].bench, expected.bench);
	assert_string_equal(entries[1].campaign, expected.campaign);
	assert_true(entries[1].passed && !entries[1].simulated);
	free(entries);
}

static void test_a_line_cut_short_is_passed_over(void **state)
{
	struct check_entry *entries;
	size_t damaged;
	(void)state;
	unlink(path);
	add(1);
	write_raw("{\"kind\": \"refe");
	add(2);
	write_raw("\n[]\n{}\nnull\n");
	add(3);
	assert_int_equal(read_all(&entries, &damaged), 3);
	assert_int_equal(damaged, 4);
	assert_true(entries[1].value == 2 && entries[2].value == 3);
	free(entries);
}

/* Names that are no UTF-8, and one that was cut within a character: a line that can be read. */
static void test_any_bytes(void **state)
{
	struct check_entry *entries, entry = sample(4);
	struct error error = ERROR_INIT;
	size_t damaged;
	(void)state;
	unlink(path);
	snprintf(entry.campaign, sizeof entry.campaign, "n\xffight-\xc3\xa9\xc3 \xe2\x82\xac");
	snprintf(entry.evidence, sizeof entry.evidence, "%0506dabc\xe2\x82", 0); /* the third did not fit */
	assert_int_equal(check_log_append(path, &entry, &error), 0);
	add(5);
	assert_int_equal(read_all(&entries, &damaged), 2);
	assert_int_equal(damaged, 0);
	assert_string_equal(entries[0].campaign, "n?ight-\xc3\xa9? \xe2\x82\xac");
	assert_string_equal(entries[0].evidence + 506, "abc");
	free(entries);
}

static void test_what_cannot_be_written_is_an_error(void **state)
{
	struct check_entry entry = sample(1);
	struct error error = ERROR_INIT;
	(void)state;
	assert_int_equal(check_log_append("/nonexistent/x.jsonl", &entry, &error), -1);
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	error = (struct error)ERROR_INIT;
	assert_int_equal(check_log_append("/dev/full", &entry, &error), -1);
	assert_int_equal(error.code, ERROR_NO_SPACE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_written_comes_back),
		cmocka_unit_test(test_a_line_cut_short_is_passed_over),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_what_cannot_be_written_is_an_error),
	};
	int result = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return result;
}
