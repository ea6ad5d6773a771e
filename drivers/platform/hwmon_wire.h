/* The pure decoders of the hwmon driver. */
#ifndef JOULERIG_DRIVERS_PLATFORM_HWMON_WIRE_H
#define JOULERIG_DRIVERS_PLATFORM_HWMON_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* powerN_input or powerN_average: decimal microwatts. What says "no value" gives NAN and FLAG_NO_DATA. False: not such a text. */
bool hwmon_power_decode(const char *text, size_t length, double *watts, uint32_t *flags);
/* energyN_input: decimal microjoules, never negative. */
bool hwmon_energy_decode(const char *text, size_t length, uint64_t *count);
/* powerN_accuracy: "98.500%". The limit of error, relative to the reading; 0: none is stated, as "100.0%" states none. */
bool hwmon_accuracy_decode(const char *text, size_t length, double *limit);

/* The parts of an NVIDIA Grace superchip that its firmware names: Module holds Grace, Grace holds CPU and SysIO and its memory. */
enum hwmon_part { HWMON_OTHER, HWMON_MODULE, HWMON_GRACE, HWMON_CPU, HWMON_SYSIO };
/* "Grace Power Socket 0"; HWMON_OTHER for every other label. */
enum hwmon_part hwmon_part_decode(const char *label, int *socket);
/* A label as a channel's name: "power1 CORE VRD" is "core-vrd". At least one character; "gauge" when nothing is left. */
void hwmon_name_decode(const char *label, char *name, size_t size);

#endif
