/*
 * marks: the lines a workload writes to JOULERIG_MARK_FD, one each (drawn in schemas/marks.md):
 *
 *   begin NAME T   end NAME T     a phase, T the workload's own CLOCK_MONOTONIC in ns
 *   mark NAME T                   an instant
 *   barrier NAME T                the workload now waits for one line on JOULERIG_GO_FD
 *   fact KEY VALUE                kept with the run
 *   checksum HEX                  of the workload's result
 */
#ifndef JOULERIG_CAMPAIGN_MARKS_H
#define JOULERIG_CAMPAIGN_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"

struct mark {
	enum { MARK_EDGE, MARK_FACT, MARK_CHECKSUM } kind;
	enum edge_what what; /* of an edge */
	int64_t t;
	char name[33];
	char value[129]; /* of a fact, or the checksum */
};

/* Decodes one line (without its newline). False if it is none of the above. */
bool mark_decode(const char *line, struct mark *mark);

/* Lines from a descriptor that hands out arbitrary pieces. An over-long line is dropped and counted. */
struct mark_lines {
	char bytes[512];
	size_t used;
	bool overlong;
	unsigned rejected;
};
/* Takes `size` bytes; calls `take` for each complete line's mark. Malformed lines are counted in `rejected`. */
void mark_lines_feed(struct mark_lines *lines, const char *bytes, size_t size, void (*take)(void *, const struct mark *), void *context);

#endif
