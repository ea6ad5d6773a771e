/*
 * rig_codec: the trigger rig's side of schemas/rig_wire.h: frames in, frames out. Written for the twin alone, from the header's words; the
 * driver and the firmware have codecs of their own.
 */
#ifndef JOULERIG_TWIN_RIG_CODEC_H
#define JOULERIG_TWIN_RIG_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rig_wire.h"

/* One frame on its way in, decoded byte by byte. */
struct rig_intake {
	_Alignas(8) uint8_t body[RIG_BODY_MAX];
	size_t n;
	int run;       /* bytes that come before the next code; -1: nothing has come yet */
	bool zero_due; /* a zero stands between this run and the next */
	bool bad;
};
enum rig_intake_result { INTAKE_MORE, INTAKE_COMMAND, INTAKE_MALFORMED };

void rig_intake_begin(struct rig_intake *intake);
/* After INTAKE_COMMAND head and payload are in `body`, `*size` is the payload's, until the next byte. */
enum rig_intake_result rig_intake(struct rig_intake *intake, uint8_t byte, size_t *size);

/* Appends the frame and its end. `out` has room for RIG_FRAME_MAX + 1 bytes. Returns how many it has. */
size_t rig_outlet(uint8_t *out, const struct rig_head *head, const void *payload, size_t size);

#endif
