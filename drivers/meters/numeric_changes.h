/*
 * numeric_changes: the life of an instrument of the `:NUMeric` dialect whose event register nobody has seen at work: that of a numeric_meter
 * (set up, found again, given back) with the updates seen by what they change (polled.h). It does not run the integrator: only the condition
 * register tells, together with the values, whether that counts.
 */
#ifndef JOULERIG_DRIVERS_METERS_NUMERIC_CHANGES_H
#define JOULERIG_DRIVERS_METERS_NUMERIC_CHANGES_H

#include "meters/numeric_driver.h"
#include "meters/polled.h"

struct numeric_changes {
	struct numeric_driver driver; /* first, as in a numeric_driver */
	const char *question;         /* for a reading */
	bool named;                   /* its items have names that are checked: they were set one by one */
	bool asks_status;             /* with each update, which ranges are exceeded: ":INP:CRAN?" */
	struct polled polled;
};

/* As in struct driver; everything else of it is numeric_driver.h's. */
int numeric_changes_start(struct numeric_changes *changes, struct sink *sink, struct error *error);
int64_t numeric_changes_step(struct numeric_changes *changes);
int numeric_changes_stop(struct numeric_changes *changes, struct error *error);

#endif
