/*
 * software: the trigger that every host has. Nothing is wired: the gated child stamps the start edge itself, and the launcher
 * stamps the stop edge when it learns that the child has ended. What these stamps are worth: analysis/edges.h.
 */
#include "device.h"

static const struct identity identity = { .maker = "joulerig", .model = "software trigger" };

static void *software_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	static char nothing; /* stateless: one for all */
	(void)config;
	(void)link;
	(void)timebase;
	(void)error;
	return &nothing;
}

static const struct channel *software_channels(const void *device, int *count)
{
	static const struct channel none;
	(void)device;
	*count = 0;
	return &none;
}

static const struct identity *software_identity(const void *device)
{
	(void)device;
	return &identity;
}

static int software_start(void *device, struct sink *sink, struct error *error)
{
	(void)device;
	(void)sink;
	(void)error;
	return 0;
}

static int64_t software_step(void *device, int64_t now, struct sink *sink)
{
	(void)device;
	(void)now;
	(void)sink;
	return NEVER;
}

static int software_stop(void *device, struct error *error)
{
	(void)device;
	(void)error;
	return 0;
}

static void software_close(void *device)
{
	(void)device;
}

static const struct trigger_ops trigger = { .source = EDGE_SOFTWARE };
static const char *const schemes[] = { NULL };

const struct driver driver_software = {
	.name = "software",
	.summary = "edges stamped by the launcher and the gated child; no hardware",
	.gives = "none",
	.maturity = MATURITY_PROVEN,
	.schemes = schemes,
	.open = software_open,
	.channels = software_channels,
	.identity = software_identity,
	.start = software_start,
	.step = software_step,
	.stop = software_stop,
	.close = software_close,
	.trigger = &trigger,
};
