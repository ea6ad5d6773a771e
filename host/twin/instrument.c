#include "instrument.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "instruments.h"
#include "log.h"

/* ---- what it says ---- */

/* What is due at once, or together with what was said last, goes with it. */
static bool joins_last(const struct instrument *self, int64_t now, int64_t due)
{
	return self->n_sayings > 0 && (self->last_due == due || (self->last_due <= now && due <= now));
}

static void enqueue(struct instrument *self, int64_t now, int64_t due, const void *bytes, size_t size)
{
	if (size == 0)
		return;
	due = due > self->last_due ? due : self->last_due;
	bool joins = joins_last(self, now, due);
	if (size > INSTRUMENT_QUEUE - self->n_queue || (!joins && self->n_sayings == INSTRUMENT_SAYINGS)) {
		if (self->lost++ == 0)
			log_say(LOG_LEVEL_WARNING, "%s: nobody reads: what it says is lost from here on", self->config->name);
		return;
	}
	memcpy(self->queue + self->n_queue, bytes, size);
	self->n_queue += size;
	self->n_sayings += !joins;
	struct instrument_saying *last = &self->sayings[self->n_sayings - 1];
	*last = (struct instrument_saying){ .due = joins ? last->due : due, .end = self->n_queue }; /* what could be taken still can */
	self->last_due = due;
}

static void say_noise(struct instrument *self, int64_t now, int64_t due, size_t size)
{
	struct text noise = TEXT_INIT;
	size_t length = size + random_u64(&self->random) % (size / 4 + 2);
	for (size_t i = 0; i < length; i++) {
		char byte = (char)(random_u64(&self->random) & 0xff);
		text_add_bytes(&noise, &byte, 1);
	}
	if (self->family->framing == INSTRUMENT_LINES)
		text_add(&noise, "\n");
	if (!text_failed(&noise))
		enqueue(self, now, due, noise.bytes, noise.length);
	text_free(&noise);
}

void instrument_say(struct instrument *self, int64_t now, int64_t due, const void *bytes, size_t size)
{
	const struct fault *slow = fault_active(self->faults, FAULT_SLOW, NULL, now);
	if (slow)
		due += slow->by;
	if (instrument_fault(self, FAULT_SILENT, now))
		return;
	if (instrument_fault(self, FAULT_GARBAGE, now))
		say_noise(self, now, due, size);
	else
		enqueue(self, now, due, bytes, instrument_fault(self, FAULT_CUT, now) ? size / 2 : size);
}

static int64_t response(const struct instrument *self, int64_t now)
{
	return now + (int64_t)llround(self->config->response * 1e9);
}

static void say_text(struct instrument *self, int64_t now, const struct text *text)
{
	if (!text_failed(text))
		instrument_say(self, now, response(self, now), text_string(text), text->length);
}

void instrument_answer(struct instrument *self, int64_t now, const char *line, const char *end)
{
	struct text text = TEXT_INIT;
	text_add(&text, line);
	text_add(&text, end);
	say_text(self, now, &text);
	text_free(&text);
}

static const char *reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = { { 200, "OK" }, { 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" },
			{ 405, "Method Not Allowed" }, { 413, "Content Too Large" }, { 500, "Internal Server Error" } };
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}

void instrument_say_http(struct instrument *self, int64_t now, int status, const char *body)
{
	struct text text = TEXT_INIT;
	bool cut = instrument_fault(self, FAULT_CUT, now) || instrument_fault(self, FAULT_GARBAGE, now);
	text_addf(&text, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: %s\r\n\r\n", status, reason(status),
		  strchr("{[", body[0]) ? "application/json" : "text/plain", strlen(body), self->last_request ? "close" : "keep-alive");
	text_add(&text, body);
	say_text(self, now, &text);
	text_free(&text);
	if ((self->last_request || cut) && !instrument_fault(self, FAULT_SILENT, now))
		self->hang_up = true;
}

/* ---- what it hears ---- */

static void forget(struct instrument *self, size_t bytes)
{
	self->n_line -= bytes;
	memmove(self->line, self->line + bytes, self->n_line);
}

static bool hear_line(struct instrument *self, int64_t now)
{
	char *end = memchr(self->line, '\n', self->n_line);
	if (end == NULL)
		return false;
	size_t length = (size_t)(end - self->line), taken = length + 1;
	while (length > 0 && self->line[length - 1] == '\r')
		length--;
	self->line[length] = '\0';
	if (!self->overlong)
		self->family->heard(self, now, self->line, length);
	self->overlong = false;
	forget(self, taken);
	return true;
}

