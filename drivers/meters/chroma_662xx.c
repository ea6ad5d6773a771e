/*
 * chroma_662xx: Chroma 66202 (one channel) and 66203, 66204 (mainframes of 3, 4), over USBTMC, or behind a GPIB converter.
 *
 * Sources: the manual of the 66203/66204 (version 1.0) as far as it could be had, and what programs that run a 66202 send it. What rests
 * on less: that the 66203, 66204 and 66205 name their ranges as the 66202 does, that windows follow each other by themselves, what
 * PROTection? of a 66202 says. No instrument was there to be asked.
 *
 * MEASure? begins a measurement and answers after it, FETCh? gives what the last window had. Asked by MEASure? the instrument would
 * measure when the host finds the time, with holes in between, so it is FETCh?, and an update is what changes it (polled.h).
 *
 * It is asked for voltage, current, power in this order: that of the manual's list and that of the programs which are in use, so whichever
 * of the two it answers in, power is the last. -1, -2 and -3 are no watts (chroma_wire.h).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "device.h"
#include "meters/chroma_wire.h"
#include "meters/meter.h"
#include "meters/polled.h"
#include "meters/settings.h"
#include "units.h"

#define WINDOW_LEAST 0.1 /* s */
#define WINDOW_MOST 10.0
#define LATENCY_LEAST (100 * NS_PER_MS)
#define OPEN_PATIENCE (2 * NS_PER_S)
#define SETUP_PATIENCE (8 * NS_PER_S)
#define PATIENCE NS_PER_S
#define GIVE_BACK_TRIES 3
#define QUESTION "FETC? V,I,W"
#define CREST 4 /* of a range: the largest instantaneous current */

static const struct option_spec options[] = {
	{ "channel", "of a 66203 (1 to 3) or 66204 (1 to 4)", OPTION_INTEGER, DIMENSION_RATIO, "1" },
	{ "shunt", "high or low: of the ranges of 2 A, which is meant", OPTION_TEXT, DIMENSION_RATIO, "high" },
	{ .name = NULL },
};

static const struct model {
	const char *name, *source; /* before the commands of its settings */
	int channels;
} models[] = { { "66202", "SOUR:", 1 }, { "66203", "", 3 }, { "66204", "", 4 }, { "66205", "", 1 } };

static const struct range {
	double value; /* V, A */
	const char *word, *shunt;
} voltages[] = { { 150, "V150", NULL }, { 300, "V300", NULL }, { 500, "V500", NULL }, { 0, NULL, NULL } },
  currents[] = { { 0.01, "A001", "LOW" }, { 0.1, "A01", "LOW" }, { 0.4, "A04", "LOW" }, { 2, "A2L", "LOW" },
		 { 0.2, "A02", "HIGH" }, { 2, "A2H", "HIGH" }, { 8, "A8", "HIGH" }, { 20, "A20", "HIGH" }, { 0, NULL, NULL } };

enum channel_index { POWER, VOLTAGE, CURRENT, CHANNELS };
enum { SETTINGS_MAX = 9 };

struct chroma {
	const struct device_config *config;
	struct link *link;
	struct timebase *timebase;
	const struct model *model;
	struct idn idn;
	struct identity identity;
	int channel;
	double window; /* s */
	const struct range *voltage, *current;
	struct channel channels[CHANNELS];
	struct setting settings[SETTINGS_MAX];
	char questions[SETTINGS_MAX][40];
	int n_settings, n_form; /* the first n_form are no ranges */
	struct polled polled;
};

static int64_t now_of(const struct chroma *c)
{
	return c->timebase->now(c->timebase);
}

/* ---- the set-up, from the configuration ---- */

static void add_setting(struct chroma *c, const char *label, const char *command, const char *want, double number)
{
	struct setting *s = &c->settings[c->n_settings];
	const char *source = strncmp(command, "SYST:", 5) == 0 || strcmp(command, "CHAN") == 0 ? "" : c->model->source;
	*s = (struct setting){ .label = label, .type = want ? SETTING_WORD : SETTING_NUMBER, .number = number };
	snprintf(s->command, sizeof s->command, "%s%s", source, command);
	if (want)
		snprintf(s->want, sizeof s->want, "%s", want);
	else
		snprintf(s->want, sizeof s->want, "%.8g", number);
	snprintf(c->questions[c->n_settings++], sizeof c->questions[0], "%s%s?", source, command);
}

