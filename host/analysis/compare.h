/*
 * compare: the mean power of a steady load, against a reference or against a second meter in series.
 *
 *   En = (x - reference) / U(x - reference)        |En| <= 1 passes (ISO 13528; ISO/IEC 17043, B.3)
 *
 * U of a mean is that of the instrument (gain, range, power factor, timebase, resolution, what is missing: taken from the energy
 * over the same stretch), of the scatter of the means over ten equal parts, and of a drift between its halves. Of two meters in
 * series the scatter is that of the differences, part by part: what the load itself does is common to both, and neither widens
 * U nor hides a fault. Nothing else is taken to be correlated.
 */
#ifndef JOULERIG_ANALYSIS_COMPARE_H
#define JOULERIG_ANALYSIS_COMPARE_H

#include "energy.h"

#define MEAN_PARTS 10

struct mean_power {
	double value;             /* W */
	double parts[MEAN_PARTS]; /* W: over the tenths of the stretch */
	struct budget instrument; /* terms in W */
};

/* -1: a tenth without a valid value. `energy` is that of the same series over the bracket. */
int mean_power_of(const struct series *series, const struct bracket *bracket, const struct energy *energy, struct mean_power *mean);

struct comparison {
	double value, U;               /* W, of what is tested */
	double reference, U_reference; /* W */
	double U_difference;           /* W */
	double En;
};

/* `U_reference` is expanded, k = 2. */
void compare_with_reference(const struct mean_power *mean, double reference, double U_reference, struct comparison *comparison);
void compare_in_series(const struct mean_power *mean, const struct mean_power *other, struct comparison *comparison);

#endif
