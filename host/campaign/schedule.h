/*
 * schedule: which slot comes when. Blocks: every slot of the plan once per repetition, in an order drawn from the seed, so
 * that a slow drift of the machine or the room does not favour an arm.
 */
#ifndef JOULERIG_CAMPAIGN_SCHEDULE_H
#define JOULERIG_CAMPAIGN_SCHEDULE_H

#include "plan.h"

enum slot_state {
	SLOT_OPEN,       /* to be tried */
	SLOT_DONE,       /* some run of it came to an end, good or bad */
	SLOT_SKIPPED,    /* its arm cannot run its workload (skips.h) */
	SLOT_NOT_NEEDED, /* the campaign has stopped by its plan's rule (stopping.h) */
};

struct slot {
	uint32_t index;      /* place in the schedule, from 0 */
	uint32_t repetition; /* from 0 */
	uint32_t block;
	uint32_t order; /* place within the block */
	int workload, point, arm;
	uint32_t attempt;      /* which try at it comes next, from 1 */
	enum slot_state state; /* stock.h */
};

/* malloc'ed array of *n slots, none of them tried yet; NULL on failure. The same plan and seed give the same schedule, on every machine. */
struct slot *schedule_make(const struct plan *plan, size_t *n, struct error *error);

#endif
