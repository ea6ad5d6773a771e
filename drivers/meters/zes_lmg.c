/*
 * zes_lmg: ZES ZIMMER LMG95, LMG450, LMG500, LMG600: one of their channels, cycle by cycle, as they send it (zes_wire.h).
 *
 * Sources: programs of others that run an LMG95, an LMG450 and an LMG670. No manual of their languages could be had, no instrument was
 * there to be asked.
 *
 * Its languages. Everything is set in SCPI, each order with the question for errors behind it. In SHORT (option `language`) it sends the
 * number of each cycle as well, so that lost ones are known; the orders that change the language differ from family to family.
 *
 *      *zlang scpi           whatever it spoke (LMG95, 450, 500: lang scpi); a language that it speaks already is an error to it
 *      :INIT:CONT OFF;*opc?  cycles end; a line `1` is the last of them
 *      :SYST:ERR:ALL?        those errors are forgotten
 *      … settings …
 *      :TRIG:ACT;…           what it is to send
 *      :INIT:CONT ON         a line for each cycle from here on
 *
 * While it sends, nothing is asked: its ranges are looked at before each run's quiet, on the way back and in the end. They are fixed, and
 * its keys are locked while it is remote.
 *
 * A channel that it does not have hangs it, so none is ever named that its model cannot have, and the first unless the bench file says
 * otherwise. *rst, which those programs begin and end with, is never sent: it throws away what its user has set. What differs is set, read
 * back and put back; then `gtl` gives it its keys.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "device.h"
#include "meters/meter.h"
#include "meters/polled.h"
#include "meters/settings.h"
#include "meters/zes_talk.h"
#include "meters/zes_wire.h"
#include "units.h"

#define CYCLE_LEAST 0.05 /* s */
#define CYCLE_MOST 1.0
#define CYCLE_USUAL 0.5
#define LATENCY_LEAST (50 * NS_PER_MS)
#define LINE_BYTES 64            /* of a cycle, on the way */
#define SLOWEST_BAUD 9600
#define NETWORK_WAY (10 * NS_PER_MS)
#define OPEN_PATIENCE (2 * NS_PER_S)
#define SETUP_PATIENCE (10 * NS_PER_S)
#define PATIENCE (2 * NS_PER_S)
#define GIVE_BACK_TRIES 3
#define CREST 3

static const struct option_spec options[] = {
	{ "channel", "that feeds the machine: one that is fitted, for another hangs the instrument", OPTION_INTEGER, DIMENSION_RATIO, "1" },
	{ "language", "scpi, or short: then it counts its cycles, too", OPTION_TEXT, DIMENSION_RATIO, "scpi" },
	{ .name = NULL },
};

static const struct zes_languages older = { "lang scpi\n", "syst:lang short\n" }, lmg600 = { "*zlang scpi\n", "*zlang short\n" };
static const struct model {
	int number, channels; /* channels: at most */
	const struct zes_languages *languages;
} models[] = {
	{ 95, 1, &older }, { 450, 4, &older }, { 500, 8, &older }, { 610, 1, &lmg600 }, { 611, 1, &lmg600 }, { 640, 4, &lmg600 }, { 641, 4, &lmg600 },
	{ 670, 7, &lmg600 }, { 671, 7, &lmg600 },
};

enum channel_index { POWER, VOLTAGE, CURRENT, CHANNELS };
enum { SETTINGS = 6, FORM = 2 }; /* the first are no ranges */

struct zes {
	const struct device_config *config;
	struct link *link;
	struct timebase *timebase;
	const struct model *model;
	struct idn idn;
	struct identity identity;
	int channel;
	bool shorthand; /* its language, while it sends */
	double cycle;   /* s */
	struct channel channels[CHANNELS];
	struct zes_setting settings[SETTINGS];
	char action[128]; /* with its end */
	double count;     /* of the last cycle; NAN: there was none */
	struct polled polled;
};

static int64_t now_of(const struct zes *z)
{
	return z->timebase->now(z->timebase);
}

/* ---- set up, give back ---- */

