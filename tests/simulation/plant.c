#include "plant.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define READ_COST 200                   /* ns that a look at the clock takes, with what is done between two looks */
#define WAKE_LEAST (2 * NS_PER_US)      /* a timer's overshoot */
#define WAKE_MOST (80 * NS_PER_US)
#define BEGAN (50000 * NS_PER_S)        /* MONOTONIC: the machine is up for most of a day */
#define REALTIME_AT_0 (INT64_C(1780000000) * NS_PER_S)
#define TAI_AHEAD 37
#define ANCHOR_WIDTH 900                /* ns that six reads take */

/* ---- the host's clocks ---- */

static void set_off(struct plant *plant)
{
	const struct simulation_clock_event *event = &plant->event;
	plant->event.after_start = NEVER;
	if (event->what == CLOCK_SET) {
		plant->realtime += event->by;
		return;
	}
	plant->asleep += event->by;
	plant->slept(plant->context, event->by);
}

void plant_pass(struct plant *plant, int64_t t)
{
	if (t > plant->now)
		plant->now = t;
	if (plant->now >= plant->event.after_start)
		set_off(plant);
}

static int64_t now(struct timebase *timebase)
{
	struct plant *plant = (struct plant *)timebase;
	plant_pass(plant, plant->now + READ_COST);
	return plant->now;
}

static void wait_until(struct timebase *timebase, int64_t deadline)
{
	struct plant *plant = (struct plant *)timebase;
	double over = random_between(&plant->wakes, (double)WAKE_LEAST, (double)WAKE_MOST);
	if (plant->late > 0 && random_uniform(&plant->wakes) < plant->late)
		over += random_uniform(&plant->wakes) * (double)plant->late_most;
	if (deadline > plant->now)
		plant_pass(plant, deadline + (int64_t)over);
}

static struct clock_anchor anchor(struct timebase *timebase)
{
	struct plant *plant = (struct plant *)timebase;
	int64_t t = now(timebase), since = t - plant->began;
	int64_t realtime = plant->realtime + since + plant->asleep;
	plant_pass(plant, t + ANCHOR_WIDTH);
	return (struct clock_anchor){
		.monotonic = t, .raw = t + llround((double)since * plant->raw_drift), .boottime = t + plant->asleep,
		.realtime = realtime, .tai = realtime + TAI_AHEAD * NS_PER_S, .width = ANCHOR_WIDTH, .maxerror_ns = 5 * NS_PER_MS,
		.esterror_ns = 200 * NS_PER_US, .status = 0x2001, .tai_offset_s = TAI_AHEAD,
	};
}

/* ---- the twin's clock ---- */

int64_t plant_twin_time(const struct plant *plant, int64_t monotonic)
{
	int64_t since = monotonic - plant->began + plant->asleep;
	return plant->twin.config->clock.offset + since + (int64_t)llround((double)since * plant->twin.config->clock.drift);
}

int64_t plant_host_time(const struct plant *plant, int64_t twin)
{
	if (twin == NEVER)
		return NEVER;
	double since = (double)(twin - plant->twin.config->clock.offset) / (1 + plant->twin.config->clock.drift);
	int64_t t = plant->began - plant->asleep + (int64_t)floor(since);
	while (plant_twin_time(plant, t) >= twin)
		t--;
	while (plant_twin_time(plant, t) < twin)
		t++;
	return t;
}

int64_t plant_bring_up(struct plant *plant, int64_t t)
{
	int64_t twin = plant_twin_time(plant, t);
	twin_advance(&plant->twin, twin);
	return twin;
}

/* ---- load ---- */

static void show_scripts(struct plant *plant)
{
	struct load *load = &plant->twin.load;
	load->script.steps = plant->script.steps;
	load->script.n = plant->script.n;
	load->workload.steps = plant->workload.steps;
	load->workload.n = plant->workload.n;
}

static int make_room(struct plant_script *script, size_t n, struct error *error)
{
	if (n <= script->capacity)
		return 0;
	size_t capacity = 2 * n + 16;
	struct load_step *steps = realloc(script->steps, capacity * sizeof *steps);
	if (steps == NULL)
		return error_set(error, ERROR_INTERNAL, "simulation", NULL, "out of memory");
	script->steps = steps;
	script->capacity = capacity;
	return 0;
}

int64_t plant_border(const struct plant *plant, int64_t twin)
{
	int64_t next = model_step_start(plant->twin.model) + MODEL_STEP, start = plant->twin.start;
	int64_t wanted = start + (twin - start + MODEL_STEP - 1) / MODEL_STEP * MODEL_STEP;
	return wanted > next ? wanted : next;
}

int plant_demand(struct plant *plant, struct plant_script *script, int64_t twin, int64_t ramp, struct demand demand,
		 struct error *error)
{
	int64_t at = twin - plant->twin.start;
	if (make_room(script, script->n + 1, error) != 0)
		return -1;
	size_t place = script->n++;
	for (; place > 0 && script->steps[place - 1].at > at; place--)
		script->steps[place] = script->steps[place - 1];
	script->steps[place] = (struct load_step){ .at = at, .ramp = ramp, .demand = demand };
	show_scripts(plant);
	return 0;
}

void plant_forget(struct plant *plant, struct plant_script *script, int64_t twin)
{
	while (script->n > 0 && script->steps[script->n - 1].at >= twin - plant->twin.start)
		script->n--;
	show_scripts(plant);
}

/* ---- truth ---- */

struct simulation_instant plant_instant(struct plant *plant, int64_t twin)
{
	struct simulation_instant instant = { .t = plant_host_time(plant, twin) };
	twin_advance(&plant->twin, twin);
	for (int q = 0; q < QUANTITIES; q++)
		instant.nanojoules[q] = model_energy(plant->twin.model, q, twin);
	return instant;
}

/* ---- life ---- */

int plant_open(struct plant *plant, const struct simulation_config *config, struct error *error)
{
	const struct twin_config *twin = config->twin;
	struct random origin = random_stream(config->seed, "origin");
	*plant = (struct plant){
		.timebase = { .now = now, .wait_until = wait_until, .anchor = anchor },
		.wakes = random_stream(config->seed, "wakes"),
		.late = config->late, .late_most = config->late_most, .raw_drift = config->raw_drift,
		.began = BEGAN + (int64_t)(random_u64(&origin) % (uint64_t)NS_PER_S), .event = { .after_start = NEVER },
	};
	plant->now = plant->began;
	plant->realtime = REALTIME_AT_0 + plant->began;
	if (make_room(&plant->script, twin->n_steps, error) != 0 || twin_init(&plant->twin, twin, error) != 0)
		return -1;
	if (twin->n_steps > 0)
		memcpy(plant->script.steps, twin->steps, twin->n_steps * sizeof *twin->steps);
	plant->script.n = twin->n_steps;
	show_scripts(plant);
	return 0;
}

void plant_close(struct plant *plant)
{
	if (plant->twin.model)
		twin_free(&plant->twin);
	free(plant->script.steps);
	free(plant->workload.steps);
	*plant = (struct plant){ .now = 0 };
}
