#include "stream.h"

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* After so long without a byte nothing of an old reply is taken to be under way. */
#define QUIET (20 * NS_PER_MS)

enum io stream_wait(struct timebase *timebase, int fd, short events, int64_t deadline)
{
	struct pollfd pollfd = { .fd = fd, .events = events };
	for (;;) {
		int64_t left = deadline == NEVER ? 3600 * NS_PER_S : deadline - timebase->now(timebase);
		if (left < 0)
			left = 0; /* what is there already may still be taken */
		struct timespec timeout = { .tv_sec = left / NS_PER_S, .tv_nsec = left % NS_PER_S };
		int ready = ppoll(&pollfd, 1, &timeout, NULL);
		if (ready > 0)
			return IO_OK;
		if (ready < 0 && errno != EINTR)
			return IO_GONE;
		if (ready == 0 && deadline != NEVER && timebase->now(timebase) >= deadline)
			return IO_TIMEOUT;
	}
}

static ssize_t put(struct stream *stream, const char *bytes, size_t size)
{
	return stream->is_socket ? send(stream->fd, bytes, size, MSG_NOSIGNAL) : write(stream->fd, bytes, size);
}

/* What a failed or empty read or write means: IO_OK to try again after waiting. */
static enum io meaning(ssize_t result)
{
	if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return IO_OK;
	return IO_GONE; /* end of file, ECONNRESET, EPIPE, EIO of a tty without its other end */
}

enum io stream_send(struct link *link, const void *bytes, size_t size, int64_t deadline)
{
	struct stream *stream = (struct stream *)link;
	const char *from = bytes;
	if (stream->fd < 0)
		return IO_GONE;
	while (size > 0) {
		ssize_t sent = put(stream, from, size);
		if (sent > 0) {
			from += sent;
			size -= (size_t)sent;
			continue;
		}
		enum io io = meaning(sent);
		if (io == IO_OK)
			io = stream_wait(link->timebase, stream->fd, POLLOUT, deadline);
		if (io != IO_OK)
			return io;
	}
	return IO_OK;
}

enum io stream_recv(struct link *link, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	struct stream *stream = (struct stream *)link;
	*got = 0;
	*end = false;
	if (stream->fd < 0)
		return IO_GONE;
	for (;;) {
		ssize_t count = read(stream->fd, bytes, size);
		if (count > 0) {
			*got = (size_t)count;
			return IO_OK;
		}
		enum io io = meaning(count);
		if (io == IO_OK)
			io = stream_wait(link->timebase, stream->fd, POLLIN, deadline);
		if (io != IO_OK)
			return io;
	}
}

/* A closed connection has none: the next send or recv tells. */
bool stream_unread(struct link *link)
{
	int count = 0;
	return ioctl(((struct stream *)link)->fd, FIONREAD, &count) == 0 && count > 0;
}

int stream_descriptor(const struct link *link)
{
	return ((const struct stream *)link)->fd;
}

enum io stream_drain(struct stream *stream, int64_t quiet, int64_t deadline)
{
	struct timebase *timebase = stream->link.timebase;
	char waste[512];
	size_t got;
	bool end;
	for (;;) {
		int64_t now = timebase->now(timebase);
		if (now >= deadline)
			return IO_TIMEOUT;
		int64_t until = deadline - now < quiet ? deadline : now + quiet;
		enum io io = stream_recv(&stream->link, waste, sizeof waste, &got, &end, until);
		if (io == IO_TIMEOUT)
			return IO_OK;
		if (io != IO_OK)
			return io;
	}
}

enum io stream_clear(struct link *link, int64_t deadline)
{
	return stream_drain((struct stream *)link, QUIET, deadline);
}

void stream_shut(struct stream *stream)
{
	if (stream->fd >= 0)
		close(stream->fd);
	stream->fd = -1;
}
