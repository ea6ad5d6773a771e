/* joulerig check PLAN [--bench BENCH] */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "cli.h"
#include "schedule.h"

static const char help[] =
	"usage: joulerig check PLAN [--bench BENCH]\n\n"
	"Reads both files, reports every mistake with its line and column, and says how many runs the plan makes. Runs nothing.\n";

static int check_plan(const char *path)
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
		printf("%s: %zu runs: %d workloads, %d arms, %d repetitions\n", path, slots, plan.n_workloads, plan.n_arms, plan.repetitions);
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
	static const struct option options[] = { { "bench", required_argument, NULL, 'b' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	const char *bench = NULL;
	int option;
	while ((option = getopt_long(argc, argv, "b:h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_OK;
		}
		if (option != 'b')
			return EXIT_USAGE;
		bench = optarg;
	}
	if (argc - optind > 1 || (argc == optind && bench == NULL))
		return cli_usage("check", "name one plan, or a bench with --bench");
	int status = argc > optind ? check_plan(argv[optind]) : EXIT_OK;
	int bench_status = bench ? check_bench(bench) : EXIT_OK;
	return status != EXIT_OK ? status : bench_status;
}
