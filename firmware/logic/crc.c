/* SPDX-License-Identifier: Apache-2.0 */
#include "crc.h"

/* The table is linear: entry i is the XOR of the entries of i's bits, and those are the polynomial shifted. */
#define ENTRY(i)                                                                                                              \
	(((i) & 128 ? 0xedb88320u : 0) ^ ((i) & 64 ? 0x76dc4190u : 0) ^ ((i) & 32 ? 0x3b6e20c8u : 0) ^                        \
	 ((i) & 16 ? 0x1db71064u : 0) ^ ((i) & 8 ? 0x0edb8832u : 0) ^ ((i) & 4 ? 0x076dc419u : 0) ^                           \
	 ((i) & 2 ? 0xee0e612cu : 0) ^ ((i) & 1 ? 0x77073096u : 0))
#define ENTRIES_4(i) ENTRY(i), ENTRY((i) + 1), ENTRY((i) + 2), ENTRY((i) + 3)
#define ENTRIES_16(i) ENTRIES_4(i), ENTRIES_4((i) + 4), ENTRIES_4((i) + 8), ENTRIES_4((i) + 12)
#define ENTRIES_64(i) ENTRIES_16(i), ENTRIES_16((i) + 16), ENTRIES_16((i) + 32), ENTRIES_16((i) + 48)

static const uint32_t table[256] = { ENTRIES_64(0), ENTRIES_64(64), ENTRIES_64(128), ENTRIES_64(192) };

uint32_t crc32_of(uint32_t crc, const void *bytes, size_t size)
{
	const uint8_t *at = bytes, *end = at + size;
	crc = ~crc;
	while (at < end)
		crc = crc >> 8 ^ table[(crc ^ *at++) & 0xff];
	return ~crc;
}
