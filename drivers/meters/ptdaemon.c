/*
 * ptdaemon: a client of SPEC PTDaemon, for a site whose power analyzer is behind one already: its averages of a second, as they come.
 *
 * Sources: the text protocol as MLPerf's and others' open clients speak it. SPEC's own description was not to be had. Known from a single
 * client: the fields of Identify, those of Uncertainty, and that RL waits for up to an interval when there is no unread sample.
 *
 *   Hello -> Hello, PTDaemon here!        Identify -> see ptdaemon_reply.h         RR -> Ranges,0,1.000000,0,300.000000
 *   SR,A,1 -> Range A changed             Go,1000,0,joulerig -> Starting untimed measurement, …
 *   RL -> Last 1 samples, Time,…          Stop -> Stopping untimed measurement
 *
 * A sample is new when its time is another one (polled.h, CHANGES). That time is of the daemon's own clock, which nobody has held against
 * this machine's: the record has the time at which the sample came. The analyzer's latency and the daemon's are not known: half an
 * interval, give or take as much. Its limits of error are the analyzer's: the bench file must say them.
 *
 * A measurement that is under way is somebody's, and stays so: it is not stopped. Ranges are set where the bench file has them, and put
 * back: of an analyzer that does not tell how they were (-1) none is set, and that they are fixed somebody must say who has fixed them
 * (option `panel`). An analyzer whose averages are shorter than a second may have measured no more than one of them for a sample.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "meters/meter.h"
#include "meters/polled.h"
#include "meters/ptdaemon_reply.h"

#define INTERVAL (1000 * NS_PER_MS)
#define MARK "joulerig"          /* samples of a measurement carry who began it */
#define GO "Go,1000,0," MARK "\r"
#define GO_MOST 500000           /* samples of one measurement */
#define OPEN_PATIENCE (5 * NS_PER_S)
#define SETUP_PATIENCE (10 * NS_PER_S)
#define ASK_UNCERTAINTY 10       /* samples apart */
#define UNREAD_MOST 600          /* samples that one answer may have */
#define GREETING "Hello, PTDaemon here!"
#define FIX_THEM "set its ranges at the analyzer, fixed, and write the option 'panel: true'"
#define SIMULATED "SIM"          /* an operating system's name that none has: the twin's */

static const struct option_spec options[] = {
	{ "analyzer", "what its analyzer must be called, or how that begins: YokogawaWT310; nothing: any", OPTION_TEXT, DIMENSION_RATIO, "" },
	{ "panel", "its ranges are fixed at the analyzer, as `ranges` says, and not set", OPTION_BOOLEAN, DIMENSION_RATIO, "false" },
	{ .name = NULL },
};

enum channel_index { POWER, VOLTAGE, CURRENT, UNCERTAINTY, CHANNELS };
struct ptd {
	const struct device_config *config;
	struct link *link;
	struct timebase *timebase;
	struct ptdaemon_identity idn;
	struct identity identity;
	struct channel channels[CHANNELS];
	int n;
	struct ptdaemon_ranges before, ranges; /* when it was found; that are to hold */
	bool panel; /* ranges are not set */
	bool ranges_set;
	bool ours;  /* the measurement that is under way */
	struct polled polled;
	uint64_t mark;    /* of the last sample */
	int64_t new_at;   /* when it came */
	long samples;     /* of this measurement */
};

static int64_t now_of(const struct ptd *p)
{
	return p->timebase->now(p->timebase);
}

/* ---- talk ---- */

/* `command` ends with CR. */
static enum io ask(const struct ptd *p, const char *command, char reply[PTDAEMON_LINE_SIZE], int64_t deadline)
{
	return link_query(p->link, command, reply, PTDAEMON_LINE_SIZE, deadline);
}

static enum io ask_identity(const struct ptd *p, struct ptdaemon_identity *idn, int64_t deadline)
{
	char reply[PTDAEMON_LINE_SIZE];
	enum io io = ask(p, "Hello\r", reply, deadline);
	if (io == IO_OK && strcmp(reply, GREETING) != 0)
		return IO_GARBLED;
	if (io == IO_OK)
		io = ask(p, "Identify\r", reply, deadline);
	return io == IO_OK && ptdaemon_identity_decode(reply, idn) != 0 ? IO_GARBLED : io;
}

