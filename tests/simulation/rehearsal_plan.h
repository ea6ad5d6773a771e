/* rehearsal_plan: what a rehearsal runs: a plan as text, and what its commands ask of the simulated machine. */
#ifndef JOULERIG_TESTS_REHEARSAL_PLAN_H
#define JOULERIG_TESTS_REHEARSAL_PLAN_H

#include <stdbool.h>

#include "simulation.h"
#include "text.h"

#define REHEARSAL_WORKLOADS 6
#define REHEARSAL_POINTS 3 /* threads = 1, 2, 4 */
#define REHEARSAL_ARMS 3   /* gil, ft, ft-gil-on */

struct rehearsal_order {
	uint64_t seed;
	int workloads, points, arms, repetitions;
	bool markup; /* in all text that a plan is free to have */
};

/* Markup, quotes, a control character and a right-to-left override: what must be shown and not obeyed. YAML takes it between double
 * quotes. */
#define REHEARSAL_MARKUP "<script>alert(1)</script> & \\\"><img src=x onerror='y'> \\u202E\\a"

/* Appends the plan's text. */
void rehearsal_plan(const struct rehearsal_order *order, struct text *text);

/* One run, as drawn: what `work WORKLOAD THREADS` asks for under $ARM. */
struct rehearsal_run {
	struct simulation_phase phases[3];
	int n_phases;
	char checksum[17];
};
/* `number` counts runs from 0. -1: no such command. */
int rehearsal_draw(const struct rehearsal_order *order, const struct launch_spec *spec, int number, struct rehearsal_run *run);

#endif
