#include "accuracy_trigger_lab.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launcher.h"

#define US NS_PER_US
#define WAY (60 * US)     /* to the rig, without waiting */
#define ANSWER (20 * US)  /* in the rig */
#define TICK 1000         /* ns */
#define P95 2.9957        /* an exponential time's 95 % point, in means */
#define SYNC_EVERY (NS_PER_S / 2)
#define BURST 4           /* exchanges about an edge… */
#define BURST_EVERY (20 * NS_PER_MS)
#define IDLE_FROM (NS_PER_S)
#define IDLE_TO (5 * NS_PER_S)
#define TAIL (4 * NS_PER_S)
#define WINDOW (200 * NS_PER_MS)
#define RANGE 300.0 /* W */
#define COARSE 100000 /* nWh: six digits of Wh */

/* ---- time ---- */

static int64_t wait(struct trigger_lab *lab, int64_t p95, double tail)
{
	return llround(-log(1 - random_uniform(&lab->random)) / P95 * (double)p95 * tail);
}

static int64_t between(struct trigger_lab *lab, int64_t low, int64_t high)
{
	return low + llround(random_uniform(&lab->random) * (double)(high - low));
}

static int64_t device_time(const struct trigger_lab *lab, int64_t host)
{
	int64_t since = host - lab->zero;
	return (since + (int64_t)floor((double)since * lab->rate)) / TICK * TICK;
}

static struct record_sync exchange(struct trigger_lab *lab, int64_t sent)
{
	int64_t arrived = sent + WAY + wait(lab, LAB_JITTER, 1), answered = arrived + ANSWER;
	return (struct record_sync){
		.sent = sent, .received = answered + WAY + lab->asymmetry + wait(lab, LAB_JITTER, 1),
		.arrived = device_time(lab, arrived), .answered = device_time(lab, answered),
	};
}

