#include "rebuild.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "campaign_folder.h"
#include "clock.h"
#include "evaluate.h"
#include "log.h"
#include "range_needs.h"
#include "run_work.h"
#include "stopping.h"
#include "text.h"

int rebuild_begin(struct rebuild *rebuild, const char *directory, struct campaign_file *file, struct error *error)
{
	*rebuild = (struct rebuild){
		.directory = directory, .file = file, .ranges = json_array(), .work = json_array(), .unreadable = json_array(),
	};
	return campaign_folder_read(directory, file, error);
}

void rebuild_end(struct rebuild *rebuild)
{
	free(rebuild->verdicts);
	json_decref(rebuild->ranges);
	json_decref(rebuild->work);
	json_decref(rebuild->unreadable);
	*rebuild = (struct rebuild){ .directory = NULL };
}

/* ---- adding runs ---- */

static int append(struct rebuild *rebuild, const struct result *results, size_t n, struct error *error)
{
	struct campaign_file *file = rebuild->file;
	struct result *grown = realloc(file->results, (file->n_results + n) * sizeof *grown);
	if (grown != NULL)
		file->results = grown;
	struct rebuild_verdict *verdicts = realloc(rebuild->verdicts, (file->n_results + n) * sizeof *verdicts);
	if (verdicts != NULL)
		rebuild->verdicts = verdicts;
	if (grown == NULL || verdicts == NULL)
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	for (size_t i = 0; i < n; i++) {
		struct rebuild_verdict *verdict = &verdicts[file->n_results];
		grown[file->n_results++] = results[i];
		verdict->status = results[i].status;
		memcpy(verdict->reason, results[i].reason, sizeof verdict->reason);
	}
	return 0;
}

/* A file that was copied here, or renamed, would give a campaign that never was. */
static int check_belongs(const struct rebuild *rebuild, const struct run *run, const char *path, uint32_t number, struct error *error)
{
	const char *mine = json_string_value(json_object_get(rebuild->file->facts, "uuid"));
	const char *its = json_string_value(json_object_get(run->header, "campaign"));
	json_int_t its_number = json_integer_value(json_object_get(run->header, "run"));
	if (its == NULL || strcmp(its, mine) != 0)
		return error_set(error, ERROR_CORRUPT, path, "take it out of runs/", "this run is of another campaign");
	if (its_number != (json_int_t)number)
		return error_set(error, ERROR_CORRUPT, path, "give it its own name again", "this is run %" JSON_INTEGER_FORMAT, its_number);
	return 0;
}

static int append_ranges(struct rebuild *rebuild, const struct run *run, struct error *error)
{
	struct range_need needs[RANGE_DEVICES_MAX];
	size_t n = range_needs_of(run, needs);
	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(rebuild->ranges, range_need_to_json(&needs[i], run)) != 0)
			return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	return 0;
}

static int append_work(struct rebuild *rebuild, const struct run *run, struct error *error)
{
	json_t *work = run_work_to_json(run);
	if (work == NULL || json_array_append_new(rebuild->work, work) == 0)
		return 0;
	return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
}

static int add_one(struct rebuild *rebuild, uint32_t number, struct error *error)
{
	char path[PATH_MAX];
	struct run run = { .header = NULL };
	struct result *results = NULL;
	size_t n = 0;
	campaign_folder_run_path(rebuild->directory, number, ".h5", path, sizeof path);
	int result = run_read(path, &run, error);
	if (result == 0)
		result = check_belongs(rebuild, &run, path, number, error);
	if (result == 0)
		result = evaluate_run_among(&run, &rebuild->refusals, &results, &n, error);
	if (result == 0)
		result = append(rebuild, results, n, error);
	if (result == 0)
		result = append_ranges(rebuild, &run, error);
	if (result == 0)
		result = append_work(rebuild, &run, error);
	free(results);
	run_free(&run);
	return result;
}

static int leave_out(struct rebuild *rebuild, uint32_t number, const struct error *why, struct error *error)
{
	char line[800];
	if (why->code == ERROR_INTERNAL)
		return error_set(error, why->code, why->on, why->remedy, "%s", why->what);
	log_say(LOG_LEVEL_WARNING, "run %" PRIu32 " is left out: %s", number, error_line(why, line, sizeof line));
	if (json_array_append_new(rebuild->unreadable, json_integer(number)) != 0)
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	return 0;
}

/* Those that are there, from their files once more. */
static int add_again(struct rebuild *rebuild, struct error *error)
{
	size_t n = rebuild->file->n_results, n_runs = 0;
	uint32_t *runs = calloc(n + 1, sizeof *runs);
	int result = 0;
	if (runs == NULL)
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	for (size_t i = 0; i < n; i++)
		if (n_runs == 0 || runs[n_runs - 1] != rebuild->file->results[i].run)
			runs[n_runs++] = rebuild->file->results[i].run;
	rebuild->file->n_results = 0;
	json_array_clear(rebuild->ranges);
	json_array_clear(rebuild->work);
	for (size_t i = 0; result == 0 && i < n_runs; i++) {
		struct error why = ERROR_INIT;
		if (add_one(rebuild, runs[i], &why) != 0)
			result = leave_out(rebuild, runs[i], &why, error);
	}
	free(runs);
	return result;
}

