/*
 * Planning, held against simulation and against scipy's noncentral t (nct.sf). Rates of 4000 trials: three standard errors are 0.019 at
 * 80 % and 0.010 at 95 %.
 */
#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

#include "planning.h"
#include "planted.h"

#define TRIALS 4000
#define PLANNED_RUNS 400 /* of an arm, at most */
#define RATIOS 4

static void planned_runs(struct dice *dice, double level, double cv, double *runs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		runs[i] = level * exp(cv * dice_normal(dice));
}

static const struct comparison_design designs[] = {
	{ 0.01, 0.01, 0 }, { 0.005, 0.02, 0 }, { 0.03, 0.03, 0 }, { 0.01, 0.01, 0.005 }, { 0.002, 0.002, 0.004 },
};

/* Trials in which the interval begins above 1, on benches that each draw what is shared. */
static double found(struct dice *dice, const struct comparison_design *design, size_t n, double ratio)
{
	double a[PLANNED_RUNS], b[PLANNED_RUNS];
	int count = 0;
	for (int i = 0; i < TRIALS; i++) {
		planned_runs(dice, ratio * exp(design->shared * dice_normal(dice)), design->cv_a, a, n);
		planned_runs(dice, 1, design->cv_b, b, n);
		struct estimate estimate = estimate_ratio(a, n, b, n, design->shared);
		count += estimate_interval(&estimate, 0.95).low > 1;
	}
	return (double)count / TRIALS;
}

static void what_is_stated_is_found_as_often_as_stated(void **state)
{
	(void)state;
	static const size_t runs[] = { 2, 3, 5, 10, 30 };
	struct dice dice = { 7 };
	for (size_t d = 0; d < sizeof designs / sizeof *designs; d++)
		for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
			double stated = planning_detectable(&designs[d], runs[i]);
			assert_near(found(&dice, &designs[d], runs[i], stated), PLANNING_POWER, 0.022);
			assert_true(found(&dice, &designs[d], runs[i], stated * stated) >= 0.958);
			assert_true(found(&dice, &designs[d], runs[i], 1) <= 0.042);
		}
}

/* Equal arms that share nothing: as many runs as make Welch's degrees of freedom those of the pooled variance. */
static void power_is_the_noncentral_t_of_scipy(void **state)
{
	(void)state;
	assert_near(planning_power(&designs[0], 5, 1.02), 0.782712414043137, 0.025); /* Welch's nu is less than 8, mostly */
	assert_near(planning_power(&designs[0], 10, 1.0134), 0.8036118496906473, 0.005);
	const struct comparison_design wide = { 0.02, 0.02, 0 };
	assert_near(planning_power(&wide, 30, 1.015), 0.8092564716655836, 0.001);
	assert_near(planning_power(&wide, 30, 1 / 1.015), planning_power(&wide, 30, 1.015), 1e-12);
	assert_near(planning_power(&wide, 30, 1), 0.025, 0.0005);
}

static void power_without_scatter_is_certain(void **state)
{
	(void)state;
	const struct comparison_design exact = { 0, 0, 0 }, gain = { 0, 0, 0.01 };
	assert_near(planning_power(&exact, 2, 1.0001), 1, 1e-12);
	assert_near(planning_power(&exact, 2, 1), 0, 0);
	assert_near(planning_power(&gain, 5, exp(0.0196)), 0.5, 0.001);
	assert_near(planning_power(&designs[0], 1, 2), 0, 0);
	assert_near(planning_power(&designs[0], 5, 0), 0, 0);
}

