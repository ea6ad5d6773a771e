/* Every command: done, refused with the field that is at fault, or later; each answered once. */
#include "unit.h"

#include "commands.h"
#include "inbox.h"

#define TAG UINT32_C(0x1234)

static struct commands commands;
static struct outbox outbox;
static struct outbox_slot slots[16];
static struct inbox inbox;
static struct {
	int calls;
	uint8_t type;          /* of the last op called */
	uint8_t command[32];   /* that it was given */
	unsigned running;
	enum outcome outcome;
} fake;

static enum outcome called(uint8_t type, const void *command, size_t size, struct rig_refused *refused)
{
	fake.calls++;
	fake.type = type;
	if (size)
		memcpy(fake.command, command, size);
	if (fake.outcome == OUTCOME_REFUSED)
		*refused = (struct rig_refused){ .reason = RIG_NOT_PRESENT, .offset = 3, .limit = 77 };
	return fake.outcome;
}

static unsigned running(void *self)
{
	assert_ptr_equal(self, &fake);
	return fake.running;
}

#define OP_IN(name, type)                                                                                                     \
	static enum outcome name(void *self, const struct rig_##name *c, struct rig_refused *refused)                         \
	{                                                                                                                     \
		assert_ptr_equal(self, &fake);                                                                                \
		return called(type, c, sizeof *c, refused);                                                                   \
	}
#define OP_BOTH(name, type, out)                                                                                              \
	static enum outcome name(void *self, const struct rig_##name *c, struct out *reply, struct rig_refused *refused)      \
	{                                                                                                                     \
		assert_ptr_equal(self, &fake);                                                                                \
		memset(reply, type, sizeof *reply);                                                                           \
		return called(type, c, sizeof *c, refused);                                                                   \
	}
#define OP_OUT(name, type, out)                                                                                               \
	static enum outcome name(void *self, struct out *reply, struct rig_refused *refused)                                  \
	{                                                                                                                     \
		assert_ptr_equal(self, &fake);                                                                                \
		memset(reply, type, sizeof *reply);                                                                           \
		return called(type, NULL, 0, refused);                                                                        \
	}
#define OP(name, type)                                                                                                        \
	static enum outcome name(void *self, struct rig_refused *refused)                                                     \
	{                                                                                                                     \
		assert_ptr_equal(self, &fake);                                                                                \
		return called(type, NULL, 0, refused);                                                                        \
	}
OP_BOTH(hello, RIG_HELLO, rig_identity)
OP_BOTH(set_output, RIG_SET_OUTPUT, rig_output_set)
OP_IN(input, RIG_INPUT)
OP_BOTH(adc_start, RIG_ADC_START, rig_adc_started)
OP(adc_stop, RIG_ADC_STOP)
OP_BOTH(power_start, RIG_POWER_START, rig_power_started)
OP(power_stop, RIG_POWER_STOP)
OP_IN(count_start, RIG_COUNT_START)
OP(count_stop, RIG_COUNT_STOP)
OP_OUT(status, RIG_STATUS, rig_lost)
OP_OUT(self_test, RIG_SELF_TEST, rig_self_test)
OP(stop, RIG_STOP)
OP_IN(reset, RIG_RESET)

static const struct command_ops ops = { running, hello, set_output, input, adc_start, adc_stop, power_start, power_stop,
					count_start, count_stop, status, self_test, stop, reset };

/* One of each that is fine. */
static const struct rig_hello good_hello = { RIG_MAGIC, RIG_WIRE_MAJOR, RIG_WIRE_MINOR };
static const struct rig_set_output good_output = { .line = RIG_OUT2, .high = 1 };
static const struct rig_input good_input = { .line = RIG_IN4, .watch = RIG_WATCH_COUNT, .inverted = 1, .settle_us = 30000 };
static const struct rig_adc_start good_adc = { .rate = 50000, .channels = 3 };
static const struct rig_power_start good_power = { .period_us = 10000, .shunt_cal = 4096, .adc_config = 0xfb68 };
static const struct rig_count_start good_count = { .period_us = 1000000 };
static const struct rig_reset good_reset = { RIG_MAGIC, RIG_RESET_RUN };

static const struct good {
	uint8_t type;
	const void *payload;
	size_t size, reply;
} good[] = {
	{ RIG_HELLO, &good_hello, sizeof good_hello, sizeof(struct rig_identity) },
	{ RIG_SYNC, NULL, 0, sizeof(struct rig_sync) },
	{ RIG_SET_OUTPUT, &good_output, sizeof good_output, sizeof(struct rig_output_set) },
	{ RIG_INPUT, &good_input, sizeof good_input, 0 },
	{ RIG_ADC_START, &good_adc, sizeof good_adc, sizeof(struct rig_adc_started) },
	{ RIG_ADC_STOP, NULL, 0, 0 },
	{ RIG_POWER_START, &good_power, sizeof good_power, sizeof(struct rig_power_started) },
	{ RIG_POWER_STOP, NULL, 0, 0 },
	{ RIG_COUNT_START, &good_count, sizeof good_count, 0 },
	{ RIG_COUNT_STOP, NULL, 0, 0 },
	{ RIG_STATUS, NULL, 0, sizeof(struct rig_lost) },
	{ RIG_SELF_TEST, NULL, 0, sizeof(struct rig_self_test) },
	{ RIG_STOP, NULL, 0, 0 },
	{ RIG_RESET, &good_reset, sizeof good_reset, 0 },
};
#define N_GOOD (sizeof good / sizeof good[0])

static void take(uint8_t type, uint32_t tag, const void *payload, size_t size)
{
	_Alignas(8) uint8_t aligned[RIG_PAYLOAD_MAX] = {0};
	struct rig_head head = { .type = type, .tag = tag };
	if (size)
		memcpy(aligned, payload, size);
	assert_true(commands_ready(&commands));
	commands_take(&commands, &head, aligned, size, 123456789);
}

/* All that came back; NULL: nothing. */
static const struct inbox_frame *answered(void)
{
	inbox_drain(&inbox, &outbox, 987654321);
	return inbox_next(&inbox);
}

static void expect_refused(uint8_t type, enum rig_reason reason, uint16_t offset, uint32_t limit)
{
	const struct inbox_frame *frame = answered();
	assert_non_null(frame);
	const struct rig_refused *refused = (const void *)frame->payload;
	assert_int_equal(frame->head.type, RIG_REFUSED);
	assert_int_equal(frame->head.tag, TAG);
	assert_int_equal(frame->size, sizeof *refused);
	assert_int_equal(refused->command, type);
	assert_int_equal(refused->reason, reason);
	assert_int_equal(refused->offset, offset);
	assert_int_equal(refused->limit, limit);
	assert_null(answered());
}

static void expect_reply(const struct good *command)
{
	const struct inbox_frame *frame = answered();
	assert_non_null(frame);
	assert_int_equal(frame->head.type, command->type | RIG_REPLY);
	assert_int_equal(frame->head.tag, TAG);
	assert_int_equal(frame->size, command->reply);
	if (command->type != RIG_SYNC)
		for (size_t i = 0; i < frame->size; i++)
			assert_int_equal(frame->payload[i], command->type);
	assert_null(answered());
}

static int begin(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof fake);
	memset(&inbox, 0, sizeof inbox);
	outbox_init(&outbox, slots, 16);
	commands_init(&commands, &ops, &fake, &outbox);
	return 0;
}

static int begin_greeted(void **state)
{
	begin(state);
	take(RIG_HELLO, TAG, &good_hello, sizeof good_hello);
	expect_reply(&good[0]);
	fake.calls = 0;
	return 0;
}

static void each_is_done_and_answered_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_GOOD; i++) {
		take(good[i].type, TAG, good[i].payload, good[i].size);
		expect_reply(&good[i]);
		if (good[i].type == RIG_SYNC)
			continue;
		assert_int_equal(fake.type, good[i].type);
		assert_memory_equal(fake.command, good[i].payload ? good[i].payload : fake.command, good[i].size);
	}
	assert_int_equal(fake.calls, N_GOOD - 1);
	assert_int_equal(commands.refused, 0);
}

