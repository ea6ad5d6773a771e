/*
 * hioki_pw333x: Hioki PW3335, PW3336 and PW3337, over TCP (port 3300) and serial lines; their integrator, which the trigger's output
 * may start and stop.
 *
 * Sources: the vendor's communication command manuals PW3335A985-01 and PW3336A987-01 as far as they could be had, what programs of
 * others get as replies, and the predecessors' manuals (3332, 3334). What rests on the last alone: the commands of the ranges and their
 * numbers on instruments of several channels, *ESR?'s bits, how the status item is called. No instrument was there to be asked.
 *
 * No event is known that tells of an update: the values are asked for, and an update is what changes them.
 *
 *      asked           asked            asked
 *   U,I,P -> a      U,I,P -> a       U,I,P -> b        the windows of b ended, and were shown, in between
 *                   |<---- the update ---->|
 *
 * An update that changes no digit goes unseen; when the next is due it is taken to have come, within half a period.
 *
 * The integrator. `on`: it is started at the beginning, and anew before each run. `gated`: it is not started at all. Its START/STOP input
 * is wired to the trigger's output, low while a run lasts (the manual: low integrates), and it is reset before each run; external control
 * has to be switched on at its front panel. Where the instrument refuses the reset then, counts go on from run to run, and analysis takes
 * differences. How soon the input is heeded nobody has written down: options `reaction` and `reaction_uncertainty`.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "device.h"
#include "meters/hioki_talk.h"
#include "meters/pace.h"
#include "meters/settings.h"
#include "units.h"

#define UPDATE (200 * NS_PER_MS)
#define LATENCY (100 * NS_PER_MS) /* from the end of a window to its value being readable: not known, so half an update… */
#define U_LATENCY LATENCY         /* …give or take as much */
#define OPEN_PATIENCE (2 * NS_PER_S)
#define SETUP_PATIENCE (8 * NS_PER_S)
#define PATIENCE NS_PER_S
#define RETRY NS_PER_S
#define RANGE_CHECK NS_PER_S
#define STALLED_AFTER 10    /* updates that change nothing */
#define SERIAL_POLL 4       /* of a slow line's time, the part that questions take */
#define NWH 3.6e-6          /* J: a count of the integrator is 1e-9 Wh */
#define INTEGRATOR_TIMEBASE 0.0002
#define POWER_FACTOR_INFLUENCE 0.001

static const struct option_spec options[] = {
	{ "channel", "input that is measured, of a PW3336 (1, 2) or PW3337 (1, 2, 3)", OPTION_INTEGER, DIMENSION_RATIO, "1" },
	{ "integrator", "off; on: started by command; gated: its START/STOP input is wired to the trigger's output", OPTION_TEXT, DIMENSION_RATIO, "off" },
	{ "reaction", "gated: from an edge at the START/STOP input to its being heeded", OPTION_QUANTITY, DIMENSION_TIME, "0 ms" },
	{ "reaction_uncertainty", "half-width of that, of each edge by itself", OPTION_QUANTITY, DIMENSION_TIME, "100 ms" },
	{ "status", "ask with each update whether a peak or a range was exceeded", OPTION_BOOLEAN, DIMENSION_RATIO, "true" },
	{ .name = NULL },
};

static const struct model {
	const char *name;
	int inputs;
	bool specified; /* its accuracy could be read */
} models[] = { { "PW3335", 1, false }, { "PW3336", 2, true }, { "PW3337", 3, true } };

enum integrator { OFF, ON, GATED };
enum channel_index { POWER, VOLTAGE, CURRENT, ENERGY, DURATION, CHANNELS };
enum state {
	MEASURING,
	CONFUSED, /* a timeout or garbage: what comes next may belong to an earlier question */
	LOST,     /* the connection is gone, or another instrument is at its end */
};

