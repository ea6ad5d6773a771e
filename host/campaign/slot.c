#include "slot.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "campaign_folder.h"
#include "command.h"
#include "durable.h"
#include "keep.h"
#include "result.h"

#define END_GRACE (2 * NS_PER_S)
#define START_PATIENCE (10 * NS_PER_S)
#define MARK_U (2 * NS_PER_US) /* between the edge of a phase and the reading of the clock that a workload marks it with */
#define IDLE_LEVEL_SPAN_MAX (10 * NS_PER_S)

/* One attempt while it lasts. */
struct attempt {
	struct session *session;
	const struct slot_context *context;
	const struct slot *slot;
	const struct plan *plan;
	const struct plan_workload *workload;
	const struct plan_arm *arm;
	uint32_t run;
	char point[64];
	struct command command;
	double idle_level; /* W, live */
	double cpu_before, cpu_used; /* s of our own */
	enum run_status status;
	char reason[160];
	bool settled;
};

static int64_t now_ns(const struct session *session)
{
	return session->timebase->now(session->timebase);
}

static double own_cpu_seconds(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* ---- header and notes ---- */

static json_t *channels_json(const struct bench *bench)
{
	json_t *list = json_array();
	for (int i = 0; i < bench_channels(bench); i++)
		json_array_append_new(list, channel_to_json(bench_channel(bench, i), bench_channel_device(bench, i)));
	return list;
}

static json_t *parameters_json(const struct attempt *a)
{
	struct plan_variables values = { .n = 0 };
	json_t *object = json_object();
	plan_point(a->workload, a->slot->point, &values);
	for (int i = 0; i < values.n; i++)
		json_object_set_new(object, values.names[i], json_string(values.values[i]));
	return object;
}

static json_t *strings_json(char *const *strings)
{
	json_t *list = json_array();
	for (; strings && *strings; strings++)
		json_array_append_new(list, json_string(*strings));
	return list;
}

static json_t *arm_environment_json(const struct attempt *a)
{
	json_t *object = json_object();
	for (int i = 0; i < a->workload->environment.n; i++)
		json_object_set_new(object, a->workload->environment.names[i], json_string(a->workload->environment.values[i]));
	for (int i = 0; i < a->arm->environment.n; i++)
		json_object_set_new(object, a->arm->environment.names[i], json_string(a->arm->environment.values[i]));
	return object;
}

static void set_figure(json_t *object, const char *edge, const struct edge_figure *figure)
{
	const struct {
		const char *what;
		int64_t ns;
	} members[] = { { "lag", figure->lag }, { "u", figure->u }, { "worst", figure->worst } };
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		char key[32];
		snprintf(key, sizeof key, "%s_%s_ns", edge, members[i].what);
		json_object_set_new(object, key, json_integer((json_int_t)members[i].ns));
	}
}

static json_t *options_json(const struct attempt *a)
{
	const struct plan *p = a->plan;
	json_t *options = json_pack("{s:I, s:I, s:I, s:f, s:f, s:I}", "idle_ns", (json_int_t)p->idle, "guard_ns", (json_int_t)p->guard,
				    "barrier_quiet_ns", (json_int_t)p->barrier_quiet, "settle_within_W", p->settle_within,
				    "tail_within_W", p->tail_within, "supply_lag_ns", (json_int_t)a->context->bench->supply_lag);
	json_object_set_new(options, "wall", json_string(p->integrator ? "integrator" : "samples"));
	json_object_set_new(options, "mark_u_ns", json_integer((json_int_t)MARK_U));
	set_figure(options, "start", &a->context->trigger->own.start);
	set_figure(options, "stop", &a->context->trigger->own.stop);
	return options;
}

/* What turns the edges of the trigger's input into those of the run; null when it has none that it is wired for. */
static json_t *line_json(const struct attempt *a)
{
	const struct edge_path *path = &a->context->trigger->line;
	if (path->start.n == 0)
		return json_null();
	const struct bench_trigger trigger = bench_trigger(a->session->bench);
	json_t *line = json_pack("{s:s, s:s, s:i}", "device", trigger.input, "output", trigger.device, "source", (int)path->source);
	set_figure(line, "start", &path->start);
	set_figure(line, "stop", &path->stop);
	if (path->trip > 0)
		json_object_set_new(line, "trip_ns", json_integer(path->trip));
	return line;
}

