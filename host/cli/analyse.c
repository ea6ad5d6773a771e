/* joulerig analyse DIR */
#include <getopt.h>
#include <stdio.h>

#include "cli.h"
#include "rebuild.h"

static const char help[] =
	"usage: joulerig analyse DIR\n\n"
	"Computes every result of the campaign in DIR again, from the raw data in its run files, and writes campaign.h5 anew. The same\n"
	"build gives the same file, byte for byte. A run file that cannot be read is left out and named, and the exit status is 5.\n";

static size_t count_runs(const struct campaign_file *file)
{
	size_t n = 0;
	for (size_t i = 0; i < file->n_results; i++)
		n += i == 0 || file->results[i].run != file->results[i - 1].run;
	return n;
}

int analyse_main(int argc, char **argv)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	int option;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option != 'h')
			return EXIT_USAGE;
		fputs(help, stdout);
		return EXIT_OK;
	}
	if (argc - optind != 1)
		return cli_usage("analyse", "name one campaign's directory");
	struct campaign_file file;
	struct error error = ERROR_INIT;
	int result = rebuild_directory(argv[optind], &file, &error);
	if (result == 0)
		printf("%s/campaign.h5: computed again from %zu run files\n", argv[optind], count_runs(&file));
	campaign_file_free(&file);
	return result == 0 ? EXIT_OK : cli_fail(&error);
}