struct hioki {
	const struct device_config *config;
	struct link *link;
	struct timebase *timebase;
	const struct model *model;
	struct hioki_identity idn;
	struct identity identity;
	int input;
	bool asks_status;
	enum integrator integrator;
	struct channel channels[CHANNELS];
	int n; /* channels, and items */
	char names[CHANNELS][8], question[64];
	const char *items[CHANNELS];
	struct hioki_setting settings[HIOKI_SETTINGS_MAX];
	int n_settings;

	/* From start to stop. */
	struct sink *sink;
	enum state state;
	struct pace pace;
	char shown[160];  /* what tells of an update, of the last reply; "": none yet */
	int64_t no_since; /* when the last question was sent whose answer was the old one */
	int asked, unchanged;
	uint32_t status;  /* flags of the last update: values may be of the one before */
	int64_t accounted, gaps_since;
	bool in_gap, range_changed;
	int64_t ranges_checked;
};

static int64_t now_of(const struct hioki *h)
{
	return h->timebase->now(h->timebase);
}

/* ---- the set-up, from the configuration ---- */

static void add_setting(struct hioki *h, const char *label, const char *group, const char *what, double number, const char *word)
{
	struct hioki_setting *s = &h->settings[h->n_settings++];
	char channel[4] = "", header[sizeof s->header];
	if (h->model->inputs > 1)
		snprintf(channel, sizeof channel, "%d", h->input % 10);
	*s = (struct hioki_setting){ .label = label, .is_word = word != NULL, .number = number };
	snprintf(header, sizeof header, ":%.4s%s:%.4s", group, channel, what);
	memcpy(s->header, header, sizeof header);
	snprintf(s->question, sizeof s->question, "%s?\r", header);
	snprintf(s->word, sizeof s->word, "%s", word ? word : "");
	if (word)
		snprintf(s->order, sizeof s->order, "%s %.7s\r\n", header, word);
	else
		snprintf(s->order, sizeof s->order, "%s %.8g\r\n", header, number);
}

static int check_ranges(const struct hioki *h, struct error *error)
{
	const struct device_config *config = h->config;
	if (config->voltage_range > 0 && config->current_range > 0)
		return 0;
	return error_set(error, ERROR_CONFIG, config->name, "give 'ranges: { voltage: 300 V, current: 1 A }', of those that its front panel offers",
			 "fixed ranges are needed: energy measured while a meter changes its range is void");
}

static int check_accuracy(const struct hioki *h, struct error *error)
{
	if (h->model->specified || h->config->accuracy_given)
		return 0;
	return error_set(error, ERROR_CONFIG, h->config->name, "give 'accuracy', from its data sheet or certificate",
			 "what a %s promises is not known to this program", h->model->name);
}

static int read_integrator(struct hioki *h, struct error *error)
{
	static const char *const words[] = { [OFF] = "off", [ON] = "on", [GATED] = "gated" };
	const struct device_config *config = h->config;
	const char *word = device_option(config, options, "integrator", NULL);
	int found = strcasecmp(word, "false") == 0 ? OFF : strcasecmp(word, "true") == 0 ? ON : -1; /* as YAML has them */
	for (int i = OFF; i <= GATED; i++)
		found = strcasecmp(word, words[i]) == 0 ? i : found;
	if (found < 0)
		return error_set(error, ERROR_CONFIG, config->name, "write off, on or gated", "option integrator cannot be '%.40s'", word);
	h->integrator = (enum integrator)found;
	if (found == OFF || config->measures == ROLE_WALL || config->measures == ROLE_CHECK)
		return 0;
	return error_set(error, ERROR_CONFIG, config->name, "leave the option 'integrator' out", "an integrator is for what measures the wall, or checks it");
}

