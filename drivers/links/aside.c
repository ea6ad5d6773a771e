#include "links/aside.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "links/stream.h"

enum { WORK = 'w', DONE = 'd', END = 'e' };

struct worker {
	int fd; /* WORK asks for work, DONE answers; END ends it all */
	void (*work)(void *context), (*dispose)(void *context);
	void *context;
};

/* By read and write alone, which a thread sanitizer knows to order what both threads do. */
static bool tell(int fd, char word)
{
	return write(fd, &word, 1) == 1;
}

static char hear(int fd)
{
	char word;
	ssize_t got;
	do
		got = read(fd, &word, 1);
	while (got < 0 && errno == EINTR);
	return got == 1 ? word : END;
}

static void *serve(void *argument)
{
	struct worker *worker = argument;
	while (hear(worker->fd) == WORK) {
		worker->work(worker->context);
		tell(worker->fd, DONE); /* the link may be closed: then END is next */
	}
	worker->dispose(worker->context);
	close(worker->fd);
	free(worker);
	return NULL;
}

/* Detached, and deaf to signals: SIGPIPE among them, when a link does not wait for its answer. 0 or an errno value. */
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
	if (!aside->busy && !tell(aside->fd, WORK))
		return IO_GONE;
	aside->busy = true;
	enum io io = stream_wait(timebase, aside->fd, POLLIN, deadline);
	if (io != IO_OK)
		return io;
	aside->busy = false;
	return hear(aside->fd) == DONE ? IO_OK : IO_GONE;
}

void aside_end(struct aside *aside, struct timebase *timebase, int64_t deadline)
{
	bool over = !tell(aside->fd, END);
	while (!over && stream_wait(timebase, aside->fd, POLLIN, deadline) == IO_OK)
		over = hear(aside->fd) == END;
	close(aside->fd);
	aside->fd = -1;
}
