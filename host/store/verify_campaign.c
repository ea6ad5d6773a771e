/* campaign.h5, and a pack: their tables against each other and against the runs. */
#include <dirent.h>
#include <sha256.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campaign_layout.h"
#include "run_model.h"
#include "verify_model.h"

#define PATH_SIZE 4096

/* ---- what is beside the runs ---- */

struct sweep {
	struct verify *verify;
	const struct h5 *h5;
	bool sound;
};

static herr_t check_arrays(hid_t root, const char *name, const H5L_info_t *info, void *context)
{
	struct sweep *sweep = context;
	char path[H5_PATH_SIZE];
	(void)root;
	if (info->type == H5L_TYPE_HARD && strcmp(name, "runs") != 0 &&
	    !verify_arrays(sweep->verify, sweep->h5, h5_join("/", name, path)))
		sweep->sound = false;
	return 0;
}

static bool arrays_beside_runs(struct verify *verify, const struct h5 *h5)
{
	hsize_t at = 0;
	struct sweep sweep = { verify, h5, true };
	if (H5Literate(h5->file, H5_INDEX_NAME, H5_ITER_INC, &at, check_arrays, &sweep) < 0) {
		verify_say(verify, FINDING_PROBLEM, "/", "its objects cannot be listed: HDF5's metadata are damaged");
		return false;
	}
	return sweep.sound;
}

static void hold_links(struct verify *verify, const struct h5 *h5, hid_t composed)
{
	hid_t a = H5Gopen2(composed, "/runs", H5P_DEFAULT), b = H5Gopen2(h5->file, "/runs", H5P_DEFAULT);
	if (a >= 0 && b >= 0)
		verify_no_others(verify, a, b, "/runs", "is of no run that there are results of");
	if (a >= 0)
		H5Gclose(a);
	if (b >= 0)
		H5Gclose(b);
}

static void hold_against_writer(struct verify *verify, const struct h5 *h5, const struct campaign_file *file, const char *layout)
{
	struct h5 composed;
	struct error error = ERROR_INIT;
	if (h5_create(&composed, "composed", &error) == 0)
		campaign_compose(&composed, file, layout);
	if (composed.failed) {
		verify_say(verify, FINDING_PROBLEM, NULL, "its content cannot be written as a campaign: %s", error.what);
	} else {
		verify_same(verify, composed.file, h5->file, "/");
		if (strcmp(layout, CAMPAIGN_LAYOUT) == 0)
			hold_links(verify, h5, composed.file);
	}
	h5_discard(&composed);
}

/* ---- what its runs were made from ---- */

static void digest(const char *text, char hex[SHA256_HEX])
{
	SHA256Data((const uint8_t *)(text ? text : ""), text ? strlen(text) : 0, hex);
}

static void take_origin(const struct campaign_file *file, struct verify_origin *origin)
{
	const char *uuid = json_string_value(json_object_get(file->facts, "uuid"));
	*origin = (struct verify_origin){ .uuid = "" };
	snprintf(origin->uuid, sizeof origin->uuid, "%s", uuid ? uuid : "");
	digest(file->plan_text, origin->plan_sha256);
	digest(file->bench_text, origin->bench_sha256);
}

/* In a directory, the texts are there as files, too. */
static void hold_origin(struct verify *verify, const struct verify_origin *own)
{
	const struct verify_origin *kept = verify->origin;
	if (kept->uuid[0] && strcmp(kept->uuid, own->uuid) != 0)
		verify_say(verify, FINDING_PROBLEM, "/entry/facts", "the uuid is not that of facts.json");
	if (strcmp(kept->plan_sha256, own->plan_sha256) != 0)
		verify_say(verify, FINDING_PROBLEM, "/entry/plan", "is not the text of plan.yaml");
	if (strcmp(kept->bench_sha256, own->bench_sha256) != 0)
		verify_say(verify, FINDING_PROBLEM, "/entry/bench", "is not the text of bench.yaml");
}

/* ---- results against runs ---- */

static const char *text_of(const json_t *header, const char *key)
{
	const char *text = json_string_value(json_object_get(header, key));
	return text ? text : "";
}

static bool says(const json_t *header, const char *key, uint32_t value)
{
	return (uint32_t)json_integer_value(json_object_get(header, key)) == value;
}

/* What is longer than its column is cut there. */
static bool names(const json_t *header, const char *key, const char *text, size_t size)
{
	return strncmp(text_of(header, key), text, size - 1) == 0;
}

