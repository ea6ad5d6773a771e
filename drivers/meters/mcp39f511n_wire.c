#include "meters/mcp39f511n_wire.h"

#include <math.h>
#include <string.h>

#include "record.h"

enum { HEADER = 0xa5, ACK = 0x06, NAK = 0x15, WRONG_SUM = 0x51, POINTER = 0x41, READ = 0x4e, WRITE = 0x4d };

#define RANGE_MOST 32
#define VOLTAGE_RANGE 18 /* at which a count is… */
#define CURRENT_RANGE 12
#define POWER_RANGE 19
#define VOLTAGE_COUNT 0.1 /* …so much */
#define CURRENT_COUNT 1e-4
#define POWER_COUNT 0.01
/* As far as values of one interval, each with its own rounding and gain, may be from each other. */
#define AGREE_RELATIVE 0.1
#define AGREE_VOLT_AMPERES 3.0

static uint8_t sum_of(const uint8_t *bytes, size_t size)
{
	unsigned sum = 0;
	for (size_t i = 0; i < size; i++)
		sum += bytes[i];
	return (uint8_t)(sum & 0xff);
}

uint64_t mcp_u64(const uint8_t *bytes)
{
	uint64_t value = 0;
	for (int i = 7; i >= 0; i--)
		value = value << 8 | bytes[i];
	return value;
}

static unsigned u16(const uint8_t *bytes)
{
	return bytes[0] | (unsigned)bytes[1] << 8;
}

static double u32(const uint8_t *bytes)
{
	return u16(bytes) + 65536. * u16(bytes + 2);
}

/* ---- frames ---- */

static size_t complete(uint8_t *frame, size_t size)
{
	frame[0] = HEADER;
	frame[1] = (uint8_t)(size + 1);
	frame[size] = sum_of(frame, size);
	return size + 1;
}

size_t mcp_read_request(uint16_t address, uint8_t count, uint8_t frame[MCP_REQUEST_MAX])
{
	const uint8_t commands[] = { POINTER, (uint8_t)(address >> 8), (uint8_t)(address & 0xff), READ, count };
	memcpy(frame + 2, commands, sizeof commands);
	return complete(frame, 2 + sizeof commands);
}

size_t mcp_write_request(uint16_t address, uint16_t value, uint8_t frame[MCP_REQUEST_MAX])
{
	const uint8_t commands[] = { POINTER, (uint8_t)(address >> 8), (uint8_t)(address & 0xff), WRITE, 2, (uint8_t)(value & 0xff), (uint8_t)(value >> 8) };
	memcpy(frame + 2, commands, sizeof commands);
	return complete(frame, 2 + sizeof commands);
}

enum mcp_answer mcp_reply_decode(const uint8_t *bytes, size_t size, size_t count)
{
	if (size == 1 && (bytes[0] == NAK || bytes[0] == WRONG_SUM))
		return MCP_REFUSED;
	if (size != (count ? count + 3 : 1) || bytes[0] != ACK)
		return MCP_MALFORMED;
	if (count == 0)
		return MCP_OK;
	return bytes[1] == size && bytes[size - 1] == sum_of(bytes, size - 1) ? MCP_OK : MCP_MALFORMED;
}

/* ---- registers ---- */

int mcp_settings_decode(const uint8_t data[MCP_SETTINGS_SIZE], struct mcp_settings *s)
{
	const uint8_t *first = data + (0xae - 0xa8), *second = data + (0xbe - 0xa8);
	*s = (struct mcp_settings){
		.interval = u16(data), .voltage = first[0], .current = { first[1], second[1] }, .power = { first[2], second[2] },
	};
	return s->voltage <= RANGE_MOST && s->current[0] <= RANGE_MOST && s->current[1] <= RANGE_MOST && s->power[0] <= RANGE_MOST &&
	       s->power[1] <= RANGE_MOST ? 0 : -1;
}

static double step(double at, int range, int reference)
{
	return ldexp(at, range - reference);
}

double mcp_power_step(const struct mcp_settings *settings, int outlet)
{
	return step(POWER_COUNT, settings->power[outlet], POWER_RANGE);
}

/* Each count can be off by one. An outlet only gives: what seems to be fed back is a sign that is not where it was looked for, since which
 * bit it is, and what it means, rests on one source; whether its power factor's sign is the same, on none. */
static bool agree(const struct mcp_outlet *o, double volts, double counts)
{
	double apparent = volts * o->current, least = AGREE_VOLT_AMPERES + counts, slack = AGREE_RELATIVE * apparent + least;
	return o->power >= -least && fabs(fabs(o->power) - apparent * fabs(o->power_factor)) <= slack;
}

static void decode_outlet(const uint8_t *data, const struct mcp_settings *s, int number, double volts, struct mcp_outlet *o)
{
	bool positive = u16(data) >> (4 + 2 * number) & 1;
	double current_step = step(CURRENT_COUNT, s->current[number], CURRENT_RANGE), watts = u32(data + 20 + 4 * number) * mcp_power_step(s, number);
	*o = (struct mcp_outlet){
		.current = u32(data + 12 + 4 * number) * current_step,
		.power = positive || watts == 0 ? watts : -watts,
		.power_factor = (int16_t)u16(data + 8 + 2 * number) / 32768.,
	};
	if (agree(o, volts, volts * current_step + mcp_power_step(s, number)))
		return;
	o->flags = FLAG_IMPLAUSIBLE;
	o->power = NAN;
}

void mcp_values_decode(const uint8_t data[MCP_VALUES_SIZE], const struct mcp_settings *settings, struct mcp_values *values)
{
	*values = (struct mcp_values){
		.version = u16(data + 2), .voltage = u16(data + 4) * step(VOLTAGE_COUNT, settings->voltage, VOLTAGE_RANGE), .frequency = u16(data + 6) / 1000.,
	};
	for (int i = 0; i < MCP_OUTLETS; i++)
		decode_outlet(data, settings, i, values->voltage, &values->outlet[i]);
}
