/* Power gauges of the machine in simulated time: what they say of a run holds the truth within its U, or says that it cannot. */
#include "lab.h"

#define RUNS 24

static struct simulation_outcome run_with(const char *text, uint64_t seed, double seconds, double cores)
{
	struct twin_config *twin = lab_twin(text);
	struct plan plan;
	struct error error = ERROR_INIT;
	assert_int_equal(simulation_plan(&plan, &error), 0);
	plan.idle = 12 * NS_PER_S; /* ten values of a meter that averages over a second */
	plan.guard = 3 * NS_PER_S;
	struct simulation *simulation = lab_open(&(struct simulation_config){ .twin = twin, .seed = seed, .plan = &plan });
	struct simulation_phase phase = { .duration = (int64_t)(seconds * 1e9), .demand = { .cores = cores } };
	struct simulation_workload workload = { .phases = &phase, .n_phases = 1 };
	struct simulation_outcome outcome = lab_run(simulation, &workload);
	simulation_close(simulation);
	plan_free(&plan);
	simulation_twin_free(twin);
	return outcome;
}

static const struct energy *energy_named(const struct simulation_outcome *outcome, const char *name)
{
	const struct source_result *source = result_source(outcome->results, name);
	if (source == NULL)
		fail_msg("there is no source %s", name);
	return &source->energy;
}

/* All but one run in twenty within U, and none far outside. */
struct tally {
	int outside, n;
	double worst;
};

static void count(struct tally *tally, const struct energy *energy, double truth)
{
	if (energy->status == ENERGY_REFUSED)
		fail_msg("%s", energy->reason);
	double off = fabs(energy->gross.value - truth) / energy->gross.expanded.U;
	assert_true(isfinite(off));
	tally->outside += off > 1;
	tally->n++;
	tally->worst = off > tally->worst ? off : tally->worst;
}

static void expect_coverage(const struct tally *tally, const char *what)
{
	print_message("%s: %d of %d outside U, the worst at %.2f U\n", what, tally->outside, tally->n, tally->worst);
	assert_true(tally->outside <= tally->n / 20 && tally->worst < 1.5);
}

static double seconds_of(int run)
{
	return 6 + 0.377 * run;
}

static void acpi_meter_at_the_wall(void **state)
{
	(void)state;
	struct tally tally = { .n = 0 };
	char text[200];
	for (int run = 0; run < RUNS; run++) {
		snprintf(text, sizeof text, "seed: %d\nload: {source: script}\nmachine: {cores: 4}\nmeter: {}\nhwmon: {measures: check, interval: %d ms}\n",
			 run, run % 2 ? 1000 : 250);
		struct simulation_outcome o = run_with(text, (uint64_t)run, seconds_of(run), 1 + run % 3);
		count(&tally, energy_named(&o, "hwmon.power_meter-power1"), simulation_joules(&o.truth.start, &o.truth.stop, QUANTITY_WALL));
		assert_true(o.results->simulated);
		simulation_outcome_free(&o);
	}
	expect_coverage(&tally, "ACPI meter");
}

static void sockets_of_a_grace(void **state)
{
	(void)state;
	struct tally sum = { .n = 0 }, cpu = { .n = 0 };
	char text[200];
	for (int run = 0; run < RUNS; run++) {
		snprintf(text, sizeof text, "seed: %d\nload: {source: script}\nmachine: {packages: 2, cores: 4}\nmeter: {}\n"
			 "hwmon: {grace: on, interval: 50 ms}\n", run);
		struct simulation_outcome o = run_with(text, (uint64_t)run, seconds_of(run) / 2, 1 + run % 3);
		count(&sum, energy_named(&o, "rapl"), simulation_rapl_joules(&o.truth.start, &o.truth.stop));
		count(&cpu, energy_named(&o, "hwmon.cpu-1"), simulation_joules(&o.truth.start, &o.truth.stop, QUANTITY_CORE + 3));
		simulation_outcome_free(&o);
	}
	expect_coverage(&sum, "Grace sockets");
	expect_coverage(&cpu, "Grace CPU 1");
}

/* Points each 100 ms, and marked as such. */
static void points_of_an_altra(void **state)
{
	(void)state;
	struct tally tally = { .n = 0 };
	char text[200];
	for (int run = 0; run < RUNS; run++) {
		snprintf(text, sizeof text, "seed: %d\nload: {source: script}\nmachine: {cores: 4}\nmeter: {}\nhwmon: {altra: on, gain: 0 %%}\n", run);
		struct simulation_outcome o = run_with(text, (uint64_t)run, seconds_of(run) / 2, 1 + run % 3);
		const struct energy *energy = energy_named(&o, "hwmon.core-vrd");
		count(&tally, energy, simulation_joules(&o.truth.start, &o.truth.stop, QUANTITY_CORE));
		assert_int_equal(energy->status, ENERGY_DEGRADED);
		assert_non_null(strstr(energy->reason, "miss what happens between"));
		simulation_outcome_free(&o);
	}
	expect_coverage(&tally, "Altra core VRD");
}

/* A gauge that has no value for a while is a gap in its own result, and in no other. */
static void gauge_without_values(void **state)
{
	(void)state;
	struct simulation_outcome o = run_with("load: {source: script}\nmachine: {cores: 4}\nmeter: {}\nhwmon: {measures: check, interval: 250 ms}\n"
					       "faults: [{what: nan, at: 20 s, for: 400 ms, device: hwmon, zone: power_meter}]\n", 1, 12, 2);
	const struct energy *energy = energy_named(&o, "hwmon.power_meter-power1"), *wall = energy_named(&o, "wall");
	double truth = simulation_joules(&o.truth.start, &o.truth.stop, QUANTITY_WALL);
	assert_int_equal(energy->status, ENERGY_DEGRADED);
	assert_true(energy->invalid > 0);
	assert_near(energy->gross.value, truth, energy->gross.expanded.U);
	assert_int_equal(wall->status, ENERGY_OK);
	simulation_outcome_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acpi_meter_at_the_wall), cmocka_unit_test(sockets_of_a_grace), cmocka_unit_test(points_of_an_altra),
		cmocka_unit_test(gauge_without_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
