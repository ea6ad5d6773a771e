/*
 * yokogawa_wt: Yokogawa WT310/WT330 and their E models, over any link that carries lines.
 *
 * How a value gets its time: `:STAT:FILT1 FALL` latches the end of each data update in bit 0 of the extended event register,
 * and reading the register clears it (the level bit in the condition register can be missed at every poll). So
 *
 *      asked           asked            asked                one line, answered as one
 *   EESR? -> 0      EESR? -> 0       EESR? -> 1     COND?;VAL?;EESR? -> 0;230.1E+00,…;0
 *                   |<---- the update ---->|                             `- no further update meanwhile: the values are
 *                   t - u_t          t + u_t                                those of the update seen
 *
 * When the trailing event bit is set another update slipped in between: the values are read again, for that one, and the one
 * before becomes a gap by its absence.
 *
 * The dialect: numeric.c decodes, settings.c sets and restores, pace.c decides when to ask, wt_model.c knows the models.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "device.h"
#include "log.h"
#include "meters/numeric.h"
#include "meters/pace.h"
#include "meters/settings.h"
#include "meters/wt_model.h"

#define PATIENCE (NS_PER_S)           /* for one answer while measuring */
#define OPEN_PATIENCE (2 * NS_PER_S)  /* to be identified */
#define SETUP_PATIENCE (8 * NS_PER_S) /* all settings: 9600 baud takes 2 s */
#define RETRY (NS_PER_S)              /* from one attempt to recover to the next */
#define RANGE_CHECK NS_PER_S          /* from one read-back of the ranges to the next */
#define STALLED_AFTER 5               /* periods without an update */

/* Uncalibrated: from the end of the averaging window to the value being readable. Nothing the vendor states bounds it; one
 * half update at the shortest rate, give or take as much. */
#define LATENCY (50 * NS_PER_MS)
#define U_LATENCY (50 * NS_PER_MS)

#define POWER_FACTOR_INFLUENCE 0.001 /* of the apparent power */

static const struct option_spec options[] = {
	{ "element", "input element that is measured", OPTION_INTEGER, DIMENSION_RATIO, "1" },
	{ "crest_factor", "3 or 6; 6 halves the ranges", OPTION_INTEGER, DIMENSION_RATIO, "3" },
	{ "mode", "RMS for mains, DC for a rail", OPTION_TEXT, DIMENSION_RATIO, "RMS" },
	{ .name = NULL },
};

enum quantity { POWER, VOLTAGE, CURRENT, QUANTITIES };
static const struct {
	const char *suffix, *item;
	enum unit unit;
} quantities[QUANTITIES] = {
	[POWER] = { "power", "P", UNIT_WATT },
	[VOLTAGE] = { "voltage", "U", UNIT_VOLT },
	[CURRENT] = { "current", "I", UNIT_AMPERE },
};

enum state {
	MEASURING,
	CONFUSED, /* a timeout or garbage: what comes next may belong to an earlier question */
	LOST,     /* the connection is gone, or another instrument is at its end */
};

#define SETTINGS_MAX 24
#define REPLY_SETTINGS 2 /* the first of them decide what replies look like */
#define EVENT_FILTER ":STAT:FILT1" /* the last */

struct yokogawa {
	const struct device_config *config;
	struct link *link;
	struct timebase *timebase;
	struct sink *sink; /* from start to stop */
	const struct wt_model *model;
	struct numeric_identity idn;
	struct identity identity;
	struct channel channels[QUANTITIES];
	double plausible[QUANTITIES]; /* the largest magnitude that each may have */
	struct setting settings[SETTINGS_MAX];
	int n_settings;
	int element;
	int64_t update;

	enum state state;
	struct pace pace;
	int64_t no_since; /* when the last question was sent that was answered "no update since" */
	int64_t yes_sent; /* when the one was sent that was answered "updated" */
	int64_t yes_at;   /* when that answer was there */
	int asked;        /* answers "no" since the last update */
	int64_t value_at;    /* t of the last value; at first, when measuring began */
	int64_t accounted;   /* everything up to here is in values or gaps */
	uint32_t gap_values; /* reported as missing since the last value */
	enum gap_reason gap_reason;
	struct numeric_ranges ranges; /* in force */
	int64_t ranges_checked;
	struct numeric_ranges ranges_set; /* as read back at the start */
	bool range_changed; /* in force is another one: what the channel says of its accuracy does not hold */
};

