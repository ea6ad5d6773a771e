/*
 * ps3_channels: what a PowerSensor3's channels are, by its configuration and the bench file's options: of each sensor in use its levels,
 * and of each pair the product of both, which is power.
 */
#ifndef JOULERIG_DRIVERS_POWERSENSOR3_PS3_CHANNELS_H
#define JOULERIG_DRIVERS_POWERSENSOR3_PS3_CHANNELS_H

#include "device.h"
#include "powersensor3/ps3_wire.h"

#define PS3_CHANNELS_MAX (PS3_SENSORS + PS3_PAIRS)

extern const struct option_spec ps3_options[];

struct ps3_channels {
	struct channel list[PS3_CHANNELS_MAX];
	int n;
	int of[PS3_SENSORS]; /* the sensor's index in the list; -1: not in use */
};
/* `config` holds what the device told; `period`: ns from set to set. ERROR_CONFIG for what cannot be. */
int ps3_describe(const struct device_config *config, const uint8_t *told, int64_t period, bool simulated, struct ps3_channels *channels,
		 struct error *error);

#endif
