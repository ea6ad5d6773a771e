#include "links/aside.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "links/stream.h"

struct worker {
	int fd; /* a byte asks for work, a byte says that it is done, the end of file ends it all */
	void (*work)(void *context), (*dispose)(void *context);
	void *context;
};

/* One byte came. Nothing interrupts: the thread takes no signals. */
static bool asked(int fd)
{
	char byte;
	return read(fd, &byte, 1) == 1;
}

static void *serve(void *argument)
{
	struct worker *worker = argument;
	while (asked(worker->fd)) {
		worker->work(worker->context);
		send(worker->fd, "", 1, MSG_NOSIGNAL);
	}
	worker->dispose(worker->context);
	close(worker->fd);
	free(worker);
	return NULL;
}

/* Detached, and deaf to signals. 0 or an errno value. */
static int start_thread(struct worker *worker)
{
	pthread_t thread;
	pthread_attr_t attributes;
	sigset_t all, before;
	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failure = pthread_create(&thread, &attributes, serve, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return failure;
}

int aside_begin(struct aside *aside, void (*work)(void *context), void (*dispose)(void *context), void *context,
		const char *on, struct error *error)
{
	int ends[2], failure = ENOMEM;
	struct worker *worker = calloc(1, sizeof *worker);
	if (worker == NULL)
		goto fail;
	failure = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 ? errno : 0;
	if (failure != 0)
		goto free_worker;
	*worker = (struct worker){ .fd = ends[1], .work = work, .dispose = dispose, .context = context };
	failure = start_thread(worker);
	if (failure != 0)
		goto close_ends;
	*aside = (struct aside){ .fd = ends[0] };
	return 0;
close_ends:
	close(ends[0]);
	close(ends[1]);
free_worker:
	free(worker);
fail:
	return error_errno(error, failure, on, NULL, "cannot start a thread for it");
}

enum io aside_work(struct aside *aside, struct timebase *timebase, int64_t deadline)
{
	char byte;
	if (!aside->busy && send(aside->fd, "", 1, MSG_NOSIGNAL) != 1)
		return IO_GONE;
	aside->busy = true;
	enum io io = stream_wait(timebase, aside->fd, POLLIN, deadline);
	if (io != IO_OK)
		return io;
	aside->busy = false;
	return read(aside->fd, &byte, 1) == 1 ? IO_OK : IO_GONE;
}

void aside_end(struct aside *aside, struct timebase *timebase, int64_t deadline)
{
	char bytes[4];
	ssize_t got = 1;
	shutdown(aside->fd, SHUT_WR);
	while (got != 0 && stream_wait(timebase, aside->fd, POLLIN, deadline) == IO_OK)
		got = read(aside->fd, bytes, sizeof bytes);
	close(aside->fd);
	aside->fd = -1;
}