static enum io ask_ranges(const struct ptd *p, struct ptdaemon_ranges *ranges, int64_t deadline)
{
	char reply[PTDAEMON_LINE_SIZE];
	enum io io = ask(p, "RR\r", reply, deadline);
	return io == IO_OK && ptdaemon_ranges_decode(reply, ranges) != 0 ? IO_GARBLED : io;
}

static int talk_error(enum io io, const struct ptd *p, const char *what, struct error *error)
{
	enum error_code code = io == IO_TIMEOUT ? ERROR_TIMEOUT : io == IO_GONE ? ERROR_GONE : ERROR_PROTOCOL;
	return error_set(error, code, p->config->endpoint.text, "look at the daemon's own console; is another client using it?", "%s: %s", what,
			 io == IO_GARBLED ? "the answer makes no sense" : io_name(io));
}

/* ---- open ---- */

static int identify(struct ptd *p, struct error *error)
{
	enum io io = link_clear(p->link, now_of(p) + OPEN_PATIENCE);
	if (io == IO_OK)
		io = ask_identity(p, &p->idn, now_of(p) + OPEN_PATIENCE);
	if (io == IO_GARBLED)
		return meter_wrong(p->config, "the driver", error, "no PTDaemon answered");
	if (io != IO_OK)
		return talk_error(io, p, "asking who is there", error);
	const char *analyzer = device_option(p->config, options, "analyzer", NULL);
	if (strncmp(p->idn.driver, analyzer, strlen(analyzer)) != 0)
		return meter_wrong(p->config, "the option 'analyzer'", error, "behind this PTDaemon is a %s, not a %.60s", p->idn.driver, analyzer);
	if (!p->idn.power)
		return error_set(error, ERROR_WRONG_DEVICE, p->config->endpoint.text, "name the port of the one that measures power (8888)",
				 "this PTDaemon measures no power");
	snprintf(p->identity.maker, sizeof p->identity.maker, "SPEC PTDaemon");
	snprintf(p->identity.model, sizeof p->identity.model, "%.47s", p->idn.driver);
	snprintf(p->identity.firmware, sizeof p->identity.firmware, "%.47s", p->idn.version);
	p->identity.simulated = strncmp(p->idn.os, SIMULATED, strlen(SIMULATED)) == 0;
	return 0;
}

static int check_config(struct ptd *p, struct error *error)
{
	const struct device_config *config = p->config;
	double panel = 0;
	device_option(config, options, "panel", &panel);
	p->panel = panel != 0;
	bool some = config->voltage_range > 0 || config->current_range > 0;
	if (!config->accuracy_given)
		return error_set(error, ERROR_CONFIG, config->name, "give 'accuracy', from the analyzer's data sheet or certificate",
				 "what the analyzer behind a PTDaemon promises is not known");
	if (config->accuracy.range > 0 && !(config->voltage_range > 0 && config->current_range > 0))
		return error_set(error, ERROR_CONFIG, config->name, "give 'ranges: { voltage: 300 V, current: 1 A }' too",
				 "a part of its accuracy is of its ranges, and these are not given");
	if (config->power_max <= 0 && !(config->voltage_range > 0 && config->current_range > 0))
		return error_set(error, ERROR_CONFIG, config->name, "give 'power_max', or 'ranges: { voltage: 300 V, current: 1 A }'",
				 "what power is not plausible is not known");
	if (config->serial[0])
		return error_set(error, ERROR_CONFIG, config->name, "leave 'serial' out", "a PTDaemon tells no serial number of its analyzer");
	if (config->update > 0 && fabs(config->update - (double)INTERVAL * 1e-9) > 1e-6)
		return error_set(error, ERROR_CONFIG, config->name, "leave 'update' out", "samples of a PTDaemon are taken each second");
	if (p->idn.interval > 1000)
		return error_set(error, ERROR_UNSUPPORTED, config->name, NULL, "its analyzer averages over %d ms, and a sample of each second is wanted",
				 p->idn.interval);
	if (some && !p->panel && !p->idn.sets_ranges)
		return error_set(error, ERROR_CONFIG, config->name, FIX_THEM, "this PTDaemon cannot set ranges");
	return 0;
}

