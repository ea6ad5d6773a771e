/*
 * flags: what a campaign's repeated runs show that alike runs would not (analysis/oddities.h), by the energy that the table compares. Runs
 * are held against those of their own group, on logarithms, and groups are looked at together. Nothing is left out or
 * corrected for it: a flag says where to look.
 */
#ifndef JOULERIG_REPORT_FLAGS_H
#define JOULERIG_REPORT_FLAGS_H

#include "oddities.h"
#include "summary.h"
#include "text.h"

struct flagged_run {
	const struct result *result;
	double off;   /* its energy over the median of its group, less 1 */
	double score; /* beyond ODDITIES_SCORE either way */
};

struct flags {
	struct flagged_run *outliers; /* in order of runs */
	size_t n_outliers, n_runs;    /* of so many that were looked at */
	struct order_oddities order;  /* of all runs, in the order they were made; its slope is per run */
	double change;                /* over the whole campaign by its slope, relative; 0 unless it drifts */
	double moved;                 /* by how much, relative, that moves the ratio of two arms which it moves most; 0 unless it drifts */
};

/* -1 when memory is short; the flags are then empty. `summary` must outlive them. */
int flags_find(const struct summary *summary, struct flags *flags);
void flags_free(struct flags *flags); /* and zeroes it */

/* One sentence each on outliers, drift and memory; appends to `text`, nothing where there is nothing to say. */
void flags_say_outliers(const struct flags *flags, struct text *text);
void flags_say_order(const struct flags *flags, struct text *text);

#endif
