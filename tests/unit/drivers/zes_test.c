/* The driver of ZES LMGs against the twin's. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "collect.h"
#include "instrument_link.h"
#include "twin_bench.h"

enum { POWER, VOLTAGE, CURRENT };
#define INSTRUMENT(model, more) \
	"model: " model ", accuracy: {reading: 0.03 %, range: 0.05 %}, ranges: {voltage: 250 V, current: 2.5 A}, measures: wall, noise: 50 mW" more

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
	driver = driver_find("zes_lmg");
	assert_string_equal(config.driver, "zes_lmg");
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

static void stop(void)
{
	struct error error = ERROR_INIT;
	if (driver->stop(device, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
	driver->close(device);
	device = NULL;
}

static void put_away(void)
{
	link_close(link);
	twin_bench_close(bench);
}

static void end(void)
{
	stop();
	put_away();
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
	put_away();
}

static void tell(const char *text)
{
	assert_int_equal(link_send(link, text, strlen(text), now() + NS_PER_S), IO_OK);
}

static double ask(const char *question)
{
	char reply[64];
	assert_int_equal(link_query(link, question, reply, sizeof reply, now() + NS_PER_S), IO_OK);
	return strtod(reply, NULL);
}

static const struct collected *last(unsigned channel)
{
	return collect_nth(collect, RECORD_BLOCK, channel, collect_count(collect, RECORD_BLOCK, channel) - 1);
}

static unsigned missing(void)
{
	unsigned sum = 0;
	for (unsigned reason = 1; reason < GAP_REASONS; reason++)
		sum += collect_missing(collect, POWER, reason);
	return sum;
}


/* The mean over a window that ended where its stamp and its latency say: somewhere within their half-widths. */
static void assert_true_power(const struct collected *value)
{
	int count;
	const struct channel *c = &driver->channels(device, &count)[POWER];
	int64_t to = value->record.t - c->latency, slack = value->record.u_t + c->u_latency;
	double low = INFINITY, high = 0;
	for (int i = -8; i <= 8; i++) {
		int64_t end = to + slack * i / 8;
		double mean = twin_bench_joules(bench, 0, end - c->window, end) / ((double)c->window * 1e-9);
		low = fmin(low, mean);
		high = fmax(high, mean);
	}
	double u = 0.0003 * high + 0.0005 * 625 + 0.2 + (high - low) / 16;
	if (value->value < low - u || value->value > high + u)
		fail_msg("%g W, not %g to %g", value->value, low, high);
}

static void values(void **state)
{
	(void)state;
	static const char *const instruments[] = {
		INSTRUMENT("LMG670", ", update: 100 ms"), INSTRUMENT("LMG95", ", update: 200 ms"), INSTRUMENT("LMG95", ", update: 200 ms, options: \"language: short\""),
		INSTRUMENT("LMG450", ", update: 500 ms, options: \"language: short\""), INSTRUMENT("LMG670", ", options: \"language: short\""),
		INSTRUMENT("LMG95", ", update: 200 ms, link: pty, baud: 57600"),
	};
	static const double periods[] = { 0.1, 0.2, 0.2, 0.5, 0.5, 0.2 };
	for (size_t i = 0; i < sizeof instruments / sizeof *instruments; i++) {
		begin(instruments[i], "");
		start();
		run_for(20);
		assert_in_range(collect_count(collect, RECORD_BLOCK, POWER), (int)(20 / periods[i]) - 2, (int)(20 / periods[i]) + 1);
		assert_int_equal(missing(), 0);
		assert_true_power(last(POWER));
		assert_true(last(POWER)->record.u_t < 50 * NS_PER_MS && last(POWER)->record.flags == 0);
		assert_near(last(VOLTAGE)->value, 230, 1);
		assert_true(last(CURRENT)->value > 0.05 && driver->identity(device)->simulated);
		end();
	}
}

