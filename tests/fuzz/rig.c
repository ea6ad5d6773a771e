/*
 * Whatever a trigger rig answers and streams: the driver neither breaks nor hangs, and every record that it makes of it can be kept.
 *
 * The first byte chooses the options; the rest is what the rig does, each time the driver waits for it, one byte and what it asks for:
 *   0x00-0x3f  bytes as they are: so many of them
 *   0x40-0x7f  a frame as an answer to the last command, with a payload of up to 4 x (byte & 63) bytes
 *   0x80-0xdf  a streamed frame: one byte its type (0x80 is added), one its payload's size, one that is added to its sequence number
 *   0xe0-0xef  nothing until the driver's patience ends
 *   0xf0-0xf7  it is gone; 0xf8-0xff  the answer that the command wants, whatever it is
 * When it is used up all is silence.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "fuzz.h"
#include "rig/rig_frames.h"

static struct script {
	struct link link;
	const uint8_t *data;
	size_t size;
	int64_t now;
	struct timebase timebase;
	struct sink sink;
	const struct channel *channels;
	int n_channels;
	uint8_t command; /* the last */
	uint32_t tag;
	uint16_t sequence;
	bool gone;
	uint8_t out[1024];
	size_t at, n;
} script;

static uint8_t next(void)
{
	if (script.size == 0)
		return 0xe0;
	script.size--;
	return *script.data++;
}

static int64_t fake_now(struct timebase *self)
{
	(void)self;
	return script.now += 1000;
}

static void fake_wait(struct timebase *self, int64_t deadline)
{
	(void)self;
	script.now = deadline > script.now ? deadline : script.now;
}

/* ---- the rig's side ---- */

static uint32_t checksum(const uint8_t *bytes, size_t size)
{
	uint32_t crc = UINT32_MAX;
	for (size_t i = 0; i < size; i++)
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ ((crc ^ (uint32_t)(bytes[i] >> bit)) & 1 ? 0xedb88320 : 0);
	return ~crc;
}

static void put_frame(uint8_t type, uint32_t tag, const uint8_t *payload, size_t size)
{
	uint8_t body[RIG_BODY_MAX];
	const struct rig_head head = { .type = type, .sequence = script.sequence++, .tag = tag };
	size_t code = script.n++, total = sizeof head + size;
	memcpy(body, &head, sizeof head);
	memcpy(body + sizeof head, payload, size);
	uint32_t crc = checksum(body, total);
	memcpy(body + total, &crc, sizeof crc);
	for (size_t i = 0; i < total + sizeof crc; i++) {
		if (body[i]) {
			script.out[script.n++] = body[i];
			continue;
		}
		script.out[code] = (uint8_t)(script.n - code);
		code = script.n++;
	}
	script.out[code] = (uint8_t)(script.n - code);
	script.out[script.n++] = 0;
}

static void take_payload(uint8_t *payload, size_t size)
{
	for (size_t i = 0; i < size; i++)
		payload[i] = script.size ? next() : 0;
}

static void answer_well(void)
{
	uint8_t payload[RIG_PAYLOAD_MAX] = { 0 };
	const struct rig_identity identity = {
		.magic = RIG_MAGIC, .wire_major = RIG_WIRE_MAJOR, .capabilities = UINT32_MAX, .serial = "SIM", .board = "fuzz", .boots = script.tag % 3,
		.now = (uint64_t)script.now / RIG_TICK_NS,
	};
	const struct rig_adc_started started = { .ticks = identity.now, .period_256 = 256 * 4800 };
	const struct rig_sync sync = { .received = identity.now, .sent = identity.now };
	const struct rig_power_started power = { .shunt_cal = 4000 };
	switch (script.command) {
	case RIG_HELLO: memcpy(payload, &identity, sizeof identity); break;
	case RIG_SYNC: memcpy(payload, &sync, sizeof sync); break;
	case RIG_ADC_START: memcpy(payload, &started, sizeof started); break;
	case RIG_POWER_START: memcpy(payload, &power, sizeof power); break;
	default: break;
	}
	put_frame(script.command | RIG_REPLY, script.tag, payload, 128);
}

static void act(void)
{
	uint8_t what = next(), payload[RIG_PAYLOAD_MAX];
	script.at = script.n = 0;
	if (what < 0x40) {
		script.n = what;
		take_payload(script.out, what);
	} else if (what < 0x80) {
		size_t size = 4u * (what & 63) < sizeof payload ? 4u * (what & 63) : sizeof payload;
		bool refused = what & 1;
		take_payload(payload, size);
		put_frame(refused ? RIG_REFUSED : script.command | RIG_REPLY, script.tag, payload, size);
	} else if (what < 0xe0) {
		uint8_t type = next() | 0x80, size = next() % RIG_PAYLOAD_MAX;
		script.sequence = (uint16_t)(script.sequence + next() / 128);
		take_payload(payload, size);
		put_frame(type == 0x8f ? RIG_REFUSED : 0x80 | (type & 7), 0, payload, size);
	} else if (what >= 0xf8) {
		answer_well();
	}
	script.gone = what >= 0xf0 && what < 0xf8;
}

/* ---- the link ---- */

