/* Ranges that are chosen before a campaign, from a pass or from history, and shown to have been enough afterwards: in simulated time. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "campaign.h"
#include "evaluate.h"
#include "folder_tree.h"
#include "lab.h"
#include "line_log.h"
#include "log.h"
#include "ranging.h"
#include "rebuild.h"

static const char plan_text[] = "joulerig: plan 1\ntitle: two arms\nrepetitions: 2\n"
				"arms:\n  one: {environment: {CORES: \"1\"}}\n  four: {environment: {CORES: \"4\"}}\n"
				"workloads:\n  short: {command: [work, \"2\"]}\n  long: {command: [work, \"30\"]}\n";

struct lab {
	char directory[64], output[128], history[128];
	struct plan plan;
	struct twin_config *twin;
	struct simulation *simulation;
	struct watch watch;
	volatile sig_atomic_t interrupts;
	int prepared, interrupt_at;
	struct campaign_request request;
	struct campaign_file file;
	struct error error;
};

static const struct simulation_workload *choose(void *context, const struct launch_spec *spec)
{
	static struct simulation_phase phase;
	static const struct simulation_workload workload = { .phases = &phase, .n_phases = 1 };
	struct lab *lab = context;
	phase = (struct simulation_phase){ .duration = atoi(spec->argv[1]) * NS_PER_S };
	for (const char *const *variable = spec->environment; *variable; variable++)
		if (strncmp(*variable, "CORES=", 6) == 0)
			phase.demand.cores = atoi(*variable + 6);
	if (++lab->prepared == lab->interrupt_at)
		lab->interrupts = 1;
	return &workload;
}

static void load_plan(struct plan *plan, const char *directory)
{
	char path[128];
	struct problems problems = { .n = 0 };
	struct error error = ERROR_INIT;
	snprintf(path, sizeof path, "%s/plan.yaml", directory);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(plan_text, file);
	fclose(file);
	assert_int_equal(plan_load(path, plan, &problems, &error), 0);
	problems_free(&problems);
}

static struct device_config *wall_of(struct lab *lab)
{
	return &((struct bench_config *)(uintptr_t)simulation_bench(lab->simulation))->devices[0];
}

#define METER "load: {source: script}\nmachine: {cores: 4}\nmeter: {update: 100 ms}\n"

static void open_lab_of(struct lab *lab, const char *twin, enum ranges_from from)
{
	*lab = (struct lab){ .directory = "/tmp/joulerig-ranging-XXXXXX" };
	assert_non_null(mkdtemp(lab->directory));
	snprintf(lab->output, sizeof lab->output, "%s/out", lab->directory);
	snprintf(lab->history, sizeof lab->history, "%s/bench.ranges.jsonl", lab->directory);
	load_plan(&lab->plan, lab->directory);
	lab->twin = lab_twin(twin);
	lab->simulation = lab_open(&(struct simulation_config){ .twin = lab->twin, .choose = choose, .context = lab });
	wall_of(lab)->ranges_from = from;
	wall_of(lab)->voltage_range = wall_of(lab)->current_range = 0;
	lab->watch = (struct watch){ .interrupts = &lab->interrupts, .interrupt_fd = -1 };
	lab->request = (struct campaign_request){
		.plan = &lab->plan, .bench = simulation_bench(lab->simulation), .directory = lab->output, .history = lab->history,
		.launcher = simulation_launcher(lab->simulation), .watch = &lab->watch, .version = "test",
		.surroundings = simulation_surroundings(lab->simulation),
	};
}

static void open_lab(struct lab *lab, enum ranges_from from)
{
	open_lab_of(lab, METER, from);
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

static json_t *wall_facts(const struct lab *lab)
{
	return json_array_get(json_object_get(json_object_get(lab->file.facts, "bench"), "devices"), 0);
}

static double fact(const json_t *facts, const char *key)
{
	return json_number_value(json_object_get(facts, key));
}

static const char *why(const struct lab *lab)
{
	const char *text = json_string_value(json_object_get(wall_facts(lab), "ranges_chosen"));
	return text ? text : "";
}

/* Never exceeded, and the next smaller range would have been. */
static void assert_chosen_well(const struct lab *lab)
{
	size_t i;
	const json_t *facts, *list = json_object_get(lab->file.facts, "ranges");
	double most = 0;
	json_array_foreach(list, i, facts) {
		most = fmax(most, fact(facts, "current_A"));
		assert_near(fact(facts, "current_range_A"), fact(wall_facts(lab), "current_range_A"), 0);
		assert_int_equal(json_integer_value(json_object_get(facts, "peaks_over")), 0);
	}
	assert_int_equal(json_array_size(list), 8);
	assert_near(fact(wall_facts(lab), "voltage_range_V"), 300, 0);
	double range = fact(wall_facts(lab), "current_range_A");
	assert_true(1.1 * most <= range && 1.1 * most > range / 2.5);
	for (size_t k = 0; k < lab->file.n_results; k++)
		assert_int_equal(lab->file.results[k].status, RUN_OK);
}

