/* A bench written as a bench file is the same bench when it is read: every key, awkward texts, numbers to the bit. */
#include "bench_text.h"
#include "bench_yaml.h"

static void write_and_read(const struct bench_config *config, const struct device_comments *comments, struct bench_text *file)
{
	struct text text = TEXT_INIT;
	bench_yaml(config, comments, &text);
	assert_false(text_failed(&text));
	bench_text_must_load(file, text_string(&text));
	text_free(&text);
}

static bool same_number(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static void assert_same_accuracy(const struct device_config *a, const struct device_config *b)
{
	assert_int_equal(a->accuracy_given, b->accuracy_given);
	assert_true(a->accuracy.reading == b->accuracy.reading);
	assert_true(a->accuracy.range == b->accuracy.range);
	assert_true(a->accuracy.power_factor == b->accuracy.power_factor);
	assert_true(a->accuracy.timebase == b->accuracy.timebase);
	assert_true(a->accuracy.coverage == b->accuracy.coverage);
}

static void assert_same_options(const struct device_config *a, const struct device_config *b)
{
	assert_int_equal(a->n_options, b->n_options);
	for (int i = 0; i < a->n_options; i++) {
		assert_string_equal(a->options[i].name, b->options[i].name);
		assert_string_equal(a->options[i].text, b->options[i].text);
		assert_true(a->options[i].number == b->options[i].number);
	}
}

static void assert_same_device(const struct device_config *a, const struct device_config *b)
{
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->driver, b->driver);
	assert_string_equal(a->endpoint.text, b->endpoint.text);
	assert_int_equal(a->measures, b->measures);
	assert_string_equal(a->serial, b->serial);
	assert_true(a->voltage_range == b->voltage_range && a->current_range == b->current_range);
	assert_true(a->update == b->update && a->power_max == b->power_max && a->line_frequency == b->line_frequency);
	assert_true(same_number(a->latency, b->latency) && same_number(a->u_latency, b->u_latency));
	assert_string_equal(a->certificate.number, b->certificate.number);
	assert_string_equal(a->certificate.issued, b->certificate.issued);
	assert_string_equal(a->certificate.expires, b->certificate.expires);
	assert_string_equal(a->certificate.file, b->certificate.file);
	assert_near(a->certificate.drift, b->certificate.drift, 0);
	assert_near(a->warm_up, b->warm_up, 0);
	assert_int_equal(a->ranges_from, b->ranges_from);
	assert_same_accuracy(a, b);
	assert_same_options(a, b);
}

static void assert_round_trip(const struct bench_config *config, const struct device_comments *comments)
{
	struct bench_text file;
	write_and_read(config, comments, &file);
	assert_string_equal(file.config.name, config->name);
	assert_string_equal(file.config.trigger, config->trigger);
	assert_int_equal(file.config.supply_lag, config->supply_lag);
	assert_int_equal(file.config.n_devices, config->n_devices);
	for (int i = 0; i < config->n_devices; i++)
		assert_same_device(&config->devices[i], &file.config.devices[i]);
	bench_text_free(&file);
}

static void assert_file_survives(const char *yaml, const struct device_comments *comments)
{
	struct bench_text file;
	bench_text_must_load(&file, yaml);
	assert_round_trip(&file.config, comments);
	bench_text_free(&file);
}

static void every_key_survives(void **state)
{
	(void)state;
	static const struct device_comments comments[BENCH_DEVICES_MAX] = { { "a meter", "the plug's", "found in automatic mode", "which?", "scaled" }, { .ranges = "none" } };
	assert_file_survives("joulerig: bench 1\n"
			     "name: \"the lab's: 3 # \\\"new\\\" \\\\ \\t µ\"\n"
			     "dut: { supply_lag: 12345678 ns, line_frequency: 60 Hz }\n"
			     "devices:\n"
			     "  No:\n"
			     "    driver: yokogawa_wt\n"
			     "    endpoint: \"tcp://[fe80::1]:5025\"\n"
			     "    measures: check\n"
			     "    serial: \"0012\"\n"
			     "    ranges: { voltage: 300 V, current: 500 mA }\n"
			     "    update: 250 ms\n"
			     "    latency: 0 s\n"
			     "    latency_uncertainty: 5.5 ms\n"
			     "    power_max: 0.6 kW\n"
			     "    accuracy: { reading: 0.1 %, range: 0, power_factor: 0.001, timebase: 50 ppm, coverage: 1.96 }\n"
			     "    certificate: { number: \"7\", issued: 2026-01-15, expires: 2027-01-15, drift_per_year: 200 ppm }\n"
			     "    warm_up: 30 min\n"
			     "    options: { element: 3, mode: \"null\" }\n"
			     "  2nd.rapl:\n"
			     "    driver: powercap\n"
			     "    options: { interval: 20 ms, root: \"/run/a: #b\" }\n"
			     "  3:\n    driver: yokogawa_wt\n    endpoint: tcp://[fe80::1]:5025\n    measures: none\n    ranges: history\n",
			     comments);
}

