/* joulerig calibrate --bench BENCH [--device NAME] [--edges N] [--seed S] [-o DIR | --from DIR] [--write] */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "calibrate.h"
#include "campaign_folder.h"
#include "cli.h"
#include "local_launcher.h"
#include "own_run.h"
#include "sanity.h"
#include "units.h"

static const char help[] =
	"usage: joulerig calibrate --bench BENCH [--device NAME] [--edges N] [--seed S] [-o DIR | --from DIR] [--write]\n\n"
	"Finds the latency of the bench's meters (from the end of an averaging window to its value being readable) and its\n"
	"uncertainty: this machine, which they must feed, toggles all its cores at random instants, and the steps are found again\n"
	"in the meters' values. Takes about a minute (longer for a slow meter); nothing else should run meanwhile.\n\n"
	"  -b, --bench FILE   the bench file\n"
	"  -d, --device NAME  one device; default: every one that gives mean power over windows\n"
	"      --edges N      steps of the load, an even number from 8 to 400 (default 24)\n"
	"      --seed S       of their instants (default: from the clock)\n"
	"  -o, --output DIR   where the campaign goes that is the evidence (default joulerig-calibrate-TIME)\n"
	"      --from DIR     from run 1 of an earlier calibration, or of any campaign that marks its steps (`mark busy T`, `mark idle T`);\n"
	"                     runs nothing; the devices must be the same, and set the same\n"
	"  -w, --write        put latency and latency_uncertainty into the bench file; its comments and layout stay\n"
	"  -q, --quiet        no progress\n\n"
	"Exit status 1: a latency could not be found; the reason is printed, and nothing is written for that device.\n";

struct arguments {
	const char *bench, *device, *output, *from;
	long long edges, seed;
	bool write, quiet, helped;
	char default_output[64];
};

static int parse_integer(const char *name, const char *text, long long low, long long high, long long *value)
{
	if (integer_parse(text, value) != 0 || *value < low || *value > high)
		return cli_usage("calibrate", "%s takes a number from %lld to %lld, not \"%s\"", name, low, high, text);
	return EXIT_OK;
}

