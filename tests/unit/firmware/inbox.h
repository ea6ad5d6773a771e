/* inbox: what a host reads of an outbox: packets, frames, bodies. By the oracle's codec. */
#ifndef JOULERIG_TESTS_FIRMWARE_INBOX_H
#define JOULERIG_TESTS_FIRMWARE_INBOX_H

#include <stdlib.h>

#include "oracle.h"
#include "outbox.h"

#ifndef INBOX_FRAMES
#define INBOX_FRAMES 2000
#endif

struct inbox_frame {
	struct rig_head head;
	_Alignas(8) uint8_t payload[RIG_PAYLOAD_MAX];
	size_t size;
};

struct inbox {
	uint8_t line[256]; /* of the frame that is coming in */
	size_t n;
	bool begun;        /* an end was seen: what comes is a frame from its start */
	struct inbox_frame frames[INBOX_FRAMES];
	size_t n_frames, at;
};

/* Aborts on what is no frame (a device sends none), and when there are more than were expected. */
static inline void inbox_frame(struct inbox *inbox)
{
	uint8_t body[252];
	if (inbox->n > 0 && inbox->begun) {
		if (inbox->n_frames == INBOX_FRAMES)
			abort();
		struct inbox_frame *frame = &inbox->frames[inbox->n_frames++];
		int size = oracle_decode(inbox->line, inbox->n, body);
		if (!oracle_sound(body, size))
			abort();
		memcpy(&frame->head, body, sizeof frame->head);
		frame->size = (size_t)size - 12;
		memcpy(frame->payload, body + 8, frame->size);
	}
	inbox->begun = true;
	inbox->n = 0;
}

static inline void inbox_bytes(struct inbox *inbox, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == 0) {
			inbox_frame(inbox);
			continue;
		}
		if (inbox->n == sizeof inbox->line)
			abort();
		inbox->line[inbox->n++] = bytes[i];
	}
}

/* All packets that are there. Returns how many. */
static inline int inbox_drain(struct inbox *inbox, struct outbox *outbox, uint64_t now)
{
	uint8_t packet[64];
	int n, packets = 0;
	for (; (n = outbox_packet(outbox, packet, sizeof packet, now)) >= 0; packets++)
		inbox_bytes(inbox, packet, (size_t)n);
	return packets;
}

/* The oldest frame not yet looked at; NULL: none. */
static inline const struct inbox_frame *inbox_next(struct inbox *inbox)
{
	return inbox->at < inbox->n_frames ? &inbox->frames[inbox->at++] : NULL;
}

#endif
