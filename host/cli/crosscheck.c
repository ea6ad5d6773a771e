/* joulerig crosscheck DIR|PACK | --csv FILE [--power] [--reference ARM] [--format text|json] */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "crosscheck_text.h"
#include "facts.h"

#define TABLE_MAX (64u << 20)

static const char help[] =
	"usage: joulerig crosscheck DIR|PACK [--format text|json]\n"
	"       joulerig crosscheck --csv FILE [--power] [--reference ARM] [--format text|json]\n\n"
	"Does RAPL tell the truth? Fits what the wall says to what RAPL says over the same brackets, looks at what each workload leaves\n"
	"over, and tells of each comparison of two arms whether both see the same.\n\n"
	"      --csv FILE       a table in place of a campaign (- reads standard input). Its first line names its columns: wall, rapl\n"
	"                       and time, in joules and seconds; class (workload), point, arm, u_wall, u_rapl where known\n"
	"      --power          wall and rapl are in watts; time may be missing\n"
	"      --reference ARM  the arm that others of the table are compared with (default: the first)\n"
	"      --format FORM    text or json\n";

struct arguments {
	const char *csv, *reference, *place;
	bool power, json;
};

static int read_all(const char *path, struct text *text, struct error *error)
{
	char bytes[65536];
	size_t got;
	FILE *from = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (from == NULL)
		return error_errno(error, errno, path, "is its name right?", "cannot open it");
	while ((got = fread(bytes, 1, sizeof bytes, from)) > 0 && text->length < TABLE_MAX)
		text_add_bytes(text, bytes, got);
	int failure = ferror(from) ? errno : 0;
	if (from != stdin)
		fclose(from);
	if (failure)
		return error_errno(error, failure, path, NULL, "cannot read it");
	if (text->length >= TABLE_MAX)
		return error_set(error, ERROR_CONFIG, path, NULL, "it is larger than %u MiB", TABLE_MAX >> 20);
	return text_failed(text) ? error_errno(error, ENOMEM, path, NULL, "cannot hold it") : 0;
}

static int load(const struct arguments *a, struct crosscheck_set *set, bool *simulated, struct error *error)
{
	if (a->csv) {
		struct text text = TEXT_INIT;
		int status = read_all(a->csv, &text, error);
		if (status == 0)
			status = crosscheck_set_csv(a->csv, text_string(&text), text.length, a->power, a->reference, set, error);
		text_free(&text);
		return status;
	}
	struct campaign_file file;
	if (campaign_file_read(a->place, &file, error) != 0)
		return -1;
	*simulated = facts_simulated(&file) != SIMULATED_NONE;
	int status = crosscheck_set_campaign(&file, set, error);
	campaign_file_free(&file);
	return status;
}

static int crosscheck(const struct arguments *a)
{
	struct crosscheck_set set = { 0 };
	struct crosscheck *check = calloc(1, sizeof *check);
	struct error error = ERROR_INIT;
	struct text text = TEXT_INIT;
	struct table_options options = { .columns = cli_columns(), .colour = isatty(STDOUT_FILENO) != 0, .unicode = cli_unicode() };
	bool simulated = false;
	int status = EXIT_OK;
	if (check == NULL)
		return EXIT_INTERNAL;
	if (load(a, &set, &simulated, &error) != 0) {
		free(check);
		return cli_fail(&error);
	}
	crosscheck_fit(set.points, set.n, check);
	int failed = a->json ? report_crosscheck_json(&set, check, simulated, &text) : report_crosscheck(&set, check, simulated, &options, &text);
	if (failed)
		status = EXIT_INTERNAL;
	else
		fputs(text_string(&text), stdout);
	text_free(&text);
	crosscheck_set_free(&set);
	free(check);
	return status;
}

int crosscheck_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "csv", required_argument, NULL, 'c' }, { "power", no_argument, NULL, 'p' }, { "reference", required_argument, NULL, 'r' },
		{ "format", required_argument, NULL, 'f' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	struct arguments a = { 0 };
	int option;
	while ((option = getopt_long(argc, argv, "c:pr:f:h", options, NULL)) != -1)
		switch (option) {
		case 'c': a.csv = optarg; break;
		case 'p': a.power = true; break;
		case 'r': a.reference = optarg; break;
		case 'f':
			if (cli_format("crosscheck", optarg, &a.json) != EXIT_OK)
				return EXIT_USAGE;
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_OK;
		default:
			return EXIT_USAGE;
		}
	if (argc - optind != (a.csv == NULL))
		return cli_usage("crosscheck", "name one campaign's directory or packed file, or a table with --csv");
	if (a.csv == NULL && (a.power || a.reference))
		return cli_usage("crosscheck", "--power and --reference go with --csv: a campaign says both itself");
	a.place = argv[optind];
	return crosscheck(&a);
}
