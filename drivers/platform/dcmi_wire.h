/* The pure codec of the dcmi driver. */
#ifndef JOULERIG_DRIVERS_PLATFORM_DCMI_WIRE_H
#define JOULERIG_DRIVERS_PLATFORM_DCMI_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define DCMI_NETFN 0x2c
#define DCMI_GET_POWER 0x02
#define DCMI_REQUEST { 0xdc, 0x01, 0x00, 0x00 } /* statistics of the system, no attribute */
#define IPMI_NETFN_APP 0x06
#define IPMI_GET_DEVICE_ID 0x01

enum dcmi_answer {
	DCMI_READING,   /* a reading; it may have none: NAN and a flag */
	DCMI_BUSY,      /* 0xC0, 0xC3, 0xCE…: later */
	DCMI_UNKNOWN,   /* 0xC1, 0xC9…: this BMC has no such command */
	DCMI_FORBIDDEN, /* 0xD4, 0xD6 */
	DCMI_GARBLED,
};
struct dcmi_reading {
	double watts; /* the current power; NAN with FLAG_NO_DATA */
	uint32_t flags;
	uint32_t period; /* ms: what its statistics are of */
};
/* `bytes`: the reply from its completion code on. */
enum dcmi_answer dcmi_reading_decode(const uint8_t *bytes, size_t size, struct dcmi_reading *reading);

struct dcmi_identity {
	uint32_t manufacturer; /* IANA's number */
	uint16_t product;
	uint8_t major, minor; /* of its firmware */
};
/* Of Get Device ID, from its completion code on. -1: none. */
int dcmi_identity_decode(const uint8_t *bytes, size_t size, struct dcmi_identity *identity);

#endif
