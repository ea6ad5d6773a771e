#include "cli.h"

#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

static enum exit_status status_of(enum error_code code)
{
	switch (code) {
	case ERROR_NONE: return EXIT_OK;
	case ERROR_USAGE: return EXIT_USAGE;
	case ERROR_CONFIG: return EXIT_CONFIG;
	case ERROR_EXISTS: return EXIT_EXISTS;
	case ERROR_NO_SPACE: case ERROR_IO: case ERROR_CORRUPT: return EXIT_STORAGE;
	case ERROR_INTERRUPTED: return EXIT_INTERRUPTED;
	case ERROR_INTERNAL: return EXIT_INTERNAL;
	default: return EXIT_DEVICE;
	}
}

int cli_fail(const struct error *error)
{
	char line[1024];
	fprintf(stderr, "joulerig: %s\n", error_line(error, line, sizeof line));
	return status_of(error->code);
}

int cli_fail_problems(const struct problems *problems, const struct error *error)
{
	for (size_t i = 0; i < problems->n; i++)
		fprintf(stderr, "%s:%d:%d: %s\n", problems->file, problems->list[i].line, problems->list[i].column, problems->list[i].text);
	return cli_fail(error);
}

int cli_usage(const char *subcommand, const char *format, ...)
{
	va_list arguments;
	fprintf(stderr, "joulerig%s%s: ", subcommand[0] ? " " : "", subcommand);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "; see joulerig%s%s --help\n", subcommand[0] ? " " : "", subcommand);
	return EXIT_USAGE;
}

int cli_format(const char *subcommand, const char *format, bool *json)
{
	*json = strcmp(format, "json") == 0;
	if (*json || strcmp(format, "text") == 0)
		return EXIT_OK;
	return cli_usage(subcommand, "--format is text or json");
}

int cli_columns(void)
{
	struct winsize size;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return 132;
}

/* Asked of the environment by name, since the process itself stays in the "C" locale. Machines without any are UTF-8 today. */
bool cli_unicode(void)
{
	const char *names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	for (int i = 0; i < 3; i++) {
		const char *value = getenv(names[i]);
		if (value && value[0])
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return true;
}
