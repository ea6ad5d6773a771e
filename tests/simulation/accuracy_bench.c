#include "accuracy_bench.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "accuracy_oracle.h"
#include "config.h"
#include "random.h"

#define CORES 2
#define FAN 15. /* W */
#define TAIL_SETTLED 0.5
#define SUPPLY_LAG 0.008 /* s: the bench file's bound; the truth is anything up to it */

static const char *const figure_names[FIGURES] = { "gross", "net", "caused", "RAPL" };
static const char *const violation_names[VIOLATIONS] = {
	"none", "idle step in the idle window", "smoothing left on, unseen", "latency 30 ms less", "latency 60 ms more",
	"latency 150 ms more", "supply lag 2..6 x its bound", "load ramps up and down", "a neighbour in the tail",
};

const char *figure_name(enum figure figure)
{
	return figure_names[figure];
}

const char *violation_name(enum violation violation)
{
	return violation_names[violation];
}

/* ---- what is planted ---- */

double planted_wall(const struct model_config *m, double direct)
{
	return m->loss_fixed + (1 + m->loss_linear) * direct + m->loss_quadratic * direct * direct;
}

static double direct_idle(const struct model_config *m)
{
	return m->idle + m->dram_idle + m->platform;
}

/* The machine's powers, so that its fan gives just FAN at the load. */
static void draw_machine(struct model_config *m, struct random *random)
{
	m->cores = CORES;
	m->platform = random_between(random, 15, 75);
	m->per_core = random_between(random, 25, 170);
	m->fan = FAN;
	m->fan_tau = 10;
	m->ripple = random_between(random, 0, 0.5);
	m->supply_lag = random_between(random, 0, SUPPLY_LAG);
}

static double curve(double power, double range)
{
	return sin(3 * M_PI * power / range);
}

static double uniform_of(double normal)
{
	return erf(normal / sqrt(2));
}

/* Errors of -limit..limit at idle and at the load, of correlation 1/2 (Gaussian copula), and the twin's curve through both. */
static void plant_range_errors(struct twin_config *twin, double idle, double load, double range, struct random *random)
{
	double r = 2 * sin(M_PI / 12), a = random_normal(random), b = r * a + sqrt(1 - r * r) * random_normal(random);
	double at_idle = twin->meter.spec_range * uniform_of(a), at_load = twin->meter.spec_range * uniform_of(b);
	double bend = (at_load - at_idle) / (curve(load, range) - curve(idle, range));
	twin->meter.errors.nonlinearity = bend;
	twin->meter.errors.offset = at_load - bend * curve(load, range);
}

/* A machine and a meter's range on which the curve can take any two values at idle and load. */
static void draw_powers(struct twin_config *twin, struct random *random)
{
	for (;;) {
		struct model_config *m = &twin->model;
		draw_machine(m, random);
		twin->bench.current_range = random_uniform(random) < 0.4 ? 1 : 2;
		double range = 300 * twin->bench.current_range, dynamic = CORES * m->per_core * (1 - m->curvature);
		double idle = planted_wall(m, direct_idle(m));
		double load = planted_wall(m, direct_idle(m) + dynamic + CORES * m->dram_per_core + FAN / 2);
		if (load > 0.9 * range || fabs(curve(load, range) - curve(idle, range)) < 0.6)
			continue;
		plant_range_errors(twin, idle, load, range, random);
		return;
	}
}

static void plant_no_errors(struct wt_errors *errors)
{
	errors->gain = errors->offset = errors->nonlinearity = errors->phase = 0;
}

static void draw_meter(struct planted_bench *b, struct random *random)
{
	struct twin_config *t = &b->twin;
	static const double ranges[] = { 500, 5000, 262143.32885 };
	t->bench.update = b->order.window;
	t->baud = b->order.baud;
	t->bench.supply_lag = SUPPLY_LAG;
	t->meter.frequency = 50 + 0.02 * random_normal(random);
	t->meter.errors.noise = random_between(random, 0.05, 0.2);
	t->clock.drift = random_between(random, -10e-6, 10e-6);
	t->powercap.range = ranges[random_u64(random) % 3];
	if (b->order.no_errors)
		plant_no_errors(&t->meter.errors);
}

