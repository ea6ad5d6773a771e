/*
 * recover: what a crash left of a campaign becomes run files again (schemas/journal.md, "After a crash"). Says what it does by
 * log lines at LOG_LEVEL_INFO. Doing it again changes nothing.
 */
#ifndef JOULERIG_CAMPAIGN_RECOVER_H
#define JOULERIG_CAMPAIGN_RECOVER_H

#include "error.h"

/* The caller holds the directory's lock. Goes on to the other runs when one fails; the first failure is told. */
int recover_runs(const char *directory, struct error *error);

/* joulerig recover: locks, recovers, rebuilds campaign.h5. */
int recover_directory(const char *directory, struct error *error);

#endif
