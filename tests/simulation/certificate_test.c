/* A meter that shows 0.4 % too much, and a certificate that says so: through whole runs in simulated time. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "closure.h"
#include "evaluate.h"
#include "lab.h"

/* It keeps within its sheet, which is a wide one. */
#define METER                                                                                                                           \
	"load: {source: script}\nmachine: {cores: 4}\nmeter:\n  integrator: on\n  accuracy: {reading: 0.5 %, range: 0.1 %}\n"          \
	"  errors: {gain: 0.4 %, offset: 0, nonlinearity: 0, power_factor: 0}\n"

#define GAIN 0.004
#define RUNS 40

/* Found in May 2026 by the simulation's clock: issued and, in most cases, not yet expired. U is 0.04 % + 10 mW. */
static struct certificate *certificate_of(double from, double to)
{
	struct certificate *c = calloc(1, sizeof *c);
	assert_non_null(c);
	*c = (struct certificate){ .number = "A-123", .issued = "2026-01-15", .expires = "2027-01-15", .coverage = 2 };
	for (double power = from; power <= to * 1.001; power += (to - from) / 4)
		c->points[c->n++] = (struct certificate_point){ power, GAIN * power, 0.0004 * power + 0.01 };
	return c;
}

static struct bench_config *bench_of(struct simulation *simulation)
{
	return (struct bench_config *)(uintptr_t)simulation_bench(simulation);
}

/* Takes the certificate over. */
static struct simulation_outcome run_with(struct certificate *certificate, uint64_t seed)
{
	struct twin_config *twin = lab_twin(METER);
	struct simulation_phase phase = { .duration = (int64_t)(20e9 + 1e7 * (double)seed), .demand = { .cores = 1 + (int)seed % 4 } };
	struct simulation *simulation = lab_open(&(struct simulation_config){ .twin = twin, .seed = seed });
	if (certificate && certificate->voltage == 0) {
		certificate->voltage = simulation_bench(simulation)->devices[0].voltage_range;
		certificate->current = simulation_bench(simulation)->devices[0].current_range;
	}
	bench_of(simulation)->certificates[0] = certificate;
	struct simulation_outcome o = lab_run(simulation, &(struct simulation_workload){ .phases = &phase, .n_phases = 1 });
	simulation_close(simulation);
	simulation_twin_free(twin);
	return o;
}

static const struct energy *energy_of_source(const struct simulation_outcome *o, const char *name)
{
	const struct source_result *source = result_source(o->results, name);
	assert_non_null(source);
	return &source->energy;
}

static double truth_of(const struct simulation_outcome *o)
{
	return simulation_joules(&o->truth.start, &o->truth.stop, QUANTITY_WALL);
}

static double net_truth_of(const struct simulation_outcome *o)
{
	return truth_of(o) - o->truth.rest[QUANTITY_WALL] * (double)(o->truth.stop.t - o->truth.start.t) / 1e9;
}

static bool holds(const struct joules *joules, double truth)
{
	return fabs(joules->value - truth) <= joules->expanded.U;
}

struct figures {
	double error, U, net_U;
	int gross, net, integral, closed;
};

static void count(const struct simulation_outcome *o, struct figures *f)
{
	const struct energy *wall = energy_of_source(o, "wall");
	struct energy integral;
	assert_true(result_integral(o->results, result_source(o->results, "wall.power"), &integral));
	struct closure closure = closure_of(&integral, wall);
	double truth = truth_of(o), net_truth = net_truth_of(o);
	assert_int_equal(wall->status, ENERGY_OK);
	f->error += (wall->gross.value / truth - 1) / RUNS;
	f->U += wall->gross.expanded.U / truth / RUNS;
	f->net_U += wall->net.expanded.U / net_truth / RUNS;
	f->gross += holds(&wall->gross, truth);
	f->net += holds(&wall->net, net_truth);
	f->integral += holds(&integral.gross, truth);
	f->closed += closure.known && !closure.fails;
}

/* `certificate_of` each time: a run takes its own. */
static struct figures many(bool certified, double drift, const char *expires)
{
	struct figures f = { .error = 0 };
	for (uint64_t seed = 1; seed <= RUNS; seed++) {
		struct certificate *c = certified ? certificate_of(20, 420) : NULL;
		if (c) {
			c->drift = drift;
			snprintf(c->expires, sizeof c->expires, "%s", expires);
		}
		struct simulation_outcome o = run_with(c, seed);
		count(&o, &f);
		simulation_outcome_free(&o);
	}
	print_message("%s: error %+.3f %%, U %.3f %% (net %.3f %%), gross %d, net %d, integrator %d of %d, closed %d\n",
		      certified ? drift > 0 ? "certified, with drift" : "certified" : "by the sheet", 100 * f.error, 100 * f.U, 100 * f.net_U, f.gross,
		      f.net, f.integral, RUNS, f.closed);
	return f;
}

