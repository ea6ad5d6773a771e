/* A meter's latency from a load that steps at known times: against planted meters whose latency is known. */
#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

#include "latency.h"
#include "planted.h"

#define SEED 20251122u
#define TRIALS 500
#define EDGES 24

/* What calibrate makes: the machine toggles at random instants; a fan follows. */
struct pattern {
	struct load blocks[EDGES / 2];
	struct load_edge edges[EDGES];
	double end;
};

static void pattern_draw(struct pattern *p, struct dice *dice, double shortest, double longest, double step)
{
	double t = 6 + dice_unit(dice), lag = dice_between(dice, 0, 0.02), u_edge = 0.0003;
	for (int i = 0; i < EDGES / 2; i++) {
		struct load *block = &p->blocks[i];
		*block = (struct load){.idle = i == 0 ? 60 : 0, .step = step, .lag = lag, .fan = 15, .fan_tau = 10};
		block->start = t;
		t += dice_between(dice, shortest, longest);
		block->stop = t;
		t += dice_between(dice, shortest, longest);
		block->next = i + 1 < EDGES / 2 ? &p->blocks[i + 1] : NULL;
		p->edges[2 * i] = (struct load_edge){.t = ns(block->start + dice_between(dice, -u_edge, u_edge)), .u_t = ns(u_edge), .busy = true};
		p->edges[2 * i + 1] = (struct load_edge){.t = ns(block->stop + dice_between(dice, -u_edge, u_edge)), .u_t = ns(u_edge)};
	}
	p->end = t + 3;
}

static struct meter meter_draw(struct dice *dice, double window, double latency)
{
	return (struct meter){
		.window = window,
		.rate = dice_between(dice, -50e-6, 50e-6),
		.phase = dice_between(dice, 0, window),
		.cycle = 0.02,
		.cycle_phase = dice_between(dice, 0, 0.02),
		.latency = latency,
		.jitter = 0.0005,
		.noise = 0.1,
		.quantum = 0.01,
		.poll = 0.010,
		.poll_jitter = 0.003,
		.late = 0.01,
	};
}

static struct channel channel_of(double window)
{
	return (struct channel){
		.name = "wall.power", .kind = CHANNEL_MEAN, .role = ROLE_WALL, .unit = UNIT_WATT, .scale = 1, .window = ns(window),
		.refresh = ns(window), .unmeasured = ns(0.020), .latency = ns(0.050), .u_latency = ns(0.050),
		.accuracy = {.timebase = 50e-6, .quantum = 0.01},
	};
}

static struct latency estimate(const struct meter *meter, const struct pattern *p, const struct channel *channel, struct dice *dice)
{
	static struct samples samples;
	struct latency latency;
	meter_record(meter, p->blocks, p->end, dice, &samples);
	latency_of(samples_series(&samples, channel), p->edges, EDGES, ns(0.02), &latency);
	return latency;
}

/* As joulerig calibrate spaces its edges. */
static double shortest_for(double window)
{
	return fmax(1, 6 * window);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void check_coverage(double window, double wander)
{
	static double ratio[TRIALS];
	struct dice dice = {.state = SEED + (uint64_t)(window * 1000)};
	struct channel channel = channel_of(window);
	double bias = 0, U = 0, lowest = shortest_for(window);
	size_t covered = 0;
	for (size_t i = 0; i < TRIALS; i++) {
		struct pattern p;
		double truth = dice_between(&dice, 0.005, 0.4);
		pattern_draw(&p, &dice, lowest, lowest + fmax(2, 2 * window), dice_between(&dice, 50, 400));
		struct meter meter = meter_draw(&dice, window, truth);
		meter.cycle = 0.02 * (1 + wander * dice_normal(&dice));
		struct latency found = estimate(&meter, &p, &channel, &dice);
		if (!found.found)
			print_error("trial %zu: %s\n", i, found.reason);
		assert_true(found.found);
		double error = found.value - truth;
		covered += fabs(error) <= found.expanded.U;
		ratio[i] = fabs(error) / found.expanded.U;
		bias += error / TRIALS;
		U += found.expanded.U / TRIALS;
	}
	qsort(ratio, TRIALS, sizeof *ratio, ascending);
	double p95 = ratio[(size_t)(0.95 * (TRIALS - 1))], coverage = (double)covered / TRIALS;
	print_message("window %g s: coverage %.3f, p95 |e|/U %.3f, bias %+.2f ms, mean U %.2f ms\n", window, coverage, p95, bias * 1e3, U * 1e3);
	assert_true(coverage >= 0.93);
	assert_true(p95 >= 0.7);
	assert_near(bias, 0, 0.0015);
}

static void test_truth_lies_within_U(void **state)
{
	static const double windows[] = {0.1, 0.25, 0.5, 1};
	(void)state;
	for (int i = 0; i < 4; i++) {
		check_coverage(windows[i], 0.0002); /* a grid's frequency as it is: 10 mHz */
		check_coverage(windows[i], 0);      /* the worst case: every window has the same phase */
	}
}

static struct latency one(double window, void (*change)(struct meter *, struct channel *, struct pattern *), uint64_t seed)
{
	struct dice dice = {.state = SEED + seed};
	struct pattern p;
	struct channel channel = channel_of(window);
	struct meter meter = meter_draw(&dice, window, 0.06);
	pattern_draw(&p, &dice, shortest_for(window), shortest_for(window) + 2, 100);
	change(&meter, &channel, &p);
	return estimate(&meter, &p, &channel, &dice);
}

static void assert_refused(const struct latency *latency, const char *with)
{
	assert_false(latency->found);
	assert_true(isnan(latency->value));
	if (strstr(latency->reason, with) == NULL)
		print_error("not about \"%s\": %s\n", with, latency->reason);
	assert_non_null(strstr(latency->reason, with));
}

static void smooth(struct meter *meter, struct channel *channel, struct pattern *p)
{
	(void)channel, (void)p;
	meter->smoothing = 0.5;
}

static void smooth_a_little(struct meter *meter, struct channel *channel, struct pattern *p)
{
	(void)channel, (void)p;
	meter->smoothing = 0.2;
}

static void half_measured(struct meter *meter, struct channel *channel, struct pattern *p)
{
	(void)p;
	meter->cycle = meter->window * 0.5001; /* one half of each window, of which the bench file knows 20 ms */
	channel->unmeasured = ns(0.02);
}

static void slower_updates(struct meter *meter, struct channel *channel, struct pattern *p)
{
	(void)channel, (void)p;
	meter->window *= 2.5;
}

static void other_load(struct meter *meter, struct channel *channel, struct pattern *p)
{
	(void)channel;
	(void)meter;
	for (int i = 0; i < EDGES; i++)
		p->edges[i].t += ns(1.7 * (i % 3));
}

static void backwards(struct meter *meter, struct channel *channel, struct pattern *p)
{
	(void)channel, (void)meter;
	for (int i = 0; i < EDGES; i++)
		p->edges[i].busy = !p->edges[i].busy;
}

static void test_what_does_not_fit_is_refused(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct latency latency = one(0.1, smooth, seed);
		assert_refused(&latency, "averaging");
		latency = one(0.25, smooth_a_little, seed);
		assert_refused(&latency, "averaging");
		latency = one(0.25, half_measured, seed);
		assert_refused(&latency, "window");
		latency = one(0.1, slower_updates, seed);
		assert_refused(&latency, "update");
		latency = one(0.1, other_load, seed);
		assert_refused(&latency, "pattern");
		latency = one(0.1, backwards, seed);
		assert_refused(&latency, "pattern");
	}
}

