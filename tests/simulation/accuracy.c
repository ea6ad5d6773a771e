/*
 * accuracy: is joulerig's uncertainty right? Thousands of runs in simulated labs, each with everything planted that
 * accuracy_bench.h lists, through the real path: drivers, journal, run file, analysis. The true energies are known.
 *
 *   accuracy --seed N [--quick]
 *   accuracy --trigger --seed N [--quick]     what edges are worth: accuracy_trigger.c
 *
 * Prints its figures, a line for each bar that is missed, and one summary line last; exit status 1 when a bar is missed. What it
 * shows is that figures are self-consistent under planted models. --quick widens bars by the binomial error of fewer runs.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "accuracy_bars.h"
#include "accuracy_crew.h"
#include "accuracy_tally.h"
#include "accuracy_trigger.h"
#include "energy.h"
#include "statistics.h"

#define WINDOWS 3
#define LENGTHS 3
#define CAMPAIGN_RUNS 10

static const double windows[WINDOWS] = { 0.1, 0.25, 1 };
static const double lengths[LENGTHS][2] = { { 0.5, 1 }, { 1, 6 }, { 6, 60 } };

static struct {
	uint64_t seed;
	bool quick, trigger;
	size_t brackets, failed;
	double simulated, spent; /* s; spent: of all processes' CPU */
} this;

/* Three standard deviations of a share of n, for there are sixty of them; nothing in a full run. */
static double slack(double share, size_t n)
{
	return this.quick && n > 0 ? 3 * sqrt(share * (1 - share) / (double)n) : 0;
}

static size_t runs(size_t full, size_t quick)
{
	return this.quick ? quick : full;
}

static void begin_part(const char *title)
{
	printf("\n%s\n", title);
}

/* ---- one bench, one run ---- */

struct plan_of_part {
	const struct bench_order *orders; /* gone through in turn */
	size_t n_orders;
	uint64_t seed;
};

static void measure_one(size_t number, const void *context, void *result)
{
	const struct plan_of_part *part = context;
	struct bench_order order = part->orders[number % part->n_orders];
	struct planted_bench bench;
	struct simulation_outcome outcome = { .results = NULL };
	struct measured *measured = result;
	struct error error = ERROR_INIT;
	order.seed = part->seed + number * UINT64_C(0x9e3779b97f4a7c15);
	measured->failed = true;
	if (planted_draw(&order, &bench, &error) != 0)
		return;
	struct simulation *simulation = planted_open(&bench, &error);
	if (simulation)
		planted_measure(&bench, simulation, &outcome, measured, &error);
	else
		snprintf(measured->text, sizeof measured->text, "%.60s: %.90s", error.on, error.what);
	simulation_outcome_free(&outcome);
	simulation_close(simulation);
	planted_free(&bench);
}

