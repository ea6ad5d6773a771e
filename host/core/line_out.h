/*
 * line_out: an output line that any process of this program can set: a descriptor, and how the kernel wants to be asked.
 *
 * The driver of a trigger opens and owns it; its descriptor may be passed on (fork, SCM_RIGHTS), and the gated child sets the
 * line without knowing of drivers.
 */
#ifndef JOULERIG_CORE_LINE_OUT_H
#define JOULERIG_CORE_LINE_OUT_H

#include <stdbool.h>

enum line_kind {
	LINE_NONE, /* there is no line; setting it does nothing */
	LINE_GPIO, /* of a request of one line, through the GPIO character device (uAPI v2) */
	LINE_RTS,  /* of a serial port */
	LINE_DTR,
	LINE_KINDS
};

struct line_out {
	enum line_kind kind;
	int fd;
};

/* Raises or lowers the line; RTS and DTR are high when asserted. Async-signal-safe, allocates nothing. Returns when the kernel's
 * driver has done it, which behind USB takes a millisecond or more. 0, or an errno value. */
int line_set(const struct line_out *line, bool high);

#endif
