/* view: what tables and exports read out of a struct result in the same way. */
#ifndef JOULERIG_REPORT_VIEW_H
#define JOULERIG_REPORT_VIEW_H

#include "campaign_file.h"
#include "text.h"

/* The energy of a source that gives a number: NULL if the result has none of that name, or it was refused. */
const struct energy *view_energy(const struct result *result, const char *source);

bool view_has_bracket(const struct result *result);                      /* both edges are known */
double view_duration(const struct result *result);                       /* s; NAN without a bracket */
void view_start_time(struct text *out, const struct result *result);     /* ISO 8601, UTC, with ns; nothing if unknown */
void view_title(struct text *out, const char *workload, const char *point); /* "mandelbrot threads=2", harmless */

#endif
