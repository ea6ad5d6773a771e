/* joulerig-twin: a modelled bench behind its instruments' real protocols. The only file here that prints or exits. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "config.h"
#include "log.h"
#include "server.h"
#include "units.h"

enum exit_code { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_CONFIG = 3 };

static const char help[] =
	"usage: joulerig-twin CONFIG.yaml --directory DIR [options]\n"
	"\n"
	"Plays a bench over its instruments' real protocols, from a model whose true energy is known:\n"
	"a WT310E on DIR/wt310e.sock (and TCP, pty if configured), RAPL counters in DIR/powercap,\n"
	"and DIR/bench.yaml, with which `joulerig run --bench` finds them. Says `ready DIR/bench.yaml`\n"
	"once everything answers, and runs until SIGTERM or SIGINT.\n"
	"\n"
	"  -d, --directory DIR      where its sockets and files go; made if missing; one twin each\n"
	"  -t, --truth FILE         log the true energies (mode 0600; tests/truth.py reads it)\n"
	"  -s, --seed N             instead of the configuration's\n"
	"      --ready-fd N         write the ready line to descriptor N instead of stdout\n"
	"      --die-with-parent    end when the process that started it ends\n"
	"  -v, --verbose            tell on stderr of what the host does wrong\n"
	"      --version\n"
	"  -h, --help\n"
	"\n"
	"exit: 0 ended by a signal as asked, 1 could not start or go on, 2 wrong command line,\n"
	"      3 mistakes in CONFIG.yaml\n";

struct options {
	const char *config, *directory, *truth;
	bool seed_given, die_with_parent, verbose;
	uint64_t seed;
	int ready_fd;
};

static bool verbose;

static void print_line(enum log_level level, const char *line)
{
	if (verbose || level >= LOG_LEVEL_WARNING)
		fprintf(stderr, "joulerig-twin: %s\n", line);
}

static int complain(const char *text, const char *about)
{
	fprintf(stderr, "joulerig-twin: %s%s; --help tells more\n", text, about);
	return EXIT_USAGE;
}

static int natural(const char *text, long long *value)
{
	return integer_parse(text, value) == 0 && *value >= 0 ? 0 : -1;
}

static int take_number(struct options *o, int option, const char *text)
{
	long long number;
	if (natural(text, &number) != 0 || (option == 'r' && number > 1 << 20))
		return complain("not a whole number: ", text);
	if (option == 'r') {
		o->ready_fd = (int)number;
	} else {
		o->seed = (uint64_t)number;
		o->seed_given = true;
	}
	return 0;
}

/* 0 to go on, -1 when all has been said and done, else an exit code. */
static int take_options(int argc, char **argv, struct options *o)
{
	static const struct option list[] = {
		{ "directory", required_argument, NULL, 'd' }, { "truth", required_argument, NULL, 't' },
		{ "seed", required_argument, NULL, 's' }, { "ready-fd", required_argument, NULL, 'r' },
		{ "die-with-parent", no_argument, NULL, 'p' }, { "verbose", no_argument, NULL, 'v' },
		{ "version", no_argument, NULL, 'V' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	int option, failed = 0;
	while (failed == 0 && (option = getopt_long(argc, argv, "d:t:s:vh", list, NULL)) != -1) {
		switch (option) {
		case 'd': o->directory = optarg; break;
		case 't': o->truth = optarg; break;
		case 's':
		case 'r': failed = take_number(o, option, optarg); break;
		case 'p': o->die_with_parent = true; break;
		case 'v': o->verbose = true; break;
		case 'V': printf("joulerig-twin %s\n", JOULERIG_VERSION); return -1;
		case 'h': fputs(help, stdout); return -1;
		default: return EXIT_USAGE;
		}
	}
	if (failed == 0 && optind != argc - 1)
		return complain("give one CONFIG.yaml", "");
	if (failed == 0 && o->directory == NULL)
		return complain("give --directory DIR", "");
	o->config = argv[optind];
	return failed;
}

static void print_error(const struct error *error)
{
	char line[800];
	fprintf(stderr, "joulerig-twin: %s\n", error_line(error, line, sizeof line));
}

static void print_problems(const struct problems *problems)
{
	for (size_t i = 0; i < problems->n; i++)
		fprintf(stderr, "%s:%d:%d: %s\n", problems->file, problems->list[i].line, problems->list[i].column,
			problems->list[i].text);
}

static void say_ready(void *context, const char *bench)
{
	const struct options *o = context;
	dprintf(o->ready_fd, "ready %s\n", bench);
	if (o->ready_fd > STDERR_FILENO)
		close(o->ready_fd);
}

static int run(struct options *o, struct twin_config *config)
{
	struct error error = ERROR_INIT;
	struct server_options server = { .directory = o->directory, .truth_path = o->truth, .ready = say_ready, .context = o };
	if (o->seed_given)
		twin_config_seed(config, o->seed);
	if (server_run(config, &server, &error) == 0)
		return EXIT_FINE;
	print_error(&error);
	return EXIT_FAILED;
}

static int load(const char *path, struct twin_config *config)
{
	struct problems problems = { .n = 0 };
	struct error error = ERROR_INIT;
	int result = twin_config_load(path, config, &problems, &error);
	if (result != 0) {
		print_problems(&problems);
		print_error(&error);
	}
	problems_free(&problems);
	return result == 0 ? EXIT_FINE : error.code == ERROR_CONFIG ? EXIT_CONFIG : EXIT_FAILED;
}

/* The parent may have ended before the request was made. */
static int tie_to_parent(void)
{
	pid_t parent = getppid();
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) {
		fprintf(stderr, "joulerig-twin: cannot be tied to its parent: %s\n", strerror(errno));
		return EXIT_FAILED;
	}
	return getppid() == parent && parent != 1 ? EXIT_FINE : EXIT_FAILED;
}

int main(int argc, char **argv)
{
	struct options options = { .ready_fd = STDOUT_FILENO };
	struct twin_config config;
	int code = take_options(argc, argv, &options);
	if (code != 0)
		return code < 0 ? EXIT_FINE : code;
	verbose = options.verbose;
	log_set_sink(print_line);
	if (options.die_with_parent && (code = tie_to_parent()) != EXIT_FINE)
		return code;
	code = load(options.config, &config);
	if (code != EXIT_FINE)
		return code;
	code = run(&options, &config);
	twin_config_free(&config);
	return code;
}
