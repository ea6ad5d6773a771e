/* joulerig pack DIR -o FILE */
#include "pack.h"

#include <getopt.h>
#include <stdio.h>

#include "cli.h"
#include "verify.h"

static const char help[] =
	"usage: joulerig pack DIR -o FILE\n\n"
	"Writes the campaign in DIR, with every run's raw data, as one HDF5 file. `joulerig show`, `export` and `verify` read it as they\n"
	"read DIR. A campaign that does not verify is not packed (exit status 5), and an existing FILE is not replaced (6).\n";

static void print_problem(void *context, const struct finding *finding)
{
	(void)context;
	if (finding->kind == FINDING_PROBLEM)
		fprintf(stderr, "%s: %s%s%s\n", finding->file, finding->object, finding->object[0] ? ": " : "", finding->what);
}

static int pack(const char *directory, const char *output)
{
	struct verify_counts counts = { .files = 0 };
	struct error error = ERROR_INIT;
	if (verify_path(directory, print_problem, NULL, &counts, &error) != 0)
		return cli_usage("pack", "%s: %s", error.on, error.what);
	if (counts.problems > 0)
		error_set(&error, ERROR_CORRUPT, directory, "joulerig recover and joulerig analyse mend what can be mended",
			  "it does not verify, and is not packed");
	else if (pack_write(directory, output, &error) == 0)
		return EXIT_OK;
	return cli_fail(&error);
}

int pack_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	const char *output = NULL;
	int option;
	while ((option = getopt_long(argc, argv, "o:h", options, NULL)) != -1)
		switch (option) {
		case 'o': output = optarg; break;
		case 'h':
			fputs(help, stdout);
			return EXIT_OK;
		default:
			return EXIT_USAGE;
		}
	if (argc - optind != 1)
		return cli_usage("pack", "name one campaign's directory");
	if (output == NULL)
		return cli_usage("pack", "name the file to write with -o");
	return pack(argv[optind], output);
}
