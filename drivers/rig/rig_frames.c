#include "rig/rig_frames.h"

#include <string.h>

#define END 0
#define HEAD sizeof(struct rig_head)
#define CHECKSUM 4

/* CRC-32 of IEEE 802.3, reflected: polynomial 0xedb88320, four bits at a time. */
static uint32_t checksum(const uint8_t *bytes, size_t size)
{
	static const uint32_t quarter[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = UINT32_MAX;
	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		crc = crc >> 4 ^ quarter[crc & 15];
		crc = crc >> 4 ^ quarter[crc & 15];
	}
	return ~crc;
}

/* ---- writing ---- */

/* A body is at most 252 bytes, so that no block of COBS is full. */
static size_t stuff(uint8_t *out, const uint8_t *body, size_t size)
{
	size_t code = 0, n = 1;
	for (size_t i = 0; i < size; i++) {
		if (body[i] != END) {
			out[n++] = body[i];
			continue;
		}
		out[code] = (uint8_t)(n - code);
		code = n++;
	}
	out[code] = (uint8_t)(n - code);
	return n;
}

size_t rig_frame_write(uint8_t *out, enum rig_type type, uint32_t tag, const void *payload, size_t size)
{
	uint8_t body[RIG_BODY_MAX];
	const struct rig_head head = { .type = (uint8_t)type, .tag = tag };
	if (size > RIG_PAYLOAD_MAX)
		return 0;
	memcpy(body, &head, HEAD);
	if (size > 0)
		memcpy(body + HEAD, payload, size);
	uint32_t crc = checksum(body, HEAD + size);
	memcpy(body + HEAD + size, &crc, CHECKSUM);
	out[0] = END;
	size_t n = 1 + stuff(out + 1, body, HEAD + size + CHECKSUM);
	out[n] = END;
	return n + 1;
}

/* ---- reading ---- */

/* Bytes of the body, one less than the frame's; 0: it is not COBS. No frame has room for a full block, the one without a zero behind it. */
static size_t unstuff(const uint8_t *bytes, size_t size, uint8_t body[RIG_FRAME_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < size;) {
		size_t code = bytes[i];
		if (code > size - i)
			return 0;
		memcpy(body + n, bytes + i + 1, code - 1);
		n += code - 1;
		i += code;
		if (i < size)
			body[n++] = END;
	}
	return n;
}

static bool open_body(const uint8_t *bytes, size_t size, struct rig_frame *frame)
{
	uint8_t body[RIG_FRAME_MAX];
	uint32_t crc;
	size_t n = unstuff(bytes, size, body);
	if (n < HEAD + CHECKSUM)
		return false;
	memcpy(&crc, body + n - CHECKSUM, CHECKSUM);
	if (crc != checksum(body, n - CHECKSUM))
		return false;
	frame->size = n - HEAD - CHECKSUM;
	memcpy(&frame->head, body, HEAD);
	memcpy(frame->payload, body + HEAD, frame->size);
	return true;
}

static bool end_frame(struct rig_decoder *decoder, struct rig_frame *frame)
{
	bool empty = decoder->n == 0 && !decoder->too_long;
	bool good = !empty && !decoder->too_long && open_body(decoder->bytes, decoder->n, frame);
	decoder->garbled += !good && !empty;
	decoder->n = 0;
	decoder->too_long = false;
	return good;
}

static void keep(struct rig_decoder *decoder, const uint8_t *bytes, size_t size)
{
	if (size > sizeof decoder->bytes - decoder->n) {
		decoder->too_long = true;
		return;
	}
	memcpy(decoder->bytes + decoder->n, bytes, size);
	decoder->n += size;
}

bool rig_decode(struct rig_decoder *decoder, const uint8_t *bytes, size_t size, size_t *taken, struct rig_frame *frame)
{
	const uint8_t *end = size > 0 ? memchr(bytes, END, size) : NULL;
	size_t length = end ? (size_t)(end - bytes) : size;
	*taken = length + (end ? 1 : 0);
	if (length > 0 && !decoder->too_long)
		keep(decoder, bytes, length);
	return end && end_frame(decoder, frame);
}

bool rig_payload(const struct rig_frame *frame, void *to, size_t size)
{
	if (frame->size < size)
		return false;
	memcpy(to, frame->payload, size);
	return true;
}