static void sync_tells_both_instants(void **state)
{
	(void)state;
	take(RIG_SYNC, TAG, NULL, 0);
	const struct rig_sync *sync = (const void *)answered()->payload;
	assert_int_equal(sync->received, 123456789);
	assert_int_equal(sync->sent, 987654321);
}

static void a_quiet_one_is_answered_only_if_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_GOOD; i++) {
		take(good[i].type, TAG | RIG_QUIET, good[i].payload, good[i].size);
		assert_null(answered());
	}
	assert_int_equal(fake.calls, N_GOOD - 1);
	take(RIG_SET_OUTPUT, TAG | RIG_QUIET, "\0\0\0", 4);
	const struct inbox_frame *frame = answered();
	assert_int_equal(frame->head.type, RIG_REFUSED);
	assert_int_equal(frame->head.tag, TAG | RIG_QUIET);
	fake.outcome = OUTCOME_LATER;
	take(RIG_STATUS, TAG | RIG_QUIET, NULL, 0);
	commands_answer(&commands, &fake);
	assert_null(answered());
}

static void nothing_before_hello(void **state)
{
	struct rig_hello hello = good_hello;
	(void)state;
	begin(NULL);
	for (size_t i = 1; i < N_GOOD; i++) {
		take(good[i].type, TAG, good[i].payload, good[i].size);
		expect_refused(good[i].type, RIG_VERSION, 0, RIG_WIRE_MAJOR);
	}
	take(0x3f, TAG, NULL, 0);
	expect_refused(0x3f, RIG_VERSION, 0, RIG_WIRE_MAJOR);
	hello.wire_major = RIG_WIRE_MAJOR + 1;
	take(RIG_HELLO, TAG, &hello, sizeof hello);
	expect_refused(RIG_HELLO, RIG_VERSION, 4, RIG_WIRE_MAJOR);
	hello.wire_major = RIG_WIRE_MAJOR - 1;
	take(RIG_HELLO, TAG, &hello, sizeof hello);
	expect_refused(RIG_HELLO, RIG_VERSION, 4, RIG_WIRE_MAJOR);
	take(RIG_STATUS, TAG, NULL, 0);
	expect_refused(RIG_STATUS, RIG_VERSION, 0, RIG_WIRE_MAJOR);
	assert_int_equal(fake.calls, 0);
	hello = good_hello;
	hello.wire_minor = RIG_WIRE_MINOR + 7;
	take(RIG_HELLO, TAG, &hello, sizeof hello);
	expect_reply(&good[0]);
	take(RIG_STATUS, TAG, NULL, 0);
	expect_reply(&good[10]);
	commands_host_left(&commands); /* the next is another one */
	take(RIG_STATUS, TAG, NULL, 0);
	expect_refused(RIG_STATUS, RIG_VERSION, 0, RIG_WIRE_MAJOR);
}

