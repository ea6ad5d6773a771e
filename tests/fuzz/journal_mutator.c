/* Mutates a journal and then mostly makes its blocks' lengths, sequence and CRC right again, so that what is mutated is seen. */
#include <string.h>

#include "fuzz.h"
#include "journal_format.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

static void repair_header(uint8_t *payload, uint32_t length)
{
	struct journal_preamble preamble;
	if (length < sizeof preamble)
		return;
	memcpy(&preamble, payload, sizeof preamble);
	preamble.byte_order = JOURNAL_BYTE_ORDER;
	preamble.version = JOURNAL_VERSION;
	if (preamble.length > length - sizeof preamble) /* of one block: as long as its text is */
		preamble.length = strnlen((char *)payload + sizeof preamble, length - sizeof preamble);
	memcpy(payload, &preamble, sizeof preamble);
}

static void repair(uint8_t *data, size_t size, unsigned dice)
{
	struct journal_block block;
	uint32_t sequence = 0;
	for (size_t at = 0; size - at >= sizeof block + 8; at += sizeof block + block.length) {
		size_t room = (size - at - sizeof block) & ~(size_t)7;
		memcpy(&block, data + at, sizeof block);
		if (block.magic != JOURNAL_HEADER)
			block.magic = sequence == 0 ? JOURNAL_HEADER : JOURNAL_RECORDS;
		if (block.length == 0 || block.length % 8 != 0 || block.length > room || block.length > JOURNAL_PAYLOAD_MAX)
			block.length = (uint32_t)(room < JOURNAL_PAYLOAD_MAX ? room : JOURNAL_PAYLOAD_MAX / 8 * 8);
		block.sequence = sequence;
		if (sequence++ == 0 && dice % 4)
			repair_header(data + at + sizeof block, block.length);
		block.crc = journal_crc(&block, data + at + sizeof block);
		memcpy(data + at, &block, sizeof block);
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	size = LLVMFuzzerMutate(data, size, max_size);
	if (seed % 8 != 0)
		repair(data, size, seed / 8);
	return size;
}
