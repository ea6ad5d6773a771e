#include "rig.h"

#include "random.h"

#define QUANTITIES_SHOWN 5 /* of one package */

static struct model *make(struct load *load, const struct load_step *steps, size_t n, uint64_t seed, double ripple)
{
	struct model_config c = {
		.packages = 1, .cores = 2, .idle = 12, .per_core = 38, .curvature = 0.05, .core_share = 0.85, .dram_idle = 2.5,
		.dram_per_core = 2, .platform = 36, .ripple = ripple, .ripple_tau = 0.05, .fan = 15, .fan_tau = 10,
		.thermal_resistance = 0.4, .thermal_tau = 3, .leakage = 3e-4, .supply_lag = 4e-3, .loss_fixed = 4,
		.loss_linear = 0.06, .loss_quadratic = 1e-4,
	};
	struct error error = ERROR_INIT;
	load_init(load, steps, n, 1000);
	return model_new(&c, load, seed, 1000, &error);
}

static const struct load_step pulse[] = {
	{ .at = NS_PER_S, .demand = { .cores = 2 } },
	{ .at = 3 * NS_PER_S, .demand = { .cores = 0.5, .power = 7 } },
	{ .at = 4 * NS_PER_S, .ramp = NS_PER_S, .demand = { .platform = 5 } },
};

/* The sum of P dt, step by step, is the cumulative energy: to the nanojoule. */
static void energy_is_conserved(void **state)
{
	(void)state;
	struct load load;
	struct model *m = make(&load, pulse, 3, 1, 0.5);
	int64_t sum[QUANTITIES_SHOWN] = { 0 };
	for (int64_t t = 1000; t < 1000 + 8 * NS_PER_S; t += MODEL_STEP) {
		model_advance(m, t);
		assert_int_equal(model_step_start(m), t);
		for (int q = 0; q < QUANTITIES_SHOWN; q++)
			sum[q] += model_power(m, q) * MODEL_STEP / 1000000;
	}
	model_advance(m, 1000 + 8 * NS_PER_S);
	for (int q = 0; q < QUANTITIES_SHOWN; q++)
		assert_int_equal(model_energy(m, q, 1000 + 8 * NS_PER_S), sum[q]);
	assert_true(sum[QUANTITY_WALL] > sum[QUANTITY_PLATFORM] && sum[QUANTITY_PLATFORM] > sum[QUANTITY_PACKAGE]);
	model_free(m);
}

/* Energy at any instant, also a past one, is the interpolation between the ends of its step. */
static void energy_between_steps(void **state)
{
	(void)state;
	struct load load;
	struct model *m = make(&load, pulse, 3, 1, 0);
	model_advance(m, 1000 + 3 * NS_PER_S);
	int64_t t = 1000 + 1234 * MODEL_STEP, begin = model_energy(m, QUANTITY_WALL, t);
	int64_t end = model_energy(m, QUANTITY_WALL, t + MODEL_STEP);
	assert_near((double)model_energy(m, QUANTITY_WALL, t + MODEL_STEP / 4), begin + (end - begin) / 4., 0.51);
	assert_int_equal(model_energy(m, QUANTITY_WALL, 1000), 0);
	assert_int_equal(model_energy(m, QUANTITY_WALL, 10), 0);
	model_free(m);
}

/* Idle and full load, settled, are what the formulas say. */
static void settled_powers(void **state)
{
	(void)state;
	struct load load;
	struct load_step full = { .demand = { .cores = 2 }, .at = 10 * NS_PER_S };
	struct model *m = make(&load, &full, 1, 1, 0);
	double idle = 12 + 2.5 + 36;
	model_advance(m, 9 * NS_PER_S);
	assert_near((double)model_power(m, QUANTITY_WALL) * 1e-6, 4 + 1.06 * idle + 1e-4 * idle * idle, 2e-6);
	model_advance(m, 200 * NS_PER_S);
	double dynamic = 38 * 2 * 0.95, package = (12 + dynamic) * (1 + 3e-4 * 0.4 * dynamic);
	double dc = package + 2.5 + 4 + 36 + 15;
	assert_near((double)model_power(m, QUANTITY_PACKAGE) * 1e-6, package, 1e-5);
	assert_near((double)model_power(m, QUANTITY_WALL) * 1e-6, 4 + 1.06 * dc + 1e-4 * dc * dc, 1e-4);
	model_free(m);
}

/* After full load the fan runs down with its time constant. */
static void fan_tail(void **state)
{
	(void)state;
	struct load load;
	const struct load_step steps[] = { { .demand = { .cores = 2 } }, { .at = 100 * NS_PER_S } };
	struct model *m = make(&load, steps, 2, 1, 0);
	double idle = 12 + 2.5 + 36;
	model_advance(m, 1000 + 110 * NS_PER_S);
	double dc = (double)model_power(m, QUANTITY_PLATFORM) * 1e-6;
	double warm = 12 * 3e-4 * 0.4 * 38 * 2 * 0.95 * exp(-10. / 3);
	assert_near(dc - idle - warm, 15 * exp(-1), 0.01);
	model_free(m);
}

