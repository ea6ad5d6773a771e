/* integrators: can the bench give what a plan with `wall: integrator` takes? */
#ifndef JOULERIG_CAMPAIGN_INTEGRATORS_H
#define JOULERIG_CAMPAIGN_INTEGRATORS_H

#include "bench.h"
#include "plan.h"

/* Each meter at the wall must integrate; one that is gated must have a gate, whose instants somebody tells, and knows of whole runs
 * only. ERROR_CONFIG. */
int integrators_check(const struct plan *plan, const struct bench *bench, struct error *error);

#endif
