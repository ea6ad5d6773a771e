/*
 * readiness: what a meter needs beside being there: a certificate that is its own and holds, and time to warm up.
 */
#ifndef JOULERIG_CAMPAIGN_READINESS_H
#define JOULERIG_CAMPAIGN_READINESS_H

#include "bench.h"
#include "run.h"

/* Before anything is measured. ERROR_CONFIG: a certificate has expired and no drift is stated (all that would be measured would be
 * refused), was issued later than today, is another meter's, or there are several powers that it could be about. */
int readiness_check(const struct bench_config *config, const struct bench *bench, int64_t realtime, struct error *error);

/* Which devices had not been seen on for as long as they need, at the run's start: a remark, "" if all had. */
const char *readiness_remark(const struct run *run, int64_t start, char text[160]);

#endif
