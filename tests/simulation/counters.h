/*
 * counters: one of the twin's trees (powercap, hwmon) as files in memory, for a driver that reads real files. Its clock is part of the trick: the
 * driver looks at the clock before and after each read, and at each look the files are made to show what a read would give half
 * way to the next look. So what is read belongs between the two stamps, as on a real machine.
 */
#ifndef JOULERIG_TESTS_SIMULATION_COUNTERS_H
#define JOULERIG_TESTS_SIMULATION_COUNTERS_H

#include "plant.h"

struct counters;

/* Of the plant's twin. Makes the tree in `directory`, which must not exist yet. The files stay. */
struct counters *counters_open(struct plant *plant, const struct powercap_tree *tree, uint64_t seed, const char *directory, struct error *error);
void counters_close(struct counters *counters); /* NULL is fine */
struct timebase *counters_timebase(struct counters *counters);

#endif
