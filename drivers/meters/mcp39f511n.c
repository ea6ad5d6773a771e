/*
 * mcp39f511n: Microchip MCP39F511N power monitors (two outlets; the demonstration board ADM00706) on a serial line, 115200 baud. The wire is
 * drawn in mcp39f511n_wire.h.
 *
 * Sources: two programs of others that were used on the board, a library for the chip with its register map, its data sheet's first page.
 *
 * Its values are means over 2^N cycles of the mains. `update` sets N (in its memory, never in its flash: a power cycle forgets it), and what
 * it had before is put back; without, N stays what it is. N = 0 is refused: values are wrong then.
 *
 * Now and then it sends a frame whose length or sum is wrong. That one is dropped, and the question asked again; if that goes on it is a gap.
 *
 * Its energy counters were seen to count twice what was used, and nobody knows why: they are kept as they are (`energy`, observed, if the
 * board counts at all), unless `energy_count` tells what a count is, from a calibration.
 *
 * Its USB bridge is a common one that other instruments have, too, and its baud rate has to be set: `detect` does not look for it. It has no
 * serial number. The modelled one says 5349 ("SI") as its version, which is no date.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "meters/mcp39f511n_wire.h"
#include "meters/meter.h"
#include "meters/polled.h"
#include "meters/settings.h"

#define OPEN_PATIENCE (3 * NS_PER_S)
#define PATIENCE (500 * NS_PER_MS)
#define ATTEMPTS 3
#define QUIET (20 * NS_PER_MS) /* after so long without a byte nothing of a bad frame is under way */
#define INTERVAL_MOST 8
#define POWER_MOST 3680.0      /* W: 16 A at 230 V, each outlet */
#define VERSION_SIMULATED 0x5349
#define COUNTS_ENERGY 0x300u   /* bits of the configuration */

static const struct option_spec options[] = {
	{ "outlet", "1, 2, or sum: what both draw together", OPTION_TEXT, DIMENSION_RATIO, "1" },
	{ "energy_count", "what a count of its energy registers is, by calibration; 0: nobody knows", OPTION_QUANTITY, DIMENSION_ENERGY, "0 J" },
	{ .name = NULL },
};

enum channel_index { POWER, POWER_1, POWER_2, VOLTAGE, CURRENT_1, CURRENT_2, ENERGY, CHANNELS };

struct mcp {
	const struct device_config *config;
	struct link *link;
	struct timebase *timebase;
	struct identity identity;
	bool counted[MCP_OUTLETS]; /* is in `power` */
	unsigned version, before, interval; /* N that it had, N that it has */
	struct mcp_settings found, settings; /* at open; now */
	double frequency;    /* Hz */
	double energy_count; /* J */
	bool counts;         /* its energy */
	struct channel channels[CHANNELS];
	int n;
	struct polled polled;
};

static int64_t now_of(const struct mcp *m)
{
	return m->timebase->now(m->timebase);
}

/* ---- asking ---- */

static enum io drain(struct mcp *m, int64_t deadline)
{
	uint8_t bytes[64];
	for (;;) {
		size_t got;
		bool end;
		int64_t quiet = now_of(m) + QUIET;
		enum io io = link_recv(m->link, bytes, sizeof bytes, &got, &end, quiet < deadline ? quiet : deadline);
		if (io != IO_OK || now_of(m) >= deadline)
			return io == IO_TIMEOUT && now_of(m) < deadline ? IO_OK : io == IO_OK ? IO_TIMEOUT : io;
	}
}

static enum io receive(struct mcp *m, uint8_t *bytes, size_t size, int64_t deadline)
{
	bool end;
	for (size_t have = 0, got = 0; have < size; have += got) {
		enum io io = link_recv(m->link, bytes + have, size - have, &got, &end, deadline);
		if (io != IO_OK)
			return io;
	}
	return IO_OK;
}

/* One question and its answer, of `count` bytes. IO_GARBLED: it is none. */
static enum io ask_once(struct mcp *m, const uint8_t *frame, size_t size, uint8_t *reply, size_t count, int64_t deadline)
{
	size_t length = 1;
	if (m->link->ops->unread && m->link->ops->unread(m->link))
		return IO_GARBLED;
	enum io io = link_send(m->link, frame, size, deadline);
	if (io == IO_OK)
		io = receive(m, reply, 1, deadline);
	if (io == IO_OK && count > 0 && mcp_reply_decode(reply, 1, 0) == MCP_OK) {
		io = receive(m, reply + 1, 1, deadline);
		if (io == IO_OK && reply[1] != count + 3)
			return IO_GARBLED;
		if (io == IO_OK)
			io = receive(m, reply + 2, count + 1, deadline);
		length = count + 3;
	}
	if (io != IO_OK)
		return io;
	return mcp_reply_decode(reply, length, count) == MCP_OK ? IO_OK : IO_GARBLED;
}