/* What a line takes on its way. */
static int64_t way(const struct device_config *config)
{
	const char *scheme = config->endpoint.scheme, *given = strstr(config->endpoint.query, "baud=");
	long baud = given ? strtol(given + 5, NULL, 10) : SLOWEST_BAUD;
	if (strcmp(scheme, "serial") != 0 && strcmp(scheme, "pty") != 0)
		return NETWORK_WAY;
	return LINE_BYTES * 10 * NS_PER_S / (baud > 0 ? baud : SLOWEST_BAUD);
}

static enum io stop_sending(struct zes *z, int64_t deadline)
{
	return zes_stop_sending(z->link, z->timebase, z->model->languages, z->shorthand, deadline);
}

/* What it sends is on its way no longer than a question and its answer together. */
static enum io begin_sending(struct zes *z, int64_t deadline)
{
	char reply[16];
	int64_t asked = now_of(z);
	enum io io = link_query(z->link, "*opc?", reply, sizeof reply, deadline);
	int64_t took = now_of(z) - asked, least = way(z->config);
	z->polled.push_most = took > least ? took : least;
	z->count = NAN;
	z->polled.told = now_of(z);
	return io != IO_OK ? io : zes_begin_sending(z->link, z->model->languages, z->shorthand, z->action, deadline);
}

static int apply_all(struct zes *z, int64_t deadline, struct error *error)
{
	for (int i = 0; i < SETTINGS; i++) {
		struct zes_setting *s = &z->settings[i];
		char reason[128] = "";
		double got = NAN;
		enum io io = zes_setting_apply(s, z->link, &got, reason, sizeof reason, deadline);
		if (io != IO_OK)
			return settings_link_error(io, z->config->endpoint.text, "setting it up", error);
		if (!zes_setting_is(s->want, got))
			return error_set(error, ERROR_PROTOCOL, z->config->endpoint.text, "choose one that its front panel offers",
					 "the %s stays at %g when set to %g: %.80s", s->label, got, s->want, reason);
	}
	return 0;
}

/* Others are put back though one is not. */
static enum io restore_all(struct zes *z, int64_t deadline)
{
	enum io worst = IO_OK;
	for (int i = SETTINGS; i-- > 0;) {
		enum io io = zes_setting_restore(&z->settings[i], z->link, deadline);
		if (io == IO_TIMEOUT || io == IO_GONE)
			return io;
		worst = io == IO_OK ? worst : io;
	}
	return worst;
}

/* What was put back already is not touched again. Then its keys are its user's. */
static enum io give_back(struct zes *z, int64_t deadline)
{
	enum io io = IO_GARBLED;
	for (int tries = 0; tries < GIVE_BACK_TRIES && io == IO_GARBLED; tries++) {
		io = link_clear(z->link, deadline);
		if (io == IO_OK)
			io = stop_sending(z, deadline);
		if (io == IO_OK)
			io = restore_all(z, deadline);
	}
	return io == IO_OK ? link_send(z->link, "gtl\n", 4, deadline) : io;
}

/* ---- the set-up, from the configuration ---- */

static int read_language(struct zes *z, struct error *error)
{
	const char *word = device_option(z->config, options, "language", NULL);
	z->shorthand = strcasecmp(word, "short") == 0;
	if (z->shorthand || strcasecmp(word, "scpi") == 0)
		return 0;
	return error_set(error, ERROR_CONFIG, z->config->name, "write scpi or short", "option language cannot be '%.40s'", word);
}

static int read_config(struct zes *z, struct error *error)
{
	const struct device_config *config = z->config;
	double channel = 1;
	device_option(config, options, "channel", &channel);
	z->cycle = config->update > 0 ? config->update : CYCLE_USUAL;
	if (!(channel >= 1 && channel <= z->model->channels))
		return error_set(error, ERROR_CONFIG, config->name, NULL, "an LMG%d has at most the channels 1 to %d, not %g", z->model->number,
				 z->model->channels, channel);
	if (!(z->cycle >= CYCLE_LEAST && z->cycle <= CYCLE_MOST))
		return error_set(error, ERROR_CONFIG, config->name, "give 'update' from 50 ms to 1 s", "cycles of %g s are not for runs", z->cycle);
	if (!(config->voltage_range > 0 && config->current_range > 0))
		return error_set(error, ERROR_CONFIG, config->name, "give 'ranges: { voltage: 250 V, current: 2.5 A }', of those that its front panel offers",
				 "fixed ranges are needed: energy measured while a meter changes its range is void");
	if (!config->accuracy_given)
		return error_set(error, ERROR_CONFIG, config->name, "give 'accuracy', from its data sheet or certificate",
				 "what an LMG%d promises is not known to this program", z->model->number);
	z->channel = (int)channel;
	return read_language(z, error);
}

