/* fuzz: what the fuzz targets of the host share. One thread. */
#ifndef JOULERIG_TESTS_FUZZ_H
#define JOULERIG_TESTS_FUZZ_H

#include "run.h"
#include "target.h"

/* A folder of this process's own, in memory where possible; removed at the end. */
const char *fuzz_folder(void);
/* Stores the input as NAME in that folder, in place of what was there. Returns its path, valid until the next call. */
const char *fuzz_store(const char *name, const void *data, size_t size);

/* Evaluates a run that a reader has accepted: whatever is in it, each source has a finite number with a finite U, or is
 * refused and says why; a run is ok, or says why not. Aborts otherwise. */
void fuzz_evaluate(const struct run *run);
/* Aborts unless a reader that failed has said what failed. */
void fuzz_expect_reason(const struct error *error);

#endif
