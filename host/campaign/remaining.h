/* remaining: whether a campaign is finished, for whoever shows what it says so far. */
#ifndef JOULERIG_CAMPAIGN_REMAINING_H
#define JOULERIG_CAMPAIGN_REMAINING_H

#include "campaign_file.h"
#include "text.h"

/* Appends a sentence on the runs that its plan still asks for; nothing where none is left (skipped ones, and those that the plan's rule
 * made needless, are not asked for), or where it has no plan that this joulerig reads. */
void remaining_say(const struct campaign_file *file, struct text *text);

#endif
