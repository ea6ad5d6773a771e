#include "keep.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "campaign_folder.h"
#include "result.h"

/* 1: the note that ends a run (schemas/journal.md) is there; 0: it is not. A status that only a later joulerig knows ends a run,
 * too: -1, else it would be tried again. */
static int finished(const struct run *run, const char *journal_path, struct error *error)
{
	const json_t *status = json_object_get(run->notes, "status");
	const char *word = json_string_value(status);
	if (status == NULL)
		return 0;
	if (word != NULL && run_status_parse(word) >= 0)
		return 1;
	return error_set(error, ERROR_UNSUPPORTED, journal_path, "use the joulerig that recorded it", "the run ended with a status that is not known: %s",
			 word ? word : "not a text");
}

static const char *where_cut(const struct run *run)
{
	if (run_edge(run, EDGE_STOP, NULL))
		return "after its end, while the tail was recorded";
	if (run_edge(run, EDGE_START, NULL))
		return "while the workload ran";
	return "before its start";
}

static int mark_interrupted(struct run *run, struct error *error)
{
	char reason[160];
	snprintf(reason, sizeof reason, "found after a crash: cut short %s", where_cut(run));
	if (json_object_set_new(run->notes, "status", json_string(run_status_name(RUN_INTERRUPTED))) != 0 ||
	    json_object_set_new(run->notes, "reason", json_string(reason)) != 0)
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	return 0;
}

int keep_load(const char *journal_path, struct run *run, struct error *error)
{
	if (run_from_journal(journal_path, run, error) != 0)
		return -1;
	int ended = finished(run, journal_path, error);
	if (ended > 0 || (ended == 0 && mark_interrupted(run, error) == 0))
		return 0;
	run_free(run);
	return -1;
}

/* A journal that cannot be removed does no harm beside its run file: joulerig recover tries again. */
int keep_write(const char *directory, uint32_t number, const struct run *run, struct error *error)
{
	char path[PATH_MAX], journal[PATH_MAX];
	campaign_folder_run_path(directory, number, ".h5", path, sizeof path);
	campaign_folder_run_path(directory, number, ".journal", journal, sizeof journal);
	if (run_write(run, path, error) != 0)
		return -1;
	unlink(journal);
	return 0;
}