/* When the value of a window can be read is not known: anything up to a window later is allowed for, unless the bench file knows better. */
static void a_latency_that_is_not_known(void **state)
{
	(void)state;
	static const char *const instruments[] = { INSTRUMENT("LMG95", ", update: 50 ms"), INSTRUMENT("LMG95", ""), INSTRUMENT("LMG95", ", update: 1 s") };
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

static void settings_are_put_back(void **state)
{
	(void)state;
	begin(INSTRUMENT("LMG670", ", update: 100 ms, options: \"channel: 1\""), "");
	tell(":SENS:SWE:TIME 2;:SENS:VOLT:RANG1 400;:INIT:CONT OFF;:SENS:CURR:RANG:AUTO1 1\n");
	start();
	run_for(3);
	stop();
	assert_near(ask(":SENS:SWE:TIME?"), 2, 1e-9);
	assert_near(ask(":SENS:VOLT:RANG1?"), 400, 1e-9);
	assert_near(ask(":SENS:VOLT:RANG:AUTO1?"), 0, 0);
	assert_near(ask(":SENS:CURR:RANG:AUTO1?"), 1, 0);
	assert_near(ask(":SENS:ZPR?"), 1, 0);
	char line[128];
	assert_int_equal(link_query(link, ":SYST:ERR:ALL?", line, sizeof line, now() + NS_PER_S), IO_OK);
	assert_string_equal(line, "0,\"No error\"");
	assert_int_equal(link_line(link, line, sizeof line, now() + 3 * NS_PER_S), IO_TIMEOUT); /* it sends nothing any more */
	put_away();
}

/* Another program left it sending, in the other language. */
static void it_sends_already(void **state)
{
	(void)state;
	static const char *const before[] = {
		":TRIG:ACT;:FETC:VOLT:TRMS1?\n:INIT:CONT ON\n", "syst:lang short\nactn;count?;utrms?\ncont on\n", "syst:lang short\n",
	};
	for (size_t i = 0; i < sizeof before / sizeof *before; i++)
		for (int shorthand = 0; shorthand < 2; shorthand++) {
			begin(shorthand ? INSTRUMENT("LMG95", ", update: 100 ms, options: \"language: short\"") : INSTRUMENT("LMG95", ", update: 100 ms"), "");
			tell(before[i]);
			struct timebase *timebase = twin_bench_timebase(bench);
			timebase->wait_until(timebase, now() + 2 * NS_PER_S);
			start();
			run_for(5);
			assert_in_range(collect_count(collect, RECORD_BLOCK, POWER), 48, 51);
			assert_int_equal(missing(), 0);
			end();
		}
}

static void what_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *instrument, *what;
	} all[] = {
		{ INSTRUMENT("LMG95", ", options: \"channel: 2\""), "channels 1 to 1, not 2" },
		{ INSTRUMENT("LMG450", ", options: \"channel: 5\""), "channels 1 to 4, not 5" },
		{ INSTRUMENT("LMG450", ", options: \"language: klingon\""), "language cannot be 'klingon'" },
		{ INSTRUMENT("LMG450", ", update: 20 ms"), "cycles of 0.02 s" },
		{ INSTRUMENT("LMG450", ", update: 2 s"), "cycles of 2 s" },
		{ "model: LMG95, ranges: {voltage: 250 V, current: 2.5 A}, measures: wall", "what an LMG95 promises" },
		{ "model: LMG95, accuracy: {reading: 0.1 %}, measures: wall", "fixed ranges" },
		{ "model: LMG95, accuracy: {reading: 0.1 %}, ranges: {voltage: 250 V, current: 3 A}, measures: wall", "current range stays at 5 when set to 3: -113" },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		begin(all[i].instrument, "");
		assert_refused(all[i].what);
	}
	begin(INSTRUMENT("LMG95", ""), "faults: [{what: other_model, at: 0 s}]\n");
	assert_refused("not a ZES LMG95");
	begin(INSTRUMENT("LMG95", ""), "");
	snprintf(config.serial, sizeof config.serial, "1234");
	assert_refused("serial number");
	begin(INSTRUMENT("LMG95", ""), "faults: [{what: silent, at: 0 s}]\n");
	assert_refused("no answer");
}

static void what_is_no_number_enters_no_sum(void **state)
{
	(void)state;
	static const struct {
		const char *faults;
		uint32_t flags;
	} all[] = { { "faults: [{what: nan, at: 5 s, for: 1 s}]\n", FLAG_NO_DATA }, { "faults: [{what: inf, at: 5 s, for: 1 s}]\n", FLAG_OVER_RANGE } };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		int flagged = 0;
		begin(INSTRUMENT("LMG670", ", update: 100 ms"), all[i].faults);
		start();
		run_for(10);
		for (int k = 0; k < collect_count(collect, RECORD_BLOCK, POWER); k++) {
			const struct collected *value = collect_nth(collect, RECORD_BLOCK, POWER, k);
			flagged += value->record.flags == all[i].flags;
			assert_true(value->record.flags == 0 ? value->value > 1 && value->value < 1000 : isnan(value->value));
		}
		assert_in_range(flagged, 9, 11);
		end();
	}
}

