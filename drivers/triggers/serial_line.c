/*
 * serial_line: the modem lines of a serial port as the bench's trigger, for machines without GPIO.
 *
 *   devices:
 *     lines:
 *       driver: serial_line
 *       endpoint: serial:///dev/ttyS0
 *       options: { output: RTS, input: CTS, mark: DTR }
 *
 * output   RTS or DTR: asserted while the workload runs. The gated child asserts it itself, the launcher takes it back. A port on the
 *          board is set at once; behind USB it is a transfer that takes a millisecond or more: how long is measured in each campaign.
 * input    CTS, DSR or DCD; wired to the output it tells when that moved. The kernel stamps no such edge: the stamp is that of a
 *          thread which waits for it, as late as the self-test finds.
 * mark     the other of RTS and DTR: changes its level at each mark.
 *
 * A port that is unplugged is away for the rest of the campaign, as a chip is (gpiod.c).
 *
 * TIA-232: asserted is +3 ... +15 V at the connector, 0 V behind a TTL converter (which inverts).
 */
#include <errno.h>
#include <libserialport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "triggers/line_input.h"
#include "triggers/modem_watch.h"

static const struct option_spec options[] = {
	{ "output", "line that is asserted while a run lasts: RTS or DTR", OPTION_TEXT, DIMENSION_RATIO, "RTS" },
	{ "input", "line whose edges are recorded: CTS, DSR or DCD", OPTION_TEXT, DIMENSION_RATIO, "" },
	{ "mark", "line that changes its level at each mark: RTS or DTR", OPTION_TEXT, DIMENSION_RATIO, "" },
	{ .name = NULL },
};

#define U_STAMP 1 /* ns; what the stamp is worth is for the self-test to say */

struct serial_line {
	struct identity identity;
	struct sp_port *port;
	struct line_out output, mark;
	int fd, input_line; /* 0: no input */
	bool gone;
	int64_t look_at;
	struct line_input input;
	struct modem_watch watch;
};

/* ---- the port ---- */

static int refuse_port(const struct device_config *config, struct error *error)
{
	int failure = sp_last_error_code();
	const char *path = config->endpoint.path;
	if (failure == EACCES || failure == EPERM)
		return error_errno(error, failure, path, ACCESS_REMEDY, "cannot open the port");
	if (failure > 0)
		return error_errno(error, failure, path, "joulerig detect lists the ports", "cannot open the port");
	return error_set(error, ERROR_NOT_FOUND, path, "joulerig detect lists the ports", "there is no such serial port");
}

/* Without flow control, which would move RTS by itself; both lines low. */
static int set_port(struct sp_port *port, const struct device_config *config, struct error *error)
{
	if (sp_set_flowcontrol(port, SP_FLOWCONTROL_NONE) == SP_OK && sp_set_rts(port, SP_RTS_OFF) == SP_OK &&
	    sp_set_dtr(port, SP_DTR_OFF) == SP_OK)
		return 0;
	return error_errno(error, sp_last_error_code(), config->endpoint.path, NULL, "its modem lines cannot be set");
}

static int open_port(struct serial_line *serial, const struct device_config *config, struct error *error)
{
	if (sp_get_port_by_name(config->endpoint.path, &serial->port) != SP_OK)
		return refuse_port(config, error);
	if (sp_open(serial->port, SP_MODE_READ_WRITE) != SP_OK) {
		refuse_port(config, error);
		goto free_port;
	}
	if (sp_get_port_handle(serial->port, &serial->fd) == SP_OK && set_port(serial->port, config, error) == 0)
		return 0;
	sp_close(serial->port);
free_port:
	sp_free_port(serial->port);
	serial->port = NULL;
	return -1;
}

static void identify(struct serial_line *serial)
{
	const char *maker = sp_get_port_usb_manufacturer(serial->port), *product = sp_get_port_usb_product(serial->port);
	const char *number = sp_get_port_usb_serial(serial->port), *description = sp_get_port_description(serial->port);
	struct identity *id = &serial->identity;
	snprintf(id->maker, sizeof id->maker, "%s", maker ? maker : "serial port");
	snprintf(id->model, sizeof id->model, "%s", product ? product : description ? description : "");
	snprintf(id->serial, sizeof id->serial, "%s", number ? number : "");
}

/* ---- the lines ---- */

static struct line_out out_by_name(const struct serial_line *serial, const char *name)
{
	enum line_kind kind = strcmp(name, "RTS") == 0 ? LINE_RTS : strcmp(name, "DTR") == 0 ? LINE_DTR : LINE_NONE;
	return (struct line_out){ .kind = kind, .fd = serial->fd };
}

static int input_by_name(const char *name)
{
	return strcmp(name, "CTS") == 0 ? TIOCM_CTS : strcmp(name, "DSR") == 0 ? TIOCM_DSR : strcmp(name, "DCD") == 0 ? TIOCM_CD : 0;
}

