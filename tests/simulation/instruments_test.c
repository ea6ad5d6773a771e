/* A bench of several instruments, each at the link that its file gives it: in one run, each says the truth within its U. */
#include <string.h>

#include "lab.h"

#define BENCH                                                                                                                     \
	"load: {source: script}\nmachine: {cores: 8, fan: {power: 0 W, tau: 1 s}, thermal: {leakage: 0}, ripple: {power: 1 W}}\nmeter: {}\npowercap: {}\ninstruments:\n"           \
	"  bank: {noise: 0.2 W, model: GPM-8310, link: tcp, measures: check, update: 250 ms, ranges: {voltage: 300 V, current: 2 A}, latency: 20 ms, "                \
	"latency_uncertainty: 20 ms, accuracy: {reading: 0.1 %, range: 0.1 %}}\n"                                                    \
	"  strip: {noise: 0.2 W, model: PZEM-004T, link: pty, baud: 9600, measures: check, accuracy: {reading: 0.5 %, range: 0.1 %, range_value: 460 W}}\n" \
	"  plug: {noise: 0.2 W, model: Tasmota, measures: check, accuracy: {reading: 1 %, range: 0.1 %, range_value: 460 W}}\n"

static const struct simulation_phase busy = { .duration = 40 * NS_PER_S, .demand = { .cores = 4 } };
static const struct simulation_workload workload = { .phases = &busy, .n_phases = 1 };

/* In W: half of a slow one's energy is where its windows lie. */
static double error(const struct simulation_outcome *o, const char *name, enum energy_status worst)
{
	const struct source_result *source = result_source(&o->results[0], name);
	if (source == NULL)
		fail_msg("no %s among the results", name);
	double truth = simulation_joules(&o->truth.start, &o->truth.stop, QUANTITY_WALL), U = source->energy.gross.expanded.U;
	if (source->energy.status > worst)
		fail_msg("%s: %s", name, source->energy.reason);
	assert_near(source->energy.gross.value, truth, U);
	return U / truth;
}

static struct simulation *open_lab(const struct twin_config *twin, struct plan *plan, uint64_t seed)
{
	struct error problem = ERROR_INIT;
	assert_int_equal(simulation_plan(plan, &problem), 0);
	plan->idle = 20 * NS_PER_S; /* long, as is the guard, for those with one value a second, and a latency that nobody knows */
	plan->guard = 4 * NS_PER_S;
	struct simulation_config config = { .twin = twin, .seed = seed, .plan = plan };
	return lab_open(&config);
}

static void each_tells_the_truth(void **state)
{
	(void)state;
	struct twin_config *twin = lab_twin(BENCH);
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct plan plan;
		struct simulation *lab = open_lab(twin, &plan, seed);
		struct simulation_outcome o = lab_run(lab, &workload);
		assert_true(error(&o, "wall.power", ENERGY_OK) < 0.005);
		assert_true(error(&o, "bank.power", ENERGY_OK) < 0.01);
		assert_true(error(&o, "strip.power", ENERGY_OK) < 0.2);
		assert_true(error(&o, "plug.power", ENERGY_OK) < 0.2);
		assert_true(o.results[0].simulated);
		simulation_outcome_free(&o);
		simulation_close(lab);
		plan_free(&plan);
	}
	simulation_twin_free(twin);
}

/* While its driver finds the way back, on the one thread that there is, others may miss a value of theirs: no more than that. */
static void one_is_thrown_out(void **state)
{
	(void)state;
	struct twin_config *twin = lab_twin(BENCH "faults: [{what: disconnect, device: bank, at: 40 s, for: 300 ms}]\n");
	struct plan plan;
	struct simulation *lab = open_lab(twin, &plan, 1);
	struct simulation_outcome o = lab_run(lab, &workload);
	double wall = error(&o, "wall.power", ENERGY_DEGRADED), bank = error(&o, "bank.power", ENERGY_DEGRADED);
	assert_true(wall < 0.02);
	assert_int_equal(result_source(&o.results[0], "bank.power")->energy.status, ENERGY_DEGRADED);
	assert_true(bank > wall);
	assert_true(error(&o, "plug.power", ENERGY_OK) < 0.2);
	simulation_outcome_free(&o);
	simulation_close(lab);
	plan_free(&plan);
	simulation_twin_free(twin);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_tells_the_truth), cmocka_unit_test(one_is_thrown_out) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
