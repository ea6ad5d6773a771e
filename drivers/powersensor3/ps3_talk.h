/*
 * ps3_talk: what is asked of a PowerSensor3 that does not stream: who it is, and how its sensors are set. Each command is one byte.
 *
 *   X   ends the stream, if there is one; 100 ms later it says so: FF 3F FF 3F. The answer that cannot be mistaken
 *   V   "F411-1.6.1\r\n"
 *   R   its configuration, a sensor at a time, each after a byte from the host. It waits 2 s for that, and then resets itself
 *   S   begins to stream; M sets the marker of the next set
 */
#ifndef JOULERIG_DRIVERS_POWERSENSOR3_PS3_TALK_H
#define JOULERIG_DRIVERS_POWERSENSOR3_PS3_TALK_H

#include "device.h"
#include "powersensor3/ps3_wire.h"

struct ps3_talk {
	struct link *link;
	struct timebase *timebase;
	struct ps3_decoder decoder;
	uint8_t in[8192];
};

/* Who it is, by its own words; two that are the same are one device, set as before. All zero first. */
struct ps3_told {
	struct ps3_version version;
	uint8_t config[PS3_SENSORS * PS3_SENSOR_SIZE];
};

enum io ps3_command(struct ps3_talk *talk, char command, int64_t deadline);
/* What has come by `deadline`, into `talk->in`. */
enum io ps3_recv(struct ps3_talk *talk, size_t *got, int64_t deadline);
enum io ps3_stop(struct ps3_talk *talk, int64_t deadline);
/* It is stopped, and asked for both. IO_GARBLED: that is no PowerSensor3. */
enum io ps3_ask(struct ps3_talk *talk, struct ps3_told *told, int64_t deadline);

/* As ps3_ask, with patience and an explanation. */
int ps3_meet(struct ps3_talk *talk, struct ps3_told *told, int64_t patience, int attempts, const char *on, struct error *error);
/* Streams for some 100 ms and measures the period, ns, at which sets come. */
int ps3_measure_period(struct ps3_talk *talk, int64_t *period, const char *on, struct error *error);
void ps3_identify(const struct ps3_version *version, struct identity *identity);

#endif
