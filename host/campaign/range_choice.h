/*
 * range_choice: the smallest range that holds what the loads need, with a tenth to spare: before a campaign.
 */
#ifndef JOULERIG_CAMPAIGN_RANGE_CHOICE_H
#define JOULERIG_CAMPAIGN_RANGE_CHOICE_H

#include "device.h"
#include "range_needs.h"

#define RANGE_ROOM 1.1          /* times the most that was seen must fit */
#define RANGE_OFFERS_MAX 256

/* Of power range, and of those with the same the one of the smaller voltage. Peaks that nobody has looked at are allowed for: a crest
 * factor of RANGE_CREST for the current, RANGE_CREST_SINE for the voltage (range_advice.h). A current range in which a peak was
 * exceeded is too small. -1: none is large enough. */
int range_choose(const struct range_need *need, const struct range_offer *offers, size_t n);
/* The one that holds the most. */
int range_largest(const struct range_offer *offers, size_t n);

#endif