/* Beside the twin's own draw within the stated uncertainty. */
static double latency_shift(enum violation violation)
{
	return violation == VIOLATION_LATENCY_LESS ? -0.030 : violation == VIOLATION_LATENCY_60 ? 0.060
			    : violation == VIOLATION_LATENCY_150 ? 0.150 : 0;
}

static void violate(struct planted_bench *b, struct random *random)
{
	struct twin_config *t = &b->twin;
	double shift = latency_shift(b->order.violation);
	if (shift != 0)
		t->meter.errors.latency = shift + random_between(random, -t->meter.spec_latency, t->meter.spec_latency);
	if (b->order.violation == VIOLATION_SUPPLY_LAG)
		t->model.supply_lag = t->bench.supply_lag * random_between(random, 2, 6);
}

/* ---- what is run ---- */

static int64_t ns_of(double seconds)
{
	return llround(seconds * 1e9);
}

static void add_step(struct planted_bench *b, int since, double at, struct demand demand)
{
	struct simulation_step *step = &b->steps[b->workload.n_steps++];
	*step = (struct simulation_step){ .at = ns_of(at), .demand = demand };
	memcpy(&step->since, &since, sizeof step->since);
}

/* The kernel clears up for up to 0.3 ms: as much energy in one step of the model. */
static void add_aftermath(struct planted_bench *b, struct random *random)
{
	b->aftermath = random_between(random, 0, 0.0003);
	add_step(b, SINCE_STOP, 0, (struct demand){ .cores = CORES * b->aftermath / 0.001 });
	add_step(b, SINCE_STOP, 0.001, (struct demand){ .cores = 0 });
}

static void add_others(struct planted_bench *b, struct random *random)
{
	double watts = random_between(random, 5, 30), at = random_between(random, 0.2, 2), lasts = random_between(random, 0.5, 3);
	b->workload.steps = b->steps;
	if (b->order.violation == VIOLATION_IDLE_STEP) {
		b->step_idle = random_between(random, 10, 20);
		add_step(b, SINCE_PREPARED, random_between(random, 0.3, 0.95) * (double)b->plan.idle * 1e-9,
			 (struct demand){ .platform = b->step_idle });
	} else if (b->order.violation == VIOLATION_NEIGHBOUR) {
		add_step(b, SINCE_STOP, at, (struct demand){ .platform = watts });
		add_step(b, SINCE_STOP, at + lasts, (struct demand){ .platform = 0 });
	} else if (b->order.phase == WHOLE_RUN) {
		add_aftermath(b, random);
	}
}

static void set_phases(struct planted_bench *b, double setup, double teardown)
{
	struct demand load = { .cores = CORES };
	struct simulation_phase main = { .name = "main", .duration = ns_of(b->duration), .demand = load, .ramp = ns_of(b->ramp) };
	bool barriers = b->order.phase == PHASE_WITH_BARRIERS;
	b->workload.phases = b->phases;
	b->workload.n_phases = 3;
	b->phases[0] = (struct simulation_phase){ .duration = ns_of(setup), .demand = { .cores = 0.6 * CORES } };
	b->phases[1] = main;
	b->phases[2] = (struct simulation_phase){ .duration = ns_of(teardown), .demand = { .cores = 0.4 * CORES } };
	b->phases[1].barrier = barriers ? "before" : NULL;
	b->phases[2].barrier = barriers ? "after" : NULL;
	b->plan.workloads[0].measure = b->order.phase == WHOLE_RUN ? "" : "main";
	if (b->order.phase != WHOLE_RUN)
		return;
	b->phases[0] = main;
	b->phases[0].name = NULL;
	b->workload.n_phases = 1;
}

/* Up over the first half, down to a third over the last quarter. */
static void set_ramps(struct planted_bench *b)
{
	double shares[] = { 0.5, 0.25, 0.25 };
	double cores[] = { CORES, CORES, CORES / 3. };
	for (int i = 0; i < 3; i++)
		b->phases[i] = (struct simulation_phase){ .duration = ns_of(b->duration * shares[i]), .demand = { .cores = cores[i] },
							  .ramp = i == 1 ? 0 : ns_of(b->duration * shares[i]) };
	b->workload.n_phases = 3;
}

