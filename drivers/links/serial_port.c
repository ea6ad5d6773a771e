#include "links/serial_port.h"

#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define PORTS_NAMED 8
#define BAUD_TOLERANCE 40 /* 1/40: a byte of ten bits is still read right */

struct serial_port *serial_port_new(const struct endpoint *endpoint, struct error *error)
{
	struct serial_port *port = calloc(1, sizeof *port);
	if (port == NULL) {
		error_errno(error, ENOMEM, endpoint->text, NULL, "cannot open a link");
		return NULL;
	}
	port->fd = -1;
	memcpy(port->text, endpoint->text, sizeof port->text);
	memcpy(port->path, endpoint->path, sizeof port->path);
	if (serial_settings_parse(endpoint, &port->settings, error) == 0)
		return port;
	free(port);
	return NULL;
}

/* ---- what is wrong ---- */

static int missing(struct serial_port *port)
{
	struct finding found[PORTS_NAMED];
	char remedy[sizeof port->error.remedy] = "plug it in: this machine has no serial port";
	size_t n = serial_find(found, PORTS_NAMED), length = 0;
	for (size_t i = 0; i < n && i < PORTS_NAMED && length < sizeof remedy; i++)
		length += (size_t)snprintf(remedy + length, sizeof remedy - length, "%s%s", i ? ", " : "the serial ports here are: ",
					   found[i].endpoint);
	return error_errno(&port->error, ENOENT, port->text, remedy, "there is no such port");
}

static int held(struct serial_port *port)
{
	char remedy[sizeof port->error.remedy];
	snprintf(remedy, sizeof remedy, "end it: 'fuser -v %.180s' tells which it is", port->path);
	return error_set(&port->error, ERROR_PERMISSION, port->text, remedy, "another program holds the port");
}

/* A terminal without a serial port behind it has no line settings. */
static int no_port(struct serial_port *port)
{
	char remedy[sizeof port->error.remedy];
	snprintf(remedy, sizeof remedy, "a pseudo-terminal is reached by pty://%.180s", port->path);
	return error_set(&port->error, ERROR_UNSUPPORTED, port->text, remedy, "not a serial port");
}

static int failed(struct serial_port *port, int failure, const char *what)
{
	switch (failure) {
	case ENOENT:
		return missing(port);
	case EBUSY:
	case EWOULDBLOCK:
		return held(port);
	case EACCES:
	case EPERM:
		return error_errno(&port->error, failure, port->text, ACCESS_REMEDY, "%s", what);
	case ENOTTY:
	case EINVAL:
		return no_port(port);
	default:
		return error_errno(&port->error, failure, port->text, "unplug the adapter and plug it in again", "%s", what);
	}
}

/* ---- opening ---- */

/* Before anything about the port is changed: does another program hold it? The superuser is let in all the same. 0 or an
 * errno value. */
