/* A whole campaign in simulated time: campaign_run itself, on a simulated bench, with a plan of several workloads and arms; stopped,
 * resumed, and analysed again. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "campaign.h"
#include "folder_tree.h"
#include "lab.h"
#include "rebuild.h"
#include "statistics.h"
#include "store/sample.h"
#include "verified.h"

static const char plan_text[] = "joulerig: plan 1\ntitle: two arms\nrepetitions: 5\n"
				"arms:\n  gil: {environment: {CORES: \"1\"}}\n  ft: {environment: {CORES: \"4\"}}\n"
				"workloads:\n  short: {command: [work, \"2\"]}\n  long: {command: [work, \"9\"]}\n";

#define SLOTS 20

struct lab {
	char directory[64], output[1024];
	struct plan plan;
	struct twin_config *twin;
	struct simulation *simulation;
	struct watch watch;
	volatile sig_atomic_t interrupts;
	int runs, interrupt_at; /* commands prepared; the one at which the user interrupts, 0: never */
	double jitter;          /* of the commands' lengths: uniform, relative */
	uint32_t dice;
	struct campaign_request request;
	struct campaign_file file; /* of the last campaign_run */
	int begun; /* campaigns: said so with nothing run yet */
	size_t skips; /* that were said then */
	struct error error;
};

static double draw(struct lab *lab)
{
	lab->dice = lab->dice * 1664525 + 1013904223;
	return (lab->dice >> 8) / 8388608.0 - 1;
}

/* `work SECONDS` on $CORES cores. */
static const struct simulation_workload *choose(void *context, const struct launch_spec *spec)
{
	static struct simulation_phase phase;
	static const struct simulation_workload workload = { .phases = &phase, .n_phases = 1 };
	struct lab *lab = context;
	phase = (struct simulation_phase){ .duration = (int64_t)(atoi(spec->argv[1]) * NS_PER_S * (1 + lab->jitter * draw(lab))) };
	for (const char *const *variable = spec->environment; *variable; variable++)
		if (strncmp(*variable, "CORES=", 6) == 0)
			phase.demand.cores = atoi(*variable + 6);
	if (++lab->runs == lab->interrupt_at)
		lab->interrupts = 1;
	return &workload;
}

static void begins(void *context, const json_t *skipped)
{
	struct lab *lab = context;
	lab->begun++;
	lab->skips = json_array_size(skipped);
	assert_int_equal(lab->runs, 0);
}

static void load_plan(struct plan *plan, const char *directory, const char *text)
{
	char path[128];
	struct problems problems = { .n = 0 };
	struct error error = ERROR_INIT;
	snprintf(path, sizeof path, "%s/plan.yaml", directory);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	if (plan_load(path, plan, &problems, &error) != 0)
		fail_msg("%s: %s", error.what, problems.n > 0 ? problems.list[0].text : "");
	problems_free(&problems);
}

/* Deep enough that names made from it are long. */
static void make_output(struct lab *lab)
{
	size_t length = (size_t)snprintf(lab->output, sizeof lab->output, "%s", lab->directory);
	for (int level = 0; level < 3; level++) {
		length += (size_t)snprintf(lab->output + length, sizeof lab->output - length, "/%0240d", level);
		assert_int_equal(mkdir(lab->output, 0700), 0);
	}
	snprintf(lab->output + length, sizeof lab->output - length, "/out");
}

/* `text` is the plan's; %s in it, if any, is the lab's directory. */
static void open_lab_with(struct lab *lab, const char *text)
{
	char filled[2048];
	const char *place = strstr(text, "%s");
	*lab = (struct lab){ .directory = "/tmp/joulerig-campaign-XXXXXX" };
	assert_non_null(mkdtemp(lab->directory));
	make_output(lab);
	if (place)
		snprintf(filled, sizeof filled, "%.*s%s%s", (int)(place - text), text, lab->directory, place + 2);
	load_plan(&lab->plan, lab->directory, place ? filled : text);
	lab->twin = lab_twin("load: {source: script}\nmachine: {cores: 4}\nmeter: {update: 100 ms}\npowercap: {}\n");
	lab->simulation = lab_open(&(struct simulation_config){ .twin = lab->twin, .choose = choose, .context = lab });
	lab->watch = (struct watch){ .interrupts = &lab->interrupts, .interrupt_fd = -1 };
	lab->request = (struct campaign_request){
		.plan = &lab->plan, .bench = simulation_bench(lab->simulation), .directory = lab->output,
		.launcher = simulation_launcher(lab->simulation), .watch = &lab->watch, .version = "test",
		.surroundings = simulation_surroundings(lab->simulation), .begins = begins, .begins_context = lab,
	};
}

