/*
 * noise: a peer that never stops talking, faster than anybody reads: the same bytes again and again, whatever it is asked. Whoever reads
 * on for long behind its deadline fails the test.
 */
#ifndef JOULERIG_TESTS_DRIVERS_NOISE_H
#define JOULERIG_TESTS_DRIVERS_NOISE_H

#include "collect.h"

struct noise {
	struct link link;
	struct fake_time time;
	const char *reader; /* whose test it is */
	const char *bytes;
	size_t n, at;
};

static inline enum io noise_send(struct link *link, const void *bytes, size_t size, int64_t deadline)
{
	(void)link;
	(void)bytes;
	(void)size;
	(void)deadline;
	return IO_OK;
}

static inline enum io noise_recv(struct link *link, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	struct noise *noise = (struct noise *)link;
	noise->time.now += 5 * NS_PER_MS;
	if (noise->time.now > deadline + NS_PER_S)
		fail_msg("%s reads on behind its deadline in '%s'", noise->reader, noise->bytes);
	for (*got = 0; *got < size; ++*got) {
		((char *)bytes)[*got] = noise->bytes[noise->at];
		noise->at = (noise->at + 1) % noise->n;
	}
	*end = false;
	return IO_OK;
}

static inline enum io noise_clear(struct link *link, int64_t deadline)
{
	(void)link;
	(void)deadline;
	return IO_OK;
}

static inline void noise_close(struct link *link)
{
	(void)link;
}

static inline void noise_say(struct noise *noise, const char *bytes, size_t n)
{
	noise->bytes = bytes;
	noise->n = n;
	noise->at = 0;
}

static inline void noise_begin(struct noise *noise, const char *reader, const char *bytes, size_t n)
{
	static const struct link_ops ops = {
		.scheme = "noise", .summary = "a test's", .reopen = noise_clear, .send = noise_send, .recv = noise_recv, .clear = noise_clear,
		.close = noise_close,
	};
	*noise = (struct noise){ .time = FAKE_TIME_INIT, .reader = reader };
	noise->link = (struct link){ .ops = &ops, .timebase = &noise->time.timebase };
	noise_say(noise, bytes, n);
}

#endif