static size_t history_lines(const struct lab *lab)
{
	size_t damaged;
	struct error error = ERROR_INIT;
	json_t *list = line_log_read(lab->history, "it", &damaged, &error);
	size_t n = json_array_size(list);
	json_decref(list);
	return n;
}

static void history_without_any_says_what_to_do(void **state)
{
	(void)state;
	struct lab lab;
	open_lab(&lab, RANGES_FROM_HISTORY);
	run_campaign(&lab, ERROR_CONFIG);
	assert_non_null(strstr(lab.error.what, "does not tell of workload short, arm one"));
	assert_non_null(strstr(lab.error.remedy, "--ranging"));
	assert_int_equal(access(lab.output, F_OK), -1);
	lab.request.history = NULL;
	run_campaign(&lab, ERROR_CONFIG);
	close_lab(&lab);
}

static void pass_then_history(void **state)
{
	(void)state;
	struct lab lab;
	char second[sizeof lab.output + 8];
	open_lab(&lab, RANGES_FROM_HISTORY);
	lab.request.ranging = true;
	run_campaign(&lab, ERROR_NONE);
	assert_non_null(strstr(why(&lab), "a ranging pass of 4 runs (out-ranging)"));
	assert_int_equal(lab.prepared, 4 + 8);
	assert_chosen_well(&lab);
	assert_int_equal(history_lines(&lab), 4);
	double range = fact(wall_facts(&lab), "current_range_A");
	print_message("%s\n", why(&lab));

	snprintf(second, sizeof second, "%s-2", lab.output);
	lab.request.directory = second;
	lab.request.ranging = false;
	run_campaign(&lab, ERROR_NONE);
	assert_non_null(strstr(why(&lab), "history of these workloads (4 entries)"));
	assert_int_equal(lab.prepared, 4 + 8 + 8); /* without a second run of anything */
	assert_near(fact(wall_facts(&lab), "current_range_A"), range, 0);
	assert_chosen_well(&lab);
	close_lab(&lab);
}

/* As long as need be and no longer. */
static void pass_takes_the_first_seconds(void **state)
{
	(void)state;
	struct lab lab;
	struct campaign_file pass;
	char directory[sizeof lab.output + 16];
	open_lab(&lab, RANGES_FROM_PASS);
	run_campaign(&lab, ERROR_NONE);
	snprintf(directory, sizeof directory, "%s-ranging", lab.output);
	assert_int_equal(rebuild_directory(directory, &pass, &lab.error), 0);
	for (size_t i = 0; i < pass.n_results; i++)
		assert_true(pass.results[i].stop - pass.results[i].start < RANGING_MOST + 5 * NS_PER_S);
	const json_t *wall = json_array_get(json_object_get(json_object_get(pass.facts, "bench"), "devices"), 0);
	assert_near(fact(wall, "current_range_A"), 20, 0);
	campaign_file_free(&pass);
	close_lab(&lab);
}

