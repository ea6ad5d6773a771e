/*
 * stopping: a campaign ends early by the plan's rule (`stop`), which was written down before its first run.
 *
 * After each complete block (with the order abba: each pair of them), from `at_least` on, the 95 % interval of every comparison with the reference arm is looked at; once all are as
 * narrow as wanted, the rest is not needed. Where an interval never gets there, since the arms do not share all of the meter's errors, the part
 * of it that is scatter must: more runs would hardly help. The rule is part of facts.json. The decision follows from the runs alone, so that an analysis
 * years later comes to the same one: it is taken at the last complete block there is, and never once a later block has begun.
 *
 * Who looks at the data to decide when to stop, stops more often than not when the scatter happens to look small: the interval at the end
 * covers less than it says. stopping_coverage says how much is left.
 */
#ifndef JOULERIG_CAMPAIGN_STOPPING_H
#define JOULERIG_CAMPAIGN_STOPPING_H

#include <jansson.h>

#include "bench.h"
#include "campaign_file.h"
#include "plan.h"

/* The rule as it stands in facts.json, as `stopping`; `skipped` as skips.h has it. NULL: the plan has none, or memory is short. */
json_t *stopping_rule(const struct plan *plan, const json_t *skipped);

/* ERROR_CONFIG: the bench has nothing that the rule goes by. */
int stopping_check(const struct plan *plan, const struct bench *bench, struct error *error);

/* Adds to the rule in the campaign's facts, if there is one, what the runs so far say: `decision`. */
int stopping_decide(struct campaign_file *file, struct error *error);

/* The number of repetitions after which it has stopped, as the facts say; 0: it has not. */
uint32_t stopping_after(const json_t *facts);

/* In how many of all campaigns (a fraction, at least) the 95 % interval of a ratio holds where this rule decides when to stop, by the
 * least number of repetitions. Measured for normal scatter: 100 000 campaigns for each of 8 targets from 0.35 to 1.2 of the scatter of a run,
 * with both arms alike and with all scatter in one; the worst of them, which is the latter, at 0.5 to 0.7. Exponential scatter is no worse in
 * both arms alike (0.949 from at_least 10 on, 20 000 campaigns each); in one arm alone, Welch's interval keeps 0.90 of 10 runs, and 0.86 by this rule. */
double stopping_coverage(int at_least);

#endif
