/*
 * simulation: a whole lab in simulated time: joulerig's own drivers, bench, session, slot, journal, run file and analysis, on one
 * thread, against the twin's model, thousands of times faster than real time. The same seed gives the same bits.
 *
 *   struct simulation_config config = { .twin = &twin, .seed = 7 };
 *   struct simulation *simulation = simulation_open(&config, &error);
 *   struct simulation_phase phase = { .duration = 12345678901, .demand = { .cores = 2 } };
 *   struct simulation_workload workload = { .phases = &phase, .n_phases = 1 };
 *   struct simulation_outcome outcome;
 *   simulation_run(simulation, &workload, &outcome, &error);
 *   double gross = simulation_joules(&outcome.truth.start, &outcome.truth.stop, QUANTITY_WALL);
 *   … outcome.results[0] …
 *   simulation_outcome_free(&outcome);
 *   simulation_close(simulation);
 *
 * Instants. The model has constant power in steps of 1 ms, so the simulated machine's edges (start, stop, phases) stand on the
 * borders of these steps, as all load does: energies at edges are exact, whole nanojoules. On MONOTONIC, whose zero and rate are
 * not the twin's, and against the meter's updates and the counters' beats, they stand anywhere. A phase's length is rounded up
 * to a whole step of the twin's clock (drift: a few ppm of it away from what was asked for).
 *
 * No source can include both twin.h, for the twin's configuration, and the campaign's session.h, slot.h or campaign.h: each side has
 * a session.
 */
#ifndef JOULERIG_TESTS_SIMULATION_H
#define JOULERIG_TESTS_SIMULATION_H

#include "bench.h"
#include "launcher.h"
#include "load.h"
#include "model.h"
#include "plan.h"
#include "result.h"
#include "run.h"

struct twin_config;

/* ---- what the simulated machine is asked to run ---- */

struct simulation_phase {
	const char *barrier;  /* waits at this barrier first, without load; NULL: none */
	const char *name;     /* marked with `begin NAME` and `end NAME`; NULL: not marked */
	int64_t duration;     /* ns; 0: only the barrier */
	struct demand demand; /* while it lasts */
	int64_t ramp;         /* ns from the demand before to this one */
};

/* What something else on the machine, outside the run, asks for from an instant on; its last demand stays in force. Beside the
 * workload's own demand, and continuing the steps of the twin's configuration. */
struct simulation_step {
	enum { SINCE_PREPARED, SINCE_START, SINCE_STOP } since; /* idle window's begin; start edge; true stop edge */
	int64_t at;   /* ns after that, >= 0 */
	int64_t ramp; /* ns */
	struct demand demand;
};

/* What happens to the host's clocks. SUSPEND: MONOTONIC and the workload stand still for `by`, the meter goes on (and the power
 * too, as it is at that moment). SET: REALTIME is set by `by`. */
struct simulation_clock_event {
	enum { CLOCK_UNTOUCHED, CLOCK_SUSPEND, CLOCK_SET } what;
	int64_t after_start, by; /* ns; MONOTONIC */
};

#define SIMULATION_PHASES_MAX 64
struct simulation_workload {
	const struct simulation_phase *phases;
	int n_phases; /* at most SIMULATION_PHASES_MAX */
	const struct simulation_step *steps;
	int n_steps;
	struct simulation_clock_event clock_event;
	int exit_code;
	const char *checksum; /* of its result, in hexadecimal digits: told at its end; NULL: none */
};

/* ---- the lab ---- */