static void resumed_one_keeps_its_ranges(void **state)
{
	(void)state;
	struct lab lab;
	open_lab(&lab, RANGES_FROM_PASS);
	lab.interrupt_at = 4 + 3;
	run_campaign(&lab, ERROR_INTERRUPTED);
	double range = fact(wall_facts(&lab), "current_range_A");
	lab.interrupts = lab.interrupt_at = 0;
	unlink(lab.history);
	lab.request.resume = true;
	int before = lab.prepared;
	run_campaign(&lab, ERROR_NONE);
	assert_int_equal(lab.prepared - before, 6); /* no second pass; the one that was cut short, and those that were left */
	assert_near(fact(wall_facts(&lab), "current_range_A"), range, 0);
	assert_non_null(strstr(why(&lab), "a ranging pass"));
	close_lab(&lab);
}

/* What was told when the campaign ran is what a later analysis tells. */
static void analysis_tells_the_same(void **state)
{
	(void)state;
	struct lab lab;
	struct campaign_file again;
	open_lab(&lab, RANGES_FROM_PASS);
	run_campaign(&lab, ERROR_NONE);
	assert_int_equal(rebuild_directory(lab.output, &again, &lab.error), 0);
	assert_true(json_equal(json_object_get(lab.file.facts, "ranges"), json_object_get(again.facts, "ranges")));
	campaign_file_free(&again);
	close_lab(&lab);
}

static void add_line(const struct lab *lab, const char *workload, const char *arm, double amperes, bool over, bool simulated, const char *model)
{
	struct error error = ERROR_INIT;
	json_t *list = json_pack("[{s:s, s:s, s:s, s:s, s:s, s:b, s:f, s:f, s:f, s:f, s:i, s:i}]", "device", "wall", "workload", workload, "point", "",
				 "arm", arm, "model", model, "simulated", simulated, "voltage_V", 230.0, "current_A", amperes, "voltage_range_V",
				 300.0, "current_range_A", 1.0, "peaks_over", (int)over, "values", 10);
	assert_int_equal(line_log_append_objects(lab->history, "it", list, &error), 0);
	json_decref(list);
}

static void add_history(const struct lab *lab, double amperes, bool over, bool simulated, const char *model)
{
	static const char *const names[2][2] = { { "short", "long" }, { "one", "four" } };
	for (int w = 0; w < 2; w++)
		for (int a = 0; a < 2; a++)
			add_line(lab, names[0][w], names[1][a], amperes, over && w && a, simulated, model);
}

/* History that was written by hand: with what range the campaign is measured. */
static double range_for(double amperes, bool over)
{
	struct lab lab;
	open_lab(&lab, RANGES_FROM_HISTORY);
	add_history(&lab, amperes, over, true, "WT310E");
	run_campaign(&lab, ERROR_NONE);
	double range = fact(wall_facts(&lab), "current_range_A");
	close_lab(&lab);
	return range;
}

static void room_and_peaks_count(void **state)
{
	(void)state;
	assert_near(range_for(0.909, false), 1, 0);
	assert_near(range_for(0.9095, false), 2, 0);
	assert_near(range_for(0.909, true), 2, 0); /* its peaks went over 1 A */
	assert_near(range_for(1.9, false), 5, 0);
}

