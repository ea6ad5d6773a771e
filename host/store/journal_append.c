#include <errno.h>
#include <string.h>

#include "durable.h"
#include "journal_writer.h"

int journal_check(struct journal *journal, struct error *error)
{
	int cause = atomic_load_explicit(&journal->sync_errno, memory_order_relaxed);
	if (cause != 0)
		error_errno(&journal->failure, cause, journal->path, durable_remedy(cause), "cannot sync the journal");
	if (journal->failure.code == ERROR_NONE)
		return 0;
	if (error != NULL && error->code == ERROR_NONE)
		*error = journal->failure;
	return -1;
}

void journal_put(struct journal *journal, const void *bytes, size_t length)
{
	memcpy(journal->block.payload + journal->block.head.length, bytes, length);
	journal->block.head.length += (uint32_t)length;
}

int journal_write_block(struct journal *journal, struct error *error)
{
	struct journal_block *head = &journal->block.head;
	if (head->length == 0)
		return 0;
	head->sequence = journal->sequence++;
	head->crc = journal_crc(head, journal->block.payload);
	if (durable_write_all(journal->fd, &journal->block, sizeof *head + head->length) != 0)
		error_errno(&journal->failure, errno, journal->path, durable_remedy(errno), "cannot write to the journal");
	head->length = 0;
	return journal_check(journal, error);
}

int journal_append(struct journal *journal, const struct record *record, const void *payload, uint32_t size, struct error *error)
{
	static const char zeros[8];
	if (journal_check(journal, error) != 0)
		return -1;
	if (size > RECORD_PAYLOAD_MAX)
		return error_set(error, ERROR_INTERNAL, journal->path, NULL, "a record's payload of %u bytes is too long", size);
	struct journal_entry entry = { .size = journal_padded(size) };
	if (journal->block.head.length + sizeof entry + sizeof *record + entry.size > JOURNAL_PAYLOAD_MAX &&
	    journal_write_block(journal, error) != 0)
		return -1;
	journal_put(journal, &entry, sizeof entry);
	journal_put(journal, record, sizeof *record);
	if (size > 0)
		journal_put(journal, payload, size);
	journal_put(journal, zeros, entry.size - size);
	return 0;
}

int journal_note(struct journal *journal, int64_t t, const char *json, struct error *error)
{
	size_t length = strlen(json);
	if (length > RECORD_PAYLOAD_MAX)
		return error_set(error, ERROR_INTERNAL, journal->path, NULL, "a note of %zu bytes is too long", length);
	struct record record = { .kind = RECORD_NOTE, .seq = journal->notes++, .n = (uint32_t)length, .t = t };
	return journal_append(journal, &record, json, (uint32_t)length, error);
}

int journal_flush(struct journal *journal, struct error *error)
{
	return journal_check(journal, error) == 0 ? journal_write_block(journal, error) : -1;
}
