/* The PowerSensor3's driver at its twin, in simulated time: a rail's energy over whole runs, and what may go wrong in them. */
#include <string.h>

#include "lab.h"

#define RAIL                                                                                                                                      \
	"load: {source: script}\nmachine: {packages: 1, cores: 4, idle: 20 W, per_core: 30 W}\nmeter: {}\n"                                     \
	"instruments: {rail: {model: F411, quantity: platform, measures: rail, accuracy: {reading: 1 %}, sag: 0.01}}\n"

static const struct simulation_phase four_seconds = { .duration = 4 * NS_PER_S, .demand = { .cores = 3 } };
static const struct simulation_workload workload = { .phases = &four_seconds, .n_phases = 1 };

static const struct energy *rail_of(const struct simulation_outcome *o)
{
	const struct source_result *source = result_source(o->results, "rail.power");
	if (source == NULL)
		fail_msg("there is no rail.power");
	assert_int_equal(source->role, ROLE_RAIL);
	return &source->energy;
}

static double platform(const struct simulation_instant *from, const struct simulation_instant *to)
{
	return simulation_joules(from, to, QUANTITY_PLATFORM);
}

static void expect_covers(const struct joules *joules, double truth, const char *what)
{
	if (!(joules->expanded.U > 0) || fabs(joules->value - truth) > joules->expanded.U)
		fail_msg("%s: %.3f J is %+.3f J off, and U is %.3f J", what, joules->value, joules->value - truth, joules->expanded.U);
}

static void expect_truth(const struct simulation_outcome *o)
{
	const struct simulation_truth *t = &o->truth;
	const struct energy *rail = rail_of(o);
	double rest = t->rest[QUANTITY_PLATFORM], run = (double)(t->stop.t - t->start.t) * 1e-9, all = (double)(t->tail_end.t - t->start.t) * 1e-9;
	if (rail->status != ENERGY_OK)
		fail_msg("%s", rail->reason);
	expect_covers(&rail->gross, platform(&t->start, &t->stop), "gross");
	expect_covers(&rail->net, platform(&t->start, &t->stop) - rest * run, "net");
	expect_covers(&rail->caused, platform(&t->start, &t->tail_end) - rest * all, "caused");
	assert_true(rail->gross.expanded.U < 0.02 * rail->gross.value);
}

static const struct run_channel *channel_of(const struct run *run, const char *name)
{
	for (size_t i = 0; i < run->n_channels; i++)
		if (strcmp(run->channels[i].channel.name, name) == 0)
			return &run->channels[i];
	fail_msg("there is no %s", name);
	return NULL;
}

/* Gross, net and caused, on another clock than the host's; raw levels in the file, and of their product nothing. */
static void the_rails_energy(void **state)
{
	(void)state;
	struct twin_config *twin = lab_twin(RAIL);
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct simulation *simulation = lab_open(&(struct simulation_config){ .twin = twin, .seed = seed });
		struct simulation_outcome o = lab_run(simulation, &workload);
		assert_int_equal(o.results->status, RUN_OK);
		expect_truth(&o);
		assert_true(channel_of(&o.run, "rail.current")->n > 100000);
		assert_int_equal(channel_of(&o.run, "rail.power")->n, 0);
		assert_int_equal(channel_of(&o.run, "rail.current")->n_gaps + channel_of(&o.run, "rail.voltage")->n_gaps, 0);
		assert_true(o.run.n_syncs > 16);
		simulation_outcome_free(&o);
		simulation_close(simulation);
	}
	simulation_twin_free(twin);
}

static void other_boards(void **state)
{
	(void)state;
	static const char *const models[] = { "F401", "F411 saturated" };
	for (size_t i = 0; i < 2; i++) {
		struct text text = TEXT_INIT;
		text_addf(&text, "load: {source: script}\nmeter: {}\ninstruments: {rail: {model: %s, quantity: platform, measures: rail, accuracy: {reading: 1 %%}}}\n",
			  models[i]);
		struct twin_config *twin = lab_twin(text_string(&text));
		struct simulation *simulation = lab_open(&(struct simulation_config){ .twin = twin, .seed = 5 });
		struct simulation_outcome o = lab_run(simulation, &workload);
		expect_truth(&o);
		simulation_outcome_free(&o);
		simulation_close(simulation);
		simulation_twin_free(twin);
		text_free(&text);
	}
}

/* What is over range, or missing, is no energy: it is charged, or the run has none of the rail's. */
static void what_is_not_there(void **state)
{
	(void)state;
	static const char *const kinds[] = { "inf", "nan", "stall", "disconnect", "garbage", "silent" };
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		for (int lasts = 0; lasts < 2; lasts++) {
			struct text text = TEXT_INIT;
			text_addf(&text, "%sfaults: [{what: %s, at: 15 s, for: %s, device: rail}]\n", RAIL, kinds[i], lasts ? "1 s" : "20 ms");
			struct twin_config *twin = lab_twin(text_string(&text));
			struct simulation *simulation = lab_open(&(struct simulation_config){ .twin = twin, .seed = 9 });
			static const struct simulation_phase long_phase = { .duration = 20 * NS_PER_S, .demand = { .cores = 3 } };
			struct simulation_outcome o = lab_run(simulation, &(struct simulation_workload){ .phases = &long_phase, .n_phases = 1 });
			const struct energy *rail = rail_of(&o);
			if (rail->status == ENERGY_OK)
				fail_msg("%s: nothing is said of it", kinds[i]);
			if (rail->status == ENERGY_DEGRADED)
				expect_covers(&rail->gross, platform(&o.truth.start, &o.truth.stop), kinds[i]);
			simulation_outcome_free(&o);
			simulation_close(simulation);
			simulation_twin_free(twin);
			text_free(&text);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rails_energy),
		cmocka_unit_test(other_boards),
		cmocka_unit_test(what_is_not_there),
	};
	return cmocka_run_group_tests_name("powersensor3", tests, NULL, NULL);
}