/* Its ranges are looked at before a run, and in the end. */
static void a_range_that_it_leaves(void **state)
{
	(void)state;
	for (int shorthand = 0; shorthand < 2; shorthand++) {
		begin(shorthand ? INSTRUMENT("LMG95", ", update: 100 ms, options: \"language: short\"") : INSTRUMENT("LMG95", ", update: 100 ms"),
		      "faults: [{what: range_change, at: 5 s}]\n");
		start();
		run_for(3);
		driver->prepare(device);
		run_for(4);
		assert_int_equal(collect_count(collect, RECORD_RANGE, POWER), 1);
		int before = collect_count(collect, RECORD_BLOCK, POWER);
		int64_t left = now();
		driver->prepare(device);
		assert_true(now() - left < 300 * NS_PER_MS);
		run_for(2);
		const struct collected *range = collect_nth(collect, RECORD_RANGE, POWER, 1);
		assert_true(range->range.changed == 1 && range->record.u_t > NS_PER_S); /* at some time since it was last looked at */
		assert_int_equal(last(POWER)->record.flags, FLAG_RANGE_CHANGED);
		assert_in_range(collect_count(collect, RECORD_BLOCK, POWER) - before, 17, 20);
		assert_true(collect_missing(collect, POWER, GAP_MISSED) >= 2 && missing() <= 6);
		assert_true(last(POWER)->record.u_t < 30 * NS_PER_MS);
		end();
	}
	begin(INSTRUMENT("LMG95", ", update: 100 ms"), "faults: [{what: range_change, at: 5 s}]\n");
	start();
	run_for(8);
	stop();
	assert_int_equal(collect_count(collect, RECORD_RANGE, POWER), 2);
	put_away();
}

static void it_comes_back(void **state)
{
	(void)state;
	for (int shorthand = 0; shorthand < 2; shorthand++) {
		begin(shorthand ? INSTRUMENT("LMG670", ", update: 100 ms, options: \"language: short\"") : INSTRUMENT("LMG670", ", update: 100 ms"),
		      "faults: [{what: silent, at: 5 s, for: 3 s}, {what: disconnect, at: 15 s, for: 3 s}, {what: garbage, at: 25 s, for: 1 s}, "
		      "{what: stall, at: 35 s, for: 4 s}]\n");
		start();
		run_for(50);
		assert_true(collect_missing(collect, POWER, GAP_TIMEOUT) >= 50 && collect_missing(collect, POWER, GAP_GONE) >= 25);
		assert_in_range(collect_count(collect, RECORD_BLOCK, POWER) + (int)missing(), 485, 515);
		assert_true(now() - last(POWER)->record.t < NS_PER_S && last(POWER)->record.flags == 0);
		assert_true_power(last(POWER));
		end();
	}
}

/* The load jumps, so that what is put at the wrong time is wrong. */
static void times_of_what_jumps(void **state)
{
	(void)state;
	begin(INSTRUMENT("LMG670", ", update: 100 ms, latency: 20 ms"),
	      "load: {source: script, steps: [{at: 0 s, power: 20 W}, {at: 1.53 s, power: 150 W}, {at: 2.61 s, power: 30 W}, {at: 4.27 s, power: 180 W}, "
	      "{at: 5.35 s, power: 20 W}, {at: 5.75 s, power: 160 W}, {at: 6.5 s, power: 40 W}, {at: 7.52 s, power: 170 W}, {at: 9.1 s, power: 25 W}]}\n");
	config.latency = 0.020;
	config.u_latency = 0.002;
	start();
	run_for(5);
	struct timebase *timebase = twin_bench_timebase(bench);
	timebase->wait_until(timebase, now() + 730 * NS_PER_MS); /* the host was elsewhere */
	run_for(5);
	assert_int_equal(missing(), 0);
	int wide = 0;
	for (int i = 0; i < collect_count(collect, RECORD_BLOCK, POWER); i++) {
		const struct collected *value = collect_nth(collect, RECORD_BLOCK, POWER, i);
		wide += value->record.u_t > 20 * NS_PER_MS;
		assert_true_power(value);
	}
	assert_in_range(wide, 5, 9);
	end();
}

static void what_detect_writes(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	struct identity identity;
	struct device_config found = { .name = "wall" };
	begin(INSTRUMENT("LMG670", ", update: 100 ms"), "");
	tell(":TRIG:ACT;:FETC:VOLT:TRMS1?\n:INIT:CONT ON\n");
	assert_int_equal(driver->probe(link, twin_bench_timebase(bench), &found, &identity, &error), 0);
	assert_true(identity.simulated && found.doubt[DOUBT_RANGES][0] && found.doubt[DOUBT_OPTIONS][0]);
	assert_string_equal(found.serial, identity.serial);
	put_away();
	begin(INSTRUMENT("LMG95", ""), "faults: [{what: other_model, at: 0 s}]\n");
	assert_int_equal(driver->probe(link, twin_bench_timebase(bench), &found, &identity, &error), -1);
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	put_away();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values), cmocka_unit_test(a_latency_that_is_not_known), cmocka_unit_test(settings_are_put_back), cmocka_unit_test(it_sends_already), cmocka_unit_test(what_is_refused),
		cmocka_unit_test(what_is_no_number_enters_no_sum), cmocka_unit_test(a_range_that_it_leaves), cmocka_unit_test(it_comes_back),
		cmocka_unit_test(times_of_what_jumps), cmocka_unit_test(what_detect_writes),
	};
	return cmocka_run_group_tests_name("zes", tests, NULL, NULL);
}
