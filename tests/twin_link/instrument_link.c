#include "instrument_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"

#define QUIET (20 * NS_PER_MS) /* so long without a byte: nothing more is on its way */

struct instrument_link {
	struct link link; /* first: drivers see only this */
	struct instrument_place place;
	struct instrument *instrument;
	struct random random;
	double way_least, way_most;
	int64_t back; /* ns that bytes are on their way back */
	bool open;

	/* http */
	bool asked;                           /* a request has been sent, and its reply not all been received */
	size_t n_reply, body, taken;          /* bytes of the reply so far; where its body begins, 0: not known; bytes of that handed on */
	char reply[INSTRUMENT_QUEUE + 1];
};

static bool speaks_http(const struct instrument_link *self)
{
	return self->instrument->family->framing == INSTRUMENT_HTTP;
}

static int64_t present(const struct instrument_link *self)
{
	return self->place.present(self->place.context);
}

static void pass(const struct instrument_link *self, int64_t t)
{
	self->place.pass(self->place.context, t);
}

static int64_t way(struct instrument_link *self)
{
	return (int64_t)random_between(&self->random, self->way_least, self->way_most);
}

static void hang_up(struct instrument_link *self)
{
	instrument_reset(self->instrument);
	self->asked = false;
	self->open = false;
}

static bool plugged(const struct instrument_link *self)
{
	return self->place.plugged == NULL || self->place.plugged(self->place.context);
}

/* The script of faults may have thrown the client out: it is let in again when that is over. */
static bool connected(struct instrument_link *self, int64_t twin)
{
	if (self->open && instrument_shut(self->instrument, twin))
		hang_up(self);
	return self->open;
}

/* ---- bytes ---- */

static enum io feed(struct instrument_link *self, const void *bytes, size_t size)
{
	pass(self, present(self) + way(self));
	int64_t twin = self->place.bring_up(self->place.context, present(self));
	if (!connected(self, twin))
		return IO_GONE;
	self->back = way(self);
	instrument_feed(self->instrument, twin, bytes, size);
	return IO_OK;
}

/* What left the instrument at least a way ago is here. */
static enum io take(struct instrument_link *self, void *bytes, size_t size, size_t *got, int64_t deadline)
{
	for (;;) {
		int64_t twin = self->place.bring_up(self->place.context, present(self));
		if (!connected(self, twin))
			return IO_GONE;
		*got = instrument_take(self->instrument, twin - self->back, bytes, size);
		if (*got > 0)
			return IO_OK;
		if (instrument_hangs_up(self->instrument)) {
			hang_up(self);
			return IO_GONE;
		}
		int64_t due = self->place.host_time(self->place.context, instrument_next(self->instrument));
		if (due == NEVER || due + self->back >= deadline) {
			pass(self, deadline);
			return IO_TIMEOUT;
		}
		int64_t now = present(self), arrival = due + self->back;
		pass(self, arrival > now ? arrival : now + 1);
	}
}

/* ---- HTTP ---- */

/* A connection for each request, as libcurl is told to. */
static enum io send_request(struct instrument_link *self, const char *message, size_t size)
{
	struct text text = TEXT_INIT;
	static const char post[] = "POST ";
	const char *end = memchr(message, '\n', size);
	size_t path = end ? (size_t)(end - message) : size;
	instrument_reset(self->instrument);
	self->asked = true;
	self->n_reply = self->body = self->taken = 0;
	if (size > strlen(post) && memcmp(message, post, strlen(post)) == 0) {
		size_t length = end ? size - path - 1 : 0;
		text_addf(&text, "%.*s HTTP/1.1\r\nHost: twin\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%.*s", (int)path,
			  message, length, (int)length, end ? end + 1 : "");
	} else {
		text_addf(&text, "GET %.*s HTTP/1.1\r\nHost: twin\r\n\r\n", (int)path, message);
	}
	enum io io = text_failed(&text) ? IO_GONE : feed(self, text_string(&text), text.length);
	text_free(&text);
	return io;
}

/* IO_TIMEOUT: it goes on. */
static enum io look_at_reply(struct instrument_link *self)
{
	static const char length_is[] = "\r\nContent-Length: ";
	int status;
	self->reply[self->n_reply] = '\0';
	if (self->n_reply >= 5 && memcmp(self->reply, "HTTP/", 5) != 0)
		return IO_GARBLED;
	const char *end = strstr(self->reply, "\r\n\r\n"), *length = strstr(self->reply, length_is);
	if (end == NULL)
		return IO_TIMEOUT;
	if (sscanf(self->reply, "HTTP/1.1 %d", &status) != 1 || length == NULL || length > end)
		return IO_GARBLED;
	self->body = (size_t)(end - self->reply) + 4;
	size_t whole = self->body + strtoul(length + strlen(length_is), NULL, 10);
	if (self->n_reply < whole)
		return IO_TIMEOUT;
	return status == 200 && whole > self->body ? IO_OK : IO_GARBLED;
}

