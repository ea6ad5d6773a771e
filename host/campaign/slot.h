/*
 * slot: one attempt at one place of the schedule: settle, idle, gate, run, tail; its journal becomes its run file.
 */
#ifndef JOULERIG_CAMPAIGN_SLOT_H
#define JOULERIG_CAMPAIGN_SLOT_H

#include "edges.h"
#include "interpreter.h"
#include "schedule.h"
#include "session.h"

struct slot_context {
	const char *directory;            /* of the campaign */
	const char *uuid;
	const struct interpreter *interpreters; /* by arm; path "" where the arm has none */
	const struct bench_config *bench;
	const struct trigger_figure *trigger;
	json_t *bench_facts;
	char plan_sha256[65], bench_sha256[65];
};

#define SLOT_REMEDY_RESUME "go on with --resume" /* after an interrupt */

/* Runs it and leaves DIR/runs/NNNNNN.h5 (its journal is removed once the file has been read back). 0 when a run file is
 * there, whatever became of the workload; -1 when none could be made, the journal then being left as it is; ERROR_INTERRUPTED
 * after a second interrupt. */
int slot_run(struct session *session, const struct slot_context *context, const struct slot *slot, uint32_t run, struct error *error);

#endif
