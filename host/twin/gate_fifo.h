/*
 * gate_fifo: a line that another program moves, and tells of: the firmware of the trigger rig under its emulator (tests/rig/emulate
 * --lines-to). One line of text for each transition, some milliseconds later:
 *
 *	OUT2 1 123456789012345     terminal, level, CLOCK_MONOTONIC ns of the instant
 *	now 123456789512345        until then everything has been told
 */
#ifndef JOULERIG_TWIN_GATE_FIFO_H
#define JOULERIG_TWIN_GATE_FIFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define GATE_TERMINAL "OUT2" /* the rig's gate */

struct gate_fifo {
	int fd; /* -1: none */
	char path[256];
	char rest[128]; /* of a line that has not ended */
	size_t n;
};

/* Makes the FIFO anew; it stays open whoever comes and goes at its other end. */
int gate_fifo_open(struct gate_fifo *fifo, const char *path, struct error *error);
void gate_fifo_close(struct gate_fifo *fifo); /* and removes it */
/* What has come since: `moved` for each transition of the terminal. Lines that make no sense are passed over. */
void gate_fifo_read(struct gate_fifo *fifo, void (*moved)(void *context, int64_t monotonic, bool high), void *context);

/* Pure. */
bool gate_line_decode(const char *line, bool *high, int64_t *monotonic);

#endif
