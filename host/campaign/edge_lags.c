#include "edge_lags.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "time_map.h"

#define LAST_WORDS (2 * NS_PER_S) /* until a device has told of its last edge, where it gets no processor for long */
#define STEPPED_PAUSE (100 * NS_PER_MS)
#define LISTEN_STEP (10 * NS_PER_MS)

/* ---- what the input told ---- */

static void take_sync(struct edge_lags_seen *seen, const struct record *record, const void *payload, uint32_t size)
{
	struct record_sync *sync = &seen->syncs[seen->n_syncs];
	if (seen->device == NULL || size < sizeof *sync || seen->n_syncs == EDGE_LAGS_SYNCS_MAX ||
	    strcmp(bench_channel_device(seen->bench, record->channel), seen->device) != 0)
		return;
	memcpy(sync, payload, sizeof *sync);
	seen->n_syncs++;
}

int edge_lags_take(void *context, const struct record *record, const void *payload, uint32_t size, struct error *error)
{
	struct edge_lags_seen *seen = context;
	struct record_edge edge;
	if (seen->take && seen->take(seen->context, record, payload, size, error) != 0)
		return -1;
	if (record->kind == RECORD_SYNC)
		take_sync(seen, record, payload, size);
	if (record->kind != RECORD_EDGE || size < sizeof edge || seen->n == EDGE_LAGS_SEEN_MAX)
		return 0;
	memcpy(&edge, payload, sizeof edge);
	if (seen->name[0] && strncmp(edge.name, seen->name, sizeof edge.name) != 0)
		return 0;
	seen->edges[seen->n].t = record->t;
	seen->edges[seen->n].received = edge.received;
	seen->edges[seen->n++].rise = edge.what == EDGE_RISE;
	return 0;
}

void edge_lags_on_host_time(struct edge_lags_seen *seen)
{
	struct time_map map;
	struct time_reading reading;
	int known = 0;
	seen->u_clock = 0;
	seen->early = seen->trip = 0;
	time_map_make(seen->syncs, (size_t)seen->n_syncs, &map);
	for (int i = 0; i < seen->n; i++) {
		if (!time_map_read(&map, seen->edges[i].t, seen->edges[i].received, &reading))
			continue;
		seen->edges[known] = seen->edges[i];
		seen->edges[known++].t = reading.host;
		seen->u_clock = fmax(seen->u_clock, reading.u_random);
		seen->trip = llround(fmax((double)seen->trip, 2 * reading.u_asymmetry));
		seen->early = llround(fmax((double)seen->early, reading.u_random + reading.u_asymmetry));
	}
	seen->n = known;
}

/* Until all edges have been told of, and for `least` in any case: there may be more than there should. */
static int listen_until(struct bench *bench, int64_t least, int64_t most, struct edge_lags_seen *seen, struct error *error)
{
	struct timebase *timebase = bench_timebase(bench);
	int64_t now;
	while ((now = timebase->now(timebase)) < least || (now < most && seen->n < 2 * EDGE_LAGS)) {
		bench_wait(bench, now + LISTEN_STEP, NULL, 0);
		if (bench_drain(bench, edge_lags_take, seen, error) != 0)
			return -1;
	}
	return 0;
}

/* The one edge of this kind in [from, to); 0 when there is none, or another one. */
static int64_t only_edge(const struct edge_lags_seen *seen, bool rise, int64_t from, int64_t to)
{
	int64_t found = 0;
	int n = 0;
	for (int i = 0; i < seen->n; i++)
		if (seen->edges[i].t >= from && seen->edges[i].t < to) {
			n++;
			if (seen->edges[i].rise == rise)
				found = seen->edges[i].t;
		}
	return n == 1 ? found : 0;
}

/* ---- figures ---- */