static int read_config(struct hioki *h, struct error *error)
{
	const struct device_config *config = h->config;
	double input = 1, status = 1;
	device_option(config, options, "channel", &input);
	device_option(config, options, "status", &status);
	if (!(input >= 1 && input <= h->model->inputs))
		return error_set(error, ERROR_CONFIG, config->name, NULL, "%s has the inputs 1 to %d, not %g", h->model->name, h->model->inputs, input);
	if (config->update > 0 && fabs(config->update - UPDATE * 1e-9) > 1e-6)
		return error_set(error, ERROR_CONFIG, config->name, "leave 'update' out", "%s renews its values each 200 ms, and knows nothing else",
				 h->model->name);
	h->input = (int)input;
	h->asks_status = status != 0;
	if (check_ranges(h, error) != 0 || check_accuracy(h, error) != 0 || read_integrator(h, error) != 0)
		return -1;
	add_setting(h, "automatic voltage range", "VOLT", "AUTO", 0, "OFF");
	add_setting(h, "voltage range", "VOLT", "RANG", config->voltage_range, NULL);
	add_setting(h, "automatic current range", "CURR", "AUTO", 0, "OFF");
	add_setting(h, "current range", "CURR", "RANG", config->current_range, NULL);
	return 0;
}

/* ---- channels ---- */

static int64_t nanoseconds(double seconds, int64_t fallback)
{
	return isfinite(seconds) ? llround(seconds * 1e9) : fallback;
}

/* PW3336, PW3337 at 45 to 66 Hz: 0.1 % of reading and 0.05 % of range, or below half of the range less. */
static struct accuracy power_accuracy(const struct device_config *config)
{
	struct accuracy accuracy = { .reading = 0.001, .range = 0.0005, .power_factor = POWER_FACTOR_INFLUENCE };
	double range = config->voltage_range * config->current_range;
	if (config->accuracy_given)
		accuracy = config->accuracy;
	if (accuracy.range_value <= 0)
		accuracy.range_value = range;
	accuracy.quantum = pow(10, ceil(log10(range)) - 5);
	return accuracy;
}

static double power_most(const struct device_config *config)
{
	return config->power_max > 0 ? config->power_max : 1.5 * 1.5 * config->voltage_range * config->current_range;
}

static void add_channel(struct hioki *h, const char *quantity, const char *item, enum unit unit)
{
	const struct device_config *config = h->config;
	double mains = config->line_frequency > 0 ? config->line_frequency : 50;
	struct channel *c = &h->channels[h->n];
	*c = (struct channel){
		.kind = CHANNEL_OBSERVE, .unit = unit, .number = NUMBER_F64, .clock = CLOCK_ID_MONOTONIC, .scale = 1, .window = UPDATE,
		.unmeasured = llround(1e9 / mains), .refresh = UPDATE, .latency = nanoseconds(config->latency, LATENCY),
		.u_latency = nanoseconds(config->u_latency, U_LATENCY), .factor = { -1, -1 }, .simulated = h->identity.simulated,
	};
	snprintf(c->name, sizeof c->name, "%.31s.%s", config->name, quantity);
	if (h->model->inputs > 1 && strcmp(item, "TIME") != 0)
		snprintf(h->names[h->n], sizeof h->names[h->n], "%.4s%d", item, h->input % 10);
	else
		snprintf(h->names[h->n], sizeof h->names[h->n], "%.4s", item);
	h->items[h->n] = h->names[h->n];
	h->n++;
}

static void describe_energy(struct hioki *h)
{
	const struct device_config *config = h->config;
	struct channel *c = &h->channels[ENERGY];
	double reaction = 0, u_reaction = 0;
	device_option(config, options, "reaction", &reaction);
	device_option(config, options, "reaction_uncertainty", &u_reaction);
	c->kind = CHANNEL_COUNTER;
	c->role = ROLE_INTEGRAL;
	c->number = NUMBER_U64;
	c->scale = NWH;
	c->update_jitter = c->unmeasured;
	c->unmeasured = 0;
	c->accuracy = h->channels[POWER].accuracy;
	c->accuracy.quantum = 0; /* of so many digits, told by the counts */
	if (c->accuracy.timebase <= 0)
		c->accuracy.timebase = INTEGRATOR_TIMEBASE;
	c->power_max = power_most(config);
	if (h->integrator != GATED)
		return;
	c->gated = true;
	c->window = c->update_jitter = 0;
	c->latency = nanoseconds(reaction, 0);
	c->u_latency = nanoseconds(u_reaction, 0);
}