static enum io await_reply(struct instrument_link *self, int64_t deadline)
{
	for (;;) {
		size_t got = 0;
		enum io io = take(self, self->reply + self->n_reply, INSTRUMENT_QUEUE - self->n_reply, &got, deadline);
		if (io == IO_OK) {
			self->n_reply += got;
			io = look_at_reply(self);
			if (io == IO_TIMEOUT)
				continue;
		}
		if (io != IO_TIMEOUT)
			self->asked = false;
		return io;
	}
}

static enum io recv_body(struct instrument_link *self, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	if (self->asked) {
		enum io io = await_reply(self, deadline);
		if (io != IO_OK) {
			self->body = 0;
			return io;
		}
	}
	size_t left = self->body > 0 ? self->n_reply - self->body - self->taken : 0;
	if (left == 0) {
		pass(self, deadline);
		return IO_TIMEOUT; /* nothing was asked */
	}
	*got = left < size ? left : size;
	memcpy(bytes, self->reply + self->body + self->taken, *got);
	self->taken += *got;
	*end = *got == left;
	return IO_OK;
}

/* ---- the link ---- */

static enum io reopen(struct link *link, int64_t deadline)
{
	struct instrument_link *self = (struct instrument_link *)link;
	(void)deadline;
	pass(self, present(self) + way(self));
	int64_t twin = self->place.bring_up(self->place.context, present(self));
	if (!plugged(self)) {
		self->open = false;
		return IO_GONE;
	}
	instrument_reset(self->instrument);
	self->asked = false;
	self->body = 0;
	self->open = true;
	return connected(self, twin) ? IO_OK : IO_GONE;
}

static enum io send(struct link *link, const void *bytes, size_t size, int64_t deadline)
{
	struct instrument_link *self = (struct instrument_link *)link;
	(void)deadline; /* the system's buffer takes it at once */
	if (!speaks_http(self))
		return feed(self, bytes, size);
	self->open = plugged(self); /* it connects anew */
	return send_request(self, bytes, size);
}

static enum io recv(struct link *link, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	struct instrument_link *self = (struct instrument_link *)link;
	*got = 0;
	*end = false;
	return speaks_http(self) ? recv_body(self, bytes, size, got, end, deadline) : take(self, bytes, size, got, deadline);
}

static enum io clear(struct link *link, int64_t deadline)
{
	struct instrument_link *self = (struct instrument_link *)link;
	char waste[512];
	size_t got;
	if (speaks_http(self)) {
		self->asked = false;
		self->body = 0;
		return IO_OK;
	}
	for (;;) {
		int64_t now = present(self);
		if (now >= deadline)
			return IO_TIMEOUT;
		enum io io = take(self, waste, sizeof waste, &got, now + QUIET < deadline ? now + QUIET : deadline);
		if (io != IO_OK)
			return io == IO_TIMEOUT ? IO_OK : io;
	}
}

static bool unread(struct link *link)
{
	struct instrument_link *self = (struct instrument_link *)link;
	int64_t twin = self->place.bring_up(self->place.context, present(self));
	const struct instrument *instrument = self->instrument;
	return self->open && ((instrument->n_sayings > 0 && instrument->sayings[0].due <= twin - self->back) ||
			      (instrument->wire && wire_next(instrument->wire) <= twin - self->back));
}

static void close_link(struct link *link)
{
	free(link);
}

void instrument_link_break(struct link *link)
{
	hang_up((struct instrument_link *)link);
}

struct link *instrument_link_open(const struct instrument_place *place, struct instrument *instrument, uint64_t seed, int64_t way_least,
				  int64_t way_most, struct error *error)
{
	static const struct link_ops stream = {
		.scheme = "twin", .summary = "an instrument of the twin, in simulated time", .reopen = reopen, .send = send, .recv = recv,
		.clear = clear, .close = close_link, .unread = unread,
	};
	static const struct link_ops messages = {
		.scheme = "twin", .summary = "an instrument of the twin, in simulated time", .reopen = reopen, .send = send, .recv = recv,
		.clear = clear, .close = close_link,
	};
	struct instrument_link *self = calloc(1, sizeof *self);
	if (self == NULL) {
		error_set(error, ERROR_INTERNAL, instrument->config->name, NULL, "out of memory");
		return NULL;
	}
	bool http = instrument->family->framing == INSTRUMENT_HTTP;
	self->link = (struct link){ .ops = http ? &messages : &stream, .timebase = place->timebase };
	self->place = *place;
	self->instrument = instrument;
	self->random = random_stream(seed, instrument->config->name);
	self->way_least = (double)way_least;
	self->way_most = (double)way_most;
	self->back = way(self);
	if (!plugged(self) || instrument_shut(instrument, place->bring_up(place->context, present(self)))) {
		error_set(error, ERROR_GONE, instrument->config->name, NULL, "nobody answers");
		free(self);
		return NULL;
	}
	instrument_reset(instrument);
	self->open = true;
	return &self->link;
}