static void list_settings(struct zes *z)
{
	const struct device_config *config = z->config;
	int c = z->channel;
	struct zes_setting *s = z->settings;
	zes_setting_make(s++, "zero suppression", ":SENS:ZPR", 0, 0);
	zes_setting_make(s++, "cycle time", ":SENS:SWE:TIME", 0, z->cycle);
	zes_setting_make(s++, "automatic current range", ":SENS:CURR:RANG:AUTO", c, 0);
	zes_setting_make(s++, "current range", ":SENS:CURR:RANG", c, config->current_range);
	zes_setting_make(s++, "automatic voltage range", ":SENS:VOLT:RANG:AUTO", c, 0);
	zes_setting_make(s++, "voltage range", ":SENS:VOLT:RANG", c, config->voltage_range);
}

/* In SHORT an LMG95 numbers nothing. */
static void write_action(struct zes *z)
{
	int c = z->channel;
	if (!z->shorthand)
		snprintf(z->action, sizeof z->action, ":TRIG:ACT;:FETC:POW:ACT%d?;:FETC:VOLT:TRMS%d?;:FETC:CURR:TRMS%d?\n", c, c, c);
	else if (z->model->channels == 1)
		snprintf(z->action, sizeof z->action, "actn;count?;p?;utrms?;itrms?\n");
	else
		snprintf(z->action, sizeof z->action, "actn;count?;p%d?;utrms%d?;itrms%d?\n", c, c, c);
}

/* ---- channels ---- */

static int64_t nanoseconds(double seconds, int64_t fallback)
{
	return isfinite(seconds) ? llround(seconds * 1e9) : fallback;
}

static void describe(struct zes *z, enum channel_index index, const char *quantity, enum unit unit)
{
	const struct device_config *config = z->config;
	double mains = config->line_frequency > 0 ? config->line_frequency : 50;
	int64_t window = llround(z->cycle * 1e9);
	/* From the end of a cycle to its first byte: not known, so half a cycle, give or take as much. */
	int64_t latency = window / 2 > LATENCY_LEAST ? window / 2 : LATENCY_LEAST;
	z->channels[index] = (struct channel){
		.kind = index == POWER ? CHANNEL_MEAN : CHANNEL_OBSERVE, .role = index == POWER ? config->measures : ROLE_NONE, .unit = unit,
		.number = NUMBER_F64, .clock = CLOCK_ID_MONOTONIC, .scale = 1, .window = window, .refresh = window, .unmeasured = llround(1e9 / mains),
		.latency = nanoseconds(config->latency, latency), .u_latency = nanoseconds(config->u_latency, latency), .factor = { -1, -1 },
		.simulated = z->identity.simulated,
	};
	snprintf(z->channels[index].name, sizeof z->channels[index].name, "%.31s.%s", config->name, quantity);
}

static void describe_channels(struct zes *z)
{
	const struct device_config *config = z->config;
	struct channel *power = &z->channels[POWER];
	double range = config->voltage_range * config->current_range;
	describe(z, POWER, "power", UNIT_WATT);
	describe(z, VOLTAGE, "voltage", UNIT_VOLT);
	describe(z, CURRENT, "current", UNIT_AMPERE);
	power->accuracy = config->accuracy;
	if (power->accuracy.range_value <= 0)
		power->accuracy.range_value = range;
	power->power_max = config->power_max > 0 ? config->power_max : CREST * range;
}

/* ---- open ---- */

static const struct model *find_model(const char *name)
{
	int number = zes_model(name);
	for (size_t i = 0; i < sizeof models / sizeof *models; i++)
		if (models[i].number == number)
			return &models[i];
	return NULL;
}

