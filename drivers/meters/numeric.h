/*
 * numeric: replies in the `:NUMeric` dialect (Yokogawa WT family; GW Instek GPM speaks it too), as bytes in, struct out.
 *
 * All functions are pure; `line` is a reply without its newline. They return 0, or -1 for anything the dialect does not allow.
 */
#ifndef JOULERIG_DRIVERS_METERS_NUMERIC_H
#define JOULERIG_DRIVERS_METERS_NUMERIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUMERIC_ITEMS_MAX 16
#define NUMERIC_REPLY_SIZE 320 /* of the longest reply that is understood: a reading of all items */
#define NUMERIC_NAME_SIZE 16
#define NUMERIC_UPDATED 1u /* bit 0 of the extended event register, with FILT1 at FALL: a new set of values */

/* Bits of the condition register, WT300 family; the three of element 2 and 3 follow those of element 1. */
enum numeric_condition {
	NUMERIC_INTEGRATING = 1u << 1,  /* the integrator runs */
	NUMERIC_OVER = 1u << 6,         /* U or I over range */
	NUMERIC_PEAK_VOLTAGE = 1u << 7, /* peak over */
	NUMERIC_PEAK_CURRENT = 1u << 8,
};
#define NUMERIC_CONDITION_BITS_PER_ELEMENT 3

struct numeric_value {
	double value;   /* NAN when the instrument has none: never its code for that */
	uint32_t flags; /* enum record_flag */
};
struct numeric_reading {
	unsigned condition, events;
	struct numeric_value item[NUMERIC_ITEMS_MAX];
};
struct numeric_ranges {
	double voltage, current; /* V, A */
	bool voltage_auto, current_auto;
};

int numeric_value_decode(const char *text, size_t length, struct numeric_value *value);
int numeric_register_decode(const char *line, unsigned *value);
int numeric_reading_decode(const char *line, int items, struct numeric_reading *reading);
int numeric_values_decode(const char *line, int items, struct numeric_value *item); /* values alone */
/* What an item is called where it is chosen: "U" of "Urms"; others are returned as they are. */
const char *numeric_item_name(const char *shown);
int numeric_names_decode(const char *line, int items, char names[][NUMERIC_NAME_SIZE]);
int numeric_ranges_decode(const char *line, struct numeric_ranges *ranges);
int numeric_error_decode(const char *line, int *code);

#endif