static int64_t now(const struct yokogawa *meter)
{
	return meter->timebase->now(meter->timebase);
}

/* ---- the set-up, from the configuration ---- */

static int check_listed(const struct yokogawa *meter, const char *what, const char *key, double wanted, const double *list,
			double factor, const char *unit, struct error *error)
{
	if (wanted > 0 && wt_listed(list, factor, wanted))
		return 0;
	char has[120], remedy[200];
	wt_list_text(list, factor, unit, has, sizeof has);
	snprintf(remedy, sizeof remedy, "give '%s' one of: %s", key, has);
	if (wanted > 0)
		return error_set(error, ERROR_CONFIG, meter->config->name, remedy, "%s has no %s of %g%s",
				 meter->identity.model, what, wanted, unit);
	return error_set(error, ERROR_CONFIG, meter->config->name, remedy,
			 "a fixed %s is needed: energy measured while a meter changes its range is void", what);
}

static struct setting *add(struct yokogawa *meter, enum setting_type type, const char *label, const char *command,
			   const char *want)
{
	struct setting *setting = &meter->settings[meter->n_settings++];
	*setting = (struct setting){ .label = label, .type = type };
	snprintf(setting->command, sizeof setting->command, "%s", command);
	snprintf(setting->want, sizeof setting->want, "%s", want);
	return setting;
}

static void add_number(struct yokogawa *meter, const char *label, const char *command, double number, const char *unit)
{
	struct setting *setting = add(meter, SETTING_NUMBER, label, command, "");
	snprintf(setting->want, sizeof setting->want, "%g%s", number, unit);
	setting->number = number;
}

static void add_items(struct yokogawa *meter)
{
	char command[24], item[16];
	add(meter, SETTING_WORD, "number format", ":NUM:FORM", "ASCII");
	add_number(meter, "number of items", ":NUM:NORM:NUM", QUANTITIES, "");
	for (int i = 0; i < QUANTITIES; i++) {
		snprintf(command, sizeof command, ":NUM:NORM:ITEM%d", i + 1);
		snprintf(item, sizeof item, "%s,%d", quantities[i].item, meter->element);
		add(meter, SETTING_WORD, "list of items", command, item);
	}
}

/* In the order in which they are sent: the form of replies first, and what changes other settings before these. */
static void list_settings(struct yokogawa *meter, double crest_factor, const char *mode)
{
	const struct device_config *config = meter->config;
	meter->n_settings = 0;
	add(meter, SETTING_BOOLEAN, "reply header", ":COMM:HEAD", "OFF");
	add(meter, SETTING_BOOLEAN, "verbose replies", ":COMM:VERB", "OFF");
	_Static_assert(REPLY_SETTINGS == 2, "these two");
	add_number(meter, "crest factor", ":INP:CFAC", crest_factor, "");
	add(meter, SETTING_WORD, "measurement mode", ":INP:MODE", mode);
	add(meter, SETTING_WORD, "synchronisation source", ":INP:SYNC", "VOLT");
	add(meter, SETTING_BOOLEAN, "line filter", ":INP:FILT:LINE", "OFF");
	add(meter, SETTING_BOOLEAN, "automatic voltage range", ":INP:VOLT:AUTO", "OFF");
	add_number(meter, "voltage range", ":INP:VOLT:RANG", config->voltage_range, "V");
	add(meter, SETTING_BOOLEAN, "automatic current range", ":INP:CURR:AUTO", "OFF");
	add_number(meter, "current range", ":INP:CURR:RANG", config->current_range, "A");
	add(meter, SETTING_BOOLEAN, "averaging", ":MEAS:AVER:STATE", "OFF");
	add(meter, SETTING_BOOLEAN, "maximum hold", ":MEAS:MHOL", "OFF");
	add(meter, SETTING_BOOLEAN, "hold", ":HOLD", "OFF");
	add(meter, SETTING_BOOLEAN, "frequency filter", ":INP:FILT:FREQ", "OFF");
	add_number(meter, "update interval", ":RATE", (double)meter->update / 1e9, "S");
	add_items(meter);
	add(meter, SETTING_WORD, "event filter", EVENT_FILTER, "FALL");
}

