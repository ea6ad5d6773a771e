/*
 * edges: when a run began and ended, from stamps that are late by lags which were measured before.
 *
 * What the edges are. The start edge is the instant at which the gated child enters execve(2). The stop edge is the instant at
 * which the kernel is done with the main child and tells its parent so, memory given back and files closed: that is work of the run.
 * Whatever path tells of them (the host's own stamps, an input line that the trigger's output is wired to) tells of the same two
 * instants, early or late by a lag.
 *
 * What a path is worth is measured before each campaign, on the machine as it then is, by children that do nothing (launcher.h):
 * they have their stamps and line edges made as a workload has, and read the kernel's own clock where a workload enters execve.
 * The median of lag = stamp - true edge is taken off. Lags have a hard lower end and a tail (a busy CPU, a late wake-up), so the
 * half-width is the distance from the median that 95 % of the lags do not exceed, taken as the order statistic that errs upwards:
 * of n lags, the ceil(0.95 (n + 1))th smallest distance. A later lag lies within it with a probability of that rank / (n + 1), if it
 * is one like them; whoever knows that it is not (edge_lags.h) states more.
 * How far inside the kernel its clock was read, compared with the entry into execve, nobody can tell: half of the way from the
 * child's stamp to that reading is added at the start, in squares, since it has nothing to do with how the lags scatter.
 * The middle of where 95 % of the lags lie would have a smaller half-width, but would be off to the same side in most runs, and so would
 * a campaign's mean. The median is not.
 * The budget takes it as a rectangular bound. The one in twenty beyond is what it is; p99 and max are kept beside it.
 *
 * Which path wins: the one that is known better, whoever stamps it; of equals hardware goes before kernel-stamped, kernel-stamped before
 * software. A stamp in hardware of a line that is set through USB is one of when a frame got through, milliseconds from the edge in the
 * worst case, where the host's own stamp is some microseconds off. Such a line is a witness: a path that contradicts the host's own stamps
 * by more than the lags of both have ever been off, and half of what edges must be apart, is not believed, and that is said.
 */
#ifndef JOULERIG_ANALYSIS_EDGES_H
#define JOULERIG_ANALYSIS_EDGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clock.h"
#include "error.h"
#include "record.h"

#define EDGES_LAGS_MIN 20 /* fewer hold no 95 % */
#define EDGES_LAGS_MAX 1000
#define EDGES_APART (INT64_C(5) * NS_PER_MS) /* lines promise no edges that are closer to each other */

struct edge_figure {
	int64_t lag;      /* ns to be subtracted from a stamp */
	int64_t u;        /* half-width around that */
	int64_t worst;    /* the largest distance from the median that was measured */
	int64_t p99, max; /* of the lags themselves */
	int n;            /* how many were measured; 0: nothing is known of this path */
};
/* From `n` lags, ns, in any order. ERROR_INTERNAL when they are too few or too many. */
int edge_figure(const int64_t *lags, int n, struct edge_figure *figure, struct error *error);

/* Of one path. */
struct edge_path {
	enum edge_source source;
	struct edge_figure start, stop;
	struct edge_figure latency; /* of a line: from just before it is set to its stamp, both edges; for information */
	int64_t trip;               /* ns: the least round trip to the clock of a line's device; 0: its stamps are the host's */
	int lost;                   /* edges that it should have told of in the self-test, and did not, or told of too many */
};
struct trigger_figure {
	struct edge_path own;  /* the host's own stamps */
	struct edge_path line; /* the trigger's input line; start.n == 0: there is none, or it is not wired to the output */
};

/* What a path says of one edge: its stamp with the lag taken off. */
struct edge_claim {
	enum edge_source source;
	int64_t t, u, worst;
};
struct edge_claim edge_claim_of(enum edge_source source, const struct edge_figure *figure, int64_t stamp);
/* Can both be true? */
bool edge_claims_agree(const struct edge_claim *a, const struct edge_claim *b);
/* The one that wins, of at least one: that with the least u. */
const struct edge_claim *edge_best(const struct edge_claim *claims, size_t n);

#endif