static int identify(struct zes *z, struct error *error)
{
	int64_t deadline = now_of(z) + OPEN_PATIENCE;
	enum io io = link_clear(z->link, deadline);
	if (io == IO_OK)
		io = zes_ask_identity(z->link, z->timebase, &z->idn, deadline);
	if (io != IO_OK)
		return settings_link_error(io, z->config->endpoint.text, "asking *idn?", error);
	idn_tell(&z->idn, &z->identity);
	z->model = find_model(z->idn.model);
	return meter_check(z->config, &z->idn, z->model != NULL, "ZES LMG95, 450, 500 or 600", error);
}

static void *zes_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	struct zes *z = meter_new(sizeof *z, config, link, "give it an endpoint such as tcp://10.0.0.7:5025", error);
	if (z == NULL)
		return NULL;
	*z = (struct zes){ .config = config, .link = link, .timebase = timebase, .count = NAN };
	if (identify(z, error) != 0 || read_config(z, error) != 0) {
		free(z);
		return NULL;
	}
	list_settings(z);
	write_action(z);
	describe_channels(z);
	return z;
}

static const struct channel *zes_channels(const void *device, int *count)
{
	const struct zes *z = device;
	*count = CHANNELS;
	return z->channels;
}

static const struct identity *zes_identity(const void *device)
{
	const struct zes *z = device;
	return &z->identity;
}

/* ---- life ---- */

static uint32_t count_lost(struct zes *z, const struct zes_value *count)
{
	uint32_t lost = isnan(z->count) || isnan(count->value) ? 0 : zes_cycles_lost(z->count, count->value);
	z->count = count->value;
	return lost;
}

static enum io zes_read(void *device, struct polled_reading *reading, int64_t deadline)
{
	struct zes *z = device;
	char line[256];
	struct zes_value values[1 + CHANNELS], *measured = values + z->shorthand;
	enum io io = link_line(z->link, line, sizeof line, deadline);
	if (io == IO_OK && zes_cycle_decode(line, CHANNELS + z->shorthand, values) != 0)
		io = IO_GARBLED;
	if (io != IO_OK)
		return io;
	for (int i = 0; i < CHANNELS; i++)
		reading->of[i] = (struct polled_value){
			.value = measured[i].value, .flags = measured[i].flags | (i != POWER && measured[i].value < 0 ? FLAG_IMPLAUSIBLE : 0),
		};
	reading->lost = z->shorthand ? count_lost(z, values) : 0;
	return IO_OK;
}

static enum io zes_meet(void *device, bool *same_one, int64_t deadline)
{
	struct zes *z = device;
	struct idn found;
	enum io io = zes_ask_identity(z->link, z->timebase, &found, deadline);
	*same_one = io == IO_OK && idn_same(&found, &z->idn);
	return io;
}

/* What it had before it was found again is nothing to be put back. */
static enum io zes_set_up(void *device, int64_t deadline)
{
	struct zes *z = device;
	char reason[128];
	enum io io = stop_sending(z, deadline);
	for (int i = 0; i < FORM && io == IO_OK; i++) {
		double got = NAN, before = z->settings[i].before;
		io = zes_setting_apply(&z->settings[i], z->link, &got, reason, sizeof reason, deadline);
		if (io == IO_OK && !zes_setting_is(z->settings[i].want, got))
			io = IO_GARBLED;
		z->settings[i].before = before;
	}
	return io;
}

static enum io zes_ranges_hold(void *device, bool *hold, int64_t deadline)
{
	struct zes *z = device;
	enum io io = stop_sending(z, deadline);
	*hold = true;
	for (int i = 0; i < SETTINGS && io == IO_OK; i++) {
		double got = NAN;
		io = zes_setting_read(&z->settings[i], z->link, &got, deadline);
		*hold = *hold && zes_setting_is(z->settings[i].want, got);
	}
	return io == IO_OK ? begin_sending(z, deadline) : io;
}

static const struct polled_ops life = { .read = zes_read, .meet = zes_meet, .set_up = zes_set_up, .ranges_hold = zes_ranges_hold };

