/* A meter's integrator beside its samples, through whole runs in simulated time: both hold the truth, and hold against each other. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "closure.h"
#include "lab.h"

#define INTEGRATOR "load: {source: script}\nmachine: {cores: 4}\nbench: {supply_lag: 8 ms}\n"

static double truth_of(const struct simulation_outcome *o)
{
	return simulation_joules(&o->truth.start, &o->truth.stop, QUANTITY_WALL);
}

static bool covers(const struct energy *energy, double truth)
{
	return energy->status != ENERGY_REFUSED && fabs(energy->gross.value - truth) <= energy->gross.expanded.U;
}

struct tally {
	int n, integral, samples, closed;
	double worst, errors[2], U[2]; /* of truth: root sum of squares, sum */
};

static void count(struct tally *tally, const struct simulation_outcome *o)
{
	struct energy sum;
	const struct source_result *power = result_source(o->results, "wall.power");
	assert_true(power && result_integral(o->results, power, &sum));
	const struct energy *integral = &sum, *samples = &power->energy;
	double truth = truth_of(o);
	struct closure closure = closure_of(integral, samples);
	tally->n++;
	tally->integral += covers(integral, truth);
	tally->samples += covers(samples, truth);
	tally->closed += closure.known && !closure.fails;
	tally->worst = fmax(tally->worst, fabs(closure.relative));
	const struct energy *both[] = { integral, samples };
	for (int i = 0; i < 2; i++) {
		tally->errors[i] += pow((both[i]->gross.value - truth) / truth, 2);
		tally->U[i] += both[i]->gross.expanded.U / truth;
	}
}

/* Each run on a meter of its own: errors, phases, latency and noise are drawn anew. */
static struct tally many_runs(const char *text, double seconds, int n)
{
	struct tally tally = { .n = 0 };
	struct twin_config *twin = lab_twin(text);
	for (int i = 0; i < n; i++) {
		struct simulation_phase phase = {
			.duration = (int64_t)((seconds * (1 + 0.3 * i / n)) * 1e9), .demand = { .cores = 1 + i % 4 },
		};
		struct simulation *simulation = lab_open(&(struct simulation_config){ .twin = twin, .seed = (uint64_t)i + 1 });
		struct simulation_outcome o = lab_run(simulation, &(struct simulation_workload){ .phases = &phase, .n_phases = 1 });
		count(&tally, &o);
		simulation_outcome_free(&o);
		simulation_close(simulation);
	}
	simulation_twin_free(twin);
	print_message("%5.1f s: integrator %d of %d (U %.3f %%, error %.3f %%), samples %d (U %.3f %%, error %.3f %%), closed %d, worst %.3f %%\n",
		      seconds, tally.integral, n, 100 * tally.U[0] / n, 100 * sqrt(tally.errors[0] / n), tally.samples,
		      100 * tally.U[1] / n, 100 * sqrt(tally.errors[1] / n), tally.closed, 100 * tally.worst);
	return tally;
}

static void both_hold_the_truth(void **state)
{
	(void)state;
	static const double seconds[] = { 0.5, 1, 10 };
	for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
		struct tally tally = many_runs(INTEGRATOR "meter: {integrator: on}\n", seconds[i], 100);
		assert_true(tally.integral >= 92 && tally.samples >= 92);
		assert_true(tally.closed >= 97);
	}
}

static void slow_updates_and_elements(void **state)
{
	(void)state;
	struct tally tally = many_runs(INTEGRATOR "meter: {integrator: on, update: 500 ms}\n", 10, 50);
	assert_true(tally.integral >= 46 && tally.closed >= 48);
	tally = many_runs(INTEGRATOR "meter: {integrator: on, update: 250 ms, ranges: {current: 1 A}, model: WT333E, "
				     "shares: [0.7, 0.05, 0.25]}\n", 5, 40);
	assert_true(tally.integral >= 37 && tally.samples >= 37 && tally.closed >= 38);
}

/* The plan's word decides which of the two the total is made of. */
static void plan_says_which_counts(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	struct simulation_phase phase = { .duration = 3 * NS_PER_S, .demand = { .cores = 2 } };
	struct twin_config *twin = lab_twin(INTEGRATOR "meter: {integrator: on}\n");
	for (int integrator = 0; integrator < 2; integrator++) {
		struct plan plan;
		assert_int_equal(simulation_plan(&plan, &error), 0);
		plan.integrator = integrator;
		struct simulation *simulation = lab_open(&(struct simulation_config){ .twin = twin, .seed = 3, .plan = &plan });
		struct simulation_outcome o = lab_run(simulation, &(struct simulation_workload){ .phases = &phase, .n_phases = 1 });
		const struct energy *total = &result_source(o.results, "wall")->energy;
		const struct energy *part = &result_source(o.results, integrator ? "wall.energy" : "wall.power")->energy;
		const struct energy *other = &result_source(o.results, integrator ? "wall.power" : "wall.energy")->energy;
		assert_true(total->gross.value == part->gross.value && total->gross.value != other->gross.value);
		assert_near(total->gross.expanded.U, part->gross.expanded.U, 1e-9);
		assert_int_equal(o.results->status, RUN_OK);
		simulation_outcome_free(&o);
		simulation_close(simulation);
		plan_free(&plan);
	}
	simulation_twin_free(twin);
}