/* The wall follows the DC power with the supply's time constant. */
static void supply_lags(void **state)
{
	(void)state;
	struct load load;
	struct load_step step = { .at = NS_PER_S, .demand = { .platform = 10 } };
	struct model *m = make(&load, &step, 1, 1, 0);
	double idle = 12 + 2.5 + 36, after = idle + 10 * (1 - exp(-1));
	model_advance(m, 1000 + NS_PER_S + 3 * MODEL_STEP); /* the fourth step since, of a lag of four */
	assert_near((double)model_power(m, QUANTITY_PLATFORM) * 1e-6, idle + 10, 2e-6);
	assert_near((double)model_power(m, QUANTITY_WALL) * 1e-6, 4 + 1.06 * after + 1e-4 * after * after, 2e-6);
	model_free(m);
}

/* Nothing moves before the load does. */
static void cause_comes_first(void **state)
{
	(void)state;
	struct load load, quiet;
	struct model *m = make(&load, pulse, 3, 1, 0.5), *idle = make(&quiet, NULL, 0, 1, 0.5);
	int64_t edge = 1000 + NS_PER_S;
	model_advance(m, edge + MODEL_STEP);
	model_advance(idle, edge + MODEL_STEP);
	for (int64_t t = 1000; t <= edge; t += MODEL_STEP)
		assert_int_equal(model_energy(m, QUANTITY_WALL, t), model_energy(idle, QUANTITY_WALL, t));
	assert_true(model_energy(m, QUANTITY_WALL, edge + MODEL_STEP) > model_energy(idle, QUANTITY_WALL, edge + MODEL_STEP));
	model_free(m);
	model_free(idle);
}

/* The same seed gives the same bits, however the calls are spread; another seed does not. */
static void deterministic(void **state)
{
	(void)state;
	struct load a, b, c;
	struct model *one = make(&a, pulse, 3, 5, 1), *other = make(&b, pulse, 3, 5, 1), *third = make(&c, pulse, 3, 6, 1);
	model_advance(one, 7 * NS_PER_S);
	for (int64_t t = 0; t <= 7 * NS_PER_S; t += 777777)
		model_advance(other, t);
	model_advance(other, 7 * NS_PER_S);
	model_advance(third, 7 * NS_PER_S);
	assert_int_equal(model_energy(one, QUANTITY_WALL, 7 * NS_PER_S), model_energy(other, QUANTITY_WALL, 7 * NS_PER_S));
	assert_int_not_equal(model_energy(one, QUANTITY_WALL, 7 * NS_PER_S), model_energy(third, QUANTITY_WALL, 7 * NS_PER_S));
	model_free(one);
	model_free(other);
	model_free(third);
}

/* Real use is played late, never early, and all of it, however late the looks come. */
static void use_is_not_lost(void **state)
{
	(void)state;
	struct load load;
	struct random random = random_stream(3, "test");
	double given = 0, played = 0;
	int64_t next = 0;
	load_init(&load, NULL, 0, 0);
	for (int64_t t = 0; t < 60 * NS_PER_S; t += MODEL_STEP) {
		if (t >= next && t < 55 * NS_PER_S) {
			double use = (double)(random_u64(&random) % 3) * 0.01;
			load_used(&load, use, 5e-3);
			given += use;
			next = t + (int64_t)(random_uniform(&random) * 50e6); /* up to 50 ms late */
		}
		double cores = load_demand(&load, t, MODEL_STEP).cores;
		assert_true(cores >= 0);
		played += cores * 1e-3;
		assert_true(played <= given + 1e-9);
		if (t >= 55 * NS_PER_S && t % (5 * NS_PER_MS) == 0)
			load_used(&load, 0, 5e-3);
	}
	assert_near(played, given, 1e-9);
	assert_true(given > 10);
}

static void ramps(void **state)
{
	(void)state;
	struct load load;
	load_init(&load, pulse, 3, 0);
	assert_near(load_demand(&load, NS_PER_S - 1, MODEL_STEP).cores, 0, 0);
	assert_near(load_demand(&load, NS_PER_S, MODEL_STEP).cores, 2, 0);
	assert_near(load_demand(&load, 4 * NS_PER_S + NS_PER_S / 4, MODEL_STEP).cores, 0.375, 1e-12);
	struct demand end = load_demand(&load, 9 * NS_PER_S, MODEL_STEP);
	assert_near(end.cores, 0, 0);
	assert_near(end.platform, 5, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(energy_is_conserved), cmocka_unit_test(energy_between_steps), cmocka_unit_test(settled_powers),
		cmocka_unit_test(fan_tail), cmocka_unit_test(supply_lags),
		cmocka_unit_test(cause_comes_first), cmocka_unit_test(deterministic),
		cmocka_unit_test(use_is_not_lost), cmocka_unit_test(ramps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
