/*
 * plan: what to run: arms, workloads with their sweeps, repetitions and order, and the windows of quiet around each run.
 *
 * All strings belong to the plan and live until plan_free. Durations are in ns.
 */
#ifndef JOULERIG_CAMPAIGN_PLAN_H
#define JOULERIG_CAMPAIGN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "document.h"
#include "error.h"

#define PLAN_ARMS_MAX 8
#define PLAN_WORKLOADS_MAX 64
#define PLAN_VARIABLES_MAX 6
#define PLAN_VALUES_MAX 64
#define PLAN_ARGUMENTS_MAX 64
#define PLAN_ENVIRONMENT_MAX 16
#define PLAN_IMPORTS_MAX 8
#define PLAN_RUNS_MAX 65000 /* campaign.h5 holds 65535 (h5.h); the rest is for runs that were interrupted */
#define PLAN_LABEL_SIZE 64   /* of a point; results tell points apart by it */

enum plan_order {
	ORDER_RANDOM,   /* each block a seeded permutation */
	ORDER_ABBA,     /* arms forwards in one block, backwards in the next: linear drift cancels */
	ORDER_SEQUENCE, /* as written */
};
enum plan_checksum { CHECKSUM_OPTIONAL, CHECKSUM_REQUIRED, CHECKSUM_NONE };

struct plan_variables { /* NAME=value for the environment, or the variables of a sweep point */
	int n;
	const char *names[PLAN_ENVIRONMENT_MAX], *values[PLAN_ENVIRONMENT_MAX];
};

struct plan_arm {
	const char *name;
	const char *python; /* NULL: the arm does not care for an interpreter */
	int gil;            /* what the arm claims: 1 on, 0 off, -1 nothing */
	struct plan_variables environment;
};

struct plan_sweep {
	const char *name;
	int n;
	const char *values[PLAN_VALUES_MAX];
};

struct plan_workload {
	const char *name;
	int n_arguments;
	const char *arguments[PLAN_ARGUMENTS_MAX]; /* with placeholders: {python}, {plan}, {variable} */
	int n_sweeps;
	struct plan_sweep sweeps[PLAN_VARIABLES_MAX];
	const char *measure; /* the phase that stands for the workload; "" for the whole run */
	enum plan_checksum checksum;
	int64_t timeout, expected;
	struct plan_variables environment;
	int n_imports;
	const char *imports[PLAN_IMPORTS_MAX]; /* modules that an arm's interpreter must have, else the workload is skipped there */
};

enum stop_quantity { STOP_WALL, STOP_RAPL, STOP_TIME, STOP_QUANTITIES };
const char *stop_quantity_name(enum stop_quantity quantity); /* "wall" … */

struct plan_stop { /* when the campaign ends before all repetitions (stopping.h) */
	double half_width; /* of each comparison's 95 % interval, relative; 0: never */
	int at_least;      /* repetitions */
	bool of[STOP_QUANTITIES];
};
#define PLAN_STOP_LEAST 5 /* repetitions before anything may be decided by them */

struct plan {
	const char *title;
	uint64_t seed;
	int repetitions; /* at most, with `stop` */
	struct plan_stop stop;
	enum plan_order order;
	int reference; /* index of the arm that ratios refer to */
	int n_arms;
	struct plan_arm arms[PLAN_ARMS_MAX];
	int n_workloads;
	struct plan_workload *workloads;
	bool integrator; /* the wall's energy is that of the meter's integrator, not the sum of its samples */
	int64_t idle, guard, barrier_quiet;
	double settle_within; /* W */
	int64_t settle_during, settle_at_most;
	double tail_within; /* W */
	int64_t tail_at_most;
	char directory[4096]; /* of the plan file: {plan} */
	const char *text;    /* as read; of a bare command, as it would be written */
	char *composed;      /* the text, where there is no document */
	struct document *document;
};

/* Reads and checks a plan file; every mistake goes into `problems`. */
int plan_load(const char *path, struct plan *plan, struct problems *problems, struct error *error);
/* The same of a text, as a campaign keeps it. */
int plan_parse(const char *name, const char *text, struct plan *plan, struct problems *problems, struct error *error);
/* A plan that runs one command `repetitions` times: `joulerig run -- CMD`. Its text is a plan that says the same (plan_load takes
 * it, unless the command has {words} in it or a name that no workload may have); the same command has the same text. */
int plan_from_command(char *const *argv, int argc, int repetitions, struct plan *plan, struct error *error);
void plan_free(struct plan *plan);

/* Points of a workload: the cartesian product of its sweeps; 1 if it sweeps nothing. */
int plan_points(const struct plan_workload *workload);
/* The values of point `index`, in the order of the sweeps, the last one varying fastest. */
void plan_point(const struct plan_workload *workload, int index, struct plan_variables *values);
/* "threads=2 scale=0.1"; "" if nothing is swept. */
void plan_point_label(const struct plan_workload *workload, int index, char *label, size_t size);

#endif