static int64_t nanoseconds(double seconds, int64_t fallback)
{
	return isfinite(seconds) ? llround(seconds * 1e9) : fallback;
}

static void add_channel(struct ptd *p, const char *quantity, enum unit unit)
{
	struct channel *c = &p->channels[p->n++];
	*c = (struct channel){
		.kind = CHANNEL_OBSERVE, .unit = unit, .number = NUMBER_F64, .clock = CLOCK_ID_MONOTONIC, .scale = 1, .window = INTERVAL,
		.refresh = INTERVAL, .latency = nanoseconds(p->config->latency, INTERVAL / 2),
		.u_latency = nanoseconds(p->config->u_latency, INTERVAL / 2), .factor = { -1, -1 }, .simulated = p->identity.simulated,
	};
	snprintf(c->name, sizeof c->name, "%.31s.%s", p->config->name, quantity);
}

/* Of a sample's second: a cycle of the mains at its edges, or all but one of the analyzer's averages. */
static int64_t unmeasured(const struct ptd *p)
{
	int64_t cycle = p->config->line_frequency > 0 ? llround(1e9 / p->config->line_frequency) : 20 * NS_PER_MS;
	int64_t rest = INTERVAL - p->idn.interval * NS_PER_MS;
	return rest > cycle ? rest : cycle;
}

static void describe_channels(struct ptd *p)
{
	const struct device_config *config = p->config;
	add_channel(p, "power", UNIT_WATT);
	add_channel(p, "voltage", UNIT_VOLT);
	add_channel(p, "current", UNIT_AMPERE);
	if (p->idn.states_uncertainty)
		add_channel(p, "uncertainty", UNIT_NONE);
	struct channel *power = &p->channels[POWER];
	power->kind = CHANNEL_MEAN;
	power->role = config->measures;
	power->unmeasured = unmeasured(p);
	power->accuracy = config->accuracy;
	if (power->accuracy.range_value <= 0)
		power->accuracy.range_value = config->voltage_range * config->current_range;
	power->power_max = config->power_max > 0 ? config->power_max : 1.5 * 1.5 * config->voltage_range * config->current_range;
}

static void *ptdaemon_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	struct ptd *p = meter_new(sizeof *p, config, link, "give it an endpoint such as tcp://10.0.0.7:8888", error);
	if (p == NULL)
		return NULL;
	*p = (struct ptd){ .config = config, .link = link, .timebase = timebase };
	if (identify(p, error) != 0 || check_config(p, error) != 0) {
		free(p);
		return NULL;
	}
	describe_channels(p);
	return p;
}

static const struct channel *ptdaemon_channels(const void *device, int *count)
{
	const struct ptd *p = device;
	*count = p->n;
	return p->channels;
}

static const struct identity *ptdaemon_identity(const void *device)
{
	const struct ptd *p = device;
	return &p->identity;
}

/* ---- ranges and the measurement ---- */

static int set_range(struct ptd *p, char which, double range, struct error *error)
{
	char command[48], reply[PTDAEMON_LINE_SIZE], expected[24];
	if (range > 0)
		snprintf(command, sizeof command, "SR,%c,%g\r", which, range);
	else
		snprintf(command, sizeof command, "SR,%c,Auto\r", which);
	snprintf(expected, sizeof expected, "Range %c changed", which);
	enum io io = ask(p, command, reply, now_of(p) + SETUP_PATIENCE);
	if (io != IO_OK)
		return talk_error(io, p, "setting a range", error);
	p->ranges_set = true;
	return strcmp(reply, expected) == 0 ? 0 : error_set(error, ERROR_PROTOCOL, p->config->endpoint.text, "choose one that the analyzer has",
							     "a range of %g %c is not taken: it says %.60s", range, which, reply);
}

static bool same_range(double a, double b)
{
	return fabs(a - b) <= 1e-3 * fabs(a);
}

