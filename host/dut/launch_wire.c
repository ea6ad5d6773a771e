#include "launch_wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "descriptors.h"

union control {
	char bytes[CMSG_SPACE(PREPARE_DESCRIPTORS * sizeof(int))];
	struct cmsghdr align;
};

static void attach(struct msghdr *header, union control *control, const int *descriptors, int n)
{
	memset(control, 0, sizeof *control);
	header->msg_control = control->bytes;
	header->msg_controllen = CMSG_SPACE((size_t)n * sizeof(int));
	struct cmsghdr *rights = CMSG_FIRSTHDR(header);
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN((size_t)n * sizeof(int));
	memcpy(CMSG_DATA(rights), descriptors, (size_t)n * sizeof(int));
}

int wire_send(int socket, const void *message, size_t size, const int *descriptors, int n)
{
	struct iovec part = { .iov_base = (void *)(uintptr_t)message, .iov_len = size };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	union control control;
	if (n > 0)
		attach(&header, &control, descriptors, n);
	ssize_t sent;
	do
		sent = sendmsg(socket, &header, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? errno : 0;
}

static void detach(struct msghdr *header, int *descriptors, int n)
{
	for (int i = 0; i < n; i++)
		descriptors[i] = -1;
	const struct cmsghdr *rights = CMSG_FIRSTHDR(header);
	if (rights == NULL || rights->cmsg_type != SCM_RIGHTS)
		return;
	size_t bytes = rights->cmsg_len - CMSG_LEN(0);
	if (bytes <= (size_t)n * sizeof(int))
		memcpy(descriptors, CMSG_DATA(rights), bytes);
}

int wire_receive(int socket, void *message, size_t size, int *descriptors, int n, int flags)
{
	struct iovec part = { .iov_base = message, .iov_len = size };
	union control control = { .bytes = { 0 } };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	if (n > 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE((size_t)n * sizeof(int));
	}
	ssize_t got;
	do
		got = recvmsg(socket, &header, flags | MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == ECONNRESET ? EPIPE : errno;
	detach(&header, descriptors, n);
	if ((size_t)got == size && !(header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return 0;
	descriptors_close(descriptors, n);
	return got == 0 ? EPIPE : EPROTO;
}