static void describe_channels(struct hioki *h)
{
	add_channel(h, "power", "P", UNIT_WATT);
	add_channel(h, "voltage", "U", UNIT_VOLT);
	add_channel(h, "current", "I", UNIT_AMPERE);
	h->channels[POWER].kind = CHANNEL_MEAN;
	h->channels[POWER].role = h->config->measures;
	h->channels[POWER].accuracy = power_accuracy(h->config);
	h->channels[POWER].power_max = power_most(h->config);
	if (h->integrator != OFF) {
		add_channel(h, "energy", "WP", UNIT_JOULE);
		describe_energy(h);
		add_channel(h, "integrated", "TIME", UNIT_SECOND);
	}
	int length = snprintf(h->question, sizeof h->question, ":MEAS? ");
	for (int i = 0; i < h->n; i++)
		length += snprintf(h->question + length, sizeof h->question - (size_t)length, "%s%s", i ? "," : "", h->names[i]);
	snprintf(h->question + length, sizeof h->question - (size_t)length, "\r");
}

/* ---- open ---- */

static const struct model *find_model(const char *name)
{
	for (size_t i = 0; i < sizeof models / sizeof *models; i++)
		if (strncasecmp(name, models[i].name, strlen(models[i].name)) == 0) /* PW3336-02 has interfaces that PW3336-01 has not */
			return &models[i];
	return NULL;
}

static int identify(struct hioki *h, struct error *error)
{
	const struct device_config *config = h->config;
	int64_t deadline = now_of(h) + OPEN_PATIENCE;
	enum io io = link_clear(h->link, deadline);
	if (io == IO_OK)
		io = hioki_ask_identity(h->link, h->timebase, &h->idn, deadline);
	if (io != IO_OK)
		return settings_link_error(io, config->endpoint.text, "asking *IDN?", error);
	memcpy(h->identity.maker, h->idn.maker, sizeof h->idn.maker);
	memcpy(h->identity.model, h->idn.model, sizeof h->idn.model);
	memcpy(h->identity.serial, h->idn.serial, sizeof h->idn.serial);
	memcpy(h->identity.firmware, h->idn.firmware, sizeof h->idn.firmware);
	h->identity.simulated = strncmp(h->idn.serial, "SIM", 3) == 0;
	h->model = find_model(h->idn.model);
	if (strcasecmp(h->idn.maker, "HIOKI") != 0 || h->model == NULL)
		return error_set(error, ERROR_WRONG_DEVICE, config->endpoint.text, "correct the endpoint, or the driver, in the bench file",
				 "not a Hioki PW3335, PW3336 or PW3337: %s %s answered", h->idn.maker, h->idn.model);
	if (config->serial[0] && strcmp(config->serial, h->idn.serial) != 0)
		return error_set(error, ERROR_WRONG_DEVICE, config->endpoint.text, "correct the endpoint, or the serial, in the bench file",
				 "%s has the serial number %s, not %s", h->idn.model, h->idn.serial, config->serial);
	return 0;
}

static void *hioki_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	if (link == NULL) {
		error_set(error, ERROR_CONFIG, config->name, "give it an endpoint such as tcp://10.0.0.7:3300", "no way to reach it is given");
		return NULL;
	}
	struct hioki *h = calloc(1, sizeof *h);
	if (h == NULL) {
		error_errno(error, ENOMEM, config->name, NULL, "cannot open");
		return NULL;
	}
	*h = (struct hioki){ .config = config, .link = link, .timebase = timebase };
	if (identify(h, error) != 0 || read_config(h, error) != 0) {
		free(h);
		return NULL;
	}
	describe_channels(h);
	return h;
}

static const struct channel *hioki_channels(const void *device, int *count)
{
	const struct hioki *h = device;
	*count = h->n;
	return h->channels;
}

static const struct identity *hioki_identity(const void *device)
{
	const struct hioki *h = device;
	return &h->identity;
}

/* ---- set up, give back ---- */

