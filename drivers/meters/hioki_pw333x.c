/*
 * hioki_pw333x: Hioki PW3335, PW3336 and PW3337, over TCP (port 3300) and serial lines; their integrator, which the trigger's output
 * may start and stop.
 *
 * Sources: the vendor's communication command manuals PW3335A985-01 and PW3336A987-01 as far as they could be had, what programs of
 * others get as replies, and the predecessors' manuals (3332, 3334). What rests on the last alone: the commands of the ranges and their
 * numbers on instruments of several channels, *ESR?'s bits, how the status item is called. No instrument was there to be asked.
 *
 * No event is known that tells of an update: the values are asked for, and an update is what changes them (polled.h). What tells of it
 * is power, voltage and current alone: the integrator's values may step at instants of their own.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "device.h"
#include "meters/hioki_integrator.h"
#include "meters/hioki_talk.h"
#include "meters/meter.h"
#include "meters/polled.h"
#include "meters/settings.h"
#include "units.h"

#define UPDATE (200 * NS_PER_MS)
#define LATENCY (100 * NS_PER_MS) /* from the end of a window to its value being readable: not known, so half an update… */
#define U_LATENCY LATENCY         /* …give or take as much */
#define OPEN_PATIENCE (2 * NS_PER_S)
#define SETUP_PATIENCE (8 * NS_PER_S)
#define PATIENCE NS_PER_S
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

enum channel_index { POWER, VOLTAGE, CURRENT, ENERGY, DURATION, CHANNELS };
struct hioki {
	const struct device_config *config;
	struct link *link;
	struct timebase *timebase;
	const struct model *model;
	struct idn idn;
	struct identity identity;
	int input;
	bool asks_status;
	enum hioki_integrator integrator;
	struct channel channels[CHANNELS];
	int n; /* channels, and items */
	char names[CHANNELS][8], question[64];
	const char *items[CHANNELS];
	struct hioki_setting settings[HIOKI_SETTINGS_MAX];
	int n_settings;

