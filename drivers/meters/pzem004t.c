/*
 * pzem004t: Peacefair PZEM-004T, version 3 (10 A with its shunt, 100 A with a transformer): Modbus RTU on a TTL serial line, 9600 baud.
 *
 * Sources: its manual (communication protocol and ranges, as sellers publish it), a library that is in use on it. Not written anywhere:
 * how often it renews its values (about once a second, say its users), what its accuracy of 0.5 % refers to, what the general address is.
 *
 *   request   address | 04 | register 0000 | count 000A | CRC
 *   reply     address | 04 | 14 (bytes) | ten registers, high byte first | CRC          25 bytes
 *   refusal   address | 84 | code | CRC          1 function, 2 register, 3 value, 4 the device itself
 *
 *   0  voltage     0.1 V            6..5  energy, 1 Wh, the low word first (register 5)
 *   2..1 current   0.001 A, the low word first (register 1)
 *   4..3 power     0.1 W, likewise  7  frequency 0.1 Hz    8  power factor 0.01    9  alarm: ffff or 0
 *
 *   CRC: x^16 + x^15 + x^2 + 1, reflected (a001), from ffff, low byte first.
 *
 * Why not libmodbus: it opens, sets and waits at a port of its own, with timeouts of its own, so that neither deadlines nor a modelled
 * bench nor the way back to a port that was replugged were ours; of what it knows this instrument needs one request, and its CRC.
 *
 * No code for "no data" is known. What its manual says it cannot measure is no measurement: above its range a value is over range; below
 * 80 V it is not fed as it must be. From 1000 W on it resolves 1 W.
 *
 * Each answer is a reading made for the question (POLLED_ANEW), as of a plug (http_plug.c): all of the time between two of them may go
 * unmeasured, and a value may be up to two seconds old.
 *
 * It tells neither name nor number: whatever answers so is one, and after a disconnection whatever answers so again is the same. The
 * modelled one says 5349 ("SI") as its alarm, which is ffff or 0 of every real one.
 */
#include "meters/pzem004t.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "meters/meter.h"
#include "meters/polled.h"
#include "meters/settings.h"
#include "meters/standstill.h"

#define PERIOD NS_PER_S
#define PERIOD_LEAST PERIOD /* more often it says the same again, which are no more values */
#define PERIOD_MOST (60 * NS_PER_S)
#define LATENCY NS_PER_S /* from a window's end to its value being readable: two seconds at most… */
#define U_LATENCY LATENCY /* …and perhaps none */
#define PATIENCE (500 * NS_PER_MS)
#define OPEN_PATIENCE (3 * NS_PER_S)
#define WH 3600.0        /* J */
#define STALLED 60.0     /* s in which some digit of a load moves, if its counter does not */
#define FINE_MOST 1000.0 /* W: below, a step is 0.1 W */
#define VOLTAGE_LEAST 80
#define VOLTAGE_MOST 260
#define ENERGY_MOST 9999990u /* Wh */
#define ALARM_SIMULATED 0x5349

/* ---- its wire ---- */

uint16_t pzem_crc(const uint8_t *bytes, size_t size)
{
	unsigned crc = 0xffff;
	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1;
	}
	return (uint16_t)crc;
}

void pzem_request(uint8_t address, uint8_t request[PZEM_REQUEST_SIZE])
{
	const uint8_t bytes[] = { address, 0x04, 0x00, 0x00, 0x00, 0x0a };
	memcpy(request, bytes, sizeof bytes);
	uint16_t crc = pzem_crc(request, sizeof bytes);
	request[6] = (uint8_t)(crc & 0xff);
	request[7] = (uint8_t)(crc >> 8);
}

size_t pzem_reply_length(const uint8_t *bytes)
{
	return bytes[1] == 0x04 ? PZEM_REPLY_SIZE : bytes[1] == 0x84 ? PZEM_EXCEPTION_SIZE : 0;
}

static unsigned word(const uint8_t *bytes, int number)
{
	const uint8_t *at = bytes + 3 + 2 * number;
	return (unsigned)at[0] << 8 | at[1];
}

static uint32_t low_word_first(const uint8_t *bytes, int number)
{
	return (uint32_t)word(bytes, number + 1) << 16 | word(bytes, number);
}

static double unless(uint32_t flags, double value)
{
	return flags ? NAN : value;
}

