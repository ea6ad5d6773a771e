/* summary_groups: which run belongs to which group, and why some do not count. Fills all of a summary but its numbers. */
#ifndef JOULERIG_REPORT_SUMMARY_GROUPS_H
#define JOULERIG_REPORT_SUMMARY_GROUPS_H

#include "summary.h"

int summary_group_runs(const struct campaign_file *file, struct summary *summary);

#endif