static int check_element(struct yokogawa *meter, struct error *error)
{
	double element = 1;
	device_option(meter->config, options, "element", &element);
	if (element < 1 || element > meter->model->elements)
		return error_set(error, ERROR_CONFIG, meter->config->name, NULL, "%s has elements 1 to %d, not %g",
				 meter->identity.model, meter->model->elements, element);
	meter->element = (int)element;
	return 0;
}

static int read_config(struct yokogawa *meter, struct error *error)
{
	const struct device_config *config = meter->config;
	double crest_factor = 3, update = config->update > 0 ? config->update : wt_updates[0];
	const char *mode = device_option(config, options, "mode", NULL);
	device_option(config, options, "crest_factor", &crest_factor);
	if (crest_factor != 3 && crest_factor != 6)
		return error_set(error, ERROR_CONFIG, config->name, "give 3 or 6", "there is no crest factor %g", crest_factor);
	if (strcasecmp(mode, "RMS") != 0 && strcasecmp(mode, "DC") != 0)
		return error_set(error, ERROR_CONFIG, config->name, "give RMS or DC", "there is no mode '%s'", mode);
	double factor = 3 / crest_factor;
	if (check_listed(meter, "voltage range", "ranges: voltage", config->voltage_range, wt_voltages, factor, " V", error) < 0 ||
	    check_listed(meter, "current range", "ranges: current", config->current_range, meter->model->currents, factor, " A",
			 error) < 0 ||
	    check_listed(meter, "update interval", "update", update, wt_updates, 1, " s", error) < 0 ||
	    check_element(meter, error) < 0)
		return -1;
	meter->update = llround(update * 1e9);
	list_settings(meter, crest_factor, mode);
	return 0;
}

/* ---- channels ---- */

/* Five digits are shown, on a scale that ends at the next power of ten above the power range. */
static double power_quantum(double power_range)
{
	return pow(10, floor(log10(power_range)) - 4);
}

/* At crest factor 6 the range's part of the limit is twice that of 3. */
static struct accuracy power_accuracy(const struct wt_model *model, const struct device_config *config, double power_range)
{
	double crest_factor = 3;
	device_option(config, options, "crest_factor", &crest_factor);
	struct accuracy accuracy = {
		.reading = model->reading,
		.range = model->range * crest_factor / 3,
		.power_factor = POWER_FACTOR_INFLUENCE,
		.quantum = power_quantum(power_range),
	};
	if (config->accuracy_given) {
		accuracy = config->accuracy;
		accuracy.quantum = power_quantum(power_range); /* what the display shows, whoever states the limits of error */
	}
	if (accuracy.range_value <= 0)
		accuracy.range_value = power_range;
	return accuracy;
}

static int64_t nanoseconds(double seconds, int64_t fallback)
{
	return isfinite(seconds) ? llround(seconds * 1e9) : fallback;
}

static struct channel common_channel(const struct yokogawa *meter, enum quantity quantity)
{
	double mains = meter->config->line_frequency > 0 ? meter->config->line_frequency : 50;
	struct channel channel = {
		.kind = CHANNEL_OBSERVE,
		.unit = quantities[quantity].unit,
		.number = NUMBER_F64,
		.clock = CLOCK_ID_MONOTONIC,
		.scale = 1,
		.window = meter->update,
		.unmeasured = llround(1e9 / mains), /* it averages from the first zero crossing to the last */
		.refresh = meter->update,
		.latency = nanoseconds(meter->config->latency, LATENCY),
		.u_latency = nanoseconds(meter->config->u_latency, U_LATENCY),
		.factor = { -1, -1 },
		.simulated = meter->identity.simulated,
	};
	snprintf(channel.name, sizeof channel.name, "%s.%s", meter->config->name, quantities[quantity].suffix);
	return channel;
}

static void describe_channels(struct yokogawa *meter)
{
	const struct device_config *config = meter->config;
	for (int i = 0; i < QUANTITIES; i++)
		meter->channels[i] = common_channel(meter, (enum quantity)i);
	struct channel *power = &meter->channels[POWER];
	power->kind = CHANNEL_MEAN;
	power->role = config->measures;
	power->accuracy = power_accuracy(meter->model, config, config->voltage_range * config->current_range);
	power->power_max = config->power_max > 0 ? config->power_max : 1.4 * config->voltage_range * config->current_range;
	/* Above 140 % of a range the meter itself says INF. */
	meter->plausible[POWER] = power->power_max;
	meter->plausible[VOLTAGE] = 1.5 * config->voltage_range;
	meter->plausible[CURRENT] = 1.5 * config->current_range;
}

