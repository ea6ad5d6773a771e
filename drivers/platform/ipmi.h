/*
 * ipmi: one question at a time to the machine's own BMC, through /dev/ipmi0 (linux/ipmi.h). Answers to earlier questions are thrown away by
 * their numbers. Tests put another exchange in place.
 */
#ifndef JOULERIG_DRIVERS_PLATFORM_IPMI_H
#define JOULERIG_DRIVERS_PLATFORM_IPMI_H

#include <stddef.h>
#include <stdint.h>

#include "link.h"

#define IPMI_REPLY_MAX 64

struct ipmi {
	int fd; /* -1: closed */
	long number;
	struct timebase *timebase;
	char path[128];
	/* What `reply` gets begins with the completion code. Never past the deadline. */
	enum io (*exchange)(struct ipmi *ipmi, uint8_t netfn, uint8_t command, const uint8_t *data, size_t size, uint8_t reply[IPMI_REPLY_MAX],
			    size_t *got, int64_t deadline);
};

int ipmi_open(struct ipmi *ipmi, const char *path, struct timebase *timebase, struct error *error);
void ipmi_close(struct ipmi *ipmi);
void ipmi_reopen(struct ipmi *ipmi); /* fd stays -1 when the device is not there */
enum io ipmi_exchange(struct ipmi *ipmi, uint8_t netfn, uint8_t command, const uint8_t *data, size_t size, uint8_t reply[IPMI_REPLY_MAX],
		      size_t *got, int64_t deadline);

#endif