static bool as_set(const struct ptdaemon_ranges *set, const struct ptdaemon_ranges *now)
{
	return same_range(set->voltage, now->voltage) && same_range(set->current, now->current) && set->voltage_auto == now->voltage_auto &&
	       set->current_auto == now->current_auto;
}

static int check_ranges(struct ptd *p, struct error *error)
{
	const struct device_config *config = p->config;
	enum io io = ask_ranges(p, &p->ranges, now_of(p) + SETUP_PATIENCE);
	if (io != IO_OK)
		return talk_error(io, p, "reading the ranges back", error);
	if (p->ranges.voltage_auto == 1 || p->ranges.current_auto == 1)
		return error_set(error, ERROR_CONFIG, config->name, "give 'ranges: { voltage: 300 V, current: 1 A }', of those that the analyzer has",
				 "its ranges are automatic: energy measured while a meter changes its range is void");
	if (!p->panel && (p->ranges.voltage_auto < 0 || p->ranges.current_auto < 0))
		return error_set(error, ERROR_CONFIG, config->name, FIX_THEM, "whether its ranges are automatic is not told");
	if ((config->voltage_range > 0 && p->ranges.voltage > 0 && !same_range(config->voltage_range, p->ranges.voltage)) ||
	    (config->current_range > 0 && p->ranges.current > 0 && !same_range(config->current_range, p->ranges.current)))
		return error_set(error, ERROR_PROTOCOL, config->name, "choose one that the analyzer has", "its ranges are %g V and %g A, whatever was set",
				 p->ranges.voltage, p->ranges.current);
	return 0;
}

/* So that it can be put back. */
static bool is_told(int automatic, double range)
{
	return automatic == 1 || (automatic == 0 && range > 0);
}

static int set_ranges(struct ptd *p, struct error *error)
{
	const struct device_config *config = p->config;
	enum io io = ask_ranges(p, &p->before, now_of(p) + SETUP_PATIENCE);
	if (io != IO_OK)
		return talk_error(io, p, "asking for the ranges", error);
	bool volts = config->voltage_range > 0 && !p->panel, amperes = config->current_range > 0 && !p->panel;
	if ((volts && !is_told(p->before.voltage_auto, p->before.voltage)) || (amperes && !is_told(p->before.current_auto, p->before.current)))
		return error_set(error, ERROR_CONFIG, config->name, FIX_THEM, "how its ranges are set is not told, so that they could not be put back");
	if (volts && set_range(p, 'V', config->voltage_range, error) != 0)
		return -1;
	if (amperes && set_range(p, 'A', config->current_range, error) != 0)
		return -1;
	return check_ranges(p, error);
}

static bool is_started(const char *reply)
{
	return strncmp(reply, "Starting untimed measurement", 28) == 0;
}

static int go(struct ptd *p, struct error *error)
{
	char reply[PTDAEMON_LINE_SIZE];
	enum io io = ask(p, GO, reply, now_of(p) + SETUP_PATIENCE);
	if (io != IO_OK)
		return talk_error(io, p, "starting a measurement", error);
	if (!is_started(reply))
		return error_set(error, ERROR_PROTOCOL, p->config->endpoint.text, "end what it measures for another client, and try again",
				 "it starts no measurement: it says %.80s", reply);
	p->samples = 0;
	p->ours = true;
	return 0;
}

static enum io halt(struct ptd *p, int64_t deadline)
{
	char reply[PTDAEMON_LINE_SIZE];
	enum io io = ask(p, "Stop\r", reply, deadline);
	return io == IO_OK && strncmp(reply, "Stopping", 8) != 0 ? IO_GARBLED : io;
}

/* The other one is put back though one is not. */
static int put_back(struct ptd *p, struct error *error)
{
	const struct ptdaemon_ranges *b = &p->before;
	int failed = 0;
	if (!p->ranges_set)
		return 0;
	if (p->config->voltage_range > 0)
		failed += set_range(p, 'V', b->voltage_auto == 1 ? 0 : b->voltage, error) != 0;
	if (p->config->current_range > 0)
		failed += set_range(p, 'A', b->current_auto == 1 ? 0 : b->current, failed ? NULL : error) != 0;
	p->ranges_set = false;
	return failed ? -1 : 0;
}