/* Plain values whose names tell what they are, no confirmations between them, and the status with each bare :MEAS?. */
static enum io begin_talk(struct hioki *h, int64_t deadline)
{
	bool serial = strcmp(h->config->endpoint.scheme, "serial") == 0 || strcmp(h->config->endpoint.scheme, "pty") == 0, ignored;
	enum io io = serial ? hioki_order(h->link, ":RS232:ANSW OFF\r\n", deadline) : IO_OK;
	if (io == IO_OK && serial)
		io = link_clear(h->link, deadline);
	if (io == IO_OK)
		io = hioki_order(h->link, ":HEAD ON\r\n", deadline);
	if (io == IO_OK && h->asks_status)
		io = hioki_order(h->link, ":MEAS:ITEM:STAT:INST 1\r\n", deadline);
	return io == IO_OK ? hioki_refused(h->link, &ignored, deadline) : io; /* whatever was refused is over */
}

static enum io ask_status(struct hioki *h, uint32_t *flags, int64_t deadline)
{
	char reply[HIOKI_REPLY_SIZE];
	uint32_t status = 0;
	*flags = 0;
	if (!h->asks_status)
		return IO_OK;
	enum io io = hioki_ask(h->link, ":MEAS?\r", reply, sizeof reply, deadline);
	if (io == IO_OK && hioki_status_decode(reply, &status) != 0)
		io = IO_GARBLED;
	*flags = hioki_status_flags(status);
	return io;
}

static int set_up(struct hioki *h, int64_t deadline, struct error *error)
{
	const char *on = h->config->endpoint.text;
	uint32_t flags;
	enum io io = begin_talk(h, deadline);
	if (io != IO_OK)
		return settings_link_error(io, on, "setting the form of its replies", error);
	for (int i = 0; i < h->n_settings; i++) {
		bool as_wanted = false;
		io = hioki_setting_apply(&h->settings[i], h->link, &as_wanted, deadline);
		if (io != IO_OK)
			return settings_link_error(io, on, "setting its ranges", error);
		if (!as_wanted)
			return error_set(error, ERROR_PROTOCOL, on,
					 "choose one that its front panel offers; end a running integration and HOLD there, and try again",
					 "the %s does not take what the bench file wants", h->settings[i].label);
	}
	io = ask_status(h, &flags, deadline);
	if (io == IO_GARBLED)
		return error_set(error, ERROR_PROTOCOL, on, "write 'status: false' into its options: peaks over the range then go unseen",
				 "it does not tell its status among its values");
	return io == IO_OK ? 0 : settings_link_error(io, on, "asking for its status", error);
}

static enum io give_back(struct hioki *h, int64_t deadline)
{
	char order[80];
	enum io io = link_clear(h->link, deadline);
	if (io == IO_OK && h->integrator == ON)
		io = hioki_order(h->link, ":INTEG:STAT STOP\r\n", deadline);
	for (int i = h->n_settings; i-- > 0 && io == IO_OK;) {
		struct hioki_setting *s = &h->settings[i];
		if (s->before[0] == '\0')
			continue;
		snprintf(order, sizeof order, "%s %s\r\n", s->header, s->before);
		io = hioki_order(h->link, order, deadline);
		s->before[0] = '\0';
	}
	return io == IO_OK ? hioki_ask_identity(h->link, h->timebase, &h->idn, deadline) : io; /* everything before has been taken in */
}

/* ---- the integrator ---- */

static enum io is_counting(struct hioki *h, bool *counting, int64_t deadline)
{
	char reply[64];
	enum io io = hioki_ask(h->link, ":INTEG:STAT?\r", reply, sizeof reply, deadline);
	*counting = io == IO_OK && strncasecmp(hioki_argument(reply), "STAR", 4) == 0;
	return io;
}

