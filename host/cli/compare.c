/* joulerig compare A B… [--arm ARM | --arm A=ARM…] [--factors FILE] [--format text|json] */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "campaign_file.h"
#include "cli.h"
#include "factors_file.h"
#include "sides_text.h"

static const char help[] =
	"usage: joulerig compare CAMPAIGN… [--arm ARM] [--factors FILE] [--format text|json]\n\n"
	"Campaigns (directories or packed files) of different machines side by side: energy, time, their product, ratios to the first with what does\n"
	"not cancel between the benches, and who is on the Pareto front. Points whose results have another checksum are not compared.\n\n"
	"      --arm ARM        the arm that stands for every campaign (default: its reference arm)\n"
	"      --arm B=ARM      the arm that stands for the second one; A is the first, C the third\n"
	"      --factors FILE   price, PUE and carbon intensity (schemas/factors.schema.json): what the energies cost and emit. One campaign will do\n"
	"      --format FORM    text or json\n";

struct arguments {
	char *const *places;
	size_t n;
	const char *arms[SIDES_MAX]; /* NULL: the reference arm */
	const char *factors;
	bool json;
};

/* "B=ft" is for the second campaign, "ft" for all that have no other. */
static int take_arm(struct arguments *a, const char **all, const char *text)
{
	if (text[0] == '\0' || text[1] != '=') {
		*all = text;
		return 0;
	}
	if (text[0] < 'A' || text[0] >= 'A' + SIDES_MAX || text[2] == '\0')
		return -1;
	a->arms[text[0] - 'A'] = text + 2;
	return 0;
}

static int finish_arms(struct arguments *a, const char *all)
{
	for (size_t i = 0; i < SIDES_MAX; i++) {
		if (i >= a->n && a->arms[i])
			return cli_usage("compare", "--arm %c=%s: there is no campaign %c", (char)('A' + i), a->arms[i], (char)('A' + i));
		if (a->arms[i] == NULL)
			a->arms[i] = all;
	}
	return EXIT_OK;
}

static int print(const struct sides *sides, const struct factors *factors, bool json)
{
	struct table_options options = { .columns = cli_columns(), .colour = isatty(STDOUT_FILENO) != 0, .unicode = cli_unicode() };
	struct text text = TEXT_INIT;
	int failed = json ? report_sides_json(sides, factors, &text) : report_sides(sides, factors, &options, &text);
	if (!failed)
		fputs(text_string(&text), stdout);
	text_free(&text);
	return failed ? EXIT_INTERNAL : EXIT_OK;
}

static int compare_files(const struct arguments *a, const struct campaign_file *files, const struct factors *factors)
{
	struct sides sides;
	struct error error = ERROR_INIT;
	if (sides_make(files, a->arms, a->n, &sides, &error) != 0)
		return cli_fail(&error);
	int status = print(&sides, factors, a->json);
	sides_free(&sides);
	return status;
}

static int compare_places(const struct arguments *a, const struct factors *factors)
{
	struct campaign_file files[SIDES_MAX] = { 0 };
	struct error error = ERROR_INIT;
	size_t n = 0;
	while (n < a->n && campaign_file_read(a->places[n], &files[n], &error) == 0)
		n++;
	int status = n < a->n ? cli_fail(&error) : compare_files(a, files, factors);
	for (size_t i = 0; i < n; i++)
		campaign_file_free(&files[i]);
	return status;
}

static int compare(const struct arguments *a)
{
	struct factors factors = { 0 };
	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	if (a->factors && factors_load(a->factors, &factors, &problems, &error) != 0) {
		int status = cli_fail_problems(&problems, &error);
		problems_free(&problems);
		return status;
	}
	int status = compare_places(a, a->factors ? &factors : NULL);
	factors_free(&factors);
	problems_free(&problems);
	return status;
}

int compare_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "arm", required_argument, NULL, 'a' }, { "factors", required_argument, NULL, 'F' }, { "format", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	struct arguments a = { .places = NULL };
	const char *all = NULL;
	int option;
	while ((option = getopt_long(argc, argv, "a:f:h", options, NULL)) != -1)
		switch (option) {
		case 'a':
			if (take_arm(&a, &all, optarg) != 0)
				return cli_usage("compare", "--arm %s: campaigns are A to %c, and an arm has a name", optarg, 'A' + SIDES_MAX - 1);
			break;
		case 'F': a.factors = optarg; break;
		case 'f':
			if (cli_format("compare", optarg, &a.json) != EXIT_OK)
				return EXIT_USAGE;
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_OK;
		default:
			return EXIT_USAGE;
		}
	a.places = argv + optind;
	a.n = (size_t)(argc - optind);
	if (a.n > SIDES_MAX || a.n < (a.factors ? 1 : 2))
		return cli_usage("compare", "name two to %d campaigns, or one and --factors", SIDES_MAX);
	int status = finish_arms(&a, all);
	return status == EXIT_OK ? compare(&a) : status;
}
