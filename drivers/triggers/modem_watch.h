/*
 * modem_watch: waits for edges of a serial port's modem line, in a thread of its own, since the kernel tells of them in no other way
 * that costs nothing meanwhile: ioctl TIOCMIWAIT returns when the line has changed. The stamp is taken when it has returned.
 *
 * How many edges there were is counted by the kernel's driver (TIOCGICOUNT): one that came while the last was being stamped is known
 * to be missing.
 */
#ifndef JOULERIG_DRIVERS_TRIGGERS_MODEM_WATCH_H
#define JOULERIG_DRIVERS_TRIGGERS_MODEM_WATCH_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"

#define MODEM_EDGES 256 /* that wait to be taken */

struct modem_edge {
	int64_t t;        /* MONOTONIC ns */
	uint32_t missing; /* before this one, uncounted in the queue */
	bool high;        /* the level after it */
};

struct modem_watch {
	int fd, line; /* TIOCM_CTS, TIOCM_DSR or TIOCM_CD */
	pthread_t thread;
	bool running;
	struct modem_edge edges[MODEM_EDGES];
	_Atomic uint32_t written, taken; /* one thread each */
	_Atomic int failure;             /* errno value with which waiting ended; 0: it goes on */
};

/* Begins to wait. `*high` is the level now. ERROR_UNSUPPORTED when the port's driver cannot wait or count. */
int modem_watch_start(struct modem_watch *watch, int fd, int line, bool *high, struct error *error);
/* The next edge, oldest first; false when there is none yet. */
bool modem_watch_take(struct modem_watch *watch, struct modem_edge *edge);
void modem_watch_stop(struct modem_watch *watch);

/* The level now: 0 or 1; -1 when it cannot be read. Behind USB this may ask the adapter, and take a millisecond. */
int modem_level(int fd, int line);

#endif
