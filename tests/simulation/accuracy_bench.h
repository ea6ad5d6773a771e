/*
 * accuracy_bench: a modelled lab with everything planted that science lists, drawn anew from a seed, and what joulerig says of one
 * run in it beside the truth.
 *
 * Planted in each: zero-crossing windows of a grid with a phase and a frequency of its own; a meter with gain, offset and
 * non-linearity, power factor's influence, clock, latency, all drawn within what the bench file says of them, noise and digits;
 * a fan that leaves a tail of 15 W and 10 s; a die that warms up and leaks; a supply that is late; power that wanders; ramps in
 * a tenth of the benches (U counts on steps, and is too large there); counters with an update step, a quantum and, in two thirds,
 * wraps; what the kernel clears up behind the run; a run's length drawn from a continuum, and so its phase to everything.
 *
 * The meter's range limit bounds offset and non-linearity together: its error at idle and at the load's power are each
 * rectangular within the limit, with a correlation of 1/2 (the twin's curve is laid through both).
 */
#ifndef JOULERIG_TESTS_ACCURACY_BENCH_H
#define JOULERIG_TESTS_ACCURACY_BENCH_H

#include "simulation.h"
#include "twin.h"

enum figure { FIGURE_GROSS, FIGURE_NET, FIGURE_CAUSED, FIGURE_RAPL, FIGURES }; /* RAPL: gross of packages and memory */
const char *figure_name(enum figure figure);

/* What the bench file, or the bench itself, is that it should not be. */
enum violation {
	VIOLATION_NONE,
	VIOLATION_IDLE_STEP,    /* 10..20 W more from some instant of the idle window on */
	VIOLATION_SMOOTHING,    /* the meter averages, and says it does not */
	VIOLATION_LATENCY_LESS, /* values are readable 30 ms earlier than stated */
	VIOLATION_LATENCY_60,   /* 60 ms later */
	VIOLATION_LATENCY_150,
	VIOLATION_SUPPLY_LAG,   /* 2 to 6 times the bound */
	VIOLATION_RAMP,         /* the load creeps up over half of the run, and down over a quarter: no violation, but no step */
	VIOLATION_NEIGHBOUR,    /* 5..30 W of somebody else for 0.5..3 s in the tail, from 0.2 s after the stop on: one who begins
				   with it looks like a tail, and is counted as caused */
	VIOLATIONS
};
const char *violation_name(enum violation violation);

struct bench_order {
	uint64_t seed;
	double window;            /* s: the meter's update interval */
	double shortest, longest; /* s: of the run, drawn log-uniformly; equal: just that */
	int baud;                 /* of the meter's line; 0: none that takes time */
	bool repeated;            /* more runs follow on the same bench */
	bool no_errors;           /* of gain, offset, non-linearity and power factor: for bias */
	enum violation violation;
	enum { WHOLE_RUN, PHASE_WITH_BARRIERS, PHASE_WITHOUT } phase;
};

struct planted_bench {
	struct bench_order order;
	struct twin_config twin;
	struct plan plan;
	struct simulation_phase phases[3];
	struct simulation_step steps[6];
	struct simulation_workload workload;
	struct simulation *simulation;
	double duration, ramp; /* s */
	double step_idle;      /* W of direct current that the idle step adds */
	double aftermath;      /* s of the load's power that is spent behind the stop edge */
};

/* One figure of one run. */
struct verdict {
	double value, truth, U, oracle; /* J; value NAN when refused */
	int status;                     /* enum energy_status */
};
struct measured {
	bool failed;    /* no run file at all */
	char text[160]; /* why, or the wall's or the counters' reason */
	struct verdict figure[FIGURES];
	double naive_mean, naive_prorata; /* J, of gross */
	double duration;                  /* s */
	double simulated;                 /* s */
};

int planted_draw(const struct bench_order *order, struct planted_bench *bench, struct error *error);
void planted_free(struct planted_bench *bench);
struct simulation *planted_open(struct planted_bench *bench, struct error *error);
/* One run. `outcome` is for the caller to free; the figures are those of the phase, if the order is one of a phase. */
int planted_measure(struct planted_bench *bench, struct simulation *simulation, struct simulation_outcome *outcome,
		  struct measured *measured, struct error *error);
/* The energy that `outcome` has of this figure. */
const struct joules *planted_joules(const struct planted_bench *bench, const struct simulation_outcome *outcome, enum figure figure);

/* W at the wall for `direct` W behind the supply. */
double planted_wall(const struct model_config *model, double direct);

#endif
