#include "machine_check.h"
#include "unit.h"

static void test_supply(void **state)
{
	(void)state;
	static const struct {
		const char *facts;
		int refused;
		const char *says;
	} cases[] = {
		{ "{}", 0, "" },
		{ "{\"batteries\": 0, \"on_battery\": false}", 0, "" },
		{ "{\"batteries\": 1, \"on_battery\": false}", 0, "battery: " },
		{ "{\"batteries\": 1, \"on_battery\": true}", -1, "on battery: " },
		{ "{\"batteries\": 0, \"ups\": 1, \"on_battery\": false}", 0, "UPS: " },
		{ "{\"batteries\": 0, \"ups\": 1, \"on_battery\": true}", -1, "on battery: " },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error error = ERROR_INIT;
		struct text text = TEXT_INIT;
		json_t *machine = json_loads(cases[i].facts, 0, NULL);
		assert_int_equal(machine_check_power(machine, false, &error), cases[i].refused);
		assert_true(cases[i].refused == 0 || strstr(error.remedy, "--on-battery"));
		assert_int_equal(machine_check_power(machine, true, &error), 0);
		machine_say_power(machine, &text);
		assert_true((text.length == 0) == (cases[i].says[0] == '\0'));
		assert_int_equal(strncmp(text_string(&text), cases[i].says, strlen(cases[i].says)), 0);
		text_free(&text);
		json_decref(machine);
	}
	assert_int_equal(machine_check_power(NULL, false, NULL), 0);
}

static void test_rapl(void **state)
{
	(void)state;
	static const struct {
		const char *facts, *says;
	} cases[] = {
		{ "{}", "" },
		{ "{\"virtual\": false, \"rapl\": {\"filter\": \"off\"}}", "" },
		{ "{\"virtual\": false, \"rapl\": {\"filter\": \"unknown\"}}", "" },
		{ "{\"virtual\": false, \"rapl\": {\"filter\": \"on\"}}", "filtered: " },
		{ "{\"virtual\": true, \"hypervisor\": \"KVM\"}", "virtualised: " },
		{ "{\"virtual\": true, \"rapl\": {\"filter\": \"on\"}}", "virtualised: " },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct text text = TEXT_INIT;
		json_t *machine = json_loads(cases[i].facts, 0, NULL);
		machine_say_rapl(machine, &text);
		assert_true((text.length == 0) == (cases[i].says[0] == '\0'));
		assert_int_equal(strncmp(text_string(&text), cases[i].says, strlen(cases[i].says)), 0);
		text_free(&text);
		json_decref(machine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_supply), cmocka_unit_test(test_rapl) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
