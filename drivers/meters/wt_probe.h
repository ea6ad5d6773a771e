/*
 * wt_probe: who is at the end of a link, and what a bench file would say of it (numeric_probe.h). Of several elements whose wiring does not
 * tell which feed the machine, `doubt` says so. As in struct driver.
 */
#ifndef JOULERIG_DRIVERS_METERS_WT_PROBE_H
#define JOULERIG_DRIVERS_METERS_WT_PROBE_H

#include "device.h"

int wt_probe(struct link *link, struct timebase *timebase, struct device_config *config, struct identity *identity,
	     struct error *error);

#endif
