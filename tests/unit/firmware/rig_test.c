/* The whole device but its registers, talked to as a host does. */
#include "unit.h"

#include "fake_board.h"
#include "inbox.h"

static struct board board;
static struct inbox inbox;
static uint32_t tag;

#define START (UINT64_C(3) * UINT32_MAX) /* a little before stamps of 32 bits roll over: most tests see it happen */

/* ---- the host ---- */

static void poll(void)
{
	rig_poll(&board.rig);
}

static void drain_to_host(void)
{
	uint8_t packet[64];
	int n;
	while ((n = rig_packet(&board.rig, packet, sizeof packet)) >= 0)
		inbox_bytes(&inbox, packet, (size_t)n);
}

static size_t say(uint8_t type, const void *payload, size_t size)
{
	uint8_t frame[300];
	size_t n = oracle_encode(type, ++tag, payload, size, frame);
	return n - rig_receive(&board.rig, frame, n, board.now);
}

/* The next frame that is no RIG_LOST (tests that want those look for them); NULL: none. */
static const struct inbox_frame *hear(void)
{
	const struct inbox_frame *frame;
	poll();
	drain_to_host();
	do
		frame = inbox_next(&inbox);
	while (frame != NULL && frame->head.type == RIG_LOST);
	return frame;
}

/* The payload of the reply to the last command, which is the next frame. */
static const void *reply(uint8_t type)
{
	const struct inbox_frame *frame = hear();
	assert_non_null(frame);
	assert_int_equal(frame->head.type, type | RIG_REPLY);
	assert_int_equal(frame->head.tag, tag);
	return frame->payload;
}

static const void *streamed(uint8_t type)
{
	const struct inbox_frame *frame = hear();
	assert_non_null(frame);
	assert_int_equal(frame->head.type, type);
	assert_int_equal(frame->head.tag, 0);
	return frame->payload;
}

static const void *ask(uint8_t type, const void *payload, size_t size)
{
	assert_int_equal(say(type, payload, size), 0);
	return reply(type);
}

static const struct rig_identity *greet(void)
{
	static const struct rig_hello hello = { RIG_MAGIC, RIG_WIRE_MAJOR, RIG_WIRE_MINOR };
	return ask(RIG_HELLO, &hello, sizeof hello);
}

static int begin(void **state)
{
	(void)state;
	memset(&inbox, 0, sizeof inbox);
	board_begin(&board, "R0001", START);
	greet();
	return 0;
}

static void watch(uint8_t line, uint8_t how, uint8_t inverted, uint32_t settle_us)
{
	ask(RIG_INPUT, &(struct rig_input){ .line = line, .watch = how, .inverted = inverted, .settle_us = settle_us }, sizeof(struct rig_input));
}

static void edge(uint8_t line, bool high)
{
	rig_edge(&board.rig, (uint32_t)board.now, line, high, RIG_NO_SAMPLE);
}

/* ---- tests ---- */

static void it_says_who_it_is(void **state)
{
	(void)state;
	board.now += 77;
	const struct rig_identity *identity = greet();
	assert_int_equal(identity->magic, RIG_MAGIC);
	assert_int_equal(identity->wire_major, RIG_WIRE_MAJOR);
	assert_int_equal(identity->wire_minor, RIG_WIRE_MINOR);
	assert_string_equal(identity->serial, "R0001");
	assert_string_equal(identity->board, "joulerig rig 1");
	assert_int_equal(identity->boots, 3);
	assert_int_equal(identity->now, START + 77);
	assert_int_equal(identity->capabilities, RIG_CAN_EDGES | RIG_CAN_ADC | RIG_CAN_COUNT);
	assert_int_equal(identity->input_delay_ns[0][0], -1); /* as in the page */
	memset(&inbox, 0, sizeof inbox);
	board_begin(&board, NULL, START);
	identity = greet();
	assert_string_equal(identity->serial, "");
	assert_int_equal(identity->input_delay_ns[0][0], INT32_MIN);
	assert_int_equal(identity->capabilities & RIG_IS_SIMULATED, 0);
	memset(&inbox, 0, sizeof inbox);
	board_begin(&board, "SIM7", START);
	assert_int_equal(greet()->capabilities & RIG_IS_SIMULATED, RIG_IS_SIMULATED);
}