static int begin(struct zes *z, int64_t deadline, struct error *error)
{
	const char *on = z->config->endpoint.text;
	enum io io = stop_sending(z, deadline);
	if (io != IO_OK)
		return settings_link_error(io, on, "ending what it sent", error);
	if (apply_all(z, deadline, error) != 0)
		return -1;
	io = begin_sending(z, deadline);
	return io == IO_OK ? 0 : settings_link_error(io, on, "telling it what to send", error);
}

static int zes_start(void *device, struct sink *sink, struct error *error)
{
	struct zes *z = device;
	if (begin(z, now_of(z) + SETUP_PATIENCE, error) != 0) {
		give_back(z, now_of(z) + PATIENCE);
		return -1;
	}
	z->polled = (struct polled){
		.ops = &life, .device = z, .link = z->link, .timebase = z->timebase, .channels = z->channels, .n_channels = CHANNELS,
		.mode = POLLED_PUSHED, .period = z->channels[POWER].window,
		.push_most = z->polled.push_most, .told = z->polled.told, .steady = true, .range_channel = POWER,
		.ranges = { .voltage = z->config->voltage_range, .current = z->config->current_range },
	};
	polled_start(&z->polled, sink);
	return 0;
}

static int64_t zes_step(void *device, int64_t now, struct sink *sink)
{
	struct zes *z = device;
	(void)now;
	(void)sink; /* the same as at start */
	return polled_step(&z->polled);
}

static void zes_prepare(void *device)
{
	struct zes *z = device;
	polled_look(&z->polled, now_of(z) + PATIENCE);
}

static int zes_stop(void *device, struct error *error)
{
	struct zes *z = device;
	enum io io = polled_end(&z->polled, now_of(z) + PATIENCE);
	if (io != IO_GONE)
		io = give_back(z, now_of(z) + 2 * PATIENCE);
	if (io == IO_OK)
		return 0;
	return error_set(error, io == IO_TIMEOUT ? ERROR_TIMEOUT : ERROR_GONE, z->config->endpoint.text, "set its ranges on its front panel",
			 "the instrument's earlier settings could not be put back (%s)", io_name(io));
}

static void zes_close(void *device)
{
	free(device);
}

/* ---- detect ---- */

/* Asked for anything but its name it would have to be silenced first. */
static int zes_probe(struct link *link, struct timebase *timebase, struct device_config *config, struct identity *identity, struct error *error)
{
	struct idn idn;
	int64_t deadline = timebase->now(timebase) + OPEN_PATIENCE;
	enum io io = link_clear(link, deadline);
	if (io == IO_OK)
		io = zes_ask_identity(link, timebase, &idn, deadline);
	if (io != IO_OK)
		return settings_link_error(io, config->endpoint.text, "asking *idn?", error);
	idn_tell(&idn, identity);
	const struct model *model = find_model(idn.model);
	if (model == NULL)
		return error_set(error, ERROR_NOT_FOUND, config->endpoint.text, NULL, "not a ZES LMG95, 450, 500 or 600: %s %s answered", idn.maker, idn.model);
	snprintf(config->driver, sizeof config->driver, "zes_lmg");
	memcpy(config->serial, idn.serial, sizeof idn.serial);
	snprintf(config->doubt[DOUBT_RANGES], sizeof config->doubt[DOUBT_RANGES], "ranges: it was not asked for them: give those that fit, as its front panel has them");
	if (model->channels > 1)
		snprintf(config->doubt[DOUBT_OPTIONS], sizeof config->doubt[DOUBT_OPTIONS],
			 "channel: which of those that are fitted feeds the machine; another hangs the instrument");
	return 0;
}

static const char *const schemes[] = { "tcp", "serial", "unix", "pty", NULL };

const struct driver driver_zes_lmg = {
	.name = "zes_lmg",
	.summary = "ZES ZIMMER LMG95, LMG450, LMG500, LMG600 power analyzers, cycle by cycle",
	.gives = "power, voltage, current",
	.maturity = MATURITY_EXPERIMENTAL,
	.schemes = schemes,
	.options = options,
	.open = zes_open,
	.channels = zes_channels,
	.identity = zes_identity,
	.start = zes_start,
	.step = zes_step,
	.prepare = zes_prepare,
	.stop = zes_stop,
	.close = zes_close,
	.probe = zes_probe,
};
