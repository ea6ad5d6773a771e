#include "ranging.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campaign_folder.h"
#include "line_log.h"
#include "log.h"
#include "plan.h"
#include "range_advice.h"
#include "range_choice.h"
#include "skips.h"

#define HISTORY "the bench's history of ranges"
#define REMEDY "run with --ranging, which measures each workload once in the largest ranges; or give the ranges in the bench file"
#define PROBE_PATIENCE (5 * NS_PER_S)

struct choosing {
	const struct campaign_request *request;
	const json_t *skipped;
	struct ranging *ranging;
	json_t *history;
};

static const char *member(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* ---- what is asked for ---- */

/* The range in which a peak went over is what the choice must exceed; others say nothing of it. */
static void ask(struct range_need *into, const struct range_need *need)
{
	struct range_need asked = *need;
	if (asked.peaks_over == 0)
		asked.voltage_range = asked.current_range = 0;
	range_need_add(into, &asked);
}

static struct range_need nothing_asked(void)
{
	return (struct range_need){ .voltage = NAN, .current = NAN, .voltage_peak = NAN, .current_peak = NAN };
}

static int choose(struct choosing *c, int index, const struct range_need *need, const char *from, struct error *error)
{
	struct device_config *config = &c->ranging->bench.devices[index];
	const struct driver *driver = driver_find(config->driver);
	struct range_offer offers[RANGE_OFFERS_MAX];
	const char *model = c->ranging->devices[index].model;
	size_t n = driver->ranges(model, config, offers, RANGE_OFFERS_MAX);
	if (n == 0 || n > RANGE_OFFERS_MAX)
		return error_set(error, ERROR_UNSUPPORTED, config->name, "give the ranges in the bench file", "the ranges of a \"%s\" are not known",
				 model);
	if (isnan(need->voltage) || isnan(need->current))
		return error_set(error, ERROR_CONFIG, config->name, "give the ranges in the bench file",
				 "%s tells of no voltage and current: what the loads need is not known", from);
	int best = range_choose(need, offers, n);
	if (best < 0)
		return error_set(error, ERROR_UNSUPPORTED, config->name, "measure with a larger instrument, or give the ranges in the bench file",
				 "no range of a %s holds %.1f times %.4g V and %.3g A%s", model, RANGE_ROOM, need->voltage, need->current,
				 need->peaks_over ? ", whose peaks went over the range" : "");
	config->voltage_range = offers[best].voltage;
	config->current_range = offers[best].current;
	config->ranges_from = RANGES_GIVEN;
	c->ranging->devices[index].chosen = true;
	snprintf(config->ranges_why, sizeof config->ranges_why, "%s: holds %.1f times %.4g V and %.3g A, %s", from, RANGE_ROOM, need->voltage,
		 need->current, isnan(need->current_peak) ? "with a crest factor of 3 (peaks were not recorded)" : "and the peaks seen");
	log_say(LOG_LEVEL_INFO, "%s: ranges %g V, %g A, from %s", config->name, config->voltage_range, config->current_range, config->ranges_why);
	return 0;
}

/* ---- from the history ---- */

static bool tells_of(const json_t *line, const char *device, const char *workload, const char *point, const char *arm)
{
	return strcmp(member(line, "device"), device) == 0 && strcmp(member(line, "workload"), workload) == 0 &&
	       strcmp(member(line, "point"), point) == 0 && strcmp(member(line, "arm"), arm) == 0;
}

/* Lines of a twin and of an instrument are not for each other: the last one decides which count. */
static void find_last(const struct choosing *c, const char *device, int index)
{
	size_t i;
	const json_t *line;
	json_array_foreach(c->history, i, line) {
		if (strcmp(member(line, "device"), device) != 0)
			continue;
		c->ranging->devices[index].simulated = json_is_true(json_object_get(line, "simulated"));
		snprintf(c->ranging->devices[index].model, sizeof c->ranging->devices[index].model, "%s", member(line, "model"));
	}
}

/* Returns how many lines tell of it. */
static size_t look_up(const struct choosing *c, int index, const char *workload, const char *point, const char *arm, struct range_need *need)
{
	size_t i, n = 0;
	const json_t *line;
	json_array_foreach(c->history, i, line) {
		struct range_need seen;
		bool alike = json_is_true(json_object_get(line, "simulated")) == c->ranging->devices[index].simulated;
		if (!alike || !tells_of(line, c->ranging->bench.devices[index].name, workload, point, arm))
			continue;
		range_need_from_json(line, &seen);
		ask(need, &seen);
		n++;
	}
	return n;
}

static int from_history(struct choosing *c, int index, struct error *error)
{
	const struct plan *plan = c->request->plan;
	const char *device = c->ranging->bench.devices[index].name;
	struct range_need need = nothing_asked();
	size_t lines = 0;
	char from[100];
	find_last(c, device, index);
	for (int w = 0; w < plan->n_workloads; w++)
		for (int p = 0; p < plan_points(&plan->workloads[w]); p++)
			for (int a = 0; a < plan->n_arms; a++) {
				char point[PLAN_LABEL_SIZE];
				if (skips_have(c->skipped, plan->workloads[w].name, plan->arms[a].name))
					continue;
				plan_point_label(&plan->workloads[w], p, point, sizeof point);
				size_t n = look_up(c, index, plan->workloads[w].name, point, plan->arms[a].name, &need);
				if (n == 0)
					return error_set(error, ERROR_CONFIG, device, REMEDY,
							 "its ranges are to come from history, which does not tell of workload %s%s%s, arm %s (in %s)",
							 plan->workloads[w].name, point[0] ? " " : "", point, plan->arms[a].name,
							 c->request->history ? c->request->history : "no file");
				lines += n;
			}
	c->ranging->devices[index].from_history = true;
	snprintf(from, sizeof from, "history of these workloads (%zu %s)", lines, lines == 1 ? "entry" : "entries");
	return choose(c, index, &need, from, error);
}

/* ---- from a pass ---- */

static struct link *reach(const struct campaign_request *request, const struct device_config *config, struct timebase *timebase,
			  struct error *error)
{
	int64_t deadline = timebase->now(timebase) + PROBE_PATIENCE;
	if (request->surroundings->open_link)
		return request->surroundings->open_link(request->surroundings, config, timebase, deadline, error);
	return link_open(&config->endpoint, timebase, deadline, error);
}

/* Asks who is there, and changes nothing there. */
static int find_model(struct choosing *c, int index, struct error *error)
{
	struct device_config asked = c->ranging->bench.devices[index];
	struct identity identity;
	const struct driver *driver = driver_find(asked.driver);
	struct timebase *timebase = c->request->surroundings->timebase;
	if (driver->probe == NULL)
		return error_set(error, ERROR_UNSUPPORTED, asked.name, "give the ranges in the bench file",
				 "driver %s cannot ask for the model before its ranges are set", asked.driver);
	struct link *link = reach(c->request, &asked, timebase, error);
	if (link == NULL)
		return -1;
	int result = driver->probe(link, timebase, &asked, &identity, error);
	link_close(link);
	if (result == 0)
		snprintf(c->ranging->devices[index].model, sizeof c->ranging->devices[index].model, "%s", identity.model);
	return result;
}

static int take_largest(struct choosing *c, struct bench_config *bench, int index, struct error *error)
{
	struct device_config *config = &bench->devices[index];
	struct range_offer offers[RANGE_OFFERS_MAX];
	if (find_model(c, index, error) != 0)
		return -1;
	size_t n = driver_find(config->driver)->ranges(c->ranging->devices[index].model, config, offers, RANGE_OFFERS_MAX);
	int largest = n <= RANGE_OFFERS_MAX ? range_largest(offers, n) : -1;
	if (largest < 0)
		return error_set(error, ERROR_UNSUPPORTED, config->name, "give the ranges in the bench file", "the ranges of a \"%s\" are not known",
				 c->ranging->devices[index].model);
	config->voltage_range = offers[largest].voltage;
	config->current_range = offers[largest].current;
	config->ranges_from = RANGES_GIVEN;
	snprintf(config->ranges_why, sizeof config->ranges_why, "the largest, for a ranging pass");
	return 0;
}

/* The same workloads, once each and not for long, with little quiet between: only how much they draw is of interest. */
static struct plan short_plan(const struct plan *plan, struct plan_workload *workloads)
{
	struct plan pass = *plan;
	memcpy(workloads, plan->workloads, (size_t)plan->n_workloads * sizeof *workloads);
	pass.title = "ranging pass";
	pass.repetitions = 1;
	pass.stop = (struct plan_stop){ .half_width = 0 };
	pass.workloads = workloads;
	pass.integrator = false;
	for (int i = 0; i < plan->n_workloads; i++)
		if (workloads[i].timeout > RANGING_MOST)
			workloads[i].timeout = RANGING_MOST;
	pass.idle = plan->idle < 2 * NS_PER_S ? plan->idle : 2 * NS_PER_S;
	pass.settle_at_most = pass.tail_at_most = 2 * NS_PER_S;
	return pass;
}

/* In a range that is far too large the smallest readings have errors of their own, which the tenth to spare does not cover. */
static void allow_for_range(const struct range_offer *of, struct range_need *need)
{
	need->voltage += of->accuracy.range * of->voltage;
	need->current += of->accuracy.range * of->current;
}

static bool wants_pass(const struct campaign_request *request, const struct device_config *config)
{
	return config->ranges_from == RANGES_FROM_PASS || (config->ranges_from == RANGES_FROM_HISTORY && request->ranging);
}

static int conclude_pass(struct choosing *c, const struct bench_config *bench, const struct campaign_file *file, const char *directory,
			 struct error *error)
{
	for (int i = 0; i < bench->n_devices; i++) {
		const struct device_config *config = &bench->devices[i];
		struct range_need need = nothing_asked();
		struct range_offer offers[RANGE_OFFERS_MAX];
		size_t k, runs = 0;
		const json_t *facts;
		char from[160];
		if (!wants_pass(c->request, &c->request->bench->devices[i]))
			continue;
		json_array_foreach(json_object_get(file->facts, "ranges"), k, facts) {
			struct range_need seen;
			range_need_from_json(facts, &seen);
			if (strcmp(seen.device, config->name) != 0)
				continue;
			ask(&need, &seen);
			runs++;
		}
		size_t n = driver_find(config->driver)->ranges(c->ranging->devices[i].model, config, offers, RANGE_OFFERS_MAX);
		allow_for_range(&offers[range_largest(offers, n)], &need);
		const char *slash = strrchr(directory, '/');
		snprintf(from, sizeof from, "a ranging pass of %zu run%s (%.60s)", runs, runs == 1 ? "" : "s", slash ? slash + 1 : directory);
		if (choose(c, i, &need, from, error) != 0)
			return -1;
	}
	return 0;
}

static int make_pass(struct choosing *c, struct bench_config *bench, struct error *error)
{
	char directory[PATH_MAX];
	struct plan_workload *workloads = calloc((size_t)c->request->plan->n_workloads, sizeof *workloads);
	struct campaign_file file = { .facts = NULL };
	if (workloads == NULL)
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	struct plan plan = short_plan(c->request->plan, workloads);
	struct campaign_request request = *c->request;
	snprintf(directory, sizeof directory, "%s-ranging", c->request->directory);
	request.plan = &plan;
	request.bench = bench;
	request.directory = directory;
	request.resume = request.ranging = false;
	request.history = NULL;
	request.begins = NULL;
	log_say(LOG_LEVEL_INFO, "ranging pass: each workload once, in the largest ranges; kept in %s", directory);
	int result = campaign_run(&request, &file, error);
	if (result == 0)
		result = conclude_pass(c, bench, &file, directory, error);
	campaign_file_free(&file);
	free(workloads);
	return result;
}

/* ---- from the campaign that is resumed ---- */

static int from_facts(struct choosing *c, struct error *error)
{
	struct campaign_file file;
	size_t k;
	const json_t *facts;
	if (campaign_folder_read(c->request->directory, &file, error) != 0)
		return -1;
	json_array_foreach(json_object_get(json_object_get(file.facts, "bench"), "devices"), k, facts)
		for (int i = 0; i < c->ranging->bench.n_devices; i++) {
			struct device_config *config = &c->ranging->bench.devices[i];
			if (config->ranges_from == RANGES_GIVEN || strcmp(member(facts, "name"), config->name) != 0)
				continue;
			config->voltage_range = json_number_value(json_object_get(facts, "voltage_range_V"));
			config->current_range = json_number_value(json_object_get(facts, "current_range_A"));
			config->ranges_from = RANGES_GIVEN;
			snprintf(config->ranges_why, sizeof config->ranges_why, "%s", member(facts, "ranges_chosen"));
		}
	campaign_file_free(&file);
	return 0;
}

/* ---- the whole ---- */

/* First those that history tells of, then the others, so that the pass measures with all that is known. */
static int choose_all(struct choosing *c, struct error *error)
{
	struct bench_config *bench = &c->ranging->bench;
	bool pass = false;
	for (int i = 0; i < bench->n_devices; i++) {
		bool wanted = wants_pass(c->request, &bench->devices[i]);
		pass |= wanted;
		if (!wanted && bench->devices[i].ranges_from == RANGES_FROM_HISTORY && from_history(c, i, error) != 0)
			return -1;
	}
	if (!pass)
		return 0;
	struct bench_config *largest = malloc(sizeof *largest);
	if (largest == NULL)
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	*largest = *bench;
	int result = 0;
	for (int i = 0; i < bench->n_devices && result == 0; i++)
		if (wants_pass(c->request, &bench->devices[i]))
			result = take_largest(c, largest, i, error);
	if (result == 0)
		result = make_pass(c, largest, error);
	free(largest);
	return result;
}

static bool leaves_open(const struct bench_config *bench)
{
	for (int i = 0; i < bench->n_devices; i++)
		if (bench->devices[i].ranges_from != RANGES_GIVEN)
			return true;
	return false;
}

int ranging_choose(const struct campaign_request *request, const json_t *skipped, struct ranging *ranging, struct error *error)
{
	struct choosing c = { .request = request, .skipped = skipped, .ranging = ranging };
	size_t damaged;
	memset(ranging, 0, sizeof *ranging);
	ranging->bench = *request->bench;
	ranging->any = leaves_open(request->bench);
	if (!ranging->any)
		return 0;
	if (request->resume && campaign_folder_state(request->directory) == FOLDER_BEGUN)
		return from_facts(&c, error);
	if (campaign_folder_check(request->directory, request->resume, error) != 0)
		return -1;
	c.history = request->history ? line_log_read(request->history, HISTORY, &damaged, error) : json_array();
	if (c.history == NULL)
		return -1;
	int result = choose_all(&c, error);
	json_decref(c.history);
	return result;
}

int ranging_check(const struct ranging *ranging, const struct bench *bench, struct error *error)
{
	for (int i = 0; ranging->any && i < bench_devices(bench); i++) {
		const struct identity *identity;
		const char *device = bench_device(bench, i, NULL, &identity)->name;
		if (!ranging->devices[i].chosen)
			continue;
		if (strcmp(ranging->devices[i].model, identity->model) != 0)
			return error_set(error, ERROR_CONFIG, device, REMEDY, "its ranges were chosen for a %s, and it is a %s",
					 ranging->devices[i].model, identity->model);
		if (ranging->devices[i].from_history && ranging->devices[i].simulated != identity->simulated)
			return error_set(error, ERROR_CONFIG, device, REMEDY, "the last history of its ranges is that of a %s, and this is %s",
					 identity->simulated ? "real meter" : "simulated meter", identity->simulated ? "a simulated one" : "a real one");
	}
	return 0;
}

/* ---- remembering ---- */

static json_t *device_of(const struct campaign_file *file, const char *name)
{
	size_t i;
	json_t *device;
	json_array_foreach(json_object_get(json_object_get(file->facts, "bench"), "devices"), i, device)
		if (strcmp(member(device, "name"), name) == 0)
			return device;
	return NULL;
}

static json_t *new_line(const struct campaign_file *file, const json_t *facts)
{
	const json_t *device = device_of(file, member(facts, "device"));
	json_t *line = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "joulerig", "ranges 1", "started", member(file->facts, "started"), "campaign",
				 member(file->facts, "uuid"), "model", member(device, "model"), "serial", member(device, "serial"), "simulated",
				 json_is_true(json_object_get(device, "simulated")));
	json_object_update(line, (json_t *)(uintptr_t)facts);
	json_object_del(line, "run");
	json_object_set_new(line, "runs", json_integer(1));
	return line;
}