/* The value of a header, from a head that is NUL-terminated; NULL: it is not there. */
static const char *header(const char *head, const char *name)
{
	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
			return line + strlen(name) + 1 + strspn(line + strlen(name) + 1, " ");
	}
	return NULL;
}

static void refuse(struct instrument *self, int64_t now, int status)
{
	self->last_request = true;
	instrument_say_http(self, now, status, "");
	self->n_line = 0;
}

/* "GET /path HTTP/1.1" and its body, in the family's words. */
static void hear_request(struct instrument *self, int64_t now, const char *head, const char *body, size_t size)
{
	char method[8] = "", path[1024] = "", version[16] = "";
	struct text text = TEXT_INIT;
	const char *connection = header(head, "Connection");
	bool complete = sscanf(head, "%7s %1023s %15s", method, path, version) == 3;
	self->last_request = strcmp(version, "HTTP/1.1") != 0 || (connection && strncasecmp(connection, "close", 5) == 0);
	text_addf(&text, "%s %s", method, path);
	if (strcmp(method, "POST") == 0) {
		text_add(&text, "\n");
		text_add_bytes(&text, body, size);
	}
	if (!complete || text_failed(&text))
		refuse(self, now, 400);
	else if (strcmp(method, "GET") != 0 && strcmp(method, "POST") != 0)
		refuse(self, now, 405);
	else
		self->family->heard(self, now, text.bytes, text.length);
	text_free(&text);
}

static bool next_request(struct instrument *self, int64_t now)
{
	char *end = memmem(self->line, self->n_line, "\r\n\r\n", 4);
	if (end == NULL || self->hang_up)
		return false;
	char head[INSTRUMENT_LINE + 1];
	size_t length = (size_t)(end - self->line) + 4;
	memcpy(head, self->line, length);
	head[length] = '\0';
	const char *given = header(head, "Content-Length");
	size_t body = given ? strtoul(given, NULL, 10) : 0;
	if (body > INSTRUMENT_LINE - length) {
		refuse(self, now, 413);
		return false;
	}
	if (body > self->n_line - length)
		return false;
	char rest[INSTRUMENT_LINE + 1];
	memcpy(rest, self->line + length, body);
	forget(self, length + body);
	hear_request(self, now, head, rest, body);
	return true;
}

/* More than fits is never a line: the rest of it is dropped up to its end. */
static size_t take_in(struct instrument *self, const char *bytes, size_t size)
{
	size_t room = sizeof self->line - self->n_line;
	size_t part = size < room ? size : room;
	memcpy(self->line + self->n_line, bytes, part);
	self->n_line += part;
	return part;
}

static void hear_in_lines(struct instrument *self, int64_t now, const char *bytes, size_t size)
{
	bool http = self->family->framing == INSTRUMENT_HTTP;
	while (size > 0) {
		size_t part = take_in(self, bytes, size);
		bytes += part;
		size -= part;
		while (http ? next_request(self, now) : hear_line(self, now))
			;
		if (self->n_line < sizeof self->line)
			continue;
		if (http && !self->hang_up)
			refuse(self, now, 413);
		self->overlong = !http;
		self->n_line = 0;
	}
}

static void hear(struct instrument *self, int64_t now, const char *bytes, size_t size)
{
	faults_advance(self->faults, now, self->updates, self->queries);
	if (instrument_shut(self, now))
		return;
	if (self->family->framing == INSTRUMENT_BYTES)
		self->family->heard(self, now, bytes, size);
	else
		hear_in_lines(self, now, bytes, size);
}

/* ---- its line ---- */

static void hear_wire(struct instrument *self, int64_t now)
{
	char bytes[256];
	size_t n;
	while (self->wire && (n = wire_get(self->wire, &self->wire->to_meter, now, bytes, sizeof bytes)) > 0)
		hear(self, now, bytes, n);
}

void instrument_feed(struct instrument *self, int64_t now, const char *bytes, size_t size)
{
	if (self->wire) {
		wire_put(self->wire, &self->wire->to_meter, now, bytes, size);
		hear_wire(self, now);
	} else if (size > 0) {
		hear(self, now, bytes, size);
	}
}

/* Bytes of the queue that may leave it now. */
static size_t ready(const struct instrument *self, int64_t now)
{
	size_t bytes = 0;
	for (int i = 0; i < self->n_sayings && self->sayings[i].due <= now; i++)
		bytes = self->sayings[i].end;
	return bytes;
}

static void drop(struct instrument *self, size_t bytes)
{
	int gone = 0;
	self->n_queue -= bytes;
	memmove(self->queue, self->queue + bytes, self->n_queue);
	for (int i = 0; i < self->n_sayings; i++) {
		self->sayings[i].end -= bytes;
		gone += self->sayings[i].end == 0;
	}
	self->n_sayings -= gone;
	memmove(self->sayings, self->sayings + gone, (size_t)self->n_sayings * sizeof *self->sayings);
}