static void open_lab(struct lab *lab)
{
	open_lab_with(lab, plan_text);
}

static void close_lab(struct lab *lab)
{
	campaign_file_free(&lab->file);
	simulation_close(lab->simulation);
	simulation_twin_free(lab->twin);
	plan_free(&lab->plan);
	folder_tree_remove(lab->directory);
}

static void run_campaign(struct lab *lab, enum error_code expected)
{
	campaign_file_free(&lab->file);
	lab->error = (struct error)ERROR_INIT;
	if (campaign_run(&lab->request, &lab->file, &lab->error) != (expected ? -1 : 0) || lab->error.code != expected)
		fail_msg("%s: %s", lab->error.on, lab->error.what);
}

static double mean_power(const struct campaign_file *file, const char *arm)
{
	double sum = 0;
	int n = 0;
	for (size_t i = 0; i < file->n_results; i++)
		if (strcmp(file->results[i].arm, arm) == 0 && file->results[i].status == RUN_OK) {
			sum += result_source(&file->results[i], "wall")->energy.power;
			n++;
		}
	assert_int_equal(n, SLOTS / 2);
	return sum / n;
}

static void assert_powers(const struct campaign_file *file)
{
	double one = mean_power(file, "gil"), four = mean_power(file, "ft");
	assert_in_range((int)(four - one), 100, 140); /* three busy cores at 38 W, and what the supply adds */
}

