/* The PowerSensor3 driver in front of a scripted device: what becomes records, and that no time axis is shortened by what gets lost. */
#include <math.h>
#include <stdlib.h>

#include "fake_ps3.h"

extern const struct driver driver_powersensor3;

static struct fake_time fake_clock = FAKE_TIME_INIT;
static struct fake_ps3 ps3;
static struct device_config config;
static struct collect *collect;
static void *device;

static void option(const char *name, const char *text)
{
	struct option_value *value = &config.options[config.n_options++];
	snprintf(value->name, sizeof value->name, "%s", name);
	snprintf(value->text, sizeof value->text, "%s", text);
}

static int set_up(void **state)
{
	(void)state;
	fake_clock.now = 1000 * NS_PER_S;
	fake_ps3_begin(&ps3, &fake_clock);
	memset(&config, 0, sizeof config);
	snprintf(config.name, sizeof config.name, "rail");
	config.latency = config.u_latency = NAN;
	collect = collect_begin(&fake_clock.timebase);
	device = NULL;
	return 0;
}

static void open_it(void)
{
	struct error error = ERROR_INIT;
	device = driver_powersensor3.open(&config, &ps3.link, &fake_clock.timebase, &error);
	if (device == NULL)
		fail_msg("%s: %s", error.on, error.what);
}

static void start_it(void)
{
	open_it();
	assert_int_equal(driver_powersensor3.start(device, &collect->sink, NULL), 0);
}

static void run_for(int64_t ns)
{
	step_until(&driver_powersensor3, device, collect, fake_clock.now + ns);
}

