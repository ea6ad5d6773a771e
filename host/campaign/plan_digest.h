/*
 * plan_digest: what of a plan, and of a bench, matters to whoever compares campaigns, key by key, in words that are the same where they mean
 * the same.
 */
#ifndef JOULERIG_CAMPAIGN_PLAN_DIGEST_H
#define JOULERIG_CAMPAIGN_PLAN_DIGEST_H

#include <jansson.h>

/* A new object of strings: "repetitions": "5", "idle": "3 s", "workload mandelbrot": its command … NULL of a text that is no plan
 * this joulerig knows, or without memory. Titles, seeds and interpreters' paths are not in it. */
json_t *plan_digest(const char *text);

/* Likewise of a bench file what its facts do not have: "line_frequency": "50 Hz", where it is stated. */
json_t *bench_digest(const char *text);

#endif
