/*
 * watts_up_wire: what a Watts Up? says, byte by byte. Pure.
 */
#ifndef JOULERIG_DRIVERS_METERS_WATTS_UP_WIRE_H
#define JOULERIG_DRIVERS_METERS_WATTS_UP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WATTS_UP_PACKET 256 /* of the longest packet that is understood, with a NUL in place of its end */

/* Finds packets in a stream of bytes. Begin with zeroes. */
struct watts_up_stream {
	char packet[WATTS_UP_PACKET]; /* when a packet is whole: what stands between its # and ; */
	size_t length;
	bool inside;
};
enum watts_up_event {
	WATTS_UP_NOTHING,
	WATTS_UP_WHOLE,  /* stream->packet is one, until the next byte */
	WATTS_UP_BROKEN, /* one began and had no end: what follows is looked at anew from the next # on */
};
enum watts_up_event watts_up_feed(struct watts_up_stream *stream, char byte);

struct watts_up_value {
	double value;   /* NAN when the instrument has none */
	uint32_t flags; /* enum record_flag */
};
struct watts_up_record {
	struct watts_up_value watts, volts, amperes, watt_hours;
};
int watts_up_record_decode(const char *packet, struct watts_up_record *record); /* -1: no record, or none that makes sense */
bool watts_up_is_record(const char *packet); /* it wants to be one: "d,…" */

struct watts_up_version {
	unsigned model;
	char text[WATTS_UP_PACKET]; /* all that it said of itself: the same instrument says the same */
	struct {
		size_t at, length;
	} firmware[3]; /* in `text`: major, minor, timestamp */
	bool simulated;             /* the timestamp of its firmware is the word SIMULATED: a real one's are digits */
};
int watts_up_version_decode(const char *packet, struct watts_up_version *version);

#endif
