#include "meter_link.h"

#include <stdlib.h>

#define QUIET (20 * NS_PER_MS) /* so long without a byte: nothing more is on its way */

struct meter_link {
	struct link link; /* first: drivers see only this */
	struct plant *plant;
	struct random random;
	double way_least, way_most;
	int64_t back; /* ns that the next reply will be on its way */
	bool open;
};

/* The twin's session at the end of a serial line, where its file gives one a speed; else the one of its sockets. */
static bool slow(const struct plant *plant)
{
	return plant->twin.config->baud > 0;
}

static void feed(struct plant *plant, int64_t twin, const void *bytes, size_t size)
{
	if (slow(plant))
		twin_serial_feed(&plant->twin, twin, bytes, size);
	else
		session_feed(&plant->twin.session, twin, bytes, size);
}

static size_t take(struct plant *plant, int64_t twin, void *bytes, size_t size)
{
	return slow(plant) ? twin_serial_take(&plant->twin, twin, bytes, size) : session_take(&plant->twin.session, twin, bytes, size);
}

static void hang_up(struct plant *plant)
{
	session_reset(&plant->twin.session);
	if (slow(plant))
		twin_serial_reset(&plant->twin);
}

static int64_t way(struct meter_link *meter)
{
	return (int64_t)random_between(&meter->random, meter->way_least, meter->way_most);
}

/* The script of faults may have thrown the client out: it is let in again when that is over. */
static bool connected(struct meter_link *meter, int64_t twin)
{
	if (meter->open && fault_active(&meter->plant->twin.faults, FAULT_DISCONNECT, NULL, twin) != NULL) {
		hang_up(meter->plant);
		meter->open = false;
	}
	return meter->open;
}

static enum io reopen(struct link *link, int64_t deadline)
{
	struct meter_link *meter = (struct meter_link *)link;
	(void)deadline;
	plant_pass(meter->plant, meter->plant->now + way(meter));
	int64_t twin = plant_bring_up(meter->plant, meter->plant->now);
	meter->open = true;
	hang_up(meter->plant);
	return connected(meter, twin) ? IO_OK : IO_GONE;
}

static enum io send(struct link *link, const void *bytes, size_t size, int64_t deadline)
{
	struct meter_link *meter = (struct meter_link *)link;
	struct plant *plant = meter->plant;
	(void)deadline; /* the system's buffer takes it at once */
	plant_pass(plant, plant->now + way(meter));
	int64_t twin = plant_bring_up(plant, plant->now);
	if (!connected(meter, twin))
		return IO_GONE;
	meter->back = way(meter);
	feed(plant, twin, bytes, size);
	return IO_OK;
}

static enum io recv(struct link *link, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	struct meter_link *meter = (struct meter_link *)link;
	struct plant *plant = meter->plant;
	*got = 0;
	*end = false;
	for (;;) {
		int64_t twin = plant_bring_up(plant, plant->now);
		if (!connected(meter, twin))
			return IO_GONE;
		int64_t due = plant_host_time(plant, twin_next(&plant->twin));
		if (due == NEVER || due + meter->back > deadline) {
			plant_pass(plant, deadline);
			return IO_TIMEOUT;
		}
		plant_pass(plant, due);
		*got = take(plant, plant_bring_up(plant, plant->now), bytes, size);
		if (*got > 0) {
			plant_pass(plant, plant->now + meter->back);
			return IO_OK;
		}
	}
}

static enum io clear(struct link *link, int64_t deadline)
{
	char waste[512];
	size_t got;
	bool end;
	for (;;) {
		int64_t now = link->timebase->now(link->timebase);
		if (now >= deadline)
			return IO_TIMEOUT;
		enum io io = recv(link, waste, sizeof waste, &got, &end, now + QUIET < deadline ? now + QUIET : deadline);
		if (io != IO_OK)
			return io == IO_TIMEOUT ? IO_OK : io;
	}
}

static bool unread(struct link *link)
{
	struct meter_link *meter = (struct meter_link *)link;
	int64_t due = plant_host_time(meter->plant, twin_next(&meter->plant->twin));
	return meter->open && due != NEVER && due + meter->back <= meter->plant->now;
}

static void close_link(struct link *link)
{
	free(link);
}

struct link *meter_link_open(struct plant *plant, uint64_t seed, int64_t way_least, int64_t way_most, struct error *error)
{
	static const struct link_ops ops = {
		.scheme = "twin", .summary = "the twin's meter, in simulated time", .reopen = reopen, .send = send, .recv = recv,
		.clear = clear, .close = close_link, .unread = unread,
	};
	struct meter_link *meter = calloc(1, sizeof *meter);
	if (meter == NULL) {
		error_set(error, ERROR_INTERNAL, "simulation", NULL, "out of memory");
		return NULL;
	}
	meter->link = (struct link){ .ops = &ops, .timebase = &plant->timebase };
	meter->plant = plant;
	meter->random = random_stream(seed, "link");
	meter->way_least = (double)way_least;
	meter->way_most = (double)way_most;
	meter->open = true;
	return &meter->link;
}
