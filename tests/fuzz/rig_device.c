/*
 * Whatever a host does to a rig: each command is answered once, nothing is taken for a frame that is none, every sample is sent
 * or counted, and the device comes back to rest.
 *
 * The input is a script, operation after operation: a byte (its low four bits choose it, the others are its argument), and what follows
 * it. When it is used up everything that goes on is brought to its end. What the rig hears is read here by the oracle, too.
 */
#include <stdlib.h>

#define INBOX_FRAMES 8 /* of a packet */
#include "fake_board.h"
#include "inbox.h"
#include "target.h"

enum operation { RAW, COMMAND, BROKEN, GREET, DRAIN, PACKET, WAIT, WAIT_LONG, CONVERT, EDGE, TRANSFER, NO_ANSWER, LEAVE, TESTED, POLL };

struct asked {
	uint8_t type;
	uint32_t tag;
};

static struct state {
	const uint8_t *data;
	size_t size;
	struct board board;
	struct inbox inbox;
	uint8_t bytes[3000]; /* to be sent to the rig */
	size_t n_bytes;
	uint8_t line[3000];  /* what the rig has taken since the last end */
	size_t n_line;
	uint32_t malformed;  /* frames that were none */
	struct asked asked[2200];
	size_t n_asked, n_answered;
	uint32_t tag;        /* last one used */
	uint32_t holes;
	uint16_t sequence;   /* of the next frame, were none dropped */
	bool left;           /* a host went: what it did not read is gone */
	uint64_t next_set;
	uint32_t lost_sets;
	bool sampling;
	bool unseen_start;   /* a stream began without a word: its frames cannot be told from those before */
} *s;

#define EXPECT board_expect

static uint8_t next(void)
{
	if (s->size == 0)
		return 0;
	s->size--;
	return *s->data++;
}

/* ---- what the rig was told, as the oracle reads it ---- */

static void hear_frame(void)
{
	uint8_t body[252];
	uint32_t tag;
	int size = oracle_decode(s->line, s->n_line, body);
	if (s->n_line == 0)
		return;
	memcpy(&tag, body + 4, sizeof tag);
	if (!oracle_sound(body, size) || body[1] != 0 || (tag & ~RIG_QUIET) == 0) {
		s->malformed++;
		return;
	}
	EXPECT(s->n_asked < 2200);
	s->asked[s->n_asked++] = (struct asked){ body[0], tag };
	s->unseen_start |= body[0] == RIG_ADC_START && (tag & RIG_QUIET);
}

static void rig_heard(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != 0) {
			s->line[s->n_line++] = bytes[i];
			continue;
		}
		hear_frame();
		s->n_line = 0;
	}
	/* one more: a line that is too long is told before its end */
	EXPECT(s->board.rig.malformed == s->malformed || (s->board.rig.malformed == s->malformed + 1 && s->n_line > RIG_FRAME_MAX));
}

static void talk(void)
{
	size_t n = rig_receive(&s->board.rig, s->bytes, s->n_bytes, s->board.now);
	EXPECT(n <= s->n_bytes);
	rig_heard(s->bytes, n);
	memmove(s->bytes, s->bytes + n, s->n_bytes - n);
	s->n_bytes -= n;
}

static void say(const uint8_t *bytes, size_t size)
{
	if (size > sizeof s->bytes - s->n_bytes)
		return;
	memcpy(s->bytes + s->n_bytes, bytes, size);
	s->n_bytes += size;
	talk();
}

/* ---- what it answers ---- */

/* The oldest command that this can be the answer to; those before it were quiet and not refused. */
static void answered(const struct rig_head *head, const uint8_t *payload)
{
	bool refused = head->type == RIG_REFUSED;
	for (; s->n_answered < s->n_asked; s->n_answered++) {
		const struct asked *asked = &s->asked[s->n_answered];
		uint8_t type = refused ? payload[0] : (uint8_t)(head->type & ~RIG_REPLY);
		if (asked->tag == head->tag && asked->type == type && (refused || !(asked->tag & RIG_QUIET))) {
			s->n_answered++;
			return;
		}
		EXPECT((asked->tag & RIG_QUIET) != 0);
	}
	abort(); /* nobody asked */
}