static enum io ask(struct mcp *m, const uint8_t *frame, size_t size, uint8_t *reply, size_t count, int64_t deadline)
{
	enum io io = IO_GARBLED;
	for (int i = 0; i < ATTEMPTS && io == IO_GARBLED; i++) {
		io = i > 0 ? drain(m, deadline) : IO_OK;
		if (io == IO_OK)
			io = ask_once(m, frame, size, reply, count, deadline);
	}
	return io;
}

/* `data` is within `reply`. */
static enum io read_registers(struct mcp *m, enum mcp_register address, uint8_t count, uint8_t reply[MCP_REPLY_MAX], const uint8_t **data, int64_t deadline)
{
	uint8_t frame[MCP_REQUEST_MAX];
	size_t size = mcp_read_request(address, count, frame);
	*data = reply + 2;
	return ask(m, frame, size, reply, count, deadline);
}

static enum io read_settings(struct mcp *m, struct mcp_settings *settings, int64_t deadline)
{
	uint8_t reply[MCP_REPLY_MAX];
	const uint8_t *data;
	enum io io = read_registers(m, MCP_INTERVAL, MCP_SETTINGS_SIZE, reply, &data, deadline);
	if (io == IO_OK && mcp_settings_decode(data, settings) != 0)
		io = IO_GARBLED;
	return io;
}

static enum io read_values(struct mcp *m, struct mcp_values *values, uint64_t *mark, int64_t deadline)
{
	uint8_t reply[MCP_REPLY_MAX];
	const uint8_t *data;
	enum io io = read_registers(m, MCP_STATUS, MCP_VALUES_SIZE, reply, &data, deadline);
	if (io != IO_OK)
		return io;
	*mark = polled_mark(data, MCP_VALUES_SIZE);
	mcp_values_decode(data, &m->settings, values);
	return IO_OK;
}

/* Writes N, and looks whether it has it. */
static enum io set_interval(struct mcp *m, unsigned interval, bool *taken, int64_t deadline)
{
	uint8_t frame[MCP_REQUEST_MAX], reply[MCP_REPLY_MAX];
	struct mcp_settings settings;
	size_t size = mcp_write_request(MCP_INTERVAL, (uint16_t)interval, frame);
	enum io io = ask(m, frame, size, reply, 0, deadline);
	if (io == IO_OK)
		io = read_settings(m, &settings, deadline);
	*taken = io == IO_OK && settings.interval == interval;
	return io;
}

/* ---- open ---- */

static int read_outlet(struct mcp *m, struct error *error)
{
	const char *word = device_option(m->config, options, "outlet", NULL);
	bool sum = strcmp(word, "sum") == 0 || strcmp(word, "1+2") == 0;
	m->counted[0] = sum || strcmp(word, "1") == 0;
	m->counted[1] = sum || strcmp(word, "2") == 0;
	if (m->counted[0] || m->counted[1])
		return 0;
	return error_set(error, ERROR_CONFIG, m->config->name, "write 1, 2 or sum", "option outlet cannot be '%.40s'", word);
}

static int read_config(struct mcp *m, struct error *error)
{
	const struct device_config *config = m->config;
	device_option(config, options, "energy_count", &m->energy_count);
	if (!(m->energy_count >= 0))
		return error_set(error, ERROR_CONFIG, config->name, NULL, "option energy_count is an energy, not %g J", m->energy_count);
	if (config->measures == ROLE_WALL && !config->accuracy_given)
		return error_set(error, ERROR_CONFIG, config->name, "write 'measures: check', or give 'accuracy' from a calibration of this very board",
				 "what its board promises is not known to this program: it cannot be what measures the wall");
	return read_outlet(m, error);
}

