/* joulerig show DIR|FILE [RUN] */
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "campaign_file.h"
#include "cli.h"
#include "run_detail.h"
#include "run_in.h"
#include "table.h"
#include "units.h"

static const char help[] =
	"usage: joulerig show DIR|FILE [RUN]\n\n"
	"Prints the table of the campaign in DIR, or packed in FILE, or run number RUN in full: its bracket, sources and uncertainty\n"
	"budget.\n";

/* Its run file may be gone: what campaign.h5 says of the run is shown all the same. */
static int show_run(const struct campaign_file *file, const char *place, uint32_t run, const struct table_options *options,
		    struct text *text, struct error *error)
{
	struct run raw = { .header = NULL };
	struct error why = ERROR_INIT;
	bool has_raw = run_in(place, run, &raw, &why) == 0;
	int result = report_run(file, run, has_raw ? &raw : NULL, options, text, error);
	run_free(&raw);
	return result;
}

int show_main(int argc, char **argv)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	long long run = 0;
	int option;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option != 'h')
			return EXIT_USAGE;
		fputs(help, stdout);
		return EXIT_OK;
	}
	if (argc == optind || argc - optind > 2)
		return cli_usage("show", "name a campaign's directory or file, and at most one run");
	if (argc - optind == 2 && (integer_parse(argv[optind + 1], &run) != 0 || run < 1 || run > 999999))
		return cli_usage("show", "\"%s\" is not the number of a run", argv[optind + 1]);

	struct campaign_file file;
	struct error error = ERROR_INIT;
	if (campaign_file_read(argv[optind], &file, &error) != 0)
		return cli_fail(&error);
	struct text text = TEXT_INIT;
	struct table_options table = { .columns = cli_columns(), .colour = isatty(STDOUT_FILENO) != 0, .unicode = cli_unicode() };
	int result = run ? show_run(&file, argv[optind], (uint32_t)run, &table, &text, &error) : report_table(&file, &table, &text);
	fputs(text_string(&text), stdout);
	text_free(&text);
	campaign_file_free(&file);
	return result == 0 ? EXIT_OK : cli_fail(&error);
}
