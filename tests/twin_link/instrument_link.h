/*
 * instrument_link: the link to an instrument of the modelled bench, in simulated time: bytes take their time on the way, and so does
 * the instrument; the clock goes on with them. To one that speaks HTTP it is what drivers/links/http.c is: a message sent is
 * "/PATH?QUERY" or "POST /PATH\nBODY", a message received the body of a reply of status 200.
 */
#ifndef JOULERIG_TESTS_TWIN_LINK_INSTRUMENT_LINK_H
#define JOULERIG_TESTS_TWIN_LINK_INSTRUMENT_LINK_H

#include "instrument.h"
#include "link.h"

/* Where the link's time comes from. The twin's clock may have another zero and rate than MONOTONIC, which is what `t` is. */
struct instrument_place {
	struct timebase *timebase;
	int64_t (*present)(void *context);                 /* MONOTONIC, without taking any time */
	void (*pass)(void *context, int64_t t);            /* time goes on to `t`, if that is to come */
	int64_t (*bring_up)(void *context, int64_t t);     /* the twin has come to `t`: its own time */
	int64_t (*host_time)(void *context, int64_t twin); /* the first MONOTONIC ns not before it; NEVER stays */
	/* Optional: false as long as nothing is plugged in at this endpoint. */
	bool (*plugged)(void *context);
	void *context;
};

/* Times one way are drawn between the two, ns. Place and instrument outlive the link; close it with link_close. */
struct link *instrument_link_open(const struct instrument_place *place, struct instrument *instrument, uint64_t seed, int64_t way_least,
				  int64_t way_most, struct error *error);
/* Its connection is lost: IO_GONE until it is reopened. */
void instrument_link_break(struct link *link);

#endif
