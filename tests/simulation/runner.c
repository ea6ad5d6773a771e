#include "runner.h"

#include <stdlib.h>
#include <string.h>

#include "campaign_folder.h"
#include "edge_lags.h"
#include "evaluate.h"
#include "slot.h"

struct runner {
	const struct bench_config *config;
	struct bench *bench;
	struct session session;
	struct slot_context context;
	struct interpreter none;
	struct trigger_figure trigger;
	bool in_session;
};

static void set_context(struct runner *runner, const char *directory)
{
	runner->context = (struct slot_context){
		.directory = directory, .uuid = "00000000-0000-4000-8000-000000000000", .interpreters = &runner->none,
		.bench = runner->config, .trigger = &runner->trigger, .bench_facts = bench_facts(runner->bench),
	};
}

struct runner *runner_open(const struct bench_config *config, struct surroundings *surroundings, struct launcher *launcher,
			   const struct plan *plan, const char *directory, struct error *error)
{
	struct runner *runner = calloc(1, sizeof *runner);
	if (runner == NULL) {
		error_set(error, ERROR_INTERNAL, "simulation", NULL, "out of memory");
		return NULL;
	}
	runner->config = config;
	runner->bench = bench_open(config, surroundings, error);
	if (runner->bench == NULL || bench_start(runner->bench, error) != 0 ||
	    session_open(&runner->session, runner->bench, launcher, plan, NULL, error) != 0)
		goto close_runner;
	runner->in_session = true;
	if (edge_lags_measure(runner->bench, launcher, session_record, &runner->session, &runner->trigger, error) != 0)
		goto close_runner;
	set_context(runner, directory);
	return runner;

close_runner:
	runner_close(runner);
	return NULL;
}

void runner_close(struct runner *runner)
{
	if (runner == NULL)
		return;
	if (runner->in_session)
		session_close(&runner->session);
	bench_close(runner->bench);
	json_decref(runner->context.bench_facts);
	free(runner);
}

int runner_run(struct runner *runner, uint32_t number, struct run *run, struct result **results, size_t *n, struct error *error)
{
	char path[PATH_MAX];
	struct slot slot = { .index = number - 1, .repetition = number - 1, .attempt = 1 };
	if (slot_run(&runner->session, &runner->context, &slot, number, error) != 0)
		return -1;
	campaign_folder_run_path(runner->context.directory, number, ".h5", path, sizeof path);
	if (run_read(path, run, error) != 0)
		return -1;
	if (evaluate_run(run, results, n, error) == 0)
		return 0;
	run_free(run);
	return -1;
}