static json_t *interpreter_json(const struct interpreter *i)
{
	if (i->path[0] == '\0')
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:b}", "path", i->path, "sha256", i->sha256, "version", i->version,
			 "configure_args", i->configure_args, "gil_disabled_build", i->gil_disabled_build, "gil_enabled", i->gil_enabled);
}

static char *header_text(const struct attempt *a)
{
	const struct slot *s = a->slot;
	json_t *header = json_pack(
		"{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:s, s:s, s:i, s:s, s:b}", "joulerig", "run 1", "campaign",
		a->context->uuid, "run", (json_int_t)a->run, "slot", (json_int_t)s->index, "attempt", (json_int_t)s->attempt, "repetition",
		(json_int_t)s->repetition, "block", (json_int_t)s->block, "order", (json_int_t)s->order, "workload", a->workload->name,
		"point", a->point, "arm", a->arm->name, "measure", a->workload->measure, "gil", a->arm->gil, "checksum",
		a->workload->checksum == CHECKSUM_REQUIRED ? "required" : a->workload->checksum == CHECKSUM_NONE ? "none" : "optional",
		"simulated", bench_simulated(a->session->bench));
	json_object_set_new(header, "parameters", parameters_json(a));
	json_object_set_new(header, "command", strings_json(a->command.argv));
	json_object_set_new(header, "environment", arm_environment_json(a));
	json_object_set_new(header, "options", options_json(a));
	json_object_set_new(header, "line", line_json(a));
	json_object_set_new(header, "interpreter", interpreter_json(&a->context->interpreters[s->arm]));
	json_object_set(header, "bench", a->context->bench_facts);
	json_object_set_new(header, "plan_sha256", json_string(a->context->plan_sha256));
	json_object_set_new(header, "bench_sha256", json_string(a->context->bench_sha256));
	json_object_set_new(header, "channels", channels_json(a->session->bench));
	char *text = json_dumps(header, JSON_COMPACT);
	json_decref(header);
	return text;
}

/* `status` comes last: where the note needs several records, a journal that has it has all of them, and the run is finished. */
static int note_end(struct attempt *a, struct error *error)
{
	const struct launch_event *end = &a->session->end_event;
	json_t *object = json_pack("{s:s, s:i, s:i, s:i, s:i, s:b}", "reason", a->reason, "exit_code", end->exit_code, "signal", end->signal,
				   "strays", end->strays, "survivors", end->survivors, "settled_before", a->settled);
	json_object_set_new(object, "usage",
			    json_pack("{s:f, s:f, s:I, s:I, s:I, s:I, s:I}", "user_s", end->user_s, "system_s", end->system_s,
				      "max_rss_B", (json_int_t)end->max_rss, "minor_faults", (json_int_t)end->minor_faults,
				      "major_faults", (json_int_t)end->major_faults, "voluntary_switches",
				      (json_int_t)end->voluntary_switches, "involuntary_switches", (json_int_t)end->involuntary_switches));
	json_object_set(object, "facts", a->session->facts);
	json_object_set_new(object, "checksum", json_string(a->session->checksum));
	if (end->line_errno)
		json_object_set_new(object, "line_error", json_string(strerror(end->line_errno)));
	if (!bench_stepped(a->session->bench)) /* else the CPU time of this process has nothing to do with the bracket */
		json_object_set_new(object, "overhead_cpu_s", json_real(a->cpu_used));
	json_object_set_new(object, "marks_rejected", json_integer(a->session->lines.rejected));
	json_object_set_new(object, "late_steps", json_integer((json_int_t)bench_load(a->session->bench).late));
	json_object_set_new(object, "status", json_string(run_status_name(a->status)));
	int result = run_note(a->session->journal, now_ns(a->session), object, error);
	json_decref(object);
	return result;
}

/* ---- quiet before ---- */

static struct steady *power(struct session *session)
{
	return session->power_channel < 0 ? NULL : &session->live[session->power_channel].steady;
}

/* A slow meter needs a longer look: two values in each half, and one to spare. */
static int64_t settle_span(const struct session *session)
{
	int64_t least = 5 * bench_channel(session->bench, session->power_channel)->refresh;
	return session->plan->settle_during > least ? session->plan->settle_during : least;
}

static bool has_settled(struct session *session)
{
	struct steady *steady = power(session);
	return steady == NULL || steady_settled(steady, now_ns(session), settle_span(session), session->plan->settle_within, NAN);
}

static int settle(struct attempt *a, struct error *error)
{
	struct session *session = a->session;
	session_stage(session, STAGE_SETTLE);
	if (session_pump(session, now_ns(session) + a->plan->settle_at_most, has_settled, error) != 0)
		return -1;
	a->settled = has_settled(session);
	return 0;
}