static void corrected_energies_hold_the_truth(void **state)
{
	(void)state;
	struct figures plain = many(false, 0, ""), certified = many(true, 0, "2027-01-15"), drifted = many(true, 0.002, "2026-03-01");
	assert_near(plain.error - certified.error, GAIN, 0.0001);
	assert_near(certified.error, 0, certified.U / 2); /* what the supply's lag leaves */
	assert_near(drifted.error, certified.error, 0);
	assert_true(certified.U < plain.U / 2 && certified.net_U < plain.net_U);
	assert_true(drifted.U > 1.05 * certified.U);
	assert_true(certified.gross >= RUNS - 3 && certified.net >= RUNS - 3 && certified.integral >= RUNS - 3);
	assert_true(certified.closed == RUNS && plain.closed == RUNS);
}

static void terms_are_named(void **state)
{
	(void)state;
	struct simulation_outcome o = run_with(certificate_of(20, 420), 3);
	const struct budget *budget = &energy_of_source(&o, "wall.power")->gross.budget;
	double power = energy_of_source(&o, "wall.power")->power;
	char name[32], line[40];
	snprintf(name, sizeof name, "certificate-%d", 1 + (int)((power - 20) / 100)); /* five points from 20 W to 420 W */
	snprintf(line, sizeof line, "certificate-line-%d", 1 + (int)((power - 20) / 100));
	assert_non_null(budget_term(budget, name));
	assert_non_null(budget_term(budget, line));
	assert_non_null(budget_term(budget, "power-factor"));
	assert_null(budget_term(budget, "gain"));
	assert_null(budget_term(budget, "range"));
	assert_string_equal(o.results[0].reason, "");
	simulation_outcome_free(&o);
}

/* The run file has what the meter said; what a later analysis makes of it is the same to the bit. */
static void raw_values_stay(void **state)
{
	(void)state;
	struct simulation_outcome plain = run_with(NULL, 5), certified = run_with(certificate_of(20, 420), 5);
	struct error error = ERROR_INIT;
	struct result *again;
	size_t n;
	assert_int_equal(plain.run.channels[0].n, certified.run.channels[0].n);
	assert_memory_equal(plain.run.channels[0].values.f64, certified.run.channels[0].values.f64,
			    plain.run.channels[0].n * sizeof(double));
	assert_int_equal(evaluate_run(&certified.run, &again, &n, &error), 0);
	double now = result_source(again, "wall")->energy.gross.value, then = energy_of_source(&certified, "wall")->gross.value;
	assert_memory_equal(&now, &then, sizeof now);
	assert_true(energy_of_source(&plain, "wall")->gross.value > then);
	free(again);
	simulation_outcome_free(&plain);
	simulation_outcome_free(&certified);
}

static void expired_one_withholds(void **state)
{
	(void)state;
	struct certificate *c = certificate_of(20, 420);
	snprintf(c->expires, sizeof c->expires, "2026-05-27");
	struct simulation_outcome o = run_with(c, 1);
	const struct energy *wall = energy_of_source(&o, "wall");
	assert_int_equal(wall->status, ENERGY_REFUSED);
	assert_true(isnan(wall->gross.value) && isnan(wall->gross.expanded.U));
	assert_non_null(strstr(energy_of_source(&o, "wall.power")->reason, "certificate A-123 expired on 2026-05-27"));
	simulation_outcome_free(&o);
}

/* With no points, too; and the day of expiry itself is still good. */
static void last_day_is_good(void **state)
{
	(void)state;
	struct simulation_outcome before = run_with(NULL, 1);
	time_t seconds = (time_t)(before.run.anchors[0].realtime / NS_PER_S);
	struct tm utc;
	struct certificate *c = certificate_of(20, 420);
	c->n = 0;
	strftime(c->expires, sizeof c->expires, "%Y-%m-%d", gmtime_r(&seconds, &utc));
	struct simulation_outcome o = run_with(c, 1);
	simulation_outcome_free(&before);
	assert_int_equal(energy_of_source(&o, "wall")->status, ENERGY_OK);
	assert_non_null(budget_term(&energy_of_source(&o, "wall")->gross.budget, "gain"));
	simulation_outcome_free(&o);
}

