/*
 * fake_rig: a scripted trigger rig behind a link of its own, in fake time, with a codec of its own, and what can go wrong.
 *
 * Its clock runs since `began`; a reset begins it anew. Everything streamed comes out while somebody waits, or listens, at its time.
 */
#ifndef JOULERIG_TESTS_DRIVERS_FAKE_RIG_H
#define JOULERIG_TESTS_DRIVERS_FAKE_RIG_H

#include <stdio.h>

#include "collect.h"
#include "rig_wire.h"
#include "units.h"

#define FAKE_RIG_OUT 262144
#define FAKE_RIG_SETS 60 /* in a block */

struct fake_rig {
	struct link link; /* first */
	struct fake_time *time;
	int64_t began;    /* MONOTONIC ns of its reset */
	struct rig_identity identity;
	bool greeted;
	uint16_t sequence;

	/* what it does */
	uint8_t watch[RIG_INPUTS];
	struct rig_input inputs[RIG_INPUTS];
	uint32_t pulses[RIG_INPUTS];
	uint16_t numbers[RIG_LINES_END];
	uint8_t high[RIG_LINES_END];
	uint32_t adc_rate, adc_lost;
	uint8_t adc_channels;
	uint64_t adc_began, adc_next; /* ticks; set */
	int64_t counts_period, counts_at, power_period, power_at;
	struct rig_power power;
	struct rig_power_start power_start;
	struct rig_lost lost;

	/* what went in and is to come out */
	uint8_t in[1024], out[FAKE_RIG_OUT];
	size_t in_size, out_size;
	int64_t response;      /* ns from a command to its reply */
	int commands[256];     /* by type */
	int closes, reopens, bad;

	/* what goes wrong */
	int64_t late;          /* ns: replies come so much later */
	struct {
		int64_t due;
		struct rig_head head;
		uint8_t payload[RIG_PAYLOAD_MAX];
		size_t size;
	} later[16];
	int n_later;
	int64_t silent_from, silent_to, gone_from, gone_to, deaf_from, deaf_to; /* deaf: replies stop, streams go on */
	int drop;              /* frames that are to be dropped */
	int corrupt;           /* frames with a wrong checksum */
	uint8_t refuse, reason; /* this command is refused */
	uint32_t limit;
	uint16_t calibration;  /* the INA228 reads it back in place of what was written; 0: as written */
	int short_reply;       /* type of the reply that comes without its payload */
	enum { FAKE_RIG_CALM, FAKE_RIG_NOISE, FAKE_RIG_FRAMES } babbles; /* faster than anybody can read: no frames, or frames */
	long babbled;
	bool gone;
};

static inline int64_t fake_rig_when(const struct fake_rig *rig, uint64_t ticks)
{
	return rig->began + (int64_t)(ticks * RIG_TICK_NS);
}

static inline uint64_t fake_rig_ticks(const struct fake_rig *rig)
{
	return (uint64_t)((rig->time->now - rig->began) / RIG_TICK_NS);
}

static inline bool fake_rig_within(const struct fake_rig *rig, int64_t from, int64_t to)
{
	return rig->time->now >= from && rig->time->now < to;
}

/* ---- codec: bit by bit, and through a body of zero-terminated runs ---- */

static inline uint32_t fake_rig_crc(const uint8_t *bytes, size_t size)
{
	uint32_t crc = 0xffffffff;
	for (size_t i = 0; i < size * 8; i++) {
		uint32_t bit = (crc ^ (uint32_t)(bytes[i / 8] >> i % 8)) & 1;
		crc = crc >> 1 ^ (bit ? 0xedb88320 : 0);
	}
	return crc ^ 0xffffffff;
}

static inline void fake_rig_put(struct fake_rig *rig, const void *bytes, size_t size)
{
	if (rig->gone || fake_rig_within(rig, rig->silent_from, rig->silent_to))
		return;
	assert_true(rig->out_size + size <= sizeof rig->out);
	memcpy(rig->out + rig->out_size, bytes, size);
	rig->out_size += size;
}

