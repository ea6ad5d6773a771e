/* claims_reasons: why a claim is undecided, what would decide it, and which quantities disagree. Part of claims_judged. */
#ifndef JOULERIG_REPORT_CLAIMS_REASONS_H
#define JOULERIG_REPORT_CLAIMS_REASONS_H

#include "claims_figures.h"

/* What a claim's verdicts are made of. */
struct claim_work {
	struct claim_bounds bounds;
	struct claim_figure *figures; /* of each point, CLAIM_QUANTITIES */
	struct claim_figure *times;   /* of each point, where the claim is about a slope */
	struct estimate joined[CLAIM_QUANTITIES]; /* of all points, where the verdict is of that */
	double factor[CLAIM_QUANTITIES]; /* by which the other claims of the file make its p larger */
	size_t n_tested;                 /* how many claims these are, with it */
	char unmet[CLAIM_REASON_SIZE]; /* what it requires and is not there; "" */
};

const struct claim_figure *claim_work_figure(const struct claim_work *work, size_t point, size_t quantity);

/* Sets `reason` and `more_runs` of a quantity that is undecided, or (some points being not tested) not testable. */
void claims_explain(struct claim_judged *judged, const struct claim_work *work, size_t quantity);
/* Sets `conflict` and `disagreement`. */
void claims_disagree(struct claim_judged *judged);

#endif