/* From nothing. Gated, it is not started; and where it refuses, its counts go on. */
static enum io begin_count(struct hioki *h, bool *refused, int64_t deadline)
{
	bool counting = false;
	enum io io = is_counting(h, &counting, deadline);
	if (io == IO_OK && counting && h->integrator == ON)
		io = hioki_order(h->link, ":INTEG:STAT STOP\r\n", deadline);
	if (io == IO_OK)
		io = hioki_order(h->link, ":INTEG:STAT RESET\r\n", deadline);
	if (io == IO_OK && h->integrator == ON)
		io = hioki_order(h->link, ":INTEG:STAT START\r\n", deadline);
	return io == IO_OK ? hioki_refused(h->link, refused, deadline) : io;
}

static int start_integrator(struct hioki *h, int64_t deadline, struct error *error)
{
	const char *on = h->config->endpoint.text;
	bool counting = false, refused = false;
	if (h->integrator == OFF)
		return 0;
	enum io io = is_counting(h, &counting, deadline);
	if (io == IO_OK && counting && h->integrator == GATED)
		return error_set(error, ERROR_CONFIG, on, "check the wiring: it counts while its START/STOP input is low, and no run lasts",
				 "its integrator counts already");
	if (io == IO_OK)
		io = begin_count(h, &refused, deadline);
	if (io != IO_OK)
		return settings_link_error(io, on, "starting its integrator", error);
	if (refused && h->integrator == ON)
		return error_set(error, ERROR_PROTOCOL, on, "switch its external control off at its front panel, or write 'integrator: gated'",
				 "its integrator does not start");
	return 0;
}

/* ---- what is missing ---- */

static void report_gap(struct hioki *h, enum gap_reason reason, int64_t to)
{
	int64_t missing = (to - h->accounted) / UPDATE;
	for (unsigned i = 0; i < (unsigned)h->n; i++)
		sink_gap(h->sink, i, reason, missing > 1 ? (uint32_t)missing : 1, h->accounted, to);
	h->accounted = to;
}

static int64_t fail(struct hioki *h, enum io io)
{
	int64_t at = now_of(h);
	bool again = h->state != MEASURING;
	if (!again || at - h->accounted >= UPDATE)
		report_gap(h, io == IO_TIMEOUT ? GAP_TIMEOUT : io == IO_GARBLED ? GAP_GARBLED : GAP_GONE, at);
	h->state = again || io == IO_GONE ? LOST : CONFUSED; /* a connection of which nothing sensible comes is made anew */
	return again ? at + RETRY : at;
}

/* ---- ranges ---- */

static void report_ranges(struct hioki *h, bool changed, int64_t at)
{
	const struct record_range range = {
		.voltage = h->range_changed ? 0 : h->config->voltage_range, .current = h->range_changed ? 0 : h->config->current_range, .changed = changed,
	};
	sink_range(h->sink, POWER, at, RANGE_CHECK / 2, &range);
}

/* Those that are fixed are fixed: one that differs was left by itself, or set by hand. */
static enum io check_range_settings(struct hioki *h, int64_t deadline)
{
	char value[64];
	bool all = true;
	for (int i = 0; i < h->n_settings; i++) {
		bool as_wanted = false;
		enum io io = hioki_setting_read(&h->settings[i], h->link, value, sizeof value, &as_wanted, deadline);
		if (io != IO_OK)
			return io;
		all = all && as_wanted;
	}
	h->ranges_checked = now_of(h);
	if (all == !h->range_changed)
		return IO_OK;
	h->range_changed = !all;
	report_ranges(h, true, h->ranges_checked);
	return IO_OK;
}

/* ---- life ---- */

static void begin_measuring(struct hioki *h)
{
	int64_t at = now_of(h);
	h->state = MEASURING;
	h->shown[0] = '\0';
	h->no_since = h->accounted = h->ranges_checked = at;
	h->asked = h->unchanged = 0;
	h->pace = pace_begin(UPDATE, at);
}