static inline void fake_rig_send(struct fake_rig *rig, uint8_t type, uint32_t tag, const void *payload, size_t size)
{
	uint8_t body[600], frame[700];
	const struct rig_head head = { .type = type, .sequence = rig->sequence++, .tag = tag };
	size_t n = 0, total = sizeof head + size + 4;
	assert_true(total <= 500);
	memcpy(body, &head, sizeof head);
	if (size)
		memcpy(body + sizeof head, payload, size);
	uint32_t crc = fake_rig_crc(body, sizeof head + size);
	if (rig->corrupt > 0) {
		rig->corrupt--;
		crc ^= 1;
	}
	memcpy(body + sizeof head + size, &crc, 4);
	body[total] = 0; /* the last run ends, too */
	for (size_t at = 0; at <= total;) {
		size_t run = strlen((const char *)body + at);
		frame[n++] = (uint8_t)(run + 1);
		memcpy(frame + n, body + at, run);
		n += run;
		at += run + 1;
	}
	frame[n++] = 0;
	if (rig->drop > 0)
		rig->drop--;
	else
		fake_rig_put(rig, frame, n);
}

/* ---- streams ---- */

static inline void fake_rig_edge(struct fake_rig *rig, uint8_t line, bool high)
{
	struct rig_edge edge = { .ticks = fake_rig_ticks(rig), .sample = RIG_NO_SAMPLE, .line = line, .high = high, .number = rig->numbers[line]++ };
	rig->high[line] = high;
	if (line >= RIG_OUT1 || rig->watch[line] == RIG_WATCH_EDGES)
		fake_rig_send(rig, RIG_EDGES, 0, &edge, sizeof edge);
}

static inline uint64_t fake_rig_block_end(const struct fake_rig *rig)
{
	return rig->adc_began + (rig->adc_next + FAKE_RIG_SETS) * 1000000 / rig->adc_rate;
}

/* Sample k of channel c is (k + 1000 c) modulo 4000. */
static inline void fake_rig_block(struct fake_rig *rig)
{
	uint8_t payload[RIG_PAYLOAD_MAX] = { 0 };
	struct rig_samples block = {
		.first = rig->adc_next, .ticks = fake_rig_block_end(rig), .lost = rig->adc_lost, .sets = FAKE_RIG_SETS, .channels = rig->adc_channels,
	};
	size_t nibble = 2 * sizeof block, n = 0;
	for (unsigned j = 0; j < FAKE_RIG_SETS; j++)
		for (unsigned c = 0; c < 2; c++) {
			unsigned value = (unsigned)((rig->adc_next + j + 1000 * c) % 4000);
			if (!(rig->adc_channels >> c & 1))
				continue;
			for (unsigned digit = 0; digit < 3; digit++, nibble++)
				payload[nibble / 2] |= (uint8_t)((value >> 4 * digit & 15) << (nibble % 2 ? 4 : 0));
			n++;
		}
	memcpy(payload, &block, sizeof block);
	rig->adc_next += FAKE_RIG_SETS;
	fake_rig_send(rig, RIG_SAMPLES, 0, payload, sizeof block + (3 * n + 1) / 2);
}

static inline void fake_rig_counts(struct fake_rig *rig)
{
	struct rig_counts counts = { .ticks = fake_rig_ticks(rig) };
	for (unsigned i = 0; i < RIG_INPUTS; i++)
		counts.inputs[i].pulses = rig->pulses[i];
	fake_rig_send(rig, RIG_COUNTS, 0, &counts, sizeof counts);
}

/* When something is streamed next. */
static inline int64_t fake_rig_due(const struct fake_rig *rig)
{
	int64_t due = rig->n_later ? rig->later[0].due : NEVER;
	if (rig->adc_rate && fake_rig_when(rig, fake_rig_block_end(rig)) < due)
		due = fake_rig_when(rig, fake_rig_block_end(rig));
	if (rig->counts_period && rig->counts_at < due)
		due = rig->counts_at;
	if (rig->power_period && rig->power_at < due)
		due = rig->power_at;
	return due;
}

static inline void fake_rig_do_due(struct fake_rig *rig)
{
	int64_t now = rig->time->now;
	for (int64_t due; (due = fake_rig_due(rig)) <= now; rig->time->now = now) {
		rig->time->now = due;
		if (rig->n_later && rig->later[0].due == due) {
			fake_rig_send(rig, rig->later[0].head.type, rig->later[0].head.tag, rig->later[0].payload, rig->later[0].size);
			memmove(rig->later, rig->later + 1, (size_t)--rig->n_later * sizeof rig->later[0]);
		}
		if (rig->adc_rate && fake_rig_when(rig, fake_rig_block_end(rig)) == due)
			fake_rig_block(rig);
		if (rig->counts_period && rig->counts_at == due) {
			fake_rig_counts(rig);
			rig->counts_at += rig->counts_period;
		}
		if (rig->power_period && rig->power_at == due) {
			rig->power.ticks = fake_rig_ticks(rig);
			fake_rig_send(rig, RIG_POWER, 0, &rig->power, sizeof rig->power);
			rig->power_at += rig->power_period;
		}
	}
}

