#include "text.h"
#include "unit.h"

/* A sanitizer would rather stop than let an allocation fail. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void an_empty_text_is_an_empty_string(void **state)
{
	(void)state;
	struct text text = TEXT_INIT;
	assert_string_equal(text_string(&text), "");
	text_add(&text, "");
	text_add_bytes(&text, NULL, 0);
	assert_string_equal(text_string(&text), "");
	assert_false(text_failed(&text));
	text_free(&text);
}

static void it_grows_by_all_that_is_added(void **state)
{
	(void)state;
	struct text text = TEXT_INIT;
	for (int i = 0; i < 1000; i++) {
		text_add(&text, "ab");
		text_add_bytes(&text, "c\0d", 3);
		text_addf(&text, "%03d", i);
	}
	assert_int_equal(text.length, 8000);
	assert_memory_equal(text.bytes + 7992, "abc\0d999", 9);
	assert_false(text_failed(&text));
	text_free(&text);
	assert_null(text.bytes);
	assert_int_equal(text.length, 0);
}

static void a_formatted_text_may_be_longer_than_any_buffer(void **state)
{
	(void)state;
	struct text text = TEXT_INIT;
	text_addf(&text, "%5000d|", 7);
	assert_int_equal(text.length, 5001);
	assert_string_equal(text_string(&text) + 4999, "7|");
	text_free(&text);
}

static void a_failure_is_remembered(void **state)
{
	(void)state;
	struct text text = TEXT_INIT;
	text_add(&text, "kept");
	text_add_bytes(&text, NULL, SIZE_MAX / 4); /* no machine has that much */
	assert_true(text_failed(&text));
	text_add(&text, "dropped");
	assert_string_equal(text_string(&text), "kept");
	text_free(&text);
	assert_false(text_failed(&text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_text_is_an_empty_string),
		cmocka_unit_test(it_grows_by_all_that_is_added),
		cmocka_unit_test(a_formatted_text_may_be_longer_than_any_buffer),
		cmocka_unit_test(a_failure_is_remembered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
