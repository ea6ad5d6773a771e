/*
 * watts_up: Watts Up? PRO and .NET, over their USB (a serial port behind an FTDI adapter, 115200 baud).
 *
 * watts_up_wire.c draws its packets. They have no checksum. One without an end is passed over from the next # on; after several of them
 * logging is ended and started again, and should that not help, its memory is cleared in between.
 *
 * Sources: its protocol document of 2007 in its beginning, records that others have written down, programs of others (for what its version
 * is, one of them). That its metering has hung shows only where all of its record, watt-hours and all, stays the same for a minute or
 * longer: a few equal records are what a steady load looks like. Nobody has written down over which part of a second a record's power is a mean, nor when that ended: half a second,
 * give or take as much, and half of it unmeasured.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "meters/meter.h"
#include "meters/polled.h"
#include "meters/settings.h"
#include "meters/standstill.h"
#include "meters/watts_up_wire.h"

#define PERIOD NS_PER_S
#define LATENCY (500 * NS_PER_MS)
#define U_LATENCY (500 * NS_PER_MS)
#define UNMEASURED (500 * NS_PER_MS)
#define ON_ITS_WAY (50 * NS_PER_MS) /* at most, when nothing holds it up: 110 bytes take 10 ms, its adapter keeps them for up to 16 */
#define PATIENCE NS_PER_S
#define SILENCE (7 * NS_PER_S)      /* until it is asked who it is: longer than clearing its memory, and a record behind it */
#define CLEARING (2500 * NS_PER_MS) /* two seconds, and to spare */
#define BROKEN_MOST 3               /* packets in a row */
#define NOISE_MOST 4096             /* bytes that one look may find to be nothing; noise may come faster than it is read */
#define POWER_MOST 5000.0           /* W: beyond what any of its plugs carries */
#define POWER_STEP 0.1
#define ENERGY_STEP 360.0           /* J */
#define STALLED 60.0                /* s in which some digit of a load moves, if its watt-hours do not */

static const char start_logging[] = "#L,W,3,E,1,1;", end_logging[] = "#L,R,0;", ask_version[] = "#V,R,0;", clear_memory[] = "#R,W,0;";

/* ---- the conversation ---- */

enum channel_index { POWER, VOLTAGE, CURRENT, ENERGY, CHANNELS };

static const char *const models[] = { "Watts Up?", "Watts Up? PRO", "Watts Up? ES", "Watts Up? .NET", "Watts Up? Blind Module" };

struct watts_up {
	const struct device_config *config;
	struct link *link;
	struct timebase *timebase;
	struct identity identity;
	char version[WATTS_UP_PACKET]; /* what it said of itself when it was opened */
	struct channel channels[CHANNELS];
	struct polled polled;
	struct standstill standstill;
	struct watts_up_stream stream;
	char bytes[256]; /* received, and not looked at yet: [at, size) */
	size_t at, size;
	size_t eaten;     /* bytes of this look */
	int broken;       /* packets since the last good record */
	int restarts;     /* likewise */
	int64_t start_at; /* when logging is to be started; NEVER: it has been */
};

static int64_t now_of(const struct watts_up *w)
{
	return w->timebase->now(w->timebase);
}

static enum io send(struct watts_up *w, const char *packet, int64_t deadline)
{
	return link_send(w->link, packet, strlen(packet), deadline);
}

/* Goes on to the next packet that is whole, or broken. IO_TIMEOUT: what there is of one is kept. IO_GARBLED: noise without end. */
static enum io next_packet(struct watts_up *w, enum watts_up_event *event, int64_t deadline)
{
	bool end;
	for (;;) {
		while (w->at < w->size) {
			*event = watts_up_feed(&w->stream, w->bytes[w->at++]);
			if (*event != WATTS_UP_NOTHING)
				return IO_OK;
		}
		w->eaten += w->size;
		w->at = w->size = 0;
		if (w->eaten >= NOISE_MOST && now_of(w) >= deadline)
			return IO_GARBLED;
		enum io io = link_recv(w->link, w->bytes, sizeof w->bytes, &w->size, &end, deadline);
		if (io != IO_OK) {
			w->size = 0;
			return io;
		}
	}
}

static void forget(struct watts_up *w)
{
	w->at = w->size = 0;
	w->stream.inside = false;
}

