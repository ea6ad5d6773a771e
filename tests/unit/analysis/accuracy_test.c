/*
 * Monte Carlo: brackets of random length on benches with errors planted within the specification. The truth must lie within U
 * about as often as U claims, and U must not be bought by inflation.
 */
#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

#include "planted.h"

#define SEED 20240607u
#define TRIALS 3000

struct tally {
	size_t n, covered;
	double ratio[TRIALS]; /* |error| / U */
	double relative;      /* sum of error / truth */
};

static void count(struct tally *tally, double error, double U, double truth)
{
	tally->covered += fabs(error) <= U;
	tally->ratio[tally->n++] = fabs(error) / U;
	tally->relative += error / truth;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double percentile(struct tally *tally, double p)
{
	qsort(tally->ratio, tally->n, sizeof *tally->ratio, ascending);
	return tally->ratio[(size_t)(p * (double)(tally->n - 1))];
}

static void report(const char *what, struct tally *tally)
{
	print_message("%-22s n %5zu  coverage %.3f  p95 |e|/U %.3f  bias %+.4f %%\n", what, tally->n,
		      (double)tally->covered / (double)tally->n, percentile(tally, 0.95),
		      100 * tally->relative / (double)tally->n);
}

static struct channel wall_channel(double window)
{
	return (struct channel){
		.name = "wall.power",
		.kind = CHANNEL_MEAN,
		.role = ROLE_WALL,
		.unit = UNIT_WATT,
		.scale = 1,
		.window = ns(window),
		.refresh = ns(window),
		.unmeasured = ns(0.020),
		.latency = ns(0.030),
		.u_latency = ns(0.005),
		.power_max = 1000,
		.accuracy = {.reading = 0.001, .range = 0.0005, .range_value = 600, .timebase = 50e-6, .quantum = 0.01},
	};
}

struct case_of {
	struct load load;
	struct meter meter;
	struct bracket bracket;
	struct energy_options options;
	struct truth truth;
	double end;
};

/* t: idle window 1..9 s, quiet from 9 s, start near 12 s; the quiet ends when the fan has settled. */
static void draw(struct case_of *c, struct dice *dice, double window, double length, bool spec)
{
	double u_edge = 0.0005, settled = 0.5, limit = 0.0005 * 600;
	c->load = (struct load){.idle = dice_between(dice, 40, 120),
				.step = dice_between(dice, 50, 400),
				.lag = 0,
				.start = dice_between(dice, 12, 13),
				.fan = 15,
				.fan_tau = 10};
	c->load.lag = dice_between(dice, 0, 0.02);
	c->load.stop = c->load.start + length;
	c->meter = (struct meter){
		.window = window,
		.rate = dice_between(dice, -50e-6, 50e-6),
		.phase = dice_between(dice, 0, window),
		.cycle = 0.02 * (1 + 0.0002 * dice_normal(dice)),
		.cycle_phase = dice_between(dice, 0, 0.02),
		.latency = 0.030 + dice_between(dice, -0.005, 0.005),
		.jitter = 0.0005,
		.noise = 0.1,
		.quantum = 0.01,
		.poll = 0.010,
		.poll_jitter = 0.003,
		.late = 0.01,
	};
	if (spec) {
		c->meter.gain = dice_between(dice, -0.001, 0.001);
		c->meter.offset = 0.7 * limit * dice_between(dice, -1, 1);
		c->meter.bend = 0.7 * limit * dice_between(dice, -1, 1);
	}
	c->bracket = (struct bracket){.start = ns(c->load.start + dice_between(dice, -u_edge, u_edge)),
				      .stop = ns(c->load.stop + dice_between(dice, -u_edge, u_edge)),
				      .u_start = ns(u_edge),
				      .u_stop = ns(u_edge)};
	double until = fmax(4, 10 * log(load_tail(&c->load, 0) / settled)) + window;
	c->end = c->load.stop + until;
	c->options = (struct energy_options){.idle_from = ns(1),
					     .idle_to = ns(9),
					     .quiet_from = ns(9),
					     .quiet_to = ns(c->end),
					     .guard = ns(0.3),
					     .supply_lag = ns(0.02),
					     .tail_settled = settled};
	c->truth = load_truth(&c->load, c->end);
}

static void run_trials(double window, double shortest, double longest, bool spec, size_t trials, struct tally *gross,
		       struct tally *net, struct tally *caused)
{
	static struct samples samples;
	struct channel channel = wall_channel(window);
	struct dice dice = {.state = SEED};
	size_t unsettled = 0, flagged = 0;
	if (!spec)
		channel.accuracy.reading = channel.accuracy.range = 0;
	for (size_t i = 0; i < trials; i++) {
		struct case_of c;
		struct energy energy;
		draw(&c, &dice, window, exp(dice_between(&dice, log(shortest), log(longest))), spec);
		meter_record(&c.meter, &c.load, c.end + 1, &dice, &samples);
		energy_of(samples_series(&samples, &channel), &c.bracket, &c.options, &energy);
		if (energy.status == ENERGY_REFUSED)
			print_error("trial %zu: %s\n", i, energy.reason);
		assert_int_not_equal(energy.status, ENERGY_REFUSED);
		flagged += energy.status != ENERGY_OK;
		unsettled += !energy.settled;
		count(gross, energy.gross.value - c.truth.gross, energy.gross.expanded.U, c.truth.gross);
		count(net, energy.net.value - c.truth.net, energy.net.expanded.U, c.truth.net);
		count(caused, energy.caused.value - c.truth.caused, energy.caused.expanded.U, c.truth.caused);
	}
	assert_true(unsettled * 50 <= trials);
	assert_true(flagged * 50 <= trials);
}

static void hold_coverage(struct tally *tally)
{
	assert_true((double)tally->covered / (double)tally->n >= 0.92);
	assert_true(percentile(tally, 0.95) >= 0.75);
	assert_true(percentile(tally, 0.95) <= 1.05);
}

static void wall_covers(void **state)
{
	(void)state;
	double windows[] = {0.1, 0.25, 1};
	for (size_t i = 0; i < 3; i++) {
		struct tally *t = calloc(3, sizeof *t);
		print_message("window %g s, seed %u\n", windows[i], SEED);
		run_trials(windows[i], 0.5, 20, true, TRIALS, &t[0], &t[1], &t[2]);
		report("gross", &t[0]);
		report("net", &t[1]);
		report("caused", &t[2]);
		for (int k = 0; k < 3; k++)
			hold_coverage(&t[k]);
		free(t);
	}
}

static struct channel package_channel(uint64_t wrap)
{
	return (struct channel){
		.name = "package-0.energy",
		.kind = CHANNEL_COUNTER,
		.role = ROLE_PACKAGE,
		.unit = UNIT_JOULE,
		.number = NUMBER_U64,
		.scale = 61.035e-6,
		.wrap = wrap,
		.refresh = ns(0.1),
		.update_jitter = ns(0.001),
		.power_max = 500,
	};
}

static void run_counter_trials(size_t trials, struct tally tally[3], unsigned *most_wraps)
{
	static struct samples samples;
	static struct counter counter;
	struct channel channel = package_channel(UINT64_C(1) << 22);
	struct dice dice = {.state = SEED};
	for (size_t i = 0; i < trials; i++) {
		struct case_of c;
		struct energy energy;
		draw(&c, &dice, 0.1, exp(dice_between(&dice, log(0.5), log(20))), false);
		c.load.fan = c.load.lag = 0;
		c.load.fan_tau = 1;
		c.load.idle = dice_between(&dice, 5, 30);
		c.options.quiet_to = ns(c.end = c.load.stop + 3);
		counter = (struct counter){.step = 0.001,
					   .phase = dice_between(&dice, 0, 0.001),
					   .unit = 61.035e-6,
					   .read = 0.1,
					   .read_jitter = 0.002,
					   .wrap = channel.wrap,
					   .first = dice_bits(&dice) % channel.wrap};
		walk_draw(counter.walk, 0.002, &dice);
		double edge = c.load.stop; /* what the kernel clears up goes on a little behind it */
		c.load.stop += dice_between(&dice, 0, 0.0003);
		counter_record(&counter, &c.load, c.end, &dice, &samples);
		energy_of(samples_series(&samples, &channel), &c.bracket, &c.options, &energy);
		if (energy.status != ENERGY_OK)
			print_error("trial %zu: %s\n", i, energy.reason);
		assert_int_equal(energy.status, ENERGY_OK);
		double gross = counter_energy(&counter, &c.load, edge) - counter_energy(&counter, &c.load, c.load.start);
		double net = gross - c.load.idle * (edge - c.load.start);
		double caused = counter_energy(&counter, &c.load, c.end) - counter_energy(&counter, &c.load, c.load.start) -
				c.load.idle * (c.end - c.load.start);
		count(&tally[0], energy.gross.value - gross, energy.gross.expanded.U, gross);
		count(&tally[1], energy.net.value - net, energy.net.expanded.U, net);
		count(&tally[2], energy.caused.value - caused, energy.caused.expanded.U, caused);
		*most_wraps = energy.wraps > *most_wraps ? energy.wraps : *most_wraps;
	}
}

static void counter_covers(void **state)
{
	(void)state;
	struct tally *t = calloc(3, sizeof *t);
	unsigned wraps = 0;
	run_counter_trials(TRIALS, t, &wraps);
	print_message("counter, up to %u wraps in a run, seed %u\n", wraps, SEED);
	report("gross", &t[0]);
	report("net", &t[1]);
	report("caused", &t[2]);
	assert_true(wraps >= 2);
	for (int k = 0; k < 3; k++) {
		hold_coverage(&t[k]);
		assert_true(fabs(t[k].relative / (double)t[k].n) <= 0.0005);
	}
	free(t);
}

static void wall_is_unbiased(void **state)
{
	(void)state;
	double lengths[] = {1, 10}, bars[] = {0.005, 0.0005};
	for (size_t i = 0; i < 2; i++) {
		struct tally *t = calloc(3, sizeof *t);
		run_trials(0.1, lengths[i], lengths[i] * 1.3, false, 2000, &t[0], &t[1], &t[2]);
		print_message("%g s and more, gain and offset off\n", lengths[i]);
		report("gross", &t[0]);
		report("net", &t[1]);
		report("caused", &t[2]);
		for (int k = 0; k < 3; k++)
			assert_true(fabs(t[k].relative / (double)t[k].n) <= bars[i]);
		free(t);
	}
}

/* A load that fluctuates, of which a zero-crossing meter sees only a part. */
static void fluctuation_is_covered(void **state)
{
	(void)state;
	static struct samples samples;
	static double walk[WALK_POINTS];
	struct channel channel = wall_channel(0.1);
	struct dice dice = {.state = SEED};
	struct tally *t = calloc(1, sizeof *t);
	size_t flagged = 0;
	for (size_t i = 0; i < 500; i++) {
		struct case_of c;
		struct energy energy;
		draw(&c, &dice, 0.1, exp(dice_between(&dice, log(0.5), log(20))), true);
		walk_draw(walk, 10, &dice); /* 10 W^2 s: 10 W over 100 ms */
		c.load.walk = walk;
		c.truth = load_truth(&c.load, c.end);
		meter_record(&c.meter, &c.load, c.end + 1, &dice, &samples);
		energy_of(samples_series(&samples, &channel), &c.bracket, &c.options, &energy);
		assert_int_not_equal(energy.status, ENERGY_REFUSED);
		flagged += energy.status != ENERGY_OK;
		count(t, energy.gross.value - c.truth.gross, energy.gross.expanded.U, c.truth.gross);
	}
	report("fluctuating, gross", t);
	assert_true(flagged * 50 <= 500);
	hold_coverage(t);
	free(t);
}

/* A bench that is not what its file says: the truth lies within U, or the result says that something is wrong. */
static void violate(const char *what, double latency, double smoothing, double idle_step, double share)
{
	static struct samples samples;
	struct channel channel = wall_channel(0.1);
	struct dice dice = {.state = SEED};
	size_t covered = 0, flagged = 0, silent = 0, n = 1000;
	double worst = 0;
	for (size_t i = 0; i < n; i++) {
		struct case_of c;
		struct energy energy;
		draw(&c, &dice, 0.1, exp(dice_between(&dice, log(0.5), log(20))), true);
		c.meter.latency += latency;
		c.meter.smoothing = smoothing;
		meter_record(&c.meter, &c.load, c.end + 1, &dice, &samples);
		for (size_t k = 0; k < samples.n && samples.t[k] < ns(8.9); k++)
			samples.value[k] += idle_step; /* a fan, a disk, a daemon that ended before the quiet */
		energy_of(samples_series(&samples, &channel), &c.bracket, &c.options, &energy);
		bool in = fabs(energy.gross.value - c.truth.gross) <= energy.gross.expanded.U &&
			  fabs(energy.net.value - c.truth.net) <= energy.net.expanded.U;
		covered += in;
		flagged += energy.status != ENERGY_OK;
		silent += !in && energy.status == ENERGY_OK;
		if (energy.status == ENERGY_OK)
			worst = fmax(worst, fabs(energy.gross.value - c.truth.gross) / energy.gross.expanded.U);
	}
	print_message("%-28s covered %.3f  flagged %.3f  silently wrong %.3f, at most %.2f U\n", what,
		      (double)covered / (double)n, (double)flagged / (double)n, (double)silent / (double)n, worst);
	assert_true((double)silent <= share * (double)n);
}

static void violations_are_covered_or_flagged(void **state)
{
	(void)state;
	violate("none", 0, 0, 0, 0.08);
	violate("latency 150 ms longer", 0.150, 0, 0, 0.08);
	violate("latency 60 ms longer", 0.060, 0, 0, 0.08);
	violate("latency 30 ms shorter", -0.030, 0, 0, 0.08);
	violate("smoothing 1/2", 0, 0.5, 0, 0.08);
	violate("smoothing 7/8", 0, 0.875, 0, 0.08);
	violate("idle 20 W higher before", 0, 0, 20, 0.08);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wall_covers),
		cmocka_unit_test(counter_covers),
		cmocka_unit_test(wall_is_unbiased),
		cmocka_unit_test(fluctuation_is_covered),
		cmocka_unit_test(violations_are_covered_or_flagged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
