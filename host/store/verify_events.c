/* Edges, gaps, anchors, ranges and exchanges with devices' clocks: that they can be, and lie in the run. */
#include <math.h>
#include <string.h>

#include "result.h"
#include "run_model.h"
#include "verify_model.h"

#define SLACK NS_PER_S /* what waited in a ring when the recording began is taken in, too */

/* ---- edges ---- */

static bool is_mark(const struct run_edge *edge, const char *name)
{
	return edge->edge.what == EDGE_MARK && strncmp(edge->edge.name, name, sizeof edge->edge.name) == 0;
}

static bool is_workloads(const struct run_edge *edge)
{
	uint32_t what = edge->edge.what;
	return what == EDGE_BEGIN || what == EDGE_END || what == EDGE_BARRIER ||
	       (what == EDGE_MARK && !is_mark(edge, "idle-begin") && !is_mark(edge, "idle-end") && !is_mark(edge, "tail-end"));
}

static void check_edge(struct verify *verify, const struct run_edge *edge, size_t i)
{
	if (edge->edge.what < EDGE_START || edge->edge.what >= EDGE_WHATS)
		verify_say(verify, FINDING_PROBLEM, RUN_EDGES_GROUP "/what", "edge %zu is of no known kind: %u", i, edge->edge.what);
	if (edge->edge.source < EDGE_SOFTWARE || edge->edge.source > EDGE_HARDWARE)
		verify_say(verify, FINDING_PROBLEM, RUN_EDGES_GROUP "/source", "edge %zu is from no known source: %u", i,
			   edge->edge.source);
	if (edge->u_t < 0)
		verify_say(verify, FINDING_PROBLEM, RUN_EDGES_GROUP "/u_t", "edge %zu has a half-width below zero", i);
}

static void at_most_one(struct verify *verify, const struct run *run, enum edge_what what)
{
	size_t n = 0;
	for (size_t i = 0; i < run->n_edges; i++)
		n += run->edges[i].edge.what == (uint32_t)what;
	if (n > 1)
		verify_say(verify, FINDING_PROBLEM, RUN_EDGES_GROUP, "there are %zu %s edges", n, edge_what_name(what));
}

/* `a` is not after `b`, give or take what both are uncertain. NULL is where it should be. */
static bool in_order(const struct run_edge *a, const struct run_edge *b)
{
	return a == NULL || b == NULL || (double)a->t - (double)a->u_t <= (double)b->t + (double)b->u_t;
}

static void check_order(struct verify *verify, const struct run *run)
{
	const struct run_edge *edges[] = {
		run_edge(run, EDGE_MARK, "idle-begin"), run_edge(run, EDGE_MARK, "idle-end"), run_edge(run, EDGE_START, NULL),
		run_edge(run, EDGE_STOP, NULL), run_edge(run, EDGE_MARK, "tail-end"),
	};
	static const char *const names[] = { "idle-begin", "idle-end", "start", "stop", "tail-end" };
	for (int i = 0; i < 5; i++)
		for (int k = i + 1; k < 5; k++)
			if (!in_order(edges[i], edges[k]))
				verify_say(verify, FINDING_PROBLEM, RUN_EDGES_GROUP "/t", "%s comes after %s", names[i], names[k]);
	if (edges[3] != NULL && edges[2] == NULL)
		verify_say(verify, FINDING_PROBLEM, RUN_EDGES_GROUP, "there is a stop edge and no start edge");
}

/* A workload says by its own clock when it did what, and may say anything: the file is right to hold it. */
static void check_marks(struct verify *verify, const struct run *run)
{
	const struct run_edge *start = run_edge(run, EDGE_START, NULL), *stop = run_edge(run, EDGE_STOP, NULL);
	for (size_t i = 0; i < run->n_edges; i++) {
		const struct run_edge *edge = &run->edges[i];
		if (is_workloads(edge) && !(in_order(start, edge) && in_order(edge, stop)))
			verify_say(verify, FINDING_NOTE, RUN_EDGES_GROUP "/t", "the workload's %s %.40s lies outside the run",
				   edge_what_name(edge->edge.what), edge->edge.name);
	}
}

static void check_edges(struct verify *verify, const struct run *run)
{
	const char *status = json_string_value(json_object_get(run->notes, "status"));
	for (size_t i = 0; i < run->n_edges; i++)
		check_edge(verify, &run->edges[i], i);
	at_most_one(verify, run, EDGE_START);
	at_most_one(verify, run, EDGE_STOP);
	check_order(verify, run);
	check_marks(verify, run);
	if (status != NULL && strcmp(status, run_status_name(RUN_OK)) == 0 &&
	    (run_edge(run, EDGE_START, NULL) == NULL || run_edge(run, EDGE_STOP, NULL) == NULL))
		verify_say(verify, FINDING_PROBLEM, RUN_EDGES_GROUP, "the run's status is ok, and it has no start or stop edge");
}

/* ---- gaps ---- */

struct span {
	double from, to;
};

