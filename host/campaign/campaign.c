#include "campaign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arms.h"
#include "campaign_facts.h"
#include "campaign_folder.h"
#include "edge_lags.h"
#include "integrators.h"
#include "log.h"
#include "machine.h"
#include "machine_check.h"
#include "ranging.h"
#include "readiness.h"
#include "rebuild.h"
#include "recover.h"
#include "slot.h"
#include "stock.h"
#include "stopping.h"

#define NUMBER_MAX 999999 /* run files are numbered with six digits */

struct campaign {
	const struct campaign_request *request; /* the caller's, but for the bench: ranges have been chosen */
	const struct ranging *ranging;
	const struct plan *plan;
	struct campaign_file *file;
	struct rebuild rebuild;
	const struct arms *arms;
	struct trigger_figure trigger;
	struct session session;
	struct slot_context context;
	struct slot *slots;
	size_t n_slots;
	int lock;         /* of the directory; -1: not held */
	bool going_on;    /* with runs of an earlier process */
	bool refused;     /* it is not the same campaign any more */
	uint32_t number;  /* of the next run */
	size_t n_run;     /* by this process */
	double spent_s;   /* on them */
};

/* ---- one run after another ---- */

static double quiet_seconds(const struct plan *plan)
{
	return (double)(plan->settle_during + plan->idle + 4 * plan->barrier_quiet + 2 * plan->guard) / NS_PER_S + 1;
}

static double estimate_left(const struct campaign *c)
{
	double left = 0;
	if (c->n_run)
		return c->spent_s / (double)c->n_run * (double)stock_count(c->slots, c->n_slots, SLOT_OPEN);
	for (size_t i = 0; i < c->n_slots; i++)
		if (c->slots[i].state == SLOT_OPEN)
			left += (double)c->plan->workloads[c->slots[i].workload].expected / NS_PER_S + quiet_seconds(c->plan);
	return left;
}

/* Of those that there are to do, now and before. */
static size_t done_of(const struct campaign *c, size_t *all)
{
	size_t done = stock_count(c->slots, c->n_slots, SLOT_DONE);
	*all = done + stock_count(c->slots, c->n_slots, SLOT_OPEN);
	return done;
}

static void announce(struct campaign *c, const struct slot *slot, char point[64])
{
	const struct plan_workload *workload = &c->plan->workloads[slot->workload];
	struct watch_state *shown = &c->session.shown;
	size_t all;
	plan_point_label(workload, slot->point, point, 64);
	shown->run = (uint32_t)done_of(c, &all) + 1;
	shown->runs = (uint32_t)all;
	shown->workload = workload->name;
	shown->point = point;
	shown->arm = c->plan->arms[slot->arm].name;
	shown->left_s = estimate_left(c);
}

/* The live numbers come from the file just written, as a later analysis reads it. */
static int run_slot(struct campaign *c, struct slot *slot, struct error *error)
{
	char point[64];
	struct timebase *timebase = c->session.timebase;
	int64_t from = timebase->now(timebase);
	if (c->number > NUMBER_MAX)
		return error_set(error, ERROR_UNSUPPORTED, c->request->directory, NULL, "all run numbers up to %d are used up", NUMBER_MAX);
	announce(c, slot, point);
	if (slot_run(&c->session, &c->context, slot, c->number, error) != 0 || rebuild_add(&c->rebuild, c->number, error) != 0 ||
	    rebuild_write(&c->rebuild, error) != 0)
		return -1;
	c->number++;
	c->n_run++;
	c->spent_s += (double)(timebase->now(timebase) - from) / NS_PER_S;
	return stock_take(c->file, c->plan, c->slots, c->n_slots, error);
}

static int check_interrupts(const struct campaign *c, struct error *error)
{
	size_t all, done = done_of(c, &all);
	if (session_interrupts(&c->session) == 0)
		return 0;
	return error_set(error, ERROR_INTERRUPTED, NULL, SLOT_REMEDY_RESUME, "stopped as asked with %zu of %zu runs done", done, all);
}

/* An interrupt may have come before the first of them, while the directory was looked through. */
static int run_slots(struct campaign *c, struct error *error)
{
	for (size_t i = 0; i < c->n_slots; i++)
		if (c->slots[i].state == SLOT_OPEN && (check_interrupts(c, error) != 0 || run_slot(c, &c->slots[i], error) != 0))
			return -1;
	return check_interrupts(c, error);
}

/* ---- the directory ---- */

static struct campaign_sources sources_of(const struct campaign *c)
{
	return (struct campaign_sources){
		.version = c->request->version, .plan = c->plan, .bench = c->request->bench, .interpreters = c->arms->interpreters,
		.skipped = c->arms->skipped, .trigger = &c->trigger, .bench_facts = c->context.bench_facts, .n_slots = c->n_slots,
	};
}