static enum io ask_version_of(struct watts_up *w, struct watts_up_version *version, int64_t deadline)
{
	enum watts_up_event event;
	enum io io = send(w, ask_version, deadline);
	w->eaten = 0;
	while (io == IO_OK) {
		io = next_packet(w, &event, deadline);
		if (io == IO_OK && event == WATTS_UP_WHOLE && watts_up_version_decode(w->stream.packet, version) == 0)
			return IO_OK;
	}
	return io;
}

/* Ends its stream, and asks who it is. A record is on its way no longer than a question and its answer together. */
static enum io ask_who(struct watts_up *w, struct watts_up_version *version, int64_t deadline)
{
	forget(w);
	enum io io = send(w, end_logging, deadline);
	int64_t asked = now_of(w);
	if (io == IO_OK)
		io = ask_version_of(w, version, deadline);
	int64_t took = now_of(w) - asked;
	w->polled.push_most = took > ON_ITS_WAY ? took : ON_ITS_WAY;
	return io;
}

/* ---- what polled.h asks for ---- */

static void take_record(const struct watts_up_record *record, struct polled_reading *reading)
{
	reading->of[POWER] = (struct polled_value){ .value = record->watts.value, .flags = record->watts.flags };
	reading->of[VOLTAGE] = (struct polled_value){ .value = record->volts.value, .flags = record->volts.flags };
	reading->of[CURRENT] = (struct polled_value){ .value = record->amperes.value, .flags = record->amperes.flags };
	reading->of[ENERGY] = (struct polled_value){ .value = record->watt_hours.value * 3600, .flags = record->watt_hours.flags };
}

static enum io start_when_due(struct watts_up *w, int64_t deadline)
{
	if (w->start_at == NEVER || now_of(w) < w->start_at)
		return IO_OK;
	w->start_at = NEVER;
	return send(w, start_logging, deadline + PATIENCE);
}

/* True if the packet is a good record; a bad one counts as broken, any other packet as nothing. */
static bool good_record(struct watts_up *w, enum watts_up_event event, struct watts_up_record *record)
{
	bool whole = event == WATTS_UP_WHOLE;
	if (whole && watts_up_record_decode(w->stream.packet, record) == 0) {
		w->broken = w->restarts = 0;
		return true;
	}
	w->broken += !whole || watts_up_is_record(w->stream.packet);
	return false;
}

static enum io watts_up_read(void *device, struct polled_reading *reading, int64_t deadline)
{
	struct watts_up *w = device;
	struct watts_up_record record;
	enum watts_up_event event;
	enum io io = start_when_due(w, deadline);
	w->eaten = 0;
	while (io == IO_OK) {
		io = next_packet(w, &event, deadline);
		if (io != IO_OK)
			break;
		uint32_t lost = (uint32_t)w->broken;
		if (good_record(w, event, &record)) {
			reading->lost = lost;
			reading->flags = standstill_judge(&w->standstill, polled_mark(w->stream.packet, strlen(w->stream.packet)), record.watts.value, now_of(w));
			take_record(&record, reading);
			return IO_OK;
		}
		if (w->broken >= BROKEN_MOST) {
			w->broken = 0;
			return IO_GARBLED;
		}
	}
	return io;
}

static enum io watts_up_meet(void *device, bool *same, int64_t deadline)
{
	struct watts_up *w = device;
	struct watts_up_version version;
	int64_t soon = now_of(w) + PATIENCE;
	enum io io = ask_who(w, &version, soon < deadline ? soon : deadline);
	*same = io == IO_OK && strcmp(version.text, w->version) == 0;
	return io;
}

/* Started again; the second time in a row its memory is cleared before, and it is left alone meanwhile. */
static enum io watts_up_set_up(void *device, int64_t deadline)
{
	struct watts_up *w = device;
	w->start_at = now_of(w);
	w->broken = 0;
	if (++w->restarts < 2)
		return start_when_due(w, deadline);
	w->start_at += CLEARING;
	return send(w, clear_memory, deadline);
}

static const struct polled_ops ops = {
	.read = watts_up_read,
	.meet = watts_up_meet,
	.set_up = watts_up_set_up,
};

/* ---- open ---- */

