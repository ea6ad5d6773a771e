/* How the dcmi driver reaches the BMC: tests put another in place. */
#ifndef JOULERIG_DRIVERS_PLATFORM_DCMI_H
#define JOULERIG_DRIVERS_PLATFORM_DCMI_H

#include "platform/ipmi.h"

/* As ipmi_open. NULL: ipmi_open itself. Before any device is opened. */
void dcmi_set_opener(int (*opener)(struct ipmi *ipmi, const char *path, struct timebase *timebase, struct error *error));

#endif
