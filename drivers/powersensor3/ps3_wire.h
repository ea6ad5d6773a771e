/*
 * ps3_wire: what a PowerSensor3 says: sets of levels, its configuration, its version. Pure.
 *
 * A set is nine pairs of bytes: its stamp, then the sensors 0 to 7 in order.
 *
 *   byte 0   1 i i i a a a a      i: the sensor's number            level = aaaa bbbbbb: the mean of six conversions of 10 bits,
 *   byte 1   0 m b b b b b b      m: marker, of sensor 0 alone      rounded down
 *
 *   The stamp has i = 7 and m = 1; its ten bits are the device's microseconds, which turn over each 1024.
 *   The end of a stream, where it was asked for (`X`), is FF 3F FF 3F, 100 ms after the last set. A pair of FF 3F is sensor 7 at its
 *   upper end as well: inside a set, behind sensor 6, it is that; where a stamp should be, it is the end, if one was asked for.
 */
#ifndef JOULERIG_DRIVERS_POWERSENSOR3_PS3_WIRE_H
#define JOULERIG_DRIVERS_POWERSENSOR3_PS3_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PS3_SENSORS 8
#define PS3_PAIRS (PS3_SENSORS / 2)
#define PS3_SET_SIZE 18
#define PS3_LEVEL_MAX 1023
#define PS3_TURN 1024 /* us */

struct ps3_set {
	uint16_t stamp; /* us, less than PS3_TURN */
	bool marked;
	uint16_t levels[PS3_SENSORS];
	uint32_t dropped; /* bytes before it that belong to no set */
};

struct ps3_decoder {
	bool stopping;    /* an end was asked for: the owner's */
	bool held;        /* `first` waits for its second byte */
	uint8_t first;
	int place;        /* what should come: 0 a stamp, 1 to 8 the sensors */
	int ends;         /* pairs of an end in a row */
	uint32_t dropped; /* since the last set */
	struct ps3_set set;
};

enum ps3_said { PS3_NOTHING, PS3_SET, PS3_STOPPED };
/* Takes at most `size` bytes, up to the end of a set, or of the stream; `*taken` tells how many. Call again for the rest. */
enum ps3_said ps3_decode(struct ps3_decoder *decoder, const uint8_t *bytes, size_t size, size_t *taken, struct ps3_set *set);
/* It fell silent within a set, or it begins anew: what had begun is no set. */
void ps3_forget(struct ps3_decoder *decoder);

/*
 * A sensor's configuration, packed, little-endian; eight of them answer `R`, each after a byte from the host, and then a `D`:
 *
 *   +0  char type[16]   +16 char pair[16]   +32 f32 vref (V)   +36 f32 sensitivity (V/A, or V/V)   +40 u8 in use
 */
#define PS3_SENSOR_SIZE 41
struct ps3_sensor {
	char type[17], pair[17]; /* printable ASCII */
	double vref, sensitivity;
	bool in_use;
};
/* False: no configuration that a device in use could have. */
bool ps3_sensor_decode(const uint8_t bytes[PS3_SENSOR_SIZE], struct ps3_sensor *sensor);
/* value = level * scale + offset, in A (even sensors) or V (odd ones): (3.3 V * level / 1023 - vref) / sensitivity. */
double ps3_scale(const struct ps3_sensor *sensor);
double ps3_offset(const struct ps3_sensor *sensor);

/* `V` is answered by "F411-1.6.1", the chip's family and the firmware; behind another hyphen may stand "DEMO", or of joulerig-twin "SIM"
 * and a number. */
struct ps3_version {
	char chip[8], firmware[24], suffix[24];
};
bool ps3_version_decode(const char *text, struct ps3_version *version);

#endif