static int hioki_start(void *device, struct sink *sink, struct error *error)
{
	struct hioki *h = device;
	int64_t deadline = now_of(h) + SETUP_PATIENCE;
	h->sink = sink;
	if (set_up(h, deadline, error) != 0 || start_integrator(h, deadline, error) != 0) {
		give_back(h, now_of(h) + PATIENCE);
		return -1;
	}
	h->range_changed = false;
	h->status = 0;
	begin_measuring(h);
	report_ranges(h, false, h->accounted);
	return 0;
}

/* ---- values ---- */

static void emit_energy(struct hioki *h, const struct hioki_value *value, uint32_t flags, int64_t t, int64_t u_t)
{
	bool counts = value->exact && value->nano >= 0;
	sink_count(h->sink, ENERGY, t, u_t, flags | value->flags | (counts || value->flags ? 0 : FLAG_IMPLAUSIBLE), counts ? (uint64_t)value->nano : 0);
}

static void emit_values(struct hioki *h, const struct hioki_value *values, uint32_t status, int64_t t, int64_t u_t)
{
	uint32_t common = h->range_changed ? FLAG_RANGE_CHANGED : 0;
	for (int i = 0; i < h->n; i++) {
		bool measured = i == POWER || i == ENERGY;
		uint32_t flags = common | (measured ? status | h->status : 0);
		if (i == POWER && fabs(values[i].value) > h->channels[POWER].power_max)
			flags |= FLAG_IMPLAUSIBLE;
		if (i == ENERGY)
			emit_energy(h, &values[i], flags, t, u_t);
		else
			sink_value(h->sink, (unsigned)i, t, u_t, flags | values[i].flags, values[i].value);
	}
	h->status = status;
	h->accounted = t;
}

/* The update happened between `from` and `to`. */
static void take_update(struct hioki *h, const struct hioki_value *values, uint32_t status, int64_t from, int64_t to)
{
	int64_t t = from + (to - from) / 2;
	uint32_t missed = pace_missed(&h->pace, from, to);
	if (missed > 0)
		report_gap(h, GAP_MISSED, t);
	emit_values(h, values, status, t, (to - from + 1) / 2);
	pace_seen(&h->pace, from, to, h->asked);
	h->asked = 0;
}

/* Of a reply, the part that tells of an update: the integrator's values may step at instants of their own. */
static size_t measured_length(const char *reply)
{
	size_t length = 0;
	for (int i = POWER; i <= CURRENT && reply[length]; i++) {
		length += i > POWER;
		length += strcspn(reply + length, ";,");
	}
	return length;
}

/* What is shown has not changed although an update was due a while ago: it came, and brought the same, unless that goes on. */
static enum io take_the_same(struct hioki *h, const struct hioki_value *values, int64_t at)
{
	uint32_t status;
	int64_t due = h->pace.last + UPDATE;
	if (!h->pace.known || at < due + UPDATE / 2)
		return IO_OK;
	if (++h->unchanged > STALLED_AFTER) {
		report_gap(h, GAP_STALLED, at);
		h->pace.known = false;
		h->unchanged = 0;
		return IO_OK;
	}
	enum io io = ask_status(h, &status, at + PATIENCE);
	if (io == IO_OK)
		take_update(h, values, status, due - UPDATE / 2, due + UPDATE / 2);
	return io;
}

static enum io take_changed(struct hioki *h, const struct hioki_value *values, const char *reply, int64_t at)
{
	uint32_t status;
	bool first = h->shown[0] == '\0';
	int64_t from = at - h->no_since > UPDATE ? at - UPDATE : h->no_since;
	size_t length = measured_length(reply);
	memcpy(h->shown, reply, length);
	h->shown[length] = '\0';
	h->unchanged = 0;
	if (first) /* since when it has been shown is not known */
		return IO_OK;
	enum io io = ask_status(h, &status, at + PATIENCE);
	if (io == IO_OK)
		take_update(h, values, status, from, at);
	return io;
}