static int ascending(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* Twice a second, and some behind each edge; one after the other. */
static size_t exchanges(struct trigger_lab *lab, int64_t to, const int64_t *edges, size_t n_edges, struct record_sync *syncs, size_t max)
{
	int64_t due[EDGE_LAGS_SYNCS_MAX];
	size_t n = 0;
	for (int64_t t = 0; t < to && n < max; t += SYNC_EVERY)
		due[n++] = t + between(lab, 0, NS_PER_MS);
	for (size_t i = 0; i < n_edges; i++)
		for (int k = 1; k <= BURST && n < max; k++)
			due[n++] = edges[i] + k * BURST_EVERY;
	qsort(due, n, sizeof *due, ascending);
	for (size_t i = 0; i < n; i++)
		syncs[i] = exchange(lab, i && due[i] < syncs[i - 1].received ? syncs[i - 1].received : due[i]);
	return n;
}

/* ---- edges ---- */

static void draw_edges(struct trigger_lab *lab, int64_t entry, int64_t end, double tail, struct trigger_edges *e)
{
	*e = (struct trigger_edges){ .entry = entry, .end = end };
	e->start = entry - 2 * US - wait(lab, 3 * US, tail);
	e->raise = e->start - 4 * US - wait(lab, 5 * US, tail);
	e->read = entry + between(lab, 0, (entry - e->start) / 2);
	e->rise = e->raise + WAY + wait(lab, LAB_JITTER, tail);
	e->stop = end + 15 * US + wait(lab, 20 * US, tail);
	e->lowered = e->stop + 6 * US;
	e->fall = e->stop + WAY + wait(lab, LAB_JITTER, tail);
	e->reply_start = entry + WAY + wait(lab, LAB_REPLY_JITTER, tail);
	e->reply_stop = end + WAY + wait(lab, LAB_REPLY_JITTER, tail);
}

static void see(struct trigger_lab *lab, struct edge_lags_seen *seen, int64_t t, bool rise)
{
	seen->edges[seen->n].t = device_time(lab, t);
	seen->edges[seen->n].received = t + WAY + wait(lab, LAB_JITTER, 1);
	seen->edges[seen->n++].rise = rise;
}

static int self_test(struct trigger_lab *lab)
{
	static struct edge_lags_seen seen;
	static const struct line_out output = { .kind = LINE_FRAME };
	const struct bench_trigger wired = { .device = "rig", .input = "rig", .source = EDGE_HARDWARE, .output = &output, .has_input = true, .apart = EDGES_APART };
	const struct bench_trigger none = { .device = "software", .input = "software", .source = EDGE_SOFTWARE };
	struct launch_lag lags[EDGE_LAGS], replies[EDGE_LAGS];
	int64_t edges[2 * EDGE_LAGS], t = NS_PER_S;
	struct error error = ERROR_INIT;
	memset(&seen, 0, sizeof seen);
	for (int i = 0; i < EDGE_LAGS; i++, t += 200 * NS_PER_MS) {
		struct trigger_edges e;
		draw_edges(lab, t, t + between(lab, 20 * NS_PER_MS, 120 * NS_PER_MS), 1, &e);
		lags[i] = (struct launch_lag){ .raise = e.raise, .start = e.start, .entry = e.read, .end = e.end, .stop = e.stop, .lowered = e.lowered };
		replies[i] = lags[i];
		replies[i].start = e.reply_start;
		replies[i].stop = e.reply_stop;
		see(lab, &seen, edges[2 * i] = e.rise, true);
		see(lab, &seen, edges[2 * i + 1] = e.fall, false);
	}
	seen.n_syncs = (int)exchanges(lab, t + NS_PER_S, edges, 2 * EDGE_LAGS, seen.syncs, EDGE_LAGS_SYNCS_MAX);
	edge_lags_on_host_time(&seen);
	if (edge_lags_figure(lags, &seen, &wired, &lab->rig, &error) != 0 || edge_lags_figure(replies, &seen, &none, &lab->reply, &error) != 0)
		return -1;
	return lab->rig.line.start.n > 0 ? 0 : -1;
}

int trigger_lab_draw(uint64_t seed, struct trigger_lab *lab)
{
	*lab = (struct trigger_lab){ .random = random_stream(seed, "trigger") };
	struct random *r = &lab->random;
	lab->rate = random_between(r, -100e-6, 100e-6);
	lab->zero = -between(lab, 0, 5000 * NS_PER_S);
	lab->asymmetry = between(lab, -30 * US, 30 * US);
	lab->tail = 1.2 * exp(0.15 * random_normal(r));
	lab->gain = random_between(r, -0.001, 0.001);
	lab->offset = random_between(r, -0.0005, 0.0005) * RANGE;
	lab->clock = random_between(r, -100e-6, 100e-6);
	lab->latency = between(lab, 0, 100 * NS_PER_MS);
	lab->supply = between(lab, 0, LAB_SUPPLY_LAG);
	lab->reaction = LAB_REACTION + between(lab, -LAB_REACTION / 4, LAB_REACTION / 4);
	return self_test(lab);
}

/* ---- what happens ---- */

static double joules_between(const struct trigger_lab *lab, const struct trigger_run *planted, int64_t from, int64_t to)
{
	double sum = 0;
	for (int i = 0; i < LAB_STEPS; i++) {
		int64_t begin = i ? planted->load[i].t + lab->supply : INT64_MIN / 4;
		int64_t end = i + 1 < LAB_STEPS ? planted->load[i + 1].t + lab->supply : INT64_MAX / 4;
		int64_t low = from > begin ? from : begin, high = to < end ? to : end;
		if (high > low)
			sum += planted->load[i].watts * (double)(high - low) * 1e-9;
	}
	return sum;
}

/* Idle, four powers of equal length within the run, and what is left of it. */
void trigger_lab_run(struct trigger_lab *lab, double seconds, struct trigger_run *planted)
{
	struct random *r = &lab->random;
	int64_t entry = IDLE_TO + NS_PER_S / 2 + between(lab, 0, WINDOW), length = llround(seconds * 1e9);
	double idle = random_between(r, 30, 80), above = random_between(r, 60, 180);
	memset(planted, 0, sizeof *planted);
	draw_edges(lab, entry, entry + length, lab->tail, &planted->edges);
	planted->load[0].t = INT64_MIN / 2;
	planted->load[0].watts = idle;
	for (int i = 1; i < LAB_STEPS; i++) {
		planted->load[i].t = entry + (i - 1) * length / (LAB_STEPS - 2);
		planted->load[i].watts = i + 1 < LAB_STEPS ? idle + above * random_between(r, 0.8, 1.2) : idle + random_between(r, 0, 4);
	}
	planted->joules = joules_between(lab, planted, entry, entry + length);
}

/* ---- how it is recorded ---- */

#define VALUES 400
#define SYNCS 128

static void *array(size_t n, size_t size)
{
	void *made = calloc(n, size);
	if (made == NULL)
		abort();
	return made;
}

static struct run_channel *add_channel(struct run *run, const struct channel *channel, const char *device)
{
	struct run_channel *c = &run->channels[run->n_channels++];
	c->channel = *channel;
	c->channel.simulated = true;
	c->channel.factor[0] = c->channel.factor[1] = -1;
	c->capacity = VALUES;
	c->t = array(VALUES, sizeof *c->t);
	c->u_t = array(VALUES, sizeof *c->u_t);
	c->flags = array(VALUES, sizeof *c->flags);
	c->seq = array(VALUES, sizeof *c->seq);
	c->values.u64 = array(VALUES, sizeof *c->values.u64);
	snprintf(c->device, sizeof c->device, "%s", device);
	return c;
}

static const struct accuracy limits = { .reading = 0.001, .range = 0.0005, .range_value = RANGE, .timebase = 100e-6 };

/* The windows follow each other; a value is seen up to 5 ms after it is there. */
static void record_meter(struct trigger_lab *lab, const struct trigger_run *planted, bool plain, struct run *run)
{
	const struct channel power = {
		.name = "wall.power", .kind = CHANNEL_MEAN, .role = ROLE_WALL, .unit = UNIT_WATT, .number = NUMBER_F64, .scale = 1, .window = WINDOW,
		.refresh = WINDOW, .latency = 50 * NS_PER_MS, .u_latency = 50 * NS_PER_MS, .power_max = 2 * RANGE, .accuracy = limits,
	};
	const struct channel energy = {
		.name = "wall.energy", .kind = CHANNEL_COUNTER, .role = ROLE_INTEGRAL, .unit = UNIT_JOULE, .number = NUMBER_U64, .scale = 3.6e-6,
		.refresh = WINDOW, .latency = LAB_REACTION, .u_latency = LAB_REACTION / 2, .power_max = 2 * RANGE, .accuracy = limits, .gated = true,
	};
	struct run_channel *p = add_channel(run, &power, "wall"), *e = add_channel(run, &energy, "wall");
	const struct trigger_edges *edges = &planted->edges;
	double gain = plain ? 1 : 1 + lab->gain, offset = plain ? 0 : lab->offset, clock = plain ? 1 : 1 + lab->clock;
	int64_t open = edges->rise + lab->reaction + between(lab, -LAB_REACTION / 4, LAB_REACTION / 4);
	int64_t close = edges->fall + lab->reaction + between(lab, -LAB_REACTION / 4, LAB_REACTION / 4);
	int64_t end = edges->end + TAIL, from = between(lab, 0, WINDOW), window = llround((double)WINDOW / clock);
	uint64_t step = plain ? 1 : COARSE;
	for (; from + window + lab->latency < end; from += window, p->n++, e->n++) {
		int64_t to = from + window, seen = to + lab->latency + between(lab, 0, 5 * NS_PER_MS), until = to < close ? to : close;
		double noise = plain ? 0 : 0.03 * random_normal(&lab->random), length = (double)(to - from) * 1e-9;
		double counted = until > open ? joules_between(lab, planted, open, until) * gain + offset * (double)(until - open) * 1e-9 : 0;
		p->t[p->n] = e->t[e->n] = seen - 5 * NS_PER_MS / 2;
		p->u_t[p->n] = e->u_t[e->n] = 5 * NS_PER_MS / 2;
		p->seq[p->n] = e->seq[e->n] = (uint32_t)p->n;
		p->values.f64[p->n] = joules_between(lab, planted, from, to) / length * gain + offset + noise;
		e->values.u64[e->n] = (uint64_t)llround(counted * clock / 3.6e-6 / (double)step) * step;
	}
}

static void record_rig(struct trigger_lab *lab, const struct trigger_edges *edges, struct run *run)
{
	const struct channel level = { .name = "rig.level", .kind = CHANNEL_OBSERVE, .number = NUMBER_U64, .clock = CLOCK_ID_DEVICE, .scale = 1 };
	int64_t both[] = { edges->rise, edges->fall };
	struct record_sync syncs[SYNCS];
	add_channel(run, &level, "rig");
	run->n_syncs = exchanges(lab, edges->end + TAIL, both, 2, syncs, SYNCS);
	run->syncs = array(SYNCS, sizeof *run->syncs);
	for (size_t i = 0; i < run->n_syncs; i++)
		run->syncs[i] = (struct run_sync){ .channel = (uint16_t)(run->n_channels - 1), .sync = syncs[i] };
}

static void add_edge(struct run *run, enum edge_what what, enum edge_source source, const char *name, int64_t t, int64_t u, int64_t received)
{
	struct run_edge *edge = &run->edges[run->n_edges++];
	*edge = (struct run_edge){ .t = t, .u_t = u, .edge = { .what = what, .source = source, .received = received } };
	snprintf(edge->edge.name, sizeof edge->edge.name, "%s", name);
}

static void record_edges(struct trigger_lab *lab, const struct trigger_edges *e, enum told told, struct run *run)
{
	const struct edge_path *own = told == TOLD_BY_REPLY ? &lab->reply.own : &lab->rig.own;
	int64_t start = told == TOLD_BY_REPLY ? e->reply_start : e->start, stop = told == TOLD_BY_REPLY ? e->reply_stop : e->stop;
	bool exact = told == TOLD_EXACTLY, rig = told == TOLD_BY_RIG;
	add_edge(run, EDGE_MARK, EDGE_SOFTWARE, "idle-begin", IDLE_FROM, 0, IDLE_FROM);
	add_edge(run, EDGE_MARK, EDGE_SOFTWARE, "idle-end", IDLE_TO, 0, IDLE_TO);
	add_edge(run, EDGE_START, EDGE_SOFTWARE, "", exact ? e->entry : start - own->start.lag, exact ? 0 : own->start.u, start);
	if (rig) {
		add_edge(run, EDGE_RISE, EDGE_SOFTWARE, "rig.output", (e->raise + e->start) / 2, (e->start - e->raise + 1) / 2, start);
		add_edge(run, EDGE_RISE, EDGE_HARDWARE, "rig.input", device_time(lab, e->rise), 2 * US, e->rise + WAY + wait(lab, LAB_JITTER, 1));
	}
	add_edge(run, EDGE_STOP, EDGE_SOFTWARE, "", exact ? e->end : stop - own->stop.lag, exact ? 0 : own->stop.u, stop);
	if (rig) {
		add_edge(run, EDGE_FALL, EDGE_SOFTWARE, "rig.output", (e->stop + e->lowered) / 2, (e->lowered - e->stop + 1) / 2, e->lowered);
		add_edge(run, EDGE_FALL, EDGE_HARDWARE, "rig.input", device_time(lab, e->fall), 2 * US, e->fall + WAY + wait(lab, LAB_JITTER, 1));
	}
	add_edge(run, EDGE_MARK, EDGE_SOFTWARE, "tail-end", e->end + TAIL, 0, e->end + TAIL);
}

static json_t *figures(const struct edge_path *path)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "start_lag_ns", (json_int_t)path->start.lag, "start_u_ns", (json_int_t)path->start.u,
			 "start_worst_ns", (json_int_t)path->start.worst, "stop_lag_ns", (json_int_t)path->stop.lag, "stop_u_ns",
			 (json_int_t)path->stop.u, "stop_worst_ns", (json_int_t)path->stop.worst);
}

