/*
 * link: bytes to and from an instrument, with absolute deadlines. One owner thread; no link ever blocks past its deadline, but for
 * what the system does without one: looking up a host's name, at open (dial.h), and 5 s at most of a USB instrument that falls
 * silent at the wrong moment (usb_device.h).
 *
 * An endpoint is a URI: `usbtmc://0b21:0025/SERIAL`, `serial:///dev/ttyUSB0?baud=9600`, `tcp://10.0.0.7:5025`,
 * `vxi11://10.0.0.7`, `unix:///run/x.sock`, `pty:///dev/pts/4`, `http://plug.local`, `file:///sys/class/powercap`,
 * `gpio:///dev/gpiochip0`.
 */
#ifndef JOULERIG_DRIVERS_LINK_H
#define JOULERIG_DRIVERS_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clock.h"
#include "error.h"

enum io {
	IO_OK,
	IO_TIMEOUT, /* nothing (more) by the deadline; the instrument may still answer later: link_clear before the next query */
	IO_GONE,    /* closed, reset or unplugged: link_reopen or link_close is all that is left to do */
	IO_GARBLED, /* bytes that the link's own framing does not allow, or a reply longer than the buffer */
};
const char *io_name(enum io io);

struct endpoint {
	char text[256];   /* the URI as written, for messages */
	char scheme[16];
	char host[128];   /* tcp, vxi11, http: host name; usbtmc: VID:PID */
	int port;         /* -1 when absent */
	char path[192];   /* with its leading slash; "" when absent */
	char query[64];   /* what follows '?'; "" when absent */
};
/* Checks the form that the scheme asks for: what must and must not be given. Whether this build has such a link is told by
 * link_ops_find. */
int endpoint_parse(const char *uri, struct endpoint *endpoint, struct error *error);

/* What a kind of link sees without talking to it: for `joulerig detect`. */
struct finding {
	char endpoint[256];       /* the URI that reaches it */
	char node[64];            /* the device node whose permissions decide; "": none */
	uint16_t vendor, product; /* USB; 0: not on USB */
	char maker[64], model[64], serial[64]; /* as its descriptors say; "": unknown, or unreadable */
	bool forbidden;           /* this user may not open it */
};

/* What grants a plain user access to instruments, lines and counters: the remedy of every refusal. */
#define ACCESS_REMEDY "run 'sudo ./scripts/install-rules' once: its udev rules give the group plugdev access to instruments, lines and counters"

struct link;

/* One kind of link. `open` returns NULL with the error filled. `reopen` closes and connects again in place, without
 * allocating: it is called from step, after IO_GONE. When it fails the link is closed, and may be reopened again later. `recv`
 * returns at least one byte with IO_OK, or the end of a message alone; `end` tells that the bytes complete a message (links that
 * know messages: USBTMC, VXI-11, HTTP). `clear` drops what is under way in both directions, so that the next query works. */
struct link_ops {
	const char *scheme, *summary;
	struct link *(*open)(const struct endpoint *endpoint, struct timebase *timebase, int64_t deadline, struct error *error);
	enum io (*reopen)(struct link *link, int64_t deadline);
	enum io (*send)(struct link *link, const void *bytes, size_t size, int64_t deadline);
	enum io (*recv)(struct link *link, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline);
	enum io (*clear)(struct link *link, int64_t deadline);
	void (*close)(struct link *link);
	/* Optional: has anything come in that nobody has received? Waits for nothing: one system call at most. For links whose bytes
	 * do not tell which question they answer. */
	bool (*unread)(struct link *link);
	/* Optional: what bytes are written to, for who writes beside the link and in pieces that a terminal does not mix (line_out.h).
	 * Another one after each reopen; -1 while closed. */
	int (*descriptor)(const struct link *link);
	/* Optional: what there is to be opened. Fills at most `max`, returns how many there are. Talks to nothing. */
	size_t (*find)(struct finding *found, size_t max);
};

/* Embedded first in each kind's own struct. `pending` holds bytes that followed a line; `awaited`: a line was wanted, and its end
 * has not come. */
struct link {
	const struct link_ops *ops;
	struct timebase *timebase;
	char pending[4096];
	size_t pending_size;
	bool awaited;
	bool crlf; /* commands end with CR LF, not with LF alone: the driver's to set */
};

/* All deadlines: MONOTONIC ns, absolute. */
struct link *link_open(const struct endpoint *endpoint, struct timebase *timebase, int64_t deadline, struct error *error);
void link_close(struct link *link); /* NULL is fine */
enum io link_send(struct link *link, const void *bytes, size_t size, int64_t deadline);
enum io link_recv(struct link *link, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline);
enum io link_clear(struct link *link, int64_t deadline);
enum io link_reopen(struct link *link, int64_t deadline); /* same endpoint, same struct; nothing is pending afterwards */

/* Reads one line (or message) into `line`, without its CR LF, NUL-terminated. A line with a NUL byte in it, or longer than
 * `size` or `pending`, is IO_GARBLED, and so is a message of more than one line. What had come before a timeout stays pending:
 * link_clear drops it. */
enum io link_line(struct link *link, char *line, size_t size, int64_t deadline);
/* Sends `command` and a newline, reads one line of reply. So that no other's answer is taken for it, nothing is sent and it is
 * IO_GARBLED, until link_clear, where bytes have come that nobody asked for, or the last line that was wanted has not come to its
 * end. (In the latter case, links that know messages are cleared by the query itself.) */
enum io link_query(struct link *link, const char *command, char *reply, size_t size, int64_t deadline);

/* Each kind of link, listed once in drivers/registry.c. */
extern const struct link_ops *const link_kinds[]; /* NULL-terminated */
const struct link_ops *link_ops_find(const char *scheme);

#endif
