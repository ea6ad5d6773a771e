/* json_out: JSON values under construction, which remember when memory was short: a flag that the caller owns, and asks in the end. */
#ifndef JOULERIG_REPORT_JSON_OUT_H
#define JOULERIG_REPORT_JSON_OUT_H

#include <jansson.h>
#include <stdbool.h>

#include "statistics.h"

/* Both take the value over; NULL, for want of memory, sets `failed`. */
void write_member(json_t *object, const char *key, json_t *value, bool *failed);
void write_item(json_t *array, json_t *value, bool *failed);

json_t *number_json(double x);           /* null unless finite */
json_t *words_json(const char *string);  /* valid UTF-8 without control characters, whatever it was (plain.h); NULL is "" */
json_t *interval_json(const struct interval *interval, bool *failed);

#endif
