/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outbox: frames on their way to the host. The main loop writes frames into slots, the USB interrupt takes packets out of them.
 *
 * One writer (thread mode), one reader (the interrupt of the bulk IN endpoint): neither waits, and no lock is needed.
 *
 * Replies are never dropped: a command is taken in only while outbox_ready() says that its reply has a slot, and streamed frames
 * leave some slots alone. A streamed frame that finds no slot is dropped whole and counted; its sequence number is used up, so
 * that the host sees a hole.
 */
#ifndef JOULERIG_FIRMWARE_OUTBOX_H
#define JOULERIG_FIRMWARE_OUTBOX_H

#include <stdatomic.h>
#include <stdbool.h>

#include "frame.h"

#define OUTBOX_NO_STAMP UINT8_MAX

struct outbox_slot {
	struct frame frame;
	uint8_t size;  /* bytes to send; of the payload, while `stamp` asks for one */
	uint8_t stamp; /* offset in the payload of a u64 that becomes the ticks of the hand-over to USB; OUTBOX_NO_STAMP: none */
};

enum outbox_class {  /* how many slots must be left free by it: */
	OUTBOX_REPLY,    /* none */
	OUTBOX_EVENT,    /* 4: edges, counts, power, what was lost */
	OUTBOX_SAMPLES,  /* 8, so that events come through where samples jam */
};

struct outbox {
	struct outbox_slot *slots;
	uint32_t n;                  /* slots, a power of two, at least 16 */
	_Atomic uint32_t written;    /* frames ever committed; the writer's */
	_Atomic uint32_t taken;      /* frames ever sent in full; the reader's */
	uint16_t sequence;           /* the writer's */
	uint32_t dropped;            /* streamed frames; the writer's */
	uint16_t offset;             /* of the next byte in the oldest frame; the reader's, as what follows */
	bool open;                   /* the oldest frame's stamp is set */
	bool begins;                 /* the first byte of the next packet is an end: what the host has of an older frame is none */
	bool full_packet;            /* the last packet was full: if nothing follows, an empty one must, or the host waits on */
};

/* `slots` stays the caller's and must outlive the outbox. */
void outbox_init(struct outbox *outbox, struct outbox_slot *slots, uint32_t n);

/* Throws away what waits, while the reader is off (endpoint not armed, interrupt masked): the host has gone. Sequence numbers go on. */
void outbox_clear(struct outbox *outbox);

/* Whether a reply finds a slot now. */
bool outbox_ready(const struct outbox *outbox);
/* Whether nothing waits; what the reader took may still be on the wire. */
bool outbox_empty(const struct outbox *outbox);

/* The payload of a new frame, RIG_PAYLOAD_MAX bytes aligned for a u64, with whatever was in it before; to be filled, then given
 * back by outbox_commit (or not at all: nothing has happened). NULL where there is no slot for this class: call outbox_drop if the
 * frame is given up, do not if it is tried again later. */
void *outbox_begin(struct outbox *outbox, enum outbox_class what);

/* The begun frame goes out. `stamp`: OUTBOX_NO_STAMP, or the offset of a u64 (a multiple of 8) in the payload to be set when its
 * first byte is taken. */
void outbox_commit(struct outbox *outbox, uint8_t type, uint32_t tag, size_t size, uint8_t stamp);

/* A streamed frame is given up: uses up its sequence number. */
void outbox_drop(struct outbox *outbox);

/* The reader's: the next packet of at most `most` bytes (the endpoint's size), copied to `packet`; frames follow each other without
 * regard to packets. `now`: ticks, for stamps. Returns its bytes; 0: an empty packet is due; -1: nothing is to be sent. */
int outbox_packet(struct outbox *outbox, uint8_t *packet, size_t most, uint64_t now);

#endif
