/* claims_figures: the figures that claims are about, of one point each, as estimates. Part of claims_judged. */
#ifndef JOULERIG_REPORT_CLAIMS_FIGURES_H
#define JOULERIG_REPORT_CLAIMS_FIGURES_H

#include "claims_judged.h"
#include "summary.h"

struct claim_figure {
	struct estimate estimate; /* all NAN: none, `reason` says why */
	size_t n_arm, n_over;     /* runs behind it; of a ratio of ratios the fewest */
	char reason[CLAIM_REASON_SIZE];
	char caution[CLAIM_REASON_SIZE]; /* runs that could not be measured, which the others stand for; "" */
};

/* A campaign, its runs grouped. */
struct claims_data {
	const struct campaign_file *file;
	const struct summary *summary;
	const char *rapl_doubt; /* why RAPL is not held against the wall; "" */
};

/* The claim's contrast of `metric` (its own, or those an elasticity is made of) at a point of the campaign. -1 when memory is short. */
int claims_figure(const struct claims_data *data, const struct claim *claim, enum claim_metric metric, enum claim_quantity quantity,
		  const char *workload, const char *point, struct claim_figure *figure);

const struct summary_group *claims_group(const struct summary *summary, const char *workload, const char *point, const char *arm);
/* Why the campaign left a workload out under an arm; NULL if it did not. */
const char *claims_skipped(const struct campaign_file *file, const char *workload, const char *arm);

#endif
