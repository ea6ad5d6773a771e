/*
 * http_plug: smart plugs and clamp meters with a local web interface: Shelly (generation 1: /status; later: RPC), and whatever runs Tasmota.
 * What they answer is drawn in plug_reply.h.
 *
 * Sources: the maker's API documents (shelly-api-docs), replies of real devices published by others, Tasmota's documentation.
 *
 * A plug renews its values about once a second, at a pace of its own that nobody has written down, from a window that nobody has written
 * down either ("last measured instantaneous active power"). So each answer is a reading made for the question (POLLED_ANEW), once a second:
 * all of the time between two of them may go unmeasured, and a value may be up to two seconds old. Its counter says what was used, but how
 * far its register may stay behind is not known: a minute unless `energy_step` says better (generation 1 was seen to count by minutes). No
 * accuracy is specified: a plug checks what measures the wall, and measures the wall itself only with an `accuracy` from elsewhere.
 *
 * Digest authentication is not spoken: a device that wants a password is refused by name.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "device.h"
#include "meters/meter.h"
#include "meters/plug_reply.h"
#include "meters/polled.h"
#include "meters/standstill.h"

#define PERIOD NS_PER_S
#define PERIOD_LEAST PERIOD /* more often it says the same again, which are no more values */
#define PERIOD_MOST (60 * NS_PER_S)
#define LATENCY NS_PER_S   /* from a window's end to its value being readable: two seconds at most… */
#define U_LATENCY LATENCY  /* …and perhaps none */
#define OPEN_PATIENCE (8 * NS_PER_S)
#define ASK_PATIENCE (3 * NS_PER_S)
#define POWER_MOST 4000.0  /* W: 16 A */
#define STALLED 60.0       /* s in which some digit of a load moves, if its counter does not */
#define REPLY_SIZE 8192

static const struct option_spec options[] = {
	{ "kind", "switch, pm1, em1 (components of a Shelly of generation 2 or later), gen1, tasmota; auto: what answers", OPTION_TEXT, DIMENSION_RATIO,
	  "auto" },
	{ "channel", "which of its meters, from 0", OPTION_INTEGER, DIMENSION_RATIO, "0" },
	{ "energy_step", "its energy counter moves at least so often", OPTION_QUANTITY, DIMENSION_TIME, "60 s" },
	{ .name = NULL },
};

enum channel_index { POWER, VOLTAGE, CURRENT, ENERGY, CHANNELS };

struct plug {
	const struct device_config *config;
	struct link *link;
	struct timebase *timebase;
	struct identity identity;
	struct plug_identity who;
	enum plug_kind kind;
	bool tasmota;
	int number; /* of the meter */
	char request[48];
	struct plug_reading first; /* tells what there is, and how fine */
	struct channel channels[CHANNELS];
	int n, index[CHANNELS]; /* of each quantity; -1: it has none */
	double energy_step;     /* s */
	struct polled polled;
	struct standstill standstill;
	char reply[REPLY_SIZE];
};

static int64_t now_of(const struct plug *p)
{
	return p->timebase->now(p->timebase);
}

/* ---- asking ---- */

static enum io receive(struct plug *p, size_t *size, int64_t deadline)
{
	bool end = false;
	for (*size = 0; !end;) {
		size_t got = 0;
		if (*size == sizeof p->reply)
			return IO_GARBLED;
		enum io io = link_recv(p->link, p->reply + *size, sizeof p->reply - *size, &got, &end, deadline);
		if (io != IO_OK)
			return io;
		*size += got;
	}
	return IO_OK;
}

static enum io ask(struct plug *p, const char *request, size_t *size, int64_t deadline)
{
	enum io io = link_send(p->link, request, strlen(request), deadline);
	return io == IO_OK ? receive(p, size, deadline) : io;
}

static enum io ask_values(struct plug *p, struct plug_reading *reading, int64_t deadline)
{
	size_t size;
	enum io io = ask(p, p->request, &size, deadline);
	if (io == IO_OK && plug_reading_decode(p->kind, p->number, p->reply, size, reading) != 0)
		io = IO_GARBLED;
	return io;
}

static void set_kind(struct plug *p, enum plug_kind kind)
{
	p->kind = kind;
	snprintf(p->request, sizeof p->request, "%s", plug_dialects[kind].request);
	char *number = strchr(p->request, '#');
	if (number)
		*number = (char)('0' + p->number);
}

/* ---- who is there ---- */