static void end_it(void)
{
	struct error error = ERROR_INIT;
	if (driver_powersensor3.stop(device, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
	assert_false(ps3.streams);
	driver_powersensor3.close(device);
}

static void refused(enum error_code code, const char *what)
{
	struct error error = ERROR_INIT;
	assert_null(driver_powersensor3.open(&config, &ps3.link, &fake_clock.timebase, &error));
	assert_int_equal(error.code, code);
	if (strstr(error.what, what) == NULL)
		fail_msg("%s", error.what);
}

static const struct channel *channel(int index)
{
	int n;
	const struct channel *list = driver_powersensor3.channels(device, &n);
	return index < n ? &list[index] : NULL;
}

/* ---- what was recorded ---- */

static unsigned values_of(unsigned of)
{
	unsigned n = 0;
	for (int i = 0; i < collect->n; i++)
		n += collect->list[i].record.kind == RECORD_BLOCK && collect->list[i].record.channel == of ? collect->list[i].record.n : 0;
	return n;
}

static unsigned missing_of(unsigned of)
{
	unsigned n = 0;
	for (int i = 0; i < collect->n; i++)
		n += collect->list[i].record.kind == RECORD_GAP && collect->list[i].record.channel == of ? collect->list[i].gap.values : 0;
	return n;
}

/* Of axes: they are far apart. */
static int axes(void)
{
	int n = 0;
	int64_t last = 0;
	for (int i = 0; i < collect->n; i++) {
		const struct record *record = &collect->list[i].record;
		if (record->kind != RECORD_BLOCK || record->channel != 0)
			continue;
		n += n == 0 || record->t - last > 100 * NS_PER_S;
		assert_true(n == 1 || record->t > last);
		last = record->t;
	}
	return n;
}

/* Each block of an axis lies, by the device's own clock, as far behind the first as its values were really finished. The value tells which
 * set it is of: the fake's level() puts the set's number into sensors 0 and 1. */
static uint16_t numbered(const struct fake_ps3 *of, int sensor, int64_t set)
{
	(void)of;
	return sensor == 0 ? (uint16_t)(1 + set % 1000) : sensor == 1 ? (uint16_t)(1 + set / 1000 % 1000) : 500;
}

static int64_t number_of(int16_t low, int16_t high)
{
	return low - 1 + (high - 1) * INT64_C(1000);
}

/* Of the block at `i`: what its stamps are ahead of the device's own clock, us. */
static int64_t base_of(int i)
{
	int64_t set = number_of(collect->list[i].samples[0], collect->list[i + 1].samples[0]);
	return collect->list[i].record.t - fake_ps3_us(&ps3, fake_ps3_finished(&ps3, set)) * NS_PER_US;
}

static bool is_first_factor(int i)
{
	return i + 1 < collect->n && collect->list[i].record.kind == RECORD_BLOCK && collect->list[i].record.channel == 0;
}

static void expect_true_axes(void)
{
	int64_t base = 0, last = 0;
	for (int i = 0; i < collect->n; i++) {
		if (!is_first_factor(i))
			continue;
		const struct record *a = &collect->list[i].record, *b = &collect->list[i + 1].record;
		assert_true(b->kind == RECORD_BLOCK && b->channel == 1 && b->t == a->t && b->n == a->n);
		if (last == 0 || a->t - last > 100 * NS_PER_S)
			base = base_of(i);
		assert_near((double)(base_of(i) - base), 0, (double)a->u_t + 1000);
		assert_true(a->u_t < 8000);
		last = a->t;
	}
}

static int exchanges(void)
{
	int n = 0;
	for (int i = 0; i < collect->n; i++)
		n += collect->list[i].record.kind == RECORD_SYNC;
	return n;
}

/* Exchanges hold the instant that they tell of, on whatever axis it is. Needs numbered(). */
static int expect_true_exchanges(void)
{
	int n = 0, near = -1;
	for (int i = 0; i < collect->n; i++) {
		const struct record_sync *sync = &collect->list[i].sync;
		near = is_first_factor(i) ? i : near;
		if (collect->list[i].record.kind != RECORD_SYNC || near < 0 || llabs(collect->list[near].record.t - sync->arrived) > 100 * NS_PER_S)
			continue;
		double truth = (double)(sync->arrived - base_of(near)) / (1 + ps3.drift);
		n++;
		assert_true(sync->arrived == sync->answered);
		assert_true((double)(sync->sent - ps3.began) <= truth + 2000 && truth - 2000 <= (double)(sync->received - ps3.began));
	}
	return n;
}

/* ---- what it is ---- */

static void what_it_tells(void **state)
{
	(void)state;
	config.measures = ROLE_RAIL;
	option("current_accuracy", "1 % 30 mA");
	option("voltage_accuracy", "20 mV");
	open_it();
	const struct identity *identity = driver_powersensor3.identity(device);
	assert_string_equal(identity->maker, "PowerSensor3");
	assert_string_equal(identity->model, "F411");
	assert_string_equal(identity->firmware, "1.6.1");
	assert_string_equal(identity->serial, "SIM7");
	assert_true(identity->simulated);
	assert_null(channel(3));
	const struct channel *amperes = channel(0), *volts = channel(1), *watts = channel(2);
	assert_string_equal(amperes->name, "rail.current");
	assert_string_equal(volts->name, "rail.voltage");
	assert_string_equal(watts->name, "rail.power");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(channel(i)->kind, CHANNEL_INSTANT);
		assert_int_equal(channel(i)->clock, CLOCK_ID_DEVICE);
		assert_int_equal(channel(i)->refresh, 50000);
		assert_int_equal(channel(i)->latency, 12500);
		assert_int_equal(channel(i)->role, i == 2 ? ROLE_RAIL : ROLE_NONE);
		assert_true(channel(i)->simulated);
	}
	assert_int_equal(amperes->number, NUMBER_I16);
	assert_int_equal(amperes->unit, UNIT_AMPERE);
	assert_int_equal(volts->unit, UNIT_VOLT);
	assert_near(614 * amperes->scale + amperes->offset, 5.00978, 1e-4);
	assert_near(744 * volts->scale + volts->offset, 12, 1e-6);
	assert_near(amperes->accuracy.quantum, 3.3 / 1023 / 0.066, 1e-7);
	assert_true(amperes->accuracy.reading == 0.01 && amperes->accuracy.range * amperes->accuracy.range_value == 0.03);
	assert_true(volts->accuracy.reading == 0 && volts->accuracy.range * volts->accuracy.range_value == 0.02);
	assert_int_equal(watts->unit, UNIT_WATT);
	assert_true(watts->factor[0] == 0 && watts->factor[1] == 1 && amperes->factor[0] == -1);
	driver_powersensor3.close(device);
}

static void other_periods(void **state)
{
	(void)state;
	static const double periods[] = { 50000, 57142.857, 51200, 35714.3, 100001 };
	for (size_t i = 0; i < sizeof periods / sizeof *periods; i++) {
		set_up(state);
		ps3.period = periods[i];
		ps3.level = numbered;
		start_it();
		assert_near((double)channel(0)->refresh, periods[i], 1.5);
		run_for(2 * NS_PER_S);
		assert_near(values_of(0), 2e9 / periods[i], 3e7 / periods[i] + 1);
		assert_int_equal(missing_of(0), 0);
		assert_int_equal(axes(), 1);
		expect_true_axes();
		end_it();
	}
}

static void several_rails(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++)
		ps3.sensors[i].in_use = i != 4;
	option("pair1", "gpu");
	open_it();
	static const char *const names[] = {
		"rail.current-0", "rail.voltage-0", "rail.power-0", "rail.current-gpu", "rail.voltage-gpu", "rail.power-gpu", "rail.voltage-2",
		"rail.current-3", "rail.voltage-3", "rail.power-3",
	};
	for (int i = 0; i < 10; i++)
		assert_string_equal(channel(i)->name, names[i]);
	assert_null(channel(10));
	assert_true(channel(5)->factor[0] == 3 && channel(5)->factor[1] == 4 && channel(9)->factor[0] == 7 && channel(9)->factor[1] == 8);
	driver_powersensor3.close(device);
}

