/*
 * gpiod: lines of a GPIO chip as the bench's trigger.
 *
 *   devices:
 *     lines:
 *       driver: gpiod
 *       endpoint: gpio:///dev/gpiochip0        or gpio://LABEL, which stays the same when chips are numbered anew
 *       options: { output: START, input: SENSE, mark: 7 }        names of lines, or their offsets
 *
 * output   high while the workload runs: the gated child raises it itself, the launcher lowers it. For a meter's or another
 *          machine's input, so that its clock gets an edge that this host has, too.
 * input    its edges, stamped by the kernel in the interrupt, are kept. Wired to the output, it tells when the output really moved:
 *          the self-test measures how late it does.
 * mark     changes its level at each mark of the workload.
 *
 * A chip that goes (an adapter that is unplugged) is away for the rest of the campaign, and each run's file says so in gaps. It is
 * not taken up again where it comes back: the launcher has the old output, the self-test measured the old path, and Linux gives
 * neither the chip's number nor its interrupts free while a line of it is held. The host's own stamps mark the runs from then on.
 *
 * struct gpio_v2_line_event, as read from an input's descriptor: u64 timestamp_ns (CLOCK_MONOTONIC), u32 id (1 rising, 2 falling),
 * u32 offset, u32 seqno, u32 line_seqno (from 1, one more for each edge of this line; what a full queue lost leaves a hole).
 */
#include <errno.h>
#include <linux/gpio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "triggers/gpio_line.h"
#include "triggers/line_input.h"

static const struct option_spec options[] = {
	{ "output", "line that is high while a run lasts: its name or offset", OPTION_TEXT, DIMENSION_RATIO, "" },
	{ "input", "line whose edges are recorded", OPTION_TEXT, DIMENSION_RATIO, "" },
	{ "mark", "line that changes its level at each mark", OPTION_TEXT, DIMENSION_RATIO, "" },
	{ .name = NULL },
};

#define EVENTS_AT_ONCE 16
#define U_STAMP 1 /* ns: the kernel's own resolution; what the stamp is worth is for the self-test to say */

struct gpiod {
	struct identity identity;
	struct line_out output, mark;
	int input_fd; /* -1: none */
	bool gone;
	uint32_t line_seqno;
	int64_t look_at;
	struct line_input input;
};

/* ---- life ---- */

static void identify(struct gpiod *gpiod, const struct gpio_chip *chip)
{
	snprintf(gpiod->identity.maker, sizeof gpiod->identity.maker, "GPIO");
	snprintf(gpiod->identity.model, sizeof gpiod->identity.model, "%s", chip->label);
	gpiod->identity.simulated = chip->simulated;
}

/* The descriptor of the line that an option names; -1 with no error when it names none. */
static int take_line(const struct device_config *config, const struct gpio_chip *chip, const char *role, struct error *error)
{
	struct gpio_line_info line;
	const char *name = device_option(config, options, role, NULL);
	if (name[0] == '\0')
		return -1;
	if (gpio_line_find(chip, name, &line, error) != 0)
		return -1;
	return strcmp(role, "input") == 0 ? gpio_line_input(chip, &line, error) : gpio_line_output(chip, &line, error);
}

static struct line_out out_of(int fd)
{
	return (struct line_out){ .kind = fd < 0 ? LINE_NONE : LINE_GPIO, .fd = fd };
}

static void gpiod_close(void *device)
{
	struct gpiod *gpiod = device;
	const int fds[] = { gpiod->output.fd, gpiod->mark.fd, gpiod->input_fd };
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(gpiod);
}

/* Each line is asked for in turn; the first that cannot be had ends it. */
static int take_lines(struct gpiod *gpiod, const struct device_config *config, const struct gpio_chip *chip, struct error *error)
{
	struct error failure = ERROR_INIT;
	gpiod->output = out_of(take_line(config, chip, "output", &failure));
	if (failure.code == ERROR_NONE)
		gpiod->mark = out_of(take_line(config, chip, "mark", &failure));
	if (failure.code == ERROR_NONE)
		gpiod->input_fd = take_line(config, chip, "input", &failure);
	if (failure.code != ERROR_NONE) {
		if (error && error->code == ERROR_NONE)
			*error = failure;
		return -1;
	}
	if (gpiod->output.fd >= 0 || gpiod->mark.fd >= 0 || gpiod->input_fd >= 0)
		return 0;
	return error_set(error, ERROR_CONFIG, config->name, "set the options output and input to lines of the chip (joulerig detect lists them)",
			 "no line is named");
}

static void *gpiod_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	struct gpio_chip chip;
	(void)link;
	(void)timebase;
	if (gpio_chip_find(&config->endpoint, &chip, error) != 0)
		return NULL;
	struct gpiod *gpiod = calloc(1, sizeof *gpiod);
	if (gpiod == NULL) {
		error_set(error, ERROR_INTERNAL, config->name, NULL, "out of memory");
		return NULL;
	}
	gpiod->output = gpiod->mark = out_of(-1);
	gpiod->input_fd = -1;
	identify(gpiod, &chip);
	line_input_describe(&gpiod->input, config->name, EDGE_KERNEL, chip.simulated);
	if (take_lines(gpiod, config, &chip, error) == 0)
		return gpiod;
	gpiod_close(gpiod);
	return NULL;
}

