#include "dut.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define US (1. * NS_PER_US)
#define PID 4242 /* of nobody */
#define LINE_CALL (7 * NS_PER_US) /* that setting a line takes */

enum event_kind { STARTED, BARRIER, BEGIN, END, STOPPED };

/* Something that happens at `twin` and is heard of at `heard`. */
struct event {
	enum event_kind kind;
	int phase;
	int64_t twin;         /* the twin's clock */
	int64_t stamp, heard; /* MONOTONIC ns */
};
#define EVENTS_MAX (3 * SIMULATION_PHASES_MAX + 4)

struct dut {
	struct launcher launcher; /* first: others see only this */
	struct plant *plant;
	const struct simulation_config *config;
	const struct simulation_workload *given, *workload;
	struct random random;
	enum { NOTHING, AT_GATE, RUNNING, AT_BARRIER } state;
	int phase; /* AT_BARRIER: the one behind it */
	int mark_fd, go_fd; /* the workload's ends; -1: closed */
	struct event events[EVENTS_MAX]; /* to come, in order */
	int n_events, next_event;
	struct launch_event ended; /* as it will be told */
	int64_t stop_lag;
	struct line_out line;
	struct simulation_truth truth;
	struct error failure; /* of a call that cannot tell */
};

static int64_t delay(struct dut *dut, double least_us, double most_us)
{
	return (int64_t)random_between(&dut->random, least_us * US, most_us * US);
}

static int64_t stop_lag(struct dut *dut)
{
	double lag = 15 - 15 * log(1 - random_uniform(&dut->random));
	bool late = random_uniform(&dut->random) < 0.02;
	return (int64_t)((lag + (late ? 300 * random_uniform(&dut->random) : 0)) * US);
}

/* ---- the trigger's line ---- */

/* Set at this instant of the host's: when it is through, the caller has passed 3 us more. False when the rig has no room for it. */
static bool set_line(struct dut *dut, int64_t at, bool high)
{
	struct plant *plant = dut->plant;
	const struct line_frame *frame = &dut->line.frames[high];
	if (dut->line.kind == LINE_NONE)
		return true;
	return twin_rig_plan_line(&plant->twin.rig, plant_twin_time(plant, at + delay(dut, 2, 6)), high) &&
	       twin_rig_plan_bytes(&plant->twin.rig, plant_twin_time(plant, at + delay(dut, 50, 1050)), frame->bytes, frame->size);
}

static void must_set_line(struct dut *dut, int64_t at, bool high)
{
	if (!set_line(dut, at, high))
		error_set(&dut->failure, ERROR_INTERNAL, "simulated machine", NULL, "too much is planned for the rig");
}

/* ---- what is to come ---- */

static void expect(struct dut *dut, enum event_kind kind, int phase, int64_t twin, int64_t heard_after)
{
	int64_t stamp = plant_host_time(dut->plant, twin);
	dut->events[dut->n_events++] = (struct event){
		.kind = kind, .phase = phase, .twin = twin, .stamp = stamp, .heard = stamp + heard_after,
	};
}

static int ask_for(struct dut *dut, int64_t twin, int64_t ramp, struct demand demand)
{
	return plant_demand(dut->plant, &dut->plant->workload, twin, ramp, demand, &dut->failure);
}

/* Loads of others, counted from the instant that was just fixed. */
static void ask_for_others(struct dut *dut, int since, int64_t twin)
{
	const struct simulation_workload *w = dut->workload;
	for (int i = 0; i < w->n_steps; i++)
		if ((int)w->steps[i].since == since)
			plant_demand(dut->plant, &dut->plant->script, twin + w->steps[i].at, w->steps[i].ramp, w->steps[i].demand,
				     &dut->failure);
}

static void expect_end(struct dut *dut, int64_t twin)
{
	ask_for(dut, twin, 0, (struct demand){ 0 });
	ask_for_others(dut, SINCE_STOP, twin);
	dut->stop_lag = stop_lag(dut);
	must_set_line(dut, plant_host_time(dut->plant, twin) + dut->stop_lag, false);
	expect(dut, STOPPED, 0, twin, dut->stop_lag + delay(dut, 100, 400));
}

/* From phase `first` on (behind its barrier, once let go), up to the next barrier or the end: all of it is known now, and the
 * model may soon have passed it. */
