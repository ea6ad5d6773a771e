/*
 * number: numbers as people read them, after the GUM (JCGM 100:2008, 7.2.6): an expanded uncertainty has two significant
 * digits and is rounded up, the value is rounded to the same place. What is not known is `–`. Thousands stay plain.
 *
 * Each function appends to `out`. The decimal point is the locale's: see c_locale.h.
 */
#ifndef JOULERIG_REPORT_NUMBER_H
#define JOULERIG_REPORT_NUMBER_H

#include "statistics.h"
#include "text.h"

#define NUMBER_UNKNOWN "–"

/* `412.6 J ± 1.9 J`; kJ above 100 000 J, mJ below 0.01 J. An unknown or zero U is `± –`, the value then has four digits. */
void number_energy(struct text *out, double joules, double U);

/* `412.6 J s ± 1.9 J s`: likewise, in a unit that is not prefixed. */
void number_quantity(struct text *out, double value, double U, const char *unit);

/* `120.6 W`, to the place that an uncertainty U (W) leaves meaningful; four digits when U is unknown. */
void number_power(struct text *out, double watts, double U);

/* `3.42 s`, `98.1 ms`, `12.0 µs`, `342.1 s`. */
void number_time(struct text *out, double seconds);

/* `0.53 [0.51, 0.55]`: rounded outwards, with as many decimals as the interval is worth, and enough that an interval that
 * excludes 1 is seen to. Without an interval the estimate alone. */
void number_ratio(struct text *out, const struct interval *ratio);

void number_percent(struct text *out, double fraction); /* `61 %`, `1.2 %`, `0.04 %` */
void number_bytes(struct text *out, double bytes);      /* `34.1 MiB` */

/* Two-digit U rounded up: its value, and in *place the power of ten of its last digit. For U > 0 and finite. */
double number_round_up(double U, int *place);

#endif