static void watched_edges_are_sent(void **state)
{
	(void)state;
	edge(RIG_IN1, true); /* nobody watches */
	assert_null(hear());
	watch(RIG_IN1, RIG_WATCH_EDGES, 0, 0);
	watch(RIG_IN3, RIG_WATCH_EDGES, 1, 0);
	assert_true(board.watched[RIG_IN1] && board.watched[RIG_IN3] && !board.watched[RIG_IN2]);
	edge(RIG_IN1, true);
	board.now += 10;
	edge(RIG_IN3, true);
	edge(RIG_IN2, true);
	const struct rig_edge *edges = streamed(RIG_EDGES);
	assert_int_equal(inbox.frames[inbox.at - 1].size, 2 * sizeof *edges);
	assert_int_equal(edges[0].ticks, board.now - 10);
	assert_true(edges[0].line == RIG_IN1 && edges[0].high == 1);
	assert_true(edges[1].line == RIG_IN3 && edges[1].high == 0 && edges[1].ticks == board.now); /* the terminal's level */
	watch(RIG_IN1, RIG_WATCH_OFF, 0, 0);
	assert_false(board.watched[RIG_IN1]);
	edge(RIG_IN1, false);
	assert_null(hear());
}

static void an_output_is_set_and_told(void **state)
{
	struct rig_set_output up = { .line = RIG_OUT2, .high = 1 };
	(void)state;
	board.now += 5;
	const struct rig_output_set *set = ask(RIG_SET_OUTPUT, &up, sizeof up);
	assert_int_equal(set->ticks, START + 5);
	assert_int_equal(board.outputs, 2);
	const struct rig_edge *edges = streamed(RIG_EDGES);
	assert_true(edges->line == RIG_OUT2 && edges->high == 1 && edges->ticks == START + 5);
	ask(RIG_SET_OUTPUT, &up, sizeof up); /* it is already */
	assert_null(hear());
	assert_int_equal(say(RIG_SELF_TEST, NULL, 0), 0);
	assert_int_equal(hear()->head.type, RIG_REFUSED);
	up.high = 0;
	ask(RIG_SET_OUTPUT, &up, sizeof up);
	assert_int_equal(board.outputs, 0);
}

/* A host that does not read: samples are dropped, edges wait, replies have their place, and all of it is told. */
static void edges_wait_for_room(void **state)
{
	(void)state;
	watch(RIG_IN1, RIG_WATCH_EDGES, 0, 0);
	for (int i = 0; i < 400; i++) {
		board.now += 3;
		edge(RIG_IN1, i & 1);
		poll();
	}
	assert_int_equal(say(RIG_STATUS, NULL, 0), 0); /* still taken */
	uint32_t n = 0, expected = 0;
	for (const struct inbox_frame *frame; (frame = hear()) != NULL;) {
		if (frame->head.type != RIG_EDGES)
			continue;
		const struct rig_edge *edges = (const void *)frame->payload;
		for (size_t i = 0; i < frame->size / sizeof *edges; i++, n++) {
			assert_int_equal(edges[i].number, expected);
			assert_int_equal(edges[i].ticks, START + 3 * (edges[i].number + 1u));
			expected++;
		}
	}
	assert_int_equal(n, EDGES_QUEUED + 12); /* twelve frames had gone to the slots, one edge each */
	const struct rig_lost *lost = ask(RIG_STATUS, NULL, 0);
	assert_int_equal(lost->edges, 400 - EDGES_QUEUED - 12);
	assert_int_equal(lost->frames, 0);
}