static void bursts(struct meter *meter, struct channel *channel, struct pattern *p)
{
	(void)meter, (void)channel;
	p->edges[5].t += ns(0.3); /* two steps that came late: a machine that was busy elsewhere */
	p->edges[12].t += ns(0.2);
}

static void test_single_late_steps_are_left_out(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct latency latency = one(0.1, bursts, seed);
		assert_true(latency.found);
		assert_int_equal(latency.left_out, 2);
		assert_near(latency.value, 0.06, latency.expanded.U);
	}
}

static void rail(struct meter *meter, struct channel *channel, struct pattern *p)
{
	(void)p;
	meter->cycle = 0;
	channel->unmeasured = 0;
	channel->role = ROLE_RAIL;
}

/* Without zero crossings and behind the supply, only the stamps are left. (The planted supply still lags by up to 20 ms.) */
static void test_whole_windows_are_sharper(void **state)
{
	(void)state;
	struct latency latency = one(0.1, rail, 1);
	assert_true(latency.found);
	assert_true(latency.expanded.U < 0.009); /* polls each 10 ms */
	assert_true(latency.value > 0.06 - latency.expanded.U && latency.value < 0.08 + latency.expanded.U);
	assert_null(budget_term(&latency.budget, "supply-lag"));
	assert_null(budget_term(&latency.budget, "zero-cross"));
}

static void unchanged(struct meter *meter, struct channel *channel, struct pattern *p)
{
	(void)meter, (void)channel, (void)p;
}

/* What averages down with the edges, and what does not. */
static void test_the_phase_to_the_mains_is_common(void **state)
{
	(void)state;
	struct latency latency = one(0.1, unchanged, 3);
	assert_true(latency.found);
	double u = budget_term(&latency.budget, "zero-cross")->u;
	assert_true(u > 0.8 * 0.020 / sqrt(12) && u <= 0.020 / sqrt(12)); /* a pattern of 48 s, in which grids wander a little */
	assert_near(budget_term(&latency.budget, "edges")->u, 0.020 / sqrt(12) / sqrt(EDGES), 0.0004);
	assert_near(budget_term(&latency.budget, "supply-lag")->u, 0.020 / 2 / sqrt(3), 1e-9);
}

static void test_too_few_edges_give_none(void **state)
{
	struct channel channel = channel_of(0.1);
	struct samples samples = {.n = 0};
	struct latency latency;
	(void)state;
	latency_of(samples_series(&samples, &channel), NULL, 0, 0, &latency);
	assert_refused(&latency, "edges");
	struct load_edge edges[LATENCY_EDGES_MIN] = {{.t = 0}};
	latency_of(samples_series(&samples, &channel), edges, LATENCY_EDGES_MIN, 0, &latency);
	assert_refused(&latency, "no samples");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_truth_lies_within_U),
		cmocka_unit_test(test_what_does_not_fit_is_refused),
		cmocka_unit_test(test_single_late_steps_are_left_out),
		cmocka_unit_test(test_whole_windows_are_sharper),
		cmocka_unit_test(test_the_phase_to_the_mains_is_common),
		cmocka_unit_test(test_too_few_edges_give_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
