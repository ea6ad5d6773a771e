/* The simulated lab is what it says it is: the same bits for the same seed, exact truth, and a run file that knows nothing of it. */
#include <inttypes.h>
#include <stdlib.h>

#include "lab.h"

static double wall_joules(const struct simulation_instant *from, const struct simulation_instant *to)
{
	return simulation_joules(from, to, QUANTITY_WALL);
}

static const struct energy *energy_by(const struct simulation_outcome *outcome, size_t result, const char *source)
{
	assert_in_range(result, 0, outcome->n_results - 1);
	const struct source_result *found = result_source(&outcome->results[result], source);
	assert_non_null(found);
	return &found->energy;
}

static void assert_covers(const struct joules *joules, double truth)
{
	if (!(fabs(joules->value - truth) <= joules->expanded.U))
		fail_msg("measured %.6f J with U %.6f J, true are %.6f J", joules->value, joules->expanded.U, truth);
}

/* One phase of `seconds` on `cores`. */
#define ONE_PHASE(seconds, busy)                                                                                            \
	&(struct simulation_workload){                                                                                     \
		.phases = &(struct simulation_phase){ .duration = (int64_t)((seconds)*1e9), .demand = { .cores = (busy) } }, \
		.n_phases = 1                                                                                              \
	}

/* ---- determinism ---- */

static void assert_same_bytes(const void *a, const void *b, size_t size)
{
	if (size > 0)
		assert_memory_equal(a, b, size);
}

static void assert_same_run(const struct run *a, const struct run *b)
{
	assert_int_equal(a->n_channels, b->n_channels);
	for (size_t i = 0; i < a->n_channels; i++) {
		const struct run_channel *x = &a->channels[i], *y = &b->channels[i];
		assert_int_equal(x->n, y->n);
		assert_true(x->n > 10);
		assert_same_bytes(x->t, y->t, x->n * sizeof *x->t);
		assert_same_bytes(x->u_t, y->u_t, x->n * sizeof *x->u_t);
		assert_same_bytes(x->flags, y->flags, x->n * sizeof *x->flags);
		assert_same_bytes(x->seq, y->seq, x->n * sizeof *x->seq);
		assert_same_bytes(x->values.u64, y->values.u64, x->n * sizeof *x->values.u64);
		assert_int_equal(x->n_gaps, y->n_gaps);
		assert_same_bytes(x->gaps, y->gaps, x->n_gaps * sizeof *x->gaps);
	}
	assert_int_equal(a->n_edges, b->n_edges);
	assert_same_bytes(a->edges, b->edges, a->n_edges * sizeof *a->edges);
	assert_int_equal(a->n_anchors, b->n_anchors);
	assert_same_bytes(a->anchors, b->anchors, a->n_anchors * sizeof *a->anchors);
	assert_int_equal(a->n_ranges, b->n_ranges);
}

static void assert_same_joules(const struct joules *a, const struct joules *b)
{
	assert_memory_equal(&a->value, &b->value, sizeof a->value);
	assert_memory_equal(&a->expanded.U, &b->expanded.U, sizeof a->expanded.U);
}

static void assert_same_results(const struct simulation_outcome *a, const struct simulation_outcome *b)
{
	assert_int_equal(a->n_results, b->n_results);
	for (size_t i = 0; i < a->n_results; i++) {
		const struct result *x = &a->results[i], *y = &b->results[i];
		assert_int_equal(x->status, y->status);
		assert_string_equal(x->reason, y->reason);
		assert_int_equal(x->start, y->start);
		assert_int_equal(x->stop, y->stop);
		assert_int_equal(x->n_sources, y->n_sources);
		for (int k = 0; k < x->n_sources; k++) {
			assert_same_joules(&x->sources[k].energy.gross, &y->sources[k].energy.gross);
			assert_same_joules(&x->sources[k].energy.net, &y->sources[k].energy.net);
			assert_same_joules(&x->sources[k].energy.caused, &y->sources[k].energy.caused);
		}
	}
}