static void draw_workload(struct planted_bench *b, struct random *random)
{
	const struct bench_order *o = &b->order;
	b->duration = exp(random_between(random, log(o->shortest), log(o->longest)));
	double ramp = random_between(random, 0, fmin(0.5, b->duration / 4));
	b->ramp = random_uniform(random) < 0.1 && o->phase == WHOLE_RUN ? ramp : 0;
	double setup = random_between(random, 0.5, 2), teardown = random_between(random, 0.3, 1);
	set_phases(b, setup, teardown);
	if (o->violation == VIOLATION_RAMP)
		set_ramps(b);
	add_others(b, random);
}

/* ---- life ---- */

static const char lab[] = "joulerig: twin 1\nload: {source: script}\nmachine: {cores: 2}\nmeter: {update: 100 ms}\npowercap: {}\n";

static int read_lab(struct twin_config *twin, struct error *error)
{
	struct problems problems = { .n = 0 };
	int result = twin_config_parse("accuracy", lab, strlen(lab), twin, &problems, error);
	problems_free(&problems);
	return result;
}

static int make_plan(struct plan *plan, double window, struct error *error)
{
	if (simulation_plan(plan, error) != 0)
		return -1;
	plan->idle = ns_of(window < 1 ? 8 : 12);
	plan->guard = ns_of(0.5);
	plan->barrier_quiet = ns_of(window < 1 ? 2.5 : 6.5);
	plan->tail_within = TAIL_SETTLED;
	plan->tail_at_most = ns_of(60);
	return 0;
}

int planted_draw(const struct bench_order *order, struct planted_bench *b, struct error *error)
{
	struct random random = random_stream(order->seed, "accuracy");
	memset(b, 0, sizeof *b);
	b->order = *order;
	if (make_plan(&b->plan, order->window, error) != 0 || read_lab(&b->twin, error) != 0)
		return -1;
	b->plan.seed = order->seed;
	twin_config_seed(&b->twin, order->seed);
	draw_powers(&b->twin, &random);
	draw_meter(b, &random);
	violate(b, &random);
	draw_workload(b, &random);
	return 0;
}

void planted_free(struct planted_bench *b)
{
	plan_free(&b->plan);
	twin_config_free(&b->twin);
}

/* The driver has switched averaging off when the program is at its gate; this meter goes on averaging. */
static const struct simulation_workload *at_gate(void *context, const struct launch_spec *spec)
{
	struct planted_bench *b = context;
	struct random random = random_stream(b->order.seed, "smoothing");
	struct wt *meter = &simulation_running_twin(b->simulation)->meter;
	(void)spec;
	meter->averaging = true;
	meter->average_count = 2 << (random_u64(&random) % 3);
	return &b->workload;
}

struct simulation *planted_open(struct planted_bench *b, struct error *error)
{
	struct simulation_config config = { .twin = &b->twin, .seed = b->order.seed ^ 0x5eed, .plan = &b->plan };
	config.choose = b->order.violation == VIOLATION_SMOOTHING ? at_gate : NULL;
	config.context = b;
	b->simulation = simulation_open(&config, error);
	return b->simulation;
}

/* ---- verdicts ---- */

static const struct result *result_of(const struct planted_bench *b, const struct simulation_outcome *outcome)
{
	const char *phase = b->order.phase == WHOLE_RUN ? "" : "main";
	for (size_t i = 0; i < outcome->n_results; i++)
		if (strcmp(outcome->results[i].phase, phase) == 0)
			return &outcome->results[i];
	return NULL;
}

static const struct energy *energy_in(const struct result *result, enum figure figure)
{
	const struct source_result *source = result ? result_source(result, figure == FIGURE_RAPL ? "rapl" : "wall") : NULL;
	return source ? &source->energy : NULL;
}

static const struct joules *joules_in(const struct energy *energy, enum figure figure)
{
	return figure == FIGURE_NET ? &energy->net : figure == FIGURE_CAUSED ? &energy->caused : &energy->gross;
}

const struct joules *planted_joules(const struct planted_bench *b, const struct simulation_outcome *outcome, enum figure figure)
{
	const struct energy *energy = energy_in(result_of(b, outcome), figure);
	return energy ? joules_in(energy, figure) : NULL;
}

static double seconds_between(const struct simulation_instant *from, const struct simulation_instant *to)
{
	return (double)(to->t - from->t) * 1e-9;
}

