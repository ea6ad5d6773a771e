/* The driver of Chroma's 662xx against the twin's. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "collect.h"
#include "twin_bench.h"

enum { POWER, VOLTAGE, CURRENT };
#define RANGES ", accuracy: {reading: 0.1 %, range: 0.1 %}, ranges: {voltage: 300 V, current: 2 A}, measures: wall"
#define INSTRUMENT(model, more) "model: \"" model "\"" RANGES ", noise: 200 mW" more

static struct twin_bench *bench;
static struct device_config config;
static struct link *link;
static const struct driver *driver;
static void *device;
static struct collect *collect;

static int64_t now(void)
{
	struct timebase *timebase = twin_bench_timebase(bench);
	return timebase->now(timebase);
}

static void begin(const char *instrument, const char *rest)
{
	struct error error = ERROR_INIT;
	bench = twin_bench_open(instrument, rest, &error);
	if (bench == NULL)
		fail_msg("%s: %s", error.on, error.what);
	config = *twin_bench_device(bench);
	link = twin_bench_link(bench, &error);
	driver = driver_find("chroma_662xx");
	assert_string_equal(config.driver, "chroma_662xx");
	collect = collect_begin(twin_bench_timebase(bench));
}

static void start(void)
{
	struct error error = ERROR_INIT;
	device = driver->open(&config, link, twin_bench_timebase(bench), &error);
	if (device == NULL || driver->start(device, &collect->sink, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
}

static void run_for(double seconds)
{
	step_until(driver, device, collect, now() + (int64_t)(seconds * 1e9));
}

static void end(void)
{
	struct error error = ERROR_INIT;
	if (device && driver->stop(device, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
	if (device)
		driver->close(device);
	link_close(link);
	twin_bench_close(bench);
	device = NULL;
}

static void assert_refused(const char *what)
{
	struct error error = ERROR_INIT;
	device = driver->open(&config, link, twin_bench_timebase(bench), &error);
	if (device) {
		assert_int_equal(driver->start(device, &collect->sink, &error), -1);
		driver->close(device);
		device = NULL;
	}
	if (strstr(error.what, what) == NULL)
		fail_msg("%s", error.what);
	end();
}

static void ask(const char *question, char *reply, size_t size)
{
	assert_int_equal(link_clear(link, now() + NS_PER_S), IO_OK);
	assert_int_equal(link_query(link, question, reply, size, now() + NS_PER_S), IO_OK);
}

static const struct collected *last(unsigned channel)
{
	return collect_nth(collect, RECORD_BLOCK, channel, collect_count(collect, RECORD_BLOCK, channel) - 1);
}

/* The mean over its window, put where its stamp and its latency say. */
static void assert_true_power(const struct collected *value)
{
	int count;
	const struct channel *c = &driver->channels(device, &count)[POWER];
	int64_t to = value->record.t - c->latency, slack = value->record.u_t + c->u_latency;
	double mean = twin_bench_joules(bench, 0, to - c->window, to) / ((double)c->window * 1e-9);
	assert_near(value->value, mean, 0.001 * mean + 0.001 * 600 + 0.05 * mean * (double)slack / (double)c->window);
}

static void values(void **state)
{
	(void)state;
	begin(INSTRUMENT("66202", ", update: 500 ms"), "");
	start();
	run_for(20);
	assert_in_range(collect_count(collect, RECORD_BLOCK, POWER), 38, 40);
	assert_int_equal(collect_count(collect, RECORD_GAP, POWER), 0);
	assert_true_power(last(POWER));
	assert_near(last(VOLTAGE)->value, 230, 1);
	assert_true(last(CURRENT)->value > 0.05 && last(POWER)->record.flags == 0);
	assert_true(driver->identity(device)->simulated);
	end();
}

/* When the value of a window can be read is not known: anything up to a window later is allowed for, unless the bench file knows better. */
static void a_latency_that_is_not_known(void **state)
{
	(void)state;
	static const char *const instruments[] = { INSTRUMENT("66202", ", update: 100 ms"), INSTRUMENT("66202", ""), INSTRUMENT("66202", ", update: 10 s") };
	int count;
	for (size_t i = 0; i < sizeof instruments / sizeof *instruments; i++) {
		begin(instruments[i], "");
		start();
		const struct channel *c = &driver->channels(device, &count)[POWER];
		assert_true(c->latency - c->u_latency <= 0 && c->latency + c->u_latency >= c->window);
		end();
	}
	begin(instruments[1], "");
	config.latency = 0.03;
	config.u_latency = 0.01;
	start();
	const struct channel *c = &driver->channels(device, &count)[POWER];
	assert_true(c->latency == 30 * NS_PER_MS && c->u_latency == 10 * NS_PER_MS);
	end();
}

