/*
 * iso_time: instants as ISO 8601 in UTC, to the nanosecond.
 */
#ifndef JOULERIG_STORE_ISO_TIME_H
#define JOULERIG_STORE_ISO_TIME_H

#include <stdint.h>

#define ISO_TIME_SIZE 40

/* "2025-11-22T03:14:15.000000001Z" from ns since 1970 UTC. Returns `text`. */
const char *iso_time(int64_t realtime, char text[ISO_TIME_SIZE]);

#endif
