/*
 * vm_edges: what a bench's trigger says of edges, for the suite that holds it against the kernel's own record.
 *
 *   vm_edges BENCH.yaml TESTS RUNS
 *                                       TESTS times a self-test as a campaign makes it, then RUNS workloads as in a campaign, that stay at
 *                                       the gate for a while and then sleep. On standard output, ns:
 *
 *     test LOST SEEN                    a test: edges that the input lost, of all
 *     figure PATH EDGE LAG U WORST P99 MAX     PATH own or line, EDGE start, stop or latency
 *     run PID SET OWN_START U OWN_STOP U LINE_START U LINE_STOP U      of the line nought where it told nothing;
 *                                       SET: how long the calls took that raised and lowered the line
 *   vm_edges BENCH.yaml lags ROUNDS SWITCH
 *                                       ROUNDS times children as a self-test has them, without a line, while the file SWITCH holds 1, and
 *                                       as many while it holds 0:
 *     lag SWITCH START ENTRY            as in struct launch_lag
 *   vm_edges BENCH.yaml burst N NS      sets the output N times, NS apart, then tells what the input did:
 *     told MADE SEEN LOST SPENT         edges made, told of, told to be lost; ns it took
 *   vm_edges - load SEED                says "ready", then takes the processor from everybody, the launcher too, at random:
 *                                       20 ... 400 us, about each ms
 *   vm_edges BENCH.yaml listen          says "ready", waits for a line on standard input, then tells what the input did
 */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "edge_lags.h"
#include "local_launcher.h"

#define EDGES_MAX 8192
#define RUNS_MAX 100
#define SETTLE (300 * NS_PER_MS) /* until the input has told of everything */

struct told {
	struct {
		int64_t t;
		bool rise;
	} edges[EDGES_MAX];
	int n;
	uint32_t lost;
};

struct run_seen {
	pid_t pid;
	struct launch_event start, end;
};

static struct error error;

_Noreturn static void give_up(void)
{
	char line[800];
	fprintf(stderr, "vm_edges: %s\n", error_line(&error, line, sizeof line));
	exit(1);
}

static void sleep_for(int64_t ns)
{
	nanosleep(&(struct timespec){ .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S }, NULL);
}

/* ---- the bench ---- */

static int take(void *context, const struct record *record, const void *payload, uint32_t size, struct error *unused)
{
	struct told *told = context;
	struct record_edge edge;
	struct record_gap gap;
	(void)unused;
	if (record->kind == RECORD_GAP && size >= sizeof gap) {
		memcpy(&gap, payload, sizeof gap);
		told->lost += gap.values;
	}
	if (record->kind != RECORD_EDGE || size < sizeof edge || told->n == EDGES_MAX)
		return 0;
	memcpy(&edge, payload, sizeof edge);
	told->edges[told->n].t = record->t;
	told->edges[told->n++].rise = edge.what == EDGE_RISE;
	return 0;
}

static void listen_for(struct bench *bench, int64_t ns, struct told *told)
{
	int64_t until = clock_now(CLOCK_ID_MONOTONIC) + ns;
	while (clock_now(CLOCK_ID_MONOTONIC) < until) {
		bench_wait(bench, until, NULL, 0);
		if (bench_drain(bench, take, told, &error) != 0)
			give_up();
	}
}

static struct bench *open_bench(const char *path, struct bench_config *config)
{
	static struct problems problems;
	if (bench_config_load(path, config, &problems, &error) != 0)
		give_up();
	struct bench *bench = bench_open(config, &surroundings_lab, &error);
	if (bench == NULL || bench_start(bench, &error) != 0)
		give_up();
	return bench;
}

/* ---- workloads ---- */