struct simulation_config {
	const struct twin_config *twin; /* outlives the simulation; seed, errors, load steps and what bench.yaml says are in it */
	uint64_t seed;                  /* of what is not the twin's: delays on links, wake-ups, the launcher's lags */
	const struct plan *plan;        /* outlives the simulation; NULL: simulation_plan's. Its first workload and arm are run */
	const char *directory;          /* run files stay in it; NULL: a private one in memory, nothing stays */
	int64_t way_least, way_most;    /* ns one way on the meter's link; 0 and 0: 20 and 200 us */
	double late;                    /* part of the wake-ups that come late … */
	int64_t late_most;              /* … by up to this, ns, beside the usual 2 to 80 us */
	double raw_drift;               /* relative, of MONOTONIC_RAW against MONOTONIC, which NTP steers */
	/* Which workload a command line stands for, in campaigns of several; NULL: the one given to simulation_run. */
	const struct simulation_workload *(*choose)(void *context, const struct launch_spec *spec);
	/* Changes the bench file, as the twin wrote it, before anything of it is opened; NULL: it stays. */
	void (*arrange)(void *context, struct bench_config *bench);
	void *context;
};

/* The twin's configuration from YAML text (schemas/twin.schema.json), for who cannot include config.h. NULL: `error` has the first
 * mistake. */
struct twin_config *simulation_twin(const char *text, struct error *error);
void simulation_twin_free(struct twin_config *twin); /* NULL is fine */

struct simulation;

struct simulation *simulation_open(const struct simulation_config *config, struct error *error);
void simulation_close(struct simulation *simulation); /* NULL is fine */

/* A plan with the defaults of `joulerig run -- CMD`, whose command the simulated machine takes for any workload. The caller
 * changes idle, guard, tail and so on as it likes, and frees it with plan_free. */
int simulation_plan(struct plan *plan, struct error *error);

/* ---- truth ---- */

struct simulation_instant {
	int64_t t;                      /* MONOTONIC ns */
	int64_t nanojoules[QUANTITIES]; /* since the twin's start, exact */
};
double simulation_joules(const struct simulation_instant *from, const struct simulation_instant *to, int quantity);
double simulation_rapl_joules(const struct simulation_instant *from, const struct simulation_instant *to); /* packages and DRAM */

struct simulation_truth {
	struct simulation_instant prepared; /* just before the idle window */
	struct simulation_instant start, stop; /* the true edges of the run; zero when it never started */
	struct simulation_instant tail_end; /* when slot_run was done */
	struct {
		char name[33];
		struct simulation_instant begin, end;
	} phases[SIMULATION_PHASES_MAX]; /* those of the workload, marked or not, as far as they went */
	int n_phases;
	double rest[QUANTITIES]; /* W of a machine that has nothing to do, settled, without ripple */
};

/* ---- one run ---- */

struct simulation_outcome {
	struct result *results; /* of evaluate_run: the whole run first */
	size_t n_results;
	struct run run; /* the run file, read back */
	struct simulation_truth truth;
};

/* Settles, runs one slot, writes its file, reads it back and evaluates it. 0, or -1 when there is no run file. */
int simulation_run(struct simulation *simulation, const struct simulation_workload *workload, struct simulation_outcome *outcome,
		   struct error *error);
void simulation_outcome_free(struct simulation_outcome *outcome);

/* Time goes on by `ns` without anybody looking: where the energies stand then. For the tail's rest, after the last run. */
struct simulation_instant simulation_later(struct simulation *simulation, int64_t ns);

int64_t simulation_elapsed(const struct simulation *simulation); /* simulated ns since it was opened */

/* ---- for campaigns on simulated time: what campaign_run and its like need. Not together with simulation_run. ---- */

struct surroundings *simulation_surroundings(struct simulation *simulation);
struct launcher *simulation_launcher(struct simulation *simulation);
const struct bench_config *simulation_bench(const struct simulation *simulation);

/* Of the command that was prepared last: its edges are there once it has ended, and until the next is prepared (`choose` is called just
 * before that). */
const struct simulation_truth *simulation_last_truth(const struct simulation *simulation);

/* For faults that the twin's configuration has no words for. */
struct twin *simulation_running_twin(struct simulation *simulation);
/* The fault of that number in the twin's configuration, one of the meter's, begins `ns` from now unless it has begun. */
void simulation_fault_in(struct simulation *simulation, size_t fault, int64_t ns);

#endif