static void settings(void **state)
{
	(void)state;
	char reply[64];
	begin(INSTRUMENT("66202", ", update: 200 ms"), "");
	start();
	ask("SOUR:CURR:RANG?", reply, sizeof reply);
	assert_string_equal(reply, "A2H");
	ask("SOUR:VOLT:RANG?", reply, sizeof reply);
	assert_string_equal(reply, "V300");
	ask("SOUR:MEAS:WIND?", reply, sizeof reply);
	assert_string_equal(reply, "0.2000");
	ask("SOUR:TRIG:MODE?", reply, sizeof reply);
	assert_string_equal(reply, "NONE");
	struct error error = ERROR_INIT;
	assert_int_equal(driver->stop(device, &error), 0);
	ask("SOUR:CURR:RANG?", reply, sizeof reply);
	assert_string_equal(reply, ":CURRENT:RANGE AUTO");
	ask("SOUR:MEAS:MODE?", reply, sizeof reply);
	assert_string_equal(reply, ":MEASURE:MODE AVERAGE");
	ask("SOUR:TRIG:MODE?", reply, sizeof reply);
	assert_string_equal(reply, ":TRIGGER:MODE ENERGY");
	driver->close(device);
	device = NULL;
	end();
	begin(INSTRUMENT("66202", ", options: \"shunt: low\""), "");
	start();
	ask("SOUR:CURR:RANG?", reply, sizeof reply);
	assert_string_equal(reply, "A2L");
	ask("SOUR:CURR:SHUN?", reply, sizeof reply);
	assert_string_equal(reply, "LOW");
	end();
}

/* The machine is at the first one. */
static void channels_of_a_mainframe(void **state)
{
	(void)state;
	char reply[64];
	begin(INSTRUMENT("66204", ", options: \"channel: 1\""), "");
	start();
	run_for(5);
	assert_true(last(POWER)->value > 10);
	int before = collect_count(collect, RECORD_BLOCK, POWER);
	assert_int_equal(link_send(link, "CHAN 3\n", 7, now() + NS_PER_S), IO_OK); /* somebody at its front panel */
	run_for(3);
	assert_int_equal(last(POWER)->record.flags, FLAG_RANGE_CHANGED);
	assert_true(collect_count(collect, RECORD_BLOCK, POWER) > before);
	assert_int_equal(collect_count(collect, RECORD_RANGE, POWER), 2);
	end();
	begin(INSTRUMENT("66203", ", options: \"channel: 2\""), "");
	start();
	ask("CHAN?", reply, sizeof reply);
	assert_string_equal(reply, "2");
	run_for(15);
	for (int i = 0; i < collect_count(collect, RECORD_BLOCK, POWER); i++) /* nothing is connected there, nothing ever changes */
		assert_near(collect_nth(collect, RECORD_BLOCK, POWER, i)->value, 0, 0);
	assert_true(collect_missing(collect, POWER, GAP_STALLED) >= 1);
	end();
}

static void what_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *instrument, *what;
	} all[] = {
		{ INSTRUMENT("66202", ", options: \"channel: 2\""), "channels 1 to 1, not 2" },
		{ INSTRUMENT("66203", ", options: \"channel: 4\""), "channels 1 to 3, not 4" },
		{ INSTRUMENT("66202", ", options: \"shunt: medium\""), "shunt cannot be 'medium'" },
		{ INSTRUMENT("66202", ", update: 50 ms"), "windows are 0.1 to 10 s" },
		{ "model: \"66202\", ranges: {voltage: 300 V, current: 2 A}, measures: wall", "what a 66202 promises" },
		{ "model: \"66202\", accuracy: {reading: 0.1 %}, measures: wall", "fixed ranges" },
		{ "model: \"66202\", accuracy: {reading: 0.1 %}, ranges: {voltage: 300 V, current: 5 A}, measures: wall", "fixed ranges" },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		begin(all[i].instrument, "");
		assert_refused(all[i].what);
	}
	begin(INSTRUMENT("66202", ""), "faults: [{what: other_model, at: 0 s}]\n");
	assert_refused("not a Chroma");
	begin(INSTRUMENT("66202", ""), "");
	snprintf(config.serial, sizeof config.serial, "A1");
	assert_refused("serial number");
	begin(INSTRUMENT("66202", ""), "faults: [{what: inf, at: 0 s, for: 3 s}]\n");
	struct timebase *timebase = twin_bench_timebase(bench);
	timebase->wait_until(timebase, now() + 5 * NS_PER_S);
	assert_refused("its alarm tells");
}

