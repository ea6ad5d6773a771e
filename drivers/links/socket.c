/* The links `tcp` and `unix`: a stream socket, connected in time or not at all. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "dial.h"
#include "stream.h"

struct socket_link {
	struct stream stream;
	struct place place;
};

static struct socket_link *new_link(const struct endpoint *endpoint, struct error *error)
{
	struct socket_link *link = calloc(1, sizeof *link);
	if (link == NULL) {
		error_errno(error, ENOMEM, endpoint->text, NULL, "cannot open a link");
		return NULL;
	}
	link->stream.fd = -1;
	link->stream.is_socket = true;
	return link;
}

static struct link *unix_open(const struct endpoint *endpoint, struct timebase *timebase, int64_t deadline, struct error *error)
{
	struct socket_link *link = new_link(endpoint, error);
	if (link == NULL)
		return NULL;
	struct sockaddr_un *address = (struct sockaddr_un *)&link->place.address;
	int fd = -ENAMETOOLONG;
	address->sun_family = AF_UNIX;
	link->place.size = sizeof *address;
	if (strlen(endpoint->path) < sizeof address->sun_path) {
		memcpy(address->sun_path, endpoint->path, strlen(endpoint->path) + 1);
		fd = dial(&link->place, timebase, deadline);
	}
	link->stream.fd = fd;
	if (fd >= 0)
		return &link->stream.link;
	error_errno(error, -fd, endpoint->text, "is joulerig-twin running? It prints the endpoints that it serves",
		    "cannot connect");
	free(link);
	return NULL;
}

static struct link *tcp_open(const struct endpoint *endpoint, struct timebase *timebase, int64_t deadline, struct error *error)
{
	struct socket_link *link = new_link(endpoint, error);
	if (link == NULL)
		return NULL;
	link->stream.fd = dial_host(endpoint, endpoint->port, &link->place, timebase, deadline, error);
	if (link->stream.fd >= 0)
		return &link->stream.link;
	free(link);
	return NULL;
}

static enum io socket_reopen(struct link *link, int64_t deadline)
{
	struct socket_link *socket_link = (struct socket_link *)link;
	stream_shut(&socket_link->stream);
	socket_link->stream.fd = dial(&socket_link->place, link->timebase, deadline);
	return socket_link->stream.fd >= 0 ? IO_OK : dial_meaning(socket_link->stream.fd);
}

static void socket_close(struct link *link)
{
	stream_shut((struct stream *)link);
	free(link);
}

const struct link_ops link_tcp = {
	.scheme = "tcp",
	.summary = "a raw TCP socket: tcp://HOST:PORT",
	.open = tcp_open,
	.reopen = socket_reopen,
	.send = stream_send,
	.recv = stream_recv,
	.clear = stream_clear,
	.close = socket_close,
	.unread = stream_unread,
};

const struct link_ops link_unix = {
	.scheme = "unix",
	.summary = "a Unix-domain stream socket, as joulerig-twin serves them: unix:///PATH",
	.open = unix_open,
	.reopen = socket_reopen,
	.send = stream_send,
	.recv = stream_recv,
	.clear = stream_clear,
	.close = socket_close,
	.unread = stream_unread,
};
