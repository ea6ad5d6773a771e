/*
 * stop_lag: how late the launcher of this machine, in its present state, sees the end of a workload; and how well the edges are known.
 */
#ifndef JOULERIG_CAMPAIGN_STOP_LAG_H
#define JOULERIG_CAMPAIGN_STOP_LAG_H

#include "device.h"
#include "launcher.h"

/* Measures it some dozens of times, a few ms each, and has the bench's trigger draw its figure. ERROR_CONFIG when there is no
 * trigger of that name. */
int stop_lag_figure(const char *trigger, struct launcher *launcher, struct trigger_figure *figure, struct error *error);

#endif