/* ---- what else it could be set to ---- */

static size_t yokogawa_ranges(const char *name, const struct device_config *config, struct range_offer *offers, size_t max)
{
	const struct wt_model *model = wt_model_find(name);
	double crest_factor = 3;
	size_t n = 0;
	device_option(config, options, "crest_factor", &crest_factor);
	if (model == NULL || (crest_factor != 3 && crest_factor != 6))
		return 0;
	for (const double *voltage = wt_voltages; *voltage > 0; voltage++)
		for (const double *current = model->currents; *current > 0; current++, n++) {
			double v = *voltage * 3 / crest_factor, i = *current * 3 / crest_factor;
			if (n < max)
				offers[n] = (struct range_offer){
					.voltage = v, .current = i, .voltage_peak = v * crest_factor, .current_peak = i * crest_factor,
					.accuracy = power_accuracy(model, config, v * i),
				};
		}
	return n;
}

/* ---- identity ---- */

static enum io ask_identity(struct yokogawa *meter, struct numeric_identity *idn, int64_t deadline)
{
	char reply[160];
	enum io io = link_query(meter->link, "*IDN?", reply, sizeof reply, deadline);
	/* What is left of earlier answers may come first: go on until something is an identity, or nothing more comes. */
	while (io == IO_OK && numeric_identity_decode(reply, idn) < 0) {
		io = now(meter) < deadline ? link_line(meter->link, reply, sizeof reply, deadline) : IO_TIMEOUT;
		if (io == IO_TIMEOUT)
			return IO_GARBLED;
	}
	return io;
}

/* A lone newline ends a command that was cut off; the first *CLS may be lost to an old reply that is still pending. */
static enum io make_quiet(struct yokogawa *meter, int64_t deadline)
{
	enum io io = link_clear(meter->link, deadline);
	if (io == IO_OK)
		io = settings_command(meter->link, "", deadline);
	if (io == IO_OK)
		io = settings_command(meter->link, "*CLS", deadline);
	if (io == IO_OK)
		io = settings_command(meter->link, "*CLS", deadline);
	return io;
}

static int check_identity(struct yokogawa *meter, struct error *error)
{
	const struct device_config *config = meter->config;
	const struct numeric_identity *idn = &meter->idn;
	meter->model = wt_model_find(idn->model);
	if (strcasecmp(idn->maker, "YOKOGAWA") != 0 || meter->model == NULL)
		return error_set(error, ERROR_WRONG_DEVICE, config->endpoint.text,
				 "correct the endpoint, or the driver, in the bench file",
				 "not a Yokogawa WT300 or WT300E: %s %s answered", idn->maker, idn->model);
	if (config->serial[0] && strcmp(config->serial, idn->serial) != 0)
		return error_set(error, ERROR_WRONG_DEVICE, config->endpoint.text,
				 "correct the endpoint, or the serial, in the bench file",
				 "%s has the serial number %s, not %s", idn->model, idn->serial, config->serial);
	return 0;
}

static void take_identity(struct yokogawa *meter)
{
	const struct numeric_identity *idn = &meter->idn;
	memcpy(meter->identity.maker, idn->maker, sizeof idn->maker);
	memcpy(meter->identity.model, idn->model, sizeof idn->model);
	memcpy(meter->identity.serial, idn->serial, sizeof idn->serial);
	memcpy(meter->identity.firmware, idn->firmware, sizeof idn->firmware);
	meter->identity.simulated = strncmp(idn->serial, "SIM", 3) == 0;
}

static int identify(struct yokogawa *meter, struct error *error)
{
	int64_t deadline = now(meter) + OPEN_PATIENCE;
	enum io io = make_quiet(meter, deadline);
	if (io == IO_OK)
		io = ask_identity(meter, &meter->idn, deadline);
	if (io != IO_OK)
		return settings_link_error(io, meter->config->endpoint.text, "asking *IDN?", error);
	take_identity(meter);
	return check_identity(meter, error);
}

