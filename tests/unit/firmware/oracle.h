/*
 * oracle: COBS and CRC-32 as their definitions read, byte by byte and bit by bit, to hold the firmware's against. Shares nothing
 * with it, nor with a driver. Nothing here is fast.
 */
#ifndef JOULERIG_TESTS_FIRMWARE_ORACLE_H
#define JOULERIG_TESTS_FIRMWARE_ORACLE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t oracle_crc(const uint8_t *bytes, size_t size)
{
	uint32_t crc = UINT32_MAX;
	for (size_t bit = 0; bit < 8 * size; bit++) {
		uint32_t out = (crc ^ (uint32_t)(bytes[bit / 8] >> bit % 8)) & 1;
		crc = crc / 2 ^ (out ? UINT32_C(0xedb88320) : 0);
	}
	return ~crc;
}

/* The bytes before the end of a frame, to a body. Returns its size, -1: that is no COBS, or too long for the wire. */
static inline int oracle_decode(const uint8_t *frame, size_t size, uint8_t body[252])
{
	uint8_t out[520] = {0};
	size_t at = 0, n = 0;
	if (size > 253)
		return -1;
	while (at < size) {
		size_t code = frame[at];
		if (code == 0 || at + code > size)
			return -1;
		memcpy(out + n, frame + at + 1, code - 1);
		n += code - 1;
		at += code;
		if (at < size && code != 255)
			n++; /* a zero stood there */
	}
	if (n > 252)
		return -1;
	memcpy(body, out, n);
	return (int)n;
}

/* Head, payload and checksum to a frame with its end; `out` has room for size + 14 bytes. Returns its size. */
static inline size_t oracle_encode(uint8_t type, uint32_t tag, const void *payload, size_t size, uint8_t *out)
{
	uint8_t body[600] = { type, 0, 0, 0, (uint8_t)tag, (uint8_t)(tag >> 8), (uint8_t)(tag >> 16), (uint8_t)(tag >> 24) };
	size_t n = 8 + size, to = 0;
	if (size)
		memcpy(body + 8, payload, size);
	for (uint32_t crc = oracle_crc(body, n), i = 0; i < 4; i++)
		body[n + i] = (uint8_t)(crc >> 8 * i);
	n += 4;
	for (size_t from = 0; from <= n;) {
		size_t run = 0;
		while (from + run < n && body[from + run] != 0 && run < 254)
			run++;
		out[to++] = (uint8_t)(run + 1);
		memcpy(out + to, body + from, run);
		to += run;
		from += run + (run < 254);
		if (run == 254 && from == n)
			break;
	}
	out[to++] = 0;
	return to;
}

/* Whether a decoded body is a frame of the wire: long enough, and its checksum right. */
static inline bool oracle_sound(const uint8_t *body, int size)
{
	if (size < 12)
		return false;
	uint32_t crc = oracle_crc(body, (size_t)size - 4);
	return body[size - 4] == (uint8_t)crc && body[size - 3] == (uint8_t)(crc >> 8) && body[size - 2] == (uint8_t)(crc >> 16) &&
	       body[size - 1] == (uint8_t)(crc >> 24);
}

#endif
