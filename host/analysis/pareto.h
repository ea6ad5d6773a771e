/*
 * pareto: who is on the front of energy and time, as far as intervals tell. Pure.
 *
 *   front      needs less energy, or less time, than each rival
 *   behind     some rival needs less of one, and not more than PARETO_MARGIN more of the other
 *   undecided  neither is shown
 *
 * Without a margin two that take the same time could never be told apart: no interval shows equality. One can be both, by a hair; then the
 * better shown holds.
 */
#ifndef JOULERIG_ANALYSIS_PARETO_H
#define JOULERIG_ANALYSIS_PARETO_H

#include "estimate.h"

#define PARETO_MARGIN 0.01 /* relative */
#define PARETO_ERROR 0.04  /* probability of a false verdict; over many of them Holm's procedure keeps it (claim.h) */

enum pareto { PARETO_FRONT, PARETO_BEHIND, PARETO_UNDECIDED };
const char *pareto_name(enum pareto pareto);

/* Probabilities of what was seen, or more of it, were the verdict false; bounds: of one statement or another the sum. 1 where nothing is
 * known. */
struct pareto_p {
	double front, behind;
};
/* Of one candidate: its energy and its time over those of each of n rivals. */
struct pareto_p pareto_p_of(const struct estimate *energy, const struct estimate *time, size_t n);
double pareto_least(const struct pareto_p *p);
/* `least`: pareto_least, or what became of it among other verdicts. */
enum pareto pareto_decide(const struct pareto_p *p, double least);

#endif
