/* joulerig claims CLAIMS.yaml DIR|PACK [--format text|json] */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "claims_text.h"
#include "cli.h"

#define ARMS_MAX 64

static const char help[] =
	"usage: joulerig claims CLAIMS.yaml DIR|PACK [--format text|json]\n\n"
	"Does a campaign bear out what was published? Each claim of the file is reproduced (the 95 % interval lies within the claim's),\n"
	"contradicted (wholly outside), undecided (and how many more runs would decide), or not testable here (and why). Energy is\n"
	"judged at the wall, gross, unless a claim says otherwise; net, caused and RAPL stand beside it.\n\n"
	"      --format FORM  text or json (schemas/judged.schema.json)\n\n"
	"Exit status:   0  on real instruments, and every claim that can be tested there is reproduced\n"
	"              10  some claim is contradicted\n"
	"              11  none is contradicted, some claim is undecided\n"
	"              12  no claim can be tested there\n"
	"               8  a rehearsal: something came from a twin; the same for all verdicts\n"
	"               3  mistakes in the claims file, such as an arm that the campaign does not have\n"
	"             2, 4, 5, 70 as ever\n";

struct arguments {
	const char *claims, *place;
	bool json;
};

static enum exit_status status_of(const struct claims_judged *judged)
{
	if (judged->simulated)
		return EXIT_REHEARSAL;
	if (judged->n_verdicts[CLAIM_CONTRADICTED])
		return EXIT_CONTRADICTED;
	if (judged->n_verdicts[CLAIM_UNDECIDED])
		return EXIT_UNDECIDED;
	return judged->n_verdicts[CLAIM_REPRODUCED] ? EXIT_OK : EXIT_UNTESTABLE;
}

static int print(const struct arguments *a, const struct campaign_file *file, const struct claims_judged *judged)
{
	struct text text = TEXT_INIT;
	struct table_options options = { .columns = cli_columns(), .colour = isatty(STDOUT_FILENO) != 0, .unicode = cli_unicode() };
	int failed = a->json ? report_claims_json(file, judged, &text) : report_claims(file, judged, &options, &text);
	if (!failed)
		fputs(text_string(&text), stdout);
	text_free(&text);
	return failed || fflush(stdout) != 0 ? EXIT_INTERNAL : (int)status_of(judged);
}

static int judge(const struct arguments *a, const struct claims *claims, const struct campaign_file *file, struct problems *problems)
{
	const char *arms[ARMS_MAX];
	struct error error = ERROR_INIT;
	struct claims_judged judged;
	if (claims_check_arms(claims, arms, claims_arms(file, arms, ARMS_MAX), problems, &error) != 0)
		return cli_fail_problems(problems, &error);
	if (claims_judge(claims, file, &judged, &error) != 0)
		return cli_fail(&error);
	int status = print(a, file, &judged);
	claims_judged_free(&judged);
	return status;
}

static int hold(const struct arguments *a)
{
	struct claims claims;
	struct campaign_file file;
	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	int status;
	if (claims_load(a->claims, &claims, &problems, &error) != 0) {
		status = cli_fail_problems(&problems, &error);
		problems_free(&problems);
		return status;
	}
	if (campaign_file_read(a->place, &file, &error) != 0) {
		status = cli_fail(&error);
	} else {
		status = judge(a, &claims, &file, &problems);
		campaign_file_free(&file);
	}
	claims_free(&claims);
	problems_free(&problems);
	return status;
}

int claims_main(int argc, char **argv)
{
	static const struct option options[] = { { "format", required_argument, NULL, 'f' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	struct arguments a = { 0 };
	int option;
	while ((option = getopt_long(argc, argv, "f:h", options, NULL)) != -1)
		switch (option) {
		case 'f':
			if (cli_format("claims", optarg, &a.json) != EXIT_OK)
				return EXIT_USAGE;
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_OK;
		default:
			return EXIT_USAGE;
		}
	if (argc - optind != 2)
		return cli_usage("claims", "name a file of claims, and a campaign's directory or packed file");
	a.claims = argv[optind];
	a.place = argv[optind + 1];
	return hold(&a);
}
