/* Factors: what a table says, and that one without its source is refused where it stands. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "document.h"
#include "factors_file.h"
#include "unit.h"

static int load(const char *text, struct factors *factors, struct problems *problems)
{
	char path[] = "/tmp/joulerig-factors-XXXXXX";
	struct error error = ERROR_INIT;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	int result = factors_load(path, factors, problems, &error);
	unlink(path);
	return result;
}

static void all_that_a_table_may_say(void **state)
{
	(void)state;
	struct factors factors;
	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	assert_int_equal(factors_load(TEST_SOURCE_DIR "/tests/config/good/factors-full.yaml", &factors, &problems, &error), 0);
	assert_near(factors.price.value, 0.31, 0);
	assert_near(factors.price.U, 0.05, 1e-15);
	assert_string_equal(factors.price.written, "0.31 EUR/kWh");
	assert_string_equal(factors.currency, "EUR");
	assert_near(factors.pue.value, 1.25, 0);
	assert_near(factors.pue.U, 0.02, 1e-15);
	assert_near(factors.carbon.value, 381, 0);
	assert_string_equal(factors.carbon.source, "Ember, yearly electricity data");
	assert_string_equal(factors.carbon.date, "2024-01-01");
	assert_string_equal(factors.method, "average");
	assert_string_equal(factors.region, "DEU");
	factors_free(&factors);
	assert_null(factors.document);
}

static void what_is_not_given_has_no_value(void **state)
{
	(void)state;
	struct factors factors;
	struct problems problems = PROBLEMS_INIT;
	assert_int_equal(load("joulerig: factors 1\ncarbon: { value: 41 g/kWh, source: x, date: 2024-01-01 }\n", &factors, &problems), 0);
	assert_null(factors.price.source);
	assert_true(isnan(factors.price.value));
	assert_string_equal(factors.currency, "");
	assert_null(factors.pue.source);
	assert_near(factors.pue.value, 1, 0);
	assert_near(factors.carbon.U, 0, 0);
	assert_string_equal(factors.method, "");
	factors_free(&factors);
}

static void a_factor_without_its_source_is_refused(void **state)
{
	(void)state;
	struct factors factors;
	struct problems problems = PROBLEMS_INIT;
	assert_int_equal(load("joulerig: factors 1\n\ncarbon: { value: 41 g/kWh, date: 2024-01-01 }\n", &factors, &problems), -1);
	assert_int_equal(problems.n, 1);
	assert_int_equal(problems.list[0].line, 3);
	assert_int_equal(problems.list[0].column, 9);
	assert_non_null(strstr(problems.list[0].text, "missing key \"source\""));
	problems_free(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_a_table_may_say),
		cmocka_unit_test(what_is_not_given_has_no_value),
		cmocka_unit_test(a_factor_without_its_source_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