static void record_header(struct trigger_lab *lab, enum told told, struct run *run)
{
	json_t *options = figures(told == TOLD_BY_REPLY ? &lab->reply.own : &lab->rig.own);
	json_t *more = json_pack("{s:I, s:I, s:f}", "guard_ns", (json_int_t)(NS_PER_S / 2), "supply_lag_ns", (json_int_t)LAB_SUPPLY_LAG,
				 "tail_within_W", 1.0);
	json_object_update(options, more);
	json_decref(more);
	run->header = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:b, s:o}", "run", 1, "workload", "planted", "point", "", "arm", "x", "measure", "",
				"checksum", "none", "simulated", 1, "options", options);
	if (told == TOLD_BY_RIG) {
		json_t *line = figures(&lab->rig.line);
		json_object_set_new(line, "device", json_string("rig"));
		json_object_set_new(line, "trip_ns", json_integer(lab->rig.line.trip));
		json_object_set_new(line, "source", json_integer(EDGE_HARDWARE));
		json_object_set_new(run->header, "line", line);
	}
	run->notes = json_pack("{s:s, s:s, s:i, s:i}", "status", "ok", "reason", "", "exit_code", 0, "signal", 0);
	if (run->header == NULL || run->notes == NULL)
		abort();
}

void trigger_lab_record(struct trigger_lab *lab, const struct trigger_run *planted, enum told told, bool plain, struct run *run)
{
	memset(run, 0, sizeof *run);
	run->channels = array(4, sizeof *run->channels);
	run->edges = array(16, sizeof *run->edges);
	record_header(lab, told, run);
	record_meter(lab, planted, plain, run);
	if (told == TOLD_BY_RIG)
		record_rig(lab, &planted->edges, run);
	record_edges(lab, &planted->edges, told, run);
}