/* A host that is stopped for two hours: stamps of 32 bits have gone round meanwhile. */
static void what_waits_for_hours_keeps_its_time(void **state)
{
	uint64_t last = board.now;
	(void)state;
	watch(RIG_IN1, RIG_WATCH_EDGES, 0, 0);
	ask(RIG_ADC_START, &(struct rig_adc_start){ .rate = 200000, .channels = 1 }, 8);
	for (int i = 0; i < 100; i++) {
		edge(RIG_IN1, i & 1);
		board_convert(&board, 138);
		poll();
	}
	board_convert(&board, 138 * 3);
	say(RIG_ADC_STOP, NULL, 0);
	uint64_t end = board.now;
	for (int minutes = 0; minutes < 120; minutes++) {
		board.now += 60000000;
		poll();
	}
	uint32_t edges = 0;
	for (const struct inbox_frame *frame; (frame = hear()) != NULL;) {
		const struct rig_edge *edge = (const void *)frame->payload;
		const struct rig_samples *samples = (const void *)frame->payload;
		for (size_t i = 0; frame->head.type == RIG_EDGES && i < frame->size / sizeof *edge; i++, edges++) {
			assert_true(edge[i].ticks >= last && edge[i].ticks <= end);
			last = edge[i].ticks;
		}
		assert_true(frame->head.type != RIG_SAMPLES || (samples->ticks >= START && samples->ticks <= end));
	}
	assert_int_equal(edges, 100);
}

static void pulses_are_counted_and_told(void **state)
{
	(void)state;
	watch(RIG_IN2, RIG_WATCH_COUNT, 1, 30000);
	ask(RIG_COUNT_START, &(struct rig_count_start){ 100000 }, 4);
	uint64_t started = board.now;
	for (int i = 0; i < 3; i++) { /* inverted: low is the pulse */
		edge(RIG_IN2, false);
		board.now += i == 1 ? 20000 : 30000;
		edge(RIG_IN2, true);
		board.now += 1000;
	}
	assert_null(hear());
	board.now = started + 100000;
	const struct rig_counts *counts = streamed(RIG_COUNTS);
	assert_int_equal(counts->ticks, board.now);
	assert_int_equal(counts->inputs[RIG_IN2].pulses, 2);
	assert_int_equal(counts->inputs[RIG_IN2].last, started + 31000 + 21000);
	assert_int_equal(counts->inputs[RIG_IN1].pulses, 0);
	assert_null(hear());
	assert_int_equal(rig_poll(&board.rig), started + 200000);
	edge(RIG_IN2, false);
	assert_int_equal(rig_poll(&board.rig), board.now + 31000);
	board.now = started + 1000000; /* late: one, not nine */
	counts = streamed(RIG_COUNTS);
	assert_int_equal(counts->inputs[RIG_IN2].pulses, 3);
	assert_null(hear());
	assert_int_equal(rig_poll(&board.rig), board.now + 100000);
	ask(RIG_COUNT_STOP, NULL, 0);
	board.now += 10000000;
	assert_null(hear());
	edge(RIG_IN2, true);
	edge(RIG_IN2, false); /* still queued, and from before: */
	edge(RIG_IN2, true);
	watch(RIG_IN2, RIG_WATCH_COUNT, 1, 0); /* begins at 0 */
	ask(RIG_COUNT_START, &(struct rig_count_start){ 10000 }, 4);
	board.now += 10000;
	counts = streamed(RIG_COUNTS);
	assert_int_equal(counts->inputs[RIG_IN2].pulses, 0);
}