static void loads_beyond_its_points(void **state)
{
	(void)state;
	struct simulation_outcome plain = run_with(NULL, 2), o = run_with(certificate_of(60, 420), 2);
	double by_sheet = energy_of_source(&plain, "wall")->gross.value, here = energy_of_source(&o, "wall")->gross.value;
	assert_memory_equal(&by_sheet, &here, sizeof here);
	assert_non_null(strstr(o.results[0].reason, "certificate not applied: power from"));
	simulation_outcome_free(&plain);
	simulation_outcome_free(&o);
}

static void taken_in_another_range(void **state)
{
	(void)state;
	struct certificate *c = certificate_of(20, 420);
	c->voltage = 300;
	c->current = 20;
	struct simulation_outcome plain = run_with(NULL, 2), o = run_with(c, 2);
	double by_sheet = energy_of_source(&plain, "wall")->gross.value, here = energy_of_source(&o, "wall")->gross.value;
	assert_memory_equal(&by_sheet, &here, sizeof here);
	assert_non_null(strstr(o.results[0].reason, "its points are of 300 V / 20 A, the meter was in 300 V / "));
	simulation_outcome_free(&plain);
	simulation_outcome_free(&o);
}

static void another_meters_one(void **state)
{
	(void)state;
	struct certificate *c = certificate_of(20, 420);
	snprintf(c->serial, sizeof c->serial, "C3TL00001E");
	struct simulation_outcome o = run_with(c, 2);
	assert_non_null(budget_term(&energy_of_source(&o, "wall")->gross.budget, "gain"));
	assert_non_null(strstr(o.results[0].reason, "it is of no. C3TL00001E"));
	simulation_outcome_free(&o);
}

static void warm_up_is_told(void **state)
{
	(void)state;
	for (int said = 0; said < 2; said++) {
		struct twin_config *twin = lab_twin(METER);
		struct simulation_phase phase = { .duration = 4 * NS_PER_S, .demand = { .cores = 1 } };
		struct simulation *simulation = lab_open(&(struct simulation_config){ .twin = twin, .seed = 1 });
		bench_of(simulation)->devices[0].warm_up = 1800;
		bench_of(simulation)->warmed_up = said;
		struct simulation_outcome o = lab_run(simulation, &(struct simulation_workload){ .phases = &phase, .n_phases = 1 });
		assert_int_equal(strstr(o.results[0].reason, "it needs 30 min to warm up") != NULL, !said);
		simulation_outcome_free(&o);
		simulation_close(simulation);
		simulation_twin_free(twin);
	}
}

static void zero_is_calibrated_and_recorded(void **state)
{
	(void)state;
	struct twin_config *twin = lab_twin(METER);
	struct simulation_phase phase = { .duration = 4 * NS_PER_S, .demand = { .cores = 1 } };
	struct simulation *simulation = lab_open(&(struct simulation_config){ .twin = twin, .seed = 1 });
	struct device_config *wall = &bench_of(simulation)->devices[0];
	struct option_value *option = &wall->options[wall->n_options++];
	*option = (struct option_value){ .name = "zero_calibration", .text = "true", .number = 1 };
	struct simulation_outcome o = lab_run(simulation, &(struct simulation_workload){ .phases = &phase, .n_phases = 1 });
	const json_t *device = json_array_get(json_object_get(json_object_get(o.run.header, "bench"), "devices"), 0);
	json_int_t at = json_integer_value(json_object_get(device, "zero_calibrated_realtime_ns"));
	assert_true(at > 0 && at < o.run.anchors[0].realtime && at > o.run.anchors[0].realtime - 60 * NS_PER_S);
	assert_int_equal(energy_of_source(&o, "wall")->status, ENERGY_OK);
	simulation_outcome_free(&o);
	simulation_close(simulation);
	simulation_twin_free(twin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(corrected_energies_hold_the_truth), cmocka_unit_test(terms_are_named),
		cmocka_unit_test(raw_values_stay), cmocka_unit_test(expired_one_withholds), cmocka_unit_test(last_day_is_good),
		cmocka_unit_test(loads_beyond_its_points), cmocka_unit_test(taken_in_another_range),
		cmocka_unit_test(another_meters_one), cmocka_unit_test(warm_up_is_told),
		cmocka_unit_test(zero_is_calibrated_and_recorded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