	struct polled polled;
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
	if (check_ranges(h, error) != 0 || check_accuracy(h, error) != 0 ||
	    hioki_integrator_choose(config, device_option(config, options, "integrator", NULL), &h->integrator, error) != 0)
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
	double reaction = 0, u_reaction = 0;
	device_option(h->config, options, "reaction", &reaction);
	device_option(h->config, options, "reaction_uncertainty", &u_reaction);
	hioki_integrator_describe(&h->channels[ENERGY], &h->channels[POWER], h->integrator, nanoseconds(reaction, 0), nanoseconds(u_reaction, 0));
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
	if (h->integrator != HIOKI_OFF) {
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
	int64_t deadline = now_of(h) + OPEN_PATIENCE;
	enum io io = link_clear(h->link, deadline);
	if (io == IO_OK)
		io = hioki_ask_identity(h->link, h->timebase, &h->idn, deadline);
	if (io != IO_OK)
		return settings_link_error(io, h->config->endpoint.text, "asking *IDN?", error);
	idn_tell(&h->idn, &h->identity);
	h->model = find_model(h->idn.model);
	return meter_check(h->config, &h->idn, h->model && strcasecmp(h->idn.maker, "HIOKI") == 0, "Hioki PW3335, PW3336 or PW3337", error);
}

static void *hioki_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	struct hioki *h = meter_new(sizeof *h, config, link, "give it an endpoint such as tcp://10.0.0.7:3300", error);
	if (h == NULL)
		return NULL;
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
static enum io hioki_set_up(void *device, int64_t deadline)
{
	struct hioki *h = device;
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

static enum io hioki_status(void *device, uint32_t *flags, int64_t deadline)
{
	struct hioki *h = device;
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
	enum io io = hioki_set_up(h, deadline);
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
	io = hioki_status(h, &flags, deadline);
	if (io == IO_GARBLED)
		return error_set(error, ERROR_PROTOCOL, on, "write 'status: false' into its options: peaks over the range then go unseen",
				 "it does not tell its status among its values");
	return io == IO_OK ? 0 : settings_link_error(io, on, "asking for its status", error);
}

static enum io give_back(struct hioki *h, int64_t deadline)
{
	char order[80];
	enum io io = link_clear(h->link, deadline);
	if (io == IO_OK)
		io = hioki_integrator_end(h->link, h->integrator, deadline);
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

/* ---- life ---- */

/* Of a reply, the part that tells of an update. */
static size_t measured_length(const char *reply)
{
	size_t length = 0;
	for (int i = POWER; i <= CURRENT && reply[length]; i++) {
		length += i > POWER;
		length += strcspn(reply + length, ";,");
	}
	return length;
}

static enum io hioki_read(void *device, struct polled_reading *reading, int64_t deadline)
{
	struct hioki *h = device;
	char reply[160];
	struct hioki_value values[HIOKI_ITEMS_MAX];
	enum io io = hioki_ask(h->link, h->question, reply, sizeof reply, deadline);
	if (io == IO_OK && hioki_reading_decode(reply, h->items, h->n, values) != 0)
		io = IO_GARBLED;
	if (io != IO_OK)
		return io;
	for (int i = 0; i < h->n; i++)
		reading->of[i] = i == ENERGY ? hioki_integrator_count(&values[i])
					     : (struct polled_value){ .value = values[i].value, .flags = values[i].flags };
	reading->mark = polled_mark(reply, measured_length(reply));
	return IO_OK;
}

static enum io hioki_meet(void *device, bool *same, int64_t deadline)
{
	struct hioki *h = device;
	struct idn found;
	enum io io = hioki_ask_identity(h->link, h->timebase, &found, deadline);
	*same = io == IO_OK && idn_same(&found, &h->idn);
	return io;
}

/* Those that are fixed are fixed: one that differs was left by itself, or set by hand. */
static enum io hioki_ranges_hold(void *device, bool *hold, int64_t deadline)
{
	struct hioki *h = device;
	char value[64];
	*hold = true;
	for (int i = 0; i < h->n_settings; i++) {
		bool as_wanted = false;
		enum io io = hioki_setting_read(&h->settings[i], h->link, value, sizeof value, &as_wanted, deadline);
		if (io != IO_OK)
			return io;
		*hold = *hold && as_wanted;
	}
	return IO_OK;
}

static const struct polled_ops life = {
	.read = hioki_read, .meet = hioki_meet, .set_up = hioki_set_up, .status = hioki_status, .ranges_hold = hioki_ranges_hold,
};

static int hioki_start(void *device, struct sink *sink, struct error *error)
{
	struct hioki *h = device;
	int64_t deadline = now_of(h) + SETUP_PATIENCE;
	if (set_up(h, deadline, error) != 0 || hioki_integrator_start(h->link, h->integrator, h->config->endpoint.text, deadline, error) != 0) {
		give_back(h, now_of(h) + PATIENCE);
		return -1;
	}
	h->polled = (struct polled){
		.ops = &life, .device = h, .link = h->link, .timebase = h->timebase, .channels = h->channels, .n_channels = h->n,
		.mode = POLLED_CHANGES, .period = UPDATE, .patience = PATIENCE, .range_channel = POWER,
		.ranges = { .voltage = h->config->voltage_range, .current = h->config->current_range },
	};
	polled_start(&h->polled, sink);
	return 0;
}

static int64_t hioki_step(void *device, int64_t now, struct sink *sink)
{
	struct hioki *h = device;
	(void)now;
	(void)sink; /* the same as at start */
	return polled_step(&h->polled);
}

static void hioki_prepare(void *device)
{
	struct hioki *h = device;
	bool refused;
	if (h->integrator == HIOKI_OFF || h->polled.state != POLLED_MEASURING)
		return;
	enum io io = hioki_integrator_begin(h->link, h->integrator, &refused, now_of(h) + PATIENCE);
	if (io != IO_OK)
		polled_failed(&h->polled, io);
}

static int hioki_stop(void *device, struct error *error)
{
	struct hioki *h = device;
	int64_t deadline = now_of(h) + 2 * PATIENCE;
	enum io io = polled_end(&h->polled, deadline);
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
