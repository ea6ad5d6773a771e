/*
 * A device's clock joined to the host's: over planted clocks, lines and steps the true instant is held as often as is said.
 * JOULERIG_SEED (default 1) seeds the trials.
 */
#include <stdlib.h>

#include "time_map.h"
#include "unit.h"

/* ---- the planted world ---- */

enum jitter { EXPONENTIAL, UNIFORM, HALF_NORMAL, HEAVY, JITTERS };
#define JITTER 50e3 /* ns: its scale, each way */
#define EXCHANGES 240
#define EVERY (500 * NS_PER_MS)
#define STEPS 3

struct world {
	uint64_t random;
	enum jitter jitter;
	double rate, wander;         /* of the device's clock: 1, and per s */
	double there, back;          /* ns: the least that either way takes */
	int64_t begin, offset;       /* host ns; device - host at begin */
	int64_t step_at[STEPS], step_by[STEPS];
	int steps;
	struct record_sync exchanges[EXCHANGES];
	size_t n;
};

static double uniform(struct world *world)
{
	world->random ^= world->random << 13;
	world->random ^= world->random >> 7;
	world->random ^= world->random << 17;
	return ((double)(world->random >> 11) + 0.5) / 9007199254740992.0;
}

static double between(struct world *world, double low, double high)
{
	return low + (high - low) * uniform(world);
}

static double normal(struct world *world)
{
	return sqrt(-2 * log(uniform(world))) * cos(2 * acos(-1) * uniform(world));
}

static double jitter(struct world *world)
{
	switch (world->jitter) {
	case EXPONENTIAL: return -JITTER * log(uniform(world));
	case UNIFORM: return between(world, 0, 2 * JITTER);
	case HALF_NORMAL: return fabs(JITTER * 1.25 * normal(world));
	default: return JITTER * exp(normal(world));
	}
}

/* What the device's counter shows, in ticks of 1 us. */
static int64_t device(const struct world *world, int64_t host)
{
	double s = (double)(host - world->begin) / 1e9;
	double gained = (world->rate * s + world->wander * s * s / 2) * 1e9;
	int64_t shown = host + world->offset + (int64_t)llround(gained);
	for (int i = 0; i < world->steps; i++)
		if (host >= world->step_at[i])
			shown += world->step_by[i];
	return shown / 1000 * 1000;
}

static void exchange(struct world *world, int64_t sent)
{
	struct record_sync *e = &world->exchanges[world->n++];
	int64_t at = sent + (int64_t)(world->there + jitter(world));
	int64_t stay = (int64_t)between(world, 5e3, 60e3);
	*e = (struct record_sync){ .sent = sent, .arrived = device(world, at), .answered = device(world, at + stay) };
	e->received = at + stay + (int64_t)(world->back + jitter(world));
}

static void make_world(struct world *world, uint64_t seed, int steps, bool even)
{
	*world = (struct world){ .random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1, .begin = INT64_C(5000) * NS_PER_S };
	for (int i = 0; i < 8; i++)
		uniform(world);
	double least = between(world, 50e3, 500e3);
	world->jitter = (enum jitter)(uniform(world) * JITTERS);
	world->rate = between(world, -100e-6, 100e-6);
	world->wander = between(world, -1e-8, 1e-8);
	world->there = even ? least / 2 : between(world, 0, least);
	world->back = least - world->there;
	world->offset = (int64_t)between(world, -4e12, 4e12);
	for (world->steps = 0; world->steps < steps; world->steps++) {
		double size = exp(between(world, log(2e6), log(5e11))); /* 2 ms to 500 s */
		world->step_at[world->steps] = world->begin + (int64_t)(between(world, 20, 100) * 1e9);
		world->step_by[world->steps] = (int64_t)(uniform(world) < 0.5 ? -size : size);
	}
	int64_t at = world->begin;
	for (int i = 0; i < EXCHANGES; i++, at += EVERY + (int64_t)between(world, 0, 1e7))
		exchange(world, at);
}