static int parse(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
		{ "bench", required_argument, NULL, 'b' }, { "device", required_argument, NULL, 'd' }, { "edges", required_argument, NULL, 'e' },
		{ "seed", required_argument, NULL, 's' }, { "output", required_argument, NULL, 'o' }, { "from", required_argument, NULL, 'f' }, { "write", no_argument, NULL, 'w' },
		{ "quiet", no_argument, NULL, 'q' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	int option, status = EXIT_OK;
	while (status == EXIT_OK && (option = getopt_long(argc, argv, "b:d:o:wqh", options, NULL)) != -1)
		switch (option) {
		case 'b': a->bench = optarg; break;
		case 'd': a->device = optarg; break;
		case 'o': a->output = optarg; break;
		case 'f': a->from = optarg; break;
		case 'w': a->write = true; break;
		case 'q': a->quiet = true; break;
		case 'e': status = parse_integer("--edges", optarg, LATENCY_EDGES_MIN, 400, &a->edges); break;
		case 's': status = parse_integer("--seed", optarg, 0, INT64_MAX, &a->seed); break;
		case 'h':
			fputs(help, stdout);
			a->helped = true;
			return EXIT_OK;
		default:
			return EXIT_USAGE;
		}
	if (status != EXIT_OK)
		return status;
	if (optind < argc)
		return cli_usage("calibrate", "\"%s\" is too much", argv[optind]);
	if (!a->bench)
		return cli_usage("calibrate", "name the bench file with --bench");
	if (a->from && a->output)
		return cli_usage("calibrate", "--from runs nothing, so there is no output");
	if (a->edges % 2)
		return cli_usage("calibrate", "--edges takes an even number: the machine ends idle");
	if (a->from)
		a->output = a->from;
	if (!a->output) {
		own_directory("joulerig-calibrate", a->default_output, sizeof a->default_output);
		a->output = a->default_output;
	}
	return EXIT_OK;
}

/* The slowest meter that is to be calibrated needs six windows and more between two steps. */
static double slowest_update(const struct arguments *a, const struct bench_config *bench)
{
	double slowest = 0.1;
	for (int i = 0; i < bench->n_devices; i++)
		if (a->device == NULL || strcmp(a->device, bench->devices[i].name) == 0)
			slowest = fmax(slowest, bench->devices[i].update);
	return slowest;
}

static int read_earlier(const char *directory, struct run *run, struct error *error)
{
	char path[PATH_MAX];
	campaign_folder_run_path(directory, 1, ".h5", path, sizeof path);
	if (run_read(path, run, error) != 0)
		return -1;
	const char *fault = sanity_fault(run);
	if (fault == NULL)
		return 0;
	run_free(run);
	return error_set(error, ERROR_CORRUPT, path, NULL, "%s", fault);
}

static int record(const struct arguments *a, const struct bench_config *bench, struct launcher *launcher, struct run *run, struct error *error)
{
	double update = slowest_update(a, bench), shortest = fmax(1, 6 * update), longest = shortest + fmax(2, 2 * update);
	char texts[5][24];
	snprintf(texts[0], sizeof texts[0], "%lld", a->edges);
	snprintf(texts[1], sizeof texts[1], "%.0f", shortest * 1e9);
	snprintf(texts[2], sizeof texts[2], "%.0f", longest * 1e9);
	snprintf(texts[3], sizeof texts[3], "%lld", a->seed);
	snprintf(texts[4], sizeof texts[4], "%.0f", shortest * 1e9);
	struct own_run request = {
		.title = "latency of the meters", .directory = a->output, .bench = bench, .launcher = launcher, .quiet = a->quiet,
		.seconds = (double)a->edges * (shortest + longest) / 2 + 2 * shortest,
		.arguments = { "--edges", texts[0], "--shortest", texts[1], "--longest", texts[2], "--seed", texts[3], "--quiet", texts[4] },
	};
	return own_run(&request, run, error);
}

static void print_one(const struct calibration *c, bool simulated)
{
	const struct latency *l = &c->latency;
	char latency[32], uncertainty[32];
	if (!l->found) {
		printf("%s: no latency: %s\n", c->device, l->reason);
		return;
	}
	calibration_texts(c, latency, uncertainty);
	printf("%s%s: latency %.1f ms ± %.1f ms (U, 95 %%, k = %.2f), from %zu of %zu steps of %.3g W\n", simulated ? "SIMULATED  " : "", c->device,
	       l->value * 1e3, l->expanded.U * 1e3, l->expanded.k, l->used, l->used + l->left_out, l->step);
	printf("  the load shows %.1f ms after its step, the supply's lag included; single steps scatter by %.1f ms\n", l->delay * 1e3,
	       l->scatter * 1e3);
	for (int i = 0; i < l->budget.n; i++)
		printf("  u %-12s %6.2f ms\n", l->budget.terms[i].name, l->budget.terms[i].u * 1e3);
	printf("    latency: %s\n    latency_uncertainty: %s\n", latency, uncertainty);
}

static const struct device_config *find_device(const struct bench_config *bench, const char *name)
{
	for (int i = 0; i < bench->n_devices; i++)
		if (strcmp(bench->devices[i].name, name) == 0)
			return &bench->devices[i];
	return NULL;
}

/* All of them, before anything is said or written of one. */
static int check_devices(const struct run *run, const struct bench_config *bench, const struct calibration *found, int n, struct error *error)
{
	for (int i = 0; i < n; i++) {
		const struct device_config *config = find_device(bench, found[i].device);
		if (config == NULL)
			return error_set(error, ERROR_CONFIG, found[i].device, "name one with --device", "the bench has no device by this name");
		if (calibration_check_device(run, config, error) != 0)
			return -1;
	}
	return 0;
}

static int conclude(const struct arguments *a, const struct bench_config *bench, const struct run *run)
{
	struct calibration found[CALIBRATIONS_MAX];
	struct error error = ERROR_INIT;
	int n = calibrate(run, a->device, found, &error), status = EXIT_OK, good = 0;
	if (n < 0 || check_devices(run, bench, found, n, &error) != 0)
		return cli_fail(&error);
	for (int i = 0; i < n; i++) {
		print_one(&found[i], json_is_true(json_object_get(run->header, "simulated")));
		if (!found[i].latency.found)
			status = EXIT_RUNS_FAILED;
		else if (a->write && calibration_write(&found[i], a->bench, &error) != 0)
			return cli_fail(&error);
		good += found[i].latency.found;
	}
	if (good)
		printf("%s %s%s\n", a->write ? "written to" : "put the lines into the device's part of", a->bench, a->write ? "" : ", or use --write");
	printf("the evidence is in %s\n", a->output);
	return status;
}

static int calibrate_bench(const struct arguments *a, const struct bench_config *bench, struct launcher *launcher)
{
	struct error error = ERROR_INIT;
	struct run run = { .header = NULL };
	if (a->device && !find_device(bench, a->device)) {
		error_set(&error, ERROR_CONFIG, a->bench, NULL, "there is no device \"%s\"", a->device);
		return cli_fail(&error);
	}
	if ((a->from ? read_earlier(a->from, &run, &error) : record(a, bench, launcher, &run, &error)) != 0)
		return cli_fail(&error);
	int status = conclude(a, bench, &run);
	run_free(&run);
	return status;
}

int calibrate_main(int argc, char **argv)
{
	struct arguments a = { .edges = 24, .seed = clock_now(CLOCK_ID_REALTIME) / NS_PER_S };
	int status = parse(argc, argv, &a);
	if (status != EXIT_OK || a.helped)
		return status;
	/* Before any thread, device or large allocation: the launcher stays small. */
	struct error error = ERROR_INIT;
	struct launcher *launcher = launcher_fork(&error);
	if (launcher == NULL)
		return cli_fail(&error);
	struct bench_config bench;
	struct problems problems = PROBLEMS_INIT;
	if (bench_config_load(a.bench, &bench, &problems, &error) != 0) {
		status = cli_fail_problems(&problems, &error);
	} else {
		status = calibrate_bench(&a, &bench, launcher);
		bench_config_free(&bench);
	}
	problems_free(&problems);
	launcher_close(launcher);
	return status;
}
