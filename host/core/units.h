/*
 * units: names of units as files carry them (udunits can parse each), and one strict parser for quantities in plan and bench
 * files and on the command line: `250 ms`, `2 A`, `10 %`, `0.05 %`, `300 V`, `1 kW`.
 */
#ifndef JOULERIG_CORE_UNITS_H
#define JOULERIG_CORE_UNITS_H

#include <stddef.h>

enum unit {
	UNIT_NONE, /* a pure number */
	UNIT_WATT, UNIT_JOULE, UNIT_VOLT, UNIT_AMPERE, UNIT_VOLT_AMPERE, UNIT_HERTZ, UNIT_SECOND, UNIT_DEGREE_C,
	UNITS
};
const char *unit_symbol(enum unit unit); /* as udunits-2 spells it: "W", "J", "V.A", "degC", "1" */
int unit_parse(const char *symbol);      /* the enum, or -1 */

enum dimension {
	DIMENSION_TIME,        /* s:  ns us ms s min h */
	DIMENSION_POWER,       /* W:  mW W kW */
	DIMENSION_ENERGY,      /* J:  uJ mJ J kJ Wh kWh */
	DIMENSION_VOLTAGE,     /* V:  mV V kV */
	DIMENSION_CURRENT,     /* A:  mA A */
	DIMENSION_FREQUENCY,   /* Hz: Hz kHz MHz GHz */
	DIMENSION_RATIO,       /* 1:  % ppm, or a bare number */
	DIMENSION_TEMPERATURE, /* degC */
	DIMENSION_BYTES,       /* B: B KiB MiB GiB */
	DIMENSIONS
};
const char *dimension_name(enum dimension dimension); /* "time", "power", … as in the schemas */
int dimension_parse(const char *name);                /* the enum, or -1 */
const char *dimension_expected(enum dimension dimension); /* for messages: "a time such as 250 ms" */

/* Parses decimal number, optional spaces, unit; nothing else. Returns 0 and the value in the dimension's base unit; -1 for
 * anything else: `0.01abc`, `10k`, `nan`, `inf`, `0,01`, `0x10`, a missing or foreign unit. Thread-safe. */
int quantity_parse(const char *text, enum dimension dimension, double *value);

/* A plain decimal number of JSON's grammar, as strict. */
int number_parse(const char *text, double *value);
int integer_parse(const char *text, long long *value);

#endif
