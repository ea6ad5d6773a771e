/*
 * idn: what an instrument answers to *IDN? (IEEE 488.2, 10.14): maker, model, serial number and firmware, commas between.
 */
#ifndef JOULERIG_DRIVERS_METERS_IDN_H
#define JOULERIG_DRIVERS_METERS_IDN_H

#include "device.h"

struct idn {
	char maker[48], model[48], serial[48], firmware[48];
};
/* 0, or -1 for anything that is none: four fields of printable characters, none of them empty. Pure. */
int idn_decode(const char *line, struct idn *idn);
/* The same of an instrument that fills its fields up: spaces are cut off their ends, and what was nothing else is none. */
int idn_decode_padded(const char *line, struct idn *idn);
/* The model and the serial number are: it is the one that was there before. */
bool idn_same(const struct idn *a, const struct idn *b);
/* A twin's serial number begins with SIM. */
void idn_tell(const struct idn *idn, struct identity *identity);

#endif
