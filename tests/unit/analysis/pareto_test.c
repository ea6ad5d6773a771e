/* The front of energy and time, by hand: ratios that are well known, and some that are not. */
#include "claim.h"
#include "pareto.h"
#include "unit.h"

static struct estimate known(double ratio)
{
	return (struct estimate){ .value = log(ratio), .scatter = 0.001, .nu = 100 };
}

static struct estimate vague(double ratio)
{
	return (struct estimate){ .value = log(ratio), .scatter = 0.2, .nu = 4 };
}

static enum pareto several(const struct estimate *energy, const struct estimate *time, size_t n)
{
	struct pareto_p p = pareto_p_of(energy, time, n);
	return pareto_decide(&p, pareto_least(&p));
}

static enum pareto one(struct estimate energy, struct estimate time)
{
	return several(&energy, &time, 1);
}

static void one_rival(void **state)
{
	(void)state;
	assert_int_equal(one(known(0.9), known(0.9)), PARETO_FRONT);
	assert_int_equal(one(known(0.9), known(1.5)), PARETO_FRONT);
	assert_int_equal(one(known(1.5), known(0.9)), PARETO_FRONT);
	assert_int_equal(one(known(1.1), known(1.1)), PARETO_BEHIND);
	assert_int_equal(one(vague(1.1), known(1.1)), PARETO_UNDECIDED);
	assert_int_equal(one(known(1.1), vague(1.1)), PARETO_UNDECIDED);
	assert_int_equal(one(vague(1.1), known(0.9)), PARETO_FRONT);
}

static void a_tie_in_one_does_not_save(void **state)
{
	(void)state;
	assert_int_equal(one(known(1.1), known(1)), PARETO_BEHIND);
	assert_int_equal(one(known(1), known(1.1)), PARETO_BEHIND);
	assert_int_equal(one(known(1.1), known(0.9985)), PARETO_BEHIND); /* not shown to be faster, and by no more than the margin */
	assert_int_equal(one(known(1.1), vague(1)), PARETO_UNDECIDED);
	assert_int_equal(one(known(1.1), known(0.995)), PARETO_FRONT);
	assert_int_equal(one(known(1), known(1)), PARETO_UNDECIDED);
}

static void of_several_each_must_be_met(void **state)
{
	(void)state;
	struct estimate energy[] = { known(0.9), known(1.1), vague(1) }, time[] = { known(1.1), known(0.9), vague(1) };
	assert_int_equal(several(energy, time, 2), PARETO_FRONT);
	assert_int_equal(several(energy, time, 3), PARETO_UNDECIDED);
	time[1] = known(1.1);
	assert_int_equal(several(energy, time, 3), PARETO_BEHIND);
	assert_int_equal(several(NULL, NULL, 0), PARETO_UNDECIDED);
}

static void what_is_not_known_decides_nothing(void **state)
{
	(void)state;
	struct estimate single = { .value = log(2), .scatter = NAN, .nu = NAN }, none = { NAN, NAN, NAN, NAN };
	assert_int_equal(one(single, single), PARETO_UNDECIDED);
	assert_int_equal(one(none, none), PARETO_UNDECIDED);
	assert_int_equal(one(none, known(0.5)), PARETO_FRONT);
}

/* The more rivals, the more chances that one of them seems to beat it. */
static void many_rivals_are_asked_for_more(void **state)
{
	(void)state;
	struct estimate energy[7], time[7];
	for (size_t i = 0; i < 7; i++)
		energy[i] = time[i] = (struct estimate){ .value = 0.0022, .scatter = 0.001, .nu = 1e9 };
	assert_int_equal(several(energy, time, 1), PARETO_BEHIND);
	assert_int_equal(several(energy, time, 7), PARETO_UNDECIDED);
}

