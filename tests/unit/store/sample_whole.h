/* A whole campaign's directory whose files belong together: texts, runs 1 … n, two results of each, campaign.h5. */
#ifndef JOULERIG_TESTS_STORE_SAMPLE_WHOLE_H
#define JOULERIG_TESTS_STORE_SAMPLE_WHOLE_H

#include "run_model.h"
#include "sample_campaign.h"
#include "unit.h"

#define SAMPLE_PLAN_SHA256 "3cf356850a0dce9c599cc076f2c57aba114036829ff6f330dc7a4dd94b3c23c5"
#define SAMPLE_BENCH_SHA256 "51f0018712dcd7d065026876b677705a553a5740a7a69003ace0ada511e6d2c3"

static inline const char *sample_run_path(const char *directory, unsigned number, char path[256])
{
	char name[32];
	snprintf(name, sizeof name, "runs/%06u.h5", number);
	return sample_path(directory, name, path);
}

/* Run `number` in memory; `directory` is for the journal that it is made from. */
static inline void sample_whole_run(const char *directory, unsigned number, struct run *run)
{
	char path[256];
	struct error error = ERROR_INIT;
	sample_path(directory, "sample.journal", path);
	assert_int_equal(sample_journal(path, 20 + number, &error), 0);
	assert_int_equal(run_from_journal(path, run, &error), 0);
	unlink(path);
	json_object_set_new(run->header, "run", json_integer(number));
	json_object_set_new(run->header, "slot", json_integer(number - 1));
	json_object_set_new(run->header, "plan_sha256", json_string(SAMPLE_PLAN_SHA256));
	json_object_set_new(run->header, "bench_sha256", json_string(SAMPLE_BENCH_SHA256));
}

static inline void sample_whole_store(const char *directory, unsigned number, const struct run *run)
{
	char path[256];
	struct error error = ERROR_INIT;
	if (run_write(run, sample_run_path(directory, number, path), &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
}

static inline void sample_whole_campaign(struct campaign_file *file, unsigned runs)
{
	sample_campaign(file, 2 * runs);
	for (unsigned i = 0; i < file->n_results; i++) {
		struct result *result = &file->results[i];
		result->slot = i / 2;
		result->repetition = result->block = result->order = 0;
		snprintf(result->point, sizeof result->point, "threads=2");
		snprintf(result->arm, sizeof result->arm, "ft");
	}
}

static inline void sample_whole_texts(const char *directory, const struct campaign_file *file)
{
	char path[256];
	json_t *all = json_deep_copy(file->facts);
	json_object_set_new(all, "plan_sha256", json_string(SAMPLE_PLAN_SHA256));
	json_object_set_new(all, "bench_sha256", json_string(SAMPLE_BENCH_SHA256));
	char *facts = json_dumps(all, JSON_INDENT(1));
	json_decref(all);
	sample_store(sample_path(directory, "facts.json", path), facts, strlen(facts));
	sample_store(sample_path(directory, "plan.yaml", path), file->plan_text, strlen(file->plan_text));
	sample_store(sample_path(directory, "bench.yaml", path), file->bench_text, strlen(file->bench_text));
	free(facts);
}

static inline void sample_whole(const char *directory, unsigned runs)
{
	char path[256];
	struct campaign_file file;
	struct error error = ERROR_INIT;
	assert_int_equal(mkdir(sample_path(directory, "runs", path), 0755), 0);
	for (unsigned number = 1; number <= runs; number++) {
		struct run run;
		sample_whole_run(directory, number, &run);
		sample_whole_store(directory, number, &run);
		run_free(&run);
	}
	sample_whole_campaign(&file, runs);
	sample_whole_texts(directory, &file);
	assert_int_equal(campaign_file_write(directory, &file, &error), 0);
	campaign_file_free(&file);
}

#endif
