/*
 * run_edges: the start and the stop edge of a run, chosen from all that was told of them: by the host's own stamps, and by the
 * trigger's input line if the self-test found it wired to the output (the header's `line`).
 */
#ifndef JOULERIG_CAMPAIGN_RUN_EDGES_H
#define JOULERIG_CAMPAIGN_RUN_EDGES_H

#include "device_time.h"
#include "edges.h"
#include "gated.h"
#include "run.h"

struct run_ends {
	struct edge_claim start, stop;
	const char *remark; /* why the line's edges were not used although there is a line; "" when they were, or there is none */
};
/* False when the run has no start or no stop edge. */
bool run_ends(const struct run *run, const struct device_times *times, struct run_ends *ends);

/* When the trigger's output was high, which is wired to a meter's integrator: by the input that watches it, where that has a clock of
 * its own (what sets such a device's output returns before it is set), else by the host's stamps about setting it. */
void run_gate(const struct run *run, const struct device_times *times, struct gate *gate);

/* Half-width of a mark, stamped by the workload's own clock, ns. */
int64_t run_mark_u(const struct run *run);

/* A line's raw transition, which says nothing of phases. */
bool run_edge_is_line(const struct run_edge *edge);

#endif