static int check_config(const struct device_config *config, struct error *error)
{
	if (config->serial[0])
		return error_set(error, ERROR_CONFIG, config->name, "leave 'serial' out", "a Watts Up? does not tell its serial number");
	if (config->voltage_range > 0 || config->current_range > 0)
		return error_set(error, ERROR_CONFIG, config->name, "leave 'ranges' out", "a Watts Up? has one range of each");
	if (config->update > 0 && fabs(config->update - PERIOD * 1e-9) > 1e-6)
		return error_set(error, ERROR_CONFIG, config->name, "leave 'update' out", "a Watts Up? sends a record each second");
	if (!config->accuracy_given)
		return error_set(error, ERROR_CONFIG, config->name, "give 'accuracy', such as {reading: 1.5 %}, from its manual or certificate",
				 "what a Watts Up? promises is not known to this program");
	if (config->accuracy.range > 0 && !(config->accuracy.range_value > 0) && !(config->power_max > 0))
		return error_set(error, ERROR_CONFIG, config->name, "write power_max: 1800 W, the range that this is a part of",
				 "its accuracy is a part of a range that nobody has given");
	return 0;
}

/* "4.41 of TIMESTAMP", each as far as there is room. */
static void tell_firmware(const struct watts_up_version *version, char *text, size_t size)
{
	static const int most[] = { 8, 8, 24 };
	int length[3];
	for (int i = 0; i < 3; i++)
		length[i] = version->firmware[i].length < (size_t)most[i] ? (int)version->firmware[i].length : most[i];
	snprintf(text, size, "%.*s.%.*s of %.*s", length[0], version->text + version->firmware[0].at, length[1],
		 version->text + version->firmware[1].at, length[2], version->text + version->firmware[2].at);
}

static void take_identity(struct watts_up *w, const struct watts_up_version *version)
{
	w->identity = (struct identity){ .maker = "Electronic Educational Devices", .simulated = version->simulated };
	snprintf(w->identity.model, sizeof w->identity.model, "%s", models[version->model]);
	tell_firmware(version, w->identity.firmware, sizeof w->identity.firmware);
	snprintf(w->version, sizeof w->version, "%s", version->text);
}

static int identify(struct watts_up *w, struct error *error)
{
	const char *on = w->config->endpoint.text;
	struct watts_up_version version;
	int64_t deadline = now_of(w) + 2 * PATIENCE;
	enum io io = link_clear(w->link, deadline);
	if (io == IO_OK)
		io = ask_who(w, &version, deadline);
	if (io != IO_OK)
		return settings_link_error(io, on, "asking #V,R,0; (its version)", error);
	if (version.model >= sizeof models / sizeof *models)
		return meter_wrong(w->config, "the driver", error, "not a Watts Up? that is known: it says model %u", version.model);
	take_identity(w, &version);
	return 0;
}

static int64_t nanoseconds(double seconds, int64_t fallback)
{
	return isfinite(seconds) ? llround(seconds * 1e9) : fallback;
}

static void add_channel(struct watts_up *w, enum channel_index index, const char *quantity, enum unit unit)
{
	struct channel *c = &w->channels[index];
	*c = (struct channel){
		.kind = CHANNEL_OBSERVE, .unit = unit, .number = NUMBER_F64, .clock = CLOCK_ID_MONOTONIC, .scale = 1, .window = PERIOD,
		.unmeasured = UNMEASURED, .refresh = PERIOD, .latency = nanoseconds(w->config->latency, LATENCY),
		.u_latency = nanoseconds(w->config->u_latency, U_LATENCY), .factor = { -1, -1 }, .simulated = w->identity.simulated,
	};
	snprintf(c->name, sizeof c->name, "%.31s.%s", w->config->name, quantity);
}

/* Its watt-hours are observed, and never a counter: a step is 360 J, and they begin anew whenever its memory is cleared. */
static void describe_channels(struct watts_up *w)
{
	add_channel(w, POWER, "power", UNIT_WATT);
	add_channel(w, VOLTAGE, "voltage", UNIT_VOLT);
	add_channel(w, CURRENT, "current", UNIT_AMPERE);
	add_channel(w, ENERGY, "energy", UNIT_JOULE);
	struct channel *power = &w->channels[POWER];
	power->kind = CHANNEL_MEAN;
	power->role = w->config->measures;
	power->power_max = w->config->power_max > 0 ? w->config->power_max : POWER_MOST;
	power->accuracy = w->config->accuracy;
	power->accuracy.quantum = POWER_STEP;
	if (power->accuracy.range_value <= 0)
		power->accuracy.range_value = power->power_max;
}

static void *watts_up_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	struct watts_up *w = meter_new(sizeof *w, config, link, "give it an endpoint such as serial:///dev/ttyUSB0?baud=115200", error);
	if (w == NULL)
		return NULL;
	*w = (struct watts_up){ .config = config, .link = link, .timebase = timebase, .start_at = NEVER };
	if (check_config(config, error) != 0 || identify(w, error) != 0) {
		free(w);
		return NULL;
	}
	describe_channels(w);
	return w;
}

