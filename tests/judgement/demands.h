/* demands: benches and demands that plants have in common. */
#ifndef JOULERIG_TESTS_JUDGEMENT_DEMANDS_H
#define JOULERIG_TESTS_JUDGEMENT_DEMANDS_H

#include "made.h"

/* The meter of science's example: 0.1 % of the reading and 0.375 W of the range. */
static inline struct made_bench bench_of(double cv, size_t repetitions, size_t workloads)
{
	return (struct made_bench){ .idle = 60, .gain = 0.001, .offset = 0.375, .cv = cv, .noise = 0.0005, .order = ORDER_RANDOM, .workloads = workloads,
				    .repetitions = repetitions };
}

/* A meter that does not err: what a verdict may rest on is the scatter of runs alone. */
static inline struct made_bench exact_bench(double cv, size_t repetitions, size_t workloads)
{
	struct made_bench bench = bench_of(cv, repetitions, workloads);
	bench.gain = bench.offset = 0;
	return bench;
}

/* The supply of the machine, and what the wall would show of each watt that RAPL counts. */
#define SUPPLY_A 50
#define SUPPLY_B 1.2

static inline struct demand demand_of(double time, double wall)
{
	double counted = (wall - SUPPLY_A) / SUPPLY_B;
	return (struct demand){ .time = time, .wall = wall, .package = 0.85 * counted, .dram = 0.15 * counted };
}

/* Both arms take as long, and one draws more: what the meter's offset does to them does not cancel. */
static inline void plant_power(struct demand pair[MADE_ARMS], double wall, double ratio)
{
	pair[GIL] = demand_of(10, wall);
	pair[FT] = demand_of(10, wall * ratio);
}

#endif
