/* Writes the corpora's first files, made by the program's own writers: anew when a layout has changed. usage: fuzz_seeds CORPUS */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "campaign_file.h"
#include "evaluate.h"
#include "run.h"
#include "sound.h"

static const char *at(const char *corpus, const char *name)
{
	static char path[4096];
	snprintf(path, sizeof path, "%s/%s", corpus, name);
	unlink(path);
	return path;
}

/* Two blocks of two arms, so that there is something to compare; the runs are all the same. */
static int repeat(struct campaign_file *file)
{
	size_t n = file->n_results;
	struct result *results = realloc(file->results, 4 * n * sizeof *results);
	if (results == NULL)
		return -1;
	file->results = results;
	for (size_t i = n; i < 4 * n; i++) {
		results[i] = results[i % n];
		results[i].run += (uint32_t)(i / n);
		results[i].slot = (uint32_t)(i / n);
		results[i].block = (uint32_t)(i / n / 2);
		snprintf(results[i].arm, sizeof results[i].arm, "%s", i / n % 2 ? "b" : results[i % n].arm);
	}
	file->n_results = 4 * n;
	return json_object_set_new(file->facts, "reference", json_string("b"));
}

static int make_campaign(const char *folder, const char *run_path, struct error *error)
{
	struct run run;
	struct campaign_file file = {.plan_text = (char[]){"title: t\n"}, .facts = json_pack("{s:s, s:b, s:{s:f, s:i, s:i, s:[s, s, s], s:i}}", "title", "t", "simulated", 1, "stopping",
						  "half_width", 0.01, "at_least", 2, "at_most", 3, "of", "wall", "rapl", "time", "runs_per_block", 2)};
	if (run_read(run_path, &run, error) != 0 || evaluate_run(&run, &file.results, &file.n_results, error) != 0 || repeat(&file) != 0)
		return -1;
	int result = campaign_file_write(folder, &file, error);
	free(file.results);
	json_decref(file.facts);
	run_free(&run);
	return result;
}

/* A run of no channels: its file is short, so that many can be varied from it. */
static int make_least(const char *path, struct error *error)
{
	struct run run = {.header = json_pack("{s:s, s:[]}", "joulerig", "run 1", "channels"), .notes = json_object()};
	int result = run_write(&run, path, error);
	run_free(&run);
	return result;
}

static int make(const char *corpus, struct error *error)
{
	char folder[4096], run[4200];
	if (make_least(at(corpus, "run_file/least"), error) != 0 || sound_journal(at(corpus, "journal/sound"), false, error) != 0 ||
	    sound_journal(at(corpus, "journal/sound-all-kinds"), true, error) != 0 ||
	    sound_run_file(at(corpus, "run_file/sound-all-kinds"), true, error) != 0 ||
	    sound_run_file(at(corpus, "run_file/sound"), false, error) != 0)
		return -1;
	snprintf(run, sizeof run, "%s/run_file/sound", corpus);
	snprintf(folder, sizeof folder, "%s/campaign", corpus);
	if (make_campaign(folder, run, error) != 0)
		return -1;
	snprintf(run, sizeof run, "%s/campaign.h5", folder);
	return rename(run, at(corpus, "campaign/sound"));
}

int main(int argc, char **argv)
{
	struct error error = ERROR_INIT;
	char line[800];
	if (argc != 2 || make(argv[1], &error) != 0) {
		fprintf(stderr, "usage: fuzz_seeds CORPUS: %s\n", error_line(&error, line, sizeof line));
		return 1;
	}
	return 0;
}
