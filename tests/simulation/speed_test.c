/* How fast simulated time goes: with everything that a run is, down to its file's being read back. */
#include <time.h>

#include "lab.h"

#define RUNS 4
#define SPEED 1000 /* simulated seconds a second of CPU, at least */

static const char lab[] = "seed: 11\nload: {source: script}\nmachine: {cores: 4, fan: {power: 15 W, tau: 10 s}}\n"
			  "meter: {update: 100 ms}\npowercap: {}\n";

static double cpu_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void a_thousand_times_faster(void **state)
{
	(void)state;
	struct twin_config *twin = lab_twin(lab);
	double began = cpu_seconds();
	struct simulation *simulation = lab_open(&(struct simulation_config){ .twin = twin, .seed = 3 });
	for (int i = 0; i < RUNS; i++) {
		struct simulation_phase phase = { .duration = (10 + 7 * i) * NS_PER_S, .demand = { .cores = 3 } };
		struct simulation_outcome outcome = lab_run(simulation, &(struct simulation_workload){ .phases = &phase, .n_phases = 1 });
		assert_int_equal(outcome.results->status, RUN_OK);
		simulation_outcome_free(&outcome);
	}
	double simulated = (double)simulation_elapsed(simulation) * 1e-9;
	simulation_close(simulation);
	double spent = cpu_seconds() - began, speed = simulated / spent;
	simulation_twin_free(twin);
	print_message("%.1f s simulated in %.3f s of CPU: %.0f x real time\n", simulated, spent, speed);
#if defined __OPTIMIZE__ && !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
	assert_true(speed >= SPEED);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thousand_times_faster),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
