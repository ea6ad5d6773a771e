/*
 * aside: work that may block, on a thread of its own, so that whoever wants it done waits no longer than its deadline.
 *
 * Closing a tty waits up to 30 s for bytes that nobody takes, and opening or setting up a USB adapter that has stopped
 * answering waits 5 s for each of its requests: system calls that know no deadline. The context belongs to the thread while
 * work is under way, to the caller otherwise.
 */
#ifndef JOULERIG_DRIVERS_LINKS_ASIDE_H
#define JOULERIG_DRIVERS_LINKS_ASIDE_H

#include <stdbool.h>

#include "link.h"

struct aside {
	int fd;     /* to the thread */
	bool busy;  /* work is under way */
};

/* `work` is done each time it is asked for; `dispose` frees the context, in the end. On failure it is still the caller's. */
int aside_begin(struct aside *aside, void (*work)(void *context), void (*dispose)(void *context), void *context,
		const char *on, struct error *error);
/* Has the work done, or goes on waiting for what is under way. IO_OK: done; IO_TIMEOUT: still under way. */
enum io aside_work(struct aside *aside, struct timebase *timebase, int64_t deadline);
/* Ends the thread, which disposes of the context once its work is over; that is not waited for beyond the deadline. */
void aside_end(struct aside *aside, struct timebase *timebase, int64_t deadline);

#endif
