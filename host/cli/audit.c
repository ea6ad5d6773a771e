/* joulerig audit DIR|PACK --profile NAME [--format text|json] */
#include "audit.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static const char help[] =
	"usage: joulerig audit DIR|PACK --profile NAME [--format text|json]\n\n"
	"Holds a campaign against what published rule sets ask of a power measurement, rule by rule: it meets it, does not meet it, it\n"
	"cannot be told from the data, or does not apply. This is no statement of compliance with any of them.\n\n"
	"      --profile NAME   green500-l1, green500-l2, green500-l3, spec-like or mlperf-like\n"
	"      --format FORM    text or json\n\n"
	"Exit status: 0 every rule is met or does not apply; 7 some rule is not met, or cannot be told; 8 some of the data come from a\n"
	"twin: a rehearsal, whatever the rules say.\n";

static int audit(const char *place, const struct audit_profile *profile, bool json)
{
	struct campaign_file file;
	struct audit_evidence evidence;
	struct audit_answer answers[AUDIT_RULES_MAX];
	struct error error = ERROR_INIT;
	struct text text = TEXT_INIT;
	struct table_options options = { .columns = cli_columns(), .colour = isatty(STDOUT_FILENO) != 0, .unicode = cli_unicode() };
	if (campaign_file_read(place, &file, &error) != 0)
		return cli_fail(&error);
	int status = EXIT_INTERNAL;
	if (audit_gather(place, &file, &evidence, &error) != 0) {
		campaign_file_free(&file);
		return cli_fail(&error);
	}
	audit_judge(profile, &evidence, answers);
	int failed = json ? report_audit_json(profile, &evidence, answers, &text) : report_audit(profile, &evidence, answers, &options, &text);
	if (!failed) {
		fputs(text_string(&text), stdout);
		status = evidence.simulated ? EXIT_REHEARSAL : audit_is_met(profile, &evidence, answers) ? EXIT_OK : EXIT_NOT_MET;
	}
	text_free(&text);
	audit_evidence_free(&evidence);
	campaign_file_free(&file);
	return status;
}

int audit_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "profile", required_argument, NULL, 'p' }, { "format", required_argument, NULL, 'f' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const struct audit_profile *profile = NULL;
	bool json = false;
	int option;
	while ((option = getopt_long(argc, argv, "p:f:h", options, NULL)) != -1)
		switch (option) {
		case 'p':
			profile = audit_profile_find(optarg);
			if (profile == NULL)
				return cli_usage("audit", "there is no profile \"%s\"", optarg);
			break;
		case 'f':
			if (cli_format("audit", optarg, &json) != EXIT_OK)
				return EXIT_USAGE;
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_OK;
		default:
			return EXIT_USAGE;
		}
	if (argc - optind != 1)
		return cli_usage("audit", "name one campaign's directory or packed file");
	if (profile == NULL)
		return cli_usage("audit", "name the rules with --profile: green500-l1, green500-l2, green500-l3, spec-like or mlperf-like");
	return audit(argv[optind], profile, json);
}
