#include "campaign_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "durable.h"
#include "text_file.h"

#define PART ".part"
#define REMEDY_RESUME "add --resume to go on with the campaign that is there, or name another directory with -o"
#define REMEDY_OTHER "name another directory with -o; a campaign is never written over"

static void path_of(const char *directory, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", directory, name);
}

void campaign_folder_run_path(const char *directory, uint32_t run, const char *suffix, char *path, size_t size)
{
	snprintf(path, size, "%s/runs/%06" PRIu32 "%s", directory, run, suffix);
}

static bool exists(const char *directory, const char *name)
{
	char path[PATH_MAX];
	path_of(directory, name, path);
	return access(path, F_OK) == 0;
}

/* ---- the lock ---- */

#define NAME_ROOM 64 /* for "/runs/000007.journal.unreadable" and what else is written below the directory */

/* Names made from a longer one would be cut short, and name something else. */
static int check_length(const char *directory, struct error *error)
{
	if (strlen(directory) < PATH_MAX - NAME_ROOM)
		return 0;
	return error_errno(error, ENAMETOOLONG, directory, "name another directory with -o", "too long for a campaign's directory");
}

int campaign_folder_lock(const char *directory, struct error *error)
{
	if (check_length(directory, error) != 0)
		return -1;
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(error, errno, directory, NULL, "cannot open the campaign's directory");
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	int cause = errno;
	close(fd);
	if (cause == EWOULDBLOCK)
		return error_set(error, ERROR_EXISTS, directory, "wait until it has ended, or stop it",
				 "another joulerig is writing into this directory");
	return error_errno(error, cause, directory, NULL, "cannot lock the campaign's directory");
}

/* ---- making ---- */

/* A run's file, or what was set aside of one: "000007.something". */
static bool is_numbered(const char *name)
{
	return strspn(name, "0123456789") == 6 && name[6] == '.';
}

/* What write_text, run_write and campaign_file_write have under way. */
static bool is_part(const char *name)
{
	static const char *const parts[] = { "plan.yaml" PART, "bench.yaml" PART, "facts.json" PART, "campaign.h5" PART };
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (strcmp(name, parts[i]) == 0)
			return true;
	return is_numbered(name) && strcmp(name + 6, ".h5" PART) == 0;
}

/* Calls `see` with each name in a directory until it returns other than 0, and returns that. -1: it cannot be read. */
static int each_name(const char *path, int (*see)(void *context, const char *name), void *context, struct error *error)
{
	DIR *directory = opendir(path);
	int result = 0;
	if (directory == NULL)
		return error_errno(error, errno, path, NULL, "cannot read the directory");
	errno = 0; /* by it alone readdir tells a failure from the end */
	for (struct dirent *entry; result == 0 && (entry = readdir(directory)) != NULL; errno = 0)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			result = see(context, entry->d_name);
	if (result == 0 && errno != 0)
		result = error_errno(error, errno, path, NULL, "cannot read the directory");
	closedir(directory);
	return result;
}

static int see_any(void *context, const char *name)
{
	(void)context;
	(void)name;
	return 1;
}

/* 1: not what is there before facts.json is; runs/ and logs/ are empty then. */
static int see_foreign(void *context, const char *name)
{
	char path[PATH_MAX];
	if (strcmp(name, "plan.yaml") == 0 || strcmp(name, "bench.yaml") == 0 || is_part(name))
		return 0;
	if (strcmp(name, "runs") != 0 && strcmp(name, "logs") != 0)
		return 1;
	path_of(context, name, path);
	return each_name(path, see_any, NULL, NULL);
}

enum folder_state campaign_folder_state(const char *directory)
{
	if (exists(directory, "facts.json"))
		return FOLDER_BEGUN;
	if (access(directory, F_OK) != 0 && errno == ENOENT)
		return FOLDER_UNBEGUN;
	return each_name(directory, see_foreign, (void *)(uintptr_t)directory, NULL) == 0 ? FOLDER_UNBEGUN : FOLDER_FOREIGN;
}

static int make_one(const char *path, struct error *error)
{
	if (mkdir(path, 0777) == 0 || errno == EEXIST)
		return durable_sync_directory_of(path, error);
	return error_errno(error, errno, path, durable_remedy(errno), "cannot make the output directory");
}

static int make_below(const char *directory, const char *name, struct error *error)
{
	char path[PATH_MAX];
	path_of(directory, name, path);
	return make_one(path, error);
}

