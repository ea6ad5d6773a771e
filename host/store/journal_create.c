#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "durable.h"
#include "journal_writer.h"

/* Unlike a record, the header may run over blocks. */
static int write_pieces(struct journal *journal, const void *bytes, size_t length, struct error *error)
{
	const unsigned char *at = bytes;
	while (length > 0) {
		if (journal->block.head.length == JOURNAL_PAYLOAD_MAX && journal_write_block(journal, error) != 0)
			return -1;
		size_t room = JOURNAL_PAYLOAD_MAX - journal->block.head.length;
		size_t piece = length < room ? length : room;
		journal_put(journal, at, piece);
		at += piece;
		length -= piece;
	}
	return 0;
}

static int write_header(struct journal *journal, const char *header, struct error *error)
{
	static const char zeros[8];
	struct journal_preamble preamble = { JOURNAL_BYTE_ORDER, JOURNAL_VERSION, strlen(header) };
	if (preamble.length > JOURNAL_HEADER_MAX)
		return error_set(error, ERROR_INTERNAL, journal->path, NULL, "a run header of %zu bytes is too long",
				 strlen(header));
	journal->block.head.magic = JOURNAL_HEADER;
	if (write_pieces(journal, &preamble, sizeof preamble, error) != 0 ||
	    write_pieces(journal, header, preamble.length, error) != 0 ||
	    write_pieces(journal, zeros, -preamble.length & 7, error) != 0 || journal_sync(journal, error) != 0)
		return -1;
	journal->block.head.magic = JOURNAL_RECORDS;
	return 0;
}

static struct journal *allocate(const char *path, struct error *error)
{
	struct journal *journal = calloc(1, sizeof *journal);
	char *copy = strdup(path);
	if (journal == NULL || copy == NULL) {
		free(journal);
		free(copy);
		error_set(error, ERROR_INTERNAL, path, NULL, "no memory for a journal");
		return NULL;
	}
	journal->path = copy;
	pthread_mutex_init(&journal->syncing, NULL);
	return journal;
}

static void release(struct journal *journal)
{
	pthread_mutex_destroy(&journal->syncing);
	free(journal->path);
	free(journal);
}

static int start_syncing(struct journal *journal, struct error *error)
{
	journal->wake = eventfd(0, EFD_CLOEXEC);
	if (journal->wake < 0)
		return error_errno(error, errno, journal->path, NULL, "cannot make the journal's eventfd");
	int cause = journal_start_helper(journal);
	if (cause == 0)
		return 0;
	close(journal->wake);
	return error_errno(error, cause, journal->path, NULL, "cannot start the journal's helper thread");
}

struct journal *journal_create(const char *path, const char *header, struct error *error)
{
	struct journal *journal = allocate(path, error);
	if (journal == NULL)
		return NULL;
	journal->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
	if (journal->fd < 0) {
		error_errno(error, errno, path, durable_remedy(errno), "cannot create the journal");
		goto release_journal;
	}
	if (write_header(journal, header, error) != 0 || durable_sync_directory_of(path, error) != 0 ||
	    start_syncing(journal, error) != 0)
		goto remove_file;
	return journal;

remove_file:
	close(journal->fd);
	unlink(path);
release_journal:
	release(journal);
	return NULL;
}

int journal_close(struct journal *journal, struct error *error)
{
	if (journal == NULL)
		return 0;
	int result = journal_sync(journal, error);
	journal_stop_helper(journal);
	close(journal->wake);
	if (close(journal->fd) != 0 && result == 0)
		result = error_errno(error, errno, journal->path, durable_remedy(errno), "cannot close the journal");
	release(journal);
	return result;
}
