/* Plugs and modules in series with the WT310E that measures the wall, in simulated time: what each says of a run is within its U of the truth,
 * or it says nothing. Three of them renew their values once a second at a pace of their own, so the quiet beside a run is longer than usual. */
#include <stdio.h>

#include "lab.h"

#define RUNS 12

static struct twin_config *bench(int seed)
{
	char text[1500];
	snprintf(text, sizeof text,
		 "seed: %d\nload: {source: script}\nmeter: {}\ninstruments:\n"
		 "  plug: {model: SNSW-001P16EU, measures: check, options: \"energy_step: 11 s\", accuracy: {reading: 0.5 %%}, noise: 0.3 W, response: 2 ms}\n"
		 "  tasmota: {model: Tasmota, measures: check, options: \"energy_step: 2 s\", accuracy: {reading: 0.5 %%}, noise: 0.3 W, response: 3 ms}\n"
		 "  pzem: {model: PZEM-004T, link: pty, baud: 9600, measures: check, options: \"energy_step: 2 s\", accuracy: {reading: 0.5 %%}, noise: 0.3 W}\n"
		 "  mcp: {model: MCP39F511N, link: pty, baud: 115200, measures: check, update: 80 ms, accuracy: {reading: 0.5 %%}, noise: 0.1 W}\n",
		 seed);
	return lab_twin(text);
}

static struct simulation_outcome measure(int seed, const struct simulation_phase *phase)
{
	struct error error = ERROR_INIT;
	struct plan plan;
	struct twin_config *twin = bench(seed);
	assert_int_equal(simulation_plan(&plan, &error), 0);
	plan.idle = 25 * NS_PER_S;
	plan.guard = 3 * NS_PER_S;
	plan.tail_at_most = 40 * NS_PER_S;
	struct simulation_config config = { .twin = twin, .seed = (uint64_t)seed, .plan = &plan };
	struct simulation *simulation = lab_open(&config);
	struct simulation_workload workload = { .phases = phase, .n_phases = 1 };
	struct simulation_outcome outcome = lab_run(simulation, &workload);
	simulation_close(simulation);
	simulation_twin_free(twin);
	plan_free(&plan);
	return outcome;
}

static const struct energy *energy_of_source(const struct simulation_outcome *outcome, const char *name)
{
	for (int i = 0; i < outcome->results[0].n_sources; i++)
		if (strcmp(outcome->results[0].sources[i].name, name) == 0)
			return &outcome->results[0].sources[i].energy;
	fail_msg("no source %s", name);
	return NULL;
}

static void each_is_within_its_u_of_the_truth(void **state)
{
	(void)state;
	static const char *const names[] = { "wall.power", "plug.power", "tasmota.power", "tasmota.energy", "pzem.power", "pzem.energy", "mcp.power" };
	double joules = 0, u[7] = { 0 };
	int outside = 0;
	for (int seed = 1; seed <= RUNS; seed++) {
		struct simulation_phase phase = { .duration = llround((4 + seed * 3.37) * 1e9), .demand = { .cores = 1 + seed % 2 } };
		struct simulation_outcome outcome = measure(seed, &phase);
		double truth = simulation_joules(&outcome.truth.start, &outcome.truth.stop, QUANTITY_WALL);
		joules += truth;
		for (int i = 0; i < 7; i++) {
			const struct energy *energy = energy_of_source(&outcome, names[i]);
			if (energy->status == ENERGY_REFUSED)
				fail_msg("seed %d: %s: %s", seed, names[i], energy->reason);
			assert_near(energy->gross.value, truth, 1.5 * energy->gross.expanded.U);
			outside += fabs(energy->gross.value - truth) > energy->gross.expanded.U;
			u[i] += energy->gross.expanded.U;
		}
		/* A register of 11 s tells nothing of the seconds of quiet beside a run. */
		const struct energy *energy = energy_of_source(&outcome, "plug.energy");
		assert_true(energy->status == ENERGY_REFUSED && strstr(energy->reason, "steps of 11 s"));
		simulation_outcome_free(&outcome);
	}
	assert_in_range(outside, 0, 7 * RUNS / 20); /* U is of 95 % */
	for (int i = 0; i < 7; i++)
		print_message("%-15s U %.2f %%\n", names[i], 100 * u[i] / joules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_within_its_u_of_the_truth),
	};
	return cmocka_run_group_tests_name("small_meters", tests, NULL, NULL);
}