/* Power is found settled when a value of the meter arrives, and windows of quiet are often a whole number of its updates: without
 * this the start edge would stand at the same place in the meter's window in every run, and what its window misses (up to one
 * period of the mains at either end) would be the same error in all of them instead of one that averages out. A few ns more or
 * less at `from` give any other place. */
static int64_t unlocked(const struct session *session, int64_t from)
{
	if (session->power_channel < 0)
		return 0;
	uint64_t z = (uint64_t)from; /* splitmix64's mixer */
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	int64_t refresh = bench_channel(session->bench, session->power_channel)->refresh;
	return refresh > 0 ? (int64_t)(z % (uint64_t)refresh) : 0;
}

static int record_idle(struct attempt *a, struct error *error)
{
	struct session *session = a->session;
	int64_t from = now_ns(session);
	session_stage(session, STAGE_IDLE);
	if (session_anchor(session, error) != 0 || session_ranges(session, error) != 0 || session_sample(session, error) != 0 ||
	    session_edge(session, EDGE_MARK, "idle-begin", from, 0, from, error) != 0 ||
	    session_pump(session, from + a->plan->idle + unlocked(session, from), NULL, error) != 0)
		return -1;
	int64_t to = now_ns(session), span = to - from - a->plan->guard;
	struct steady *steady = power(session);
	a->idle_level = steady ? steady_mean(steady, to, span < IDLE_LEVEL_SPAN_MAX ? span : IDLE_LEVEL_SPAN_MAX) : NAN;
	return session_edge(session, EDGE_MARK, "idle-end", to, 0, to, error);
}

/* ---- the run ---- */

static int open_log(const struct attempt *a, struct error *error)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/logs/%06" PRIu32 ".log", a->context->directory, a->run);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		error_errno(error, errno, path, durable_remedy(errno), "cannot create the log of the workload's output");
	return fd;
}

/* A device that went away and came back is at the end of another link: the launcher has a copy of the old one's descriptor. */
static int hand_line(struct session *session, struct error *error)
{
	const struct bench_trigger trigger = bench_trigger(session->bench);
	if (trigger.output == NULL || trigger.output->kind != LINE_FRAME)
		return 0;
	return launcher_line(session->launcher, trigger.output, error);
}

static int prepare(struct attempt *a, struct error *error)
{
	struct session *session = a->session;
	int log = open_log(a, error);
	if (log < 0)
		return -1;
	struct launch_spec spec = {
		.argv = (const char *const *)a->command.argv, .environment = (const char *const *)a->command.environment,
		.stdout_fd = log, .stderr_fd = log,
	};
	struct launched launched;
	int result = hand_line(session, error);
	if (result == 0)
		result = launcher_prepare(session->launcher, &spec, &launched, error);
	close(log);
	if (result != 0)
		return -1;
	session->mark_fd = launched.mark_fd;
	session->go_fd = launched.go_fd;
	return 0;
}

static bool has_started(struct session *session)
{
	return session->started || session->ended;
}

static bool has_ended(struct session *session)
{
	return session->ended;
}

/* A transition of the output line, that lies somewhere between two stamps. */
static int record_line(struct attempt *a, enum edge_what what, int64_t from, int64_t to, int64_t received, struct error *error)
{
	char name[40];
	snprintf(name, sizeof name, "%.31s.output", a->context->bench->trigger);
	if (from == 0 || to == 0)
		return 0;
	return session_edge(a->session, what, name, from + (to - from) / 2, (to - from + 1) / 2, received, error);
}

static int record_start(struct attempt *a, int64_t received, struct error *error)
{
	const struct launch_event *event = &a->session->start_event;
	const struct edge_figure *figure = &a->context->trigger->own.start;
	if (session_edge(a->session, EDGE_START, "", event->start - figure->lag, figure->u, received, error) != 0)
		return -1;
	return record_line(a, EDGE_RISE, event->raise, event->start, received, error);
}

static int record_stop(struct attempt *a, struct error *error)
{
	const struct launch_event *event = &a->session->end_event;
	const struct edge_figure *figure = &a->context->trigger->own.stop;
	if (session_edge(a->session, EDGE_STOP, "", event->stop - figure->lag, figure->u, event->stop, error) != 0)
		return -1;
	return record_line(a, EDGE_FALL, event->lowered ? event->stop : 0, event->lowered, now_ns(a->session), error);
}