static void widen(struct span *span, int64_t t)
{
	span->from = fmin(span->from, (double)t);
	span->to = fmax(span->to, (double)t);
}

/* All that was stamped by MONOTONIC, but for what the workload says. */
static struct span span_of(const struct run *run)
{
	struct span span = { INFINITY, -INFINITY };
	for (size_t i = 0; i < run->n_edges; i++)
		widen(&span, run->edges[i].edge.received);
	for (size_t i = 0; i < run->n_anchors; i++)
		widen(&span, run->anchors[i].monotonic);
	for (size_t i = 0; i < run->n_channels; i++) {
		const struct run_channel *c = &run->channels[i];
		if (c->channel.clock == CLOCK_ID_MONOTONIC && c->n > 0) {
			widen(&span, c->t[0]);
			widen(&span, c->t[c->n - 1]);
		}
	}
	return span;
}

static void check_gap(struct verify *verify, const char *group, const struct record_gap *gap, size_t i, const struct span *span)
{
	char path[H5_PATH_SIZE];
	if (gap->reason < GAP_TIMEOUT || gap->reason >= GAP_REASONS)
		verify_say(verify, FINDING_PROBLEM, h5_join(group, "gaps/reason", path), "gap %zu has no known reason: %u", i, gap->reason);
	if (gap->values == 0)
		verify_say(verify, FINDING_PROBLEM, h5_join(group, "gaps/values", path), "gap %zu has no values missing", i);
	if (gap->from > gap->to)
		verify_say(verify, FINDING_PROBLEM, h5_join(group, "gaps/from", path), "gap %zu ends before it begins", i);
	else if ((double)gap->to < span->from - SLACK || (double)gap->from > span->to + SLACK)
		verify_say(verify, FINDING_PROBLEM, h5_join(group, "gaps/from", path), "gap %zu lies outside the run", i);
}

static void check_gaps(struct verify *verify, const struct run *run)
{
	char group[RUN_GROUP_SIZE];
	struct span span = span_of(run);
	for (size_t i = 0; i < run->n_channels; i++)
		for (size_t k = 0; k < run->channels[i].n_gaps; k++)
			check_gap(verify, run_channel_group(&run->channels[i], group), &run->channels[i].gaps[k], k, &span);
}

/* ---- anchors, ranges, exchanges ---- */

static void check_anchors(struct verify *verify, const struct run *run)
{
	for (size_t i = 0; i < run->n_anchors; i++) {
		if (i > 0 && run->anchors[i].monotonic < run->anchors[i - 1].monotonic)
			verify_say(verify, FINDING_PROBLEM, RUN_CLOCK_GROUP "/monotonic", "time goes back at anchor %zu", i);
		if (run->anchors[i].width < 0)
			verify_say(verify, FINDING_PROBLEM, RUN_CLOCK_GROUP "/width", "anchor %zu has a width below zero", i);
	}
}

static void check_ranges(struct verify *verify, const struct run *run)
{
	for (size_t i = 0; i < run->n_ranges; i++) {
		const struct run_range *range = &run->ranges[i];
		if (range->channel >= run->n_channels)
			verify_say(verify, FINDING_PROBLEM, RUN_RANGES_GROUP "/channel", "range %zu is of channel %u, and there is no such",
				   i, range->channel);
		if (!(range->range.voltage >= 0 && range->range.current >= 0) || isinf(range->range.voltage) || isinf(range->range.current))
			verify_say(verify, FINDING_PROBLEM, RUN_RANGES_GROUP, "range %zu is no range: %g V, %g A", i,
				   range->range.voltage, range->range.current);
		if (range->range.automatic > 1 || range->range.changed > 1)
			verify_say(verify, FINDING_PROBLEM, RUN_RANGES_GROUP, "range %zu says neither yes nor no of what it is", i);
	}
}

static void check_syncs(struct verify *verify, const struct run *run)
{
	for (size_t i = 0; i < run->n_syncs; i++) {
		const struct run_sync *s = &run->syncs[i];
		if (s->channel >= run->n_channels)
			verify_say(verify, FINDING_PROBLEM, RUN_SYNCS_GROUP "/channel",
				   "exchange %zu is with the clock of channel %u, and there is no such", i, s->channel);
		else if (run->channels[s->channel].channel.clock != CLOCK_ID_DEVICE)
			verify_say(verify, FINDING_PROBLEM, RUN_SYNCS_GROUP "/channel",
				   "exchange %zu is with channel %u, which has no clock of its own", i, s->channel);
		if (s->sync.received < s->sync.sent || s->sync.answered < s->sync.arrived)
			verify_say(verify, FINDING_PROBLEM, RUN_SYNCS_GROUP, "exchange %zu ends before it begins", i);
	}
}

void verify_events(struct verify *verify, const struct run *run)
{
	check_edges(verify, run);
	check_gaps(verify, run);
	check_anchors(verify, run);
	check_ranges(verify, run);
	check_syncs(verify, run);
}
