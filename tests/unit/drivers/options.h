/* options: a device's options as a bench file would give them. */
#ifndef JOULERIG_TESTS_DRIVERS_OPTIONS_H
#define JOULERIG_TESTS_DRIVERS_OPTIONS_H

#include <stdio.h>
#include <string.h>

#include "device.h"

static inline void options_give(struct device_config *device, const char *name, const char *text, double number)
{
	struct option_value *option = &device->options[device->n_options++];
	snprintf(option->name, sizeof option->name, "%s", name);
	snprintf(option->text, sizeof option->text, "%s", text);
	option->number = number;
}

/* The driver `fault` in front of the one that the device has. */
static inline void options_stand_in_front(struct device_config *device, const char *script, double seed)
{
	char wrapped[sizeof device->driver];
	memcpy(wrapped, device->driver, sizeof wrapped);
	options_give(device, "wraps", wrapped, 0);
	options_give(device, "script", script, 0);
	options_give(device, "seed", "", seed);
	snprintf(device->driver, sizeof device->driver, "fault");
}

#endif