/* ---- commands ---- */

static inline void fake_rig_quiet(struct fake_rig *rig)
{
	memset(rig->watch, 0, sizeof rig->watch);
	rig->adc_rate = 0;
	rig->counts_period = rig->power_period = 0;
}

static inline void fake_rig_reset(struct fake_rig *rig)
{
	fake_rig_quiet(rig);
	rig->began = rig->time->now;
	rig->identity.boots++;
	rig->greeted = false;
	rig->sequence = 0;
	rig->in_size = 0;
	memset(rig->numbers, 0, sizeof rig->numbers);
	memset(rig->pulses, 0, sizeof rig->pulses);
	memset(&rig->lost, 0, sizeof rig->lost);
}

static inline void fake_rig_refuse(struct fake_rig *rig, const struct rig_head *head, uint8_t reason, uint32_t limit)
{
	const struct rig_refused refused = { .command = head->type, .reason = reason, .limit = limit };
	rig->lost.refused++;
	fake_rig_send(rig, RIG_REFUSED, head->tag, &refused, sizeof refused);
}

static inline void fake_rig_reply(struct fake_rig *rig, const struct rig_head *head, const void *payload, size_t size)
{
	if (head->tag & RIG_QUIET || fake_rig_within(rig, rig->deaf_from, rig->deaf_to))
		return;
	if (rig->late == 0) {
		fake_rig_send(rig, head->type | RIG_REPLY, head->tag, payload, rig->short_reply == head->type ? 0 : size);
		return;
	}
	int n = rig->n_later++; /* in the order of their times */
	assert_true(n < 16);
	for (; n > 0 && rig->later[n - 1].due > rig->time->now + rig->late; n--)
		rig->later[n] = rig->later[n - 1];
	rig->later[n].due = rig->time->now + rig->late;
	rig->later[n].head = (struct rig_head){ .type = head->type | RIG_REPLY, .tag = head->tag };
	rig->later[n].size = size;
	if (size)
		memcpy(rig->later[n].payload, payload, size);
}

static inline void fake_rig_hello(struct fake_rig *rig, const struct rig_head *head, const uint8_t *payload)
{
	struct rig_hello hello;
	memcpy(&hello, payload, sizeof hello);
	if (hello.magic != RIG_MAGIC)
		rig->bad++;
	rig->greeted = true;
	rig->identity.now = fake_rig_ticks(rig);
	fake_rig_reply(rig, head, &rig->identity, sizeof rig->identity);
}

static inline void fake_rig_sync(struct fake_rig *rig, const struct rig_head *head)
{
	struct rig_sync sync = { .received = fake_rig_ticks(rig) };
	rig->time->now += rig->response;
	sync.sent = fake_rig_ticks(rig);
	fake_rig_reply(rig, head, &sync, sizeof sync);
}

static inline void fake_rig_set(struct fake_rig *rig, const struct rig_head *head, const uint8_t *payload)
{
	const struct rig_output_set done = { .ticks = fake_rig_ticks(rig) };
	if (rig->high[payload[0]] != payload[1])
		fake_rig_edge(rig, payload[0], payload[1] != 0);
	fake_rig_reply(rig, head, &done, sizeof done);
}

static inline void fake_rig_input(struct fake_rig *rig, const struct rig_head *head, const uint8_t *payload)
{
	struct rig_input input;
	memcpy(&input, payload, sizeof input);
	rig->inputs[input.line] = input;
	rig->watch[input.line] = input.watch;
	rig->pulses[input.line] = 0;
	fake_rig_reply(rig, head, NULL, 0);
}

static inline void fake_rig_adc(struct fake_rig *rig, const struct rig_head *head, const uint8_t *payload)
{
	struct rig_adc_start start;
	memcpy(&start, payload, sizeof start);
	rig->adc_rate = start.rate;
	rig->adc_channels = start.channels;
	rig->adc_began = fake_rig_ticks(rig);
	rig->adc_next = 0;
	const struct rig_adc_started started = {
		.ticks = rig->adc_began, .period_256 = (uint32_t)(UINT64_C(256) * RIG_ADC_CLOCK_HZ / start.rate), .u_ns = 700,
	};
	fake_rig_reply(rig, head, &started, sizeof started);
}

