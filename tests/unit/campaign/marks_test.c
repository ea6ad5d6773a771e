/* The lines a workload writes: good ones, bad ones, in pieces, and noise. */
#include <stdlib.h>

#include "marks.h"
#include "unit.h"

static void good_lines(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		int kind;
		enum edge_what what;
		int64_t t;
		const char *name, *value;
	} cases[] = {
		{"begin main 1", MARK_EDGE, EDGE_BEGIN, 1, "main", ""},
		{"end main 9223372036854775807", MARK_EDGE, EDGE_END, INT64_MAX, "main", ""},
		{"mark half-way 123456789", MARK_EDGE, EDGE_MARK, 123456789, "half-way", ""},
		{"barrier before_main.2 77", MARK_EDGE, EDGE_BARRIER, 77, "before_main.2", ""},
		{"begin 01234567890123456789012345678901 5", MARK_EDGE, EDGE_BEGIN, 5, "01234567890123456789012345678901", ""},
		{"fact gil_start 0", MARK_FACT, 0, 0, "gil_start", "0"},
		{"fact python 3.13.5 free-threading (main, \"x\")", MARK_FACT, 0, 0, "python",
		 "3.13.5 free-threading (main, \"x\")"},
		{"checksum 0", MARK_CHECKSUM, 0, 0, "", "0"},
		{"checksum DEADbeef0123", MARK_CHECKSUM, 0, 0, "", "DEADbeef0123"},
		{"checksum 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", MARK_CHECKSUM, 0, 0, "",
		 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct mark mark;
		if (!mark_decode(cases[i].line, &mark))
			fail_msg("refused: %s", cases[i].line);
		assert_int_equal(mark.kind, cases[i].kind);
		assert_int_equal(mark.what, cases[i].what);
		assert_int_equal(mark.t, cases[i].t);
		assert_string_equal(mark.name, cases[i].name);
		assert_string_equal(mark.value, cases[i].value);
	}
}

static void bad_lines(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"",
		" ",
		"begin",
		"begin ",
		"begin main",
		"begin main ",
		"begin  main 1",
		" begin main 1",
		"begin main 1 ",
		"begin main  1",
		"begin main 1 2",
		"begin main 0",
		"begin main -5",
		"begin main 1.5",
		"begin main 0x10",
		"begin main 1e9",
		"begin main nan",
		"begin main 9223372036854775808",
		"begin ma/in 1",
		"begin m\xc3\xa4in 1",
		"begin ma\tin 1",
		"begin main\t1",
		"begin 012345678901234567890123456789012 5", /* 33 characters */
		"Begin main 1",
		"start main 1",
		"stop main 1",
		"go main 1",
		"beginning-of-something main 1",
		"begin main 1\r",
		"mark idle-begin 1",
		"mark idle-end 1",
		"mark tail-end 1", /* joulerig's own */
		"fact",
		"fact ",
		"fact key",
		"fact key ",
		"fact k\x01y value",
		"fact key val\x01ue",
		"fact key val\tue",
		"fact a/b value",
		"fact key 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
		"01234567890123456789012345678", /* 129 characters */
		"checksum",
		"checksum ",
		"checksum xyz",
		"checksum 12 ",
		"checksum 12 34",
		"checksum -12",
		"checksum 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0", /* 65 digits */
		"hello world",
		"Traceback (most recent call last):",
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct mark mark;
		if (mark_decode(lines[i], &mark))
			fail_msg("taken: \"%s\"", lines[i]);
	}
}

/* ---- pieces ---- */

struct seen {
	size_t n;
	struct mark marks[16];
};

static void keep(void *context, const struct mark *mark)
{
	struct seen *seen = context;
	assert_in_range(seen->n, 0, 15);
	seen->marks[seen->n++] = *mark;
}

static const char text[] = "begin main 10\nfact threads 2\nnonsense\nend main 20\nchecksum abc\n";

static void assert_text_was_seen(const struct seen *seen, const struct mark_lines *lines)
{
	assert_int_equal(seen->n, 4);
	assert_int_equal(lines->rejected, 1);
	assert_int_equal(seen->marks[0].what, EDGE_BEGIN);
	assert_int_equal(seen->marks[0].t, 10);
	assert_string_equal(seen->marks[1].name, "threads");
	assert_string_equal(seen->marks[1].value, "2");
	assert_int_equal(seen->marks[2].what, EDGE_END);
	assert_int_equal(seen->marks[2].t, 20);
	assert_string_equal(seen->marks[3].value, "abc");
}

static void cut_anywhere(void **state)
{
	(void)state;
	size_t size = sizeof text - 1;
	for (size_t i = 0; i <= size; i++)
		for (size_t k = i; k <= size; k++) {
			struct mark_lines lines = {.used = 0};
			struct seen seen = {.n = 0};
			mark_lines_feed(&lines, text, i, keep, &seen);
			mark_lines_feed(&lines, text + i, k - i, keep, &seen);
			mark_lines_feed(&lines, text + k, size - k, keep, &seen);
			assert_text_was_seen(&seen, &lines);
		}
}