static void what_cannot_be(void **state)
{
	static const struct {
		const char *option, *text, *what;
	} table[] = {
		{ "pair0", "a b", "cannot be part" }, { "pair0", "thirteen-long", "cannot be part" }, { "pair1", "gpu", "not in use" },
		{ "current_accuracy", "1 %", "is not said" }, { "current_accuracy", "1 %% 2 A", "no limit" }, { "current_accuracy", "2 V", "no limit" },
		{ "voltage_accuracy", "much", "no limit" }, { "voltage_accuracy", "-1 %", "no limit" },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		set_up(state);
		config.measures = ROLE_RAIL;
		option(table[i].option, table[i].text);
		if (strncmp(table[i].option, "pair", 4) == 0)
			config.accuracy_given = true;
		refused(ERROR_CONFIG, table[i].what);
	}
	set_up(state);
	config.measures = ROLE_WALL;
	config.accuracy_given = true;
	refused(ERROR_CONFIG, "no wall");
	config.measures = ROLE_RAIL;
	config.accuracy.range = 0.01;
	refused(ERROR_CONFIG, "a part of a range");
	ps3.sensors[1].in_use = 0;
	config.accuracy.range = 0;
	refused(ERROR_CONFIG, "no pair");
	ps3.sensors[0].in_use = 0;
	refused(ERROR_CONFIG, "none of its sensors");
	ps3.sensors[3].in_use = ps3.sensors[2].in_use = 1;
	ps3.sensors[3].sensitivity = 0;
	refused(ERROR_PROTOCOL, "sensor 3 makes no sense");
	set_up(state);
	ps3.sensors[2].in_use = ps3.sensors[3].in_use = 1;
	option("pair0", "1");
	refused(ERROR_CONFIG, "two pairs are called \"1\"");
	set_up(state);
	snprintf(config.serial, sizeof config.serial, "SIM8");
	refused(ERROR_WRONG_DEVICE, "tells SIM7, not \"SIM8\"");
	set_up(state);
	snprintf(config.name, sizeof config.name, "a-device-whose-name-has-31-byte");
	option("pair0", "twelve-bytes");
	refused(ERROR_CONFIG, "is longer than");
}