static void sampled(const struct inbox_frame *frame)
{
	const struct rig_samples *out = (const void *)frame->payload;
	const uint8_t *b = (const uint8_t *)(out + 1);
	uint32_t each = out->channels == 3 ? 2 : 1;
	EXPECT(out->sets > 0 && frame->size == sizeof *out + (3 * out->sets * each + 1) / 2);
	EXPECT(s->unseen_start || out->first - s->next_set == out->lost - s->lost_sets);
	for (uint32_t i = 0; i < out->sets * each; i++, b += i % 2 ? 1 : 2) {
		unsigned got = i % 2 ? (unsigned)b[0] >> 4 | (unsigned)b[1] << 4 : b[0] | (b[1] & 15u) << 8;
		EXPECT(got == (board_sample(out->first * each + i) & 0xfff));
	}
	s->next_set = out->first + out->sets;
	s->lost_sets = out->lost;
}

static void in_order(const struct inbox_frame *frame)
{
	const struct rig_edge *edges = (const void *)frame->payload;
	size_t n = frame->size / sizeof *edges;
	EXPECT(n >= 1 && n <= RIG_EDGES_MAX && frame->size % sizeof *edges == 0);
	for (size_t i = 0; i < n; i++)
		EXPECT(edges[i].ticks <= s->board.now && (i == 0 || edges[i - 1].ticks <= edges[i].ticks) && edges[i].high <= 1);
}

/* Each set of a stream that has ended was sent or counted; unless what was asked since has begun another. */
static void stream_ended(void)
{
	const struct board *board = &s->board;
	if (s->sampling && !s->unseen_start && s->n_answered == s->n_asked)
		EXPECT(s->next_set + (board->rig.packer.lost - s->lost_sets) == board->sampled / board->each);
	s->sampling = false;
}

static void replied(uint8_t type)
{
	if (type == RIG_ADC_STOP || type == RIG_STOP)
		stream_ended();
	if (type != RIG_ADC_START)
		return;
	s->next_set = s->lost_sets = 0;
	s->sampling = true;
}

static void look_at(const struct inbox_frame *frame)
{
	s->holes += (uint16_t)(frame->head.sequence - s->sequence);
	s->sequence = (uint16_t)(frame->head.sequence + 1);
	if (frame->head.tag != 0) {
		answered(&frame->head, frame->payload);
		if (frame->head.type != RIG_REFUSED)
			replied(frame->head.type & (uint8_t)~RIG_REPLY);
	} else if (frame->head.type == RIG_SAMPLES) {
		sampled(frame);
	} else if (frame->head.type == RIG_EDGES) {
		in_order(frame);
	} else {
		EXPECT(frame->head.type == RIG_REFUSED || (frame->head.type >= RIG_POWER && frame->head.type <= RIG_LOST));
	}
}

static bool packet(void)
{
	uint8_t bytes[64];
	int n = rig_packet(&s->board.rig, bytes, sizeof bytes);
	EXPECT(n >= -1 && n <= 64);
	if (n < 0)
		return false;
	inbox_bytes(&s->inbox, bytes, (size_t)n);
	for (size_t i = 0; i < s->inbox.n_frames; i++)
		look_at(&s->inbox.frames[i]);
	s->inbox.n_frames = 0;
	return true;
}

static void drain_all(void)
{
	while (packet())
		;
}

/* ---- operations ---- */

static void command(bool broken)
{
	uint8_t payload[256], frame[300];
	uint8_t type = next(), size = next(), quiet = next();
	for (unsigned i = 0; i < size; i++)
		payload[i] = next();
	if (type >= RIG_HELLO && type <= RIG_RESET && size >= 4 && quiet & 2) /* else few would begin with it */
		memcpy(payload, "JRIG", 4);
	size_t n = oracle_encode(type, ++s->tag | (quiet & 1 ? RIG_QUIET : 0), payload, size, frame);
	if (broken) {
		size_t at = next() % n;
		frame[at] ^= next();
	}
	say(frame, n);
}

