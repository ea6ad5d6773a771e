/* A campaign's directory: its texts, campaign.h5, every run file; and what a crash may have left. */
#include <dirent.h>
#include <errno.h>
#include <sha256.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campaign_layout.h"
#include "text_file.h"
#include "verify_model.h"

#define PATH_SIZE 4096
#define UNFINISHED "was not finished, and is nothing: joulerig recover removes it"

/* ---- texts ---- */

/* A new reference, or NULL. */
static json_t *take_facts(struct verify *verify, const char *path, struct verify_origin *origin)
{
	struct error error = ERROR_INIT;
	json_error_t wrong = { .text = "" };
	char *text = text_file_read(path, &error);
	json_t *facts = text ? json_loads(text, JSON_REJECT_DUPLICATES, &wrong) : NULL;
	const char *uuid = json_string_value(json_object_get(facts, "uuid"));
	verify->file = path;
	verify->counts->files++;
	if (text == NULL)
		verify_say(verify, FINDING_PROBLEM, NULL, "%s", error.what);
	else if (!json_is_object(facts))
		verify_say(verify, FINDING_PROBLEM, NULL, "is not a JSON object: %s", wrong.text);
	else if (uuid == NULL)
		verify_say(verify, FINDING_PROBLEM, NULL, "it has no uuid");
	else
		snprintf(origin->uuid, sizeof origin->uuid, "%s", uuid);
	free(text);
	return facts;
}

/* A text that is not there is an empty one: whether it may be is said by its hash in the facts and in each run. */
static void take_digest(struct verify *verify, const char *path, const char *expected, char hex[SHA256_HEX])
{
	struct error error = ERROR_INIT;
	char *text = text_file_read(path, &error);
	verify->file = path;
	SHA256Data((const uint8_t *)(text ? text : ""), text ? strlen(text) : 0, hex);
	if (text != NULL)
		verify->counts->files++;
	else if (error.code != ERROR_NOT_FOUND)
		verify_say(verify, FINDING_PROBLEM, NULL, "%s", error.what);
	if (expected != NULL && strcmp(expected, hex) != 0)
		verify_say(verify, FINDING_PROBLEM, NULL, "%s that facts.json names: SHA-256 %s", text ? "is not the text" : "there is no text",
			   expected);
	free(text);
}

/* ---- files ---- */

static bool ends_in(const char *name, const char *suffix)
{
	size_t length = strlen(name), tail = strlen(suffix);
	return length > tail && strcmp(name + length - tail, suffix) == 0;
}

static bool is_run_name(const char *name, const char *suffix)
{
	return strspn(name, "0123456789") == 6 && strcmp(name + 6, suffix) == 0;
}

static void visit_top(struct verify *verify, const char *name, const char *path)
{
	verify->file = path;
	if (ends_in(name, ".part"))
		verify_say(verify, FINDING_NOTE, NULL, UNFINISHED);
}

static void visit_run(struct verify *verify, const char *name, const char *path)
{
	verify->file = path;
	if (is_run_name(name, ".h5"))
		verify_file(verify, path);
	else if (is_run_name(name, ".journal"))
		verify_say(verify, FINDING_NOTE, NULL, "a run that goes on, or was cut short: joulerig recover makes it a run file");
	else if (ends_in(name, ".part"))
		verify_say(verify, FINDING_NOTE, NULL, UNFINISHED);
	else if (ends_in(name, ".unreadable"))
		verify_say(verify, FINDING_NOTE, NULL, "was set aside by joulerig recover: nothing of it can be used");
	else
		verify_say(verify, FINDING_NOTE, NULL, "does not belong here");
}

static int seen(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* In the order of their names. */
static void visit_all(struct verify *verify, const char *directory, void (*visit)(struct verify *, const char *, const char *))
{
	char path[PATH_SIZE];
	struct dirent **entries;
	int n = scandir(directory, &entries, seen, alphasort);
	if (n < 0) {
		verify->file = directory;
		verify_say(verify, FINDING_PROBLEM, NULL, "cannot be listed: %s", strerror(errno));
		return;
	}
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
		visit(verify, entries[i]->d_name, path);
		free(entries[i]);
	}
	free(entries);
}

static const char *below(const char *directory, const char *name, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%s/%s", directory, name);
	return path;
}

void verify_directory(struct verify *verify, const char *directory)
{
	char path[PATH_SIZE];
	struct verify_origin origin = { .uuid = "" };
	json_t *facts = take_facts(verify, below(directory, "facts.json", path), &origin);
	const char *plan = json_string_value(json_object_get(facts, "plan_sha256"));
	const char *bench = json_string_value(json_object_get(facts, "bench_sha256"));
	take_digest(verify, below(directory, "plan.yaml", path), plan, origin.plan_sha256);
	take_digest(verify, below(directory, "bench.yaml", path), bench, origin.bench_sha256);
	json_decref(facts);
	verify->origin = &origin;
	visit_all(verify, directory, visit_top);
	verify_file(verify, below(directory, CAMPAIGN_NAME, path));
	visit_all(verify, below(directory, "runs", path), visit_run);
	verify->origin = NULL;
}
