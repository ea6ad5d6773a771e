#include "recover.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "campaign_folder.h"
#include "durable.h"
#include "keep.h"
#include "log.h"
#include "rebuild.h"

#define UNREADABLE ".unreadable"

/* Never removed, since somebody may want to look at it; its number stays used up. */
static int set_aside(const char *directory, uint32_t number, const char *suffix, struct error *error)
{
	char path[PATH_MAX], aside[PATH_MAX], name[32];
	snprintf(name, sizeof name, "%s" UNREADABLE, suffix);
	campaign_folder_run_path(directory, number, suffix, path, sizeof path);
	campaign_folder_run_path(directory, number, name, aside, sizeof aside);
	if (durable_rename(path, aside, false, error) != 0)
		return -1;
	log_say(LOG_LEVEL_INFO, "run %" PRIu32 ": %06" PRIu32 "%s cannot be read, and was set aside as %06" PRIu32 "%s", number, number,
		suffix, number, name);
	return 0;
}

static int write_run(const char *directory, uint32_t number, const struct run *run, struct error *error)
{
	if (keep_write(directory, number, run, error) != 0)
		return -1;
	const char *status = json_string_value(json_object_get(run->notes, "status"));
	const char *reason = json_string_value(json_object_get(run->notes, "reason"));
	log_say(LOG_LEVEL_INFO, "run %" PRIu32 ": %s%s%s: its run file was made from the journal", number, status,
		reason && reason[0] ? ", " : "", reason ? reason : "");
	return 0;
}

/* The run file came into being, but the journal is still there. */
static int settle_both(const char *directory, uint32_t number, const struct run *run, const char *journal, struct error *error)
{
	char path[PATH_MAX];
	struct run stored;
	struct error why = ERROR_INIT;
	campaign_folder_run_path(directory, number, ".h5", path, sizeof path);
	if (run_read(path, &stored, &why) != 0) {
		if (why.code != ERROR_CORRUPT)
			return error_set(error, why.code, why.on, why.remedy, "%s", why.what);
		return set_aside(directory, number, ".h5", error) != 0 ? -1 : write_run(directory, number, run, error);
	}
	const char *difference = run_difference(run, &stored);
	run_free(&stored);
	if (difference != NULL)
		return error_set(error, ERROR_CORRUPT, path, "both are kept: rename one of them, adding " UNREADABLE " to its name",
				 "the run file and the journal beside it differ in %s", difference);
	if (unlink(journal) != 0)
		return error_set(error, ERROR_IO, journal, NULL, "cannot remove the journal of a run that has its run file");
	log_say(LOG_LEVEL_INFO, "run %" PRIu32 ": its journal was left beside its run file, and was removed", number);
	return 0;
}

static int recover_run(const char *directory, const struct folder_run *entry, struct error *error)
{
	char journal[PATH_MAX];
	struct run run;
	struct error why = ERROR_INIT;
	campaign_folder_run_path(directory, entry->number, ".journal", journal, sizeof journal);
	/* Else a power cut could bring back a journal that holds less than the run file made from it. */
	if (durable_sync_file(journal, error) != 0)
		return -1;
	if (keep_load(journal, &run, &why) != 0) {
		if (why.code == ERROR_CORRUPT)
			return set_aside(directory, entry->number, ".journal", error);
		return error_set(error, why.code, why.on, why.remedy, "%s", why.what);
	}
	int result = entry->file ? settle_both(directory, entry->number, &run, journal, error)
				 : write_run(directory, entry->number, &run, error);
	run_free(&run);
	return result;
}

int recover_runs(const char *directory, struct error *error)
{
	struct folder_runs runs;
	int parts = campaign_folder_clean(directory, error);
	if (parts < 0 || campaign_folder_list(directory, &runs, error) != 0)
		return -1;
	if (parts > 0)
		log_say(LOG_LEVEL_INFO, "%d half-written %s removed", parts, parts == 1 ? "file was" : "files were");
	int result = 0;
	for (size_t i = 0; i < runs.n; i++)
		if (runs.list[i].journal && recover_run(directory, &runs.list[i], error) != 0)
			result = -1;
	campaign_folder_free(&runs);
	return result;
}

static int recover_campaign(const char *directory, struct error *error)
{
	struct campaign_file file;
	if (campaign_folder_read(directory, &file, error) != 0) /* before anything is touched: is it a campaign? */
		return -1;
	campaign_file_free(&file);
	int result = recover_runs(directory, error);
	if (rebuild_locked(directory, &file, error) != 0)
		result = -1;
	campaign_file_free(&file);
	return result;
}

int recover_directory(const char *directory, struct error *error)
{
	int lock = campaign_folder_lock(directory, error);
	if (lock < 0)
		return -1;
	int result = 0;
	if (campaign_folder_state(directory) == FOLDER_UNBEGUN)
		log_say(LOG_LEVEL_INFO, "no run had begun: joulerig run … -o %s --resume starts the campaign", directory);
	else
		result = recover_campaign(directory, error);
	close(lock);
	return result;
}
