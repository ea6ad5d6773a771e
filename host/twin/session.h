/*
 * session: one conversation with the meter: bytes in, lines, replies that come a little later. Pure: told the time.
 *
 * The instrument answers `response` after a line came in. A line that arrives while a reply waits interrupts it: the reply is
 * dropped and the error "query interrupted" queued, as IEEE 488.2 has it. Lines are at most SESSION_LINE bytes long; what is
 * beyond is dropped with an error. Faults of the script that concern replies are committed here.
 */
#ifndef JOULERIG_TWIN_SESSION_H
#define JOULERIG_TWIN_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hioki.h"
#include "wt.h"

#define SESSION_LINE 2048

struct session {
	struct wt *wt;
	struct twin_hioki *hioki; /* NULL, or who is spoken to in place of the wt */
	struct random random;
	char in[SESSION_LINE];
	size_t n_in;
	bool overlong;
	char path[96];
	char line[SESSION_LINE]; /* being executed, when a :COMM:WAIT stopped it */
	size_t at;               /* where it goes on */
	bool executing;
	struct text reply;       /* of the line being executed */
	struct text out;         /* to be sent from `due` on */
	int64_t due;
};

void session_init(struct session *session, struct wt *wt, uint64_t seed);
void session_reset(struct session *session); /* another client */
void session_free(struct session *session);

void session_feed(struct session *session, int64_t now, const char *bytes, size_t size);
/* Goes on with what waited for time to pass. Call after wt_advance. */
void session_advance(struct session *session, int64_t now);
/* What may be sent now: returns the bytes taken, at most `size`. */
size_t session_take(struct session *session, int64_t now, char *bytes, size_t size);
int64_t session_next(const struct session *session); /* when there is something to do by itself */

/* The client has not read its last reply, and sends: it cannot be taken back any more, but it is an error all the same. */
void session_unread(struct session *session);

#endif
