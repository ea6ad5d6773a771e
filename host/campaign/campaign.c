#include "campaign.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <sha256.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "evaluate.h"
#include "interpreter.h"
#include "machine.h"
#include "slot.h"

#define LAGS 60

struct campaign {
	const struct campaign_request *request;
	const struct plan *plan;
	struct campaign_file *file;
	struct interpreter interpreters[PLAN_ARMS_MAX];
	struct trigger_figure trigger;
	struct session session;
	struct slot_context context;
	struct slot *slots;
	size_t n_slots;
	char uuid[37];
	double spent_s; /* on finished slots */
};

/* ---- the directory ---- */

static bool is_empty(const char *path)
{
	DIR *directory = opendir(path);
	if (directory == NULL)
		return false;
	int entries = 0;
	while (readdir(directory))
		entries++;
	closedir(directory);
	return entries <= 2;
}

static int make_directory(const char *path, struct error *error)
{
	if (mkdir(path, 0777) == 0 || (errno == EEXIST && is_empty(path)))
		return 0;
	if (errno == EEXIST || errno == ENOTEMPTY)
		return error_set(error, ERROR_EXISTS, path, "name another directory with -o; a campaign is never written over",
				 "the output directory exists and is not empty");
	return error_errno(error, errno, path, NULL, "cannot make the output directory");
}

static int make_directories(const char *path, struct error *error)
{
	char below[640];
	if (make_directory(path, error) != 0)
		return -1;
	snprintf(below, sizeof below, "%s/runs", path);
	if (make_directory(below, error) != 0)
		return -1;
	snprintf(below, sizeof below, "%s/logs", path);
	return make_directory(below, error);
}

/* ---- arms ---- */

static int check_gil(const struct plan_arm *arm, const struct interpreter *interpreter, struct error *error)
{
	if (arm->gil < 0 || interpreter->gil_enabled == (arm->gil == 1))
		return 0;
	return error_set(error, ERROR_CONFIG, interpreter->path,
			 arm->gil ? "set PYTHON_GIL: \"1\" in the arm's environment, or name a standard build"
				  : "name a free-threaded build (scripts/get-pythons makes one)",
			 "arm %s claims that the GIL is %s, but this interpreter says it is %s", arm->name, arm->gil ? "on" : "off",
			 interpreter->gil_enabled ? "on" : "off");
}

static int find_interpreters(struct campaign *c, struct error *error)
{
	for (int i = 0; i < c->plan->n_arms; i++) {
		const struct plan_arm *arm = &c->plan->arms[i];
		if (arm->python == NULL)
			continue;
		char **environment = command_environment(arm, NULL);
		if (environment == NULL)
			return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
		int found = interpreter_find(arm->python, (const char *const *)environment, &c->interpreters[i], error);
		command_free_strings(environment);
		if (found != 0 || check_gil(arm, &c->interpreters[i], error) != 0)
			return -1;
	}
	return 0;
}

/* ---- facts ---- */

static void make_uuid(char uuid[37])
{
	unsigned char b[16] = { 0 };
	if (getrandom(b, sizeof b, 0) != sizeof b)
		memcpy(b, &(int64_t){ clock_now(CLOCK_ID_REALTIME) }, 8);
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40); /* RFC 9562 version 4 */
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	snprintf(uuid, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5],
		 b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