/* campaign.h5 as the campaign left it is what an analysis a year later makes of the run files. */
static void assert_analysed_alike(const struct lab *lab)
{
	char path[PATH_MAX];
	size_t size, size_again;
	struct campaign_file file;
	struct error error = ERROR_INIT;
	snprintf(path, sizeof path, "%s/campaign.h5", lab->output);
	unsigned char *live = sample_load(path, &size);
	assert_non_null(live);
	assert_int_equal(unlink(path), 0);
	if (rebuild_directory(lab->output, &file, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
	campaign_file_free(&file);
	unsigned char *again = sample_load(path, &size_again);
	assert_non_null(again);
	assert_int_equal(size_again, size);
	assert_memory_equal(again, live, size);
	free(live);
	free(again);
}

static void every_slot_is_run(void **state)
{
	(void)state;
	struct lab lab;
	open_lab(&lab);
	run_campaign(&lab, ERROR_NONE);
	assert_int_equal(lab.runs, SLOTS);
	assert_int_equal(lab.file.n_results, SLOTS);
	for (size_t i = 0; i < lab.file.n_results; i++) {
		assert_int_equal(lab.file.results[i].status, RUN_OK);
		assert_true(lab.file.results[i].simulated);
	}
	assert_powers(&lab.file);
	assert_analysed_alike(&lab);
	close_lab(&lab);
}

static void what_was_stopped_is_resumed(void **state)
{
	(void)state;
	struct lab lab;
	open_lab(&lab);
	lab.interrupt_at = 4;
	run_campaign(&lab, ERROR_INTERRUPTED);
	assert_non_null(strstr(lab.error.remedy, "--resume"));
	assert_int_equal(lab.file.n_results, 4);
	assert_int_equal(lab.file.results[3].status, RUN_INTERRUPTED);
	assert_analysed_alike(&lab);

	lab.interrupts = 0;
	lab.request.resume = true;
	run_campaign(&lab, ERROR_NONE);
	assert_int_equal(lab.runs, SLOTS + 1);
	assert_int_equal(lab.file.n_results, SLOTS + 1);
	assert_int_equal(lab.file.results[4].slot, lab.file.results[3].slot);
	assert_int_equal(lab.file.results[4].attempt, 2);
	assert_powers(&lab.file);
	assert_analysed_alike(&lab);

	run_campaign(&lab, ERROR_NONE); /* nothing is left */
	assert_int_equal(lab.runs, SLOTS + 1);
	close_lab(&lab);
}

/* While the directory was looked through, say: nothing is waited for, and no run is begun. */
static void an_early_interrupt_is_heard(void **state)
{
	(void)state;
	struct lab lab;
	open_lab(&lab);
	lab.interrupts = 1;
	run_campaign(&lab, ERROR_INTERRUPTED);
	assert_non_null(strstr(lab.error.remedy, "--resume"));
	assert_int_equal(lab.runs, 0);
	assert_in_range(simulation_elapsed(lab.simulation), 0, NS_PER_S);
	close_lab(&lab);
}

/* A plan that takes the integrator's energy is refused before anything is begun where a meter has none switched on. */
static void an_integrator_must_be_there(void **state)
{
	(void)state;
	struct lab lab;
	open_lab(&lab);
	lab.plan.integrator = true;
	run_campaign(&lab, ERROR_CONFIG);
	assert_string_equal(lab.error.on, "wall");
	assert_non_null(strstr(lab.error.remedy, "integrator: on"));
	assert_int_equal(lab.runs, 0);
	assert_int_equal(lab.begun, 0);
	assert_int_not_equal(access(lab.output, F_OK), 0);
	close_lab(&lab);
}

/* ---- what is not needed ---- */

#define MOST 14
#define RUNS_PER_BLOCK 3

static const char stopping_text[] = "joulerig: plan 1\nrepetitions: 14\nstop: { half_width: 2.5 %, at_least: 5 }\n"
				    "arms:\n  one: {environment: {CORES: \"1\"}}\n  two: {environment: {CORES: \"2\"}}\n"
				    "  four: {environment: {CORES: \"4\"}}\nworkloads:\n  short: {command: [work, \"3\"]}\n";

/* By the statistics of the table, over the first runs alone. */
static double half_width_after(const struct campaign_file *file, const char *arm, uint32_t blocks)
{
	double over[MOST], under[MOST];
	size_t n_over = 0, n_under = 0;
	struct interval ratio;
	for (size_t i = 0; i < file->n_results; i++) {
		const struct result *result = &file->results[i];
		if (result->block >= blocks || result->status != RUN_OK)
			continue;
		if (strcmp(result->arm, "one") == 0)
			under[n_under++] = result_source(result, "wall")->energy.gross.value;
		else if (strcmp(result->arm, arm) == 0)
			over[n_over++] = result_source(result, "wall")->energy.gross.value;
	}
	assert_int_equal(n_over, blocks);
	assert_int_equal(n_under, blocks);
	statistics_ratio(over, n_over, under, n_under, 0, &ratio);
	return ratio.high / ratio.estimate - 1;
}

/* The number of blocks after which the rule ends it, by the runs there are; MOST: never. */
static uint32_t blocks_needed(const struct campaign_file *file, double wanted, uint32_t blocks)
{
	for (uint32_t b = 5; b <= blocks; b++)
		if (half_width_after(file, "two", b) <= wanted && half_width_after(file, "four", b) <= wanted)
			return b;
	return MOST;
}

static const json_t *decision_of(const struct lab *lab)
{
	return json_object_get(json_object_get(lab->file.facts, "stopping"), "decision");
}

static void assert_decided(const struct lab *lab, const char *answer, uint32_t after)
{
	const json_t *decision = decision_of(lab);
	assert_non_null(decision);
	assert_string_equal(json_string_value(json_object_get(decision, "answer")), answer);
	assert_int_equal(json_integer_value(json_object_get(decision, "after")), after);
}

static void assert_verified(const struct lab *lab, size_t runs)
{
	size_t found = 0;
	assert_int_equal(verified(lab->output, &found), 0);
	assert_int_equal(found, runs);
}

static void open_stopping_lab(struct lab *lab, const char *text, uint32_t seed)
{
	open_lab_with(lab, text);
	lab->jitter = 0.04;
	lab->dice = seed;
}

static void a_campaign_stops_when_it_knows_enough(void **state)
{
	(void)state;
	struct lab lab;
	open_stopping_lab(&lab, stopping_text, 1);
	run_campaign(&lab, ERROR_NONE);
	uint32_t blocks = (uint32_t)lab.file.n_results / RUNS_PER_BLOCK;
	print_message("stopped after %u blocks\n", blocks);
	assert_int_equal(lab.file.n_results, blocks * RUNS_PER_BLOCK);
	assert_in_range(blocks, 6, MOST - 1); /* else it shows little */
	assert_int_equal(blocks_needed(&lab.file, 0.025, blocks), blocks);
	assert_decided(&lab, "enough", blocks);
	const json_t *list = json_object_get(decision_of(&lab), "comparisons");
	assert_int_equal(json_array_size(list), 2);
	for (size_t i = 0; i < 2; i++) {
		const json_t *comparison = json_array_get(list, i);
		const char *arm = json_string_value(json_object_get(comparison, "arm"));
		double stated = json_number_value(json_object_get(comparison, "half_width"));
		assert_int_equal(json_integer_value(json_object_get(comparison, "runs")), blocks);
		assert_near(stated, half_width_after(&lab.file, arm, blocks), 0.05 * stated); /* and what the meter adds */
	}
	assert_analysed_alike(&lab);
	assert_verified(&lab, lab.file.n_results);

	lab.request.resume = true;
	int runs = lab.runs;
	run_campaign(&lab, ERROR_NONE); /* nothing is left */
	assert_int_equal(lab.runs, runs);
	assert_decided(&lab, "enough", blocks);
	close_lab(&lab);
}

/* Interrupted at the end of a block, and in one: it goes on, and ends where its runs say. */
static void what_was_stopped_on_the_way_stops_later(void **state)
{
	(void)state;
	for (int at = 5 * RUNS_PER_BLOCK; at <= 5 * RUNS_PER_BLOCK + 1; at++) {
		struct lab lab;
		open_stopping_lab(&lab, stopping_text, 1);
		lab.interrupt_at = at;
		run_campaign(&lab, ERROR_INTERRUPTED);
		assert_analysed_alike(&lab);
		lab.interrupts = 0;
		lab.request.resume = true;
		run_campaign(&lab, ERROR_NONE);
		uint32_t blocks = ((uint32_t)lab.file.n_results - 1) / RUNS_PER_BLOCK;
		assert_int_equal(lab.file.n_results, blocks * RUNS_PER_BLOCK + 1);
		assert_in_range(blocks, 6, MOST - 1);
		assert_int_equal(blocks_needed(&lab.file, 0.025, blocks), blocks);
		assert_decided(&lab, "enough", blocks);
		assert_analysed_alike(&lab);
		close_lab(&lab);
	}
}

static void a_campaign_that_never_knows_enough(void **state)
{
	(void)state;
	struct lab lab;
	open_stopping_lab(&lab, "joulerig: plan 1\nrepetitions: 7\nstop: { half_width: 0.1 %, at_least: 5 }\n"
				"arms:\n  one: {environment: {CORES: \"1\"}}\n  two: {environment: {CORES: \"2\"}}\n"
				"workloads:\n  short: {command: [work, \"3\"]}\n", 1);
	lab.interrupt_at = 11;
	run_campaign(&lab, ERROR_INTERRUPTED);
	assert_decided(&lab, "go-on", 5);
	lab.interrupts = 0;
	lab.request.resume = true;
	run_campaign(&lab, ERROR_NONE);
	assert_int_equal(lab.file.n_results, 7 * 2 + 1);
	assert_decided(&lab, "at-most", 7);
	assert_analysed_alike(&lab);
	assert_verified(&lab, lab.file.n_results);
	run_campaign(&lab, ERROR_NONE); /* nothing is left */
	assert_int_equal(lab.runs, 7 * 2 + 1);
	close_lab(&lab);
}

/* There is a wall, and no RAPL on this bench: so it is said before anything is begun. */
static void what_it_stops_by_must_be_there(void **state)
{
	(void)state;
	struct lab lab;
	open_stopping_lab(&lab, stopping_text, 1);
	lab.plan.stop.of[STOP_RAPL] = true;
	simulation_close(lab.simulation);
	simulation_twin_free(lab.twin);
	lab.twin = lab_twin("load: {source: script}\nmachine: {cores: 4}\nmeter: {update: 100 ms}\n");
	lab.simulation = lab_open(&(struct simulation_config){ .twin = lab.twin, .choose = choose, .context = &lab });
	lab.request.bench = simulation_bench(lab.simulation);
	lab.request.launcher = simulation_launcher(lab.simulation);
	lab.request.surroundings = simulation_surroundings(lab.simulation);
	run_campaign(&lab, ERROR_CONFIG);
	assert_non_null(strstr(lab.error.what, "stops by RAPL"));
	assert_int_equal(lab.runs, 0);
	close_lab(&lab);
}

/* ---- what an arm cannot run ---- */

/* Arm `with` finds the module, `without` does not; `free` would be run under both. The interpreters are asked in earnest. */
static const char picky_text[] = "joulerig: plan 1\nrepetitions: 2\norder: sequence\n"
				 "arms:\n  without: {python: /usr/bin/python3}\n"
				 "  with: {python: /usr/bin/python3, environment: {PYTHONPATH: %s}}\n"
				 "workloads:\n  picky: {command: [work, \"2\"], requires: {imports: [json, joulerig_wanted]}}\n"
				 "  free: {command: [work, \"2\"]}\n  hopeless: {command: [work, \"2\"], requires: {imports: [joulerig_unheard_of]}}\n";

static void put_module(const struct lab *lab, bool there)
{
	char path[128];
	snprintf(path, sizeof path, "%s/joulerig_wanted.py", lab->directory);
	FILE *file = there ? fopen(path, "w") : NULL;
	assert_true(there ? file != NULL && fclose(file) == 0 : unlink(path) == 0);
}

static void assert_skipped(const json_t *skipped, size_t index, const char *workload, const char *arm)
{
	const json_t *entry = json_array_get(skipped, index);
	assert_string_equal(json_string_value(json_object_get(entry, "workload")), workload);
	assert_string_equal(json_string_value(json_object_get(entry, "arm")), arm);
	assert_non_null(strstr(json_string_value(json_object_get(entry, "reason")), "ModuleNotFoundError: No module named 'joulerig_"));
}

static void assert_picky(const struct lab *lab, size_t runs)
{
	const json_t *skipped = json_object_get(lab->file.facts, "skipped");
	assert_int_equal(json_array_size(skipped), 3);
	assert_skipped(skipped, 0, "picky", "without");
	assert_skipped(skipped, 1, "hopeless", "without");
	assert_skipped(skipped, 2, "hopeless", "with");
	assert_int_equal(lab->file.n_results, runs);
	for (size_t i = 0; i < runs; i++) {
		const struct result *result = &lab->file.results[i];
		assert_string_not_equal(result->workload, "hopeless");
		assert_true(strcmp(result->workload, "free") == 0 || strcmp(result->arm, "with") == 0);
	}
	assert_analysed_alike(lab);
}

static void what_an_arm_cannot_run_is_skipped(void **state)
{
	(void)state;
	struct lab lab;
	open_lab_with(&lab, picky_text);
	put_module(&lab, true);
	lab.interrupt_at = 2;
	run_campaign(&lab, ERROR_INTERRUPTED);
	assert_non_null(strstr(lab.error.what, "1 of 6 runs done"));
	assert_picky(&lab, 2);
	assert_int_equal(lab.begun, 1);
	assert_int_equal(lab.skips, 3);

	lab.interrupts = 0;
	lab.request.resume = true;
	run_campaign(&lab, ERROR_NONE);
	assert_int_equal(lab.runs, 7);
	assert_picky(&lab, 7);
	assert_int_equal(lab.begun, 1); /* it had begun already */

	run_campaign(&lab, ERROR_NONE); /* nothing is left */
	assert_int_equal(lab.runs, 7);
	close_lab(&lab);
}

/* It would not be the same campaign. */
static void what_is_skipped_stays_so(void **state)
{
	(void)state;
	struct lab lab;
	open_lab_with(&lab, picky_text);
	put_module(&lab, true);
	lab.interrupt_at = 2;
	run_campaign(&lab, ERROR_INTERRUPTED);
	put_module(&lab, false);
	lab.interrupts = 0;
	lab.request.resume = true;
	run_campaign(&lab, ERROR_CONFIG);
	assert_string_equal(lab.error.on, "picky under arm with");
	assert_non_null(strstr(lab.error.what, "it was run when the campaign began, and cannot be now: cannot import joulerig_wanted"));
	assert_int_equal(lab.runs, 2);
	close_lab(&lab);
}

static void all_is_skipped(void **state)
{
	(void)state;
	struct lab lab;
	open_lab_with(&lab, "joulerig: plan 1\narms: {a: {python: /usr/bin/python3}}\n"
			    "workloads: {w: {command: [work, \"2\"], requires: {imports: [joulerig_unheard_of]}}}\n");
	run_campaign(&lab, ERROR_CONFIG);
	assert_non_null(strstr(lab.error.what, "nothing is left to run"));
	assert_non_null(strstr(lab.error.what, "w under arm a: cannot import joulerig_unheard_of: ModuleNotFoundError"));
	assert_int_not_equal(access(lab.output, F_OK), 0);
	close_lab(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_slot_is_run),
		cmocka_unit_test(what_was_stopped_is_resumed),
		cmocka_unit_test(an_early_interrupt_is_heard),
		cmocka_unit_test(an_integrator_must_be_there),
		cmocka_unit_test(a_campaign_stops_when_it_knows_enough),
		cmocka_unit_test(what_was_stopped_on_the_way_stops_later),
		cmocka_unit_test(a_campaign_that_never_knows_enough),
		cmocka_unit_test(what_it_stops_by_must_be_there),
		cmocka_unit_test(what_an_arm_cannot_run_is_skipped),
		cmocka_unit_test(what_is_skipped_stays_so),
		cmocka_unit_test(all_is_skipped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
