/* The driver of Hioki's PW333x against a scripted one: its settings, its values and their times, its integrator, and the way back. */
#include "fake_hioki.h"

enum { POWER, VOLTAGE, CURRENT, ENERGY, DURATION };

static struct fake_time time;
static struct fake_hioki fake;
static struct device_config config;
static const struct driver *driver;
static struct collect *collect;

static void begin(void)
{
	time = (struct fake_time)FAKE_TIME_INIT;
	fake_hioki_begin(&fake, &time);
	config = fake_hioki_config();
	driver = driver_find("hioki_pw333x");
	collect = collect_begin(&time.timebase);
	assert_non_null(driver);
}

static void *opened(void)
{
	struct error error = ERROR_INIT;
	void *device = driver->open(&config, &fake.link, &time.timebase, &error);
	if (device == NULL)
		fail_msg("%s: %s", error.on, error.what);
	return device;
}

static void *started(void)
{
	struct error error = ERROR_INIT;
	void *device = opened();
	if (driver->start(device, &collect->sink, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
	return device;
}

static void run_for(void *device, double seconds)
{
	step_until(driver, device, collect, time.now + (int64_t)(seconds * 1e9));
}

static void ended(void *device)
{
	struct error error = ERROR_INIT;
	assert_int_equal(driver->stop(device, &error), 0);
	driver->close(device);
}

/* What was said at open or start; the device is gone afterwards. */
static void assert_refused(const char *what)
{
	struct error error = ERROR_INIT;
	void *device = driver->open(&config, &fake.link, &time.timebase, &error);
	if (device) {
		assert_int_equal(driver->start(device, &collect->sink, &error), -1);
		driver->close(device);
	}
	if (strstr(error.what, what) == NULL)
		fail_msg("%s", error.what);
}

/* Each value of power tells which update it is of: that update happened within its stamp. */
static void assert_values_in_time(void)
{
	int n = collect_count(collect, RECORD_BLOCK, POWER);
	for (int i = 0; i < n; i++) {
		const struct collected *value = collect_nth(collect, RECORD_BLOCK, POWER, i);
		int64_t at = fake.phase + llround((value->value - 100) * 100) * FAKE_HIOKI_PERIOD;
		assert_true(llabs(value->record.t - at) <= value->record.u_t);
		assert_true(value->record.u_t <= 40 * NS_PER_MS);
	}
}

static void values_and_their_times(void **state)
{
	(void)state;
	for (int headers = 0; headers < 2; headers++)
		for (int commas = 0; commas < 2; commas++) {
			begin();
			fake.header = headers;
			fake.header_stuck = !headers;
			fake.separator = commas ? ',' : ';';
			fake_hioki_option(&config, "status", headers ? "true" : "false", headers);
			void *device = started();
			run_for(device, 20);
			assert_in_range(collect_count(collect, RECORD_BLOCK, POWER), 97, 101);
			assert_int_equal(collect_count(collect, RECORD_GAP, POWER), 0);
			assert_values_in_time();
			assert_near(collect_nth(collect, RECORD_BLOCK, VOLTAGE, 5)->value, 230.12, 1e-9);
			assert_near(collect_nth(collect, RECORD_BLOCK, CURRENT, 5)->value, 0.4532, 1e-9);
			ended(device);
		}
}

static void settings_are_read_back_and_put_back(void **state)
{
	(void)state;
	begin();
	void *device = started();
	assert_string_equal(fake.voltage, "300");
	assert_string_equal(fake.current, "1");
	assert_string_equal(fake.voltage_auto, "OFF");
	assert_string_equal(fake.current_auto, "OFF");
	assert_near(collect_nth(collect, RECORD_RANGE, POWER, 0)->range.voltage, 300, 0);
	assert_int_equal(collect_nth(collect, RECORD_RANGE, POWER, 0)->range.changed, 0);
	ended(device);
	assert_string_equal(fake.voltage, "600");
	assert_string_equal(fake.current, "20");
	assert_string_equal(fake.voltage_auto, "ON");
	assert_string_equal(fake.current_auto, "ON");
	int orders = fake.orders;
	begin(); /* one that is as it is wanted is not touched */
	snprintf(fake.voltage, sizeof fake.voltage, "300");
	snprintf(fake.current, sizeof fake.current, "1.000");
	snprintf(fake.voltage_auto, sizeof fake.voltage_auto, "OFF");
	snprintf(fake.current_auto, sizeof fake.current_auto, "OFF");
	ended(started());
	assert_int_equal(fake.orders, 2);
	assert_true(orders > 2);
}

static void what_is_refused(void **state)
{
	(void)state;
	begin();
	snprintf(fake.idn, sizeof fake.idn, "YOKOGAWA,WT310E,SIM1,F1.04");
	assert_refused("not a Hioki");
	begin();
	snprintf(config.serial, sizeof config.serial, "999");
	assert_refused("serial number");
	begin();
	config.current_range = 0;
	assert_refused("fixed ranges are needed");
	begin();
	config.update = 0.1;
	assert_refused("each 200 ms");
	begin();
	fake_hioki_option(&config, "channel", "3", 3);
	assert_refused("inputs 1 to 2");
	begin();
	snprintf(fake.idn, sizeof fake.idn, "HIOKI,PW3335,SIM1,V1.00");
	assert_refused("what a PW3335 promises");
	begin();
	fake_hioki_option(&config, "integrator", "later", 0);
	assert_refused("integrator cannot be 'later'");
	begin();
	fake_hioki_option(&config, "integrator", "gated", 0);
	config.measures = ROLE_RAIL;
	assert_refused("measures the wall");
	begin();
	fake.refuses = ":VOLT1:RANG";
	assert_refused("voltage range does not take");
	begin();
	fake.no_status = true;
	assert_refused("does not tell its status");
	begin();
	fake.silent_from = time.now;
	fake.silent_to = time.now + 100 * NS_PER_S;
	assert_refused("no answer");
}

static void codes_enter_no_sum(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint32_t flag;
	} codes[] = { { "-777.77E+9", FLAG_NO_DATA }, { "+888.88E+9", FLAG_NO_DATA }, { "-999.99E+9", FLAG_OVER_RANGE }, { "+999.99E+3", FLAG_IMPLAUSIBLE } };
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		begin();
		void *device = started();
		run_for(device, 2);
		int before = collect_count(collect, RECORD_BLOCK, POWER);
		fake.power = codes[i].text;
		run_for(device, 1);
		assert_true(collect_count(collect, RECORD_BLOCK, POWER) > before);
		for (int k = before; k < collect_count(collect, RECORD_BLOCK, POWER); k++)
			assert_true(collect_nth(collect, RECORD_BLOCK, POWER, k)->record.flags & codes[i].flag);
		assert_true(collect_nth(collect, RECORD_BLOCK, VOLTAGE, before)->record.flags == 0);
		ended(device);
	}
}

