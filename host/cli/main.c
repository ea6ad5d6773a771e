#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "log.h"

const struct subcommand subcommands[] = {
	{ "run", "run a plan, or one command, and measure its energy", run_main },
	{ "check", "check a plan and a bench file without running anything", check_main },
	{ "show", "print a campaign's table again, or one run in full", show_main },
	{ "export", "write a campaign's results as CSV or JSON", export_main },
	{ "recover", "make run files of what a crash left in a campaign", recover_main },
	{ "analyse", "compute all results of a campaign again from its raw data", analyse_main },
	{ "verify", "hold files against their layout: checksums, times, gaps, tables", verify_main },
	{ "crosscheck", "hold RAPL against the wall, workload by workload", crosscheck_main },
	{ "audit", "hold a campaign against what published rule sets ask", audit_main },
	{ "compare", "set campaigns of different machines side by side, with costs if wanted", compare_main },
	{ "claims", "say which published claims a campaign bears out", claims_main },
	{ "import-ptd", "make a campaign of logs that SPEC PTDaemon has written", import_ptd_main },
	{ "report", "write a campaign as one HTML page with figures", report_main },
	{ "pack", "write a campaign as one file", pack_main },
	{ "detect", "list what is there to measure with, and write a bench file of it", detect_main },
	{ "calibrate", "find the latency of a bench's meters", calibrate_main },
	{ "verify-bench", "hold a meter against a reference, and chart it", verify_bench_main },
	{ "ranges", "say which range a meter should have", ranges_main },
	{ "load-pattern", NULL, load_pattern_main },
	{ NULL, NULL, NULL },
};

static void print_help(FILE *to)
{
	fputs("joulerig: energy of program runs at the wall socket, with its uncertainty, beside RAPL\n\n"
	      "usage: joulerig SUBCOMMAND [OPTION…]\n\n", to);
	for (const struct subcommand *s = subcommands; s->name; s++)
		if (s->summary)
			fprintf(to, "  %-12s %s\n", s->name, s->summary);
	fputs("\n`joulerig SUBCOMMAND --help` tells more. Exit status: 0 all is well; 1 not every run is a good one; 2 usage;\n"
	      "3 mistakes in a plan or bench file; 4 an instrument, counter or interpreter; 5 storage; 6 the output exists;\n"
	      "7 rules are not met, or it cannot be told; 8 a verdict on a twin's data, no evidence;\n"
	      "10 a claim is contradicted; 11 undecided; 12 none can be tested; 70 a defect of joulerig; 130 interrupted.\n", to);
}

static void print_log(enum log_level level, const char *line)
{
	if (level >= LOG_LEVEL_WARNING)
		fprintf(stderr, "joulerig: %s\n", line);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN); /* a write to a workload that has gone is an error code here, not a death */
	log_set_sink(print_log);
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		print_help(stdout);
		return EXIT_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("joulerig " JOULERIG_VERSION);
		return EXIT_OK;
	}
	for (const struct subcommand *s = subcommands; s->name; s++)
		if (strcmp(argv[1], s->name) == 0)
			return s->run(argc - 1, argv + 1);
	return cli_usage("", "there is no subcommand \"%s\"", argv[1]);
}
