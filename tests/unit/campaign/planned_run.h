/*
 * planned_run: a run as its file would hold it, made in memory: power that steps, a 10 Hz wall meter that sees its mean over
 * each window, counters that see its integral. Whatever is asked of it is known in closed form.
 *
 *   0 s      10 s         14 s 14.5 s   15 s       16.5 s     21.5 s     23 s 23.5 s      27 s
 *   60 W     idle-begin   idle-end
 *                              start  120 W, then 60 W
 *                                       barrier    go, begin  end         go   stop        tail-end
 *                                                  200 W      barrier     120 W  60 W
 */
#ifndef JOULERIG_TESTS_UNIT_CAMPAIGN_PLANNED_RUN_H
#define JOULERIG_TESTS_UNIT_CAMPAIGN_PLANNED_RUN_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "evaluate.h"
#include "unit.h"

#define SECONDS(s) ((int64_t)llround((s)*1e9))

struct power_step {
	double t, watts; /* from t on */
};
static const struct power_step planned_power[] = {
	{0, 60}, {14.5, 120}, {15, 60}, {16.5, 200}, {21.5, 60}, {23, 120}, {23.5, 60}, {INFINITY, 0},
};
#define PLANNED_START 14.5
#define PLANNED_STOP 23.5
#define PLANNED_BEGIN 16.5
#define PLANNED_END 21.5
#define PLANNED_LAST 27.0

/* J at the wall from 0 to t. */
static inline double planned_energy(double t)
{
	double sum = 0;
	for (const struct power_step *p = planned_power; p->t < t; p++)
		sum += p->watts * (fmin(t, p[1].t) - p->t);
	return sum;
}

static inline double planned_between(double from, double to)
{
	return planned_energy(to) - planned_energy(from);
}

/* ---- channels ---- */

#define PLANNED_VALUES 400

static inline struct run_channel *planned_channel(struct run *run, const struct channel *channel)
{
	struct run_channel *c = &run->channels[run->n_channels++];
	c->channel = *channel;
	c->capacity = PLANNED_VALUES;
	c->t = calloc(PLANNED_VALUES, sizeof *c->t);
	c->u_t = calloc(PLANNED_VALUES, sizeof *c->u_t);
	c->flags = calloc(PLANNED_VALUES, sizeof *c->flags);
	c->seq = calloc(PLANNED_VALUES, sizeof *c->seq);
	c->values.u64 = calloc(PLANNED_VALUES, sizeof *c->values.u64);
	assert_non_null(c->values.u64);
	return c;
}

/* A meter that averages over 100 ms and says so 20 ms later, `share` of the power. */
static inline void planned_meter(struct run *run, const char *name, enum channel_role role, double share)
{
	struct channel channel = {
		.kind = CHANNEL_MEAN,
		.role = role,
		.unit = UNIT_WATT,
		.number = NUMBER_F64,
		.scale = 1,
		.window = SECONDS(0.1),
		.refresh = SECONDS(0.1),
		.latency = SECONDS(0.02),
		.u_latency = SECONDS(0.005),
		.power_max = 1000,
		.accuracy = {.reading = 0.001, .range = 0.0005, .range_value = 300, .timebase = 50e-6},
		.factor = {-1, -1},
	};
	snprintf(channel.name, sizeof channel.name, "%s", name);
	struct run_channel *c = planned_channel(run, &channel);
	for (double from = 0.03; from + 0.12 < PLANNED_LAST; from += 0.1) {
		c->t[c->n] = SECONDS(from + 0.12);
		c->u_t[c->n] = SECONDS(0.001);
		c->seq[c->n] = (uint32_t)c->n;
		c->values.f64[c->n++] = share * planned_between(from, from + 0.1) / 0.1;
	}
}

/* Its register moves each millisecond, so that it lags by half of one on average; here, always. */
static inline void planned_read(struct run_channel *c, double t, double share)
{
	c->t[c->n] = SECONDS(t);
	c->u_t[c->n] = SECONDS(1e-5);
	c->seq[c->n] = (uint32_t)c->n;
	c->values.u64[c->n++] = (uint64_t)llround(share * planned_energy(t - 0.0005) * 1e6) % c->channel.wrap;
}

