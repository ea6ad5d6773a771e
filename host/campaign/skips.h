/*
 * skips: which workloads are not run under which arms, since the arm's interpreter has not got what they require: an array of
 * objects with workload, arm and reason (the interpreter's own words). Found when a campaign begins, part of facts.json from then on.
 */
#ifndef JOULERIG_CAMPAIGN_SKIPS_H
#define JOULERIG_CAMPAIGN_SKIPS_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"

struct interpreter;
struct plan;

/* Asks each arm's interpreter (by arm) for what each workload requires; the caller decrefs the array. NULL with an error: one gave no
 * answer; ERROR_CONFIG: nothing would be left to run. */
json_t *skips_find(const struct plan *plan, const struct interpreter *interpreters, struct error *error);
/* `skipped` may be NULL: nothing is. */
bool skips_have(const json_t *skipped, const char *workload, const char *arm);
/* The two skip the same, whatever the words. ERROR_CONFIG names the first that differs. */
int skips_compare(const json_t *was, const json_t *is, const char *remedy, struct error *error);

#endif
