/*
 * mcp39f511n: Microchip's power monitor with two outlets, after the register map of its data sheet as libraries for it have it. What the
 * bench draws goes through outlet 1; at outlet 2 nothing is plugged in. Its registers are bytes of one memory, renewed each 2^N cycles of
 * the mains. Once in a hundred replies a byte of a frame goes astray, as was seen of the board.
 *
 * Its version, 5349, is not a date as every real one's is.
 */
#include <math.h>
#include <string.h>

#include "clock.h"
#include "instrument.h"

#define MEMORY 0x100
#define ASTRAY 100         /* one reply in so many is malformed */
#define FLASH_INTERVAL 4   /* N at power-on */
#define LONGEST 35         /* of a frame */

enum { R_STATUS = 0x02, R_VERSION = 0x04, R_VOLTAGE = 0x06, R_FREQUENCY = 0x08, R_FACTOR = 0x0a, R_CURRENT = 0x0e, R_POWER = 0x16, R_REACTIVE = 0x1e,
       R_APPARENT = 0x26, R_IMPORT = 0x2e, R_SYSTEM = 0xa0, R_INTERVAL = 0xa8, R_RANGE = 0xae, R_RANGE_2 = 0xbe };

struct monitor {
	struct instrument base;
	uint8_t memory[MEMORY];
	uint8_t frame[LONGEST];
	size_t n_frame;
	unsigned pointer;
	int64_t last, at; /* the interval that goes on: since, until */
	double joules;
	uint8_t next[0x3e]; /* outputs that are shown at next_at */
	int64_t next_at;
};

static void put(uint8_t *memory, int at, int octets, uint64_t value)
{
	for (int i = 0; i < octets; i++, value >>= 8)
		memory[at + i] = (uint8_t)(value & 0xff);
}

static uint64_t limited(double value, double most)
{
	return (uint64_t)fmin(fmax(0, rint(value)), most);
}

/* ---- what it measures ---- */

static int64_t interval_of(const struct monitor *m)
{
	double hertz = m->base.config->front.frequency > 0 ? m->base.config->front.frequency : 50;
	return (int64_t)llround(1e9 / hertz * (double)(1u << (m->memory[R_INTERVAL] & 0x0f)));
}

static int monitor_init(struct instrument *self, int64_t now, struct error *error)
{
	struct monitor *m = (struct monitor *)self;
	(void)error;
	put(m->memory, R_VERSION, 2, 0x5349);
	put(m->memory, R_SYSTEM, 4, 0x03000300);
	put(m->memory, R_INTERVAL, 2, FLASH_INTERVAL);
	put(m->memory, R_RANGE, 4, 17u << 16 | 12u << 8 | 18u);
	put(m->memory, R_RANGE_2, 4, 19u << 16 | 12u << 8 | 18u);
	put(m->memory, R_VOLTAGE, 2, (uint64_t)lrint(self->config->front.voltage * 10));
	put(m->memory, R_FREQUENCY, 2, (uint64_t)lrint(self->config->front.frequency * 1000));
	put(m->memory, R_STATUS, 2, 0x1050);
	memcpy(m->next, m->memory, sizeof m->next);
	m->next_at = NEVER;
	m->last = now;
	m->at = now + (int64_t)((0.1 + 0.9 * random_uniform(&self->random)) * (double)interval_of(m));
	return 0;
}

/* A count is worth twice as much with each place more that its sums are shifted by. */
static double counts(double value, double at_reference, int shift, int reference)
{
	return value / (at_reference * pow(2, shift - reference));
}

static void measure(struct monitor *m, double watts, const struct front_values *v)
{
	bool positive = watts >= 0;
	put(m->next, R_STATUS, 2, 0x1000u | (positive ? 0x10u : 0) | 0x40u);
	put(m->next, R_VERSION, 2, 0x5349);
	put(m->next, R_VOLTAGE, 2, limited(counts(v->volts, 0.1, m->memory[R_RANGE], 18), 65535));
	put(m->next, R_FREQUENCY, 2, limited(v->hertz * 1000, 65535));
	put(m->next, R_FACTOR, 2, (uint64_t)(int64_t)lrint(fmin(v->power_factor, 0.99996) * 32768));
	put(m->next, R_CURRENT, 4, limited(counts(v->amperes, 0.0001, m->memory[R_RANGE + 1], 12), 4294967295.));
	put(m->next, R_POWER, 4, limited(counts(fabs(watts), 0.01, m->memory[R_RANGE + 2], 19), 4294967295.));
	put(m->next, R_REACTIVE, 4, limited(counts(v->vars, 0.01, m->memory[R_RANGE + 2], 19), 4294967295.));
	put(m->next, R_APPARENT, 4, limited(counts(v->volt_amperes, 0.01, m->memory[R_RANGE + 2], 19), 4294967295.));
	put(m->next, R_IMPORT, 8, (uint64_t)(m->joules / 1.8)); /* twice what it was, in milliwatt-hours */
}

/* What a single-outlet chip of the same family has at these addresses. */
static void rearrange(struct monitor *m)
{
	uint8_t watts[4], vars[4];
	memcpy(watts, m->next + R_POWER, 4);
	memcpy(vars, m->next + R_REACTIVE, 4);
	memcpy(m->next + 0x12, watts, 4);
	memcpy(m->next + 0x16, vars, 4);
	memcpy(m->next + 0x1a, m->next + R_APPARENT, 4);
	put(m->next, 0x0c, 2, 32000);
	put(m->next, R_VERSION, 2, 0x4313);
}