/* From here to the child's exec nothing may take time: counters are read last. */
static int raise_start(struct attempt *a, struct error *error)
{
	struct session *session = a->session;
	if (journal_sync(session->journal, error) != 0 || session_anchor(session, error) != 0)
		return -1;
	a->cpu_before = own_cpu_seconds();
	if (session_sample(session, error) != 0 || launcher_release(session->launcher, error) != 0)
		return -1;
	struct steady *steady = power(session);
	if (steady)
		steady_forget(steady, now_ns(session));
	int64_t limit = now_ns(session) + START_PATIENCE;
	while (!has_started(session) && now_ns(session) < limit) /* an interrupt ends a pump, not this: it is heard when the run goes on */
		if (session_pump(session, limit, has_started, error) != 0)
			return -1;
	if (!has_started(session))
		return error_set(error, ERROR_TIMEOUT, "launcher", NULL, "a released workload did not start within 10 s");
	return session->started ? record_start(a, now_ns(session), error) : 0;
}

/* A workload that cannot do what it was asked to tells why before it gives up. */
static void say_exit_status(struct attempt *a, int exit_code)
{
	const char *why = json_string_value(json_object_get(a->session->facts, "impossible"));
	int n = snprintf(a->reason, sizeof a->reason, "exit status %d", exit_code);
	if (why)
		snprintf(a->reason + n, sizeof a->reason - (size_t)n, ": not possible here: %s", why);
}

static void judge(struct attempt *a, bool timed_out, bool interrupted)
{
	const struct launch_event *end = &a->session->end_event;
	a->status = RUN_OK;
	if (end->kind == LAUNCH_EXEC_FAILED) {
		a->status = RUN_NOT_STARTED;
		snprintf(a->reason, sizeof a->reason, "%s could not be executed: %s", a->command.argv[0], strerror(end->errno_value));
	} else if (interrupted) {
		a->status = RUN_INTERRUPTED;
		snprintf(a->reason, sizeof a->reason, "ended because the user asked");
	} else if (timed_out) {
		a->status = RUN_TIMEOUT;
		snprintf(a->reason, sizeof a->reason, "ended at its time limit of %.6g s", (double)a->workload->timeout / NS_PER_S);
	} else if (end->signal) {
		a->status = RUN_SIGNALLED;
		snprintf(a->reason, sizeof a->reason, "ended by signal %d (%s)", end->signal, strsignal(end->signal));
	} else if (end->exit_code != 0) {
		a->status = RUN_FAILED;
		say_exit_status(a, end->exit_code);
	} else if (end->survivors > 0) {
		a->status = RUN_FAILED;
		snprintf(a->reason, sizeof a->reason, "%d of its processes could not be ended and go on drawing power", end->survivors);
	} else if (end->strays > 0) {
		snprintf(a->reason, sizeof a->reason, "%d processes outlived it and were ended: their work is not in the energy", end->strays);
	}
}

/* A second interrupt while it lasts takes the grace back. */
static int end_tree(struct session *session, int64_t grace, struct error *error)
{
	while (!session->ended)
		if (launcher_end(session->launcher, session_interrupts(session) > 1 ? 0 : grace, error) != 0 ||
		    session_pump(session, now_ns(session) + 10 * END_GRACE, has_ended, error) != 0)
			return -1;
	return 0;
}

static int follow(struct attempt *a, struct error *error)
{
	struct session *session = a->session;
	session_stage(session, STAGE_RUN);
	int64_t limit = now_ns(session) + a->workload->timeout;
	if (session_interrupts(session) == 0 && session_pump(session, limit, has_ended, error) != 0)
		return -1;
	bool interrupted = !session->ended && session_interrupts(session) > 0;
	bool timed_out = !session->ended && !interrupted;
	if (!session->ended && end_tree(session, END_GRACE, error) != 0)
		return -1;
	a->cpu_used = own_cpu_seconds() - a->cpu_before;
	judge(a, timed_out, interrupted);
	return session->started ? record_stop(a, error) : 0;
}

/* ---- quiet after ---- */

static bool tail_is_over(struct session *session)
{
	struct steady *steady = power(session);
	return steady == NULL ||
	       steady_settled(steady, now_ns(session), settle_span(session), session->plan->tail_within, session->settled_level);
}