static void another_one(void **state)
{
	(void)state;
	ps3.version = "YOKOGAWA,WT310E,C3,1\r\n";
	refused(ERROR_WRONG_DEVICE, "no PowerSensor3");
	ps3.version = "F411-1.6.1\r\n";
	open_it();
	assert_false(driver_powersensor3.identity(device)->simulated);
	driver_powersensor3.close(device);
	ps3.silent_from = 0;
	ps3.silent_to = INT64_MAX;
	refused(ERROR_TIMEOUT, "answers");
	ps3.gone = true;
	refused(ERROR_GONE, "went away");
}

/* A program that was killed left it streaming, or in the midst of its configuration. */
static void left_over(void **state)
{
	for (int reading = 0; reading < 2; reading++) {
		set_up(state);
		fake_ps3_hear(&ps3, reading ? 'R' : 'S');
		fake_clock.now += 100 * NS_PER_MS;
		open_it();
		driver_powersensor3.close(device);
	}
}

static void probed(void **state)
{
	(void)state;
	struct identity identity;
	struct error error = ERROR_INIT;
	ps3.version = "ok T:21.3\r\n";
	assert_int_equal(driver_powersensor3.probe(&ps3.link, &fake_clock.timebase, &config, &identity, &error), -1);
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	ps3.version = "F411-1.6.1-SIM7\r\n";
	assert_int_equal(driver_powersensor3.probe(&ps3.link, &fake_clock.timebase, &config, &identity, NULL), 0);
	assert_string_equal(identity.serial, "SIM7");
	const struct finding board = { .vendor = 0x0483, .product = 0x5740, .model = "BLACKPILL_F411CE CDC in FS Mode" };
	struct finding other = board;
	snprintf(other.model, sizeof other.model, "STM32 Virtual ComPort");
	assert_true(driver_powersensor3.claims(&board));
	assert_false(driver_powersensor3.claims(&other));
	other = board;
	other.vendor = 0x1209;
	assert_false(driver_powersensor3.claims(&other));
}

/* ---- streams ---- */

static void a_stream(void **state)
{
	(void)state;
	ps3.level = numbered;
	ps3.drift = 40e-6;
	start_it();
	run_for(30 * NS_PER_S);
	assert_int_equal(missing_of(0), 0);
	assert_int_equal(axes(), 1);
	assert_near(values_of(0), 600000, 500);
	assert_int_equal(values_of(0), values_of(1));
	assert_int_equal(collect_count(collect, RECORD_BLOCK, 2), 0); /* a product has no records */
	expect_true_axes();
	assert_true(expect_true_exchanges() >= 60);
	for (int i = 0; i < collect->n; i++)
		assert_int_equal(collect->list[i].record.flags, 0);
	end_it();
}

static void lose_sets(int64_t after, int64_t n)
{
	int64_t from = (int64_t)((double)(fake_clock.now - ps3.began) / ps3.period) + after;
	ps3.lost[ps3.n_lost].from = from;
	ps3.lost[ps3.n_lost++].to = from + n;
}

/* Of less than a turn the steps tell how many. */
static void some_sets_are_lost(void **state)
{
	(void)state;
	ps3.level = numbered;
	start_it();
	run_for(NS_PER_S);
	lose_sets(1000, 1);
	lose_sets(5000, 7);
	lose_sets(9000, 18);
	run_for(2 * NS_PER_S);
	assert_int_equal(collect_missing(collect, 0, GAP_MISSED), 26);
	assert_int_equal(collect_missing(collect, 1, GAP_MISSED), 26);
	assert_int_equal(missing_of(0), 26);
	assert_int_equal(axes(), 1);
	expect_true_axes();
	end_it();
}

