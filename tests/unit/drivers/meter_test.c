/* What drivers of meters say alike when one is opened, word for word: users search for it. */
#include <stdlib.h>

#include "meters/meter.h"
#include "unit.h"

static struct device_config config(const char *serial)
{
	struct device_config made = { .name = "wall", .endpoint = { .text = "tcp://10.0.0.7:3300" } };
	memcpy(made.serial, serial, strlen(serial) + 1);
	return made;
}

static void test_without_a_link(void **state)
{
	(void)state;
	struct device_config c = config("");
	struct error error = ERROR_INIT;
	assert_null(meter_new(16, &c, NULL, "give it an endpoint such as tcp://10.0.0.7:3300", &error));
	assert_int_equal(error.code, ERROR_CONFIG);
	assert_string_equal(error.on, "wall");
	assert_string_equal(error.what, "no way to reach it is given");
	assert_string_equal(error.remedy, "give it an endpoint such as tcp://10.0.0.7:3300");
}

static void test_it_is_zeroed(void **state)
{
	(void)state;
	struct device_config c = config("");
	struct error error = ERROR_INIT;
	const struct link *link = (const struct link *)(const void *)&c; /* not looked into */
	unsigned char *meter = meter_new(100, &c, link, "", &error);
	assert_non_null(meter);
	for (int i = 0; i < 100; i++)
		assert_int_equal(meter[i], 0);
	free(meter);
}

static void test_who_answers(void **state)
{
	(void)state;
	struct device_config any = config(""), mine = config("A1"), other = config("A2");
	struct idn idn;
	struct error error = ERROR_INIT;
	assert_int_equal(idn_decode("HIOKI,PW3336,A1,V1.00", &idn), 0);
	assert_int_equal(meter_check(&any, &idn, true, "Hioki", &error), 0);
	assert_int_equal(meter_check(&mine, &idn, true, "Hioki", &error), 0);
	assert_int_equal(meter_check(&other, &idn, true, "Hioki", &error), -1);
	assert_int_equal(error.code, ERROR_WRONG_DEVICE);
	assert_string_equal(error.on, "tcp://10.0.0.7:3300");
	assert_string_equal(error.what, "PW3336 has the serial number A1, not A2");
	assert_string_equal(error.remedy, "correct the endpoint, or the serial, in the bench file");

	error = (struct error)ERROR_INIT;
	assert_int_equal(meter_check(&other, &idn, false, "Hioki PW3335, PW3336 or PW3337", &error), -1);
	assert_int_equal(error.code, ERROR_WRONG_DEVICE);
	assert_string_equal(error.what, "not a Hioki PW3335, PW3336 or PW3337: HIOKI PW3336 answered");
	assert_string_equal(error.remedy, "correct the endpoint, or the driver, in the bench file");
}

static void test_another_remedy(void **state)
{
	(void)state;
	struct device_config c = config("");
	struct error error = ERROR_INIT;
	assert_int_equal(meter_wrong(&c, "its baud rate (9600)", &error, "not a PZEM (code %d)", 3), -1);
	assert_int_equal(error.code, ERROR_WRONG_DEVICE);
	assert_string_equal(error.what, "not a PZEM (code 3)");
	assert_string_equal(error.remedy, "correct the endpoint, or its baud rate (9600), in the bench file");
	assert_int_equal(meter_wrong(&c, "the driver", NULL, "nobody listens"), -1);
}

static void test_same(void **state)
{
	(void)state;
	struct idn a = { .model = "WT310E", .serial = "1", .firmware = "F1" }, b = a;
	memcpy(b.firmware, "F2", 3);
	assert_true(idn_same(&a, &b));
	memcpy(b.serial, "2", 2);
	assert_false(idn_same(&a, &b));
	b = a;
	memcpy(b.model, "WT310", 6);
	assert_false(idn_same(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_a_link), cmocka_unit_test(test_it_is_zeroed), cmocka_unit_test(test_who_answers),
		cmocka_unit_test(test_another_remedy), cmocka_unit_test(test_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
