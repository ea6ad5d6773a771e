/* How much work a run did, by its own word. */
#include "run_work.h"
#include "unit.h"

static json_t *told(const char *work)
{
	struct run run = { .header = json_pack("{s:i}", "run", 7), .notes = json_pack("{s:{s:s*}}", "facts", "work", work) };
	json_t *json = run_work_to_json(&run);
	json_decref(run.header);
	json_decref(run.notes);
	return json;
}

static void a_number_and_a_unit(void **state)
{
	(void)state;
	json_t *json = told("1.5e6  body step");
	assert_int_equal(json_integer_value(json_object_get(json, "run")), 7);
	assert_near(json_real_value(json_object_get(json, "amount")), 1.5e6, 0);
	assert_string_equal(json_string_value(json_object_get(json, "unit")), "body step");
	json_decref(json);
}

static void anything_else_is_nothing(void **state)
{
	(void)state;
	static const char *const texts[] = { "", "100", "100 ", "0 pixel", "-1 pixel", "nan pixel", "1e999 pixel", "many pixel", "1,5 pixel", " 5 pixel" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_null(told(texts[i]));
	assert_null(told(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_number_and_a_unit), cmocka_unit_test(anything_else_is_nothing) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
