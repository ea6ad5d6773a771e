#include "plants.h"

#include <stdio.h>
#include <stdlib.h>

#include "demands.h"
#include "judged.h"

#define LOW 1.13 /* of the claim [1.13, 1.43] */
#define INSIDE 1.27
#define HEAD(id) id ": {says: made, firmness: firm, "
#define ARMS "contrast: {arm: ft, over: gil}, "

/* ---- few runs, and not as many in both arms ---- */

/* Claims of one file, each on an end of its interval. */
static unsigned ends_trial(struct dice *dice, const struct made_bench *bench, size_t left, const struct claims *claims, struct made *made)
{
	struct demand demands[MADE_WORKLOADS][MADE_ARMS];
	size_t seen[MADE_WORKLOADS] = { 0 };
	for (size_t i = 0; i < bench->workloads; i++)
		plant_power(demands[i], 100 + 20 * (double)i, LOW);
	made_campaign(dice, bench, demands, made);
	for (size_t i = 0; i < made->file.n_results; i++) {
		struct result *result = &made->room[i];
		if (strcmp(result->arm, "ft") == 0 && ++seen[result->workload[1] - '0'] > left)
			made_unmeasure(result);
	}
	struct claims_judged judged = judged_by(claims, made);
	unsigned bits = (judged.n_verdicts[CLAIM_REPRODUCED] ? BIT(SAID_REPRODUCED) : 0) |
			(judged.n_verdicts[CLAIM_CONTRADICTED] ? BIT(SAID_CONTRADICTED) : 0);
	claims_judged_free(&judged);
	return bits ? bits | BIT(2) : 0;
}

static const struct claims *ends(size_t n)
{
	static struct claims *claims[MADE_WORKLOADS + 1];
	claims[n] = claims[n] ? claims[n] : judged_claims("interval: [1.13, 1.43]", n);
	return claims[n];
}

static unsigned five_runs(struct dice *dice, size_t number, struct made *made)
{
	struct made_bench bench = exact_bench(number % 2 ? 0.01 : 0.005, 5, 1);
	return ends_trial(dice, &bench, 5, ends(1), made);
}

static unsigned twelve_runs(struct dice *dice, size_t number, struct made *made)
{
	struct made_bench bench = exact_bench(number % 2 ? 0.01 : 0.005, 12, 1);
	return ends_trial(dice, &bench, 12, ends(1), made);
}

static unsigned three_runs(struct dice *dice, size_t number, struct made *made)
{
	struct made_bench bench = bench_of(number % 2 ? 0.01 : 0.003, 3, 5);
	return ends_trial(dice, &bench, 3, ends(5), made);
}

static unsigned ten_and_five(struct dice *dice, size_t number, struct made *made)
{
	struct made_bench bench = bench_of(number % 2 ? 0.01 : 0.003, 10, 5);
	return ends_trial(dice, &bench, 5, ends(5), made);
}

static unsigned ten_and_two(struct dice *dice, size_t number, struct made *made)
{
	struct made_bench bench = bench_of(number % 2 ? 0.01 : 0.003, 10, 5);
	return ends_trial(dice, &bench, 2, ends(5), made);
}

/* ---- several points ---- */

enum { OTHER_FOUND = 3 };

/* The first claim is on a boundary, and the second one, where there is one, well inside. */
static unsigned points_trial(struct dice *dice, const double *ratios, size_t n, const struct claims *claims, struct made *made)
{
	struct made_bench bench = exact_bench(0.01, 10, n);
	struct demand demands[MADE_WORKLOADS][MADE_ARMS];
	for (size_t i = 0; i < n; i++)
		plant_power(demands[i], 100 + 10 * (double)i, ratios[i]);
	made_campaign(dice, &bench, demands, made);
	struct claims_judged judged = judged_by(claims, made);
	unsigned bits = verdict_bits(judged.list[0].verdict);
	bits |= bits ? BIT(2) : 0;
	bits |= judged.n > 1 && judged.list[1].verdict == CLAIM_REPRODUCED ? BIT(OTHER_FOUND) : 0;
	claims_judged_free(&judged);
	return bits;
}