static void hold_row(struct verify *verify, const struct result *result, size_t row, const json_t *header)
{
	const struct {
		const char *key;
		bool holds;
	} columns[] = {
		{ "run", says(header, "run", result->run) },
		{ "slot", says(header, "slot", result->slot) },
		{ "attempt", says(header, "attempt", result->attempt) },
		{ "repetition", says(header, "repetition", result->repetition) },
		{ "block", says(header, "block", result->block) },
		{ "order", says(header, "order", result->order) },
		{ "workload", names(header, "workload", result->workload, sizeof result->workload) },
		{ "point", names(header, "point", result->point, sizeof result->point) },
		{ "arm", names(header, "arm", result->arm, sizeof result->arm) },
		{ "simulated", json_is_true(json_object_get(header, "simulated")) == result->simulated },
	};
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		if (!columns[i].holds)
			verify_say(verify, FINDING_PROBLEM, "/results/runs", "row %zu: `%s` is not what the header of run %u says", row,
				   columns[i].key, result->run);
}

/* A workload that an arm could not run when the campaign began has no runs there. */
static void hold_skipped(struct verify *verify, const struct campaign_file *file)
{
	size_t k;
	const json_t *entry;
	json_array_foreach(json_object_get(file->facts, "skipped"), k, entry)
		for (size_t i = 0; i < file->n_results; i++)
			if (strcmp(text_of(entry, "workload"), file->results[i].workload) == 0 &&
			    strcmp(text_of(entry, "arm"), file->results[i].arm) == 0)
				verify_say(verify, FINDING_PROBLEM, "/results/runs",
					   "row %zu: run %u is of a workload that the facts say was skipped under its arm", i, file->results[i].run);
}

/* Nothing was run after it had stopped. */
static void hold_stopped(struct verify *verify, const struct campaign_file *file)
{
	const json_t *decision = json_object_get(json_object_get(file->facts, "stopping"), "decision");
	const char *answer = text_of(decision, "answer");
	json_int_t after = json_integer_value(json_object_get(decision, "after"));
	if (strcmp(answer, "enough") != 0 && strcmp(answer, "out-of-reach") != 0)
		return;
	for (size_t i = 0; i < file->n_results; i++)
		if ((json_int_t)file->results[i].block >= after)
			verify_say(verify, FINDING_PROBLEM, "/results/runs",
				   "row %zu: run %u is of a later block than the facts say was the last one needed", i, file->results[i].run);
}

static json_t *header_in_file(const char *directory, uint32_t run, struct error *error)
{
	struct h5 h5;
	char path[PATH_SIZE];
	json_t *header = NULL;
	snprintf(path, sizeof path, "%s/runs/%06u.h5", directory, run);
	if (h5_open(&h5, path, error) == 0)
		header = h5_get_json(&h5, RUN_LOG_GROUP, "header");
	h5_close(&h5);
	return header;
}

static json_t *header_in_pack(const struct h5 *pack, uint32_t run, struct error *error)
{
	char entry[32];
	snprintf(entry, sizeof entry, "/runs/%06u", run);
	struct h5 h5 = { .file = pack->file, .path = pack->path, .error = error, .file_size = pack->file_size, .entry = entry };
	return h5_get_json(&h5, RUN_LOG_GROUP, "header");
}

/* Results of one run follow each other. */
static void hold_rows(struct verify *verify, const struct h5 *h5, const char *directory, const struct campaign_file *file)
{
	json_t *header = NULL;
	for (size_t i = 0; i < file->n_results; i++) {
		uint32_t run = file->results[i].run;
		struct error error = ERROR_INIT;
		if (i == 0 || run != file->results[i - 1].run) {
			json_decref(header);
			header = directory ? header_in_file(directory, run, &error) : header_in_pack(h5, run, &error);
			if (header == NULL)
				verify_say(verify, FINDING_PROBLEM, "/results/runs", "row %zu: run %u cannot be read: %s", i, run, error.what);
			else
				verify_origin_of(verify, header);
		}
		if (header != NULL)
			hold_row(verify, &file->results[i], i, header);
	}
	json_decref(header);
}

static bool has_rows(const struct campaign_file *file, uint32_t run)
{
	for (size_t i = 0; i < file->n_results; i++)
		if (file->results[i].run == run)
			return true;
	return false;
}