/* The sets of a frame, held against what the ADC saw. Returns the number of the set behind it. */
static uint64_t check_samples(const struct inbox_frame *frame, uint8_t channels)
{
	const struct rig_samples *out = (const void *)frame->payload;
	const uint8_t *b = (const uint8_t *)(out + 1);
	uint32_t each = channels == 3 ? 2 : 1, errors[2] = {0};
	assert_int_equal(frame->head.type, RIG_SAMPLES);
	assert_int_equal(out->channels, channels);
	for (uint32_t i = 0; i < out->sets * each; i++) {
		uint16_t sample = board_sample(out->first * each + i);
		unsigned got = i % 2 == 0 ? b[i / 2 * 3] | (b[i / 2 * 3 + 1] & 15u) << 8 :
					    (unsigned)b[i / 2 * 3 + 1] >> 4 | (unsigned)b[i / 2 * 3 + 2] << 4;
		errors[channels == 2 || (channels == 3 && i % 2)] += sample >> 15;
		assert_int_equal(got, sample & 0xfff);
	}
	assert_int_equal(out->errors[0], errors[0]);
	assert_int_equal(out->errors[1], errors[1]);
	return out->first + out->sets;
}

static void sample_to_the_end(uint8_t channels, uint32_t rate, uint32_t samples)
{
	uint32_t each = channels == 3 ? 2 : 1;
	uint64_t next = 0;
	const struct inbox_frame *frame;
	const struct rig_adc_started *started = ask(RIG_ADC_START, &(struct rig_adc_start){ .rate = rate, .channels = channels }, 8);
	assert_int_equal(started->ticks, board.now);
	for (uint32_t n = 0; n < samples; n += 97) {
		board_convert(&board, samples - n < 97 ? samples - n : 97);
		while ((frame = hear()) != NULL) {
			const struct rig_samples *out = (const void *)frame->payload;
			assert_int_equal(out->first, next); /* without a gap */
			assert_int_equal(out->lost, 0);
			assert_true(out->ticks <= board.now && out->ticks + 97 * 3 >= board.now);
			next = check_samples(frame, channels);
		}
	}
	assert_int_equal(say(RIG_ADC_STOP, NULL, 0), 0);
	while ((frame = hear()) != NULL && frame->head.type == RIG_SAMPLES) { /* what was sampled before comes before the reply */
		assert_int_equal(((const struct rig_samples *)(const void *)frame->payload)->first, next);
		next = check_samples(frame, channels);
	}
	assert_int_equal(frame->head.type, RIG_ADC_STOP | RIG_REPLY);
	assert_int_equal(next, samples / each);
	assert_false(board.adc_on);
	assert_null(hear());
}

static void every_sample_is_sent(void **state)
{
	(void)state;
	for (uint8_t channels = 1; channels <= 3; channels++) {
		sample_to_the_end(channels, 200000, 20000);
		sample_to_the_end(channels, 1000, 999); /* a block that is cut short, in the midst of a set */
		sample_to_the_end(channels, 50000, 138 * 3);
		sample_to_the_end(channels, 50000, 0);
	}
	ask(RIG_ADC_STOP, NULL, 0); /* it does not run */
	assert_null(hear());
}

static void what_the_host_did_not_take_is_told(void **state)
{
	uint64_t next = 0, lost = 0, jumps = 0;
	const struct inbox_frame *frame;
	const struct rig_lost *status;
	(void)state;
	ask(RIG_ADC_START, &(struct rig_adc_start){ .rate = 50000, .channels = 1 }, 8);
	say(RIG_ADC_START, &(struct rig_adc_start){ .rate = 50000, .channels = 1 }, 8);
	assert_int_equal(hear()->head.type, RIG_REFUSED);
	for (int n = 0; n < 100; n++) { /* the host stalls */
		board_convert(&board, 138);
		poll();
	}
	drain_to_host();
	board_convert(&board, 138 * 20); /* and now the main loop does */
	poll();
	assert_int_equal(say(RIG_ADC_STOP, NULL, 0), 0);
	while ((frame = hear()) != NULL && frame->head.type == RIG_SAMPLES) {
		const struct rig_samples *out = (const void *)frame->payload;
		jumps += out->first != next;
		assert_int_equal(out->lost - lost, out->first - next);
		lost = out->lost;
		next = check_samples(frame, 1);
	}
	assert_int_equal(frame->head.type, RIG_ADC_STOP | RIG_REPLY);
	status = ask(RIG_STATUS, NULL, 0);
	assert_int_equal(next, 120 * 138); /* sent or counted */
	assert_int_equal(jumps, 1);
	assert_int_equal(lost, (100 - 8 + 20 - 6) * 138);
	assert_int_equal(status->frames, 100 - 8);
	assert_int_equal(status->sets, lost);
	ask(RIG_ADC_START, &(struct rig_adc_start){ .rate = 50000, .channels = 1 }, 8);
	board_convert(&board, 138 * 9);
	poll();
	drain_to_host();
	board_convert(&board, 138);
	frame = hear();
	for (; frame != NULL && ((const struct rig_samples *)(const void *)frame->payload)->first != 9 * 138; frame = hear())
		assert_int_equal(((const struct rig_samples *)(const void *)frame->payload)->lost, 3 * 138); /* of this stream */
	assert_non_null(frame);
	status = ask(RIG_STATUS, NULL, 0);
	assert_int_equal(status->sets, (100 - 8 + 20 - 6 + 3) * 138); /* since reset */
}

