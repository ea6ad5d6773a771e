/*
 * import_ptd: logs of SPEC PTDaemon become a campaign: each span of a mark is a run, whose records go through a journal as a live run's
 * do, so that analysis, tables and exports take it as they take any.
 *
 * What such a log cannot tell stays unknown, and is said in each run: there was no trigger, so the edges of a span are known to one sample
 * only (half-widths of its period, on the daemon's wall clock); no counter of the machine was read; idle power is known where a span of
 * that name stands right before the run. Where the log has no quiet beside a span (it begins or ends there, another span does, or the load
 * reaches beyond its mark), the bracket is taken inside it, IMPORT_PAD samples from that end: then energy is that of a shorter time, and
 * says so, and none above idle is given.
 */
#ifndef JOULERIG_CAMPAIGN_IMPORT_PTD_H
#define JOULERIG_CAMPAIGN_IMPORT_PTD_H

#include "channel.h"
#include "error.h"

#define IMPORT_PAD 10 /* samples before and after a span that tell the level around it */

struct import_request {
	const char *const *logs;
	int n_logs;
	const char *directory;    /* must not exist, or be empty */
	const char *idle;         /* name of the marks that stand for an idle machine */
	int64_t utc_offset;       /* ns that the daemon's wall clock is ahead of UTC */
	struct accuracy accuracy; /* of the analyzer's power */
	const char *version;
};

/* Makes the campaign and computes its results. `runs`: how many there are. */
int import_ptd(const struct import_request *request, size_t *runs, struct error *error);

#endif
