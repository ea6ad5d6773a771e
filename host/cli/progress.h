/*
 * progress: what the terminal shows while a campaign runs: one line on stderr, rewritten in place; quiet when stderr is not a
 * terminal (then one plain line per run with --verbose).
 */
#ifndef JOULERIG_CLI_PROGRESS_H
#define JOULERIG_CLI_PROGRESS_H

#include "session.h"

struct progress {
	bool terminal, verbose, drawn;
	uint32_t told; /* last run announced in plain lines */
};
void progress_show(void *progress, const struct watch_state *state);
void progress_clear(struct progress *progress);

/* Interrupts: SIGINT and SIGTERM are counted and wake the session. */
extern volatile sig_atomic_t interrupts;
int interrupts_catch(void); /* the descriptor for watch.interrupt_fd, or -1 */

#endif
