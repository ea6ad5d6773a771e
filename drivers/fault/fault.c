/*
 * fault: a driver in front of another that plants faults, as a script says, in what goes between that one and its instrument, and in what
 * it says of it. What passes through it is flagged as simulated: no number made under planted faults is evidence.
 *
 *   wall:
 *     driver: fault
 *     endpoint: tcp://10.0.0.7:5025            the instrument's own, and whatever else its driver wants to know
 *     options: { wraps: yokogawa_wt, seed: 7, script: "garble every 50, stall at 10 s for 3 s", element: 1 }
 *
 *   fault_script   the grammar, and what strikes when
 *   fault_link     between the driver and its link:   drop delay garble truncate repeat disconnect rename
 *   fault_values   between the driver and its sink:   stall unit over nan step
 *
 * Faults happen from when measuring has begun until it is to stop: the instrument is opened, set up and restored in peace, unless it is
 * away then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault/fault_link.h"
#include "fault/fault_values.h"

static const struct option_spec options[] = {
	{ "wraps", "the driver of the instrument", OPTION_TEXT, DIMENSION_RATIO, NULL },
	{ "seed", "of what the script leaves to chance", OPTION_INTEGER, DIMENSION_RATIO, "1" },
	{ "script", "KIND [by AMOUNT] every N or at TIME [for TIME], …", OPTION_TEXT, DIMENSION_RATIO, "" },
	{ .name = NULL },
};

struct fault {
	struct device_config config; /* as the wrapped driver sees it */
	const struct driver *driver;
	void *state;
	struct timebase *timebase;
	struct fault_script link_script, value_script; /* each has its own clauses, and so its own thread of time */
	struct fault_link link;
	struct fault_values values;
	struct channel channels[DEVICE_CHANNELS_MAX];
	int n_channels;
	struct identity identity;
};

/* ---- open ---- */

static int take_script(struct fault *fault, const struct device_config *config, const struct link *link, struct error *error)
{
	double seed;
	struct fault_script script;
	device_option(config, options, "seed", &seed);
	if (fault_script_parse(device_option(config, options, "script", NULL), (uint64_t)(int64_t)seed, config->name, &script, error) != 0)
		return -1;
	for (int i = 0; i < script.n; i++) {
		const struct fault_clause *clause = &script.clauses[i];
		struct fault_script *part = fault_is_of_link(clause->kind) ? &fault->link_script : &fault->value_script;
		if (part == &fault->link_script && link == NULL)
			return error_set(error, ERROR_CONFIG, config->name, "write faults of its values: stall, unit, over, nan, step",
					 "driver %s has no link, on which '%s' could happen", fault->driver->name,
					 fault_kind_name(clause->kind));
		if (clause->kind == PLANT_REPEAT && link->ops->unread == NULL)
			return error_set(error, ERROR_CONFIG, config->name, "leave repeat out of its script",
					 "a link of numbered messages (%s) repeats none", link->ops->scheme);
		part->clauses[part->n++] = *clause;
	}
	return 0;
}

static void name_wrapped(struct fault *fault, const struct device_config *config)
{
	fault->config = *config;
	memcpy(fault->config.driver, fault->driver->name, strlen(fault->driver->name) + 1);
}

static int check_clock(const struct fault *fault, struct error *error)
{
	bool own = false, steps = false;
	for (int i = 0; i < fault->n_channels; i++)
		own |= fault->channels[i].clock == CLOCK_ID_DEVICE;
	for (int i = 0; i < fault->value_script.n; i++)
		steps |= fault->value_script.clauses[i].kind == PLANT_STEP;
	if (own || !steps)
		return 0;
	return error_set(error, ERROR_CONFIG, fault->config.name, "leave step out of its script",
			 "driver %s gives no times by a clock of its own, which could be set", fault->driver->name);
}

static int describe(struct fault *fault, struct error *error)
{
	const struct channel *channels = fault->driver->channels(fault->state, &fault->n_channels);
	if (fault->n_channels > DEVICE_CHANNELS_MAX)
		return error_set(error, ERROR_INTERNAL, fault->config.name, NULL, "driver %s has %d channels", fault->driver->name,
				 fault->n_channels);
	for (int i = 0; i < fault->n_channels; i++) {
		fault->channels[i] = channels[i];
		fault->channels[i].simulated = true;
	}
	fault->identity = *fault->driver->identity(fault->state);
	fault->identity.simulated = true;
	fault_values_begin(&fault->values, fault->timebase, &fault->value_script, fault->channels, fault->n_channels);
	return check_clock(fault, error);
}

