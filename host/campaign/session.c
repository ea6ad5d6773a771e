#include "session.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

#define FLUSH_EVERY (250 * NS_PER_MS) /* about what is lost when joulerig is killed */
#define SYNC_EVERY (750 * NS_PER_MS)  /* with the wait for the next flush at most a second: about what is lost in a power cut */
#define ANCHOR_EVERY (60 * NS_PER_S)
#define SHOW_EVERY (200 * NS_PER_MS)
#define SAMPLE_PATIENCE (50 * NS_PER_MS)
#define PREPARE_PATIENCE (2 * NS_PER_S)
#define READS_AT_ONCE 16
#define PUMP_TICK (50 * NS_PER_MS)
#define LIVE_SPAN (600 * NS_PER_MS)

static int64_t now_ns(const struct session *session)
{
	return session->timebase->now(session->timebase);
}

/* The wall meter if there is one; else the first counter of a whole package. */
static int choose_power_channel(const struct bench *bench)
{
	int fallback = -1;
	for (int i = 0; i < bench_channels(bench); i++) {
		const struct channel *c = bench_channel(bench, i);
		if (c->role == ROLE_WALL && c->kind == CHANNEL_MEAN)
			return i;
		if (fallback < 0 && c->role == ROLE_PACKAGE)
			fallback = i;
	}
	return fallback;
}

int session_open(struct session *session, struct bench *bench, struct launcher *launcher, const struct plan *plan,
		 const struct watch *watch, struct error *error)
{
	memset(session, 0, sizeof *session);
	session->bench = bench;
	session->timebase = bench_timebase(bench);
	session->launcher = launcher;
	session->plan = plan;
	session->watch = watch;
	session->shown.simulated = bench_simulated(bench);
	session->mark_fd = session->go_fd = -1;
	session->go_at = NEVER;
	session->power_channel = choose_power_channel(bench);
	session->live = calloc((size_t)bench_channels(bench), sizeof *session->live);
	if (session->live == NULL)
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	for (int i = 0; i < bench_channels(bench); i++)
		steady_span(&session->live[i].steady, plan->settle_during);
	return 0;
}

void session_close(struct session *session)
{
	journal_close(session->journal, NULL);
	session->journal = NULL;
	if (session->mark_fd >= 0)
		close(session->mark_fd);
	if (session->go_fd >= 0)
		close(session->go_fd);
	json_decref(session->facts);
	free(session->live);
	memset(session, 0, sizeof *session);
	session->mark_fd = session->go_fd = -1;
}

int session_interrupts(const struct session *session)
{
	return session->watch && session->watch->interrupts ? *session->watch->interrupts : 0;
}

/* ---- the live picture ---- */

/* Watts of a device: of its power channel, or the sum of what adds up among its counters. */
static double device_watts(const struct session *session, const char *device, int64_t now)
{
	double sum = 0;
	bool any = false;
	for (int i = 0; i < bench_channels(session->bench); i++) {
		const struct channel *c = bench_channel(session->bench, i);
		if (strcmp(bench_channel_device(session->bench, i), device) != 0 || c->kind == CHANNEL_OBSERVE)
			continue;
		if (c->role == ROLE_SUBZONE || c->role == ROLE_DUPLICATE || c->role == ROLE_PSYS || c->role == ROLE_INTEGRAL)
			continue;
		double mean = steady_mean(&session->live[i].steady, now, LIVE_SPAN);
		if (isfinite(mean)) {
			sum += mean;
			any = true;
		}
	}
	return any ? sum : NAN;
}

static void show(struct session *session, int64_t now)
{
	if (session->watch == NULL || session->watch->show == NULL)
		return;
	session->shown_at = now;
	session->shown.n_live = bench_devices(session->bench);
	for (int i = 0; i < session->shown.n_live; i++) {
		const char *name = bench_device(session->bench, i, NULL, NULL)->name;
		session->shown.live[i].device = name;
		session->shown.live[i].watts = device_watts(session, name, now);
	}
	session->watch->show(session->watch->context, &session->shown);
}

void session_stage(struct session *session, enum stage stage)
{
	session->shown.stage = stage;
	show(session, now_ns(session));
}

/* ---- records ---- */

int session_record(void *context, const struct record *record, const void *payload, uint32_t size, struct error *error)
{
	struct session *session = context;
	live_take(&session->live[record->channel], bench_channel(session->bench, record->channel), record, payload, now_ns(session));
	if (record->kind == RECORD_RANGE && size >= sizeof(struct record_range)) {
		struct live_channel *live = &session->live[record->channel];
		memcpy(&live->range, payload, sizeof live->range);
		live->range.changed = 0; /* that it did is said once, when it did */
		live->has_range = true;
	}
	return session->journal ? journal_append(session->journal, record, payload, size, error) : 0;
}

