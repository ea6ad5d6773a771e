/* run_work: how much work a run did, by its own word: `fact work 1000000 pixel` (schemas/marks.md). */
#ifndef JOULERIG_CAMPAIGN_RUN_WORK_H
#define JOULERIG_CAMPAIGN_RUN_WORK_H

#include "run.h"

/* A new object {"run": 7, "amount": 1000000, "unit": "pixel"}; NULL of a run that told none, or nothing that can be read. */
json_t *run_work_to_json(const struct run *run);

#endif
