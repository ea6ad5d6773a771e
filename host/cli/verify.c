/* joulerig verify PATH… */
#include "verify.h"

#include <getopt.h>
#include <stdio.h>

#include "cli.h"

static const char help[] =
	"usage: joulerig verify PATH…\n\n"
	"Holds each PATH against the layout (schemas/layout.md): a campaign's directory, a run file, a campaign.h5 or a packed file.\n"
	"One line for each finding, on standard output, and a summary last. A `note` is not wrong, but worth knowing.\n"
	"Exit status: 0 all of it holds; 5 something is damaged, missing or does not hold; 2 usage.\n";

static void print_finding(void *context, const struct finding *finding)
{
	(void)context;
	printf("%s: %s%s%s%s\n", finding->file, finding->kind == FINDING_NOTE ? "note: " : "", finding->object,
	       finding->object[0] ? ": " : "", finding->what);
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

int verify_main(int argc, char **argv)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	struct verify_counts counts = { .files = 0 };
	int option;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option != 'h')
			return EXIT_USAGE;
		fputs(help, stdout);
		return EXIT_OK;
	}
	if (argc == optind)
		return cli_usage("verify", "name a campaign's directory or file");
	for (int i = optind; i < argc; i++) {
		struct error error = ERROR_INIT;
		if (verify_path(argv[i], print_finding, NULL, &counts, &error) != 0)
			return cli_usage("verify", "%s: %s", error.on, error.what);
	}
	printf("%zu file%s, %zu run%s: %zu problem%s, %zu note%s\n", counts.files, plural(counts.files), counts.runs, plural(counts.runs),
	       counts.problems, plural(counts.problems), counts.notes, plural(counts.notes));
	return counts.problems ? EXIT_STORAGE : EXIT_OK;
}