static void what_the_status_says(void **state)
{
	(void)state;
	begin();
	void *device = started();
	run_for(device, 2);
	int before = collect_count(collect, RECORD_BLOCK, POWER);
	fake.status_bits = 1u << 4;
	run_for(device, 1);
	fake.status_bits = 0;
	assert_int_equal(collect_nth(collect, RECORD_BLOCK, POWER, before + 1)->record.flags, FLAG_PEAK_OVER);
	int after = collect_count(collect, RECORD_BLOCK, POWER);
	run_for(device, 1);
	assert_int_equal(collect_nth(collect, RECORD_BLOCK, POWER, after)->record.flags, FLAG_PEAK_OVER); /* it may have been of this one */
	assert_int_equal(collect_nth(collect, RECORD_BLOCK, POWER, after + 2)->record.flags, 0);
	ended(device);
}

static void a_range_that_is_left(void **state)
{
	(void)state;
	begin();
	void *device = started();
	run_for(device, 2);
	snprintf(fake.current, sizeof fake.current, "20");
	run_for(device, 3);
	assert_int_equal(collect_nth(collect, RECORD_RANGE, POWER, 1)->range.changed, 1);
	int n = collect_count(collect, RECORD_BLOCK, POWER);
	assert_true(collect_nth(collect, RECORD_BLOCK, POWER, n - 1)->record.flags & FLAG_RANGE_CHANGED);
	ended(device);
}