/* Wider than the lags of this one moment, and no better than the edges are known by which a child measures its stamps. */
static int figure_of(const int64_t *lags, int n, struct edge_figure *figure, struct error *error)
{
	if (edge_figure(lags, n, figure, error) != 0)
		return -1;
	figure->u += figure->u / EDGE_LAGS_DRIFT_PART;
	figure->u = figure->u > EDGE_LAGS_U_LEAST ? figure->u : EDGE_LAGS_U_LEAST;
	figure->worst = figure->worst > figure->u ? figure->worst : figure->u;
	return 0;
}

/* By where on the way from the child's stamp to the kernel's clock execve is entered (analysis/edges.h): that has nothing to do with how
 * the lags scatter, so squares are added. */
static void add_way(struct edge_figure *start, int64_t way)
{
	start->u = llround(hypot((double)start->u, (double)way / 2));
	start->worst = start->worst > start->u ? start->worst : start->u;
}

static int own_figure(const struct launch_lag *lags, struct edge_path *own, struct error *error)
{
	int64_t start[EDGE_LAGS], stop[EDGE_LAGS];
	own->source = EDGE_SOFTWARE;
	for (int i = 0; i < EDGE_LAGS; i++) {
		start[i] = lags[i].start - lags[i].entry;
		stop[i] = lags[i].stop - lags[i].end;
	}
	if (figure_of(start, EDGE_LAGS, &own->start, error) != 0)
		return -1;
	add_way(&own->start, own->start.lag);
	return figure_of(stop, EDGE_LAGS, &own->stop, error);
}

/* The clocks were joined once for all lags, so their scatter does not show by how much that was wrong. */
static void add_clock(struct edge_figure *figure, double u_clock)
{
	figure->u = llround(hypot((double)figure->u, u_clock));
	figure->worst += (int64_t)ceil(u_clock);
}

static int line_figure(const struct launch_lag *lags, const struct edge_lags_seen *seen, int64_t apart, int64_t way,
		       struct edge_path *line, struct error *error)
{
	int64_t start[EDGE_LAGS], stop[EDGE_LAGS], latency[2 * EDGE_LAGS];
	line->lost = 0;
	for (int i = 0; i < EDGE_LAGS; i++) {
		int64_t rise = only_edge(seen, true, lags[i].raise - seen->early, lags[i].stop - seen->early);
		int64_t fall = only_edge(seen, false, lags[i].stop - seen->early, lags[i].lowered + apart);
		line->lost += !rise + !fall;
		start[i] = rise - lags[i].entry;
		stop[i] = fall - lags[i].end;
		latency[2 * i] = rise - lags[i].raise;
		latency[2 * i + 1] = fall - lags[i].stop;
	}
	if (line->lost > 0)
		return 0;
	if (edge_figure(latency, 2 * EDGE_LAGS, &line->latency, error) != 0 || figure_of(start, EDGE_LAGS, &line->start, error) != 0)
		return -1;
	add_way(&line->start, way);
	if (figure_of(stop, EDGE_LAGS, &line->stop, error) != 0)
		return -1;
	add_clock(&line->start, seen->u_clock);
	add_clock(&line->stop, seen->u_clock);
	return 0;
}

static void complain(const struct bench_trigger *trigger, const struct edge_lags_seen *seen, const struct edge_path *line)
{
	if (seen->n == 0)
		log_say(LOG_LEVEL_WARNING, "%s: its input saw no edge of %s output: it is not wired to it; its edges are kept, but mark no run",
			trigger->input, strcmp(trigger->input, trigger->device) == 0 ? "its" : "the trigger's");
	else if (line->lost > 0)
		log_say(LOG_LEVEL_WARNING, "%s: its input lost or added %d of %d edges in the self-test: its edges are kept, but mark no run",
			trigger->input, line->lost, 2 * EDGE_LAGS);
}

static int check_lines(const struct bench_trigger *trigger, const struct launch_lag *lags, struct error *error)
{
	for (int i = 0; i < EDGE_LAGS; i++)
		if (lags[i].line_errno)
			return error_errno(error, lags[i].line_errno, trigger->device, NULL, "its output line cannot be set");
	return 0;
}