static void codes_enter_no_sum(void **state)
{
	(void)state;
	static const struct {
		const char *faults;
		uint32_t flags;
	} all[] = { { "faults: [{what: nan, at: 5 s, for: 3 s}]\n", FLAG_NO_DATA }, { "faults: [{what: inf, at: 5 s, for: 3 s}]\n", FLAG_OVER_RANGE } };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		int flagged = 0;
		begin(INSTRUMENT("66202", ", update: 500 ms"), all[i].faults);
		start();
		run_for(12);
		for (int k = 0; k < collect_count(collect, RECORD_BLOCK, POWER); k++) {
			const struct collected *value = collect_nth(collect, RECORD_BLOCK, POWER, k);
			flagged += value->record.flags == all[i].flags;
			assert_true(value->record.flags == 0 ? value->value > 1 : isnan(value->value));
		}
		assert_in_range(flagged, 4, 7);
		end();
	}
}

/* A machine that gives back one watt; told to a hundredth, it is -1.00 most of the time. Voltage and current beside it are there as they
 * are while the first integration goes on, and no alarm knows of that: it is no value. */
static void minus_one_watt(void **state)
{
	(void)state;
	int flagged = 0;
	begin("model: \"66202\"" RANGES ", noise: 3 mW, update: 200 ms, share: 0, errors: {offset: -0.1666667 %}", "");
	start();
	run_for(30);
	for (int i = 0; i < collect_count(collect, RECORD_BLOCK, POWER); i++) {
		const struct collected *value = collect_nth(collect, RECORD_BLOCK, POWER, i);
		assert_true(value->record.flags == 0 ? value->value != -1 : isnan(value->value));
		flagged += value->record.flags == FLAG_NO_DATA;
	}
	assert_true(flagged > 10);
	assert_near(last(VOLTAGE)->value, 230, 1);
	end();
}

static void a_range_that_it_leaves(void **state)
{
	(void)state;
	begin(INSTRUMENT("66202", ", update: 500 ms"), "faults: [{what: range_change, at: 5 s}]\n");
	start();
	run_for(10);
	assert_int_equal(collect_nth(collect, RECORD_RANGE, POWER, 1)->range.changed, 1);
	assert_int_equal(last(POWER)->record.flags, FLAG_RANGE_CHANGED);
	end();
}

static void it_comes_back(void **state)
{
	(void)state;
	begin(INSTRUMENT("66202", ", update: 500 ms"),
	      "faults: [{what: silent, at: 5 s, for: 3 s}, {what: disconnect, at: 15 s, for: 3 s}, {what: garbage, at: 25 s, for: 1 s}]\n");
	start();
	run_for(40);
	assert_true(collect_missing(collect, POWER, GAP_TIMEOUT) >= 4 && collect_missing(collect, POWER, GAP_GONE) >= 4);
	assert_true(now() - last(POWER)->record.t < NS_PER_S);
	assert_true_power(last(POWER));
	end();
}

static void what_detect_writes(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	struct identity identity;
	struct device_config found = { .name = "wall" };
	begin(INSTRUMENT("66204", ""), "");
	assert_int_equal(driver->probe(link, twin_bench_timebase(bench), &found, &identity, &error), 0);
	assert_true(identity.simulated && found.doubt[DOUBT_RANGES][0] && found.doubt[DOUBT_OPTIONS][0]);
	assert_int_equal(link_send(link, "VOLT:RANG V500;:CURR:RANG A8\n", 29, now() + NS_PER_S), IO_OK);
	found = (struct device_config){ .name = "wall" };
	assert_int_equal(driver->probe(link, twin_bench_timebase(bench), &found, &identity, &error), 0);
	assert_near(found.voltage_range, 500, 0);
	assert_near(found.current_range, 8, 0);
	assert_string_equal(found.serial, identity.serial);
	assert_true(found.doubt[DOUBT_RANGES][0] == '\0');
	end();
	begin(INSTRUMENT("66204", ""), "faults: [{what: other_model, at: 0 s}]\n");
	assert_int_equal(driver->probe(link, twin_bench_timebase(bench), &found, &identity, &error), -1);
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	end();
	const struct finding usb = { .vendor = 0x0a69 }, other = { .vendor = 0x0b21, .maker = "YOKOGAWA" };
	assert_true(driver->claims(&usb) && !driver->claims(&other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values), cmocka_unit_test(a_latency_that_is_not_known), cmocka_unit_test(settings), cmocka_unit_test(channels_of_a_mainframe), cmocka_unit_test(what_is_refused),
		cmocka_unit_test(codes_enter_no_sum), cmocka_unit_test(minus_one_watt),
		cmocka_unit_test(a_range_that_it_leaves), cmocka_unit_test(it_comes_back), cmocka_unit_test(what_detect_writes),
	};
	return cmocka_run_group_tests_name("chroma", tests, NULL, NULL);
}
