/*
 * bench_text: a bench file of a test, loaded, and the mistakes found in it.
 */
#ifndef JOULERIG_TESTS_UNIT_BENCH_BENCH_TEXT_H
#define JOULERIG_TESTS_UNIT_BENCH_BENCH_TEXT_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"
#include "unit.h"

struct bench_text {
	char path[64];
	struct bench_config config;
	struct problems problems;
	struct error error;
};

/* Loads `text`; returns what bench_config_load returned. */
static inline int bench_text_load(struct bench_text *file, const char *text)
{
	memset(file, 0, sizeof *file);
	snprintf(file->path, sizeof file->path, "/tmp/joulerig-bench-XXXXXX");
	int fd = mkstemp(file->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	return bench_config_load(file->path, &file->config, &file->problems, &file->error);
}

static inline void bench_text_must_load(struct bench_text *file, const char *text)
{
	int result = bench_text_load(file, text);
	for (size_t i = 0; i < file->problems.n; i++) {
		char line[700];
		print_error("%s\n", problem_line(&file->problems, i, line, sizeof line));
	}
	assert_int_equal(result, 0);
}

static inline void bench_text_free(struct bench_text *file)
{
	bench_config_free(&file->config);
	problems_free(&file->problems);
	unlink(file->path);
}

/* Loads `text`, which must give exactly these problems, "LINE:COLUMN: beginning of the message", in this order. */
static inline void assert_bench_mistakes(const char *text, const char *const *expected, size_t n)
{
	struct bench_text file;
	assert_int_equal(bench_text_load(&file, text), -1);
	assert_int_equal(file.error.code, ERROR_CONFIG);
	for (size_t i = 0; i < file.problems.n; i++) {
		char line[700];
		const char *said = problem_line(&file.problems, i, line, sizeof line) + strlen(file.path) + 1;
		if (i >= n || strncmp(said, expected[i], strlen(expected[i])) != 0)
			fail_msg("said \"%s\", not \"%s\"", said, i < n ? expected[i] : "");
	}
	assert_int_equal(file.problems.n, n);
	assert_null(file.config.text);
	bench_text_free(&file);
}

#endif