static void losses_are_told_in_band(void **state)
{
	int told = 0;
	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(rig_receive(&board.rig, (const uint8_t *)"\x05junk", 6, board.now), 6);
		board.now += 10000;
		poll();
		drain_to_host();
	}
	uint32_t refusals = 0, malformed = 0;
	for (const struct inbox_frame *frame; (frame = inbox_next(&inbox)) != NULL;) {
		const struct rig_lost *lost = (const void *)frame->payload;
		refusals += frame->head.type == RIG_REFUSED;
		if (frame->head.type != RIG_LOST)
			continue;
		told++;
		assert_true(lost->malformed > malformed);
		malformed = lost->malformed;
	}
	assert_int_equal(told, 10);
	assert_int_equal(refusals, 10);
	uint64_t next = rig_poll(&board.rig);
	assert_true(next > board.now && next <= board.now + LOST_PERIOD_US);
	board.now = next;
	poll();
	drain_to_host();
	const struct inbox_frame *frame = inbox_next(&inbox);
	assert_int_equal(frame->head.type, RIG_LOST);
	assert_int_equal(((const struct rig_lost *)(const void *)frame->payload)->malformed, 100);
	assert_true(rig_poll(&board.rig) == UINT64_MAX);
}

static void power_is_set_up_read_and_stopped(void **state)
{
	struct rig_power_start asked = { .period_us = 10000 };
	(void)state;
	assert_int_equal(say(RIG_POWER_START, &asked, sizeof asked), 0);
	assert_null(hear());
	assert_true(say(RIG_STATUS, NULL, 0) > 0); /* one command at a time */
	rig_host_left(&board.rig);
	assert_int_equal(board.abandoned, 1);
	greet();
	assert_int_equal(say(RIG_POWER_START, &asked, sizeof asked), 0);
	for (int i = 0; i < 6; i++) {
		assert_null(hear());
		board_transfer(&board, 200);
	}
	const struct rig_power_started *started = reply(RIG_POWER_START);
	assert_int_equal(started->device_id, 0x2281);
	assert_int_equal(started->adc_config, 0xfb68);
	assert_int_equal(greet()->capabilities & RIG_CAN_POWER, RIG_CAN_POWER);
	uint64_t due = rig_poll(&board.rig);
	assert_int_equal(due, board.now + 10000);
	memcpy(board.registers[INA228_ENERGY], "\0\0\0\1\2", 5);
	board.now = due;
	for (int i = 0; i < 7; i++) {
		assert_null(hear());
		board_transfer(&board, 200);
	}
	const struct rig_power *power = streamed(RIG_POWER);
	assert_int_equal(power->energy, 258);
	assert_int_equal(power->ticks, due + 300);
	ask(RIG_POWER_STOP, NULL, 0);
	board.now += 100000;
	assert_null(hear());
	asked.period_us = 3000; /* less than the part takes, as it is set: but it is there */
	say(RIG_POWER_START, &asked, sizeof asked);
	for (int i = 0; i < 5; i++) {
		poll();
		board_transfer(&board, 100);
	}
	const struct inbox_frame *frame = hear();
	assert_int_equal(frame->head.type, RIG_REFUSED);
	assert_int_equal(((const struct rig_refused *)(const void *)frame->payload)->limit, 3156);
	assert_int_equal(greet()->capabilities & RIG_CAN_POWER, RIG_CAN_POWER);
	board.no_part = true;
	say(RIG_POWER_START, &asked, sizeof asked);
	poll();
	board_transfer(&board, 100);
	frame = hear();
	assert_int_equal(frame->head.type, RIG_REFUSED);
	assert_int_equal(frame->head.tag, tag);
	assert_int_equal(((const struct rig_refused *)(const void *)frame->payload)->command, RIG_POWER_START);
	assert_int_equal(((const struct rig_refused *)(const void *)frame->payload)->reason, RIG_NOT_PRESENT);
	assert_int_equal(greet()->capabilities & RIG_CAN_POWER, 0);
}

