/* joulerig run PLAN --bench BENCH -o DIR [--resume] [--like DIR]
 * joulerig run [-n N] [--bench BENCH] [-o DIR [--resume]] -- CMD ARG… */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "campaign.h"
#include "cli.h"
#include "foresee.h"
#include "local_launcher.h"
#include "log.h"
#include "own_run.h"
#include "progress.h"
#include "stock.h"
#include "table.h"

static const char help[] =
	"usage: joulerig run PLAN --bench BENCH -o DIR [--resume]\n"
	"       joulerig run [-n N] [--bench BENCH] [-o DIR [--resume]] -- COMMAND [ARGUMENT…]\n\n"
	"Runs every slot of PLAN on the devices of BENCH and keeps everything in DIR: runs/NNNNNN.h5 (raw), campaign.h5 (results),\n"
	"logs/ (what the workloads printed). Prints the table. A bare command runs N times (default 3) on the devices of BENCH, or\n"
	"on those this machine has by itself; where there are none it is refused.\n\n"
	"  -b, --bench FILE     the bench file\n"
	"  -o, --output DIR     where to keep the campaign; must not exist, or be empty (default for a command: joulerig-TIME)\n"
	"  -r, --resume         go on with the campaign in DIR: what a crash left is recovered, and the runs that are not done are\n"
	"                       tried. Refused when the plan, the bench, an interpreter, the machine, a device or the working\n"
	"                       directory is another one than at its start.\n"
	"      --ranging        choose the ranges of instruments with 'ranges: history' in the bench file by a pass over all workloads\n"
	"      --warmed-up      the instruments have been on for as long as the bench file's warm_up asks for\n"
	"  -l, --like DIR       an earlier campaign: what the plan can find is said by how its runs scattered\n"
	"  -n, --repetitions N  of a bare command\n"
	"      --on-battery     measure the wall although this machine draws on its battery\n"
	"  -v, --verbose        one line a run on stderr when it is not a terminal\n"
	"  -q, --quiet          no progress\n\n"
	"The first interrupt (Ctrl-C) ends the running workload and keeps its run, marked; a second one stops at once.\n";

struct arguments {
	const char *plan, *bench, *output, *like;
	int repetitions;
	bool resume, ranging, warmed_up, on_battery, verbose, quiet, helped;
	char **command;
	int n_command;
	char default_output[64];
};

/* What follows a `--` is the command, whatever it looks like; the rest is ours. */
static int split_command(int argc, char **argv, struct arguments *a)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--") == 0) {
			a->command = argv + i + 1;
			a->n_command = argc - i - 1;
			return i;
		}
	return argc;
}

static int parse_repetitions(const char *text, struct arguments *a)
{
	long long number;
	if (integer_parse(text, &number) != 0 || number < 1 || number > 1000)
		return cli_usage("run", "-n takes a number from 1 to 1000, not \"%s\"", text);
	a->repetitions = (int)number;
	return EXIT_OK;
}

