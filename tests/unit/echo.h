/* echo: families of instruments that no product has: one hears lines, one bytes, one requests; the first says again what it heard. */
#ifndef JOULERIG_TESTS_UNIT_ECHO_H
#define JOULERIG_TESTS_UNIT_ECHO_H

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "instrument.h"

struct echo {
	struct instrument instrument;
	int heard, hung_up;
	char last[64];
	int64_t beat; /* the next byte that it says by itself; NEVER: none */
};

static int init(struct instrument *self, int64_t now, struct error *error)
{
	struct echo *echo = (struct echo *)self;
	(void)now;
	(void)error;
	echo->beat = NEVER;
	return 0;
}

static void advance(struct instrument *self, int64_t now)
{
	struct echo *echo = (struct echo *)self;
	for (; echo->beat <= now; echo->beat += NS_PER_MS) {
		self->updates++;
		instrument_say(self, now, echo->beat, "b", 1);
	}
}

static int64_t next(const struct instrument *self)
{
	return ((const struct echo *)self)->beat;
}

static void hung_up(struct instrument *self)
{
	((struct echo *)self)->hung_up++;
}

static void keep(struct instrument *self, const char *bytes, size_t size)
{
	struct echo *echo = (struct echo *)self;
	echo->heard++;
	self->queries++;
	snprintf(echo->last, sizeof echo->last, "%.*s", (int)size, bytes);
}

static void heard_line(struct instrument *self, int64_t now, const char *bytes, size_t size)
{
	keep(self, bytes, size);
	instrument_answer(self, now, bytes, "\r\n");
}

static void heard_bytes(struct instrument *self, int64_t now, const char *bytes, size_t size)
{
	(void)now;
	keep(self, bytes, size);
}

static void heard_request(struct instrument *self, int64_t now, const char *bytes, size_t size)
{
	keep(self, bytes, size);
	instrument_say_http(self, now, strstr(bytes, "/none") ? 404 : 200, "{\"apower\": 12.5}");
}

static void stanza(const struct instrument *self, struct text *text)
{
	(void)self;
	text_add(text, "    serial: SIM1\n    options: {element: 2}\n");
}

static const char *const models[] = { "ECHO", NULL };
#define FAMILY(family, frame, hear)                                                                                            \
	static const struct instrument_family family = {                                                                        \
		.name = "echo", .models = models, .driver = "echo", .framing = frame, .size = sizeof(struct echo), .init = init, \
		.advance = advance, .heard = hear, .next = next, .hung_up = hung_up, .stanza = stanza,                        \
	}
FAMILY(echo_lines, INSTRUMENT_LINES, heard_line);
FAMILY(echo_bytes, INSTRUMENT_BYTES, heard_bytes);
FAMILY(echo_http, INSTRUMENT_HTTP, heard_request);
#undef FAMILY

#endif