static const char noisy[] = "seed: 5\nload: {source: script}\npowercap: {psys: on}\nmeter: {update: 100 ms}\n"
			    "machine: {cores: 4, ripple: {power: 0.5 W}, fan: {power: 15 W, tau: 3 s}}\n";

static const struct simulation_phase phases_of_all_kinds[] = {
	{ .duration = 1234567890, .demand = { .cores = 1 } },
	{ .barrier = "a.before", .name = "a", .duration = 2345678901, .demand = { .cores = 4 }, .ramp = 300000000 },
	{ .barrier = "a.after" },
	{ .name = "b", .duration = 777000000, .demand = { .power = 20 } },
};
static const struct simulation_workload workload_of_all_kinds = { .phases = phases_of_all_kinds, .n_phases = 4 };

static void run_twice(const struct simulation_config *config, struct simulation_outcome *outcomes)
{
	struct simulation *simulation = lab_open(config);
	outcomes[0] = lab_run(simulation, &workload_of_all_kinds);
	outcomes[1] = lab_run(simulation, ONE_PHASE(3.3, 2));
	simulation_close(simulation);
}

static void same_seed_same_bits(void **state)
{
	(void)state;
	struct simulation_outcome a[2], b[2], other[2];
	struct twin_config *twin = lab_twin(noisy);
	struct simulation_config config = { .twin = twin, .seed = 9, .late = 0.01, .late_most = 8 * NS_PER_MS };
	run_twice(&config, a);
	run_twice(&config, b);
	config.seed = 10;
	run_twice(&config, other);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(a[i].results->status, RUN_OK);
		assert_true(isnan(a[i].results->overhead_cpu)); /* the CPU time of this process: not in a bracket of simulated time */
		assert_int_equal(a[i].run.n_ranges, 1); /* told once, when the meter started, and in force in each run */
		assert_same_run(&a[i].run, &b[i].run);
		assert_same_results(&a[i], &b[i]);
		assert_memory_equal(&a[i].truth, &b[i].truth, sizeof a[i].truth);
		assert_memory_not_equal(a[i].run.channels[0].t, other[i].run.channels[0].t, 8 * sizeof(int64_t));
		simulation_outcome_free(&a[i]);
		simulation_outcome_free(&b[i]);
		simulation_outcome_free(&other[i]);
	}
	simulation_twin_free(twin);
}

/* ---- truth ---- */

#define COLD "seed: 7\nmachine: {cores: 4, thermal: {leakage: 0 %}, fan: {power: 0 W}}\n" /* package power is that of its load alone */
#define EXACT_METER                                                                                                        \
	"load: {source: script}\npowercap: {}\n"                                                                           \
	"meter: {update: 100 ms, noise: 0 W, latency_jitter: 0 s,\n"                                                       \
	"        errors: {gain: 0, offset: 0, nonlinearity: 0, power_factor: 0, timebase: 0, latency: 0 s}}\n"
#define IDLE_W 12.
#define TWO_CORES_W (12 + 38 * 2 * (1 - 0.05 * 2 / 4.))

static struct simulation_outcome run_once(const char *text, const struct simulation_workload *workload)
{
	struct twin_config *twin = lab_twin(text);
	struct simulation *simulation = lab_open(&(struct simulation_config){ .twin = twin, .seed = 1 });
	struct simulation_outcome outcome = lab_run(simulation, workload);
	simulation_close(simulation);
	simulation_twin_free(twin);
	return outcome;
}

