/* The driver against a scripted instrument on a clock of its own: hours pass in milliseconds. */
#include "fake_wt.h"
#include "meters/numeric.h"

static const struct driver *driver(void)
{
	return driver_find("yokogawa_wt");
}

struct rig {
	struct fake_time time;
	struct fake_wt fake;
	struct device_config config;
	struct collect *collect;
	struct error error;
	void *device;
	uint64_t seed; /* of the delays */
};

static struct rig *rig_begin(void)
{
	static struct rig rig;
	rig = (struct rig){ .time = FAKE_TIME_INIT };
	fake_begin(&rig.fake, &rig.time);
	rig.config = fake_config();
	rig.collect = collect_begin(&rig.time.timebase);
	return &rig;
}

static void rig_open(struct rig *rig)
{
	rig->device = driver()->open(&rig->config, &rig->fake.link, &rig->time.timebase, &rig->error);
	if (rig->device == NULL)
		print_error("%s: %s\n", rig->error.on, rig->error.what);
	assert_non_null(rig->device);
}

static void rig_start(struct rig *rig)
{
	rig_open(rig);
	if (driver()->start(rig->device, &rig->collect->sink, &rig->error) < 0) {
		print_error("%s: %s\n", rig->error.on, rig->error.what);
		fail();
	}
}

static void rig_run(struct rig *rig, double seconds)
{
	step_until(driver(), rig->device, rig->collect, rig->time.now + llround(seconds * 1e9));
}

static void rig_end(struct rig *rig)
{
	assert_int_equal(driver()->stop(rig->device, &rig->error), 0);
	driver()->close(rig->device);
}

/* Each value's interval holds the instant of the update it was read from; returns the number of values. */
static int check_times(const struct rig *rig)
{
	int n = 0;
	for (const struct collected *c; (c = collect_nth(rig->collect, RECORD_BLOCK, 0, n)) != NULL; n++) {
		if (isnan(c->value))
			continue;
		int64_t truth = fake_update_time(&rig->fake, llround(c->value - 100));
		if (truth < c->record.t - c->record.u_t || truth > c->record.t + c->record.u_t)
			print_error("value %g: update at %ld is outside %ld +- %ld\n", c->value, (long)truth, (long)c->record.t,
				    (long)c->record.u_t);
		assert_in_range(truth, c->record.t - c->record.u_t, c->record.t + c->record.u_t);
	}
	return n;
}

/* Every update is there once, in order, or in a gap: from the first value to the last nothing else is missing. After a pause
 * of the host the last update is known to within a period only; then the count may be off by one, this way or that. */
static void check_complete(const struct rig *rig)
{
	double last = NAN;
	unsigned missing = 0;
	for (int i = 0; i < rig->collect->n; i++) {
		const struct collected *c = &rig->collect->list[i];
		if (c->record.channel != 0)
			continue;
		if (c->record.kind == RECORD_GAP)
			missing += c->gap.values;
		if (c->record.kind != RECORD_BLOCK)
			continue;
		double tolerance = c->record.u_t > 0.45 * (double)rig->fake.period ? 1 : 0;
		if (!isnan(last) && fabs(c->value - (last + 1 + missing)) > tolerance)
			fail_msg("seed %lu: after %g comes %g (%ld +- %ld us) with %u missing", (unsigned long)rig->seed, last,
				 c->value, (long)(c->record.t / 1000), (long)(c->record.u_t / 1000), missing);
		last = c->value;
		missing = 0;
	}
}

static void test_stream(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	rig_start(rig);
	int queries = rig->fake.queries;
	rig_run(rig, 60);
	int n = check_times(rig);
	check_complete(rig);
	assert_in_range(n, 598, 601);
	assert_int_equal(collect_count(rig->collect, RECORD_GAP, 0), 0);
	assert_int_equal(collect_count(rig->collect, RECORD_BLOCK, 1), n);
	assert_int_equal(collect_count(rig->collect, RECORD_BLOCK, 2), n);
	assert_near(collect_nth(rig->collect, RECORD_BLOCK, 1, 0)->value, 230.12, 1e-9);
	assert_near(collect_nth(rig->collect, RECORD_BLOCK, 2, 0)->value, 0.4532, 1e-9);
	/* Every update is located within the step of 5 ms (and an answer's time), with few questions. */
	for (int i = 20; i < n; i++)
		assert_true(collect_nth(rig->collect, RECORD_BLOCK, 0, i)->record.u_t <= 4 * NS_PER_MS);
	assert_true(rig->fake.queries - queries < 60 * 10 * 8);
	rig_end(rig);
}

static void test_channels(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	rig->config.u_latency = 0.01;
	rig_open(rig);
	int count;
	const struct channel *channels = driver()->channels(rig->device, &count);
	assert_int_equal(count, 3);
	assert_string_equal(channels[0].name, "wall.power");
	assert_int_equal(channels[0].kind, CHANNEL_MEAN);
	assert_int_equal(channels[0].role, ROLE_WALL);
	assert_int_equal(channels[0].unit, UNIT_WATT);
	assert_int_equal(channels[0].window, 100 * NS_PER_MS);
	assert_int_equal(channels[0].unmeasured, 20 * NS_PER_MS);
	assert_int_equal(channels[0].latency, 50 * NS_PER_MS);
	assert_int_equal(channels[0].u_latency, 10 * NS_PER_MS);
	assert_near(channels[0].accuracy.reading, 0.001, 0);
	assert_near(channels[0].accuracy.range, 0.0005, 0);
	assert_near(channels[0].accuracy.range_value, 600, 0);
	assert_near(channels[0].accuracy.quantum, 0.01, 1e-12);
	assert_near(channels[0].power_max, 840, 1e-9);
	assert_true(channels[0].simulated);
	assert_int_equal(channels[1].kind, CHANNEL_OBSERVE);
	assert_int_equal(channels[2].role, ROLE_NONE);
	assert_true(driver()->identity(rig->device)->simulated);
	assert_string_equal(driver()->identity(rig->device)->serial, "SIM0001");
	driver()->close(rig->device);
}

static void test_accuracy_from_the_bench_file(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	rig->config.accuracy_given = true;
	rig->config.accuracy = (struct accuracy){ .reading = 0.0004, .coverage = 2 };
	snprintf(rig->fake.idn, sizeof rig->fake.idn, "YOKOGAWA,WT310,C2PH13047V,F1.03");
	rig_open(rig);
	int count;
	const struct channel *channels = driver()->channels(rig->device, &count);
	assert_near(channels[0].accuracy.reading, 0.0004, 0);
	assert_near(channels[0].accuracy.coverage, 2, 0);
	assert_near(channels[0].accuracy.range_value, 600, 0);
	assert_false(channels[0].simulated);
	driver()->close(rig->device);
}

/* The range term of the specification is twice as large at crest factor 6 (IM WT310E, specifications). */
static void test_accuracy_at_crest_factor_6(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	rig->config.voltage_range = 150;
	rig->config.current_range = 1;
	rig->config.n_options = 1;
	rig->config.options[0] = (struct option_value){ .name = "crest_factor", .text = "6", .number = 6 };
	rig_open(rig);
	int count;
	const struct channel *channels = driver()->channels(rig->device, &count);
	assert_near(channels[0].accuracy.range, 0.001, 1e-15);
	assert_near(channels[0].accuracy.range_value, 150, 0);
	driver()->close(rig->device);
}

static const struct range_offer *offer_of(const struct range_offer *offers, size_t n, double voltage, double current)
{
	for (size_t i = 0; i < n; i++)
		if (fabs(offers[i].voltage - voltage) < 1e-9 && fabs(offers[i].current - current) < 1e-9)
			return &offers[i];
	return NULL;
}