static void await(struct launcher *launcher, struct launch_event *event)
{
	struct pollfd wait = { .fd = launcher_fd(launcher), .events = POLLIN };
	int got;
	while ((got = launcher_event(launcher, event, &error)) == 0)
		poll(&wait, 1, 10000);
	if (got < 0 || event->kind == LAUNCH_EXEC_FAILED || event->kind == LAUNCH_GONE) {
		fprintf(stderr, "vm_edges: event %d: %s\n", event->kind, strerror(event->errno_value));
		give_up();
	}
}

static void run_once(struct launcher *launcher, struct run_seen *run, int i)
{
	static const int64_t at_gate[] = { 120 * NS_PER_MS, 40 * NS_PER_MS, 80 * NS_PER_MS };
	static const char *const asleep[] = { "150000", "60000" }; /* us */
	const char *const argv[] = { "/bin/busybox", "usleep", asleep[i % 2], NULL }, *const environment[] = { NULL };
	const struct launch_spec spec = { .argv = argv, .environment = environment, .stdout_fd = -1, .stderr_fd = -1 };
	struct launched launched;
	if (launcher_prepare(launcher, &spec, &launched, &error) != 0)
		give_up();
	sleep_for(at_gate[i % 3]);
	if (launcher_release(launcher, &error) != 0)
		give_up();
	run->pid = launched.pid;
	await(launcher, &run->start);
	await(launcher, &run->end);
	close(launched.mark_fd);
	close(launched.go_fd);
}

static int64_t first_edge(const struct told *told, bool rise, int64_t from, int64_t to)
{
	for (int i = 0; i < told->n; i++)
		if (told->edges[i].rise == rise && told->edges[i].t >= from && told->edges[i].t < to)
			return told->edges[i].t;
	return 0;
}

static void print_claim(const struct edge_path *path, const struct edge_figure *figure, int64_t stamp)
{
	struct edge_claim claim = edge_claim_of(path->source, figure, stamp);
	if (stamp == 0 || figure->n == 0)
		printf(" 0 0");
	else
		printf(" %" PRId64 " %" PRId64, claim.t, claim.u);
}

static void print_run(const struct run_seen *run, int64_t next, const struct trigger_figure *f, const struct told *told)
{
	int64_t set = run->end.lowered ? run->start.start - run->start.raise + run->end.lowered - run->end.stop : 0;
	printf("run %d %" PRId64, (int)run->pid, set);
	print_claim(&f->own, &f->own.start, run->start.start);
	print_claim(&f->own, &f->own.stop, run->end.stop);
	print_claim(&f->line, &f->line.start, first_edge(told, true, run->start.raise, run->end.stop));
	print_claim(&f->line, &f->line.stop, first_edge(told, false, run->end.stop, next));
	printf("\n");
}

static void print_figure(const char *path, const char *edge, const struct edge_figure *f)
{
	if (f->n > 0)
		printf("figure %s %s %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n", path, edge, f->lag, f->u, f->worst, f->p99,
		       f->max);
}

static void turn(const char *path, bool on)
{
	FILE *file = fopen(path, "w");
	if (file == NULL || fprintf(file, "%d", on) < 0 || fclose(file) != 0)
		give_up();
}

static void show_lags(struct launcher *launcher, int rounds, const char *path)
{
	struct launch_lag lag;
	for (int i = 0; i < 2 * rounds * EDGE_LAGS; i++) {
		const struct lag_times times = edge_lags_times(0, i);
		bool on = i / EDGE_LAGS % 2 == 0;
		if (i % EDGE_LAGS == 0)
			turn(path, on);
		if (launcher_measure_lag(launcher, &times, &lag, &error) != 0)
			give_up();
		printf("lag %d %" PRId64 " %" PRId64 "\n", on, lag.start, lag.entry);
	}
}

static void show_test(const struct trigger_figure *figure)
{
	printf("test %d %d\n", figure->line.lost, 2 * EDGE_LAGS);
	print_figure("own", "start", &figure->own.start);
	print_figure("own", "stop", &figure->own.stop);
	print_figure("line", "start", &figure->line.start);
	print_figure("line", "stop", &figure->line.stop);
	print_figure("line", "latency", &figure->line.latency);
}