static void *yokogawa_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	if (link == NULL) {
		error_set(error, ERROR_CONFIG, config->name, "give it an endpoint such as tcp://10.0.0.7:5025",
			  "no way to reach it is given");
		return NULL;
	}
	struct yokogawa *meter = calloc(1, sizeof *meter);
	if (meter == NULL) {
		error_errno(error, ENOMEM, config->name, NULL, "cannot open");
		return NULL;
	}
	meter->config = config;
	meter->link = link;
	meter->timebase = timebase;
	if (identify(meter, error) < 0 || read_config(meter, error) < 0) {
		free(meter);
		return NULL;
	}
	describe_channels(meter);
	return meter;
}

/* ---- ranges: fixed, but a WT310E leaves a small range by itself when the input is excessive ---- */

static enum io ask_ranges(struct yokogawa *meter, struct numeric_ranges *ranges)
{
	static const char question[] = ":INP:VOLT:RANG?;:INP:VOLT:AUTO?;:INP:CURR:RANG?;:INP:CURR:AUTO?";
	char reply[96];
	enum io io = link_query(meter->link, question, reply, sizeof reply, now(meter) + PATIENCE);
	return io == IO_OK && numeric_ranges_decode(reply, ranges) < 0 ? IO_GARBLED : io;
}

static bool same_range(double a, double b)
{
	return fabs(a - b) <= 1e-4 * fabs(a);
}

static bool same_ranges(const struct numeric_ranges *a, const struct numeric_ranges *b)
{
	return same_range(a->voltage, b->voltage) && same_range(a->current, b->current) && a->voltage_auto == b->voltage_auto &&
	       a->current_auto == b->current_auto;
}

/* The record's t and u_t enclose the instant of the change: since the last read-back. */
static void report_ranges(struct yokogawa *meter, bool changed, int64_t from, int64_t to)
{
	struct record_range range = {
		.voltage = meter->ranges.voltage, .current = meter->ranges.current,
		.automatic = meter->ranges.voltage_auto || meter->ranges.current_auto, .changed = changed,
	};
	sink_range(meter->sink, POWER, from + (to - from) / 2, (to - from) / 2, &range);
}

static enum io check_ranges(struct yokogawa *meter)
{
	struct numeric_ranges found;
	enum io io = ask_ranges(meter, &found);
	if (io != IO_OK)
		return io;
	int64_t at = now(meter);
	if (!same_ranges(&found, &meter->ranges)) {
		meter->ranges = found;
		meter->range_changed = !same_ranges(&found, &meter->ranges_set);
		report_ranges(meter, true, meter->ranges_checked, at);
	}
	meter->ranges_checked = at;
	return IO_OK;
}

/* ---- start ---- */

static enum io take_control(struct yokogawa *meter, int64_t deadline)
{
	enum io io = settings_command(meter->link, ":COMM:REM ON", deadline);
	/* The WT200 command set, if chosen, has other names for everything below. */
	if (io == IO_OK)
		io = settings_command(meter->link, ":SYST:COMM:COMM WT300", deadline);
	if (io == IO_OK)
		io = settings_command(meter->link, "*CLS", deadline);
	return io;
}

static enum io give_back(struct yokogawa *meter)
{
	struct numeric_identity idn;
	int64_t deadline = now(meter) + 2 * PATIENCE;
	enum io io = settings_restore(meter->settings, meter->n_settings, meter->link, deadline);
	if (io == IO_OK)
		io = settings_command(meter->link, ":COMM:REM OFF", deadline);
	/* An answer proves that everything before has been taken in. */
	return io == IO_OK ? ask_identity(meter, &idn, deadline) : io;
}

/* Events from before are read away: the next one is an update since `no_since`. */
static enum io clear_events(struct yokogawa *meter, int64_t deadline)
{
	char reply[32];
	unsigned events;
	meter->no_since = now(meter);
	meter->asked = 0;
	enum io io = link_query(meter->link, ":STAT:EESR?", reply, sizeof reply, deadline);
	return io == IO_OK && numeric_register_decode(reply, &events) < 0 ? IO_GARBLED : io;
}

/* The error queue must be empty: it was, before the set-up. */
static int check_errors(struct yokogawa *meter, int64_t deadline, enum io *io, struct error *error)
{
	char reply[96];
	int code = 0;
	const char *on = meter->config->endpoint.text;
	*io = link_query(meter->link, ":STAT:ERR?", reply, sizeof reply, deadline);
	if (*io == IO_OK && numeric_error_decode(reply, &code) < 0)
		*io = IO_GARBLED;
	if (*io != IO_OK)
		return settings_link_error(*io, on, "checking the set-up", error);
	return code == 0 ? 0 : error_set(error, ERROR_PROTOCOL, on, NULL, "the instrument reports error %s", reply);
}

