/*
 * machine_cpu: the processor's part of the machine's facts.
 */
#ifndef JOULERIG_DUT_MACHINE_CPU_H
#define JOULERIG_DUT_MACHINE_CPU_H

#include "facts.h"

/* `cpuinfo` is the text of /proc/cpuinfo, or "". A new object. */
json_t *machine_cpu(const struct facts_root *root, const char *cpuinfo);

#endif
