#include "powersensor3/ps3_wire.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#define SUPPLY 3.3 /* V: what the converter compares with */
#define STAMP_ID (PS3_SENSORS - 1)
#define ENDS 2 /* pairs */

/* ---- sets ---- */

struct pair {
	unsigned id, level;
	bool marked;
};

static struct pair pair_of(uint8_t a, uint8_t b)
{
	return (struct pair){ .id = a >> 4 & 7, .level = (unsigned)(a & 15) << 6 | (b & 63), .marked = b >> 6 & 1 };
}

static bool is_stamp(const struct pair *pair)
{
	return pair->id == STAMP_ID && pair->marked;
}

/* Sensor 7 at its upper end, without a marker. */
static bool is_end(const struct pair *pair)
{
	return pair->id == STAMP_ID && !pair->marked && pair->level == PS3_LEVEL_MAX;
}

/* Only sensor 0 carries markers. */
static bool fits(const struct ps3_decoder *decoder, const struct pair *pair)
{
	return (int)pair->id == decoder->place - 1 && (!pair->marked || pair->id == 0);
}

void ps3_forget(struct ps3_decoder *decoder)
{
	decoder->dropped += 2 * (uint32_t)decoder->place + decoder->held;
	decoder->held = false;
	decoder->place = 0;
	decoder->ends = 0;
}

static enum ps3_said begin(struct ps3_decoder *decoder, const struct pair *pair)
{
	if (is_stamp(pair)) {
		decoder->set.stamp = (uint16_t)pair->level;
		decoder->place = 1;
		decoder->ends = 0;
		return PS3_NOTHING;
	}
	if (decoder->stopping && is_end(pair))
		return ++decoder->ends < ENDS ? PS3_NOTHING : PS3_STOPPED;
	decoder->ends = 0;
	decoder->dropped += 2;
	return PS3_NOTHING;
}

static enum ps3_said finish(struct ps3_decoder *decoder, struct ps3_set *set)
{
	*set = decoder->set;
	set->dropped = decoder->dropped;
	decoder->dropped = 0;
	decoder->place = 0;
	return PS3_SET;
}

static enum ps3_said take_pair(struct ps3_decoder *decoder, uint8_t a, uint8_t b, struct ps3_set *set)
{
	const struct pair pair = pair_of(a, b);
	if (decoder->place > 0 && !fits(decoder, &pair))
		ps3_forget(decoder); /* bytes are missing: the pair may begin the next */
	if (decoder->place == 0)
		return begin(decoder, &pair);
	if (pair.id == 0)
		decoder->set.marked = pair.marked;
	decoder->set.levels[pair.id] = (uint16_t)pair.level;
	return decoder->place++ < PS3_SENSORS ? PS3_NOTHING : finish(decoder, set);
}

enum ps3_said ps3_decode(struct ps3_decoder *decoder, const uint8_t *bytes, size_t size, size_t *taken, struct ps3_set *set)
{
	for (*taken = 0; *taken < size;) {
		uint8_t byte = bytes[(*taken)++];
		if (byte & 0x80) { /* a first one, whatever came before it */
			decoder->dropped += decoder->held;
			decoder->held = true;
			decoder->first = byte;
			continue;
		}
		if (!decoder->held) {
			decoder->dropped++;
			continue;
		}
		decoder->held = false;
		enum ps3_said said = take_pair(decoder, decoder->first, byte, set);
		if (said == PS3_STOPPED)
			ps3_forget(decoder);
		if (said != PS3_NOTHING)
			return said;
	}
	return PS3_NOTHING;
}

/* ---- configuration ---- */

static double float_of(const uint8_t *bytes)
{
	uint32_t bits = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
	float value;
	memcpy(&value, &bits, sizeof value);
	return (double)value;
}

static void text_of(const uint8_t *bytes, char text[17])
{
	size_t n = 0;
	for (; n < 16 && bytes[n] != 0; n++)
		text[n] = bytes[n] >= ' ' && bytes[n] <= '~' ? (char)bytes[n] : '?';
	text[n] = '\0';
}

bool ps3_sensor_decode(const uint8_t bytes[PS3_SENSOR_SIZE], struct ps3_sensor *sensor)
{
	text_of(bytes, sensor->type);
	text_of(bytes + 16, sensor->pair);
	sensor->vref = float_of(bytes + 32);
	sensor->sensitivity = float_of(bytes + 36);
	sensor->in_use = bytes[40] == 1;
	if (bytes[40] > 1)
		return false;
	/* Of one that is not in use nobody wants to know more. Below 1 mV/A, or beyond 1000 V/A, no sensor is. */
	double size = fabs(sensor->sensitivity);
	return !sensor->in_use || (fabs(sensor->vref) <= SUPPLY && size >= 1e-3 && size <= 1e3);
}

double ps3_scale(const struct ps3_sensor *sensor)
{
	return SUPPLY / PS3_LEVEL_MAX / sensor->sensitivity;
}

double ps3_offset(const struct ps3_sensor *sensor)
{
	return -sensor->vref / sensor->sensitivity;
}

/* ---- version ---- */

static size_t span(const char *text, const char *of)
{
	return strspn(text, of);
}

bool ps3_version_decode(const char *text, struct ps3_version *version)
{
	static const char *const digits = "0123456789";
	size_t chip = text[0] == 'F' ? span(text + 1, digits) : 0, firmware = 0, dots = 0;
	memset(version, 0, sizeof *version);
	if (chip != 3 || text[4] != '-')
		return false;
	const char *at = text + 5;
	for (; firmware < sizeof version->firmware - 1 && (isdigit((unsigned char)at[firmware]) || (at[firmware] == '.' && isdigit((unsigned char)at[firmware + 1]))); firmware++)
		dots += at[firmware] == '.';
	const char *rest = at + firmware;
	bool suffixed = rest[0] == '-' && rest[1] != '\0';
	if (!isdigit((unsigned char)at[0]) || dots < 1 || (rest[0] != '\0' && !suffixed) || strlen(rest) >= sizeof version->suffix)
		return false;
	memcpy(version->chip, text, 4);
	memcpy(version->firmware, at, firmware);
	if (suffixed)
		memcpy(version->suffix, rest + 1, strlen(rest + 1));
	return true;
}
