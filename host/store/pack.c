#include "pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "campaign_layout.h"
#include "durable.h"
#include "run_model.h"
#include "text_file.h"

#define PATH_SIZE 4096

struct pack {
	const char *directory;
	struct campaign_file campaign;
	char part[PATH_SIZE];
};

static const char *run_path(const struct pack *pack, uint32_t run, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%s/runs/%06u.h5", pack->directory, run);
	return path;
}

/* Calls `visit` for each run once: results of one run follow each other. */
static int each_run(struct pack *pack, int (*visit)(struct pack *, uint32_t run, void *context, struct error *error), void *context,
		    struct error *error)
{
	const struct result *results = pack->campaign.results;
	for (size_t i = 0; i < pack->campaign.n_results; i++)
		if ((i == 0 || results[i].run != results[i - 1].run) && visit(pack, results[i].run, context, error) != 0)
			return -1;
	return 0;
}

/* The run's /entry as it is, and on it what the root of its file says. */
static int copy_run(struct pack *pack, uint32_t run, void *context, struct error *error)
{
	struct h5 *h5 = context, from;
	char path[PATH_SIZE], group[32];
	snprintf(group, sizeof group, "/runs/%06u", run);
	if (h5_open(&from, run_path(pack, run, path), error) == 0) {
		h5_expect_layout(&from, RUN_LAYOUT, RUN_LAYOUT_VERSION);
		if (!from.failed)
			h5_copy_from(h5, group, &from, "/entry");
	}
	h5_close(&from);
	h5_note_text(h5, group, "layout", RUN_LAYOUT);
	h5_note_i64(h5, group, "layout_version", RUN_LAYOUT_VERSION);
	return from.failed || h5->failed ? -1 : 0;
}

static void put_facts(struct pack *pack, struct h5 *h5)
{
	char path[PATH_SIZE];
	snprintf(path, sizeof path, "%s/facts.json", pack->directory);
	char *facts = text_file_read(path, h5->error);
	if (facts == NULL)
		h5->failed = true;
	else
		h5_put_document(h5, "/", "facts.json", facts);
	free(facts);
}

static int compose(struct pack *pack, struct error *error)
{
	struct h5 h5;
	if (h5_create(&h5, pack->part, error) == 0) {
		campaign_compose(&h5, &pack->campaign, PACK_LAYOUT);
		put_facts(pack, &h5);
		if (each_run(pack, copy_run, &h5, error) != 0)
			h5.failed = true;
	}
	if (!h5.failed)
		return h5_save(&h5, pack->part);
	h5_discard(&h5);
	return -1;
}

static int compare_run(struct pack *pack, uint32_t number, void *context, struct error *error)
{
	(void)context;
	struct run original, packed;
	char path[PATH_SIZE];
	if (run_read(run_path(pack, number, path), &original, error) != 0)
		return -1;
	if (run_read_packed(pack->part, number, &packed, error) != 0) {
		run_free(&original);
		return -1;
	}
	const char *difference = run_difference(&original, &packed);
	run_free(&original);
	run_free(&packed);
	if (difference != NULL)
		return error_set(error, ERROR_CORRUPT, pack->part, "check the disk; the campaign's directory is as it was",
				 "run %u reads back differently: %s", number, difference);
	return 0;
}

static int write_part(struct pack *pack, const char *path, struct error *error)
{
	if (compose(pack, error) != 0)
		return -1;
	if (each_run(pack, compare_run, NULL, error) != 0 || durable_rename(pack->part, path, false, error) != 0) {
		unlink(pack->part);
		return -1;
	}
	return 0;
}

int pack_write(const char *directory, const char *path, struct error *error)
{
	struct pack pack = { .directory = directory };
	if (snprintf(pack.part, sizeof pack.part, "%s.part", path) >= (int)sizeof pack.part)
		return error_set(error, ERROR_USAGE, path, NULL, "the path is too long");
	if (access(path, F_OK) == 0)
		return error_set(error, ERROR_EXISTS, path, "name another file with -o", "the file exists");
	if (campaign_file_read(directory, &pack.campaign, error) != 0)
		return -1;
	int result = write_part(&pack, path, error);
	campaign_file_free(&pack.campaign);
	return result;
}
