/*
 * facts: reading campaign_file.facts, in which anything may be missing. Strings are borrowed from it, raw: see plain.h.
 */
#ifndef JOULERIG_REPORT_FACTS_H
#define JOULERIG_REPORT_FACTS_H

#include "campaign_file.h"
#include "text.h"

/* The value at a path such as "bench.name"; NULL if absent. */
json_t *facts_at(const struct campaign_file *file, const char *path);
const char *facts_string(const struct campaign_file *file, const char *path); /* "" if absent */
double facts_number(const struct campaign_file *file, const char *path);      /* NAN if absent or null */

const char *facts_reference(const struct campaign_file *file); /* the arm that ratios refer to; "" if none */
const char *facts_phase(const struct campaign_file *file, const char *workload); /* that the plan shows; "" for the whole run */
size_t facts_arm_order(const struct campaign_file *file, const char *arm);       /* SIZE_MAX if the plan does not list it */
size_t facts_workload_order(const struct campaign_file *file, const char *workload);

/* How much of what is reported came from a twin. */
enum simulated { SIMULATED_NONE, SIMULATED_SOME, SIMULATED_ALL };
enum simulated facts_simulated(const struct campaign_file *file);

/* A sentence on why the machine's own RAPL is not to be held against the wall, by what is known of the machine or by what the runs show
 * (rapl_zones.h, which speaks of twins, too); nothing when it may be, or there is none. */
void facts_rapl_doubt(const struct campaign_file *file, struct text *text);

#endif
