#include "campaign_facts.h"

#include <errno.h>
#include <limits.h>
#include <sha256.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "machine.h"
#include "skips.h"
#include "stopping.h"

/* ---- making ---- */

void campaign_new_uuid(char uuid[37])
{
	unsigned char b[16] = { 0 };
	if (getrandom(b, sizeof b, 0) != sizeof b)
		memcpy(b, &(int64_t){ clock_now(CLOCK_ID_REALTIME) }, 8);
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40); /* RFC 9562 version 4 */
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	snprintf(uuid, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5],
		 b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

void campaign_time(int64_t realtime, char text[32])
{
	time_t seconds = (time_t)(realtime / NS_PER_S);
	struct tm utc;
	gmtime_r(&seconds, &utc);
	strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static json_t *sha256_of(const char *text)
{
	char hex[65];
	SHA256Data((const uint8_t *)text, strlen(text), hex);
	return json_string(hex);
}

static json_t *interpreter_facts(const struct campaign_sources *s)
{
	json_t *facts = json_object();
	for (int i = 0; i < s->plan->n_arms; i++) {
		const struct interpreter *p = &s->interpreters[i];
		if (p->path[0])
			json_object_set_new(facts, s->plan->arms[i].name,
					    json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b}", "path", p->path, "sha256", p->sha256,
						      "version", p->version, "full_version", p->full_version, "configure_args",
						      p->configure_args, "gil_disabled_build", p->gil_disabled_build, "gil_enabled",
						      p->gil_enabled));
	}
	return facts;
}

static json_t *measures_facts(const struct plan *plan)
{
	json_t *facts = json_object();
	for (int i = 0; i < plan->n_workloads; i++)
		json_object_set_new(facts, plan->workloads[i].name, json_string(plan->workloads[i].measure));
	return facts;
}

static json_t *arm_names(const struct plan *plan)
{
	json_t *names = json_array();
	for (int i = 0; i < plan->n_arms; i++)
		json_array_append_new(names, json_string(plan->arms[i].name));
	return names;
}

static json_t *figure_facts(const struct edge_figure *f)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:i}", "lag_p50_ns", (json_int_t)f->lag, "u_ns", (json_int_t)f->u, "lag_p99_ns",
			 (json_int_t)f->p99, "lag_max_ns", (json_int_t)f->max, "worst_ns", (json_int_t)f->worst, "n", f->n);
}

static json_t *path_facts(const struct edge_path *path)
{
	return json_pack("{s:s, s:o, s:o}", "source", edge_source_name(path->source), "start", figure_facts(&path->start), "stop",
			 figure_facts(&path->stop));
}

static json_t *trigger_facts(const struct campaign_sources *s)
{
	const struct trigger_figure *f = s->trigger;
	json_t *facts = json_pack("{s:s, s:o}", "name", s->bench->trigger, "own", path_facts(&f->own));
	if (f->line.start.n == 0 && f->line.lost == 0)
		return facts;
	json_t *line = path_facts(&f->line);
	json_object_set_new(line, "latency", figure_facts(&f->line.latency));
	json_object_set_new(line, "lost", json_integer(f->line.lost));
	json_object_set_new(facts, "line", line);
	return facts;
}

/* Where the workloads run. */
static int find_directory(char directory[PATH_MAX], struct error *error)
{
	if (getcwd(directory, PATH_MAX))
		return 0;
	return error_errno(error, errno, NULL, "start joulerig in a directory that is there", "cannot find the working directory");
}