/* 2 ((1.96 + 0.84) cv / ln ratio)^2, of the normal, is one or two runs less: what t needs. */
static void runs_to_find(void **state)
{
	(void)state;
	assert_int_equal(planning_runs_to_find(&designs[0], 1.01), 17);
	assert_int_equal(planning_runs_to_find(&designs[0], 1 / 1.01), 17);
	assert_int_equal(planning_runs_to_find(&designs[0], 1.005), 65);
	assert_int_equal(planning_runs_to_find(&(struct comparison_design){ 0.005, 0.005, 0 }, 1.01), 6);
	assert_int_equal(planning_runs_to_find(&(struct comparison_design){ 0.02, 0.02, 0 }, 1.005), 254);
	assert_int_equal(planning_runs_to_find(&(struct comparison_design){ 0, 0, 0 }, 1.01), 2);
	for (size_t n = 3; n < 40; n += 9) {
		double stated = planning_detectable(&designs[1], n);
		assert_int_equal(planning_runs_to_find(&designs[1], stated * 1.0001), n);
		assert_int_equal(planning_runs_to_find(&designs[1], 1 + 0.999 * (stated - 1)), n + 1);
	}
}

static void some_ratios_no_number_of_runs_finds(void **state)
{
	(void)state;
	assert_int_equal(planning_runs_to_find(&designs[0], 1), 0);
	assert_int_equal(planning_runs_to_find(&(struct comparison_design){ 0.01, 0.01, 0.004 }, 1.01), 0);
	assert_true(planning_runs_to_find(&(struct comparison_design){ 0.01, 0.01, 0.003 }, 1.01) > 17);
	assert_true(isinf(planning_detectable(&designs[0], 1)));
	assert_true(isinf(planning_detectable(&(struct comparison_design){ 0.01, 0.01, NAN }, 5)));
}

/* ---- claims that are open ---- */

/* Trials in which m runs, of a bench whose error is in the estimate already, put the interval wholly in or wholly out. */
static double decided(struct dice *dice, double ratio, double cv, double shared, size_t m, double low, double high)
{
	double *a = calloc(2 * m, sizeof *a), *b = a + m;
	int count = 0;
	for (int i = 0; i < TRIALS; i++) {
		planned_runs(dice, ratio, cv, a, m);
		planned_runs(dice, 1, cv, b, m);
		struct estimate estimate = estimate_ratio(a, m, b, m, shared);
		struct interval interval = estimate_interval(&estimate, 0.95);
		count += (interval.low > low && interval.high < high) || interval.high < low || interval.low > high;
	}
	free(a);
	return (double)count / TRIALS;
}

static struct estimate estimate_of(double ratio, double cv, size_t n, double shared)
{
	return (struct estimate){ log(ratio), cv * sqrt(2 / (double)n), 2 * (double)(n - 1), shared };
}

static void so_many_runs_decide(void **state)
{
	(void)state;
	static const struct {
		double ratio, cv, shared;
	} open[] = { { 1.15, 0.03, 0 }, { 1.11, 0.03, 0 }, { 1.42, 0.01, 0.002 }, { 1.28, 0.3, 0 }, { 1.45, 0.01, 0.003 } };
	struct dice dice = { 11 };
	for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
		struct estimate now = estimate_of(open[i].ratio, open[i].cv, 5, open[i].shared);
		size_t runs = planning_runs_to_decide(&now, 5, 1.13, 1.43);
		assert_true(runs > 5);
		assert_near(decided(&dice, open[i].ratio, open[i].cv, open[i].shared, runs, 1.13, 1.43), PLANNING_POWER, 0.03);
	}
}

static void open_ends_and_hopeless_cases(void **state)
{
	(void)state;
	struct estimate now = estimate_of(1.02, 0.02, 5, 0), stuck = estimate_of(1.01, 0.02, 5, 0.006), on = estimate_of(1, 0.02, 5, 0);
	size_t runs = planning_runs_to_decide(&now, 5, 1, INFINITY);
	assert_true(runs > 10 && runs < 25);
	assert_int_equal(planning_runs_to_decide(&now, 5, 0, 1), runs);
	assert_int_equal(planning_runs_to_decide(&stuck, 5, 1, INFINITY), 0);
	assert_int_equal(planning_runs_to_decide(&on, 5, 1, INFINITY), 0);
	struct estimate single = { log(1.2), NAN, NAN, 0 };
	assert_int_equal(planning_runs_to_decide(&single, 1, 1, INFINITY), 2);
	struct estimate clear = estimate_of(2, 0.001, 5, 0);
	assert_int_equal(planning_runs_to_decide(&clear, 5, 1, INFINITY), 6);
}