static double cpu_of_children(void)
{
	struct rusage usage;
	getrusage(RUSAGE_CHILDREN, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static void *do_work(size_t n, size_t size, crew_work work, const void *context)
{
	double before = cpu_of_children();
	void *results = crew_do(n, size, work, context);
	if (results == NULL) {
		fprintf(stderr, "accuracy: a process of the simulation died\n");
		exit(1);
	}
	this.spent += cpu_of_children() - before;
	return results;
}

/* n runs of each order, in turn; the caller frees them. */
static struct measured *measure_all(const struct bench_order *orders, size_t n_orders, size_t n, const char *part)
{
	struct plan_of_part context = { orders, n_orders, this.seed };
	for (const char *c = part; *c; c++)
		context.seed = context.seed * 31 + (uint64_t)*c;
	struct measured *all = do_work(n * n_orders, sizeof *all, measure_one, &context);
	for (size_t i = 0; i < n * n_orders; i++) {
		this.simulated += all[i].simulated;
		this.failed += all[i].failed;
		if (all[i].failed)
			printf("  run %zu failed: %s\n", i, all[i].text);
	}
	return all;
}

static void tally_order(const struct measured *all, size_t n, size_t n_orders, size_t order, enum figure figure, struct tally *tally)
{
	for (size_t i = 0; i < n; i++)
		if (!all[i * n_orders + order].failed)
			tally_add(tally, &all[i * n_orders + order].figure[figure]);
}

/* Where nothing is wrong nothing should be refused, or degraded: what was said of the first few. */
static void print_reasons(const struct measured *all, size_t n)
{
	for (size_t i = 0, said = 0; i < n && said < 4; i++)
		if (!all[i].failed && all[i].text[0]) {
			printf("  run %zu, %.3f s: %s\n", i, all[i].duration, all[i].text);
			said++;
		}
}

/* ---- 1: strata ---- */

static void print_tally(const struct tally *t)
{
	printf("%5zu  %.3f  %.3f  %.3f  %.3f  %+.3f %%", t->n, tally_share(t->covered, t->n),
	       tally_percentile(t->over_oracle, t->n, 0.5), tally_percentile(t->of_U, t->n, 0.95), tally_share(t->oracle_covered, t->n),
	       100 * tally_mean(t->relative, t->n));
	if (t->degraded || t->refused)
		printf("  %zu degraded, %zu refused", t->degraded, t->refused);
	printf("\n");
}

static void hold_stratum(const struct tally *t, const char *name)
{
	double covered = tally_share(t->covered, t->n), over = tally_percentile(t->over_oracle, t->n, 0.5 - slack(0.5, t->n));
	hold(covered >= 0.92 - slack(0.95, t->n), "%s: coverage %.3f < 0.92", name, covered);
	hold(over <= 1.15, "%s: median U is %.3f of the oracle's", name, over);
	hold((double)(t->refused + t->degraded) <= (0.03 + slack(0.03, t->n)) * (double)(t->n + t->refused),
	     "%s: %zu degraded, %zu refused without a cause", name, t->degraded, t->refused);
}

static void print_head(const char *what)
{
	printf("  %-34s n  cover  U/orc  p95eU  o.cov     bias\n", what);
}

struct naive {
	double ours, mean, prorata; /* sums of squared relative errors */
	size_t n;
};

static void add_naive(struct naive *naive, const struct measured *m)
{
	const struct verdict *gross = &m->figure[FIGURE_GROSS];
	if (m->failed || !isfinite(gross->value) || !isfinite(m->naive_mean))
		return;
	naive->ours += pow(gross->value / gross->truth - 1, 2);
	naive->mean += pow(m->naive_mean / gross->truth - 1, 2);
	naive->prorata += pow(m->naive_prorata / gross->truth - 1, 2);
	naive->n++;
}

static void compare_naive(const struct measured *all, size_t n, const char *name)
{
	struct naive naive = { 0 };
	for (size_t i = 0; i < n; i++)
		add_naive(&naive, &all[i]);
	double ours = sqrt(naive.ours / (double)naive.n), mean = sqrt(naive.mean / (double)naive.n),
	       prorata = sqrt(naive.prorata / (double)naive.n);
	printf("  %-34s joulerig %.3f %%, mean x time %.3f %%, pro rata %.3f %%\n", name, 100 * ours, 100 * mean, 100 * prorata);
	hold(ours < mean && ours < prorata, "%s: a naive estimator is no worse", name);
}

static void strata(struct tally *pooled)
{
	struct bench_order orders[WINDOWS * LENGTHS] = { 0 };
	size_t n = runs(540, 40), n_orders = WINDOWS * LENGTHS;
	for (size_t i = 0; i < n_orders; i++)
		orders[i] = (struct bench_order){ .window = windows[i / LENGTHS], .shortest = lengths[i % LENGTHS][0],
						  .longest = lengths[i % LENGTHS][1] };
	begin_part("1  brackets, each with a bench of its own, by window, length and quantity");
	print_head("window, length");
	struct measured *all = measure_all(orders, n_orders, n, "strata");
	for (size_t i = 0; i < n_orders; i++)
		for (int f = 0; f < FIGURES; f++) {
			struct tally tally = { 0 };
			char name[64];
			snprintf(name, sizeof name, "%g s, %g..%g s, %s", windows[i / LENGTHS], orders[i].shortest, orders[i].longest,
				 figure_name((enum figure)f));
			tally_order(all, n, n_orders, i, (enum figure)f, &tally);
			printf("  %-32s", name);
			print_tally(&tally);
			hold_stratum(&tally, name);
			tally_join(pooled, &tally);
			tally_free(&tally);
		}
	double rank = slack(0.95, n * n_orders), low = tally_percentile(pooled->of_U, pooled->n, 0.95 - rank),
	       high = tally_percentile(pooled->of_U, pooled->n, 0.95 + rank);
	double oracle = tally_share(pooled->oracle_covered, pooled->n);
	this.brackets = n * n_orders - this.failed;
	printf("  all: %zu brackets, %zu figures, coverage %.4f (the oracle's %.4f), 95th percentile of |error|/U %.3f\n", this.brackets,
	       pooled->n, tally_share(pooled->covered, pooled->n), oracle, tally_percentile(pooled->of_U, pooled->n, 0.95));
	hold(fabs(oracle - 0.955) <= 0.025 + slack(0.95, this.brackets), "the oracle's own coverage is not in [0.93, 0.98]");
	hold(this.quick || this.brackets >= 4800, "fewer than 4800 brackets");
	hold(high >= 0.80 && low <= 1.04, "pooled 95th percentile of |error|/U is not in [0.80, 1.04]");
	print_reasons(all, n * n_orders);
	printf("  rms error of gross\n");
	compare_naive(all, n * n_orders, "all");
	crew_free(all, n * n_orders, sizeof *all);
}

/* ---- 2: bias ---- */

static void hold_bias(const struct tally *t, const char *name, double bar)
{
	double bias = tally_mean(t->relative, t->n), error = tally_error_of_mean(t->relative, t->n);
	printf("  %-32s n %5zu  bias %+.4f %% +- %.4f %% (bar %g %%)\n", name, t->n, 100 * bias, 100 * error, 100 * bar);
	hold(fabs(bias) <= bar + (this.quick ? 3 * error : 0), "%s: bias %+.4f %%", name, 100 * bias);
}

static void bias(void)
{
	static const struct bench_order orders[] = {
		{ .window = 0.1, .shortest = 1, .longest = 1.3, .no_errors = true },
		{ .window = 0.1, .shortest = 10, .longest = 13, .no_errors = true },
	};
	static const double bars[] = { 0.005, 0.0005 };
	size_t n = runs(600, 40);
	begin_part("2  bias, gain, offset and non-linearity off");
	struct measured *all = measure_all(orders, 2, n, "bias");
	for (size_t i = 0; i < 2; i++)
		for (int f = 0; f < FIGURES; f++) {
			struct tally tally = { 0 };
			char name[64];
			snprintf(name, sizeof name, "%g..%g s, %s", orders[i].shortest, orders[i].longest, figure_name((enum figure)f));
			tally_order(all, n, 2, i, (enum figure)f, &tally);
			hold_bias(&tally, name, bars[i]);
			tally_free(&tally);
		}
	crew_free(all, 2 * n, sizeof *all);
}

/* ---- 3: campaigns ---- */

struct campaign_verdict {
	struct verdict figure[FIGURES]; /* of the mean */
	double shared[FIGURES];         /* J, U of what the runs share, by what was planted: gain and range alone */
	double shrunk[FIGURES];         /* J: a run's U over sqrt n */
	double simulated;
	bool failed;
};

static void judge_mean(const struct planted_bench *bench, const struct simulation_outcome *outcomes, const struct measured *runs_of,
		       enum figure f, struct campaign_verdict *verdict)
{
	const struct joules *joules[CAMPAIGN_RUNS];
	struct mean_energy mean;
	double truth = 0, U = 0;
	for (int i = 0; i < CAMPAIGN_RUNS; i++) {
		joules[i] = planted_joules(bench, &outcomes[i], f);
		truth += runs_of[i].figure[f].truth / CAMPAIGN_RUNS;
		U += runs_of[i].figure[f].U / CAMPAIGN_RUNS;
	}
	statistics_mean(joules, CAMPAIGN_RUNS, &mean);
	double gain = f == FIGURE_RAPL ? 0 : bench->twin.meter.spec_reading * truth;
	double range = f == FIGURE_RAPL ? 0 : bench->twin.meter.spec_range * 300 * bench->twin.bench.current_range * bench->duration;
	verdict->figure[f] = (struct verdict){ .value = mean.mean, .truth = truth, .U = mean.expanded.U, .oracle = NAN, .status = ENERGY_OK };
	verdict->shared[f] = 1.96 * hypot(gain, range) / sqrt(3);
	verdict->shrunk[f] = U / sqrt(CAMPAIGN_RUNS);
}

static void run_campaign(struct planted_bench *bench, struct simulation *simulation, struct campaign_verdict *verdict,
			 struct error *error)
{
	struct simulation_outcome outcomes[CAMPAIGN_RUNS] = { 0 };
	struct measured runs_of[CAMPAIGN_RUNS];
	int n = 0;
	while (n < CAMPAIGN_RUNS && planted_measure(bench, simulation, &outcomes[n], &runs_of[n], error) == 0)
		n++;
	verdict->failed = n < CAMPAIGN_RUNS;
	verdict->simulated = (double)simulation_elapsed(simulation) * 1e-9;
	for (int f = 0; f < FIGURES && !verdict->failed; f++)
		judge_mean(bench, outcomes, runs_of, (enum figure)f, verdict);
	for (int i = 0; i < n; i++)
		simulation_outcome_free(&outcomes[i]);
}

static void campaign_one(size_t number, const void *context, void *result)
{
	struct campaign_verdict *verdict = result;
	struct bench_order order = { .seed = *(const uint64_t *)context + number * UINT64_C(0x9e3779b97f4a7c15),
				     .window = number % 3 == 0 ? 0.25 : 0.1, .shortest = 1, .longest = 12, .repeated = true };
	struct planted_bench bench;
	struct error error = ERROR_INIT;
	verdict->failed = true;
	if (planted_draw(&order, &bench, &error) != 0)
		return;
	struct simulation *simulation = planted_open(&bench, &error);
	if (simulation)
		run_campaign(&bench, simulation, verdict, &error);
	simulation_close(simulation);
	planted_free(&bench);
}

static void tally_campaigns(const struct campaign_verdict *all, size_t n, enum figure f)
{
	size_t covered = 0, counted = 0, above = 0, shrunk = 0;
	for (size_t i = 0; i < n; i++) {
		const struct verdict *v = &all[i].figure[f];
		if (all[i].failed || !isfinite(v->U))
			continue;
		counted++;
		covered += fabs(v->value - v->truth) <= v->U;
		above += v->U >= all[i].shared[f] * 0.999;
		shrunk += fabs(v->value - v->truth) <= all[i].shrunk[f];
	}
	double cover = tally_share(covered, counted);
	printf("  %-10s n %4zu  coverage %.3f  U at least what gain and range share: %zu of %zu  (a run's U / sqrt n would cover %.3f)\n",
	       figure_name(f), counted, cover, above, counted, tally_share(shrunk, counted));
	hold(cover >= 0.93 - slack(0.95, counted), "campaign mean of %s: coverage %.3f < 0.93", figure_name(f), cover);
	hold(above == counted, "campaign mean of %s: U shrank below what the runs share", figure_name(f));
	hold(counted + n / 50 >= n, "campaign mean of %s: %zu of %zu have none", figure_name(f), n - counted, n);
}

static void campaigns(void)
{
	size_t n = runs(400, 20);
	uint64_t seed = this.seed * 31 + 3;
	begin_part("3  campaigns of 10 runs on one bench: the mean");
	struct campaign_verdict *all = do_work(n, sizeof *all, campaign_one, &seed);
	for (size_t i = 0; i < n; i++)
		this.simulated += all[i].simulated;
	for (int f = 0; f < FIGURES; f++)
		tally_campaigns(all, n, (enum figure)f);
	crew_free(all, n, sizeof *all);
}

/* ---- 4: phases ---- */

static void hold_phase(const struct measured *all, size_t n, size_t n_orders, size_t order, const char *what)
{
	static const enum figure figures[] = { FIGURE_GROSS, FIGURE_NET, FIGURE_RAPL };
	for (size_t k = 0; k < 3; k++) {
		struct tally tally = { 0 };
		char name[64];
		snprintf(name, sizeof name, "%s, %s", what, figure_name(figures[k]));
		tally_order(all, n, n_orders, order, figures[k], &tally);
		printf("  %-32s", name);
		print_tally(&tally);
		hold_stratum(&tally, name);
		tally_free(&tally);
	}
}

static void hold_without_barriers(const struct measured *all, size_t n, size_t n_orders, size_t order, enum figure figure)
{
	struct tally tally = { 0 };
	tally_order(all, n, n_orders, order, figure, &tally);
	double silent = tally_share(tally.silent, n), refused = tally_share(tally.refused, n);
	printf("  without barriers, %-14s n %4zu  refused %.3f  covered %.3f  silently wrong %.3f\n", figure_name(figure), n, refused,
	       tally_share(tally.covered, n), silent);
	hold(silent <= 0.05 + slack(0.05, n), "phases without barriers, %s: %.3f silently wrong", figure_name(figure), silent);
	tally_free(&tally);
}

static void phases(void)
{
	static const struct bench_order orders[] = {
		{ .window = 0.1, .shortest = 0.5, .longest = 20, .phase = PHASE_WITH_BARRIERS },
		{ .window = 0.25, .shortest = 1, .longest = 20, .phase = PHASE_WITH_BARRIERS },
		{ .window = 0.1, .shortest = 0.5, .longest = 20, .phase = PHASE_WITHOUT },
	};
	size_t n = runs(400, 20);
	begin_part("4  phases between other loads");
	print_head("between barriers: window");
	struct measured *all = measure_all(orders, 3, n, "phases");
	hold_phase(all, n, 3, 0, "0.1 s");
	hold_phase(all, n, 3, 1, "0.25 s");
	for (int f = 0; f < FIGURES; f++)
		hold_without_barriers(all, n, 3, 2, (enum figure)f);
	crew_free(all, 3 * n, sizeof *all);
}

/* ---- 5: violations ---- */

/* Where nothing is wrong one in twenty lies beyond U in any case: hence the binomial error, in a full run too. */
static void print_violation(const struct measured *all, size_t n, size_t n_orders, size_t order, enum violation violation)
{
	double silent[FIGURES];
	printf("  %-32s", violation_name(violation));
	for (int f = 0; f <= FIGURE_CAUSED; f++) {
		struct tally t = { 0 };
		tally_order(all, n, n_orders, order, (enum figure)f, &t);
		silent[f] = tally_share(t.silent, n);
		printf("  %.3f %.3f %.3f %4.2f", tally_share(t.covered, t.n), tally_share(t.degraded + t.refused, n), silent[f],
		       t.worst_silent);
		tally_free(&t);
	}
	printf("\n");
	for (int f = 0; f <= FIGURE_CAUSED; f++)
		hold(silent[f] <= 0.05 + (this.quick ? 3 : 2) * sqrt(0.05 * 0.95 / (double)n), "%s, %s: %.3f silently wrong", violation_name(violation),
		     figure_name((enum figure)f), silent[f]);
}

static void violations(void)
{
	struct bench_order orders[VIOLATIONS] = { 0 };
	size_t n = runs(300, 16);
	for (int v = 0; v < VIOLATIONS; v++)
		orders[v] = (struct bench_order){ .window = 0.1, .shortest = 0.5, .longest = 20, .violation = (enum violation)v };
	begin_part("5  benches that are not what they say: covered, flagged, silently wrong, worst silent |error|/U");
	printf("  %-32s  gross                     net                       caused\n", "");
	struct measured *all = measure_all(orders, VIOLATIONS, n, "violations");
	for (int v = 0; v < VIOLATIONS; v++)
		print_violation(all, n, VIOLATIONS, (size_t)v, (enum violation)v);
	crew_free(all, VIOLATIONS * n, sizeof *all);
}

/* ---- 6: slow lines ---- */

static void lines(void)
{
	static const struct bench_order orders[] = {
		{ .window = 0.25, .shortest = 1, .longest = 20, .baud = 9600 },
		{ .window = 1, .shortest = 6, .longest = 60, .baud = 9600 },
		{ .window = 0.25, .shortest = 1, .longest = 20, .baud = 57600 },
		{ .window = 0.1, .shortest = 1, .longest = 20, .baud = 57600 },
	};
	size_t n_orders = sizeof orders / sizeof *orders, n = runs(400, 20);
	begin_part("6  over a serial line");
	print_head("window, baud");
	struct measured *all = measure_all(orders, n_orders, n, "lines");
	for (size_t i = 0; i < n_orders; i++)
		for (int f = 0; f <= FIGURE_CAUSED; f++) {
			struct tally tally = { 0 };
			char name[64];
			snprintf(name, sizeof name, "%g s, %d, %s", orders[i].window, orders[i].baud, figure_name((enum figure)f));
			tally_order(all, n, n_orders, i, (enum figure)f, &tally);
			printf("  %-32s", name);
			print_tally(&tally);
			hold_stratum(&tally, name);
			tally_free(&tally);
		}
	print_reasons(all, n * n_orders);
	crew_free(all, n * n_orders, sizeof *all);
}

/* ---- all ---- */

static int usage(void)
{
	fprintf(stderr, "usage: accuracy [--trigger] --seed N [--quick]\n");
	return 2;
}

static int read_arguments(int argc, char **argv)
{
	bool seeded = false;
	for (int i = 1; i < argc; i++) {
		char *end = NULL;
		if (strcmp(argv[i], "--quick") == 0) {
			this.quick = true;
		} else if (strcmp(argv[i], "--trigger") == 0) {
			this.trigger = true;
		} else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
			this.seed = strtoull(argv[++i], &end, 10);
			seeded = end != argv[i] && *end == '\0';
		} else {
			return -1;
		}
	}
	return seeded ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct timespec from, to;
	struct tally pooled = { 0 };
	if (read_arguments(argc, argv) != 0)
		return usage();
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (this.trigger)
		return accuracy_trigger(this.seed, this.quick);
	clock_gettime(CLOCK_MONOTONIC, &from);
	printf("accuracy, seed %" PRIu64 "%s\n", this.seed, this.quick ? ", quick" : "");
	strata(&pooled);
	bias();
	campaigns();
	phases();
	violations();
	lines();
	hold(this.failed == 0, "%zu runs left no file", this.failed);
	clock_gettime(CLOCK_MONOTONIC, &to);
	double wall = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) * 1e-9;
	printf("\n%.0f s simulated in %.1f s of CPU and %.1f s: %.0f x real time on one CPU\n", this.simulated, this.spent, wall,
	       this.simulated / this.spent);
	printf("accuracy: seed %" PRIu64 ", %zu brackets of 4 figures, coverage %.4f, p95 |error|/U %.3f, median U/oracle %.3f, %d of %d bars held\n",
	       this.seed, this.brackets, tally_share(pooled.covered, pooled.n), tally_percentile(pooled.of_U, pooled.n, 0.95),
	       tally_percentile(pooled.over_oracle, pooled.n, 0.5), bars_so_far().held, bars_so_far().held + bars_so_far().missed);
	tally_free(&pooled);
	return bars_so_far().missed ? 1 : 0;
}
