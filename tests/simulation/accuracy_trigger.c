/*
 * accuracy --trigger --seed N [--quick]: what it is worth to know when a run began and ended, over planted campaigns
 * (accuracy_trigger_lab.h), each through the self-test's figures, the run file's contents and the analysis that reads one.
 *
 * The same runs with their edges known by a reply alone, by the rig, exactly; and by a meter's integrator that the rig gates, beside the
 * sum of its samples. Prints its figures, a line for each bar that is missed, one summary line last.
 */
#include "accuracy_trigger.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "accuracy_bars.h"
#include "accuracy_tally.h"
#include "accuracy_trigger_lab.h"
#include "evaluate.h"
#include "run_edges.h"

#define RUNS 4 /* of a campaign */

/* A column of figures. */
struct column {
	double *values;
	size_t n, room;
};

static struct {
	struct column u[TOLD], over_exact, over_u; /* ns; U / U with exact edges; |edge's error| / u */
	struct column gated, samples, prorata;     /* relative errors at 1 s, of a meter without others than those of edges */
	struct tally with_errors, with_errors_samples, plain;
	size_t edges, held, held_by_largest, refused;
} this;

static void put(struct column *column, double value)
{
	if (column->n == column->room) {
		column->room = 2 * column->room + 256;
		column->values = realloc(column->values, column->room * sizeof *column->values);
		if (column->values == NULL)
			abort();
	}
	column->values[column->n++] = value;
}

/* ---- one run ---- */

static void count_edge(const struct edge_claim *claim, int64_t truth)
{
	double error = fabs((double)(claim->t - truth)), u = (double)claim->u;
	double largest = u / (1 + 1.0 / EDGE_LAGS_DRIFT_PART); /* before it was widened; but for what else is in it */
	this.edges++;
	this.held += error <= u;
	this.held_by_largest += error <= largest;
	put(&this.over_u, error / u);
}

static void look_at_edges(const struct run *run, enum told told, const struct trigger_edges *edges)
{
	struct device_times times;
	struct run_ends ends;
	if (device_times_make(run, &times, NULL) != 0)
		abort();
	if (!run_ends(run, &times, &ends) || ends.remark[0] != '\0') {
		this.refused++;
	} else {
		put(&this.u[told], (double)ends.start.u);
		put(&this.u[told], (double)ends.stop.u);
		if (told == TOLD_BY_RIG) {
			count_edge(&ends.start, edges->entry);
			count_edge(&ends.stop, edges->end);
		}
	}
	device_times_free(&times);
}

/* What analysis says of one channel; refused where it gives no number. */
static struct energy evaluate(struct run *run, const char *channel)
{
	struct error error = ERROR_INIT;
	struct result *results;
	size_t n;
	if (evaluate_run(run, &results, &n, &error) != 0)
		abort();
	const struct source_result *source = result_source(results, channel);
	struct energy energy = source ? source->energy : (struct energy){ .status = ENERGY_REFUSED };
	free(results);
	return energy;
}

static struct verdict verdict_of(const struct energy *energy, double truth)
{
	return (struct verdict){ .status = energy->status, .value = energy->gross.value, .U = energy->gross.expanded.U, .truth = truth, .oracle = truth };
}

/* Samples with edges known in the one way and the other. */
static void compare_edges(const struct trigger_lab *lab, const struct trigger_run *planted)
{
	double U[TOLD];
	for (int told = 0; told < TOLD; told++) {
		struct trigger_lab again = *lab;
		struct run run;
		trigger_lab_record(&again, planted, (enum told)told, false, &run);
		look_at_edges(&run, (enum told)told, &planted->edges);
		U[told] = evaluate(&run, "wall.power").gross.expanded.U;
		run_free(&run);
	}
	put(&this.over_exact, U[TOLD_BY_RIG] / U[TOLD_EXACTLY]);
}

/* The integrator beside the samples: on a meter with errors of its own, and on one without. */
static void compare_integrator(const struct trigger_lab *lab, const struct trigger_run *planted)
{
	for (int plain = 0; plain < 2; plain++) {
		struct trigger_lab again = *lab;
		struct run run;
		trigger_lab_record(&again, planted, TOLD_BY_RIG, plain, &run);
		struct energy gated = evaluate(&run, "wall.energy"), samples = evaluate(&run, "wall.power");
		struct verdict of_gated = verdict_of(&gated, planted->joules), of_samples = verdict_of(&samples, planted->joules);
		if (gated.status == ENERGY_REFUSED)
			this.refused++;
		tally_add(plain ? &this.plain : &this.with_errors, &of_gated);
		if (!plain)
			tally_add(&this.with_errors_samples, &of_samples);
		if (plain && gated.status != ENERGY_REFUSED && samples.status != ENERGY_REFUSED) {
			put(&this.gated, gated.gross.value / planted->joules - 1);
			put(&this.samples, samples.gross.value / planted->joules - 1);
			put(&this.prorata, samples.naive_prorata / planted->joules - 1);
		}
		run_free(&run);
	}
}

/* ---- figures ---- */

static double percentile(const struct column *column, double part)
{
	return tally_percentile(column->values, column->n, part);
}

static double percentile_of_sizes(const struct column *column, double part)
{
	struct column sizes = { .n = 0 };
	for (size_t i = 0; i < column->n; i++)
		put(&sizes, fabs(column->values[i]));
	double value = percentile(&sizes, part);
	free(sizes.values);
	return value;
}