/* N of the update that is wanted. */
static int choose_interval(struct mcp *m, struct error *error)
{
	double cycles = m->config->update * m->frequency;
	m->interval = m->before;
	for (unsigned n = 1; m->config->update > 0 && n <= INTERVAL_MOST; n++)
		if (fabs(cycles / ldexp(1, (int)n) - 1) < 0.02)
			m->interval = n;
	if (m->config->update > 0 && fabs(cycles / ldexp(1, (int)m->interval) - 1) >= 0.02)
		return error_set(error, ERROR_CONFIG, m->config->name, "write 'update: 40 ms', 80 ms, 160 ms, 320 ms… (at 50 Hz), or leave it out",
				 "update of %g s: it knows 2, 4, 8… 256 cycles of the mains, of %.3g Hz here", m->config->update, m->frequency);
	if (m->interval == 0 || m->interval > INTERVAL_MOST)
		return error_set(error, ERROR_CONFIG, m->config->name, "write 'update: 80 ms'", "it is set to 2^%u cycles of the mains, of which its values are wrong, or rare",
				 m->interval);
	return 0;
}

static int talk_error(const struct mcp *m, enum io io, const char *doing, struct error *error)
{
	const char *on = m->config->endpoint.text;
	if (io == IO_GARBLED)
		return meter_wrong(m->config, "its baud rate (baud=115200)", error, "not an MCP39F511N: what answers is not its protocol, %s", doing);
	if (io == IO_TIMEOUT)
		return error_set(error, ERROR_TIMEOUT, on, "see whether it is fed, and reached with baud=115200", "no answer, %s", doing);
	return settings_link_error(io, on, doing, error);
}

static enum io read_configuration(struct mcp *m, int64_t deadline)
{
	uint8_t reply[MCP_REPLY_MAX];
	const uint8_t *data;
	enum io io = read_registers(m, MCP_CONFIGURATION, 4, reply, &data, deadline);
	m->counts = io == IO_OK && (data[1] & (COUNTS_ENERGY >> 8)) == COUNTS_ENERGY >> 8;
	return io;
}

static int identify(struct mcp *m, struct error *error)
{
	int64_t deadline = now_of(m) + OPEN_PATIENCE;
	struct mcp_values values;
	uint64_t mark;
	enum io io = link_clear(m->link, deadline);
	if (io == IO_OK)
		io = read_settings(m, &m->settings, deadline);
	if (io == IO_OK)
		io = read_values(m, &values, &mark, deadline);
	if (io == IO_OK)
		io = read_configuration(m, deadline);
	if (io != IO_OK)
		return talk_error(m, io, "reading its registers", error);
	for (int i = 0; i < MCP_OUTLETS; i++)
		if (values.outlet[i].flags)
			return error_set(error, ERROR_WRONG_DEVICE, m->config->endpoint.text, "check that it is the N, and calibrated as its board is delivered",
					 "not an MCP39F511N as this program knows it: its power %d is not its voltage x current x power factor", i + 1);
	double mains = m->config->line_frequency > 0 ? m->config->line_frequency : 50;
	m->frequency = values.frequency > 40 && values.frequency < 70 ? values.frequency : mains;
	m->version = values.version;
	m->found = m->settings;
	m->before = m->settings.interval;
	return choose_interval(m, error);
}

static void keep_identity(struct mcp *m)
{
	snprintf(m->identity.maker, sizeof m->identity.maker, "Microchip");
	snprintf(m->identity.model, sizeof m->identity.model, "MCP39F511N");
	snprintf(m->identity.firmware, sizeof m->identity.firmware, "%04X", m->version);
	m->identity.simulated = m->version == VERSION_SIMULATED;
}

/* ---- channels ---- */

static int64_t nanoseconds(double seconds, int64_t fallback)
{
	return isfinite(seconds) ? llround(seconds * 1e9) : fallback;
}

static struct channel *describe(struct mcp *m, enum channel_index which, const char *quantity, enum unit unit)
{
	struct channel *c = &m->channels[which];
	int64_t half = m->polled.period / 2;
	*c = (struct channel){
		.kind = CHANNEL_OBSERVE, .unit = unit, .number = NUMBER_F64, .clock = CLOCK_ID_MONOTONIC, .scale = 1, .window = m->polled.period,
		.refresh = m->polled.period, .unmeasured = llround(1e9 / m->frequency), .latency = nanoseconds(m->config->latency, half),
		.u_latency = nanoseconds(m->config->u_latency, half), .factor = { -1, -1 }, .simulated = m->identity.simulated,
	};
	snprintf(c->name, sizeof c->name, "%.31s.%s", m->config->name, quantity);
	return c;
}

