/* The tables of the WT300 family. */
#include "meters/wt_model.h"
#include "unit.h"

static void test_models(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		unsigned elements;
		double range;
	} cases[] = {
		{ "WT310", 01, 0.001 }, { "WT310E", 01, 0.0005 }, { "WT310EH", 01, 0.0005 }, { "WT310HC", 01, 0.001 },
		{ "WT332", 05, 0.001 }, { "WT332E", 05, 0.0005 }, { "wt333e", 07, 0.0005 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct wt_model *model = wt_model_find(cases[i].name);
		assert_non_null(model);
		assert_int_equal(model->elements, cases[i].elements);
		assert_near(model->range, cases[i].range, 0);
	}
	assert_null(wt_model_find("WT500"));
	assert_null(wt_model_find(""));
}

static void test_elements(void **state)
{
	(void)state;
	static const struct {
		const char *model, *text;
		unsigned elements;
	} cases[] = {
		{ "WT310E", "1", 01 }, { "WT310E", "sum", 01 }, { "WT310E", "2", 0 }, { "WT310E", "1+1", 0 },
		{ "WT332E", "1", 01 }, { "WT332E", "3", 04 }, { "WT332E", "2", 0 }, { "WT332E", "Sum", 05 }, { "WT332E", "1+2", 0 },
		{ "WT333E", "2", 02 }, { "WT333E", "1+3", 05 }, { "WT333E", "3+1", 05 }, { "WT333E", "1+2+3", 07 },
		{ "WT333E", "sum", 07 }, { "WT333E", "4", 0 }, { "WT333E", "0", 0 }, { "WT333E", "", 0 }, { "WT333E", "1+", 0 },
		{ "WT333E", "+1", 0 }, { "WT333E", "12", 0 }, { "WT333E", "1 + 3", 0 }, { "WT333E", "-1", 0 }, { "WT333E", "all", 0 },
		{ "WT333E", "1+2+3+1", 0 }, { "WT333E", "summe", 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(wt_elements_parse(wt_model_find(cases[i].model), cases[i].text), cases[i].elements);
	assert_int_equal(wt_elements_count(05), 2);
	assert_int_equal(wt_element(05, 0), 1);
	assert_int_equal(wt_element(05, 1), 3);
	assert_int_equal(wt_element(02, 0), 2);
}

/* P of SIGMA: P1 + P3 but for four wires. */
static void test_wirings(void **state)
{
	(void)state;
	assert_int_equal(wt_elements_of_wiring("P3W4"), 07);
	assert_int_equal(wt_elements_of_wiring("p3w3"), 05);
	assert_int_equal(wt_elements_of_wiring("P1W3"), 05);
	assert_int_equal(wt_elements_of_wiring("V3A3"), 05);
	assert_int_equal(wt_elements_of_wiring("P1W2"), 0);
	assert_int_equal(wt_elements_of_wiring(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_models), cmocka_unit_test(test_elements), cmocka_unit_test(test_wirings),
	};
	return cmocka_run_group_tests_name("wt_model", tests, NULL, NULL);
}
