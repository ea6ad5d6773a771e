/*
 * table: a campaign's results for people, in hyperfine's manner: one block a workload and point, one row an arm.
 *
 * Where it does not fit in `columns` (readable at 100 to 120), columns are left out in this order, and a line says which:
 * caused, RAPL ratio, time ratio, RAPL's share of the wall, net, power, n, RAPL. Arm, time, energy and its ratio always stay.
 */
#ifndef JOULERIG_REPORT_TABLE_H
#define JOULERIG_REPORT_TABLE_H

#include "campaign_file.h"
#include "layout.h"

/* Appends to `out`. -1 when memory is short. */
int report_table(const struct campaign_file *file, const struct table_options *options, struct text *out);

#endif