/* What hides whole turns: 41 sets of 50 us look like none (2050 us are two turns and 2 us), 61 like 20. The axis that was begins anew. */
static void turns_are_lost(void **state)
{
	static const struct {
		double period;
		int64_t sets;
	} table[] = { { 50000, 41 }, { 50000, 61 }, { 50000, 20 }, { 50000, 512 }, { 51200, 20 }, { 51200, 40 }, { 51200, 21 }, { 57142.857, 18 }, { 50000, 20000 } };
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		set_up(state);
		ps3.period = table[i].period;
		ps3.level = numbered;
		start_it();
		run_for(NS_PER_S);
		lose_sets(2000, table[i].sets);
		run_for(4 * NS_PER_S);
		if (missing_of(0) + 20 < table[i].sets || axes() != 2) /* what is under way when it falls silent */
			fail_msg("%d sets of %g ns: %u are told of, %d axes", (int)table[i].sets, table[i].period, missing_of(0), axes());
		expect_true_axes();
		expect_true_exchanges();
		assert_true((double)values_of(0) > (4e9 - (double)table[i].sets * table[i].period - 1e9) / table[i].period);
		end_it();
	}
}

/* Nobody read for a while, and nothing was lost: all of it is there, and in its place. */
static void late_bytes(void **state)
{
	(void)state;
	ps3.level = numbered;
	start_it();
	run_for(NS_PER_S);
	ps3.stuck_from = fake_clock.now + 500 * NS_PER_MS;
	ps3.stuck_to = ps3.stuck_from + 150 * NS_PER_MS;
	run_for(NS_PER_S);
	ps3.stuck_from = fake_clock.now + 500 * NS_PER_MS;
	ps3.stuck_to = ps3.stuck_from + 3 * NS_PER_MS;
	run_for(NS_PER_S);
	fake_clock.now += 700 * NS_PER_MS; /* the host itself */
	run_for(NS_PER_S);
	assert_int_equal(missing_of(0), 0);
	assert_int_equal(axes(), 1);
	expect_true_axes();
	end_it();
}

static void torn_and_garbled_sets(void **state)
{
	(void)state;
	ps3.level = numbered;
	start_it();
	run_for(NS_PER_S);
	int64_t now = (int64_t)((double)(fake_clock.now - ps3.began) / ps3.period);
	ps3.cut_set = now + 3000;
	ps3.cut_from = 5;
	ps3.cut_to = 6;
	run_for(NS_PER_S);
	assert_int_equal(collect_missing(collect, 0, GAP_GARBLED), 1);
	now = (int64_t)((double)(fake_clock.now - ps3.began) / ps3.period);
	ps3.odd_set = now + 3000;
	ps3.odd_by = 64;
	run_for(NS_PER_S);
	assert_int_equal(missing_of(0), 2);
	assert_int_equal(axes(), 1);
	expect_true_axes();
	end_it();
}

/* ---- ends of ranges ---- */

static int64_t clipped_from, clipped_to;
static uint16_t clipped(const struct fake_ps3 *of, int sensor, int64_t set)
{
	bool now = set >= clipped_from && set < clipped_to;
	(void)of;
	return sensor == 7 ? 1023 : sensor == 0 && now ? 1023 : sensor == 1 && set == clipped_to ? 0 : 512;
}

