/*
 * truth: the log of what energy really flowed, for a judge to hold joulerig's figures against.
 *
 * A header of TRUTH_HEADER bytes: one line of JSON, filled up with blanks and ended by a newline:
 *   {"format": "joulerig truth 1", "row_bytes": 48, "columns": ["kind", "t", "wall", "platform", "package-0", …],
 *    "instruments": ["wall", …]}
 * then rows of little-endian int64:
 *   kind 0: t = ns on the twin's clock; each quantity's cumulative nJ since the start, exact
 *   kind 1: t = ns on the twin's clock; the next column = CLOCK_MONOTONIC ns at the same instant; zeros
 *   kind 2: t = ns on the twin's clock, when the last value was renewed; an instrument's place in that list; values that it has renewed by then; values that it was
 *           asked for; zeros
 * Energy rows stand where a power has moved by more than TRUTH_POWER since the last row, and at least each TRUTH_INTERVAL: so
 * linear interpolation between them is true to 0.1 mJ. A partial row at the end (the twin was killed) is to be ignored.
 * Only the owner can read the file. tests/truth.py reads it.
 */
#ifndef JOULERIG_TWIN_TRUTH_H
#define JOULERIG_TWIN_TRUTH_H

#include <stdint.h>

#include "error.h"
#include "model.h"

#define TRUTH_HEADER 1024
#define TRUTH_POWER 1000               /* uW */
#define TRUTH_INTERVAL INT64_C(100000000) /* ns */

struct truth;

/* `instruments`: names, NULL-terminated. */
struct truth *truth_open(const char *path, int packages, const char *const *instruments, struct error *error);
/* Writes what the model has done since the last call, which is at most MODEL_MEMORY ago. */
void truth_advance(struct truth *truth, const struct model *model);
void truth_sync(struct truth *truth, int64_t t, int64_t monotonic);
void truth_count(struct truth *truth, int64_t t, int instrument, int64_t updates, int64_t queries);
/* A row for the model's current step, and everything out to the file. -1 if any write has failed so far. */
int truth_flush(struct truth *truth, const struct model *model, struct error *error);
void truth_close(struct truth *truth); /* NULL is fine; does not flush */

#endif
