#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "audit_evidence.h"
#include "clock.h"
#include "device_time.h"
#include "run.h"
#include "run_series.h"
#include "sanity.h"
#include "view.h"

#define STATUS_UNSYNCHRONISED 0x0040 /* STA_UNSYNC of adjtimex(2) */

static double seconds(int64_t ns)
{
	return (double)ns / NS_PER_S;
}

/* As numbers: the ends of a bracket are whatever campaign.h5 says. */
static double between(int64_t from, int64_t to)
{
	return ((double)to - (double)from) / NS_PER_S;
}

/* What a gathered stretch of time is: the core phase, or the idle window. */
struct stretch {
	int64_t from, to; /* MONOTONIC; empty unless from < to */
};

/* ---- one channel's readings ---- */

/* When what a value stands for began and ended. */
static struct stretch span_of(const struct channel *c, int64_t t)
{
	if (c->kind == CHANNEL_INSTANT)
		return (struct stretch){ t, t + c->refresh };
	if (c->kind == CHANNEL_COUNTER)
		return (struct stretch){ t, t };
	int64_t length = c->window > 0 ? c->window : c->refresh;
	return (struct stretch){ t - c->latency - length, t - c->latency };
}

static bool is_inside(const struct stretch *inner, const struct stretch *outer)
{
	return inner->from >= outer->from && inner->to <= outer->to;
}

static void count_gaps(const struct series *s, const struct stretch *core, struct audit_series *into)
{
	for (size_t i = 0; i < s->n_gaps; i++)
		into->gaps += s->gaps[i].from < core->to && s->gaps[i].to > core->from;
}

static void take_reading(const struct series *s, size_t i, struct audit_series *into)
{
	double u = seconds(s->u_t[i]);
	into->over += (s->flags[i] & (FLAG_OVER_RANGE | FLAG_PEAK_OVER | FLAG_RANGE_CHANGED)) != 0;
	if (s->flags[i] & FLAG_INVALID) {
		into->invalid++;
		return;
	}
	into->readings++;
	into->u_stamp = into->readings == 1 || u > into->u_stamp ? u : into->u_stamp;
	if (s->channel->kind != CHANNEL_COUNTER && (into->readings == 1 || s->value[i] < into->least))
		into->least = s->value[i];
}

static void look_at_readings(const struct series *s, const struct stretch *core, struct audit_series *into)
{
	int64_t first = 0, last = 0, last_t = 0, first_t = 0;
	for (size_t i = 0; i < s->n; i++) {
		struct stretch span = span_of(s->channel, s->t[i]);
		if (!is_inside(&span, core))
			continue;
		size_t before = into->readings;
		take_reading(s, i, into);
		if (into->readings == before)
			continue;
		if (before == 0) {
			first = span.from;
			first_t = s->t[i];
		} else if (isnan(into->longest) || between(last_t, s->t[i]) > into->longest)
			into->longest = between(last_t, s->t[i]);
		last = span.to;
		last_t = s->t[i];
	}
	if (into->readings == 0)
		return;
	into->before = between(core->from, first);
	into->after = between(last, core->to);
	if (into->readings > 1)
		into->spacing = between(first_t, last_t) / (double)(into->readings - 1);
}

/* ---- levels ---- */

/* "-2" of "wall.power-2", an instrument's second element; "" of its only one. */
static const char *element_of(const char *name)
{
	const char *dash = strrchr(name, '-'), *dot = strrchr(name, '.');
	return dash && dot && dash > dot && strspn(dash + 1, "0123456789") == strlen(dash + 1) ? dash : "";
}

static double mean_in(const struct run_channel *source, const struct stretch *stretch)
{
	const struct channel *c = &source->channel;
	double sum = 0;
	size_t n = 0;
	if (c->clock != CLOCK_ID_MONOTONIC || c->number != NUMBER_F64)
		return NAN;
	for (size_t i = 0; i < source->n; i++)
		if (source->t[i] > stretch->from && source->t[i] <= stretch->to && !(source->flags[i] & FLAG_INVALID)) {
			sum += source->values.f64[i] * c->scale + c->offset;
			n++;
		}
	return n > 0 ? sum / (double)n : NAN;
}

/* What the same element of the same instrument said beside its power: of unit V or A, and not of a peak. */
static double beside(const struct run *run, const struct run_channel *power, enum unit unit, const struct stretch *stretch)
{
	for (size_t i = 0; i < run->n_channels; i++) {
		const struct run_channel *c = &run->channels[i];
		bool same = strcmp(c->device, power->device) == 0 && strcmp(element_of(c->channel.name), element_of(power->channel.name)) == 0;
		if (same && c->channel.unit == unit && strstr(c->channel.name, "_peak") == NULL)
			return mean_in(c, stretch);
	}
	return NAN;
}

static struct audit_level level_in(const struct run *run, const struct run_channel *source, const struct stretch *stretch, double power)
{
	return (struct audit_level){ .power = power, .voltage = beside(run, source, UNIT_VOLT, stretch),
				     .current = beside(run, source, UNIT_AMPERE, stretch) };
}

static struct stretch idle_of(const struct run *run)
{
	const struct run_edge *begin = run_edge(run, EDGE_MARK, "idle-begin"), *end = run_edge(run, EDGE_MARK, "idle-end");
	return begin && end ? (struct stretch){ begin->t, end->t } : (struct stretch){ 0, 0 };
}