static enum io meet_tasmota(struct plug *p, struct plug_identity *who, int64_t deadline)
{
	static const char *const questions[] = { "/cm?cmnd=Status%202", "/cm?cmnd=Status%205" };
	*who = (struct plug_identity){ .model = "Tasmota" };
	for (int i = 0; i < 2 && !who->locked; i++) {
		size_t size;
		enum io io = ask(p, questions[i], &size, deadline);
		if (io != IO_OK)
			return io;
		if (plug_tasmota_decode(p->reply, size, who) != 0)
			return IO_GARBLED;
	}
	return who->locked || who->firmware[0] || who->serial[0] ? IO_OK : IO_GARBLED;
}

static enum io meet_shelly(struct plug *p, struct plug_identity *who, int64_t deadline)
{
	size_t size;
	enum io io = ask(p, "/shelly", &size, deadline);
	if (io == IO_OK && plug_shelly_decode(p->reply, size, who) != 0)
		io = IO_GARBLED;
	return io;
}

static int link_error(const struct plug *p, enum io io, const char *doing, struct error *error)
{
	const char *on = p->config->endpoint.text;
	if (io == IO_GARBLED)
		return error_set(error, ERROR_WRONG_DEVICE, on,
				 "correct the endpoint; if it wants a password (status 401), switch that off: digest authentication is not spoken here",
				 "neither a Shelly nor Tasmota answers: %s", doing);
	return error_set(error, io == IO_TIMEOUT ? ERROR_TIMEOUT : ERROR_GONE, on, "see whether its web page opens", "no answer (%s): %s", io_name(io), doing);
}

static int identify(struct plug *p, struct error *error)
{
	const char *on = p->config->endpoint.text;
	int64_t deadline = now_of(p) + OPEN_PATIENCE;
	bool told = strcasecmp(device_option(p->config, options, "kind", NULL), plug_dialects[PLUG_TASMOTA].name) == 0;
	enum io io = link_clear(p->link, deadline);
	if (io == IO_OK)
		io = told ? IO_GARBLED : meet_shelly(p, &p->who, deadline);
	p->tasmota = io == IO_GARBLED;
	if (p->tasmota)
		io = link_clear(p->link, deadline);
	if (p->tasmota && io == IO_OK)
		io = meet_tasmota(p, &p->who, deadline);
	if (io != IO_OK)
		return link_error(p, io, "asking what it is", error);
	if (p->who.locked)
		return error_set(error, ERROR_UNSUPPORTED, on, "switch its password off while it measures",
				 "it wants a password (status 401), and digest authentication is not spoken here");
	if (p->config->serial[0] && strcasecmp(p->config->serial, p->who.serial) != 0)
		return meter_wrong(p->config, "the serial", error, "%s has the MAC address %s, not %s", p->who.model, p->who.serial, p->config->serial);
	return 0;
}

static void keep_identity(struct plug *p)
{
	snprintf(p->identity.maker, sizeof p->identity.maker, "%s", p->tasmota ? "Tasmota" : "Shelly");
	memcpy(p->identity.model, p->who.model, sizeof p->who.model);
	memcpy(p->identity.serial, p->who.serial, sizeof p->who.serial);
	memcpy(p->identity.firmware, p->who.firmware, sizeof p->who.firmware);
	p->identity.simulated = strncmp(p->who.serial, "SIM", 3) == 0; /* which no MAC address does */
}

/* ---- what measures ---- */

static bool may_be(const struct plug *p, const char *wanted, enum plug_kind kind)
{
	bool fits = p->tasmota ? kind == PLUG_TASMOTA : p->who.generation == 1 ? kind == PLUG_GEN1 : kind < PLUG_GEN1;
	return strcasecmp(wanted, "auto") == 0 ? fits : strcasecmp(wanted, plug_dialects[kind].name) == 0;
}

/* The first component that has a power. One that is not there is answered with another status than 200. */
static int find_meter(struct plug *p, struct error *error)
{
	const char *wanted = device_option(p->config, options, "kind", NULL), *on = p->config->endpoint.text;
	bool answered = false, asked = false;
	for (enum plug_kind kind = 0; kind < PLUG_KINDS; kind++) {
		if (!may_be(p, wanted, kind))
			continue;
		int64_t deadline = now_of(p) + ASK_PATIENCE;
		set_kind(p, kind);
		asked = true;
		enum io io = link_clear(p->link, deadline);
		if (io == IO_OK)
			io = ask_values(p, &p->first, deadline);
		if (io == IO_OK && p->first.power.present)
			return 0;
		if (io != IO_OK && io != IO_GARBLED)
			return link_error(p, io, p->request, error);
		answered = answered || io == IO_OK;
	}
	if (!asked)
		return error_set(error, ERROR_CONFIG, p->config->name, "write auto, switch, pm1, em1, gen1 or tasmota", "option kind cannot be '%.40s'", wanted);
	if (answered)
		return error_set(error, ERROR_UNSUPPORTED, on, "use one with power metering",
				 "%s %s reports no power for meter %d: a relay without a meter", p->identity.maker, p->identity.model, p->number);
	return error_set(error, ERROR_WRONG_DEVICE, on, "see its web page for which of its meters there are ('kind', 'channel')",
			 "%s %s has no such meter: %.40s %d", p->identity.maker, p->identity.model, wanted, p->number);
}

