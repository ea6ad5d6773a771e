/* A latency belongs to one instrument at one setting: which runs may tell that of a bench's device. */
#include <stdio.h>

#include "unit.h"

#include "calibrate.h"

static struct device_config meter(void)
{
	return (struct device_config){
		.name = "wall", .driver = "yokogawa_wt", .endpoint.text = "tcp://10.0.0.7:5025", .update = 0.1,
		.options = { { .name = "average", .text = "off" } }, .n_options = 1,
	};
}

/* The code of the refusal, or ERROR_NONE. `change` is put over what the run's header says of its device. */
static int check(const char *change, const struct device_config *config)
{
	struct error error = ERROR_INIT;
	json_t *device = json_loads("{\"name\": \"wall\", \"driver\": \"yokogawa_wt\", \"endpoint\": \"tcp://10.0.0.7:5025\", \"serial\": \"C2PH\","
				    " \"simulated\": false, \"update_s\": 0.1, \"options\": {\"average\": \"off\"}}", 0, NULL);
	json_t *changes = json_loads(change, 0, NULL);
	assert_int_equal(json_object_update(device, changes), 0);
	json_decref(changes);
	struct run run = { .header = json_pack("{s:{s:[o]}}", "bench", "devices", device) };
	int result = calibration_check_device(&run, config, &error);
	json_decref(run.header);
	assert_int_equal(result, error.code == 0 ? 0 : -1);
	return (int)error.code;
}

static void test_the_same_device_passes(void **state)
{
	struct device_config config = meter();
	(void)state;
	assert_int_equal(check("{}", &config), 0);
	snprintf(config.serial, sizeof config.serial, "C2PH");
	assert_int_equal(check("{\"endpoint\": \"tcp://10.0.0.8:5025\"}", &config), 0); /* moved, and known by its number */
}

static void test_another_one_is_refused(void **state)
{
	static const char *const changes[] = {
		"{\"name\": \"other\"}", "{\"driver\": \"zes_lmg\"}", "{\"update_s\": 0.5}", "{\"update_s\": null}", "{\"options\": {}}",
		"{\"options\": {\"average\": \"on\"}}", "{\"endpoint\": \"unix:///tmp/twin.sock\", \"serial\": \"SIM000001\", \"simulated\": true}",
	};
	struct device_config config = meter();
	(void)state;
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
		if (check(changes[i], &config) != ERROR_CONFIG)
			fail_msg("%s was taken", changes[i]);
	snprintf(config.serial, sizeof config.serial, "C2PH");
	assert_int_equal(check("{\"serial\": \"C2PI\"}", &config), ERROR_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_same_device_passes),
		cmocka_unit_test(test_another_one_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