static int drain(struct session *session, struct error *error)
{
	return bench_drain(session->bench, session_record, session, error);
}

int session_sample(struct session *session, struct error *error)
{
	bench_sample(session->bench, SAMPLE_PATIENCE); /* one that does not answer leaves a gap that analysis sees */
	return drain(session, error);
}

int session_prepare(struct session *session, struct error *error)
{
	bench_prepare(session->bench, PREPARE_PATIENCE); /* likewise */
	return drain(session, error);
}

int session_anchor(struct session *session, struct error *error)
{
	struct clock_anchor anchor = timebase_anchor(session->timebase);
	struct record record = { .kind = RECORD_ANCHOR, .n = 1, .t = anchor.monotonic, .u_t = anchor.width };
	session->anchored_at = anchor.monotonic;
	return session->journal ? journal_append(session->journal, &record, &anchor, sizeof anchor, error) : 0;
}

int session_ranges(struct session *session, struct error *error)
{
	for (int i = 0; session->journal && i < bench_channels(session->bench); i++) {
		struct record record = { .kind = RECORD_RANGE, .channel = (uint16_t)i, .n = 1, .t = now_ns(session) };
		const struct live_channel *live = &session->live[i];
		if (live->has_range && journal_append(session->journal, &record, &live->range, sizeof live->range, error) != 0)
			return -1;
	}
	return 0;
}

/* What a workload wrote just before its end must be read before its run is kept: no slow line holds that up. */
static bool mark_line_is_wanted(const struct session *session, const struct bench_trigger *trigger)
{
	const struct mark_line *line = &session->mark_line;
	return trigger->mark != NULL && !line->given_up && !(session->ended && line->lame);
}

/* One that fails is missed by whoever watches the line; the mark itself is none the worse. */
static int turn_mark_line(struct session *session, struct error *error)
{
	const struct bench_trigger trigger = bench_trigger(session->bench);
	struct mark_line *line = &session->mark_line;
	char name[40];
	if (!mark_line_is_wanted(session, &trigger))
		return 0;
	int64_t from = now_ns(session);
	int failure = line_set(trigger.mark, !line->high);
	int64_t to = now_ns(session);
	bool turned = mark_line_turned(line, failure, to - from);
	if (line->given_up)
		log_say(LOG_LEVEL_WARNING, "%s: setting its mark line took %.1f s: marks leave it alone from now on", trigger.device,
			(double)(to - from) / NS_PER_S);
	snprintf(name, sizeof name, "%.31s.mark", trigger.device);
	return turned ? session_edge(session, line->high ? EDGE_RISE : EDGE_FALL, name, from + (to - from) / 2, (to - from + 1) / 2, to, error)
		      : 0;
}

int session_edge(struct session *session, enum edge_what what, const char *name, int64_t t, int64_t u_t, int64_t received,
		 struct error *error)
{
	struct record_edge edge = { .what = what, .source = EDGE_SOFTWARE, .received = received };
	snprintf(edge.name, sizeof edge.name, "%s", name ? name : "");
	struct record record = { .kind = RECORD_EDGE, .n = 1, .t = t, .u_t = u_t };
	return session->journal ? journal_append(session->journal, &record, &edge, sizeof edge, error) : 0;
}

/* ---- the workload ---- */

static void take_mark(void *context, const struct mark *mark)
{
	struct session *session = context;
	int64_t now = now_ns(session);
	if (mark->kind == MARK_CHECKSUM) {
		snprintf(session->checksum, sizeof session->checksum, "%.64s", mark->value);
		return;
	}
	if (mark->kind == MARK_FACT) {
		if (json_object_size(session->facts) < 64)
			json_object_set_new(session->facts, mark->name, json_string(mark->value));
		return;
	}
	if (session->ended && mark->what == EDGE_BARRIER)
		return; /* nobody waits behind it any more */
	session_edge(session, mark->what, mark->name, mark->t, 0, now, &session->failure);
	turn_mark_line(session, &session->failure);
	if (mark->what == EDGE_END)
		session->sample_due = true;
	if (mark->what == EDGE_BARRIER) {
		session->go_at = now + session->plan->barrier_quiet;
		snprintf(session->barrier, sizeof session->barrier, "%s", mark->name);
		session_stage(session, STAGE_BARRIER);
	}
}

/* Line by line, until the mark line holds us up. */
static void take_marks(struct session *session)
{
	while (session->mark_at < session->mark_n && !session->mark_line.slow) {
		const char *from = session->mark_bytes + session->mark_at;
		size_t left = session->mark_n - session->mark_at;
		const char *newline = memchr(from, '\n', left);
		size_t size = newline ? (size_t)(newline - from) + 1 : left;
		session->mark_at += size;
		mark_lines_feed(&session->lines, from, size, take_mark, session);
	}
}

