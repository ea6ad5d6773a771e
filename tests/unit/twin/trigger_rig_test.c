/* The modelled trigger rig: what it answers, what it streams, its clock, and what it is wired to. */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "twin.h"
#include "unit.h"

#define START (1000 * NS_PER_S)

static struct rig_config config;
static struct model_config machine;
static struct load load;
static struct load_step steps[1];
static struct model *model;
static struct twin_rig rig;
static int64_t now;
static uint8_t seen[100000];
static size_t n_seen, taken;

static void begin(void)
{
	struct error error = ERROR_INIT;
	machine = (struct model_config){ .packages = 1, .cores = 4, .idle = 20, .per_core = 10, .platform = 80, .supply_lag = 1e-3, .fan_tau = 1,
					 .thermal_tau = 1, .ripple_tau = 1 };
	steps[0] = (struct load_step){ .at = 0 };
	load_init(&load, steps, 1, START);
	model_free(model);
	model = model_new(&machine, &load, 1, START, &error);
	assert_non_null(model);
	config = (struct rig_config){ .uptime = 50, .stamp = 0, .answer = 100e-6, .pulse = 30e-3, .voltage_scale = 0.2, .current_scale = 0.005,
				      .shunt = 0.005, .rail = 12, .mains = 230, .frequency = 50, .serial = "SIM5" };
	n_seen = taken = 0;
	now = START;
}

static void start(void)
{
	twin_rig_init(&rig, &config, model, 7, START);
}

static void pass(int64_t ns)
{
	for (int64_t until = now + ns; now < until;) {
		now = until - now < NS_PER_S ? until : now + NS_PER_S;
		model_advance(model, now);
		twin_rig_advance(&rig, now);
		n_seen += twin_rig_take(&rig, now, seen + n_seen, sizeof seen - n_seen);
	}
}

static void say(uint8_t type, uint32_t tag, const void *payload, size_t size)
{
	const struct rig_head head = { .type = type, .tag = tag };
	uint8_t bytes[300];
	twin_rig_feed(&rig, now, bytes, rig_outlet(bytes, &head, payload, size));
	pass(NS_PER_MS);
}

/* The next frame of that type; what is before it is passed over. */
static size_t hear(uint8_t type, uint32_t *tag, void *payload, size_t size)
{
	static struct rig_intake intake;
	size_t length;
	struct rig_head head;
	rig_intake_begin(&intake);
	while (taken < n_seen)
		if (rig_intake(&intake, seen[taken++], &length) == INTAKE_COMMAND) {
			memcpy(&head, intake.body, sizeof head);
			if (head.type != type)
				continue;
			if (tag)
				*tag = head.tag;
			memcpy(payload, intake.body + sizeof head, length < size ? length : size);
			return length;
		}
	return 0;
}

static void greet(void)
{
	const struct rig_hello hello = { .magic = RIG_MAGIC, .wire_major = RIG_WIRE_MAJOR };
	struct rig_identity identity;
	say(RIG_HELLO, 3, &hello, sizeof hello);
	assert_int_equal(hear(RIG_HELLO | RIG_REPLY, NULL, &identity, sizeof identity), sizeof identity);
	assert_int_equal(identity.magic, RIG_MAGIC);
	assert_string_equal(identity.serial, "SIM5");
	assert_true(identity.capabilities & RIG_IS_SIMULATED);
}

static void refused_with(uint8_t reason)
{
	struct rig_refused refused = { .reason = 0 };
	assert_true(hear(RIG_REFUSED, NULL, &refused, sizeof refused) > 0);
	assert_int_equal(refused.reason, reason);
}

