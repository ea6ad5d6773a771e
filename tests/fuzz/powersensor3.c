/*
 * What a PowerSensor3 says: a stream, in pieces, and what becomes of its sets in time; a configuration; a version. The first byte says
 * which, and how long pieces are; behind each piece of a stream a byte says how late it came.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "powersensor3/ps3_stream.h"

static struct ps3_stream stream;
static int64_t last_t[PS3_SENSORS];

/* Values of a channel never go back in time, and none at an end of the range passes for one. */
static bool check(struct sink *sink, struct record *record, const void *payload, uint32_t size)
{
	const int16_t *values = payload;
	(void)sink;
	if (record->channel >= PS3_SENSORS || record->u_t < 0)
		abort();
	if (record->kind != RECORD_BLOCK)
		return true;
	if (record->n == 0 || size != record->n * sizeof *values || size > RECORD_PAYLOAD_MAX || record->t < last_t[record->channel])
		abort();
	last_t[record->channel] = record->t + (int64_t)(record->n - 1) * stream.period;
	for (uint32_t i = 0; i < record->n; i++)
		if (values[i] < 0 || values[i] > PS3_LEVEL_MAX || ((values[i] == 0 || values[i] == PS3_LEVEL_MAX) && record->flags == 0))
			abort();
	return true;
}

static void begin_stream(void)
{
	memset(&stream, 0, offsetof(struct ps3_stream, times));
	memset(last_t, 0, sizeof last_t);
	stream.period = 50 * NS_PER_US;
	for (int i = 0; i < PS3_SENSORS; i++)
		stream.channels[i] = i == 3 ? -1 : i;
	ps3_stream_begin(&stream, 0);
}

static void take_set(struct ps3_set *set)
{
	if (set->stamp >= PS3_TURN)
		abort();
	for (int i = 0; i < PS3_SENSORS; i++)
		if (set->levels[i] > PS3_LEVEL_MAX)
			abort();
	ps3_stream_take(&stream, set);
}

static void take_stream(const uint8_t *data, size_t size, size_t piece, bool stopping)
{
	struct sink sink = { .emit = check };
	struct ps3_decoder decoder = { .stopping = stopping };
	struct ps3_set set;
	uint64_t in = 0, out = 0;
	int64_t now = 0;
	begin_stream();
	while (size > 1) {
		size_t n = piece < size - 1 ? piece : size - 1, taken;
		now += data[0] * INT64_C(100000);
		for (size_t at = 0; at < n; at += taken) {
			enum ps3_said said = ps3_decode(&decoder, data + 1 + at, n - at, &taken, &set);
			if (taken == 0 || taken > n - at || (said == PS3_STOPPED && !stopping))
				abort();
			if (said != PS3_SET)
				continue;
			out += PS3_SET_SIZE + set.dropped;
			take_set(&set);
		}
		in += n;
		if (ps3_stream_settled(&stream, now)) {
			ps3_stream_flush(&stream, &sink, now);
		} else if (ps3_stream_lost(&stream, now)) {
			ps3_stream_gap(&stream, &sink, GAP_MISSED, now);
			ps3_stream_begin(&stream, now);
		}
		data += n + 1;
		size -= n + 1;
	}
	if (!stopping && in != out + decoder.dropped + decoder.held + 2 * (uint64_t)decoder.place) /* each byte is in a set, or dropped */
		abort();
}

static void take_text(const uint8_t *data, size_t size)
{
	struct ps3_version version;
	char *text = malloc(size + 1); /* as long as it is, for a sanitizer */
	if (text == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (ps3_version_decode(text, &version) && (strlen(version.chip) != 4 || version.firmware[0] == '\0'))
		abort();
	free(text);
}

static void take_sensor(const uint8_t *data, size_t size)
{
	struct ps3_sensor sensor;
	if (size < PS3_SENSOR_SIZE || !ps3_sensor_decode(data, &sensor) || !sensor.in_use)
		return;
	if (!isfinite(ps3_scale(&sensor)) || !isfinite(ps3_offset(&sensor)) || ps3_scale(&sensor) == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	switch (data[0] % 4) {
	case 0: take_sensor(data + 1, size - 1); break;
	case 1: take_text(data + 1, size - 1); break;
	default: take_stream(data + 1, size - 1, (size_t)(data[0] / 4) * 4 + 1, data[0] % 4 == 2); break;
	}
	uint16_t stamps[128];
	for (size_t i = 0; i < 128 && 2 * i + 1 < size; i++)
		stamps[i] = (uint16_t)((data[2 * i] | data[2 * i + 1] << 8) % PS3_TURN);
	int64_t period = size >= 256 ? ps3_period(stamps, 128) : 0;
	if (period != 0 && (period < 10000 || period > 510000))
		abort();
	return 0;
}
