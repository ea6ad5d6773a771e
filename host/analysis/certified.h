/*
 * certified: what a calibration certificate does to a meter's power: its error is taken off, and its U stands where the
 * specification's limits for reading and range stood.
 *
 * Between points error and U are interpolated linearly. How far the error may be off the straight line is not known from the points;
 * it is taken to be rectangular within half of the difference between two neighbours, in their middle, and nought at a point. Beyond
 * the outermost points nothing is known: there the specification holds, and nothing is corrected.
 *
 * What two loads have in common of it is known only within one stretch between two points, whose number is in the terms' names: the
 * deviation from another line is another one, and how much of U is the standard's own the points do not tell. In a ratio of loads in
 * two stretches nothing of it cancels.
 *
 * What was found on a day holds while the laboratory's interval lasts: that is what the interval was chosen for (ISO/IEC 17025, 6.4.7).
 * After it neither the error nor the data sheet's limits (which are stated for an interval since calibration) are backed by anything:
 * then no U can be stated, unless the user says how far the meter drifts in a year. With that the error that was found is still the best
 * estimate of a known effect (GUM 3.2.3), and the drift since the day of calibration, rectangular, is charged. A drift that is said is
 * charged before the expiry, too.
 */
#ifndef JOULERIG_ANALYSIS_CERTIFIED_H
#define JOULERIG_ANALYSIS_CERTIFIED_H

#include <stdbool.h>
#include <stdint.h>

#include "certificate.h"
#include "energy.h"

enum certificate_standing {
	CERTIFICATE_HOLDS,
	CERTIFICATE_DRIFTED, /* it has expired; the user has said what the drift is */
	CERTIFICATE_EXPIRED, /* and no drift was said */
	CERTIFICATE_EARLY,   /* the day is before the one it was issued on: one of the two dates is wrong */
};
/* `realtime`: ns since 1970 UTC. The day of expiry is the last one on which it holds. */
enum certificate_standing certificate_standing(const struct certificate *certificate, int64_t realtime);
double certificate_age(const struct certificate *certificate, int64_t realtime); /* years since it was issued; NAN: unknown */

/* Error and U at an applied power. */
struct certificate_point certificate_at(const struct certificate *certificate, double power);
/* The power that makes the meter show `reading`; NAN beyond the points. */
double certificate_correct(const struct certificate *certificate, double reading);

/* A certificate that is applied to a channel: member of energy_options. */
struct certified {
	const struct certificate *certificate;
	double drift; /* relative, half-width of a rectangular distribution: since the day of calibration; 0: none */
	bool replaces; /* it has points, and all loads lie within them: its U stands for the specification's reading and range */
};

/* Adds its terms to an energy whose values, power and idle are there. */
void certified_terms(const struct certified *certified, struct energy *energy);

/* The energy of an integrator, whose values are corrected as a whole: by the error at the power of the bracket, and at idle (of one that
 * is gated that is the mean channel's, which has been corrected). Nothing where `certified` replaces nothing. */
void certified_energy(const struct certified *certified, bool gated, struct energy *energy);

#endif
