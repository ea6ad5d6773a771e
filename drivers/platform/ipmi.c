#include "platform/ipmi.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ipmi.h>
#include <poll.h>
#include <string.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NO_BMC "load ipmi_si and ipmi_devintf (`modprobe ipmi_devintf`); a machine without a BMC has no DCMI"

static enum io lost(int error)
{
	return error == EBUSY || error == EAGAIN ? IO_TIMEOUT : IO_GONE;
}

static enum io ask(struct ipmi *ipmi, uint8_t netfn, uint8_t command, const uint8_t *data, size_t size)
{
	struct ipmi_system_interface_addr address = { .addr_type = IPMI_SYSTEM_INTERFACE_ADDR_TYPE, .channel = IPMI_BMC_CHANNEL };
	uint8_t copy[16];
	if (size > sizeof copy)
		return IO_GARBLED;
	memcpy(copy, data, size);
	struct ipmi_req request = { .addr = (unsigned char *)&address, .addr_len = sizeof address, .msgid = ++ipmi->number,
				    .msg = { .netfn = netfn, .cmd = command, .data = copy, .data_len = (unsigned short)size } };
	return ioctl(ipmi->fd, IPMICTL_SEND_COMMAND, &request) == 0 ? IO_OK : lost(errno);
}

/* True when it is the answer to the last question. A driver that had no room says so by EMSGSIZE, and has thrown the rest away. */
static bool take(struct ipmi *ipmi, uint8_t reply[IPMI_REPLY_MAX], size_t *got, enum io *io)
{
	struct ipmi_addr address;
	struct ipmi_recv received = { .addr = (unsigned char *)&address, .addr_len = sizeof address,
				      .msg = { .data = reply, .data_len = IPMI_REPLY_MAX } };
	*io = IO_OK;
	if (ioctl(ipmi->fd, IPMICTL_RECEIVE_MSG_TRUNC, &received) != 0 && errno != EMSGSIZE) {
		if (errno != EAGAIN && errno != EINTR)
			*io = lost(errno);
		return *io != IO_OK;
	}
	*got = received.msg.data_len;
	return received.recv_type == IPMI_RESPONSE_RECV_TYPE && received.msgid == ipmi->number;
}

enum io ipmi_exchange(struct ipmi *ipmi, uint8_t netfn, uint8_t command, const uint8_t *data, size_t size, uint8_t reply[IPMI_REPLY_MAX],
		      size_t *got, int64_t deadline)
{
	if (ipmi->fd < 0)
		return IO_GONE;
	enum io io = ask(ipmi, netfn, command, data, size);
	while (io == IO_OK) {
		int64_t left = deadline - ipmi->timebase->now(ipmi->timebase);
		struct pollfd set = { .fd = ipmi->fd, .events = POLLIN };
		if (left <= 0)
			return IO_TIMEOUT;
		struct timespec timeout = { .tv_sec = left / NS_PER_S, .tv_nsec = left % NS_PER_S };
		if (ppoll(&set, 1, &timeout, NULL) > 0 && take(ipmi, reply, got, &io))
			return io;
	}
	if (io == IO_GONE)
		ipmi_close(ipmi);
	return io;
}

int ipmi_open(struct ipmi *ipmi, const char *path, struct timebase *timebase, struct error *error)
{
	*ipmi = (struct ipmi){ .timebase = timebase, .exchange = ipmi_exchange };
	snprintf(ipmi->path, sizeof ipmi->path, "%s", path);
	ipmi->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (ipmi->fd >= 0)
		return 0;
	bool forbidden = errno == EACCES || errno == EPERM;
	return error_errno(error, errno, path, forbidden ? ACCESS_REMEDY : NO_BMC, "cannot reach the machine's BMC");
}

void ipmi_reopen(struct ipmi *ipmi)
{
	ipmi_close(ipmi);
	ipmi->fd = open(ipmi->path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

void ipmi_close(struct ipmi *ipmi)
{
	if (ipmi->fd >= 0)
		close(ipmi->fd);
	ipmi->fd = -1;
}
