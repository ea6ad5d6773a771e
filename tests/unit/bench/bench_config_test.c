/* Bench files: every key, the defaults, and the mistakes that only the drivers can tell. */
#include "bench_text.h"

static const char full[] = "joulerig: bench 1\n"
			   "name: the lab's\n"
			   "dut: { supply_lag: 35 ms, line_frequency: 60 Hz }\n"
			   "trigger: software\n"
			   "devices:\n"
			   "  wall:\n"
			   "    driver: yokogawa_wt\n"
			   "    endpoint: tcp://10.0.0.7:5025\n"
			   "    measures: wall\n"
			   "    serial: \"C3TL08017E\"\n"
			   "    ranges: { voltage: 300 V, current: 500 mA }\n"
			   "    update: 250 ms\n"
			   "    latency: 30 ms\n"
			   "    latency_uncertainty: 5 ms\n"
			   "    power_max: 0.6 kW\n"
			   "    accuracy: { reading: 0.1 %, range: 0.05 %, power_factor: 0.001, timebase: 50 ppm, coverage: 2 }\n"
			   "    certificate: { number: A-123, issued: 2026-01-15, expires: 2027-01-15 }\n"
			   "    options: { element: 3, mode: DC }\n"
			   "  rapl:\n"
			   "    driver: powercap\n"
			   "    options: { interval: 20 ms, root: /run/counters }\n";

static void wall_loads(void **state)
{
	(void)state;
	struct bench_text file;
	bench_text_must_load(&file, full);
	const struct device_config *wall = &file.config.devices[0];
	assert_string_equal(wall->name, "wall");
	assert_string_equal(wall->driver, "yokogawa_wt");
	assert_string_equal(wall->endpoint.text, "tcp://10.0.0.7:5025");
	assert_string_equal(wall->endpoint.scheme, "tcp");
	assert_string_equal(wall->endpoint.host, "10.0.0.7");
	assert_int_equal(wall->endpoint.port, 5025);
	assert_int_equal(wall->measures, ROLE_WALL);
	assert_string_equal(wall->serial, "C3TL08017E");
	assert_near(wall->voltage_range, 300, 0);
	assert_near(wall->current_range, 0.5, 0);
	assert_near(wall->update, 0.25, 0);
	assert_near(wall->latency, 0.03, 0);
	assert_near(wall->u_latency, 0.005, 0);
	assert_near(wall->line_frequency, 60, 0);
	assert_near(wall->power_max, 600, 0);
	bench_text_free(&file);
}

static void accuracy_certificate_and_options_load(void **state)
{
	(void)state;
	struct bench_text file;
	bench_text_must_load(&file, full);
	const struct device_config *wall = &file.config.devices[0];
	assert_true(wall->accuracy_given);
	assert_near(wall->accuracy.reading, 0.001, 0);
	assert_near(wall->accuracy.range, 0.0005, 0);
	assert_near(wall->accuracy.power_factor, 0.001, 0);
	assert_near(wall->accuracy.timebase, 50e-6, 1e-20);
	assert_near(wall->accuracy.coverage, 2, 0);
	assert_string_equal(wall->certificate.number, "A-123");
	assert_string_equal(wall->certificate.issued, "2026-01-15");
	assert_string_equal(wall->certificate.expires, "2027-01-15");
	assert_int_equal(wall->n_options, 2);
	assert_string_equal(device_option(wall, NULL, "element", NULL), "3");
	assert_string_equal(device_option(wall, NULL, "mode", NULL), "DC");
	bench_text_free(&file);
}

static void bench_and_counters_load(void **state)
{
	(void)state;
	struct bench_text file;
	bench_text_must_load(&file, full);
	assert_string_equal(file.config.name, "the lab's");
	assert_int_equal(file.config.supply_lag, 35 * NS_PER_MS);
	assert_string_equal(file.config.trigger, "software");
	assert_int_equal(file.config.n_devices, 2);
	assert_string_equal(file.config.text, full);
	const struct device_config *rapl = &file.config.devices[1];
	double interval = 0;
	assert_string_equal(rapl->name, "rapl");
	assert_string_equal(device_option(rapl, NULL, "interval", &interval), "20 ms");
	assert_near(interval, 0.02, 0);
	assert_string_equal(device_option(rapl, NULL, "root", NULL), "/run/counters");
	assert_near(rapl->line_frequency, 60, 0);
	bench_text_free(&file);
}