static const struct channel *watts_up_channels(const void *device, int *count)
{
	const struct watts_up *w = device;
	*count = CHANNELS;
	return w->channels;
}

static const struct identity *watts_up_identity(const void *device)
{
	const struct watts_up *w = device;
	return &w->identity;
}

/* ---- who is there ---- */

/* Changes nothing: a stream that somebody has started goes on. */
static int watts_up_probe(struct link *link, struct timebase *timebase, struct device_config *config, struct identity *identity,
			  struct error *error)
{
	struct watts_up w = { .config = config, .link = link, .timebase = timebase };
	struct watts_up_version version = { .model = 0 };
	int64_t deadline = now_of(&w) + PATIENCE;
	enum io io = link_clear(link, deadline);
	if (io == IO_OK)
		io = ask_version_of(&w, &version, deadline);
	if (io != IO_OK)
		return settings_link_error(io, config->endpoint.text, "asking #V,R,0; (its version)", error);
	if (version.model >= sizeof models / sizeof *models)
		return error_set(error, ERROR_NOT_FOUND, config->endpoint.text, NULL, "a Watts Up? of an unknown model, %u", version.model);
	take_identity(&w, &version);
	*identity = w.identity;
	snprintf(config->driver, sizeof config->driver, "watts_up");
	config->n_options = 0;
	memset(config->doubt, 0, sizeof config->doubt);
	snprintf(config->doubt[DOUBT_VALUES], sizeof config->doubt[DOUBT_VALUES],
		 "accuracy: what a Watts Up? promises is not known to this program: give it, such as {reading: 1.5 %%}, from its manual");
	return 0;
}

/* ---- life ---- */

/* A record, once logging has been started, proves that it logs. */
static int await_record(struct watts_up *w, struct error *error)
{
	struct polled_reading reading = { .flags = 0 };
	struct watts_up_version version;
	enum io io = ask_who(w, &version, now_of(w) + PATIENCE);
	if (io == IO_OK)
		io = watts_up_set_up(w, now_of(w) + PATIENCE);
	if (io == IO_OK)
		io = watts_up_read(w, &reading, now_of(w) + CLEARING + 3 * PERIOD);
	return io == IO_OK ? 0 : settings_link_error(io, w->config->endpoint.text, "starting external logging (#L,W,3,E,1,1;)", error);
}

static int watts_up_start(void *device, struct sink *sink, struct error *error)
{
	struct watts_up *w = device;
	w->restarts = 0;
	w->standstill = (struct standstill){ .least = STALLED, .step = ENERGY_STEP };
	if (await_record(w, error) != 0)
		return -1;
	w->polled = (struct polled){
		.ops = &ops, .device = w, .link = w->link, .timebase = w->timebase, .channels = w->channels, .n_channels = CHANNELS,
		.mode = POLLED_PUSHED, .period = PERIOD, .patience = SILENCE, .push_most = w->polled.push_most, .steady = true, .range_channel = -1,
	};
	polled_start(&w->polled, sink);
	return 0;
}

static int64_t watts_up_step(void *device, int64_t now, struct sink *sink)
{
	struct watts_up *w = device;
	(void)now;
	(void)sink; /* the same as at start */
	return polled_step(&w->polled);
}

/* Nothing is to be put back; one that has gone logs no more. */
static int watts_up_stop(void *device, struct error *error)
{
	struct watts_up *w = device;
	int64_t deadline = now_of(w) + PATIENCE;
	enum io io = polled_end(&w->polled, deadline);
	if (io == IO_OK)
		io = send(w, end_logging, deadline);
	if (io == IO_OK)
		return 0;
	return error_set(error, io == IO_TIMEOUT ? ERROR_TIMEOUT : ERROR_GONE, w->config->endpoint.text, "unplug it, and plug it in again",
			 "its logging could not be ended (%s)", io_name(io));
}

static void watts_up_close(void *device)
{
	free(device);
}

static const char *const schemes[] = { "serial", "tcp", "unix", "pty", NULL };

const struct driver driver_watts_up = {
	.name = "watts_up",
	.summary = "Watts Up? PRO and .NET: a record each second",
	.gives = "power, voltage, current, energy",
	.maturity = MATURITY_EXPERIMENTAL,
	.schemes = schemes,
	.open = watts_up_open,
	.channels = watts_up_channels,
	.identity = watts_up_identity,
	.start = watts_up_start,
	.step = watts_up_step,
	.stop = watts_up_stop,
	.close = watts_up_close,
	.probe = watts_up_probe,
};