static int set_up(struct yokogawa *meter, int64_t deadline, enum io *io, struct error *error)
{
	const char *on = meter->config->endpoint.text;
	*io = take_control(meter, deadline);
	if (*io != IO_OK)
		return settings_link_error(*io, on, "taking control", error);
	if (settings_apply(meter->settings, meter->n_settings, meter->link, deadline, on, io, error) < 0 ||
	    check_errors(meter, deadline, io, error) < 0)
		return -1;
	*io = clear_events(meter, deadline);
	return *io == IO_OK ? 0 : settings_link_error(*io, on, "reading the event register", error);
}

static void begin_measuring(struct yokogawa *meter, int64_t at)
{
	meter->state = MEASURING;
	meter->value_at = at;
	meter->accounted = at;
	meter->gap_values = 0;
	meter->ranges_checked = at;
	meter->range_changed = !same_ranges(&meter->ranges, &meter->ranges_set);
	meter->pace = pace_begin(meter->update, at);
}

static int yokogawa_start(void *device, struct sink *sink, struct error *error)
{
	struct yokogawa *meter = device;
	enum io io = IO_OK;
	meter->sink = sink;
	if (set_up(meter, now(meter) + SETUP_PATIENCE, &io, error) < 0)
		goto give_back;
	io = ask_ranges(meter, &meter->ranges);
	if (io != IO_OK) {
		settings_link_error(io, meter->config->endpoint.text, "reading the ranges back", error);
		goto give_back;
	}
	meter->ranges_set = meter->ranges;
	begin_measuring(meter, now(meter));
	report_ranges(meter, false, meter->accounted, meter->accounted);
	return 0;
give_back:
	give_back(meter);
	return -1;
}

/* ---- failures while measuring, the way back, and stop ---- */

static void report_gap(struct yokogawa *meter, enum gap_reason reason, uint32_t values, int64_t to)
{
	if (to < meter->accounted)
		to = meter->accounted;
	for (unsigned i = 0; i < QUANTITIES; i++)
		sink_gap(meter->sink, i, reason, values, meter->accounted, to);
	meter->gap_values += values;
	meter->gap_reason = reason;
	meter->accounted = to;
}

/* The updates since the last value are missing, as far as that has not been told; one that may be due just now is left to the
 * next report. The first failure is told in any case. */
static void report_failure(struct yokogawa *meter, enum gap_reason reason, int64_t at)
{
	int64_t missing = (at - meter->value_at - meter->pace.step) / meter->update - meter->gap_values;
	if (missing < 1 && meter->gap_values > 0)
		return;
	report_gap(meter, reason, missing > 1 ? (uint32_t)missing : 1, at);
}

static enum gap_reason reason_of(enum io io)
{
	return io == IO_TIMEOUT ? GAP_TIMEOUT : io == IO_GARBLED ? GAP_GARBLED : GAP_GONE;
}

/* Returns the next deadline. */
static int64_t fail(struct yokogawa *meter, enum io io, int64_t retry)
{
	int64_t at = now(meter);
	report_failure(meter, reason_of(io), at);
	meter->state = io == IO_GONE ? LOST : CONFUSED;
	return at + retry;
}

/* Brings the conversation back into step: whatever comes before the identity belongs to the past. */
static enum io find_again(struct yokogawa *meter, int64_t deadline)
{
	struct numeric_identity found;
	if (meter->state == LOST && link_reopen(meter->link, deadline) != IO_OK)
		return IO_GONE;
	enum io io = make_quiet(meter, deadline);
	if (io == IO_OK)
		io = ask_identity(meter, &found, deadline);
	if (io != IO_OK)
		return io;
	bool same = strcmp(found.model, meter->idn.model) == 0 && strcmp(found.serial, meter->idn.serial) == 0;
	return same ? IO_OK : IO_GONE; /* another instrument is no replacement for the one that went */
}

