#include "log.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

static log_sink *the_sink;

void log_set_sink(log_sink *sink)
{
	the_sink = sink;
}

void log_say(enum log_level level, const char *format, ...)
{
	if (the_sink == NULL)
		return;
	char line[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	the_sink(level, line);
}
