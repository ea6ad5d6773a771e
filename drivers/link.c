/* What all links have in common: the pending bytes behind a line, lines and queries. The URI is parsed in endpoint.c. */
#include "link.h"

#include <string.h>

const char *io_name(enum io io)
{
	static const char *const names[] = {
		[IO_OK] = "ok", [IO_TIMEOUT] = "timeout", [IO_GONE] = "gone", [IO_GARBLED] = "garbled",
	};
	return (unsigned)io < sizeof names / sizeof *names ? names[io] : "unknown";
}

struct link *link_open(const struct endpoint *endpoint, struct timebase *timebase, int64_t deadline, struct error *error)
{
	const struct link_ops *ops = link_ops_find(endpoint->scheme);
	if (ops == NULL) {
		error_set(error, ERROR_UNSUPPORTED, endpoint->text, NULL, "this build has no link for '%s://'", endpoint->scheme);
		return NULL;
	}
	struct link *link = ops->open(endpoint, timebase, deadline, error);
	if (link == NULL)
		return NULL;
	link->ops = ops;
	link->timebase = timebase;
	link->pending_size = 0;
	link->awaited = false;
	link->crlf = false;
	return link;
}

void link_close(struct link *link)
{
	if (link)
		link->ops->close(link);
}

enum io link_reopen(struct link *link, int64_t deadline)
{
	link->pending_size = 0;
	link->awaited = false;
	return link->ops->reopen(link, deadline);
}

enum io link_send(struct link *link, const void *bytes, size_t size, int64_t deadline)
{
	return link->ops->send(link, bytes, size, deadline);
}

static void drop_pending(struct link *link, size_t size)
{
	link->pending_size -= size;
	memmove(link->pending, link->pending + size, link->pending_size);
}

enum io link_recv(struct link *link, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	if (link->pending_size == 0)
		return link->ops->recv(link, bytes, size, got, end, deadline);
	*got = size < link->pending_size ? size : link->pending_size;
	*end = false;
	memcpy(bytes, link->pending, *got);
	drop_pending(link, *got);
	return IO_OK;
}

enum io link_clear(struct link *link, int64_t deadline)
{
	link->pending_size = 0;
	enum io io = link->ops->clear(link, deadline);
	link->awaited = io != IO_OK;
	return io;
}

/* Moves the first `length` pending bytes into `line`, and drops them together with the `skip` bytes of their newline. */
static enum io take_line(struct link *link, size_t length, size_t skip, char *line, size_t size)
{
	size_t text = length;
	if (text > 0 && link->pending[text - 1] == '\r')
		text--;
	bool fits = text < size && memchr(link->pending, '\0', text) == NULL;
	if (fits)
		memcpy(line, link->pending, text);
	line[fits ? text : 0] = '\0';
	drop_pending(link, length + skip);
	link->awaited = false;
	return fits ? IO_OK : IO_GARBLED;
}

enum io link_line(struct link *link, char *line, size_t size, int64_t deadline)
{
	size_t searched = 0;
	bool end = false;
	line[0] = '\0';
	link->awaited = true;
	for (;;) {
		const char *from = link->pending + searched;
		const char *newline = memchr(from, '\n', link->pending_size - searched);
		size_t length = newline ? (size_t)(newline - link->pending) : link->pending_size;
		if (end && newline && length + 1 < link->pending_size) {
			link->pending_size = 0; /* which of them is the answer? */
			return IO_GARBLED;
		}
		if (newline || end)
			return take_line(link, length, newline ? 1 : 0, line, size);
		searched = link->pending_size;
		if (searched == sizeof link->pending)
			return IO_GARBLED;
		size_t got = 0, room = sizeof link->pending - searched;
		enum io io = link->ops->recv(link, link->pending + searched, room, &got, &end, deadline);
		if (io == IO_GONE) { /* nothing comes any more */
			link->pending_size = 0;
			link->awaited = false;
		}
		if (io != IO_OK)
			return io;
		link->pending_size += got;
	}
}

/* No earlier answer, or part of one, may be taken for the next. Among messages a clear leaves nothing behind. Bytes may come later
 * than it waits, and only a question of the caller's own choosing tells when there are no more. */
static enum io put_in_step(struct link *link, int64_t deadline)
{
	if (link->awaited && link->ops->unread == NULL)
		return link_clear(link, deadline);
	if (!link->awaited && link->pending_size == 0 && !(link->ops->unread && link->ops->unread(link)))
		return IO_OK;
	link->pending_size = 0;
	link->awaited = true; /* more of it may come */
	return IO_GARBLED;
}

enum io link_query(struct link *link, const char *command, char *reply, size_t size, int64_t deadline)
{
	char line[512];
	size_t length = strlen(command);
	reply[0] = '\0';
	if (length + 2 > sizeof line)
		return IO_GARBLED;
	memcpy(line, command, length);
	if (link->crlf)
		line[length++] = '\r';
	line[length] = '\n'; /* in one piece: a split command would be two packets, or two USBTMC messages */
	enum io io = put_in_step(link, deadline);
	if (io != IO_OK)
		return io;
	link->awaited = true;
	io = link_send(link, line, length + 1, deadline);
	return io == IO_OK ? link_line(link, reply, size, deadline) : io;
}