static unsigned each_point(struct dice *dice, size_t number, struct made *made)
{
	static const double ratios[][3] = { { LOW, INSIDE, INSIDE }, { INSIDE, INSIDE, 1.43 } };
	static struct claims *claims;
	claims = claims ? claims : judged_claims_file(
		"  " HEAD("a") "metric: energy, " ARMS "points: [{workload: w0}, {workload: w1}, {workload: w2}], interval: [1.13, 1.43]}\n"
		"  " HEAD("b") "metric: energy, " ARMS "points: [{workload: w0}, {workload: w1}, {workload: w2}], interval: [1, 1.6]}\n");
	return points_trial(dice, ratios[number % 2], 3, claims, made);
}

static unsigned any_point(struct dice *dice, size_t number, struct made *made)
{
	static const double ratios[] = { LOW, LOW, LOW, LOW, INSIDE };
	static struct claims *claims;
	(void)number;
	claims = claims ? claims : judged_claims_file(
		"  " HEAD("a") "metric: energy, quantifier: any, " ARMS
		"points: [{workload: w0}, {workload: w1}, {workload: w2}, {workload: w3}], interval: [1.13, 1.43]}\n"
		"  " HEAD("b") "metric: energy, quantifier: any, " ARMS "points: [{workload: w0}, {workload: w4}], interval: [1.2, 1.43]}\n");
	return points_trial(dice, ratios, 5, claims, made);
}

static unsigned mean_of_points(struct dice *dice, size_t number, struct made *made)
{
	static const double ratios[] = { LOW * 0.8, LOW / 0.8, LOW * 0.9, LOW / 0.9 };
	static struct claims *claims;
	(void)number;
	claims = claims ? claims : judged_claims_file(
		"  " HEAD("a") "metric: energy, quantifier: mean, " ARMS "points: all, interval: [1.13, 1.43]}\n"
		"  " HEAD("b") "metric: energy, quantifier: mean, " ARMS "points: all, interval: [1.05, 1.2]}\n");
	return points_trial(dice, ratios, 4, claims, made);
}

static unsigned against_other(struct dice *dice, size_t number, struct made *made)
{
	static const double ratios[] = { LOW * 0.9, 0.9 };
	static struct claims *claims;
	(void)number;
	claims = claims ? claims : judged_claims_file(
		"  " HEAD("a") "metric: energy, contrast: {arm: ft, over: gil, against: w1}, points: [{workload: w0}], interval: [1.13, 1.43]}\n"
		"  " HEAD("b") "metric: energy, contrast: {arm: ft, over: gil, against: w1}, points: [{workload: w0}], interval: [1.05, 1.2]}\n");
	return points_trial(dice, ratios, 2, claims, made);
}

/* ---- an elasticity ---- */

/* Powers are off the line by `off` from point to point, and times go from the same to a third. */
static unsigned elasticity_trial(struct dice *dice, size_t number, double elasticity, double off, struct made *made)
{
	static struct claims *claims;
	claims = claims ? claims : judged_claims_file("  " HEAD("a") "metric: elasticity, " ARMS "points: all, interval: [0.9, 1.1]}\n");
	static const size_t designs[][2] = { { 2, 4 }, { 1, 6 }, { 4, 2 } };
	size_t workloads = designs[number % 3][0], points = designs[number % 3][1];
	struct made_bench bench = bench_of(0.005, 5, workloads * points);
	struct demand demands[MADE_WORKLOADS][MADE_ARMS];
	for (size_t i = 0; i < bench.workloads; i++) {
		double time = -1.1 * (double)(i % points) / (double)(points - 1), power = (elasticity - 1) * time + off * dice_normal(dice);
		demands[i][GIL] = demand_of(10, 120 + 10 * (double)(i / points));
		demands[i][FT] = demand_of(10 * exp(time), demands[i][GIL].wall * exp(power));
	}
	made_campaign(dice, &bench, demands, made);
	made_points(made, points);
	return verdict_bits(judged_verdict(claims, made));
}

static unsigned elasticity_at_end(struct dice *dice, size_t number, struct made *made)
{
	return elasticity_trial(dice, number, number % 2 ? 0.9 : 1.1, 0.01, made);
}

static unsigned elasticity_inside(struct dice *dice, size_t number, struct made *made)
{
	return elasticity_trial(dice, number, 1, 0.003, made);
}

/* ---- runs that say less than they seem to ---- */

/* Steps of 300 J: all readings of both arms are the same 2100 J, and ft takes 3 % more than gil's 2160 J. */
static unsigned coarse(struct dice *dice, size_t number, struct made *made)
{
	static struct claims *claims;
	claims = claims ? claims : judged_claims("equivalence: 2 %", 1);
	struct made_bench bench = exact_bench(0.001, number % 2 ? 5 : 10, 1);
	struct demand demands[1][MADE_ARMS];
	plant_power(demands[0], 216, 1.03);
	made_campaign(dice, &bench, demands, made);
	for (size_t i = 0; i < made->file.n_results; i++)
		made_round(&made->room[i], 300);
	return verdict_bits(judged_verdict(claims, made));
}

