/*
 * kinds: one estimator for each kind of channel. Each is given an `energy` whose numbers are NAN and whose status is OK, and a
 * bracket with start < stop; it fills values and budgets, or refuses.
 */
#ifndef JOULERIG_ANALYSIS_KINDS_H
#define JOULERIG_ANALYSIS_KINDS_H

#include "energy.h"

void energy_of_windows(const struct series *series, const struct bracket *bracket, const struct energy_options *options,
		       struct energy *energy);
void energy_of_counter(const struct series *series, const struct bracket *bracket, const struct energy_options *options,
		       struct energy *energy);
void energy_of_integral(const struct series *series, const struct bracket *bracket, const struct energy_options *options,
			struct energy *energy);
void energy_of_gated(const struct series *series, const struct bracket *bracket, const struct energy_options *options,
		     struct energy *energy);
void energy_of_instants(const struct series *series, const struct bracket *bracket, const struct energy_options *options,
			struct energy *energy);

/* J: the step of an integrator's display at this count, found from the counts of its decade. */
double integral_step(const struct series *series, uint64_t count);

#endif
