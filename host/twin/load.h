/*
 * load: what the modelled machine is asked to do at each instant: a script of loads, the CPU use of the real machine, or both.
 *
 * Real use arrives as a running total, some time after it was spent, in lumps of a jiffy. It is put into a store and played
 * out of it step by step, so that what happened is never lost, never counted twice, and never played before it was known.
 */
#ifndef JOULERIG_TWIN_LOAD_H
#define JOULERIG_TWIN_LOAD_H

#include <stddef.h>
#include <stdint.h>

struct demand {
	double cores;    /* busy cores */
	double power;    /* W drawn by the packages beside that */
	double platform; /* W drawn by everything else, beside its constant power */
};

struct load_step {
	int64_t at;   /* ns after the start */
	int64_t ramp; /* ns from the step before to this one */
	struct demand demand;
};

/* Steps that follow each other. More may be added at the end, or put in behind `current`, while time goes on: a step has its
 * effect from the first step of the model that begins at `at` or later, and a ramp begins at the full demand of the step before. */
struct load_script {
	const struct load_step *steps; /* in order of `at`; the caller keeps them */
	size_t n, current;             /* `current`: steps that have begun */
};

struct load {
	struct load_script script;   /* what the configuration says */
	struct load_script workload; /* what a simulated workload asks for, beside that; empty at first */
	int64_t start;
	double store, rate; /* real use not yet played, core-seconds; cores it is played at */
};

void load_init(struct load *load, const struct load_step *steps, size_t n, int64_t start);

/* The machine has used `core_seconds` since the last call; the next call follows in about `period` seconds. Half of the store
 * is played in each period: a low-pass of about one period that takes the jiffies' edge off. */
void load_used(struct load *load, double core_seconds, double period);

/* The demand of the step from `t` to `t + length`. Called once for each step, in order. */
struct demand load_demand(struct load *load, int64_t t, int64_t length);

#endif
