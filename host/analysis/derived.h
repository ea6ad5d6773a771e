/*
 * derived: what is made of a run's energy and its time, with a budget of its own, so that means and ratios treat it as they treat energy.
 * Pure. Units of a `struct joules` here are those of what it holds.
 *
 * An energy and a time of one run go together: a run that took longer took more. Products are formed run by run, so that the scatter
 * between runs has that in it. Of what runs have in common, time has the host's clock alone, and with the same sign as energy has it
 * (clocks.h): in a product it counts twice.
 */
#ifndef JOULERIG_ANALYSIS_DERIVED_H
#define JOULERIG_ANALYSIS_DERIVED_H

#include "energy.h"

void derived_edp(const struct joules *energy, double seconds, struct joules *edp);   /* energy-delay product, J s */
void derived_time(const struct joules *energy, double seconds, struct joules *time); /* s; `energy` of the same bracket */
void derived_scaled(const struct joules *energy, double factor, struct joules *scaled);

#endif
