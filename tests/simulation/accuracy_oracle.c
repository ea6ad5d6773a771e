#include "accuracy_oracle.h"

#include <math.h>
#include <string.h>

#include "random.h"

#define DRAWS 400
#define SLICES 8 /* of an edge that is no sharp step */
#define COVERS 1.96
#define REGISTER 0.001 /* s: the counters' update step */

struct levels {
	double idle, first, last, post; /* W at the wall: before, just inside the edges, just behind */
};

static double square(double x)
{
	return x * x;
}

static double rectangular(double limit)
{
	return square(limit) / 3;
}

/* ---- the load, in closed form ---- */

struct machine {
	const struct model_config *model;
	double dynamic; /* W of the package at full load */
	double T;
};

static double warmth(const struct machine *m, double after)
{
	const struct model_config *c = m->model;
	return 1 + c->leakage * c->thermal_resistance * m->dynamic * (1 - exp(-m->T / c->thermal_tau)) * exp(-after / c->thermal_tau);
}

static double loaded(const struct machine *m, double t)
{
	const struct model_config *c = m->model;
	double warm = 1 + c->leakage * c->thermal_resistance * m->dynamic * (1 - exp(-t / c->thermal_tau));
	double memory = c->dram_idle + c->cores * c->dram_per_core;
	return planted_wall(c, (c->idle + m->dynamic) * warm + memory + c->platform + c->fan * (1 - exp(-t / c->fan_tau)));
}

static double behind(const struct machine *m, double after)
{
	const struct model_config *c = m->model;
	double fan = c->fan * (1 - exp(-m->T / c->fan_tau)) * exp(-after / c->fan_tau);
	return planted_wall(c, c->idle * warmth(m, after) + c->dram_idle + c->platform + fan);
}

static struct machine machine_of(const struct planted_bench *b, double T)
{
	const struct model_config *c = &b->twin.model;
	return (struct machine){ .model = c, .dynamic = c->cores * c->per_core * (1 - c->curvature), .T = T };
}

static struct levels levels_of(const struct planted_bench *b, const struct machine *m)
{
	const struct model_config *c = m->model;
	double idle = planted_wall(c, c->idle + c->dram_idle + c->platform);
	return (struct levels){ .idle = idle, .first = b->ramp > 0 ? loaded(m, b->ramp) : loaded(m, 0), .last = loaded(m, m->T),
				.post = behind(m, 0) };
}

/* ---- the meter's range error ---- */

/* How far along the curve from idle to load the power stands, integrated over run and tail: by so much time the difference of
 * the two errors counts. */
struct weights {
	double run, tail; /* s */
};

static double place_on_curve(const struct planted_bench *b, const struct machine *m, double power)
{
	const struct model_config *c = m->model;
	double range = 300 * b->twin.bench.current_range;
	double idle = planted_wall(c, c->idle + c->dram_idle + c->platform);
	double load = planted_wall(c, c->idle + c->dram_idle + c->platform + m->dynamic + c->cores * c->dram_per_core + c->fan / 2);
	double at_idle = sin(3 * M_PI * idle / range), at_load = sin(3 * M_PI * load / range);
	return (sin(3 * M_PI * power / range) - at_idle) / (at_load - at_idle);
}

static struct weights weights_of(const struct planted_bench *b, const struct machine *m, double until)
{
	struct weights weights = { 0, 0 };
	for (int i = 0; i < 200; i++) {
		double part = (i + 0.5) / 200;
		weights.run += place_on_curve(b, m, loaded(m, part * m->T)) * m->T / 200;
		weights.tail += place_on_curve(b, m, behind(m, part * (until - m->T))) * (until - m->T) / 200;
	}
	return weights;
}

/* ---- windows between zero crossings ---- */

struct grid {
	double window, phase, cycle, cycle_phase; /* s */
};

/* What a step of 1 W at `at` adds to the sum of windows, beyond what it adds to the energy; J. */
static double step_error(const struct grid *g, double at)
{
	double from = g->phase + floor((at - g->phase) / g->window) * g->window, to = from + g->window;
	double first = g->cycle_phase + ceil((from - g->cycle_phase) / g->cycle) * g->cycle;
	double last = g->cycle_phase + floor((to - g->cycle_phase) / g->cycle) * g->cycle;
	double seen = at <= first ? 1 : at >= last ? 0 : (last - at) / (last - first);
	return g->window * seen - (to - at);
}

/* A step behind the supply's store, after a ramp. */
static double edge_error(const struct grid *g, double at, double lag, double ramp)
{
	double sum = 0;
	for (int i = 0; i < SLICES; i++) {
		double late = -lag * log(1 - (i + 0.5) / SLICES), along = ramp * ((3 * i + 1) % SLICES + 0.5) / SLICES;
		sum += step_error(g, at + late + along) / SLICES;
	}
	return sum;
}

static double crossing_variance(const struct planted_bench *b, const struct levels *l, double T, struct random *random)
{
	double squares = 0;
	for (int i = 0; i < DRAWS; i++) {
		struct grid g = { .window = b->order.window * (1 + b->twin.meter.spec_timebase * random_between(random, -1, 1)) };
		g.phase = random_between(random, 0, g.window);
		g.cycle = 1 / (50 + 0.02 * random_normal(random));
		g.cycle_phase = random_between(random, 0, g.cycle);
		double lag = random_between(random, 0, b->twin.bench.supply_lag), at = 10;
		squares += square((l->first - l->idle) * edge_error(&g, at, lag, b->ramp) -
				  (l->last - l->post) * edge_error(&g, at + T, lag, 0));
	}
	return squares / DRAWS;
}

