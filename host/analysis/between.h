/*
 * between: what two campaigns on different machines have in common of their uncertainty, for the ratio of their energies. Pure.
 *
 * Within a campaign arms share machine, meter and clock (statistics_shared_ratio). Between two machines the meter alone can be one, and
 * only its own errors cancel: of one meter (maker, model, serial number, firmware, certificate) with one element, in one fixed range, by
 * samples or by its integrator in both. Of another meter, range (or one that is not told, where the specification has ranges) or
 * certificate all terms of both count, in quadrature. By terms, a and b their relative uncertainties on either side, with their signs:
 *
 *   gain, integrator-clock       |a - b|: one relative error of one meter
 *   certificate-drift            |a - b|: away from one day of calibration, in one direction; what lies between the campaigns stays
 *   range, certificate-N,        sqrt(a (a - b)), a the greater, of gross: one error in watts where powers are alike, as an offset is;
 *     certificate-line-N         but non-linearity is in it too, and at powers far apart a half of it is taken to be in common, as
 *                                between load and idle (padded.h): a² + b² - 2 r a b, with r from 1 at b = a to 1/2 at b = 0.
 *                                Above idle (net, caused) the offset has gone out already: nothing cancels
 *   power-factor                 never: its limit says nothing of the sign, which follows the phase of each supply's current
 *   timebase, host-clock         never: a meter's windows are timed by the host's clock, and there are two hosts
 *   window-phase, late           never: a latency is that of meter, link and host together
 *   supply-lag, tail-shape,      never: of each machine's supply, fans and idle
 *     early, leak, idle-moved
 *   start-edge, stop-edge,       never: of each machine's trigger and counters. (A reaction is a meter's own, but its effect has the
 *     gate-power, reaction,      sign of the powers at either edge, which its term does not keep.)
 *     stop-power
 *
 * A meter drifts. How far is not known, but that its specification's limits are meant to hold for a year: of the greater of a and b a part
 * goes as years lie between the two, in quadrature, up to what two meters would give. A drift per year that a certificate's owner states counts beside it.
 *
 * What is independent from run to run shows in the scatter; what does not (statistics_unseen) counts for the meter of either side. What
 * stands beside U is no part of it. A term that is not named here
 * does not cancel.
 */
#ifndef JOULERIG_ANALYSIS_BETWEEN_H
#define JOULERIG_ANALYSIS_BETWEEN_H

#include <stdbool.h>
#include <stddef.h>

#include "energy.h"

enum between_rule {
	BETWEEN_APART,    /* never cancels */
	BETWEEN_RELATIVE, /* of the meter, relative */
	BETWEEN_WATTS,    /* of the meter, in watts */
	BETWEEN_UNJUDGED, /* a name that is not known here; taken as apart */
};
enum between_rule between_rule_of(const char *term);

/* The meter behind a set of runs. Strings are borrowed; "" what is not known. */
struct between_meter {
	const char *doubt; /* why it cannot be taken to be one meter in one state; NULL: it can */
	const char *maker, *model, *serial, *firmware;
	const char *certificate; /* all of it, in any spelling that is always the same */
	double voltage, current; /* fixed ranges, V and A; NAN: it tells of none */
	bool no_ranges;          /* its specification has none: nothing hangs on which it was in */
	bool integrated, simulated;
};
/* NULL if errors of `a` are those of `b`; else what says that they are not ("another meter"). */
const char *between_difference(const struct between_meter *a, const struct between_meter *b);

struct between_how {
	bool one_meter;  /* between_difference finds none */
	double years;    /* that lie between the runs of either side; NAN: unknown, and nothing cancels */
	bool above_idle; /* the energies are net or caused */
};
/* Relative standard uncertainties of mean(a) / mean(b) by what is common to the runs of each; independent of each other. */
struct between_shared {
	double meter;   /* by the meter, or both meters */
	double machine; /* by what belongs to either machine */
};
/* NAN when a side has more causes than a budget holds. */
struct between_shared between_shared(const struct joules *const *a, size_t n_a, const struct joules *const *b, size_t n_b,
				     struct between_how how);

#endif