static void test_ranges_on_offer(void **state)
{
	(void)state;
	struct device_config config = { .name = "wall", .voltage_range = 300, .current_range = 2 };
	struct range_offer offers[100];
	size_t n = driver()->ranges("WT310E", &config, offers, 100);
	assert_int_equal(n, 6 * 12);
	const struct range_offer *offer = offer_of(offers, n, 300, 0.5);
	assert_non_null(offer);
	assert_near(offer->voltage_peak, 900, 1e-9);
	assert_near(offer->current_peak, 1.5, 1e-9);
	assert_near(offer->accuracy.range_value, 150, 1e-9);
	assert_near(offer->accuracy.reading, 0.001, 0);
	assert_near(offer->accuracy.range, 0.0005, 1e-15);
	assert_near(offer->accuracy.quantum, 0.01, 1e-12);
	assert_int_equal(driver()->ranges("WT310E", &config, offers, 3), 6 * 12); /* says how many there are */
	assert_int_equal(driver()->ranges("WT310EH", &config, offers, 100), 6 * 6);
	assert_int_equal(driver()->ranges("GPM-8310", &config, offers, 100), 0);
	config.n_options = 1;
	config.options[0] = (struct option_value){ .name = "crest_factor", .text = "6", .number = 6 };
	n = driver()->ranges("WT310E", &config, offers, 100);
	offer = offer_of(offers, n, 150, 1);
	assert_non_null(offer);
	assert_near(offer->current_peak, 6, 1e-9); /* the same peak at half the range */
	assert_near(offer->accuracy.range, 0.001, 1e-15);
	config.accuracy_given = true;
	config.accuracy = (struct accuracy){ .reading = 0.0004, .range = 0.0003, .coverage = 2 };
	n = driver()->ranges("WT310E", &config, offers, 100);
	offer = offer_of(offers, n, 150, 1);
	assert_near(offer->accuracy.range, 0.0003, 0); /* what the bench file states, it states for every range */
	assert_near(offer->accuracy.range_value, 150, 1e-9);
}

static void test_settings_are_set_and_put_back(void **state)
{
	(void)state;
	static const char *const kept[] = { ":COMM:HEAD", ":COMM:VERB", ":INP:SYNC", ":INP:VOLT:AUTO", ":INP:VOLT:RANG",
					    ":INP:CURR:AUTO", ":INP:CURR:RANG", ":MEAS:AVER:STATE",
					    ":NUM:NORM:NUM", ":STAT:FILT1",
					    ":NUM:NORM:ITEM1", ":NUM:NORM:ITEM2", ":NUM:NORM:ITEM3" };
	char before[16][32];
	struct rig *rig = rig_begin();
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		snprintf(before[i], sizeof before[i], "%s", fake_get(&rig->fake, kept[i]));
	rig_start(rig);
	assert_string_equal(fake_get(&rig->fake, ":COMM:REM"), "1");
	assert_string_equal(fake_get(&rig->fake, ":INP:VOLT:RANG"), "3.000E+02");
	assert_string_equal(fake_get(&rig->fake, ":INP:VOLT:AUTO"), "0");
	assert_string_equal(fake_get(&rig->fake, ":INP:CURR:RANG"), "2.000E+00");
	assert_string_equal(fake_get(&rig->fake, ":RATE"), "1.000E-01");
	assert_string_equal(fake_get(&rig->fake, ":MEAS:AVER:STATE"), "0");
	assert_string_equal(fake_get(&rig->fake, ":NUM:NORM:ITEM1"), "P,1");
	const struct collected *range = collect_nth(rig->collect, RECORD_RANGE, 0, 0);
	assert_near(range->range.voltage, 300, 1e-9);
	assert_near(range->range.current, 2, 1e-9);
	assert_int_equal(range->range.automatic | range->range.changed, 0);
	rig_run(rig, 1);
	rig_end(rig);
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		double was = strtod(before[i], NULL), is = strtod(fake_get(&rig->fake, kept[i]), NULL);
		if (was != is || (was == 0 && strcmp(before[i], fake_get(&rig->fake, kept[i])) != 0))
			fail_msg("%s is %s, was %s", kept[i], fake_get(&rig->fake, kept[i]), before[i]);
	}
	assert_string_equal(fake_get(&rig->fake, ":COMM:REM"), "0");
	assert_near(strtod(fake_get(&rig->fake, ":RATE"), NULL), 0.25, 1e-9);
	assert_true(rig->fake.at_once_max < 256);
}

/* The error of an open or start that must fail. */
static struct error failure_of_open(struct rig *rig)
{
	rig->device = driver()->open(&rig->config, &rig->fake.link, &rig->time.timebase, &rig->error);
	assert_null(rig->device);
	return rig->error;
}

