/*
 * energy: a channel's samples and a bracket become joules with an uncertainty budget. Pure: no I/O, no clock, no state.
 *
 * Measurands (P is the power the channel measures, t0..t1 the bracket):
 *   gross   integral of P over [t0, t1]
 *   net     gross - P_idle * (t1 - t0), P_idle the settled mean over the idle window before the run. Its U is that of this
 *           definition. The baseline could also be thought to lie anywhere between the idle before and the power after the run:
 *           by how much that leaves net open, |P_post - P_pre| (t1 - t0) / (2 sqrt 3), stands in its budget as "definition",
 *           beside U (SHARE_BESIDE): behind a run that leaves a fan spinning it is far greater than any error of measurement.
 *   caused  integral of (P - P_idle) from t0 to the end of the recorded quiet, by when power must have settled to within
 *           `tail_settled` of idle (else `settled` is false and the budget says so); the part after t1 is the `tail`
 *
 * A bracket's times are those of the load; a channel on the wall side of the supply sees the load up to `supply_lag` later, and
 * gross counts what the channel sees between t0 and t1. What the supply still owes at t1 cannot be told from windows: half of
 * `supply_lag` times the load's step is taken off gross and net, and "supply-lag" is the rest. A supply that is always late by
 * more, or less, than half the bound so shifts all runs alike, within that term. Caused holds all of it.
 */
#ifndef JOULERIG_ANALYSIS_ENERGY_H
#define JOULERIG_ANALYSIS_ENERGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "budget.h"
#include "channel.h"
#include "error.h"
#include "record.h"

/* Samples of one channel, in order of time; arrays of n, owned by the caller. Values are scaled (W, or J for a counter as
 * native counts * scale, still wrapped). Invalid samples are in place with their flags. */
struct series {
	const struct channel *channel;
	size_t n;
	const int64_t *t, *u_t;
	const uint32_t *flags;
	const double *value;
	const uint64_t *count; /* counter only: native counts, exact */
	const struct record_gap *gaps;
	size_t n_gaps;
};

struct bracket {
	int64_t start, stop;     /* MONOTONIC ns, corrected for the trigger's mean lag */
	int64_t u_start, u_stop; /* half-widths of rectangular distributions, ns */
};

struct gate;
struct certified;
struct energy_options {
	int64_t idle_from, idle_to; /* the settled idle window before the run: net's baseline; empty if from >= to */
	int64_t quiet_from;         /* quiet was recorded from here to the start edge (a phase: since its barrier) */
	int64_t quiet_to;           /* and from the stop edge to here */
	int64_t guard;              /* kept clear of every edge, ns */
	int64_t supply_lag;         /* bound on how late, on average, the DUT's supply passes a load's energy on, ns: a pure delay,
				       or the time constant of a store */
	double tail_settled;        /* W: power is settled again when within this of the idle level */
	bool edges_common;          /* what the edges are known by errs alike in all runs: a convention of stamps, not a
				       trigger; the load may run on both sides of them */
	double power_factor;        /* of the load in the bracket, if known; 0: unknown, 0.95 is assumed */
	const struct certified *certified; /* values were corrected by its certificate (certified.h); NULL: none */
	const struct gate *gate;    /* for a counter that is gated (gated.h); NULL: nothing is known of its gate */
};

enum energy_status {
	ENERGY_OK,
	ENERGY_DEGRADED, /* a number whose U was enlarged for missing or invalid samples; `reason` says which */
	ENERGY_REFUSED,  /* no number can be given; `reason` says why */
	ENERGY_STATUSES
};
const char *energy_status_name(enum energy_status status);

struct joules {
	double value; /* J; NAN when refused or undefined */
	struct budget budget;
	struct expanded expanded;
};

struct energy {
	enum energy_status status;
	char reason[160];
	struct joules gross, net, caused;
	double tail;                    /* J, part of caused after the stop edge */
	bool settled;                   /* power was back within tail_settled of idle when the recorded quiet ended */
	double duration;                /* s */
	double power;                   /* W, mean: gross / duration */
	double idle_before, idle_after; /* W; NAN if unknown */
	double u_idle_before;           /* W, type A */
	size_t used, invalid, missing;  /* samples in the padded bracket */
	double missing_fraction;        /* of the bracket's time */
	unsigned wraps;                 /* counter: turns between first and last read used */
	/* The same bracket by naive estimators, for comparison only: mean of whole windows x time, pro-rata windows. NAN where
	 * they do not apply. */
	double naive_mean, naive_prorata;
};

/* Never fails: a bracket that cannot be measured is ENERGY_REFUSED with a reason. */
void energy_of(const struct series *series, const struct bracket *bracket, const struct energy_options *options,
	       struct energy *energy);

/* Sum of disjoint channels over one bracket (packages + DRAM): values add, independent terms add in quadrature, shared terms
 * linearly. Refused if any part is. */
void energy_sum(const struct energy *parts, size_t n, struct energy *sum);

/* The same for elements of one instrument that a load is spread over: what varies from run to run may have one cause in all of them
 * (the load's own noise), so every term adds linearly. */
void energy_sum_elements(const struct energy *parts, size_t n, struct energy *sum);

#endif
