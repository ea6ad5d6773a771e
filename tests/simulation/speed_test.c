/* How fast simulated time goes, and that the same seed gives the same bits. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "config.h"
#include "simulation.h"
#include "unit.h"

#define RUNS 4
#define SPEED 1000 /* simulated seconds a second of CPU, at least */

static const char lab[] = "joulerig: twin 1\nseed: 11\nload: {source: script}\nmachine: {cores: 4, fan: {power: 15 W, tau: 10 s}}\n"
			  "meter: {update: 100 ms}\npowercap: {}\n";

static void configure(struct twin_config *config, const char *text)
{
	struct problems problems = { .n = 0 };
	struct error error = ERROR_INIT;
	if (twin_config_parse("test", text, strlen(text), config, &problems, &error) != 0)
		fail_msg("%s", problems.n > 0 ? problems.list[0].text : error.what);
	problems_free(&problems);
}

static struct simulation *open_lab(const struct simulation_config *config)
{
	struct error error = ERROR_INIT;
	struct simulation *simulation = simulation_open(config, &error);
	if (simulation == NULL)
		fail_msg("%s: %s", error.on, error.what);
	return simulation;
}

static struct simulation_outcome run(struct simulation *simulation, const struct simulation_workload *workload)
{
	struct error error = ERROR_INIT;
	struct simulation_outcome outcome;
	if (simulation_run(simulation, workload, &outcome, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
	return outcome;
}

static double cpu_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void a_thousand_times_faster(void **state)
{
	(void)state;
	struct twin_config twin;
	configure(&twin, lab);
	double began = cpu_seconds();
	struct simulation *simulation = open_lab(&(struct simulation_config){ .twin = &twin, .seed = 3 });
	for (int i = 0; i < RUNS; i++) {
		struct simulation_phase phase = { .duration = (10 + 7 * i) * NS_PER_S, .demand = { .cores = 3 } };
		struct simulation_outcome outcome = run(simulation, &(struct simulation_workload){ .phases = &phase, .n_phases = 1 });
		const struct source_result *wall = result_source(outcome.results, "wall");
		const struct simulation_truth *truth = &outcome.truth;
		print_message("run %d: %s %s wall gross %.3f J, true %.3f J, U %.3f\n", i, run_status_name(outcome.results->status), outcome.results->reason,
			      wall->energy.gross.value, simulation_joules(&truth->start, &truth->stop, QUANTITY_WALL), wall->energy.gross.expanded.U);
		simulation_outcome_free(&outcome);
	}
	double simulated = (double)simulation_elapsed(simulation) * 1e-9;
	simulation_close(simulation);
	double spent = cpu_seconds() - began, speed = simulated / spent;
	twin_config_free(&twin);
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