static void a_hello_that_fails_ends_the_talk(void **state)
{
	struct rig_hello hello = good_hello;
	(void)state;
	hello.magic++;
	take(RIG_HELLO, TAG, &hello, sizeof hello);
	expect_refused(RIG_HELLO, RIG_VALUE, 0, RIG_MAGIC);
	take(RIG_STATUS, TAG, NULL, 0);
	expect_refused(RIG_STATUS, RIG_VERSION, 0, RIG_WIRE_MAJOR);
}

static void what_is_no_command_is_unknown(void **state)
{
	(void)state;
	for (int type = 0; type < 256; type++) {
		bool known = type >= RIG_HELLO && type <= RIG_RESET;
		if (known)
			continue;
		take((uint8_t)type, TAG, "0123456789abcdefghijklmnopqrstuvwxyz", 36);
		expect_refused((uint8_t)type, RIG_UNKNOWN, 0, 0);
	}
	assert_int_equal(fake.calls, 0);
	assert_int_equal(commands.refused, 256 - N_GOOD);
}

static void a_longer_payload_is_taken_a_shorter_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_GOOD; i++) {
		uint8_t payload[RIG_PAYLOAD_MAX];
		memset(payload, 0xee, sizeof payload);
		if (good[i].size)
			memcpy(payload, good[i].payload, good[i].size);
		take(good[i].type, TAG, payload, good[i].size + 1);
		expect_reply(&good[i]);
		take(good[i].type, TAG, payload, sizeof payload);
		expect_reply(&good[i]);
		for (size_t size = 0; size < good[i].size; size++) {
			take(good[i].type, TAG, payload, size);
			expect_refused(good[i].type, RIG_LENGTH, (uint16_t)size, (uint32_t)good[i].size);
		}
	}
}

