/* joulerig ranges --bench BENCH [--device NAME] DIR */
#include <getopt.h>
#include <stdio.h>

#include "bench.h"
#include "cli.h"
#include "ranges_text.h"

static const char help[] =
	"usage: joulerig ranges --bench BENCH [--device NAME] DIR\n\n"
	"Which range should the meter have? Evaluates the runs of the campaign in DIR once more under each range that the meter\n"
	"offers, prints how far the loads fill it and what U their energies would have, and names the smallest that is never\n"
	"exceeded, with a tenth to spare. Measures nothing.\n";

static int advise(const char *bench_path, const char *device, const char *directory)
{
	struct bench_config bench;
	struct range_advice advice;
	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	struct text text = TEXT_INIT;
	int status = EXIT_OK;
	if (bench_config_load(bench_path, &bench, &problems, &error) != 0) {
		status = cli_fail_problems(&problems, &error);
		problems_free(&problems);
		return status;
	}
	if (range_advise(directory, &bench, device, &advice, &error) != 0)
		status = cli_fail(&error);
	else if (report_ranges(&advice, &text) != 0)
		status = EXIT_INTERNAL;
	else
		fputs(text_string(&text), stdout);
	text_free(&text);
	range_advice_free(&advice);
	bench_config_free(&bench);
	problems_free(&problems);
	return status;
}

int ranges_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "bench", required_argument, NULL, 'b' }, { "device", required_argument, NULL, 'd' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *bench = NULL, *device = NULL;
	int option;
	while ((option = getopt_long(argc, argv, "b:d:h", options, NULL)) != -1)
		switch (option) {
		case 'b': bench = optarg; break;
		case 'd': device = optarg; break;
		case 'h':
			fputs(help, stdout);
			return EXIT_OK;
		default:
			return EXIT_USAGE;
		}
	if (bench == NULL || argc - optind != 1)
		return cli_usage("ranges", "name the bench file with --bench, and one campaign's directory");
	return advise(bench, device, argv[optind]);
}