/* A power cycle may have changed what was set: only what differs is set again, and reported. */
static enum io set_up_again(struct yokogawa *meter, int64_t deadline)
{
	enum io io = take_control(meter, deadline);
	if (io != IO_OK)
		return io;
	if (settings_apply(meter->settings, REPLY_SETTINGS, meter->link, deadline, "", &io, NULL) < 0)
		return io == IO_OK ? IO_GARBLED : io;
	io = check_ranges(meter); /* as it came back */
	if (io != IO_OK)
		return io;
	if (set_up(meter, deadline, &io, NULL) < 0)
		return io == IO_OK ? IO_GARBLED : io;
	return check_ranges(meter); /* as it is now */
}

/* The event filter does not outlive a power cycle; while it is as it was set, so is all else but what changes by itself. */
static bool still_set_up(struct yokogawa *meter, int64_t deadline)
{
	char reply[64];
	const struct setting *filter = &meter->settings[meter->n_settings - 1];
	enum io io = link_query(meter->link, EVENT_FILTER "?", reply, sizeof reply, deadline);
	return io == IO_OK && setting_matches(filter, reply);
}

static enum io go_on(struct yokogawa *meter, int64_t deadline)
{
	enum io io = check_ranges(meter);
	return io == IO_OK ? clear_events(meter, deadline) : io;
}

static int64_t recover(struct yokogawa *meter)
{
	int64_t deadline = now(meter) + 2 * PATIENCE;
	bool connected = meter->state == CONFUSED;
	enum io io = find_again(meter, deadline);
	if (io == IO_OK)
		io = connected && still_set_up(meter, deadline) ? go_on(meter, deadline) : set_up_again(meter, deadline);
	if (io != IO_OK) {
		int64_t next = fail(meter, io, RETRY);
		meter->state = LOST; /* a connection of which nothing sensible comes is made anew */
		return next;
	}
	int64_t at = now(meter);
	meter->state = MEASURING;
	report_failure(meter, meter->gap_reason, at);
	pace_search(&meter->pace, at);
	return at;
}

static int yokogawa_stop(void *device, struct error *error)
{
	struct yokogawa *meter = device;
	enum io io = meter->state == MEASURING ? check_ranges(meter) : find_again(meter, now(meter) + PATIENCE);
	if (io != IO_GONE)
		io = give_back(meter);
	if (io == IO_OK)
		return 0;
	return error_set(error, io == IO_TIMEOUT ? ERROR_TIMEOUT : ERROR_GONE, meter->config->endpoint.text,
			 "set ranges and update interval on its front panel",
			 "the instrument's earlier settings could not be put back (%s)", io_name(io));
}

/* ---- measuring ---- */

static enum io ask_updated(struct yokogawa *meter, bool *updated)
{
	char reply[32];
	unsigned events = 0;
	int64_t sent = now(meter);
	enum io io = link_query(meter->link, ":STAT:EESR?", reply, sizeof reply, sent + PATIENCE);
	if (io == IO_OK && numeric_register_decode(reply, &events) < 0)
		io = IO_GARBLED;
	*updated = events & NUMERIC_UPDATED;
	if (*updated) {
		meter->yes_sent = sent;
		meter->yes_at = now(meter);
	} else if (io == IO_OK) {
		meter->no_since = sent;
		meter->asked++;
	}
	return io;
}

/* Flags of the condition register for one quantity. */
static uint32_t condition_flags(const struct yokogawa *meter, unsigned condition, enum quantity quantity)
{
	unsigned bits = condition >> ((meter->element - 1) * NUMERIC_CONDITION_BITS_PER_ELEMENT);
	uint32_t flags = bits & NUMERIC_OVER ? FLAG_OVER_RANGE : 0;
	if ((bits & NUMERIC_PEAK_VOLTAGE) && quantity != CURRENT)
		flags |= FLAG_PEAK_OVER;
	if ((bits & NUMERIC_PEAK_CURRENT) && quantity != VOLTAGE)
		flags |= FLAG_PEAK_OVER;
	return flags;
}

/* The update happened between `no_since` and `yes_at`. When these are more than a period apart there were several, and the
 * values are of the newest: no further one had come when they were asked for, at `sent`, so it is within a period of that. */
