/*
 * rehearsal: makes a whole campaign directory in simulated time, by the real path: campaign_run, drivers, slots, journals, run files,
 * analysis. For tests of what is said of campaigns.
 *
 *   rehearsal --seed N -o DIR [--workloads 6] [--points 3] [--arms 3] [--repetitions 5]
 *             [--gap] [--failed] [--mismatch] [--tail] [--markup] [--rename] [--as-if-real]
 *
 *   --gap         in one run the meter has no values for a while
 *   --failed      one run exits with 3
 *   --mismatch    one run has another checksum
 *   --tail        the fan draws 15 W more than it should, and for long
 *   --markup      in the title, a sweep's value, an argument and the bench's name
 *   --rename      … and in what a plan may not have: campaign.h5 calls the last workload and arm, and the phase that is measured, by it;
 *                 the run files do not
 *   --as-if-real  campaign.h5 does not say that all is simulated; the run files do
 *
 * The same seed gives the same figures; not the same campaign.h5, which says when it was begun. A campaign of 5 x 6 x 3 x 3 runs takes
 * a few seconds.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "campaign.h"
#include "campaign_file.h"
#include "rehearsal_plan.h"

#define GAP_RUN 7 /* those with something wrong with them, of a campaign that has so many */
#define FAILED_RUN 11
#define MISMATCH_RUN 16

struct rehearsal {
	struct rehearsal_order order;
	const char *directory;
	bool gap, failed, mismatch, tail, rename, as_if_real;
	int runs; /* begun */
	struct rehearsal_run run;
	struct simulation_workload workload;
	struct twin_config *twin;
	struct simulation *simulation;
	struct plan plan;
};

/* ---- the lab ---- */

static const struct simulation_workload *choose(void *context, const struct launch_spec *spec)
{
	struct rehearsal *r = context;
	int number = ++r->runs;
	if (rehearsal_draw(&r->order, spec, number, &r->run) != 0)
		return NULL;
	if (r->mismatch && number == MISMATCH_RUN)
		r->run.checksum[0] = 'f';
	if (r->gap && number == GAP_RUN)
		simulation_fault_in(r->simulation, 0, 1500 * NS_PER_MS); /* an idle window of 1 s lies before the start */
	r->workload = (struct simulation_workload){
		.phases = r->run.phases, .n_phases = r->run.n_phases, .checksum = r->run.checksum,
		.exit_code = r->failed && number == FAILED_RUN ? 3 : 0,
	};
	return &r->workload;
}

static void name_bench(void *context, struct bench_config *bench)
{
	const struct rehearsal *r = context;
	const char *markup = r->order.markup ? " <i>&\"'<script>alert(1)</script>\xe2\x80\xae" : "";
	snprintf(bench->name, sizeof bench->name, "rehearsal%s%s", markup, r->as_if_real ? "" : " (simulated)");
}

static int make_lab(struct rehearsal *r, struct error *error)
{
	struct text text = TEXT_INIT;
	text_addf(&text, "joulerig: twin 1\nname: rehearsal\nseed: %" PRIu64 "\n", r->order.seed);
	text_addf(&text, "load: {source: script}\nmachine: {cores: 4, ripple: {power: 300 mW}%s}\n",
		  r->tail ? ", fan: {power: 18 W, tau: 4 s}" : "");
	text_add(&text, "meter: {update: 100 ms}\npowercap: {}\nfaults: [{what: nan, at: 1000 h, for: 350 ms}]\n");
	r->twin = simulation_twin(text_string(&text), error);
	text_free(&text);
	if (r->twin == NULL)
		return -1;
	struct simulation_config config = {
		.twin = r->twin, .seed = r->order.seed, .choose = choose, .arrange = name_bench, .context = r,
	};
	r->simulation = simulation_open(&config, error);
	return r->simulation ? 0 : -1;
}

static int make_plan(struct rehearsal *r, struct error *error)
{
	char path[] = "/tmp/joulerig-rehearsal-XXXXXX";
	struct problems problems = { .n = 0 };
	struct text text = TEXT_INIT;
	rehearsal_plan(&r->order, &text);
	int fd = mkstemp(path);
	bool written = fd >= 0 && write(fd, text_string(&text), text.length) == (ssize_t)text.length;
	int result = written ? plan_load(path, &r->plan, &problems, error) : error_set(error, ERROR_IO, path, NULL, "cannot write the plan");
	if (result != 0 && problems.n)
		fprintf(stderr, "rehearsal: %s\n", problems.list[0].text);
	if (fd >= 0) {
		close(fd);
		unlink(path);
	}
	problems_free(&problems);
	text_free(&text);
	return result;
}

static int run_campaign(struct rehearsal *r, struct campaign_file *file, struct error *error)
{
	struct campaign_request request = {
		.plan = &r->plan, .bench = simulation_bench(r->simulation), .directory = r->directory,
		.launcher = simulation_launcher(r->simulation), .surroundings = simulation_surroundings(r->simulation), .version = "rehearsal",
	};
	return campaign_run(&request, file, error);
}

/* ---- what campaign.h5 is made to say ---- */

static void rename_in(json_t *object, const char *from, const char *to)
{
	json_t *value = json_object_get(object, from);
	if (value == NULL)
		return;
	json_object_set(object, to, value);
	json_object_del(object, from);
}

static void rename_item(json_t *array, const char *from, const char *to)
{
	size_t i;
	json_t *value;
	json_array_foreach(array, i, value)
		if (json_is_string(value) && strcmp(json_string_value(value), from) == 0)
			json_array_set_new(array, i, json_string(to));
}

