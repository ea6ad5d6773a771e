/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include <string.h>

#include "crc.h"

#define CRC_SIZE 4u

/* ---- in ---- */

static void begin(struct decoder *decoder)
{
	decoder->n = 0;
	decoder->left = 0;
	decoder->begun = false;
	decoder->dropping = false;
}

void decoder_reset(struct decoder *decoder)
{
	begin(decoder);
	decoder->size = 0;
}

/* A body that is too long is told at once: its end may never come. */
static enum decoded put(struct decoder *decoder, uint8_t byte)
{
	if (decoder->n == RIG_BODY_MAX) {
		decoder->dropping = true;
		return DECODED_MALFORMED;
	}
	decoder->body[decoder->n++] = byte;
	return DECODED_NOTHING;
}

/* A code byte says how far it is to the next; between two of them a zero has stood. */
static enum decoded code(struct decoder *decoder, uint8_t byte)
{
	enum decoded what = decoder->begun ? put(decoder, 0) : DECODED_NOTHING;
	decoder->begun = true;
	decoder->left = (uint8_t)(byte - 1);
	return what;
}

static bool sound(const struct decoder *decoder)
{
	uint32_t crc;
	if (decoder->left != 0 || decoder->n < sizeof(struct rig_head) + CRC_SIZE)
		return false;
	memcpy(&crc, decoder->body + decoder->n - CRC_SIZE, CRC_SIZE);
	return crc == crc32_of(0, decoder->body, decoder->n - CRC_SIZE) && decoder->head.zero == 0 &&
	       (decoder->head.tag & ~RIG_QUIET) != 0;
}

static enum decoded finish(struct decoder *decoder)
{
	enum decoded what = DECODED_NOTHING; /* of what was told already, or was empty */
	if (decoder->begun && !decoder->dropping)
		what = sound(decoder) ? DECODED_COMMAND : DECODED_MALFORMED;
	if (what == DECODED_COMMAND)
		decoder->size = (uint16_t)(decoder->n - sizeof(struct rig_head) - CRC_SIZE);
	begin(decoder);
	return what;
}

enum decoded decoder_byte(struct decoder *decoder, uint8_t byte)
{
	if (byte == 0)
		return finish(decoder);
	if (decoder->dropping)
		return DECODED_NOTHING;
	if (decoder->left == 0)
		return code(decoder, byte);
	decoder->left--;
	return put(decoder, byte);
}

size_t decoder_span(struct decoder *decoder, const uint8_t *bytes, size_t size, enum decoded *what)
{
	size_t n = 0;
	*what = DECODED_NOTHING;
	while (n < size && *what == DECODED_NOTHING)
		*what = decoder_byte(decoder, bytes[n++]);
	return n;
}

/* ---- out ---- */

/* Each zero becomes the distance to the next, the byte before the first the distance to it. No distance is longer than 253. */
static void stuff(uint8_t *first, size_t size)
{
	uint8_t *last = first, *at = first + 1, *after = at + size;
	for (; at < after; at++)
		if (*at == 0) {
			*last = (uint8_t)(at - last);
			last = at;
		}
	*last = (uint8_t)(after - last);
	*after = 0;
}

size_t frame_finish(struct frame *frame, size_t size)
{
	size_t body = sizeof frame->head + size;
	uint8_t *code = (uint8_t *)frame + offsetof(struct frame, code); /* the body follows it */
	uint32_t crc = crc32_of(0, code + 1, body);
	memcpy(code + 1 + body, &crc, CRC_SIZE);
	stuff(code, body + CRC_SIZE);
	return 1 + body + CRC_SIZE + 1;
}
