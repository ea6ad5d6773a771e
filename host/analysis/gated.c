#include "gated.h"

#include <math.h>

#include "clock.h"
#include "kinds.h"
#include "padded.h"

#define APART_MAX (50 * NS_PER_MS) /* a gate that is further from the bracket's edge is another bracket's… */
#define APART_PART 20              /* …and so is one that is off by this part of it */
#define RESTS 2                    /* counts that are alike show that it rests */
#define SHOWN_LATE (NS_PER_S / 2)  /* beyond two of its updates, until a count is the last */

struct gated {
	const struct series *series;
	const struct bracket *bracket;
	const struct energy_options *options;
	const struct gate *gate;
	size_t before, after; /* the counts that are taken */
	double counted;       /* J */
	double lead, lag;     /* s: from the edge to counting, from the edge to no longer counting */
	double u_lead, u_lag; /* s: of that the half-width that the gate has */
	double duration;      /* s: of the bracket */
	double supply_lag;    /* s: bound */
	double load;          /* W */
	struct {
		double power, open; /* W: the level, and the half-width of what it may be where it is not known */
	} pre, post;
};

static double seconds(double ns)
{
	return ns / (double)NS_PER_S;
}

static bool readable(const struct series *series, size_t i)
{
	return series->count && !(series->flags[i] & FLAG_INVALID);
}

/* ---- the gate ---- */

static int check_gate(struct gated *g, struct energy *energy)
{
	const struct gate *gate = g->gate;
	int64_t length = g->bracket->stop - g->bracket->start, most = length / APART_PART < APART_MAX ? length / APART_PART : APART_MAX;
	if (gate == NULL)
		return energy_refuse(energy, "nothing is known of the integrator's gate");
	if (gate->fault)
		return energy_refuse(energy, "%s", gate->fault);
	if (gate->closed <= gate->opened)
		return energy_refuse(energy, "the integrator's gate closed before it opened");
	int64_t lead = gate->opened - g->bracket->start, lag = gate->closed - g->bracket->stop;
	if (lead > most || lead < -most || lag > most || lag < -most)
		return energy_refuse(energy, "the integrator's gate was open for another bracket: from %+.3g s off its start to %+.3g s off its stop",
				     seconds((double)lead), seconds((double)lag));
	double reaction = (double)g->series->channel->latency;
	g->lead = seconds((double)lead + reaction);
	g->lag = seconds((double)lag + reaction);
	g->u_lead = seconds(gate->u_opened);
	g->u_lag = seconds(gate->u_closed);
	return 0;
}

/* ---- the count ---- */

/* The last count before the gate opened; all in the quiet before it must be the same. */
static int rests_before(struct gated *g, struct energy *energy)
{
	const struct series *s = g->series;
	int64_t until = g->gate->opened - (int64_t)ceil(g->gate->u_opened);
	size_t alike = 0;
	for (size_t i = 0; i < s->n && s->t[i] + s->u_t[i] < until; i++) {
		if (!readable(s, i) || s->t[i] < g->options->quiet_from)
			continue;
		if (alike > 0 && s->count[i] != s->count[g->before])
			return energy_refuse(energy, "the integrator counted while its gate was closed, before the run");
		g->before = i;
		alike++;
	}
	return alike >= RESTS ? 0 : energy_refuse(energy, "the integrator was not seen to rest before its gate opened");
}

/* The last count of the quiet after the run, and all that were shown once the last of it had to be there. */
static int rests_after(struct gated *g, struct energy *energy)
{
	const struct series *s = g->series;
	const struct channel *c = s->channel;
	int64_t shown = g->gate->closed + (int64_t)ceil(g->gate->u_closed) + c->latency + c->u_latency + 2 * c->refresh + SHOWN_LATE;
	size_t alike = 0;
	for (size_t i = s->n; i-- > 0 && s->t[i] - s->u_t[i] > g->gate->closed;) {
		if (!readable(s, i) || s->t[i] > g->options->quiet_to)
			continue;
		if (alike > 0 && s->count[i] != s->count[g->after]) {
			if (s->t[i] - s->u_t[i] > shown)
				return energy_refuse(energy, "the integrator counted while its gate was closed, after the run");
			break;
		}
		g->after = alike > 0 ? g->after : i;
		alike++;
	}
	return alike >= RESTS ? 0 : energy_refuse(energy, "the integrator was not seen to rest after its gate closed");
}

