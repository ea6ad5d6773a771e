/* share: names of what a budget term has in common with other runs. */
#ifndef JOULERIG_REPORT_SHARE_H
#define JOULERIG_REPORT_SHARE_H

#include "budget.h"

const char *share_name(enum share share);  /* in files: "none", "relative", "absolute" */
const char *share_words(enum share share); /* for people */

#endif
