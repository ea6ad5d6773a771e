/*
 * mark_line: the trigger's mark line goes over to its other level at each mark, so that whoever watches it has this instant on a clock of
 * his own. Its driver may sit behind USB, or hang, and the pump waits meanwhile: a slow turn ends the pump's work on marks until its next
 * round, one that takes far too long is the last.
 */
#ifndef JOULERIG_CAMPAIGN_MARK_LINE_H
#define JOULERIG_CAMPAIGN_MARK_LINE_H

#include <stdbool.h>
#include <stdint.h>

struct mark_line {
	bool high;     /* its level, as far as is known */
	bool slow;     /* its last turn took more than 1 ms */
	bool lame;     /* some turn did */
	bool given_up; /* some turn took more than 100 ms */
};
/* Setting it to the other level took `took` ns and failed with `errno_value`, or did not (0). True: it has that level now. */
bool mark_line_turned(struct mark_line *line, int errno_value, int64_t took);

#endif
