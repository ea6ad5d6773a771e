/* The rig's driver against a scripted rig: what it asks, what it makes of the streams, and what goes wrong. */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake_rig.h"
#include "rig/rig_frames.h"
#include "rig_board.h"

static struct fake_rig peer;
static struct fake_time fake;
static struct device_config config;
static struct collect *collect;
static void *device;
static const struct driver *driver;

/* Samples as they come, channel by channel. */
#define SAMPLES_MAX 200000
static struct {
	struct sink sink;
	int16_t values[DEVICE_CHANNELS_MAX][SAMPLES_MAX];
	int n[DEVICE_CHANNELS_MAX];
} kept;

static bool keep(struct sink *sink, struct record *record, const void *payload, uint32_t size)
{
	(void)sink;
	if (record->kind == RECORD_BLOCK && size == record->n * 2) {
		assert_true(kept.n[record->channel] + (int)record->n <= SAMPLES_MAX);
		memcpy(kept.values[record->channel] + kept.n[record->channel], payload, size);
		kept.n[record->channel] += (int)record->n;
	}
	return collect_emit(&collect->sink, record, payload, size);
}

static void begin(void)
{
	fake = (struct fake_time)FAKE_TIME_INIT;
	fake_rig_begin(&peer, &fake);
	config = fake_rig_config();
	collect = collect_begin(&fake.timebase);
	memset(kept.n, 0, sizeof kept.n);
	kept.sink = (struct sink){ .emit = keep, .timebase = &fake.timebase };
	driver = driver_find("rig");
	assert_non_null(driver);
}

static void open_rig(void)
{
	struct error error = ERROR_INIT;
	device = driver->open(&config, &peer.link, &fake.timebase, &error);
	if (device == NULL)
		fail_msg("%s: %s", error.on, error.what);
}

