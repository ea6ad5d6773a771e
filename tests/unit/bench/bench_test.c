/* Devices on threads: life, records, requested readings, overruns, failures. With devices that do what the test wants. */
#include "collector.h"
#include "fake_drivers.h"

static void add_device(struct bench_config *config, const char *name, const char *driver)
{
	struct device_config *device = &config->devices[config->n_devices++];
	snprintf(device->name, sizeof device->name, "%s", name);
	snprintf(device->driver, sizeof device->driver, "%s", driver);
}

/* Of the device added last. */
static void set_option(struct bench_config *config, const char *name, const char *text, double number)
{
	struct device_config *device = &config->devices[config->n_devices - 1];
	struct option_value *option = &device->options[device->n_options++];
	snprintf(option->name, sizeof option->name, "%s", name);
	snprintf(option->text, sizeof option->text, "%s", text);
	option->number = number;
}

static struct bench_config *new_config(void)
{
	struct bench_config *config = calloc(1, sizeof *config);
	assert_non_null(config);
	return config;
}

static struct bench *open_bench(const struct bench_config *config)
{
	struct error error = ERROR_INIT;
	struct bench *bench = bench_open(config, &surroundings_lab, &error);
	if (bench == NULL)
		fail_msg("%s", error.what);
	return bench;
}

static struct collector collector_for(const struct bench *bench)
{
	return (struct collector){.n_channels = bench_channels(bench), .counts = true};
}

/* ---- life ---- */

static void channels_are_numbered_through(void **state)
{
	(void)state;
	struct bench_config *config = new_config();
	add_device(config, "first", "ticker");
	add_device(config, "second", "deaf");
	set_option(config, "simulated", "true", 1);
	struct bench *bench = open_bench(config);
	static const char *const names[] = {"first.fast", "first.slow", "second.fast", "second.slow"};
	assert_int_equal(bench_channels(bench), 4);
	assert_int_equal(bench_devices(bench), 2);
	for (int i = 0; i < 4; i++) {
		assert_string_equal(bench_channel(bench, i)->name, names[i]);
		assert_string_equal(bench_channel_device(bench, i), i < 2 ? "first" : "second");
	}
	assert_null(bench_channel(bench, 4));
	const struct driver *driver;
	const struct identity *identity;
	assert_ptr_equal(bench_device(bench, 1, &driver, &identity), &config->devices[1]);
	assert_string_equal(driver->name, "deaf");
	assert_true(identity->simulated);
	assert_true(bench_simulated(bench));
	bench_close(bench);
	free(config);
}

static void facts_name_every_device(void **state)
{
	(void)state;
	struct bench_config *config = new_config();
	snprintf(config->name, sizeof config->name, "lab");
	snprintf(config->trigger, sizeof config->trigger, "software");
	config->supply_lag = 20000000;
	add_device(config, "first", "ticker");
	set_option(config, "burst", "3", 3);
	add_device(config, "second", "ticker");
	struct certificate certificate = { .number = "A-1", .coverage = 2, .n = 1, .points = { { 100, 0.4, 0.02 } } };
	config->certificates[1] = &certificate;
	config->devices[1].warm_up = 60;
	snprintf(config->devices[1].ranges_why, sizeof config->devices[1].ranges_why, "chosen");
	struct bench *bench = open_bench(config);
	json_t *facts = bench_facts(bench), *devices = json_object_get(facts, "devices");
	assert_string_equal(json_string_value(json_object_get(facts, "name")), "lab");
	assert_int_equal(json_integer_value(json_object_get(facts, "supply_lag_ns")), 20000000);
	assert_true(json_is_false(json_object_get(facts, "simulated")));
	assert_int_equal(json_array_size(devices), 2);
	const json_t *first = json_array_get(devices, 0), *second = json_array_get(devices, 1);
	assert_string_equal(json_string_value(json_object_get(json_object_get(first, "options"), "burst")), "3");
	assert_string_equal(json_string_value(json_object_get(first, "maker")), "fakes");
	assert_null(json_object_get(first, "certificate"));
	assert_string_equal(json_string_value(json_object_get(json_object_get(second, "certificate"), "number")), "A-1");
	const json_t *point = json_array_get(json_object_get(json_object_get(second, "certificate"), "points"), 0);
	assert_near(json_number_value(json_object_get(point, "error_W")), 0.4, 0);
	assert_near(json_number_value(json_object_get(json_object_get(second, "warm_up"), "needed_s")), 60, 0);
	assert_true(json_is_false(json_object_get(json_object_get(second, "warm_up"), "said_to_be_over")));
	assert_string_equal(json_string_value(json_object_get(second, "ranges_chosen")), "chosen");
	assert_null(json_object_get(second, "zero_calibrated_realtime_ns"));
	json_decref(facts);
	bench_close(bench);
	free(config);
}

