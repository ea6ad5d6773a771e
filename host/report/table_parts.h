/* table_parts: the rows of the table, and what is said below them. */
#ifndef JOULERIG_REPORT_TABLE_PARTS_H
#define JOULERIG_REPORT_TABLE_PARTS_H

#include "layout.h"
#include "summary.h"

void table_rows(const struct summary *summary, const struct table_options *options, struct text *out);

/* Runs that did not enter, impossible results, joulerig's own use, and how to read the numbers. */
void table_notes(const struct campaign_file *file, const struct summary *summary, const struct table_options *options,
		 struct text *out);

/* When the campaign ends by its plan's rule, and what that costs: part of the notes. */
void table_stopping(const struct campaign_file *file, const struct table_options *options, struct text *out);

/* Calibration of the instruments, and their ranges: part of the notes. */
/* How far one run filled the ranges; nothing where that is not known. */
void run_ranges(const struct campaign_file *file, uint32_t run, struct text *out);
void table_instruments(const struct campaign_file *file, const struct table_options *options, struct text *out);

/* Points at which what is above idle, or the tail, says the opposite of the ratio in the table: part of the notes. */
void table_quantities(const struct summary *summary, const struct table_options *options, struct text *out);

#endif
