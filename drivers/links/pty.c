/* The link `pty`: a terminal that exists already and has no line settings that matter, in raw mode. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "stream.h"

struct pty_link {
	struct stream stream;
	char path[sizeof ((struct endpoint *)0)->path];
};

/* A descriptor, or -1 with errno. */
static int open_raw(const char *path)
{
	struct termios settings;
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (tcgetattr(fd, &settings) == 0) {
		cfmakeraw(&settings);
		settings.c_cflag |= CLOCAL;
		if (tcsetattr(fd, TCSANOW, &settings) == 0)
			return fd;
	}
	int failure = errno;
	close(fd);
	errno = failure;
	return -1;
}

static struct link *pty_open(const struct endpoint *endpoint, struct timebase *timebase, int64_t deadline, struct error *error)
{
	(void)timebase;
	(void)deadline; /* O_NONBLOCK: a terminal opens at once */
	struct pty_link *link = calloc(1, sizeof *link);
	if (link == NULL) {
		error_errno(error, ENOMEM, endpoint->text, NULL, "cannot open a link");
		return NULL;
	}
	memcpy(link->path, endpoint->path, sizeof link->path);
	link->stream.fd = open_raw(link->path);
	if (link->stream.fd >= 0)
		return &link->stream.link;
	error_errno(error, errno, endpoint->text, "check the path: a terminal gets a new number each time its owner starts",
		    "cannot open the terminal");
	free(link);
	return NULL;
}

static enum io pty_reopen(struct link *link, int64_t deadline)
{
	struct pty_link *pty = (struct pty_link *)link;
	(void)deadline;
	stream_shut(&pty->stream);
	pty->stream.fd = open_raw(pty->path);
	return pty->stream.fd >= 0 ? IO_OK : IO_GONE;
}

static void pty_close(struct link *link)
{
	stream_shut((struct stream *)link);
	free(link);
}

const struct link_ops link_pty = {
	.scheme = "pty",
	.summary = "an existing terminal in raw mode: pty:///dev/pts/N",
	.open = pty_open,
	.reopen = pty_reopen,
	.send = stream_send,
	.recv = stream_recv,
	.clear = stream_clear,
	.close = pty_close,
	.unread = stream_unread,
	.descriptor = stream_descriptor,
};
