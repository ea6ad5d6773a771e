/*
 * machine: what the DUT is and in which state: CPU, microcode, kernel, governor, turbo, SMT, memory, virtual or not.
 */
#ifndef JOULERIG_DUT_MACHINE_H
#define JOULERIG_DUT_MACHINE_H

#include <jansson.h>

/* A new JSON object; absent facts are left out. Never NULL except when memory is short. */
json_t *machine_facts(void);

/* The same of a machine whose /proc, /sys, /etc are found below `root`, as far as they tell: for tests. */
json_t *machine_facts_below(const char *root);

#endif
