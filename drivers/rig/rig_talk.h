/*
 * rig_talk: a conversation with the trigger rig: commands and their replies, with what the rig streams in between handed on as it comes.
 */
#ifndef JOULERIG_DRIVERS_RIG_TALK_H
#define JOULERIG_DRIVERS_RIG_TALK_H

#include "link.h"
#include "rig/rig_frames.h"

struct rig_talk;

/* Whoever is given the frames that answer nothing. `talk->received` says when they came, `talk->missing` how many are missing before. */
typedef void rig_hear(void *context, const struct rig_talk *talk, const struct rig_frame *frame);

struct rig_talk {
	struct link *link;
	struct timebase *timebase;
	rig_hear *hear;
	void *context;
	struct rig_decoder decoder;
	uint8_t in[4096]; /* received, not decoded yet: from `at` on */
	size_t at, n;
	int64_t sent, received; /* MONOTONIC ns: just before the last command went out, and at which these bytes were there */
	uint32_t tag;     /* of the last command */
	bool in_step;     /* `sequence` is that of the last frame */
	uint16_t sequence, missing;
	struct rig_frame frame; /* the last one */
	struct rig_refused refused; /* by which the last question was refused; its reason is 0 where it was not */
};

void rig_talk_begin(struct rig_talk *talk, struct link *link, struct timebase *timebase, rig_hear *hear, void *context);
/* What had begun to come is forgotten: after a reopen, or a reset. */
void rig_talk_forget(struct rig_talk *talk);

/* The next frame, into `talk->frame`. */
enum io rig_talk_next(struct rig_talk *talk, int64_t deadline);

/* Sends a command: `talk->tag` and `talk->sent` are its. */
enum io rig_command(struct rig_talk *talk, enum rig_type command, const void *payload, size_t size, int64_t deadline);
/* Waits for the reply to the last command, which is then in `talk->frame`, with a payload of at least `least` bytes. IO_GARBLED: it was
 * refused (`talk->refused`), or its reply is too short. After IO_TIMEOUT it may be waited for again. */
enum io rig_await(struct rig_talk *talk, enum rig_type command, size_t least, int64_t deadline);
enum io rig_ask(struct rig_talk *talk, enum rig_type command, const void *payload, size_t size, size_t least, int64_t deadline);

#endif
