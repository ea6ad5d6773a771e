/* emphasis: what layout's files share: ANSI escapes around a stretch of text ("" without colour), and spelling. */
#ifndef JOULERIG_REPORT_EMPHASIS_H
#define JOULERIG_REPORT_EMPHASIS_H

#include "layout.h"

const char *emphasis_begin(const struct table_options *options, enum emphasis emphasis);
const char *emphasis_end(const struct table_options *options, enum emphasis emphasis);

/* Appends `string`, in ASCII if the terminal wants that. */
void layout_spelt(struct text *out, const struct table_options *options, const char *string);

#endif