static void nothing_is_said_of_what_is_not_given(void **state)
{
	(void)state;
	struct bench_text file;
	struct text text = TEXT_INIT;
	bench_text_must_load(&file, "joulerig: bench 1\ndevices: { rapl: { driver: powercap } }\n");
	bench_yaml_device(&file.config.devices[0], NULL, &text);
	assert_string_equal(text_string(&text), "  rapl:\n    driver: powercap\n");
	text_free(&text);
	assert_round_trip(&file.config, NULL);
	bench_text_free(&file);
}

static void numbers_read_well(void **state)
{
	(void)state;
	struct bench_text file;
	struct text text = TEXT_INIT;
	bench_text_must_load(&file, "joulerig: bench 1\n"
				    "devices:\n"
				    "  wall: { driver: yokogawa_wt, endpoint: \"unix:///x\", measures: wall, update: 0.1 s, power_max: 600 W,\n"
				    "          ranges: { voltage: 0.3 kV, current: 0.005 A },\n"
				    "          accuracy: { reading: 0.001, range: 0.0005, timebase: 0.00005 }, options: { element: 1 } }\n");
	static const struct device_comments comments = { "Who", "What", "How", "Which", "Why not" };
	bench_yaml_device(&file.config.devices[0], &comments, &text);
	assert_string_equal(text_string(&text), "  # Who\n"
						"  # Why not\n"
						"  wall:\n"
						"    driver: yokogawa_wt\n"
						"    endpoint: \"unix:///x\"\n"
						"    measures: wall # What\n"
						"    ranges: { voltage: 300 V, current: 5 mA } # How\n"
						"    update: 100 ms\n"
						"    power_max: 600 W\n"
						"    accuracy: { reading: 0.1 %, range: 0.05 %, timebase: 50 ppm }\n"
						"    options: { element: \"1\" } # Which\n");
	text_free(&text);
	file.config.devices[0].voltage_range = file.config.devices[0].current_range = 0;
	bench_yaml_device(&file.config.devices[0], &comments, &text);
	assert_non_null(strstr(text_string(&text), "\n    # ranges: How\n"));
	text_free(&text);
	bench_text_free(&file);
}

/* Whatever a double can be: thirds, sums, the least there is. */
static void numbers_survive_to_the_bit(void **state)
{
	(void)state;
	struct bench_text file;
	static const double awkward[] = { 1.0 / 3, 0.1 + 0.2, 1e-9 / 3, 123456.789012345, 2.5e6 / 3, 5e-324 };
	bench_text_must_load(&file, "joulerig: bench 1\n"
				    "devices: { wall: { driver: yokogawa_wt, endpoint: \"unix:///x\", measures: none } }\n");
	struct device_config *wall = &file.config.devices[0];
	for (size_t i = 0; i < sizeof awkward / sizeof *awkward; i++) {
		wall->voltage_range = wall->current_range = wall->power_max = wall->latency = awkward[i];
		wall->accuracy_given = true;
		wall->accuracy.reading = wall->accuracy.range = awkward[i];
		assert_round_trip(&file.config, NULL);
	}
	bench_text_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_survives),
		cmocka_unit_test(nothing_is_said_of_what_is_not_given),
		cmocka_unit_test(numbers_read_well),
		cmocka_unit_test(numbers_survive_to_the_bit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
