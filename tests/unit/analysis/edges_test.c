/* Figures from lags that are known, and which path wins. */
#include <stdlib.h>

#include "edges.h"
#include "unit.h"

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

/* A wake-up: at least 40 us, exponential beyond it. */
static int64_t wake_up(uint64_t *state)
{
	double uniform = ((double)next_random(state) + 1) / 2147483649.0;
	return 40000 + (int64_t)(-30000 * log(uniform));
}

static void test_known_lags(void **state)
{
	(void)state;
	int64_t lags[100];
	struct edge_figure f;
	for (int i = 0; i < 100; i++)
		lags[i] = 1000 * (i * 37 % 100); /* 0..99 us in disorder */
	assert_int_equal(edge_figure(lags, 100, &f, NULL), 0);
	assert_int_equal(f.n, 100);
	assert_int_equal(f.lag, 49500);
	assert_int_equal(f.worst, 49500);
	assert_int_equal(f.max, 99000);
	assert_int_equal(f.p99, 99000);
	assert_int_equal(f.u, 47500);
}

/* The stated half-width holds lags that were not used to state it, about 95 in 100: no boast, and not much more. */
static void test_coverage(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		uint64_t random = seed;
		int held = 0, asked = 0;
		for (int campaign = 0; campaign < 200; campaign++) {
			int64_t lags[60];
			struct edge_figure f;
			for (int i = 0; i < 60; i++)
				lags[i] = wake_up(&random);
			assert_int_equal(edge_figure(lags, 60, &f, NULL), 0);
			for (int i = 0; i < 50; i++, asked++)
				held += llabs(wake_up(&random) - f.lag) <= f.u;
		}
		double coverage = (double)held / asked;
		if (coverage < 0.93 || coverage > 0.99)
			fail_msg("seed %lu: %g", (unsigned long)seed, coverage);
	}
}

static void test_useless_lags(void **state)
{
	(void)state;
	int64_t lags[1001] = { 0 };
	struct edge_figure f;
	struct error error = ERROR_INIT;
	assert_int_equal(edge_figure(lags, 19, &f, NULL), -1);
	assert_int_equal(edge_figure(lags, 1001, &f, &error), -1);
	assert_int_equal(error.code, ERROR_INTERNAL);
}

/* A stamp before its edge has a lag below nought. */
static void test_early_stamps(void **state)
{
	(void)state;
	int64_t lags[21];
	struct edge_figure f;
	for (int i = 0; i < 21; i++)
		lags[i] = -300 - 10 * i;
	assert_int_equal(edge_figure(lags, 21, &f, NULL), 0);
	assert_int_equal(f.lag, -400);
	assert_int_equal(f.max, -300);
	struct edge_claim claim = edge_claim_of(EDGE_SOFTWARE, &f, 1000000);
	assert_int_equal(claim.t, 1000400);
	assert_int_equal(claim.u, 100);
}

static void test_the_better_known_wins(void **state)
{
	(void)state;
	const struct edge_claim claims[] = {
		{ .source = EDGE_HARDWARE, .t = 1, .u = 5200 }, { .source = EDGE_SOFTWARE, .t = 2, .u = 13 },
		{ .source = EDGE_KERNEL, .t = 3, .u = 14 },     { .source = EDGE_KERNEL, .t = 4, .u = 13 },
		{ .source = EDGE_SOFTWARE, .t = 5, .u = 13 },   { .source = EDGE_HARDWARE, .t = 6, .u = 13 },
	};
	static const int64_t best[] = { 1, 2, 2, 4, 4, 6 }; /* the source counts among equals only */
	for (size_t n = 1; n <= 6; n++)
		assert_int_equal(edge_best(claims, n)->t, best[n - 1]);
}

static void test_contradictions(void **state)
{
	(void)state;
	struct edge_claim own = { .t = 1000000000, .u = 10, .worst = 100 }, line = { .t = 0, .u = 20, .worst = 300 };
	int64_t bound = 400 + EDGES_APART / 2;
	for (int sign = -1; sign <= 1; sign += 2) {
		line.t = own.t + sign * bound;
		assert_true(edge_claims_agree(&own, &line));
		line.t += sign;
		assert_false(edge_claims_agree(&own, &line));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_lags), cmocka_unit_test(test_coverage), cmocka_unit_test(test_useless_lags),
		cmocka_unit_test(test_early_stamps), cmocka_unit_test(test_the_better_known_wins), cmocka_unit_test(test_contradictions),
	};
	return cmocka_run_group_tests_name("edges", tests, NULL, NULL);
}
