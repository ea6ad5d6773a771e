/*
 * stream: a link that is one non-blocking descriptor with bytes and no messages. What `socket`, `pty` and `serial` have in
 * common; they differ in how the descriptor comes about.
 */
#ifndef JOULERIG_DRIVERS_LINKS_STREAM_H
#define JOULERIG_DRIVERS_LINKS_STREAM_H

#include "link.h"

struct stream {
	struct link link; /* first: a link_ops hook gets its address */
	int fd;           /* -1 while closed */
	bool is_socket;
};

/* link_ops hooks. */
enum io stream_send(struct link *link, const void *bytes, size_t size, int64_t deadline);
enum io stream_recv(struct link *link, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline);
enum io stream_clear(struct link *link, int64_t deadline);
bool stream_unread(struct link *link);
int stream_descriptor(const struct link *link);

/* Drops what comes until nothing has for `quiet` ns. */
enum io stream_drain(struct stream *stream, int64_t quiet, int64_t deadline);
/* Waits until `fd` is ready for `events` of poll(2). IO_OK also when it is in error: the next call tells which. */
enum io stream_wait(struct timebase *timebase, int fd, short events, int64_t deadline);
void stream_shut(struct stream *stream); /* closes the descriptor */

#endif
