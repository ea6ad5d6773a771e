/*
 * The link `serial`: a serial port, built in or behind a USB adapter, by its node or by its name in /dev/serial/by-id.
 *
 * Bytes go through the port's handle as through every other descriptor (stream.c): non-blocking, waiting by poll. What may
 * block for longer than a deadline, opening and closing, is done aside. Whoever unplugs the adapter is noticed by a read that
 * ends, a write that fails (EIO), a poll that hangs up: IO_GONE; the node may come back under the same name: reopen finds it.
 */
#include <errno.h>
#include <stdlib.h>
#include <termios.h>

#include "links/aside.h"
#include "links/serial_port.h"
#include "links/stream.h"

/* After so long without a byte nothing of an old reply is taken to be under way: USB adapters collect for 16 ms, at 300
 * baud a byte takes 37 ms, and an instrument may pause between two. */
#define QUIET (100 * NS_PER_MS)
#define CLOSE_PATIENCE (NS_PER_S / 4) /* for a close that does what it should */

struct serial_link {
	struct stream stream;
	struct serial_port *port; /* the thread's while it works */
	struct aside aside;
};

static void work(void *context)
{
	serial_port_open(context);
}

static void dispose(void *context)
{
	serial_port_free(context);
}

/* Opens, or goes on opening. */
static enum io open_aside(struct serial_link *link, struct timebase *timebase, int64_t deadline)
{
	link->stream.fd = -1;
	enum io io = aside_work(&link->aside, timebase, deadline);
	if (io != IO_OK)
		return io;
	link->stream.fd = link->port->fd;
	return link->stream.fd >= 0 ? IO_OK : IO_GONE;
}

static struct serial_link *new_link(const struct endpoint *endpoint, struct error *error)
{
	struct serial_link *link = calloc(1, sizeof *link);
	if (link == NULL) {
		error_errno(error, ENOMEM, endpoint->text, NULL, "cannot open a link");
		return NULL;
	}
	link->port = serial_port_new(endpoint, error);
	if (link->port == NULL)
		goto free_link;
	if (aside_begin(&link->aside, work, dispose, link->port, endpoint->text, error) < 0)
		goto free_port;
	return link;
free_port:
	serial_port_free(link->port);
free_link:
	free(link);
	return NULL;
}

static struct link *serial_open(const struct endpoint *endpoint, struct timebase *timebase, int64_t deadline, struct error *error)
{
	struct serial_link *link = new_link(endpoint, error);
	if (link == NULL)
		return NULL;
	enum io io = open_aside(link, timebase, deadline);
	if (io == IO_OK)
		return &link->stream.link;
	if (io == IO_TIMEOUT)
		error_set(error, ERROR_TIMEOUT, endpoint->text, "unplug the adapter and plug it in again",
			  "the port does not open in time");
	else if (error)
		*error = link->port->error;
	aside_end(&link->aside, timebase, timebase->now(timebase));
	free(link);
	return NULL;
}

static enum io serial_reopen(struct link *link, int64_t deadline)
{
	return open_aside((struct serial_link *)link, link->timebase, deadline);
}

static enum io serial_clear(struct link *link, int64_t deadline)
{
	struct stream *stream = (struct stream *)link;
	if (stream->fd >= 0 && tcflush(stream->fd, TCIOFLUSH) < 0)
		return IO_GONE;
	return stream_drain(stream, QUIET, deadline);
}

static void serial_close(struct link *link)
{
	struct serial_link *serial = (struct serial_link *)link;
	aside_end(&serial->aside, link->timebase, link->timebase->now(link->timebase) + CLOSE_PATIENCE);
	free(serial);
}

const struct link_ops link_serial = {
	.scheme = "serial",
	.summary = "a serial port: serial:///dev/ttyUSB0?baud=9600, or serial:///dev/serial/by-id/NAME",
	.open = serial_open,
	.reopen = serial_reopen,
	.send = stream_send,
	.recv = stream_recv,
	.clear = serial_clear,
	.close = serial_close,
	.unread = stream_unread,
	.descriptor = stream_descriptor,
	.find = serial_find,
};