enum { ENERGY_DEFINITE, TIME_DEFINITE };

/* ft takes 5 % longer, but its runs scatter by 10 %, and those that take longer than gil's were ended: those left all took less. */
static unsigned timed_out(struct dice *dice, size_t number, struct made *made)
{
	static struct claims *claims;
	claims = claims ? claims : judged_claims_file("  " HEAD("a") "metric: energy, " ARMS "points: all, interval: [open, 1]}\n"
						      "  " HEAD("b") "metric: time, " ARMS "points: all, interval: [open, 1]}\n");
	struct made_bench bench = bench_of(0.003, number % 2 ? 10 : 20, 1);
	struct demand demands[1][MADE_ARMS];
	plant_power(demands[0], 120, 1);
	made_campaign(dice, &bench, demands, made);
	for (size_t i = 0, ft = 0; i < made->file.n_results; i++) {
		struct result *result = &made->room[i];
		if (strcmp(result->arm, "gil") == 0)
			made_lengthen(result, exp(0.005 * dice_normal(dice)));
		else if (ft++ % 2)
			made_lengthen(result, exp(-0.05 - 0.05 * dice_unit(dice)));
		else
			made_time_out(result);
	}
	struct claims_judged judged = judged_by(claims, made);
	unsigned bits = (verdict_bits(judged.list[0].verdict) ? BIT(ENERGY_DEFINITE) : 0) |
			(verdict_bits(judged.list[1].verdict) ? BIT(TIME_DEFINITE) : 0);
	claims_judged_free(&judged);
	return bits;
}

/* ---- all of them ---- */

#define ON_END FALSELY("reproduced"), FALSELY("contradicted"), DEFINITELY(0.062)
#define CLOSE_TO_END FALSELY("reproduced"), FALSELY("contradicted"), DEFINITELY(0.052)
#define ANY_OF_FIVE FALSELY("any reproduced"), FALSELY("any contradicted")

const struct plant close_plants[] = {
	{ "five-runs", "on the lower end of [1.13, 1.43], five runs an arm, a meter that does not err", five_runs, { CLOSE_TO_END } },
	{ "twelve-runs", "the same with twelve runs", twelve_runs, { CLOSE_TO_END } },
};
const size_t n_close_plants = sizeof close_plants / sizeof *close_plants;

const struct plant claim_plants[] = {
	{ "three-runs", "five claims of one file, each on its boundary; three runs an arm", three_runs, { ANY_OF_FIVE } },
	{ "ten-and-five", "the same with ten runs, of which five have no energy under ft", ten_and_five, { ANY_OF_FIVE } },
	{ "ten-and-two", "the same with two that are left under ft", ten_and_two, { ANY_OF_FIVE } },
	{ "each", "one of three points on an end, the claim is about each", each_point, { ON_END, FOUND("found where all are inside") } },
	{ "any", "four points on an end, the claim is about any", any_point,
	  { FALSELY("reproduced"), FALSELY("contradicted"), { "definite", 0.01, 0.054 }, FOUND("found where one is inside") } },
	{ "mean", "the mean of four points on an end", mean_of_points, { ON_END, FOUND("found where it is inside") } },
	{ "against", "a ratio of two workloads' ratios on an end", against_other, { ON_END, FOUND("found where it is inside") } },
	{ "elasticity", "on either end of [0.9, 1.1]; three designs", elasticity_at_end, { FALSELY("reproduced"), FALSELY("contradicted") } },
	{ "elastic-1", "an elasticity of 1; the claim: within [0.9, 1.1]", elasticity_inside, { FOUND("reproduced"), FALSELY("contradicted") } },
	{ "coarse", "readings all the same by the steps of a display, and a difference of 3 %; the claim: equivalent within 2 %",
	  coarse, { NOT_ONCE("reproduced"), NOT_ONCE("contradicted") } },
	{ "timed-out", "half of one arm's runs, the slow ones, ended at their time limit",
	  timed_out, { NOT_ONCE("definite on energy"), NOT_ONCE("definite on time") } },
};
const size_t n_claim_plants = sizeof claim_plants / sizeof *claim_plants;
