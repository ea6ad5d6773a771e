/*
 * error: what went wrong, on what, and what the user can do about it.
 *
 * The caller owns the struct; it has a fixed size and needs no clean-up, so that a failing path never allocates. A function
 * that can fail takes `struct error *` last and returns 0, or -1 with the error filled. The first failure wins: a function
 * that cleans up after a failure passes NULL to what it calls meanwhile. Passing NULL is allowed everywhere.
 */
#ifndef JOULERIG_CORE_ERROR_H
#define JOULERIG_CORE_ERROR_H

#include <stddef.h>

enum error_code {
	ERROR_NONE,
	ERROR_USAGE,       /* the command line is wrong */
	ERROR_CONFIG,      /* a plan, bench or campaign file says something that cannot be */
	ERROR_EXISTS,      /* something is there that must not be overwritten */
	ERROR_NOT_FOUND,   /* a file, device or interpreter is missing */
	ERROR_PERMISSION,  /* it is there, but may not be used */
	ERROR_NO_SPACE,    /* the disk (or quota) is full */
	ERROR_IO,          /* the operating system failed a read, write or sync */
	ERROR_TIMEOUT,     /* no answer by the deadline */
	ERROR_GONE,        /* the other end has closed, or was unplugged */
	ERROR_PROTOCOL,    /* an answer that its protocol does not allow */
	ERROR_WRONG_DEVICE,/* an answer, from another instrument than the one configured */
	ERROR_CORRUPT,     /* a stored file fails its own checks */
	ERROR_UNSUPPORTED, /* valid, but this build or this device cannot do it */
	ERROR_INTERRUPTED, /* the user asked to stop */
	ERROR_INTERNAL,    /* a defect of joulerig */
	ERROR_CODES
};

struct error {
	enum error_code code;
	char what[240];   /* what failed, with the cause */
	char on[256];     /* on what: a path, an endpoint, a device, `file:line:column`; may be empty */
	char remedy[256]; /* what the user can do: a command where there is one; may be empty */
};

#define ERROR_INIT { .code = ERROR_NONE }

/* Fills `error` unless it is NULL or holds a failure already. Always returns -1, so that `return error_set(…)` reads well.
 * `on` and `remedy` may be NULL. Over-long texts are cut at the end. */
int error_set(struct error *error, enum error_code code, const char *on, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* As error_set, with the code and the cause taken from an errno value: ENOSPC becomes ERROR_NO_SPACE and so on. */
int error_errno(struct error *error, int errno_value, const char *on, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Writes "on: what; remedy" as one line of text into `line`, control characters made harmless. Returns `line`. */
const char *error_line(const struct error *error, char *line, size_t size);

/* A short stable name, such as "no-space": goes into files and JSON. Never NULL. */
const char *error_code_name(enum error_code code);

#endif