/* The idle before the run. Of a machine that has rested for long: its settled power, without what wanders about that; where the idle
 * window holds a step, the level behind it. In a campaign some of the last run's tail is left: the true mean. */
static double true_idle(const struct planted_bench *b, const struct simulation_truth *truth)
{
	if (b->step_idle > 0)
		return planted_wall(&b->twin.model, direct_idle(&b->twin.model) + b->step_idle);
	if (b->order.repeated)
		return simulation_joules(&truth->prepared, &truth->start, QUANTITY_WALL) /
		       seconds_between(&truth->prepared, &truth->start);
	return truth->rest[QUANTITY_WALL];
}

/* What a neighbour drew at the wall until the record ended. */
static double neighbour(const struct planted_bench *b, const struct simulation_truth *truth)
{
	if (b->order.violation != VIOLATION_NEIGHBOUR)
		return 0;
	const struct simulation_step *from = &b->steps[0], *to = &b->steps[1];
	double direct = direct_idle(&b->twin.model), end = seconds_between(&truth->stop, &truth->tail_end);
	double lasted = fmax(0, fmin(end, (double)to->at * 1e-9) - (double)from->at * 1e-9);
	return lasted * (planted_wall(&b->twin.model, direct + from->demand.platform) - planted_wall(&b->twin.model, direct));
}

static void fill_truth(const struct planted_bench *b, const struct simulation_truth *truth, const struct simulation_instant *begin,
		       const struct simulation_instant *end, struct measured *m)
{
	double idle = true_idle(b, truth), T = seconds_between(begin, end);
	const struct simulation_instant *until = &truth->tail_end;
	m->duration = T;
	m->figure[FIGURE_GROSS].truth = simulation_joules(begin, end, QUANTITY_WALL);
	m->figure[FIGURE_NET].truth = m->figure[FIGURE_GROSS].truth - idle * T;
	m->figure[FIGURE_CAUSED].truth =
		simulation_joules(begin, until, QUANTITY_WALL) - idle * seconds_between(begin, until) - neighbour(b, truth);
	m->figure[FIGURE_RAPL].truth = simulation_rapl_joules(begin, end);
}

static void fill_values(const struct planted_bench *b, const struct simulation_outcome *outcome, struct measured *m)
{
	const struct result *result = result_of(b, outcome);
	for (int f = 0; f < FIGURES; f++) {
		const struct energy *energy = energy_in(result, (enum figure)f);
		m->figure[f].status = energy ? (int)energy->status : ENERGY_REFUSED;
		m->figure[f].value = energy ? joules_in(energy, (enum figure)f)->value : NAN;
		m->figure[f].U = energy ? joules_in(energy, (enum figure)f)->expanded.U : NAN;
	}
	const struct energy *wall = energy_in(result, FIGURE_GROSS);
	m->naive_mean = wall ? wall->naive_mean : NAN;
	m->naive_prorata = wall ? wall->naive_prorata : NAN;
	const struct energy *rapl = energy_in(result, FIGURE_RAPL);
	snprintf(m->text, sizeof m->text, "%s", wall == NULL ? "no such phase" : wall->reason[0] || !rapl ? wall->reason : rapl->reason);
}

int planted_measure(struct planted_bench *b, struct simulation *simulation, struct simulation_outcome *outcome, struct measured *m,
		  struct error *error)
{
	int64_t before = simulation_elapsed(simulation);
	memset(m, 0, sizeof *m);
	if (simulation_run(simulation, &b->workload, outcome, error) != 0) {
		m->failed = true;
		snprintf(m->text, sizeof m->text, "%.60s: %.90s", error->on, error->what);
		return -1;
	}
	const struct simulation_truth *truth = &outcome->truth;
	bool whole = b->order.phase == WHOLE_RUN;
	const struct simulation_instant *begin = whole ? &truth->start : &truth->phases[1].begin;
	const struct simulation_instant *end = whole ? &truth->stop : &truth->phases[1].end;
	fill_truth(b, truth, begin, end, m);
	fill_values(b, outcome, m);
	oracle_half_widths(b, outcome, begin, end, m);
	m->simulated = (double)(simulation_elapsed(simulation) - before) * 1e-9;
	return 0;
}