/* In the words of its registers, before any arithmetic. */
static void judge(const uint8_t *bytes, const struct pzem_range *range, struct pzem_reading *r)
{
	uint32_t over = 0;
	r->voltage_flags = word(bytes, 0) > 10 * VOLTAGE_MOST ? FLAG_OVER_RANGE : word(bytes, 0) < 10 * VOLTAGE_LEAST ? FLAG_NO_DATA : 0;
	r->current_flags = low_word_first(bytes, 1) > 1000 * range->current ? FLAG_OVER_RANGE : 0;
	over = low_word_first(bytes, 3) > 10 * range->power ? FLAG_OVER_RANGE : 0;
	r->power_flags = over | r->voltage_flags | r->current_flags;
	r->energy_flags = r->power_flags & FLAG_OVER_RANGE; /* what it counts then is too little */
	if (low_word_first(bytes, 5) > ENERGY_MOST)
		r->energy_flags |= FLAG_IMPLAUSIBLE;
}

int pzem_reply_decode(const uint8_t *bytes, size_t size, uint8_t address, const struct pzem_range *range, struct pzem_reading *reading)
{
	*reading = (struct pzem_reading){ .alarm = 0 };
	if (size < PZEM_EXCEPTION_SIZE || size != pzem_reply_length(bytes))
		return -1;
	if (pzem_crc(bytes, size - 2) != (bytes[size - 2] | bytes[size - 1] << 8))
		return -1;
	if (bytes[0] != address && address != PZEM_GENERAL_ADDRESS)
		return -1;
	if (size == PZEM_EXCEPTION_SIZE)
		return bytes[2] > 0 ? bytes[2] : -1;
	if (bytes[2] != 2 * 10)
		return -1;
	judge(bytes, range, reading);
	reading->voltage = unless(reading->voltage_flags, word(bytes, 0) / 10.);
	reading->current = unless(reading->current_flags, low_word_first(bytes, 1) / 1000.);
	reading->power = unless(reading->power_flags, low_word_first(bytes, 3) / 10.);
	reading->energy = reading->energy_flags ? 0 : low_word_first(bytes, 5);
	reading->frequency = word(bytes, 7) / 10.;
	reading->power_factor = word(bytes, 8) / 100.;
	reading->alarm = (uint16_t)word(bytes, 9);
	return 0;
}

/* ---- the device ---- */

static const struct option_spec options[] = {
	{ "address", "of its line: 1 to 247, or 248: whoever is there", OPTION_INTEGER, DIMENSION_RATIO, "1" },
	{ "energy_step", "its energy counter is behind by so much at most, beside its step of 1 Wh", OPTION_QUANTITY, DIMENSION_TIME, "10 s" },
	{ .name = NULL },
};

enum channel_index { POWER, VOLTAGE, CURRENT, ENERGY, CHANNELS };

struct pzem {
	const struct device_config *config;
	struct link *link;
	struct timebase *timebase;
	struct identity identity;
	struct pzem_range range;
	uint8_t address, request[PZEM_REQUEST_SIZE];
	double energy_step; /* s */
	struct channel channels[CHANNELS];
	struct polled polled;
	struct standstill standstill;
};

static int64_t now_of(const struct pzem *p)
{
	return p->timebase->now(p->timebase);
}

static enum io receive(struct pzem *p, uint8_t *bytes, size_t size, int64_t deadline)
{
	bool end;
	for (size_t have = 0, got = 0; have < size; have += got) {
		enum io io = link_recv(p->link, bytes + have, size - have, &got, &end, deadline);
		if (io != IO_OK)
			return io;
	}
	return IO_OK;
}

/* `code`: of pzem_reply_decode. Bytes that nobody asked for may be the answer to an earlier question, which looks the same. */
static enum io ask(struct pzem *p, struct pzem_reading *reading, int *code, int64_t deadline)
{
	uint8_t bytes[PZEM_REPLY_SIZE];
	if (p->link->ops->unread && p->link->ops->unread(p->link))
		return IO_GARBLED;
	enum io io = link_send(p->link, p->request, sizeof p->request, deadline);
	if (io == IO_OK)
		io = receive(p, bytes, PZEM_EXCEPTION_SIZE, deadline);
	if (io != IO_OK)
		return io;
	size_t length = pzem_reply_length(bytes);
	if (length == 0)
		return IO_GARBLED;
	io = receive(p, bytes + PZEM_EXCEPTION_SIZE, length - PZEM_EXCEPTION_SIZE, deadline);
	if (io != IO_OK)
		return io;
	*code = pzem_reply_decode(bytes, length, p->address, &p->range, reading);
	return *code < 0 ? IO_GARBLED : IO_OK;
}

/* ---- open ---- */

