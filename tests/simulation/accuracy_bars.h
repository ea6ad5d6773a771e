/* accuracy_bars: what a figure must reach, and how many did. One program counts all of its own. */
#ifndef JOULERIG_TESTS_ACCURACY_BARS_H
#define JOULERIG_TESTS_ACCURACY_BARS_H

#include <stdbool.h>

struct bars {
	int held, missed;
};
/* Counts a bar; one that is missed prints a line that says which. */
__attribute__((format(printf, 2, 3))) void hold(bool held, const char *format, ...);
struct bars bars_so_far(void);

#endif
