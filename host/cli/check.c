/* joulerig check PLAN [--bench BENCH] [--like DIR] */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "cli.h"
#include "foresee.h"
#include "schedule.h"

static const char help[] =
	"usage: joulerig check PLAN [--bench BENCH] [--like DIR]\n\n"
	"Reads both files, reports every mistake with its line and column, and says how many runs the plan makes, and how far from 1 a\n"
	"ratio of two arms must be to be found by them with 80 % probability. Runs nothing.\n\n"
	"  -b, --bench FILE  the bench file\n"
	"  -l, --like DIR    an earlier campaign (or its file): runs are taken to scatter as they did there\n";

static int foresee(const struct plan *plan, const char *like)
{
	struct campaign_file file;
	struct error error = ERROR_INIT;
	if (foresee_read(like, &file, &error) != 0)
		return cli_fail(&error);
	foresee_print(&(struct foresight){ plan, like, &file }, NULL, stdout, cli_columns());
	campaign_file_free(&file);
	return EXIT_OK;
}

static int check_plan(const char *path, const char *like)
{
	struct plan plan;
	struct problems problems = { .n = 0 };
	struct error error = ERROR_INIT;
	int status = EXIT_OK;
	if (plan_load(path, &plan, &problems, &error) != 0) {
		status = cli_fail_problems(&problems, &error);
	} else {
		size_t slots;
		struct slot *schedule = schedule_make(&plan, &slots, &error);
		free(schedule);
		printf("%s: %s%zu runs: %d workloads, %d arms, %d repetitions\n", path, plan.stop.half_width > 0 ? "at most " : "", slots,
		       plan.n_workloads, plan.n_arms, plan.repetitions);
		status = foresee(&plan, like);
		plan_free(&plan);
	}
	problems_free(&problems);
	return status;
}

static int check_bench(const char *path)
{
	struct bench_config bench;
	struct problems problems = { .n = 0 };
	struct error error = ERROR_INIT;
	int status = EXIT_OK;
	if (bench_config_load(path, &bench, &problems, &error) != 0) {
		status = cli_fail_problems(&problems, &error);
	} else {
		printf("%s: bench \"%s\": %d devices, trigger %s\n", path, bench.name, bench.n_devices, bench.trigger);
		bench_config_free(&bench);
	}
	problems_free(&problems);
	return status;
}

int check_main(int argc, char **argv)
{
	static const struct option options[] = { { "bench", required_argument, NULL, 'b' }, { "like", required_argument, NULL, 'l' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	const char *bench = NULL, *like = NULL;
	int option;
	while ((option = getopt_long(argc, argv, "b:l:h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_OK;
		}
		if (option == 'b')
			bench = optarg;
		else if (option == 'l')
			like = optarg;
		else
			return EXIT_USAGE;
	}
	if (argc - optind > 1 || (argc == optind && bench == NULL))
		return cli_usage("check", "name one plan, or a bench with --bench");
	if (like && argc == optind)
		return cli_usage("check", "--like is for a plan: name one");
	int status = argc > optind ? check_plan(argv[optind], like) : EXIT_OK;
	int bench_status = bench ? check_bench(bench) : EXIT_OK;
	return status != EXIT_OK ? status : bench_status;
}