/* ---- the integrator ---- */

static uint64_t last_count(void)
{
	return collect_nth(collect, RECORD_BLOCK, ENERGY, collect_count(collect, RECORD_BLOCK, ENERGY) - 1)->count;
}

static void *gated(bool external)
{
	begin();
	fake.external = external;
	fake_hioki_option(&config, "integrator", "gated", 0);
	fake_hioki_option(&config, "reaction", "2 ms", 0.002);
	fake_hioki_option(&config, "reaction_uncertainty", "1 ms", 0.001);
	return started();
}

static void gated_by_the_trigger(void **state)
{
	(void)state;
	int count;
	void *device = gated(false);
	const struct channel *energy = &driver->channels(device, &count)[ENERGY];
	assert_int_equal(count, 5);
	assert_true(energy->gated && energy->kind == CHANNEL_COUNTER && energy->role == ROLE_INTEGRAL && energy->window == 0);
	assert_int_equal(energy->latency, 2 * NS_PER_MS);
	assert_int_equal(energy->u_latency, NS_PER_MS);
	assert_int_equal(fake.starts, 0);
	for (int run = 0; run < 2; run++) {
		driver->prepare(device);
		run_for(device, 1);
		assert_int_equal(last_count(), 0);
		fake_hioki_gate(&fake, true);
		run_for(device, 10);
		fake_hioki_gate(&fake, false);
		run_for(device, 1);
		/* 120 W for 10 s: 0.3333 Wh, of which it tells whole updates and four digits. */
		assert_near((double)last_count() * energy->scale, 1200, 25);
		assert_int_equal(last_count() % 100000, 0);
		const struct collected *seconds = collect_nth(collect, RECORD_BLOCK, DURATION, collect_count(collect, RECORD_BLOCK, DURATION) - 1);
		assert_near(seconds->value, 10, 1);
	}
	assert_int_equal(fake.starts + fake.stops, 0);
	assert_int_equal(fake.resets, 3);
	assert_int_equal(collect_count(collect, RECORD_GAP, ENERGY), 0);
	ended(device);
}

/* Under external control it refuses to be reset: its counts go on. */
static void a_reset_that_is_refused(void **state)
{
	(void)state;
	void *device = gated(true);
	run_for(device, 1);
	fake_hioki_gate(&fake, true);
	run_for(device, 5);
	fake_hioki_gate(&fake, false);
	run_for(device, 1);
	uint64_t first = last_count();
	driver->prepare(device);
	run_for(device, 1);
	assert_true(first > 0 && last_count() == first && fake.resets == 0);
	ended(device);
}

static void counting_without_a_run(void **state)
{
	(void)state;
	begin();
	fake_hioki_option(&config, "integrator", "gated", 0);
	fake_hioki_gate(&fake, true);
	fake.voltage_auto[0] = '\0';
	snprintf(fake.voltage, sizeof fake.voltage, "300");
	snprintf(fake.current, sizeof fake.current, "1");
	snprintf(fake.voltage_auto, sizeof fake.voltage_auto, "OFF");
	snprintf(fake.current_auto, sizeof fake.current_auto, "OFF");
	assert_refused("counts already");
}

static void started_by_command(void **state)
{
	(void)state;
	begin();
	fake_hioki_option(&config, "integrator", "on", 1);
	void *device = started();
	assert_int_equal(fake.starts, 1);
	run_for(device, 2);
	driver->prepare(device); /* stopped first: it refuses START twice, and RESET while it counts */
	assert_int_equal(fake.events, 0);
	assert_int_equal(fake.starts, 2);
	run_for(device, 5);
	assert_near((double)last_count() * 3.6e-6, 600, 30);
	ended(device);
	assert_false(fake.integrating);
	begin();
	fake_hioki_option(&config, "integrator", "on", 1);
	fake.external = true;
	assert_refused("integrator does not start");
}