static int parse(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
		{ "bench", required_argument, NULL, 'b' }, { "output", required_argument, NULL, 'o' },
		{ "repetitions", required_argument, NULL, 'n' }, { "resume", no_argument, NULL, 'r' }, { "like", required_argument, NULL, 'l' },
		{ "ranging", no_argument, NULL, 'R' }, { "warmed-up", no_argument, NULL, 'w' }, { "on-battery", no_argument, NULL, 'B' },
		{ "verbose", no_argument, NULL, 'v' }, { "quiet", no_argument, NULL, 'q' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	int option;
	while ((option = getopt_long(argc, argv, "b:o:l:n:rvqh", options, NULL)) != -1)
		switch (option) {
		case 'b': a->bench = optarg; break;
		case 'o': a->output = optarg; break;
		case 'l': a->like = optarg; break;
		case 'r': a->resume = true; break;
		case 'R': a->ranging = true; break;
		case 'w': a->warmed_up = true; break;
		case 'B': a->on_battery = true; break;
		case 'v': a->verbose = true; break;
		case 'q': a->quiet = true; break;
		case 'n':
			if (parse_repetitions(optarg, a) != EXIT_OK)
				return EXIT_USAGE;
			break;
		case 'h':
			fputs(help, stdout);
			a->helped = true;
			return EXIT_OK;
		default:
			return EXIT_USAGE; /* getopt has said why */
		}
	if (argc - optind > 1)
		return cli_usage("run", "one plan, not \"%s\" too (a command follows --)", argv[optind + 1]);
	a->plan = optind < argc ? argv[optind] : NULL;
	return EXIT_OK;
}

static int check_arguments(struct arguments *a)
{
	if (a->plan && a->command)
		return cli_usage("run", "a plan or a command, not both");
	if (!a->plan && a->n_command == 0)
		return cli_usage("run", "name a plan, or a command after --");
	if (a->plan && !a->bench)
		return cli_usage("run", "name the bench file with --bench (a rehearsal on a simulated one: ./scripts/demo)");
	if (a->plan && !a->output)
		return cli_usage("run", "name the output directory with -o");
	if (a->resume && !a->output)
		return cli_usage("run", "name the campaign that is resumed with -o");
	if (!a->plan && a->like)
		return cli_usage("run", "--like is for a plan; a bare command compares nothing");
	if (a->plan && a->repetitions)
		return cli_usage("run", "-n is for a bare command; a plan says its own repetitions");
	if (!a->output) {
		time_t now = time(NULL);
		struct tm local;
		strftime(a->default_output, sizeof a->default_output, "joulerig-%Y%m%d-%H%M%S", localtime_r(&now, &local));
		a->output = a->default_output;
	}
	return EXIT_OK;
}

static int load(const struct arguments *a, struct plan *plan, struct bench_config *bench)
{
	struct error error = ERROR_INIT;
	struct problems problems = { .n = 0 }, bench_problems = { .n = 0 };
	int status = EXIT_OK;
	int result = a->plan ? plan_load(a->plan, plan, &problems, &error)
			     : plan_from_command(a->command, a->n_command, a->repetitions ? a->repetitions : 3, plan, &error);
	if (result != 0)
		status = cli_fail_problems(&problems, &error);
	error = (struct error)ERROR_INIT;
	result = a->bench ? bench_config_load(a->bench, bench, &bench_problems, &error) : bench_config_detect(bench, &error);
	if (result != 0)
		status = cli_fail_problems(&bench_problems, &error);
	bench->warmed_up = a->warmed_up;
	problems_free(&problems);
	problems_free(&bench_problems);
	return status;
}

static void print_table(const struct campaign_file *file)
{
	struct text text = TEXT_INIT;
	struct table_options options = { .columns = cli_columns(), .colour = isatty(STDOUT_FILENO) != 0, .unicode = cli_unicode() };
	if (report_table(file, &options, &text) == 0)
		fputs(text_string(&text), stdout);
	text_free(&text);
}

/* What recovering and resuming did is worth a line each. */
static void say_steps(enum log_level level, const char *line)
{
	if (level >= LOG_LEVEL_INFO)
		fprintf(stderr, "joulerig: %s\n", line);
}

static bool chooses_ranges(const struct bench_config *bench)
{
	for (int i = 0; i < bench->n_devices; i++)
		if (bench->devices[i].ranges_from != RANGES_GIVEN)
			return true;
	return false;
}

/* Before the first run: what is skipped, and what the others can find. */
static void say_prospect(void *context, const json_t *skipped)
{
	foresee_print(context, skipped, stderr, 0);
}

static int run_campaign(const struct arguments *a, const struct plan *plan, const struct bench_config *bench, const struct campaign_file *like,
			struct launcher *launcher)
{
	struct error error = ERROR_INIT;
	struct campaign_file file;
	struct foresight foresight = { plan, a->like, like };
	struct progress progress = { .terminal = isatty(STDERR_FILENO) && !a->quiet, .verbose = a->verbose && !a->quiet };
	char history[600];
	struct watch watch = { .show = progress_show, .context = &progress, .interrupts = &interrupts, .interrupt_fd = interrupts_catch() };
	struct campaign_request request = {
		.plan = plan, .bench = bench, .directory = a->output, .resume = a->resume, .on_battery = a->on_battery, .launcher = launcher, .watch = &watch,
		.surroundings = &surroundings_lab, .version = JOULERIG_VERSION, .ranging = a->ranging,
		.begins = a->quiet ? NULL : say_prospect, .begins_context = &foresight,
		.history = a->bench ? beside_bench(a->bench, ".ranges.jsonl", history, sizeof history) : NULL,
	};
	if (a->resume || chooses_ranges(bench))
		log_set_sink(say_steps);
	int result = campaign_run(&request, &file, &error);
	progress_clear(&progress);
	if (file.n_results)
		print_table(&file);
	int status = result != 0 ? cli_fail(&error) : stock_is_good(&file) ? EXIT_OK : EXIT_RUNS_FAILED;
	if (file.facts)
		fprintf(stderr, "kept in %s: campaign.h5, runs/, logs/\n", a->output);
	campaign_file_free(&file);
	return status;
}

int run_main(int argc, char **argv)
{
	struct arguments a = { .plan = NULL };
	int status = parse(split_command(argc, argv, &a), argv, &a);
	if (status != EXIT_OK || a.helped || (status = check_arguments(&a)) != EXIT_OK)
		return status;
	/* Before any thread, device or large allocation: the launcher stays small. */
	struct error error = ERROR_INIT;
	struct launcher *launcher = launcher_fork(&error);
	if (launcher == NULL)
		return cli_fail(&error);
	struct plan plan = { .title = NULL };
	struct bench_config bench = { .n_devices = 0 };
	status = load(&a, &plan, &bench);
	if (status == EXIT_OK && a.ranging && !chooses_ranges(&bench))
		status = cli_usage("run", "--ranging is for 'ranges: history' in the bench file; there the ranges are given");
	struct campaign_file like = { .facts = NULL };
	if (status == EXIT_OK && foresee_read(a.like, &like, &error) != 0)
		status = cli_fail(&error);
	if (status == EXIT_OK)
		status = run_campaign(&a, &plan, &bench, &like, launcher);
	campaign_file_free(&like);
	plan_free(&plan);
	bench_config_free(&bench);
	launcher_close(launcher);
	return status;
}
