/* field: what is common to the values in a reply, cut out of it by their separators. Pure. */
#ifndef JOULERIG_DRIVERS_METERS_FIELD_H
#define JOULERIG_DRIVERS_METERS_FIELD_H

#include <stddef.h>

/* [sign] digits [. digits] [E [sign] digit [digit]], a digit before the exponent at least, spaces around it; at most `most` characters without
 * them, and no more than FIELD_DECIMAL_MAX. 0, or -1 for anything else. */
#define FIELD_DECIMAL_MAX 31
int field_decimal(const char *text, size_t length, size_t most, double *number);

#endif