/* The edges are borders of the model's steps, so that no millisecond is half loaded. */
static void load_lasts_from_edge_to_edge(void **state)
{
	(void)state;
	struct simulation_outcome o = run_once(COLD EXACT_METER, ONE_PHASE(4.5678901, 2));
	const struct simulation_truth *t = &o.truth;
	double busy = simulation_joules(&t->start, &t->stop, QUANTITY_PACKAGE);
	assert_near(busy, 4.568 * TWO_CORES_W, 1e-3 * TWO_CORES_W + 1e-6); /* rounded up: 4568 or, for the drift, 4569 steps */
	assert_near(busy / TWO_CORES_W * 1000, round(busy / TWO_CORES_W * 1000), 1e-6);
	assert_near(simulation_joules(&t->prepared, &t->start, QUANTITY_PACKAGE), IDLE_W * (double)(t->start.t - t->prepared.t) * 1e-9,
		    2e-3);
	assert_near(simulation_joules(&t->stop, &t->tail_end, QUANTITY_PACKAGE), IDLE_W * (double)(t->tail_end.t - t->stop.t) * 1e-9,
		    2e-3);
	assert_near(t->rest[QUANTITY_PACKAGE], IDLE_W, 1e-6);
	assert_near((double)(t->stop.t - t->start.t) * 1e-9, 4.568, 1.1e-3);
	simulation_outcome_free(&o);
}

static void exact_instruments_tell_the_truth(void **state)
{
	(void)state;
	struct simulation_outcome o = run_once(COLD EXACT_METER, ONE_PHASE(20.4321, 2));
	const struct simulation_truth *t = &o.truth;
	const struct energy *wall = energy_by(&o, 0, "wall"), *rapl = energy_by(&o, 0, "rapl");
	assert_int_equal(o.results->status, RUN_OK);
	assert_true(o.results->simulated);
	assert_near(wall->gross.value / wall_joules(&t->start, &t->stop), 1, 5e-4);
	assert_near(rapl->gross.value / simulation_rapl_joules(&t->start, &t->stop), 1, 2e-4);
	double rest = t->rest[QUANTITY_WALL], length = (double)(t->stop.t - t->start.t) * 1e-9;
	assert_covers(&wall->gross, wall_joules(&t->start, &t->stop));
	assert_covers(&wall->net, wall_joules(&t->start, &t->stop) - rest * length);
	assert_covers(&wall->caused, wall_joules(&t->start, &t->tail_end) - rest * (double)(t->tail_end.t - t->start.t) * 1e-9);
	assert_covers(&rapl->gross, simulation_rapl_joules(&t->start, &t->stop));
	simulation_outcome_free(&o);
}

/* As a local launcher: the child's own stamp at the start, a stop stamp that lags, of which the median is taken off. */
static void edges_are_stamped_as_a_launcher_stamps_them(void **state)
{
	(void)state;
	struct simulation_outcome o = run_once(COLD EXACT_METER, ONE_PHASE(2, 2));
	const struct run_edge *start = run_edge(&o.run, EDGE_START, NULL), *stop = run_edge(&o.run, EDGE_STOP, NULL);
	assert_int_equal(start->t, o.truth.start.t);
	assert_in_range(start->edge.received - start->t, 300000, 60 * NS_PER_MS);
	assert_true(stop->edge.received > o.truth.stop.t);
	assert_in_range(stop->t - o.truth.stop.t + NS_PER_MS, NS_PER_MS - 30000, NS_PER_MS + 400000);
	assert_in_range(stop->u_t, 5000, 300000);
	simulation_outcome_free(&o);
}

/* When the value before the start edge came, ns ago. */
static int64_t since_update(const struct simulation_outcome *outcome)
{
	const struct run_channel *power = &outcome->run.channels[0];
	int64_t last = 0;
	for (size_t i = 0; i < power->n && power->t[i] < outcome->truth.start.t; i++)
		last = power->t[i];
	return outcome->truth.start.t - last;
}

/* Settling ends when a value comes, and 3 s are 30 windows: the start edge must stand anywhere in the meter's window all the same,
 * or what the window misses is a bias. */
static void start_is_not_locked_to_the_meter(void **state)
{
	(void)state;
	int fifths[5] = { 0 };
	struct twin_config *twin = lab_twin(COLD EXACT_METER);
	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct simulation *simulation = lab_open(&(struct simulation_config){ .twin = twin, .seed = seed });
		for (int i = 0; i < 5; i++) {
			struct simulation_outcome o = lab_run(simulation, ONE_PHASE(0.5, 2));
			fifths[since_update(&o) % (100 * NS_PER_MS) / (20 * NS_PER_MS)]++;
			simulation_outcome_free(&o);
		}
		simulation_close(simulation);
	}
	for (int i = 0; i < 5; i++)
		assert_in_range(fifths[i], 4, 24);
	simulation_twin_free(twin);
}

