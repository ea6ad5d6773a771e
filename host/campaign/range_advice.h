/*
 * range_advice: what U the energies of a campaign would have had under each range that the meter offers. The run files are
 * evaluated again as they are, only with the accuracy of another range; nothing is measured.
 */
#ifndef JOULERIG_CAMPAIGN_RANGE_ADVICE_H
#define JOULERIG_CAMPAIGN_RANGE_ADVICE_H

#include "campaign_file.h"
#include "channel.h"

struct bench_config; /* bench.h */

#define RANGE_MARGIN 0.9    /* of a range: loads may fill it so far */
#define RANGE_CREST 3.0     /* of a current whose peaks nobody has seen */
#define RANGE_CREST_SINE 1.5 /* of the mains' voltage, with some distortion */
#define RANGE_ROWS_MAX 64
#define RANGE_WORKLOADS_MAX 64

struct range_row {
	double voltage, current; /* V, A */
	struct accuracy accuracy;
	double filled; /* largest load over range (or peak over what the range still measures): 1 is full */
	bool fits;     /* within RANGE_MARGIN, and no run has told of a peak beyond it */
	bool in_use;
	double *U;     /* by workload: median over its runs of U(gross) / gross; NAN unknown, or where it does not fit */
};

struct range_advice {
	char device[32], model[48], serial[48];
	bool simulated;
	double power, voltage, current; /* largest means over a window; NAN where not recorded */
	size_t peaks_over;              /* values for which the meter said that a peak exceeded the range in use */
	size_t n_runs, n_workloads;
	bool more_workloads; /* than there is room for */
	char workloads[RANGE_WORKLOADS_MAX][112]; /* "nbody threads=2" */
	int n_rows, best;               /* best: index of the smallest range that fits; -1: none */
	struct range_row rows[RANGE_ROWS_MAX]; /* by growing power range */
};

/* Of the device named, or (NULL) the first one that measures the wall. ERROR_UNSUPPORTED where its driver knows no other ranges,
 * ERROR_CONFIG where the campaign does not tell what the loads need. Free it also after a failure. */
int range_advise(const char *directory, const struct bench_config *bench, const char *device, struct range_advice *advice,
		 struct error *error);
void range_advice_free(struct range_advice *advice);

#endif
