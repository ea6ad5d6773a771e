/*
 * campaign_file: campaign.h5, rebuilt as a whole and replaced atomically after every run. Holds nothing that cannot be
 * recomputed from the run files, beside the texts (plan, bench, machine, interpreters) that every run file repeats by hash.
 */
#ifndef JOULERIG_STORE_CAMPAIGN_FILE_H
#define JOULERIG_STORE_CAMPAIGN_FILE_H

#include <jansson.h>
#include <stddef.h>

#include "error.h"
#include "result.h"

struct campaign_file {
	char *plan_text, *bench_text; /* the YAML as read; NULL if there is none */
	/* Object: version, uuid, title, seed, started, machine, interpreters, devices, trigger, arms, reference arm, simulated… */
	json_t *facts;
	struct result *results; /* one per run and phase, in order of runs */
	size_t n_results;
};

/* Writes DIR/campaign.h5.part, syncs, renames, syncs DIR. On failure the older campaign.h5 stays as it was. */
int campaign_file_write(const char *directory, const struct campaign_file *file, struct error *error);
/* From a campaign's directory, its campaign.h5, or a packed campaign (pack.h). On failure `file` is empty. */
int campaign_file_read(const char *place, struct campaign_file *file, struct error *error);
void campaign_file_free(struct campaign_file *file); /* and zeroes it */

#endif
