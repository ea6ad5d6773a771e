#include "mark_line.h"

#include "clock.h"

#define SLOW NS_PER_MS
#define HUNG (100 * NS_PER_MS)

bool mark_line_turned(struct mark_line *line, int errno_value, int64_t took)
{
	line->slow = took > SLOW;
	line->lame |= line->slow;
	line->given_up |= took > HUNG;
	if (errno_value == 0)
		line->high = !line->high;
	return errno_value == 0;
}
