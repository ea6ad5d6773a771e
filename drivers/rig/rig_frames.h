/*
 * rig_frames: frames of the trigger rig's wire (schemas/rig_wire.h), from bytes and to bytes. Pure.
 *
 * The decoder takes a stream in pieces of any size and survives anything: what is no frame is counted and dropped, and the next end
 * begins anew.
 */
#ifndef JOULERIG_DRIVERS_RIG_FRAMES_H
#define JOULERIG_DRIVERS_RIG_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rig_wire.h"

/* An end, the frame, its end. */
#define RIG_WRITTEN_MAX (RIG_FRAME_MAX + 2)

struct rig_frame {
	struct rig_head head;
	size_t size;                              /* of the payload */
	_Alignas(8) uint8_t payload[RIG_PAYLOAD_MAX];
};

/* Composes a command into `out`, which has room for RIG_WRITTEN_MAX bytes. Returns how many it has; 0: the payload is too long. */
size_t rig_frame_write(uint8_t *out, enum rig_type type, uint32_t tag, const void *payload, size_t size);

struct rig_decoder {
	uint8_t bytes[RIG_FRAME_MAX]; /* of the frame that has begun */
	size_t n;
	bool too_long;
	unsigned long garbled;        /* frames that were none, since it was zeroed */
};

/* Takes at most `size` bytes, up to the end of a frame; `*taken` tells how many. True: that frame is a good one, in `frame`. Call
 * again for the rest while there is any. */
bool rig_decode(struct rig_decoder *decoder, const uint8_t *bytes, size_t size, size_t *taken, struct rig_frame *frame);

/* A payload as the struct it is: false when it is too short. One that is longer comes from a device that knows more. */
bool rig_payload(const struct rig_frame *frame, void *to, size_t size);

/* Sample `i` of the packed ones behind a struct rig_samples. */
static inline uint16_t rig_sample_at(const uint8_t *packed, size_t i)
{
	const uint8_t *b = packed + i / 2 * 3;
	return i % 2 ? (uint16_t)(b[1] >> 4 | b[2] << 4) : (uint16_t)(b[0] | (b[1] & 15) << 8);
}
/* Bytes that `n` samples take. */
static inline size_t rig_packed_size(size_t n)
{
	return n / 2 * 3 + n % 2 * 2;
}

#endif