/* ---- stopping ---- */

struct arms {
	double a[PLANNED_RUNS], b[PLANNED_RUNS];
};

static size_t runs_until_enough(struct dice *dice, const struct stopping_rule *rule, double cv, size_t n_ratios, struct arms *arms)
{
	struct estimate ratios[RATIOS], first[RATIOS];
	for (size_t n = 1; n <= rule->n_max; n++) {
		for (size_t i = 0; i < n_ratios; i++) {
			planned_runs(dice, 1.07, cv, &arms[i].a[n - 1], 1);
			planned_runs(dice, 1, cv, &arms[i].b[n - 1], 1);
			ratios[i] = estimate_ratio(arms[i].a, n, arms[i].b, n, 0);
			if (n == rule->n_min)
				first[i] = ratios[i];
		}
		if (stopping_advise(rule, ratios, first, n_ratios, n).answer != STOPPING_GO_ON)
			return n;
	}
	return rule->n_max;
}

struct stopped {
	double coverage; /* of the 95 % interval of the first ratio, as any table states it */
	double runs;     /* mean, per arm */
};

static struct stopped campaigns_until_enough(struct dice *dice, const struct stopping_rule *rule, double cv, size_t n_ratios, int trials)
{
	static struct arms arms[RATIOS];
	struct stopped stopped = { 0, 0 };
	for (int i = 0; i < trials; i++) {
		size_t n = runs_until_enough(dice, rule, cv, n_ratios, arms);
		struct estimate estimate = estimate_ratio(arms[0].a, n, arms[0].b, n, 0);
		struct interval interval = estimate_interval(&estimate, 0.95);
		stopped.coverage += interval.low <= 1.07 && interval.high >= 1.07;
		stopped.runs += (double)n;
	}
	return (struct stopped){ stopped.coverage / trials, stopped.runs / trials };
}

static void stopping_keeps_its_coverage(void **state)
{
	(void)state;
	struct dice dice = { 13 };
	static const double cvs[] = { 0.01, 0.02 };
	for (size_t i = 0; i < sizeof cvs / sizeof *cvs; i++) {
		const struct stopping_rule width = { STOPPING_WIDTH, 0.01, STOPPING_RUNS_MIN, PLANNED_RUNS },
					   stein = { STOPPING_STEIN, 0.01, STOPPING_RUNS_MIN, PLANNED_RUNS };
		struct stopped by_width = campaigns_until_enough(&dice, &width, cvs[i], 1, TRIALS / 2);
		struct stopped by_stein = campaigns_until_enough(&dice, &stein, cvs[i], 1, TRIALS / 2);
		assert_true(by_width.coverage >= 0.925 && by_width.coverage <= 0.97);
		assert_true(by_stein.coverage >= 0.935);
	}
}

static struct estimate narrow(double scatter, double shared)
{
	return (struct estimate){ 0.1, scatter, 18, shared };
}

static void width_goes_on_until_all_are_narrow(void **state)
{
	(void)state;
	const struct stopping_rule rule = { STOPPING_WIDTH, 0.01, 10, 40 };
	struct estimate ratios[] = { narrow(0.002, 0), narrow(0.006, 0), narrow(0.004, 0) };
	struct stopping_advice advice = stopping_advise(&rule, ratios, NULL, 3, 10);
	assert_int_equal(advice.answer, STOPPING_GO_ON);
	assert_int_equal(advice.worst, 1);
	assert_int_equal(advice.runs, 16); /* (t * 0.006 / ln 1.01)^2 * 10, t of 30 degrees of freedom */
	assert_int_equal(stopping_advise(&rule, ratios, NULL, 3, 40).answer, STOPPING_AT_MOST);
	ratios[1] = narrow(0.0047, 0);
	advice = stopping_advise(&rule, ratios, NULL, 3, 10);
	assert_int_equal(advice.answer, STOPPING_ENOUGH);
	assert_int_equal(advice.runs, 10);
	assert_int_equal(stopping_advise(&rule, ratios, NULL, 3, 9).answer, STOPPING_GO_ON);
	assert_int_equal(stopping_advise(&rule, ratios, NULL, 3, 9).runs, 10);
}

