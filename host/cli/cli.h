/*
 * cli: the command line. The only layer that prints or exits; one file per subcommand.
 */
#ifndef JOULERIG_CLI_CLI_H
#define JOULERIG_CLI_CLI_H

#include <stdbool.h>

#include "document.h"
#include "error.h"

/* Exit status of joulerig, documented in README.md and `joulerig --help`. */
enum exit_status {
	EXIT_OK = 0,
	EXIT_RUNS_FAILED = 1, /* the campaign is complete, but not every run is a good one */
	EXIT_USAGE = 2,
	EXIT_CONFIG = 3,      /* mistakes in a plan or bench file, or an arm that is not what it claims */
	EXIT_DEVICE = 4,      /* an instrument, counter or interpreter that is missing, silent, forbidden or another one */
	EXIT_STORAGE = 5,     /* full disk, I/O error, damaged file */
	EXIT_EXISTS = 6,      /* the output directory is taken */
	EXIT_NOT_MET = 7,     /* of what was asked of the data, some is not met or cannot be told */
	EXIT_REHEARSAL = 8,   /* the data come from a twin, and so does any verdict on them: no evidence, whatever it says */
	EXIT_CONTRADICTED = 10, /* claims: some are contradicted… */
	EXIT_UNDECIDED = 11,    /* …or none is, and some are undecided */
	EXIT_UNTESTABLE = 12,   /* …or none can be tested there */
	EXIT_INTERNAL = 70,
	EXIT_INTERRUPTED = 130,
};

struct subcommand {
	const char *name, *summary; /* no summary: not for users */
	int (*run)(int argc, char **argv); /* argv[0] is the subcommand's name; returns the exit status */
};
extern const struct subcommand subcommands[]; /* ends with a NULL name */

int run_main(int argc, char **argv);
int check_main(int argc, char **argv);
int show_main(int argc, char **argv);
int export_main(int argc, char **argv);
int verify_main(int argc, char **argv);
int import_ptd_main(int argc, char **argv);
int pack_main(int argc, char **argv);
int detect_main(int argc, char **argv);
int recover_main(int argc, char **argv);
int analyse_main(int argc, char **argv);
int calibrate_main(int argc, char **argv);
int verify_bench_main(int argc, char **argv);
int ranges_main(int argc, char **argv);
int crosscheck_main(int argc, char **argv);
int report_main(int argc, char **argv);
int audit_main(int argc, char **argv);
int compare_main(int argc, char **argv);
int claims_main(int argc, char **argv);
int load_pattern_main(int argc, char **argv);

/* Print to stderr as one line; return the exit status that goes with the error. */
int cli_fail(const struct error *error);
/* Every mistake on its own line, then the error. */
int cli_fail_problems(const struct problems *problems, const struct error *error);
/* "joulerig run: MESSAGE" and how to get help. Returns EXIT_USAGE. */
int cli_usage(const char *subcommand, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What --format asks for: text or json. EXIT_USAGE, said, for anything else. */
int cli_format(const char *subcommand, const char *format, bool *json);
int cli_columns(void); /* of the terminal on stdout, or 132 */
bool cli_unicode(void);

#endif