static bool is_near_step(const struct world *world, int64_t host)
{
	for (int i = 0; i < world->steps; i++)
		if (llabs(host - world->step_at[i]) < 6 * EVERY)
			return true;
	return false;
}

/* ---- trials ---- */

struct tally {
	int asked, mapped, held, held_random, wrong_at_steps;
	double residual_worst, u_sum, error_worst;
};

static void ask(struct world *world, const struct time_map *map, struct tally *tally)
{
	struct time_reading reading;
	const struct record_sync *last = &world->exchanges[EXCHANGES - 1];
	int64_t host = world->begin + (int64_t)between(world, 0, (double)(last->received - world->begin));
	bool near_step = is_near_step(world, host);
	if (!time_map_read(map, device(world, host), host + NS_PER_MS, &reading)) {
		tally->asked += !near_step;
		return;
	}
	double error = (double)(reading.host - host), unseen = (world->back - world->there) / 2;
	if (near_step) {
		tally->wrong_at_steps += fabs(error) > time_reading_u(&reading) + 500e3;
		return;
	}
	tally->asked++;
	tally->mapped++;
	tally->held += fabs(error) <= time_reading_u(&reading);
	tally->held_random += fabs(error - unseen) <= reading.u_random;
	tally->u_sum += reading.u_random;
	tally->residual_worst = fmax(tally->residual_worst, reading.residual);
	tally->error_worst = fmax(tally->error_worst, fabs(error));
}

