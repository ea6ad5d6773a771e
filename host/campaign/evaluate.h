/*
 * evaluate: a run file's raw data become results: one for the whole run and one for each phase. Reads nothing but the run, so
 * that the numbers of today and of a year later are the same.
 */
#ifndef JOULERIG_CAMPAIGN_EVALUATE_H
#define JOULERIG_CAMPAIGN_EVALUATE_H

#include "result.h"
#include "run.h"

/* malloc'ed array of *n results, the whole run first. */
int evaluate_run(const struct run *run, struct result **results, size_t *n, struct error *error);

/* The same of one run of a campaign, of which `refusals` tells what certificates cannot be applied to (run_certificates.h); what this run
 * refuses is added. When it grows, those before it must be evaluated again. */
struct certificate_refusals;
int evaluate_run_among(const struct run *run, struct certificate_refusals *refusals, struct result **results, size_t *n, struct error *error);

/* What only the runs of a campaign together can tell: results of the same workload and point whose checksum differs from the
 * most frequent one become RUN_MISMATCH. Idempotent: a result is judged from its checksum alone. */
void evaluate_checksums(struct result *results, size_t n);

#endif