/* A good command with one field changed: where, how wide, to what, and the nearest that would do. */
static const struct bad {
	uint8_t type, offset, width;
	uint32_t value, limit;
} bad[] = {
	{ RIG_SET_OUTPUT, 0, 1, RIG_OUT1 - 1, RIG_OUT1 },
	{ RIG_SET_OUTPUT, 0, 1, RIG_OUT2 + 1, RIG_OUT2 },
	{ RIG_SET_OUTPUT, 0, 1, RIG_IN1, RIG_OUT1 },
	{ RIG_SET_OUTPUT, 1, 1, 2, 1 },
	{ RIG_SET_OUTPUT, 2, 2, 0x100, 0 },
	{ RIG_INPUT, 0, 1, RIG_IN4 + 1, RIG_IN4 },
	{ RIG_INPUT, 0, 1, RIG_OUT1, RIG_IN4 },
	{ RIG_INPUT, 1, 1, 3, RIG_WATCH_COUNT },
	{ RIG_INPUT, 2, 1, 2, 1 },
	{ RIG_INPUT, 3, 1, 1, 0 },
	{ RIG_INPUT, 1, 1, RIG_WATCH_EDGES, 0 }, /* with a settle time: its offset, 4, is the one at fault */
	{ RIG_ADC_START, 0, 4, RIG_ADC_RATE_MIN - 1, RIG_ADC_RATE_MIN },
	{ RIG_ADC_START, 0, 4, RIG_ADC_RATE_MAX + 1, RIG_ADC_RATE_MAX },
	{ RIG_ADC_START, 0, 4, 0, RIG_ADC_RATE_MIN },
	{ RIG_ADC_START, 4, 1, 0, 1 },
	{ RIG_ADC_START, 4, 1, 4, 3 },
	{ RIG_ADC_START, 5, 1, 1, 0 },
	{ RIG_ADC_START, 6, 1, 1, 0 },
	{ RIG_ADC_START, 7, 1, 1, 0 },
	{ RIG_POWER_START, 0, 4, 999, 1000 },
	{ RIG_POWER_START, 0, 4, 3155, 3156 }, /* three conversions of 1052 us */
	{ RIG_POWER_START, 4, 2, 0x8000, 0x7fff },
	{ RIG_POWER_START, 6, 2, 0x7b68, 0xfb68 }, /* one shot */
	{ RIG_POWER_START, 8, 1, 2, 1 },
	{ RIG_POWER_START, 9, 1, 2, 1 },
	{ RIG_POWER_START, 10, 2, 1, 0 },
	{ RIG_COUNT_START, 0, 4, 9999, 10000 },
	{ RIG_COUNT_START, 0, 4, 60000001, 60000000 },
	{ RIG_RESET, 0, 4, RIG_MAGIC ^ 1, RIG_MAGIC },
	{ RIG_RESET, 4, 4, 3, RIG_RESET_HANG },
};

static void a_field_at_fault_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		const struct good *from = &good[bad[i].type - 1];
		uint8_t payload[32];
		memcpy(payload, from->payload, from->size);
		memcpy(payload + bad[i].offset, &bad[i].value, bad[i].width);
		take(bad[i].type, TAG, payload, from->size);
		bool settle = bad[i].type == RIG_INPUT && bad[i].value == RIG_WATCH_EDGES && bad[i].offset == 1;
		expect_refused(bad[i].type, RIG_VALUE, settle ? 4 : bad[i].offset, bad[i].limit);
	}
	assert_int_equal(fake.calls, 0);
	assert_int_equal(commands.refused, sizeof bad / sizeof bad[0]);
}

