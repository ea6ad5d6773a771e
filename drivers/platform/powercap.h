/* The pure decoder of the powercap driver. */
#ifndef JOULERIG_DRIVERS_PLATFORM_POWERCAP_H
#define JOULERIG_DRIVERS_PLATFORM_POWERCAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The text of energy_uj or max_energy_range_uj: at most 19 digits, and perhaps a newline. */
bool powercap_count_decode(const char *text, size_t length, uint64_t *count);

#endif