static enum io read_values(struct hioki *h)
{
	char reply[sizeof h->shown];
	struct hioki_value values[HIOKI_ITEMS_MAX];
	int64_t sent = now_of(h);
	enum io io = hioki_ask(h->link, h->question, reply, sizeof reply, sent + PATIENCE);
	if (io == IO_OK && hioki_reading_decode(reply, h->items, h->n, values) != 0)
		io = IO_GARBLED;
	if (io != IO_OK)
		return io;
	int64_t at = now_of(h);
	bool same = strlen(h->shown) == measured_length(reply) && strncmp(reply, h->shown, strlen(h->shown)) == 0;
	io = same ? take_the_same(h, values, at) : take_changed(h, values, reply, at);
	h->asked += same;
	h->no_since = sent; /* what was shown then is old */
	return io;
}

static int64_t recover(struct hioki *h)
{
	struct hioki_identity found;
	int64_t deadline = now_of(h) + OPEN_PATIENCE;
	if (h->state == LOST && link_reopen(h->link, deadline) != IO_OK)
		return fail(h, IO_GONE);
	enum io io = link_clear(h->link, deadline);
	if (io == IO_OK)
		io = hioki_ask_identity(h->link, h->timebase, &found, deadline);
	if (io == IO_OK && (strcmp(found.model, h->idn.model) != 0 || strcmp(found.serial, h->idn.serial) != 0))
		io = IO_GONE; /* another instrument is no replacement for the one that went */
	if (io == IO_OK)
		io = begin_talk(h, deadline);
	if (io == IO_OK)
		io = check_range_settings(h, deadline);
	if (io != IO_OK)
		return fail(h, io);
	int64_t at = now_of(h);
	if (at - h->accounted > UPDATE)
		report_gap(h, GAP_TIMEOUT, at);
	begin_measuring(h);
	return at;
}

static int64_t hioki_step(void *device, int64_t now, struct sink *sink)
{
	struct hioki *h = device;
	(void)now;
	(void)sink; /* the same as at start */
	if (h->state != MEASURING)
		return recover(h);
	int64_t began = now_of(h);
	enum io io = read_values(h);
	if (io == IO_OK && now_of(h) - h->ranges_checked >= RANGE_CHECK)
		io = check_range_settings(h, now_of(h) + PATIENCE);
	if (io != IO_OK)
		return fail(h, io);
	int64_t at = now_of(h), next = pace_next(&h->pace, at);
	return next > at + (at - began) / SERIAL_POLL ? next : at + (at - began) / SERIAL_POLL;
}

static void hioki_prepare(void *device)
{
	struct hioki *h = device;
	bool refused;
	if (h->integrator == OFF || h->state != MEASURING)
		return;
	enum io io = begin_count(h, &refused, now_of(h) + PATIENCE);
	if (io != IO_OK)
		fail(h, io);
}

static int hioki_stop(void *device, struct error *error)
{
	struct hioki *h = device;
	int64_t deadline = now_of(h) + 2 * PATIENCE;
	enum io io = h->state == MEASURING ? check_range_settings(h, deadline) : h->state == LOST ? link_reopen(h->link, deadline) : IO_OK;
	if (io != IO_GONE)
		io = give_back(h, deadline);
	if (io == IO_OK)
		return 0;
	return error_set(error, io == IO_TIMEOUT ? ERROR_TIMEOUT : ERROR_GONE, h->config->endpoint.text, "set its ranges on its front panel",
			 "the instrument's earlier settings could not be put back (%s)", io_name(io));
}

static void hioki_close(void *device)
{
	free(device);
}

static const char *const schemes[] = { "tcp", "serial", "unix", "pty", NULL };

const struct driver driver_hioki_pw333x = {
	.name = "hioki_pw333x",
	.summary = "Hioki PW3335, PW3336, PW3337 power meters; their integrator may be gated by the trigger",
	.gives = "power, voltage, current; energy, integrated with integrator",
	.maturity = MATURITY_EXPERIMENTAL,
	.schemes = schemes,
	.options = options,
	.open = hioki_open,
	.channels = hioki_channels,
	.identity = hioki_identity,
	.start = hioki_start,
	.step = hioki_step,
	.prepare = hioki_prepare,
	.stop = hioki_stop,
	.close = hioki_close,
};
