/*
 * edge_lags: the self-test of a bench's trigger. How early or late the edges of this machine, in its present state, are told of,
 * by each path that tells of them: children that do nothing are started and ended as a workload is, their line raised and lowered.
 *
 * They must meet the machine as a campaign's runs do, which have sat at the gate for seconds and then run for seconds, while the launcher
 * slept: whoever wakes then finds a processor that has gone to sleep and caches that hold others' data. A child that is let go at once and
 * ends at once is stamped some 5 us after its end instead of some 20, and claims what no run keeps. From some tens of ms on, longer waits
 * change little; with half of the times used here the lag at the end is a seventh shorter than that of runs, with a quarter a third. What
 * a workload does until its end is not known, so some children sleep and some compute, for times that differ: lags of children that are
 * all alike resemble each other more than they resemble those of runs. And it is joulerig that wakes, lets a child go and is answered, as
 * for a run: on one processor that holds up the child between its line and its program by half as long again.
 *
 * A self-test lasts some seconds, and what the lags depend on (who else wants the processors, how fast they run) stays alike for as
 * long, and changes in the minutes of a campaign. Its lags are thus worth fewer than they are. By what the largest distance of 24 children
 * has to be multiplied to hold 95 % of the runs of the half minute after it, each series 8 to 16 self-tests and some 250 runs:
 *
 *     bare host, 2 processors, others at work     stop 1.19, 1.25, 1.48; start: less than the least half-width
 *     guest, 1 processor, under load              start 1.35, 1.42, 1.49; stop 1.10, 1.25, 1.40; by a line 0.89 to 1.21
 *     guest, 1 processor                          start 0.94; stop 0.57; by a line 0.55 to 0.78
 *
 * A third more is stated: of these runs it holds 94 to 98 % where somebody else is at work, and no less than 97 % where nobody is. (One
 * series on the bare host came after that had been decided: 96 %.) More children would not help, since it is not their number that is
 * the matter: of 39, the second largest distance needs half as much again for the same.
 */
#ifndef JOULERIG_CAMPAIGN_EDGE_LAGS_H
#define JOULERIG_CAMPAIGN_EDGE_LAGS_H

#include "bench.h"
#include "edges.h"
#include "launcher.h"

#define EDGE_LAGS 24 /* children of one self-test: of so many, the largest distance is that of 95 % */
#define EDGE_LAGS_DRIFT_PART 3 /* by this part of itself the half-width is widened, as measured */
/* No edge is known better: the child's own, which stamps are held against, lie between two readings of the clock about an entry into the
 * kernel. */
#define EDGE_LAGS_U_LEAST (2 * NS_PER_US)
#define EDGE_LAGS_SEEN_MAX 1024 /* more edges than that are noise on the line */
#define EDGE_LAGS_SYNCS_MAX 1024

/* What the trigger's input told meanwhile, in order. */
struct edge_lags_seen {
	struct {
		int64_t t, received;
		bool rise;
	} edges[EDGE_LAGS_SEEN_MAX];
	int n;
	struct record_sync syncs[EDGE_LAGS_SYNCS_MAX]; /* with the clock of its device, if it has its own */
	int n_syncs;
	double u_clock;   /* ns: what is left open between that clock and the host's, but for what is the same at all times */
	int64_t trip;     /* ns: the least round trip to that clock; 0: no clock of its own */
	int64_t early;    /* ns: an edge may seem to lie so much before what made it, where the way back is longer than the way there */
	const struct bench *bench;
	const char *device; /* whose exchanges count; NULL: none do */
	char name[40];    /* of the input's edges; "": any line's */
	bench_take *take; /* NULL; or who is given every record, edges too */
	void *context;    /* of his */
};

/* The bench has been started. From now on workloads raise the trigger's output. Takes 4 s (with a gated integrator on the bench 20), and until late edges have been told of. An
 * input line that misses edges of the output it is wired to is not believed afterwards (`lost`, start.n == 0), and that is logged. All
 * that the devices emit until then is given to `take` (NULL: dropped), with `context`. ERROR_IO when the line cannot be set. */
int edge_lags_measure(struct bench *bench, struct launcher *launcher, bench_take *take, void *context, struct trigger_figure *figure,
		      struct error *error);

/* The same from EDGE_LAGS children that have been measured: pure. A path is believed when it has told of each of their edges once, at
 * its place, and of no other until `apart` ns after it. */
int edge_lags_figure(const struct launch_lag *lags, const struct edge_lags_seen *seen, const struct bench_trigger *trigger,
		     struct trigger_figure *figure, struct error *error);
/* How long that child waits, no less than `apart`. */
struct lag_times edge_lags_times(int64_t apart, int child);
/* What a device stamped by its own clock becomes the host's, once all of it is there; an edge that has no host time is dropped. The lags
 * then hold whatever the way to the device is longer than the way back, and so do those of runs, while the trip stays alike. */
void edge_lags_on_host_time(struct edge_lags_seen *seen);
/* For bench_drain: takes edges into a struct edge_lags_seen. */
bench_take edge_lags_take;

#endif
