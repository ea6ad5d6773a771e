#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void copy_text(char *to, size_t size, const char *from)
{
	if (from == NULL)
		from = "";
	size_t length = strnlen(from, size - 1);
	memcpy(to, from, length);
	to[length] = '\0';
}

static void set_context(struct error *error, enum error_code code, const char *on, const char *remedy)
{
	error->code = code;
	copy_text(error->on, sizeof error->on, on);
	copy_text(error->remedy, sizeof error->remedy, remedy);
}

int error_set(struct error *error, enum error_code code, const char *on, const char *remedy, const char *format, ...)
{
	if (error == NULL || error->code != ERROR_NONE)
		return -1;
	set_context(error, code, on, remedy);
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(error->what, sizeof error->what, format, arguments);
	va_end(arguments);
	return -1;
}

static enum error_code code_of_errno(int errno_value)
{
	switch (errno_value) {
	case ENOSPC: case EDQUOT: case EFBIG:
		return ERROR_NO_SPACE;
	case EACCES: case EPERM: case EROFS:
		return ERROR_PERMISSION;
	case ENOENT: case ENOTDIR: case ENXIO:
		return ERROR_NOT_FOUND;
	case EEXIST: case ENOTEMPTY:
		return ERROR_EXISTS;
	case ETIMEDOUT:
		return ERROR_TIMEOUT;
	case EPIPE: case ECONNRESET: case ECONNREFUSED: case ENODEV: case ENOTCONN:
		return ERROR_GONE;
	default:
		return ERROR_IO;
	}
}

int error_errno(struct error *error, int errno_value, const char *on, const char *remedy, const char *format, ...)
{
	if (error == NULL || error->code != ERROR_NONE)
		return -1;
	set_context(error, code_of_errno(errno_value), on, remedy);
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(error->what, sizeof error->what, format, arguments);
	va_end(arguments);
	if (length >= 0 && (size_t)length < sizeof error->what) {
		char cause[96];
		snprintf(error->what + length, sizeof error->what - (size_t)length, ": %s",
			 strerror_r(errno_value, cause, sizeof cause));
	}
	return -1;
}

const char *error_line(const struct error *error, char *line, size_t size)
{
	snprintf(line, size, "%s%s%s%s%s", error->on, error->on[0] ? ": " : "", error->what,
		 error->remedy[0] ? "; " : "", error->remedy);
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	return line;
}

const char *error_code_name(enum error_code code)
{
	static const char *const names[ERROR_CODES] = {
		[ERROR_NONE] = "none", [ERROR_USAGE] = "usage", [ERROR_CONFIG] = "config", [ERROR_EXISTS] = "exists",
		[ERROR_NOT_FOUND] = "not-found", [ERROR_PERMISSION] = "permission", [ERROR_NO_SPACE] = "no-space",
		[ERROR_IO] = "io", [ERROR_TIMEOUT] = "timeout", [ERROR_GONE] = "gone", [ERROR_PROTOCOL] = "protocol",
		[ERROR_WRONG_DEVICE] = "wrong-device", [ERROR_CORRUPT] = "corrupt", [ERROR_UNSUPPORTED] = "unsupported",
		[ERROR_INTERRUPTED] = "interrupted", [ERROR_INTERNAL] = "internal",
	};
	return (unsigned)code < ERROR_CODES ? names[code] : "unknown";
}
