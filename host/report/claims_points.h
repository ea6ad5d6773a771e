/* claims_points: which points of a campaign a claim is about, and which of those it names are not there. Part of claims_judged. */
#ifndef JOULERIG_REPORT_CLAIMS_POINTS_H
#define JOULERIG_REPORT_CLAIMS_POINTS_H

#include "claims_figures.h"
#include "claims_judged.h"

/* Fills points and n_points of `judged`; an absent one has its reason in its first quantity. -1 when memory is short. */
int claims_points(const struct claims_data *data, struct claim_judged *judged);

#endif
