#include "wire.h"

#include <string.h>

#include "clock.h"
#include "log.h"

void wire_init(struct wire *wire, int baud)
{
	memset(wire, 0, sizeof *wire);
	wire->byte = baud > 0 ? 10 * NS_PER_S / baud : 0;
}

void wire_put(const struct wire *wire, struct wire_way *way, int64_t now, const char *bytes, size_t size)
{
	size_t room = sizeof way->bytes - way->n, taken = size < room ? size : room;
	if (taken < size)
		log_say(LOG_LEVEL_WARNING, "the line is full: %zu bytes lost", size - taken);
	if (way->n == 0 && way->last < now)
		way->last = now;
	memcpy(way->bytes + way->n, bytes, taken);
	way->n += taken;
	way->last += (int64_t)taken * wire->byte;
}

/* When the byte at `at` is through. */
static int64_t through(const struct wire *wire, const struct wire_way *way, size_t at)
{
	return way->last - (int64_t)(way->n - 1 - at) * wire->byte;
}

size_t wire_get(const struct wire *wire, struct wire_way *way, int64_t now, char *bytes, size_t size)
{
	size_t n = 0;
	while (n < way->n && n < size && through(wire, way, n) <= now)
		n++;
	memcpy(bytes, way->bytes, n);
	way->n -= n;
	memmove(way->bytes, way->bytes + n, way->n);
	return n;
}

static int64_t way_next(const struct wire *wire, const struct wire_way *way)
{
	if (way->n == 0)
		return NEVER;
	const char *newline = memchr(way->bytes, '\n', way->n);
	return through(wire, way, newline ? (size_t)(newline - way->bytes) : way->n - 1);
}

int64_t wire_next(const struct wire *wire)
{
	int64_t to_meter = way_next(wire, &wire->to_meter), to_host = way_next(wire, &wire->to_host);
	return to_meter < to_host ? to_meter : to_host;
}