static int check_flags(const struct gated *g, struct energy *energy)
{
	uint32_t flags = 0;
	for (size_t i = g->before + 1; i <= g->after; i++) {
		flags |= g->series->flags[i];
		energy->used += readable(g->series, i);
		energy->invalid += !readable(g->series, i);
	}
	if (flags & (FLAG_OVER_RANGE | FLAG_IMPLAUSIBLE))
		return energy_refuse(energy, "power left the meter's range: what it was then is not known");
	if (flags & FLAG_PEAK_OVER)
		return energy_refuse(energy, "peaks exceeded the meter's range: readings may be low");
	if (flags & FLAG_RANGE_CHANGED)
		return energy_refuse(energy, "the meter had left its range by itself: its accuracy is not known");
	return 0;
}

static int count(struct gated *g, struct energy *energy)
{
	const uint64_t *counts = g->series->count;
	if (counts == NULL)
		return energy_refuse(energy, "the integrator's counts are no whole numbers");
	if (rests_before(g, energy) != 0 || rests_after(g, energy) != 0 || check_flags(g, energy) != 0)
		return -1;
	if (counts[g->after] < counts[g->before])
		return energy_refuse(energy, "the integrator began anew within the run");
	if (counts[g->after] == counts[g->before])
		return energy_refuse(energy, "the integrator did not count while its gate was open");
	g->counted = (double)(counts[g->after] - counts[g->before]) * g->series->channel->scale;
	return 0;
}

/* ---- levels ---- */

/* Where a level is not known it lies between nothing and the load. The load is what was counted within the bracket, over its time. */
static void find_levels(struct gated *g)
{
	const struct energy *quiet = g->gate->quiet;
	bool known = quiet && quiet->status != ENERGY_REFUSED;
	g->load = g->counted / (g->duration + g->lag - g->lead);
	g->pre.power = known ? quiet->idle_before : NAN;
	g->post.power = known ? quiet->idle_after : NAN;
	if (isnan(g->pre.power))
		g->pre.power = g->pre.open = g->load / 2;
	if (isnan(g->post.power))
		g->post.power = g->post.open = g->load / 2;
	double outside = g->pre.power * fmax(0, -g->lead) + g->post.power * fmax(0, g->lag);
	g->load = (g->counted - outside) / (g->duration - fmax(0, g->lead) + fmin(0, g->lag));
}

/* The supply passes a step on up to `supply_lag` later: so long, on average, the level from before it lasts into the next `length`. */
static double held_back(const struct gated *g, double length)
{
	double most = g->supply_lag;
	if (!(most > 0))
		return 0;
	return length < most ? length - length * length / (2 * most) : most / 2;
}

static double missing(const struct gated *g)
{
	double held = g->lead > 0 ? held_back(g, g->lead) : 0;
	return g->lead > 0 ? g->load * (g->lead - held) + g->pre.power * held : g->pre.power * g->lead;
}

static double surplus(const struct gated *g)
{
	double held = g->lag > 0 ? held_back(g, g->lag) : 0;
	return g->lag > 0 ? g->post.power * (g->lag - held) + g->load * held : g->load * g->lag;
}

/* ---- terms ---- */

/* The power at an edge of the gate: the load's, if that may be there by now, or still. */
static double exposed_start(const struct gated *g, double width)
{
	return g->lead + width > 0 ? fmax(g->load, g->pre.power) : g->pre.power + g->pre.open;
}

static double exposed_stop(const struct gated *g, double width)
{
	return g->lag - width < g->supply_lag ? fmax(g->load, g->post.power) : g->post.power + g->post.open;
}

static void edge_terms(const struct gated *g, struct energy *energy)
{
	double reaction = seconds((double)g->series->channel->u_latency), idle = isnan(energy->idle_before) ? 0 : energy->idle_before;
	double u_start = seconds((double)g->bracket->u_start), u_stop = seconds((double)g->bracket->u_stop);
	double start = exposed_start(g, u_start + g->u_lead + reaction), stop = exposed_stop(g, u_stop + g->u_lag + reaction);
	double open = hypot(start * u_start, start * g->u_lead) / sqrt(3), close = hypot(stop * u_stop, stop * g->u_lag) / sqrt(3);
	double net_open = hypot((start - idle) * u_start, start * g->u_lead) / sqrt(3);
	double net_close = hypot((stop - idle) * u_stop, stop * g->u_lag) / sqrt(3);
	double both = hypot(start, stop) * reaction / sqrt(3);
	energy_charge(energy, "gate-open", 'B', INFINITY, SHARE_NONE, (struct effect){open, net_open, 0});
	energy_charge(energy, "gate-close", 'B', INFINITY, SHARE_NONE, (struct effect){close, net_close, 0});
	energy_charge(energy, "reaction", 'B', INFINITY, SHARE_ABSOLUTE, (struct effect){both, both, 0});
}

