/*
 * station: one device: its link, its driver's state, its ring, and who steps it: a thread of its own, or the consumer.
 *
 * The thread only steps, samples when asked, and pushes into the ring; everything else is the consumer's. The two sides share
 * atomics, two eventfds and the ring: no lock. Where it may (CAP_SYS_NICE, RLIMIT_RTPRIO) it runs at the lowest real-time priority,
 * so that a busy machine does not lose a meter's values. In a stepped bench there is no thread, and the consumer does its work.
 */
#ifndef JOULERIG_BENCH_STATION_H
#define JOULERIG_BENCH_STATION_H

#include <pthread.h>
#include <stdatomic.h>

#include "device.h"
#include "ring.h"
#include "surroundings.h"

struct station_sink {
	struct sink sink; /* first: drivers see only this */
	struct ring *ring;
	uint32_t seq[DEVICE_CHANNELS_MAX], edges;
	uint32_t lost[DEVICE_CHANNELS_MAX]; /* refused by a full ring and not yet told */
	int64_t lost_from[DEVICE_CHANNELS_MAX];
	uint32_t own_clock; /* bit n: channel n's records are stamped by the device's clock; gaps never are */
	bool emitted; /* since the consumer was last woken */
};

struct station {
	const struct device_config *config;
	const struct driver *driver;
	struct link *link;
	void *state;
	struct channel channels[DEVICE_CHANNELS_MAX]; /* the driver's; what another device counts already is a duplicate here */
	const struct identity *identity;
	int64_t seen; /* MONOTONIC ns: it has answered since then, at the latest */
	int first, count; /* numbers of its channels on the bench */
	struct station_sink sink;
	struct timebase *timebase;

	pthread_t thread;
	bool started, running;
	_Atomic bool quit;
	_Atomic uint32_t wanted, served; /* requests: made by the consumer, done by the thread */
	_Atomic bool prepare;            /* the last one is for that, else for a reading */
	_Atomic unsigned long late;
	_Atomic int64_t cpu_ns;
	int wake_fd;              /* to the thread */
	int records_fd, served_fd; /* to the consumer; the bench's own */
};

int station_open(struct station *station, const struct device_config *config, struct surroundings *surroundings,
		 struct error *error);
/* Starts the device and, unless the bench is stepped, its thread. */
int station_start(struct station *station, bool stepped, struct error *error);
int station_stop(struct station *station, struct error *error);
void station_close(struct station *station); /* also after a failed open */

void station_withdraw(struct station *station); /* a request to be prepared: it is no longer wanted, if it has not begun */
void station_ask(struct station *station, bool prepare); /* for one reading now, or to be prepared for a run */
bool station_answered(const struct station *station);

/* Without a thread: does what is due at this instant and returns the next deadline. `due` was this one. */
int64_t station_step(struct station *station, int64_t due);
void station_sample(struct station *station); /* one reading now, if the device can */
void station_prepare(struct station *station); /* for a run, if the device has to */
bool station_emitted(struct station *station); /* since the last call */

#endif