/* ---- phases ---- */

static void phases_between_barriers(void **state)
{
	(void)state;
	struct simulation_outcome o = run_once(COLD EXACT_METER, &workload_of_all_kinds);
	const struct simulation_truth *t = &o.truth;
	assert_int_equal(o.results->status, RUN_OK);
	assert_int_equal(t->n_phases, 4);
	assert_string_equal(t->phases[1].name, "a");
	const struct run_edge *begin = run_edge(&o.run, EDGE_BEGIN, "a"), *end = run_edge(&o.run, EDGE_END, "a");
	const struct run_edge *barrier = run_edge(&o.run, EDGE_BARRIER, "a.before"), *go = run_edge(&o.run, EDGE_GO, "a.before");
	assert_int_equal(begin->t, t->phases[1].begin.t);
	assert_int_equal(end->t, t->phases[1].end.t);
	assert_int_equal(barrier->t, t->phases[0].end.t);
	assert_in_range(begin->t - go->t, 20000, 3 * NS_PER_MS);
	assert_true(go->t - barrier->t >= 3 * NS_PER_S / 2);
	assert_near(simulation_joules(&t->phases[0].end, &t->phases[1].begin, QUANTITY_PACKAGE),
		    IDLE_W * (double)(begin->t - barrier->t) * 1e-9, 1e-3);
	size_t a = 0;
	for (size_t i = 0; i < o.n_results; i++)
		if (strcmp(o.results[i].phase, "a") == 0)
			a = i;
	assert_true(a > 0);
	assert_covers(&energy_by(&o, a, "wall")->gross, wall_joules(&t->phases[1].begin, &t->phases[1].end));
	assert_covers(&energy_by(&o, a, "rapl")->gross, simulation_rapl_joules(&t->phases[1].begin, &t->phases[1].end));
	simulation_outcome_free(&o);
}

/* Half the energy of the full load. */
static void ramps_rise_evenly(void **state)
{
	(void)state;
	struct simulation_phase phase = { .duration = 4 * NS_PER_S, .ramp = 4 * NS_PER_S, .demand = { .power = 80, .platform = 10 } };
	struct simulation_outcome o = run_once(COLD EXACT_METER, &(struct simulation_workload){ .phases = &phase, .n_phases = 1 });
	const struct simulation_truth *t = &o.truth;
	assert_near(simulation_joules(&t->start, &t->stop, QUANTITY_PACKAGE), (IDLE_W + 40) * 4, 0.2);
	assert_near(simulation_joules(&t->start, &t->stop, QUANTITY_PLATFORM), (t->rest[QUANTITY_PLATFORM] + 40 + 5) * 4, 0.2);
	simulation_outcome_free(&o);
}

/* ---- loads of others ---- */

static void others_draw_power_too(void **state)
{
	(void)state;
	struct simulation_phase phase = { .duration = 3 * NS_PER_S, .demand = { .cores = 2 } };
	struct simulation_step steps[] = {
		{ .since = SINCE_PREPARED, .at = NS_PER_S, .demand = { .platform = 7 } },
		{ .since = SINCE_START, .at = NS_PER_S, .demand = { .power = 5 } },
		{ .since = SINCE_STOP, .at = 0, .demand = { .power = 2 } },
	};
	struct simulation_outcome o = run_once(COLD EXACT_METER, &(struct simulation_workload){
		.phases = &phase, .n_phases = 1, .steps = steps, .n_steps = 3 });
	const struct simulation_truth *t = &o.truth;
	double before = (double)(t->start.t - t->prepared.t) * 1e-9;
	assert_near(simulation_joules(&t->prepared, &t->start, QUANTITY_PLATFORM),
		    t->rest[QUANTITY_PLATFORM] * before + 7 * (before - 1), 0.02);
	assert_near(simulation_joules(&t->start, &t->stop, QUANTITY_PACKAGE), 3 * TWO_CORES_W + 2 * 5, 0.2);
	double after = (double)(t->tail_end.t - t->stop.t) * 1e-9;
	assert_near(simulation_joules(&t->stop, &t->tail_end, QUANTITY_PACKAGE), (IDLE_W + 2) * after, 0.02);
	simulation_outcome_free(&o);
}

