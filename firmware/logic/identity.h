/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity: the page of flash that says which board this is: serial number and calibrated delays. Written by scripts/flash-rig with
 * the image or without it; the firmware only reads it. The last 4 KiB sector of the 2 MiB (0x101ff000), its first 256 bytes:
 * struct identity_page, little-endian.
 */
#ifndef JOULERIG_FIRMWARE_IDENTITY_H
#define JOULERIG_FIRMWARE_IDENTITY_H

#include <stdbool.h>

#include "rig_wire.h"

#define IDENTITY_OFFSET 0x1ff000u /* from the start of flash */
#define IDENTITY_SIZE 256u
#define IDENTITY_MAGIC UINT32_C(0x4449524a) /* "JRID" */
#define IDENTITY_VERSION 1u

struct identity_page {
	uint32_t magic;
	uint32_t version;
	char serial[16];                        /* printable ASCII without spaces, NUL-padded; may fill its field */
	int32_t input_delay_ns[RIG_INPUTS][2];  /* as in struct rig_identity */
	int32_t output_delay_ns[RIG_OUTPUTS][2];
	uint8_t zero[IDENTITY_SIZE - 76];
	uint32_t crc;                           /* CRC-32 of all before it */
};
_Static_assert(sizeof(struct identity_page) == IDENTITY_SIZE, "the identity page as it is in flash");

/* Whether `page` is a good one. Serial and delays into `identity`: of the page, or of none: "", INT32_MIN. */
bool identity_read(const struct identity_page *page, struct rig_identity *identity);
/* Fills magic, version, zeros and the checksum of a page whose serial and delays are written. */
void identity_seal(struct identity_page *page);

#endif
