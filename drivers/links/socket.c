/* The links `tcp` and `unix`: a stream socket, connected in time or not at all. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "stream.h"

struct socket_link {
	struct stream stream;
	struct sockaddr_storage address; /* the one that answered: reopen asks no name server */
	socklen_t address_size;
};

/* Waits for a connection under way; 0 or an errno value. */
static int await_connection(struct timebase *timebase, int fd, int64_t deadline)
{
	if (stream_wait(timebase, fd, POLLOUT, deadline) != IO_OK)
		return ETIMEDOUT;
	int failure = 0;
	socklen_t size = sizeof failure;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) < 0)
		return errno;
	return failure;
}

/* 0 or an errno value. A full backlog of a unix socket is EAGAIN at once, and nothing tells when there is room: ask again. */
static int connect_fd(struct timebase *timebase, int fd, const struct sockaddr *address, socklen_t size, int64_t deadline)
{
	for (;;) {
		if (connect(fd, address, size) == 0)
			return 0;
		if (errno == EINPROGRESS || errno == EINTR)
			return await_connection(timebase, fd, deadline);
		int64_t now = timebase->now(timebase);
		if (errno != EAGAIN)
			return errno;
		if (now >= deadline)
			return ETIMEDOUT;
		timebase->wait_until(timebase, now + 5 * NS_PER_MS);
	}
}

/* Connects to the address kept in the link; 0 or an errno value. */
static int connect_link(struct socket_link *link, struct timebase *timebase, int64_t deadline)
{
	const struct sockaddr *address = (const struct sockaddr *)&link->address;
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	int failure = connect_fd(timebase, fd, address, link->address_size, deadline);
	if (failure != 0) {
		close(fd);
		return failure;
	}
	int one = 1; /* a query is one small segment, waited for: Nagle's delay would double each exchange */
	if (address->sa_family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	link->stream.fd = fd;
	return 0;
}

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
	struct sockaddr_un *address = (struct sockaddr_un *)&link->address;
	int failure = ENAMETOOLONG;
	address->sun_family = AF_UNIX;
	link->address_size = sizeof *address;
	if (strlen(endpoint->path) < sizeof address->sun_path) {
		memcpy(address->sun_path, endpoint->path, strlen(endpoint->path) + 1);
		failure = connect_link(link, timebase, deadline);
	}
	if (failure == 0)
		return &link->stream.link;
	error_errno(error, failure, endpoint->text, "is joulerig-twin running? It prints the endpoints that it serves",
		    "cannot connect");
	free(link);
	return NULL;
}

/* Tries each address of the host until one answers; 0 or an errno value. */
static int connect_any(struct socket_link *link, const struct addrinfo *found, struct timebase *timebase, int64_t deadline)
{
	int failure = EHOSTUNREACH;
	for (; found; found = found->ai_next) {
		memcpy(&link->address, found->ai_addr, found->ai_addrlen);
		link->address_size = found->ai_addrlen;
		failure = connect_link(link, timebase, deadline);
		if (failure == 0)
			return 0;
	}
	return failure;
}

/* A name is looked up here only; the resolver has time limits of its own (resolv.conf), which the deadline cannot shorten. */
static struct link *tcp_open(const struct endpoint *endpoint, struct timebase *timebase, int64_t deadline, struct error *error)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV }, *found = NULL;
	char port[8];
	snprintf(port, sizeof port, "%d", endpoint->port);
	int unresolved = getaddrinfo(endpoint->host, port, &hints, &found);
	if (unresolved) {
		error_set(error, ERROR_NOT_FOUND, endpoint->text, "check the host name, or write the address in numbers",
			  "cannot find the host '%s': %s", endpoint->host, gai_strerror(unresolved));
		return NULL;
	}
	struct socket_link *link = new_link(endpoint, error);
	if (link == NULL)
		goto free_addresses;
	int failure = connect_any(link, found, timebase, deadline);
	if (failure == 0)
		goto free_addresses;
	error_errno(error, failure, endpoint->text, "check the address and port, and that the instrument's network is on",
		    "cannot connect");
	free(link);
	link = NULL;
free_addresses:
	freeaddrinfo(found);
	return link ? &link->stream.link : NULL;
}

static enum io socket_reopen(struct link *link, int64_t deadline)
{
	struct socket_link *socket_link = (struct socket_link *)link;
	stream_shut(&socket_link->stream);
	int failure = connect_link(socket_link, link->timebase, deadline);
	if (failure == 0)
		return IO_OK;
	return failure == ETIMEDOUT ? IO_TIMEOUT : IO_GONE;
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
};