static int open_wrapped(struct fault *fault, struct link *link, struct error *error)
{
	struct link *between = link ? &fault->link.link : NULL;
	if (link)
		fault_link_begin(&fault->link, link, &fault->link_script, fault->link_script.n ? fault->link_script.clauses[0].random : 0);
	fault->state = fault->driver->open(&fault->config, between, fault->timebase, error);
	if (fault->state == NULL)
		return -1;
	if (describe(fault, error) == 0)
		return 0;
	fault->driver->close(fault->state);
	return -1;
}

static void *fault_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	const char *wraps = device_option(config, options, "wraps", NULL);
	const struct driver *driver = driver_behind(driver_find("fault"), wraps);
	if (driver == NULL) {
		error_set(error, ERROR_CONFIG, config->name, "name another driver: wraps: yokogawa_wt", "there is no driver \"%s\" to wrap",
			  wraps ? wraps : "");
		return NULL;
	}
	struct fault *fault = calloc(1, sizeof *fault);
	if (fault == NULL) {
		error_set(error, ERROR_INTERNAL, config->name, NULL, "out of memory");
		return NULL;
	}
	fault->driver = driver;
	fault->timebase = timebase;
	name_wrapped(fault, config);
	if (take_script(fault, config, link, error) == 0 && open_wrapped(fault, link, error) == 0)
		return fault;
	free(fault);
	return NULL;
}

static void fault_close(void *device)
{
	struct fault *fault = device;
	fault->driver->close(fault->state);
	free(fault);
}

static const struct channel *fault_channels(const void *device, int *count)
{
	const struct fault *fault = device;
	*count = fault->n_channels;
	return fault->channels;
}

static const struct identity *fault_identity(const void *device)
{
	return &((const struct fault *)device)->identity;
}

/* ---- from start to stop ---- */

static int fault_start(void *device, struct sink *sink, struct error *error)
{
	struct fault *fault = device;
	fault->values.real = sink;
	if (fault->driver->start(fault->state, &fault->values.sink, error) != 0)
		return -1;
	fault->link.began = fault->values.began = fault->timebase->now(fault->timebase);
	fault->link.on = fault->values.on = true;
	return 0;
}

static int64_t fault_step(void *device, int64_t now, struct sink *sink)
{
	struct fault *fault = device;
	fault->values.real = sink;
	return fault->driver->step(fault->state, now, &fault->values.sink);
}

static void fault_sample(void *device, struct sink *sink)
{
	struct fault *fault = device;
	fault->values.real = sink;
	if (fault->driver->sample)
		fault->driver->sample(fault->state, &fault->values.sink);
}

static void fault_prepare(void *device)
{
	struct fault *fault = device;
	if (fault->driver->prepare)
		fault->driver->prepare(fault->state);
}

static int fault_stop(void *device, struct error *error)
{
	struct fault *fault = device;
	fault->link.on = fault->values.on = false;
	return fault->driver->stop(fault->state, error);
}

static size_t fault_ranges(const char *model, const struct device_config *config, struct range_offer *offers, size_t max)
{
	const struct driver *driver = driver_behind(driver_find("fault"), device_option(config, options, "wraps", NULL));
	return driver && driver->ranges ? driver->ranges(model, config, offers, max) : 0;
}

/* ---- lines: the wrapped driver's, as they are ---- */

static const struct line_out *fault_output(const void *device)
{
	const struct fault *fault = device;
	const struct trigger_ops *ops = fault->driver->trigger;
	return ops && ops->output ? ops->output(fault->state) : NULL;
}

static const struct line_out *fault_mark(const void *device)
{
	const struct fault *fault = device;
	const struct trigger_ops *ops = fault->driver->trigger;
	return ops && ops->mark ? ops->mark(fault->state) : NULL;
}

static bool fault_has_input(const void *device)
{
	const struct fault *fault = device;
	const struct trigger_ops *ops = fault->driver->trigger;
	return ops && ops->has_input && ops->has_input(fault->state);
}

/* Edges of whatever source, of which the least is claimed; apart as the slowest driver wants them. */
static const struct trigger_ops trigger = {
	.source = EDGE_SOFTWARE, .apart = 40 * NS_PER_MS, .output = fault_output, .mark = fault_mark, .has_input = fault_has_input,
};

static const char *const schemes[] = { NULL };

const struct driver driver_fault = {
	.name = "fault",
	.summary = "plants faults in front of another driver, for rehearsals: all that passes is flagged as simulated",
	.maturity = MATURITY_UNTRIED,
	.schemes = schemes,
	.options = options,
	.gives = "those of the driver that it wraps",
	.wraps = "wraps",
	.open = fault_open,
	.channels = fault_channels,
	.identity = fault_identity,
	.start = fault_start,
	.step = fault_step,
	.sample = fault_sample,
	.prepare = fault_prepare,
	.stop = fault_stop,
	.close = fault_close,
	.ranges = fault_ranges,
	.trigger = &trigger,
};
