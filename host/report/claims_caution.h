/* claims_caution: what a reader should know of a verdict before believing it. Part of claims_judged. */
#ifndef JOULERIG_REPORT_CLAIMS_CAUTION_H
#define JOULERIG_REPORT_CLAIMS_CAUTION_H

#include "claims_reasons.h"

/* Sets `caution`: the source's interpreter was of another version; points have a scale other than 1, which is not the source's amount of
 * work; workloads were skipped (of a claim on all); a stopping rule makes intervals cover less; runs could not be measured. */
void claims_caution(const struct campaign_file *file, struct claim_judged *judged, const struct claim_work *work);

#endif
