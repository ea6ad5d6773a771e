/*
 * pareto: who is on the front of energy and time, as far as intervals tell. Pure.
 *
 *   front      shown to need less energy, or less time, than each rival
 *   behind     some rival is shown to need less of one, and not more than PARETO_MARGIN more of the other
 *   undecided  neither is shown
 *
 * Of a front without a margin two that take the same time could never be told apart: no interval shows equality. Either verdict is wrong
 * with a probability of at most PARETO_ERROR: a front by one of two statements on one rival, each at half of it; a `behind` by a pair
 * of statements on any of n rivals, each at an n-th.
 */
#ifndef JOULERIG_ANALYSIS_PARETO_H
#define JOULERIG_ANALYSIS_PARETO_H

#include "estimate.h"

#define PARETO_MARGIN 0.01 /* relative */
#define PARETO_ERROR 0.025

enum pareto { PARETO_FRONT, PARETO_BEHIND, PARETO_UNDECIDED };
const char *pareto_name(enum pareto pareto);

/* Of one candidate: its energy and its time over those of each of n rivals. A front where there are none. */
enum pareto pareto_of(const struct estimate *energy, const struct estimate *time, size_t n);

#endif