/* What is kept is read back, so that campaign.h5 holds what a later analysis finds. */
static int begin_folder(struct campaign *c, struct error *error)
{
	struct campaign_file texts = { .plan_text = NULL };
	struct campaign_sources sources = sources_of(c);
	int result = campaign_facts_make(&sources, &texts, error);
	if (result == 0)
		result = campaign_folder_keep(c->request->directory, &texts, error);
	campaign_file_free(&texts);
	if (result != 0 || rebuild_begin(&c->rebuild, c->request->directory, c->file, error) != 0)
		return -1;
	return stock_take(c->file, c->plan, c->slots, c->n_slots, error);
}

static int count_runs(struct campaign *c, struct error *error)
{
	struct folder_runs runs;
	if (campaign_folder_list(c->request->directory, &runs, error) != 0)
		return -1;
	c->number = runs.highest + 1;
	campaign_folder_free(&runs);
	return stock_take(c->file, c->plan, c->slots, c->n_slots, error);
}

/* A run file that cannot be read stops it: nobody knows whether its slot is done. */
static int take_up(struct campaign *c, struct error *error)
{
	struct campaign_sources sources = sources_of(c);
	c->lock = campaign_folder_lock(c->request->directory, error);
	if (c->lock < 0 || rebuild_begin(&c->rebuild, c->request->directory, c->file, error) != 0 ||
	    recover_runs(c->request->directory, error) != 0 || rebuild_add_all(&c->rebuild, error) != 0 ||
	    rebuild_write(&c->rebuild, error) != 0 || rebuild_unreadable(&c->rebuild, error) != 0 ||
	    campaign_facts_compare(c->file, &sources, error) != 0 || count_runs(c, error) != 0)
		return -1;
	c->going_on = true;
	size_t all, done = done_of(c, &all);
	uint32_t stopped = stopping_after(c->file->facts);
	if (stopped && stopped < (uint32_t)c->plan->repetitions)
		log_say(LOG_LEVEL_INFO, "%s: stopped by the plan's rule after %u of %d repetitions: nothing is left to resume",
			c->request->directory, stopped, c->plan->repetitions);
	else if (done == all)
		log_say(LOG_LEVEL_INFO, "%s: all %zu runs are done: nothing is left to resume", c->request->directory, done);
	else
		log_say(LOG_LEVEL_INFO, "%s: %zu of %zu runs are done; the others follow", c->request->directory, done, all);
	return 0;
}

/* ---- the whole ---- */

static const char *fact(const struct campaign *c, const char *key)
{
	const char *text = json_string_value(json_object_get(c->file->facts, key));
	return text ? text : "";
}

/* A wall that a twin plays is not this machine's. */
static bool measures_wall(const struct bench *bench)
{
	for (int i = 0; i < bench_channels(bench); i++)
		if (bench_channel(bench, i)->role == ROLE_WALL && !bench_channel(bench, i)->simulated)
			return true;
	return false;
}

static int check_supply(const struct campaign *c, struct error *error)
{
	struct text said = TEXT_INIT;
	if (!measures_wall(c->session.bench))
		return 0;
	json_t *machine = machine_facts();
	machine_say_power(machine, &said);
	int result = machine_check_power(machine, c->request->on_battery, error);
	if (result == 0 && said.length)
		log_say(LOG_LEVEL_WARNING, "%s", text_string(&said));
	text_free(&said);
	json_decref(machine);
	return result;
}

static int set_context(struct campaign *c, struct error *error)
{
	c->context = (struct slot_context){
		.directory = c->request->directory, .interpreters = c->arms->interpreters, .bench = c->request->bench, .trigger = &c->trigger,
		.bench_facts = bench_facts(c->session.bench),
	};
	if (check_supply(c, error) != 0)
		return -1;
	c->refused = c->going_on && campaign_facts_compare_devices(c->file, c->context.bench_facts, error) != 0;
	if (c->refused || (!c->going_on && begin_folder(c, error) != 0))
		return -1;
	c->context.uuid = fact(c, "uuid");
	snprintf(c->context.plan_sha256, sizeof c->context.plan_sha256, "%s", fact(c, "plan_sha256"));
	snprintf(c->context.bench_sha256, sizeof c->context.bench_sha256, "%s", fact(c, "bench_sha256"));
	return 0;
}

static int run_in_folder(struct campaign *c, struct error *error)
{
	const struct campaign_request *request = c->request;
	bool begins = !c->going_on;
	if (!c->going_on && (c->lock = campaign_folder_make(request->directory, request->resume, error)) < 0)
		return -1;
	if (!c->going_on && request->resume)
		log_say(LOG_LEVEL_INFO, "%s: no campaign had begun there; it begins now", request->directory);
	int result = set_context(c, error);
	if (result == 0)
		result = rebuild_write(&c->rebuild, error);
	if (result == 0 && begins && request->begins)
		request->begins(request->begins_context, c->arms->skipped);
	if (result == 0)
		result = run_slots(c, error);
	session_stage(&c->session, STAGE_DONE);
	json_decref(c->context.bench_facts);
	return result;
}

