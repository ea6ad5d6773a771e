/* claims_needs: whether a campaign's bench is what a claim requires, and how it differs from what its source had. Part of claims_judged. */
#ifndef JOULERIG_REPORT_CLAIMS_NEEDS_H
#define JOULERIG_REPORT_CLAIMS_NEEDS_H

#include "claims_figures.h"

/* True if something that the claim requires is not there, or not known to be; `why` says what. */
bool claims_need_unmet(const struct claims_data *data, const struct claim *claim, char *why, size_t size);
/* "the source has Python 3.14.2; arm ft is 3.13.5"; "" if they are of one minor version, or nothing is known. */
void claims_interpreters(const struct campaign_file *file, const struct claim *claim, char *caution, size_t size);

#endif
