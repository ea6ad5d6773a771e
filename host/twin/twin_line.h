/*
 * twin_line: a wire between two parts of the twin: its level, since when, and who is told when it changes. Time is the twin's own clock,
 * in ns, and never goes back.
 */
#ifndef JOULERIG_TWIN_TWIN_LINE_H
#define JOULERIG_TWIN_TWIN_LINE_H

#include <stdbool.h>
#include <stdint.h>

#define TWIN_LINE_LISTENERS 4

struct twin_line {
	bool high;
	int64_t since;
	struct {
		void (*changed)(void *context, int64_t t, bool high);
		void *context;
	} listeners[TWIN_LINE_LISTENERS];
	int n;
};

/* False when there are too many. */
static inline bool twin_line_listen(struct twin_line *line, void (*changed)(void *context, int64_t t, bool high), void *context)
{
	if (line->n == TWIN_LINE_LISTENERS)
		return false;
	line->listeners[line->n].changed = changed;
	line->listeners[line->n++].context = context;
	return true;
}

static inline bool twin_line_level(const struct twin_line *line)
{
	return line->high;
}

/* Tells those who listen, if that is a change. */
static inline void twin_line_set(struct twin_line *line, int64_t t, bool high)
{
	if (line->high == high)
		return;
	line->high = high;
	line->since = t;
	for (int i = 0; i < line->n; i++)
		line->listeners[i].changed(line->listeners[i].context, t, high);
}

#endif
