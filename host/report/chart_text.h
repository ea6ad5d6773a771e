/*
 * chart_text: the checks of a bench as control charts for people: one for each device and what it is checked against.
 */
#ifndef JOULERIG_REPORT_CHART_TEXT_H
#define JOULERIG_REPORT_CHART_TEXT_H

#include "check_log.h"
#include "text.h"

/* Appends to `out` the charts of all series among the entries, or (unless NULL) of the one that `of` belongs to. *in_control
 * becomes false when the newest point of one of them breaks a rule, or it drifts. -1 when memory is short. */
int report_charts(const struct check_entry *entries, size_t n, const struct check_entry *of, struct text *out, bool *in_control);

#endif
