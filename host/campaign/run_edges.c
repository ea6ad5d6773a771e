#include "run_edges.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAG_MAX NS_PER_S /* what a header may claim at most */

struct line {
	const json_t *json; /* of the header; NULL: there is none */
	const char *device, *output; /* that has the input, that has the output */
	enum edge_source source;
	const struct device_clock *clock; /* of the device that has the input; NULL: the host's */
};

bool run_edge_is_line(const struct run_edge *edge)
{
	return edge->edge.what == EDGE_RISE || edge->edge.what == EDGE_FALL;
}

/* Campaigns before it was told apart have one for all stamps. */
int64_t run_mark_u(const struct run *run)
{
	const json_t *options = json_object_get(run->header, "options"), *own = json_object_get(options, "mark_u_ns");
	return json_integer_value(own ? own : json_object_get(options, "start_u_ns"));
}

static struct line line_of(const struct run *run, const struct device_times *times)
{
	const json_t *json = json_object_get(run->header, "line");
	const char *device = json_string_value(json_object_get(json, "device"));
	json_int_t source = json_integer_value(json_object_get(json, "source"));
	if (device == NULL || source < EDGE_SOFTWARE || source > EDGE_HARDWARE)
		return (struct line){ .json = NULL };
	const char *output = json_string_value(json_object_get(json, "output")); /* absent: the same device's */
	return (struct line){
		.json = json, .device = device, .output = output ? output : device, .source = (enum edge_source)source,
		.clock = device_clock_of(times, device),
	};
}

static int64_t member(const json_t *object, const char *edge, const char *what)
{
	char key[32];
	snprintf(key, sizeof key, "%s_%s_ns", edge, what);
	json_int_t ns = json_integer_value(json_object_get(object, key));
	return ns > LAG_MAX ? LAG_MAX : ns < -LAG_MAX ? -LAG_MAX : ns;
}

/* ---- what was told ---- */

/* Its lag has been taken off when it was recorded. */
static struct edge_claim own_claim(const struct run *run, const struct run_edge *edge, const char *name)
{
	return (struct edge_claim){
		.source = EDGE_SOFTWARE, .t = edge->t, .u = edge->u_t,
		.worst = llabs(member(json_object_get(run->header, "options"), name, "worst")),
	};
}

static bool is_of(const struct run_edge *edge, const struct line *line, const char *role, enum edge_what what)
{
	char name[40];
	snprintf(name, sizeof name, "%.31s.%s", strcmp(role, "output") == 0 ? line->output : line->device, role);
	return edge->edge.what == what && strncmp(edge->edge.name, name, sizeof edge->edge.name) == 0;
}

static size_t count(const struct run *run, const struct line *line, const char *role, enum edge_what what)
{
	size_t n = 0;
	for (size_t i = 0; i < run->n_edges; i++)
		n += is_of(&run->edges[i], line, role, what);
	return n;
}

/* An edge of the input in the host's time, and what its device's clock leaves open of that. */
struct seen {
	int64_t t;
	double u;
	double trip; /* ns: the least round trip to that clock */
};
static bool host_time(const struct line *line, const struct run_edge *edge, struct seen *seen)
{
	struct time_reading reading;
	*seen = (struct seen){ .t = edge->t };
	if (line->clock == NULL)
		return true;
	if (!time_map_read(&line->clock->map, edge->t, edge->edge.received, &reading))
		return false;
	*seen = (struct seen){ .t = reading.host, .u = reading.u_random, .trip = 2 * reading.u_asymmetry };
	return true;
}

/* The one that is nearest to `t`; false when none has a host time. */
static bool nearest(const struct run *run, const struct line *line, enum edge_what what, int64_t t, struct seen *found)
{
	bool any = false;
	for (size_t i = 0; i < run->n_edges; i++) {
		struct seen seen;
		if (!is_of(&run->edges[i], line, "input", what) || !host_time(line, &run->edges[i], &seen))
			continue;
		if (!any || llabs(seen.t - t) < llabs(found->t - t))
			*found = seen;
		any = true;
	}
	return any;
}

/* ---- what is wrong with it ---- */

static bool is_level_of(const struct run_channel *channel, const char *device)
{
	size_t length = strlen(device);
	return strcmp(channel->device, device) == 0 && strncmp(channel->channel.name, device, length) == 0 &&
	       strcmp(channel->channel.name + length, ".level") == 0;
}

static bool has_lost(const struct run *run, const struct line *line)
{
	for (size_t i = 0; i < run->n_channels; i++)
		if (is_level_of(&run->channels[i], line->device) && run->channels[i].n_gaps > 0)
			return true;
	return false;
}

/* The way to it is then another one than in the self-test. */
static bool has_begun_anew(const struct line *line)
{
	for (size_t s = 1; line->clock && s < line->clock->map.n_segments; s++)
		if (time_map_began_anew(&line->clock->map, s))
			return true;
	return false;
}

/* What its input tells must be what its output did, no more and no less. */
static const char *doubt(const struct run *run, const struct line *line)
{
	size_t raised = count(run, line, "output", EDGE_RISE), lowered = count(run, line, "output", EDGE_FALL);
	size_t rises = count(run, line, "input", EDGE_RISE), falls = count(run, line, "input", EDGE_FALL);
	if (has_begun_anew(line))
		return "the trigger's device began anew: the host's own edges are used";
	if (has_lost(run, line))
		return "the trigger's input lost edges: the host's own are used";
	if (rises < raised || falls < lowered)
		return "the trigger's input missed edges of its output: the host's own are used";
	if (rises > raised || falls > lowered)
		return "the trigger's input saw edges that its output did not make: the host's own are used";
	return raised && lowered ? "" : "the trigger's line was not raised and lowered: the host's own edges are used";
}