static void self_test_is_answered_when_it_is_over(void **state)
{
	struct self_test_readings readings = { .made = RIG_CHECK_CODE | RIG_CHECK_MEMORY, .memory_held = false };
	(void)state;
	assert_int_equal(say(RIG_SELF_TEST, NULL, 0), 0);
	assert_int_equal(board.self_tests, 1);
	assert_null(hear());
	rig_self_test_done(&board.rig, &readings);
	const struct rig_self_test *result = reply(RIG_SELF_TEST);
	assert_int_equal(result->passed, RIG_CHECK_CODE);
	assert_int_equal(result->failed, RIG_CHECK_MEMORY);
	rig_self_test_done(&board.rig, &readings); /* that nobody asked for */
	assert_null(hear());
	rig_host_left(&board.rig);
	assert_int_equal(board.self_tests_ended, 0); /* it was over */
	greet();
	say(RIG_SELF_TEST, NULL, 0);
	rig_host_left(&board.rig);
	assert_int_equal(board.self_tests_ended, 1);
	assert_null(hear());
	greet();
	say(RIG_POWER_START, &(struct rig_power_start){ .period_us = 10000 }, 12);
	rig_self_test_done(&board.rig, &readings); /* is no answer to what the next one asked */
	assert_null(hear());
	assert_false(commands_ready(&board.rig.commands));
}

static void it_resets_once_the_reply_is_out(void **state)
{
	struct rig_reset reset = { RIG_MAGIC, RIG_RESET_BOOTLOADER };
	(void)state;
	say(RIG_RESET, &reset, sizeof reset);
	poll();
	assert_int_equal(rig_poll(&board.rig), board.now + 100000);
	assert_int_equal(board.resets, 0);
	reply(RIG_RESET);
	assert_int_equal(rig_poll(&board.rig), board.now + 5000);
	board.now += 4999;
	poll();
	assert_int_equal(board.resets, 0);
	board.now++;
	poll();
	assert_int_equal(board.resets, 1);
	assert_int_equal(board.reset_to, RIG_RESET_BOOTLOADER);
	reset.to = RIG_RESET_HANG;
	say(RIG_RESET, &reset, sizeof reset); /* a host that does not read */
	board.now += 99999;
	poll();
	assert_int_equal(board.resets, 1);
	board.now++;
	poll();
	assert_int_equal(board.resets, 2);
	assert_int_equal(board.reset_to, RIG_RESET_HANG);
}

