/* Planted faults, of every kind and drawn from seeds, through whole runs in simulated time: an energy that is given holds the truth within
 * its U, or it is not given, or something tells that it is not to be trusted. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/options.h"
#include "lab.h"
#include "random.h"

#define TWIN "load: {source: script}\nmachine: {cores: 4}\nmeter: {update: 100 ms}\nbench: {power_max: 400 W}\npowercap: {}\n"
#define RUNS 6

struct arrangement {
	const char *device, *script; /* the device in front of which the faults stand */
	uint64_t seed;
};

static void stand_in_front(void *context, struct bench_config *bench)
{
	const struct arrangement *arrangement = context;
	for (int i = 0; i < bench->n_devices; i++) {
		struct device_config *device = &bench->devices[i];
		if (strcmp(device->name, arrangement->device) != 0)
			continue;
		options_stand_in_front(device, arrangement->script, (double)arrangement->seed);
		return;
	}
	fail_msg("there is no device %s", arrangement->device);
}

struct tally {
	int runs, given, within;     /* energies that are given; those whose U holds the truth */
	int refused, degraded, told; /* told: RAPL says more than the wall */
	double worst;                /* error / U of those that are given */
};

static void count(struct tally *tally, const struct simulation_outcome *o, const char *source, double truth)
{
	const struct source_result *found = result_source(o->results, source);
	tally->runs++;
	assert_true(o->results[0].simulated);
	if (found == NULL || found->energy.status == ENERGY_REFUSED) {
		tally->refused++;
		assert_true(found == NULL || isnan(found->energy.gross.value));
		return;
	}
	tally->degraded += found->energy.status == ENERGY_DEGRADED;
	if (o->results[0].gate_failed) {
		tally->told++;
		return;
	}
	double ratio = fabs(found->energy.gross.value - truth) / found->energy.gross.expanded.U;
	tally->given++;
	tally->within += ratio <= 1;
	tally->worst = fmax(tally->worst, ratio);
}

/* So many runs one behind the other on one bench, with loads drawn from the seed. */
static void add_runs(struct tally *tally, const char *device, const char *script, uint64_t seed)
{
	struct arrangement arrangement = { .device = device, .script = script, .seed = seed };
	struct twin_config *twin = lab_twin(TWIN);
	struct random random = random_stream(seed, script);
	struct simulation_config config = { .twin = twin, .seed = seed, .arrange = stand_in_front, .context = &arrangement };
	struct simulation *simulation = lab_open(&config);
	bool wall = strcmp(device, "wall") == 0;
	for (int i = 0; i < RUNS; i++) {
		struct simulation_phase phase = {
			.duration = (int64_t)(random_between(&random, 2, 9) * 1e9), .demand = { .cores = 1 + i % 4 },
		};
		struct simulation_outcome o = lab_run(simulation, &(struct simulation_workload){ .phases = &phase, .n_phases = 1 });
		double truth = wall ? simulation_joules(&o.truth.start, &o.truth.stop, QUANTITY_WALL)
				    : simulation_rapl_joules(&o.truth.start, &o.truth.stop);
		count(tally, &o, wall ? "wall" : "rapl", truth);
		simulation_outcome_free(&o);
	}
	simulation_close(simulation);
	simulation_twin_free(twin);
}

static struct tally runs_under(const char *device, const char *script, int seeds)
{
	struct tally t = { .runs = 0 };
	for (int seed = 1; seed <= seeds; seed++)
		add_runs(&t, device, script, (uint64_t)seed);
	print_message("    %-40.40s %3d runs: %3d given, %3d within U, worst %.2f U; %3d degraded, %3d refused, %3d told\n", script, t.runs,
		      t.given, t.within, t.worst, t.degraded, t.refused, t.told);
	return t;
}

