/* machine_rapl: what of the processor's energy counters no counter tells. Part of machine. */
#ifndef JOULERIG_DUT_MACHINE_RAPL_H
#define JOULERIG_DUT_MACHINE_RAPL_H

#include "facts.h"

/* Of an Intel: {"filter": "off" | "on" | "unknown"}; else empty. A new object. */
json_t *machine_rapl(const struct facts_root *root, const char *cpuinfo);

#endif