static int read_ranges(struct pzem *p, struct error *error)
{
	const struct device_config *config = p->config;
	double current = config->current_range > 0 ? config->current_range : 100;
	p->range = (struct pzem_range){ .current = current, .power = 230 * current };
	if (current != 10 && current != 100)
		return error_set(error, ERROR_CONFIG, config->name, "write 'ranges: { current: 10 A }', or 100 A, as its label says", "there is no PZEM-004T of %g A", current);
	if (config->measures == ROLE_WALL && !config->accuracy_given)
		return error_set(error, ERROR_CONFIG, config->name, "write 'measures: check', or give 'accuracy' from a calibration of this very device",
				 "its manual says 0.5 %%, but not of what: that is no limit of error for what measures the wall");
	return 0;
}

static int read_config(struct pzem *p, struct error *error)
{
	const struct device_config *config = p->config;
	double address = 0;
	device_option(config, options, "address", &address);
	device_option(config, options, "energy_step", &p->energy_step);
	p->polled.period = config->update > 0 ? llround(config->update * 1e9) : PERIOD;
	if (!(address >= 1 && address <= PZEM_GENERAL_ADDRESS))
		return error_set(error, ERROR_CONFIG, config->name, NULL, "option address is 1 to 247, or 248, not %g", address);
	if (!(p->energy_step > 0 && p->energy_step <= 3600))
		return error_set(error, ERROR_CONFIG, config->name, NULL, "option energy_step is a time up to an hour, not %g s", p->energy_step);
	if (p->polled.period < PERIOD_LEAST || p->polled.period > PERIOD_MOST)
		return error_set(error, ERROR_CONFIG, config->name, "leave 'update' out: it is asked once a second", "update of %g s: it renews its values once a second, and 1 s to 60 s are possible",
				 config->update);
	p->address = (uint8_t)address;
	pzem_request(p->address, p->request);
	return read_ranges(p, error);
}

static int identify(struct pzem *p, struct error *error)
{
	const char *on = p->config->endpoint.text;
	int64_t deadline = now_of(p) + OPEN_PATIENCE;
	struct pzem_reading reading;
	int code = 0;
	enum io io = link_clear(p->link, deadline);
	if (io == IO_OK)
		io = ask(p, &reading, &code, deadline);
	if (io == IO_OK && code > 0)
		return meter_wrong(p->config, "the driver", error,
				   "not a PZEM-004T of version 3: it answers in Modbus, but refuses its registers (code %d)", code);
	if (io == IO_GARBLED)
		return meter_wrong(p->config, "its baud rate (9600)", error,
				   "not a PZEM-004T of version 3: what answers is not its Modbus");
	if (io == IO_TIMEOUT)
		return error_set(error, ERROR_TIMEOUT, on, "feed it with mains, which it needs to answer; write its 'address' into its options",
				 "nothing answers at address %d", p->address);
	if (io != IO_OK)
		return settings_link_error(io, on, "asking for its registers", error);
	snprintf(p->identity.maker, sizeof p->identity.maker, "Peacefair");
	snprintf(p->identity.model, sizeof p->identity.model, "PZEM-004T");
	p->identity.simulated = reading.alarm == ALARM_SIMULATED;
	return 0;
}

static int64_t nanoseconds(double seconds, int64_t fallback)
{
	return isfinite(seconds) ? llround(seconds * 1e9) : fallback;
}

static struct channel *describe(struct pzem *p, enum channel_index which, const char *quantity, enum unit unit)
{
	struct channel *c = &p->channels[which];
	*c = (struct channel){
		.kind = CHANNEL_OBSERVE, .unit = unit, .number = NUMBER_F64, .clock = CLOCK_ID_MONOTONIC, .scale = 1, .refresh = p->polled.period,
		.latency = nanoseconds(p->config->latency, LATENCY), .u_latency = nanoseconds(p->config->u_latency, U_LATENCY), .factor = { -1, -1 },
		.simulated = p->identity.simulated,
	};
	snprintf(c->name, sizeof c->name, "%.31s.%s", p->config->name, quantity);
	return c;
}

