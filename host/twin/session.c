#include "session.h"

#include <string.h>

#include "clock.h"
#include "log.h"

void session_init(struct session *s, struct wt *wt, uint64_t seed)
{
	*s = (struct session){ .wt = wt, .random = random_stream(seed, "garbage") };
}

void session_reset(struct session *s)
{
	s->n_in = 0;
	s->overlong = s->executing = false;
	s->wt->wait_mask = 0;
	text_free(&s->reply);
	text_free(&s->out);
}

void session_free(struct session *s)
{
	text_free(&s->reply);
	text_free(&s->out);
}

void session_unread(struct session *s)
{
	log_say(LOG_LEVEL_INFO, "a command came before the reply to the last one was read");
	wt_push_error(s->wt, WT_INTERRUPTED);
}

static void interrupt(struct session *s)
{
	if (s->out.length == 0)
		return;
	log_say(LOG_LEVEL_INFO, "query interrupted: a reply of %zu bytes dropped", s->out.length);
	text_free(&s->out);
	wt_push_error(s->wt, WT_INTERRUPTED);
}

static void garble(struct session *s)
{
	size_t length = s->out.length + random_u64(&s->random) % 16;
	text_free(&s->out);
	for (size_t i = 0; i < length; i++) {
		char byte = (char)(random_u64(&s->random) & 0xff);
		text_add_bytes(&s->out, &byte, 1);
	}
	text_add(&s->out, "\n");
}

static void commit_faults(struct session *s, int64_t now)
{
	const struct fault *slow = fault_active(s->wt->faults, FAULT_SLOW, NULL, now);
	if (slow != NULL)
		s->due += slow->by;
	if (fault_active(s->wt->faults, FAULT_SILENT, NULL, now) != NULL)
		text_free(&s->out);
	else if (fault_active(s->wt->faults, FAULT_GARBAGE, NULL, now) != NULL)
		garble(s);
	else if (fault_active(s->wt->faults, FAULT_CUT, NULL, now) != NULL)
		s->out.length /= 2;
}

static void answer(struct session *s, int64_t now)
{
	if (s->reply.length == 0)
		return;
	text_free(&s->out); /* empty, but maybe not unallocated */
	s->out = s->reply;
	s->reply = (struct text)TEXT_INIT;
	text_add(&s->out, s->hioki ? "\r\n" : "\n");
	s->due = now + (int64_t)(s->wt->config->response * 1e9);
	commit_faults(s, now);
}

/* Executes the line until its end or a wait. */
static void go_on(struct session *s, int64_t now)
{
	if (s->executing && s->hioki) {
		hioki_execute(s->hioki, now, s->line, &s->reply);
		s->executing = false;
		answer(s, now);
		return;
	}
	while (s->executing && s->wt->wait_mask == 0) {
		const char *cursor = s->line + s->at;
		s->executing = wt_execute(s->wt, now, &cursor, s->path, &s->reply);
		s->at = (size_t)(cursor - s->line);
	}
	if (!s->executing)
		answer(s, now);
}

static void execute(struct session *s, int64_t now, size_t length)
{
	length -= length > 0 && s->in[length - 1] == '\r';
	memcpy(s->line, s->in, length);
	s->line[length] = '\0';
	s->at = 0;
	s->path[0] = '\0';
	s->executing = true;
	s->wt->wait_mask = 0;
	go_on(s, now);
}

static bool next_line(struct session *s, int64_t now)
{
	char *end = memchr(s->in, '\n', s->n_in);
	if (end == NULL)
		return false;
	size_t length = (size_t)(end - s->in), taken = length + 1;
	if (s->overlong)
		wt_push_error(s->wt, WT_PARAMETER);
	else if (length > 0 && length != strspn(s->in, "\r\t ")) {
		interrupt(s);
		execute(s, now, length);
	}
	s->overlong = false;
	s->n_in -= taken;
	memmove(s->in, s->in + taken, s->n_in);
	return true;
}

void session_advance(struct session *s, int64_t now)
{
	faults_advance(s->wt->faults, now, s->wt->updates, s->wt->queries);
	go_on(s, now);
	while (!s->executing && next_line(s, now))
		;
}

static void take_in(struct session *s, const char *bytes, size_t size)
{
	size_t room = sizeof s->in - s->n_in;
	if (size > room) { /* never a line: the rest of it is dropped up to its newline */
		s->overlong = true;
		s->n_in = 0;
		size = size < room ? size : room;
	}
	memcpy(s->in + s->n_in, bytes, size);
	s->n_in += size;
}

void session_feed(struct session *s, int64_t now, const char *bytes, size_t size)
{
	while (size > 0) {
		size_t part = size < 256 ? size : 256;
		take_in(s, bytes, part);
		session_advance(s, now);
		bytes += part;
		size -= part;
	}
}

size_t session_take(struct session *s, int64_t now, char *bytes, size_t size)
{
	if (s->out.length == 0 || now < s->due)
		return 0;
	size_t part = s->out.length < size ? s->out.length : size;
	memcpy(bytes, s->out.bytes, part);
	memmove(s->out.bytes, s->out.bytes + part, s->out.length - part);
	s->out.length -= part;
	return part;
}

int64_t session_next(const struct session *s)
{
	int64_t next = s->out.length > 0 ? s->due : NEVER;
	if (s->executing && wt_next(s->wt) < next)
		next = wt_next(s->wt);
	return next;
}
