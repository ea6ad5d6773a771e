/* joulerig recover DIR */
#include <getopt.h>
#include <stdio.h>

#include "cli.h"
#include "log.h"
#include "recover.h"

static const char help[] =
	"usage: joulerig recover DIR\n\n"
	"After a crash: every journal in DIR/runs becomes a run file with each sample that had reached the disk. A run that had ended\n"
	"gets the file it would have got; one that was cut short is marked interrupted. campaign.h5 is computed again. Says what it\n"
	"did, one line each; doing it again changes nothing. `joulerig run … -o DIR --resume` does this first, by itself.\n";

static void print_step(enum log_level level, const char *line)
{
	if (level >= LOG_LEVEL_WARNING)
		fprintf(stderr, "joulerig: %s\n", line);
	else if (level == LOG_LEVEL_INFO)
		printf("%s\n", line);
}

int recover_main(int argc, char **argv)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	int option;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option != 'h')
			return EXIT_USAGE;
		fputs(help, stdout);
		return EXIT_OK;
	}
	if (argc - optind != 1)
		return cli_usage("recover", "name one campaign's directory");
	struct error error = ERROR_INIT;
	log_set_sink(print_step);
	return recover_directory(argv[optind], &error) == 0 ? EXIT_OK : cli_fail(&error);
}