static void greet(void)
{
	static const struct rig_hello hello = { RIG_MAGIC, RIG_WIRE_MAJOR, RIG_WIRE_MINOR };
	uint8_t frame[300];
	say(frame, oracle_encode(RIG_HELLO, ++s->tag, &hello, sizeof hello, frame));
}

static void raw(uint8_t n)
{
	uint8_t bytes[64];
	for (unsigned i = 0; i < n; i++)
		bytes[i] = next();
	say(bytes, n);
}

static void transfer(bool acknowledged)
{
	s->board.no_part = !acknowledged;
	board_transfer(&s->board, 200);
}

static void leave(void)
{
	drain_all(); /* it read what there was, and no more */
	s->left = true;
	s->sampling = false;
	rig_host_left(&s->board.rig);
	EXPECT(s->board.outputs == 0 && !s->board.adc_on && rig_packet(&s->board.rig, (uint8_t[64]){0}, 64) == -1);
	s->n_answered = s->n_asked;
	s->n_line = s->n_bytes = 0;
	s->malformed = s->board.rig.malformed;
	s->inbox.n = 0;
	s->inbox.begun = false;
}

static void operate(uint8_t operation)
{
	static const struct self_test_readings readings = { .made = RIG_CHECK_CODE };
	uint8_t argument = operation >> 4;
	switch ((enum operation)(operation & 15)) {
	case RAW:
		raw((uint8_t)(argument * 4 + 1));
		break;
	case COMMAND:
		command(false);
		break;
	case BROKEN:
		command(true);
		break;
	case GREET:
		greet();
		break;
	case DRAIN:
		drain_all();
		break;
	case PACKET:
		packet();
		break;
	case WAIT:
		s->board.now += 1u << argument;
		break;
	case WAIT_LONG:
		s->board.now += UINT64_C(60000000) << argument;
		break;
	case CONVERT:
		board_convert(&s->board, argument * argument + 1u);
		break;
	case EDGE:
		if (s->board.watched[argument & 3])
			rig_edge(&s->board.rig, (uint32_t)s->board.now, argument & 3, argument >> 2 & 1, RIG_NO_SAMPLE);
		break;
	case TRANSFER:
		transfer(true);
		break;
	case NO_ANSWER:
		transfer(false);
		break;
	case LEAVE:
		leave();
		break;
	case TESTED:
		rig_self_test_done(&s->board.rig, &readings);
		break;
	case POLL:
		rig_poll(&s->board.rig);
		talk();
		break;
	}
	EXPECT(atomic_load(&s->board.rig.outbox.written) - atomic_load(&s->board.rig.outbox.taken) <= BOARD_SLOTS);
}

/* All that goes on comes to its end: every byte is taken, every command answered. */
static void come_to_rest(void)
{
	for (int i = 0; i < 600 && (s->n_bytes > 0 || s->board.rig.commands.pending != 0); i++) {
		operate(POLL);
		operate(DRAIN);
		operate(TRANSFER);
		operate(TESTED);
	}
	operate(POLL);
	operate(DRAIN);
	EXPECT(s->n_bytes == 0 && s->board.rig.commands.pending == 0);
	for (; s->n_answered < s->n_asked; s->n_answered++)
		EXPECT((s->asked[s->n_answered].tag & RIG_QUIET) != 0);
	if (!s->left)
		EXPECT((uint16_t)(s->holes + (uint16_t)(s->board.rig.outbox.sequence - s->sequence)) ==
		       (uint16_t)s->board.rig.outbox.dropped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 2100)
		return 0;
	s = calloc(1, sizeof *s);
	EXPECT(s != NULL);
	s->data = data;
	s->size = size;
	board_begin(&s->board, "SIM", UINT64_C(0xfff00000));
	while (s->size > 0)
		operate(next());
	come_to_rest();
	free(s);
	return 0;
}