/* Of two ranges of the same size the shunt decides. */
static const struct range *find_range(const struct range *ranges, double value, const char *shunt)
{
	const struct range *found = NULL;
	for (const struct range *r = ranges; r->word; r++)
		if (fabs(r->value - value) <= 1e-6 * value && (found == NULL || (r->shunt && strcasecmp(r->shunt, shunt) == 0)))
			found = r;
	return found;
}

static int read_ranges(struct chroma *c, struct error *error)
{
	const struct device_config *config = c->config;
	const char *shunt = device_option(config, options, "shunt", NULL);
	if (strcasecmp(shunt, "high") != 0 && strcasecmp(shunt, "low") != 0)
		return error_set(error, ERROR_CONFIG, config->name, "write high or low", "option shunt cannot be '%.40s'", shunt);
	c->voltage = find_range(voltages, config->voltage_range, "");
	c->current = find_range(currents, config->current_range, shunt);
	if (c->voltage && c->current)
		return 0;
	return error_set(error, ERROR_CONFIG, config->name,
			 "give 'ranges: { voltage: 300 V, current: 2 A }': 150, 300, 500 V; 0.01, 0.1, 0.2, 0.4, 2, 8, 20 A",
			 "fixed ranges are needed, of those that it has");
}

static int read_config(struct chroma *c, struct error *error)
{
	const struct device_config *config = c->config;
	double channel = 1;
	device_option(config, options, "channel", &channel);
	c->window = config->update > 0 ? config->update : 1;
	if (!(channel >= 1 && channel <= c->model->channels))
		return error_set(error, ERROR_CONFIG, config->name, NULL, "a %s has the channels 1 to %d, not %g", c->model->name, c->model->channels, channel);
	if (!(c->window >= WINDOW_LEAST && c->window <= WINDOW_MOST))
		return error_set(error, ERROR_CONFIG, config->name, "give 'update' from 100 ms to 10 s", "its windows are 0.1 to 10 s, not %g s", c->window);
	if (!config->accuracy_given)
		return error_set(error, ERROR_CONFIG, config->name, "give 'accuracy', from its data sheet or certificate",
				 "what a %s promises is not known to this program", c->model->name);
	c->channel = (int)channel;
	return read_ranges(c, error);
}

static void list_settings(struct chroma *c)
{
	add_setting(c, "headers of replies", "SYST:HEAD", "OFF", 0);
	if (c->model->channels > 1)
		add_setting(c, "channel that is asked", "CHAN", NULL, c->channel);
	add_setting(c, "integration time", "POW:INT", NULL, 0);
	add_setting(c, "trigger mode", "TRIG:MODE", "NONE", 0);
	add_setting(c, "measuring mode", "MEAS:MODE", "WINDOW", 0);
	add_setting(c, "window", "MEAS:WIND", NULL, c->window);
	add_setting(c, "shunt", "CURR:SHUN", c->current->shunt, 0);
	c->n_form = c->n_settings;
	add_setting(c, "voltage range", "VOLT:RANG", c->voltage->word, 0);
	add_setting(c, "current range", "CURR:RANG", c->current->word, 0);
}

/* ---- channels ---- */

static int64_t nanoseconds(double seconds, int64_t fallback)
{
	return isfinite(seconds) ? llround(seconds * 1e9) : fallback;
}

static void describe(struct chroma *c, enum channel_index index, const char *quantity, enum unit unit)
{
	const struct device_config *config = c->config;
	double mains = config->line_frequency > 0 ? config->line_frequency : 50;
	int64_t window = llround(c->window * 1e9);
	/* From the end of a window to its value being readable: not known, so half a window, give or take as much. */
	int64_t latency = window / 2 > LATENCY_LEAST ? window / 2 : LATENCY_LEAST;
	c->channels[index] = (struct channel){
		.kind = index == POWER ? CHANNEL_MEAN : CHANNEL_OBSERVE, .role = index == POWER ? config->measures : ROLE_NONE, .unit = unit,
		.number = NUMBER_F64, .clock = CLOCK_ID_MONOTONIC, .scale = 1, .window = window, .refresh = window,
		.unmeasured = llround(2e9 / mains), /* synchronised to the mains, and whatever it does from one window to the next */
		.latency = nanoseconds(config->latency, latency), .u_latency = nanoseconds(config->u_latency, latency), .factor = { -1, -1 },
		.simulated = c->identity.simulated,
	};
	snprintf(c->channels[index].name, sizeof c->channels[index].name, "%.31s.%s", config->name, quantity);
}

