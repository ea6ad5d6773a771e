/*
 * plant: the modelled machine and meter, and the host's clocks beside it. All parts of a simulation share one, and one time.
 *
 * MONOTONIC is `now`; the twin's clock has another zero and another rate, as in joulerig-twin. Reading the clock costs a little
 * time, so that nothing happens twice at one instant; waiting overshoots as a kernel's timers do.
 */
#ifndef JOULERIG_TESTS_SIMULATION_PLANT_H
#define JOULERIG_TESTS_SIMULATION_PLANT_H

#include "simulation.h"
#include "twin.h"

struct plant_script {
	struct load_step *steps;
	size_t n, capacity;
};

struct plant {
	struct timebase timebase; /* first: the clock that everybody in the lab reads */
	struct twin twin;
	struct random wakes;
	double late, raw_drift;
	int64_t late_most;

	int64_t began, now; /* MONOTONIC */
	int64_t asleep;     /* ns in which MONOTONIC has stood still */
	int64_t realtime;   /* REALTIME at `began`, plus what it has been set by */
	struct simulation_clock_event event; /* to come; `after_start` is MONOTONIC here, NEVER: none */
	void (*slept)(void *context, int64_t by); /* called when MONOTONIC has stood still */
	void *context;

	struct plant_script script, workload; /* owned copies of what the twin's load points to */
};

int plant_open(struct plant *plant, const struct simulation_config *config, struct error *error);
void plant_close(struct plant *plant); /* also of a zeroed one */

/* Time goes on to `t`; nothing happens if that is past. */
void plant_pass(struct plant *plant, int64_t t);
/* The twin has come to MONOTONIC `t`, which is never far from now. Returns its own time. */
int64_t plant_bring_up(struct plant *plant, int64_t t);
int64_t plant_twin_time(const struct plant *plant, int64_t monotonic);
int64_t plant_host_time(const struct plant *plant, int64_t twin); /* the first MONOTONIC ns that is not before it; NEVER stays */

/* The first border of the model's steps at or after `twin`, that the model has not passed. */
int64_t plant_border(const struct plant *plant, int64_t twin);
/* From the twin's instant on there is this demand. Steps of one script may be added in any order, but not to the past. */
int plant_demand(struct plant *plant, struct plant_script *script, int64_t twin, int64_t ramp, struct demand demand,
		 struct error *error);
void plant_forget(struct plant *plant, struct plant_script *script, int64_t twin); /* what was to come from `twin` on */

struct simulation_instant plant_instant(struct plant *plant, int64_t twin);

#endif
