/*
 * station: one device on its own thread: its link, its driver's state, its ring, and the loop that steps it.
 *
 * The thread only steps, samples when asked, and pushes into the ring; everything else is the consumer's. The two sides share
 * atomics, two eventfds and the ring: no lock.
 */
#ifndef JOULERIG_BENCH_STATION_H
#define JOULERIG_BENCH_STATION_H

#include <pthread.h>
#include <stdatomic.h>

#include "device.h"
#include "ring.h"

struct station_sink {
	struct sink sink; /* first: drivers see only this */
	struct ring *ring;
	uint32_t seq[DEVICE_CHANNELS_MAX];
	uint32_t lost[DEVICE_CHANNELS_MAX]; /* refused by a full ring and not yet told */
	int64_t lost_from[DEVICE_CHANNELS_MAX];
	bool emitted; /* since the consumer was last woken */
};

struct station {
	const struct device_config *config;
	const struct driver *driver;
	struct link *link;
	void *state;
	const struct channel *channels;
	const struct identity *identity;
	int first, count; /* numbers of its channels on the bench */
	struct station_sink sink;
	struct timebase *timebase;

	pthread_t thread;
	bool started, running;
	_Atomic bool quit;
	_Atomic uint32_t wanted, served; /* requested readings: asked for by the consumer, done by the thread */
	_Atomic unsigned long late;
	_Atomic int64_t cpu_ns;
	int wake_fd;              /* to the thread */
	int records_fd, served_fd; /* to the consumer; the bench's own */
};

int station_open(struct station *station, const struct device_config *config, struct timebase *timebase, struct error *error);
int station_start(struct station *station, struct error *error);
int station_stop(struct station *station, struct error *error);
void station_close(struct station *station); /* also after a failed open */

void station_ask(struct station *station); /* for one reading now */
bool station_answered(const struct station *station);

#endif