static void expect_phases(struct dut *dut, int first, bool let_go, int64_t twin)
{
	const struct simulation_workload *w = dut->workload;
	for (int i = first; i < w->n_phases; i++) {
		const struct simulation_phase *phase = &w->phases[i];
		if (phase->barrier && !(i == first && let_go)) {
			ask_for(dut, twin, 0, (struct demand){ 0 });
			expect(dut, BARRIER, i, twin, delay(dut, 10, 60));
			return;
		}
		int64_t end = plant_border(dut->plant, twin + phase->duration);
		if (phase->duration > 0)
			ask_for(dut, twin, phase->ramp, phase->demand);
		else
			end = twin;
		expect(dut, BEGIN, i, twin, delay(dut, 10, 60));
		expect(dut, END, i, end, delay(dut, 10, 60));
		twin = end;
	}
	expect_end(dut, twin);
}

/* ---- what happens ---- */

static void write_mark(struct dut *dut, const char *kind, const char *name, int64_t stamp)
{
	char line[96];
	int length = snprintf(line, sizeof line, "%s %s %" PRId64 "\n", kind, name, stamp);
	if (dut->mark_fd >= 0 && write(dut->mark_fd, line, (size_t)length) != length)
		error_errno(&dut->failure, errno, "simulated machine", NULL, "cannot write a mark");
}

static void write_checksum(struct dut *dut)
{
	char line[96];
	if (dut->workload->checksum == NULL || dut->mark_fd < 0)
		return;
	int length = snprintf(line, sizeof line, "checksum %.64s\n", dut->workload->checksum);
	if (write(dut->mark_fd, line, (size_t)length) != length)
		error_errno(&dut->failure, errno, "simulated machine", NULL, "cannot write a checksum");
}

static void hang_up(struct dut *dut)
{
	if (dut->mark_fd >= 0)
		close(dut->mark_fd);
	if (dut->go_fd >= 0)
		close(dut->go_fd);
	dut->mark_fd = dut->go_fd = -1;
}

static int tell_started(struct dut *dut, const struct event *event, struct launch_event *told)
{
	dut->truth.start = plant_instant(dut->plant, event->twin);
	*told = (struct launch_event){ .kind = LAUNCH_STARTED, .start = event->stamp, .exit_code = -1 };
	if (dut->line.kind != LINE_NONE)
		told->raise = event->stamp - LINE_CALL;
	return 1;
}

static int tell_stopped(struct dut *dut, const struct event *event, struct launch_event *told)
{
	dut->truth.stop = plant_instant(dut->plant, event->twin);
	dut->state = NOTHING;
	write_checksum(dut);
	hang_up(dut);
	*told = dut->ended;
	told->stop = event->stamp + dut->stop_lag;
	if (dut->line.kind != LINE_NONE) {
		told->raise = told->start - LINE_CALL;
		told->lowered = told->stop + LINE_CALL;
	}
	return 1;
}

static int happen(struct dut *dut, const struct event *event, struct launch_event *told)
{
	const struct simulation_phase *phase = &dut->workload->phases[event->phase];
	struct simulation_truth *truth = &dut->truth;
	switch (event->kind) {
	case STARTED: return tell_started(dut, event, told);
	case STOPPED: return tell_stopped(dut, event, told);
	case BARRIER:
		dut->state = AT_BARRIER;
		dut->phase = event->phase;
		write_mark(dut, "barrier", phase->barrier, event->stamp);
		return 0;
	case BEGIN:
		truth->phases[event->phase].begin = plant_instant(dut->plant, event->twin);
		snprintf(truth->phases[event->phase].name, sizeof truth->phases->name, "%s", phase->name ? phase->name : "");
		break;
	case END:
		truth->phases[event->phase].end = plant_instant(dut->plant, event->twin);
		truth->n_phases = event->phase + 1;
		break;
	}
	if (phase->name && phase->duration > 0)
		write_mark(dut, event->kind == BEGIN ? "begin" : "end", phase->name, event->stamp);
	return 0;
}

static int64_t now(const struct dut *dut)
{
	return dut->plant->now;
}

/* The workload waits for one line; end of file is a go as well. */
static void look_for_go(struct dut *dut)
{
	char line[16];
	ssize_t got = read(dut->go_fd, line, sizeof line);
	if (got < 0 && errno == EAGAIN)
		return;
	int64_t woken = plant_border(dut->plant, plant_twin_time(dut->plant, now(dut) + delay(dut, 20, 100)));
	dut->n_events = dut->next_event = 0;
	expect_phases(dut, dut->phase, true, woken);
	dut->state = RUNNING;
}

/* ---- as a launcher ---- */

