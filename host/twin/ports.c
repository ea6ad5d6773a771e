#include "ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>
#include <linux/sockios.h>

#include "log.h"

#define BACKLOG 16

void ports_init(struct ports *p)
{
	*p = (struct ports){ .unix_listener = -1, .tcp_listener = -1, .client = -1, .pty = -1, .pty_slave = -1, .tty = -1,
			     .tcp_port = -1, .vxi11_listener = -1, .portmapper_listener = -1, .vxi11_port = -1 };
}

int ports_open_unix(struct ports *p, const char *path, struct error *error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof address.sun_path)
		return error_set(error, ERROR_CONFIG, path, "give --directory a shorter path",
				 "too long for a socket's name (%zu bytes)", sizeof address.sun_path - 1);
	strcpy(address.sun_path, path);
	strcpy(p->unix_path, path);
	p->unix_listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->unix_listener < 0)
		return error_errno(error, errno, path, NULL, "cannot make a socket");
	unlink(path); /* a killed twin's; the folder's lock says that there is no other */
	if (bind(p->unix_listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(p->unix_listener, BACKLOG) != 0)
		return error_errno(error, errno, path, "give --directory a folder that can be written",
				   "cannot listen on the socket");
	return 0;
}

static int listen_on(int port, int *listener, int *actual, struct error *error)
{
	char name[32];
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof address;
	int on = 1;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((uint16_t)port);
	snprintf(name, sizeof name, "127.0.0.1:%d", port);
	*listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*listener < 0)
		return error_errno(error, errno, name, NULL, "cannot make a socket");
	setsockopt(*listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(*listener, (struct sockaddr *)&address, size) != 0 || listen(*listener, BACKLOG) != 0)
		return error_errno(error, errno, name, "give another port, or 0 for any", "cannot listen on the port");
	if (getsockname(*listener, (struct sockaddr *)&address, &size) != 0)
		return error_errno(error, errno, name, NULL, "cannot tell which port it is");
	*actual = ntohs(address.sin_port);
	return 0;
}

int ports_open_tcp(struct ports *p, int port, struct error *error)
{
	return listen_on(port, &p->tcp_listener, &p->tcp_port, error);
}

int ports_open_vxi11(struct ports *p, int port, struct error *error)
{
	return listen_on(port, &p->vxi11_listener, &p->vxi11_port, error);
}

int ports_open_portmapper(struct ports *p, int port, struct error *error)
{
	return listen_on(port, &p->portmapper_listener, &port, error);
}

/* The far end stays open here as well: a host that closes and opens it again finds the instrument where it was. */
static int open_slave(struct ports *p, struct error *error)
{
	struct termios raw;
	if (grantpt(p->pty) != 0 || unlockpt(p->pty) != 0 || ptsname_r(p->pty, p->pty_name, sizeof p->pty_name) != 0)
		return error_errno(error, errno, "/dev/ptmx", NULL, "cannot unlock a pseudo-terminal");
	p->pty_slave = open(p->pty_name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (p->pty_slave < 0 || tcgetattr(p->pty_slave, &raw) != 0)
		return error_errno(error, errno, p->pty_name, NULL, "cannot open the pseudo-terminal");
	cfmakeraw(&raw);
	if (tcsetattr(p->pty_slave, TCSANOW, &raw) != 0)
		return error_errno(error, errno, p->pty_name, NULL, "cannot set up the pseudo-terminal");
	return 0;
}

int ports_open_pty(struct ports *p, const char *link, struct error *error)
{
	p->pty = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (p->pty < 0)
		return error_errno(error, errno, "/dev/ptmx", "take `pty: on` out of the twin's file",
				   "cannot get a pseudo-terminal");
	if (open_slave(p, error) != 0)
		return -1;
	unlink(link);
	if (symlink(p->pty_name, link) != 0)
		return error_errno(error, errno, link, "give --directory a folder that can be written",
				   "cannot link to the pseudo-terminal");
	snprintf(p->pty_link, sizeof p->pty_link, "%s", link);
	return 0;
}

/* Line settings matter to a real line only: where the speed is one that the kernel has no name for, it stays as it is. */
static int make_raw(int fd, int baud)
{
	struct termios raw;
	if (tcgetattr(fd, &raw) != 0)
		return errno == ENOTTY || errno == EINVAL ? 0 : -1; /* no terminal: raw as it is */
	cfmakeraw(&raw);
	raw.c_cflag |= CLOCAL | CREAD;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (baud > 0)
		cfsetspeed(&raw, (speed_t)baud);
	return tcsetattr(fd, TCSANOW, &raw);
}

static int open_tty(struct ports *p)
{
	int fd = open(p->tty_path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (make_raw(fd, p->tty_baud) == 0) {
		p->tty = fd;
		return 0;
	}
	int failure = errno;
	close(fd);
	errno = failure;
	return -1;
}

int ports_open_tty(struct ports *p, const char *path, int baud, struct error *error)
{
	snprintf(p->tty_path, sizeof p->tty_path, "%s", path);
	p->tty_baud = baud;
	if (open_tty(p) == 0)
		return 0;
	return error_errno(error, errno, path, "give a terminal that exists as `tty` in the twin's file", "cannot open the terminal");
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void ports_reopen_tty(struct ports *p)
{
	close_one(&p->tty);
	open_tty(p);
}

void ports_close(struct ports *p)
{
	if (p->unix_listener >= 0)
		unlink(p->unix_path);
	if (p->pty_link[0] != '\0')
		unlink(p->pty_link);
	close_one(&p->client);
	close_one(&p->unix_listener);
	close_one(&p->tcp_listener);
	close_one(&p->vxi11_listener);
	close_one(&p->portmapper_listener);
	close_one(&p->pty_slave);
	close_one(&p->pty);
	close_one(&p->tty);
}

bool ports_accept(struct ports *p, int listener)
{
	int on = 1, fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return false;
	p->client = fd;
	p->client_is_unix = listener == p->unix_listener;
	p->client_is_vxi11 = listener == p->vxi11_listener || listener == p->portmapper_listener;
	if (!p->client_is_unix)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return true;
}

void ports_drop(struct ports *p)
{
	close_one(&p->client);
}

bool ports_unread(const struct ports *p)
{
	int bytes = 0;
	return p->client_is_unix && ioctl(p->client, SIOCOUTQ, &bytes) == 0 && bytes > 0;
}

int ports_read(int fd, char *bytes, size_t size)
{
	ssize_t n = read(fd, bytes, size);
	if (n > 0)
		return (int)n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return -1;
}

bool ports_write(int fd, const char *bytes, size_t size)
{
	ssize_t n = write(fd, bytes, size);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return false;
	if (n < (ssize_t)size)
		log_say(LOG_LEVEL_WARNING, "the client does not read: %zd bytes of a reply lost",
			(ssize_t)size - (n > 0 ? n : 0));
	return true;
}