static int record_tail(struct attempt *a, struct error *error)
{
	struct session *session = a->session;
	int64_t stop = now_ns(session), least = 2 * a->plan->guard + NS_PER_S / 2;
	session_stage(session, STAGE_TAIL);
	if (power(session))
		steady_forget(power(session), stop);
	if (session_pump(session, stop + least, NULL, error) != 0)
		return -1;
	session->settled_level = a->idle_level;
	int result = session_pump(session, stop + (a->plan->tail_at_most > least ? a->plan->tail_at_most : least), tail_is_over, error);
	int64_t now = now_ns(session);
	if (result != 0 || session_sample(session, error) != 0 || session_anchor(session, error) != 0)
		return -1;
	return session_edge(session, EDGE_MARK, "tail-end", now, 0, now, error);
}

/* ---- from journal to run file ---- */

static int store(struct attempt *a, const char *journal_path, struct error *error)
{
	struct run run = { .header = NULL };
	session_stage(a->session, STAGE_STORE);
	struct journal *journal = a->session->journal;
	a->session->journal = NULL;
	if (journal_close(journal, error) != 0)
		return -1;
	if (keep_load(journal_path, &run, error) != 0)
		return -1;
	int result = keep_write(a->context->directory, a->run, &run, error);
	run_free(&run);
	return result;
}

static void reset_workload(struct session *session)
{
	if (session->mark_fd >= 0)
		close(session->mark_fd);
	if (session->go_fd >= 0)
		close(session->go_fd);
	session->mark_fd = session->go_fd = -1;
	session->lines = (struct mark_lines){ .used = 0 };
	session->mark_at = session->mark_n = 0;
	session->started = session->ended = session->sample_due = false;
	session->go_at = NEVER;
	session->checksum[0] = '\0';
	session->failure = (struct error)ERROR_INIT;
	memset(&session->start_event, 0, sizeof session->start_event);
	memset(&session->end_event, 0, sizeof session->end_event);
	json_decref(session->facts);
	session->facts = json_object();
}

static int record_run(struct attempt *a, struct error *error)
{
	struct session *session = a->session;
	if (record_idle(a, error) != 0)
		return -1;
	if (session_interrupts(session)) {
		a->status = RUN_INTERRUPTED;
		snprintf(a->reason, sizeof a->reason, "ended before its start because the user asked");
		return end_tree(session, 0, error);
	}
	if (raise_start(a, error) != 0 || follow(a, error) != 0)
		return -1;
	if (session_interrupts(session) > 1)
		return error_set(error, ERROR_INTERRUPTED, NULL, SLOT_REMEDY_RESUME,
				 "stopped at once, as asked; the last run is left as a journal");
	return record_tail(a, error);
}

static int open_journal(struct attempt *a, const char *path, struct error *error)
{
	char *header = header_text(a);
	if (header == NULL)
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	a->session->journal = journal_create(path, header, error);
	free(header);
	a->session->flushed_at = a->session->synced_at = now_ns(a->session);
	return a->session->journal ? 0 : -1;
}

static int attempt_run(struct attempt *a, struct error *error)
{
	struct session *session = a->session;
	char path[PATH_MAX];
	if (settle(a, error) != 0)
		return -1;
	if (session_interrupts(session))
		return error_set(error, ERROR_INTERRUPTED, NULL, SLOT_REMEDY_RESUME, "stopped between runs, as asked");
	campaign_folder_run_path(a->context->directory, a->run, ".journal", path, sizeof path);
	if (prepare(a, error) != 0 || session_prepare(session, error) != 0)
		return -1;
	if (open_journal(a, path, error) != 0 || record_run(a, error) != 0 || note_end(a, error) != 0)
		goto end_workload;
	return store(a, path, error);

end_workload:
	if (!session->ended)
		launcher_end(session->launcher, 0, NULL);
	journal_close(session->journal, NULL);
	session->journal = NULL;
	return -1;
}

int slot_run(struct session *session, const struct slot_context *context, const struct slot *slot, uint32_t run, struct error *error)
{
	const struct plan *plan = session->plan;
	struct attempt a = {
		.session = session, .context = context, .slot = slot, .plan = plan, .workload = &plan->workloads[slot->workload],
		.arm = &plan->arms[slot->arm], .run = run, .idle_level = NAN, .status = RUN_OK,
	};
	plan_point_label(a.workload, slot->point, a.point, sizeof a.point);
	const char *python = context->interpreters[slot->arm].path;
	if (command_make(plan, a.workload, a.arm, slot->point, python[0] ? python : NULL, &a.command, error) != 0)
		return -1;
	reset_workload(session);
	int result = attempt_run(&a, error);
	command_free(&a.command);
	return result;
}
