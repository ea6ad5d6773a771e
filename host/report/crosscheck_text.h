/* crosscheck_text: RAPL held against the wall, for people and for programs. */
#ifndef JOULERIG_REPORT_CROSSCHECK_TEXT_H
#define JOULERIG_REPORT_CROSSCHECK_TEXT_H

#include "crosscheck_set.h"
#include "layout.h"

/* Appends to `out`; `simulated` goes into the heading. -1 when memory is short. */
int report_crosscheck(const struct crosscheck_set *set, const struct crosscheck *check, bool simulated, const struct table_options *options,
		      struct text *out);
/* One JSON object; unknown numbers are null. */
int report_crosscheck_json(const struct crosscheck_set *set, const struct crosscheck *check, bool simulated, struct text *out);

#endif