/* ---- life ---- */

static struct polled_value value_of(const struct ptdaemon_value *value)
{
	return (struct polled_value){ .value = value->value, .flags = value->flags };
}

/* Every few samples: what the daemon itself thinks of them. */
static enum io read_uncertainty(struct ptd *p, struct polled_reading *reading, int64_t deadline)
{
	char reply[PTDAEMON_LINE_SIZE];
	struct ptdaemon_value relative;
	reading->of[UNCERTAINTY].absent = true;
	if (!p->idn.states_uncertainty || p->samples % ASK_UNCERTAINTY != 0)
		return IO_OK;
	enum io io = ask(p, "Uncertainty\r", reply, deadline);
	if (io != IO_OK)
		return io;
	if (ptdaemon_uncertainty_decode(reply, &relative) != 0)
		return IO_GARBLED;
	reading->of[UNCERTAINTY] = value_of(&relative);
	return IO_OK;
}

/* Of those that were not read before, the last one; those before it came too late to be told apart in time, and are missing. */
static enum io read_samples(struct ptd *p, int n, struct ptdaemon_sample *sample, int64_t deadline)
{
	char line[PTDAEMON_LINE_SIZE];
	for (int i = 0; i < n; i++) {
		enum io io = link_line(p->link, line, sizeof line, deadline);
		if (io != IO_OK)
			return io;
		if (ptdaemon_sample_decode(line, sample) != 0)
			return IO_GARBLED;
	}
	p->ours = p->ours || strcmp(sample->mark, MARK) == 0;
	return p->ours || sample->mark[0] == '\0' ? IO_OK : IO_GARBLED;
}

/* Nothing new: the reading is that of before, until the next is overdue. Its values then are not said again. */
static enum io nothing_new(const struct ptd *p, struct polled_reading *reading)
{
	if (now_of(p) - p->new_at > INTERVAL + 2 * INTERVAL / 5)
		return IO_TIMEOUT;
	for (int i = 0; i < p->n; i++)
		reading->of[i].absent = true;
	reading->mark = p->mark;
	return IO_OK;
}

static enum io ptdaemon_read(void *device, struct polled_reading *reading, int64_t deadline)
{
	struct ptd *p = device;
	char reply[PTDAEMON_LINE_SIZE];
	struct ptdaemon_sample sample;
	int n;
	enum io io = ask(p, "RL\r", reply, deadline);
	if (io != IO_OK)
		return io;
	if (ptdaemon_count_decode(reply, &n) != 0 || n > UNREAD_MOST)
		return IO_GARBLED;
	if (n == 0)
		return nothing_new(p, reading);
	io = read_samples(p, n, &sample, deadline);
	if (io != IO_OK)
		return io;
	reading->mark = p->mark = polled_mark(&sample.wall, sizeof sample.wall);
	p->new_at = now_of(p);
	p->samples += n;
	reading->of[POWER] = value_of(&sample.watts);
	reading->of[VOLTAGE] = value_of(&sample.volts);
	reading->of[CURRENT] = value_of(&sample.amperes);
	return read_uncertainty(p, reading, deadline);
}

static enum io ptdaemon_meet(void *device, bool *same, int64_t deadline)
{
	struct ptd *p = device;
	struct ptdaemon_identity found;
	enum io io = ask_identity(p, &found, deadline);
	*same = io == IO_OK && strcmp(found.driver, p->idn.driver) == 0;
	return io;
}

/* Goes on, or begins anew; that it measures already is an answer, too: whose that is, samples tell. */
static enum io ptdaemon_set_up(void *device, int64_t deadline)
{
	struct ptd *p = device;
	char reply[PTDAEMON_LINE_SIZE];
	enum io io = ask(p, GO, reply, deadline);
	if (io == IO_OK) {
		p->ours = is_started(reply);
		p->samples = p->ours ? 0 : p->samples;
	}
	p->new_at = now_of(p);
	return io;
}

static enum io ptdaemon_ranges_hold(void *device, bool *hold, int64_t deadline)
{
	struct ptd *p = device;
	struct ptdaemon_ranges now;
	enum io io = ask_ranges(p, &now, deadline);
	*hold = io == IO_OK && as_set(&p->ranges, &now);
	return io;
}