/* Neither history nor a pass tells of a workload that no arm can run. */
static void what_is_skipped_needs_no_range(void **state)
{
	(void)state;
	struct lab lab;
	open_lab(&lab, RANGES_FROM_HISTORY);
	for (int a = 0; a < 2; a++)
		lab.plan.arms[a].python = "/usr/bin/python3";
	lab.plan.workloads[1].imports[lab.plan.workloads[1].n_imports++] = "joulerig_unheard_of";
	add_line(&lab, "short", "one", 0.9, false, true, "WT310E");
	add_line(&lab, "short", "four", 0.9, false, true, "WT310E");
	run_campaign(&lab, ERROR_NONE);
	assert_int_equal(lab.prepared, 4);
	assert_non_null(strstr(why(&lab), "history of these workloads (2 entries)"));
	char second[sizeof lab.output + 8];
	snprintf(second, sizeof second, "%s-2", lab.output);
	lab.request.directory = second;
	lab.request.ranging = true;
	run_campaign(&lab, ERROR_NONE);
	assert_non_null(strstr(why(&lab), "a ranging pass of 2 runs"));
	assert_int_equal(lab.prepared, 4 + 2 + 4);
	close_lab(&lab);
}

/* A pass for one meter does not choose again for another, whose history knows of more. */
static void history_beside_a_pass(void **state)
{
	(void)state;
	struct lab lab;
	open_lab_of(&lab, METER "instruments: {bank: {model: GPM-8310, link: tcp, measures: check, update: 250 ms, latency: 20 ms, accuracy: {reading: 0.1 %}}}\n",
		    RANGES_FROM_HISTORY);
	struct device_config *bank = wall_of(&lab) + 1;
	bank->ranges_from = RANGES_FROM_PASS;
	bank->voltage_range = bank->current_range = 0;
	add_history(&lab, 1.9, false, true, "WT310E");
	run_campaign(&lab, ERROR_NONE);
	assert_non_null(strstr(why(&lab), "history of these workloads"));
	assert_near(fact(wall_facts(&lab), "current_range_A"), 5, 0);
	const json_t *facts = json_array_get(json_object_get(json_object_get(lab.file.facts, "bench"), "devices"), 1);
	assert_non_null(strstr(json_string_value(json_object_get(facts, "ranges_chosen")), "a ranging pass"));
	close_lab(&lab);
}

static void history_of_another(void **state)
{
	(void)state;
	struct lab lab;
	open_lab(&lab, RANGES_FROM_HISTORY);
	add_history(&lab, 0.9, false, false, "WT310E");
	run_campaign(&lab, ERROR_CONFIG);
	assert_non_null(strstr(lab.error.what, "that of a real meter, and this is a simulated one"));
	add_history(&lab, 0.9, false, true, "WT310EH"); /* the last one counts */
	run_campaign(&lab, ERROR_CONFIG);
	assert_non_null(strstr(lab.error.what, "chosen for a WT310EH"));
	add_history(&lab, 0.9, false, true, "PW3335");
	run_campaign(&lab, ERROR_UNSUPPORTED);
	assert_non_null(strstr(lab.error.what, "the ranges of a \"PW3335\" are not known"));
	close_lab(&lab);
	open_lab(&lab, RANGES_FROM_HISTORY);
	add_history(&lab, 19, false, true, "WT310E");
	run_campaign(&lab, ERROR_UNSUPPORTED);
	assert_non_null(strstr(lab.error.what, "no range of a WT310E holds 1.1 times 230 V and 19 A"));
	close_lab(&lab);
}

/* ---- a range that changed by itself ---- */

static struct simulation_outcome one_run(void)
{
	struct twin_config *twin = lab_twin("load: {source: script}\nmachine: {cores: 4}\nmeter: {integrator: on}\npowercap: {}\n");
	struct simulation_phase phase = { .duration = 6 * NS_PER_S, .demand = { .cores = 2 } };
	struct simulation *simulation = lab_open(&(struct simulation_config){ .twin = twin, .seed = 3 });
	struct simulation_outcome o = lab_run(simulation, &(struct simulation_workload){ .phases = &phase, .n_phases = 1 });
	simulation_close(simulation);
	simulation_twin_free(twin);
	return o;
}

static const struct energy *evaluate(const struct simulation_outcome *o, struct result **results, const char *name)
{
	struct error error = ERROR_INIT;
	size_t n;
	assert_int_equal(evaluate_run(&o->run, results, &n, &error), 0);
	assert_non_null(result_source(*results, name));
	return &result_source(*results, name)->energy;
}