int campaign_facts_make(const struct campaign_sources *s, struct campaign_file *file, struct error *error)
{
	const struct plan *plan = s->plan;
	char started[32], uuid[37], directory[PATH_MAX];
	if (find_directory(directory, error) != 0)
		return -1;
	campaign_new_uuid(uuid);
	campaign_time(clock_now(CLOCK_ID_REALTIME), started);
	json_t *facts = json_pack("{s:s, s:I, s:s, s:s, s:s, s:i, s:s, s:b, s:i}", "title", plan->title, "seed", (json_int_t)plan->seed, "uuid",
				  uuid, "version", s->version, "started", started, "repetitions", plan->repetitions, "reference",
				  plan->arms[plan->reference].name, "simulated",
				  json_is_true(json_object_get(s->bench_facts, "simulated")), "slots", (int)s->n_slots);
	json_object_set_new(facts, "arms", arm_names(plan));
	json_object_set_new(facts, "measures", measures_facts(plan));
	json_object_set(facts, "bench", s->bench_facts);
	json_object_set_new(facts, "machine", machine_facts());
	json_object_set_new(facts, "interpreters", interpreter_facts(s));
	if (json_array_size(s->skipped))
		json_object_set(facts, "skipped", (json_t *)(uintptr_t)s->skipped);
	if (plan->stop.half_width > 0)
		json_object_set_new(facts, "stopping", stopping_rule(plan, s->skipped));
	json_object_set_new(facts, "trigger", trigger_facts(s));
	json_object_set_new(facts, "plan_directory", json_string(plan->directory));
	json_object_set_new(facts, "working_directory", json_string(directory));
	json_object_set_new(facts, "plan_sha256", sha256_of(plan->text));
	json_object_set_new(facts, "bench_sha256", sha256_of(s->bench->text ? s->bench->text : ""));
	file->facts = facts;
	file->plan_text = strdup(plan->text);
	file->bench_text = s->bench->text ? strdup(s->bench->text) : NULL;
	if (facts == NULL || file->plan_text == NULL || (s->bench->text && file->bench_text == NULL))
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	return 0;
}

/* ---- comparing ---- */

#define REMEDY_CHANGED "bring back what was there, or begin another campaign with -o: runs that differ in it are not of one campaign"

static void show_value(const json_t *value, char *text, size_t size)
{
	char *dumped = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	snprintf(text, size, "%.80s", dumped ? dumped : "nothing");
	free(dumped);
}

/* Each of these members must be what it was, or unknown as it was; "WHOSE: serial was X and is Y now". */
static int compare_members(const json_t *was, const json_t *is, const char *const *keys, const char *whose, struct error *error)
{
	for (; *keys; keys++) {
		const json_t *before = json_object_get(was, *keys), *now = json_object_get(is, *keys);
		char old[96], new[96];
		if (before == now || (before && now && json_equal(before, now)))
			continue;
		show_value(before, old, sizeof old);
		show_value(now, new, sizeof new);
		return error_set(error, ERROR_CONFIG, whose, REMEDY_CHANGED, "%s was %s when the campaign began, and is %s now", *keys, old, new);
	}
	return 0;
}

/* A plan of the same text in another place names other files, where it says {plan}. */
static int compare_plans(const struct campaign_file *file, const struct plan *plan, struct error *error)
{
	const char *was = json_string_value(json_object_get(file->facts, "plan_directory"));
	if (strcmp(file->plan_text, plan->text) != 0)
		return error_set(error, ERROR_CONFIG, "plan", REMEDY_CHANGED,
				 "it is not the plan that the campaign began with (plan.yaml in its directory)");
	if (strstr(plan->text, "{plan}") && (was == NULL || strcmp(was, plan->directory) != 0))
		return error_set(error, ERROR_CONFIG, "plan", REMEDY_CHANGED, "its {plan} was %s when the campaign began, and is %s now",
				 was ? was : "not known", plan->directory);
	return 0;
}

static int compare_interpreters(const json_t *was, const json_t *is, struct error *error)
{
	static const char *const keys[] = { "sha256", "version", "gil_disabled_build", "gil_enabled", NULL };
	const char *arm;
	json_t *facts;
	if (json_object_size(was) != json_object_size(is))
		return error_set(error, ERROR_CONFIG, "interpreters", REMEDY_CHANGED, "there were %zu when the campaign began, there are %zu now",
				 json_object_size(was), json_object_size(is));
	json_object_foreach((json_t *)(uintptr_t)is, arm, facts) {
		char whose[80];
		snprintf(whose, sizeof whose, "interpreter of arm %s", arm);
		if (compare_members(json_object_get(was, arm), facts, keys, whose, error) != 0)
			return -1;
	}
	return 0;
}

