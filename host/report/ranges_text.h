/*
 * ranges_text: a meter's ranges, what each would have made of a campaign's energies, and which one to take.
 */
#ifndef JOULERIG_REPORT_RANGES_TEXT_H
#define JOULERIG_REPORT_RANGES_TEXT_H

#include "range_advice.h"
#include "text.h"

/* Appends to `out`. -1 when memory is short. */
int report_ranges(const struct range_advice *advice, struct text *out);

#endif
