/* claims_excluded: runs of a group that do not stand behind its figure, and what that does to a claim. Part of claims_judged. */
#ifndef JOULERIG_REPORT_CLAIMS_EXCLUDED_H
#define JOULERIG_REPORT_CLAIMS_EXCLUDED_H

#include "summary.h"

struct claims_title {
	char text[120];
};
struct claims_title claims_title(const struct summary_group *group); /* "mandelbrot size=2000 under arm ft" */

/* True if runs ended otherwise than they should: timed out, failed, gave another result, or ran under the wrong GIL. Those that are left are
 * then no fair choice (the slowest, perhaps, are gone), and no figure of them is judged. `why` says how many, of how many, and why. */
bool claims_censored(const struct summary *summary, const struct summary_group *group, char *why, size_t size);
/* True if runs went well, or were cut short from outside, and have no measured energy: for reasons of the meter's, so that the others may
 * stand for them, which is said. */
bool claims_unmeasured(const struct summary *summary, const struct summary_group *group, char *why, size_t size);

#endif