static void bounds_themselves_are_taken(void **state)
{
	static const struct bad fine[] = {
		{ RIG_SET_OUTPUT, 0, 1, RIG_OUT1, 0 }, { RIG_SET_OUTPUT, 1, 1, 0, 0 }, { RIG_INPUT, 0, 1, RIG_IN1, 0 },
		{ RIG_INPUT, 1, 1, RIG_WATCH_OFF, 0 }, { RIG_INPUT, 2, 1, 0, 0 }, { RIG_INPUT, 4, 4, UINT32_MAX, 0 },
		{ RIG_ADC_START, 0, 4, RIG_ADC_RATE_MIN, 0 }, { RIG_ADC_START, 0, 4, RIG_ADC_RATE_MAX, 0 }, { RIG_ADC_START, 4, 1, 1, 0 },
		{ RIG_ADC_START, 4, 1, 2, 0 }, { RIG_POWER_START, 0, 4, 3156, 0 }, { RIG_POWER_START, 4, 2, 0x7fff, 0 },
		{ RIG_POWER_START, 6, 2, 0, 0 }, { RIG_POWER_START, 8, 1, 1, 0 }, { RIG_POWER_START, 9, 1, 1, 0 },
		{ RIG_COUNT_START, 0, 4, 10000, 0 }, { RIG_COUNT_START, 0, 4, 60000000, 0 }, { RIG_RESET, 4, 4, RIG_RESET_HANG, 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
		const struct good *from = &good[fine[i].type - 1];
		uint8_t payload[32];
		memcpy(payload, from->payload, from->size);
		memcpy(payload + fine[i].offset, &fine[i].value, fine[i].width);
		take(fine[i].type, TAG, payload, from->size);
		expect_reply(from);
	}
	struct rig_input edges = { .line = RIG_IN2, .watch = RIG_WATCH_EDGES };
	take(RIG_INPUT, TAG, &edges, sizeof edges);
	expect_reply(&good[3]);
}

static void not_while_something_else_goes_on(void **state)
{
	(void)state;
	fake.running = COMMAND_ADC_RUNS;
	take(RIG_ADC_START, TAG, &good_adc, sizeof good_adc);
	expect_refused(RIG_ADC_START, RIG_BUSY, 0, 0);
	take(RIG_SELF_TEST, TAG, NULL, 0);
	expect_refused(RIG_SELF_TEST, RIG_BUSY, 0, 0);
	fake.running = COMMAND_OUTPUT_HIGH;
	take(RIG_SELF_TEST, TAG, NULL, 0);
	expect_refused(RIG_SELF_TEST, RIG_BUSY, 0, 0);
	assert_int_equal(fake.calls, 0);
	take(RIG_ADC_START, TAG, &good_adc, sizeof good_adc);
	expect_reply(&good[4]);
}

static void an_op_that_refuses_says_why(void **state)
{
	(void)state;
	fake.outcome = OUTCOME_REFUSED;
	for (size_t i = 1; i < N_GOOD; i++) {
		if (good[i].type == RIG_SYNC)
			continue;
		take(good[i].type, TAG, good[i].payload, good[i].size);
		expect_refused(good[i].type, RIG_NOT_PRESENT, 3, 77);
	}
}

static void what_goes_on_is_answered_later(void **state)
{
	uint8_t reply[sizeof(struct rig_identity)];
	(void)state;
	for (size_t i = 1; i < N_GOOD; i++) {
		if (good[i].type == RIG_SYNC)
			continue;
		memset(reply, good[i].type, sizeof reply);
		fake.outcome = OUTCOME_LATER;
		take(good[i].type, TAG, good[i].payload, good[i].size);
		assert_null(answered());
		assert_false(commands_ready(&commands));
		commands_answer(&commands, reply);
		expect_reply(&good[i]);
		commands_answer(&commands, reply); /* once */
		assert_null(answered());
		take(good[i].type, TAG, good[i].payload, good[i].size);
		commands_refuse(&commands, &(struct rig_refused){ .reason = RIG_BUSY, .offset = 1, .limit = 2 });
		expect_refused(good[i].type, RIG_BUSY, 1, 2);
		commands_refuse(&commands, &(struct rig_refused){ .reason = RIG_BUSY });
		assert_null(answered());
		take(good[i].type, TAG, good[i].payload, good[i].size);
		commands_host_left(&commands);
		commands_answer(&commands, reply); /* nobody is there to hear it */
		assert_null(answered());
		fake.outcome = OUTCOME_DONE;
		take(RIG_HELLO, TAG, &good_hello, sizeof good_hello);
		expect_reply(&good[0]);
	}
}

static void none_is_taken_without_room_for_its_reply(void **state)
{
	(void)state;
	for (int i = 0; i < 16; i++) {
		assert_true(commands_ready(&commands));
		take(RIG_STATUS, TAG, NULL, 0);
	}
	assert_false(commands_ready(&commands));
	struct rig_head head = { .type = RIG_SYNC, .tag = TAG }; /* a caller who does not ask breaks nothing */
	commands_take(&commands, &head, NULL, 0, 0);
	head.type = RIG_STATUS;
	commands_take(&commands, &head, NULL, 0, 0);
	inbox_drain(&inbox, &outbox, 0);
	assert_int_equal(inbox.n_frames, 16 + 1);
	assert_true(commands_ready(&commands));
}

static void what_is_malformed_is_told_at_times(void **state)
{
	(void)state;
	for (uint64_t now = 5; now < 1000000; now += 10)
		commands_malformed(&commands, now);
	inbox_drain(&inbox, &outbox, 0);
	assert_int_equal(inbox.n_frames, 1 + 10);
	const struct inbox_frame *frame = inbox_next(&inbox);
	const struct rig_refused *refused = (const void *)frame->payload;
	assert_int_equal(frame->head.type, RIG_REFUSED);
	assert_int_equal(frame->head.tag, 0);
	assert_int_equal(refused->command, 0);
	assert_int_equal(refused->reason, RIG_MALFORMED);
	assert_int_equal(commands.refused, 0); /* it was no command */
	while (outbox_begin(&outbox, OUTBOX_EVENT) != NULL)
		outbox_commit(&outbox, RIG_LOST, 0, 0, OUTBOX_NO_STAMP);
	commands_malformed(&commands, 5000000); /* no room: it waits */
	inbox_drain(&inbox, &outbox, 0);
	inbox.at = inbox.n_frames;
	commands_malformed(&commands, 5000001);
	assert_int_equal(answered()->head.type, RIG_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_is_done_and_answered_once, begin_greeted),
		cmocka_unit_test_setup(sync_tells_both_instants, begin_greeted),
		cmocka_unit_test_setup(a_quiet_one_is_answered_only_if_refused, begin_greeted),
		cmocka_unit_test_setup(nothing_before_hello, begin_greeted),
		cmocka_unit_test_setup(a_hello_that_fails_ends_the_talk, begin_greeted),
		cmocka_unit_test_setup(what_is_no_command_is_unknown, begin_greeted),
		cmocka_unit_test_setup(a_longer_payload_is_taken_a_shorter_refused, begin_greeted),
		cmocka_unit_test_setup(a_field_at_fault_is_named, begin_greeted),
		cmocka_unit_test_setup(bounds_themselves_are_taken, begin_greeted),
		cmocka_unit_test_setup(not_while_something_else_goes_on, begin_greeted),
		cmocka_unit_test_setup(an_op_that_refuses_says_why, begin_greeted),
		cmocka_unit_test_setup(what_goes_on_is_answered_later, begin_greeted),
		cmocka_unit_test_setup(none_is_taken_without_room_for_its_reply, begin_greeted),
		cmocka_unit_test_setup(what_is_malformed_is_told_at_times, begin_greeted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
