/* A Hioki whose integrator the rig gates, through whole runs in simulated time: drivers, wires, self-test, files and analysis. */
#include <math.h>
#include <stdlib.h>

#include "integrators.h"
#include "lab.h"

#define BENCH                                                                                                             \
	"load: {source: script, steps: [{at: 0 s}]}\n"                                                                    \
	"machine: {cores: 4, fan: {power: 0 W, tau: 1 s}, supply: {lag: 2 ms}}\nbench: {supply_lag: 8 ms}\n"              \
	"rig: {drift: 60 ppm, inputs: {in1: out1}}\n"                                                                     \
	"meter: {model: PW3336, ranges: {voltage: 300 V, current: 1 A}, latency: 100 ms, latency_uncertainty: 50 ms, "

static double truth_of(const struct simulation_outcome *o)
{
	return simulation_joules(&o->truth.start, &o->truth.stop, QUANTITY_WALL);
}

static struct simulation *opened(struct twin_config *twin, struct plan *plan, uint64_t seed)
{
	struct error error = ERROR_INIT;
	assert_int_equal(simulation_plan(plan, &error), 0);
	plan->integrator = true;
	return lab_open(&(struct simulation_config){ .twin = twin, .seed = seed, .plan = plan });
}

static struct simulation_outcome run_for(struct simulation *simulation, double seconds)
{
	const struct simulation_phase phase = { .duration = (int64_t)(seconds * 1e9), .demand = { .cores = 2 } };
	return lab_run(simulation, &(struct simulation_workload){ .phases = &phase, .n_phases = 1 });
}

static const struct energy *energy_of_source(const struct simulation_outcome *o, const char *name)
{
	const struct source_result *source = result_source(o->results, name);
	if (source == NULL)
		fail_msg("no %s: %s", name, o->results->reason);
	return &source->energy;
}

struct tally {
	int n, held, held_by_samples;
	double squares, samples; /* of relative errors */
};

/* Benches of their own, and on each several runs of about a second. */
static struct tally many_runs(const char *meter, int benches, int runs)
{
	struct tally tally = { .n = 0 };
	for (int i = 0; i < benches; i++) {
		char text[1500];
		struct plan plan;
		snprintf(text, sizeof text, "seed: %d\n" BENCH "%s}\n", i + 1, meter);
		struct twin_config *twin = lab_twin(text);
		struct simulation *simulation = opened(twin, &plan, (uint64_t)i + 1);
		for (int k = 0; k < runs; k++, tally.n++) {
			struct simulation_outcome o = run_for(simulation, 0.9 + 0.2 * (k + 0.5) / runs);
			const struct energy *gated = energy_of_source(&o, "wall"), *samples = energy_of_source(&o, "wall.power");
			double truth = truth_of(&o);
			if (gated->status != ENERGY_OK)
				fail_msg("%s", gated->reason);
			assert_true(gated->gross.value == energy_of_source(&o, "wall.energy")->gross.value);
			tally.squares += pow(gated->gross.value / truth - 1, 2);
			tally.samples += pow(samples->gross.value / truth - 1, 2);
			tally.held += fabs(gated->gross.value - truth) <= gated->gross.expanded.U;
			tally.held_by_samples += fabs(samples->gross.value - truth) <= samples->gross.expanded.U;
			simulation_outcome_free(&o);
		}
		simulation_close(simulation);
		plan_free(&plan);
		simulation_twin_free(twin);
	}
	print_message("    1 s: integrator rms %.3f %%, %d of %d within U; samples rms %.3f %%, %d within U\n", 100 * sqrt(tally.squares / tally.n),
		      tally.held, tally.n, 100 * sqrt(tally.samples / tally.n), tally.held_by_samples);
	return tally;
}

/* On a meter without errors of its own, edges and steps of 0.36 J are left; on one with its own, U holds them. */
static void a_second_is_enough(void **state)
{
	(void)state;
	struct tally tally = many_runs("start_stop: {}, errors: {gain: 0 %, offset: 0 %, nonlinearity: 0 %, power_factor: 0 %}", 6, 8);
	assert_true(sqrt(tally.squares / tally.n) < 0.0015); /* steps of 0.36 J are 0.1 % of a run of 120 J */
	assert_true(tally.held >= tally.n - 3);
	assert_true(tally.samples > 1.5 * tally.squares);
	tally = many_runs("start_stop: {}", 12, 4);
	assert_true(tally.held >= tally.n - 3);
}