/* ---- clocks ---- */

static const struct clock_anchor *last_anchor(const struct run *run)
{
	return &run->anchors[run->n_anchors - 1];
}

static void anchors_are_consistent(void **state)
{
	(void)state;
	struct simulation_outcome o = run_once(COLD EXACT_METER, ONE_PHASE(130, 1));
	assert_true(o.run.n_anchors >= 4); /* both edges, and each minute */
	for (size_t i = 0; i < o.run.n_anchors; i++) {
		const struct clock_anchor *a = &o.run.anchors[i], *first = o.run.anchors;
		assert_int_equal(a->boottime, a->monotonic);
		assert_int_equal(a->realtime - a->monotonic, first->realtime - first->monotonic);
		assert_int_equal(a->tai - a->realtime, 37 * NS_PER_S);
	}
	simulation_outcome_free(&o);
}

static void clock_that_is_set_shows(void **state)
{
	(void)state;
	struct simulation_workload workload = *ONE_PHASE(3, 1);
	workload.clock_event = (struct simulation_clock_event){ .what = CLOCK_SET, .after_start = NS_PER_S, .by = -5 * NS_PER_S };
	struct simulation_outcome o = run_once(COLD EXACT_METER, &workload);
	const struct clock_anchor *a = o.run.anchors, *b = last_anchor(&o.run);
	assert_int_equal(b->realtime - b->monotonic - (a->realtime - a->monotonic), -5 * NS_PER_S);
	assert_int_equal(b->boottime - b->monotonic, a->boottime - a->monotonic);
	simulation_outcome_free(&o);
}

/* Of 7 s in which the meter goes on, MONOTONIC and the workload see 3. */
static void suspend_stops_the_host_alone(void **state)
{
	(void)state;
	struct simulation_workload workload = *ONE_PHASE(3, 2);
	workload.clock_event = (struct simulation_clock_event){ .what = CLOCK_SUSPEND, .after_start = NS_PER_S, .by = 4 * NS_PER_S };
	struct simulation_outcome o = run_once(COLD EXACT_METER, &workload);
	const struct simulation_truth *t = &o.truth;
	const struct clock_anchor *a = o.run.anchors, *b = last_anchor(&o.run);
	assert_int_equal(b->boottime - b->monotonic - (a->boottime - a->monotonic), 4 * NS_PER_S);
	assert_int_equal(b->realtime - b->boottime, a->realtime - a->boottime);
	assert_near((double)(run_edge(&o.run, EDGE_STOP, NULL)->t - t->start.t) * 1e-9, 3, 5e-3);
	assert_near(simulation_joules(&t->start, &t->stop, QUANTITY_PACKAGE), 7 * TWO_CORES_W, 0.2);
	simulation_outcome_free(&o);
}

/* ---- what goes wrong ---- */

static void exit_status_is_told(void **state)
{
	(void)state;
	struct simulation_workload workload = *ONE_PHASE(1, 1);
	workload.exit_code = 3;
	struct simulation_outcome o = run_once(COLD EXACT_METER, &workload);
	assert_int_equal(o.results->status, RUN_FAILED);
	assert_int_equal(o.results->exit_code, 3);
	simulation_outcome_free(&o);
}