/* The same command finds other files elsewhere. */
static int compare_directories(const struct campaign_file *file, struct error *error)
{
	const char *was = json_string_value(json_object_get(file->facts, "working_directory"));
	char is[PATH_MAX], remedy[256];
	if (find_directory(is, error) != 0)
		return -1;
	if (was && strcmp(was, is) == 0)
		return 0;
	snprintf(remedy, sizeof remedy, "resume it from %s, where its workloads ran", was ? was : "the directory where it began");
	return error_set(error, ERROR_CONFIG, "working directory", remedy, "it was %.90s when the campaign began, and is %.90s now",
			 was ? was : "not known", is);
}

static int compare_machines(const json_t *was, const json_t *is, struct error *error)
{
	static const char *const machine[] = { "hostname", "board", NULL }, *const cpu[] = { "model", "microcode", NULL };
	if (compare_members(was, is, machine, "machine", error) != 0)
		return -1;
	return compare_members(json_object_get(was, "cpu"), json_object_get(is, "cpu"), cpu, "machine's processor", error);
}

/* Only a warning: what it recorded is raw, and all results are worked out again by this one. */
static void compare_versions(const struct campaign_file *file, const char *version)
{
	const char *was = json_string_value(json_object_get(file->facts, "version"));
	if (was == NULL || strcmp(was, version) != 0)
		log_say(LOG_LEVEL_WARNING, "the campaign was begun by joulerig %s; this is %s", was ? was : "of no known version", version);
}

static int compare_surroundings(const struct campaign_file *file, struct error *error)
{
	json_t *machine = machine_facts();
	int result = compare_machines(json_object_get(file->facts, "machine"), machine, error);
	json_decref(machine);
	return result == 0 ? compare_directories(file, error) : -1;
}

int campaign_facts_compare(const struct campaign_file *file, const struct campaign_sources *s, struct error *error)
{
	const char *was = file->bench_text ? file->bench_text : "", *is = s->bench->text ? s->bench->text : "";
	if (compare_plans(file, s->plan, error) != 0)
		return -1;
	if (strcmp(was, is) != 0)
		return error_set(error, ERROR_CONFIG, "bench", REMEDY_CHANGED,
				 "it is not the bench that the campaign began with (bench.yaml in its directory)");
	json_t *interpreters = interpreter_facts(s);
	int result = compare_interpreters(json_object_get(file->facts, "interpreters"), interpreters, error);
	json_decref(interpreters);
	if (result != 0 || skips_compare(json_object_get(file->facts, "skipped"), s->skipped, REMEDY_CHANGED, error) != 0 ||
	    compare_surroundings(file, error) != 0)
		return -1;
	compare_versions(file, s->version);
	return 0;
}

int campaign_facts_compare_devices(const struct campaign_file *file, json_t *bench_facts, struct error *error)
{
	static const char *const keys[] = { "name", "driver", "maker", "model", "serial", "firmware", "simulated", "certificate",
					    NULL };
	const json_t *was = json_object_get(json_object_get(file->facts, "bench"), "devices"), *is = json_object_get(bench_facts, "devices");
	if (json_array_size(was) != json_array_size(is))
		return error_set(error, ERROR_CONFIG, "devices", REMEDY_CHANGED, "there were %zu when the campaign began, there are %zu now",
				 json_array_size(was), json_array_size(is));
	for (size_t i = 0; i < json_array_size(is); i++) {
		const char *name = json_string_value(json_object_get(json_array_get(is, i), "name"));
		char whose[80];
		snprintf(whose, sizeof whose, "device %s", name ? name : "");
		if (compare_members(json_array_get(was, i), json_array_get(is, i), keys, whose, error) != 0)
			return -1;
	}
	return 0;
}
