/*
 * serial_port: a serial port of this machine, opened for us alone and set up. Every function here may block: see aside.h.
 *
 * Open, RTS and DTR are raised (adapters for opto-isolated instruments take their supply from them), RTS being the driver's
 * own with flow=rtscts; closed, the lines fall. A port whose RTS or DTR serve as trigger lines is no link: the trigger opens it
 * itself, and as ports are held exclusively, one excludes the other. No BREAK is ever sent.
 */
#ifndef JOULERIG_DRIVERS_LINKS_SERIAL_PORT_H
#define JOULERIG_DRIVERS_LINKS_SERIAL_PORT_H

#include "links/serial_settings.h"

struct sp_port;

struct serial_port {
	char text[sizeof ((struct endpoint *)0)->text]; /* the endpoint, for messages */
	char path[sizeof ((struct endpoint *)0)->path]; /* a node, or a link to one: followed anew each time */
	struct serial_settings settings;
	struct sp_port *port; /* NULL while closed */
	int fd;               /* its handle: non-blocking, raw, one byte at least to a read; -1 while closed */
	bool held;            /* against everybody else: until then it may be somebody else's */
	struct error error;   /* why it could not be opened last time */
};

struct serial_port *serial_port_new(const struct endpoint *endpoint, struct error *error);
/* Closes the port if it is open, and opens it (again). -1: it is closed, and `error` says why. */
int serial_port_open(struct serial_port *port);
void serial_port_free(struct serial_port *port); /* closes it first */

/* The link_ops hook: USB adapters with their descriptors, and built-in ports that have a chip behind them. Opens nothing. */
size_t serial_find(struct finding *found, size_t max);

#endif