static void time_limit_ends_the_load(void **state)
{
	(void)state;
	struct plan plan;
	struct error error = ERROR_INIT;
	struct twin_config *twin = lab_twin(COLD EXACT_METER);
	assert_int_equal(simulation_plan(&plan, &error), 0);
	plan.workloads[0].timeout = 2 * NS_PER_S;
	struct simulation *simulation = lab_open(&(struct simulation_config){ .twin = twin, .seed = 1, .plan = &plan });
	struct simulation_phase phases[] = {
		{ .duration = 3 * NS_PER_S, .demand = { .cores = 2 } }, { .duration = 60 * NS_PER_S, .demand = { .cores = 4 } },
	};
	struct simulation_outcome o = lab_run(simulation, &(struct simulation_workload){ .phases = phases, .n_phases = 2 });
	assert_int_equal(o.results->status, RUN_TIMEOUT);
	assert_near(simulation_joules(&o.truth.start, &o.truth.stop, QUANTITY_PACKAGE), 2 * TWO_CORES_W, 0.1 * TWO_CORES_W);
	double after = (double)(o.truth.tail_end.t - o.truth.stop.t) * 1e-9;
	assert_near(simulation_joules(&o.truth.stop, &o.truth.tail_end, QUANTITY_PACKAGE), IDLE_W * after, 0.02);
	simulation_outcome_free(&o);
	o = lab_run(simulation, ONE_PHASE(1, 2)); /* nothing is left of it */
	assert_int_equal(o.results->status, RUN_OK);
	assert_near(simulation_joules(&o.truth.start, &o.truth.stop, QUANTITY_PACKAGE), TWO_CORES_W, 1.1e-3 * TWO_CORES_W);
	simulation_outcome_free(&o);
	simulation_close(simulation);
	plan_free(&plan);
	simulation_twin_free(twin);
}

static uint64_t missing(const struct simulation_outcome *outcome, const char *channel)
{
	uint64_t n = 0;
	for (size_t i = 0; i < outcome->run.n_channels; i++)
		for (size_t k = 0; strcmp(outcome->run.channels[i].channel.name, channel) == 0 && k < outcome->run.channels[i].n_gaps; k++)
			n += outcome->run.channels[i].gaps[k].values;
	return n;
}

/* The meter throws its client out within the run, and lets it in again: the driver's way back, over this link too. */
static void link_breaks_and_comes_back(void **state)
{
	(void)state;
	struct simulation_outcome o = run_once(COLD EXACT_METER "faults: [{what: disconnect, at: 9 s, for: 2 s}]\n", ONE_PHASE(10, 2));
	assert_in_range(missing(&o, "wall.power"), 15, 40);
	assert_int_equal(missing(&o, "rapl.package-0"), 0);
	assert_covers(&energy_by(&o, 0, "rapl")->gross, simulation_rapl_joules(&o.truth.start, &o.truth.stop));
	simulation_outcome_free(&o);
}

/* The driver waits for an answer as long as it says, and no longer. */
static void slow_answer_is_a_timeout(void **state)
{
	(void)state;
	struct simulation_outcome o = run_once(
		COLD EXACT_METER "faults: [{what: slow, at: 9 s, for: 100 ms, by: 1500 ms}]\n", ONE_PHASE(10, 2));
	const struct run_channel *power = &o.run.channels[0];
	assert_string_equal(power->channel.name, "wall.power");
	assert_true(power->n_gaps > 0);
	assert_int_equal(power->gaps[0].reason, GAP_TIMEOUT);
	assert_near((double)(power->gaps[0].to - power->gaps[0].from) * 1e-9, 1.05, 0.06);
	simulation_outcome_free(&o);
}

static void counter_that_cannot_be_read_is_a_gap(void **state)
{
	(void)state;
	struct simulation_outcome o = run_once(
		COLD EXACT_METER "faults: [{what: read_error, zone: core, at: 9 s, for: 1 s}]\n", ONE_PHASE(10, 2));
	assert_in_range(missing(&o, "rapl.package-0.core"), 9, 11);
	assert_int_equal(missing(&o, "rapl.package-0"), 0);
	simulation_outcome_free(&o);
}

static void late_wakeups_are_seen(void **state)
{
	(void)state;
	struct twin_config *twin = lab_twin(COLD EXACT_METER);
	struct simulation_config config = { .twin = twin, .seed = 1, .late = 0.05, .late_most = 30 * NS_PER_MS };
	struct simulation *simulation = lab_open(&config);
	struct simulation_outcome o = lab_run(simulation, ONE_PHASE(10, 2));
	assert_true(json_integer_value(json_object_get(o.run.notes, "late_steps")) > 5);
	assert_covers(&energy_by(&o, 0, "wall")->gross, wall_joules(&o.truth.start, &o.truth.stop));
	simulation_outcome_free(&o);
	simulation_close(simulation);
	simulation_twin_free(twin);
}