/* ---- channels ---- */

static int64_t nanoseconds(double seconds, int64_t fallback)
{
	return isfinite(seconds) ? llround(seconds * 1e9) : fallback;
}

static struct channel *add_channel(struct plug *p, enum channel_index which, const char *quantity, enum unit unit)
{
	struct channel *c = &p->channels[p->n];
	*c = (struct channel){
		.kind = CHANNEL_OBSERVE, .unit = unit, .number = NUMBER_F64, .clock = CLOCK_ID_MONOTONIC, .scale = 1, .refresh = p->polled.period,
		.latency = nanoseconds(p->config->latency, LATENCY), .u_latency = nanoseconds(p->config->u_latency, U_LATENCY), .factor = { -1, -1 },
		.simulated = p->identity.simulated,
	};
	snprintf(c->name, sizeof c->name, "%.31s.%s", p->config->name, quantity);
	p->index[which] = p->n++;
	return c;
}

static struct accuracy accuracy_of(const struct plug *p, double quantum)
{
	struct accuracy accuracy = { .reading = 0 };
	if (p->config->accuracy_given)
		accuracy = p->config->accuracy;
	if (accuracy.range_value <= 0)
		accuracy.range_value = p->config->power_max > 0 ? p->config->power_max : POWER_MOST;
	accuracy.quantum = quantum;
	return accuracy;
}

static void describe_energy(struct plug *p)
{
	const struct plug_dialect *dialect = &plug_dialects[p->kind];
	bool of_wall = p->config->measures == ROLE_WALL || p->config->measures == ROLE_CHECK;
	struct channel *c = add_channel(p, ENERGY, "energy", UNIT_JOULE);
	c->kind = CHANNEL_COUNTER;
	c->role = of_wall ? ROLE_INTEGRAL : ROLE_NONE;
	c->number = NUMBER_U64;
	c->scale = dialect->micro;
	c->latency = c->u_latency = 0; /* its register's own lag holds it all */
	c->update_jitter = llround(p->energy_step * 1e9);
	c->accuracy = accuracy_of(p, dialect->quantum * pow(10, -p->first.energy.decimals));
	c->power_max = p->channels[POWER].power_max;
}

static void describe_channels(struct plug *p)
{
	struct channel *power = add_channel(p, POWER, "power", UNIT_WATT);
	power->kind = CHANNEL_MEAN;
	power->role = p->config->measures;
	power->window = power->unmeasured = p->polled.period;
	power->accuracy = accuracy_of(p, pow(10, -p->first.power.decimals));
	power->power_max = p->config->power_max > 0 ? p->config->power_max : POWER_MOST;
	p->index[VOLTAGE] = p->index[CURRENT] = p->index[ENERGY] = -1;
	if (p->first.voltage.present)
		add_channel(p, VOLTAGE, "voltage", UNIT_VOLT);
	if (p->first.current.present)
		add_channel(p, CURRENT, "current", UNIT_AMPERE);
	if (p->first.energy.present)
		describe_energy(p);
}

/* ---- open ---- */

static int read_config(struct plug *p, struct error *error)
{
	const struct device_config *config = p->config;
	double number = 0;
	device_option(config, options, "channel", &number);
	device_option(config, options, "energy_step", &p->energy_step);
	p->number = (int)number;
	p->polled.period = config->update > 0 ? llround(config->update * 1e9) : PERIOD;
	if (!(number >= 0 && number < PLUG_CHANNELS))
		return error_set(error, ERROR_CONFIG, config->name, NULL, "option channel is 0 to %d, not %g", PLUG_CHANNELS - 1, number);
	if (!(p->energy_step > 0 && p->energy_step <= 3600))
		return error_set(error, ERROR_CONFIG, config->name, NULL, "option energy_step is a time up to an hour, not %g s", p->energy_step);
	if (p->polled.period < PERIOD_LEAST || p->polled.period > PERIOD_MOST)
		return error_set(error, ERROR_CONFIG, config->name, "leave 'update' out: a plug is asked once a second", "update of %g s: it renews its values once a second, and 1 s to 60 s are possible",
				 config->update);
	if (config->measures == ROLE_WALL && !config->accuracy_given)
		return error_set(error, ERROR_CONFIG, config->name, "write 'measures: check', or give 'accuracy' from a calibration of this very device",
				 "no accuracy is specified for a plug: it cannot be what measures the wall");
	return 0;
}

static enum io plug_read(void *device, struct polled_reading *reading, int64_t deadline);
static enum io plug_meet(void *device, bool *same, int64_t deadline);

