#include "rig/rig_talk.h"

#include <string.h>

#define TAGS 0x40000000u

void rig_talk_begin(struct rig_talk *talk, struct link *link, struct timebase *timebase, rig_hear *hear, void *context)
{
	memset(talk, 0, sizeof *talk);
	talk->link = link;
	talk->timebase = timebase;
	talk->hear = hear;
	talk->context = context;
	talk->tag = (uint32_t)timebase->now(timebase) % TAGS; /* a reply to whoever was here before is none to us */
}

void rig_talk_forget(struct rig_talk *talk)
{
	talk->at = talk->n = 0;
	talk->decoder.n = 0;
	talk->decoder.too_long = false;
	talk->in_step = false;
}

static void count_missing(struct rig_talk *talk)
{
	uint16_t sequence = talk->frame.head.sequence;
	talk->missing = talk->in_step ? (uint16_t)(sequence - talk->sequence - 1) : 0;
	talk->sequence = sequence;
	talk->in_step = true;
}

static bool decode(struct rig_talk *talk)
{
	size_t taken;
	bool good = rig_decode(&talk->decoder, talk->in + talk->at, talk->n - talk->at, &taken, &talk->frame);
	talk->at += taken;
	if (good)
		count_missing(talk);
	return good;
}

/* What is there already is looked at once, whatever the deadline; a link that has always more returns it at once, too. */
enum io rig_talk_next(struct rig_talk *talk, int64_t deadline)
{
	bool end;
	for (bool looked = false;; looked = true) {
		while (talk->at < talk->n)
			if (decode(talk))
				return IO_OK;
		talk->at = talk->n = 0;
		if (looked && talk->received > deadline)
			return IO_TIMEOUT;
		enum io io = link_recv(talk->link, talk->in, sizeof talk->in, &talk->n, &end, deadline);
		talk->received = talk->timebase->now(talk->timebase);
		if (io != IO_OK) {
			talk->n = 0;
			return io;
		}
	}
}

/* Refused without a tag: something could not be read, which may have been the command; or it was somebody else's. */
static bool answers(struct rig_talk *talk, enum rig_type command)
{
	const struct rig_frame *frame = &talk->frame;
	talk->refused.reason = 0;
	if (frame->head.tag != talk->tag)
		return false;
	if (frame->head.type == RIG_REFUSED)
		return rig_payload(frame, &talk->refused, sizeof talk->refused);
	return frame->head.type == (command | RIG_REPLY);
}

enum io rig_command(struct rig_talk *talk, enum rig_type command, const void *payload, size_t size, int64_t deadline)
{
	uint8_t bytes[RIG_WRITTEN_MAX];
	talk->tag = talk->tag % TAGS + 1;
	size_t written = rig_frame_write(bytes, command, talk->tag, payload, size);
	talk->sent = talk->timebase->now(talk->timebase);
	return link_send(talk->link, bytes, written, deadline);
}

enum io rig_await(struct rig_talk *talk, enum rig_type command, size_t least, int64_t deadline)
{
	for (;;) {
		enum io io = rig_talk_next(talk, deadline);
		if (io != IO_OK)
			return io;
		bool answer = answers(talk, command);
		if (!answer || talk->missing > 0) /* frames are missing before it: who hears the others is told of them */
			talk->hear(talk->context, talk, &talk->frame);
		if (answer)
			return talk->refused.reason == 0 && talk->frame.size >= least ? IO_OK : IO_GARBLED;
		if (talk->received > deadline)
			return IO_TIMEOUT;
	}
}

enum io rig_ask(struct rig_talk *talk, enum rig_type command, const void *payload, size_t size, size_t least, int64_t deadline)
{
	enum io io = rig_command(talk, command, payload, size, deadline);
	return io == IO_OK ? rig_await(talk, command, least, deadline) : io;
}