int rebuild_add(struct rebuild *rebuild, uint32_t number, struct error *error)
{
	size_t refused = rebuild->refusals.n, before = rebuild->file->n_results;
	if (add_one(rebuild, number, error) != 0)
		return -1;
	return before > 0 && rebuild->refusals.n > refused ? add_again(rebuild, error) : 0;
}

int rebuild_add_all(struct rebuild *rebuild, struct error *error)
{
	struct folder_runs runs;
	int result = campaign_folder_list(rebuild->directory, &runs, error);
	if (result != 0)
		return -1;
	for (size_t i = 0; result == 0 && i < runs.n; i++) {
		struct error why = ERROR_INIT;
		if (!runs.list[i].file)
			log_say(LOG_LEVEL_WARNING, "run %" PRIu32 " has only a journal: joulerig recover makes its run file", runs.list[i].number);
		else if (rebuild_add(rebuild, runs.list[i].number, &why) != 0)
			result = leave_out(rebuild, runs.list[i].number, &why, error);
	}
	campaign_folder_free(&runs);
	return result;
}

#define NAMED_MOST 9 /* so that an error has room for them */

int rebuild_unreadable(const struct rebuild *rebuild, struct error *error)
{
	struct text names = TEXT_INIT;
	size_t i, n = json_array_size(rebuild->unreadable);
	json_t *number;
	if (n == 0)
		return 0;
	json_array_foreach(rebuild->unreadable, i, number)
		if (i < NAMED_MOST)
			text_addf(&names, "%sruns/%06" JSON_INTEGER_FORMAT ".h5", i ? ", " : "", json_integer_value(number));
	error_set(error, ERROR_CORRUPT, rebuild->directory, "bring back a copy, or rename it to NNNNNN.h5.unreadable",
		  "%zu run file%s could not be read and %s left out: %s%s", n, n == 1 ? "" : "s", n == 1 ? "was" : "were", text_string(&names),
		  n > NAMED_MOST ? ", …" : "");
	text_free(&names);
	return -1;
}

/* ---- what only the runs together tell ---- */

/* As each run said, so that what was concluded from fewer runs does not linger. */
static void forget_conclusions(struct rebuild *rebuild)
{
	for (size_t i = 0; i < rebuild->file->n_results; i++) {
		rebuild->file->results[i].status = rebuild->verdicts[i].status;
		memcpy(rebuild->file->results[i].reason, rebuild->verdicts[i].reason, sizeof rebuild->verdicts[i].reason);
	}
}

/* What joulerig itself cost during the runs, as far as they are in. */
static json_t *overhead(const struct campaign_file *file)
{
	double cpu = 0, wall = 0;
	for (size_t i = 0; i < file->n_results; i++) {
		const struct result *r = &file->results[i];
		if (r->phase[0] == '\0' && isfinite(r->overhead_cpu)) {
			cpu += r->overhead_cpu;
			wall += (double)(r->stop - r->start) / NS_PER_S;
		}
	}
	return json_pack("{s:f, s:f}", "cpu_s", cpu, "wall_s", wall);
}

int rebuild_write(struct rebuild *rebuild, struct error *error)
{
	struct campaign_file *file = rebuild->file;
	forget_conclusions(rebuild);
	evaluate_checksums(file->results, file->n_results);
	if (stopping_decide(file, error) != 0)
		return -1;
	if (json_object_set_new(file->facts, "overhead", overhead(file)) != 0 ||
	    (json_array_size(rebuild->ranges) && json_object_set(file->facts, "ranges", rebuild->ranges) != 0) ||
	    (json_array_size(rebuild->work) && json_object_set(file->facts, "work", rebuild->work) != 0) ||
	    (json_array_size(rebuild->unreadable) && json_object_set(file->facts, "unreadable_runs", rebuild->unreadable) != 0))
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	return campaign_file_write(rebuild->directory, file, error);
}

/* ---- the whole ---- */

int rebuild_locked(const char *directory, struct campaign_file *file, struct error *error)
{
	struct rebuild rebuild;
	int result = rebuild_begin(&rebuild, directory, file, error);
	if (result == 0)
		result = rebuild_add_all(&rebuild, error);
	if (result == 0)
		result = rebuild_write(&rebuild, error);
	if (result == 0)
		result = rebuild_unreadable(&rebuild, error);
	rebuild_end(&rebuild);
	return result;
}

int rebuild_directory(const char *directory, struct campaign_file *file, struct error *error)
{
	memset(file, 0, sizeof *file);
	int lock = campaign_folder_lock(directory, error);
	if (lock < 0)
		return -1;
	int result = rebuild_locked(directory, file, error);
	close(lock);
	return result;
}