/* Both are of one device, workload, point and arm. */
static void merge(json_t *line, const json_t *facts)
{
	struct range_need both, more;
	static const char *const keys[] = { "workload", "point", "arm" };
	const struct run none = { .header = NULL };
	range_need_from_json(line, &both);
	range_need_from_json(facts, &more);
	range_need_add(&both, &more);
	json_t *sum = range_need_to_json(&both, &none);
	for (size_t i = 0; i < 3; i++)
		json_object_del(sum, keys[i]);
	json_object_update(line, sum);
	json_object_set_new(line, "runs", json_integer(1 + json_integer_value(json_object_get(line, "runs"))));
	json_decref(sum);
}

static json_t *line_for(json_t *lines, const json_t *facts)
{
	size_t i;
	json_t *line;
	json_array_foreach(lines, i, line)
		if (tells_of(line, member(facts, "device"), member(facts, "workload"), member(facts, "point"), member(facts, "arm")))
			return line;
	return NULL;
}

int ranging_remember(const char *path, const struct campaign_file *file, struct error *error)
{
	size_t i;
	const json_t *facts;
	json_t *lines = json_array();
	json_array_foreach(json_object_get(file->facts, "ranges"), i, facts) {
		json_t *line = line_for(lines, facts);
		if (line)
			merge(line, facts);
		else if (json_object_get(facts, "voltage_V") && json_object_get(facts, "current_A"))
			json_array_append_new(lines, new_line(file, facts));
	}
	int result = line_log_append_objects(path, HISTORY, lines, error);
	json_decref(lines);
	return result;
}