/* How the way there and back divides is in the lag (edge_lags.h), as long as they take as long as in the self-test: what they take more or
 * less may be all of one way, and an edge is off by half of that. Without that figure, the whole trip may be. */
static double otherwise_divided(const struct line *line, const struct seen *seen)
{
	return line->clock ? fabs(seen->trip - (double)json_integer_value(json_object_get(line->json, "trip_ns"))) / 2 : 0;
}

/* Adds what the line tells of one edge. "", or why it cannot be used. */
static const char *ask_line(const struct run *run, const struct line *line, enum edge_what what, const char *name,
			    struct edge_claim claims[2])
{
	struct seen seen;
	if (!nearest(run, line, what, claims[0].t, &seen))
		return "the clock of the trigger's device cannot be joined to the host's there: the host's own edges are used";
	const struct edge_figure figure = {
		.lag = member(line->json, name, "lag"), .u = llabs(member(line->json, name, "u")),
		.worst = llabs(member(line->json, name, "worst")),
	};
	claims[1] = edge_claim_of(line->source, &figure, seen.t);
	double divided = otherwise_divided(line, &seen);
	claims[1].u = llround(hypot((double)claims[1].u, seen.u) + divided);
	claims[1].worst += (int64_t)ceil(seen.u + divided);
	return edge_claims_agree(&claims[0], &claims[1]) ? "" : "the trigger's line contradicts the host's own edges, which are used";
}

/* ---- the gate ---- */

/* Device names have no dots. */
static bool is_output(const struct run_edge *edge)
{
	const char *dot = strchr(edge->edge.name, '.');
	return run_edge_is_line(edge) && dot && strcmp(dot, ".output") == 0;
}

static bool is_gate(const struct run_edge *edge, const struct line *line)
{
	return line->clock ? is_of(edge, line, "input", (enum edge_what)edge->edge.what) && run_edge_is_line(edge) : is_output(edge);
}

/* Of a device that has a clock of its own. */
static bool is_of_device(const struct run_edge *edge, const struct device_times *times)
{
	char device[sizeof edge->edge.name];
	snprintf(device, sizeof device, "%.*s", (int)strcspn(edge->edge.name, "."), edge->edge.name);
	return device_clock_of(times, device) != NULL;
}

static const char *place_gate(const struct run_edge *edge, const struct line *line, int64_t *t, double *u)
{
	struct time_reading reading;
	*t = edge->t;
	*u = (double)edge->u_t;
	if (line->clock == NULL)
		return NULL;
	if (!time_map_read(&line->clock->map, edge->t, edge->edge.received, &reading))
		return "the clock that saw the integrator's gate cannot be joined to the host's there";
	*t = reading.host;
	*u += time_reading_u(&reading);
	return NULL;
}

static const char *find_gate(const struct run *run, const struct device_times *times, const struct line *line, struct gate *gate)
{
	const struct run_edge *rise = NULL, *fall = NULL;
	size_t n = 0;
	if (line->clock && has_lost(run, line))
		return "edges of the integrator's gate were lost";
	for (size_t i = 0; i < run->n_edges; i++) {
		const struct run_edge *edge = &run->edges[i];
		if (!is_gate(edge, line))
			continue;
		n++;
		*(edge->edge.what == EDGE_RISE ? &rise : &fall) = edge;
	}
	if (n != 2 || rise == NULL || fall == NULL)
		return n == 0 ? "nothing tells when the integrator's gate opened and closed" : "the integrator's gate did not open and close exactly once";
	if (line->clock == NULL && is_of_device(rise, times))
		return "the trigger's output is a device's own, and no input that is wired to it tells when the integrator's gate opened";
	const char *fault = place_gate(rise, line, &gate->opened, &gate->u_opened);
	return fault ? fault : place_gate(fall, line, &gate->closed, &gate->u_closed);
}

void run_gate(const struct run *run, const struct device_times *times, struct gate *gate)
{
	const struct line line = line_of(run, times);
	*gate = (struct gate){ .fault = NULL };
	gate->fault = find_gate(run, times, &line, gate);
}

/* ---- both ends ---- */

bool run_ends(const struct run *run, const struct device_times *times, struct run_ends *ends)
{
	const struct run_edge *start = run_edge(run, EDGE_START, NULL), *stop = run_edge(run, EDGE_STOP, NULL);
	const struct line line = line_of(run, times);
	if (start == NULL || stop == NULL)
		return false;
	struct edge_claim starts[2] = { own_claim(run, start, "start") }, stops[2] = { own_claim(run, stop, "stop") };
	*ends = (struct run_ends){ .start = starts[0], .stop = stops[0], .remark = "" };
	if (line.json == NULL)
		return true;
	ends->remark = doubt(run, &line);
	if (ends->remark[0])
		return true;
	ends->remark = ask_line(run, &line, EDGE_RISE, "start", starts);
	if (ends->remark[0] == '\0')
		ends->remark = ask_line(run, &line, EDGE_FALL, "stop", stops);
	if (ends->remark[0])
		return true;
	ends->start = *edge_best(starts, 2);
	ends->stop = *edge_best(stops, 2);
	return true;
}
