#include "dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stream.h"

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
static int connect_fd(struct timebase *timebase, int fd, const struct place *place, int64_t deadline)
{
	for (;;) {
		if (connect(fd, (const struct sockaddr *)&place->address, place->size) == 0)
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

int dial(const struct place *place, struct timebase *timebase, int64_t deadline)
{
	int one = 1; /* a query is one small segment, waited for: Nagle's delay would double each exchange */
	int fd = socket(place->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	int failure = connect_fd(timebase, fd, place, deadline);
	if (failure != 0) {
		close(fd);
		return -failure;
	}
	if (place->address.ss_family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

enum io dial_meaning(int failure)
{
	return failure == -ETIMEDOUT ? IO_TIMEOUT : IO_GONE;
}

/* Tries each address until one answers; a silent one takes no more than its share of the time. */
static int dial_any(const struct addrinfo *found, struct place *place, struct timebase *timebase, int64_t deadline)
{
	int fd = -EHOSTUNREACH, left = 0;
	for (const struct addrinfo *each = found; each; each = each->ai_next)
		left++;
	for (; found && fd < 0; found = found->ai_next) {
		int64_t now = timebase->now(timebase);
		memcpy(&place->address, found->ai_addr, found->ai_addrlen);
		place->size = found->ai_addrlen;
		fd = dial(place, timebase, now + (deadline - now) / left--);
	}
	return fd;
}

int dial_host(const struct endpoint *endpoint, int port, struct place *place, struct timebase *timebase, int64_t deadline,
	      struct error *error)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV }, *found = NULL;
	char service[8];
	snprintf(service, sizeof service, "%d", port);
	int unresolved = getaddrinfo(endpoint->host, service, &hints, &found);
	if (unresolved)
		return error_set(error, ERROR_NOT_FOUND, endpoint->text, "check the host name, or write the address in numbers",
				 "cannot find the host '%s': %s", endpoint->host, gai_strerror(unresolved));
	int fd = dial_any(found, place, timebase, deadline);
	freeaddrinfo(found);
	if (fd >= 0)
		return fd;
	return error_errno(error, -fd, endpoint->text, "check the address and port, and that the instrument's network is on",
			   "cannot connect to port %d", port);
}

void place_set_port(struct place *place, int port)
{
	if (place->address.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&place->address)->sin6_port = htons((uint16_t)port);
	else
		((struct sockaddr_in *)&place->address)->sin_port = htons((uint16_t)port);
}
