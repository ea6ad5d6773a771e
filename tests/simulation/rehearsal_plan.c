#include "rehearsal_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"

#define SCATTER 0.004 /* relative, from run to run: of a run's length and of its power */

static const struct workload {
	const char *name;
	double seconds;              /* one thread, with a GIL */
	double parallel;             /* part of it that threads share where they may */
	double platform;             /* W: memory, disks, whatever RAPL does not see */
	double ft_time, ft_cores;    /* one thread without a GIL, against one with */
	double ft_platform;          /* W more */
	bool phased;                 /* has barriers around what is measured */
} workloads[REHEARSAL_WORKLOADS] = {
	{ "mandelbrot", 4, 0.97, 0, 1.08, 1.00, 0, true },    /* threads help */
	{ "nbody", 3, 0, 0, 1.00, 0.85, 14, false },          /* more at the wall, less as RAPL has it */
	{ "json_parse", 2.5, 0, 6, 1.00, 1.00, 0, false },    /* nothing changes */
	{ "prime_sieve", 3, 0.9, 0, 1.10, 1.02, 0, false },
	{ "object_lists", 2.5, 0.3, 9, 1.45, 1.10, 0, true }, /* threads hurt */
	{ "matmul", 3.5, 0.95, 3, 1.02, 1.00, 0, false },
};
static const int threads[REHEARSAL_POINTS] = { 1, 2, 4 };
static const char *const arms[REHEARSAL_ARMS] = { "gil", "ft", "ft-gil-on" };

/* ---- the plan ---- */

static void add_arm(const struct rehearsal_order *order, int arm, struct text *text)
{
	text_addf(text, "  %s: {python: /usr/bin/python3, environment: {ARM: \"%s\"", arms[arm], arms[arm]);
	if (order->markup)
		text_add(text, ", NOTE: \"" REHEARSAL_MARKUP "\"");
	text_add(text, "}}\n");
}

static void add_workload(const struct rehearsal_order *order, int index, struct text *text)
{
	const struct workload *workload = &workloads[index];
	text_addf(text, "  %s:\n    command: [\"{python}\", work, %s, \"{threads}\"", workload->name, workload->name);
	text_addf(text, "%s]\n    sweep: {threads: [", order->markup ? ", \"{note}\", \"" REHEARSAL_MARKUP "\"" : "");
	for (int i = 0; i < order->points; i++)
		text_addf(text, "%s%d", i ? ", " : "", threads[i]);
	text_addf(text, "]%s}\n", order->markup ? ", note: [\"<b>&amp;\\u202E\\\"'\"]" : "");
	if (workload->phased)
		text_add(text, "    measure: measured\n");
	text_add(text, "    checksum: required\n    timeout: 60 s\n");
}

void rehearsal_plan(const struct rehearsal_order *order, struct text *text)
{
	text_addf(text, "# A rehearsal: nothing of this is measured.\njoulerig: plan 1\ntitle: \"Rehearsal of a campaign%s\"\n",
		  order->markup ? " " REHEARSAL_MARKUP : "");
	text_addf(text, "seed: %llu\nrepetitions: %d\nreference: gil\n", (unsigned long long)order->seed, order->repetitions);
	text_add(text, "idle: 1 s\nsettle: {within: 1.5 W, during: 500 ms, at_most: 8 s}\nguard: 200 ms\n"
		       "tail: {within: 1.5 W, at_most: 10 s}\nbarrier: {quiet: 600 ms}\narms:\n");
	for (int i = 0; i < order->arms; i++)
		add_arm(order, i, text);
	text_add(text, "workloads:\n");
	for (int i = 0; i < order->workloads; i++)
		add_workload(order, i, text);
}

/* ---- what its commands do ---- */

static const struct workload *workload_of(const char *name)
{
	for (int i = 0; i < REHEARSAL_WORKLOADS; i++)
		if (strcmp(workloads[i].name, name) == 0)
			return &workloads[i];
	return NULL;
}

static const char *arm_of(const struct launch_spec *spec)
{
	for (const char *const *variable = spec->environment; *variable; variable++)
		if (strncmp(*variable, "ARM=", 4) == 0)
			return *variable + 4;
	return "";
}

/* With a GIL threads wait for one another; without, the part that is parallel is shared, on that many cores for that time. */
static struct simulation_phase load_of(const struct workload *workload, const char *arm, int n)
{
	bool free_threaded = strcmp(arm, "ft") == 0, build = strncmp(arm, "ft", 2) == 0;
	double time = workload->seconds, cores = 1, platform = workload->platform;
	if (free_threaded) {
		double alone = 1 - workload->parallel, shared = workload->parallel / n;
		time *= workload->ft_time * (alone + shared);
		cores = workload->ft_cores / (alone + shared);
		platform += workload->ft_platform;
	} else if (build) {
		time *= 1.03;
	}
	return (struct simulation_phase){ .duration = (int64_t)(time * 1e9), .demand = { .cores = cores, .platform = platform } };
}

static void scatter(struct simulation_phase *phase, uint64_t seed, int number)
{
	char use[32];
	snprintf(use, sizeof use, "run %d", number);
	struct random random = random_stream(seed, use);
	phase->duration = (int64_t)((double)phase->duration * (1 + SCATTER * random_normal(&random)));
	phase->demand.cores *= 1 + SCATTER * random_normal(&random);
}

int rehearsal_draw(const struct rehearsal_order *order, const struct launch_spec *spec, int number, struct rehearsal_run *run)
{
	const struct workload *workload = spec->argv[1] && spec->argv[2] && spec->argv[3] ? workload_of(spec->argv[2]) : NULL;
	if (workload == NULL)
		return -1;
	int n = atoi(spec->argv[3]);
	struct simulation_phase load = load_of(workload, arm_of(spec), n);
	scatter(&load, order->seed, number);
	*run = (struct rehearsal_run){ .n_phases = 1 };
	if (workload->phased) {
		load.name = load.barrier = "measured";
		run->phases[0] = (struct simulation_phase){ .name = "warm_up", .duration = 300000000, .demand = { .cores = 1 } };
		run->phases[2] = (struct simulation_phase){ .barrier = "done" };
		run->n_phases = 3;
	}
	run->phases[workload->phased] = load;
	snprintf(run->checksum, sizeof run->checksum, "%08x%08x", (unsigned)(workload - workloads) + 0xc0ffee, (unsigned)n);
	return 0;
}