static struct tally run_trials(int trials, bool steps, bool even)
{
	static struct world world;
	struct tally tally = { 0 };
	const char *given = getenv("JOULERIG_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 10) : 1;
	for (int trial = 0; trial < trials; trial++) {
		struct time_map map;
		make_world(&world, seed * 100000 + (uint64_t)trial, steps ? trial % (STEPS + 1) : 0, even);
		time_map_make(world.exchanges, world.n, &map);
		for (int i = 0; i < 5; i++)
			ask(&world, &map, &tally);
	}
	print_message("%d trials, seed %lu: mapped %d of %d, true instant held %.3f, but for the asymmetry %.3f; u_random %.1f us (mean), "
		      "residual at most %.1f us, error at most %.1f us, wrong about steps %d\n",
		      trials, (unsigned long)seed, tally.mapped, tally.asked, (double)tally.held / tally.mapped,
		      (double)tally.held_random / tally.mapped, tally.u_sum / tally.mapped / 1e3, tally.residual_worst / 1e3,
		      tally.error_worst / 1e3, tally.wrong_at_steps);
	return tally;
}

static void assert_coverage(int held, int of)
{
	double coverage = (double)held / of;
	if (coverage < 0.93 || coverage > 0.99)
		fail_msg("%d of %d held: %.3f", held, of, coverage);
}

/* +-100 ppm, up to three steps, 50 us of jitter each way. */
static void test_trials(void **state)
{
	(void)state;
	struct tally tally = run_trials(1000, true, false);
	assert_coverage(tally.held, tally.mapped);
	assert_coverage(tally.held_random, tally.mapped);
	assert_true(tally.residual_worst <= 50e3);
	assert_true(tally.mapped >= tally.asked * 98 / 100);
	assert_int_equal(tally.wrong_at_steps, 0);
}

/* ---- single cases ---- */

/* A quiet line: device = host + 1 s, 10 us each way. */
static void plain(struct world *world, size_t n)
{
	*world = (struct world){ .begin = 100 * NS_PER_S };
	for (size_t i = 0; i < n; i++) {
		int64_t sent = world->begin + (int64_t)i * EVERY;
		world->exchanges[world->n++] = (struct record_sync){ sent, sent + 25000, sent + NS_PER_S + 10000, sent + NS_PER_S + 15000 };
	}
}

static void test_exact(void **state)
{
	(void)state;
	static struct world world;
	struct time_map map;
	struct time_reading reading;
	plain(&world, 20);
	time_map_make(world.exchanges, world.n, &map);
	assert_int_equal(map.n_segments, 1);
	assert_true(time_map_read(&map, world.begin + NS_PER_S + 12345, NEVER, &reading));
	assert_int_equal(reading.host, world.begin + 12345);
	assert_near(reading.u_asymmetry, 10e3, 1e-6);
	assert_near(reading.u_random, 0, 1e-3);
	assert_near(reading.rate, 0, 1e-12);
	assert_near(time_reading_u(&reading), 9.5e3, 1);
}

static void test_too_few(void **state)
{
	(void)state;
	static struct world world;
	struct time_map map;
	struct time_reading reading;
	plain(&world, TIME_MAP_EXCHANGES_MIN - 1);
	time_map_make(world.exchanges, world.n, &map);
	assert_false(time_map_read(&map, world.begin + NS_PER_S, NEVER, &reading));
	time_map_make(NULL, 0, &map);
	assert_int_equal(map.n_segments, 0);
	assert_false(time_map_read(&map, 0, NEVER, &reading));
}

static void test_far_outside(void **state)
{
	(void)state;
	static struct world world;
	struct time_map map;
	struct time_reading reading;
	plain(&world, 20);
	time_map_make(world.exchanges, world.n, &map);
	const int64_t first = world.exchanges[0].arrived, last = world.exchanges[19].answered;
	assert_true(time_map_read(&map, first - TIME_MAP_BEYOND, NEVER, &reading));
	assert_false(time_map_read(&map, first - TIME_MAP_BEYOND - 1, NEVER, &reading));
	assert_true(time_map_read(&map, last + TIME_MAP_BEYOND, NEVER, &reading));
	assert_false(time_map_read(&map, last + TIME_MAP_BEYOND + 1, NEVER, &reading));
}

/* After a reset the device shows the same times again: when the host heard of them tells which are meant. */
static void test_reset(void **state)
{
	(void)state;
	static struct world world;
	struct time_map map;
	struct time_reading reading;
	plain(&world, 40);
	const int64_t back = world.exchanges[20].arrived - world.exchanges[0].arrived;
	for (size_t i = 20; i < 40; i++) {
		world.exchanges[i].arrived -= back;
		world.exchanges[i].answered -= back;
	}
	time_map_make(world.exchanges, world.n, &map);
	assert_int_equal(map.n_segments, 2);
	const int64_t instant = world.begin + NS_PER_S + 4 * NS_PER_S;
	assert_true(time_map_read(&map, instant, world.exchanges[15].received, &reading));
	assert_int_equal(reading.host, world.begin + 4 * NS_PER_S);
	assert_true(time_map_read(&map, instant, NEVER, &reading));
	assert_int_equal(reading.host, world.begin + 14 * NS_PER_S);
}

/* The host slept for 3 s; its MONOTONIC did not notice. What the device saw meanwhile has no host time. */
static void test_suspend(void **state)
{
	(void)state;
	static struct world world;
	struct time_map map;
	struct time_reading reading;
	plain(&world, 40);
	for (size_t i = 20; i < 40; i++) {
		world.exchanges[i].arrived += 3 * NS_PER_S;
		world.exchanges[i].answered += 3 * NS_PER_S;
	}
	time_map_make(world.exchanges, world.n, &map);
	assert_int_equal(map.n_segments, 2);
	assert_false(time_map_read(&map, world.exchanges[19].answered + NS_PER_S, NEVER, &reading));
	assert_true(time_map_read(&map, world.exchanges[25].arrived, NEVER, &reading));
	assert_int_equal(reading.host, world.exchanges[25].sent + 10000);
}

/* Hidden by slow exchanges until a fast one comes: what lies between belongs to neither side. */
static void test_hidden_step(void **state)
{
	(void)state;
	static struct world world;
	struct time_map map;
	struct time_reading reading;
	plain(&world, 40);
	for (size_t i = 20; i < 40; i++) {
		world.exchanges[i].arrived += 20 * NS_PER_MS;
		world.exchanges[i].answered += 20 * NS_PER_MS;
		if (i < 25)
			world.exchanges[i].received += 40 * NS_PER_MS, world.exchanges[i].sent -= 40 * NS_PER_MS;
	}
	time_map_make(world.exchanges, world.n, &map);
	assert_int_equal(map.n_segments, 2);
	assert_false(time_map_read(&map, world.exchanges[22].arrived, NEVER, &reading));
	assert_true(time_map_read(&map, world.exchanges[30].arrived, NEVER, &reading));
	assert_int_equal(reading.host, world.exchanges[30].sent + 10000);
}

/* An exchange that took no time in the world, or backwards, is passed over. */
static void test_senseless(void **state)
{
	(void)state;
	static struct world world;
	struct time_map map;
	struct time_reading reading;
	plain(&world, 20);
	world.exchanges[0].received = world.exchanges[0].sent - 1;
	world.exchanges[7].answered = world.exchanges[7].arrived - 1;
	world.exchanges[19].answered += NS_PER_S;
	time_map_make(world.exchanges, world.n, &map);
	assert_int_equal(map.senseless, 3);
	assert_int_equal(map.n_segments, 1);
	assert_int_equal(map.segments[0].first, 1);
	assert_int_equal(map.segments[0].n, 18);
	assert_true(time_map_read(&map, world.begin + NS_PER_S + 3 * NS_PER_S, NEVER, &reading));
	assert_int_equal(reading.host, world.begin + 3 * NS_PER_S);
	assert_int_equal(reading.used, 8);
}

/* An edge that the host's kernel has stamped, too: the best exchange there is. */
static void test_shared_edges(void **state)
{
	(void)state;
	static struct world world;
	struct time_map map;
	struct time_reading reading;
	make_world(&world, 5, 0, false);
	for (size_t i = 0; i < 80; i++) {
		int64_t host = world.exchanges[i * 3].sent;
		int64_t seen = device(&world, host);
		world.exchanges[i * 3] = (struct record_sync){ host - 2000, host + 2000, seen, seen };
	}
	time_map_make(world.exchanges, world.n, &map);
	const int64_t host = world.begin + 40 * NS_PER_S;
	assert_true(time_map_read(&map, device(&world, host), NEVER, &reading));
	assert_near((double)(reading.host - host), 0, 2000);
	assert_true(reading.u_asymmetry <= 2001);
}

static void test_more_steps_than_room(void **state)
{
	(void)state;
	static struct record_sync exchanges[(TIME_MAP_SEGMENTS_MAX + 2) * 10];
	struct time_map map;
	struct time_reading reading;
	const size_t n = sizeof exchanges / sizeof *exchanges;
	for (size_t i = 0; i < n; i++) {
		int64_t sent = (int64_t)(i + 1) * EVERY, shown = sent + (int64_t)(i / 10) * 100 * NS_PER_S;
		exchanges[i] = (struct record_sync){ sent, sent + 20000, shown + 10000, shown + 10000 };
	}
	time_map_make(exchanges, n, &map);
	assert_int_equal(map.n_segments, TIME_MAP_SEGMENTS_MAX);
	assert_true(time_map_read(&map, exchanges[4].arrived, NEVER, &reading));
	assert_false(time_map_read(&map, exchanges[n - 5].arrived, NEVER, &reading));
}

/* 95 % of rectangular and normal together: limits of either, and quadrature's neighbourhood between. */
static void test_both_together(void **state)
{
	(void)state;
	assert_near(time_reading_u(&(struct time_reading){ .u_random = 1960 }), 1960, 1e-6);
	assert_near(time_reading_u(&(struct time_reading){ .u_asymmetry = 1000 }), 950, 1e-6);
	double both = time_reading_u(&(struct time_reading){ .u_random = 1960, .u_asymmetry = 1000 });
	assert_near(both, 1.96 * sqrt(1e6 + 1e6 / 3), 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trials),	      cmocka_unit_test(test_exact),	   cmocka_unit_test(test_too_few),
		cmocka_unit_test(test_far_outside),   cmocka_unit_test(test_reset),	   cmocka_unit_test(test_suspend),
		cmocka_unit_test(test_hidden_step),   cmocka_unit_test(test_senseless),	   cmocka_unit_test(test_shared_edges),
		cmocka_unit_test(test_more_steps_than_room), cmocka_unit_test(test_both_together),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