static void test_wrong_instruments(void **state)
{
	(void)state;
	static const struct {
		const char *idn, *serial;
		enum error_code code;
		const char *says;
	} cases[] = {
		{ "GWInstek,GPM-8213,GEU810001,V1.00", "", ERROR_WRONG_DEVICE, "GPM-8213" },
		{ "YOKOGAWA,760304-40-MV,0,F5.01", "", ERROR_WRONG_DEVICE, "760304" },
		{ "ACME,WT310E,1,1", "", ERROR_WRONG_DEVICE, "ACME" },
		{ "YOKOGAWA,WT310E,SIM0001,F1.04", "C2PH13047V", ERROR_WRONG_DEVICE, "SIM0001" },
		{ "hello", "", ERROR_PROTOCOL, "makes no sense" },
		{ "", "", ERROR_PROTOCOL, "makes no sense" },
		{ ",,,", "", ERROR_PROTOCOL, "makes no sense" },
		{ "YOKOGAWA,WT310E,\x01\x02,F1", "", ERROR_PROTOCOL, "makes no sense" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rig *rig = rig_begin();
		snprintf(rig->fake.idn, sizeof rig->fake.idn, "%s", cases[i].idn);
		snprintf(rig->config.serial, sizeof rig->config.serial, "%s", cases[i].serial);
		struct error error = failure_of_open(rig);
		assert_int_equal(error.code, cases[i].code);
		assert_non_null(strstr(error.what, cases[i].says));
		assert_string_equal(error.on, "fake://wt");
		assert_true(error.remedy[0] != '\0');
	}
}

static void test_silent_and_gone(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	rig->fake.silent_to = NEVER;
	int64_t before = rig->time.now;
	assert_int_equal(failure_of_open(rig).code, ERROR_TIMEOUT);
	assert_true(rig->time.now - before <= 3 * NS_PER_S);
	rig = rig_begin();
	rig->fake.gone_to = NEVER;
	assert_int_equal(failure_of_open(rig).code, ERROR_GONE);
	rig = rig_begin();
	rig->device = driver()->open(&rig->config, NULL, &rig->time.timebase, &rig->error);
	assert_null(rig->device);
	assert_int_equal(rig->error.code, ERROR_CONFIG);
}

static void test_configurations_that_cannot_be(void **state)
{
	(void)state;
	static const struct {
		double voltage, current, update;
		const char *idn, *option, *value, *says, *lists;
		double number;
	} cases[] = {
		{ 230, 2, 0.1, "WT310E", NULL, NULL, "no voltage range of 230 V", "15, 30, 60, 150, 300, 600 V", 0 },
		{ 300, 3, 0.1, "WT310E", NULL, NULL, "no current range of 3 A", "0.005, 0.01", 0 },
		{ 300, 0.1, 0.1, "WT310EH", NULL, NULL, "no current range", "1, 2, 5, 10, 20, 40 A", 0 },
		{ 300, 0.1, 0.1, "WT333E", NULL, NULL, "no current range", "0.5, 1, 2, 5, 10, 20 A", 0 },
		{ 0, 2, 0.1, "WT310E", NULL, NULL, "a fixed voltage range is needed", "300", 0 },
		{ 300, 2, 0.2, "WT310E", NULL, NULL, "no update interval of 0.2 s", "0.1, 0.25, 0.5, 1, 2, 5 s", 0 },
		{ 300, 2, 0.1, "WT310E", "element", "2", "the elements 1, not '2'", "sum", 0 },
		{ 300, 2, 0.1, "WT332E", "element", "2", "the elements 1, 3, not '2'", "sum", 0 },
		{ 300, 2, 0.1, "WT333E", "element", "all", "the elements 1, 2, 3, not 'all'", "sum", 0 },
		{ 300, 2, 0.1, "WT310E", "crest_factor", "4", "no crest factor 4", "3 or 6", 4 },
		{ 300, 2, 0.1, "WT310E", "crest_factor", "6", "", "", 6 },
		{ 300, 2, 0.1, "WT310E", "mode", "AC", "no mode 'AC'", "RMS or DC", 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rig *rig = rig_begin();
		rig->config.voltage_range = cases[i].voltage;
		rig->config.current_range = cases[i].current;
		rig->config.update = cases[i].update;
		snprintf(rig->fake.idn, sizeof rig->fake.idn, "YOKOGAWA,%s,SIM1,F1", cases[i].idn);
		if (cases[i].option) {
			struct option_value *option = &rig->config.options[rig->config.n_options++];
			snprintf(option->name, sizeof option->name, "%s", cases[i].option);
			snprintf(option->text, sizeof option->text, "%s", cases[i].value);
			option->number = cases[i].number;
		}
		if (cases[i].says[0] == '\0') { /* 300 V and 2 A at crest factor 6 */
			rig->config.current_range = 2.5;
			rig_open(rig);
			driver()->close(rig->device);
			continue;
		}
		struct error error = failure_of_open(rig);
		assert_int_equal(error.code, ERROR_CONFIG);
		assert_string_equal(error.on, "wall");
		assert_non_null(strstr(error.what, cases[i].says));
		assert_non_null(strstr(error.remedy, cases[i].lists));
	}
}

/* Ten times the power, or a tenth of it: nobody but the user knows which one is true. */
static void test_scaling_is_refused(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	fake_put(&rig->fake, ":INP:SCAL:STAT", "1");
	struct error error = failure_of_open(rig);
	assert_int_equal(error.code, ERROR_CONFIG);
	assert_string_equal(error.on, "wall");
	assert_non_null(strstr(error.what, "scaling of this WT310E is on"));
	assert_non_null(strstr(error.remedy, "front panel"));
	assert_string_equal(fake_get(&rig->fake, ":INP:SCAL:STAT"), "1");
	rig = rig_begin();
	fake_put(&rig->fake, ":INP:SCAL:STAT", "");
	assert_int_equal(failure_of_open(rig).code, ERROR_CONFIG);
}

/* One that comes back from a power cycle with its scaling on: it is off again before the next value. */
static void test_scaling_after_a_power_cycle(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	rig_start(rig);
	rig_run(rig, 2);
	rig->fake.gone_from = rig->time.now;
	rig->fake.gone_to = rig->time.now + 2 * NS_PER_S;
	fake_put(&rig->fake, ":INP:SCAL:STAT", "1");
	fake_put(&rig->fake, ":STAT:FILT1", "NEV");
	int values = collect_count(rig->collect, RECORD_BLOCK, 0);
	rig_run(rig, 5);
	assert_true(collect_count(rig->collect, RECORD_BLOCK, 0) > values);
	assert_string_equal(fake_get(&rig->fake, ":INP:SCAL:STAT"), "0");
	rig_end(rig);
}

static void test_refused_setting(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	rig->fake.refuses = ":INP:CURR:RANG";
	rig_open(rig);
	assert_int_equal(driver()->start(rig->device, &rig->collect->sink, &rig->error), -1);
	assert_int_equal(rig->error.code, ERROR_PROTOCOL);
	assert_non_null(strstr(rig->error.what, "current range"));
	assert_non_null(strstr(rig->error.what, "2A"));
	assert_string_equal(fake_get(&rig->fake, ":COMM:REM"), "0");
	assert_string_equal(fake_get(&rig->fake, ":INP:VOLT:AUTO"), "1");
	driver()->close(rig->device);
}

/* What an instrument says instead of a number is never a number, and every other value is still there. */
static void test_sentinels(void **state)
{
	(void)state;
	static const struct {
		const char *values;
		unsigned condition;
		uint32_t flags[3];
		double value[3]; /* NAN: none */
	} cases[] = {
		{ "NAN,230.0E+00,NAN", 0, { FLAG_NO_DATA, 0, FLAG_NO_DATA }, { NAN, 230, NAN } },
		{ "INF,230.0E+00,INF", 0, { FLAG_OVER_RANGE, 0, FLAG_OVER_RANGE }, { NAN, 230, NAN } },
		{ "9.91E+37,9.9E+37,9.9000E+37", 0, { FLAG_NO_DATA, FLAG_OVER_RANGE, FLAG_OVER_RANGE }, { NAN, NAN, NAN } },
		{ "1.0E+00,2.0E+00,1.0E+00", 1u << 6, { FLAG_OVER_RANGE, FLAG_OVER_RANGE, FLAG_OVER_RANGE }, { 1, 2, 1 } },
		{ "1.0E+00,2.0E+00,1.0E+00", 1u << 7, { FLAG_PEAK_OVER, FLAG_PEAK_OVER, 0 }, { 1, 2, 1 } },
		{ "1.0E+00,2.0E+00,1.0E+00", 1u << 8, { FLAG_PEAK_OVER, 0, FLAG_PEAK_OVER }, { 1, 2, 1 } },
		{ "900.0E+00,2.0E+00,1.0E+00", 0, { FLAG_IMPLAUSIBLE, 0, 0 }, { 900, 2, 1 } },
		{ "-1.0E+00,2.0E+00,1.0E+00", 0, { 0, 0, 0 }, { -1, 2, 1 } },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rig *rig = rig_begin();
		rig->fake.values = cases[i].values;
		rig->fake.condition = cases[i].condition;
		rig_start(rig);
		rig_run(rig, 2);
		for (unsigned c = 0; c < 3; c++) {
			const struct collected *value = collect_nth(rig->collect, RECORD_BLOCK, c, 3);
			assert_int_equal(value->record.flags, cases[i].flags[c]);
			assert_true(isnan(value->value) ? isnan(cases[i].value[c]) : value->value == cases[i].value[c]);
		}
		assert_int_equal(collect_count(rig->collect, RECORD_GAP, 0), 0);
		rig_end(rig);
	}
}

/* ---- several elements ---- */

static void choose(struct rig *rig, const char *model, const char *element)
{
	struct option_value *option = &rig->config.options[rig->config.n_options++];
	*option = (struct option_value){ .name = "element" };
	snprintf(option->text, sizeof option->text, "%s", element);
	snprintf(rig->fake.idn, sizeof rig->fake.idn, "YOKOGAWA,%s,SIM0001,F1.04", model);
}

static double nth_value(const struct rig *rig, unsigned channel)
{
	const struct collected *value = collect_nth(rig->collect, RECORD_BLOCK, channel, 3);
	return value && !(value->record.flags & FLAG_INVALID) ? value->value : NAN;
}

static void test_sum_of_elements(void **state)
{
	(void)state;
	static const char *const names[] = { "wall.power",     "wall.power-1",   "wall.power-2",   "wall.power-3",   "wall.voltage-1",
					     "wall.voltage-2", "wall.voltage-3", "wall.current-1", "wall.current-2", "wall.current-3" };
	struct rig *rig = rig_begin();
	choose(rig, "WT333E", "sum");
	fake_put(&rig->fake, ":INP:WIR", "P3W4");
	rig->fake.values = "100.5E+00,20.25E+00,3.00E+00,230.0E+00,231.0E+00,232.0E+00,0.5E+00,0.1E+00,0.02E+00";
	rig_start(rig);
	int count;
	const struct channel *channels = driver()->channels(rig->device, &count);
	assert_int_equal(count, 10);
	for (int i = 0; i < count; i++) {
		assert_string_equal(channels[i].name, names[i]);
		assert_int_equal(channels[i].kind, i == 0 ? CHANNEL_MEAN : CHANNEL_OBSERVE);
		assert_int_equal(channels[i].role, i == 0 ? ROLE_WALL : ROLE_NONE);
	}
	/* Limits of all elements, one way: 0.1 % of the sum, and of three ranges. */
	assert_near(channels[0].accuracy.reading, 0.001, 0);
	assert_near(channels[0].accuracy.range * channels[0].accuracy.range_value, 3 * 0.0005 * 600, 1e-12);
	assert_near(channels[0].accuracy.quantum, 0.01 * sqrt(3), 1e-12);
	assert_near(channels[0].power_max, 3 * 840, 1e-9);
	assert_string_equal(fake_get(&rig->fake, ":NUM:NORM:ITEM2"), "P,2");
	assert_string_equal(fake_get(&rig->fake, ":NUM:NORM:ITEM9"), "I,3");
	assert_near(strtod(fake_get(&rig->fake, ":NUM:NORM:NUM"), NULL), 9, 0);
	rig_run(rig, 2);
	static const double values[] = { 123.75, 100.5, 20.25, 3, 230, 231, 232, 0.5, 0.1, 0.02 };
	for (unsigned i = 0; i < 10; i++)
		assert_near(nth_value(rig, i), values[i], 1e-9);
	rig_end(rig);
}

/* A WT332E's are 1 and 3; so are the ranges that it offers, for both together. */
static void test_two_elements(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	struct range_offer offers[100];
	choose(rig, "WT332E", "sum");
	fake_put(&rig->fake, ":INP:WIR", "P3W3");
	rig->fake.values = "-10.0E+00,50.0E+00,230.0E+00,231.0E+00,0.5E+00,0.1E+00";
	rig_start(rig);
	assert_string_equal(fake_get(&rig->fake, ":NUM:NORM:ITEM2"), "P,3");
	rig_run(rig, 2);
	assert_near(nth_value(rig, 0), 40, 1e-9); /* of two wattmeters one may read negative */
	rig->fake.condition = 1u << 12;
	rig_run(rig, 1);
	int last = collect_count(rig->collect, RECORD_BLOCK, 0) - 1;
	static const uint32_t flags[] = { FLAG_OVER_RANGE, 0, FLAG_OVER_RANGE };
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(collect_nth(rig->collect, RECORD_BLOCK, i, last)->record.flags, flags[i]);
	size_t n = driver()->ranges("WT332E", &rig->config, offers, 100);
	assert_near(offer_of(offers, n, 300, 0.5)->accuracy.range_value, 300, 1e-9);
	rig_end(rig);
}

/* What one element says against itself counts for the sum, and for no other element. */
static void test_flags_of_elements(void **state)
{
	(void)state;
	static const struct {
		const char *first; /* value of P,1 */
		unsigned condition;
		unsigned flagged; /* channels, as bits: sum, P1..P3, U1..U3, I1..I3 */
		uint32_t flags;
	} cases[] = {
		{ "1.0E+00", 1u << 6, 0x093, FLAG_OVER_RANGE },
		{ "1.0E+00", 1u << 9, 0x125, FLAG_OVER_RANGE },
		{ "1.0E+00", 1u << 12, 0x249, FLAG_OVER_RANGE },
		{ "1.0E+00", 1u << 10, 0x025, FLAG_PEAK_OVER },
		{ "1.0E+00", 1u << 14, 0x209, FLAG_PEAK_OVER },
		{ "NAN", 0, 0x003, FLAG_NO_DATA },
		{ "INF", 0, 0x003, FLAG_OVER_RANGE },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rig *rig = rig_begin();
		char values[120];
		snprintf(values, sizeof values, "%s,2.0E+00,3.0E+00,230.0E+00,230.0E+00,230.0E+00,0.1E+00,0.1E+00,0.1E+00", cases[i].first);
		choose(rig, "WT333E", "1+2+3");
		fake_put(&rig->fake, ":INP:WIR", "P1W2"); /* three circuits */
		rig->fake.values = values;
		rig->fake.condition = cases[i].condition;
		rig_start(rig);
		rig_run(rig, 2);
		for (unsigned c = 0; c < 10; c++) {
			const struct collected *value = collect_nth(rig->collect, RECORD_BLOCK, c, 3);
			assert_int_equal(value->record.flags, cases[i].flagged >> c & 1 ? cases[i].flags : 0);
		}
		rig_end(rig);
	}
}

/* Where the wiring makes elements parts of one circuit, other sums than that of the vendor's table are refused. */
static void test_wiring_that_contradicts(void **state)
{
	(void)state;
	static const struct {
		const char *element, *wiring, *remedy; /* remedy NULL: fine */
	} cases[] = {
		{ "sum", "V3A3", "element: 1+3" }, { "sum", "P3W3", "element: 1+3" }, { "1+3", "V3A3", NULL },
		{ "1+3", "P3W4", "element: sum" }, { "1+2", "P1W2", NULL }, { "2", "V3A3", "element: 1+3" }, { "1", "P3W4", "element: sum" }, { "2", "P1W2", NULL }, { "sum", "P3W4", NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rig *rig = rig_begin();
		choose(rig, "WT333E", cases[i].element);
		fake_put(&rig->fake, ":INP:WIR", cases[i].wiring);
		if (cases[i].remedy == NULL) {
			rig_open(rig);
			driver()->close(rig->device);
			continue;
		}
		struct error error = failure_of_open(rig);
		assert_int_equal(error.code, ERROR_CONFIG);
		assert_non_null(strstr(error.what, cases[i].wiring));
		assert_non_null(strstr(error.remedy, cases[i].remedy));
	}
}

/* ---- the integrator ---- */

static struct rig *integrating(void)
{
	struct rig *rig = rig_begin();
	rig->config.options[rig->config.n_options++] = (struct option_value){ .name = "integrator", .text = "on", .number = 1 };
	return rig;
}

static uint64_t nth_count(const struct rig *rig, int nth)
{
	const struct collected *count = collect_nth(rig->collect, RECORD_BLOCK, 3, nth);
	assert_non_null(count);
	return count->count;
}

/* Counts are exact, come with the powers, and grow by 120 W x 100 ms = 1/300 Wh an update. */
static void test_integrator(void **state)
{
	(void)state;
	struct rig *rig = integrating();
	rig_start(rig);
	int count;
	const struct channel *channels = driver()->channels(rig->device, &count);
	assert_int_equal(count, 5);
	assert_string_equal(channels[3].name, "wall.energy");
	assert_string_equal(channels[4].name, "wall.integrated");
	assert_int_equal(channels[3].kind, CHANNEL_COUNTER);
	assert_int_equal(channels[3].role, ROLE_INTEGRAL);
	assert_int_equal(channels[3].number, NUMBER_U64);
	assert_int_equal(channels[3].unmeasured, 0);
	assert_int_equal(channels[3].update_jitter, 20 * NS_PER_MS);
	assert_near(channels[3].scale, 3.6e-6, 1e-18);
	assert_near(channels[3].accuracy.reading, 0.001, 0);
	assert_near(channels[3].accuracy.range_value, 600, 0);
	assert_near(channels[3].accuracy.timebase, 0.0002, 0);
	assert_near(channels[3].accuracy.quantum, 0, 0);
	assert_string_equal(fake_get(&rig->fake, ":INTEG:MODE"), "NORM");
	assert_string_equal(fake_get(&rig->fake, ":INTEG:TIM"), "0,0,0");
	assert_string_equal(fake_get(&rig->fake, ":NUM:NORM:ITEM4"), "WH,1");
	assert_int_equal(rig->fake.starts, 1);
	rig_run(rig, 20);
	int n = collect_count(rig->collect, RECORD_BLOCK, 3);
	assert_in_range(n, 195, 201);
	for (int i = 0; i < n; i++) {
		const struct collected *power = collect_nth(rig->collect, RECORD_BLOCK, 0, i), *energy = collect_nth(rig->collect, RECORD_BLOCK, 3, i);
		assert_true(power->record.t == energy->record.t && power->record.u_t == energy->record.u_t);
		assert_int_equal(energy->count % 10000, 0); /* five decimals */
	}
	assert_near((double)(nth_count(rig, 190) - nth_count(rig, 10)) * 1e-9, 180 / 300., 0.001);
	assert_near(nth_value(rig, 4), 0, 0);
	rig_end(rig);
	assert_false(rig->fake.integrating);
	assert_int_equal(rig->fake.integration_errors, 0);
	assert_string_equal(fake_get(&rig->fake, ":INTEG:MODE"), "CONT");
	assert_string_equal(fake_get(&rig->fake, ":INTEG:TIM"), "1,30,0");
}

static void test_integrator_that_runs_already(void **state)
{
	(void)state;
	struct rig *rig = integrating();
	rig->fake.integrating = true;
	rig->fake.integrating_since = rig->time.now - 1000 * NS_PER_S;
	rig_start(rig);
	rig_run(rig, 2);
	assert_true(nth_count(rig, 0) < 100000000); /* from zero: less than 3 s at 120 W */
	assert_int_equal(rig->fake.integration_errors, 0);
	rig_end(rig);
}

static void test_integrator_that_does_not_start(void **state)
{
	(void)state;
	struct rig *rig = integrating();
	rig->fake.starts_not = true;
	rig_open(rig);
	assert_int_equal(driver()->start(rig->device, &rig->collect->sink, &rig->error), -1);
	assert_non_null(strstr(rig->error.what, "integrator does not start"));
	assert_string_equal(fake_get(&rig->fake, ":COMM:REM"), "0");
	driver()->close(rig->device);
	rig = integrating();
	rig->config.measures = ROLE_RAIL;
	assert_int_equal(failure_of_open(rig).code, ERROR_CONFIG);
}

/* Before each run: from zero, at least 0.2 s before anything else is asked; what goes by meanwhile is a gap. */
static void test_integrator_counts_anew(void **state)
{
	(void)state;
	struct rig *rig = integrating();
	rig_start(rig);
	rig_run(rig, 60);
	int before = collect_count(rig->collect, RECORD_BLOCK, 3);
	assert_true(nth_count(rig, before - 1) > 1900000000);
	driver()->prepare(rig->device);
	assert_true(rig->time.now - rig->fake.integrating_since >= 200 * NS_PER_MS);
	rig_run(rig, 3);
	assert_true(nth_count(rig, before) < 30000000);
	assert_int_equal(collect_count(rig->collect, RECORD_GAP, 3), 1); /* between runs it is in no journal */
	assert_int_equal(rig->fake.integration_errors, 0);
	assert_int_equal(rig->fake.starts, 2);
	check_times(rig);
	rig_end(rig);
}

/* One that stops by itself no longer counts: a gap from then on, not a figure that stands still. */
static void test_integrator_that_stops(void **state)
{
	(void)state;
	struct rig *rig = integrating();
	rig_start(rig);
	rig_run(rig, 5);
	rig->fake.integrating = false;
	int counts = collect_count(rig->collect, RECORD_BLOCK, 3), values = collect_count(rig->collect, RECORD_BLOCK, 0);
	rig_run(rig, 5);
	assert_in_range(collect_count(rig->collect, RECORD_BLOCK, 3), counts, counts + 1);
	assert_in_range(collect_count(rig->collect, RECORD_BLOCK, 0), values + 48, values + 52);
	assert_in_range(collect_missing(rig->collect, 3, GAP_STALLED), 48, 52);
	assert_int_equal(collect_count(rig->collect, RECORD_GAP, 0), 0);
	rig_end(rig);
}

/* The link was lost, the instrument was not: the count goes on, and nothing that it would refuse is tried, a range that it has left
 * by itself least of all. After a power cycle it counts from zero. */
static void test_integrator_after_a_lost_link(void **state)
{
	(void)state;
	for (int off = 0; off < 2; off++) {
		struct rig *rig = integrating();
		rig_start(rig);
		rig_run(rig, 10);
		int before = collect_count(rig->collect, RECORD_BLOCK, 3);
		rig->fake.gone_from = rig->time.now;
		rig->fake.gone_to = rig->time.now + 2 * NS_PER_S;
		fake_put(&rig->fake, ":INP:CURR:RANG", "5.000E+00");
		fake_put(&rig->fake, ":INP:CURR:AUTO", "1");
		fake_put(&rig->fake, ":COMM:HEAD", "1");
		if (off) {
			rig->fake.integrating = false;
			rig->fake.integrated = 0;
			fake_put(&rig->fake, ":STAT:FILT1", "NEV");
		}
		rig_run(rig, 10);
		uint64_t last = nth_count(rig, before - 1), next = nth_count(rig, before);
		assert_true(off ? next < last : next > last + 50000000);
		assert_int_equal(rig->fake.integration_errors, 0);
		assert_int_equal(rig->fake.starts, off ? 2 : 1);
		assert_true(rig->fake.integrating);
		assert_true(collect_count(rig->collect, RECORD_BLOCK, 3) > before + 60);
		assert_string_equal(fake_get(&rig->fake, ":INP:CURR:AUTO"), off ? "0" : "1");
		assert_int_equal(collect_nth(rig->collect, RECORD_BLOCK, 0, before)->record.flags, off ? 0 : FLAG_RANGE_CHANGED);
		rig_end(rig);
	}
}

/* Too few fields, too many, text, an empty field: a gap, and measuring goes on. */
static void test_garbled_answers(void **state)
{
	(void)state;
	static const char *const garbage[] = { "0;1.0E+00,2.0E+00;0", "0;1,2,3,4;0", "0;1,,3;0", "0;1,2,x;0", "1,2,3", "",
					       "0;1,2,3;70000", "0;1,2,3;", "-1;1,2,3;0", "0;1,2,3;0;0", "\x80\xff\x01",
					       "0;1.0E+00,2.0E+00,0x10;0" };
	for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
		struct rig *rig = rig_begin();
		rig_start(rig);
		rig_run(rig, 1);
		rig->fake.garbage = garbage[i];
		rig_run(rig, 2);
		assert_in_range(collect_missing(rig->collect, 0, GAP_GARBLED), 1, 3);
		assert_int_equal(collect_missing(rig->collect, 0, GAP_TIMEOUT), 0);
		int n = check_times(rig);
		assert_in_range(n, 25, 30);
		assert_int_equal(rig->fake.reopens, 0);
		rig_end(rig);
	}
}

/* It says who it is, and that there is an update, whenever it is asked, and no values: it is not asked without end. */
static void test_values_that_never_make_sense(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	rig_start(rig);
	rig_run(rig, 1);
	int asked = rig->fake.commands, gaps = collect_count(rig->collect, RECORD_GAP, 0);
	rig->fake.senseless = "0;1,2,x;0";
	rig_run(rig, 10);
	assert_in_range(rig->fake.commands - asked, 20, 600);
	assert_in_range(collect_count(rig->collect, RECORD_GAP, 0) - gaps, 5, 30);
	assert_in_range(collect_missing(rig->collect, 0, GAP_GARBLED), 88, 101);
	rig->fake.senseless = NULL;
	rig_run(rig, 3);
	assert_in_range(check_times(rig), 25, 40);
	check_complete(rig);
	rig_end(rig);
}

/* An answer that is too long for any buffer. */
static void test_flood(void **state)
{
	(void)state;
	static char flood[1500];
	memset(flood, '7', sizeof flood - 1);
	struct rig *rig = rig_begin();
	rig_start(rig);
	rig_run(rig, 1);
	rig->fake.garbage = flood;
	rig_run(rig, 2);
	assert_in_range(collect_missing(rig->collect, 0, GAP_GARBLED), 1, 3);
	assert_in_range(check_times(rig), 25, 30);
	rig_end(rig);
}

static void test_timeout_and_late_answers(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	rig_start(rig);
	rig_run(rig, 2);
	rig->fake.silent_from = rig->time.now;
	rig->fake.silent_to = rig->time.now + 500 * NS_PER_MS;
	rig_run(rig, 5);
	assert_in_range(collect_missing(rig->collect, 0, GAP_TIMEOUT), 9, 12);
	check_times(rig);
	check_complete(rig);
	/* Answers that come 1.2 s after the question: never taken for the answer to a later one. */
	rig->fake.late_from = rig->time.now;
	rig->fake.late_to = rig->time.now + 300 * NS_PER_MS;
	rig->fake.late = 1200 * NS_PER_MS;
	rig_run(rig, 10);
	check_times(rig);
	assert_in_range(collect_missing(rig->collect, 0, GAP_TIMEOUT), 18, 30);
	assert_true(collect_nth(rig->collect, RECORD_BLOCK, 0, 120) != NULL);
	rig_end(rig);
}

/* A reading as long as readings get that comes late is read away like a short one: the conversation goes on, over the same link. */
static void test_long_late_answer(void **state)
{
	(void)state;
	static char reading[NUMERIC_REPLY_SIZE];
	memset(reading, '7', sizeof reading - 1);
	struct rig *rig = rig_begin();
	rig_start(rig);
	rig_run(rig, 2);
	rig->fake.garbage = reading;
	rig->fake.late_from = rig->time.now;
	rig->fake.late_to = rig->time.now + 300 * NS_PER_MS;
	rig->fake.late = 1200 * NS_PER_MS;
	rig_run(rig, 5);
	assert_int_equal(rig->fake.reopens, 0);
	assert_in_range(collect_missing(rig->collect, 0, GAP_TIMEOUT), 9, 13);
	check_times(rig);
	check_complete(rig);
	rig_end(rig);
}

/* Gone for 4 s and `later`: the gaps are told while it lasts, the way back is tried at a bounded pace, and nothing that was lost
 * is called anything but gone. */
static void disconnect_and_reconnect(int64_t later)
{
	struct rig *rig = rig_begin();
	rig_start(rig);
	rig_run(rig, 2 + (double)later / 3e9); /* the moments of the attempts lie anywhere between two updates */
	rig->fake.gone_from = rig->time.now + 1234567;
	rig->fake.gone_to = rig->time.now + 4 * NS_PER_S + later;
	rig_run(rig, 3);
	assert_in_range(rig->fake.reopens, 2, 4);
	int64_t covered = 0;
	for (int i = 0; i < rig->collect->n; i++)
		if (rig->collect->list[i].record.kind == RECORD_GAP && rig->collect->list[i].record.channel == 0)
			covered += rig->collect->list[i].gap.to - rig->collect->list[i].gap.from;
	assert_true(covered > 2 * NS_PER_S);
	fake_put(&rig->fake, ":COMM:HEAD", "1"); /* as after a power cycle */
	fake_put(&rig->fake, ":STAT:FILT1", "NEV");
	rig_run(rig, 7);
	assert_in_range(collect_missing(rig->collect, 0, GAP_GONE), 38, 65);
	assert_int_equal(collect_missing(rig->collect, 0, GAP_STALLED) + collect_missing(rig->collect, 0, GAP_MISSED), 0);
	check_times(rig);
	check_complete(rig);
	assert_in_range(collect_count(rig->collect, RECORD_BLOCK, 0), 48, 82);
	assert_int_equal(collect_count(rig->collect, RECORD_RANGE, 0), 1);
	rig_end(rig);
}

static void test_disconnect_and_reconnect(void **state)
{
	(void)state;
	for (int64_t later = 0; later < 1200 * NS_PER_MS; later += 17 * NS_PER_MS)
		disconnect_and_reconnect(later);
}

/* Another instrument behind the same endpoint is not the one that went. */
static void test_replaced_instrument(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	rig_start(rig);
	rig_run(rig, 2);
	int values = collect_count(rig->collect, RECORD_BLOCK, 0);
	rig->fake.gone_from = rig->time.now;
	rig->fake.gone_to = rig->time.now + NS_PER_S;
	snprintf(rig->fake.idn, sizeof rig->fake.idn, "YOKOGAWA,WT310E,SIM0002,F1.04");
	rig_run(rig, 10);
	assert_int_equal(collect_count(rig->collect, RECORD_BLOCK, 0), values);
	assert_true(collect_missing(rig->collect, 0, GAP_GONE) > 80);
	assert_int_equal(driver()->stop(rig->device, &rig->error), -1);
	assert_int_equal(rig->error.code, ERROR_GONE);
	driver()->close(rig->device);
}

static void test_range_changed_by_itself(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	rig_start(rig);
	rig_run(rig, 5);
	int64_t changed = rig->time.now;
	fake_put(&rig->fake, ":INP:CURR:RANG", "5.000E+00");
	fake_put(&rig->fake, ":INP:CURR:AUTO", "1");
	rig_run(rig, 5);
	const struct collected *range = collect_nth(rig->collect, RECORD_RANGE, 0, 1);
	assert_non_null(range);
	assert_int_equal(range->range.changed, 1);
	assert_int_equal(range->range.automatic, 1);
	assert_near(range->range.current, 5, 1e-9);
	assert_in_range(changed, range->record.t - range->record.u_t, range->record.t + range->record.u_t);
	int flagged = 0;
	for (int i = 0; i < collect_count(rig->collect, RECORD_BLOCK, 0); i++)
		flagged += (collect_nth(rig->collect, RECORD_BLOCK, 0, i)->record.flags & FLAG_RANGE_CHANGED) != 0;
	assert_true(flagged >= 40); /* every value from the read-back on */
	assert_int_equal(collect_count(rig->collect, RECORD_RANGE, 0), 2);
	/* One in the last moment is found by stop. */
	fake_put(&rig->fake, ":INP:VOLT:RANG", "600.0E+00");
	rig_end(rig);
	assert_int_equal(collect_count(rig->collect, RECORD_RANGE, 0), 3);
}

/* The accuracy that the channels state is that of the ranges that were set, so the one that was found behind that is another one. */
static void test_range_changed_before_the_first_value(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	rig->fake.leaves_range_at = ":STAT:FILT1"; /* the last setting */
	rig_start(rig);
	rig_run(rig, 2);
	const struct collected *range = collect_nth(rig->collect, RECORD_RANGE, 0, 0);
	assert_int_equal(range->range.changed, 1);
	assert_near(range->range.current, 5, 1e-9);
	int n = collect_count(rig->collect, RECORD_BLOCK, 0);
	assert_true(n > 10);
	for (int i = 0; i < n; i++)
		assert_true(collect_nth(rig->collect, RECORD_BLOCK, 0, i)->record.flags & FLAG_RANGE_CHANGED);
	rig_end(rig);
}

/* A range that changed is looked for at once where the instrument says that it was exceeded. */
static void test_range_checked_on_overload(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	rig_start(rig);
	rig_run(rig, 1.05);
	rig->fake.condition = 1u << 8;
	fake_put(&rig->fake, ":INP:CURR:AUTO", "1");
	rig_run(rig, 0.3);
	assert_int_equal(collect_count(rig->collect, RECORD_RANGE, 0), 2);
	rig->fake.condition = 0;
	rig_end(rig);
}

/* Each 400 ms where the link is fast; a line on which it takes 60 ms has a tenth of the time for it. */
static void test_range_checks_leave_room(void **state)
{
	(void)state;
	for (int slow = 0; slow < 2; slow++) {
		struct rig *rig = rig_begin();
		rig->config.update = 0.25;
		rig_start(rig);
		rig->fake.response = (slow ? 150 : 1) * NS_PER_MS;
		rig_run(rig, 2);
		int asked = 0;
		for (int i = 0; i < 4000; i++) {
			int commands = rig->fake.commands;
			int64_t next = driver()->step(rig->device, rig->time.now, &rig->collect->sink);
			asked += rig->fake.commands > commands && strncmp(rig->fake.last_command, ":INP:", 5) == 0;
			rig->time.now = next > rig->time.now ? next : rig->time.now;
			if (rig->time.now > 1042 * NS_PER_S)
				break;
		}
		assert_in_range(asked, slow ? 45 : 75, slow ? 60 : 85); /* of about 40 s: each 750 ms, each 500 ms */
		rig_end(rig);
	}
}

static void test_missed_updates(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	rig_start(rig);
	rig_run(rig, 2);
	rig->time.now += 470 * NS_PER_MS; /* the host was elsewhere */
	rig_run(rig, 2);
	assert_in_range(collect_missing(rig->collect, 0, GAP_MISSED), 3, 5);
	check_times(rig);
	check_complete(rig);
	rig_end(rig);
}

/* The update that slips in between the event register and the values. */
static void test_slipped_update(void **state)
{
	(void)state;
	for (int64_t delay = 10 * NS_PER_MS; delay <= 400 * NS_PER_MS; delay += 7 * NS_PER_MS) {
		struct rig *rig = rig_begin();
		rig_start(rig);
		rig_run(rig, 2);
		rig->fake.delay_values = delay;
		rig_run(rig, 2);
		unsigned missed = collect_missing(rig->collect, 0, GAP_MISSED);
		assert_true(missed >= (unsigned)((delay - 10 * NS_PER_MS) / (100 * NS_PER_MS)));
		assert_true(missed <= (unsigned)(delay / (100 * NS_PER_MS)) + 1);
		check_times(rig);
		check_complete(rig);
		for (int i = 10; delay < 70 * NS_PER_MS && i < collect_count(rig->collect, RECORD_BLOCK, 0); i++)
			assert_true(collect_nth(rig->collect, RECORD_BLOCK, 0, i)->record.u_t <= delay / 2 + 5 * NS_PER_MS);
		rig_end(rig);
	}
}

static void test_stalled(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	rig_start(rig);
	rig_run(rig, 2);
	rig->fake.stall_from = rig->time.now;
	rig->fake.stall_to = rig->time.now + 3 * NS_PER_S;
	rig_run(rig, 6);
	assert_in_range(collect_missing(rig->collect, 0, GAP_STALLED), 25, 31);
	check_times(rig);
	check_complete(rig);
	rig_end(rig);
}

static uint64_t seed_state;

static int64_t random_jitter(struct fake_wt *fake)
{
	(void)fake;
	seed_state = seed_state * 6364136223846793005u + 1442695040888963407u;
	uint32_t draw = (uint32_t)(seed_state >> 33);
	if (draw % 997 == 0)
		return 150 * NS_PER_MS; /* now and then the host or the network sleeps */
	if (draw % 101 == 0)
		return 40 * NS_PER_MS;
	return (int64_t)(draw % 3000) * NS_PER_US;
}

/* Whatever the delays: every update is read once, at a time that is true, or counted as missing. */
static void test_random_delays(void **state)
{
	(void)state;
	static const double updates[] = { 0.1, 0.25, 1, 5 };
	for (uint64_t seed = 1; seed <= 24; seed++) {
		struct rig *rig = rig_begin();
		rig->seed = seed_state = seed;
		rig->config.update = updates[seed % 4];
		rig_start(rig);
		rig->fake.jitter = random_jitter;
		rig_run(rig, rig->config.update * 1500);
		rig->fake.jitter = NULL;
		int n = check_times(rig);
		check_complete(rig);
		assert_in_range(n + (int)collect_missing(rig->collect, 0, GAP_MISSED), 1490, 1501);
		assert_true(n > 1350);
		rig_end(rig);
	}
}

/* What is around the update interval: sparse where nothing is due, for each rate. */
static void test_load(void **state)
{
	(void)state;
	static const double updates[] = { 0.1, 0.25, 0.5, 1, 2, 5 };
	for (size_t i = 0; i < sizeof updates / sizeof *updates; i++) {
		struct rig *rig = rig_begin();
		rig->config.update = updates[i];
		rig_start(rig);
		rig_run(rig, 10 * updates[i]);
		int commands = rig->fake.commands;
		rig_run(rig, 100 * updates[i]);
		double each = (rig->fake.commands - commands) / 100.0;
		assert_true(each < 8);
		const struct collected *last = collect_nth(rig->collect, RECORD_BLOCK, 0, 60);
		assert_true(last->record.u_t <= 15 * NS_PER_MS);
		rig_end(rig);
	}
}

/* ---- probe ---- */

static struct device_config probed(struct rig *rig)
{
	struct identity identity;
	struct device_config config = { .endpoint = rig->config.endpoint, .name = "wall" };
	int orders = rig->fake.orders;
	if (driver()->probe(&rig->fake.link, &rig->time.timebase, &config, &identity, &rig->error) != 0)
		fail_msg("%s: %s", rig->error.on, rig->error.what);
	assert_int_equal(rig->fake.orders, orders); /* it only asks */
	assert_string_equal(identity.model, "WT310E");
	return config;
}

static const char *option_text(const struct device_config *config, const char *name)
{
	const char *text = device_option(config, NULL, name, NULL);
	return text ? text : "";
}

/* As somebody left it: headers on, automatic ranges. What is found can be used as it is. */
static void test_probe(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	struct device_config config = probed(rig);
	assert_string_equal(config.driver, "yokogawa_wt");
	assert_string_equal(config.serial, "SIM0001");
	assert_near(config.voltage_range, 600, 0);
	assert_near(config.current_range, 20, 0);
	assert_near(config.update, 0.25, 0);
	assert_int_equal(config.n_options, 0);
	assert_string_equal(fake_get(&rig->fake, ":INP:VOLT:AUTO"), "1");
	config.latency = config.u_latency = NAN;
	rig->config = config;
	rig_start(rig);
	rig_end(rig);
}

static void test_probe_of_other_settings(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	fake_put(&rig->fake, ":COMM:HEAD", "0");
	fake_put(&rig->fake, ":INP:CFAC", "6");
	fake_put(&rig->fake, ":INP:MODE", "DC");
	fake_put(&rig->fake, ":INP:VOLT:RANG", "7.500E+00");
	fake_put(&rig->fake, ":INP:CURR:RANG", "2.500E-03");
	fake_put(&rig->fake, ":RATE", "20.00E+00"); /* no bench file may ask for it */
	struct device_config config = probed(rig);
	assert_near(config.voltage_range, 7.5, 0);
	assert_near(config.current_range, 2.5e-3, 0);
	assert_near(config.update, 0, 0);
	assert_string_equal(option_text(&config, "crest_factor"), "6");
	assert_string_equal(option_text(&config, "mode"), "DC");
	config.latency = config.u_latency = NAN;
	rig->config = config;
	rig_open(rig);
	driver()->close(rig->device);
}

static void test_probe_of_several_elements(void **state)
{
	(void)state;
	static const struct {
		const char *model, *wiring, *element, *which;
	} cases[] = {
		{ "WT333E", "P3W4", "sum", NULL },	 { "WT333E", "P3W3", "1+3", NULL }, { "WT333E", "P1W2", "1", "which of 1, 2, 3 feed" },
		{ "WT333E", "\x01", "1", "(?)" },	 { "WT332E", "P3W3", "sum", NULL }, { "WT332E", "P1W2", "1", "which of 1, 3 feed" },
		{ "WT310E", "P3W4", "", NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rig *rig = rig_begin();
		struct identity identity;
		struct device_config config = { .name = "wall" };
		snprintf(rig->fake.idn, sizeof rig->fake.idn, "YOKOGAWA,%s,SIM0001,F1.04", cases[i].model);
		fake_put(&rig->fake, ":INP:WIR", cases[i].wiring);
		assert_int_equal(driver()->probe(&rig->fake.link, &rig->time.timebase, &config, &identity, &rig->error), 0);
		assert_string_equal(option_text(&config, "element"), cases[i].element);
		if (cases[i].which)
			assert_non_null(strstr(config.doubt[DOUBT_OPTIONS], cases[i].which));
		else
			assert_string_equal(config.doubt[DOUBT_OPTIONS], "");
		config.latency = config.u_latency = NAN;
		rig->config = config;
		rig_open(rig);
		driver()->close(rig->device);
	}
}

/* Such a range cannot be asked for: what can is told, in amperes, and nothing is taken in its place. */
static void test_probe_of_an_external_sensor(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	fake_put(&rig->fake, ":INP:CURR:RANG", "EXT,2.500E+00");
	struct device_config config = probed(rig);
	assert_near(config.voltage_range, 600, 0);
	assert_near(config.current_range, 0, 0);
	assert_string_equal(config.doubt[DOUBT_RANGES], "current: not to be found out (it says EXT,2.500E+00): give one of 0.005, 0.01, "
							"0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20 A");
	fake_put(&rig->fake, ":INP:VOLT:RANG", "1");
	config = probed(rig);
	assert_non_null(strstr(config.doubt[DOUBT_RANGES], "voltage: not to be found out (it says 1): give one of 15, "));
	assert_non_null(strstr(config.doubt[DOUBT_RANGES], " V; current: not"));
	assert_non_null(strstr(config.doubt[DOUBT_RANGES], "10, 20 A"));
}

static void test_probe_of_scaling(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	struct device_config config = probed(rig);
	assert_string_equal(config.doubt[DOUBT_VALUES], "");
	fake_put(&rig->fake, ":INP:SCAL:STAT", "1");
	config = probed(rig);
	assert_non_null(strstr(config.doubt[DOUBT_VALUES], "scaling is on"));
}

static enum error_code probe_failure(struct rig *rig)
{
	struct identity identity;
	struct device_config config = { .endpoint = rig->config.endpoint };
	int64_t before = rig->time.now;
	assert_int_equal(driver()->probe(&rig->fake.link, &rig->time.timebase, &config, &identity, &rig->error), -1);
	assert_true(rig->time.now - before <= 4 * NS_PER_S);
	assert_string_equal(rig->error.on, "fake://wt");
	return rig->error.code;
}

static void test_probe_fails(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	snprintf(rig->fake.idn, sizeof rig->fake.idn, "GWInstek,GPM-8213,GEU810001,V1.00");
	assert_int_equal(probe_failure(rig), ERROR_NOT_FOUND);
	rig = rig_begin();
	rig->fake.silent_to = NEVER;
	assert_int_equal(probe_failure(rig), ERROR_TIMEOUT);
	rig = rig_begin();
	rig->fake.gone_to = NEVER;
	assert_int_equal(probe_failure(rig), ERROR_GONE);
	rig = rig_begin();
	rig->fake.silent_from = rig->time.now + 24 * NS_PER_MS; /* it says who it is, and no more */
	rig->fake.silent_to = NEVER;
	assert_int_equal(probe_failure(rig), ERROR_TIMEOUT);
	assert_non_null(strstr(rig->error.what, "asking :"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_accuracy_from_the_bench_file),
		cmocka_unit_test(test_accuracy_at_crest_factor_6),
		cmocka_unit_test(test_ranges_on_offer),
		cmocka_unit_test(test_settings_are_set_and_put_back),
		cmocka_unit_test(test_wrong_instruments),
		cmocka_unit_test(test_silent_and_gone),
		cmocka_unit_test(test_configurations_that_cannot_be),
		cmocka_unit_test(test_scaling_is_refused),
		cmocka_unit_test(test_scaling_after_a_power_cycle),
		cmocka_unit_test(test_refused_setting),
		cmocka_unit_test(test_sentinels),
		cmocka_unit_test(test_sum_of_elements),
		cmocka_unit_test(test_two_elements),
		cmocka_unit_test(test_flags_of_elements),
		cmocka_unit_test(test_wiring_that_contradicts),
		cmocka_unit_test(test_integrator),
		cmocka_unit_test(test_integrator_that_runs_already),
		cmocka_unit_test(test_integrator_that_does_not_start),
		cmocka_unit_test(test_integrator_counts_anew),
		cmocka_unit_test(test_integrator_that_stops),
		cmocka_unit_test(test_integrator_after_a_lost_link),
		cmocka_unit_test(test_garbled_answers),
		cmocka_unit_test(test_values_that_never_make_sense),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_timeout_and_late_answers),
		cmocka_unit_test(test_long_late_answer),
		cmocka_unit_test(test_disconnect_and_reconnect),
		cmocka_unit_test(test_replaced_instrument),
		cmocka_unit_test(test_range_changed_by_itself),
		cmocka_unit_test(test_range_changed_before_the_first_value),
		cmocka_unit_test(test_range_checked_on_overload),
		cmocka_unit_test(test_range_checks_leave_room),
		cmocka_unit_test(test_missed_updates),
		cmocka_unit_test(test_slipped_update),
		cmocka_unit_test(test_stalled),
		cmocka_unit_test(test_random_delays),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_probe_of_other_settings),
		cmocka_unit_test(test_probe_of_several_elements),
		cmocka_unit_test(test_probe_of_an_external_sensor),
		cmocka_unit_test(test_probe_of_scaling),
		cmocka_unit_test(test_probe_fails),
	};
	return cmocka_run_group_tests_name("yokogawa_wt", tests, NULL, NULL);
}