static void starts_and_stops_many_times(void **state)
{
	(void)state;
	struct bench_config *config = new_config();
	add_device(config, "first", "ticker");
	add_device(config, "second", "deaf");
	struct bench *bench = open_bench(config);
	struct collector collector = collector_for(bench);
	for (int i = 0; i < 50; i++) {
		struct error error = ERROR_INIT;
		assert_int_equal(bench_start(bench, &error), 0);
		assert_int_equal(fake_started, 2);
		if (i % 2) /* else it is stopped at once */
			collector_run(&collector, bench, 5 * NS_PER_MS);
		assert_int_equal(bench_stop(bench, &error), 0);
		assert_int_equal(fake_started, 0);
		assert_int_equal(bench_stop(bench, &error), 0); /* again is fine */
		collector_drain(&collector, bench);
	}
	for (int i = 0; i < 4; i++)
		assert_in_range(collector.channels[i].values, i % 2 ? 1 : 25, UINT32_MAX);
	assert_int_equal(collector.channels[0].ranges, 50);
	bench_close(bench);
	assert_int_equal(fake_opened, 0);
	free(config);
}

static void closing_stops(void **state)
{
	(void)state;
	struct bench_config *config = new_config();
	add_device(config, "first", "ticker");
	struct bench *bench = open_bench(config);
	assert_int_equal(bench_start(bench, NULL), 0);
	pass_time(5 * NS_PER_MS);
	bench_close(bench);
	assert_int_equal(fake_started, 0);
	assert_int_equal(fake_opened, 0);
	bench_close(NULL);
	free(config);
}

/* ---- failures ---- */

static void one_device_that_does_not_open(void **state)
{
	(void)state;
	struct bench_config *config = new_config();
	struct error error = ERROR_INIT;
	add_device(config, "first", "ticker");
	add_device(config, "second", "ticker");
	set_option(config, "fail", "open", 0);
	add_device(config, "third", "ticker");
	assert_null(bench_open(config, &surroundings_lab, &error));
	assert_int_equal(error.code, ERROR_GONE);
	assert_string_equal(error.on, "second");
	assert_int_equal(fake_opened, 0);
	free(config);
}

static void one_device_that_does_not_start(void **state)
{
	(void)state;
	struct bench_config *config = new_config();
	struct error error = ERROR_INIT;
	add_device(config, "first", "ticker");
	add_device(config, "second", "ticker");
	set_option(config, "fail", "start", 0);
	struct bench *bench = open_bench(config);
	assert_int_equal(bench_start(bench, &error), -1);
	assert_int_equal(error.code, ERROR_PROTOCOL);
	bench_close(bench);
	assert_int_equal(fake_started, 0);
	assert_int_equal(fake_opened, 0);
	free(config);
}

/* The others are stopped all the same, and the failure is told. */
static void one_device_that_does_not_stop(void **state)
{
	(void)state;
	struct bench_config *config = new_config();
	struct error error = ERROR_INIT;
	add_device(config, "first", "ticker");
	set_option(config, "fail", "stop", 0);
	add_device(config, "second", "ticker");
	struct bench *bench = open_bench(config);
	assert_int_equal(bench_start(bench, NULL), 0);
	assert_int_equal(bench_stop(bench, &error), -1);
	assert_int_equal(error.code, ERROR_TIMEOUT);
	assert_int_equal(fake_started, 0);
	bench_close(bench);
	free(config);
}

static int refuse(void *context, const struct record *record, const void *payload, uint32_t size, struct error *error)
{
	(void)record;
	(void)payload;
	(void)size;
	(*(int *)context)++;
	return error_set(error, ERROR_NO_SPACE, NULL, NULL, "no room for it");
}

