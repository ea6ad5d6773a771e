/*
 * journal_writer: what the writer's three files share: journal_append.c (the sampling path: neither lock nor allocation),
 * journal_sync.c (the helper thread), journal_create.c (beginning and end).
 */
#ifndef JOULERIG_STORE_JOURNAL_WRITER_H
#define JOULERIG_STORE_JOURNAL_WRITER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "journal.h"
#include "journal_format.h"

struct journal {
	int fd, wake; /* wake: the eventfd that the helper waits on */
	char *path;
	struct error failure; /* the first one: the journal takes nothing more after it */
	uint32_t sequence, notes;
	struct {
		struct journal_block head;
		unsigned char payload[JOURNAL_PAYLOAD_MAX];
	} block; /* the block being filled; head.length says how far */

	pthread_t helper;
	pthread_mutex_t syncing; /* held across an fdatasync; never taken by journal_append */
	atomic_int sync_errno;   /* of the first sync that failed: the kernel reports a failure only once */
	atomic_bool stop;
};

/* journal_append.c: hands out the remembered failure, having looked for one of the helper's. */
int journal_check(struct journal *journal, struct error *error);
/* Adds bytes to the block being filled, which has room for them. */
void journal_put(struct journal *journal, const void *bytes, size_t length);
/* Closes the block being filled and hands it to the kernel. */
int journal_write_block(struct journal *journal, struct error *error);

/* journal_sync.c: 0 or an errno value. */
int journal_start_helper(struct journal *journal);
void journal_stop_helper(struct journal *journal);

#endif
