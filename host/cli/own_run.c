#include "own_run.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "campaign.h"
#include "campaign_folder.h"
#include "cli.h"
#include "progress.h"

static int make_plan(const struct own_run *request, struct plan *plan, struct error *error)
{
	char *argv[PLAN_ARGUMENTS_MAX] = { (char *)"/proc/self/exe", (char *)"load-pattern" };
	int argc = 2;
	for (const char *const *a = request->arguments; *a; a++)
		argv[argc++] = (char *)*a;
	if (plan_from_command(argv, argc, 1, plan, error) != 0)
		return -1;
	plan->title = request->title;
	plan->workloads[0].name = "load-pattern";
	plan->workloads[0].checksum = CHECKSUM_NONE;
	plan->workloads[0].expected = (int64_t)(request->seconds * NS_PER_S);
	plan->workloads[0].timeout = 2 * plan->workloads[0].expected + 60 * NS_PER_S;
	return 0;
}

static int check_status(const struct run *run, struct error *error)
{
	const char *status = json_string_value(json_object_get(run->notes, "status"));
	const char *reason = json_string_value(json_object_get(run->notes, "reason"));
	if (status && strcmp(status, run_status_name(RUN_OK)) == 0)
		return 0;
	return error_set(error, status && strcmp(status, run_status_name(RUN_INTERRUPTED)) == 0 ? ERROR_INTERRUPTED : ERROR_INTERNAL, NULL, NULL,
			 "the run came to no good end: %s", reason ? reason : "unknown");
}

int own_run(const struct own_run *request, struct run *run, struct error *error)
{
	struct plan plan;
	struct campaign_file file = { .facts = NULL };
	struct progress progress = { .terminal = isatty(STDERR_FILENO) && !request->quiet };
	struct watch watch = { .show = progress_show, .context = &progress, .interrupts = &interrupts, .interrupt_fd = interrupts_catch() };
	if (make_plan(request, &plan, error) != 0)
		return -1;
	struct campaign_request campaign = {
		.plan = &plan, .bench = request->bench, .directory = request->directory, .launcher = request->launcher, .watch = &watch,
		.surroundings = &surroundings_lab, .version = JOULERIG_VERSION,
	};
	int result = campaign_run(&campaign, &file, error);
	progress_clear(&progress);
	campaign_file_free(&file);
	plan_free(&plan);
	if (result != 0)
		return -1;
	char path[PATH_MAX];
	campaign_folder_run_path(request->directory, 1, ".h5", path, sizeof path);
	if (run_read(path, run, error) != 0)
		return -1;
	if (check_status(run, error) == 0)
		return 0;
	run_free(run);
	return -1;
}

void own_directory(const char *prefix, char *path, size_t size)
{
	time_t now = time(NULL);
	struct tm local;
	char stamp[32];
	strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", localtime_r(&now, &local));
	snprintf(path, size, "%s-%s", prefix, stamp);
}

const char *beside_bench(const char *bench, const char *ending, char *path, size_t size)
{
	const char *dot = strrchr(bench, '.'), *slash = strrchr(bench, '/');
	int length = dot && dot > bench && (!slash || dot > slash + 1) ? (int)(dot - bench) : (int)strlen(bench);
	snprintf(path, size, "%.*s%s", length, bench, ending);
	return path;
}
