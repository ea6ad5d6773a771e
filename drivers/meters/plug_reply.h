/*
 * plug_reply: what smart plugs with a local web interface answer, as bytes in, struct out. All functions are pure.
 *
 *   Shelly, generation 2 and later: JSON, of the component that measures
 *     /rpc/Switch.GetStatus?id=0   {"id":0,"source":"http","output":true,"apower":8.9,"voltage":237.5,"current":0.051,
 *                                   "aenergy":{"total":6.532,"by_minute":[45.199,47.141,88.397],"minute_ts":1626935779}}
 *     /rpc/PM1.GetStatus?id=0      likewise, without a relay
 *     /rpc/EM1.GetStatus?id=0      {"id":0,"current":2.598,"voltage":234.9,"act_power":501.8,"aprt_power":612.4,"pf":0.84}
 *       apower, act_power  W       null: it has none
 *       aenergy.total      Wh      three decimals
 *       errors             names of what is wrong, when something is: "power_meter_failure", "out_of_range:act_power"
 *   Shelly, generation 1
 *     /status                      {"meters":[{"power":2.21,"is_valid":true,"timestamp":1680779310,"total":439237}]}
 *       total              watt-minutes
 *       is_valid           false: the meter's own check has failed
 *   Tasmota
 *     /cm?cmnd=Status%208          {"StatusSNS":{"Time":"…","ENERGY":{"Total":3.185,"Power": 40,"Voltage":227,"Current":0.282}}}
 *       Power              W, an integer on many builds; of several meters an array
 *       Total              kWh, three decimals
 *
 * A relay without a meter has no power in its reply. That is not 0 W.
 */
#ifndef JOULERIG_DRIVERS_METERS_PLUG_REPLY_H
#define JOULERIG_DRIVERS_METERS_PLUG_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum plug_kind { PLUG_SWITCH, PLUG_PM1, PLUG_EM1, PLUG_GEN1, PLUG_TASMOTA, PLUG_KINDS };
#define PLUG_CHANNELS 8 /* meters of one device, from 0 */

extern const struct plug_dialect {
	const char *name;    /* as the bench file has it */
	const char *request; /* # stands for the number of the meter */
	double micro;        /* J: a millionth of the unit of its energy */
	double quantum;      /* J: a unit of it */
} plug_dialects[PLUG_KINDS];

struct plug_value {
	bool present;
	double value;   /* NAN together with a flag */
	uint32_t flags; /* enum record_flag */
	int decimals;   /* that were shown */
};
struct plug_reading {
	struct plug_value power, voltage, current; /* W, V, A */
	struct plug_value energy; /* of its unit; `count` is exact */
	uint64_t count;           /* millionths of the energy's unit */
};
/* 0, or -1 for what is no reply of that kind. Without a meter `power` is absent. */
int plug_reading_decode(enum plug_kind kind, int channel, const char *bytes, size_t size, struct plug_reading *reading);

struct plug_identity {
	char model[48], serial[48], firmware[48]; /* the serial number is the MAC address */
	int generation; /* of a Shelly */
	bool locked;    /* it wants a password */
};
/* Of GET /shelly, which is answered by a Shelly of any generation without a password. */
int plug_shelly_decode(const char *bytes, size_t size, struct plug_identity *identity);
/* Of Status 2 (its firmware) and Status 5 (its network), each of which fills its part. Behind a password it says so instead. */
int plug_tasmota_decode(const char *bytes, size_t size, struct plug_identity *identity);

#endif