static void describe_channels(struct chroma *c)
{
	const struct device_config *config = c->config;
	struct channel *power = &c->channels[POWER];
	double range = config->voltage_range * config->current_range;
	describe(c, POWER, "power", UNIT_WATT);
	describe(c, VOLTAGE, "voltage", UNIT_VOLT);
	describe(c, CURRENT, "current", UNIT_AMPERE);
	power->accuracy = config->accuracy;
	if (power->accuracy.range_value <= 0)
		power->accuracy.range_value = range;
	power->power_max = config->power_max > 0 ? config->power_max : CREST * range;
}

/* ---- open ---- */

static const struct model *find_model(const char *name)
{
	for (size_t i = 0; i < sizeof models / sizeof *models; i++)
		if (strncmp(name, models[i].name, strlen(models[i].name)) == 0)
			return &models[i];
	return NULL;
}

static enum io ask_identity(struct link *link, struct idn *idn, int64_t deadline)
{
	char reply[256];
	enum io io = link_query(link, "*IDN?", reply, sizeof reply, deadline);
	return io == IO_OK && idn_decode(reply, idn) != 0 ? IO_GARBLED : io;
}

static bool is_maker(const char *maker)
{
	return strncasecmp(maker, "Chroma", 6) == 0;
}

static int identify(struct chroma *c, struct error *error)
{
	int64_t deadline = now_of(c) + OPEN_PATIENCE;
	enum io io = link_clear(c->link, deadline);
	if (io == IO_OK)
		io = ask_identity(c->link, &c->idn, deadline);
	if (io != IO_OK)
		return settings_link_error(io, c->config->endpoint.text, "asking *IDN?", error);
	idn_tell(&c->idn, &c->identity);
	c->model = find_model(c->idn.model);
	return meter_check(c->config, &c->idn, c->model && is_maker(c->idn.maker), "Chroma 66202 to 66205", error);
}

static void *chroma_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	struct chroma *c = meter_new(sizeof *c, config, link, "give it an endpoint such as usbtmc://0a69:0835", error);
	if (c == NULL)
		return NULL;
	*c = (struct chroma){ .config = config, .link = link, .timebase = timebase };
	if (identify(c, error) != 0 || read_config(c, error) != 0) {
		free(c);
		return NULL;
	}
	list_settings(c);
	describe_channels(c);
	return c;
}

static const struct channel *chroma_channels(const void *device, int *count)
{
	const struct chroma *c = device;
	*count = CHANNELS;
	return c->channels;
}

static const struct identity *chroma_identity(const void *device)
{
	const struct chroma *c = device;
	return &c->identity;
}

/* ---- life ---- */

static enum io chroma_read(void *device, struct polled_reading *reading, int64_t deadline)
{
	static const int place[CHANNELS] = { [VOLTAGE] = 0, [CURRENT] = 1, [POWER] = 2 };
	struct chroma *c = device;
	char reply[128];
	struct chroma_value values[CHANNELS];
	enum io io = link_query(c->link, QUESTION, reply, sizeof reply, deadline);
	if (io == IO_OK && chroma_reading_decode(reply, CHANNELS, values) != 0)
		io = IO_GARBLED;
	if (io != IO_OK)
		return io;
	for (int i = 0; i < CHANNELS; i++) {
		const struct chroma_value *value = &values[place[i]];
		reading->of[i] = (struct polled_value){
			.value = value->value, .flags = value->flags | (i != POWER && value->value < 0 ? FLAG_IMPLAUSIBLE : 0),
		};
	}
	reading->mark = polled_mark(reply, strlen(reply));
	return IO_OK;
}

static enum io chroma_meet(void *device, bool *same, int64_t deadline)
{
	struct chroma *c = device;
	struct idn found;
	enum io io = ask_identity(c->link, &found, deadline);
	*same = io == IO_OK && idn_same(&found, &c->idn);
	return io;
}

