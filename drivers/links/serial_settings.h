/*
 * serial_settings: the line settings of a serial endpoint, from what follows its '?'. Pure.
 *
 *   serial:///dev/ttyUSB0?baud=9600&bits=8&parity=none&stop=1&flow=none      what is not given is as here
 *
 *   baud    50 to 4000000; whether the port can do it is told when it is opened
 *   bits    5 to 8
 *   parity  none, odd, even
 *   stop    1, 2
 *   flow    none, rtscts, xonxoff
 */
#ifndef JOULERIG_DRIVERS_LINKS_SERIAL_SETTINGS_H
#define JOULERIG_DRIVERS_LINKS_SERIAL_SETTINGS_H

#include <stddef.h>

#include "link.h"

struct serial_settings {
	int baud, bits, stop;
	enum { SERIAL_PARITY_NONE, SERIAL_PARITY_ODD, SERIAL_PARITY_EVEN } parity;
	enum { SERIAL_FLOW_NONE, SERIAL_FLOW_RTSCTS, SERIAL_FLOW_XONXOFF } flow;
};

/* Reads `endpoint->query`. An unknown, malformed, repeated or impossible setting is refused, with the endpoint's text. */
int serial_settings_parse(const struct endpoint *endpoint, struct serial_settings *settings, struct error *error);

/* "9600 8N1", "19200 7E2 rtscts": as people say it. Returns `text`. */
const char *serial_settings_text(const struct serial_settings *settings, char *text, size_t size);

#endif