/* A RAPL zone of `share` of the power, read each 100 ms and at each edge; it turns over once during the run. */
static inline void planned_counter(struct run *run, const char *name, enum channel_role role, double share)
{
	struct channel channel = {
		.kind = CHANNEL_COUNTER,
		.role = role,
		.unit = UNIT_JOULE,
		.number = NUMBER_U64,
		.scale = 1e-6,
		.refresh = SECONDS(0.1),
		.update_jitter = SECONDS(0.001),
		.power_max = 1000,
		.accuracy = {.quantum = 1e-6},
		.factor = {-1, -1},
		.wrap = (uint64_t)(share * planned_energy(20) * 1e6),
	};
	snprintf(channel.name, sizeof channel.name, "%s", name);
	struct run_channel *c = planned_channel(run, &channel);
	static const double edges[] = {PLANNED_START, PLANNED_BEGIN, PLANNED_END, PLANNED_STOP, INFINITY};
	const double *edge = edges;
	for (int i = 0; i * 0.1 + 0.05 < PLANNED_LAST; i++) {
		double t = i * 0.1 + 0.05;
		for (; *edge < t; edge++)
			planned_read(c, *edge, share);
		planned_read(c, t, share);
	}
}

/* The integrator of planned_meter's meter: told with each of its values, `share` of the energy, from zero. */
static inline void planned_integral(struct run *run, const char *name, double share)
{
	const struct run_channel *meter = &run->channels[0];
	struct channel channel = meter->channel;
	channel.kind = CHANNEL_COUNTER;
	channel.role = ROLE_INTEGRAL;
	channel.unit = UNIT_JOULE;
	channel.number = NUMBER_U64;
	channel.scale = 3.6e-6;
	channel.unmeasured = 0;
	snprintf(channel.name, sizeof channel.name, "%s", name);
	struct run_channel *c = planned_channel(run, &channel);
	for (size_t i = 0; i < meter->n; i++) {
		double t = (double)(meter->t[i] - channel.latency) * 1e-9;
		c->t[c->n] = meter->t[i];
		c->u_t[c->n] = meter->u_t[i];
		c->values.u64[c->n++] = (uint64_t)llround(share * (planned_energy(t) + 36) / 3.6e-6);
	}
}

/* ---- a device's own clock ---- */

/* It runs 50 ppm fast, and began long before the host's. */
static inline int64_t planned_device_time(int64_t host)
{
	return host + host / 20000 + SECONDS(7000);
}

/* Whatever this channel says is stamped by that clock from now on, and each half second it is asked for its time: 100 us there and back. */
static inline void planned_own_clock(struct run *run, size_t channel)
{
	struct run_channel *c = &run->channels[channel];
	c->channel.clock = CLOCK_ID_DEVICE;
	for (size_t i = 0; i < c->n; i++)
		c->t[i] = planned_device_time(c->t[i]);
	run->syncs = calloc(60, sizeof *run->syncs);
	assert_non_null(run->syncs);
	for (run->n_syncs = 0; run->n_syncs < 56; run->n_syncs++) {
		int64_t sent = SECONDS(0.5 * (double)run->n_syncs), there = planned_device_time(sent + 100000);
		run->syncs[run->n_syncs] = (struct run_sync){
			.channel = (uint16_t)channel, .sync = { .sent = sent, .received = sent + 205000, .arrived = there, .answered = there + 5000 },
		};
	}
}

/* The device began anew at exchange `from`. */
static inline void planned_reset(struct run *run, size_t from)
{
	for (size_t i = from; i < run->n_syncs; i++) {
		run->syncs[i].sync.arrived -= SECONDS(7000);
		run->syncs[i].sync.answered -= SECONDS(7000);
	}
}

/* ---- edges, header, notes ---- */

static inline void planned_edge(struct run *run, enum edge_what what, const char *name, double t)
{
	struct run_edge *edge = &run->edges[run->n_edges++];
	edge->t = SECONDS(t);
	edge->u_t = what == EDGE_START || what == EDGE_STOP ? SECONDS(2e-5) : 0;
	edge->edge = (struct record_edge){.what = what, .source = EDGE_SOFTWARE, .received = SECONDS(t + 0.0002)};
	snprintf(edge->edge.name, sizeof edge->edge.name, "%s", name);
}

