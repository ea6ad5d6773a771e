/*
 * vxi11: the meter's Ethernet: a VXI-11 service in front of a session. Pure: told the time.
 *
 * From the VXI-11 specification (1995) and RFC 5531. One conversation at a time, as the sockets have it; its calls are executed
 * one after the other, so that a device_read that waits for the meter holds up what comes behind it, as instruments do. The same
 * connection answers a portmapper's GETPORT: whichever port it came in by.
 */
#ifndef JOULERIG_TWIN_VXI11_H
#define JOULERIG_TWIN_VXI11_H

#include "session.h"

struct vxi11 {
	struct session *session;
	int port;                  /* told to who asks for the service */
	unsigned char in[8192];    /* fragments as they came */
	size_t n_in;
	unsigned char call[8192];  /* one call, whole */
	size_t n_call;
	unsigned link, links;      /* the link there is (0: none), how many there were */
	bool reading;              /* a device_read waits for the meter … */
	int64_t until;             /* … at most so long */
	struct text out;
};

void vxi11_init(struct vxi11 *v, struct session *session, int port);
void vxi11_reset(struct vxi11 *v); /* another client */
void vxi11_free(struct vxi11 *v);

/* False: that was no call, the client is to be thrown out. */
bool vxi11_feed(struct vxi11 *v, int64_t now, const char *bytes, size_t size);
/* Goes on with what waited for the meter: call after session_advance. False as above. */
bool vxi11_advance(struct vxi11 *v, int64_t now);
size_t vxi11_take(struct vxi11 *v, char *bytes, size_t size);
int64_t vxi11_next(const struct vxi11 *v); /* when there is something to do by itself, beside the session */

#endif