/* As without faults: U is that of 95 of 100. */
static void assert_true_to_its_word(const struct tally *t, const char *script)
{
	if (t->within < 0.88 * t->given || t->worst > 1.5)
		fail_msg("%s: the truth is within U of %d of %d, and at worst %.2f U away", script, t->within, t->given, t->worst);
}

static void what_is_given_holds_the_truth(void **state)
{
	(void)state;
	static const struct {
		const char *device, *script;
		int marked, given; /* at least so many are degraded or refused; given */
	} cases[] = {
		{ "wall", "", 0, 36 }, { "wall", "drop every 300", 5, 5 }, { "wall", "delay by 300 ms every 200", 5, 5 },
		{ "wall", "delay by 1500 ms every 400", 5, 5 }, { "wall", "garble every 300", 5, 5 },
		{ "wall", "truncate every 300", 5, 5 }, { "wall", "repeat every 300", 5, 10 }, { "wall", "disconnect every 900", 3, 5 },
		{ "wall", "disconnect at 20 s for 4 s", 2, 10 }, { "wall", "rename at 60 s", 3, 10 }, { "wall", "nan every 30", 10, 5 },
		{ "wall", "over every 90 for 500 ms", 20, 0 }, { "wall", "unit every 100", 5, 5 }, { "wall", "stall every 300 for 2 s", 5, 5 },
		{ "rapl", "", 0, 36 }, { "rapl", "nan every 30", 0, 30 }, { "rapl", "over every 300", 5, 5 },
		{ "rapl", "unit every 50", 20, 20 }, { "rapl", "unit by 0.001 every 50", 20, 20 }, { "rapl", "unit at 10 s for 30 s", 10, 5 },
		{ "rapl", "stall every 300 for 2 s", 10, 5 }, { "rapl", "stall every 300 for 1 s", 10, 5 },
		{ "rapl", "stall every 300 for 600 ms", 10, 5 }, { "rapl", "stall every 1000 for 1 s", 5, 15 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct tally t = runs_under(cases[i].device, cases[i].script, 6);
		assert_true_to_its_word(&t, cases[i].script);
		assert_true(t.refused + t.degraded >= cases[i].marked && t.given >= cases[i].given);
		assert_true(strcmp(cases[i].script, "") != 0 || t.refused + t.degraded == 0);
	}
}

/* Two to four kinds side by side, at the wall. */
static void all_kinds_at_once(void **state)
{
	(void)state;
	static const char *const kinds[] = { "drop", "delay by 400 ms", "garble", "truncate", "repeat", "disconnect", "nan", "over", "unit" };
	struct random random = random_stream(1, "kinds");
	struct tally all = { .runs = 0 };
	for (int i = 0; i < 16; i++) {
		char script[190];
		size_t length = 0, n = 2 + random_u64(&random) % 3;
		for (size_t k = 0; k < n; k++)
			length += (size_t)snprintf(script + length, sizeof script - length, "%s%s every %d", k ? ", " : "",
						   kinds[random_u64(&random) % (sizeof kinds / sizeof *kinds)],
						   500 + (int)(random_u64(&random) % 2000));
		struct tally t = runs_under("wall", script, 2);
		all.runs += t.runs;
		all.given += t.given;
		all.within += t.within;
		all.refused += t.refused + t.degraded;
		all.worst = fmax(all.worst, t.worst);
	}
	assert_true_to_its_word(&all, "all kinds");
	assert_true(all.given > all.runs / 4 && all.refused > all.runs / 8);
}

/* A lone meter's wrong unit is within what is plausible: where it covers a run, RAPL says more than the wall. */
static void what_a_second_meter_tells(void **state)
{
	(void)state;
	struct tally t = runs_under("wall", "unit by 0.001 at 1 s for 10000 s", 6);
	assert_int_equal(t.told + t.refused, t.runs);
	assert_true(t.told > t.runs / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_given_holds_the_truth),
		cmocka_unit_test(all_kinds_at_once),
		cmocka_unit_test(what_a_second_meter_tells),
	};
	return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