/* What replies look like and what a value is of; ranges are looked at. What it had before it was found again is nothing to be put back. */
static enum io chroma_set_up(void *device, int64_t deadline)
{
	struct chroma *c = device;
	enum io io = IO_OK;
	for (int i = 0; i < c->n_form && io == IO_OK; i++) {
		struct setting *s = &c->settings[i];
		bool changed = s->before[0] != '\0';
		if (settings_apply(s, 1, false, c->link, deadline, "", &io, NULL) < 0 && io == IO_OK)
			io = IO_GARBLED;
		if (!changed)
			s->before[0] = '\0';
	}
	return io;
}

/* Words in full: V150 is no V15. */
static bool is_as_set(const struct setting *setting, const char *reply)
{
	return setting->type == SETTING_WORD ? strcasecmp(reply, setting->want) == 0 : setting_matches(setting, reply);
}

/* Beside the ranges the channel, which is chosen at its front panel, too. */
static bool is_watched(const struct chroma *c, int setting)
{
	return setting >= c->n_form || strcmp(c->settings[setting].command, "CHAN") == 0;
}

static enum io chroma_ranges_hold(void *device, bool *hold, int64_t deadline)
{
	struct chroma *c = device;
	char reply[64];
	*hold = true;
	for (int i = 0; i < c->n_settings; i++) {
		if (!is_watched(c, i))
			continue;
		enum io io = link_query(c->link, c->questions[i], reply, sizeof reply, deadline);
		if (io != IO_OK)
			return io;
		*hold = *hold && is_as_set(&c->settings[i], reply);
	}
	return IO_OK;
}

static const struct polled_ops life = {
	.read = chroma_read, .meet = chroma_meet, .set_up = chroma_set_up, .ranges_hold = chroma_ranges_hold,
};

static int set_up(struct chroma *c, int64_t deadline, struct error *error)
{
	const char *on = c->config->endpoint.text;
	bool hold = false;
	enum io io = IO_OK;
	if (settings_apply(c->settings, c->n_settings, false, c->link, deadline, on, &io, error) < 0)
		return -1;
	io = chroma_ranges_hold(c, &hold, deadline);
	if (io != IO_OK)
		return settings_link_error(io, on, "reading its ranges back", error);
	if (!hold)
		return error_set(error, ERROR_PROTOCOL, on, "choose a range that its front panel offers", "it does not keep the range that the bench file wants");
	return 0;
}

static enum io ask_alarms(struct chroma *c, unsigned *alarms, int64_t deadline)
{
	char question[16], reply[64];
	snprintf(question, sizeof question, "%sPROT?", c->model->source);
	enum io io = link_query(c->link, question, reply, sizeof reply, deadline);
	return io == IO_OK && chroma_alarms_decode(reply, c->channel, alarms) != 0 ? IO_GARBLED : io;
}

/* Protected, it measures nothing until somebody has looked why. One that does not tell says -3 then. */
static int look_at_alarms(struct chroma *c, struct error *error)
{
	const char *on = c->config->endpoint.text;
	unsigned alarms = 0;
	enum io io = ask_alarms(c, &alarms, now_of(c) + PATIENCE);
	if (io == IO_OK && alarms & CHROMA_ALARM_OVER)
		return error_set(error, ERROR_CONFIG, on, "take larger ranges, and clear the alarm at its front panel",
				 "its alarm tells that the input exceeds its range (%u)", alarms);
	if (io == IO_OK)
		return 0;
	return io == IO_GONE || link_clear(c->link, now_of(c) + PATIENCE) != IO_OK ? settings_link_error(IO_GONE, on, "asking for its alarms", error) : 0;
}

/* What was put back already is not touched again. */
static enum io give_back(struct chroma *c, int64_t deadline)
{
	enum io io = IO_GARBLED;
	for (int tries = 0; tries < GIVE_BACK_TRIES && io == IO_GARBLED; tries++) {
		io = link_clear(c->link, deadline);
		if (io == IO_OK)
			io = settings_restore(c->settings, c->n_settings, c->link, deadline);
	}
	return io;
}

static int chroma_start(void *device, struct sink *sink, struct error *error)
{
	struct chroma *c = device;
	if (set_up(c, now_of(c) + SETUP_PATIENCE, error) != 0 || look_at_alarms(c, error) != 0) {
		give_back(c, now_of(c) + 2 * PATIENCE);
		return -1;
	}
	c->polled = (struct polled){
		.ops = &life, .device = c, .link = c->link, .timebase = c->timebase, .channels = c->channels, .n_channels = CHANNELS,
		.mode = POLLED_CHANGES, .period = c->channels[POWER].window, .patience = PATIENCE, .range_channel = POWER,
		.ranges = { .voltage = c->config->voltage_range, .current = c->config->current_range },
	};
	polled_start(&c->polled, sink);
	return 0;
}