static inline void fake_rig_ina(struct fake_rig *rig, const struct rig_head *head, const uint8_t *payload)
{
	memcpy(&rig->power_start, payload, sizeof rig->power_start);
	const struct rig_power_started started = {
		.ticks = fake_rig_ticks(rig), .shunt_cal = rig->calibration ? rig->calibration : rig->power_start.shunt_cal,
	};
	rig->power_period = rig->power_start.period_us * NS_PER_US;
	rig->power_at = rig->time->now + rig->power_period;
	fake_rig_reply(rig, head, &started, sizeof started);
}

static inline void fake_rig_command(struct fake_rig *rig, const struct rig_head *head, const uint8_t *payload)
{
	uint32_t period;
	rig->commands[head->type]++;
	if (head->type == rig->refuse)
		fake_rig_refuse(rig, head, rig->reason, rig->limit);
	else if (head->type != RIG_HELLO && !rig->greeted)
		fake_rig_refuse(rig, head, RIG_VERSION, RIG_WIRE_MAJOR);
	else
		switch (head->type) {
		case RIG_HELLO: fake_rig_hello(rig, head, payload); break;
		case RIG_SYNC: fake_rig_sync(rig, head); break;
		case RIG_SET_OUTPUT: fake_rig_set(rig, head, payload); break;
		case RIG_INPUT: fake_rig_input(rig, head, payload); break;
		case RIG_ADC_START: fake_rig_adc(rig, head, payload); break;
		case RIG_POWER_START: fake_rig_ina(rig, head, payload); break;
		case RIG_COUNT_START:
			memcpy(&period, payload, sizeof period);
			rig->counts_period = period * NS_PER_US;
			rig->counts_at = rig->time->now + rig->counts_period;
			fake_rig_reply(rig, head, NULL, 0);
			break;
		case RIG_STATUS: fake_rig_reply(rig, head, &rig->lost, sizeof rig->lost); break;
		case RIG_STOP:
			fake_rig_quiet(rig);
			fake_rig_reply(rig, head, NULL, 0);
			break;
		default: fake_rig_refuse(rig, head, RIG_UNKNOWN, 0);
		}
}

/* What came in up to an end: run by run. */
static inline void fake_rig_frame(struct fake_rig *rig)
{
	uint8_t body[1100];
	struct rig_head head;
	uint32_t crc;
	size_t n = 0;
	for (size_t at = 0; at < rig->in_size;) {
		size_t run = rig->in[at++];
		for (; run > 1 && at < rig->in_size; run--)
			body[n++] = rig->in[at++];
		if (run > 1)
			return (void)rig->bad++;
		if (at < rig->in_size)
			body[n++] = 0;
	}
	if (n < sizeof head + 4)
		return (void)rig->bad++;
	memcpy(&crc, body + n - 4, 4);
	if (crc != fake_rig_crc(body, n - 4))
		return (void)rig->bad++;
	memcpy(&head, body, sizeof head);
	fake_rig_command(rig, &head, body + sizeof head);
}

static inline void fake_rig_feed(struct fake_rig *rig, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i]) {
			assert_true(rig->in_size < sizeof rig->in);
			rig->in[rig->in_size++] = bytes[i];
		} else {
			if (rig->in_size)
				fake_rig_frame(rig);
			rig->in_size = 0;
		}
}

/* ---- the link ---- */

static inline bool fake_rig_is_gone(struct fake_rig *rig)
{
	rig->gone |= fake_rig_within(rig, rig->gone_from, rig->gone_to);
	return rig->gone;
}

static inline enum io fake_rig_link_send(struct link *link, const void *bytes, size_t size, int64_t deadline)
{
	struct fake_rig *rig = (struct fake_rig *)link;
	(void)deadline;
	assert_true(size <= 64);
	rig->time->now += 50 * NS_PER_US;
	if (fake_rig_is_gone(rig))
		return IO_GONE;
	fake_rig_do_due(rig);
	if (!fake_rig_within(rig, rig->silent_from, rig->silent_to))
		fake_rig_feed(rig, bytes, size);
	return IO_OK;
}

/* 10 us a time. */
static inline void fake_rig_babble(struct fake_rig *rig)
{
	static const uint8_t noise[60] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, [10 ... 59] = 0x55 };
	if (rig->babbles == FAKE_RIG_CALM || rig->out_size > 0)
		return;
	rig->time->now += 10 * NS_PER_US;
	if (rig->babbled++ > 2000000)
		fail_msg("somebody listens to a babbler for ever");
	if (rig->babbles == FAKE_RIG_NOISE)
		fake_rig_put(rig, noise, sizeof noise);
	else
		fake_rig_send(rig, 0x99, 0, NULL, 0);
}

