/* A latency belongs to one instrument at one setting: which runs may tell that of a bench's device. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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

static void store(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void assert_holds(const char *path, const char *text)
{
	char found[400] = "";
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	found[fread(found, 1, sizeof found - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(found, text);
}

/* Beside the bench file lies whatever its owner likes; and its permissions stay. */
static void test_writing_touches_one_file(void **state)
{
	static const char before[] = "joulerig: bench 1\ndevices:\n  wall:\n    driver: yokogawa_wt\n    endpoint: tcp://10.0.0.7:5025\n";
	char directory[] = "/tmp/joulerig-calibrate-XXXXXX", bench[64], part[80], after[400];
	struct calibration found = { .device = "wall", .latency = { .found = true, .value = 0.0612, .expanded.U = 0.012 } };
	struct error error = ERROR_INIT;
	struct stat stat_of;
	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(bench, sizeof bench, "%s/bench.yaml", directory);
	snprintf(part, sizeof part, "%s.part", bench);
	store(bench, before);
	store(part, "mine");
	assert_int_equal(chmod(bench, 0640), 0);
	if (calibration_write(&found, bench, &error) != 0)
		fail_msg("%s", error.what);
	assert_holds(part, "mine");
	snprintf(after, sizeof after, "%s    latency: 61.2 ms\n    latency_uncertainty: 12.0 ms\n", before);
	assert_holds(bench, after);
	assert_int_equal(stat(bench, &stat_of), 0);
	assert_int_equal(stat_of.st_mode & 07777, 0640);
	unlink(bench);
	unlink(part);
	assert_int_equal(rmdir(directory), 0); /* and nothing else is left there */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_same_device_passes),
		cmocka_unit_test(test_another_one_is_refused),
		cmocka_unit_test(test_writing_touches_one_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
