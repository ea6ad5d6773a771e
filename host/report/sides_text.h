/* sides_text: campaigns of different machines side by side, for people and for programs. */
#ifndef JOULERIG_REPORT_SIDES_TEXT_H
#define JOULERIG_REPORT_SIDES_TEXT_H

#include "factors_file.h"
#include "layout.h"
#include "sides.h"

/* `factors` may be NULL. Append to `out`; -1 when memory is short. */
int report_sides(const struct sides *sides, const struct factors *factors, const struct table_options *options, struct text *out);
int report_sides_json(const struct sides *sides, const struct factors *factors, struct text *out);

#endif
