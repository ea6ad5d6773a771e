/* meter: what drivers of meters do and say alike when one is opened. */
#ifndef JOULERIG_DRIVERS_METERS_METER_H
#define JOULERIG_DRIVERS_METERS_METER_H

#include "device.h"
#include "meters/idn.h"

/* A driver's state, zeroed; its driver frees it. NULL: there is no link (`remedy` says what to give it), or no memory. */
void *meter_new(size_t size, const struct device_config *config, const struct link *link, const char *remedy, struct error *error);

/* ERROR_WRONG_DEVICE, of the endpoint: "correct the endpoint, or WHAT, in the bench file". Returns -1. */
int meter_wrong(const struct device_config *config, const char *what, struct error *error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Who answered is one that the driver knows (`known`; `family` says which those are), and has the serial number that the bench file asks
 * for, if it asks. */
int meter_check(const struct device_config *config, const struct idn *idn, bool known, const char *family, struct error *error);

#endif
