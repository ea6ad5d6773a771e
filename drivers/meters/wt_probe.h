/*
 * wt_probe: who is at the end of a link, and what a bench file would say of it. Sends questions only, so it works whatever form
 * of reply is set, and leaves an integration, a hold or an error queue as they are. With automatic ranges, the range in force.
 * A setting that no bench file may ask for (an update interval of 20 s) is left out; of a range, and of several elements whose wiring
 * does not tell which feed the machine, `doubt` says so. As in struct driver.
 */
#ifndef JOULERIG_DRIVERS_METERS_WT_PROBE_H
#define JOULERIG_DRIVERS_METERS_WT_PROBE_H

#include "device.h"

int wt_probe(struct link *link, struct timebase *timebase, struct device_config *config, struct identity *identity,
	     struct error *error);

#endif
