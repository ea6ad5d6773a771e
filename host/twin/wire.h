/*
 * wire: a serial line between host and meter, as slow as its baud rate. Pure: told the time.
 *
 * A byte takes ten bits; the next one follows when it is through. What a descriptor delivers at once is so heard byte by byte,
 * and a reply goes out by and by. Beyond WIRE_QUEUE bytes under way in one direction the rest is lost, as on the real thing.
 */
#ifndef JOULERIG_TWIN_WIRE_H
#define JOULERIG_TWIN_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define WIRE_QUEUE 8192

struct wire_way {
	char bytes[WIRE_QUEUE];
	size_t n;
	int64_t last; /* when the last of them is through */
};
struct wire {
	int64_t byte; /* ns for one; 0: at once */
	struct wire_way to_meter, to_host;
};

void wire_init(struct wire *wire, int baud); /* 0: as fast as can be */
void wire_put(const struct wire *wire, struct wire_way *way, int64_t now, const char *bytes, size_t size);
/* What is through by `now`: returns the bytes taken, at most `size`. */
size_t wire_get(const struct wire *wire, struct wire_way *way, int64_t now, char *bytes, size_t size);
/* When a line, or all that is under way, is through; NEVER when nothing is. */
int64_t wire_next(const struct wire *wire);

#endif