/* At worst: as good as its rival in all, or better by nothing. */
static void a_false_verdict_is_rare(void **state)
{
	(void)state;
	struct pareto_p tie = pareto_p_of(&(struct estimate){ .value = 1.96e-3, .scatter = 0.001, .nu = 1e9 },
					  &(struct estimate){ .value = 0, .scatter = 0.001, .nu = 1e9 }, 1);
	assert_near(tie.behind, 2 * 0.025, 2e-5);
	assert_near(tie.front, 1, 0);
	tie = pareto_p_of(&(struct estimate){ .value = -1.96e-3, .scatter = 0.001, .nu = 1e9 },
			  &(struct estimate){ .value = 0, .scatter = 0.001, .nu = 1e9 }, 1);
	assert_near(tie.front, 2 * 0.025, 2e-5);
	assert_int_equal(pareto_decide(&(struct pareto_p){ 0.001, 0.5 }, 0.05), PARETO_UNDECIDED); /* among many */
	assert_int_equal(pareto_decide(&(struct pareto_p){ 0.001, 0.5 }, 0.04), PARETO_FRONT);
}

/* ---- how often it is wrong ---- */

#define RIVALS 3
#define POINTS 4
#define RUNS 5
#define PAGES 2000

/* SplitMix64, Box and Muller. */
static double normal(uint64_t *state)
{
	double u[2];
	for (int i = 0; i < 2; i++) {
		uint64_t z = *state += 0x9e3779b97f4a7c15u;
		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
		u[i] = (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
	}
	return sqrt(-2 * log(1 - u[0])) * cos(2 * acos(-1) * u[1]);
}

struct runs {
	double energy[RUNS], time[RUNS];
};

/* One page: points of benches that are alike. Whether any verdict is given. */
static bool says_anything(uint64_t *state)
{
	struct pareto_p p[POINTS * RIVALS];
	double least[POINTS * RIVALS], adjusted[POINTS * RIVALS];
	bool any = false;
	for (size_t point = 0; point < POINTS; point++) {
		struct runs runs[RIVALS];
		for (size_t i = 0; i < RIVALS * RUNS; i++) {
			double time = 1 + 0.002 * normal(state);
			runs[i / RUNS].time[i % RUNS] = time;
			runs[i / RUNS].energy[i % RUNS] = 100 * time * (1 + 0.002 * normal(state));
		}
		for (size_t i = 0; i < RIVALS; i++) {
			struct estimate energy[RIVALS], time[RIVALS];
			size_t n = 0;
			for (size_t j = 0; j < RIVALS; j++)
				if (j != i) {
					energy[n] = estimate_ratio(runs[i].energy, RUNS, runs[j].energy, RUNS, 0);
					time[n++] = estimate_ratio(runs[i].time, RUNS, runs[j].time, RUNS, 0);
				}
			p[point * RIVALS + i] = pareto_p_of(energy, time, n);
			least[point * RIVALS + i] = pareto_least(&p[point * RIVALS + i]);
		}
	}
	assert_int_equal(claim_holm(least, POINTS * RIVALS, adjusted), 0);
	for (size_t i = 0; i < POINTS * RIVALS; i++)
		any |= pareto_decide(&p[i], adjusted[i]) != PARETO_UNDECIDED;
	return any;
}

static void pages_of_what_is_alike_say_nothing(void **state)
{
	(void)state;
	uint64_t random = 1;
	size_t wrong = 0;
	for (size_t i = 0; i < PAGES; i++)
		wrong += says_anything(&random);
	print_message("seed 1: %zu of %d pages with a false verdict\n", wrong, PAGES);
	assert_true(wrong <= (size_t)(PARETO_ERROR * PAGES));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_rival),
		cmocka_unit_test(a_tie_in_one_does_not_save),
		cmocka_unit_test(of_several_each_must_be_met),
		cmocka_unit_test(what_is_not_known_decides_nothing),
		cmocka_unit_test(a_false_verdict_is_rare),
		cmocka_unit_test(pages_of_what_is_alike_say_nothing),
		cmocka_unit_test(many_rivals_are_asked_for_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
