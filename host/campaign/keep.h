/*
 * keep: from a journal to the run file of the same number: by the live path when a run has ended, and after a crash. One path.
 */
#ifndef JOULERIG_CAMPAIGN_KEEP_H
#define JOULERIG_CAMPAIGN_KEEP_H

#include "run.h"

/* The run that a journal holds. A journal without the note that ends a run (schemas/journal.md) was cut short: its run gets the
 * status `interrupted` and a reason that says where, the same each time. ERROR_UNSUPPORTED when it ended with a status that is not known. On failure `run`
 * is empty. */
int keep_load(const char *journal_path, struct run *run, struct error *error);

/* Writes DIR/runs/NNNNNN.h5 from `run` and then removes the journal of that number. */
int keep_write(const char *directory, uint32_t number, const struct run *run, struct error *error);

#endif