static void frames_of_every_length(void **state)
{
	(void)state;
	for (size_t size = 0; size <= RIG_PAYLOAD_MAX; size++) {
		uint8_t payload[RIG_PAYLOAD_MAX], bytes[RIG_FRAME_MAX + 1];
		struct rig_intake intake;
		const struct rig_head head = { .type = 9, .tag = 77, .sequence = 256 };
		size_t length = 999;
		memset(payload, size % 2 ? 0 : 7, sizeof payload);
		size_t n = rig_outlet(bytes, &head, payload, size);
		assert_int_equal(n, sizeof head + size + 4 + 2);
		rig_intake_begin(&intake);
		for (size_t i = 0; i + 1 < n; i++) {
			assert_true(bytes[i] != 0);
			assert_int_equal(rig_intake(&intake, bytes[i], &length), INTAKE_MORE);
		}
		assert_int_equal(rig_intake(&intake, 0, &length), INTAKE_COMMAND);
		assert_int_equal(length, size);
		assert_memory_equal(intake.body + sizeof head, payload, size);
		bytes[size / 2 + 3] ^= 0x20;
		for (size_t i = 0; i + 1 < n; i++)
			if (bytes[i] != 0)
				rig_intake(&intake, bytes[i], &length);
		assert_int_equal(rig_intake(&intake, 0, &length), INTAKE_MALFORMED);
	}
}

static void what_is_not_taken(void **state)
{
	(void)state;
	begin();
	start();
	const struct rig_hello newer = { .magic = RIG_MAGIC, .wire_major = RIG_WIRE_MAJOR + 1 };
	say(RIG_SYNC, 4, NULL, 0);
	refused_with(RIG_VERSION);
	say(RIG_HELLO, 4, &newer, sizeof newer);
	refused_with(RIG_VERSION);
	greet();
	say(RIG_HELLO, 4, &newer, 3);
	refused_with(RIG_LENGTH);
	say(0x3e, 4, NULL, 0);
	refused_with(RIG_UNKNOWN);
	twin_rig_feed(&rig, now, "\5noise\0", 7);
	pass(NS_PER_MS);
	refused_with(RIG_MALFORMED);
	struct rig_lost lost;
	say(RIG_STATUS, 5, NULL, 0);
	assert_true(hear(RIG_STATUS | RIG_REPLY, NULL, &lost, sizeof lost) == sizeof lost);
	assert_int_equal(lost.malformed, 1);
}

static void its_clock(void **state)
{
	(void)state;
	begin();
	config.drift = 100e-6;
	config.step_at = 10;
	config.step_by = 2e-3;
	start();
	assert_int_equal(twin_rig_ticks(&rig, START), 50005000);
	assert_int_equal(twin_rig_ticks(&rig, START + 5 * NS_PER_S), 55005500);
	assert_int_equal(twin_rig_ticks(&rig, START + 20 * NS_PER_S), 70009000);
	greet();
	struct rig_sync sync;
	pass(NS_PER_S);
	say(RIG_SYNC, 9, NULL, 0);
	uint32_t tag;
	hear(RIG_SYNC | RIG_REPLY, &tag, &sync, sizeof sync);
	assert_int_equal(tag, 9);
	assert_in_range(sync.sent - sync.received, 99, 101);
}

static void lines_and_outputs(void **state)
{
	(void)state;
	begin();
	config.inputs[0] = SOURCE_OUT1;
	config.inputs[1] = SOURCE_LINE;
	start();
	greet();
	for (uint8_t i = 0; i < 2; i++) {
		const struct rig_input input = { .line = i, .watch = RIG_WATCH_EDGES };
		say(RIG_INPUT, 5, &input, sizeof input);
	}
	const struct rig_set_output high = { .line = RIG_OUT1, .high = 1 };
	struct rig_edge edges[3];
	say(RIG_SET_OUTPUT, RIG_QUIET | 1, &high, sizeof high);
	assert_true(twin_line_level(&rig.outputs[0]));
	assert_true(twin_rig_plan_line(&rig, now + 3000, true) && twin_rig_plan_line(&rig, now + 9000, false));
	twin_rig_forget(&rig, now + 8000);
	int64_t planned = now + 3000;
	pass(NS_PER_MS);
	assert_true(hear(RIG_EDGES, NULL, &edges[0], sizeof edges[0]) && hear(RIG_EDGES, NULL, &edges[1], sizeof edges[1]));
	assert_true(edges[0].line == RIG_OUT1 && edges[1].line == RIG_IN1 && edges[0].high && edges[1].high);
	assert_true(hear(RIG_EDGES, NULL, &edges[2], sizeof edges[2]));
	assert_int_equal(edges[2].line, RIG_IN2);
	assert_int_equal(edges[2].ticks, twin_rig_ticks(&rig, planned));
	assert_int_equal(hear(RIG_EDGES, NULL, &edges[2], sizeof edges[2]), 0);
	say(RIG_STOP, 6, NULL, 0);
	assert_false(twin_line_level(&rig.outputs[0]));
}

