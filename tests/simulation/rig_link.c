#include "rig_link.h"

#include <stdlib.h>

struct rig_link {
	struct link link; /* first: drivers see only this */
	struct plant *plant;
	struct random random;
	double way_least, way_most;
};

static int64_t way(struct rig_link *rig)
{
	return (int64_t)random_between(&rig->random, rig->way_least, rig->way_most);
}

static enum io reopen(struct link *link, int64_t deadline)
{
	struct rig_link *rig = (struct rig_link *)link;
	(void)deadline;
	plant_pass(rig->plant, rig->plant->now + way(rig));
	return IO_OK;
}

static enum io send(struct link *link, const void *bytes, size_t size, int64_t deadline)
{
	struct rig_link *rig = (struct rig_link *)link;
	struct plant *plant = rig->plant;
	(void)deadline; /* the system's buffer takes it at once */
	plant_pass(plant, plant->now + way(rig));
	twin_rig_feed(&plant->twin.rig, plant_bring_up(plant, plant->now), bytes, size);
	return IO_OK;
}

/* What has come already waits; what comes takes its way, and no longer than there is time. */
static enum io recv(struct link *link, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	struct rig_link *rig = (struct rig_link *)link;
	struct plant *plant = rig->plant;
	*end = false;
	for (;;) {
		*got = twin_rig_take(&plant->twin.rig, plant_bring_up(plant, plant->now), bytes, size);
		if (*got > 0) {
			if (plant->now < deadline)
				plant_pass(plant, plant->now + way(rig));
			return IO_OK;
		}
		int64_t due = plant_host_time(plant, twin_rig_next(&plant->twin.rig));
		if (due > deadline || due <= plant->now) {
			plant_pass(plant, deadline);
			return IO_TIMEOUT;
		}
		plant_pass(plant, due);
	}
}

static enum io clear(struct link *link, int64_t deadline)
{
	char waste[512];
	size_t got;
	bool end;
	while (recv(link, waste, sizeof waste, &got, &end, link->timebase->now(link->timebase)) == IO_OK)
		if (link->timebase->now(link->timebase) >= deadline)
			return IO_TIMEOUT;
	return IO_OK;
}

static void close_link(struct link *link)
{
	free(link);
}

struct link *rig_link_open(struct plant *plant, uint64_t seed, int64_t way_least, int64_t way_most, struct error *error)
{
	static const struct link_ops ops = {
		.scheme = "twin", .summary = "the twin's rig, in simulated time", .reopen = reopen, .send = send, .recv = recv, .clear = clear,
		.close = close_link,
	};
	struct rig_link *rig = calloc(1, sizeof *rig);
	if (rig == NULL) {
		error_set(error, ERROR_INTERNAL, "simulation", NULL, "out of memory");
		return NULL;
	}
	rig->link = (struct link){ .ops = &ops, .timebase = &plant->timebase };
	rig->plant = plant;
	rig->random = random_stream(seed, "rig link");
	rig->way_least = (double)way_least;
	rig->way_most = (double)way_most;
	return &rig->link;
}
