/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame: between a stream of bytes and the bodies of schemas/rig_wire.h, both ways: COBS, CRC-32, and what a head must look like.
 * No allocation, no time, no state but the caller's.
 */
#ifndef JOULERIG_FIRMWARE_FRAME_H
#define JOULERIG_FIRMWARE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rig_wire.h"

enum decoded {
	DECODED_NOTHING,   /* more bytes are needed */
	DECODED_COMMAND,   /* head and payload stand in the decoder until its next byte */
	DECODED_MALFORMED, /* no frame: dropped. Told once for each; the next end begins anew */
};

/* A body is put together here byte by byte as it comes in. Owned by the caller, who reads head, payload and size after
 * DECODED_COMMAND and leaves the rest alone. */
struct decoder {
	union {
		uint8_t body[RIG_BODY_MAX];
		struct {
			struct rig_head head;
			uint8_t payload[RIG_PAYLOAD_MAX]; /* aligned as a u64 is, so that it may be read as the structs of the wire */
		};
		uint64_t align;
	};
	uint16_t size;   /* of the payload, bytes */

	uint16_t n;      /* bytes of the body so far */
	uint8_t left;    /* bytes until the next code byte; 0: it is the next */
	bool begun;      /* a code byte was seen since the last end */
	bool dropping;   /* until the next end */
};

/* As after an end: what was begun is forgotten, and is no malformed frame (the host went away in its midst). */
void decoder_reset(struct decoder *decoder);

/* Takes one byte. A head with a tag that is no command's (0, or RIG_QUIET alone) or with `zero` not zero is malformed. */
enum decoded decoder_byte(struct decoder *decoder, uint8_t byte);

/* Takes bytes until something is decoded or all `size` are used. Returns how many were; *what is the last byte's. */
size_t decoder_span(struct decoder *decoder, const uint8_t *bytes, size_t size, enum decoded *what);

/* A frame in the making: COBS needs one byte before the body, so the body is written where it will be sent from. */
struct frame {
	_Alignas(8) uint8_t pad[7];
	uint8_t code;                     /* the frame begins here */
	struct rig_head head;
	uint8_t payload[RIG_PAYLOAD_MAX]; /* aligned as a u64 is */
	uint8_t crc[4], end, spare[3];
};

_Static_assert(offsetof(struct frame, end) - offsetof(struct frame, code) == RIG_FRAME_MAX, "the longest frame, without a hole");

/* What to send of a frame that is finished. */
static inline const uint8_t *frame_bytes(const struct frame *frame)
{
	return (const uint8_t *)frame + offsetof(struct frame, code);
}

/* Ends a frame whose head and first `size` bytes of payload are written: checksum, COBS in place, the end. After it head and payload
 * are no longer what they were. Returns how many bytes to send. `size` is at most RIG_PAYLOAD_MAX. */
size_t frame_finish(struct frame *frame, size_t size);

#endif