static const struct polled_ops life = {
	.read = ptdaemon_read, .meet = ptdaemon_meet, .set_up = ptdaemon_set_up, .ranges_hold = ptdaemon_ranges_hold,
};

/* That it begins shows that nobody else measures: until then nothing is set, and then it is ended for that. */
static int begin(struct ptd *p, struct error *error)
{
	if (go(p, error) != 0)
		return -1;
	enum io io = halt(p, now_of(p) + SETUP_PATIENCE);
	if (io != IO_OK)
		return talk_error(io, p, "ending a measurement, to set the ranges", error);
	return set_ranges(p, error) == 0 ? go(p, error) : -1;
}

static int ptdaemon_start(void *device, struct sink *sink, struct error *error)
{
	struct ptd *p = device;
	if (begin(p, error) != 0) {
		put_back(p, NULL);
		return -1;
	}
	p->new_at = now_of(p) + 2 * INTERVAL; /* the first one takes its time */
	p->polled = (struct polled){
		.ops = &life, .device = p, .link = p->link, .timebase = p->timebase, .channels = p->channels, .n_channels = p->n,
		.mode = POLLED_CHANGES, .period = INTERVAL, .patience = 3 * INTERVAL, .range_channel = POWER,
		.ranges = { .voltage = p->ranges.voltage, .current = p->ranges.current },
	};
	polled_start(&p->polled, sink);
	return 0;
}

static int64_t ptdaemon_step(void *device, int64_t now, struct sink *sink)
{
	struct ptd *p = device;
	(void)now;
	(void)sink; /* the same as at start */
	return polled_step(&p->polled);
}

/* A measurement ends after so many samples: one that comes near it is begun anew, between two runs. */
static void ptdaemon_prepare(void *device)
{
	struct ptd *p = device;
	if (p->polled.state != POLLED_MEASURING || p->samples < GO_MOST / 2)
		return;
	enum io io = halt(p, now_of(p) + 3 * INTERVAL);
	if (io == IO_OK)
		io = ptdaemon_set_up(p, now_of(p) + 3 * INTERVAL);
	if (io != IO_OK)
		polled_failed(&p->polled, io);
}

static int ptdaemon_stop(void *device, struct error *error)
{
	struct ptd *p = device;
	int64_t deadline = now_of(p) + SETUP_PATIENCE;
	enum io io = polled_end(&p->polled, deadline);
	if (io != IO_GONE)
		io = link_clear(p->link, deadline);
	if (io == IO_OK)
		io = p->ours ? halt(p, deadline) : IO_GARBLED;
	if (!p->ours)
		return error_set(error, ERROR_PROTOCOL, p->config->endpoint.text, "look at the daemon's own console, and at the analyzer's ranges",
				 "after a disconnection it measured for somebody, perhaps not for this program: neither was that ended, nor were ranges put back");
	int restored = io == IO_GONE ? -1 : put_back(p, io == IO_OK ? error : NULL);
	if (io == IO_OK)
		return restored;
	return error_set(error, io == IO_TIMEOUT ? ERROR_TIMEOUT : ERROR_GONE, p->config->endpoint.text, "end its measurement there",
			 "the daemon's measurement could not be ended (%s)", io_name(io));
}

static void ptdaemon_close(void *device)
{
	free(device);
}

static const char *const schemes[] = { "tcp", "unix", "pty", NULL };

const struct driver driver_ptdaemon = {
	.name = "ptdaemon",
	.summary = "SPEC PTDaemon (port 8888), and the power analyzer behind it",
	.gives = "power, voltage, current; uncertainty as the daemon states it",
	.maturity = MATURITY_EXPERIMENTAL,
	.schemes = schemes,
	.options = options,
	.open = ptdaemon_open,
	.channels = ptdaemon_channels,
	.identity = ptdaemon_identity,
	.start = ptdaemon_start,
	.step = ptdaemon_step,
	.prepare = ptdaemon_prepare,
	.stop = ptdaemon_stop,
	.close = ptdaemon_close,
};
