/* What Linux writes below /sys/bus/event_source/devices of a PMU: pure decoders of the perf_event driver. */
#ifndef JOULERIG_DRIVERS_PLATFORM_PERF_WIRE_H
#define JOULERIG_DRIVERS_PLATFORM_PERF_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* events/NAME: "event=0x02", the number to ask for. Anything beside it (umask=…) is another kind of PMU. */
bool perf_event_decode(const char *text, size_t length, uint64_t *config);
/* events/NAME.scale: "2.3283064365386962890625e-10", what one count is worth; finite, and greater than nought. */
bool perf_scale_decode(const char *text, size_t length, double *scale);
/* cpumask: "0,18" or "0-3,8", ascending. How many CPUs, at most `max`; 0: not such a list, or more. */
int perf_cpus_decode(const char *text, size_t length, int *cpus, int max);
/* The counts of one turn of the 32-bit register behind a perf count, 2^(32 + z): the kernel shifts the register left by z bits, so that
 * every count is a multiple of 2^z, and the OR of several counts shows z. 0: it shows nothing, or no turn fits 64 bits. */
uint64_t perf_turn(uint64_t seen);

#endif
