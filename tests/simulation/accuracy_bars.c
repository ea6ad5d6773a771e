#include "accuracy_bars.h"

#include <stdarg.h>
#include <stdio.h>

static struct bars bars;

void hold(bool held, const char *format, ...)
{
	va_list arguments;
	bars.held += held;
	bars.missed += !held;
	if (held)
		return;
	printf("  MISSED ");
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
}

struct bars bars_so_far(void)
{
	return bars;
}