static void start_everything(void)
{
	ask(RIG_SET_OUTPUT, &(struct rig_set_output){ .line = RIG_OUT1, .high = 1 }, 4);
	streamed(RIG_EDGES);
	watch(RIG_IN1, RIG_WATCH_EDGES, 0, 0);
	watch(RIG_IN2, RIG_WATCH_COUNT, 0, 0);
	ask(RIG_COUNT_START, &(struct rig_count_start){ 10000 }, 4);
	ask(RIG_ADC_START, &(struct rig_adc_start){ .rate = 50000, .channels = 1 }, 8);
	say(RIG_POWER_START, &(struct rig_power_start){ .period_us = 10000 }, 12);
	for (int i = 0; i < 6; i++) {
		poll();
		board_transfer(&board, 200);
	}
	reply(RIG_POWER_START);
	board_convert(&board, 200);
	edge(RIG_IN1, true);
}

static void expect_rest(void)
{
	assert_int_equal(board.outputs, 0);
	assert_false(board.adc_on);
	for (int line = 0; line < (int)RIG_INPUTS; line++)
		assert_false(board.watched[line]);
	board.now += 1000000;
	board_convert(&board, 1000);
	edge(RIG_IN1, false);
	edge(RIG_IN2, true);
	assert_null(hear());
	assert_null(board.going);
}

static void stop_ends_all_streams(void **state)
{
	int samples = 0, edges = 0;
	const struct inbox_frame *frame;
	(void)state;
	start_everything();
	assert_int_equal(say(RIG_STOP, NULL, 0), 0);
	while ((frame = hear()) != NULL) {
		samples += frame->head.type == RIG_SAMPLES;
		edges += frame->head.type == RIG_EDGES;
	}
	assert_int_equal(samples, 2); /* and the rest of a block */
	assert_int_equal(edges, 1);   /* with IN1's and OUT1's */
	expect_rest();
	ask(RIG_STATUS, NULL, 0); /* the talk goes on */
}

static void a_host_that_left_leaves_nothing_behind(void **state)
{
	uint8_t half[30];
	(void)state;
	start_everything();
	say(RIG_ADC_STOP, NULL, 0);
	size_t n = oracle_encode(RIG_SYNC, 7, NULL, 0, half);
	rig_receive(&board.rig, half, n / 2, board.now);
	rig_host_left(&board.rig);
	memset(&inbox, 0, sizeof inbox); /* the next host */
	assert_null(hear());
	expect_rest();
	const struct inbox_frame *frame;
	say(RIG_STATUS, NULL, 0);
	frame = hear();
	assert_int_equal(((const struct rig_refused *)(const void *)frame->payload)->reason, RIG_VERSION);
	greet();
	const struct rig_lost *lost = ask(RIG_STATUS, NULL, 0);
	assert_int_equal(lost->host_left, 1);
	assert_int_equal(lost->malformed, 0); /* the half frame was nobody's fault */
	rig_host_left(&board.rig);
	rig_host_left(&board.rig); /* a bus reset, and then another: it had not come back */
	greet();
	lost = ask(RIG_STATUS, NULL, 0);
	assert_int_equal(lost->host_left, 2);
	start_everything(); /* and all can begin again */
}

static void a_host_that_does_not_read_is_waited_for(void **state)
{
	uint8_t frame[300];
	size_t n = oracle_encode(RIG_SYNC, 1, NULL, 0, frame), used;
	int taken = 0;
	(void)state;
	while ((used = rig_receive(&board.rig, frame, n, board.now)) == n && taken < 100)
		taken++;
	assert_int_equal(taken, BOARD_SLOTS);
	assert_int_equal(used, 0);
	drain_to_host();
	assert_int_equal(rig_receive(&board.rig, frame, n, board.now), n);
	drain_to_host();
	for (int i = 0; i <= BOARD_SLOTS; i++)
		assert_int_equal(inbox_next(&inbox)->head.type, RIG_SYNC | RIG_REPLY);
	assert_null(inbox_next(&inbox));
	/* the end of a stream waits, too, with its reply behind it */
	ask(RIG_ADC_START, &(struct rig_adc_start){ .rate = 200000, .channels = 1 }, 8);
	for (int i = 0; i < 8; i++) {
		board_convert(&board, 138);
		poll();
	}
	board_convert(&board, 138 + 7);
	say(RIG_ADC_STOP, NULL, 0);
	for (int i = 0; i < 5; i++)
		poll();
	for (uint64_t next = 0; next < 9 * 138 + 7;) {
		const struct inbox_frame *heard = hear();
		assert_non_null(heard);
		next = check_samples(heard, 1);
	}
	reply(RIG_ADC_STOP);
}