static int refuse(const char *directory, enum folder_state state, struct error *error)
{
	switch (state) {
	case FOLDER_BEGUN: return error_set(error, ERROR_EXISTS, directory, REMEDY_RESUME, "a campaign has begun in this directory");
	case FOLDER_UNBEGUN: return error_set(error, ERROR_EXISTS, directory, REMEDY_RESUME, "a campaign was about to begin in this directory");
	default: return error_set(error, ERROR_EXISTS, directory, REMEDY_OTHER,
				  "the directory is not empty, and there is no campaign in it that could go on");
	}
}

static int check_free(const char *directory, bool leftovers, struct error *error)
{
	enum folder_state state = campaign_folder_state(directory);
	int taken = leftovers ? state != FOLDER_UNBEGUN : each_name(directory, see_any, NULL, error);
	if (taken < 0)
		return -1;
	return taken ? refuse(directory, state, error) : 0;
}

int campaign_folder_check(const char *directory, bool leftovers, struct error *error)
{
	if (check_length(directory, error) != 0)
		return -1;
	return access(directory, F_OK) == 0 ? check_free(directory, leftovers, error) : 0;
}

/* Under the lock it is looked at again: another campaign may have begun here a moment ago. */
int campaign_folder_make(const char *directory, bool leftovers, struct error *error)
{
	if (check_length(directory, error) != 0 || make_one(directory, error) != 0)
		return -1;
	int lock = campaign_folder_lock(directory, error);
	if (lock < 0)
		return -1;
	if (check_free(directory, leftovers, error) == 0 && make_below(directory, "runs", error) == 0 &&
	    make_below(directory, "logs", error) == 0)
		return lock;
	close(lock);
	return -1;
}

/* ---- the texts ---- */

static int write_text(const char *directory, const char *name, const char *text, struct error *error)
{
	char path[PATH_MAX], part[PATH_MAX];
	path_of(directory, name, path);
	snprintf(part, sizeof part, "%.*s" PART, (int)(sizeof part - sizeof PART), path);
	if (durable_write_file(part, text, strlen(text), error) != 0)
		return -1;
	if (durable_rename(part, path, true, error) == 0)
		return 0;
	unlink(part);
	return -1;
}

/* One that a crash left, of a bench that is not this one. */
static int remove_text(const char *directory, const char *name, struct error *error)
{
	char path[PATH_MAX];
	path_of(directory, name, path);
	if (unlink(path) != 0 && errno != ENOENT)
		return error_errno(error, errno, path, NULL, "cannot remove what a crash left");
	return 0;
}

int campaign_folder_keep(const char *directory, const struct campaign_file *texts, struct error *error)
{
	char *facts = json_dumps(texts->facts, JSON_INDENT(1));
	if (facts == NULL)
		return error_set(error, ERROR_INTERNAL, directory, NULL, "no memory for the campaign's facts");
	int result = write_text(directory, "plan.yaml", texts->plan_text, error);
	if (result == 0)
		result = texts->bench_text ? write_text(directory, "bench.yaml", texts->bench_text, error)
					   : remove_text(directory, "bench.yaml", error);
	if (result == 0)
		result = write_text(directory, "facts.json", facts, error);
	free(facts);
	return result;
}

/* malloc'ed; NULL on failure, or when there is no such file and it may be absent. */
static char *read_text(const char *directory, const char *name, bool may_be_absent, struct error *error)
{
	char path[PATH_MAX];
	path_of(directory, name, path);
	return may_be_absent && !exists(directory, name) ? NULL : text_file_read(path, error);
}

static json_t *read_facts(const char *directory, struct error *error)
{
	char path[PATH_MAX];
	json_error_t wrong;
	if (!exists(directory, "facts.json")) {
		error_set(error, ERROR_NOT_FOUND, directory, NULL,
			  exists(directory, "campaign.h5") ? "facts.json is missing: not made by this version of joulerig, or taken away"
							   : "there is no campaign in this directory: facts.json is missing");
		return NULL;
	}
	char *text = read_text(directory, "facts.json", false, error);
	if (text == NULL)
		return NULL;
	json_t *facts = json_loads(text, JSON_REJECT_DUPLICATES, &wrong);
	free(text);
	if (json_is_object(facts) && json_is_string(json_object_get(facts, "uuid")))
		return facts;
	path_of(directory, "facts.json", path);
	error_set(error, ERROR_CORRUPT, path, NULL, "not the facts of a campaign: %s", facts ? "no uuid" : wrong.text);
	json_decref(facts);
	return NULL;
}