static int choose_lines(struct serial_line *serial, const struct device_config *config, struct error *error)
{
	const char *output = device_option(config, options, "output", NULL), *input = device_option(config, options, "input", NULL);
	const char *mark = device_option(config, options, "mark", NULL);
	serial->output = out_by_name(serial, output);
	serial->mark = out_by_name(serial, mark);
	serial->input_line = input_by_name(input);
	if (serial->output.kind == LINE_NONE)
		return error_set(error, ERROR_CONFIG, config->name, "write output: RTS or output: DTR", "%s is no output of a serial port", output);
	if (mark[0] && (serial->mark.kind == LINE_NONE || serial->mark.kind == serial->output.kind))
		return error_set(error, ERROR_CONFIG, config->name, "write mark: with the one of RTS and DTR that is not the output",
				 "%s cannot be the mark line", mark);
	if (input[0] && serial->input_line == 0)
		return error_set(error, ERROR_CONFIG, config->name, "write input: CTS, DSR or DCD", "%s is no input of a serial port", input);
	return 0;
}

static void serial_line_close(void *device)
{
	struct serial_line *serial = device;
	if (serial->port) {
		sp_close(serial->port);
		sp_free_port(serial->port);
	}
	free(serial);
}

static void *serial_line_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	(void)link;
	(void)timebase;
	struct serial_line *serial = calloc(1, sizeof *serial);
	if (serial == NULL) {
		error_set(error, ERROR_INTERNAL, config->name, NULL, "out of memory");
		return NULL;
	}
	line_input_describe(&serial->input, config->name, EDGE_SOFTWARE, false);
	if (choose_lines(serial, config, error) == 0 && open_port(serial, config, error) == 0) {
		serial->output.fd = serial->mark.fd = serial->fd;
		identify(serial);
		return serial;
	}
	serial_line_close(serial);
	return NULL;
}

static const struct channel *serial_line_channels(const void *device, int *count)
{
	const struct serial_line *serial = device;
	*count = serial->input_line != 0;
	return &serial->input.channel;
}

static const struct identity *serial_line_identity(const void *device)
{
	return &((const struct serial_line *)device)->identity;
}

/* ---- the input ---- */

static void take_edges(struct serial_line *serial, struct sink *sink)
{
	struct modem_edge edge;
	while (modem_watch_take(&serial->watch, &edge))
		line_input_edge(&serial->input, sink, edge.t, U_STAMP, edge.high, edge.missing);
	if (!serial->gone && atomic_load(&serial->watch.failure)) {
		serial->gone = true;
		serial->look_at = 0;
	}
}

static void look(struct serial_line *serial, struct sink *sink, uint32_t flags)
{
	int level = serial->gone ? -1 : modem_level(serial->fd, serial->input_line);
	int64_t now = sink->timebase->now(sink->timebase);
	if (serial->gone)
		line_input_away(&serial->input, sink, now);
	else if (level >= 0)
		line_input_look(&serial->input, sink, now, flags, level == 1);
}

static int serial_line_start(void *device, struct sink *sink, struct error *error)
{
	struct serial_line *serial = device;
	bool high;
	if (serial->input_line == 0)
		return 0;
	if (modem_watch_start(&serial->watch, serial->fd, serial->input_line, &high, error) != 0)
		return -1;
	line_input_begin(&serial->input, sink->timebase->now(sink->timebase), high);
	return 0;
}

static int64_t serial_line_step(void *device, int64_t now, struct sink *sink)
{
	struct serial_line *serial = device;
	if (serial->input_line == 0)
		return NEVER;
	take_edges(serial, sink);
	if (now >= serial->look_at) {
		look(serial, sink, 0);
		serial->look_at = now + LINE_LOOK_EVERY;
	}
	return now + LINE_STEP_EVERY;
}

/* Without a look: behind USB that may take longer than whoever asks can wait. */
static void serial_line_sample(void *device, struct sink *sink)
{
	struct serial_line *serial = device;
	if (serial->input_line != 0)
		take_edges(serial, sink);
}

static int serial_line_stop(void *device, struct error *error)
{
	struct serial_line *serial = device;
	modem_watch_stop(&serial->watch);
	int failure = line_set(&serial->output, false);
	if (failure == 0)
		failure = line_set(&serial->mark, false);
	return failure ? error_errno(error, failure, "trigger", NULL, "cannot lower its lines") : 0;
}

/* ---- as a trigger ---- */

static const struct line_out *serial_line_output(const void *device)
{
	return &((const struct serial_line *)device)->output;
}

static const struct line_out *serial_line_mark(const void *device)
{
	const struct serial_line *serial = device;
	return serial->mark.kind == LINE_NONE ? NULL : &serial->mark;
}

static bool serial_line_has_input(const void *device)
{
	return ((const struct serial_line *)device)->input_line != 0;
}

/* Adapters tell of their inputs each 16 ms or more often. */
static const struct trigger_ops trigger = {
	.source = EDGE_SOFTWARE, .apart = 40 * NS_PER_MS, .output = serial_line_output, .mark = serial_line_mark,
	.has_input = serial_line_has_input,
};
static const char *const schemes[] = { "serial", NULL };

const struct driver driver_serial_line = {
	.name = "serial_line",
	.summary = "RTS and DTR of a serial port, raised by the workload's own process; CTS, DSR or DCD as input",
	.gives = "level with input",
	.maturity = MATURITY_UNTRIED,
	.schemes = schemes,
	.own_access = true,
	.options = options,
	.open = serial_line_open,
	.channels = serial_line_channels,
	.identity = serial_line_identity,
	.start = serial_line_start,
	.step = serial_line_step,
	.sample = serial_line_sample,
	.stop = serial_line_stop,
	.close = serial_line_close,
	.trigger = &trigger,
};
