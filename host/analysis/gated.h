/*
 * gated: a meter's own integrator that a trigger's line starts and stops (its START/STOP input), so that it counts from about the start
 * edge of a run to about its stop edge, however long its windows are. Pure.
 *
 *   gate       ______|-----------------------------|______       opened, closed: on the host's clock
 *   counting   ________|-----------------------------|____       each by the input's reaction later: the channel's latency
 *   run        ____|---------------------------|__________       start, stop
 *                   lead                        lag
 *
 *   gross = counted + missing - surplus
 *
 * Of the lead the run's power is missing: its mean over the count, but for what the supply still holds back then. The lag is surplus at
 * the power after the run, likewise; and the other way round where counting begins before the start edge, or ends before the stop edge.
 * Both are short, so that they are all that must be known of time: charged are the edges' and the gate's half-widths with the power that
 * they are exposed to ("gate-open", "gate-close"), the input's reaction at both ends, which need not be alike ("reaction"), and all of
 * the step between run and quiet over lead and lag ("gate-power").
 *
 * The count is the difference of two that rest: before the gate opened and after it has closed. Idle power, and power after the run, are
 * those of the same meter's mean power. Nothing is counted behind the stop edge, so `caused` is not known.
 */
#ifndef JOULERIG_ANALYSIS_GATED_H
#define JOULERIG_ANALYSIS_GATED_H

#include "energy.h"

struct gate {
	const char *fault;             /* why the gate's times are not known; NULL: they are */
	int64_t opened, closed;        /* MONOTONIC ns */
	double u_opened, u_closed;     /* ns: half-widths of rectangular distributions */
	const struct energy *quiet;    /* by the mean power of the same meter, for the levels before and after; NULL: it has none */
};

#endif