int campaign_folder_read(const char *directory, struct campaign_file *file, struct error *error)
{
	struct error wrong = ERROR_INIT;
	memset(file, 0, sizeof *file);
	file->facts = read_facts(directory, &wrong);
	if (wrong.code == ERROR_NONE)
		file->plan_text = read_text(directory, "plan.yaml", false, &wrong);
	if (wrong.code == ERROR_NONE)
		file->bench_text = read_text(directory, "bench.yaml", true, &wrong);
	if (wrong.code == ERROR_NONE)
		return 0;
	campaign_file_free(file);
	if (error && error->code == ERROR_NONE)
		*error = wrong;
	return -1;
}

/* ---- runs ---- */

static struct folder_run *run_of(struct folder_runs *runs, uint32_t number)
{
	for (size_t i = runs->n; i-- > 0;) /* names come in any order, files of one run mostly near each other */
		if (runs->list[i].number == number)
			return &runs->list[i];
	if ((runs->n & (runs->n - 1)) == 0) {
		struct folder_run *grown = realloc(runs->list, (runs->n ? 2 * runs->n : 1) * sizeof *grown);
		if (grown == NULL)
			return NULL;
		runs->list = grown;
	}
	runs->list[runs->n] = (struct folder_run){ .number = number };
	return &runs->list[runs->n++];
}

/* Any name that begins with a number uses that number up. 0: this one does not. */
static uint32_t see_number(struct folder_runs *runs, const char *name)
{
	uint32_t number = is_numbered(name) ? (uint32_t)strtoul(name, NULL, 10) : 0;
	if (number > runs->highest)
		runs->highest = number;
	return number;
}

/* "000007.h5", "000007.journal". */
static int see_run(void *context, const char *name)
{
	struct folder_runs *runs = context;
	uint32_t number = see_number(runs, name);
	bool file = strcmp(name + 6, ".h5") == 0, journal = strcmp(name + 6, ".journal") == 0;
	if (number == 0 || (!file && !journal))
		return 0;
	struct folder_run *run = run_of(runs, number);
	if (run == NULL)
		return 1;
	run->file |= file;
	run->journal |= journal;
	return 0;
}

/* The log comes first of what a run leaves, and stays when its run is taken away: it must not be written over. */
static int see_log(void *context, const char *name)
{
	see_number(context, name);
	return 0;
}

static int compare_runs(const void *left, const void *right)
{
	const struct folder_run *a = left, *b = right;
	return (a->number > b->number) - (a->number < b->number);
}

int campaign_folder_list(const char *directory, struct folder_runs *runs, struct error *error)
{
	char path[PATH_MAX];
	*runs = (struct folder_runs){ .n = 0 };
	path_of(directory, "runs", path);
	int result = each_name(path, see_run, runs, error);
	if (result == 0 && exists(directory, "logs")) {
		path_of(directory, "logs", path);
		result = each_name(path, see_log, runs, error);
	}
	if (result == 0) {
		if (runs->n)
			qsort(runs->list, runs->n, sizeof *runs->list, compare_runs);
		return 0;
	}
	campaign_folder_free(runs);
	return result > 0 ? error_set(error, ERROR_INTERNAL, path, NULL, "out of memory") : -1;
}

void campaign_folder_free(struct folder_runs *runs)
{
	free(runs->list);
	*runs = (struct folder_runs){ .n = 0 };
}

/* ---- leftovers ---- */

struct cleaning {
	const char *directory;
	int removed;
	struct error *error;
};

static int remove_part(void *context, const char *name)
{
	struct cleaning *cleaning = context;
	char path[PATH_MAX];
	if (!is_part(name))
		return 0;
	path_of(cleaning->directory, name, path);
	if (unlink(path) != 0 && errno != ENOENT)
		return error_errno(cleaning->error, errno, path, NULL, "cannot remove what a crash left half written");
	cleaning->removed++;
	return 0;
}

int campaign_folder_clean(const char *directory, struct error *error)
{
	char runs[PATH_MAX];
	struct cleaning cleaning = { .directory = directory, .error = error };
	if (each_name(directory, remove_part, &cleaning, error) != 0)
		return -1;
	path_of(directory, "runs", runs);
	if (!exists(directory, "runs"))
		return cleaning.removed;
	cleaning.directory = runs;
	return each_name(runs, remove_part, &cleaning, error) == 0 ? cleaning.removed : -1;
}
