/*
 * dcmi: the power that a server's BMC tells of the whole machine (IPMI with DCMI), through /dev/ipmi0. What it answers: dcmi_wire.c.
 *
 * The value is renewed about once a second, nobody says when, in whole watts. What it is the mean of is not written down either: the period
 * that comes with it is that of the BMC's statistics. Where that is no more than a minute it is taken for the window, else a second is; a
 * whole window, and what a BMC may take to notice, are charged at each edge.
 */
#include "platform/dcmi.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "meters/polled.h"
#include "platform/dcmi_wire.h"

#define PATH "/dev/ipmi0"
#define PATIENCE (2 * NS_PER_S)   /* a keyboard-controller interface takes tens of milliseconds, a busy BMC hundreds */
#define PERIOD (1010 * NS_PER_MS) /* its values' own is about a second: not quite as often */
#define WINDOW_MAX_MS 60000
#define TWIN 0xfffff /* IANA's reserved number: no maker's */

struct dcmi {
	const struct device_config *config;
	struct ipmi ipmi;
	struct polled polled;
	struct channel channel;
	struct dcmi_identity who;
	struct identity identity;
};

static int (*opener)(struct ipmi *, const char *, struct timebase *, struct error *) = ipmi_open;

void dcmi_set_opener(int (*other)(struct ipmi *, const char *, struct timebase *, struct error *))
{
	opener = other ? other : ipmi_open;
}

/* ---- asking ---- */

static enum io ask_power(struct dcmi *dcmi, enum dcmi_answer *answer, struct dcmi_reading *reading, int64_t deadline)
{
	static const uint8_t request[] = DCMI_REQUEST;
	uint8_t reply[IPMI_REPLY_MAX];
	size_t size;
	enum io io = dcmi->ipmi.exchange(&dcmi->ipmi, DCMI_NETFN, DCMI_GET_POWER, request, sizeof request, reply, &size, deadline);
	if (io == IO_OK)
		*answer = dcmi_reading_decode(reply, size, reading);
	return io;
}

static enum io ask_identity(struct dcmi *dcmi, struct dcmi_identity *identity, int64_t deadline)
{
	static const uint8_t nothing[1];
	uint8_t reply[IPMI_REPLY_MAX];
	size_t size;
	enum io io = dcmi->ipmi.exchange(&dcmi->ipmi, IPMI_NETFN_APP, IPMI_GET_DEVICE_ID, nothing, 0, reply, &size, deadline);
	return io != IO_OK ? io : dcmi_identity_decode(reply, size, identity) == 0 ? IO_OK : IO_GARBLED;
}

static enum io dcmi_read(void *device, struct polled_reading *reading, int64_t deadline)
{
	enum dcmi_answer answer;
	struct dcmi_reading got = { .watts = NAN, .flags = FLAG_NO_DATA };
	enum io io = ask_power(device, &answer, &got, deadline);
	if (io != IO_OK)
		return io;
	if (answer != DCMI_READING && answer != DCMI_BUSY)
		return IO_GARBLED;
	reading->of[0] = (struct polled_value){ .value = got.watts, .flags = got.flags };
	return IO_OK;
}

static enum io dcmi_meet(void *device, bool *same, int64_t deadline)
{
	struct dcmi *dcmi = device;
	struct dcmi_identity who;
	if (dcmi->ipmi.fd < 0)
		ipmi_reopen(&dcmi->ipmi);
	enum io io = ask_identity(dcmi, &who, deadline);
	*same = io == IO_OK && who.manufacturer == dcmi->who.manufacturer && who.product == dcmi->who.product;
	return io;
}

static const struct polled_ops ops = { .read = dcmi_read, .meet = dcmi_meet };

/* ---- opening ---- */

static int identify(struct dcmi *dcmi, int64_t deadline, struct error *error)
{
	if (ask_identity(dcmi, &dcmi->who, deadline) != IO_OK)
		return error_set(error, ERROR_TIMEOUT, dcmi->ipmi.path, NULL, "the BMC does not say who it is");
	dcmi->identity.simulated = dcmi->who.manufacturer == TWIN;
	snprintf(dcmi->identity.maker, sizeof dcmi->identity.maker, "IANA %u", (unsigned)dcmi->who.manufacturer);
	snprintf(dcmi->identity.model, sizeof dcmi->identity.model, "BMC product %u", dcmi->who.product);
	snprintf(dcmi->identity.firmware, sizeof dcmi->identity.firmware, "%u.%02x", dcmi->who.major, dcmi->who.minor);
	return 0;
}

