/*
 * fault_values: a sink in front of another that does to records what a script says: faults of the instrument itself, behind which its
 * driver looks no more. Flags are those that a driver gives what its instrument says so.
 */
#ifndef JOULERIG_DRIVERS_FAULT_VALUES_H
#define JOULERIG_DRIVERS_FAULT_VALUES_H

#include "device.h"
#include "fault/fault_script.h"

struct fault_values {
	struct sink sink; /* first: the wrapped driver sees only this */
	struct sink *real;
	struct fault_script *script;
	const struct channel *channels;
	int n_channels;
	bool on;
	int64_t began;
	uint64_t last[DEVICE_CHANNELS_MAX]; /* the native value that was last said, as it lies in memory */
	bool said[DEVICE_CHANNELS_MAX];
};

void fault_values_begin(struct fault_values *fault, struct timebase *timebase, struct fault_script *script,
			const struct channel *channels, int n_channels);

#endif
