/*
 * Mutates an HDF5 file of the kind that we write, and then mostly makes the checksums right again that HDF5 keeps of its
 * metadata (superblock, object headers and their continuations; HDF5 File Format Specification 3.0, II.A, IV.A.1.b), and half
 * of the time those that we keep of each dataset, so that what is mutated is seen by the code behind the checksum.
 */
#include <stdbool.h>
#include <string.h>

#include "crc32c.h"
#include "fuzz.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

static uint64_t number(const uint8_t *bytes, unsigned n)
{
	uint64_t value = 0;
	while (n-- > 0)
		value = value << 8 | bytes[n];
	return value;
}

static uint32_t turn(uint32_t x, int k)
{
	return x << k | x >> (32 - k);
}

/* lookup3's hashlittle (Bob Jenkins, public domain), byte by byte: HDF5's metadata checksum, from 0. */
static uint32_t lookup3(const uint8_t *k, size_t length)
{
	uint32_t a = UINT32_C(0xdeadbeef) + (uint32_t)length, b = a, c = a;
	for (; length > 12; length -= 12, k += 12) {
		a += (uint32_t)number(k, 4), b += (uint32_t)number(k + 4, 4), c += (uint32_t)number(k + 8, 4);
		a -= c, a ^= turn(c, 4), c += b;
		b -= a, b ^= turn(a, 6), a += c;
		c -= b, c ^= turn(b, 8), b += a;
		a -= c, a ^= turn(c, 16), c += b;
		b -= a, b ^= turn(a, 19), a += c;
		c -= b, c ^= turn(b, 4), b += a;
	}
	if (length == 0)
		return c;
	uint8_t rest[12] = {0};
	memcpy(rest, k, length);
	a += (uint32_t)number(rest, 4), b += (uint32_t)number(rest + 4, 4), c += (uint32_t)number(rest + 8, 4);
	c ^= b, c -= turn(b, 14);
	a ^= c, a -= turn(c, 11);
	b ^= a, b -= turn(a, 25);
	c ^= b, c -= turn(b, 16);
	a ^= c, a -= turn(c, 4);
	b ^= a, b -= turn(a, 14);
	c ^= b, c -= turn(b, 24);
	return c;
}

static void seal(uint8_t *data, size_t length)
{
	uint32_t sum = lookup3(data, length - 4);
	memcpy(data + length - 4, &sum, sizeof sum);
}

struct object {
	uint8_t *file;
	size_t size, extra; /* of the file; of each message's header beyond 4 bytes */
	const uint8_t *values;
	uint64_t n_values;
	uint8_t *crc;
	unsigned chunks;
};

static void find_attribute(struct object *object, uint8_t *message, size_t length)
{
	static const char name[] = "crc32c";
	if (length < 9 + sizeof name || memcmp(message + 9, name, sizeof name) != 0)
		return;
	size_t data = 9 + number(message + 2, 2) + number(message + 4, 2) + number(message + 6, 2);
	if (data + 4 <= length)
		object->crc = message + data;
}

static void find_values(struct object *object, const uint8_t *message, size_t length)
{
	if (length < 18 || message[1] != 1)
		return;
	uint64_t address = number(message + 2, 8), n = number(message + 10, 8);
	if (address > object->size || n > object->size - address)
		return;
	object->values = object->file + address;
	object->n_values = n;
}

static void repair_chunk(struct object *object, uint8_t *messages, size_t length);

static void repair_continuation(struct object *object, const uint8_t *message, size_t length)
{
	if (length < 16 || object->chunks++ > 50)
		return;
	uint64_t address = number(message, 8), n = number(message + 8, 8);
	if (address > object->size || n > object->size - address || n < 8 || memcmp(object->file + address, "OCHK", 4) != 0)
		return;
	repair_chunk(object, object->file + address + 4, (size_t)n - 8);
	seal(object->file + address, (size_t)n);
}

static void repair_chunk(struct object *object, uint8_t *messages, size_t length)
{
	size_t head = 4 + object->extra;
	for (size_t at = 0; length - at >= head;) {
		uint8_t *message = messages + at + head;
		size_t n = number(messages + at + 1, 2);
		if (n > length - at - head)
			return;
		switch (messages[at]) {
		case 0x08: find_values(object, message, n); break;
		case 0x0c: find_attribute(object, message, n); break;
		case 0x10: repair_continuation(object, message, n); break;
		}
		at += head + n;
	}
}

/* Contents first: the CRC lies in the chunk that is sealed behind it. */
static void repair_object(uint8_t *file, size_t size, size_t at, bool contents)
{
	if (size - at < 16)
		return;
	unsigned flags = file[at + 5], width = 1u << (flags & 3);
	size_t head = 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
	if (size - at < head + width + 4)
		return;
	uint64_t length = number(file + at + head, width);
	if (length > size - at - head - width - 4)
		return;
	for (int pass = contents ? 0 : 1; pass < 2; pass++) {
		struct object object = {.file = file, .size = size, .extra = flags & 4 ? 2 : 0};
		repair_chunk(&object, file + at + head + width, length);
		if (pass == 0 && object.crc && object.values) {
			uint32_t crc = crc32c(0, object.values, object.n_values);
			memcpy(object.crc, &crc, sizeof crc);
		}
	}
	seal(file + at, head + width + length + 4);
}

static void repair(uint8_t *file, size_t size, bool contents)
{
	for (size_t at = 0; at + 4 < size; at++)
		if (memcmp(file + at, "OHDR", 4) == 0)
			repair_object(file, size, at, contents);
	if (size >= 48 && file[8] >= 2)
		seal(file, 48);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	size = LLVMFuzzerMutate(data, size, max_size);
	if (seed % 8 != 0)
		repair(data, size, seed / 8 % 2);
	return size;
}
