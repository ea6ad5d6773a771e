/*
 * heading: the lines above a table that say what was measured on what; and, whatever comes from a twin, that it did.
 */
#ifndef JOULERIG_REPORT_HEADING_H
#define JOULERIG_REPORT_HEADING_H

#include "campaign_file.h"
#include "layout.h"

/* Nothing for a real campaign; else a line that cannot be missed. */
void heading_simulated(const struct campaign_file *file, const struct table_options *options, struct text *out);
/* That, the title, bench, machine, interpreters and origin. */
void heading_campaign(const struct campaign_file *file, const struct table_options *options, struct text *out);

#endif