static inline json_t *planned_header(void)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:s, s:s, s:s, s:s, s:i, s:s, s:b, s:{s:I, s:I, s:f, s:I}}", "run", 7,
			 "slot", 6, "attempt", 1, "repetition", 2, "block", 2, "order", 3, "workload", "nbody", "point",
			 "threads=2", "arm", "ft", "measure", "measured", "gil", 0, "checksum", "required", "simulated", 1,
			 "options", "guard_ns", (json_int_t)SECONDS(0.4), "supply_lag_ns", (json_int_t)0, "tail_within_W", 1.0,
			 "start_u_ns", (json_int_t)2000);
}

static inline json_t *planned_notes(void)
{
	return json_pack("{s:s, s:s, s:i, s:i, s:s, s:f, s:{s:f, s:f, s:I}, s:{s:s, s:s, s:s, s:s}}", "status", "ok", "reason",
			 "", "exit_code", 0, "signal", 0, "checksum", "abc123", "overhead_cpu_s", 0.05, "usage", "user_s", 7.5,
			 "system_s", 0.5, "max_rss_B", (json_int_t)4096, "facts", "gil_start", "0", "gil_end", "0", "vm_hwm_kib",
			 "100", "vm_peak_kib", "200");
}

/* Barriers round the phase as the session records them: received a little after they were stamped. */
static inline void planned_run_edges(struct run *run)
{
	run->n_edges = 0;
	planned_edge(run, EDGE_MARK, "idle-begin", 10);
	planned_edge(run, EDGE_MARK, "idle-end", 14);
	planned_edge(run, EDGE_START, "", PLANNED_START);
	planned_edge(run, EDGE_BARRIER, "before", 15);
	planned_edge(run, EDGE_GO, "before", PLANNED_BEGIN - 0.001);
	planned_edge(run, EDGE_BEGIN, "measured", PLANNED_BEGIN);
	planned_edge(run, EDGE_END, "measured", PLANNED_END);
	planned_edge(run, EDGE_BARRIER, "after", PLANNED_END + 0.0001);
	planned_edge(run, EDGE_GO, "after", 23);
	planned_edge(run, EDGE_STOP, "", PLANNED_STOP);
	planned_edge(run, EDGE_MARK, "tail-end", PLANNED_LAST);
}

static inline void planned_run_bare(struct run *run)
{
	memset(run, 0, sizeof *run);
	run->header = planned_header();
	run->notes = planned_notes();
	run->channels = calloc(40, sizeof *run->channels);
	run->edges = calloc(200, sizeof *run->edges);
	run->anchors = calloc(1, sizeof *run->anchors);
	assert_true(run->header && run->notes && run->channels && run->edges && run->anchors);
	run->anchors[0] = (struct clock_anchor){.monotonic = SECONDS(1), .realtime = SECONDS(1001)};
	run->n_anchors = 1;
	planned_run_edges(run);
}

/* Shares of the wall's power. */
#define PLANNED_PACKAGE 0.6
#define PLANNED_DRAM 0.1

static inline void planned_run(struct run *run)
{
	planned_run_bare(run);
	planned_meter(run, "wall.power", ROLE_WALL, 1);
	planned_counter(run, "rapl.package-0", ROLE_PACKAGE, PLANNED_PACKAGE);
	planned_counter(run, "rapl.package-0.core", ROLE_SUBZONE, 0.5);
	planned_counter(run, "rapl.package-0.dram", ROLE_DRAM, PLANNED_DRAM);
	planned_counter(run, "rapl.mmio.package-0", ROLE_DUPLICATE, PLANNED_PACKAGE);
	planned_counter(run, "rapl.psys", ROLE_PSYS, 0.9);
	planned_meter(run, "wall.frequency", ROLE_NONE, 1);
	planned_meter(run, "wall.temperature", ROLE_WALL, 1);
	run->channels[run->n_channels - 1].channel.kind = CHANNEL_OBSERVE;
}

#endif