static void show_next(struct monitor *m, int64_t now)
{
	if (m->next_at > now)
		return;
	memcpy(m->memory, m->next, sizeof m->next);
	m->next_at = NEVER;
	m->base.updates++;
}

static void tick(struct monitor *m, int64_t from, int64_t at)
{
	struct front_values v = front_over(&m->base.front, from, at);
	double watts = v.watts + front_noise(&m->base.front, (double)(at - from) * 1e-9);
	m->joules += fmax(0, watts) * (double)(at - from) * 1e-9;
	show_next(m, at);
	if (instrument_fault_once(&m->base, FAULT_RANGE_CHANGE, at))
		m->memory[R_RANGE + 2]++;
	if (instrument_fault(&m->base, FAULT_STALL, at))
		return;
	measure(m, watts, &v);
	if (instrument_fault(&m->base, FAULT_NAN, at) || instrument_fault(&m->base, FAULT_INF, at))
		put(m->next, R_POWER, 4, 0xffffffff);
	if (instrument_fault(&m->base, FAULT_OTHER_MODEL, at))
		rearrange(m);
	m->next_at = at + front_latency(&m->base.front);
}

static void monitor_advance(struct instrument *self, int64_t now)
{
	struct monitor *m = (struct monitor *)self;
	while (m->at <= now) {
		int64_t at = m->at;
		tick(m, m->last, at);
		m->last = at;
		m->at = at + (int64_t)llround((double)interval_of(m) / (1 + self->front.timebase));
	}
	show_next(m, now);
}

/* ---- its language ---- */

static void say(struct monitor *m, int64_t now, const uint8_t *octets, size_t n)
{
	instrument_say(&m->base, now, now + (int64_t)llround(m->base.config->response * 1e9), octets, n);
}

static void say_data(struct monitor *m, int64_t now, unsigned n)
{
	uint8_t octets[LONGEST] = { 0x06, (uint8_t)(n + 3) };
	uint8_t sum = 0;
	memcpy(octets + 2, m->memory + m->pointer, n);
	if (random_u64(&m->base.random) % ASTRAY == 0)
		octets[1] = (uint8_t)(octets[1] ^ 0x10);
	for (unsigned i = 0; i < n + 2; i++)
		sum = (uint8_t)(sum + octets[i]);
	octets[n + 2] = sum;
	m->base.queries += m->pointer < R_IMPORT;
	say(m, now, octets, n + 3);
}

/* The commands of a frame, one after the other. 0: not understood. */
static bool perform(struct monitor *m, int64_t now, const uint8_t *c, size_t n)
{
	bool spoken = false;
	for (size_t used = 0; n > 0; c += used, n -= used) {
		if (c[0] == 0x41 && n >= 3 && c[1] == 0) {
			m->pointer = c[2];
			used = 3;
		} else if (c[0] == 0x4e && n >= 2 && c[1] > 0 && c[1] <= 32 && m->pointer + c[1] <= MEMORY && !spoken) {
			say_data(m, now, c[1]);
			spoken = true;
			used = 2;
		} else if (c[0] == 0x4d && n >= 2 && n >= 2u + c[1] && m->pointer >= R_SYSTEM && m->pointer + c[1] <= MEMORY) {
			memcpy(m->memory + m->pointer, c + 2, c[1]);
			used = 2u + c[1];
		} else {
			return false;
		}
	}
	if (!spoken)
		say(m, now, (const uint8_t[]){ 0x06 }, 1);
	return true;
}

static void take_frame(struct monitor *m, int64_t now)
{
	uint8_t sum = 0;
	size_t n = m->n_frame;
	for (size_t i = 0; i < n - 1; i++)
		sum = (uint8_t)(sum + m->frame[i]);
	if (sum != m->frame[n - 1])
		say(m, now, (const uint8_t[]){ 0x51 }, 1);
	else if (!perform(m, now, m->frame + 2, n - 3))
		say(m, now, (const uint8_t[]){ 0x15 }, 1);
}

static void monitor_heard(struct instrument *self, int64_t now, const char *bytes, size_t size)
{
	struct monitor *m = (struct monitor *)self;
	for (size_t i = 0; i < size; i++) {
		uint8_t octet = (uint8_t)bytes[i];
		if (m->n_frame == 0 && octet != 0xa5)
			continue;
		if (m->n_frame == 1 && (octet < 4 || octet > LONGEST)) {
			m->n_frame = 0;
			continue;
		}
		m->frame[m->n_frame++] = octet;
		if (m->n_frame < 2 || m->n_frame < m->frame[1])
			continue;
		take_frame(m, now);
		m->n_frame = 0;
	}
}

static void monitor_hung_up(struct instrument *self)
{
	((struct monitor *)self)->n_frame = 0;
}

static const char *const models[] = { "MCP39F511N", NULL };

const struct instrument_family instrument_mcp39f511n = {
	.name = "mcp39f511n",
	.models = models,
	.driver = "mcp39f511n",
	.framing = INSTRUMENT_BYTES,
	.size = sizeof(struct monitor),
	.init = monitor_init,
	.advance = monitor_advance,
	.heard = monitor_heard,
	.hung_up = monitor_hung_up,
};
