/* run_detail: one run in full, for `joulerig show DIR RUN`: bracket, sources, budgets, samples, naive estimators beside. */
#ifndef JOULERIG_REPORT_RUN_DETAIL_H
#define JOULERIG_REPORT_RUN_DETAIL_H

#include "campaign_file.h"
#include "error.h"
#include "layout.h"
#include "run.h"

/* Appends every phase of run `run` to `out`; `raw`, unless NULL, is its run file, which has what the workload told of itself. -1: ERROR_NOT_FOUND when the campaign has no such run, or memory is short. */
int report_run(const struct campaign_file *file, uint32_t run, const struct run *raw, const struct table_options *options,
	       struct text *out, struct error *error);

#endif