/* However narrow or wide the interval of all runs turns out: the first ones decide. */
static void stein_goes_by_the_first_runs(void **state)
{
	(void)state;
	const struct stopping_rule rule = { STOPPING_STEIN, 0.01, 10, 40 };
	struct estimate first = narrow(0.006, 0), lucky = narrow(0.001, 0), unlucky = narrow(0.02, 0);
	struct stopping_advice advice = stopping_advise(&rule, &lucky, &first, 1, 15);
	assert_int_equal(advice.answer, STOPPING_GO_ON);
	assert_int_equal(advice.runs, 17); /* ceil((2.1009 * 0.006 / ln 1.01)^2 * 10), t of 18 degrees of freedom */
	assert_int_equal(stopping_advise(&rule, &unlucky, &first, 1, 17).answer, STOPPING_ENOUGH);
}

static void what_cannot_be_narrow_does_not_hold_up_the_rest(void **state)
{
	(void)state;
	const struct stopping_rule rule = { STOPPING_WIDTH, 0.01, 10, 40 };
	struct estimate ratios[] = { narrow(0.002, 0.006), narrow(0.006, 0) };
	assert_int_equal(stopping_advise(&rule, ratios, NULL, 2, 10).answer, STOPPING_GO_ON);
	ratios[1] = narrow(0.003, 0);
	assert_int_equal(stopping_advise(&rule, ratios, NULL, 2, 12).answer, STOPPING_OUT_OF_REACH);
	assert_int_equal(stopping_advise(&rule, ratios, NULL, 2, 12).runs, 12);
	struct estimate none = { NAN, NAN, NAN, NAN };
	assert_int_equal(stopping_advise(&rule, &none, NULL, 1, 10).answer, STOPPING_GO_ON);
	assert_int_equal(stopping_advise(&rule, &none, NULL, 1, 10).runs, 40);
	assert_int_equal(stopping_advise(&rule, &none, NULL, 1, 40).answer, STOPPING_AT_MOST);
}

/* The figures of planning.h: planning_test --measure, some minutes */
static int measure(void)
{
	static const double cvs[] = { 0.01, 0.02, 0.03 };
	static const size_t at_least[] = { 3, 5, 10, 20 };
	struct dice dice = { 1 };
	for (int kind = STOPPING_STEIN; kind <= STOPPING_WIDTH; kind++)
		for (size_t m = 0; m < sizeof at_least / sizeof *at_least; m++)
			for (size_t i = 0; i < sizeof cvs / sizeof *cvs; i++)
				for (size_t set = 1; set <= RATIOS; set += RATIOS - 1) {
					const struct stopping_rule rule = { kind, 0.01, at_least[m], PLANNED_RUNS };
					struct stopped p = campaigns_until_enough(&dice, &rule, cvs[i], set, TRIALS);
					printf("%s n_min %2zu cv %.3f, %zu ratios: coverage %.4f, runs %.1f\n", kind ? "width" : "Stein", at_least[m], cvs[i], set,
					       p.coverage, p.runs);
					fflush(stdout);
				}
	return 0;
}

int main(int argc, char **argv)
{
	(void)argv;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_stated_is_found_as_often_as_stated),
		cmocka_unit_test(power_is_the_noncentral_t_of_scipy),
		cmocka_unit_test(power_without_scatter_is_certain),
		cmocka_unit_test(runs_to_find),
		cmocka_unit_test(some_ratios_no_number_of_runs_finds),
		cmocka_unit_test(so_many_runs_decide),
		cmocka_unit_test(open_ends_and_hopeless_cases),
		cmocka_unit_test(stopping_keeps_its_coverage),
		cmocka_unit_test(width_goes_on_until_all_are_narrow),
		cmocka_unit_test(stein_goes_by_the_first_runs),
		cmocka_unit_test(what_cannot_be_narrow_does_not_hold_up_the_rest),
	};
	if (argc > 1)
		return measure();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