static struct run_channel *channel_named(const struct simulation_outcome *o, const char *name)
{
	for (size_t i = 0; i < o->run.n_channels; i++)
		if (strcmp(o->run.channels[i].channel.name, name) == 0)
			return &o->run.channels[i];
	fail_msg("there is no %s", name);
	return NULL;
}

/* Its value in the middle of the run comes with this flag. */
static void plant(struct run_channel *channel, const struct simulation_outcome *o, uint32_t flag)
{
	int64_t middle = o->results[0].start + (o->results[0].stop - o->results[0].start) / 2;
	size_t i = 0;
	while (i + 1 < channel->n && channel->t[i] < middle)
		i++;
	channel->flags[i] |= flag;
}

static void assert_refused(const struct energy *energy, const char *reason)
{
	assert_int_equal(energy->status, ENERGY_REFUSED);
	if (strstr(energy->reason, reason) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", energy->reason, reason);
}

static void flags_void_every_kind(void **state)
{
	(void)state;
	static const char *const names[] = { "wall.power", "wall.energy", "rapl.package-0", "wall.power" };
	for (int kind = 0; kind < 4; kind++)
		for (int peak = 0; peak < 2; peak++) {
			struct simulation_outcome o = one_run();
			struct result *results;
			struct run_channel *channel = channel_named(&o, names[kind]);
			if (kind == 3) { /* point samples, none missing */
				channel->channel.kind = CHANNEL_INSTANT;
				channel->channel.window = 0;
			}
			if (kind != 3)
				assert_int_not_equal(evaluate(&o, &results, names[kind])->status, ENERGY_REFUSED);
			else
				assert_null(strstr(evaluate(&o, &results, names[kind])->reason, "range"));
			free(results);
			plant(channel, &o, peak ? FLAG_PEAK_OVER : FLAG_RANGE_CHANGED);
			assert_refused(evaluate(&o, &results, names[kind]), peak ? "peaks exceeded" : "left its range by itself");
			free(results);
			simulation_outcome_free(&o);
		}
}

/* The record of the change voids all that its device says, and nothing that others say. */
static void record_voids_the_device(void **state)
{
	(void)state;
	struct simulation_outcome o = one_run();
	struct result *results;
	assert_true(o.run.n_ranges > 0);
	o.run.ranges[0].range.changed = 1;
	assert_refused(evaluate(&o, &results, "wall.power"), "left its range by itself");
	assert_refused(&result_source(results, "wall.energy")->energy, "left its range by itself");
	assert_int_equal(result_source(results, "wall")->energy.status, ENERGY_REFUSED);
	assert_int_not_equal(result_source(results, "rapl")->energy.status, ENERGY_REFUSED);
	free(results);
	simulation_outcome_free(&o);
}

static void overfilled_range_is_remarked(void **state)
{
	(void)state;
	struct simulation_outcome o = one_run();
	struct result *results;
	assert_string_equal(o.results[0].reason, "");
	o.run.ranges[0].range.current = 0.4; /* it told no more than this when it began */
	evaluate(&o, &results, "wall");
	assert_non_null(strstr(results[0].reason, "wall: its range was filled to "));
	free(results);
	simulation_outcome_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(history_without_any_says_what_to_do), cmocka_unit_test(pass_then_history),
		cmocka_unit_test(pass_takes_the_first_seconds), cmocka_unit_test(resumed_one_keeps_its_ranges),
		cmocka_unit_test(analysis_tells_the_same), cmocka_unit_test(room_and_peaks_count), cmocka_unit_test(history_of_another),
		cmocka_unit_test(history_beside_a_pass), cmocka_unit_test(what_is_skipped_needs_no_range),
		cmocka_unit_test(flags_void_every_kind), cmocka_unit_test(record_voids_the_device),
		cmocka_unit_test(overfilled_range_is_remarked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
