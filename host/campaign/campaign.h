/*
 * campaign: every slot of a plan on one bench, one run file each, and campaign.h5 rebuilt after every run. It can be resumed:
 * the directory says what is done.
 */
#ifndef JOULERIG_CAMPAIGN_CAMPAIGN_H
#define JOULERIG_CAMPAIGN_CAMPAIGN_H

#include "bench.h"
#include "campaign_file.h"
#include "launcher.h"
#include "plan.h"
#include "session.h"

struct campaign_request {
	const struct plan *plan;
	const struct bench_config *bench;
	const char *directory;      /* must not exist yet, or be empty, unless `resume` */
	bool resume;                /* go on with the campaign in `directory`, if one has begun there; else begin it */
	struct launcher *launcher;  /* forked before anything else was opened */
	struct surroundings *surroundings; /* of the bench: surroundings_lab */
	const struct watch *watch;  /* may be NULL */
	bool on_battery;            /* measured although the machine draws on a battery */
	const char *version;
	bool ranging;        /* devices whose ranges come from history have them from a ranging pass instead */
	/* Called once all that could refuse a new campaign has been asked, before its first run; NULL: nobody wants to know. */
	void (*begins)(void *context, const json_t *skipped);
	void *begins_context;
	const char *history; /* the file of the bench's history of ranges: read, and added to; NULL: none */
};

/* Runs it all. `file` holds what campaign.h5 holds (the caller frees it), also after a failure, as far as it went; so every
 * run that has ended is on disk whatever this returns. ERROR_INTERRUPTED when the user stopped it. A campaign that cannot be
 * resumed leaves `file` empty: ERROR_CONFIG names what is not as it was when the campaign began. */
int campaign_run(const struct campaign_request *request, struct campaign_file *file, struct error *error);

#endif