static void hold_files(struct verify *verify, const char *directory, const struct campaign_file *file)
{
	char path[PATH_SIZE];
	unsigned run;
	int length = 0;
	snprintf(path, sizeof path, "%s/runs", directory);
	DIR *runs = opendir(path);
	for (struct dirent *entry = runs ? readdir(runs) : NULL; entry; entry = readdir(runs), length = 0)
		if (sscanf(entry->d_name, "%6u.h5%n", &run, &length) == 1 && length == 9 && entry->d_name[9] == '\0' && !has_rows(file, run))
			verify_say(verify, FINDING_PROBLEM, "/results/runs", "there are no results of run %u: joulerig analyse makes them", run);
	if (runs)
		closedir(runs);
}

/* ---- a pack's runs ---- */

struct packed {
	struct verify *verify;
	const struct h5 *h5;
	const struct campaign_file *file;
};

static herr_t hold_packed(hid_t runs, const char *name, const H5L_info_t *info, void *context)
{
	struct packed *packed = context;
	char path[H5_PATH_SIZE];
	H5O_info_t object;
	uint32_t number = strspn(name, "0123456789") == 6 && name[6] == '\0' ? (uint32_t)strtoul(name, NULL, 10) : 0;
	h5_join("/runs", name, path);
	if (number == 0 || info->type != H5L_TYPE_HARD ||
	    H5Oget_info_by_name2(runs, name, &object, H5O_INFO_BASIC, H5P_DEFAULT) < 0 || object.type != H5O_TYPE_GROUP) {
		verify_say(packed->verify, FINDING_PROBLEM, path, "is no run");
		return 0;
	}
	if (!has_rows(packed->file, number))
		verify_say(packed->verify, FINDING_PROBLEM, path, "is of no run that there are results of");
	struct h5 run = *packed->h5;
	run.entry = packed->verify->entry = path;
	verify_run(packed->verify, &run, number);
	packed->verify->entry = NULL;
	return 0;
}

static void hold_packed_facts(struct verify *verify, const struct h5 *h5, const char *uuid)
{
	struct error error = ERROR_INIT;
	struct h5 view = { .file = h5->file, .path = h5->path, .error = &error, .file_size = h5->file_size };
	json_t *facts = h5_get_json(&view, "/", "facts.json");
	if (facts == NULL)
		verify_say(verify, FINDING_PROBLEM, "/facts.json", "%s", error.what);
	else if (strcmp(text_of(facts, "uuid"), uuid) != 0)
		verify_say(verify, FINDING_PROBLEM, "/facts.json", "the uuid is not that of the campaign's facts");
	json_decref(facts);
}

static void hold_packed_runs(struct verify *verify, const struct h5 *h5, const struct campaign_file *file)
{
	hsize_t at = 0;
	struct packed packed = { verify, h5, file };
	hid_t runs = H5Gopen2(h5->file, "/runs", H5P_DEFAULT);
	if (runs < 0 || H5Literate(runs, H5_INDEX_NAME, H5_ITER_INC, &at, hold_packed, &packed) < 0)
		verify_say(verify, FINDING_PROBLEM, "/runs", "the runs cannot be listed");
	if (runs >= 0)
		H5Gclose(runs);
}

/* ---- the whole ---- */

static void hold(struct verify *verify, const struct h5 *h5, const char *directory, const struct campaign_file *file)
{
	struct verify_origin own, *kept = verify->origin;
	take_origin(file, &own);
	if (kept != NULL)
		hold_origin(verify, &own);
	else
		verify->origin = &own;
	hold_against_writer(verify, h5, file, directory ? CAMPAIGN_LAYOUT : PACK_LAYOUT);
	hold_rows(verify, h5, directory, file);
	hold_skipped(verify, file);
	hold_stopped(verify, file);
	if (directory != NULL) {
		hold_files(verify, directory, file);
	} else {
		hold_packed_facts(verify, h5, own.uuid);
		hold_packed_runs(verify, h5, file);
	}
	verify->origin = kept;
}

void verify_campaign(struct verify *verify, const struct h5 *h5, const char *directory)
{
	struct campaign_file file = { .results = NULL };
	struct error error = ERROR_INIT;
	struct h5 view = { .file = h5->file, .path = h5->path, .error = &error, .file_size = h5->file_size };
	verify->unsound = !arrays_beside_runs(verify, h5);
	campaign_read_from(&view, &file);
	if (!view.failed)
		hold(verify, h5, directory, &file);
	else if (!verify->unsound) /* else the reason has been told */
		verify_say(verify, FINDING_PROBLEM, NULL, "%s", error.what);
	campaign_file_free(&file);
}

void verify_pack(struct verify *verify, const struct h5 *h5)
{
	verify_campaign(verify, h5, NULL);
}