/* Sensor 7 at its upper end all the time is no end of the stream, whether it is in use or not. */
static void at_the_ends(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++)
		ps3.sensors[i].in_use = i < 2 || i > 5;
	ps3.level = clipped;
	clipped_from = INT64_MAX;
	start_it();
	run_for(NS_PER_S);
	int64_t now = (int64_t)((double)(fake_clock.now - ps3.began) / ps3.period);
	clipped_from = now + 2000;
	clipped_to = now + 2100;
	run_for(NS_PER_S);
	assert_int_equal(missing_of(0), 0);
	unsigned over[8] = { 0 };
	for (int i = 0; i < collect->n; i++)
		if (collect->list[i].record.kind == RECORD_BLOCK && collect->list[i].record.flags == FLAG_OVER_RANGE)
			over[collect->list[i].record.channel] += collect->list[i].record.n;
	assert_true(over[0] >= 100 && over[0] <= 140);
	assert_true(over[1] >= 1 && over[1] <= 20);
	assert_int_equal(over[3], 0);
	assert_int_equal(over[4], values_of(4));
	assert_true(over[4] > 39000);
	for (int i = 0; i < collect->n; i++) { /* and none of them passes for a value */
		const struct collected *one = &collect->list[i];
		for (uint32_t k = 0; one->record.kind == RECORD_BLOCK && k < one->record.n && k < 32; k++)
			assert_true((one->samples[k] != 0 && one->samples[k] != 1023) || one->record.flags == FLAG_OVER_RANGE);
	}
	end_it();
}

/* Both factors of a product are at the same instants, however their records are cut. */
static void equal_stamps(void **state)
{
	(void)state;
	ps3.level = clipped;
	clipped_from = INT64_MAX;
	start_it();
	run_for(NS_PER_S / 2);
	int64_t now = (int64_t)((double)(fake_clock.now - ps3.began) / ps3.period);
	clipped_from = now + 2013;
	clipped_to = now + 2123;
	run_for(NS_PER_S / 2);
	static int64_t times[2][40000];
	int n[2] = { 0, 0 };
	for (int i = 0; i < collect->n; i++)
		for (uint32_t k = 0; collect->list[i].record.kind == RECORD_BLOCK && k < collect->list[i].record.n; k++) {
			unsigned of = collect->list[i].record.channel;
			times[of][n[of]++] = collect->list[i].record.t + k * channel(0)->refresh;
		}
	assert_int_equal(n[0], n[1]);
	assert_memory_equal(times[0], times[1], (size_t)n[0] * sizeof times[0][0]);
	assert_true(collect_count(collect, RECORD_BLOCK, 0) != collect_count(collect, RECORD_BLOCK, 1));
	end_it();
}

/* ---- the way back ---- */

static void silent_for_a_while(void **state)
{
	(void)state;
	ps3.level = numbered;
	start_it();
	run_for(NS_PER_S);
	ps3.silent_from = fake_clock.now;
	ps3.silent_to = fake_clock.now + 2 * NS_PER_S;
	run_for(5 * NS_PER_S);
	assert_near(missing_of(0), 48000, 6000);
	assert_true(values_of(0) + missing_of(0) > 118000 && values_of(0) + missing_of(0) < 122000);
	assert_int_equal(axes(), 2);
	expect_true_axes();
	expect_true_exchanges();
	end_it();
}

static void gone_and_back(void **state)
{
	(void)state;
	start_it();
	run_for(NS_PER_S);
	ps3.gone_from = fake_clock.now;
	ps3.gone_to = fake_clock.now + 3 * NS_PER_S;
	run_for(6 * NS_PER_S);
	assert_true(ps3.reopens > 3);
	assert_true(collect_missing(collect, 0, GAP_GONE) >= 59000);
	assert_int_equal(axes(), 2);
	end_it();
}

/* Its microseconds begin anew. */
static void reset(void **state)
{
	(void)state;
	ps3.level = numbered;
	start_it();
	run_for(NS_PER_S);
	ps3.began = fake_clock.now - 77777;
	ps3.next = 3;
	run_for(2 * NS_PER_S);
	assert_int_equal(axes(), 2);
	assert_true(missing_of(0) > 0);
	end_it();
}

