#include <errno.h>

#include "error.h"
#include "unit.h"

static void the_first_failure_wins(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	assert_int_equal(error_set(&error, ERROR_TIMEOUT, "tcp://x", "plug it in", "no answer in %d s", 3), -1);
	assert_int_equal(error_set(&error, ERROR_IO, "other", NULL, "later"), -1);
	assert_int_equal(error_errno(&error, ENOSPC, "other", NULL, "later"), -1);
	assert_int_equal(error.code, ERROR_TIMEOUT);
	assert_string_equal(error.what, "no answer in 3 s");
	assert_string_equal(error.on, "tcp://x");
	assert_string_equal(error.remedy, "plug it in");
}

static void nobody_has_to_listen(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, ERROR_IO, NULL, NULL, "x"), -1);
	assert_int_equal(error_errno(NULL, EIO, NULL, NULL, "x"), -1);
}

static void errno_becomes_a_code_and_a_cause(void **state)
{
	(void)state;
	static const struct {
		int number;
		enum error_code code;
	} cases[] = {
		{ ENOSPC, ERROR_NO_SPACE }, { EDQUOT, ERROR_NO_SPACE }, { EACCES, ERROR_PERMISSION }, { ENOENT, ERROR_NOT_FOUND },
		{ EEXIST, ERROR_EXISTS },   { ETIMEDOUT, ERROR_TIMEOUT }, { ECONNREFUSED, ERROR_GONE }, { EIO, ERROR_IO },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error error = ERROR_INIT;
		error_errno(&error, cases[i].number, "/x", NULL, "cannot write");
		assert_int_equal(error.code, cases[i].code);
	}
	struct error error = ERROR_INIT;
	error_errno(&error, ENOENT, "/x", NULL, "cannot open %s", "it");
	assert_string_equal(error.what, "cannot open it: No such file or directory");
}

static void a_line_is_one_harmless_line(void **state)
{
	(void)state;
	char line[80], small[8];
	struct error error = ERROR_INIT;
	error_set(&error, ERROR_IO, "a\nb", "do \033[2J that", "broken");
	assert_string_equal(error_line(&error, line, sizeof line), "a?b: broken; do ?[2J that");
	assert_string_equal(error_line(&error, small, sizeof small), "a?b: br");
	struct error bare = ERROR_INIT;
	error_set(&bare, ERROR_IO, NULL, NULL, "broken");
	assert_string_equal(error_line(&bare, line, sizeof line), "broken");
}

static void long_texts_are_cut(void **state)
{
	(void)state;
	char big[1000];
	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	struct error error = ERROR_INIT;
	error_set(&error, ERROR_IO, big, big, "%s", big);
	assert_int_equal(strlen(error.what), sizeof error.what - 1);
	assert_int_equal(strlen(error.on), sizeof error.on - 1);
	assert_int_equal(strlen(error.remedy), sizeof error.remedy - 1);
	struct error system = ERROR_INIT;
	error_errno(&system, EIO, NULL, NULL, "%s", big);
	assert_int_equal(strlen(system.what), sizeof system.what - 1);
}

static void every_code_has_its_own_name(void **state)
{
	(void)state;
	for (int i = 0; i < ERROR_CODES; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(error_code_name((enum error_code)i), error_code_name((enum error_code)k));
	assert_string_equal(error_code_name(ERROR_NO_SPACE), "no-space");
	assert_string_equal(error_code_name(ERROR_CODES), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_failure_wins),
		cmocka_unit_test(nobody_has_to_listen),
		cmocka_unit_test(errno_becomes_a_code_and_a_cause),
		cmocka_unit_test(a_line_is_one_harmless_line),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(every_code_has_its_own_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