static int check_free(const char *node)
{
	int exclusive = 0, failure = 0;
	int fd = open(node, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		failure = errno;
	else if (ioctl(fd, TIOCGEXCL, &exclusive) < 0)
		failure = errno;
	else if (exclusive)
		failure = EBUSY;
	close(fd);
	return failure;
}

/* Held against who opens it (TIOCEXCL) and against the superuser who asks (flock); not inherited. 0 or an errno value. */
static int hold(int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 || ioctl(fd, TIOCEXCL) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return errno;
	return 0;
}

static void put_flow(struct termios *line, int flow)
{
	line->c_iflag &= ~(tcflag_t)(IXON | IXOFF | IXANY);
	line->c_cflag &= ~(tcflag_t)CRTSCTS;
	line->c_iflag |= flow == SERIAL_FLOW_XONXOFF ? IXON | IXOFF : 0;
	line->c_cflag |= flow == SERIAL_FLOW_RTSCTS ? CRTSCTS : 0;
}

/* What libserialport does not do, or not right: its 0.1.1 sets CRTSCTS among the input flags, where it means nothing; lets bytes
 * with a wrong parity pass for good ones (INPCK makes them NUL, which no line may have); and leaves VMIN at 0, so that nothing to
 * read and the end are alike (at 1 they are EAGAIN and 0). */
static void put_raw(struct termios *line, int flow)
{
	line->c_iflag = INPCK;
	line->c_oflag = 0;
	line->c_lflag = 0;
	line->c_cflag |= CLOCAL | CREAD | HUPCL;
	line->c_cc[VMIN] = 1;
	line->c_cc[VTIME] = 0;
	put_flow(line, flow);
}

/* False where the driver does not keep it. */
static bool make_raw(int fd, int flow)
{
	struct termios wanted, got;
	if (tcgetattr(fd, &wanted) < 0)
		return false;
	put_raw(&wanted, flow);
	if (tcsetattr(fd, TCSANOW, &wanted) < 0 || tcgetattr(fd, &got) < 0)
		return false;
	return got.c_iflag == wanted.c_iflag && got.c_cflag == wanted.c_cflag && got.c_cc[VMIN] == wanted.c_cc[VMIN];
}

/* libserialport 0.1.1 leaves xon_xoff of a new config as the heap had it, and refuses the whole config for what it finds there:
 * it is always set, though put_flow has the last word. */
static void fill_config(const struct serial_settings *settings, struct sp_port_config *config)
{
	static const enum sp_parity parities[] = { SP_PARITY_NONE, SP_PARITY_ODD, SP_PARITY_EVEN };
	sp_set_config_baudrate(config, settings->baud);
	sp_set_config_bits(config, settings->bits);
	sp_set_config_parity(config, parities[settings->parity]);
	sp_set_config_stopbits(config, settings->stop);
	sp_set_config_xon_xoff(config, settings->flow == SERIAL_FLOW_XONXOFF ? SP_XONXOFF_INOUT : SP_XONXOFF_DISABLED);
	sp_set_config_dtr(config, SP_DTR_ON);
	if (settings->flow != SERIAL_FLOW_RTSCTS) /* there RTS is the driver's own */
		sp_set_config_rts(config, SP_RTS_ON);
}

static bool same_settings(const struct sp_port_config *wanted, const struct sp_port_config *got)
{
	int baud[2] = { 0 }, bits[2] = { 0 }, stop[2] = { 0 };
	enum sp_parity parity[2] = { SP_PARITY_INVALID, SP_PARITY_INVALID };
	for (int i = 0; i < 2; i++) {
		const struct sp_port_config *config = i ? got : wanted;
		sp_get_config_baudrate(config, &baud[i]);
		sp_get_config_bits(config, &bits[i]);
		sp_get_config_stopbits(config, &stop[i]);
		sp_get_config_parity(config, &parity[i]);
	}
	return abs(baud[0] - baud[1]) <= baud[0] / BAUD_TOLERANCE && bits[0] == bits[1] && stop[0] == stop[1] &&
	       parity[0] == parity[1];
}

static int refused(struct serial_port *port)
{
	char settings[40];
	return error_set(&port->error, ERROR_UNSUPPORTED, port->text, "set the instrument, and the endpoint, to another line speed",
			 "the port cannot do %s", serial_settings_text(&port->settings, settings, sizeof settings));
}

/* Sets and reads back: a driver may take what it likes of the settings and call it success. */
static int set_line(struct serial_port *port)
{
	struct sp_port_config *wanted = NULL, *got = NULL;
	int result = -1;
	if (sp_new_config(&wanted) != SP_OK || sp_new_config(&got) != SP_OK) {
		error_errno(&port->error, ENOMEM, port->text, NULL, "cannot set up the port");
		goto free_configs;
	}
	fill_config(&port->settings, wanted);
	if (sp_set_config(port->port, wanted) != SP_OK)
		refused(port);
	else if (sp_get_config(port->port, got) != SP_OK)
		failed(port, sp_last_error_code(), "cannot read the line settings back");
	else
		result = same_settings(wanted, got) && make_raw(port->fd, port->settings.flow) ? 0 : refused(port);
free_configs:
	sp_free_config(wanted);
	sp_free_config(got);
	return result;
}

static void let_flow(int fd)
{
	struct termios line;
	if (tcgetattr(fd, &line) < 0)
		return;
	put_flow(&line, SERIAL_FLOW_NONE);
	tcsetattr(fd, TCSANOW, &line);
}

/* What is unsent would be waited for by the close: it is dropped, or let out where the other end held it back. */
static void let_go(struct serial_port *port)
{
	if (port->settings.flow != SERIAL_FLOW_NONE)
		let_flow(port->fd);
	sp_flush(port->port, SP_BUF_OUTPUT);
	ioctl(port->fd, TIOCNXCL);
	port->held = false;
}

/* A port that another program took between our look and our lock is that program's: nothing of it is touched. */
static void shut(struct serial_port *port)
{
	if (port->held)
		let_go(port);
	if (port->fd >= 0)
		sp_close(port->port);
	sp_free_port(port->port);
	port->port = NULL;
	port->fd = -1;
}

static int open_node(struct serial_port *port, const char *node)
{
	int failure = check_free(node);
	if (failure != 0)
		return failed(port, failure, "cannot open the port");
	if (sp_get_port_by_name(node, &port->port) != SP_OK)
		return no_port(port);
	if (sp_open(port->port, SP_MODE_READ_WRITE) != SP_OK)
		return failed(port, sp_last_error_code(), "cannot open the port");
	sp_get_port_handle(port->port, &port->fd);
	failure = hold(port->fd);
	port->held = failure == 0;
	return failure == 0 ? set_line(port) : failed(port, failure, "cannot set up the port");
}

int serial_port_open(struct serial_port *port)
{
	char node[PATH_MAX];
	shut(port);
	port->error = (struct error)ERROR_INIT;
	if (realpath(port->path, node) == NULL)
		return failed(port, errno, "cannot open the port");
	if (open_node(port, node) == 0) {
		sp_flush(port->port, SP_BUF_BOTH);
		return 0;
	}
	shut(port);
	return -1;
}

void serial_port_free(struct serial_port *port)
{
	shut(port);
	free(port);
}
