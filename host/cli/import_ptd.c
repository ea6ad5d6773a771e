/* joulerig import-ptd --reading RATIO [--range RATIO --power-range POWER] [--idle MARK] [--utc-offset TIME] LOG… -o DIR */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "clock.h"
#include "import_ptd.h"
#include "units.h"

static const char help[] =
	"usage: joulerig import-ptd --reading RATIO [--range RATIO --power-range POWER] [--idle MARK] [--utc-offset TIME] LOG… -o DIR\n\n"
	"Makes a campaign of logs that SPEC PTDaemon has written: each span of samples with the same mark becomes a run, so that show,\n"
	"export and analyse work on it. It says imported. What such a log cannot tell stays unknown: there is no trigger (the edges of a\n"
	"span are known to one sample), no RAPL, and no idle power unless a span of that name stands right before the run.\n\n"
	"      --reading RATIO      the analyzer's limit of error, of the reading, from its data sheet: \"0.1 %\"\n"
	"      --range RATIO        the same, of the power range\n"
	"      --power-range POWER  voltage range times current range: \"600 W\"\n"
	"      --idle MARK          the mark of spans in which the machine was idle (default: idle)\n"
	"      --utc-offset TIME    how far the daemon's wall clock was ahead of UTC: \"1 h\", \"-5 h\" (default 0 s)\n"
	"  -o, --output DIR         must not exist, or be empty\n";

struct arguments {
	struct import_request request;
	bool reading, range, helped;
};

static int parse_quantity(const char *name, const char *text, enum dimension dimension, double *value)
{
	if (quantity_parse(text, dimension, value) == 0)
		return EXIT_OK;
	return cli_usage("import-ptd", "%s: \"%s\" is not %s", name, text, dimension_expected(dimension));
}

static int parse_offset(const char *text, struct arguments *a)
{
	double seconds = 0;
	bool behind = text[0] == '-';
	int status = parse_quantity("--utc-offset", text + behind, DIMENSION_TIME, &seconds);
	if (status == EXIT_OK && seconds > 14 * 3600)
		return cli_usage("import-ptd", "--utc-offset: no clock is %s off UTC", text);
	a->request.utc_offset = (behind ? -1 : 1) * llround(seconds * NS_PER_S);
	return status;
}

static int check(const struct arguments *a)
{
	const struct accuracy *accuracy = &a->request.accuracy;
	if (a->request.directory == NULL)
		return cli_usage("import-ptd", "name the output directory with -o");
	if (a->request.n_logs == 0)
		return cli_usage("import-ptd", "name a log");
	if (!a->reading || accuracy->reading < 0)
		return cli_usage("import-ptd", "say the analyzer's limit of error with --reading: without it no uncertainty can be stated");
	if (a->range != (accuracy->range_value > 0))
		return cli_usage("import-ptd", "--range and --power-range go together");
	return EXIT_OK;
}

static int parse(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
		{ "reading", required_argument, NULL, 'r' }, { "range", required_argument, NULL, 'R' },
		{ "power-range", required_argument, NULL, 'P' }, { "idle", required_argument, NULL, 'i' },
		{ "utc-offset", required_argument, NULL, 'u' }, { "output", required_argument, NULL, 'o' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct accuracy *accuracy = &a->request.accuracy;
	int option, status = EXIT_OK;
	while (status == EXIT_OK && (option = getopt_long(argc, argv, "o:h", options, NULL)) != -1)
		switch (option) {
		case 'r': a->reading = true; status = parse_quantity("--reading", optarg, DIMENSION_RATIO, &accuracy->reading); break;
		case 'R': a->range = true; status = parse_quantity("--range", optarg, DIMENSION_RATIO, &accuracy->range); break;
		case 'P': status = parse_quantity("--power-range", optarg, DIMENSION_POWER, &accuracy->range_value); break;
		case 'i': a->request.idle = optarg; break;
		case 'u': status = parse_offset(optarg, a); break;
		case 'o': a->request.directory = optarg; break;
		case 'h':
			fputs(help, stdout);
			a->helped = true;
			return EXIT_OK;
		default:
			return EXIT_USAGE;
		}
	a->request.logs = (const char *const *)argv + optind;
	a->request.n_logs = argc - optind;
	return status == EXIT_OK ? check(a) : status;
}

int import_ptd_main(int argc, char **argv)
{
	struct arguments a = { .request = { .idle = "idle", .version = JOULERIG_VERSION } };
	struct error error = ERROR_INIT;
	size_t runs;
	int status = parse(argc, argv, &a);
	if (status != EXIT_OK || a.helped)
		return status;
	if (import_ptd(&a.request, &runs, &error) != 0)
		return cli_fail(&error);
	printf("%s: %zu runs imported; joulerig show %s\n", a.request.directory, runs, a.request.directory);
	return EXIT_OK;
}
