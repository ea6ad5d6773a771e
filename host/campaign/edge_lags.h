/*
 * edge_lags: the self-test of a bench's trigger. How early or late the edges of this machine, in its present state, are told of,
 * by each path that tells of them: children that do nothing are started and ended as a workload is, their line raised and lowered.
 */
#ifndef JOULERIG_CAMPAIGN_EDGE_LAGS_H
#define JOULERIG_CAMPAIGN_EDGE_LAGS_H

#include "bench.h"
#include "edges.h"
#include "launcher.h"

#define EDGE_LAGS 60 /* children of one self-test */
#define EDGE_LAGS_SEEN_MAX 1024 /* more edges than that are noise on the line */

/* What the trigger's input told meanwhile, in order. */
struct edge_lags_seen {
	struct {
		int64_t t;
		bool rise;
	} edges[EDGE_LAGS_SEEN_MAX];
	int n;
	bench_take *take; /* NULL; or who is given every record, edges too */
	void *context;    /* of his */
};

/* The bench has been started. From now on workloads raise the trigger's output. Takes 0.2 s; with lines 1 s, serial ones some
 * seconds. An input line that misses edges of the output it is wired to is not believed afterwards (`lost`, start.n == 0), and
 * that is logged. All that the devices emit until then is given to `take` (NULL: dropped), with `context`. ERROR_IO when the line cannot be
 * set. */
int edge_lags_measure(struct bench *bench, struct launcher *launcher, bench_take *take, void *context, struct trigger_figure *figure,
		      struct error *error);

/* The same from EDGE_LAGS children that have been measured: pure. A path is believed when it has told of each of their edges once, at
 * its place, and of no other until `apart` ns after it. */
int edge_lags_figure(const struct launch_lag *lags, const struct edge_lags_seen *seen, const struct bench_trigger *trigger,
		     struct trigger_figure *figure, struct error *error);
/* For bench_drain: takes edges into a struct edge_lags_seen. */
bench_take edge_lags_take;

#endif