static const struct channel *gpiod_channels(const void *device, int *count)
{
	const struct gpiod *gpiod = device;
	*count = gpiod->input_fd >= 0;
	return &gpiod->input.channel;
}

static const struct identity *gpiod_identity(const void *device)
{
	return &((const struct gpiod *)device)->identity;
}

/* ---- the input ---- */

static void take_event(struct gpiod *gpiod, const struct gpio_v2_line_event *event, struct sink *sink)
{
	uint32_t missing = event->line_seqno - gpiod->line_seqno - 1;
	gpiod->line_seqno = event->line_seqno;
	line_input_edge(&gpiod->input, sink, (int64_t)event->timestamp_ns, U_STAMP, event->id == GPIO_V2_LINE_EVENT_RISING_EDGE, missing);
}

/* All edges that wait. */
static void take_events(struct gpiod *gpiod, struct sink *sink)
{
	struct gpio_v2_line_event events[EVENTS_AT_ONCE];
	while (!gpiod->gone) {
		ssize_t got = read(gpiod->input_fd, events, sizeof events);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got < (ssize_t)sizeof *events) {
			gpiod->gone = true;
			gpiod->look_at = 0;
			return;
		}
		for (size_t i = 0; i < (size_t)got / sizeof *events; i++)
			take_event(gpiod, &events[i], sink);
	}
}

static void look(struct gpiod *gpiod, struct sink *sink, uint32_t flags)
{
	int level = gpiod->gone ? -1 : gpio_line_level(gpiod->input_fd);
	int64_t now = sink->timebase->now(sink->timebase);
	if (gpiod->gone)
		line_input_away(&gpiod->input, sink, now);
	else if (level >= 0)
		line_input_look(&gpiod->input, sink, now, flags, level == 1);
}

/* What came before is not of this campaign. */
static int gpiod_start(void *device, struct sink *sink, struct error *error)
{
	struct gpiod *gpiod = device;
	struct gpio_v2_line_event old[EVENTS_AT_ONCE];
	ssize_t got;
	if (gpiod->input_fd < 0)
		return 0;
	while ((got = read(gpiod->input_fd, old, sizeof old)) >= (ssize_t)sizeof *old)
		gpiod->line_seqno = old[(size_t)got / sizeof *old - 1].line_seqno;
	int level = gpio_line_level(gpiod->input_fd);
	if (level < 0)
		return error_errno(error, errno, gpiod->input.edge.name, NULL, "cannot read the line's level");
	line_input_begin(&gpiod->input, sink->timebase->now(sink->timebase), level == 1);
	return 0;
}

static int64_t gpiod_step(void *device, int64_t now, struct sink *sink)
{
	struct gpiod *gpiod = device;
	if (gpiod->input_fd < 0)
		return NEVER;
	take_events(gpiod, sink);
	if (now >= gpiod->look_at) {
		look(gpiod, sink, 0);
		gpiod->look_at = now + LINE_LOOK_EVERY;
	}
	return now + LINE_STEP_EVERY;
}

static void gpiod_sample(void *device, struct sink *sink)
{
	struct gpiod *gpiod = device;
	if (gpiod->input_fd < 0)
		return;
	take_events(gpiod, sink);
	look(gpiod, sink, FLAG_REQUESTED);
}

static int gpiod_stop(void *device, struct error *error)
{
	struct gpiod *gpiod = device;
	int failure = line_set(&gpiod->output, false);
	if (failure == 0)
		failure = line_set(&gpiod->mark, false);
	return failure ? error_errno(error, failure, "trigger", NULL, "cannot lower its lines") : 0;
}

/* ---- as a trigger ---- */

static const struct line_out *gpiod_output(const void *device)
{
	const struct gpiod *gpiod = device;
	return gpiod->output.kind == LINE_NONE ? NULL : &gpiod->output;
}

static const struct line_out *gpiod_mark(const void *device)
{
	const struct gpiod *gpiod = device;
	return gpiod->mark.kind == LINE_NONE ? NULL : &gpiod->mark;
}

static bool gpiod_has_input(const void *device)
{
	return ((const struct gpiod *)device)->input_fd >= 0;
}

static const struct trigger_ops trigger = {
	.source = EDGE_KERNEL, .apart = 6 * NS_PER_MS, .output = gpiod_output, .mark = gpiod_mark, .has_input = gpiod_has_input,
};
static const char *const schemes[] = { "gpio", NULL };

const struct driver driver_gpiod = {
	.name = "gpiod",
	.summary = "GPIO lines: edges raised by the workload's own process and stamped by the kernel",
	.gives = "level with input",
	.maturity = MATURITY_UNTRIED,
	.schemes = schemes,
	.own_access = true,
	.options = options,
	.open = gpiod_open,
	.channels = gpiod_channels,
	.identity = gpiod_identity,
	.start = gpiod_start,
	.step = gpiod_step,
	.sample = gpiod_sample,
	.stop = gpiod_stop,
	.close = gpiod_close,
	.trigger = &trigger,
};
