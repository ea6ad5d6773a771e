/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wires between the lines of a simulated GPIO chip, and a record of every level that a line was given. */
#ifndef WIRES_H
#define WIRES_H

#include <linux/types.h>

/* Calls `pull` for each line that a wire joins to output `line`, which has just been given `level`. May sleep. */
void wires_follow(void *chip, unsigned int line, int level, int (*pull)(void *chip, unsigned int line, int level));

/* Notes the instant at which a line of the chip called `label` gets its level; how: 's' an output was set, 'p' an input was pulled. */
void wires_note(const char *label, unsigned int line, int level, char how);

int wires_begin(void);
void wires_end(void);

#endif