/* What is there after it was away has other sensors: its values are none of this campaign's. */
static void another_set_up(void **state)
{
	(void)state;
	start_it();
	run_for(NS_PER_S);
	ps3.gone_from = fake_clock.now;
	ps3.gone_to = fake_clock.now + NS_PER_S;
	ps3.sensors[0].sensitivity = 0.1f;
	run_for(3 * NS_PER_S);
	unsigned before = values_of(0);
	assert_true(before < 21000);
	ps3.sensors[0].sensitivity = 0.066f;
	run_for(2 * NS_PER_S);
	assert_true(values_of(0) > before + 20000);
	end_it();
}

static void noise(void **state)
{
	(void)state;
	start_it();
	run_for(NS_PER_S);
	ps3.streams = false;
	ps3.noise_from = fake_clock.now;
	ps3.noise_to = fake_clock.now + 3 * NS_PER_S;
	run_for(5 * NS_PER_S);
	assert_true(values_of(0) > 50000 && values_of(0) < 65000);
	assert_true(values_of(0) + missing_of(0) > 118000);
	end_it();
}

static void no_markers(void **state)
{
	(void)state;
	start_it();
	run_for(NS_PER_S);
	int before = exchanges();
	ps3.deaf_to_marks = true;
	run_for(2 * NS_PER_S);
	ps3.deaf_to_marks = false;
	assert_true(exchanges() <= before + 1);
	run_for(2 * NS_PER_S);
	assert_true(exchanges() > before + 2);
	assert_int_equal(missing_of(0), 0);
	end_it();
}

/* An edge asks: everything up to it is there, and exchanges follow closely. */
static void sampled(void **state)
{
	(void)state;
	start_it();
	run_for(5 * NS_PER_S);
	int before = exchanges();
	unsigned values = values_of(0);
	fake_clock.now += 5 * NS_PER_MS;
	driver_powersensor3.sample(device, &collect->sink);
	assert_true(values_of(0) > values + 80);
	run_for(NS_PER_S / 2);
	assert_true(exchanges() > before + 8);
	end_it();
}

static void does_not_stop(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	start_it();
	run_for(NS_PER_S);
	ps3.no_end = true;
	assert_int_equal(driver_powersensor3.stop(device, &error), -1);
	assert_int_equal(error.code, ERROR_TIMEOUT);
	driver_powersensor3.close(device);
	set_up(state);
	start_it();
	ps3.gone_from = 0;
	ps3.gone_to = INT64_MAX;
	run_for(NS_PER_S);
	error = (struct error)ERROR_INIT;
	assert_int_equal(driver_powersensor3.stop(device, &error), -1);
	assert_int_equal(error.code, ERROR_GONE);
	driver_powersensor3.close(device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_it_tells, set_up), cmocka_unit_test_setup(other_periods, set_up),
		cmocka_unit_test_setup(several_rails, set_up), cmocka_unit_test_setup(what_cannot_be, set_up),
		cmocka_unit_test_setup(another_one, set_up),   cmocka_unit_test_setup(left_over, set_up),
		cmocka_unit_test_setup(probed, set_up),        cmocka_unit_test_setup(a_stream, set_up),
		cmocka_unit_test_setup(some_sets_are_lost, set_up), cmocka_unit_test_setup(turns_are_lost, set_up),
		cmocka_unit_test_setup(late_bytes, set_up),    cmocka_unit_test_setup(torn_and_garbled_sets, set_up),
		cmocka_unit_test_setup(at_the_ends, set_up),   cmocka_unit_test_setup(equal_stamps, set_up),
		cmocka_unit_test_setup(silent_for_a_while, set_up), cmocka_unit_test_setup(gone_and_back, set_up),
		cmocka_unit_test_setup(reset, set_up),         cmocka_unit_test_setup(another_set_up, set_up),
		cmocka_unit_test_setup(noise, set_up),         cmocka_unit_test_setup(no_markers, set_up),
		cmocka_unit_test_setup(sampled, set_up),       cmocka_unit_test_setup(does_not_stop, set_up),
	};
	return cmocka_run_group_tests_name("powersensor3", tests, NULL, NULL);
}