static void defaults_are_those_of_the_schema(void **state)
{
	(void)state;
	struct bench_text file;
	bench_text_must_load(&file, "joulerig: bench 1\ndevices: { rapl: { driver: powercap } }\n");
	assert_string_equal(file.config.name, "bench");
	assert_int_equal(file.config.supply_lag, 20 * NS_PER_MS);
	assert_string_equal(file.config.trigger, "software");
	const struct device_config *rapl = &file.config.devices[0];
	assert_string_equal(rapl->endpoint.text, "");
	assert_int_equal(rapl->endpoint.port, -1);
	assert_int_equal(rapl->measures, ROLE_NONE);
	assert_string_equal(rapl->serial, "");
	assert_near(rapl->voltage_range, 0, 0);
	assert_near(rapl->current_range, 0, 0);
	assert_near(rapl->update, 0, 0);
	assert_true(isnan(rapl->latency));
	assert_true(isnan(rapl->u_latency));
	assert_near(rapl->line_frequency, 50, 0);
	assert_near(rapl->power_max, 0, 0);
	assert_false(rapl->accuracy_given);
	assert_string_equal(rapl->certificate.number, "");
	assert_int_equal(rapl->n_options, 0);
	bench_text_free(&file);
}

/* ---- certificates and ranges that are chosen ---- */

static const char chosen[] = "joulerig: bench 1\n"
			     "devices:\n"
			     "  wall:\n"
			     "    driver: yokogawa_wt\n"
			     "    endpoint: tcp://10.0.0.7:5025\n"
			     "    measures: wall\n"
			     "    warm_up: 30 min\n"
			     "    ranges: %s\n"
			     "    certificate: { number: A-123, issued: %s, file: \"%s\", drift_per_year: 0.02 %% }\n";

