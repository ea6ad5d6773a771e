#include "unit.h"

#include "layout.h"
#include "plain.h"

static void check(struct text *text, const char *expected)
{
	assert_string_equal(text_string(text), expected);
	text_free(text);
}

static void test_control_characters_are_spelt(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ "plain", "plain" },
		{ "Grüße 測定", "Grüße 測定" },
		{ "\x1b[2Jgone", "\\x1b[2Jgone" },
		{ "a\nb\tc\r", "a\\x0ab\\x09c\\x0d" },
		{ "\x7f", "\\x7f" },
		{ "\xc2\x9b" "31m", "\\x9b31m" },          /* C1: CSI in one character */
		{ "a\u202eb\u200bc", "a\\u202eb\\u200bc" }, /* right-to-left override, zero width */
		{ "\xff\xc3", "\uFFFD\uFFFD" },
		{ "\xc0\xaf", "\uFFFD\uFFFD" },            /* over-long */
		{ "\xe0\x80\xaf", "\uFFFD\uFFFD\uFFFD" },
		{ "\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD" },  /* a surrogate */
		{ "\xf0\x9f\x98", "\uFFFD\uFFFD\uFFFD" },  /* cut in the middle */
		{ "<b>&", "<b>&" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct text text = TEXT_INIT;
		plain_add(&text, rows[i][0]);
		check(&text, rows[i][1]);
	}
}

static void test_utf8_keeps_all_but_what_is_not(void **state)
{
	(void)state;
	struct text text = TEXT_INIT;
	plain_add_utf8(&text, "a\nb\xff\u202e");
	check(&text, "a\nb\uFFFD\u202e");
}

static void test_ascii(void **state)
{
	(void)state;
	struct text text = TEXT_INIT;
	plain_add_ascii(&text, "1 ± 2 µs – ∞ ≈ … × ν ü");
	check(&text, "1 +/- 2 us - inf ~ ... x nu ?");
}

static void test_width(void **state)
{
	(void)state;
	assert_int_equal(plain_width("412.6 J ± 1.9 J"), 15);
	assert_int_equal(plain_width("測定"), 4);
	assert_int_equal(plain_width("e\u0301"), 1);
	assert_int_equal(plain_width(""), 0);
}

static void paragraph(struct text *out, int columns, const char *words)
{
	struct table_options options = { .columns = columns, .unicode = true };
	layout_paragraph(out, &options, EMPHASIS_NONE, 2, words);
}

static void test_paragraph_wraps_between_words(void **state)
{
	(void)state;
	struct text text = TEXT_INIT;
	paragraph(&text, 10, "one two three four");
	check(&text, "one two\n  three\n  four\n");
	paragraph(&text, 10, "exactly te n");
	check(&text, "exactly te\n  n\n");
	paragraph(&text, 10, "±±± ±±± ±±± ±±±");
	check(&text, "±±± ±±±\n  ±±± ±±±\n");
	paragraph(&text, 4, "unbreakable x");
	check(&text, "unbreakable\n  x\n");
	paragraph(&text, 0, "one two three four");
	check(&text, "one two three four\n");
	paragraph(&text, 10, "");
	check(&text, "\n");
}

static void test_grid_aligns_signs_and_drops_by_rank(void **state)
{
	(void)state;
	struct grid grid = GRID_INIT;
	grid_column(&grid, "name", ALIGN_LEFT, 0);
	grid_column(&grid, "value", ALIGN_SIGN, 0);
	grid_column(&grid, "never", ALIGN_LEFT, 0);
	grid_column(&grid, "first", ALIGN_RIGHT, 2);
	grid_column(&grid, "second", ALIGN_RIGHT, 1);
	static const char *const rows[][3] = { { "測定", "1 ± 10", "1" }, { "b", "100 ± 1", "22" }, { "c", "–", "3" } };
	for (size_t i = 0; i < 3; i++) {
		grid_row(&grid);
		text_add(grid_cell(&grid, 0), rows[i][0]);
		text_add(grid_cell(&grid, 1), rows[i][1]);
		text_add(grid_cell(&grid, 3), rows[i][2]);
		text_add(grid_cell(&grid, 4), "x");
	}
	struct text text = TEXT_INIT, left_out = TEXT_INIT;
	struct table_options options = { .columns = 0, .unicode = true };
	grid_render(&grid, &options, &text, NULL);
	check(&text, "name  value     first  second\n"
		     "測定    1 ± 10      1       x\n"
		     "b     100 ± 1      22       x\n"
		     "c     –             3       x\n");
	options.columns = 25;
	grid_render(&grid, &options, &text, &left_out);
	check(&left_out, "first");
	check(&text, "name  value     second\n"
		     "測定    1 ± 10       x\n"
		     "b     100 ± 1        x\n"
		     "c     –              x\n");
	options.columns = 5;
	grid_render(&grid, &options, &text, &left_out);
	check(&left_out, "first, second");
	text_free(&text);
	options = (struct table_options){ .columns = 25, .unicode = false };
	grid_render(&grid, &options, &text, NULL);
	check(&text, "name  value       second\n"
		     "??      1 +/- 10       x\n"
		     "b     100 +/- 1        x\n"
		     "c     -                x\n");
	grid_free(&grid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_control_characters_are_spelt),
		cmocka_unit_test(test_utf8_keeps_all_but_what_is_not),
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_paragraph_wraps_between_words),
		cmocka_unit_test(test_grid_aligns_signs_and_drops_by_rank),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