static void iso_time(int64_t realtime, char text[32])
{
	time_t seconds = (time_t)(realtime / NS_PER_S);
	struct tm utc;
	gmtime_r(&seconds, &utc);
	strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static void sha256_of(const char *text, char hex[65])
{
	SHA256Data((const uint8_t *)text, strlen(text), hex);
}

static json_t *interpreter_facts(const struct campaign *c)
{
	json_t *facts = json_object();
	for (int i = 0; i < c->plan->n_arms; i++) {
		const struct interpreter *p = &c->interpreters[i];
		if (p->path[0])
			json_object_set_new(facts, c->plan->arms[i].name,
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

static json_t *trigger_facts(const struct campaign *c)
{
	const struct trigger_figure *f = &c->trigger;
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:i}", "name", c->request->bench->trigger, "start_u_ns",
			 (json_int_t)f->start_u, "stop_lag_ns", (json_int_t)f->stop_lag, "stop_u_ns", (json_int_t)f->stop_u, "lag_p50_ns",
			 (json_int_t)f->p50, "lag_p99_ns", (json_int_t)f->p99, "lag_max_ns", (json_int_t)f->max, "lags", f->n);
}

static int make_facts(struct campaign *c, struct error *error)
{
	const struct plan *plan = c->plan;
	char started[32];
	iso_time(clock_now(CLOCK_ID_REALTIME), started);
	json_t *facts = json_pack("{s:s, s:I, s:s, s:s, s:s, s:i, s:s, s:b, s:i}", "title", plan->title, "seed", (json_int_t)plan->seed, "uuid",
				  c->uuid, "version", c->request->version, "started", started, "repetitions", plan->repetitions,
				  "reference", plan->arms[plan->reference].name, "simulated", bench_simulated(c->session.bench),
				  "slots", (int)c->n_slots);
	json_object_set_new(facts, "arms", arm_names(plan));
	json_object_set_new(facts, "measures", measures_facts(plan));
	json_object_set(facts, "bench", c->context.bench_facts);
	json_object_set_new(facts, "machine", machine_facts());
	json_object_set_new(facts, "interpreters", interpreter_facts(c));
	json_object_set_new(facts, "trigger", trigger_facts(c));
	json_object_set_new(facts, "overhead", json_object());
	json_object_set_new(facts, "plan_sha256", json_string(c->context.plan_sha256));
	json_object_set_new(facts, "bench_sha256", json_string(c->context.bench_sha256));
	c->file->facts = facts;
	c->file->plan_text = strdup(plan->text);
	c->file->bench_text = strdup(c->request->bench->text ? c->request->bench->text : "");
	if (facts == NULL || c->file->plan_text == NULL || c->file->bench_text == NULL)
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	return 0;
}

/* What joulerig itself cost during the runs, as far as they are in. */
static void update_overhead(struct campaign *c)
{
	double cpu = 0, wall = 0;
	for (size_t i = 0; i < c->file->n_results; i++) {
		const struct result *r = &c->file->results[i];
		if (r->phase[0] == '\0' && isfinite(r->overhead_cpu)) {
			cpu += r->overhead_cpu;
			wall += (double)(r->stop - r->start) / NS_PER_S;
		}
	}
	json_object_set_new(c->file->facts, "overhead", json_pack("{s:f, s:f}", "cpu_s", cpu, "wall_s", wall));
}

/* ---- one run after another ---- */

static int append_results(struct campaign_file *file, const struct result *results, size_t n, struct error *error)
{
	struct result *grown = realloc(file->results, (file->n_results + n) * sizeof *grown);
	if (grown == NULL)
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	memcpy(grown + file->n_results, results, n * sizeof *results);
	file->results = grown;
	file->n_results += n;
	return 0;
}

/* The live numbers come from the file just written, as a later analysis would read it. */
static int take_in(struct campaign *c, uint32_t number, struct error *error)
{
	char path[640];
	struct run run = { .header = NULL };
	struct result *results = NULL;
	size_t n = 0;
	slot_path(c->request->directory, number, ".h5", path, sizeof path);
	int result = run_read(path, &run, error);
	if (result == 0)
		result = evaluate_run(&run, &results, &n, error);
	if (result == 0)
		result = append_results(c->file, results, n, error);
	free(results);
	run_free(&run);
	if (result != 0)
		return -1;
	evaluate_checksums(c->file->results, c->file->n_results);
	update_overhead(c);
	return campaign_file_write(c->request->directory, c->file, error);
}

static double quiet_seconds(const struct plan *plan)
{
	return (double)(plan->settle_during + plan->idle + 4 * plan->barrier_quiet + 2 * plan->guard) / NS_PER_S + 1;
}

static double estimate_left(const struct campaign *c, size_t done)
{
	if (done)
		return c->spent_s / (double)done * (double)(c->n_slots - done);
	double left = 0;
	for (size_t i = 0; i < c->n_slots; i++)
		left += (double)c->plan->workloads[c->slots[i].workload].expected / NS_PER_S + quiet_seconds(c->plan);
	return left;
}

static void announce(struct campaign *c, size_t done, char point[64])
{
	const struct slot *slot = &c->slots[done];
	const struct plan_workload *workload = &c->plan->workloads[slot->workload];
	struct watch_state *shown = &c->session.shown;
	plan_point_label(workload, slot->point, point, 64);
	shown->run = (uint32_t)done + 1;
	shown->runs = (uint32_t)c->n_slots;
	shown->workload = workload->name;
	shown->point = point;
	shown->arm = c->plan->arms[slot->arm].name;
	shown->left_s = estimate_left(c, done);
}

static int run_slots(struct campaign *c, struct error *error)
{
	for (size_t i = 0; i < c->n_slots; i++) {
		char point[64];
		int64_t from = clock_now(CLOCK_ID_MONOTONIC);
		announce(c, i, point);
		if (slot_run(&c->session, &c->context, &c->slots[i], (uint32_t)i + 1, error) != 0 ||
		    take_in(c, (uint32_t)i + 1, error) != 0)
			return -1;
		c->spent_s += (double)(clock_now(CLOCK_ID_MONOTONIC) - from) / NS_PER_S;
		if (session_interrupts(&c->session))
			return error_set(error, ERROR_INTERRUPTED, NULL, NULL, "stopped as asked after %zu of %zu runs", i + 1, c->n_slots);
	}
	return 0;
}

/* ---- the whole ---- */

static int figure_trigger(struct campaign *c, struct error *error)
{
	int64_t lags[LAGS];
	const struct driver *driver = driver_find(c->request->bench->trigger);
	if (driver == NULL || driver->trigger == NULL)
		return error_set(error, ERROR_CONFIG, c->request->bench->trigger, NULL, "there is no such trigger");
	if (launcher_measure_lags(c->request->launcher, lags, LAGS, error) != 0)
		return -1;
	return driver->trigger->figure(lags, LAGS, &c->trigger, error);
}

static int set_context(struct campaign *c, struct error *error)
{
	make_uuid(c->uuid);
	c->context = (struct slot_context){
		.directory = c->request->directory, .uuid = c->uuid, .interpreters = c->interpreters, .bench = c->request->bench,
		.trigger = &c->trigger, .bench_facts = bench_facts(c->session.bench),
	};
	sha256_of(c->plan->text, c->context.plan_sha256);
	sha256_of(c->request->bench->text ? c->request->bench->text : "", c->context.bench_sha256);
	return make_facts(c, error);
}

static int run_on_bench(struct campaign *c, struct bench *bench, struct error *error)
{
	if (session_open(&c->session, bench, c->request->launcher, c->plan, c->request->watch, error) != 0)
		return -1;
	int result = set_context(c, error);
	if (result == 0)
		result = campaign_file_write(c->request->directory, c->file, error);
	if (result == 0)
		result = run_slots(c, error);
	session_stage(&c->session, STAGE_DONE);
	session_close(&c->session);
	json_decref(c->context.bench_facts);
	return result;
}

int campaign_run(const struct campaign_request *request, struct campaign_file *file, struct error *error)
{
	struct campaign c = { .request = request, .plan = request->plan, .file = file };
	memset(file, 0, sizeof *file);
	c.slots = schedule_make(c.plan, &c.n_slots, error);
	if (c.slots == NULL)
		return -1;
	int result = -1;
	if (find_interpreters(&c, error) != 0 || figure_trigger(&c, error) != 0)
		goto free_slots;
	struct bench *bench = bench_open(request->bench, &timebase_real, error);
	if (bench == NULL)
		goto free_slots;
	if (bench_start(bench, error) != 0 || make_directories(request->directory, error) != 0)
		goto close_bench;
	result = run_on_bench(&c, bench, error);
	if (bench_stop(bench, result == 0 ? error : NULL) != 0)
		result = -1;
close_bench:
	bench_close(bench);
free_slots:
	free(c.slots);
	return result;
}