static inline enum io fake_rig_link_recv(struct link *link, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	struct fake_rig *rig = (struct fake_rig *)link;
	*end = false;
	*got = 0;
	for (;;) {
		if (fake_rig_is_gone(rig))
			return IO_GONE;
		fake_rig_do_due(rig);
		fake_rig_babble(rig);
		if (rig->out_size > 0)
			break;
		int64_t due = fake_rig_due(rig);
		if (due > deadline) {
			fake_wait(&rig->time->timebase, deadline);
			return IO_TIMEOUT;
		}
		fake_wait(&rig->time->timebase, due);
	}
	*got = rig->out_size < size ? rig->out_size : size;
	if (*got > 61) /* in pieces that end anywhere */
		*got = 61;
	memcpy(bytes, rig->out, *got);
	rig->out_size -= *got;
	memmove(rig->out, rig->out + *got, rig->out_size);
	return IO_OK;
}

static inline enum io fake_rig_link_clear(struct link *link, int64_t deadline)
{
	(void)deadline;
	((struct fake_rig *)link)->out_size = 0;
	return IO_OK;
}

static inline enum io fake_rig_link_reopen(struct link *link, int64_t deadline)
{
	struct fake_rig *rig = (struct fake_rig *)link;
	(void)deadline;
	rig->reopens++;
	rig->out_size = rig->in_size = 0;
	rig->gone = fake_rig_within(rig, rig->gone_from, rig->gone_to);
	return rig->gone ? IO_GONE : IO_OK;
}

static inline void fake_rig_link_close(struct link *link)
{
	((struct fake_rig *)link)->closes++;
}

static const struct link_ops fake_rig_ops = {
	.scheme = "fake", .summary = "scripted", .reopen = fake_rig_link_reopen, .send = fake_rig_link_send, .recv = fake_rig_link_recv,
	.clear = fake_rig_link_clear, .close = fake_rig_link_close,
};

static inline void fake_rig_begin(struct fake_rig *rig, struct fake_time *time)
{
	memset(rig, 0, sizeof *rig);
	rig->link.ops = &fake_rig_ops;
	rig->link.timebase = &time->timebase;
	rig->time = time;
	rig->began = time->now - 7 * NS_PER_S;
	rig->response = 200 * NS_PER_US;
	rig->short_reply = -1;
	rig->identity = (struct rig_identity){
		.magic = RIG_MAGIC, .wire_major = RIG_WIRE_MAJOR, .wire_minor = RIG_WIRE_MINOR, .firmware_major = 1, .firmware_minor = 2,
		.firmware_patch = 3, .boot = RIG_BOOT_POWER, .boots = 4, .capabilities = RIG_CAN_EDGES | RIG_CAN_ADC | RIG_CAN_POWER | RIG_CAN_COUNT,
		.board = "joulerig rig 1", .serial = "SIM0001", .stamp_u_ns = 1500, .inputs = RIG_INPUTS, .outputs = RIG_OUTPUTS,
		.adc_channels = RIG_ADC_CHANNELS,
	};
	for (unsigned i = 0; i < RIG_INPUTS; i++)
		rig->identity.input_delay_ns[i][0] = rig->identity.input_delay_ns[i][1] = INT32_MIN;
	for (unsigned i = 0; i < RIG_OUTPUTS; i++)
		rig->identity.output_delay_ns[i][0] = rig->identity.output_delay_ns[i][1] = INT32_MIN;
}

static inline struct device_config fake_rig_config(void)
{
	return (struct device_config){
		.name = "rig", .driver = "rig", .endpoint = { .text = "fake://rig", .scheme = "fake" }, .latency = NAN, .u_latency = NAN,
		.line_frequency = 50,
	};
}

static inline void fake_rig_option(struct device_config *config, const char *name, const char *text)
{
	struct option_value *value = &config->options[config->n_options++];
	double number = 0;
	snprintf(value->name, sizeof value->name, "%s", name);
	snprintf(value->text, sizeof value->text, "%s", text);
	for (int dimension = 0; dimension < DIMENSIONS; dimension++)
		if (quantity_parse(text, (enum dimension)dimension, &number) == 0)
			break;
	if (strcmp(text, "true") == 0)
		number = 1;
	value->number = number;
}

#endif