/* A BMC that is busy is asked again, until the deadline. */
static int first_reading(struct dcmi *dcmi, struct dcmi_reading *reading, int64_t deadline, struct error *error)
{
	struct timebase *timebase = dcmi->ipmi.timebase;
	enum dcmi_answer answer = DCMI_GARBLED;
	enum io io;
	while ((io = ask_power(dcmi, &answer, reading, deadline)) == IO_OK && answer == DCMI_BUSY && timebase->now(timebase) < deadline)
		timebase->wait_until(timebase, timebase->now(timebase) + 100 * NS_PER_MS);
	if (io == IO_OK && answer == DCMI_READING)
		return 0;
	if (io == IO_OK && answer == DCMI_FORBIDDEN)
		return error_set(error, ERROR_PERMISSION, dcmi->ipmi.path, "allow it in the BMC's own settings", "the BMC does not tell its power to this interface");
	if (io == IO_OK && answer == DCMI_UNKNOWN)
		return error_set(error, ERROR_UNSUPPORTED, dcmi->ipmi.path, "measure at the wall", "the BMC has no DCMI power reading");
	return error_set(error, ERROR_TIMEOUT, dcmi->ipmi.path, NULL, "the BMC does not tell its power");
}

static int check_role(const struct device_config *config, struct error *error)
{
	if (config->measures == ROLE_NONE || config->accuracy_given)
		return 0;
	return error_set(error, ERROR_CONFIG, config->name, "say accuracy: {reading: …, range: 0 %}, from a comparison with a meter",
			 "no BMC states its accuracy, and it is to measure %s", channel_role_name(config->measures));
}

static int describe(struct dcmi *dcmi, const struct dcmi_reading *reading, struct error *error)
{
	const struct device_config *config = dcmi->config;
	int64_t window = reading->period > 0 && reading->period <= WINDOW_MAX_MS ? reading->period * NS_PER_MS : NS_PER_S;
	int64_t late = window / 2 + NS_PER_S / 2;
	dcmi->channel = (struct channel){
		.kind = CHANNEL_MEAN, .role = config->measures, .unit = UNIT_WATT, .number = NUMBER_F64, .clock = CLOCK_ID_MONOTONIC, .scale = 1,
		.window = window, .unmeasured = window, .refresh = PERIOD,
		.latency = isnan(config->latency) ? late : llround(config->latency * 1e9),
		.u_latency = isnan(config->u_latency) ? late : llround(config->u_latency * 1e9), .power_max = config->power_max,
		.accuracy = config->accuracy, .factor = { -1, -1 }, .simulated = dcmi->identity.simulated,
	};
	dcmi->channel.accuracy.quantum = 1;
	if (snprintf(dcmi->channel.name, sizeof dcmi->channel.name, "%s.power", config->name) < (int)sizeof dcmi->channel.name)
		return 0;
	return error_set(error, ERROR_CONFIG, config->name, "give the device a shorter name", "the channel name %s.power is too long", config->name);
}

static void dcmi_close(void *device)
{
	struct dcmi *dcmi = device;
	ipmi_close(&dcmi->ipmi);
	free(dcmi);
}

static void *dcmi_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	(void)link;
	struct dcmi_reading reading = { .period = 0 };
	struct dcmi *dcmi = calloc(1, sizeof *dcmi);
	if (dcmi == NULL) {
		error_errno(error, ENOMEM, config->name, NULL, "cannot open");
		return NULL;
	}
	dcmi->config = config;
	dcmi->ipmi.fd = -1;
	const char *path = strcmp(config->endpoint.scheme, "file") == 0 ? config->endpoint.path : PATH;
	int64_t deadline = timebase->now(timebase) + 2 * PATIENCE;
	if (check_role(config, error) == 0 && opener(&dcmi->ipmi, path, timebase, error) == 0 && identify(dcmi, deadline, error) == 0 &&
	    first_reading(dcmi, &reading, deadline, error) == 0 && describe(dcmi, &reading, error) == 0)
		return dcmi;
	dcmi_close(dcmi);
	return NULL;
}

/* ---- life ---- */

static const struct channel *dcmi_channels(const void *device, int *count)
{
	*count = 1;
	return &((const struct dcmi *)device)->channel;
}

static const struct identity *dcmi_identity(const void *device)
{
	return &((const struct dcmi *)device)->identity;
}

static int dcmi_start(void *device, struct sink *sink, struct error *error)
{
	struct dcmi *dcmi = device;
	(void)error;
	dcmi->polled = (struct polled){ .ops = &ops, .device = dcmi, .timebase = dcmi->ipmi.timebase, .channels = &dcmi->channel, .n_channels = 1,
					.mode = POLLED_ANEW, .period = PERIOD, .patience = PATIENCE, .range_channel = -1 };
	polled_start(&dcmi->polled, sink);
	return 0;
}

static int64_t dcmi_step(void *device, int64_t now, struct sink *sink)
{
	struct dcmi *dcmi = device;
	(void)now;
	(void)sink;
	return polled_step(&dcmi->polled);
}

static int dcmi_stop(void *device, struct error *error)
{
	(void)device;
	(void)error;
	return 0;
}

static const char *const schemes[] = { "file", NULL };

const struct driver driver_dcmi = {
	.name = "dcmi",
	.summary = "power of the whole server, as its BMC tells it (IPMI DCMI)",
	.maturity = MATURITY_EXPERIMENTAL,
	.schemes = schemes,
	.gives = "power",
	.open = dcmi_open,
	.channels = dcmi_channels,
	.identity = dcmi_identity,
	.start = dcmi_start,
	.step = dcmi_step,
	.stop = dcmi_stop,
	.close = dcmi_close,
};
