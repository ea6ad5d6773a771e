/*
 * verify: holds files against the layout (schemas/layout.md). Reads only, and tells everything it finds.
 *
 * Most of the layout is held by making the file again: what is read from a run file or campaign.h5 is composed anew in memory, and
 * every object and attribute of that must be in the file as it is there. So there is one description of the layout: the writer.
 */
#ifndef JOULERIG_STORE_VERIFY_H
#define JOULERIG_STORE_VERIFY_H

#include <stddef.h>

#include "error.h"

enum finding_kind {
	FINDING_PROBLEM, /* damaged, or not what the layout says */
	FINDING_NOTE,    /* nothing wrong, but worth knowing: what a crash left behind, a workload's mark beside its run */
};
struct finding {
	enum finding_kind kind;
	const char *file;   /* path */
	const char *object; /* path inside it, or "" */
	const char *what;   /* one line */
};
typedef void verify_take(void *context, const struct finding *finding); /* its strings are valid during the call */

struct verify_counts {
	size_t files, runs, problems, notes;
};

/* `path`: a campaign's directory, a run file, a campaign.h5 or a packed campaign. Adds to `counts`. -1 only if there is no such
 * path; whatever is wrong with what is there is a finding. */
int verify_path(const char *path, verify_take *take, void *context, struct verify_counts *counts, struct error *error);

#endif
