/*
 * sound: a small run that can be measured, as a journal: what seeds and hostile variations are made of. 60 W, from 2 s to 4 s
 * 200 W, until 6 s; seen by a wall meter and a RAPL zone (10 Hz), and, when `all_kinds`, a shunt's samples and a frequency.
 */
#ifndef JOULERIG_TESTS_FUZZ_SOUND_H
#define JOULERIG_TESTS_FUZZ_SOUND_H

#include <stdbool.h>

#include "error.h"

int sound_journal(const char *path, bool all_kinds, struct error *error);
/* The same as a run file: `path`, which may not exist, by way of `path`.journal. */
int sound_run_file(const char *path, bool all_kinds, struct error *error);

#endif
