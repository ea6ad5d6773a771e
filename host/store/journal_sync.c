#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "journal_writer.h"

/* The lock makes a waiting caller see the failure of a sync that the helper has under way: the kernel tells it one of them. */
static void sync_data(struct journal *journal)
{
	int result, none = 0;
	pthread_mutex_lock(&journal->syncing);
	do
		result = fdatasync(journal->fd);
	while (result != 0 && errno == EINTR);
	if (result != 0)
		atomic_compare_exchange_strong(&journal->sync_errno, &none, errno);
	pthread_mutex_unlock(&journal->syncing);
}

static void *help(void *argument)
{
	struct journal *journal = argument;
	uint64_t count;
	for (;;) {
		if (read(journal->wake, &count, sizeof count) < 0 && errno == EINTR)
			continue;
		if (atomic_load(&journal->stop))
			return NULL;
		sync_data(journal);
	}
}

/* The helper takes no signals: those are for the thread that runs the campaign. */
int journal_start_helper(struct journal *journal)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int result = pthread_create(&journal->helper, NULL, help, journal);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result;
}

/* Can fail only when 2^64 - 1 syncs are waiting already. */
static void wake_helper(struct journal *journal)
{
	ssize_t written = write(journal->wake, &(uint64_t){ 1 }, sizeof(uint64_t));
	(void)written;
}

void journal_stop_helper(struct journal *journal)
{
	atomic_store(&journal->stop, true);
	wake_helper(journal);
	pthread_join(journal->helper, NULL);
}

int journal_sync(struct journal *journal, struct error *error)
{
	if (journal_flush(journal, error) != 0)
		return -1;
	sync_data(journal);
	return journal_check(journal, error);
}

int journal_sync_soon(struct journal *journal, struct error *error)
{
	if (journal_flush(journal, error) != 0)
		return -1;
	wake_helper(journal);
	return 0;
}