static struct accuracy power_accuracy(const struct mcp *m, double most)
{
	struct accuracy accuracy = { .range_value = 0 };
	if (m->config->accuracy_given)
		accuracy = m->config->accuracy;
	if (accuracy.range_value <= 0)
		accuracy.range_value = most;
	accuracy.quantum = fmax(m->counted[0] ? mcp_power_step(&m->settings, 0) : 0, m->counted[1] ? mcp_power_step(&m->settings, 1) : 0);
	return accuracy;
}

static void describe_energy(struct mcp *m)
{
	bool of_wall = m->config->measures == ROLE_WALL || m->config->measures == ROLE_CHECK;
	struct channel *c = describe(m, ENERGY, "energy", m->energy_count > 0 ? UNIT_JOULE : UNIT_NONE);
	c->number = NUMBER_U64;
	if (!(m->energy_count > 0))
		return;
	c->kind = CHANNEL_COUNTER;
	c->role = of_wall ? ROLE_INTEGRAL : ROLE_NONE;
	c->scale = m->energy_count;
	c->window = c->unmeasured = 0;
	c->update_jitter = m->polled.period;
	c->accuracy = m->channels[POWER].accuracy;
	c->accuracy.quantum = m->energy_count;
	c->power_max = m->channels[POWER].power_max;
}

static void describe_channels(struct mcp *m)
{
	m->polled.period = llround(ldexp(1e9, (int)m->interval) / m->frequency);
	struct channel *power = describe(m, POWER, "power", UNIT_WATT);
	power->kind = CHANNEL_MEAN;
	power->role = m->config->measures;
	power->power_max = m->config->power_max > 0 ? m->config->power_max : POWER_MOST * (m->counted[0] + m->counted[1]);
	power->accuracy = power_accuracy(m, power->power_max);
	describe(m, POWER_1, "power-1", UNIT_WATT);
	describe(m, POWER_2, "power-2", UNIT_WATT);
	describe(m, VOLTAGE, "voltage", UNIT_VOLT);
	describe(m, CURRENT_1, "current-1", UNIT_AMPERE);
	describe(m, CURRENT_2, "current-2", UNIT_AMPERE);
	m->n = m->counts ? CHANNELS : ENERGY;
	if (m->counts)
		describe_energy(m);
}

/* ---- measuring ---- */

static enum io read_energy(struct mcp *m, struct polled_value *value, int64_t deadline)
{
	uint8_t reply[MCP_REPLY_MAX];
	const uint8_t *data;
	if (!m->counts)
		return IO_OK;
	enum io io = read_registers(m, MCP_ENERGY, MCP_ENERGY_SIZE, reply, &data, deadline);
	if (io == IO_OK)
		value->count = (m->counted[0] ? mcp_u64(data) : 0) + (m->counted[1] ? mcp_u64(data + 8) : 0);
	return io;
}

static enum io mcp_read(void *device, struct polled_reading *to, int64_t deadline)
{
	struct mcp *m = device;
	struct mcp_values v;
	struct polled_value power = { .value = 0 };
	enum io io = read_values(m, &v, &to->mark, deadline);
	if (io == IO_OK)
		io = read_energy(m, &to->of[ENERGY], deadline);
	if (io != IO_OK)
		return io;
	for (int i = 0; i < MCP_OUTLETS; i++) {
		to->of[POWER_1 + i] = (struct polled_value){ .value = v.outlet[i].power, .flags = v.outlet[i].flags };
		to->of[CURRENT_1 + i].value = v.outlet[i].current;
		power.value += m->counted[i] ? v.outlet[i].power : 0;
		power.flags |= m->counted[i] ? v.outlet[i].flags : 0;
	}
	to->of[POWER] = power;
	to->of[VOLTAGE].value = v.voltage;
	return IO_OK;
}

static enum io mcp_meet(void *device, bool *same, int64_t deadline)
{
	struct mcp *m = device;
	struct mcp_values values;
	uint64_t mark;
	enum io io = read_values(m, &values, &mark, deadline);
	*same = io == IO_OK && values.version == m->version;
	return io;
}