static void pulses_of_the_wall(void **state)
{
	(void)state;
	begin();
	config.inputs[2] = SOURCE_S0;
	config.per_kwh = 3.6e6; /* one a joule */
	config.pulse = 1e-3;
	start();
	greet();
	const struct rig_input input = { .line = RIG_IN3, .watch = RIG_WATCH_COUNT };
	const struct rig_count_start counts = { .period_us = 1000000 };
	say(RIG_INPUT, 5, &input, sizeof input);
	int64_t from = model_energy(model, QUANTITY_WALL, now);
	say(RIG_COUNT_START, 6, &counts, sizeof counts);
	pass(20 * NS_PER_S);
	struct rig_counts told = { .ticks = 0 }, one;
	while (hear(RIG_COUNTS, NULL, &one, sizeof one))
		told = one;
	double joules = (double)(model_energy(model, QUANTITY_WALL, now) - from) * 1e-9;
	assert_near(told.inputs[2].pulses, joules, 110); /* the last period aside */
	assert_true(told.inputs[2].pulses > 1000 && told.inputs[0].pulses == 0);
	assert_true(told.inputs[2].last <= told.ticks && told.inputs[2].last + 100000 > told.ticks);
}

static void what_the_host_does_not_take(void **state)
{
	(void)state;
	begin();
	start();
	greet();
	const struct rig_adc_start adc = { .rate = 20000, .channels = 3 };
	say(RIG_ADC_START, 5, &adc, sizeof adc);
	say(RIG_ADC_START, 5, &adc, sizeof adc);
	refused_with(RIG_BUSY);
	for (int i = 0; i < 5; i++) { /* nobody reads */
		now += NS_PER_S;
		model_advance(model, now);
		twin_rig_advance(&rig, now);
	}
	assert_true(rig.lost.frames > 100 && rig.lost.sets > 1000);
	n_seen = taken = 0;
	pass(NS_PER_MS); /* what waited */
	pass(100 * NS_PER_MS);
	uint8_t payload[RIG_PAYLOAD_MAX];
	struct rig_samples block = { .first = 0 };
	uint64_t next = 0, holes = 0;
	while (hear(RIG_SAMPLES, NULL, payload, sizeof payload)) {
		memcpy(&block, payload, sizeof block);
		holes += next ? block.first - next : 0;
		next = block.first + block.sets;
	}
	assert_int_equal(holes, rig.lost.sets);
}

static void resets(void **state)
{
	(void)state;
	begin();
	start();
	greet();
	const struct rig_set_output high = { .line = RIG_OUT2, .high = 1 };
	const struct rig_reset reset = { .magic = RIG_MAGIC, .to = RIG_RESET_HANG }, accident = { .magic = 1 };
	say(RIG_SET_OUTPUT, 5, &high, sizeof high);
	say(RIG_RESET, 6, &accident, sizeof accident);
	refused_with(RIG_VALUE);
	say(RIG_RESET, 6, &reset, sizeof reset);
	assert_false(twin_line_level(&rig.outputs[1]));
	assert_true(twin_rig_ticks(&rig, now) < 2000);
	say(RIG_SYNC, 7, NULL, 0);
	refused_with(RIG_VERSION);
	greet();
	assert_int_equal(rig.boots, 2);
	assert_int_equal(rig.boot_reason, RIG_BOOT_WATCHDOG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_of_every_length), cmocka_unit_test(what_is_not_taken),          cmocka_unit_test(its_clock),
		cmocka_unit_test(lines_and_outputs),      cmocka_unit_test(pulses_of_the_wall),         cmocka_unit_test(what_the_host_does_not_take),
		cmocka_unit_test(resets),
	};
	int result = cmocka_run_group_tests_name("trigger_rig", tests, NULL, NULL);
	model_free(model);
	return result;
}