static void look_at_levels(const struct run *run, const struct run_channel *source, const struct result *result, struct audit_series *into)
{
	const struct energy *energy = view_energy(result, source->channel.name);
	struct stretch core = { result->start, result->stop }, idle = idle_of(run);
	into->core = level_in(run, source, &core, energy ? energy->power : NAN);
	into->idle = level_in(run, source, &idle, energy ? energy->idle_before : NAN);
}

/* ---- channels ---- */

static int device_index(const struct audit_evidence *e, const char *name)
{
	for (int i = 0; i < e->n_devices; i++)
		if (strcmp(e->devices[i].name, name) == 0)
			return i;
	return -1;
}

static void look_at_ranges(const struct run *run, const char *device, struct audit_series *into)
{
	for (size_t i = 0; i < run->n_ranges; i++) {
		const struct record_range *range = &run->ranges[i].range;
		if (strcmp(run->channels[run->ranges[i].channel].device, device) != 0)
			continue;
		into->ranged |= range->voltage > 0 || range->current > 0;
		into->automatic |= range->automatic != 0;
		into->changed |= range->changed != 0;
	}
}

static void describe(const struct run *run, const struct run_channel *source, const struct channel *c, const struct audit_evidence *e,
		     struct audit_series *into)
{
	int device = device_index(e, source->device);
	*into = (struct audit_series){
		.device = device, .simulated = c->simulated || (device >= 0 && e->devices[device].simulated), .kind = c->kind, .role = c->role,
		.window = seconds(c->window), .unmeasured = seconds(c->unmeasured), .refresh = seconds(c->refresh), .added = c->offset,
		.accuracy = c->accuracy, .least = NAN, .spacing = NAN, .longest = NAN, .before = NAN, .after = NAN, .u_stamp = NAN,
	};
	memcpy(into->channel, c->name, sizeof into->channel);
	look_at_ranges(run, source->device, into);
}

static bool is_of_wall(const struct channel *c)
{
	bool carries = c->kind != CHANNEL_OBSERVE && (c->unit == UNIT_WATT || c->unit == UNIT_JOULE);
	return carries && (c->role == ROLE_WALL || c->role == ROLE_INTEGRAL);
}

static int look_at_channel(const struct run *run, const struct run_channel *source, const struct device_times *times, const struct result *result,
			   const struct audit_evidence *e, struct audit_series *into)
{
	struct run_series made;
	struct stretch core = { result->start, result->stop };
	struct error why = ERROR_INIT;
	if (run_series_make(run, source, times, &made, &why) != 0)
		return -1;
	describe(run, source, made.series.channel, e, into);
	look_at_readings(&made.series, &core, into);
	count_gaps(&made.series, &core, into);
	look_at_levels(run, source, result, into);
	run_series_free(&made);
	return 0;
}

static int look_at_channels(const struct run *run, const struct device_times *times, const struct result *result, const struct audit_evidence *e,
			    struct audit_run *into)
{
	into->series = calloc(run->n_channels + 1, sizeof *into->series);
	if (into->series == NULL)
		return -1;
	for (size_t i = 0; i < run->n_channels; i++)
		if (is_of_wall(&run->channels[i].channel) &&
		    look_at_channel(run, &run->channels[i], times, result, e, &into->series[into->n_series++]) != 0)
			return -1;
	return 0;
}

/* ---- the run ---- */

/* Of a log that another program wrote, the anchors were made from it: they tell nothing of a clock. */
static int disciplined(const struct run *run)
{
	int known = run->n_anchors > 0 && !json_is_true(json_object_get(run->header, "imported")) ? 1 : -1;
	for (size_t i = 0; i < run->n_anchors && known >= 0; i++)
		if (run->anchors[i].status < 0)
			known = -1;
		else if (run->anchors[i].status & STATUS_UNSYNCHRONISED)
			known = 0;
	return known;
}

static bool is_ambient(const struct channel *c)
{
	static const char *const words[] = { "ambient", "intake", "inlet" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (c->unit == UNIT_DEGREE_C && strcasestr(c->name, words[i]))
			return true;
	return false;
}

/* From the idle window to the end of the core phase: while anything counts. By the sensor that was read most evenly. */
static void look_at_ambient(const struct run *run, const struct result *result, struct audit_run *into)
{
	struct stretch idle = idle_of(run);
	int64_t from = idle.from < idle.to ? idle.from : result->start;
	for (size_t k = 0; k < run->n_channels; k++) {
		const struct run_channel *c = &run->channels[k];
		int64_t last = from;
		double widest = 0;
		if (!is_ambient(&c->channel) || c->channel.number != NUMBER_F64)
			continue;
		for (size_t i = 0; i < c->n; i++) {
			double value = c->values.f64[i] * c->channel.scale + c->channel.offset;
			if (c->t[i] < from || c->t[i] > result->stop || (c->flags[i] & FLAG_INVALID))
				continue;
			widest = fmax(widest, between(last, c->t[i]));
			last = c->t[i];
			into->ambient = isnan(into->ambient) || value < into->ambient ? value : into->ambient;
		}
		into->ambient_spacing = fmin(into->ambient_spacing, fmax(widest, between(last, result->stop)));
	}
}

void audit_run_look(const struct run *run, const struct result *result, const struct audit_evidence *e, struct audit_run *into)
{
	struct device_times times = { .n = 0 };
	struct error why = ERROR_INIT;
	if (sanity_fault(run) || device_times_make(run, &times, &why) != 0)
		return;
	into->is_read = look_at_channels(run, &times, result, e, into) == 0;
	device_times_free(&times);
	into->disciplined = disciplined(run);
	look_at_ambient(run, result, into);
}