static int open_pipes(struct dut *dut, struct launched *launched, struct error *error)
{
	int mark[2], go[2];
	if (pipe2(mark, O_CLOEXEC | O_NONBLOCK) < 0)
		return error_errno(error, errno, "simulated machine", NULL, "cannot create a pipe");
	if (pipe2(go, O_CLOEXEC | O_NONBLOCK) < 0) {
		error_errno(error, errno, "simulated machine", NULL, "cannot create a pipe");
		close(mark[0]);
		close(mark[1]);
		return -1;
	}
	*launched = (struct launched){ .pid = PID, .mark_fd = mark[0], .go_fd = go[1] };
	dut->mark_fd = mark[1];
	dut->go_fd = go[0];
	return 0;
}

static void forget_run(struct dut *dut)
{
	double rest[QUANTITIES];
	memcpy(rest, dut->truth.rest, sizeof rest);
	memset(&dut->truth, 0, sizeof dut->truth);
	memcpy(dut->truth.rest, rest, sizeof rest);
	dut->n_events = dut->next_event = 0;
}

static int dut_prepare(struct launcher *launcher, const struct launch_spec *spec, struct launched *launched, struct error *error)
{
	struct dut *dut = (struct dut *)launcher;
	dut->workload = dut->config->choose ? dut->config->choose(dut->config->context, spec) : dut->given;
	if (dut->workload == NULL || dut->workload->n_phases > SIMULATION_PHASES_MAX)
		return error_set(error, ERROR_NOT_FOUND, spec->argv[0], NULL, "the simulated machine has no such program");
	hang_up(dut);
	if (open_pipes(dut, launched, error) != 0)
		return -1;
	forget_run(dut);
	plant_pass(dut->plant, now(dut) + delay(dut, 600, 1500));
	int64_t twin = plant_bring_up(dut->plant, now(dut));
	dut->truth.prepared = plant_instant(dut->plant, twin);
	ask_for_others(dut, SINCE_PREPARED, twin);
	dut->ended = (struct launch_event){ .kind = LAUNCH_ENDED, .exit_code = dut->workload->exit_code };
	dut->state = AT_GATE;
	return 0;
}

static void expect_clock_event(struct dut *dut, int64_t start)
{
	if (dut->workload->clock_event.what == CLOCK_UNTOUCHED)
		return;
	dut->plant->event = dut->workload->clock_event;
	dut->plant->event.after_start += start;
}

/* The workload goes on where it was: on the twin's clock everything that is to come comes later. */
static void sleep_through(void *context, int64_t by)
{
	struct dut *dut = context;
	struct plant *plant = dut->plant;
	for (int i = dut->next_event; i < dut->n_events; i++) {
		struct event *event = &dut->events[i];
		int64_t heard_after = event->heard - event->stamp;
		event->twin = plant_border(plant, event->twin + by);
		event->stamp = plant_host_time(plant, event->twin);
		event->heard = event->stamp + heard_after;
	}
	for (size_t i = plant->twin.load.workload.current; i < plant->workload.n; i++) {
		int64_t start = plant->twin.start;
		plant->workload.steps[i].at = plant_border(plant, start + plant->workload.steps[i].at + by) - start;
	}
}

static int dut_release(struct launcher *launcher, struct error *error)
{
	struct dut *dut = (struct dut *)launcher;
	if (dut->state != AT_GATE)
		return error_set(error, ERROR_INTERNAL, "simulated machine", NULL, "nothing is at the gate");
	plant_bring_up(dut->plant, now(dut));
	int64_t twin = plant_border(dut->plant, plant_twin_time(dut->plant, now(dut) + delay(dut, 30, 150)));
	dut->state = RUNNING;
	expect(dut, STARTED, 0, twin, delay(dut, 300, 1000));
	dut->ended.start = dut->events[0].stamp;
	must_set_line(dut, dut->ended.start - LINE_CALL, true);
	ask_for_others(dut, SINCE_START, twin);
	expect_clock_event(dut, dut->ended.start);
	expect_phases(dut, 0, false, twin);
	plant_pass(dut->plant, now(dut) + delay(dut, 20, 60)); /* the request and its reply */
	return 0;
}

/* SIGTERM ends this program at once. */
static int dut_end(struct launcher *launcher, int64_t grace, struct error *error)
{
	struct dut *dut = (struct dut *)launcher;
	(void)grace;
	(void)error;
	if (dut->state == NOTHING || dut->ended.ended_by_us)
		return 0;
	plant_bring_up(dut->plant, now(dut));
	int64_t twin = plant_border(dut->plant, plant_twin_time(dut->plant, now(dut) + delay(dut, 100, 500)));
	plant_forget(dut->plant, &dut->plant->workload, twin);
	if (dut->plant->twin.config->has_rig)
		twin_rig_forget(&dut->plant->twin.rig, twin);
	if (dut->state != RUNNING || dut->events[dut->next_event].kind != STARTED)
		dut->n_events = dut->next_event; /* else its start is still to be told */
	else
		dut->n_events = dut->next_event + 1;
	dut->ended.ended_by_us = true;
	dut->ended.signal = SIGTERM;
	dut->ended.exit_code = -1;
	dut->state = RUNNING;
	expect_end(dut, twin);
	return 0;
}