/* A power cycle has brought back the N of its flash. */
static enum io mcp_set_up(void *device, int64_t deadline)
{
	struct mcp *m = device;
	bool taken = true;
	enum io io = m->interval == m->before ? IO_OK : set_interval(m, m->interval, &taken, deadline);
	return io == IO_OK && !taken ? IO_GARBLED : io;
}

/* Values are what the ranges of the moment make of them, and flagged while these are not those of the beginning. */
static enum io mcp_ranges_hold(void *device, bool *hold, int64_t deadline)
{
	struct mcp *m = device;
	struct mcp_settings now;
	enum io io = read_settings(m, &now, deadline);
	if (io != IO_OK)
		return io;
	m->settings = now;
	*hold = now.interval == m->interval && now.voltage == m->found.voltage && memcmp(now.current, m->found.current, sizeof now.current) == 0 &&
		memcmp(now.power, m->found.power, sizeof now.power) == 0;
	return IO_OK;
}

static const struct polled_ops polled_ops = { .read = mcp_read, .meet = mcp_meet, .set_up = mcp_set_up, .ranges_hold = mcp_ranges_hold };

/* ---- life ---- */

static void *mcp_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	struct mcp *m = meter_new(sizeof *m, config, link, "give it an endpoint such as serial:///dev/ttyACM0?baud=115200", error);
	if (m == NULL)
		return NULL;
	*m = (struct mcp){ .config = config, .link = link, .timebase = timebase };
	if (read_config(m, error) != 0 || identify(m, error) != 0) {
		free(m);
		return NULL;
	}
	keep_identity(m);
	describe_channels(m);
	m->polled.ops = &polled_ops;
	m->polled.device = m;
	m->polled.link = link;
	m->polled.timebase = timebase;
	m->polled.channels = m->channels;
	m->polled.n_channels = m->n;
	m->polled.mode = POLLED_CHANGES;
	m->polled.patience = PATIENCE;
	m->polled.range_channel = POWER;
	return m;
}

static const struct channel *mcp_channels(const void *device, int *count)
{
	const struct mcp *m = device;
	*count = m->n;
	return m->channels;
}

static const struct identity *mcp_identity(const void *device)
{
	const struct mcp *m = device;
	return &m->identity;
}

static int mcp_start(void *device, struct sink *sink, struct error *error)
{
	struct mcp *m = device;
	bool taken = true;
	enum io io = m->interval == m->before ? IO_OK : set_interval(m, m->interval, &taken, now_of(m) + OPEN_PATIENCE);
	if (io != IO_OK)
		return talk_error(m, io, "setting its accumulation interval", error);
	if (!taken)
		return error_set(error, ERROR_PROTOCOL, m->config->endpoint.text, "leave 'update' out", "it does not take 2^%u cycles of the mains", m->interval);
	polled_start(&m->polled, sink);
	return 0;
}

static int64_t mcp_step(void *device, int64_t now, struct sink *sink)
{
	struct mcp *m = device;
	(void)now;
	(void)sink;
	return polled_step(&m->polled);
}

static int mcp_stop(void *device, struct error *error)
{
	struct mcp *m = device;
	int64_t deadline = now_of(m) + 2 * NS_PER_S;
	bool taken = true;
	enum io io = polled_end(&m->polled, deadline);
	if (m->interval == m->before)
		return 0;
	if (io != IO_GONE)
		io = link_clear(m->link, deadline);
	if (io == IO_OK)
		io = set_interval(m, m->before, &taken, deadline);
	if (io == IO_OK && taken)
		return 0;
	return error_set(error, io == IO_TIMEOUT ? ERROR_TIMEOUT : ERROR_GONE, m->config->endpoint.text, "unplug it from the mains: its flash has it still",
			 "its accumulation interval could not be put back (%s)", io_name(io));
}

static void mcp_close(void *device)
{
	free(device);
}

static const char *const schemes[] = { "serial", "tcp", "unix", "pty", NULL };

const struct driver driver_mcp39f511n = {
	.name = "mcp39f511n",
	.summary = "Microchip MCP39F511N power monitors: two outlets",
	.gives = "power, power-1, power-2, voltage, current-1, current-2; energy where it counts",
	.maturity = MATURITY_EXPERIMENTAL,
	.schemes = schemes,
	.options = options,
	.open = mcp_open,
	.channels = mcp_channels,
	.identity = mcp_identity,
	.start = mcp_start,
	.step = mcp_step,
	.stop = mcp_stop,
	.close = mcp_close,
};