static void write_certificate(char path[64], const char *points)
{
	snprintf(path, 64, "/tmp/joulerig-certificate-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	dprintf(fd, "joulerig: certificate 1\nnumber: A-123\nserial: C3TL08017E\nrange: {voltage: 300 V, current: 2 A}\nk: 2.1\npoints:\n%s", points);
	close(fd);
}

/* Its path is from the bench file's folder on. */
static void certificate_file_loads(void **state)
{
	(void)state;
	char path[64], text[700];
	struct bench_text file;
	write_certificate(path, "  - { power: 100 W, error: -50 mW, U: 20 mW }\n  - { power: 200 W, error: 0.1 W, U: 50 mW }\n");
	snprintf(text, sizeof text, chosen, "history", "2026-01-15", strrchr(path, '/') + 1);
	bench_text_must_load(&file, text);
	const struct certificate *c = file.config.certificates[0];
	assert_non_null(c);
	assert_int_equal(c->n, 2);
	assert_near(c->points[0].error, -0.05, 1e-15);
	assert_near(c->coverage, 2.1, 0);
	assert_near(c->drift, 0.0002, 1e-15);
	assert_string_equal(c->issued, "2026-01-15");
	assert_string_equal(c->serial, "C3TL08017E");
	assert_near(c->voltage, 300, 0);
	assert_near(c->current, 2, 0);
	assert_near(file.config.devices[0].warm_up, 1800, 0);
	assert_int_equal(file.config.devices[0].ranges_from, RANGES_FROM_HISTORY);
	bench_text_free(&file);
	unlink(path);
}

static void certificate_mistakes(void **state)
{
	(void)state;
	char path[64], text[700], falls[200], order[200];
	write_certificate(path, "  - { power: 100 W, error: 1 W, U: 20 mW }\n  - { power: 101 W, error: 0 W, U: 50 mW }\n"
				"  - { power: 99 W, error: 0 W, U: 50 mW }\n");
	snprintf(falls, sizeof falls, "9:61: %s:8:5: at 101 W the meter would show no more than at 100 W", path);
	snprintf(order, sizeof order, "9:61: %s:9:5: points must be in order of power", path);
	snprintf(text, sizeof text, chosen, "pass", "2026-01-15", path);
	const char *const in_file[] = { falls, order };
	assert_bench_mistakes(text, in_file, 2);
	snprintf(text, sizeof text, chosen, "pass", "2026-02-30", "nowhere.yaml");
	const char *const no_file[] = { "9:43: the calendar has no 2026-02-30", "9:61: /tmp/nowhere.yaml: " };
	assert_bench_mistakes(text, no_file, 2);
	unlink(path);
}

static void ranges_are_chosen_or_given(void **state)
{
	(void)state;
	char text[700];
	static const char *const word[] = { "8:13: " };
	snprintf(text, sizeof text, chosen, "automatic", "2026-01-15", "x");
	assert_bench_mistakes(text, word, 1);
	static const char *const no_offers[] = { "2:43: driver powercap does not say what ranges there are" };
	assert_bench_mistakes("joulerig: bench 1\ndevices: { r: { driver: powercap, ranges: history } }\n", no_offers, 1);
	static const char *const no_day[] = { "2:61: drift_per_year: is allowed only together with key \"issued\"" };
	assert_bench_mistakes("joulerig: bench 1\ndevices: { r: { driver: powercap, certificate: { number: A, drift_per_year: 1 % } } }\n", no_day,
			      1);
}

/* ---- mistakes ---- */

static void mistakes_are_told_all_at_once(void **state)
{
	(void)state;
	static const char text[] =
		"joulerig: bench 1\n"                                           /* 1 */
		"trigger: rig_board\n"                                          /* 2 */
		"devices:\n"                                                    /* 3 */
		"  wall:\n"                                                     /* 4 */
		"    driver: yokogawa\n"                                        /* 5 */
		"  other:\n"                                                    /* 6 */
		"    driver: yokogawa_wt\n"                                     /* 7 */
		"    endpoint: tcp://10.0.0.7\n"                                /* 8 */
		"    options: { elements: 3, crest_factor: low, mode: DC }\n"   /* 9 */
		"  third:\n"                                                    /* 10 */
		"    driver: yokogawa_wt\n"                                     /* 11 */
		"    endpoint: http://plug.local\n"                             /* 12 */
		"  fourth:\n"                                                   /* 13 */
		"    driver: yokogawa_wt\n"                                     /* 14 */
		"  rapl:\n"                                                     /* 15 */
		"    driver: powercap\n"                                        /* 16 */
		"    options: { interval: 20, root: \"\", Interval_: 1 ms }\n"; /* 17: refused by the schema; see below */
	static const char *const by_schema[] = {"17:40: \"Interval_\" is not the name of an option"};
	static const char *const expected[] = {
		"2:10: there is no trigger \"rig_board\": name a device that has trigger lines, or software",
		"5:13: there is no driver \"yokogawa\"",
		"7:5: say what other measures",
		"8:15: endpoint: not an endpoint: its port is missing",
		"9:16: driver yokogawa_wt has no option \"elements\"",
		"9:43: option crest_factor: \"low\" is not an integer",
		"11:5: say what third measures",
		"12:15: driver yokogawa_wt does not work over http://",
		"14:5: driver yokogawa_wt needs an endpoint, such as usbtmc://",
		"14:5: say what fourth measures",
		"17:26: option interval: \"20\" is not a time such as",
		"17:36: option root: \"\" is not a path",
	};
	assert_bench_mistakes(text, by_schema, 1);
	char mended[sizeof text];
	snprintf(mended, sizeof mended, "%s", text);
	char *bad_name = strstr(mended, ", Interval_: 1 ms");
	assert_non_null(bad_name);
	memset(bad_name, ' ', strlen(", Interval_: 1 ms"));
	assert_bench_mistakes(mended, expected, sizeof expected / sizeof *expected);
}

static void meter_is_no_trigger(void **state)
{
	(void)state;
	static const char *const expected[] = {"2:10: there is no trigger \"powercap\": name a device that has trigger lines, or software"};
	assert_bench_mistakes("joulerig: bench 1\ntrigger: powercap\ndevices: { rapl: { driver: powercap } }\n", expected, 1);
	static const char *const of_device[] = {"2:10: there is no trigger \"rapl\": name a device that has trigger lines, or software"};
	assert_bench_mistakes("joulerig: bench 1\ntrigger: rapl\ndevices: { rapl: { driver: powercap } }\n", of_device, 1);
}

static const char two[] = "joulerig: bench 1\n"
			  "trigger: { output: %s, input: %s }\n"
			  "devices:\n"
			  "  port: { driver: serial_line, endpoint: serial:///dev/ttyS0 }\n"
			  "  board: { driver: rig, endpoint: pty:///dev/pts/7, measures: none, options: { input: in2 } }\n"
			  "  rapl: { driver: powercap }\n";

static void output_and_input_of_two_devices(void **state)
{
	(void)state;
	struct bench_text file;
	char text[600];
	snprintf(text, sizeof text, two, "port", "board");
	bench_text_must_load(&file, text);
	assert_string_equal(file.config.trigger, "port");
	assert_string_equal(file.config.trigger_input, "board");
	bench_text_free(&file);
	static const char *const no_input[] = { "2:33: there is no trigger \"rapl\": name a device that has trigger lines" };
	snprintf(text, sizeof text, two, "port", "rapl");
	assert_bench_mistakes(text, no_input, 1);
	static const char *const no_output[] = { "2:20: there is no trigger \"software\": name a device that has trigger lines" };
	snprintf(text, sizeof text, two, "software", "board");
	assert_bench_mistakes(text, no_output, 1);
	static const char *const one[] = { "2:10: trigger: missing key \"input\"", "2:10" };
	assert_bench_mistakes("joulerig: bench 1\ntrigger: { output: port }\ndevices: { port: { driver: serial_line, endpoint: serial:///dev/ttyS0 } }\n",
			      one, 1);
}

static void device_with_lines_is_a_trigger(void **state)
{
	(void)state;
	struct bench_text file;
	bench_text_must_load(&file, "joulerig: bench 1\n"
				    "trigger: lines\n"
				    "devices:\n"
				    "  rapl: { driver: powercap }\n"
				    "  lines: { driver: gpiod, endpoint: gpio://trig, options: { output: START, input: 5 } }\n");
	assert_string_equal(file.config.trigger, "lines");
	assert_string_equal(file.config.devices[1].endpoint.host, "trig");
	assert_string_equal(device_option(&file.config.devices[1], NULL, "input", NULL), "5");
	bench_text_free(&file);
	static const char *const no_endpoint[] = {"3:19: driver gpiod needs an endpoint, such as gpio://…"};
	assert_bench_mistakes("joulerig: bench 1\ntrigger: lines\ndevices: { lines: { driver: gpiod, options: { output: START } } }\n",
			      no_endpoint, 1);
}

/* What stands in front of another driver takes that one's options, and wants what that one wants. */
static void driver_in_front_of_another(void **state)
{
	(void)state;
	struct bench_text file;
	bench_text_must_load(&file, "joulerig: bench 1\n"
				    "trigger: board\n"
				    "devices:\n"
				    "  wall:\n"
				    "    driver: fault\n"
				    "    endpoint: tcp://10.0.0.7:5025\n"
				    "    measures: wall\n"
				    "    options: { wraps: yokogawa_wt, seed: 7, script: \"garble every 50\", element: 1, mode: DC }\n"
				    "  board: { driver: fault, endpoint: pty:///dev/pts/7, options: { wraps: rig, input: in2 } }\n"
				    "  rapl: { driver: fault, options: { wraps: powercap, interval: 20 ms } }\n");
	assert_string_equal(file.config.devices[0].driver, "fault");
	assert_int_equal(file.config.devices[0].n_options, 5);
	double interval = 0;
	device_option(&file.config.devices[2], NULL, "interval", &interval);
	assert_near(interval, 0.02, 0);
	bench_text_free(&file);
	static const char *const expected[] = {
		"2:10: there is no trigger \"rapl\": name a device",
		"5:39: driver yokogawa_wt has no option \"interval\"",
		"6:44: driver fault needs option wraps: the name of another driver",
		"7:44: driver fault needs option wraps: the name of another driver",
		"8:6: driver fault needs option wraps: the name of another driver",
		"9:33: driver yokogawa_wt does not work over http://",
	};
	assert_bench_mistakes("joulerig: bench 1\n"
			      "trigger: rapl\n"
			      "devices:\n"
			      "  a: { driver: fault, endpoint: \"tcp://10.0.0.7:5025\", measures: none,\n"
			      "    options: { wraps: yokogawa_wt,    interval: 20 ms } }\n"
			      "  b: { driver: fault, options: {    wraps: fault } }\n"
			      "  c: { driver: fault, options: {    wraps: nothing } }\n"
			      "  d: { driver: fault }\n"
			      "  e: { driver: fault, endpoint: http://plug.local, measures: none, options: { wraps: yokogawa_wt } }\n"
			      "  rapl: { driver: fault, options: { wraps: powercap } }\n",
			      expected, 6);
}

static void file_that_is_not_there(void **state)
{
	(void)state;
	struct bench_config config;
	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	assert_int_equal(bench_config_load("/nonexistent/bench.yaml", &config, &problems, &error), -1);
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	assert_int_equal(problems.n, 0);
	bench_config_free(&config);
	problems_free(&problems);
}

/* ---- detection ---- */

/* What is there depends on the machine; what must hold does not. */
static void detection_finds_counters_or_says_what_to_do(void **state)
{
	(void)state;
	struct bench_config config;
	struct error error = ERROR_INIT;
	if (bench_config_detect(&config, &error) == 0) {
		assert_int_equal(config.n_devices, 1);
		assert_string_equal(config.devices[0].driver, "powercap");
		assert_string_equal(config.trigger, "software");
		assert_null(config.text);
	} else {
		assert_int_equal(error.code, ERROR_NOT_FOUND);
		assert_non_null(strstr(error.remedy, "--bench"));
	}
	bench_config_free(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wall_loads),
		cmocka_unit_test(accuracy_certificate_and_options_load), cmocka_unit_test(certificate_file_loads),
		cmocka_unit_test(certificate_mistakes), cmocka_unit_test(ranges_are_chosen_or_given),
		cmocka_unit_test(bench_and_counters_load),
		cmocka_unit_test(defaults_are_those_of_the_schema),
		cmocka_unit_test(mistakes_are_told_all_at_once),
		cmocka_unit_test(meter_is_no_trigger),
		cmocka_unit_test(device_with_lines_is_a_trigger),
		cmocka_unit_test(output_and_input_of_two_devices),
		cmocka_unit_test(driver_in_front_of_another),
		cmocka_unit_test(file_that_is_not_there),
		cmocka_unit_test(detection_finds_counters_or_says_what_to_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