/* An input that is late, but known to be, misses the run's beginning and holds what comes behind it: 2 % of a second each. */
static void a_late_input(void **state)
{
	(void)state;
	struct tally tally = many_runs("start_stop: {reaction: 20 ms, uncertainty: 0.5 ms}", 5, 4);
	assert_true(tally.held >= tally.n - 1);
}

/* Counts that go on from run to run are as good. */
static void without_a_reset(void **state)
{
	(void)state;
	struct tally tally = many_runs("start_stop: {refuses_reset: true}", 4, 5);
	assert_true(tally.held >= tally.n - 1);
}

static void assert_unmeasured(const char *text, double seconds, const char *reason)
{
	struct plan plan;
	struct twin_config *twin = lab_twin(text);
	struct simulation *simulation = opened(twin, &plan, 3);
	struct simulation_outcome o = run_for(simulation, seconds);
	assert_int_equal(o.results->status, RUN_UNMEASURED);
	if (strstr(o.results->reason, reason) == NULL)
		fail_msg("%s", o.results->reason);
	simulation_outcome_free(&o);
	simulation_close(simulation);
	plan_free(&plan);
	simulation_twin_free(twin);
}

/* Of a run that is shorter than the input's edges must be apart, the second edge is not heeded. */
static void edges_that_are_too_close(void **state)
{
	(void)state;
	assert_unmeasured(BENCH "start_stop: {}}\n", 0.3, "counted while its gate was closed, after the run");
	assert_unmeasured(BENCH "start_stop: {apart: 60 s}}\n", 2, "did not count while its gate was open");
}

/* ---- what a campaign refuses before it begins ---- */

/* The rig of this bench has no input. */
static void take_input(struct bench_config *config)
{
	for (int i = 0; i < config->n_devices; i++)
		for (int k = 0; k < config->devices[i].n_options; k++)
			if (strcmp(config->devices[i].options[k].name, "input") == 0)
				snprintf(config->devices[i].options[k].text, sizeof config->devices[i].options[k].text, "none");
}

static void assert_bench(const char *text, const char *measure, bool input, const char *reason)
{
	struct plan plan;
	struct error error = ERROR_INIT;
	struct twin_config *twin = lab_twin(text);
	struct simulation *simulation = opened(twin, &plan, 3);
	plan.workloads[0].measure = measure;
	static struct bench_config config; /* large */
	config = *simulation_bench(simulation);
	if (!input)
		take_input(&config);
	struct bench *bench = bench_open(&config, simulation_surroundings(simulation), &error);
	if (bench == NULL)
		fail_msg("%s: %s", error.on, error.what);
	int result = integrators_check(&plan, bench, &error);
	if (result != (reason ? -1 : 0) || (reason && strstr(error.what, reason) == NULL))
		fail_msg("%s", error.what);
	bench_close(bench);
	plan.workloads[0].measure = "";
	simulation_close(simulation);
	plan_free(&plan);
	simulation_twin_free(twin);
}

static void plans_that_no_gate_serves(void **state)
{
	(void)state;
	assert_bench(BENCH "start_stop: {}}\n", "", true, NULL);
	assert_bench(BENCH "start_stop: {}}\n", "measured", true, "open for whole runs");
	assert_bench("load: {source: script}\nmeter: {model: PW3336, ranges: {voltage: 300 V, current: 1 A}, start_stop: {}}\n", "", true,
		     "the bench's trigger has no output");
	assert_bench(BENCH "start_stop: {}}\n", "", false, "nothing tells when its output was set");
	assert_bench("load: {source: script}\nmeter: {model: PW3336, ranges: {voltage: 300 V, current: 1 A}}\n", "", true, "does not integrate");
	assert_bench("load: {source: script}\nmeter: {model: PW3336, ranges: {voltage: 300 V, current: 1 A}, integrator: on}\n", "measured", true, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_second_is_enough),
		cmocka_unit_test(a_late_input),
		cmocka_unit_test(without_a_reset),
		cmocka_unit_test(edges_that_are_too_close),
		cmocka_unit_test(plans_that_no_gate_serves),
	};
	return cmocka_run_group_tests_name("gated_trigger", tests, NULL, NULL);
}
