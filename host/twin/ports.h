/*
 * ports: where the meter is plugged in: a unix socket, a loopback TCP port, a pseudo-terminal, a terminal that is there already
 * (the other end of a null-modem cable, a USB gadget). Descriptors only; what is said over them is the session's business. One client at a time has the sockets; the next one waits in the backlog.
 */
#ifndef JOULERIG_TWIN_PORTS_H
#define JOULERIG_TWIN_PORTS_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct ports {
	int unix_listener, tcp_listener, client, pty, pty_slave, tty; /* descriptors; -1: none */
	int vxi11_listener, portmapper_listener;
	bool client_is_unix, client_is_vxi11;
	char unix_path[108], pty_link[256], pty_name[64], tty_path[128];
	int tty_baud; /* 0: as it is */
	int tcp_port, vxi11_port;
};

void ports_init(struct ports *ports);
int ports_open_unix(struct ports *ports, const char *path, struct error *error);
int ports_open_tcp(struct ports *ports, int port, struct error *error);        /* 0: any; tells it in tcp_port */
int ports_open_vxi11(struct ports *ports, int port, struct error *error);      /* the same in vxi11_port */
int ports_open_portmapper(struct ports *ports, int port, struct error *error); /* another way to the same service */
int ports_open_pty(struct ports *ports, const char *link, struct error *error); /* `link` will point to it */
/* A terminal that exists, or a character device that is none (a virtio port). */
int ports_open_tty(struct ports *ports, const char *path, int baud, struct error *error);
/* After the tty was hung up, and for as long as it does not come back. */
void ports_reopen_tty(struct ports *ports);
void ports_close(struct ports *ports);                                         /* removes what stands in the file system */

/* A waiting client becomes the client. False if there is none. */
bool ports_accept(struct ports *ports, int listener);
void ports_drop(struct ports *ports); /* throws the client out */
bool ports_unread(const struct ports *ports); /* the client has not read all that was sent to it (known on unix only) */

/* Bytes read; 0: nothing now; -1: the other end has gone. */
int ports_read(int fd, char *bytes, size_t size);
/* Sends what the other end takes at once; the rest is lost, as on a serial line. False if it has gone. */
bool ports_write(int fd, const char *bytes, size_t size);

#endif
