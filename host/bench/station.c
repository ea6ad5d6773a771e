#include "station.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define OPEN_PATIENCE (5 * NS_PER_S)
#define RING_BYTES (1u << 20)
#define LATE (5 * NS_PER_MS)

static void signal_fd(int fd)
{
	uint64_t one = 1;
	while (write(fd, &one, sizeof one) < 0 && errno == EINTR)
		;
}

/* What a full ring has refused is told as one GAP as soon as there is room again. */
static bool tell_loss(struct station_sink *sink, unsigned channel, int64_t now)
{
	struct record_gap gap = {
		.reason = GAP_OVERRUN, .values = sink->lost[channel], .from = sink->lost_from[channel], .to = now,
	};
	struct record record = {
		.kind = RECORD_GAP, .channel = (uint16_t)channel, .seq = sink->seq[channel], .n = 1, .t = now,
	};
	if (!ring_push(sink->ring, &record, &gap, sizeof gap))
		return false;
	sink->seq[channel]++;
	sink->lost[channel] = 0;
	return true;
}

/* When a record was made, on the host's clock. */
static int64_t host_time(struct station_sink *sink, const struct record *record)
{
	bool own = sink->own_clock >> record->channel & 1 && record->kind != RECORD_GAP && record->kind != RECORD_SYNC;
	return own ? sink->sink.timebase->now(sink->sink.timebase) : record->t;
}

/* Edges and exchanges are counted apart: the numbers of a channel's values have no holes where they are. One that is lost is a value. */
static bool emit(struct sink *base, struct record *record, const void *payload, uint32_t size)
{
	struct station_sink *sink = (struct station_sink *)base;
	unsigned channel = record->channel;
	if (channel >= DEVICE_CHANNELS_MAX)
		return false;
	uint32_t *seq = record->kind == RECORD_EDGE || record->kind == RECORD_SYNC ? &sink->edges : &sink->seq[channel];
	sink->emitted = true;
	bool room = sink->lost[channel] == 0 || tell_loss(sink, channel, host_time(sink, record));
	record->seq = *seq;
	if (room && ring_push(sink->ring, record, payload, size)) {
		(*seq)++;
		return true;
	}
	if (sink->lost[channel]++ == 0)
		sink->lost_from[channel] = host_time(sink, record);
	return false;
}

static bool wants_link(const struct driver *driver, const struct device_config *config)
{
	const struct driver *asks = driver_behind(driver, driver->wraps ? device_option(config, driver->options, driver->wraps, NULL) : NULL);
	for (const char *const *s = asks ? asks->schemes : NULL; s && *s && !asks->own_access; s++)
		if (strcmp(*s, "file") != 0 && strcmp(*s, config->endpoint.scheme) == 0)
			return true;
	return false;
}

static struct link *reach(const struct device_config *config, struct surroundings *surroundings, struct timebase *timebase,
			  struct error *error)
{
	int64_t deadline = timebase->now(timebase) + OPEN_PATIENCE;
	if (surroundings->open_link)
		return surroundings->open_link(surroundings, config, timebase, deadline, error);
	return link_open(&config->endpoint, timebase, deadline, error);
}

int station_open(struct station *station, const struct device_config *config, struct surroundings *surroundings,
		 struct error *error)
{
	struct timebase *timebase = surroundings->timebase_of ? surroundings->timebase_of(surroundings, config) : surroundings->timebase;
	memset(station, 0, sizeof *station);
	station->config = config;
	station->timebase = timebase;
	station->wake_fd = -1;
	station->driver = driver_find(config->driver);
	if (station->driver == NULL)
		return error_set(error, ERROR_CONFIG, config->name, NULL, "there is no driver \"%s\"", config->driver);
	station->sink.ring = ring_new(RING_BYTES, error);
	if (station->sink.ring == NULL)
		return -1;
	station->sink.sink = (struct sink){ .emit = emit, .timebase = timebase };
	station->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (station->wake_fd < 0)
		return error_errno(error, errno, config->name, NULL, "cannot create an eventfd");
	if (wants_link(station->driver, config)) {
		station->link = reach(config, surroundings, timebase, error);
		if (station->link == NULL)
			return -1;
	}
	station->state = station->driver->open(config, station->link, timebase, error);
	if (station->state == NULL)
		return -1;
	const struct channel *channels = station->driver->channels(station->state, &station->count);
	station->identity = station->driver->identity(station->state);
	station->seen = timebase->now(timebase);
	if (station->count > DEVICE_CHANNELS_MAX)
		return error_set(error, ERROR_INTERNAL, config->name, NULL, "driver %s has %d channels", config->driver, station->count);
	memcpy(station->channels, channels, (size_t)station->count * sizeof *channels);
	for (int i = 0; i < station->count; i++)
		station->sink.own_clock |= (station->channels[i].clock == CLOCK_ID_DEVICE ? 1u : 0u) << i;
	return 0;
}