static const struct polled_ops polled_ops = { .read = plug_read, .meet = plug_meet };

static struct plug *new_plug(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	struct plug *p = meter_new(sizeof *p, config, link, "give it an endpoint such as http://plug.local", error);
	if (p)
		*p = (struct plug){ .config = config, .link = link, .timebase = timebase };
	return p;
}

static void *plug_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	struct plug *p = new_plug(config, link, timebase, error);
	if (p == NULL)
		return NULL;
	if (read_config(p, error) != 0 || identify(p, error) != 0)
		goto free_plug;
	keep_identity(p);
	if (find_meter(p, error) != 0)
		goto free_plug;
	describe_channels(p);
	p->polled.ops = &polled_ops;
	p->polled.device = p;
	p->polled.link = link;
	p->polled.timebase = timebase;
	p->polled.channels = p->channels;
	p->polled.n_channels = p->n;
	p->polled.mode = POLLED_ANEW;
	p->polled.range_channel = -1;
	return p;
free_plug:
	free(p);
	return NULL;
}

static const struct channel *plug_channels(const void *device, int *count)
{
	const struct plug *p = device;
	*count = p->n;
	return p->channels;
}

static const struct identity *plug_identity(const void *device)
{
	const struct plug *p = device;
	return &p->identity;
}

/* ---- measuring ---- */

static void put(struct plug *p, struct polled_reading *to, enum channel_index which, const struct plug_value *value, uint64_t count)
{
	if (p->index[which] < 0)
		return;
	to->of[p->index[which]] = (struct polled_value){ .value = value->value, .count = count, .flags = value->flags, .absent = !value->present };
}

static uint64_t mark_of(const struct plug_reading *reading)
{
	const double values[] = { reading->power.value, reading->voltage.value, reading->current.value, (double)reading->count };
	return polled_mark(values, sizeof values);
}

static enum io plug_read(void *device, struct polled_reading *to, int64_t deadline)
{
	struct plug *p = device;
	struct plug_reading reading;
	enum io io = ask_values(p, &reading, deadline);
	if (io != IO_OK)
		return io;
	if (!reading.power.present)
		return IO_GARBLED;
	to->flags = standstill_judge(&p->standstill, mark_of(&reading), reading.power.value, now_of(p));
	put(p, to, POWER, &reading.power, 0);
	put(p, to, VOLTAGE, &reading.voltage, 0);
	put(p, to, CURRENT, &reading.current, 0);
	put(p, to, ENERGY, &reading.energy, reading.count);
	return IO_OK;
}

static enum io plug_meet(void *device, bool *same, int64_t deadline)
{
	struct plug *p = device;
	struct plug_identity who;
	enum io io = p->tasmota ? meet_tasmota(p, &who, deadline) : meet_shelly(p, &who, deadline);
	*same = io == IO_OK && strcmp(who.serial, p->who.serial) == 0 && strcmp(who.model, p->who.model) == 0;
	return io;
}

static int plug_start(void *device, struct sink *sink, struct error *error)
{
	struct plug *p = device;
	(void)error;
	p->standstill = (struct standstill){ .least = STALLED + p->energy_step, .step = p->index[ENERGY] < 0 ? 0 : p->channels[p->index[ENERGY]].accuracy.quantum };
	polled_start(&p->polled, sink);
	return 0;
}

static int64_t plug_step(void *device, int64_t now, struct sink *sink)
{
	struct plug *p = device;
	(void)now;
	(void)sink;
	return polled_step(&p->polled);
}

/* Nothing was set. */
static int plug_stop(void *device, struct error *error)
{
	(void)device;
	(void)error;
	return 0;
}

static void plug_close(void *device)
{
	free(device);
}

static int plug_probe(struct link *link, struct timebase *timebase, struct device_config *config, struct identity *identity, struct error *error)
{
	struct plug *p = new_plug(config, link, timebase, error);
	if (p == NULL)
		return -1;
	int result = identify(p, error);
	if (result == 0) {
		keep_identity(p);
		*identity = p->identity;
		memcpy(config->serial, p->who.serial, sizeof config->serial);
	}
	free(p);
	return result;
}

static const char *const schemes[] = { "http", NULL };

const struct driver driver_http_plug = {
	.name = "http_plug",
	.summary = "smart plugs with a local web interface: Shelly, Tasmota",
	.gives = "power; voltage, current, energy where it has them",
	.maturity = MATURITY_EXPERIMENTAL,
	.schemes = schemes,
	.options = options,
	.open = plug_open,
	.channels = plug_channels,
	.identity = plug_identity,
	.start = plug_start,
	.step = plug_step,
	.stop = plug_stop,
	.close = plug_close,
	.probe = plug_probe,
};