/* RIG_STOP, too, is answered behind the last sample: here the block cut short finds no room at first. */
static void a_stop_waits_for_its_last_samples(void **state)
{
	const struct inbox_frame *heard;
	uint64_t next = 0;
	(void)state;
	ask(RIG_ADC_START, &(struct rig_adc_start){ .rate = 200000, .channels = 1 }, 8);
	for (int i = 0; i < 8; i++) {
		board_convert(&board, 138);
		poll();
	}
	board_convert(&board, 7);
	say(RIG_STOP, NULL, 0);
	poll();
	while ((heard = hear()) != NULL && heard->head.type == RIG_SAMPLES)
		next = check_samples(heard, 1);
	assert_int_equal(next, 8 * 138 + 7);
	assert_int_equal(heard->head.type, RIG_STOP | RIG_REPLY);
}

/* Counts do not wait, as the next say all that they said. */
static void counts_without_room_are_dropped(void **state)
{
	(void)state;
	ask(RIG_COUNT_START, &(struct rig_count_start){ 10000 }, 4);
	for (int i = 0; i < 20; i++) {
		board.now += 10000;
		poll();
	}
	int heard = 0;
	while (hear() != NULL)
		heard++;
	assert_int_equal(heard, 12); /* four slots are for replies */
	const struct rig_lost *lost = ask(RIG_STATUS, NULL, 0);
	assert_int_equal(lost->frames, 20 - 12);
}

static void two_commands_in_a_packet_are_both_answered(void **state)
{
	uint8_t bytes[100];
	(void)state;
	size_t n = oracle_encode(RIG_SYNC, 100, NULL, 0, bytes);
	n += oracle_encode(RIG_COUNT_STOP, 101, NULL, 0, bytes + n);
	assert_int_equal(rig_receive(&board.rig, bytes, n, 4321), n);
	const struct inbox_frame *frame = hear();
	assert_int_equal(frame->head.tag, 100);
	assert_int_equal(((const struct rig_sync *)(const void *)frame->payload)->received, 4321);
	assert_int_equal(((const struct rig_sync *)(const void *)frame->payload)->sent, board.now);
	assert_int_equal(hear()->head.tag, 101);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(it_says_who_it_is, begin),
		cmocka_unit_test_setup(watched_edges_are_sent, begin),
		cmocka_unit_test_setup(an_output_is_set_and_told, begin),
		cmocka_unit_test_setup(edges_wait_for_room, begin),
		cmocka_unit_test_setup(what_waits_for_hours_keeps_its_time, begin),
		cmocka_unit_test_setup(pulses_are_counted_and_told, begin),
		cmocka_unit_test_setup(every_sample_is_sent, begin),
		cmocka_unit_test_setup(what_the_host_did_not_take_is_told, begin),
		cmocka_unit_test_setup(losses_are_told_in_band, begin),
		cmocka_unit_test_setup(power_is_set_up_read_and_stopped, begin),
		cmocka_unit_test_setup(self_test_is_answered_when_it_is_over, begin),
		cmocka_unit_test_setup(it_resets_once_the_reply_is_out, begin),
		cmocka_unit_test_setup(stop_ends_all_streams, begin),
		cmocka_unit_test_setup(a_host_that_left_leaves_nothing_behind, begin),
		cmocka_unit_test_setup(a_host_that_does_not_read_is_waited_for, begin),
		cmocka_unit_test_setup(a_stop_waits_for_its_last_samples, begin),
		cmocka_unit_test_setup(counts_without_room_are_dropped, begin),
		cmocka_unit_test_setup(two_commands_in_a_packet_are_both_answered, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