static enum io fuzz_send(struct link *link, const void *bytes, size_t size, int64_t deadline)
{
	struct rig_decoder decoder = { .n = 0 };
	struct rig_frame frame;
	size_t taken;
	(void)link;
	(void)deadline;
	for (size_t at = 0; at < size; at += taken)
		if (rig_decode(&decoder, (const uint8_t *)bytes + at, size - at, &taken, &frame)) {
			script.command = frame.head.type;
			script.tag = frame.head.tag;
		}
	if (decoder.garbled || decoder.n || script.tag == 0)
		abort();
	return script.gone ? IO_GONE : IO_OK;
}

static enum io fuzz_recv(struct link *link, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	(void)link;
	*got = 0;
	*end = false;
	if (script.at == script.n)
		act();
	if (script.gone)
		return IO_GONE;
	if (script.at == script.n) {
		fake_wait(&script.timebase, deadline);
		return IO_TIMEOUT;
	}
	*got = script.n - script.at < size ? script.n - script.at : size;
	memcpy(bytes, script.out + script.at, *got);
	script.at += *got;
	return IO_OK;
}

static enum io fuzz_clear(struct link *link, int64_t deadline)
{
	(void)link;
	(void)deadline;
	return IO_OK;
}

static enum io fuzz_reopen(struct link *link, int64_t deadline)
{
	(void)link;
	(void)deadline;
	script.gone = next() % 4 == 0;
	script.at = script.n = 0;
	return script.gone ? IO_GONE : IO_OK;
}

/* ---- what must hold ---- */

static bool check_record(struct sink *sink, struct record *record, const void *payload, uint32_t size)
{
	struct record_gap gap;
	(void)sink;
	if (record->channel >= script.n_channels || record->u_t < 0)
		abort();
	uint32_t padded = (size + 7) & ~7u;
	if (padded != record_payload_size(record, script.channels[record->channel].number) || padded > RECORD_PAYLOAD_MAX)
		abort();
	if (record->kind != RECORD_GAP)
		return true;
	memcpy(&gap, payload, sizeof gap);
	if (gap.values == 0 || gap.from > gap.to || gap.to > script.now || gap.reason >= GAP_REASONS)
		abort();
	return true;
}

static void add_option(struct device_config *config, const char *name, const char *text, double number)
{
	struct option_value *value = &config->options[config->n_options++];
	snprintf(value->name, sizeof value->name, "%s", name);
	snprintf(value->text, sizeof value->text, "%s", text);
	value->number = number;
}

static void configure(struct device_config *config, uint8_t how)
{
	*config = (struct device_config){ .name = "rig", .driver = "rig", .latency = NAN, .u_latency = NAN };
	add_option(config, "output", "out1", 0);
	add_option(config, "input", how & 1 ? "in1" : "out1", 0);
	if (how & 2)
		add_option(config, "adc0", "V 1", 0);
	if (how & 4)
		add_option(config, "adc1", "A 1", 0);
	if (how & 8)
		add_option(config, "s0_in3", "1000", 1000);
	if (how & 16) {
		add_option(config, "shunt", "0.01", 0);
		add_option(config, "current_max", "4 A", 4);
	}
}

static void run_device(const struct driver *driver, void *device)
{
	int64_t due = script.now;
	script.channels = driver->channels(device, &script.n_channels);
	if (driver->start(device, &script.sink, NULL) != 0)
		return;
	for (int i = 0; i < 300 && script.size > 0; i++) {
		fake_wait(&script.timebase, due);
		int64_t began = script.now;
		due = driver->step(device, script.now, &script.sink);
		if (script.now - began > 3 * NS_PER_S)
			abort(); /* it hung */
		if (i % 16 == 15)
			driver->sample(device, &script.sink);
	}
	driver->stop(device, NULL);
}

/* The decoder alone: in whatever pieces the same bytes come, the same frames are found. */
static void decode_in_pieces(const uint8_t *data, size_t size)
{
	struct rig_decoder whole = { .n = 0 }, pieces = { .n = 0 };
	struct rig_frame a, b;
	size_t taken, n_whole = 0, n_pieces = 0;
	for (size_t at = 0; at < size; at += taken) {
		if (!rig_decode(&whole, data + at, size - at, &taken, &a))
			continue;
		n_whole++;
		if (a.size > RIG_PAYLOAD_MAX)
			abort();
	}
	for (size_t at = 0; at < size; at++)
		n_pieces += rig_decode(&pieces, data + at, 1, &taken, &b);
	if (n_whole != n_pieces || whole.garbled != pieces.garbled)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct link_ops ops = {
		.scheme = "fuzz", .reopen = fuzz_reopen, .send = fuzz_send, .recv = fuzz_recv, .clear = fuzz_clear,
	};
	const struct driver *driver = driver_find("rig");
	struct device_config config;
	decode_in_pieces(data, size);
	script = (struct script){ .data = data, .size = size, .now = NS_PER_S, .timebase = { .now = fake_now, .wait_until = fake_wait } };
	script.link = (struct link){ .ops = &ops, .timebase = &script.timebase };
	script.sink = (struct sink){ .emit = check_record, .timebase = &script.timebase };
	configure(&config, next());
	void *device = driver->open(&config, &script.link, &script.timebase, NULL);
	if (device == NULL)
		return 0;
	run_device(driver, device);
	driver->close(device);
	return 0;
}