static void integrals_that_are_none(void **state)
{
	(void)state;
	void *device = gated(false);
	run_for(device, 1);
	int before = collect_count(collect, RECORD_BLOCK, ENERGY);
	fake.watts = -120; /* no energy that was drawn */
	fake_hioki_gate(&fake, true);
	run_for(device, 2);
	int after = collect_count(collect, RECORD_BLOCK, ENERGY);
	assert_in_range(after - before, 8, 11);
	assert_int_equal(collect_nth(collect, RECORD_BLOCK, ENERGY, after - 1)->record.flags, FLAG_IMPLAUSIBLE);
	assert_true(last_count() == 0);
	ended(device);
}

/* ---- what goes wrong ---- */

static void updates_that_change_nothing(void **state)
{
	(void)state;
	begin();
	void *device = started();
	run_for(device, 2);
	int before = collect_count(collect, RECORD_BLOCK, POWER);
	fake.frozen_from = time.now;
	fake.frozen_to = time.now + NS_PER_S;
	run_for(device, 1.5);
	assert_in_range(collect_count(collect, RECORD_BLOCK, POWER) - before, 6, 8);
	assert_int_equal(collect_count(collect, RECORD_GAP, POWER), 0);
	fake.frozen_from = time.now; /* for so long it is no chance any more */
	fake.frozen_to = time.now + 10 * NS_PER_S;
	run_for(device, 10);
	assert_true(collect_missing(collect, POWER, GAP_STALLED) >= 1);
	run_for(device, 2);
	ended(device);
}

static void a_silence(void **state)
{
	(void)state;
	begin();
	void *device = started();
	run_for(device, 2);
	fake.silent_from = time.now;
	fake.silent_to = time.now + 3 * NS_PER_S;
	run_for(device, 10);
	assert_true(collect_missing(collect, POWER, GAP_TIMEOUT) >= 10);
	assert_values_in_time();
	int n = collect_count(collect, RECORD_BLOCK, POWER);
	assert_true(collect_nth(collect, RECORD_BLOCK, POWER, n - 1)->record.t > time.now - NS_PER_S);
	ended(device);
}

static void garbage_and_a_broken_connection(void **state)
{
	(void)state;
	begin();
	void *device = started();
	run_for(device, 2);
	fake.garbage = "P1 +100.00E+0;U1";
	run_for(device, 2);
	assert_int_equal(collect_missing(collect, POWER, GAP_GARBLED), 1);
	fake.gone_from = time.now;
	fake.gone_to = time.now + 2 * NS_PER_S;
	run_for(device, 6);
	assert_true(fake.reopens >= 1 && collect_missing(collect, POWER, GAP_GONE) >= 1);
	assert_values_in_time();
	snprintf(fake.idn, sizeof fake.idn, "HIOKI,PW3336,SIM999999,V1.00"); /* another one at its place */
	fake.garbage = "?";
	int before = collect_count(collect, RECORD_BLOCK, POWER);
	run_for(device, 4);
	assert_in_range(collect_count(collect, RECORD_BLOCK, POWER), before, before + 1);
	driver->close(device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_and_their_times), cmocka_unit_test(settings_are_read_back_and_put_back), cmocka_unit_test(what_is_refused),
		cmocka_unit_test(codes_enter_no_sum), cmocka_unit_test(what_the_status_says), cmocka_unit_test(a_range_that_is_left),
		cmocka_unit_test(gated_by_the_trigger), cmocka_unit_test(a_reset_that_is_refused), cmocka_unit_test(counting_without_a_run),
		cmocka_unit_test(started_by_command), cmocka_unit_test(integrals_that_are_none), cmocka_unit_test(updates_that_change_nothing),
		cmocka_unit_test(a_silence), cmocka_unit_test(garbage_and_a_broken_connection),
	};
	return cmocka_run_group_tests_name("hioki", tests, NULL, NULL);
}