/* Twelve runs on one meter: it counts anew for each, so that its steps do not grow with the campaign. */
static void counts_anew_for_each_run(void **state)
{
	(void)state;
	struct twin_config *twin = lab_twin(INTEGRATOR "meter: {integrator: on}\n");
	struct simulation *simulation = lab_open(&(struct simulation_config){ .twin = twin, .seed = 5 });
	struct simulation_phase phase = { .duration = 20 * NS_PER_S, .demand = { .cores = 4 } };
	for (int i = 0; i < 12; i++) {
		struct simulation_outcome o = lab_run(simulation, &(struct simulation_workload){ .phases = &phase, .n_phases = 1 });
		const struct budget *budget = &result_source(o.results, "wall.energy")->energy.gross.budget;
		assert_true(fabs(budget_term(budget, "quantum")->u) < 0.05);
		assert_int_equal(o.results->status, RUN_OK);
		assert_int_equal(o.run.n_channels, 5);
		for (size_t k = 0; k < o.run.n_channels; k++)
			assert_int_equal(o.run.channels[k].n_gaps, 0);
		simulation_outcome_free(&o);
	}
	simulation_close(simulation);
	simulation_twin_free(twin);
}

/* Updates that nobody read: of the samples a part of the run is missing, of the integrator nothing. */
static void lost_updates_lose_no_energy(void **state)
{
	(void)state;
	struct simulation_phase phases[] = {
		{ .duration = 4 * NS_PER_S, .demand = { .cores = 1 } }, { .duration = 300 * NS_PER_MS, .demand = { .cores = 4 } },
		{ .duration = 16 * NS_PER_S, .demand = { .cores = 1 } },
	};
	struct simulation_workload workload = { .phases = phases, .n_phases = 3 };
	struct twin_config *twin = lab_twin(INTEGRATOR "meter: {integrator: on}\nfaults: [{what: stall, at: 13.2 s, for: 450 ms}]\n");
	struct simulation *simulation = lab_open(&(struct simulation_config){ .twin = twin, .seed = 9 });
	struct simulation_outcome o = lab_run(simulation, &workload);
	const struct energy *integral = &result_source(o.results, "wall.energy")->energy;
	const struct energy *samples = &result_source(o.results, "wall.power")->energy;
	double truth = truth_of(&o);
	assert_int_equal(samples->status, ENERGY_DEGRADED);
	assert_int_equal(integral->status, ENERGY_OK);
	assert_true(covers(integral, truth));
	assert_true(integral->gross.expanded.U < samples->gross.expanded.U);
	simulation_outcome_free(&o);
	simulation_close(simulation);
	simulation_twin_free(twin);
}

/* An integrator whose clock is far beyond its specification: nothing but the sum of samples shows it. */
static void what_does_not_close_is_said(void **state)
{
	(void)state;
	struct simulation_phase phase = { .duration = 30 * NS_PER_S, .demand = { .cores = 3 } };
	struct twin_config *twin = lab_twin(INTEGRATOR "meter: {integrator: on, errors: {timebase: 1 %}}\n");
	struct simulation *simulation = lab_open(&(struct simulation_config){ .twin = twin, .seed = 2 });
	struct simulation_outcome o = lab_run(simulation, &(struct simulation_workload){ .phases = &phase, .n_phases = 1 });
	const char *said = strstr(o.results->reason, "the integrator's energy is ");
	assert_non_null(said);
	assert_near(strtod(said + strlen("the integrator's energy is "), NULL), 1, 0.1);
	assert_int_equal(o.results->status, RUN_OK);
	simulation_outcome_free(&o);
	simulation_close(simulation);
	simulation_twin_free(twin);
}

/* The meter leaves its range in the last moment before the stop edge: read back before the record of the run ends. */
static void range_left_in_the_last_moment(void **state)
{
	(void)state;
	struct simulation_phase phase = { .duration = 5 * NS_PER_S, .demand = { .cores = 3 } };
	struct simulation_workload workload = { .phases = &phase, .n_phases = 1 };
	double stop = 0;
	for (int round = 0; round < 2; round++) {
		char text[300];
		snprintf(text, sizeof text, INTEGRATOR "meter: {integrator: on}\n%s%.3f%s", round ? "faults: [{what: range_change, at: " : "# ",
			 stop - 0.15, round ? " s}]\n" : "\n");
		struct twin_config *twin = lab_twin(text);
		struct simulation *simulation = lab_open(&(struct simulation_config){ .twin = twin, .seed = 4 });
		struct simulation_outcome o = lab_run(simulation, &workload);
		assert_int_equal(o.results->status, round ? RUN_UNMEASURED : RUN_OK);
		stop = (double)(simulation_elapsed(simulation) - (o.truth.tail_end.t - o.truth.stop.t)) * 1e-9;
		for (int k = 0; round && k < 2; k++) {
			const struct energy *energy = &result_source(o.results, k ? "wall.power" : "wall.energy")->energy;
			assert_int_equal(energy->status, ENERGY_REFUSED);
			assert_non_null(strstr(energy->reason, "left its range"));
		}
		simulation_outcome_free(&o);
		simulation_close(simulation);
		simulation_twin_free(twin);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_hold_the_truth),
		cmocka_unit_test(slow_updates_and_elements),
		cmocka_unit_test(plan_says_which_counts),
		cmocka_unit_test(counts_anew_for_each_run),
		cmocka_unit_test(lost_updates_lose_no_energy),
		cmocka_unit_test(what_does_not_close_is_said),
		cmocka_unit_test(range_left_in_the_last_moment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
