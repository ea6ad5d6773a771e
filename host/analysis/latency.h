/*
 * latency: how long after the end of an averaging window a meter shows its value, found from a load that steps at known times.
 *
 * Each step of the load lies somewhere in a window, whose mean tells where: level before + step * part of the window behind the
 * edge. Levels are fitted anew at every edge, as lines, so that a fan or a warming machine does no harm. The windows are those of
 * the energy analysis: ends fitted to the meter's own clock (lattice.h), less the latency; so the figure is what that wants.
 *
 * Which part of the uncertainty averages down with the number of edges N, for a meter that measures between zero crossings and
 * leaves z of each window out (half-widths and standard deviations for W = 100 ms, z = 20 ms):
 *   where the edge lies in its window    z / sqrt 12 = 5.8 ms for one edge, / sqrt N in the mean (from the scatter of the edges)
 *   where the window lies to the mains   uniform over z, half-width z / 2 = 10 ms, u = 5.8 ms: one and the same for every edge
 *                                        while the grid keeps its phase to the meter's clock; as little as grids
 *                                        surely wander in a minute it hardly averages
 * Of one edge both together are z / sqrt 6 = 8.2 ms. The power supply's lag cannot be told from the meter's latency: half of its
 * bound is taken off the delay found, and the other half stays as a half-width.
 */
#ifndef JOULERIG_ANALYSIS_LATENCY_H
#define JOULERIG_ANALYSIS_LATENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "energy.h"

/* A step of the load: up at `busy`, down at `!busy`; they alternate, in order of time. */
struct load_edge {
	int64_t t, u_t; /* MONOTONIC ns, half-width */
	bool busy;
};

struct latency {
	bool found;       /* else `reason` says why not, and there is no number */
	char reason[200];
	double value;     /* s: from the end of a window to its value being seen */
	struct budget budget; /* terms in s, not J */
	struct expanded expanded;
	double delay;     /* s: from a step of the load to its place in the windows: latency and supply lag */
	size_t used, left_out; /* edges */
	double scatter, expected; /* s: standard deviation of single edges, found and to be expected */
	double step;      /* W: of the load, median */
};

#define LATENCY_EDGES_MIN 8

/* Of a mean channel. `supply_lag` is the bound of the bench file, ns. Never fails: see `found`. */
void latency_of(const struct series *series, const struct load_edge *edges, size_t n, int64_t supply_lag, struct latency *latency);

#endif