/* ---- benches ---- */

static void bench_with_one_device(void **state)
{
	(void)state;
	struct simulation_outcome o = run_once("load: {source: script}\npowercap: {}\nmachine: {packages: 2, cores: 4}\n", ONE_PHASE(5, 2));
	assert_null(result_source(o.results, "wall"));
	assert_covers(&energy_by(&o, 0, "rapl")->gross, simulation_rapl_joules(&o.truth.start, &o.truth.stop));
	simulation_outcome_free(&o);
	o = run_once("load: {source: script}\nmeter: {}\n", ONE_PHASE(5, 1));
	assert_null(result_source(o.results, "rapl"));
	assert_covers(&energy_by(&o, 0, "wall")->gross, wall_joules(&o.truth.start, &o.truth.stop));
	simulation_outcome_free(&o);
}

/* A load on three phases: the meter adds its elements up, each with errors and zero crossings of its own. */
static void elements_add_up(void **state)
{
	(void)state;
	struct simulation_outcome o = run_once("load: {source: script}\nmeter: {model: WT333E, shares: [0.5, 0.1, 0.4]}\n"
					       "machine: {cores: 4}\n", ONE_PHASE(8, 3));
	assert_covers(&energy_by(&o, 0, "wall")->gross, wall_joules(&o.truth.start, &o.truth.stop));
	assert_int_equal(o.results->n_sources, 2); /* the sum, and the total made of it alone */
	assert_int_equal(o.run.n_channels, 10);
	simulation_outcome_free(&o);
}

static void power_comes_to_rest(void **state)
{
	(void)state;
	struct twin_config *twin = lab_twin("load: {source: script}\nmeter: {}\nmachine: {cores: 2, fan: {power: 15 W, tau: 10 s}}\n");
	struct simulation *simulation = lab_open(&(struct simulation_config){ .twin = twin });
	struct simulation_outcome o = lab_run(simulation, ONE_PHASE(10, 2));
	struct simulation_instant a = simulation_later(simulation, 100 * NS_PER_S), b = simulation_later(simulation, 10 * NS_PER_S);
	assert_near(wall_joules(&a, &b) / ((double)(b.t - a.t) * 1e-9), o.truth.rest[QUANTITY_WALL], 0.01);
	assert_true(wall_joules(&o.truth.tail_end, &a) > o.truth.rest[QUANTITY_WALL] * (double)(a.t - o.truth.tail_end.t) * 1e-9 + 1);
	simulation_outcome_free(&o);
	simulation_close(simulation);
	simulation_twin_free(twin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_seed_same_bits),
		cmocka_unit_test(load_lasts_from_edge_to_edge),
		cmocka_unit_test(exact_instruments_tell_the_truth),
		cmocka_unit_test(edges_are_stamped_as_a_launcher_stamps_them),
		cmocka_unit_test(start_is_not_locked_to_the_meter),
		cmocka_unit_test(phases_between_barriers),
		cmocka_unit_test(ramps_rise_evenly),
		cmocka_unit_test(others_draw_power_too),
		cmocka_unit_test(anchors_are_consistent),
		cmocka_unit_test(clock_that_is_set_shows),
		cmocka_unit_test(suspend_stops_the_host_alone),
		cmocka_unit_test(exit_status_is_told),
		cmocka_unit_test(time_limit_ends_the_load),
		cmocka_unit_test(link_breaks_and_comes_back),
		cmocka_unit_test(slow_answer_is_a_timeout),
		cmocka_unit_test(counter_that_cannot_be_read_is_a_gap),
		cmocka_unit_test(late_wakeups_are_seen),
		cmocka_unit_test(bench_with_one_device),
		cmocka_unit_test(elements_add_up),
		cmocka_unit_test(power_comes_to_rest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