static double report_edges(void)
{
	static const char *const names[TOLD] = { "by the rig", "by a reply with 5 ms of jitter", "exactly" };
	double coverage = tally_share(this.held, this.edges), ratio = percentile(&this.u[TOLD_BY_REPLY], 0.5) / percentile(&this.u[TOLD_BY_RIG], 0.5);
	printf("\n1  edges: stated half-width, us\n  %-34s %10s %10s %10s\n", "known", "p05", "median", "p95");
	for (int told = 0; told < TOLD; told++)
		printf("  %-34s %10.1f %10.1f %10.1f\n", names[told], percentile(&this.u[told], 0.05) / 1e3, percentile(&this.u[told], 0.5) / 1e3,
		       percentile(&this.u[told], 0.95) / 1e3);
	printf("  the rig's holds %.4f of %zu edges (before it was widened: %.4f); error / half-width: median %.2f, p95 %.2f\n", coverage, this.edges,
	       tally_share(this.held_by_largest, this.edges), percentile(&this.over_u, 0.5), percentile(&this.over_u, 0.95));
	printf("  %.0f x smaller than by a reply\n", ratio);
	printf("  U of gross by samples, rig over exact: median %.4f, p95 %.4f\n", percentile(&this.over_exact, 0.5), percentile(&this.over_exact, 0.95));
	hold(this.edges >= 1000, "only %zu edges", this.edges);
	hold(coverage >= 0.93 && coverage <= 0.99, "the rig's half-width holds %.4f of its edges", coverage);
	hold(ratio >= 50, "the rig's half-width is only %.1f x smaller than that of a reply", ratio);
	hold(percentile(&this.over_exact, 0.95) <= 1.05, "U with the rig is %.3f x that with exact edges", percentile(&this.over_exact, 0.95));
	return coverage;
}

static void report_integrator(void)
{
	static const struct {
		const char *name;
		const struct column *errors;
	} rows[] = {
		{ "integrator, gated by the rig", &this.gated }, { "padded sum of 200 ms samples", &this.samples },
		{ "windows pro rata, unpadded", &this.prorata },
	};
	printf("\n2  runs of 1 s, error of gross in %% of it, on a meter that has no errors but those of time\n  %-34s %10s %10s\n", "", "rms", "95 % below");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		printf("  %-34s %10.4f %10.4f\n", rows[i].name, 100 * tally_rms(rows[i].errors->values, rows[i].errors->n),
		       100 * percentile_of_sizes(rows[i].errors, 0.95));
	printf("  on one with all its errors: integrator within U %.4f (rms %.3f %%), samples within U %.4f (rms %.3f %%), of %zu\n",
	       tally_share(this.with_errors.covered, this.with_errors.n), 100 * tally_rms(this.with_errors.relative, this.with_errors.n),
	       tally_share(this.with_errors_samples.covered, this.with_errors_samples.n),
	       100 * tally_rms(this.with_errors_samples.relative, this.with_errors_samples.n), this.with_errors.n);
	double rms = tally_rms(this.gated.values, this.gated.n), most = percentile_of_sizes(&this.gated, 0.95);
	hold(rms <= 0.001 && most <= 0.001, "the gated integrator's edges: rms %.4f %%, 95 %% below %.4f %%", 100 * rms, 100 * most);
	hold(tally_share(this.plain.covered, this.plain.n) >= 0.93, "edges alone: U holds %.4f", tally_share(this.plain.covered, this.plain.n));
	hold(tally_share(this.with_errors.covered, this.with_errors.n) >= 0.93, "all errors: U holds %.4f",
	     tally_share(this.with_errors.covered, this.with_errors.n));
}

int accuracy_trigger(uint64_t seed, bool quick)
{
	int campaigns = quick ? 150 : 1000;
	printf("accuracy of triggers, seed %" PRIu64 "%s: %d campaigns of %d runs\n", seed, quick ? ", quick" : "", campaigns, RUNS);
	for (int i = 0; i < campaigns; i++) {
		struct trigger_lab lab;
		if (trigger_lab_draw(seed + (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15), &lab) != 0) {
			this.refused++;
			continue;
		}
		for (int k = 0; k < RUNS; k++) {
			struct trigger_run planted;
			trigger_lab_run(&lab, (k % 2 ? 10 : 1) * random_between(&lab.random, 0.9, 1.1), &planted);
			compare_edges(&lab, &planted);
			if (k % 2 == 0)
				compare_integrator(&lab, &planted);
		}
	}
	double coverage = report_edges();
	report_integrator();
	hold(this.refused == 0, "%zu runs or figures were refused", this.refused);
	printf("accuracy --trigger: seed %" PRIu64 ", %zu edges, coverage %.4f, u_edge %.0f us, %.0f x below a reply's, U %.4f x that of exact edges, "
	       "gated at 1 s %.4f %% rms, %d of %d bars held\n",
	       seed, this.edges, coverage, percentile(&this.u[TOLD_BY_RIG], 0.5) / 1e3,
	       percentile(&this.u[TOLD_BY_REPLY], 0.5) / percentile(&this.u[TOLD_BY_RIG], 0.5), percentile(&this.over_exact, 0.5),
	       100 * tally_rms(this.gated.values, this.gated.n), bars_so_far().held, bars_so_far().held + bars_so_far().missed);
	return bars_so_far().missed ? 1 : 0;
}