static void emit_reading(struct yokogawa *meter, const struct numeric_reading *reading, int64_t sent)
{
	int64_t from = meter->no_since > sent - meter->update ? meter->no_since : sent - meter->update;
	if (from > meter->yes_at)
		from = meter->yes_at; /* the pace of the meter is not exactly ours */
	int64_t t = from + (meter->yes_at - from) / 2, u_t = (meter->yes_at - from + 1) / 2;
	uint32_t missed = pace_missed(&meter->pace, from, meter->yes_at);
	if (missed > meter->gap_values)
		report_gap(meter, meter->gap_values ? meter->gap_reason : GAP_MISSED, missed - meter->gap_values, t);
	for (unsigned i = 0; i < QUANTITIES; i++) {
		const struct numeric_value *item = &reading->item[i];
		uint32_t flags = item->flags | condition_flags(meter, reading->condition, (enum quantity)i);
		if (fabs(item->value) > meter->plausible[i])
			flags |= FLAG_IMPLAUSIBLE;
		if (meter->range_changed)
			flags |= FLAG_RANGE_CHANGED;
		sink_value(meter->sink, i, t, u_t, flags, item->value);
	}
	meter->gap_values = 0;
	meter->value_at = t;
	meter->accounted = t;
	pace_seen(&meter->pace, from, meter->yes_at, meter->asked);
	meter->asked = 0;
}

#define READ_TRIES 3

/* IO_OK without a value emitted: updates come faster than they can be read; they will show as missed. */
static enum io read_values(struct yokogawa *meter, unsigned *condition)
{
	static const char question[] = ":STAT:COND?;:NUM:NORM:VAL?;:STAT:EESR?";
	char reply[160];
	struct numeric_reading reading;
	for (int i = 0; i < READ_TRIES; i++) {
		int64_t sent = now(meter);
		enum io io = link_query(meter->link, question, reply, sizeof reply, sent + PATIENCE);
		if (io == IO_OK && numeric_reading_decode(reply, QUANTITIES, &reading) < 0)
			io = IO_GARBLED;
		if (io != IO_OK)
			return io;
		*condition = reading.condition;
		if (!(reading.events & NUMERIC_UPDATED)) {
			emit_reading(meter, &reading, sent);
			meter->no_since = sent;
			return IO_OK;
		}
		/* Another update: after the question before this one, before this answer. */
		meter->no_since = meter->yes_sent;
		meter->yes_sent = sent;
		meter->yes_at = now(meter);
	}
	return IO_OK;
}

static void check_stalled(struct yokogawa *meter, int64_t at)
{
	if (at - meter->accounted > STALLED_AFTER * meter->update)
		report_failure(meter, GAP_STALLED, at);
}

static int64_t measure(struct yokogawa *meter)
{
	bool updated;
	unsigned condition = 0;
	enum io io = ask_updated(meter, &updated);
	if (io == IO_OK && updated) {
		io = read_values(meter, &condition);
		bool over = condition_flags(meter, condition, POWER) != 0;
		if (io == IO_OK && (over || now(meter) - meter->ranges_checked >= RANGE_CHECK))
			io = check_ranges(meter);
	}
	if (io != IO_OK)
		return fail(meter, io, 0);
	int64_t at = now(meter);
	check_stalled(meter, at);
	return pace_next(&meter->pace, at);
}

static int64_t yokogawa_step(void *device, int64_t at, struct sink *sink)
{
	struct yokogawa *meter = device;
	(void)at;
	(void)sink; /* the same as at start */
	return meter->state == MEASURING ? measure(meter) : recover(meter);
}

static const struct channel *yokogawa_channels(const void *device, int *count)
{
	const struct yokogawa *meter = device;
	*count = QUANTITIES;
	return meter->channels;
}

static const struct identity *yokogawa_identity(const void *device)
{
	const struct yokogawa *meter = device;
	return &meter->identity;
}

static void yokogawa_close(void *device)
{
	free(device);
}

static const char *const schemes[] = { "tcp", "unix", "pty", "serial", NULL };

const struct driver driver_yokogawa_wt = {
	.name = "yokogawa_wt",
	.summary = "Yokogawa WT310, WT310E, WT310EH, WT332E, WT333E power meters",
	.maturity = MATURITY_UNTRIED,
	.schemes = schemes,
	.options = options,
	.open = yokogawa_open,
	.channels = yokogawa_channels,
	.identity = yokogawa_identity,
	.start = yokogawa_start,
	.step = yokogawa_step,
	.stop = yokogawa_stop,
	.close = yokogawa_close,
	.ranges = yokogawa_ranges,
};