static void read_marks(struct session *session)
{
	session->mark_line.slow = false;
	take_marks(session);
	/* One that floods must not keep the pump from everything else, nor must a slow line. */
	for (int i = 0; i < READS_AT_ONCE && !session->mark_line.slow; i++) {
		ssize_t got = read(session->mark_fd, session->mark_bytes, sizeof session->mark_bytes);
		if (got > 0) {
			session->mark_at = 0;
			session->mark_n = (size_t)got;
			take_marks(session);
			continue;
		}
		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0 || errno != EAGAIN) {
			close(session->mark_fd);
			session->mark_fd = -1;
		}
		return;
	}
}

/* Enough quiet has been recorded: the counters are read once more, then the workload may go on. */
static int open_barrier(struct session *session, struct error *error)
{
	session->go_at = NEVER;
	if (session_sample(session, error) != 0)
		return -1;
	int64_t now = now_ns(session);
	if (session_edge(session, EDGE_GO, session->barrier, now, 0, now, error) != 0)
		return -1;
	if (session->go_fd >= 0 && write(session->go_fd, "go\n", 3) < 0 && errno != EPIPE && errno != EAGAIN)
		return error_errno(error, errno, "JOULERIG_GO_FD", NULL, "cannot open a barrier");
	session_stage(session, STAGE_RUN);
	return 0;
}

static int take_launch_event(struct session *session, struct error *error)
{
	struct launch_event event;
	int got = launcher_event(session->launcher, &event, error);
	if (got <= 0)
		return got;
	switch (event.kind) {
	case LAUNCH_STARTED:
		session->started = true;
		session->start_event = event;
		return 0;
	case LAUNCH_EXEC_FAILED:
	case LAUNCH_ENDED:
		if (session_sample(session, error) != 0)
			return -1;
		session->ended = true;
		session->end_event = event;
		return 0;
	default:
		return error_set(error, ERROR_GONE, "launcher", "run the campaign again", "the process that starts workloads has died");
	}
}

/* ---- the pump ---- */

static int keep_journal(struct session *session, int64_t now, struct error *error)
{
	if (session->journal == NULL)
		return 0;
	if (now - session->anchored_at >= ANCHOR_EVERY && session_anchor(session, error) != 0)
		return -1;
	if (now - session->flushed_at < FLUSH_EVERY)
		return 0;
	session->flushed_at = now;
	if (now - session->synced_at < SYNC_EVERY)
		return journal_flush(session->journal, error);
	session->synced_at = now;
	return journal_sync_soon(session->journal, error);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void wait_a_little(struct session *session, int64_t deadline)
{
	struct pollfd fds[] = {
		{ .fd = launcher_fd(session->launcher), .events = POLLIN },
		{ .fd = session->mark_fd, .events = POLLIN },
		{ .fd = session->watch ? session->watch->interrupt_fd : -1, .events = POLLIN },
	};
	int64_t until = earlier(deadline, earlier(session->go_at, launcher_next(session->launcher)));
	int64_t now = now_ns(session), tick = session->mark_at < session->mark_n ? 0 : PUMP_TICK;
	bench_wait(session->bench, earlier(until, now + tick), fds, 3);
	if (fds[2].revents & POLLIN) {
		char byte;
		ssize_t got = read(fds[2].fd, &byte, 1);
		(void)got;
	}
}

static int pump_once(struct session *session, int64_t deadline, struct error *error)
{
	wait_a_little(session, deadline);
	/* Events before marks: the start edge stands before the marks of what it started, and the marks that a workload wrote
	 * just before its end are read when its end is known. */
	if (take_launch_event(session, error) != 0)
		return -1;
	if (session->mark_fd >= 0)
		read_marks(session);
	if (session->failure.code != ERROR_NONE) {
		*error = session->failure;
		return -1;
	}
	if (session->sample_due) {
		session->sample_due = false;
		if (session_sample(session, error) != 0)
			return -1;
	}
	if (drain(session, error) != 0)
		return -1;
	int64_t now = now_ns(session);
	if (now >= session->go_at && open_barrier(session, error) != 0)
		return -1;
	if (now - session->shown_at >= SHOW_EVERY)
		show(session, now);
	return keep_journal(session, now, error);
}

int session_pump(struct session *session, int64_t deadline, bool (*done)(struct session *), struct error *error)
{
	int interrupts = session_interrupts(session);
	while (now_ns(session) < deadline && !(done && done(session)) && session_interrupts(session) == interrupts)
		if (pump_once(session, deadline, error) != 0)
			return -1;
	return 0;
}
