/* How the perf_event driver reaches the kernel: tests put another in place. */
#ifndef JOULERIG_DRIVERS_PLATFORM_PERF_EVENT_H
#define JOULERIG_DRIVERS_PLATFORM_PERF_EVENT_H

#include <stdint.h>

/* A descriptor of which read() gives the count as 8 bytes; or -1 and errno. */
typedef int perf_opener(uint32_t type, uint64_t config, int cpu);
/* NULL: the kernel's own. Before any device is opened. */
void perf_event_set_opener(perf_opener *opener);

#endif