static void test_and_run(struct bench *bench, struct launcher *launcher, int runs)
{
	static struct run_seen seen[RUNS_MAX];
	static struct told told;
	const struct bench_trigger trigger = bench_trigger(bench);
	struct trigger_figure figure;
	if (edge_lags_measure(bench, launcher, NULL, NULL, &figure, &error) != 0)
		give_up();
	show_test(&figure);
	told.n = 0;
	for (int i = 0; i < runs && i < RUNS_MAX; i++)
		run_once(launcher, &seen[i], i);
	listen_for(bench, SETTLE, &told);
	for (int i = 0; i < runs && i < RUNS_MAX; i++)
		print_run(&seen[i], seen[i].end.lowered + trigger.apart, &figure, &told);
	fflush(stdout);
}

/* ---- edges that come too fast ---- */

static void burst(struct bench *bench, int n, int64_t apart)
{
	static struct told told;
	const struct line_out *output = bench_trigger(bench).output;
	listen_for(bench, SETTLE, &told);
	told.n = 0;
	told.lost = 0;
	int64_t from = clock_now(CLOCK_ID_MONOTONIC), at = from;
	for (int i = 0; i < n; i++, at += apart) {
		while (clock_now(CLOCK_ID_MONOTONIC) < at)
			if (apart >= NS_PER_MS)
				sleep_for(at - clock_now(CLOCK_ID_MONOTONIC));
		line_set(output, i % 2 == 0);
	}
	int64_t spent = clock_now(CLOCK_ID_MONOTONIC) - from;
	listen_for(bench, 10 * SETTLE, &told);
	printf("told %d %d %u %" PRId64 "\n", n, told.n, told.lost, spent);
}

static void listen_only(struct bench *bench)
{
	static struct told told;
	char line[16];
	listen_for(bench, SETTLE, &told);
	told.n = 0;
	told.lost = 0;
	printf("ready\n");
	fflush(stdout);
	if (fgets(line, sizeof line, stdin) == NULL)
		return;
	listen_for(bench, 10 * SETTLE, &told);
	printf("told 0 %d %u 0\n", told.n, told.lost);
}

/* ---- load ---- */

_Noreturn static void be_a_load(unsigned seed)
{
	struct sched_param above_the_launcher = { .sched_priority = 10 };
	if (sched_setscheduler(0, SCHED_FIFO, &above_the_launcher) < 0)
		exit(1);
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		sleep_for((200 + rand_r(&seed) % 1600) * NS_PER_US);
		int64_t until = clock_now(CLOCK_ID_MONOTONIC) + (20 + rand_r(&seed) % 380) * NS_PER_US;
		while (clock_now(CLOCK_ID_MONOTONIC) < until)
			;
	}
}

int main(int argc, char **argv)
{
	struct bench_config config;
	if (argc < 3)
		return 2;
	if (strcmp(argv[2], "load") == 0)
		be_a_load(argc > 3 ? (unsigned)atoi(argv[3]) : 1);
	struct launcher *launcher = launcher_fork(&error); /* before there is any thread */
	if (launcher == NULL)
		give_up();
	struct bench *bench = open_bench(argv[1], &config);
	bool tests = argv[2][0] >= '0' && argv[2][0] <= '9';
	if (strcmp(argv[2], "listen") == 0)
		listen_only(bench);
	else if (strcmp(argv[2], "burst") == 0 && argc > 4)
		burst(bench, atoi(argv[3]), atoll(argv[4]));
	else if (strcmp(argv[2], "lags") == 0 && argc > 4)
		show_lags(launcher, atoi(argv[3]), argv[4]);
	for (int i = 0; tests && argc > 3 && i < atoi(argv[2]); i++)
		test_and_run(bench, launcher, atoi(argv[3]));
	if (bench_stop(bench, &error) != 0)
		give_up();
	bench_close(bench);
	bench_config_free(&config);
	launcher_close(launcher);
	return 0;
}