static void taker_that_fails_stops_the_drain(void **state)
{
	(void)state;
	struct bench_config *config = new_config();
	struct error error = ERROR_INIT;
	int calls = 0;
	add_device(config, "first", "ticker");
	struct bench *bench = open_bench(config);
	assert_int_equal(bench_start(bench, NULL), 0);
	pass_time(20 * NS_PER_MS);
	assert_int_equal(bench_stop(bench, NULL), 0);
	assert_int_equal(bench_drain(bench, refuse, &calls, &error), -1);
	assert_int_equal(error.code, ERROR_NO_SPACE);
	assert_int_equal(calls, 1);
	bench_close(bench);
	free(config);
}

/* True if waiting ended before its time. */
static bool records_wait(struct bench *bench, int ms)
{
	int64_t until = clock_now(CLOCK_ID_MONOTONIC) + ms * NS_PER_MS;
	await_records(bench, ms * NS_PER_MS);
	return clock_now(CLOCK_ID_MONOTONIC) < until;
}

static void waiting_ends_when_records_wait(void **state)
{
	(void)state;
	struct bench_config *config = new_config();
	add_device(config, "first", "ticker");
	set_option(config, "interval", "1000 s", 1000);
	struct bench *bench = open_bench(config);
	struct collector collector = collector_for(bench);
	assert_false(records_wait(bench, 20));
	assert_int_equal(bench_start(bench, NULL), 0);
	assert_true(records_wait(bench, 5000));
	collector_drain(&collector, bench);
	assert_int_equal(collector.channels[0].values, 1);
	assert_false(records_wait(bench, 20));
	assert_true(bench_sample(bench, 2 * NS_PER_S));
	assert_true(records_wait(bench, 5000));
	assert_int_equal(bench_stop(bench, NULL), 0);
	bench_close(bench);
	free(config);
}

/* ---- requested readings ---- */

static void sample_is_answered_by_all_that_can(void **state)
{
	(void)state;
	struct bench_config *config = new_config();
	add_device(config, "idle", "ticker");
	set_option(config, "interval", "1000 s", 1000); /* sleeps for long: must be woken */
	add_device(config, "busy", "ticker");
	add_device(config, "deaf", "deaf");
	struct bench *bench = open_bench(config);
	struct collector collector = collector_for(bench);
	assert_int_equal(bench_start(bench, NULL), 0);
	for (unsigned i = 1; i <= 200; i++) {
		int64_t asked = clock_now(CLOCK_ID_MONOTONIC);
		assert_true(bench_sample(bench, 2 * NS_PER_S));
		collector_drain(&collector, bench);
		for (int k = 0; k < 4; k++) {
			assert_int_equal(collector.channels[k].requested, i);
			assert_true(collector.channels[k].last_t >= asked || k % 2);
		}
		assert_int_equal(collector.channels[4].requested, 0);
	}
	assert_in_range(collector.channels[0].values, 200, 201); /* being asked is no reason to step */
	assert_int_equal(bench_stop(bench, NULL), 0);
	bench_close(bench);
	free(config);
}

/* A device that is busy with its link: the answer is not waited for, comes late, and does not pass for the next one's. */
static void patience_has_an_end(void **state)
{
	(void)state;
	struct bench_config *config = new_config();
	add_device(config, "slow", "ticker");
	set_option(config, "block", "400 ms", 0.4);
	set_option(config, "interval", "1000 s", 1000);
	struct bench *bench = open_bench(config);
	struct collector collector = collector_for(bench);
	assert_int_equal(bench_start(bench, NULL), 0);
	pass_time(50 * NS_PER_MS);
	int64_t asked = clock_now(CLOCK_ID_MONOTONIC);
	assert_false(bench_sample(bench, 20 * NS_PER_MS));
	int64_t waited = clock_now(CLOCK_ID_MONOTONIC) - asked;
	assert_true(waited >= 20 * NS_PER_MS);
	assert_true(waited < 300 * NS_PER_MS);
	assert_true(bench_sample(bench, 5 * NS_PER_S));
	int64_t answered = clock_now(CLOCK_ID_MONOTONIC);
	collector_drain(&collector, bench);
	assert_in_range(collector.channels[0].requested, 1, 2);
	assert_true(collector.channels[0].last_t > asked + 100 * NS_PER_MS && collector.channels[0].last_t <= answered);
	assert_int_equal(bench_stop(bench, NULL), 0);
	bench_close(bench);
	free(config);
}

/* ---- overrun ---- */

