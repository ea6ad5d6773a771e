/* joulerig pack DIR -o FILE */
#include "pack.h"

#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "campaign_folder.h"
#include "cli.h"
#include "verify.h"

static const char help[] =
	"usage: joulerig pack DIR -o FILE\n\n"
	"Writes the campaign in DIR, with every run's raw data, as one HDF5 file. `joulerig show`, `export` and `verify` read it as they\n"
	"read DIR. A campaign that does not verify, or has a run that is only a journal yet, is not packed (exit status 5); an existing\n"
	"FILE is not replaced, nor is a campaign packed while joulerig writes into it (6).\n";

static void print_finding(void *context, const struct finding *finding)
{
	(void)context;
	fprintf(stderr, "%s: %s%s%s%s\n", finding->file, finding->kind == FINDING_NOTE ? "note: " : "", finding->object,
		finding->object[0] ? ": " : "", finding->what);
}

/* A run that a crash cut short is a run, and would not be in the pack. */
static int check_journals(const char *directory, struct error *error)
{
	struct folder_runs runs;
	if (campaign_folder_list(directory, &runs, error) != 0)
		return -1;
	uint32_t waiting = 0;
	for (size_t i = 0; i < runs.n && waiting == 0; i++)
		waiting = runs.list[i].journal && !runs.list[i].file ? runs.list[i].number : 0;
	campaign_folder_free(&runs);
	return waiting == 0 ? 0 : error_set(error, ERROR_CORRUPT, directory, "joulerig recover first",
					    "run %u has a journal that no file was made of yet", waiting);
}

/* Under the directory's lock. */
static int pack_locked(const char *directory, const char *output)
{
	struct verify_counts counts = { .files = 0 };
	struct error error = ERROR_INIT;
	if (verify_path(directory, print_finding, NULL, &counts, &error) != 0)
		return cli_usage("pack", "%s: %s", error.on, error.what);
	if (counts.problems > 0)
		error_set(&error, ERROR_CORRUPT, directory, "joulerig recover and joulerig analyse mend what can be mended",
			  "it does not verify, and is not packed");
	else if (check_journals(directory, &error) == 0 && pack_write(directory, output, &error) == 0)
		return EXIT_OK;
	return cli_fail(&error);
}

static int pack(const char *directory, const char *output)
{
	struct error error = ERROR_INIT;
	int lock = campaign_folder_lock(directory, &error);
	if (lock < 0)
		return error.code == ERROR_EXISTS ? cli_fail(&error) : cli_usage("pack", "%s: %s", error.on, error.what);
	int status = pack_locked(directory, output);
	close(lock);
	return status;
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
