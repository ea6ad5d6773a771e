/*
 * scripted: an instrument of a few lines for a driver's test, in process and on the test's own clock: it answers each line that it is
 * sent as the test says, `response` later. The true twin of an instrument is host/twin's.
 */
#ifndef JOULERIG_TESTS_DRIVERS_SCRIPTED_H
#define JOULERIG_TESTS_DRIVERS_SCRIPTED_H

#include "collect.h"

struct scripted {
	struct link link;
	struct fake_time time;
	/* The answer to one line, without its end; NULL: none. `context` is the test's own. */
	const char *(*answer)(void *context, int64_t now, const char *line);
	void *context;
	int64_t response;
	bool gone; /* until it is set back: unplugged */
	char in[256], out[512];
	size_t n_in, n_out;
};

static inline void scripted_execute(struct scripted *s)
{
	const char *said;
	for (char *end; (end = memchr(s->in, '\n', s->n_in)) != NULL;) {
		size_t length = (size_t)(end - s->in);
		s->in[length - (length > 0 && s->in[length - 1] == '\r')] = '\0';
		if ((said = s->answer(s->context, s->time.now, s->in)) != NULL)
			s->n_out += (size_t)snprintf(s->out + s->n_out, sizeof s->out - s->n_out, "%s\n", said);
		s->n_in -= length + 1;
		memmove(s->in, end + 1, s->n_in);
	}
}

static inline enum io scripted_send(struct link *link, const void *bytes, size_t size, int64_t deadline)
{
	struct scripted *s = (struct scripted *)link;
	(void)deadline;
	if (s->gone)
		return IO_GONE;
	assert_true(s->n_in + size <= sizeof s->in);
	memcpy(s->in + s->n_in, bytes, size);
	s->n_in += size;
	scripted_execute(s);
	return IO_OK;
}

static inline enum io scripted_recv(struct link *link, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	struct scripted *s = (struct scripted *)link;
	*got = 0;
	*end = false;
	if (s->gone)
		return IO_GONE;
	fake_wait(&s->time.timebase, s->n_out > 0 && s->time.now + s->response < deadline ? s->time.now + s->response : deadline);
	if (s->n_out == 0)
		return IO_TIMEOUT;
	*got = size < s->n_out ? size : s->n_out;
	memcpy(bytes, s->out, *got);
	s->n_out -= *got;
	memmove(s->out, s->out + *got, s->n_out);
	return IO_OK;
}

static inline enum io scripted_clear(struct link *link, int64_t deadline)
{
	struct scripted *s = (struct scripted *)link;
	(void)deadline;
	s->n_in = s->n_out = 0;
	return s->gone ? IO_GONE : IO_OK;
}

static inline void scripted_close(struct link *link)
{
	(void)link;
}

static inline void scripted_begin(struct scripted *s, const char *(*answer)(void *, int64_t, const char *), void *context)
{
	static const struct link_ops ops = {
		.scheme = "scripted", .summary = "a test's", .reopen = scripted_clear, .send = scripted_send, .recv = scripted_recv,
		.clear = scripted_clear, .close = scripted_close,
	};
	*s = (struct scripted){ .time = FAKE_TIME_INIT, .answer = answer, .context = context, .response = 2 * NS_PER_MS };
	s->link = (struct link){ .ops = &ops, .timebase = &s->time.timebase };
}

#endif
