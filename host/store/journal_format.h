/*
 * journal_format: the journal's bytes, shared by its writer and its reader. Drawn in schemas/journal.md.
 *
 *   block   +0  u32 magic      +4  u32 length of the payload   +8  u32 sequence, from 0   +12 u32 CRC32C of +0..+11 and payload
 *           +16 payload: a multiple of 8 bytes, at most JOURNAL_PAYLOAD_MAX
 *   header  the payloads of the first blocks (magic JOURNAL_HEADER), joined: struct journal_preamble, then the JSON text
 *   entry   in the payload of all other blocks (magic JOURNAL_RECORDS), whole entries: struct journal_entry, the record's 32
 *           bytes, its payload zero-padded to a multiple of 8
 */
#ifndef JOULERIG_STORE_JOURNAL_FORMAT_H
#define JOULERIG_STORE_JOURNAL_FORMAT_H

#include <stddef.h>

#include "crc32c.h"
#include "record.h"

#define JOURNAL_VERSION 1u
#define JOURNAL_BYTE_ORDER 0x01020304u
#define JOURNAL_HEADER UINT32_C(0x48524a0a)  /* "\nJRH" in a little-endian file */
#define JOURNAL_RECORDS UINT32_C(0x52524a0a) /* "\nJRR" */
#define JOURNAL_HEADER_MAX (UINT64_C(16) << 20)

struct journal_block {
	uint32_t magic, length, sequence, crc;
};
#define JOURNAL_BLOCK_MAX 4096u
#define JOURNAL_PAYLOAD_MAX (JOURNAL_BLOCK_MAX - (uint32_t)sizeof(struct journal_block))

struct journal_preamble {
	uint32_t byte_order, version;
	uint64_t length; /* of the JSON text that follows, bytes; zero-padded to a multiple of 8 */
};
struct journal_entry {
	uint32_t size; /* of the record's payload, padded */
	uint32_t zero;
};
_Static_assert(sizeof(struct journal_block) == 16 && sizeof(struct journal_preamble) == 16, "as drawn");
_Static_assert(sizeof(struct journal_entry) + sizeof(struct record) + RECORD_PAYLOAD_MAX <= JOURNAL_PAYLOAD_MAX, "a record fits");

static inline uint32_t journal_padded(uint32_t size)
{
	return (size + 7u) & ~7u;
}

static inline uint32_t journal_crc(const struct journal_block *block, const void *payload)
{
	return crc32c(crc32c(0, block, offsetof(struct journal_block, crc)), payload, block->length);
}

#endif
