/* The modelled rig in the simulated lab: its driver, its clock joined to the host's, and the edges that mark a run. */
#include <stdlib.h>

#include "lab.h"

static const char meter[] = "load: {source: script, steps: [{at: 0 s}]}\n"
			    "machine: {fan: {power: 0 W, tau: 1 s}}\n"
			    "meter: {update: 100 ms, latency: 30 ms}\n";

static const struct run_channel *channel_of(const struct run *run, const char *name)
{
	for (size_t i = 0; i < run->n_channels; i++)
		if (strcmp(run->channels[i].channel.name, name) == 0)
			return &run->channels[i];
	fail_msg("no channel %s", name);
	return NULL;
}

static struct simulation *open_lab(const char *rig, uint64_t seed, struct twin_config **twin)
{
	char text[1200];
	snprintf(text, sizeof text, "%s%s", meter, rig);
	*twin = lab_twin(text);
	const struct simulation_config config = { .twin = *twin, .seed = seed };
	return lab_open(&config);
}

static struct simulation_outcome run_for(struct simulation *simulation, double seconds)
{
	const struct simulation_phase phase = { .duration = (int64_t)(seconds * 1e9), .demand = { .cores = 2 } };
	const struct simulation_workload workload = { .phases = &phase, .n_phases = 1 };
	return lab_run(simulation, &workload);
}

static bool holds(int64_t told, int64_t u, int64_t truth)
{
	assert_true(llabs(told - truth) <= 2 * u);
	assert_true(u < 700 * NS_PER_US); /* of 24 children of a self-test one may be told late */
	return llabs(told - truth) <= u;
}

/* The machine's own line is wired to in1: its edges mark the run, some tens of microseconds from the truth, whatever the rig's clock does.
 * The half-widths are those of 95 of 100. */
static void edges_of_a_line_that_is_wired(void **state)
{
	static const char *const clocks[] = {
		"rig: {drift: 90 ppm, uptime: 4000 s, inputs: {in1: line}}\n", "rig: {drift: -100 ppm, uptime: 3 s, inputs: {in1: line}}\n",
	};
	int held = 0, all = 0;
	(void)state;
	for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
		struct twin_config *twin;
		struct simulation *simulation = open_lab(clocks[i], 5 + i, &twin);
		for (int n = 0; n < 10; n++, all += 2) {
			struct simulation_outcome outcome = run_for(simulation, 1.5 + n);
			const struct result *whole = &outcome.results[0];
			assert_string_equal(whole->reason, "");
			assert_non_null(json_object_get(json_object_get(outcome.run.header, "line"), "device"));
			held += holds(whole->start, whole->u_start, outcome.truth.start.t);
			held += holds(whole->stop, whole->u_stop, outcome.truth.stop.t);
			assert_int_equal(channel_of(&outcome.run, "rig.level")->n_gaps, 0);
			simulation_outcome_free(&outcome);
		}
		simulation_close(simulation);
		simulation_twin_free(twin);
	}
	print_message("    %d of %d edges within u\n", held, all);
	assert_true(held >= all * 8 / 10);
}

/* What is told through USB frames and stamped at the output itself: as late as it may be, and its scatter is in its u. The host's own
 * stamps are known better, and mark the run; the line does not contradict them. */
static void edges_of_its_own_output(void **state)
{
	(void)state;
	struct twin_config *twin;
	struct simulation *simulation = open_lab("rig: {inputs: {in1: out1}}\n", 9, &twin);
	struct simulation_outcome outcome = run_for(simulation, 2);
	const struct result *whole = &outcome.results[0];
	json_int_t u_line = json_integer_value(json_object_get(json_object_get(outcome.run.header, "line"), "start_u_ns"));
	assert_string_equal(whole->reason, "");
	assert_true(u_line > 100 * NS_PER_US && u_line < 3 * NS_PER_MS);
	assert_true(llabs(whole->start - outcome.truth.start.t) <= 2 * whole->u_start && whole->u_start < u_line);
	simulation_outcome_free(&outcome);
	simulation_close(simulation);
	simulation_twin_free(twin);
}

/* Pulses and the INA228 count what the model knows. */
static void counters_count_the_truth(void **state)
{
	(void)state;
	struct twin_config *twin;
	struct simulation *simulation =
		open_lab("rig: {drift: 0 ppm, inputs: {in1: line, in3: s0}, s0: {per_kwh: 10000000, pulse: 1 ms}, ina: {shunt: 0.005},\n"
			 "      options: 'shunt: 0.005, current_max: 20 A, s0_pulse: 0 ms'}\n", 11, &twin);
	struct simulation_outcome outcome = run_for(simulation, 3);
	const struct run_channel *s0 = channel_of(&outcome.run, "rig.s0-in3"), *ina = channel_of(&outcome.run, "rig.ina-energy");
	assert_true(s0->n > 20 && ina->n > 20);
	double joules = simulation_joules(&outcome.truth.start, &outcome.truth.stop, QUANTITY_WALL), seconds = 3;
	/* the run's mean power, from the counts between reads a second inside the run */
	double from = (double)(outcome.truth.start.t - outcome.truth.prepared.t) / 1e9;
	size_t first = 0, last = 0;
	for (size_t i = 0; i < s0->n; i++) {
		double at = (double)(s0->t[i] - s0->t[0]) / 1e9;
		first = at < from + 0.5 ? i : first;
		last = at < from + 2.5 ? i : last;
	}
	double span = (double)(s0->t[last] - s0->t[first]) / 1e9;
	double watts = (double)(s0->values.u64[last] - s0->values.u64[first]) * s0->channel.scale / span;
	assert_near(watts, joules / seconds, 0.02 * joules / seconds);
	assert_near(s0->channel.scale, 0.36, 1e-12);
	assert_true(ina->values.u64[ina->n - 1] > ina->values.u64[0]);
	simulation_outcome_free(&outcome);
	simulation_close(simulation);
	simulation_twin_free(twin);
}

/* The ADC's samples of voltage are the mains', evenly spaced, and as many as those of current. */
static void samples_of_the_mains(void **state)
{
	(void)state;
	struct twin_config *twin;
	struct simulation *simulation =
		open_lab("rig: {inputs: {in1: line}, options: 'adc_rate: 5000, adc0: V 0.2 -409.6, adc1: A 0.005 -10.24'}\n", 13, &twin);
	struct simulation_outcome outcome = run_for(simulation, 1);
	const struct run_channel *volts = channel_of(&outcome.run, "rig.adc0"), *amperes = channel_of(&outcome.run, "rig.adc1");
	assert_true(volts->n > 10000 && volts->n == amperes->n);
	assert_int_equal(volts->n_gaps, 0);
	double squares = 0;
	for (size_t i = 0; i < 5000; i++) {
		double v = (double)volts->values.i64[i] * 0.2 - 409.6;
		squares += v * v;
		assert_true(i == 0 || volts->t[i] - volts->t[i - 1] == 200 * NS_PER_US || volts->t[i] - volts->t[i - 1] <= 201 * NS_PER_US);
	}
	assert_near(sqrt(squares / 5000), 230, 0.5);
	simulation_outcome_free(&outcome);
	simulation_close(simulation);
	simulation_twin_free(twin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edges_of_a_line_that_is_wired),
		cmocka_unit_test(edges_of_its_own_output),
		cmocka_unit_test(counters_count_the_truth),
		cmocka_unit_test(samples_of_the_mains),
	};
	return cmocka_run_group_tests_name("rig", tests, NULL, NULL);
}
