/*
 * zes_wire: what a ZES LMG95, LMG450, LMG500 or LMG600 sends for each of its cycles (as programs of others that run an LMG95, LMG450 and
 * LMG670 take it), as bytes in, struct out. Pure; `line` is one without its end. Return 0, or -1 for anything that is none.
 *
 *   1.0475E+02;2.3012E+02;4.5520E-01          :TRIG:ACT;:FETC:POW:ACT1?;:FETC:VOLT:TRMS1?;:FETC:CURR:TRMS1?   (SCPI)
 *   118;1.0475E+02;2.3012E+02;4.5520E-01      actn;count?;p?;utrms?;itrms?                                    (SHORT)
 *
 * as many values as the action asks for, in its order. No value: 9.91E+37 (not a number), 9.9E+37 and -9.9E+37 (infinite: over range).
 *
 * What an order has to say follows it on its line: `…;:SYST:ERR:ALL?` is answered by 0,"No error" where all is well.
 */
#ifndef JOULERIG_DRIVERS_METERS_ZES_WIRE_H
#define JOULERIG_DRIVERS_METERS_ZES_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZES_VALUES_MAX 16 /* of an action */

struct zes_value {
	double value;   /* NAN when the instrument has none */
	uint32_t flags; /* enum record_flag */
};
int zes_value_decode(const char *text, size_t length, struct zes_value *value);
int zes_cycle_decode(const char *line, int n, struct zes_value *values); /* exactly n */

/* Cycles between a count and the next one; 0: it is the next, or counting has begun anew. */
uint32_t zes_cycles_lost(double before, double count);

bool zes_no_error(const char *line);

/* "LMG670", "LMG 95": the number; 0: no LMG. */
int zes_model(const char *model);

#endif
