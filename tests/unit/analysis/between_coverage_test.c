/*
 * Two benches, 3 % apart, whose meters err within their specifications: how often does the interval of their ratio hold the truth? Gain and
 * offset are drawn rectangular, as a specification's limits are taken (u = a / sqrt 3), once a bench; scatter, normal, once a run.
 *
 *   analysis_between_coverage_test [--seed N] [--draws N]      (1 and 2000 where they are not given: a second)
 *
 * Of independent meters it must lie in [0.93, 0.97]. Where one limit is by far the greatest of all the interval is longer than it had to be
 * (k = 2 of a rectangle, 1.13 a, holds all of it): a result keeps that a term is of type B, not its distribution, and k = 1.65 of what
 * is normal after all, such as a certificate's U, would miss the truth in one of ten. A shared meter must have the smaller uncertainty.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "between.h"
#include "estimate.h"
#include "unit.h"

#define RUNS_MAX 10
#define TRUE_RATIO 1.03

static uint64_t seed = 1;
static int draws = 2000;

/* SplitMix64. */
static double uniform(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static double rectangular(uint64_t *state, double half_width)
{
	return half_width * (2 * uniform(state) - 1);
}

static double normal(uint64_t *state)
{
	double radius = sqrt(-2 * log(1 - uniform(state)));
	return radius * cos(2 * acos(-1) * uniform(state));
}

struct specification {
	double reading, range; /* half-widths: relative, W */
};

struct bench {
	struct specification meter;
	double joules, seconds; /* the truth */
	double scatter;         /* relative, of one run */
	size_t n;
};

struct drawn {
	struct joules runs[RUNS_MAX];
	const struct joules *list[RUNS_MAX];
	double values[RUNS_MAX];
};

static void measure(uint64_t *state, const struct bench *bench, double gain, double offset, struct drawn *drawn)
{
	for (size_t i = 0; i < bench->n; i++) {
		struct joules *run = &drawn->runs[i];
		double own = bench->joules * (1 + bench->scatter * normal(state));
		*run = (struct joules){ .value = own * (1 + gain) + offset * bench->seconds };
		budget_add(&run->budget, "gain", 'B', bench->meter.reading / sqrt(3) * run->value, INFINITY, SHARE_RELATIVE);
		budget_add(&run->budget, "range", 'B', bench->meter.range / sqrt(3) * bench->seconds, INFINITY, SHARE_ABSOLUTE);
		run->expanded = budget_expand(&run->budget);
		drawn->list[i] = run;
		drawn->values[i] = run->value;
	}
}

struct found {
	double coverage;
	double U, U_one;   /* half of the interval, relative, on average: as of two meters, and of the same runs as of one */
	bool always_surer; /* in each draw the standard uncertainty was smaller as of one */
};

static struct estimate ratio_of(const struct drawn *a, size_t n_a, const struct drawn *b, size_t n_b, bool one_meter)
{
	struct between_shared shared = between_shared(a->list, n_a, b->list, n_b, (struct between_how){ .one_meter = one_meter });
	return estimate_ratio(a->values, n_a, b->values, n_b, hypot(shared.meter, shared.machine));
}

static double half_of(const struct interval *interval)
{
	return log(interval->high / interval->low) / 2 / draws;
}

static struct found try_benches(const struct bench *a, const struct bench *b, bool one_meter)
{
	uint64_t state = seed;
	struct found found = { .always_surer = true };
	struct drawn in_a, in_b;
	for (int i = 0; i < draws; i++) {
		double gain = rectangular(&state, a->meter.reading), offset = rectangular(&state, a->meter.range);
		double other_gain = rectangular(&state, b->meter.reading), other_offset = rectangular(&state, b->meter.range);
		measure(&state, a, gain, offset, &in_a);
		measure(&state, b, one_meter ? gain : other_gain, one_meter ? offset : other_offset, &in_b);
		struct estimate as_two = ratio_of(&in_b, b->n, &in_a, a->n, false), as_one = ratio_of(&in_b, b->n, &in_a, a->n, true);
		struct interval two = estimate_interval(&as_two, 0.95), one = estimate_interval(&as_one, 0.95);
		const struct interval *told = one_meter ? &one : &two;
		found.coverage += (double)(told->low <= TRUE_RATIO && TRUE_RATIO <= told->high) / draws;
		found.U += half_of(&two);
		found.U_one += half_of(&one);
		found.always_surer = found.always_surer && estimate_u(&as_one) < estimate_u(&as_two);
	}
	return found;
}

static const struct specification none = { 0, 0 }, wt = { 0.001, 0.0005 * 600 }, plug = { 0.01, 0.5 }, gain = { 0.01, 0 };

static const struct mix {
	const char *name;
	const struct specification *meter, *other;
	double scatter, other_scatter;
	size_t n, other_n;
	bool one_limit; /* one limit of error is by far the greatest of all */
} mixes[] = {
	{ "scatter alone, 5 and 5", &none, &none, 0.01, 0.01, 5, 5, false },
	{ "scatter above all, 5 and 5", &wt, &wt, 0.02, 0.02, 5, 5, false },
	{ "scatter above all, 10 and 5", &wt, &wt, 0.01, 0.03, 10, 5, false },
	{ "as much of either, 5 and 5", &wt, &wt, 0.004, 0.004, 5, 5, false },
	{ "as much of either, 10 and 10", &wt, &wt, 0.006, 0.006, 10, 10, false },
	{ "meters above all, 5 and 5", &wt, &wt, 0.0005, 0.0005, 5, 5, false },
	{ "meters above all, 5 and 10", &wt, &wt, 0.001, 0.0002, 5, 10, false },
	{ "two gains and little else", &gain, &gain, 0.0005, 0.0005, 5, 5, false },
	{ "a plug and an analyzer", &plug, &wt, 0.004, 0.004, 5, 10, true },
	{ "one gain and little else", &gain, &none, 0.0005, 0.0005, 5, 5, true },
};

static struct found try_mix(const struct mix *mix, const struct specification *other, bool one_meter)
{
	struct bench a = { *mix->meter, 1200, 10, mix->scatter, mix->n };
	struct bench b = { *other, 1200 * TRUE_RATIO, 6, mix->other_scatter, mix->other_n };
	return try_benches(&a, &b, one_meter);
}

static void two_meters_cover_the_truth(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof mixes / sizeof *mixes; i++) {
		struct found found = try_mix(&mixes[i], mixes[i].other, false);
		print_message("two meters  %-30s coverage %.4f  U %.3f %%\n", mixes[i].name, found.coverage, 100 * found.U);
		assert_true(found.coverage >= 0.93);
		assert_true(found.coverage <= (mixes[i].one_limit ? 1 : 0.97));
	}
}

