/* joulerig verify-bench --bench BENCH [--device NAME] (--reference P --u U | --against NAME | --certificate FILE | --list) … */
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_check.h"
#include "campaign_folder.h"
#include "certificate_file.h"
#include "chart_text.h"
#include "check_log.h"
#include "cli.h"
#include "local_launcher.h"
#include "own_run.h"
#include "units.h"

static const char help[] =
	"usage: joulerig verify-bench --bench BENCH [--device NAME] --reference POWER --u U [--for TIME] …\n"
	"       joulerig verify-bench --bench BENCH [--device NAME] --against NAME [--for TIME] …\n"
	"       joulerig verify-bench --bench BENCH [--device NAME] --certificate FILE --campaign DIR\n"
	"       joulerig verify-bench --bench BENCH --list\n\n"
	"Holds a meter against something known, adds the outcome to a chart, and judges the chart: has the meter stayed the same?\n\n"
	"      --reference POWER  a steady load is connected whose power is known: \"100.2 W\"\n"
	"      --u U              its expanded uncertainty (k = 2), from its certificate: \"0.3 W\"\n"
	"      --against NAME     a second meter in series (`measures: check` in the bench file); both see this machine, left alone\n"
	"      --certificate FILE are the errors that a calibration certificate states within the accuracy that the bench file claims,\n"
	"                         at the loads of the campaign in --campaign? (schemas/certificate.schema.json)\n"
	"      --list             only the charts\n\n"
	"  -b, --bench FILE       the bench file\n"
	"  -d, --device NAME      the device to be checked (default: the one that measures the wall)\n"
	"      --for TIME         how long to measure (default 60 s)\n"
	"      --campaign DIR     the campaign that this check stands before or after\n"
	"      --when WHEN        before, or after\n"
	"      --chart FILE       one line a check (default: beside the bench file, NAME.checks.jsonl)\n"
	"  -o, --output DIR       where the check's own run goes (default joulerig-verify-TIME)\n"
	"  -q, --quiet            no progress\n\n"
	"En = deviation / its expanded uncertainty; |En| <= 1 passes. Exit status 1: the check fails, or the chart is out of control.\n";

struct arguments {
	const char *bench, *device, *reference, *u, *against, *certificate, *campaign, *when, *chart, *output;
	double power, U, seconds;
	bool list, quiet, helped;
	char default_chart[600], default_output[64];
};

/* ---- arguments ---- */

static int parse_quantity(const char *name, const char *text, enum dimension dimension, double *value)
{
	if (quantity_parse(text, dimension, value) == 0 && *value > 0)
		return EXIT_OK;
	return cli_usage("verify-bench", "%s: \"%s\" is not %s", name, text, dimension_expected(dimension));
}

static int check_arguments(struct arguments *a)
{
	int modes = (a->reference != NULL) + (a->against != NULL) + (a->certificate != NULL) + a->list, status = EXIT_OK;
	if (!a->bench)
		return cli_usage("verify-bench", "name the bench file with --bench");
	if (modes != 1)
		return cli_usage("verify-bench", "say what to check against: one of --reference, --against, --certificate, or --list");
	if ((a->reference != NULL) != (a->u != NULL))
		return cli_usage("verify-bench", "a reference has a power and its uncertainty: --reference \"100.2 W\" --u \"0.3 W\"");
	if (a->certificate && !a->campaign)
		return cli_usage("verify-bench", "a certificate is judged at the loads of a campaign: --campaign DIR");
	if (a->when && (!a->campaign || (strcmp(a->when, "before") != 0 && strcmp(a->when, "after") != 0)))
		return cli_usage("verify-bench", "--when is before or after, and goes with --campaign");
	if (a->reference)
		status = parse_quantity("--reference", a->reference, DIMENSION_POWER, &a->power);
	if (a->u && status == EXIT_OK)
		status = parse_quantity("--u", a->u, DIMENSION_POWER, &a->U);
	return status;
}

static void set_defaults(struct arguments *a)
{
	if (!a->chart) {
		beside_bench(a->bench, ".checks.jsonl", a->default_chart, sizeof a->default_chart);
		a->chart = a->default_chart;
	}
	if (!a->output) {
		own_directory("joulerig-verify", a->default_output, sizeof a->default_output);
		a->output = a->default_output;
	}
}