int edge_lags_figure(const struct launch_lag *lags, const struct edge_lags_seen *seen, const struct bench_trigger *trigger,
		     struct trigger_figure *figure, struct error *error)
{
	memset(figure, 0, sizeof *figure);
	figure->line.source = trigger->source;
	if (own_figure(lags, &figure->own, error) != 0)
		return -1;
	figure->line.trip = seen->trip;
	if (!trigger->output || !trigger->has_input)
		return 0;
	return line_figure(lags, seen, trigger->apart, figure->own.start.lag, &figure->line, error);
}

struct lag_times edge_lags_times(int64_t apart, int child)
{
	static const int held[] = { 30, 120, 90, 60 }, lasting[] = { 100, 20, 120, 60 }; /* ms */
	const struct lag_times times = {
		.held = held[child % 4] * NS_PER_MS, .lasting = lasting[child % 4] * NS_PER_MS, .busy = child / 4 % 2,
	};
	return (struct lag_times){
		.held = times.held > apart ? times.held : apart, .lasting = times.lasting > apart ? times.lasting : apart, .busy = times.busy,
	};
}

/* No child runs while the bench's records wait for long. */
static int measure_all(struct bench *bench, struct launcher *launcher, const struct bench_trigger *trigger, struct launch_lag *lags,
		       struct edge_lags_seen *seen, struct error *error)
{
	for (int i = 0; i < EDGE_LAGS; i++) {
		const struct lag_times times = edge_lags_times(trigger->apart, i);
		if (launcher_measure_lag(launcher, &times, &lags[i], error) != 0 || bench_drain(bench, edge_lags_take, seen, error) != 0)
			return -1;
		int64_t until = lags[i].lowered + STEPPED_PAUSE; /* no thread has stepped the devices meanwhile */
		if (trigger->has_input && bench_stepped(bench) && listen_until(bench, until, until, seen, error) != 0)
			return -1;
	}
	return check_lines(trigger, lags, error);
}

static bool has_own_clock(const struct bench *bench, const char *device)
{
	for (int i = 0; i < bench_channels(bench); i++)
		if (strcmp(bench_channel_device(bench, i), device) == 0 && bench_channel(bench, i)->clock == CLOCK_ID_DEVICE)
			return true;
	return false;
}

int edge_lags_measure(struct bench *bench, struct launcher *launcher, bench_take *take, void *context, struct trigger_figure *figure,
		      struct error *error)
{
	const struct bench_trigger trigger = bench_trigger(bench);
	const struct line_out none = { .kind = LINE_NONE };
	struct launch_lag lags[EDGE_LAGS];
	struct edge_lags_seen seen = { .take = take, .context = context, .bench = bench };
	seen.device = has_own_clock(bench, trigger.input) ? trigger.input : NULL;
	snprintf(seen.name, sizeof seen.name, "%.31s.input", trigger.input);
	if (launcher_line(launcher, trigger.output ? trigger.output : &none, error) != 0 ||
	    bench_drain(bench, edge_lags_take, &seen, error) != 0)
		return -1;
	seen.n = 0;
	if (measure_all(bench, launcher, &trigger, lags, &seen, error) != 0)
		return -1;
	bool wired = trigger.output && trigger.has_input;
	int64_t last = lags[EDGE_LAGS - 1].lowered + trigger.apart;
	if (wired && listen_until(bench, last + 100 * NS_PER_MS, last + LAST_WORDS, &seen, error) != 0)
		return -1;
	if (seen.device)
		edge_lags_on_host_time(&seen);
	if (edge_lags_figure(lags, &seen, &trigger, figure, error) != 0)
		return -1;
	if (wired)
		complain(&trigger, &seen, &figure->line);
	return 0;
}