/* ---- the wall ---- */

static void wall(const struct planted_bench *b, const struct simulation_outcome *outcome, struct measured *m, struct random *random)
{
	const struct twin_config *t = &b->twin;
	struct machine machine = machine_of(b, m->duration);
	struct levels l = levels_of(b, &machine);
	double T = m->duration, W = b->order.window, until = T + (double)(outcome->truth.tail_end.t - outcome->truth.stop.t) * 1e-9;
	double gross = m->figure[FIGURE_GROSS].truth, net = m->figure[FIGURE_NET].truth, caused = m->figure[FIGURE_CAUSED].truth;
	double errors = b->order.no_errors ? 0 : 1, gain = errors * rectangular(t->meter.spec_reading);
	double limit = errors * rectangular(t->meter.spec_range * 300 * t->bench.current_range);
	double phase = errors * rectangular(t->meter.spec_phase * t->meter.reactive); /* the same at idle: no part of net */
	struct weights w = weights_of(b, &machine, until);
	double at_idle = T - w.run, mixed = square(at_idle) + square(w.run) + at_idle * w.run; /* correlation 1/2 */
	double crossing = crossing_variance(b, &l, T, random);
	/* White noise of the meter; of what wanders, the part that goes unmeasured: 20 ms of each window. */
	double density = square(t->meter.errors.noise) * 0.1 + 2 * square(t->model.ripple) * t->model.ripple_tau * 0.02 / W;
	double wanders = 2 * square(t->model.ripple) * t->model.ripple_tau * 0.98; /* the rest is in density */
	double idle = (density + wanders) / ((double)(b->plan.idle - 2 * b->plan.guard) * 1e-9), clock = rectangular(t->meter.spec_timebase);
	double lag = square((l.last - l.post) * t->bench.supply_lag) / 12;
	double latency = rectangular(t->meter.spec_latency) * square(l.post - l.idle);
	m->figure[FIGURE_GROSS].oracle = COVERS * sqrt(square(gross) * gain + limit * mixed + phase * square(T) + crossing + lag +
						       latency + density * (T + W) + square(net) * clock);
	m->figure[FIGURE_NET].oracle = COVERS * sqrt(square(net) * gain + limit * square(w.run) + crossing + lag + latency +
						     density * (T + W) + idle * square(T) + square(net) * clock);
	m->figure[FIGURE_CAUSED].oracle = COVERS * sqrt(square(caused) * gain + limit * square(w.run + w.tail) + crossing +
							density * until + idle * square(until) + square(caused) * clock);
}

/* ---- counters ---- */

/* When the zone was read next after the true stop, s after it. */
static double read_after(const struct simulation_outcome *outcome, enum channel_role role, int64_t stop)
{
	for (size_t i = 0; i < outcome->run.n_channels; i++) {
		const struct run_channel *channel = &outcome->run.channels[i];
		if (channel->channel.role != role)
			continue;
		for (size_t k = 0; k < channel->n; k++)
			if (channel->t[k] >= stop)
				return (double)(channel->t[k] - stop) * 1e-9;
	}
	return 0;
}

/* What the register lacks when it is read: at the start up to REGISTER of idle; at the stop energy from behind the edge, or some
 * of the load's last. `aftermath` s of the load's step lie within the first millisecond behind it. */
static double register_error(double idle, double step, double after, double quantum, struct random *random)
{
	double shown = after - random_between(random, 0, REGISTER), aftermath = random_between(random, 0, 0.0003) / 0.001;
	double late = shown < 0 ? shown : aftermath * fmin(shown, 0.001);
	double cut = quantum * (random_uniform(random) - random_uniform(random));
	return idle * (random_between(random, 0, REGISTER) + shown) + step * late + cut;
}

static void counters(const struct planted_bench *b, const struct simulation_outcome *outcome, int64_t stop, struct measured *m,
		     struct random *random)
{
	const struct model_config *c = &b->twin.model;
	struct machine machine = machine_of(b, m->duration);
	double after[] = { read_after(outcome, ROLE_PACKAGE, stop), read_after(outcome, ROLE_DRAM, stop) };
	double hot = machine.dynamic * warmth(&machine, 0), sum = 0, squares = 0;
	for (int i = 0; i < DRAWS; i++) {
		double error = register_error(c->idle, hot, after[0], b->twin.powercap.unit, random) +
			       register_error(c->dram_idle, c->cores * c->dram_per_core, after[1], b->twin.powercap.dram_unit, random);
		sum += error;
		squares += square(error);
	}
	m->figure[FIGURE_RAPL].oracle = COVERS * sqrt(fmax(0, squares / DRAWS - square(sum / DRAWS)));
}

void oracle_half_widths(const struct planted_bench *bench, const struct simulation_outcome *outcome,
			const struct simulation_instant *begin, const struct simulation_instant *end, struct measured *measured)
{
	struct random random = random_stream(bench->order.seed, "oracle");
	(void)begin;
	wall(bench, outcome, measured, &random);
	counters(bench, outcome, end->t, measured, &random);
}