static int64_t thread_cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static void wait_for(const struct station *station, int64_t deadline)
{
	int64_t left = deadline - station->timebase->now(station->timebase);
	if (left <= 0)
		return;
	struct timespec timeout = { .tv_sec = left / NS_PER_S, .tv_nsec = left % NS_PER_S };
	struct pollfd wake = { .fd = station->wake_fd, .events = POLLIN };
	if (ppoll(&wake, 1, deadline == NEVER ? NULL : &timeout, NULL) > 0) {
		uint64_t count;
		ssize_t got = read(station->wake_fd, &count, sizeof count);
		(void)got; /* EAGAIN only: nothing else reads it */
	}
}

int64_t station_step(struct station *station, int64_t due)
{
	int64_t now = station->timebase->now(station->timebase);
	if (now < due)
		return due;
	if (now - due > LATE)
		atomic_fetch_add_explicit(&station->late, 1, memory_order_relaxed);
	return station->driver->step(station->state, now, &station->sink.sink);
}

void station_sample(struct station *station)
{
	if (station->driver->sample)
		station->driver->sample(station->state, &station->sink.sink);
}

void station_prepare(struct station *station)
{
	if (station->driver->prepare)
		station->driver->prepare(station->state);
}

bool station_emitted(struct station *station)
{
	bool emitted = station->sink.emitted;
	station->sink.emitted = false;
	return emitted;
}

void station_withdraw(struct station *station)
{
	atomic_store_explicit(&station->prepare, false, memory_order_relaxed);
}

static void serve_request(struct station *station)
{
	uint32_t wanted = atomic_load_explicit(&station->wanted, memory_order_acquire);
	if (wanted == atomic_load_explicit(&station->served, memory_order_relaxed))
		return;
	if (atomic_load_explicit(&station->prepare, memory_order_relaxed))
		station_prepare(station);
	else
		station_sample(station);
	atomic_store_explicit(&station->served, wanted, memory_order_release);
	signal_fd(station->served_fd);
}

/* On a busy machine a thread may wait longer for its turn than a meter keeps a value. Where that is permitted, this one goes before
 * all that has no real-time priority; what it starts does not. */
static void be_prompt(void)
{
	const struct sched_param lowest = { .sched_priority = sched_get_priority_min(SCHED_FIFO) };
	pthread_setschedparam(pthread_self(), SCHED_FIFO | SCHED_RESET_ON_FORK, &lowest);
}

static void *run(void *argument)
{
	struct station *station = argument;
	be_prompt();
	int64_t next = station->timebase->now(station->timebase);
	while (!atomic_load_explicit(&station->quit, memory_order_relaxed)) {
		serve_request(station);
		next = station_step(station, next);
		atomic_store_explicit(&station->cpu_ns, thread_cpu_ns(), memory_order_relaxed);
		if (station_emitted(station))
			signal_fd(station->records_fd);
		wait_for(station, next);
	}
	return NULL;
}

int station_start(struct station *station, bool stepped, struct error *error)
{
	if (station->driver->start(station->state, &station->sink.sink, error) != 0)
		return -1;
	station->started = true;
	atomic_store(&station->quit, false);
	atomic_store(&station->late, 0);
	atomic_store(&station->cpu_ns, 0);
	if (stepped)
		return 0;
	int failure = pthread_create(&station->thread, NULL, run, station);
	if (failure)
		return error_errno(error, failure, station->config->name, NULL, "cannot start its thread");
	station->running = true;
	return 0;
}

int station_stop(struct station *station, struct error *error)
{
	if (station->running) {
		atomic_store(&station->quit, true);
		signal_fd(station->wake_fd);
		pthread_join(station->thread, NULL);
		station->running = false;
	}
	if (!station->started)
		return 0;
	station->started = false;
	return station->driver->stop(station->state, error);
}

void station_close(struct station *station)
{
	if (station->state)
		station->driver->close(station->state);
	link_close(station->link);
	if (station->wake_fd >= 0)
		close(station->wake_fd);
	ring_free(station->sink.ring);
	memset(station, 0, sizeof *station);
	station->wake_fd = -1;
}

void station_ask(struct station *station, bool prepare)
{
	atomic_store_explicit(&station->prepare, prepare, memory_order_relaxed);
	atomic_fetch_add_explicit(&station->wanted, 1, memory_order_release);
	signal_fd(station->wake_fd);
}

bool station_answered(const struct station *station)
{
	return atomic_load_explicit(&station->served, memory_order_acquire) ==
	       atomic_load_explicit(&station->wanted, memory_order_relaxed);
}
