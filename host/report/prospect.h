/*
 * prospect: what the comparisons of a plan will be able to find, said before it is run: the minimum detectable effect of its repetitions
 * (planning.h), by the scatter of an earlier campaign's runs, or else by scatters that are stated.
 */
#ifndef JOULERIG_REPORT_PROSPECT_H
#define JOULERIG_REPORT_PROSPECT_H

#include "campaign_file.h"
#include "layout.h"

struct prospect_comparison { /* of an arm with the reference arm, at one point of a workload */
	const char *workload, *point, *arm;
};
struct prospect {
	int repetitions, at_least; /* at_least: the plan may stop after so many (stopping.h); 0: it does not */
	const char *reference;
	const struct prospect_comparison *comparisons; /* point after point, each arm of it */
	size_t n;
	const json_t *skipped;            /* skips.h; what is skipped is not compared; may be NULL */
	const struct campaign_file *like; /* an earlier campaign with workloads, points and arms of the same names; or NULL */
	const char *place;                /* where that is, for the reader */
};

/* Nothing, where nothing is compared. -1 when memory is short. */
int report_prospect(const struct prospect *prospect, const struct table_options *options, struct text *out);
/* What is skipped, and why: as it stands below the table. */
void report_skipped(const json_t *skipped, const struct table_options *options, struct text *out);

#endif