static int64_t chroma_step(void *device, int64_t now, struct sink *sink)
{
	struct chroma *c = device;
	(void)now;
	(void)sink; /* the same as at start */
	return polled_step(&c->polled);
}

static int chroma_stop(void *device, struct error *error)
{
	struct chroma *c = device;
	int64_t deadline = now_of(c) + 4 * PATIENCE;
	enum io io = polled_end(&c->polled, deadline);
	if (io != IO_GONE)
		io = give_back(c, deadline);
	if (io == IO_OK)
		return 0;
	return error_set(error, io == IO_TIMEOUT ? ERROR_TIMEOUT : ERROR_GONE, c->config->endpoint.text, "set its ranges on its front panel",
			 "the instrument's earlier settings could not be put back (%s)", io_name(io));
}

static void chroma_close(void *device)
{
	free(device);
}

/* ---- detect ---- */

static bool chroma_claims(const struct finding *finding)
{
	return finding->vendor == 0x0a69 || strncasecmp(finding->maker, "Chroma", 6) == 0;
}

/* What it is set to, after headers that may be on; 0: chosen by itself, or a word that is none. */
static double asked_range(struct link *link, const char *source, const char *what, const struct range *ranges, int64_t deadline)
{
	char command[24], word[64];
	snprintf(command, sizeof command, "%s%s:RANG", source, what);
	if (settings_read(link, command, word, sizeof word, deadline) != IO_OK)
		return 0;
	for (const struct range *r = ranges; r->word; r++)
		if (strcasecmp(r->word, word) == 0)
			return r->value;
	return 0;
}

static int chroma_probe(struct link *link, struct timebase *timebase, struct device_config *config, struct identity *identity, struct error *error)
{
	struct idn idn;
	int64_t deadline = timebase->now(timebase) + OPEN_PATIENCE;
	enum io io = link_clear(link, deadline);
	if (io == IO_OK)
		io = ask_identity(link, &idn, deadline);
	if (io != IO_OK)
		return settings_link_error(io, config->endpoint.text, "asking *IDN?", error);
	const struct model *model = find_model(idn.model);
	idn_tell(&idn, identity);
	if (!is_maker(idn.maker) || model == NULL)
		return error_set(error, ERROR_NOT_FOUND, config->endpoint.text, NULL, "not a Chroma 66202 to 66205: %s %s answered", idn.maker, idn.model);
	snprintf(config->driver, sizeof config->driver, "chroma_662xx");
	memcpy(config->serial, idn.serial, sizeof idn.serial);
	config->voltage_range = asked_range(link, model->source, "VOLT", voltages, deadline);
	config->current_range = asked_range(link, model->source, "CURR", currents, deadline);
	if (config->voltage_range <= 0 || config->current_range <= 0)
		snprintf(config->doubt[DOUBT_RANGES], sizeof config->doubt[DOUBT_RANGES],
			 "ranges: it chooses them by itself: give those that fit, of 150, 300, 500 V and 0.01, 0.1, 0.2, 0.4, 2, 8, 20 A");
	if (model->channels > 1)
		snprintf(config->doubt[DOUBT_OPTIONS], sizeof config->doubt[DOUBT_OPTIONS], "channel: which of 1 to %d feeds the machine", model->channels);
	return 0;
}

static const char *const schemes[] = { "usbtmc", "tcp", "serial", "unix", "pty", NULL };

const struct driver driver_chroma_662xx = {
	.name = "chroma_662xx",
	.summary = "Chroma 66202, 66203, 66204 power meters",
	.gives = "power, voltage, current",
	.maturity = MATURITY_EXPERIMENTAL,
	.schemes = schemes,
	.options = options,
	.open = chroma_open,
	.channels = chroma_channels,
	.identity = chroma_identity,
	.start = chroma_start,
	.step = chroma_step,
	.stop = chroma_stop,
	.close = chroma_close,
	.probe = chroma_probe,
	.claims = chroma_claims,
};