static int parse(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
		{ "bench", required_argument, NULL, 'b' }, { "device", required_argument, NULL, 'd' }, { "reference", required_argument, NULL, 'r' },
		{ "u", required_argument, NULL, 'u' }, { "against", required_argument, NULL, 'a' }, { "certificate", required_argument, NULL, 'c' },
		{ "list", no_argument, NULL, 'l' }, { "for", required_argument, NULL, 'f' }, { "campaign", required_argument, NULL, 'C' },
		{ "when", required_argument, NULL, 'w' }, { "chart", required_argument, NULL, 'x' }, { "output", required_argument, NULL, 'o' },
		{ "quiet", no_argument, NULL, 'q' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	int option, status = EXIT_OK;
	while (status == EXIT_OK && (option = getopt_long(argc, argv, "b:d:o:qh", options, NULL)) != -1)
		switch (option) {
		case 'b': a->bench = optarg; break;
		case 'd': a->device = optarg; break;
		case 'r': a->reference = optarg; break;
		case 'u': a->u = optarg; break;
		case 'a': a->against = optarg; break;
		case 'c': a->certificate = optarg; break;
		case 'l': a->list = true; break;
		case 'f': status = parse_quantity("--for", optarg, DIMENSION_TIME, &a->seconds); break;
		case 'C': a->campaign = optarg; break;
		case 'w': a->when = optarg; break;
		case 'x': a->chart = optarg; break;
		case 'o': a->output = optarg; break;
		case 'q': a->quiet = true; break;
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
		return cli_usage("verify-bench", "\"%s\" is too much", argv[optind]);
	status = check_arguments(a);
	if (status == EXIT_OK)
		set_defaults(a);
	return status;
}

static const struct device_config *find_device(const struct bench_config *bench, const char *name)
{
	for (int i = 0; i < bench->n_devices; i++)
		if (strcmp(bench->devices[i].name, name) == 0)
			return &bench->devices[i];
	return NULL;
}

/* Both devices must be on the bench before anything is measured. */
static int choose_devices(struct arguments *a, const struct bench_config *bench, struct error *error)
{
	for (int i = 0; i < bench->n_devices && !a->device; i++)
		if (bench->devices[i].measures == ROLE_WALL)
			a->device = bench->devices[i].name;
	if (!a->device)
		return error_set(error, ERROR_CONFIG, a->bench, "name one with --device", "no device measures the wall");
	const char *names[] = { a->device, a->against };
	for (int i = 0; i < 2; i++) {
		const struct device_config *device = names[i] ? find_device(bench, names[i]) : NULL;
		if (names[i] && !device)
			return error_set(error, ERROR_CONFIG, a->bench, NULL, "there is no device \"%s\"", names[i]);
		if (device && device->measures == ROLE_NONE && !a->certificate)
			return error_set(error, ERROR_CONFIG, a->bench, "measures: wall, or for a second meter in series, measures: check",
					 "device \"%s\" must say what it measures", names[i]);
	}
	if (a->against && strcmp(a->device, a->against) == 0)
		return error_set(error, ERROR_CONFIG, a->bench, NULL, "a device against itself shows nothing");
	return 0;
}

/* ---- entries ---- */

static void begin_entry(const struct arguments *a, const struct bench_config *bench, const char *kind, struct check_entry *entry)
{
	*entry = (struct check_entry){
		.time = (double)clock_now(CLOCK_ID_REALTIME) / NS_PER_S, .value = NAN, .U = NAN, .reference = NAN, .U_reference = NAN,
		.U_difference = NAN, .En = NAN,
	};
	snprintf(entry->kind, sizeof entry->kind, "%s", kind);
	snprintf(entry->bench, sizeof entry->bench, "%s", bench->name);
	snprintf(entry->device, sizeof entry->device, "%s", a->device);
	snprintf(entry->campaign, sizeof entry->campaign, "%s", a->campaign ? a->campaign : "");
	snprintf(entry->when, sizeof entry->when, "%s", a->when ? a->when : "");
}

static void fill_entry(const struct comparison *c, struct check_entry *entry)
{
	entry->value = c->value;
	entry->U = c->U;
	entry->reference = c->reference;
	entry->U_reference = c->U_reference;
	entry->U_difference = c->U_difference;
	entry->En = c->En;
	entry->passed = fabs(c->En) <= 1;
}

static int compare(const struct arguments *a, const struct run *run, struct check_entry *entry, struct error *error)
{
	struct mean_power mean, other;
	struct comparison comparison;
	if (bench_check_mean(run, a->device, &mean, error) != 0 || (a->against && bench_check_mean(run, a->against, &other, error) != 0))
		return -1;
	if (a->against)
		compare_in_series(&mean, &other, &comparison);
	else
		compare_with_reference(&mean, a->power, a->U, &comparison);
	fill_entry(&comparison, entry);
	run_serial(run, a->device, entry->serial);
	entry->simulated = json_is_true(json_object_get(run->header, "simulated"));
	if (a->against)
		snprintf(entry->against, sizeof entry->against, "%s", a->against);
	else
		snprintf(entry->against, sizeof entry->against, "%.6g W", a->power);
	snprintf(entry->evidence, sizeof entry->evidence, "%s", a->output);
	return 0;
}

static int measure(const struct arguments *a, const struct bench_config *bench, struct launcher *launcher, struct check_entry *entry,
		   struct error *error)
{
	char quiet[32];
	struct run run = { .header = NULL };
	snprintf(quiet, sizeof quiet, "%.0f", a->seconds * 1e9);
	struct own_run request = {
		.title = "check of the bench", .directory = a->output, .bench = bench, .launcher = launcher, .seconds = a->seconds,
		.arguments = { "--edges", "0", "--quiet", quiet }, .quiet = a->quiet,
	};
	if (own_run(&request, &run, error) != 0)
		return -1;
	begin_entry(a, bench, a->against ? "series" : "reference", entry);
	int result = compare(a, &run, entry, error);
	run_free(&run);
	return result;
}

static void print_comparison(const struct check_entry *e)
{
	printf("%s%s%s%s: %.4f W ± %.4f W; %s: %.4f W ± %.4f W\n", e->simulated ? "SIMULATED  " : "", e->device, e->serial[0] ? " no. " : "",
	       e->serial, e->value, e->U, strcmp(e->kind, "series") == 0 ? e->against : "reference", e->reference, e->U_reference);
	printf("difference %+.4f W ± %.4f W (U, 95 %%): En = %+.2f: %s\n", e->value - e->reference, e->U_difference, e->En,
	       e->passed ? "passed" : "FAILED");
}

/* ---- certificates ---- */

/* The meter as it was described in the campaign's first run. */
static int find_meter(const struct arguments *a, const struct campaign_file *file, struct accuracy *accuracy, struct check_entry *entry,
		      struct error *error)
{
	char path[PATH_MAX];
	struct run run = { .header = NULL };
	bool found = false;
	campaign_folder_run_path(a->campaign, file->n_results ? file->results[0].run : 1, ".h5", path, sizeof path);
	if (run_read(path, &run, error) != 0)
		return -1;
	for (size_t i = 0; i < run.n_channels && !found; i++)
		if (strcmp(run.channels[i].device, a->device) == 0 && run.channels[i].channel.kind == CHANNEL_MEAN) {
			*accuracy = run.channels[i].channel.accuracy;
			found = true;
		}
	run_serial(&run, a->device, entry->serial);
	entry->simulated = json_is_true(json_object_get(run.header, "simulated"));
	run_free(&run);
	return found ? 0 : error_set(error, ERROR_CONFIG, a->campaign, NULL, "the campaign has no device \"%s\" that gives mean power", a->device);
}

static int judge_certificate(const struct arguments *a, const struct certificate *certificate, struct certificate_verdict *verdict,
			     struct check_entry *entry, struct error *error)
{
	struct campaign_file file;
	struct accuracy accuracy;
	double low, high;
	if (campaign_file_read(a->campaign, &file, error) != 0)
		return -1;
	int result = find_meter(a, &file, &accuracy, entry, error);
	if (result == 0 && certificate->serial[0] && strcmp(certificate->serial, entry->serial) != 0)
		result = error_set(error, ERROR_CONFIG, a->certificate, NULL, "the certificate is of no. %s, but the meter is no. %s",
				   certificate->serial, entry->serial);
	if (result == 0 && campaign_loads(&file, a->device, &low, &high) != 0)
		result = error_set(error, ERROR_CONFIG, a->campaign, NULL, "the campaign has no measured run of device \"%s\"", a->device);
	if (result == 0) {
		printf("loads %.4g W to %.4g W\n", low, high);
		certificate_judge(certificate, &accuracy, low, high, verdict);
	}
	campaign_file_free(&file);
	return result;
}

static int check_certificate(const struct arguments *a, const struct bench_config *bench, struct check_entry *entry)
{
	static const char *const words[] = { [CERTIFICATE_WITHIN] = "within the claimed accuracy",
					     [CERTIFICATE_OUTSIDE] = "NOT within the claimed accuracy", [CERTIFICATE_OPEN] = "undecided: " };
	struct certificate certificate;
	struct certificate_verdict verdict;
	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	int result = certificate_load(a->certificate, &certificate, &problems, &error);
	if (result != 0) {
		int status = cli_fail_problems(&problems, &error);
		problems_free(&problems);
		return status;
	}
	begin_entry(a, bench, "certificate", entry);
	if (judge_certificate(a, &certificate, &verdict, entry, &error) != 0)
		return cli_fail(&error);
	entry->En = verdict.error / verdict.limit;
	entry->passed = verdict.verdict == CERTIFICATE_WITHIN;
	snprintf(entry->against, sizeof entry->against, "%s", certificate.number[0] ? certificate.number : a->certificate);
	if (isfinite(verdict.limit))
		printf("at %.4g W: error %+.4g W ± %.4g W, claimed limit %.4g W\n", verdict.power, verdict.error, verdict.U, verdict.limit);
	printf("certificate %s: %s%s\n", entry->against, words[verdict.verdict], verdict.reason);
	return EXIT_OK;
}

/* ---- the whole ---- */

static int show_charts(const struct arguments *a, const struct check_entry *of, bool *in_control)
{
	struct check_entry *entries;
	size_t n, damaged;
	struct error error = ERROR_INIT;
	struct text text = TEXT_INIT;
	if (check_log_read(a->chart, &entries, &n, &damaged, &error) != 0)
		return cli_fail(&error);
	int result = report_charts(entries, n, of, &text, in_control);
	fputs(text_string(&text), stdout);
	if (n == 0)
		printf("no checks yet in %s\n", a->chart);
	if (damaged)
		fprintf(stderr, "joulerig: %s: %zu lines are no checks and were passed over\n", a->chart, damaged);
	text_free(&text);
	free(entries);
	return result == 0 ? EXIT_OK : EXIT_INTERNAL;
}

static int check_and_chart(struct arguments *a, const struct bench_config *bench, struct launcher *launcher)
{
	struct check_entry entry;
	struct error error = ERROR_INIT;
	int status = EXIT_OK;
	bool in_control = true;
	if (choose_devices(a, bench, &error) != 0)
		return cli_fail(&error);
	if (a->certificate)
		status = check_certificate(a, bench, &entry);
	else if (measure(a, bench, launcher, &entry, &error) != 0)
		status = cli_fail(&error);
	else
		print_comparison(&entry);
	if (status != EXIT_OK)
		return status;
	if (check_log_append(a->chart, &entry, &error) != 0)
		return cli_fail(&error);
	status = show_charts(a, &entry, &in_control);
	return status != EXIT_OK ? status : entry.passed && in_control ? EXIT_OK : EXIT_RUNS_FAILED;
}

static int list_charts(const struct arguments *a)
{
	bool in_control;
	int status = show_charts(a, NULL, &in_control);
	return status != EXIT_OK ? status : in_control ? EXIT_OK : EXIT_RUNS_FAILED;
}

int verify_bench_main(int argc, char **argv)
{
	struct arguments a = { .seconds = 60 };
	int status = parse(argc, argv, &a);
	if (status != EXIT_OK || a.helped)
		return status;
	if (a.list)
		return list_charts(&a);
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
		status = check_and_chart(&a, &bench, launcher);
		bench_config_free(&bench);
	}
	problems_free(&problems);
	launcher_close(launcher);
	return status;
}
