/*
 * certificate: what a calibration certificate says of a meter, and what its user allows for the time since.
 */
#ifndef JOULERIG_CORE_CERTIFICATE_H
#define JOULERIG_CORE_CERTIFICATE_H

#include <stdint.h>

#define CERTIFICATE_POINTS_MAX 200

struct certificate_point {
	double power, error, U; /* W: applied by the laboratory's standard; indication less that; expanded uncertainty of the error */
};

struct certificate {
	char number[48], serial[48];
	char issued[16], expires[16]; /* dates: YYYY-MM-DD; "": not said */
	double drift;                 /* relative, a year: how far the meter may have moved since it was calibrated; 0: not said */
	double coverage;              /* k of U */
	double voltage, current;      /* V, A: the ranges that the meter was in; 0: not said */
	int n;                        /* 0: the errors that it found are not known here */
	struct certificate_point points[CERTIFICATE_POINTS_MAX]; /* in order of power */
};

/* Days from 1970-01-01 to a date; INT64_MIN unless it is a day of the calendar, as YYYY-MM-DD. */
int64_t certificate_day(const char *date);

#endif
