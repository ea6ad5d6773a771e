/* sides_differences: in what, beside the machine itself, the benches of compared campaigns differ: whatever a reader of a ratio may ask for. */
#ifndef JOULERIG_REPORT_SIDES_DIFFERENCES_H
#define JOULERIG_REPORT_SIDES_DIFFERENCES_H

#include <jansson.h>

#include "sides.h"

/* A new array of {"what": "cores", "values": {"A": "8", "B": "64"}}, values as words, raw (plain.h); what is alike is left out, but for idle
 * power. NULL: no memory. */
json_t *sides_differences(const struct sides *sides);

#endif
