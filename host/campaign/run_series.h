/*
 * run_series: a channel of a run file as analysis takes it: scaled values beside the stored times and flags.
 */
#ifndef JOULERIG_CAMPAIGN_RUN_SERIES_H
#define JOULERIG_CAMPAIGN_RUN_SERIES_H

#include "energy.h"
#include "run.h"

/* `values` is malloc'ed for the caller; everything else stays the channel's. */
int run_series(const struct run_channel *source, struct series *series, double **values, struct error *error);

#endif