static void describe_channels(struct pzem *p)
{
	const struct device_config *config = p->config;
	struct accuracy accuracy = { .range_value = p->range.power };
	if (config->accuracy_given)
		accuracy = config->accuracy;
	accuracy.range_value = accuracy.range_value > 0 ? accuracy.range_value : p->range.power;
	struct channel *power = describe(p, POWER, "power", UNIT_WATT), *energy = describe(p, ENERGY, "energy", UNIT_JOULE);
	describe(p, VOLTAGE, "voltage", UNIT_VOLT);
	describe(p, CURRENT, "current", UNIT_AMPERE);
	power->kind = CHANNEL_MEAN;
	power->role = config->measures;
	power->window = power->unmeasured = p->polled.period;
	power->power_max = energy->power_max = config->power_max > 0 ? config->power_max : p->range.power;
	power->accuracy = energy->accuracy = accuracy;
	power->accuracy.quantum = power->power_max < FINE_MOST ? 0.1 : 1;
	energy->kind = CHANNEL_COUNTER;
	energy->role = config->measures == ROLE_WALL || config->measures == ROLE_CHECK ? ROLE_INTEGRAL : ROLE_NONE;
	energy->number = NUMBER_U64;
	energy->scale = energy->accuracy.quantum = WH;
	energy->latency = energy->u_latency = 0; /* its register's own lag holds it all */
	energy->update_jitter = llround(p->energy_step * 1e9);
}

static enum io pzem_read(void *device, struct polled_reading *to, int64_t deadline)
{
	struct pzem *p = device;
	struct pzem_reading r;
	int code = 0;
	enum io io = ask(p, &r, &code, deadline);
	if (io != IO_OK)
		return io;
	if (code > 0)
		return IO_GARBLED;
	const double said[] = { r.voltage, r.current, r.power, r.frequency, r.power_factor, (double)r.energy };
	to->flags = standstill_judge(&p->standstill, polled_mark(said, sizeof said), r.power, now_of(p));
	to->of[POWER] = (struct polled_value){ .value = r.power, .flags = r.power_flags };
	to->of[VOLTAGE] = (struct polled_value){ .value = r.voltage, .flags = r.voltage_flags };
	to->of[CURRENT] = (struct polled_value){ .value = r.current, .flags = r.current_flags };
	to->of[ENERGY] = (struct polled_value){ .count = r.energy, .flags = r.energy_flags };
	return IO_OK;
}

static enum io pzem_meet(void *device, bool *same, int64_t deadline)
{
	struct pzem *p = device;
	struct pzem_reading reading;
	int code = 0;
	enum io io = ask(p, &reading, &code, deadline);
	*same = io == IO_OK && code == 0 && (reading.alarm == ALARM_SIMULATED) == p->identity.simulated;
	return io;
}

static const struct polled_ops polled_ops = { .read = pzem_read, .meet = pzem_meet };

static void *pzem_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	struct pzem *p = meter_new(sizeof *p, config, link, "give it an endpoint such as serial:///dev/ttyUSB0?baud=9600", error);
	if (p == NULL)
		return NULL;
	*p = (struct pzem){ .config = config, .link = link, .timebase = timebase };
	if (read_config(p, error) != 0 || identify(p, error) != 0) {
		free(p);
		return NULL;
	}
	describe_channels(p);
	p->polled.ops = &polled_ops;
	p->polled.device = p;
	p->polled.link = link;
	p->polled.timebase = timebase;
	p->polled.channels = p->channels;
	p->polled.n_channels = CHANNELS;
	p->polled.mode = POLLED_ANEW;
	p->polled.patience = PATIENCE;
	p->polled.range_channel = -1;
	return p;
}

static const struct channel *pzem_channels(const void *device, int *count)
{
	const struct pzem *p = device;
	*count = CHANNELS;
	return p->channels;
}

static const struct identity *pzem_identity(const void *device)
{
	const struct pzem *p = device;
	return &p->identity;
}

static int pzem_start(void *device, struct sink *sink, struct error *error)
{
	struct pzem *p = device;
	(void)error;
	p->standstill = (struct standstill){ .least = STALLED + p->energy_step, .step = WH };
	polled_start(&p->polled, sink);
	return 0;
}

static int64_t pzem_step(void *device, int64_t now, struct sink *sink)
{
	struct pzem *p = device;
	(void)now;
	(void)sink;
	return polled_step(&p->polled);
}

/* Nothing was set. */
static int pzem_stop(void *device, struct error *error)
{
	(void)device;
	(void)error;
	return 0;
}

static void pzem_close(void *device)
{
	free(device);
}

static const char *const schemes[] = { "serial", "tcp", "unix", "pty", NULL };

const struct driver driver_pzem004t = {
	.name = "pzem004t",
	.summary = "Peacefair PZEM-004T (version 3) power meters, in Modbus RTU",
	.gives = "power, voltage, current, energy",
	.maturity = MATURITY_EXPERIMENTAL,
	.schemes = schemes,
	.options = options,
	.open = pzem_open,
	.channels = pzem_channels,
	.identity = pzem_identity,
	.start = pzem_start,
	.step = pzem_step,
	.stop = pzem_stop,
	.close = pzem_close,
};