/* The phase that plans measure. */
static void rename_phase(struct campaign_file *file)
{
	static const char phase[] = "measured\" onclick=\"alert(1)";
	const char *workload;
	json_t *measured;
	for (size_t i = 0; i < file->n_results; i++)
		if (strcmp(file->results[i].phase, "measured") == 0)
			snprintf(file->results[i].phase, sizeof file->results[i].phase, "%s", phase);
	json_object_foreach(json_object_get(file->facts, "measures"), workload, measured)
		if (strcmp(json_string_value(measured), "measured") == 0)
			json_string_set(measured, phase);
}

static void rename_all(const struct plan *plan, struct campaign_file *file)
{
	static const char workload[] = "<script>alert(1)</script>&\"'\x01", arm[] = "<img src=x>\"&\xe2\x80\xae";
	const char *old_workload = plan->workloads[plan->n_workloads - 1].name, *old_arm = plan->arms[plan->n_arms - 1].name;
	for (size_t i = 0; i < file->n_results; i++) {
		struct result *result = &file->results[i];
		if (strcmp(result->workload, old_workload) == 0)
			snprintf(result->workload, sizeof result->workload, "%s", workload);
		if (strcmp(result->arm, old_arm) == 0)
			snprintf(result->arm, sizeof result->arm, "%s", arm);
	}
	rename_phase(file);
	rename_item(json_object_get(file->facts, "arms"), old_arm, arm);
	rename_in(json_object_get(file->facts, "interpreters"), old_arm, arm);
	rename_in(json_object_get(file->facts, "measures"), old_workload, workload);
}

static void say_it_is_real(struct campaign_file *file)
{
	size_t i;
	json_t *device, *bench = json_object_get(file->facts, "bench");
	for (size_t k = 0; k < file->n_results; k++)
		file->results[k].simulated = false;
	json_object_set_new(file->facts, "simulated", json_false());
	json_object_set_new(bench, "simulated", json_false());
	json_array_foreach(json_object_get(bench, "devices"), i, device)
		json_object_set_new(device, "simulated", json_false());
}

static int doctor(const struct rehearsal *r, struct campaign_file *file, struct error *error)
{
	if (!r->rename && !r->as_if_real)
		return 0;
	if (r->rename)
		rename_all(&r->plan, file);
	if (r->as_if_real)
		say_it_is_real(file);
	return campaign_file_write(r->directory, file, error);
}

/* ---- the program ---- */

static int rehearse(struct rehearsal *r, struct error *error)
{
	struct campaign_file file = { 0 };
	int result = -1;
	if (make_lab(r, error) == 0 && make_plan(r, error) == 0 && run_campaign(r, &file, error) == 0)
		result = doctor(r, &file, error);
	if (result == 0)
		printf("%s: %zu results of %d runs, %.0f s simulated\n", r->directory, file.n_results, r->runs,
		       (double)simulation_elapsed(r->simulation) / NS_PER_S);
	campaign_file_free(&file);
	plan_free(&r->plan);
	simulation_close(r->simulation);
	simulation_twin_free(r->twin);
	return result;
}

static int number(const char *text, int most)
{
	char *end;
	long n = strtol(text, &end, 10);
	return *end == '\0' && n >= 1 && n <= most ? (int)n : 0;
}

static int read_options(int argc, char **argv, struct rehearsal *r)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' }, { "output", required_argument, NULL, 'o' }, { "workloads", required_argument, NULL, 'w' },
		{ "points", required_argument, NULL, 'p' }, { "arms", required_argument, NULL, 'a' },
		{ "repetitions", required_argument, NULL, 'r' }, { "gap", no_argument, NULL, 'G' }, { "failed", no_argument, NULL, 'F' },
		{ "mismatch", no_argument, NULL, 'M' }, { "tail", no_argument, NULL, 'T' }, { "markup", no_argument, NULL, 'X' },
		{ "rename", no_argument, NULL, 'N' }, { "as-if-real", no_argument, NULL, 'R' }, { NULL, 0, NULL, 0 },
	};
	bool seeded = false;
	int option;
	while ((option = getopt_long(argc, argv, "o:", options, NULL)) != -1)
		switch (option) {
		case 's':
			r->order.seed = strtoull(optarg, NULL, 10);
			seeded = true;
			break;
		case 'o': r->directory = optarg; break;
		case 'w': r->order.workloads = number(optarg, REHEARSAL_WORKLOADS); break;
		case 'p': r->order.points = number(optarg, REHEARSAL_POINTS); break;
		case 'a': r->order.arms = number(optarg, REHEARSAL_ARMS); break;
		case 'r': r->order.repetitions = number(optarg, 1000); break;
		case 'G': r->gap = true; break;
		case 'F': r->failed = true; break;
		case 'M': r->mismatch = true; break;
		case 'T': r->tail = true; break;
		case 'X': r->order.markup = true; break;
		case 'N': r->rename = true; break;
		case 'R': r->as_if_real = true; break;
		default: return -1;
		}
	bool sane = r->order.workloads && r->order.points && r->order.arms && r->order.repetitions;
	return seeded && r->directory && sane && optind == argc ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct rehearsal r = { .order = { .workloads = REHEARSAL_WORKLOADS, .points = REHEARSAL_POINTS, .arms = REHEARSAL_ARMS, .repetitions = 5 } };
	struct error error = ERROR_INIT;
	if (read_options(argc, argv, &r) != 0) {
		fputs("usage: rehearsal --seed N -o DIR [OPTION…]; tests/simulation/rehearsal.c tells which\n", stderr);
		return 2;
	}
	if (rehearse(&r, &error) == 0)
		return 0;
	fprintf(stderr, "rehearsal: %s: %s\n", error.on, error.what);
	return 1;
}
