/*
 * padded: the padded bracket. Whole segments from A, safely before the start edge, to B, safely after the stop edge, less the
 * quiet power of the slices [A, t0] and [t1, B]; from that gross, net and caused, and the terms that all kinds of channel share.
 *
 *   gross  = E(A, B) - P_pre (t0 - A) - P_post (B - t1) - spill
 *   net    = gross - P_idle (t1 - t0)
 *   caused = E(A, S) - P_pre (t0 - A) - P_idle (S - t0)          S: the last segment's end in the recorded quiet
 *
 * For a load that steps at its edges this is unbiased whatever the segments' length and phase, and only the quiet power
 * multiplies an error of an edge.
 */
#ifndef JOULERIG_ANALYSIS_PADDED_H
#define JOULERIG_ANALYSIS_PADDED_H

#include "energy.h"
#include "profile.h"

struct padded {
	const struct series *series;
	const struct bracket *bracket;
	const struct energy_options *options;
	struct profile profile;
	int64_t margin;               /* ns: a segment's boundary may be this far off */
	size_t a, b, s;               /* segments [a, b) are the padded bracket, [b, s) the quiet after it */
	int64_t lag;                  /* ns: of the supply, where this channel sees it */
	struct span inside;           /* segments surely between the edges */
	double duration;              /* s: the bracket */
	double slice_pre, slice_post; /* s: from A to the start edge, from the stop edge to B */
	struct level pre, idle;
	struct level post;                /* over [t1, B] */
	double u_pre_shape, u_post_shape; /* W, type B: what the extrapolation to the edge may miss */
	struct density density;           /* of the quiet segments */
	double start_power, end_power;    /* W: of the load just inside the edges */
	double joules;                    /* E(A, B), holes filled */
	double u_holes;                   /* J: for the filled holes of the bracket */
	double tail_joules;               /* E(B, S) */
	double u_tail_holes;
	double hole_seconds; /* within the padded bracket */
	double behind;       /* J: the mean by which E(A, B) is known to be too great; counters */
};

/* Refuses: status, reason, and every number NAN. Always returns -1. */
int energy_refuse(struct energy *energy, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Lowers the status to DEGRADED; the first reason stays. */
void energy_degrade(struct energy *energy, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds one term to each of the three budgets, with the sensitivities given in J. */
struct effect {
	double gross, net, caused;
};
void energy_charge(struct energy *energy, const char *name, char type, double nu, enum share share, struct effect u);

/* U of all three from their budgets; refuses when it, or gross, is not a number. */
void energy_expand(struct energy *energy);

int64_t supply_lag_of(const struct series *series, const struct energy_options *options);

/* The segments before A that count as quiet, and those after B. */
struct span padded_quiet_before(const struct padded *padded);
struct span padded_quiet_after(const struct padded *padded);

/* The level of the idle window, as `level_of` finds it; unknown if none was recorded, or, degraded, too little of it. */
void padded_idle(struct padded *padded, struct level (*level_of)(const struct profile *, struct span), struct energy *energy);

/* Fills holes in [a, b) and [b, s) from their neighbours and says what that may be off. Refuses when a hole touches an edge or
 * more than a twentieth of the bracket is missing. */
int padded_holes(struct padded *padded, struct energy *energy);

/* The load's power just inside the edges; needs the joules. */
void padded_load(struct padded *padded);

/* Values from a, b, s and the levels; then the terms that every kind has. */
void padded_values(const struct padded *padded, struct energy *energy);
void padded_terms(const struct padded *padded, struct energy *energy);

/* What the meter's specification leaves open of values that are there: needs series, options and duration alone. */
void padded_specification(const struct padded *padded, struct energy *energy);

#endif