/* 1 MB holds some 16 000 records; 100 000 are made. What is lost is counted, channel by channel, to the last value. */
static void full_ring_is_told_as_a_gap(void **state)
{
	(void)state;
	struct bench_config *config = new_config();
	add_device(config, "quiet", "ticker");
	set_option(config, "interval", "10 ms", 0.01);
	add_device(config, "flood", "ticker");
	set_option(config, "burst", "10000", 10000);
	set_option(config, "interval", "10 ms", 0.01);
	struct bench *bench = open_bench(config);
	struct collector collector = collector_for(bench);
	assert_int_equal(bench_start(bench, NULL), 0);
	pass_time(150 * NS_PER_MS);
	collector_drain(&collector, bench);
	pass_time(100 * NS_PER_MS);
	collector_run(&collector, bench, 300 * NS_PER_MS);
	assert_int_equal(bench_stop(bench, NULL), 0);
	collector_drain(&collector, bench);
	const struct seen *fast = &collector.channels[2], *slow = &collector.channels[3];
	assert_true(fast->gaps >= 1 && slow->gaps >= 1);
	assert_true(fast->lost > 1000 && slow->lost > 100);
	assert_int_equal(fast->values + fast->lost, fast->last + 1);
	assert_int_equal(slow->values + slow->lost, slow->last + 1);
	assert_true(fast->longest > 50 * NS_PER_MS && slow->longest > 50 * NS_PER_MS);
	assert_int_equal(collector.channels[0].gaps, 0);
	bench_close(bench);
	free(config);
}

/* ---- load ---- */

static void late_steps_are_counted_since_the_start(void **state)
{
	(void)state;
	struct bench_config *config = new_config();
	add_device(config, "late", "ticker");
	set_option(config, "block", "20 ms", 0.02);
	set_option(config, "burst", "20000", 20000);
	struct bench *bench = open_bench(config);
	assert_int_equal(bench_start(bench, NULL), 0);
	pass_time(200 * NS_PER_MS);
	assert_int_equal(bench_stop(bench, NULL), 0);
	struct bench_load load = bench_load(bench);
	assert_in_range(load.late, 2, 10);
	assert_true(load.cpu_seconds > 0 && load.cpu_seconds < 10);
	assert_int_equal(bench_start(bench, NULL), 0);
	assert_int_equal(bench_stop(bench, NULL), 0);
	assert_in_range(bench_load(bench).late, 0, 1);
	bench_close(bench);
	free(config);
}

static int policy_of_main(int policy)
{
	struct sched_param parameters = {.sched_priority = sched_get_priority_min(policy)};
	return sched_setscheduler(0, policy, &parameters);
}

/* A workload keeps every core busy: that must not keep a device from being asked in time. */
static void devices_go_before_the_workload(void **state)
{
	(void)state;
	bool permitted = policy_of_main(SCHED_FIFO) == 0;
	if (permitted)
		assert_int_equal(policy_of_main(SCHED_OTHER), 0);
	struct bench_config *config = new_config();
	add_device(config, "first", "ticker");
	struct bench *bench = open_bench(config);
	assert_int_equal(bench_start(bench, NULL), 0);
	pass_time(50 * NS_PER_MS);
	assert_int_equal(bench_stop(bench, NULL), 0);
	assert_int_equal(fake_policy & ~SCHED_RESET_ON_FORK, permitted ? SCHED_FIFO : SCHED_OTHER);
	assert_int_equal(sched_getscheduler(0), SCHED_OTHER);
	bench_close(bench);
	free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(channels_are_numbered_through),
		cmocka_unit_test(facts_name_every_device),
		cmocka_unit_test(starts_and_stops_many_times),
		cmocka_unit_test(closing_stops),
		cmocka_unit_test(one_device_that_does_not_open),
		cmocka_unit_test(one_device_that_does_not_start),
		cmocka_unit_test(one_device_that_does_not_stop),
		cmocka_unit_test(taker_that_fails_stops_the_drain),
		cmocka_unit_test(waiting_ends_when_records_wait),
		cmocka_unit_test(sample_is_answered_by_all_that_can),
		cmocka_unit_test(patience_has_an_end),
		cmocka_unit_test(full_ring_is_told_as_a_gap),
		cmocka_unit_test(late_steps_are_counted_since_the_start),
		cmocka_unit_test(devices_go_before_the_workload),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