static void start_rig(void)
{
	struct error error = ERROR_INIT;
	open_rig();
	if (driver->start(device, &kept.sink, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
}

static void run_until(int64_t until)
{
	int64_t next = fake.now;
	for (long steps = 0; next < until; steps++) {
		assert_true(steps < 1000000);
		fake_wait(&fake.timebase, next);
		int64_t began = fake.now;
		next = driver->step(device, fake.now, &kept.sink);
		assert_true(fake.now - began < NS_PER_S); /* it never hangs */
	}
	fake_wait(&fake.timebase, until);
}

static void run_for(int64_t ns)
{
	run_until(fake.now + ns);
}

static void stop_rig(void)
{
	struct error error = ERROR_INIT;
	assert_int_equal(driver->stop(device, &error), 0);
	driver->close(device);
	assert_int_equal(peer.bad, 0);
}

static void must_not_open(enum error_code code, const char *what, const char *remedy)
{
	struct error error = ERROR_INIT;
	assert_null(driver->open(&config, &peer.link, &fake.timebase, &error));
	assert_int_equal(error.code, code);
	if (strstr(error.what, what) == NULL || strstr(error.remedy, remedy) == NULL)
		fail_msg("said \"%s; %s\"", error.what, error.remedy);
}

static const struct channel *channel_named(const char *name, unsigned *index)
{
	int n;
	const struct channel *list = driver->channels(device, &n);
	for (int i = 0; i < n; i++)
		if (strcmp(list[i].name, name) == 0) {
			*index = (unsigned)i;
			return &list[i];
		}
	fail_msg("there is no channel %s", name);
	return NULL;
}

static int edges_of(const char *name)
{
	int n = 0;
	for (int i = 0; i < collect->n; i++)
		n += collect->list[i].record.kind == RECORD_EDGE && strcmp(collect->list[i].edge.name, name) == 0;
	return n;
}

/* ---- who it is ---- */

static void test_identity(void **state)
{
	(void)state;
	begin();
	open_rig();
	const struct identity *identity = driver->identity(device);
	assert_string_equal(identity->maker, "joulerig");
	assert_string_equal(identity->model, "joulerig rig 1");
	assert_string_equal(identity->serial, "SIM0001");
	assert_string_equal(identity->firmware, "1.2.3");
	assert_true(identity->simulated);
	driver->close(device);
}

static void test_a_real_one_and_one_that_says_it_is_none(void **state)
{
	(void)state;
	begin();
	memcpy(peer.identity.serial, "E661410403123456", 16); /* fills its field */
	open_rig();
	assert_false(driver->identity(device)->simulated);
	assert_string_equal(driver->identity(device)->serial, "E661410403123456");
	driver->close(device);
	peer.identity.capabilities |= RIG_IS_SIMULATED;
	open_rig();
	assert_true(driver->identity(device)->simulated);
	driver->close(device);
}

static void test_another_version(void **state)
{
	(void)state;
	begin();
	peer.identity.wire_major = RIG_WIRE_MAJOR + 1;
	must_not_open(ERROR_UNSUPPORTED, "speaks version 2.0 of the wire, and this joulerig needs 1.0", "scripts/flash-rig");
	begin();
	peer.refuse = RIG_HELLO;
	peer.reason = RIG_VERSION;
	peer.limit = 7;
	must_not_open(ERROR_UNSUPPORTED, "speaks version 7.0", "scripts/flash-rig");
	assert_int_equal(peer.commands[RIG_HELLO], 1); /* nothing else is asked of it */
	for (int i = 2; i < 256; i++)
		assert_int_equal(peer.commands[i], 0);
}

static void test_a_newer_minor_version(void **state)
{
	(void)state;
	begin();
	peer.identity.wire_minor = RIG_WIRE_MINOR + 3;
	start_rig();
	stop_rig();
}

static void test_who_is_no_rig(void **state)
{
	(void)state;
	begin();
	peer.silent_to = INT64_MAX;
	must_not_open(ERROR_TIMEOUT, "no rig answers", "flash-rig");
	begin();
	peer.identity.magic = 5;
	must_not_open(ERROR_NOT_FOUND, "no rig", "");
	begin();
	peer.short_reply = RIG_HELLO;
	must_not_open(ERROR_PROTOCOL, "does not say who it is", "flash-rig");
	begin();
	peer.gone_to = INT64_MAX;
	must_not_open(ERROR_GONE, "went away", "plug");
}

static void test_another_serial_number(void **state)
{
	(void)state;
	begin();
	snprintf(config.serial, sizeof config.serial, "SIM0002");
	must_not_open(ERROR_WRONG_DEVICE, "has the serial number \"SIM0001\", not \"SIM0002\"", "detect");
}

static void test_parts_that_it_lacks(void **state)
{
	(void)state;
	static const struct {
		const char *option, *text;
		uint32_t capability;
		const char *what;
	} parts[] = {
		{ "shunt", "0.01", RIG_CAN_POWER, "an INA228" }, { "adc0", "V 1", RIG_CAN_ADC, "an ADC" },
		{ "s0_in2", "1000", RIG_CAN_COUNT, "a pulse counter" }, { "output", "out1", RIG_CAN_EDGES, "trigger lines" },
	};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		begin();
		fake_rig_option(&config, parts[i].option, parts[i].text);
		fake_rig_option(&config, "current_max", "5 A");
		peer.identity.capabilities &= ~parts[i].capability;
		must_not_open(ERROR_UNSUPPORTED, parts[i].what, "wire it");
	}
}

/* Noise on the line, and the streams of whoever was here before. */
static void test_opening_amid_noise(void **state)
{
	(void)state;
	begin();
	fake_rig_put(&peer, "\5\1hello, world", 14);
	peer.counts_period = NS_PER_MS;
	peer.counts_at = fake.now;
	fake_rig_feed(&peer, (const uint8_t *)"AT\r", 3); /* a modem manager was here */
	open_rig();
	assert_int_equal(peer.bad, 1);
	driver->close(device);
}

/* The first question may be lost. */
static void test_the_second_hello(void **state)
{
	(void)state;
	begin();
	peer.silent_to = fake.now + 600 * NS_PER_MS;
	open_rig();
	assert_int_equal(peer.commands[RIG_HELLO], 1);
	driver->close(device);
}

/* ---- options ---- */

static void test_options_that_cannot_be(void **state)
{
	(void)state;
	static const struct {
		const char *names[2], *texts[2], *what;
	} cases[] = {
		{ { "input", NULL }, { "in5", NULL }, "option input cannot be \"in5\"" },
		{ { "input", NULL }, { "in0", NULL }, "option input cannot be \"in0\"" },
		{ { "input", NULL }, { "in11", NULL }, "option input cannot be \"in11\"" },
		{ { "input", NULL }, { "out3", NULL }, "option input cannot be \"out3\"" },
		{ { "output", NULL }, { "in1", NULL }, "option output cannot be \"in1\"" },
		{ { "mark", NULL }, { "out11", NULL }, "option mark cannot be \"out11\"" },
		{ { "output", "gate" }, { "out1", "out1" }, "option gate cannot be \"out1\"" },
		{ { "output", "mark" }, { "out2", "out2" }, "option mark cannot be \"out2\"" },
		{ { "gate", NULL }, { "out2", NULL }, "option gate cannot be \"out2\"" },
		{ { "s0_in1", NULL }, { "1000", NULL }, "option s0_in1 cannot be \"1000\"" }, /* the trigger's */
		{ { "s0_in2", NULL }, { "-1", NULL }, "option s0_in2 cannot be \"-1\"" },
		{ { "s0_pulse", NULL }, { "1 h", NULL }, "option s0_pulse cannot be \"1 h\"" },
		{ { "adc0", NULL }, { "V", NULL }, "option adc0 cannot be \"V\"" },
		{ { "adc0", NULL }, { "V 0", NULL }, "option adc0" },
		{ { "adc0", NULL }, { "J 1", NULL }, "option adc0" },
		{ { "adc0", NULL }, { "V 1 2 3", NULL }, "option adc0" },
		{ { "adc0", NULL }, { "V 1,5", NULL }, "option adc0" },
		{ { "adc1", NULL }, { "V 1 x", NULL }, "option adc1" },
		{ { "adc1", NULL }, { "a name that is much longer than any such option is ever going to be", NULL }, "option adc1" },
		{ { "adc_rate", NULL }, { "999", NULL }, "option adc_rate" },
		{ { "adc_rate", NULL }, { "200001", NULL }, "option adc_rate" },
		{ { "shunt", NULL }, { "10 mohm", NULL }, "option shunt" },
		{ { "shunt", NULL }, { "0.01", NULL }, "is not given" },
		{ { "shunt", "current_max" }, { "-0.01", "5 A" }, "is not given" },
		{ { "shunt", "current_max" }, { "0.1", "5 A" }, "5 A through 0.1 ohm are 500 mV" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		begin();
		for (int j = 0; j < 2 && cases[i].names[j]; j++)
			fake_rig_option(&config, cases[i].names[j], cases[i].texts[j]);
		must_not_open(ERROR_CONFIG, cases[i].what, "");
	}
	begin();
	config.update = 0.005;
	must_not_open(ERROR_CONFIG, "each 10 ms to 60 s", "update");
}

static void test_what_is_measured_must_be_clear(void **state)
{
	(void)state;
	unsigned i;
	begin();
	config.measures = ROLE_WALL;
	must_not_open(ERROR_CONFIG, "the accuracy of what measures wall is not said", "accuracy:");
	config.accuracy_given = true;
	config.accuracy.range = 0.001;
	must_not_open(ERROR_CONFIG, "a part of a range that is not", "power_max");
	config.power_max = 700;
	must_not_open(ERROR_CONFIG, "0 sources of energy to measure wall", "");
	fake_rig_option(&config, "adc0", "V 0.0161 -33"); /* volts and amperes are not yet power */
	fake_rig_option(&config, "adc1", "A 0.01 -20.5");
	must_not_open(ERROR_CONFIG, "0 sources of energy to measure wall", "");
	fake_rig_option(&config, "s0_in2", "1000");
	open_rig();
	assert_int_equal(channel_named("rig.s0-in2", &i)->role, ROLE_WALL);
	assert_near(channel_named("rig.s0-in2", &i)->accuracy.range_value, 700, 0);
	driver->close(device);
	fake_rig_option(&config, "s0_in3", "1000");
	must_not_open(ERROR_CONFIG, "2 sources of energy, and which of them measures wall is not said", "measures: none");
}

static void test_channels(void **state)
{
	(void)state;
	unsigned i;
	int n;
	begin();
	fake_rig_option(&config, "input", "in4");
	fake_rig_option(&config, "s0_in2", "2000");
	fake_rig_option(&config, "adc0", "V 0.2 -400");
	fake_rig_option(&config, "adc1", "A 0.01 -20.5");
	fake_rig_option(&config, "adc_rate", "50000");
	fake_rig_option(&config, "shunt", "0.01");
	fake_rig_option(&config, "current_max", "4 A");
	open_rig();
	assert_int_equal(channel_named("rig.level", &i)->clock, CLOCK_ID_DEVICE);
	assert_int_equal(i, 0);
	const struct channel *s0 = channel_named("rig.s0-in2", &i), *v = channel_named("rig.adc0", &i);
	assert_int_equal(s0->kind, CHANNEL_COUNTER);
	assert_near(s0->scale, 1800, 0); /* a kWh is 3.6 MJ */
	assert_true(s0->wrap == UINT64_C(1) << 32);
	assert_int_equal(v->kind, CHANNEL_INSTANT);
	assert_int_equal(v->number, NUMBER_I16);
	assert_int_equal(v->unit, UNIT_VOLT);
	assert_true(v->scale == 0.2 && v->offset == -400 && v->refresh == 20 * NS_PER_US && v->factor[0] == -1);
	assert_true(channel_named("rig.adc1", &i)->offset == -20.5);
	driver->channels(device, &n);
	assert_int_equal(n, 9); /* no product of V and A */
	/* 40 mV: the narrow range; 13107.2e6 x 4 x 0.01 x 4 A / 2^19 = 4000 */
	const struct channel *energy = channel_named("rig.ina-energy", &i);
	assert_near(energy->scale, 16 * 3.2 * 4.0 / 524288, 1e-15);
	assert_true(energy->wrap == UINT64_C(1) << 40);
	assert_near(channel_named("rig.ina-current", &i)->scale, 4.0 / 524288, 1e-18);
	assert_near(channel_named("rig.ina-power", &i)->scale, 3.2 * 4.0 / 524288, 1e-18);
	assert_near(channel_named("rig.ina-voltage", &i)->scale, 195.3125e-6, 0);
	driver->close(device);
}

/* ---- edges ---- */

static void test_edges(void **state)
{
	(void)state;
	begin();
	peer.identity.input_delay_ns[1][0] = 300;
	fake_rig_option(&config, "input", "in2");
	start_rig();
	assert_int_equal(peer.watch[RIG_IN2], RIG_WATCH_EDGES);
	assert_int_equal(peer.inputs[RIG_IN2].inverted, 0);
	assert_int_equal(peer.watch[RIG_IN1], RIG_WATCH_OFF);
	run_for(NS_PER_S);
	fake_rig_edge(&peer, RIG_IN2, true);
	uint64_t rise = fake_rig_ticks(&peer);
	int64_t before = fake.now;
	run_for(100 * NS_PER_MS);
	fake_rig_edge(&peer, RIG_IN2, false);
	uint64_t fall = fake_rig_ticks(&peer);
	fake_rig_edge(&peer, RIG_IN1, true); /* nobody watches it */
	fake_rig_edge(&peer, RIG_OUT1, true);
	run_for(100 * NS_PER_MS);
	assert_int_equal(edges_of("rig.input"), 2);
	assert_int_equal(collect_count(collect, RECORD_EDGE, 0), 2);
	const struct collected *first = collect_nth(collect, RECORD_EDGE, 0, 0), *second = collect_nth(collect, RECORD_EDGE, 0, 1);
	assert_true(first->record.t == (int64_t)rise * 1000 - 300 && first->record.u_t == 1500); /* its own delay is taken off */
	assert_int_equal(first->edge.what, EDGE_RISE);
	assert_int_equal(first->edge.source, EDGE_HARDWARE);
	assert_true(first->edge.received >= before && first->edge.received < before + 20 * NS_PER_MS);
	assert_true(second->record.t == (int64_t)fall * 1000 - 165 && second->record.u_t == 1500 + 180); /* not calibrated: the design's */
	assert_int_equal(second->edge.what, EDGE_FALL);
	assert_int_equal(collect_count(collect, RECORD_BLOCK, 0), 2); /* the level that each left */
	assert_int_equal(collect_count(collect, RECORD_GAP, 0), 0);
	stop_rig();
}

/* As the board has them unless the bench file says otherwise: what is wired by hand may be the other way up. */
static void test_inputs_as_the_board_has_them(void **state)
{
	(void)state;
	static const char *const said[] = { NULL, "true", "false" };
	static const uint8_t inverted[] = { RIG_INPUT_INVERTED, 1, 0 };
	for (int i = 0; i < 3; i++) {
		begin();
		fake_rig_option(&config, "s0_in2", "1000");
		if (said[i])
			fake_rig_option(&config, "inverted", said[i]);
		start_rig();
		assert_int_equal(peer.inputs[RIG_IN1].inverted, inverted[i]);
		assert_int_equal(peer.inputs[RIG_IN2].inverted, inverted[i]);
		stop_rig();
	}
}

/* Of a line that is the other way up: its rise is the pin's fall. */
static void test_an_input_that_is_inverted(void **state)
{
	(void)state;
	begin();
	peer.identity.input_delay_ns[0][1] = 700;
	fake_rig_option(&config, "inverted", "true");
	start_rig();
	assert_int_equal(peer.inputs[RIG_IN1].inverted, 1);
	fake_rig_edge(&peer, RIG_IN1, true);
	uint64_t rise = fake_rig_ticks(&peer);
	fake_rig_edge(&peer, RIG_IN1, false);
	run_for(100 * NS_PER_MS);
	assert_true(collect_nth(collect, RECORD_EDGE, 0, 0)->record.t == (int64_t)rise * 1000 - 700);
	assert_true(collect_nth(collect, RECORD_EDGE, 0, 1)->record.t == (int64_t)rise * 1000 - 200);
	stop_rig();
}

static void test_the_stamp_of_an_output_as_input(void **state)
{
	(void)state;
	begin();
	peer.identity.output_delay_ns[0][0] = 200;
	fake_rig_option(&config, "input", "out1");
	fake_rig_option(&config, "output", "out1");
	start_rig();
	assert_int_equal(peer.commands[RIG_INPUT], 0);
	fake_rig_edge(&peer, RIG_OUT1, true);
	uint64_t rise = fake_rig_ticks(&peer);
	run_for(100 * NS_PER_MS);
	const struct collected *edge = collect_nth(collect, RECORD_EDGE, 0, 0);
	assert_true(edge && edge->record.t == (int64_t)rise * 1000 + 200);
	assert_string_equal(edge->edge.name, "rig.input");
	stop_rig();
}

static void test_edges_that_are_missing(void **state)
{
	(void)state;
	begin();
	start_rig();
	fake_rig_edge(&peer, RIG_IN1, true);
	peer.numbers[RIG_IN1] += 3;
	fake_rig_edge(&peer, RIG_IN1, false);
	run_for(100 * NS_PER_MS);
	assert_int_equal(collect_missing(collect, 0, GAP_MISSED), 3);
	peer.numbers[RIG_IN1] += 2; /* nothing is added where the number says it all */
	fake_rig_edge(&peer, RIG_IN1, false);
	run_for(100 * NS_PER_MS);
	assert_int_equal(collect_missing(collect, 0, GAP_MISSED), 5);
	fake_rig_edge(&peer, RIG_IN1, false); /* two of a kind, whatever its number says */
	run_for(100 * NS_PER_MS);
	assert_int_equal(collect_missing(collect, 0, GAP_MISSED), 6);
	stop_rig();
}

/* The number of edges turns over. */
static void test_numbers_turn_over(void **state)
{
	(void)state;
	begin();
	start_rig();
	peer.numbers[RIG_IN1] = UINT16_MAX - 1;
	for (int i = 0; i < 4; i++)
		fake_rig_edge(&peer, RIG_IN1, i % 2 == 0);
	run_for(100 * NS_PER_MS);
	assert_int_equal(edges_of("rig.input"), 4);
	assert_int_equal(collect_count(collect, RECORD_GAP, 0), 0);
	stop_rig();
}

/* ---- its clock ---- */

static void test_exchanges(void **state)
{
	(void)state;
	begin();
	start_rig();
	run_for(10 * NS_PER_S);
	int n = collect_count(collect, RECORD_SYNC, 0);
	assert_in_range(n, 20, 40); /* two a second, and some more at first */
	for (int i = 0; i < n; i++) {
		const struct collected *c = collect_nth(collect, RECORD_SYNC, 0, i);
		const struct record_sync *sync = &c->sync;
		assert_true(sync->sent < sync->received && sync->arrived <= sync->answered && c->record.t == sync->received);
		assert_true(sync->received - sync->sent < NS_PER_MS);
		assert_true(peer.began + sync->arrived >= sync->sent - 1000 && peer.began + sync->answered <= sync->received);
		assert_true(sync->answered - sync->arrived >= 199 * NS_PER_US);
	}
	stop_rig();
}

static int exchanges_in(int64_t ns)
{
	int before = collect_count(collect, RECORD_SYNC, 0);
	run_for(ns);
	return collect_count(collect, RECORD_SYNC, 0) - before;
}

static void test_exchanges_about_an_edge(void **state)
{
	(void)state;
	begin();
	start_rig();
	run_for(3 * NS_PER_S);
	assert_in_range(exchanges_in(1600 * NS_PER_MS), 3, 4);
	fake_rig_edge(&peer, RIG_IN1, true);
	assert_in_range(exchanges_in(600 * NS_PER_MS), 4, 6);
	run_for(NS_PER_S);
	int before = collect_count(collect, RECORD_SYNC, 0);
	driver->sample(device, &kept.sink);
	assert_int_equal(collect_count(collect, RECORD_SYNC, 0), before + 1);
	assert_in_range(exchanges_in(600 * NS_PER_MS), 7, 10);
	stop_rig();
}

/* ---- samples ---- */

static void begin_adc(const char *rate, bool both)
{
	begin();
	fake_rig_option(&config, "adc0", "V 0.001");
	if (both)
		fake_rig_option(&config, "adc1", "A 0.001");
	fake_rig_option(&config, "adc_rate", rate);
}

static void test_samples(void **state)
{
	(void)state;
	for (int both = 0; both < 2; both++) {
		begin_adc("50000", both);
		start_rig();
		run_for(2 * NS_PER_S);
		unsigned channels[2];
		channel_named("rig.adc0", &channels[0]);
		if (both)
			channel_named("rig.adc1", &channels[1]);
		for (int c = 0; c < 1 + both; c++) {
			int n = kept.n[channels[c]];
			assert_in_range(n, 99000, 100000);
			for (int i = 0; i < n; i++)
				assert_int_equal(kept.values[channels[c]][i], (i + 1000 * c) % 4000);
			assert_int_equal(collect_count(collect, RECORD_GAP, channels[c]), 0);
		}
		int64_t t = (int64_t)peer.adc_began * 1000;
		for (int i = 0; i < collect_count(collect, RECORD_BLOCK, channels[0]); i++) {
			const struct collected *block = collect_nth(collect, RECORD_BLOCK, channels[0], i);
			assert_true(block->record.t == t && block->record.u_t == 700 && block->record.flags == 0);
			if (both) /* the converter takes them in turn */
				assert_true(collect_nth(collect, RECORD_BLOCK, channels[1], i)->record.t == t + 10 * NS_PER_US);
			t += block->record.n * 20 * NS_PER_US;
		}
		stop_rig();
		assert_int_equal(peer.adc_rate, 0);
	}
}

/* A rate that the divider cannot do to the nanosecond: the axis is that of the rig, not that of the rate. */
static void test_the_axis_is_the_rigs(void **state)
{
	(void)state;
	unsigned adc;
	begin_adc("7000", false);
	start_rig();
	run_for(5 * NS_PER_S);
	channel_named("rig.adc0", &adc);
	uint64_t period = UINT64_C(256) * RIG_ADC_CLOCK_HZ / 7000, set = 0;
	int blocks = collect_count(collect, RECORD_BLOCK, adc);
	assert_true(blocks > 20);
	for (int i = 0; i < blocks; i++) {
		const struct collected *block = collect_nth(collect, RECORD_BLOCK, adc, i);
		double t = (double)peer.adc_began * 1000 + (double)set * (double)period / 256 / 48e6 * 1e9;
		assert_near((double)block->record.t, t, 2);
		set += block->record.n;
	}
	stop_rig();
}

static void test_lost_sets(void **state)
{
	(void)state;
	unsigned adc;
	begin_adc("10000", true);
	start_rig();
	run_for(NS_PER_S);
	channel_named("rig.adc1", &adc);
	peer.adc_next += 5 * FAKE_RIG_SETS; /* the rig had no room, and says so in numbers alone */
	run_for(NS_PER_S);
	assert_int_equal(collect_missing(collect, adc, GAP_OVERRUN), 5 * FAKE_RIG_SETS);
	int n = kept.n[adc], wrong = 0;
	for (int i = 1; i < n; i++)
		wrong += kept.values[adc][i] != (kept.values[adc][i - 1] + 1) % 4000;
	assert_int_equal(wrong, 1);
	stop_rig();
}

static void test_frames_that_the_host_did_not_take(void **state)
{
	(void)state;
	unsigned adc, s0;
	begin_adc("10000", false);
	fake_rig_option(&config, "s0_in3", "1000");
	start_rig();
	run_for(NS_PER_S);
	channel_named("rig.adc0", &adc);
	channel_named("rig.s0-in3", &s0);
	peer.drop = 4;
	run_for(NS_PER_S);
	assert_int_equal(collect_missing(collect, adc, GAP_OVERRUN) % FAKE_RIG_SETS, 0);
	assert_in_range(collect_missing(collect, adc, GAP_OVERRUN), 2 * FAKE_RIG_SETS, 4 * FAKE_RIG_SETS);
	assert_int_equal(collect_missing(collect, s0, GAP_OVERRUN), 4);
	assert_int_equal(collect_missing(collect, 0, GAP_OVERRUN), 4); /* an edge may have been in them */
	stop_rig();
}

static void test_frames_that_are_garbled(void **state)
{
	(void)state;
	begin();
	start_rig();
	run_for(NS_PER_S);
	peer.corrupt = 1;
	fake_rig_edge(&peer, RIG_IN1, true);
	fake_rig_edge(&peer, RIG_IN1, false);
	run_for(NS_PER_S);
	assert_int_equal(collect_missing(collect, 0, GAP_GARBLED), 1);
	assert_int_equal(edges_of("rig.input"), 1);
	fake_rig_put(&peer, "\7noise\0", 7); /* no frame, and no hole */
	fake_rig_edge(&peer, RIG_IN1, true);
	run_for(NS_PER_S);
	assert_int_equal(collect_missing(collect, 0, GAP_GARBLED), 2);
	assert_int_equal(edges_of("rig.input"), 2);
	stop_rig();
}

static void send_block(const struct rig_samples *block, uint16_t fill)
{
	uint8_t payload[RIG_PAYLOAD_MAX];
	memset(payload, fill, sizeof payload);
	memcpy(payload, block, sizeof *block);
	fake_rig_send(&peer, RIG_SAMPLES, 0, payload, sizeof payload);
}

static void test_blocks_that_say_what_is_wrong(void **state)
{
	(void)state;
	unsigned adc;
	begin_adc("10000", false);
	start_rig();
	channel_named("rig.adc0", &adc);
	peer.adc_rate = 0; /* the test streams */
	struct rig_samples block = { .ticks = peer.adc_began + 1000, .sets = 10, .channels = 1, .errors = { 1 } };
	send_block(&block, 0);
	block = (struct rig_samples){ .first = 10, .ticks = peer.adc_began + 2000, .sets = 10, .channels = 1 };
	send_block(&block, 0xff); /* all at the end of the range */
	block = (struct rig_samples){ .first = 20, .ticks = peer.adc_began + 6000, .sets = 10, .channels = 1 };
	send_block(&block, 0); /* 3 ms from where it should be */
	block = (struct rig_samples){ .first = 30, .ticks = peer.adc_began + 4000, .sets = 10, .channels = 1 };
	send_block(&block, 0);
	run_for(100 * NS_PER_MS);
	static const uint32_t flags[] = { FLAG_IMPLAUSIBLE, FLAG_OVER_RANGE, FLAG_IMPLAUSIBLE, 0 };
	assert_int_equal(collect_count(collect, RECORD_BLOCK, adc), 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(collect_nth(collect, RECORD_BLOCK, adc, i)->record.flags, flags[i]);
	stop_rig();
}

/* Within what is borne it is no fault, but nobody knows the samples' times any better. */
/* No count is the end of the range, too, where the input goes both ways: a clipped half wave would be read as less power. */
static void test_the_lower_end_of_the_range(void **state)
{
	(void)state;
	static const struct {
		const char *option;
		uint32_t flags;
	} cases[] = { { "V 0.0161 -33", FLAG_OVER_RANGE }, { "V -0.0161 33", FLAG_OVER_RANGE }, { "V 0.0161", 0 }, { "V 0.0161 3", 0 } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		unsigned adc;
		begin();
		fake_rig_option(&config, "adc0", cases[i].option);
		start_rig();
		channel_named("rig.adc0", &adc);
		peer.adc_rate = 0;
		const struct rig_samples low = { .ticks = peer.adc_began + 1000, .sets = 10, .channels = 1 };
		send_block(&low, 0);
		const struct rig_samples within = { .first = 10, .ticks = peer.adc_began + 2000, .sets = 10, .channels = 1 };
		run_for(20 * NS_PER_MS);
		send_block(&within, 0x11);
		run_for(20 * NS_PER_MS);
		assert_int_equal(collect_nth(collect, RECORD_BLOCK, adc, 0)->record.flags, cases[i].flags);
		assert_int_equal(collect_nth(collect, RECORD_BLOCK, adc, 1)->record.flags, 0);
		stop_rig();
	}
}

static void test_an_axis_that_slips(void **state)
{
	(void)state;
	unsigned adc;
	begin_adc("10000", false);
	start_rig();
	channel_named("rig.adc0", &adc);
	peer.adc_rate = 0;
	for (uint64_t i = 0; i < 3; i++) {
		const struct rig_samples block = { .first = 10 * i, .ticks = peer.adc_began + 1000 * (i + 1) + (i == 1 ? 1500 : 0), .sets = 10, .channels = 1 };
		send_block(&block, 0x55);
		run_for(20 * NS_PER_MS);
	}
	static const int64_t u[] = { 700, 1500 * NS_PER_US, 700 };
	assert_int_equal(collect_count(collect, RECORD_BLOCK, adc), 3);
	for (int i = 0; i < 3; i++) {
		const struct record *record = &collect_nth(collect, RECORD_BLOCK, adc, i)->record;
		assert_true(record->u_t == u[i] && record->flags == 0);
	}
	stop_rig();
}

static void test_blocks_that_are_none(void **state)
{
	(void)state;
	unsigned adc;
	begin_adc("10000", false);
	start_rig();
	channel_named("rig.adc0", &adc);
	peer.adc_rate = 0;
	static const struct rig_samples blocks[] = {
		{ .sets = 10, .channels = 2 }, { .sets = 0, .channels = 1 }, { .sets = 200, .channels = 1 }, { .sets = UINT16_MAX, .channels = 1 },
		{ .sets = 10, .channels = 3 }, { .sets = 10, .channels = 0 },
	};
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
		send_block(&blocks[i], 0);
	fake_rig_send(&peer, RIG_SAMPLES, 0, &blocks[0], 20);
	run_for(100 * NS_PER_MS);
	assert_int_equal(collect_count(collect, RECORD_BLOCK, adc), 0);
	struct rig_samples again = { .first = 0, .ticks = peer.adc_began + 1000, .sets = 10, .channels = 1 };
	send_block(&again, 0);
	send_block(&again, 0); /* one that was there before */
	run_for(100 * NS_PER_MS);
	assert_int_equal(collect_missing(collect, adc, GAP_GARBLED), 1);
	stop_rig();
}

/* ---- pulses and power ---- */

static void test_pulses(void **state)
{
	(void)state;
	unsigned s0;
	begin();
	fake_rig_option(&config, "s0_in3", "1000");
	fake_rig_option(&config, "s0_pulse", "20 ms");
	config.update = 0.2;
	start_rig();
	channel_named("rig.s0-in3", &s0);
	assert_int_equal(peer.watch[RIG_IN3], RIG_WATCH_COUNT);
	assert_int_equal(peer.inputs[RIG_IN3].settle_us, 20000);
	assert_true(peer.counts_period == 200 * NS_PER_MS);
	peer.pulses[RIG_IN3] = 7;
	peer.pulses[RIG_IN2] = 99;
	run_for(NS_PER_S);
	assert_in_range(collect_count(collect, RECORD_BLOCK, s0), 4, 5);
	const struct collected *last = collect_nth(collect, RECORD_BLOCK, s0, 3);
	assert_int_equal(last->count, 7);
	assert_true(last->record.t % (1000 * 1000) < 1000 * 1000 && last->record.t > 7 * NS_PER_S && last->record.t < 9 * NS_PER_S);
	stop_rig();
}

static void begin_ina(void)
{
	begin();
	fake_rig_option(&config, "shunt", "0.015");
	fake_rig_option(&config, "current_max", "10 A");
}

static void test_power(void **state)
{
	(void)state;
	unsigned energy, power, voltage, current;
	begin_ina();
	start_rig();
	/* SBOS886, 8.1.2: 150 mV; 13107.2e6 x 10 A / 2^19 x 0.015 = 3750 */
	assert_int_equal(peer.power_start.shunt_cal, 3750);
	assert_int_equal(peer.power_start.narrow, 0);
	assert_int_equal(peer.power_start.reset_energy, 1);
	peer.power = (struct rig_power){ .energy = (UINT64_C(1) << 40) - 1, .power = 0xffffff, .voltage = -3, .current = -524288, .u_us = 40 };
	run_for(300 * NS_PER_MS);
	peer.power.diagnosis = 0x0200;
	peer.power.current = 5;
	run_for(100 * NS_PER_MS);
	channel_named("rig.ina-energy", &energy);
	channel_named("rig.ina-power", &power);
	channel_named("rig.ina-voltage", &voltage);
	const struct channel *amperes = channel_named("rig.ina-current", &current);
	const struct collected *first = collect_nth(collect, RECORD_BLOCK, energy, 0);
	assert_true(first->count == (UINT64_C(1) << 40) - 1 && first->record.u_t == 40 * NS_PER_US + 1500);
	assert_near(collect_nth(collect, RECORD_BLOCK, power, 0)->value, 16777215, 0);
	assert_near(collect_nth(collect, RECORD_BLOCK, voltage, 0)->value, -3, 0);
	assert_near(collect_nth(collect, RECORD_BLOCK, current, 0)->value * amperes->scale, -10, 1e-9);
	int n = collect_count(collect, RECORD_BLOCK, energy);
	assert_int_equal(collect_nth(collect, RECORD_BLOCK, energy, n - 1)->record.flags, FLAG_IMPLAUSIBLE);
	assert_int_equal(collect_nth(collect, RECORD_BLOCK, voltage, n - 1)->record.flags, 0);
	peer.power.failed = 2;
	run_for(100 * NS_PER_MS);
	assert_int_equal(collect_missing(collect, energy, GAP_READ_FAILED), 2);
	assert_int_equal(collect_missing(collect, current, GAP_READ_FAILED), 2);
	assert_int_equal(collect_missing(collect, 0, GAP_READ_FAILED), 0);
	stop_rig();
}

/* SBOS886: the largest current still fits, and what a count is worth follows from the calibration that is written, not from the one
 * that was wished for. */
static void test_calibrations(void **state)
{
	(void)state;
	static const struct {
		const char *shunt, *current_max;
		double shunt_cal, lsb;
		int narrow;
	} cases[] = {
		{ "0.01", "4 A", 4000, 4.0 / 524288, 1 },
		{ "0.0123", "3.3 A", 4059, 4059 / (13107.2e6 * 4 * 0.0123), 1 }, /* 4058.99… */
		{ "0.015", "10 A", 3750, 10.0 / 524288, 0 },
		{ "0.0005", "7.77 A", 389, 389 / (13107.2e6 * 4 * 0.0005), 1 },  /* 388.5 */
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		unsigned current;
		double most;
		begin();
		fake_rig_option(&config, "shunt", cases[i].shunt);
		fake_rig_option(&config, "current_max", cases[i].current_max);
		start_rig();
		assert_int_equal(peer.power_start.shunt_cal, (int)cases[i].shunt_cal);
		assert_int_equal(peer.power_start.narrow, cases[i].narrow);
		double lsb = channel_named("rig.ina-current", &current)->scale;
		assert_near(lsb, cases[i].lsb, 1e-12);
		assert_int_equal(quantity_parse(cases[i].current_max, DIMENSION_CURRENT, &most), 0);
		assert_true(lsb * 524288 >= most * (1 - 1e-9));
		stop_rig();
	}
}

/* The current stays at either end of its range, whatever flows: then power and energy are too low as well. */
static void test_current_at_the_end_of_its_range(void **state)
{
	(void)state;
	static const int32_t currents[] = { 524287, 524286, -524288, -524287, -524286, 0 };
	static const uint32_t flags[] = { FLAG_OVER_RANGE, 0, FLAG_OVER_RANGE, FLAG_OVER_RANGE, 0, 0 };
	static const char *const quantities[] = { "rig.ina-energy", "rig.ina-power", "rig.ina-current" };
	unsigned channel, voltage;
	begin_ina();
	start_rig();
	run_for(50 * NS_PER_MS);
	for (int i = 0; i < 6; i++) {
		peer.power.current = currents[i];
		run_for(100 * NS_PER_MS);
		channel_named("rig.ina-voltage", &voltage);
		int last = collect_count(collect, RECORD_BLOCK, voltage) - 1;
		assert_int_equal(collect_nth(collect, RECORD_BLOCK, voltage, last)->record.flags, 0);
		for (int q = 0; q < 3; q++) {
			channel_named(quantities[q], &channel);
			assert_int_equal(collect_nth(collect, RECORD_BLOCK, channel, last)->record.flags, flags[i]);
		}
	}
	stop_rig();
}

static void must_not_start(enum error_code code, const char *what)
{
	struct error error = ERROR_INIT;
	open_rig();
	assert_int_equal(driver->start(device, &kept.sink, &error), -1);
	assert_int_equal(error.code, code);
	if (strstr(error.what, what) == NULL)
		fail_msg("said \"%s\"", error.what);
	driver->close(device);
}

static void test_a_calibration_that_does_not_hold(void **state)
{
	(void)state;
	begin_ina();
	peer.calibration = 17;
	must_not_start(ERROR_PROTOCOL, "calibration is 17, not the 3750");
}

static void test_refusals_at_the_start(void **state)
{
	(void)state;
	begin_adc("10000", false);
	peer.refuse = RIG_ADC_START;
	peer.reason = RIG_VALUE;
	peer.limit = 5000;
	must_not_start(ERROR_UNSUPPORTED, "refused to sample: a value that it cannot do (it could do 5000)");
	begin();
	peer.refuse = RIG_INPUT;
	peer.reason = 77;
	must_not_start(ERROR_UNSUPPORTED, "refused to watch an input: a reason that this joulerig does not know");
	begin_ina();
	peer.refuse = RIG_POWER_START;
	peer.reason = RIG_NOT_PRESENT;
	must_not_start(ERROR_UNSUPPORTED, "refused to read its INA228: the board has no such part");
	begin();
	fake_rig_option(&config, "s0_in2", "1000");
	peer.refuse = RIG_COUNT_START;
	peer.reason = RIG_BUSY;
	must_not_start(ERROR_UNSUPPORTED, "refused to count pulses: it is busy");
	begin_adc("10000", false);
	peer.short_reply = RIG_ADC_START;
	must_not_start(ERROR_UNSUPPORTED, "an answer that is too short");
	begin();
	open_rig();
	struct error error = ERROR_INIT;
	peer.silent_to = INT64_MAX;
	assert_int_equal(driver->start(device, &kept.sink, &error), -1);
	assert_int_equal(error.code, ERROR_TIMEOUT);
	driver->close(device);
}

/* ---- lines ---- */

static void feed_line(const struct line_out *line, bool high)
{
	fake_rig_feed(&peer, line->frames[high].bytes, line->frames[high].size);
}

static void test_lines(void **state)
{
	(void)state;
	begin();
	fake_rig_option(&config, "output", "out2");
	open_rig();
	const struct line_out *output = driver->trigger->output(device);
	assert_int_equal(output->kind, LINE_FRAME);
	assert_int_equal(output->fd, -1);
	assert_null(driver->trigger->mark(device));
	assert_true(driver->trigger->has_input(device));
	feed_line(output, true);
	assert_true(peer.high[RIG_OUT2] && !peer.high[RIG_OUT1]);
	feed_line(output, false);
	assert_false(peer.high[RIG_OUT2]);
	driver->close(device);

	begin();
	fake_rig_option(&config, "input", "none");
	fake_rig_option(&config, "mark", "out1");
	open_rig();
	assert_false(driver->trigger->has_input(device));
	assert_null(driver->trigger->output(device));
	feed_line(driver->trigger->mark(device), true);
	assert_true(peer.high[RIG_OUT1]);
	driver->close(device);
	assert_int_equal(peer.bad, 0);
}

/* One write sets both, and fits into what a terminal takes at once. */
static void test_the_gate_follows_the_output(void **state)
{
	(void)state;
	begin();
	fake_rig_option(&config, "output", "out1");
	fake_rig_option(&config, "gate", "out2");
	open_rig();
	const struct line_out *output = driver->trigger->output(device);
	for (int high = 1; high >= 0; high--) {
		size_t before = peer.out_size;
		feed_line(output, high);
		assert_true(peer.high[RIG_OUT1] == high && peer.high[RIG_OUT2] == high);
		assert_in_range(output->frames[high].size, 30, LINE_FRAME_MAX);
		assert_true(peer.out_size > before); /* edges, and no reply: RIG_QUIET */
	}
	assert_int_equal(peer.commands[RIG_SET_OUTPUT], 4);
	assert_int_equal(peer.bad, 0);
	driver->close(device);
}

/* Whoever wanted the line set learns nothing of it: the line's own channel does. */
static void test_a_line_that_is_refused(void **state)
{
	(void)state;
	begin();
	fake_rig_option(&config, "output", "out1");
	start_rig();
	peer.refuse = RIG_SET_OUTPUT;
	peer.reason = RIG_BUSY;
	feed_line(driver->trigger->output(device), true);
	run_for(100 * NS_PER_MS);
	assert_int_equal(collect_missing(collect, 0, GAP_MISSED), 1);
	stop_rig();
}

/* A frame of the child's in the middle of one of ours. */
static void test_a_write_between_two_parts(void **state)
{
	(void)state;
	begin();
	fake_rig_option(&config, "output", "out1");
	start_rig();
	fake_rig_feed(&peer, (const uint8_t *)"\0\7half", 6);
	feed_line(driver->trigger->output(device), true);
	assert_true(peer.high[RIG_OUT1]);
	assert_int_equal(peer.bad, 1);
	peer.bad = 0;
	stop_rig();
}

/* The link's descriptor: one end of a pair; `far` is the rig's. */
static int near = -1, far = -1;

static void plug_pair(void)
{
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	near = pair[0];
	far = pair[1];
}

static int descriptor_of_pair(const struct link *link)
{
	(void)link;
	return near;
}

/* The old number is free while it is away, and the campaign opens files meanwhile. */
static enum io reopen_as_another(struct link *link, int64_t deadline)
{
	enum io io = fake_rig_link_reopen(link, deadline);
	if (near >= 0)
		close(near);
	near = -1;
	if (io == IO_OK)
		plug_pair();
	return io;
}

static size_t arrived(void)
{
	char bytes[256];
	ssize_t n = read(far, bytes, sizeof bytes);
	return n > 0 ? (size_t)n : 0;
}

/* One run with its marks, whose journal is the next file that is opened. What is written for the line reaches the rig or nobody: never the
 * journal. */
static void marked_run(bool reaches)
{
	const struct line_out *mark = driver->trigger->mark(device), *output = driver->trigger->output(device);
	int journals[8];
	for (int i = 0; i < 8; i++)
		journals[i] = memfd_create("journal", MFD_CLOEXEC);
	for (int i = 0; i < 4; i++)
		assert_int_equal(line_set(i < 2 ? mark : output, i % 2 == 0) == 0, reaches);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(lseek(journals[i], 0, SEEK_END), 0);
		close(journals[i]);
	}
	assert_int_equal(arrived() > 0, reaches);
}

static void test_marks_after_an_unplug(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN); /* as the program does */
	struct link_ops ops = fake_rig_ops;
	ops.descriptor = descriptor_of_pair;
	ops.reopen = reopen_as_another;
	begin();
	peer.link.ops = &ops;
	plug_pair();
	fake_rig_option(&config, "output", "out1");
	fake_rig_option(&config, "mark", "out2");
	start_rig();
	run_for(NS_PER_S);
	int mark = driver->trigger->mark(device)->fd;
	assert_true(mark >= 0 && mark != near);
	marked_run(true);
	int old = far;
	peer.gone_from = fake.now;
	peer.gone_to = fake.now + 2 * NS_PER_S;
	shutdown(far, SHUT_RDWR); /* hung up */
	run_for(NS_PER_S);
	marked_run(false);
	run_for(3 * NS_PER_S);
	assert_true(far != old && driver->trigger->mark(device)->fd == mark); /* the launcher's copy of the number is good still */
	close(old);
	marked_run(true);
	marked_run(true);
	stop_rig();
	close(near);
	close(far);
	near = far = -1;
}

/* ---- what goes wrong ---- */

static void test_the_rig_says_what_it_lost(void **state)
{
	(void)state;
	begin();
	peer.lost.edges = 10; /* before anybody asked */
	start_rig();
	peer.lost.edges += 4;
	peer.lost.malformed = 1;
	fake_rig_send(&peer, RIG_LOST, 0, &peer.lost, sizeof peer.lost);
	run_for(100 * NS_PER_MS);
	assert_int_equal(collect_missing(collect, 0, GAP_OVERRUN), 4);
	fake_rig_send(&peer, RIG_LOST, 0, &peer.lost, sizeof peer.lost - 1); /* too short */
	fake_rig_send(&peer, 0x99, 0, "a newer device's", 16);
	fake_rig_send(&peer, RIG_REFUSED, 0, "", 1);
	run_for(100 * NS_PER_MS);
	assert_int_equal(collect_count(collect, RECORD_GAP, 0), 1);
	stop_rig();
}

static void reset_in_a_run(void)
{
	unsigned adc, s0;
	channel_named("rig.adc0", &adc);
	channel_named("rig.s0-in3", &s0);
	run_for(2 * NS_PER_S);
	fake_rig_reset(&peer);
	int before = collect_count(collect, RECORD_BLOCK, adc);
	run_for(2 * NS_PER_S);
	assert_int_equal(collect_count(collect, RECORD_GAP, 0), 1);
	const struct record_gap *gap = &collect_nth(collect, RECORD_GAP, 0, 0)->gap;
	assert_int_equal(gap->reason, GAP_RESET);
	assert_true(gap->from <= peer.began && gap->to >= peer.began && gap->to < peer.began + 700 * NS_PER_MS);
	assert_int_equal(collect_missing(collect, s0, GAP_RESET) > 0, true);
	assert_int_equal(collect_missing(collect, adc, GAP_RESET) > 100, true);
	assert_true(collect_count(collect, RECORD_BLOCK, adc) > before + 5); /* it goes on by itself */
	fake_rig_edge(&peer, RIG_IN1, true);
	run_for(100 * NS_PER_MS);
	assert_int_equal(edges_of("rig.input"), 1);
	assert_true(collect_nth(collect, RECORD_EDGE, 0, 0)->record.t < 3 * NS_PER_S);
}

/* Beginning anew shows in the reply to the next exchange. */
static void test_a_reset_in_mid_run(void **state)
{
	(void)state;
	begin_adc("1000", false);
	fake_rig_option(&config, "s0_in3", "1000");
	start_rig();
	reset_in_a_run();
	stop_rig();
}

/* One that answers all the same, since someone else said hello: its clock went back. */
static void test_a_clock_that_goes_back(void **state)
{
	(void)state;
	begin();
	start_rig();
	run_for(NS_PER_S);
	peer.began = fake.now;
	run_for(2 * NS_PER_S);
	assert_int_equal(collect_missing(collect, 0, GAP_RESET), 1);
	int64_t last = 0;
	for (int i = 0; i < collect_count(collect, RECORD_SYNC, 0); i++)
		last = collect_nth(collect, RECORD_SYNC, 0, i)->sync.arrived;
	assert_true(last < 3 * NS_PER_S);
	stop_rig();
}

static void test_silence(void **state)
{
	(void)state;
	begin();
	start_rig();
	run_for(NS_PER_S);
	int inputs = peer.commands[RIG_INPUT];
	peer.silent_from = fake.now;
	peer.silent_to = fake.now + 2 * NS_PER_S;
	run_for(5 * NS_PER_S);
	assert_in_range(collect_missing(collect, 0, GAP_TIMEOUT), 3, 12);
	const struct collected *first = collect_nth(collect, RECORD_GAP, 0, 0);
	assert_true(first->gap.from <= peer.silent_from + NS_PER_MS);
	assert_int_equal(collect_missing(collect, 0, GAP_RESET), 0);
	assert_int_equal(peer.commands[RIG_INPUT], inputs); /* it is as it was: nothing is set again */
	fake_rig_edge(&peer, RIG_IN1, true);
	run_for(100 * NS_PER_MS);
	assert_int_equal(edges_of("rig.input"), 1);
	stop_rig();
}

static void test_unplugged_and_back(void **state)
{
	(void)state;
	unsigned adc;
	begin_adc("1000", false);
	start_rig();
	channel_named("rig.adc0", &adc);
	run_for(NS_PER_S);
	peer.gone_from = fake.now;
	peer.gone_to = fake.now + 3 * NS_PER_S;
	run_for(2 * NS_PER_S);
	fake_rig_reset(&peer); /* it lost its power, too */
	int before = kept.n[adc];
	run_for(4 * NS_PER_S);
	assert_true(peer.reopens > 2 && peer.reopens < 20);
	assert_true(collect_missing(collect, 0, GAP_GONE) > 3);
	assert_int_equal(collect_missing(collect, 0, GAP_RESET), 1);
	assert_true(collect_missing(collect, adc, GAP_GONE) > 2000);
	assert_true(kept.n[adc] > before + 1000);
	stop_rig();
}

/* It was away for longer than it had been up: its clock does not go back, but it has counted one more reset. */
static void test_away_for_long(void **state)
{
	(void)state;
	begin();
	start_rig();
	run_for(NS_PER_S);
	peer.gone_from = fake.now;
	peer.gone_to = fake.now + 30 * NS_PER_S;
	run_for(NS_PER_S);
	fake_rig_reset(&peer);
	run_for(31 * NS_PER_S);
	assert_true(fake_rig_ticks(&peer) > 20000000);
	assert_int_equal(collect_missing(collect, 0, GAP_RESET), 1);
	stop_rig();
}

/* Gone and back without a reset: it thought its host had left, and stopped. */
static void test_back_without_a_reset(void **state)
{
	(void)state;
	begin();
	start_rig();
	run_for(NS_PER_S);
	int inputs = peer.commands[RIG_INPUT];
	peer.gone_from = fake.now;
	peer.gone_to = fake.now + NS_PER_S;
	run_for(3 * NS_PER_S);
	assert_int_equal(collect_missing(collect, 0, GAP_RESET), 0);
	assert_true(collect_missing(collect, 0, GAP_GONE) > 1);
	assert_int_equal(peer.commands[RIG_INPUT], inputs + 1);
	peer.lost.host_left++;
	fake_rig_send(&peer, RIG_LOST, 0, &peer.lost, sizeof peer.lost);
	run_for(NS_PER_S);
	assert_int_equal(peer.commands[RIG_INPUT], inputs + 2);
	stop_rig();
}

static void test_another_rig_in_its_place(void **state)
{
	(void)state;
	begin();
	start_rig();
	run_for(NS_PER_S);
	fake_rig_reset(&peer);
	memcpy(peer.identity.serial, "SIM0009", 8);
	run_for(3 * NS_PER_S);
	assert_int_equal(peer.watch[RIG_IN1], RIG_WATCH_OFF);
	assert_true(collect_missing(collect, 0, GAP_TIMEOUT) > 3);
	memcpy(peer.identity.serial, "SIM0001", 8);
	run_for(NS_PER_S);
	assert_int_equal(peer.watch[RIG_IN1], RIG_WATCH_EDGES);
	stop_rig();
}

/* Refused while it is set up again: tried again. */
static void test_refused_on_the_way_back(void **state)
{
	(void)state;
	begin();
	start_rig();
	run_for(NS_PER_S);
	fake_rig_reset(&peer);
	peer.refuse = RIG_INPUT;
	peer.reason = RIG_BUSY;
	run_for(3 * NS_PER_S);
	assert_int_equal(peer.watch[RIG_IN1], RIG_WATCH_OFF);
	peer.refuse = 0;
	run_for(NS_PER_S);
	assert_int_equal(peer.watch[RIG_IN1], RIG_WATCH_EDGES);
	fake_rig_edge(&peer, RIG_IN1, true);
	run_for(100 * NS_PER_MS);
	assert_int_equal(edges_of("rig.input"), 1);
	stop_rig();
}

/* It began anew while its answers were late, and then refuses a part of what it is set up with: until it takes all of it, it does
 * not run. */
static void refused_after_a_reset(uint8_t command)
{
	unsigned adc;
	begin_adc("1000", false);
	start_rig();
	channel_named("rig.adc0", &adc);
	run_for(NS_PER_S);
	peer.silent_from = fake.now;
	peer.silent_to = fake.now + 1500 * NS_PER_MS;
	run_for(700 * NS_PER_MS);
	fake_rig_reset(&peer);
	run_for(800 * NS_PER_MS);
	peer.refuse = command;
	peer.reason = RIG_BUSY;
	run_for(NS_PER_S);
	peer.refuse = 0;
	int before = kept.n[adc];
	run_for(3 * NS_PER_S);
	assert_int_equal(peer.watch[RIG_IN1], RIG_WATCH_EDGES);
	assert_true(kept.n[adc] > before + 2000);
	assert_true(collect_missing(collect, adc, GAP_RESET) > 0);
	fake_rig_edge(&peer, RIG_IN1, true);
	run_for(100 * NS_PER_MS);
	assert_int_equal(edges_of("rig.input"), 1);
	stop_rig();
}

static void test_what_is_refused_after_a_reset(void **state)
{
	(void)state;
	static const uint8_t commands[] = { RIG_STOP, RIG_STATUS, RIG_INPUT, RIG_ADC_START };
	for (size_t i = 0; i < sizeof commands; i++)
		refused_after_a_reset(commands[i]);
}

static void test_replies_stop(void **state)
{
	(void)state;
	unsigned adc;
	begin_adc("1000", false);
	start_rig();
	channel_named("rig.adc0", &adc);
	run_for(NS_PER_S);
	peer.deaf_from = fake.now;
	peer.deaf_to = fake.now + NS_PER_S;
	run_for(3 * NS_PER_S);
	assert_true(collect_missing(collect, 0, GAP_TIMEOUT) >= 1);
	assert_true(kept.n[adc] >= 3900); /* what streamed meanwhile is kept */
	stop_rig();
}

static void check_exchanges(void)
{
	for (int i = 0; i < collect_count(collect, RECORD_SYNC, 0); i++) {
		const struct record_sync *sync = &collect_nth(collect, RECORD_SYNC, 0, i)->sync;
		assert_true(peer.began + sync->arrived >= sync->sent - 1000 && peer.began + sync->answered <= sync->received);
	}
}

/* A host that is busy hears of everything later: that is no silence. */
static void test_late_answers(void **state)
{
	(void)state;
	begin();
	start_rig();
	run_for(NS_PER_S);
	int before = collect_count(collect, RECORD_SYNC, 0);
	assert_in_range(before, 8, 12);
	run_for(NS_PER_S); /* the burst is over */
	peer.late = 400 * NS_PER_MS;
	run_for(10 * NS_PER_S);
	assert_in_range(collect_count(collect, RECORD_SYNC, 0) - before, 10, 25);
	assert_int_equal(collect_count(collect, RECORD_GAP, 0), 0);
	check_exchanges();
	assert_true(collect_nth(collect, RECORD_SYNC, 0, collect_count(collect, RECORD_SYNC, 0) - 1)->sync.sent < fake.now - 400 * NS_PER_MS);
	peer.late = 0;
	run_for(NS_PER_S);
	stop_rig();
}

/* Later than that it is lost, and asked who it is; what comes then is the answer to that, and an old one answers nothing. */
static void test_answers_that_are_too_late(void **state)
{
	(void)state;
	begin();
	start_rig();
	run_for(2 * NS_PER_S);
	peer.late = 2 * NS_PER_S;
	while (peer.n_later == 0)
		run_for(10 * NS_PER_MS);
	peer.late = 500 * NS_PER_MS; /* of HELLO, and then of the next exchange, which is under way when the first one's answer comes */
	run_for(5 * NS_PER_S);
	assert_in_range(collect_missing(collect, 0, GAP_TIMEOUT), 1, 6);
	assert_in_range(peer.commands[RIG_HELLO], 2, 3);
	assert_int_equal(collect_missing(collect, 0, GAP_RESET), 0);
	check_exchanges();
	fake_rig_edge(&peer, RIG_IN1, true);
	run_for(100 * NS_PER_MS);
	assert_int_equal(edges_of("rig.input"), 1);
	peer.late = 0;
	run_for(2 * NS_PER_S);
	stop_rig();
}

/* One that talks faster than it is listened to holds nobody beyond his deadline. */
static void test_a_babbler(void **state)
{
	(void)state;
	for (int babbles = FAKE_RIG_NOISE; babbles <= FAKE_RIG_FRAMES; babbles++) {
		struct error error = ERROR_INIT;
		begin();
		start_rig();
		run_for(NS_PER_S);
		peer.babbles = babbles;
		run_for(3 * NS_PER_S);
		peer.deaf_from = 0;
		peer.deaf_to = INT64_MAX;
		run_for(3 * NS_PER_S);
		int64_t before = fake.now;
		driver->stop(device, &error);
		assert_true(fake.now - before < 3 * NS_PER_S);
		driver->close(device);
		begin();
		peer.babbles = babbles;
		peer.deaf_to = INT64_MAX;
		before = fake.now;
		assert_null(driver->open(&config, &peer.link, &fake.timebase, &error));
		assert_true(fake.now - before < 8 * NS_PER_S);
	}
}

/* What its number says of frames before it is told, though somebody waited for it. */
static void test_a_hole_before_an_answer(void **state)
{
	(void)state;
	unsigned s0;
	begin();
	fake_rig_option(&config, "s0_in3", "1000");
	start_rig();
	channel_named("rig.s0-in3", &s0);
	run_for(NS_PER_S);
	peer.drop = 1;
	fake.now = peer.counts_at + NS_PER_MS; /* the last counts, which nobody gets */
	stop_rig();
	assert_int_equal(peer.drop, 0);
	assert_int_equal(collect_missing(collect, s0, GAP_OVERRUN), 1);
}

/* With lines alone nothing is streamed that could tell of a reset: the exchanges do, so that the next run's line is set. */
static void test_a_reset_of_lines_alone(void **state)
{
	(void)state;
	begin();
	fake_rig_option(&config, "input", "none");
	fake_rig_option(&config, "output", "out1");
	start_rig();
	run_for(NS_PER_S);
	fake_rig_reset(&peer);
	run_for(2 * NS_PER_S);
	feed_line(driver->trigger->output(device), true);
	assert_true(peer.high[RIG_OUT1]);
	run_for(NS_PER_S);
	driver->sample(device, &kept.sink);
	assert_int_equal(collect_count(collect, RECORD_SYNC, 0), 0); /* they are of no channel */
	stop_rig();
}

static void test_stop_of_what_has_gone(void **state)
{
	(void)state;
	begin();
	start_rig();
	peer.gone_from = fake.now;
	peer.gone_to = INT64_MAX;
	run_for(NS_PER_S);
	struct error error = ERROR_INIT;
	assert_int_equal(driver->stop(device, &error), -1);
	assert_int_equal(error.code, ERROR_GONE);
	driver->sample(device, &kept.sink);
	driver->close(device);
}

/* ---- finding it ---- */

static void test_probe(void **state)
{
	(void)state;
	struct identity identity;
	struct error error = ERROR_INIT;
	begin();
	assert_int_equal(driver->probe(&peer.link, &fake.timebase, &config, &identity, &error), 0);
	assert_string_equal(identity.serial, "SIM0001");
	begin();
	peer.identity.wire_major = 9;
	assert_int_equal(driver->probe(&peer.link, &fake.timebase, &config, &identity, &error), -1);
	assert_int_equal(error.code, ERROR_UNSUPPORTED);
	assert_non_null(strstr(error.remedy, "flash-rig"));
}

static void test_claims(void **state)
{
	(void)state;
	struct finding finding = { .vendor = 0x1209, .product = 1, .maker = "joulerig" };
	assert_true(driver->claims(&finding));
	finding.product = 2;
	assert_false(driver->claims(&finding));
	finding = (struct finding){ .vendor = 0x1209, .product = 1, .maker = "somebody" };
	assert_false(driver->claims(&finding));
	finding = (struct finding){ .vendor = 0x2e8a, .product = 1, .maker = "joulerig" };
	assert_false(driver->claims(&finding));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_a_real_one_and_one_that_says_it_is_none),
		cmocka_unit_test(test_another_version),
		cmocka_unit_test(test_a_newer_minor_version),
		cmocka_unit_test(test_who_is_no_rig),
		cmocka_unit_test(test_another_serial_number),
		cmocka_unit_test(test_parts_that_it_lacks),
		cmocka_unit_test(test_opening_amid_noise),
		cmocka_unit_test(test_the_second_hello),
		cmocka_unit_test(test_options_that_cannot_be),
		cmocka_unit_test(test_what_is_measured_must_be_clear),
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_inputs_as_the_board_has_them),
		cmocka_unit_test(test_an_input_that_is_inverted),
		cmocka_unit_test(test_the_stamp_of_an_output_as_input),
		cmocka_unit_test(test_edges_that_are_missing),
		cmocka_unit_test(test_numbers_turn_over),
		cmocka_unit_test(test_exchanges),
		cmocka_unit_test(test_exchanges_about_an_edge),
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_the_axis_is_the_rigs),
		cmocka_unit_test(test_lost_sets),
		cmocka_unit_test(test_frames_that_the_host_did_not_take),
		cmocka_unit_test(test_frames_that_are_garbled),
		cmocka_unit_test(test_blocks_that_say_what_is_wrong),
		cmocka_unit_test(test_the_lower_end_of_the_range),
		cmocka_unit_test(test_an_axis_that_slips),
		cmocka_unit_test(test_blocks_that_are_none),
		cmocka_unit_test(test_pulses),
		cmocka_unit_test(test_power),
		cmocka_unit_test(test_calibrations),
		cmocka_unit_test(test_current_at_the_end_of_its_range),
		cmocka_unit_test(test_a_calibration_that_does_not_hold),
		cmocka_unit_test(test_refusals_at_the_start),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_the_gate_follows_the_output),
		cmocka_unit_test(test_a_line_that_is_refused),
		cmocka_unit_test(test_a_write_between_two_parts),
		cmocka_unit_test(test_marks_after_an_unplug),
		cmocka_unit_test(test_the_rig_says_what_it_lost),
		cmocka_unit_test(test_a_reset_in_mid_run),
		cmocka_unit_test(test_a_clock_that_goes_back),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_unplugged_and_back),
		cmocka_unit_test(test_away_for_long),
		cmocka_unit_test(test_back_without_a_reset),
		cmocka_unit_test(test_another_rig_in_its_place),
		cmocka_unit_test(test_refused_on_the_way_back),
		cmocka_unit_test(test_what_is_refused_after_a_reset),
		cmocka_unit_test(test_replies_stop),
		cmocka_unit_test(test_late_answers),
		cmocka_unit_test(test_answers_that_are_too_late),
		cmocka_unit_test(test_a_babbler),
		cmocka_unit_test(test_a_hole_before_an_answer),
		cmocka_unit_test(test_a_reset_of_lines_alone),
		cmocka_unit_test(test_stop_of_what_has_gone),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_claims),
	};
	return cmocka_run_group_tests_name("rig", tests, NULL, NULL);
}