static void put_on_wire(struct instrument *self, int64_t now)
{
	while (self->n_sayings > 0 && self->sayings[0].due <= now) {
		size_t size = self->sayings[0].end;
		wire_put(self->wire, &self->wire->to_host, self->sayings[0].due, self->queue, size);
		drop(self, size);
	}
}

size_t instrument_take(struct instrument *self, int64_t now, char *bytes, size_t size)
{
	if (self->wire) {
		put_on_wire(self, now);
		return wire_get(self->wire, &self->wire->to_host, now, bytes, size);
	}
	size_t there = ready(self, now), n = there < size ? there : size;
	memcpy(bytes, self->queue, n);
	drop(self, n);
	return n;
}

/* ---- life ---- */

static int make_queue(struct instrument *self, struct error *error)
{
	self->queue = malloc(INSTRUMENT_QUEUE);
	if (self->config->baud > 0)
		self->wire = malloc(sizeof *self->wire);
	if (self->queue == NULL || (self->config->baud > 0 && self->wire == NULL))
		return error_errno(error, ENOMEM, self->config->name, NULL, "no memory for an instrument of the modelled bench");
	if (self->wire)
		wire_init(self->wire, self->config->baud);
	return 0;
}

struct instrument *instrument_new_of(const struct instrument_family *family, const struct instrument_config *config, struct model *model,
				     struct faults *faults, uint64_t seed, int64_t now, struct error *error)
{
	struct instrument *self = calloc(1, family->size);
	if (self == NULL) {
		error_errno(error, ENOMEM, config->name, NULL, "no memory for an instrument of the modelled bench");
		return NULL;
	}
	struct random seeds = random_stream(seed, config->name);
	self->family = family;
	self->config = config;
	self->model = model;
	self->faults = faults;
	self->random = random_stream(random_u64(&seeds), "instrument");
	front_init(&self->front, &config->front, model, random_u64(&seeds), "front");
	if (make_queue(self, error) == 0 && family->init(self, now, error) == 0)
		return self;
	free(self->wire); /* a family that could not begin has nothing to free */
	free(self->queue);
	free(self);
	return NULL;
}

struct instrument *instrument_new(const struct instrument_config *config, struct model *model, struct faults *faults, uint64_t seed,
				  int64_t now, struct error *error)
{
	const struct instrument_family *family = instrument_family_find(config->model);
	struct text models = TEXT_INIT;
	if (family)
		return instrument_new_of(family, config, model, faults, seed, now, error);
	instrument_models(&models);
	error_set(error, ERROR_CONFIG, config->name, text_string(&models), "no instrument of the twin is called %s; there are:", config->model);
	text_free(&models);
	return NULL;
}

void instrument_free(struct instrument *self)
{
	if (self == NULL)
		return;
	if (self->family->free)
		self->family->free(self);
	free(self->wire);
	free(self->queue);
	free(self);
}

void instrument_advance(struct instrument *self, int64_t now)
{
	faults_advance(self->faults, now, self->updates, self->queries);
	int64_t before = self->updates;
	self->family->advance(self, now);
	if (self->updates != before)
		self->updated = now;
	hear_wire(self, now);
}

int64_t instrument_next(const struct instrument *self)
{
	int64_t next = self->family->next ? self->family->next(self) : NEVER;
	int64_t due = self->n_sayings > 0 ? self->sayings[0].due : NEVER, line = self->wire ? wire_next(self->wire) : NEVER;
	next = due < next ? due : next;
	return line < next ? line : next;
}

void instrument_reset(struct instrument *self)
{
	self->n_line = self->n_queue = 0;
	self->n_sayings = 0;
	self->overlong = self->hang_up = self->last_request = false;
	self->last_due = INT64_MIN;
	if (self->wire)
		wire_init(self->wire, self->config->baud);
	if (self->family->hung_up)
		self->family->hung_up(self);
}

bool instrument_shut(const struct instrument *self, int64_t now)
{
	return instrument_fault(self, FAULT_DISCONNECT, now);
}

bool instrument_hangs_up(const struct instrument *self)
{
	return self->hang_up && self->n_queue == 0;
}

bool instrument_fault(const struct instrument *self, enum fault_what what, int64_t now)
{
	return fault_active(self->faults, what, NULL, now) != NULL;
}

bool instrument_fault_once(struct instrument *self, enum fault_what what, int64_t now)
{
	return fault_take(self->faults, what, now);
}
