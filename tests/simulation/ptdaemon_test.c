/* A PTDaemon at the wall, through whole runs in simulated time: its samples of a second, what it says of its ranges, and its faults. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab.h"

#define BENCH                                                                                                                              \
	"load: {source: script}\nmachine: {cores: 4}\nbench: {supply_lag: 8 ms}\npowercap: {}\n"                                           \
	"instruments:\n  ptd:\n    model: ptdaemon\n    measures: wall\n    ranges: {voltage: 300 V, current: 2 A}\n"                      \
	"    latency: 300 ms\n    latency_uncertainty: 200 ms\n    noise: 0.2 W\n"                                                         \
	"    accuracy: {reading: 0.1 %%, range: 0.05 %%, timebase: 50 ppm}\n"

static struct simulation_outcome run_of(const char *faults, uint64_t seed, int64_t seconds)
{
	char text[2000];
	snprintf(text, sizeof text, "seed: %d\n" BENCH "%s", (int)seed, faults); /* another instrument each time */
	struct twin_config *twin = lab_twin(text);
	struct simulation_phase phase = { .duration = seconds * NS_PER_S, .demand = { .cores = 1 + (int)seed % 4 } };
	struct error error = ERROR_INIT;
	struct plan plan;
	assert_int_equal(simulation_plan(&plan, &error), 0);
	plan.idle = 15 * NS_PER_S; /* of windows of a second */
	plan.settle_during = 10 * NS_PER_S;
	struct simulation *simulation = lab_open(&(struct simulation_config){ .twin = twin, .seed = seed, .plan = &plan });
	struct simulation_outcome o = lab_run(simulation, &(struct simulation_workload){ .phases = &phase, .n_phases = 1 });
	simulation_close(simulation);
	simulation_twin_free(twin);
	plan_free(&plan);
	return o;
}

static const struct run_channel *channel_named(const struct simulation_outcome *o, const char *name)
{
	for (size_t i = 0; i < o->run.n_channels; i++)
		if (strcmp(o->run.channels[i].channel.name, name) == 0)
			return &o->run.channels[i];
	fail_msg("there is no %s", name);
	return NULL;
}

static const struct energy *wall_of(const struct simulation_outcome *o)
{
	assert_non_null(result_source(o->results, "wall"));
	return &result_source(o->results, "wall")->energy;
}

static void energies_hold_the_truth(void **state)
{
	(void)state;
	int held = 0, n = 100;
	double U = 0, error = 0;
	for (int i = 0; i < n; i++) {
		struct simulation_outcome o = run_of("", (uint64_t)i + 1, 60);
		const struct energy *wall = wall_of(&o);
		double truth = simulation_joules(&o.truth.start, &o.truth.stop, QUANTITY_WALL);
		if (wall->status == ENERGY_REFUSED)
			fail_msg("%s", result_source(o.results, "ptd.power")->energy.reason);
		held += fabs(wall->gross.value - truth) <= wall->gross.expanded.U;
		U += wall->gross.expanded.U / truth / n;
		error += fabs(wall->gross.value / truth - 1) / n;
		assert_true(o.results[0].simulated);
		simulation_outcome_free(&o);
	}
	print_message("%d of %d within U, %.2f %% on average; error %.2f %%\n", held, n, 100 * U, 100 * error);
	assert_true(held >= 91);
}

/* Each second once, none twice, none missing; the daemon's own uncertainty now and then. */
static void samples_are_all_there(void **state)
{
	(void)state;
	struct simulation_outcome o = run_of("", 2, 60);
	const struct run_channel *power = channel_named(&o, "ptd.power"), *uncertainty = channel_named(&o, "ptd.uncertainty");
	assert_int_equal(power->n_gaps, 0);
	for (size_t i = 1; i < power->n; i++)
		assert_in_range(power->t[i] - power->t[i - 1], 900 * NS_PER_MS, 1100 * NS_PER_MS);
	assert_true(uncertainty->n >= 5 && uncertainty->n < power->n / 8);
	assert_near(uncertainty->values.f64[uncertainty->n - 1], 0.004123, 1e-9);
	assert_true(o.run.n_ranges > 0);
	assert_near(o.run.ranges[0].range.voltage, 300, 0);
	assert_near(o.run.ranges[0].range.current, 2, 0);
	assert_int_equal(o.run.ranges[0].range.automatic, 0);
	assert_string_equal(o.results[0].reason, "");
	simulation_outcome_free(&o);
}

static size_t flagged(const struct run_channel *channel, uint32_t flag)
{
	size_t n = 0;
	for (size_t i = 0; i < channel->n; i++) {
		n += (channel->flags[i] & flag) != 0;
		if (channel->flags[i] & FLAG_INVALID)
			assert_true(isnan(channel->values.f64[i]));
	}
	return n;
}

static void codes_are_no_numbers(void **state)
{
	(void)state;
	struct simulation_outcome o = run_of("faults:\n  - {what: nan, device: ptd, at: 30 s, for: 3 s}\n", 1, 60);
	assert_in_range(flagged(channel_named(&o, "ptd.power"), FLAG_NO_DATA), 2, 4);
	simulation_outcome_free(&o);
	o = run_of("faults:\n  - {what: inf, device: ptd, at: 30 s, for: 3 s}\n", 1, 60);
	assert_in_range(flagged(channel_named(&o, "ptd.power"), FLAG_OVER_RANGE), 2, 4);
	assert_int_equal(wall_of(&o)->status, ENERGY_REFUSED);
	simulation_outcome_free(&o);
}

static void range_that_changed_voids_the_run(void **state)
{
	(void)state;
	struct simulation_outcome o = run_of("faults:\n  - {what: range_change, device: ptd, at: 30 s, for: 1 s}\n", 1, 60);
	bool changed = false;
	for (size_t i = 0; i < o.run.n_ranges; i++)
		changed |= o.run.ranges[i].range.changed != 0;
	assert_true(changed);
	assert_true(flagged(channel_named(&o, "ptd.power"), FLAG_RANGE_CHANGED) > 20);
	assert_int_equal(wall_of(&o)->status, ENERGY_REFUSED);
	assert_non_null(strstr(result_source(o.results, "ptd.power")->energy.reason, "left its range by itself"));
	simulation_outcome_free(&o);
}

static size_t gaps_of(const struct run_channel *channel)
{
	return channel->n_gaps;
}

/* What is missing is told, and it goes on afterwards. */
static void failures_are_gaps(void **state)
{
	(void)state;
	static const char *const faults[] = { "silent", "garbage", "cut", "disconnect", "stall" };
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		char text[100];
		snprintf(text, sizeof text, "faults:\n  - {what: %s, device: ptd, at: 30 s, for: 4 s}\n", faults[i]);
		struct simulation_outcome o = run_of(text, 1, 60);
		const struct run_channel *power = channel_named(&o, "ptd.power");
		if (gaps_of(power) == 0)
			fail_msg("%s left no gap", faults[i]);
		for (size_t k = 0; k < power->n; k++)
			assert_true((power->flags[k] & FLAG_INVALID) || power->values.f64[k] > 30);
		if (power->t[power->n - 1] < o.results[0].stop)
			fail_msg("nothing came after %s", faults[i]);
		simulation_outcome_free(&o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(energies_hold_the_truth), cmocka_unit_test(samples_are_all_there), cmocka_unit_test(codes_are_no_numbers),
		cmocka_unit_test(range_that_changed_voids_the_run), cmocka_unit_test(failures_are_gaps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
