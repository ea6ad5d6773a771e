/*
 * closure: two figures that one meter gives for one bracket, the energy of its integrator and the sum of its powers. They share the
 * meter's errors and the bracket's edges, so they must agree far better than either is known. Pure.
 */
#ifndef JOULERIG_ANALYSIS_CLOSURE_H
#define JOULERIG_ANALYSIS_CLOSURE_H

#include "energy.h"

#define CLOSURE_LIMIT 0.001 /* of the energy */

struct closure {
	bool known;        /* both are there */
	double difference; /* J: integrator - sum */
	double relative;   /* of the sum */
	double expected;   /* J, k = 2: what their terms that are not common explain */
	bool fails;        /* more than CLOSURE_LIMIT beyond that: samples were lost, or counted twice */
};

/* Of the gross energies. */
struct closure closure_of(const struct energy *integral, const struct energy *samples);

#endif
