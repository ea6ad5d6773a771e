/*
 * joulerig load-pattern --edges N --shortest NS --longest NS --seed S --quiet NS      (not for users: a workload of our own)
 *
 * All cores between busy and idle at instants drawn at random, so that they never lock to a meter's windows. Each step is marked
 * (schemas/marks.md) with the instant at which it was ordered. With no edges it just waits.
 */
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calibrate.h"
#include "cli.h"
#include "clock.h"
#include "units.h"

#define THREADS_MAX 4096

struct load_pattern {
	long long edges, shortest, longest, seed, quiet; /* ns */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static _Atomic bool busy;

static void *spin(void *unused)
{
	(void)unused;
	for (;;) {
		pthread_mutex_lock(&lock);
		while (!atomic_load(&busy))
			pthread_cond_wait(&changed, &lock);
		pthread_mutex_unlock(&lock);
		while (atomic_load_explicit(&busy, memory_order_relaxed))
			;
	}
	return NULL;
}

static int start_threads(void)
{
	static cpu_set_t set;
	int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
	for (int i = 0; i < n && i < THREADS_MAX; i++) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, spin, NULL) != 0)
			return -1;
		pthread_detach(thread);
	}
	return 0;
}

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static int64_t draw_spacing(const struct load_pattern *p, uint64_t *state)
{
	double part = (double)(draw(state) >> 11) * 0x1p-53;
	return p->shortest + (int64_t)(part * (double)(p->longest - p->shortest));
}

static void step(bool to)
{
	int64_t at = clock_now(CLOCK_ID_MONOTONIC);
	pthread_mutex_lock(&lock);
	atomic_store(&busy, to);
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	const char *fd = getenv("JOULERIG_MARK_FD");
	char line[96];
	int length = snprintf(line, sizeof line, "mark %s %" PRId64 "\n", to ? PATTERN_BUSY : PATTERN_IDLE, at);
	long long number;
	if (fd && integer_parse(fd, &number) == 0 && write((int)number, line, (size_t)length) != length)
		_exit(1); /* without its mark a step is worth nothing */
}

static void play(const struct load_pattern *p)
{
	uint64_t state = (uint64_t)p->seed;
	int64_t next = clock_now(CLOCK_ID_MONOTONIC) + p->quiet;
	for (long long i = 0; i < p->edges; i++) {
		while (clock_now(CLOCK_ID_MONOTONIC) < next)
			timebase_real.wait_until(&timebase_real, next);
		step(i % 2 == 0);
		next += draw_spacing(p, &state);
	}
	if (p->edges)
		next += p->quiet;
	while (clock_now(CLOCK_ID_MONOTONIC) < next)
		timebase_real.wait_until(&timebase_real, next);
}

int load_pattern_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "edges", required_argument, NULL, 0 }, { "shortest", required_argument, NULL, 1 }, { "longest", required_argument, NULL, 2 },
		{ "seed", required_argument, NULL, 3 }, { "quiet", required_argument, NULL, 4 }, { NULL, 0, NULL, 0 },
	};
	struct load_pattern p = { .edges = 0 };
	long long *const into[] = { &p.edges, &p.shortest, &p.longest, &p.seed, &p.quiet };
	int option;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (option < 0 || option > 4 || integer_parse(optarg, into[option]) != 0)
			return EXIT_USAGE;
	if (p.edges % 2 || p.longest < p.shortest)
		return cli_usage("load-pattern", "an even number of edges, and the longest spacing last");
	if (p.edges && start_threads() != 0)
		return EXIT_INTERNAL;
	play(&p);
	return EXIT_OK;
}
