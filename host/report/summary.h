/*
 * summary: what the runs of a campaign say together: one group for each workload, point and arm, over the phase that the plan
 * shows. A run enters its group if it ended well and the campaign's main source (the wall; RAPL where there is no wall) gave a
 * number for it; all other runs are counted with the reason, never dropped in silence.
 */
#ifndef JOULERIG_REPORT_SUMMARY_H
#define JOULERIG_REPORT_SUMMARY_H

#include "campaign_file.h"
#include "statistics.h"

struct summary_group {
	const char *workload, *point, *arm, *phase; /* borrowed from the campaign_file */
	bool is_reference;
	size_t n, n_excluded;           /* runs that entered, and that did not */
	const struct result **members;  /* n */
	struct interval time;           /* s; all NAN when n is 0, as everything below */
	struct mean_energy wall_gross, wall_net, wall_caused, rapl_gross, rapl_net; /* .n may be less than n */
	double wall_power, rapl_power;  /* W: mean of the runs' mean power */
	double rapl_fraction;           /* RAPL gross / wall gross, mean of the runs */
	/* This arm over the reference arm, same workload and point; {1, 1, 1} for the reference, NAN where there is none. */
	struct interval ratio_time, ratio_wall, ratio_rapl; /* energies: gross */
	struct interval ratio_net, ratio_caused; /* of the wall; NAN where some run has none above zero */
};

struct summary_exclusion {
	size_t group; /* index */
	size_t n;     /* runs with this status and reason */
	uint32_t run; /* the first of them */
	enum run_status status; /* RUN_OK: the run went well, its energy did not enter */
	char reason[200];
};

struct summary {
	struct summary_group *groups; /* by workload, point, arm in the plan's order */
	size_t n_groups;
	struct summary_exclusion *exclusions; /* by group */
	size_t n_exclusions;
	bool has_wall, has_rapl;
	bool compares; /* some arm stands beside the reference arm */
};

/* `file` must outlive the summary. -1 when memory is short; the summary is then empty. */
int summary_make(const struct campaign_file *file, struct summary *summary);
void summary_free(struct summary *summary); /* and zeroes it */

/* The group of the same workload and point in the reference arm; NULL if none. */
const struct summary_group *summary_reference(const struct summary *summary, const struct summary_group *group);

#endif
