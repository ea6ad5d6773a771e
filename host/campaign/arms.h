/*
 * arms: the interpreter of each arm of a plan, and what it cannot run: asked before anything else is begun.
 */
#ifndef JOULERIG_CAMPAIGN_ARMS_H
#define JOULERIG_CAMPAIGN_ARMS_H

#include "interpreter.h"
#include "plan.h"
#include "skips.h"

struct arms {
	struct interpreter interpreters[PLAN_ARMS_MAX]; /* by arm; path "" where the arm has none */
	json_t *skipped;                                /* skips.h; owned */
};

/* ERROR_CONFIG: an arm that claims another state of the GIL than its interpreter has; nothing that could be run. The caller calls
 * arms_free also after a failure. */
int arms_find(const struct plan *plan, struct arms *arms, struct error *error);
void arms_free(struct arms *arms);

#endif
