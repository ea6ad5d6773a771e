#include "rig_codec.h"

#include <string.h>

/* CRC-32 as a division of polynomials, a bit at a time. */
static uint32_t remainder_of(const uint8_t *bytes, size_t size)
{
	uint32_t rest = 0xffffffffu;
	while (size-- > 0) {
		rest ^= *bytes++;
		for (int bit = 0; bit < 8; bit++)
			rest = (rest & 1) != 0 ? (rest >> 1) ^ 0xedb88320u : rest >> 1;
	}
	return ~rest;
}

void rig_intake_begin(struct rig_intake *intake)
{
	intake->n = 0;
	intake->run = -1;
	intake->zero_due = intake->bad = false;
}

static void store(struct rig_intake *intake, uint8_t byte)
{
	if (intake->n == sizeof intake->body)
		intake->bad = true;
	else
		intake->body[intake->n++] = byte;
}

static bool holds(const struct rig_intake *intake)
{
	uint32_t told;
	size_t covered = intake->n - sizeof told;
	if (intake->n < sizeof(struct rig_head) + sizeof told)
		return false;
	memcpy(&told, intake->body + covered, sizeof told);
	return told == remainder_of(intake->body, covered);
}

static enum rig_intake_result finish(struct rig_intake *intake, size_t *size)
{
	bool empty = intake->run < 0 && !intake->bad;
	bool good = !intake->bad && intake->run == 0 && holds(intake);
	*size = good ? intake->n - sizeof(struct rig_head) - sizeof(uint32_t) : 0;
	rig_intake_begin(intake);
	return good ? INTAKE_COMMAND : empty ? INTAKE_MORE : INTAKE_MALFORMED;
}

enum rig_intake_result rig_intake(struct rig_intake *intake, uint8_t byte, size_t *size)
{
	if (byte == 0)
		return finish(intake, size);
	if (intake->run > 0) {
		store(intake, byte);
		intake->run--;
		return INTAKE_MORE;
	}
	if (intake->run == 0 && intake->zero_due)
		store(intake, 0);
	intake->run = byte - 1;
	intake->zero_due = byte < 255;
	return INTAKE_MORE;
}

size_t rig_outlet(uint8_t *out, const struct rig_head *head, const void *payload, size_t size)
{
	uint8_t body[RIG_BODY_MAX + 1];
	size_t total = sizeof *head + size;
	memcpy(body, head, sizeof *head);
	if (size > 0)
		memcpy(body + sizeof *head, payload, size);
	uint32_t crc = remainder_of(body, total);
	memcpy(body + total, &crc, sizeof crc);
	total += sizeof crc;
	/* From the end: each zero is replaced by how far it is to the next one. */
	uint8_t distance = 1;
	for (size_t i = total; i-- > 0; distance++) {
		out[i + 1] = body[i];
		if (body[i] != 0)
			continue;
		out[i + 1] = distance;
		distance = 0;
	}
	out[0] = distance;
	out[total + 1] = 0;
	return total + 2;
}
