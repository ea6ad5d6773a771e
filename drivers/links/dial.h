/*
 * dial: a stream socket to a place on the network, connected in time or not at all. Shared by the links that are sockets, or
 * that talk over them.
 */
#ifndef JOULERIG_DRIVERS_LINKS_DIAL_H
#define JOULERIG_DRIVERS_LINKS_DIAL_H

#include <sys/socket.h>

#include "link.h"

struct place {
	struct sockaddr_storage address; /* the one that answered: nobody asks a name server twice */
	socklen_t size;
};

/* Connects by the deadline. A non-blocking descriptor, which the caller closes, or a negative errno value (ETIMEDOUT: too late). */
int dial(const struct place *place, struct timebase *timebase, int64_t deadline);
enum io dial_meaning(int failure); /* of such an errno value, for a link that is reopened */

/* Looks up the endpoint's host and fills `place` with the first of its addresses that answers at `port`; a descriptor, or -1 with
 * the error filled. The resolver has time limits of its own (resolv.conf), which the deadline cannot shorten: for open only. */
int dial_host(const struct endpoint *endpoint, int port, struct place *place, struct timebase *timebase, int64_t deadline,
	      struct error *error);

void place_set_port(struct place *place, int port);

#endif
