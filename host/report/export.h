/*
 * export: a campaign's results for other programs. Both forms are stable: columns and members are only ever added.
 */
#ifndef JOULERIG_REPORT_EXPORT_H
#define JOULERIG_REPORT_EXPORT_H

#include "campaign_file.h"
#include "text.h"

/* RFC 4180, UTF-8, lines end in CRLF; a header line, then one line for each run and phase, with the columns of campaign.h5's
 * /summary. Numbers have all their digits (%.17g, a decimal point whatever the locale), unknown ones are empty. A text that a
 * spreadsheet would take for a formula (it begins with = + - @ tab or CR) gets an apostrophe before it.
 * Appends to `out`. -1 when memory is short. */
int report_csv(const struct campaign_file *file, struct text *out);

/* As schemas/export.schema.json describes it; unknown and infinite numbers are null. Appends to `out`.
 * -1 when memory is short. */
int report_json(const struct campaign_file *file, struct text *out);

#endif
