/*
 * session: the one consumer. It pumps records from the bench into the journal of the run under way, keeps the live picture,
 * follows the workload's marks and the launcher's events, and hears the user's interrupts. Everything a run does happens while
 * the session pumps.
 */
#ifndef JOULERIG_CAMPAIGN_SESSION_H
#define JOULERIG_CAMPAIGN_SESSION_H

#include <signal.h>

#include "bench.h"
#include "journal.h"
#include "launcher.h"
#include "live.h"
#include "mark_line.h"
#include "marks.h"
#include "plan.h"

/* What the outside may watch; valid during a call of `watch`. */
enum stage { STAGE_SETTLE, STAGE_IDLE, STAGE_RUN, STAGE_BARRIER, STAGE_TAIL, STAGE_STORE, STAGE_DONE };
struct watch_state {
	enum stage stage;
	uint32_t run, runs; /* k of n */
	const char *workload, *point, *arm;
	double left_s; /* estimate; NAN unknown */
	bool simulated; /* some device is a twin's */
	int n_live;
	struct {
		const char *device;
		double watts; /* NAN: nothing heard lately */
	} live[BENCH_DEVICES_MAX];
};
struct watch {
	void (*show)(void *context, const struct watch_state *state);
	void *context;
	const volatile sig_atomic_t *interrupts; /* 1: end the running group and keep its run; 2: stop at once */
	int interrupt_fd; /* readable after each interrupt, so that pumping wakes; -1: none */
};

struct session {
	struct bench *bench;
	struct timebase *timebase; /* the bench's */
	struct launcher *launcher;
	const struct plan *plan;
	const struct watch *watch;
	struct watch_state shown;
	int64_t shown_at;

	struct journal *journal; /* NULL between runs */
	int64_t flushed_at, synced_at, anchored_at;
	struct live_channel *live; /* one per channel of the bench */
	int power_channel;         /* that tells whether power has settled; -1: none */
	double settled_level;      /* W: what a tail must come back to; NAN: unknown */

	/* The workload under way. */
	int mark_fd, go_fd;
	struct mark_lines lines;
	char mark_bytes[4096]; /* read from mark_fd; those from mark_at on are still to be taken */
	size_t mark_at, mark_n;
	bool started, ended;
	struct launch_event start_event, end_event;
	int64_t go_at;       /* MONOTONIC ns at which a waiting barrier opens; NEVER: none waits */
	char barrier[33];
	struct mark_line mark_line; /* of the trigger */
	bool sample_due;     /* a mark asks for a reading of the counters */
	json_t *facts;       /* of this run */
	char checksum[72];
	struct error failure; /* of a callback, carried to the pump's caller */
};

int session_open(struct session *session, struct bench *bench, struct launcher *launcher, const struct plan *plan,
		 const struct watch *watch, struct error *error);
void session_close(struct session *session);

/* Handles what comes until `deadline`, or until `done` (may be NULL) says so. 0, or -1 with the error. An interrupt ends the
 * pump early: check session_interrupts. */
int session_pump(struct session *session, int64_t deadline, bool (*done)(struct session *), struct error *error);

/* One reading of every counter now, and its records into the journal. */
int session_sample(struct session *session, struct error *error);
int session_prepare(struct session *session, struct error *error); /* what counts anew for each run does so; before its journal is open */
int session_anchor(struct session *session, struct error *error);
/* The ranges in force go into the journal of each run: they were told when the meter started, before there was one. */
int session_ranges(struct session *session, struct error *error);
int session_edge(struct session *session, enum edge_what what, const char *name, int64_t t, int64_t u_t, int64_t received,
		 struct error *error);
/* For bench_drain, with the session as its context: what is drained elsewhere than by the pump goes through here all the same, else what
 * a device tells only once is lost. */
bench_take session_record;
int session_interrupts(const struct session *session);
void session_stage(struct session *session, enum stage stage);

#endif
