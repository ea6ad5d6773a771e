/*
 * campaign_facts: what is known before the first run and is in no run file: facts.json. And whether a campaign that is resumed
 * is still the same one.
 */
#ifndef JOULERIG_CAMPAIGN_CAMPAIGN_FACTS_H
#define JOULERIG_CAMPAIGN_CAMPAIGN_FACTS_H

#include <jansson.h>

#include "bench.h"
#include "campaign_file.h"
#include "edges.h"
#include "interpreter.h"
#include "plan.h"

struct campaign_sources {
	const char *version; /* of joulerig */
	const struct plan *plan;
	const struct bench_config *bench;
	const struct interpreter *interpreters; /* by arm; path "" where the arm has none */
	const json_t *skipped;                   /* skips.h */
	const struct trigger_figure *trigger;
	json_t *bench_facts;
	size_t n_slots;
};
/* A new campaign's texts and facts, with a new uuid, into `file`, which is empty before. */
int campaign_facts_make(const struct campaign_sources *sources, struct campaign_file *file, struct error *error);

/* ERROR_CONFIG, naming what differs from the campaign in `file`: plan, bench, an arm's interpreter, what is skipped, the machine or the
 * working directory; a device. Another version of joulerig is a warning in the log. */
int campaign_facts_compare(const struct campaign_file *file, const struct campaign_sources *sources, struct error *error);
int campaign_facts_compare_devices(const struct campaign_file *file, json_t *bench_facts, struct error *error);

/* Also of what is imported. */
void campaign_new_uuid(char uuid[37]);
void campaign_time(int64_t realtime, char text[32]); /* "2026-05-28T20:26:40Z" of ns since 1970 UTC */

#endif