/* An input has to listen while its edges' lags are measured; else the instruments need not wait for that. */
static int start_bench(struct campaign *c, struct bench *bench, struct error *error)
{
	struct launcher *launcher = c->request->launcher;
	const struct bench_trigger trigger = bench_trigger(bench);
	bool lines = trigger.output || trigger.has_input;
	if (!lines && edge_lags_measure(bench, launcher, session_record, &c->session, &c->trigger, error) != 0)
		return -1;
	if (bench_start(bench, error) != 0)
		return -1;
	return lines ? edge_lags_measure(bench, launcher, session_record, &c->session, &c->trigger, error) : 0;
}

/* The session listens from the start: a meter tells its range once. */
static int run_on_bench(struct campaign *c, struct bench *bench, struct error *error)
{
	if (session_open(&c->session, bench, c->request->launcher, c->plan, c->request->watch, error) != 0)
		return -1;
	int result = start_bench(c, bench, error);
	if (result == 0)
		result = run_in_folder(c, error);
	session_close(&c->session);
	return result;
}

/* A bench that cannot be opened leaves no directory behind. */
static int open_and_run(struct campaign *c, struct error *error)
{
	const struct campaign_request *request = c->request;
	struct bench *bench = bench_open(request->bench, request->surroundings, error);
	int result = -1;
	if (bench == NULL)
		return -1;
	if (ranging_check(c->ranging, bench, error) != 0 || integrators_check(c->plan, bench, error) != 0 ||
	    stopping_check(c->plan, bench, error) != 0 ||
	    readiness_check(request->bench, bench, timebase_anchor(bench_timebase(bench)).realtime, error) != 0)
		goto close_bench;
	result = run_on_bench(c, bench, error);
	if (bench_stop(bench, result == 0 ? error : NULL) != 0)
		result = -1;
close_bench:
	bench_close(bench);
	return result;
}

/* A directory that is taken is refused before the bench is touched: the meter may be in use by the campaign that runs there. */
static int run_what_is_left(struct campaign *c, struct error *error)
{
	const struct campaign_request *request = c->request;
	if (!c->going_on && campaign_folder_check(request->directory, request->resume, error) != 0)
		return -1;
	return open_and_run(c, error);
}

static int run_all(const struct campaign_request *request, const struct arms *arms, const struct ranging *ranging,
		   struct campaign_file *file, struct error *error)
{
	struct campaign c = { .request = request, .arms = arms, .ranging = ranging, .plan = request->plan, .file = file, .lock = -1, .number = 1 };
	c.slots = schedule_make(c.plan, &c.n_slots, error);
	if (c.slots == NULL)
		return -1;
	int result = 0;
	if (request->resume && campaign_folder_state(request->directory) == FOLDER_BEGUN)
		c.refused = (result = take_up(&c, error)) != 0;
	if (result == 0 && stock_count(c.slots, c.n_slots, SLOT_OPEN))
		result = run_what_is_left(&c, error);
	if (c.refused)
		campaign_file_free(file); /* results of another day are no answer to that */
	rebuild_end(&c.rebuild);
	if (c.lock >= 0)
		close(c.lock);
	free(c.slots);
	return result;
}

/* Also of a campaign that was stopped: what it saw, it saw. That it cannot be kept costs no measurement. */
static void remember(const struct campaign_request *request, const struct campaign_file *file)
{
	struct error error = ERROR_INIT;
	char line[1024];
	if (request->history && file->n_results && ranging_remember(request->history, file, &error) != 0)
		log_say(LOG_LEVEL_WARNING, "%s", error_line(&error, line, sizeof line));
}

static int choose_and_run(const struct campaign_request *request, const struct arms *arms, struct ranging *ranging,
			  struct campaign_file *file, struct error *error)
{
	struct campaign_request chosen = *request;
	if (ranging_choose(request, arms->skipped, ranging, error) != 0)
		return -1;
	if (ranging->any)
		chosen.bench = &ranging->bench;
	return run_all(&chosen, arms, ranging, file, error);
}

int campaign_run(const struct campaign_request *request, struct campaign_file *file, struct error *error)
{
	struct arms *arms = calloc(1, sizeof *arms);
	struct ranging *ranging = malloc(sizeof *ranging);
	int result = -1;
	memset(file, 0, sizeof *file);
	if (arms == NULL || ranging == NULL)
		error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	else if (arms_find(request->plan, arms, error) == 0)
		result = choose_and_run(request, arms, ranging, file, error);
	remember(request, file);
	if (arms)
		arms_free(arms);
	free(arms);
	free(ranging);
	return result;
}
