/*
 * hioki_reply: replies of the Hioki PW3335, PW3336 and PW3337 (communication command manuals PW3335A985-01, PW3336A987-01), as bytes in,
 * struct out. All functions are pure; `line` is a reply without its end. They return 0, or -1 for anything that is none.
 *
 *   U +110.14E+0;I +0.0000E+0;P +000.00E+0;WP +00.0000E+0        headers on
 *   +110.14E+0,+0.0000E+0,+000.00E+0,+00.0000E+0,00000,00,00     headers off: as many values as were asked for, in that order
 *
 * Between the values stands ; or , as :TRANsmit:SEParator has it. A value has a sign, six digits and point (an integral seven), and the
 * exponent of its prefix, a multiple of 3: 0, 3, 6. TIME has commas of its own: hours, minutes, seconds.
 *
 * What is no value: 777.77E+9 no data, 888.88E+9 scaling error, 999.99E+9 over range, each with either sign; of an integral one digit
 * more. None of them ever is a number here.
 */
#ifndef JOULERIG_DRIVERS_METERS_HIOKI_REPLY_H
#define JOULERIG_DRIVERS_METERS_HIOKI_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HIOKI_ITEMS_MAX 8
#define HIOKI_REPLY_SIZE 4096 /* 180 items with their names */

struct hioki_value {
	double value;   /* NAN when the instrument has none; TIME: s */
	uint32_t flags; /* enum record_flag */
	bool exact;     /* `nano` holds it */
	int64_t nano;   /* the very decimal that was shown, in 1e-9 of its unit */
};
int hioki_value_decode(const char *text, size_t length, struct hioki_value *value);
int hioki_time_decode(const char *text, size_t length, struct hioki_value *value);

/* `items` are their names in capitals, n of them, at most HIOKI_ITEMS_MAX. */
int hioki_reading_decode(const char *line, const char *const *items, int n, struct hioki_value *values);

/* Bits of the status item. The PW3336 and PW3337 use the neighbours of each for their further channels: each stands for three. */
enum hioki_status {
	HIOKI_PEAK_VOLTAGE = 7u << 0, HIOKI_PEAK_CURRENT = 7u << 4, HIOKI_OVER_VOLTAGE = 7u << 8, HIOKI_OVER_CURRENT = 7u << 12,
	HIOKI_NO_SYNC = 7u << 16, HIOKI_PROTECTED = 7u << 20, HIOKI_OVER_POWER = 7u << 24,
};
/* The status among whatever else a bare :MEASure? tells, by its header: STAT…; 32 bits in hex. */
int hioki_status_decode(const char *line, uint32_t *status);
uint32_t hioki_status_flags(uint32_t status); /* enum record_flag, for power */

/* What follows the header of a setting's reply, if it has one: ":VOLTAGE:RANGE 300" and "300" are 300. */
const char *hioki_argument(const char *line);

#endif