/* Neither is the load alike at all times, nor is it known how soon the supply passes its steps on: anything between the levels. */
static void power_term(const struct gated *g, struct energy *energy)
{
	double start = (fabs(g->load - g->pre.power) + g->pre.open) * fabs(g->lead);
	double stop = (fabs(g->load - g->post.power) + g->post.open) * fabs(g->lag);
	double u = hypot(start, stop) / sqrt(3);
	energy_charge(energy, "gate-power", 'B', INFINITY, SHARE_ABSOLUTE, (struct effect){u, u, 0});
}

/* As in integral.c; a count of nothing, after a reset, is exact. */
static double step_of(const struct gated *g, uint64_t count)
{
	return count == 0 ? 0 : fmax(g->series->channel->accuracy.quantum, integral_step(g->series, count));
}

static void meter_terms(const struct gated *g, struct energy *energy)
{
	const uint64_t *counts = g->series->count;
	const struct padded padded = {.series = g->series, .options = g->options, .duration = g->duration};
	double a = step_of(g, counts[g->before]), b = step_of(g, counts[g->after]);
	double steps = hypot(hypot(a, b) / sqrt(12), (b - a) / 2 / sqrt(3)), clock = g->series->channel->accuracy.timebase / sqrt(3);
	padded_specification(&padded, energy);
	energy_charge(energy, "quantum", 'B', INFINITY, SHARE_NONE, (struct effect){steps, steps, 0});
	energy_charge(energy, "integrator-clock", 'B', INFINITY, SHARE_RELATIVE,
		      (struct effect){clock * energy->gross.value, clock * energy->net.value, 0});
}

/* The definition's own, as in padded.c. */
static void idle_terms(const struct gated *g, struct energy *energy)
{
	double noise = energy->u_idle_before * g->duration, open = (g->post.power - g->pre.power) / 2 / sqrt(3) * g->duration;
	if (isnan(energy->net.value))
		return;
	const struct budget_term *known = budget_term(&g->gate->quiet->net.budget, "idle-noise");
	const struct budget_term *moved = budget_term(&g->gate->quiet->net.budget, "idle-moved");
	energy_charge(energy, "idle-noise", 'A', known ? known->nu : INFINITY, SHARE_NONE, (struct effect){0, noise, 0});
	energy_charge(energy, "idle-moved", 'B', INFINITY, SHARE_ABSOLUTE, (struct effect){0, moved ? moved->u : 0, 0});
	energy_charge(energy, "definition", 'B', INFINITY, SHARE_BESIDE, (struct effect){0, open, 0});
}

static void fill_values(const struct gated *g, struct energy *energy)
{
	const struct energy *quiet = g->gate->quiet;
	energy->gross.value = g->counted + missing(g) - surplus(g);
	energy->power = energy->gross.value / g->duration;
	if (quiet == NULL || quiet->status == ENERGY_REFUSED)
		return;
	energy->idle_before = quiet->idle_before;
	energy->u_idle_before = quiet->u_idle_before;
	energy->idle_after = quiet->idle_after;
	energy->net.value = energy->gross.value - energy->idle_before * g->duration;
}

void energy_of_gated(const struct series *series, const struct bracket *bracket, const struct energy_options *options,
		     struct energy *energy)
{
	struct gated g = {
		.series = series, .bracket = bracket, .options = options, .gate = options->gate,
		.duration = seconds((double)(bracket->stop - bracket->start)),
		.supply_lag = seconds((double)supply_lag_of(series, options)),
	};
	if (check_gate(&g, energy) != 0 || count(&g, energy) != 0)
		return;
	find_levels(&g);
	fill_values(&g, energy);
	edge_terms(&g, energy);
	power_term(&g, energy);
	meter_terms(&g, energy);
	idle_terms(&g, energy);
}