static int64_t dut_next(struct launcher *launcher)
{
	struct dut *dut = (struct dut *)launcher;
	if (dut->state == AT_BARRIER)
		look_for_go(dut);
	return dut->next_event < dut->n_events ? dut->events[dut->next_event].heard : NEVER;
}

static int dut_event(struct launcher *launcher, struct launch_event *event, struct error *error)
{
	struct dut *dut = (struct dut *)launcher;
	int told = 0;
	while (!told && dut_next(launcher) <= now(dut))
		told = happen(dut, &dut->events[dut->next_event++], event);
	if (dut->failure.code == ERROR_NONE)
		return told;
	if (error)
		*error = dut->failure;
	return -1;
}

/* The start is stamped as it happens. */
static int dut_measure_lag(struct launcher *launcher, const struct lag_times *times, struct launch_lag *lag, struct error *error)
{
	struct dut *dut = (struct dut *)launcher;
	bool line = dut->line.kind != LINE_NONE;
	int64_t lasting = line ? times->lasting : 0, at = now(dut) + (line ? times->held : 0), end = at + lasting, stop = end + stop_lag(dut);
	*lag = (struct launch_lag){ .raise = at, .start = at, .entry = at, .end = end, .stop = stop, .lowered = stop };
	if (line) {
		lag->raise = at - LINE_CALL;
		lag->lowered = stop + LINE_CALL;
		plant_bring_up(dut->plant, now(dut));
	}
	if (!set_line(dut, lag->raise, true) || !set_line(dut, stop, false))
		return error_set(error, ERROR_INTERNAL, "simulated machine", NULL, "too much is planned for the rig");
	plant_pass(dut->plant, (line ? stop : at) + 2 * NS_PER_MS);
	return 0;
}

static int dut_line(struct launcher *launcher, const struct line_out *line, struct error *error)
{
	struct dut *dut = (struct dut *)launcher;
	if (line->kind != LINE_NONE && !(line->kind == LINE_FRAME && dut->plant->twin.config->has_rig))
		return error_set(error, ERROR_UNSUPPORTED, "simulated machine", NULL, "it has no such line");
	dut->line = *line;
	return 0;
}

static void dut_close(struct launcher *launcher)
{
	struct dut *dut = (struct dut *)launcher;
	hang_up(dut);
	free(dut);
}

/* ---- life ---- */

void dut_give(struct launcher *launcher, const struct simulation_workload *workload)
{
	((struct dut *)launcher)->given = workload;
}

const struct simulation_truth *dut_truth(const struct launcher *launcher)
{
	return &((const struct dut *)launcher)->truth;
}

/* The model begins settled: what it draws then, but for its ripple, is its power at rest. */
static int measure_rest(struct dut *dut, struct error *error)
{
	struct model_config calm = dut->plant->twin.config->model;
	struct load none;
	calm.ripple = 0;
	load_init(&none, NULL, 0, 0);
	struct model *model = model_new(&calm, &none, 0, 0, error);
	if (model == NULL)
		return -1;
	for (int q = 0; q < QUANTITIES; q++)
		dut->truth.rest[q] = (double)model_power(model, q) * 1e-6;
	model_free(model);
	return 0;
}

struct launcher *dut_open(struct plant *plant, const struct simulation_config *config, struct error *error)
{
	static const struct launcher_ops ops = {
		.prepare = dut_prepare, .release = dut_release, .end = dut_end, .next = dut_next, .event = dut_event,
		.line = dut_line, .measure_lag = dut_measure_lag, .close = dut_close,
	};
	struct dut *dut = calloc(1, sizeof *dut);
	if (dut == NULL) {
		error_set(error, ERROR_INTERNAL, "simulated machine", NULL, "out of memory");
		return NULL;
	}
	dut->launcher = (struct launcher){ .ops = &ops, .fd = -1 };
	dut->plant = plant;
	dut->config = config;
	dut->random = random_stream(config->seed, "dut");
	dut->mark_fd = dut->go_fd = -1;
	plant->slept = sleep_through;
	plant->context = dut;
	if (measure_rest(dut, error) == 0)
		return &dut->launcher;
	dut_close(&dut->launcher);
	return NULL;
}
