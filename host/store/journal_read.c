/* The journal's reader: trusts nothing. A block is used only when all of it holds, down to each record's size. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "journal.h"
#include "journal_format.h"
#include "text.h"

struct journal_reader {
	FILE *file;
	char *path;
	struct text header;
	uint32_t sequence; /* of the next block */
	uint64_t good;     /* bytes of the file up to the end of the last good block */
	bool ended;
	uint32_t at; /* of the next entry in `payload` */
	struct journal_block block;
	_Alignas(8) unsigned char payload[JOURNAL_PAYLOAD_MAX];
};

/* Reads `length` bytes. 1; 0 where the file ends before; -1 on an I/O error. */
static int read_bytes(struct journal_reader *reader, void *bytes, size_t length, struct error *error)
{
	if (fread(bytes, 1, length, reader->file) == length)
		return 1;
	if (!ferror(reader->file))
		return 0;
	return error_errno(error, errno ? errno : EIO, reader->path, NULL, "cannot read the journal");
}

static bool plausible(const struct journal_reader *reader, uint32_t magic)
{
	const struct journal_block *block = &reader->block;
	return block->magic == magic && block->length > 0 && block->length <= JOURNAL_PAYLOAD_MAX && block->length % 8 == 0 &&
	       block->sequence == reader->sequence;
}

/* The next block with this magic into block and payload. 1; 0 when there is none that passes its checks; -1 on an I/O error. */
static int next_block(struct journal_reader *reader, uint32_t magic, struct error *error)
{
	int result = read_bytes(reader, &reader->block, sizeof reader->block, error);
	if (result != 1)
		return result;
	if (!plausible(reader, magic))
		return 0;
	result = read_bytes(reader, reader->payload, reader->block.length, error);
	if (result != 1)
		return result;
	if (journal_crc(&reader->block, reader->payload) != reader->block.crc)
		return 0;
	reader->sequence++;
	return 1;
}

static void accept_block(struct journal_reader *reader)
{
	reader->good += sizeof reader->block + reader->block.length;
	reader->at = 0;
}

static struct journal_entry entry_at(const struct journal_reader *reader, uint32_t at)
{
	struct journal_entry entry;
	memcpy(&entry, reader->payload + at, sizeof entry);
	return entry;
}

/* A block's values have at least 2 bytes each; their exact size depends on the channel, which is not known here. */
static bool record_holds(const struct record *record, uint32_t size)
{
	if (record->kind == 0 || record->kind >= RECORD_KINDS || size % 8 != 0 || size > RECORD_PAYLOAD_MAX)
		return false;
	if (record->kind == RECORD_BLOCK)
		return (uint64_t)record->n * number_size(NUMBER_I16) <= size;
	return record_payload_size(record, NUMBER_F64) == size;
}

static bool entries_hold(const struct journal_reader *reader)
{
	const uint32_t overhead = sizeof(struct journal_entry) + sizeof(struct record);
	uint32_t at = 0;
	while (at < reader->block.length) {
		uint32_t room = reader->block.length - at;
		if (room < overhead)
			return false;
		struct journal_entry entry = entry_at(reader, at);
		struct record record;
		memcpy(&record, reader->payload + at + sizeof entry, sizeof record);
		if (entry.zero != 0 || entry.size > room - overhead || !record_holds(&record, entry.size))
			return false;
		at += overhead + entry.size;
	}
	return true;
}

static int corrupt_header(struct journal_reader *reader, const char *how, struct error *error)
{
	return error_set(error, ERROR_CORRUPT, reader->path, NULL, "not a journal that can be read: %s", how);
}

