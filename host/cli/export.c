/* joulerig export DIR|PACK --format csv|json [-o FILE] */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "campaign_file.h"
#include "cli.h"
#include "export.h"

static const char help[] =
	"usage: joulerig export DIR|PACK --format csv|json [-o FILE]\n\n"
	"Writes every result of the campaign in DIR, or in the packed file PACK, to FILE or to standard output. The JSON follows\n"
	"schemas/export.schema.json; the CSV has one line a run and phase, its columns named with their units.\n";

static int write_out(const char *path, const struct text *text)
{
	struct error error = ERROR_INIT;
	FILE *to = path ? fopen(path, "we") : stdout;
	if (to == NULL) {
		error_errno(&error, errno, path, NULL, "cannot create the file");
		return cli_fail(&error);
	}
	size_t written = fwrite(text_string(text), 1, text->length, to);
	int failed = written != text->length || fflush(to) != 0;
	int failure = errno;
	if (path && fclose(to) != 0 && !failed) {
		failed = 1;
		failure = errno;
	}
	if (!failed)
		return EXIT_OK;
	error_errno(&error, failure, path ? path : "standard output", NULL, "cannot write the export");
	return cli_fail(&error);
}

int export_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "format", required_argument, NULL, 'f' }, { "output", required_argument, NULL, 'o' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *format = NULL, *output = NULL;
	int option;
	while ((option = getopt_long(argc, argv, "f:o:h", options, NULL)) != -1)
		switch (option) {
		case 'f': format = optarg; break;
		case 'o': output = optarg; break;
		case 'h':
			fputs(help, stdout);
			return EXIT_OK;
		default:
			return EXIT_USAGE;
		}
	if (argc - optind != 1)
		return cli_usage("export", "name one campaign's directory or packed file");
	if (format == NULL || (strcmp(format, "csv") != 0 && strcmp(format, "json") != 0))
		return cli_usage("export", "--format is csv or json");

	struct campaign_file file;
	struct error error = ERROR_INIT;
	if (campaign_file_read(argv[optind], &file, &error) != 0)
		return cli_fail(&error);
	struct text text = TEXT_INIT;
	int result = strcmp(format, "csv") == 0 ? report_csv(&file, &text) : report_json(&file, &text);
	int status = EXIT_INTERNAL;
	if (result == 0)
		status = write_out(output, &text);
	else
		fputs("joulerig: out of memory\n", stderr);
	text_free(&text);
	campaign_file_free(&file);
	return status;
}
