/*
 * pzem: a PZEM-004T of version 3, 100 A, after its manual: Modbus RTU, slave 1 (and the general address), its ten input registers and the
 * alarm's threshold. It has no name and no number; that it is a modelled one is said by its alarm register, 5349, which no real one says.
 */
#include <math.h>
#include <string.h>

#include "clock.h"
#include "instrument.h"

#define PERIOD 1.0 /* s */
#define SLAVE 0x01
#define GENERAL 0xf8
#define LEAST 0.4      /* W: below, it shows none */
#define COARSE 1000.0  /* W: from here on whole ones */

struct pzem {
	struct instrument base;
	int64_t origin, n, next_at;
	double joules;
	uint16_t now[10], next[10];
	uint8_t request[8];
	size_t n_request;
};

/* One octet after the other, by the generator's own shifts. */
static uint16_t checksum(const uint8_t *octets, size_t n)
{
	uint16_t remainder = 0xffff;
	while (n-- > 0) {
		remainder = (uint16_t)(remainder ^ *octets++);
		for (int k = 8; k > 0; k--) {
			bool out = (remainder & 0x0001) != 0;
			remainder = (uint16_t)(remainder >> 1);
			if (out)
				remainder = (uint16_t)(remainder ^ 0xa001);
		}
	}
	return remainder;
}

static int pzem_init(struct instrument *self, int64_t now, struct error *error)
{
	struct pzem *p = (struct pzem *)self;
	(void)error;
	p->origin = now - (int64_t)(random_uniform(&self->random) * PERIOD * 1e9);
	p->next_at = NEVER;
	p->now[0] = (uint16_t)lrint(self->config->front.voltage * 10);
	p->now[9] = 0x5349;
	return 0;
}

/* ---- what it measures ---- */

static void put_double_word(uint16_t *at, double value)
{
	uint32_t whole = (uint32_t)lrint(value);
	at[0] = (uint16_t)whole; /* the low one first */
	at[1] = (uint16_t)(whole >> 16);
}

static void set_registers(struct pzem *p, int64_t at, double watts, const struct front_values *v)
{
	bool over = instrument_fault(&p->base, FAULT_INF, at), unfed = instrument_fault(&p->base, FAULT_NAN, at);
	double shown = watts < LEAST ? 0 : watts >= COARSE ? rint(watts) : watts;
	p->next[0] = unfed ? 0 : (uint16_t)lrint(v->volts * 10);
	put_double_word(p->next + 1, over ? 110e3 : v->amperes * 1000);
	put_double_word(p->next + 3, over ? 25300 * 10 : unfed ? 0 : shown * 10);
	put_double_word(p->next + 5, floor(p->joules / 3600));
	p->next[7] = (uint16_t)lrint(v->hertz * 10);
	p->next[8] = (uint16_t)lrint(v->power_factor * 100);
	p->next[9] = 0x5349;
}

static void show_next(struct pzem *p, int64_t now)
{
	if (p->next_at > now)
		return;
	memcpy(p->now, p->next, sizeof p->now);
	p->next_at = NEVER;
	p->base.updates++;
}

static void tick(struct pzem *p, int64_t from, int64_t at)
{
	struct front_values v = front_over(&p->base.front, from, at);
	double watts = v.watts + front_noise(&p->base.front, PERIOD);
	p->joules += fmax(0, watts) * (double)(at - from) * 1e-9;
	show_next(p, at);
	if (instrument_fault(&p->base, FAULT_STALL, at))
		return;
	set_registers(p, at, watts, &v);
	p->next_at = at + front_latency(&p->base.front);
}

static void pzem_advance(struct instrument *self, int64_t now)
{
	struct pzem *p = (struct pzem *)self;
	for (;;) {
		int64_t from = front_tick(&self->front, p->origin, p->n, PERIOD), at = front_tick(&self->front, p->origin, p->n + 1, PERIOD);
		if (at > now)
			break;
		tick(p, p->n > 0 ? from : at - (int64_t)(PERIOD * 1e9 / 2), at);
		p->n++;
	}
	show_next(p, now);
}

/* ---- its language ---- */

static void say(struct pzem *p, int64_t now, uint8_t *octets, size_t n)
{
	uint16_t sum = checksum(octets, n);
	octets[n] = (uint8_t)sum;
	octets[n + 1] = (uint8_t)(sum >> 8);
	instrument_say(&p->base, now, now + (int64_t)llround(p->base.config->response * 1e9), octets, n + 2);
}

static void refuse(struct pzem *p, int64_t now, uint8_t code)
{
	uint8_t octets[5] = { SLAVE, (uint8_t)(p->request[1] | 0x80), code };
	say(p, now, octets, 3);
}

static void perform(struct pzem *p, int64_t now)
{
	unsigned first = (unsigned)p->request[2] << 8 | p->request[3], count = (unsigned)p->request[4] << 8 | p->request[5];
	uint8_t octets[3 + 20 + 2] = { SLAVE, 0x04, (uint8_t)(2 * count) };
	if (p->request[0] != SLAVE && p->request[0] != GENERAL)
		return;
	if (p->request[1] != 0x04) {
		refuse(p, now, 1);
		return;
	}
	if (first > 9 || count == 0 || count > 10 - first || instrument_fault(&p->base, FAULT_OTHER_MODEL, now)) {
		refuse(p, now, 2);
		return;
	}
	p->base.queries++;
	for (unsigned i = 0; i < count; i++) {
		octets[3 + 2 * i] = (uint8_t)(p->now[first + i] >> 8);
		octets[4 + 2 * i] = (uint8_t)p->now[first + i];
	}
	say(p, now, octets, 3 + 2 * count);
}

/* Requests are of eight octets; what is none is dropped octet by octet. */
static void pzem_heard(struct instrument *self, int64_t now, const char *bytes, size_t size)
{
	struct pzem *p = (struct pzem *)self;
	for (size_t i = 0; i < size; i++) {
		p->request[p->n_request++] = (uint8_t)bytes[i];
		if (p->n_request < sizeof p->request)
			continue;
		bool sound = checksum(p->request, 6) == (uint16_t)(p->request[6] | p->request[7] << 8);
		if (sound)
			perform(p, now);
		else
			memmove(p->request, p->request + 1, --p->n_request);
		p->n_request = sound ? 0 : p->n_request;
	}
}

static void pzem_hung_up(struct instrument *self)
{
	((struct pzem *)self)->n_request = 0;
}

static const char *const models[] = { "PZEM-004T", NULL };

const struct instrument_family instrument_pzem = {
	.name = "pzem",
	.models = models,
	.driver = "pzem004t",
	.framing = INSTRUMENT_BYTES,
	.size = sizeof(struct pzem),
	.init = pzem_init,
	.advance = pzem_advance,
	.heard = pzem_heard,
	.hung_up = pzem_hung_up,
};
