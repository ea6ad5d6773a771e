/*
 * line_out: an output line that any process of this program can set: a descriptor, and how the kernel wants to be asked.
 *
 * The driver of a trigger opens and owns it; its descriptor may be passed on (fork, SCM_RIGHTS), and the gated child sets the
 * line without knowing of drivers.
 */
#ifndef JOULERIG_CORE_LINE_OUT_H
#define JOULERIG_CORE_LINE_OUT_H

#include <stdbool.h>
#include <stdint.h>

#define LINE_FRAME_MAX 64 /* bytes that a terminal takes at once, unmixed with what others write */

enum line_kind {
	LINE_NONE, /* there is no line; setting it does nothing */
	LINE_GPIO, /* of a request of one line, through the GPIO character device (uAPI v2) */
	LINE_RTS,  /* of a serial port */
	LINE_DTR,
	LINE_FRAME, /* of a device behind a terminal, which is told in its own words to set it */
	LINE_KINDS
};

struct line_out {
	enum line_kind kind;
	int fd;
	struct line_frame {
		uint8_t size, bytes[LINE_FRAME_MAX];
	} frames[2]; /* LINE_FRAME: what to write to lower it, and to raise it */
};

/* Raises or lowers the line; RTS and DTR are high when asserted. Async-signal-safe, allocates nothing. Returns when the kernel's
 * driver has done it, which behind USB takes a millisecond or more; LINE_FRAME: when the system has taken the bytes, which the device
 * hears of later. 0, or an errno value: EIO where a frame went out in part, which is none. */
int line_set(const struct line_out *line, bool high);

#endif