static int read_preamble(struct journal_reader *reader, struct journal_preamble *preamble, struct error *error)
{
	int result = next_block(reader, JOURNAL_HEADER, error);
	if (result < 0)
		return -1;
	if (result == 0 && reader->block.magic == __builtin_bswap32(JOURNAL_HEADER))
		return error_set(error, ERROR_UNSUPPORTED, reader->path, NULL, "written on a machine of the other byte order");
	if (result == 0 || reader->block.length < sizeof *preamble)
		return corrupt_header(reader, "its first block is cut short or damaged", error);
	memcpy(preamble, reader->payload, sizeof *preamble);
	if (preamble->byte_order != JOURNAL_BYTE_ORDER || preamble->length > JOURNAL_HEADER_MAX)
		return corrupt_header(reader, "its first block makes no sense", error);
	if (preamble->version != JOURNAL_VERSION)
		return error_set(error, ERROR_UNSUPPORTED, reader->path, "use the joulerig that wrote it",
				 "a journal of version %u; this program reads version %u", preamble->version, JOURNAL_VERSION);
	accept_block(reader);
	reader->at = sizeof *preamble;
	return 0;
}

static int read_header(struct journal_reader *reader, struct error *error)
{
	struct journal_preamble preamble;
	if (read_preamble(reader, &preamble, error) != 0)
		return -1;
	uint64_t padded = (preamble.length + 7) & ~UINT64_C(7);
	for (;;) {
		text_add_bytes(&reader->header, reader->payload + reader->at, reader->block.length - reader->at);
		if (text_failed(&reader->header))
			return error_set(error, ERROR_INTERNAL, reader->path, NULL, "no memory for the journal's header");
		if (reader->header.length >= padded)
			break;
		int result = next_block(reader, JOURNAL_HEADER, error);
		if (result < 0)
			return -1;
		if (result == 0)
			return corrupt_header(reader, "its header is cut short or damaged", error);
		accept_block(reader);
	}
	if (reader->header.length != padded || strlen(text_string(&reader->header)) != preamble.length)
		return corrupt_header(reader, "its header's length is wrong", error);
	reader->at = reader->block.length;
	return 0;
}

struct journal_reader *journal_open(const char *path, struct error *error)
{
	struct journal_reader *reader = calloc(1, sizeof *reader);
	if (reader == NULL || (reader->path = strdup(path)) == NULL) {
		error_set(error, ERROR_INTERNAL, path, NULL, "no memory to read a journal");
		goto close_reader;
	}
	reader->file = fopen(path, "rbe");
	if (reader->file == NULL) {
		error_errno(error, errno, path, NULL, "cannot open the journal");
		goto close_reader;
	}
	if (read_header(reader, error) != 0)
		goto close_reader;
	return reader;

close_reader:
	journal_reader_close(reader);
	return NULL;
}

const char *journal_header(const struct journal_reader *reader)
{
	return text_string(&reader->header);
}

/* 1 with a block whose records all hold, 0 at the end, -1. */
static int load_block(struct journal_reader *reader, struct error *error)
{
	int result = next_block(reader, JOURNAL_RECORDS, error);
	if (result == 1 && entries_hold(reader)) {
		accept_block(reader);
		return 1;
	}
	reader->ended = true;
	return result < 0 ? -1 : 0;
}

int journal_next(struct journal_reader *reader, const struct record **record, const void **payload, uint32_t *size,
		 struct error *error)
{
	if (reader->ended)
		return 0;
	if (reader->at == reader->block.length) {
		int result = load_block(reader, error);
		if (result != 1)
			return result;
	}
	unsigned char *entry = reader->payload + reader->at;
	*size = entry_at(reader, reader->at).size;
	*record = (const void *)(entry + sizeof(struct journal_entry)); /* 8-byte aligned, as all lengths are multiples of 8 */
	*payload = entry + sizeof(struct journal_entry) + sizeof **record;
	reader->at += (uint32_t)(sizeof(struct journal_entry) + sizeof **record) + *size;
	return 1;
}

uint64_t journal_damage(const struct journal_reader *reader)
{
	struct stat status;
	if (fstat(fileno(reader->file), &status) != 0 || (uint64_t)status.st_size < reader->good)
		return 0;
	return (uint64_t)status.st_size - reader->good;
}

void journal_reader_close(struct journal_reader *reader)
{
	if (reader == NULL)
		return;
	if (reader->file != NULL)
		fclose(reader->file);
	text_free(&reader->header);
	free(reader->path);
	free(reader);
}