static void byte_by_byte(void **state)
{
	(void)state;
	struct mark_lines lines = {.used = 0};
	struct seen seen = {.n = 0};
	for (size_t i = 0; i + 1 < sizeof text; i++)
		mark_lines_feed(&lines, text + i, 1, keep, &seen);
	assert_text_was_seen(&seen, &lines);
}

static void unfinished_line_waits(void **state)
{
	(void)state;
	struct mark_lines lines = {.used = 0};
	struct seen seen = {.n = 0};
	mark_lines_feed(&lines, "begin main 1", 12, keep, &seen);
	assert_int_equal(seen.n, 0);
	assert_int_equal(lines.rejected, 0);
	mark_lines_feed(&lines, "7\n", 2, keep, &seen);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.marks[0].t, 17);
}

/* An over-long line is one rejected line, whatever its end looks like, and the next line is read again. */
static void overlong_lines_are_dropped_whole(void **state)
{
	(void)state;
	static char bytes[20000];
	for (size_t length = 500; length < 12000; length += length < 530 ? 1 : 997) {
		memset(bytes, 'x', length);
		memcpy(bytes, "fact key ", 9);
		memcpy(bytes + length, "\nbegin main 5\n", 14);
		struct mark_lines lines = {.used = 0};
		struct seen seen = {.n = 0};
		mark_lines_feed(&lines, bytes, length + 14, keep, &seen);
		assert_int_equal(lines.rejected, 1);
		assert_int_equal(seen.n, 1);
		assert_string_equal(seen.marks[0].name, "main");
	}
	/* Only the first 511 characters are kept; cut there this would be a good line. */
	memset(bytes, ' ', 600);
	memcpy(bytes, "begin main 5", 12);
	struct mark_lines lines = {.used = 0};
	struct seen seen = {.n = 0};
	mark_lines_feed(&lines, bytes, 600, keep, &seen);
	mark_lines_feed(&lines, "\n", 1, keep, &seen);
	assert_int_equal(seen.n, 0);
	assert_int_equal(lines.rejected, 1);
}

/* "begin main 5\0junk" must not pass as "begin main 5". */
static void nul_spoils_its_line(void **state)
{
	(void)state;
	static const char bytes[] = "begin main 5\0junk\n\0\nbegin main 6\0\nend main 7\n";
	struct mark_lines lines = {.used = 0};
	struct seen seen = {.n = 0};
	mark_lines_feed(&lines, bytes, sizeof bytes - 1, keep, &seen);
	assert_int_equal(lines.rejected, 3);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.marks[0].t, 7);
}

/* ---- noise ---- */

static void check_mark(void *context, const struct mark *mark)
{
	unsigned *taken = context;
	assert_non_null(memchr(mark->name, '\0', sizeof mark->name));
	assert_non_null(memchr(mark->value, '\0', sizeof mark->value));
	assert_true(mark->kind != MARK_EDGE || mark->t > 0);
	(*taken)++;
}

/* splitmix64, from a printed seed. */
static uint64_t draw(uint64_t *seed)
{
	uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	return z ^ (z >> 31);
}

static void random_bytes_do_no_harm(void **state)
{
	(void)state;
	uint64_t seed = 20260101;
	struct mark_lines lines = {.used = 0};
	unsigned taken = 0, newlines = 0;
	print_message("seed %llu\n", (unsigned long long)seed);
	for (int total = 0; total < 100000;) {
		char piece[700];
		size_t size = draw(&seed) % sizeof piece;
		for (size_t i = 0; i < size; i++) {
			piece[i] = (char)draw(&seed);
			newlines += piece[i] == '\n';
		}
		mark_lines_feed(&lines, piece, size, check_mark, &taken);
		total += (int)size;
	}
	assert_int_equal(taken + lines.rejected, newlines);
}

/* Noise that is nearly right: characters and words of good lines, shuffled. */
static void nearly_right_lines_do_no_harm(void **state)
{
	(void)state;
	static const char *const words[] = {"begin", "end",  "barrier", "fact", "checksum", " ",  " ",
					    " ",     "main", "12",      "\n",   "-1",       "\0", "abc"};
	uint64_t seed = 7;
	struct mark_lines lines = {.used = 0};
	unsigned taken = 0;
	print_message("seed %llu\n", (unsigned long long)seed);
	for (int i = 0; i < 200000; i++) {
		const char *word = words[draw(&seed) % (sizeof words / sizeof *words)];
		mark_lines_feed(&lines, word, word[0] ? strlen(word) : 1, check_mark, &taken);
	}
	assert_true(taken > 10);
	assert_true(lines.rejected > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_lines),
		cmocka_unit_test(bad_lines),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(byte_by_byte),
		cmocka_unit_test(unfinished_line_waits),
		cmocka_unit_test(overlong_lines_are_dropped_whole),
		cmocka_unit_test(nul_spoils_its_line),
		cmocka_unit_test(random_bytes_do_no_harm),
		cmocka_unit_test(nearly_right_lines_do_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
