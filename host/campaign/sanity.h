/*
 * sanity: can analysis reckon with a run's times? A file may hold any number; sums and differences of a few times must stay
 * within int64, and what is a duration cannot be negative.
 */
#ifndef JOULERIG_CAMPAIGN_SANITY_H
#define JOULERIG_CAMPAIGN_SANITY_H

#include "run.h"

/* NULL, or what is wrong: a text that lives. */
const char *sanity_fault(const struct run *run);

#endif