static void one_meter_has_the_smaller_uncertainty(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof mixes / sizeof *mixes; i++) {
		if (mixes[i].meter == &none)
			continue;
		struct found found = try_mix(&mixes[i], mixes[i].meter, true);
		print_message("one meter   %-30s coverage %.4f  U %.3f %%, as of two %.3f %%\n", mixes[i].name, found.coverage, 100 * found.U_one,
			      100 * found.U);
		assert_true(found.coverage >= 0.93);
		assert_true(found.always_surer);
		if (mixes[i].scatter <= 0.006) /* above, what is left has so few degrees of freedom that k grows as u shrinks */
			assert_true(found.U_one < found.U);
	}
}

/* What would come of it if independent meters were taken for one: the check above is no empty one. */
static void two_meters_taken_for_one_miss_it(void **state)
{
	(void)state;
	struct bench a = { wt, 1200, 10, 0.0005, 5 }, b = { wt, 1200 * TRUE_RATIO, 6, 0.0005, 5 };
	uint64_t random = seed;
	struct drawn in_a, in_b;
	double coverage = 0;
	for (int i = 0; i < draws; i++) {
		measure(&random, &a, rectangular(&random, wt.reading), rectangular(&random, wt.range), &in_a);
		measure(&random, &b, rectangular(&random, wt.reading), rectangular(&random, wt.range), &in_b);
		struct estimate ratio = ratio_of(&in_b, b.n, &in_a, a.n, true);
		struct interval told = estimate_interval(&ratio, 0.95);
		coverage += (double)(told.low <= TRUE_RATIO && TRUE_RATIO <= told.high) / draws;
	}
	print_message("two taken for one: coverage %.4f\n", coverage);
	assert_true(coverage < 0.8);
}

int main(int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--seed") == 0)
			seed = strtoull(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--draws") == 0 && atoi(argv[i + 1]) > 0)
			draws = atoi(argv[i + 1]);
	}
	print_message("seed %" PRIu64 ", %d draws\n", seed, draws);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_meters_cover_the_truth),
		cmocka_unit_test(one_meter_has_the_smaller_uncertainty),
		cmocka_unit_test(two_meters_taken_for_one_miss_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
